"""Texts of models of order 2, of what accumulates and of groups: as many free parameters as ours, and refusals."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bayespanel as bp
from bayespanel.families.panel.structure import structure
from tests.bridges.test_lavaan import free_parameters as free_in_lavaan
from tests.bridges.test_mplus import check_layout, free_parameters as free_in_mplus, statements
from tests.families.panel.data import panel

PANEL = panel(variables=2, waves=5)
SEX = np.arange(len(PANEL.values)) % 2
GROUPED = bp.Panel(**{**PANEL.__dict__, "group": SEX, "group_names": ("boy", "girl"), "grouping": "sex"})
SHAPES: list[dict[str, Any]] = [
    {"order": 2},
    {"order": 2, "lags": "free", "slopes": True},
    {"accumulating": True},
    {"accumulating": True, "loadings": "first"},
    {"accumulating": True, "loadings": "free"},
    {"accumulating": True, "loadings": "free", "lags": "free"},
    {"accumulating": True, "lags": "free", "error": "equal"},
    {"accumulating": True, "slopes": True, "covariates": ["age"], "covariate_effects": "stable"},
]
FREE: list[Any] = ["all", "none", ("mean", "lag"), ("innovation", "loading"), ("lag",)]


def count(spec: bp.RICLPM, data: bp.Panel) -> int:
    """Return how many parameters maximum likelihood estimates."""
    return structure(spec, data.moments()).size


@pytest.mark.parametrize("options", SHAPES)
def test_a_text_has_as_many_free_parameters_as_ours(options: dict[str, Any]) -> None:
    spec = bp.RICLPM(PANEL.variables, **options)
    assert free_in_lavaan(bp.to_lavaan(spec, waves=PANEL.waves)) == count(spec, PANEL)
    text = bp.to_mplus(spec, waves=PANEL.waves)
    check_layout(text)
    assert free_in_mplus(text) == count(spec, PANEL)


def test_what_accumulates_reaches_the_first_wave_as_the_model_has_it() -> None:
    """By equation: any effects of all intercepts, an effect of the own one, or the effect 1 of the own one."""
    texts = {
        loadings: bp.to_lavaan(bp.RICLPM(["x", "y"], accumulating=True, loadings=loadings), waves=3)
        for loadings in ("one", "first", "free")
    }
    assert "w_x1 ~ RI_x + RI_y" in texts["one"]
    assert "w_x1 ~ RI_x\n" in texts["first"]
    assert "RI_x =~ 1*w_x2 + 1*w_x3" in texts["first"]
    assert "w_x1 ~" not in texts["free"].replace("w_x1 ~~", "")
    assert "RI_x =~ 1*w_x1 + w_x2 + w_x3" in texts["free"]


def grouped_in_lavaan(text: str) -> int:
    """Count the free parameters of a text for two groups: each label once, and twice what has neither label nor 0."""
    labels, alone = set(), 0
    for line in (line for line in text.splitlines() if line and not line.startswith("#")):
        for term in re.split(r" (?:=~|~~|~) ", line)[1].split(" + "):
            before = term.rpartition("*")[0]
            labels |= set(re.findall(r"[\w.]+", before[2:-1])) if before.startswith("c(") else set()
            alone += 2 * (not before)
    return len(labels) + alone


def parts(text: str) -> list[str]:
    """Return MODEL, and MODEL of each group, each as an input of its own."""
    return [re.sub(r"^MODEL \w+:", "MODEL:", part) for part in re.split(r"(?m)^(?=MODEL(?: \w+)?:)", text)[1:]]


def grouped_in_mplus(text: str) -> int:
    """Count those of an input: labels once, what a group mentions without one, and loadings that no group mentions."""
    overall, *own = (statements(part, "MODEL") for part in parts(text))
    labels = {label for part in (overall, *own) for s in part for label in re.findall(r"\((\w+)\)", s)}

    def loads(statement: str) -> int:
        return sum("@" not in word for word in statement.split(" BY ")[1].split(" "))

    alone = [s for part in own for s in part if "(" not in s]
    mentioned = {s.split(" BY ")[0] for s in alone if " BY " in s}
    shared = [s for s in overall if " BY " in s and s.split(" BY ")[0] not in mentioned]
    return len(labels) + sum(loads(s) if " BY " in s else 1 for s in (*alone, *shared))


@pytest.mark.parametrize("free", FREE)
@pytest.mark.parametrize("options", [{"loadings": "free"}, *SHAPES])
def test_groups_have_as_many_free_parameters_as_ours(options: dict[str, Any], free: Any) -> None:
    if "loading" in free and not {"loadings", "accumulating"} & set(options):
        free = ("innovation",)
    spec = bp.RICLPM(GROUPED.variables, groups="sex", free=free, **options)
    given: Any = {"waves": GROUPED.waves, "groups": GROUPED.group_names}
    want = count(spec, GROUPED)
    assert grouped_in_lavaan(bp.to_lavaan(spec, **given)) == want
    text = bp.to_mplus(spec, **given)
    check_layout(text)
    assert grouped_in_mplus(text) == want


def test_a_text_says_which_groups_there_are() -> None:
    spec = bp.RICLPM(["x"], groups="sex", free=("mean",), innovations="equal")
    given: Any = {"waves": 3, "groups": ["bo'y", "girl"]}
    text = bp.to_lavaan(spec, **given)
    assert 'group = "sex", group.label = c("bo_y", "girl")' in text
    assert "w_x3 ~ c(lag.x.x, lag.x.x)*w_x2" in text
    assert "w_x1 ~~ c(initial.w_x1.w_x1, initial.w_x1.w_x1)*w_x1" in text
    assert "x1 ~ 1" in text.splitlines()
    equal = bp.to_lavaan(bp.RICLPM(["x"], groups="sex", means="equal"), **given)
    assert "x1 ~ c(mean.x.g1, mean.x.g2)*1" in equal
    mplus = bp.to_mplus(spec, **given)
    assert "GROUPING = sex (1 = bo_y 2 = girl)" in statements(mplus, "VARIABLE")
    assert "[RI_x@0]" in statements(mplus, "MODEL")


def test_the_tables_hold_the_group_of_every_pupil(tmp_path: Path) -> None:
    spec = bp.RICLPM(GROUPED.variables, groups="sex")
    scored = ~np.isnan(GROUPED.values).all(axis=(1, 2))
    frame = bp.lavaan_data(spec, GROUPED)
    assert list(frame["sex"]) == list(np.array(["boy", "girl"])[SEX[scored]])
    bp.mplus_data(spec, GROUPED, tmp_path / "pupils.dat")
    np.testing.assert_array_equal(np.loadtxt(tmp_path / "pupils.dat")[:, -1], SEX[scored] + 1)
    with pytest.raises(bp.DataError, match="hold the group of every pupil"):
        bp.lavaan_data(spec, PANEL)


def test_what_is_not_written_is_refused() -> None:
    spec = bp.RICLPM(["x", "y"], groups="sex")
    schools = bp.RICLPM(["x", "y"], groups="sex", levels=("pupil", "school"))
    reaching = bp.DPM(["x", "y"], distal=["grade"])
    varying = bp.RICLPM(["x", "y"], levels=("pupil", "school"), varying=["x -> y"])
    for write in (bp.to_lavaan, bp.to_mplus):
        for wrong in (None, [], ["boy"], ["boy", "boy"], "boy"):
            with pytest.raises(bp.SpecError, match="two groups or more"):
                write(spec, waves=4, groups=wrong)
        with pytest.raises(bp.SpecError, match="The model has none"):
            write(bp.RICLPM(["x"]), waves=4, groups=["boy", "girl"])
        with pytest.raises(bp.SpecError, match="gives each group its own schools"):
            write(schools, waves=4, groups=["boy", "girl"])
        with pytest.raises(bp.SpecError, match="where lags are about deviations"):
            write(reaching, waves=4)
        with pytest.raises(bp.SpecError, match="paths are the same in all schools"):
            write(varying, waves=4)
