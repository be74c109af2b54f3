"""Names that are out to break other programs' inputs: they stay in comments, and columns are letters and digits."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

import bayespanel as bp
from bayespanel.language.errors import SpecError
from tests.bridges.test_mplus import check_layout, statements
from tests.hostile import NAMES

TRIPLES = [NAMES[k : k + 3] for k in range(0, len(NAMES), 3)]

ALIKE = ("peer-help", "peer help", "peer.help", "peer'help", "Peer help")
"""One after cleaning, but for a dot and a capital."""


def code(text: str) -> str:
    """Return what R and lavaan read, without comments."""
    return "\n".join(line.split("#")[0] for line in text.split("\n"))


def panel(variables: tuple[str, ...], covariates: tuple[str, ...] = ()) -> bp.Panel:
    rng = np.random.default_rng(1)
    columns = {name: [f"{k} {t}" for t in range(3)] for k, name in enumerate(variables)}
    flat = [*(column for group in columns.values() for column in group), *covariates]
    frame = pd.DataFrame(rng.normal(size=(30, len(flat))), columns=flat)
    frame["school"] = np.arange(30) % 3
    return bp.Panel.from_wide(frame, columns=columns, covariates=list(covariates), school="school")


@pytest.mark.parametrize("names", TRIPLES)
def test_lavaan_reads_columns_and_ours_reads_the_names_again(names: tuple[str, ...]) -> None:
    spec = bp.RICLPM(variables=names[:2], covariates=names[2:], levels=("pupil", "school"))
    text = bp.to_lavaan(spec, waves=3)
    assert re.fullmatch(r"[A-Za-z0-9_.~=*+:\s]*", code(text))
    assert "'" not in text
    assert all(line.count('"') % 2 == 0 for line in text.split("\n"))
    again = bp.from_lavaan(text)
    assert (again.spec.variables, again.spec.covariates) == (spec.variables, spec.covariates)
    data = bp.lavaan_data(spec, panel(spec.variables, spec.covariates))
    assert data.columns.is_unique
    assert all(re.search(rf"(?<![\w.]){re.escape(column)}(?![\w.])", code(text)) for column in data.columns[:-1])


@pytest.mark.parametrize("names", TRIPLES)
def test_mplus_reads_short_names_whatever_the_long_ones(names: tuple[str, ...]) -> None:
    check_layout(bp.to_mplus(bp.RICLPM(variables=names[:2], covariates=names[2:]), waves=3))
    check_layout(bp.to_mplus(bp.Trajectories(names[0], classes=2, predictors=names[1:]), waves=3))


@pytest.mark.parametrize("names", TRIPLES)
def test_trials_are_written_for_both(names: tuple[str, ...]) -> None:
    spec = bp.ClusterTrial(outcomes=names[:2], covariates=names[2:], levels=("pupil", "school"))
    arms = ("usual", NAMES[0], NAMES[4])
    text = bp.to_lavaan(spec, arms=arms)
    assert re.fullmatch(r"[A-Za-z0-9_.~=*+:\s]*", code(text))
    assert "'" not in text
    check_layout(bp.to_mplus(spec, arms=arms))


def test_names_that_become_one_stay_apart() -> None:
    spec = bp.RICLPM(variables=ALIKE[:3], covariates=ALIKE[3:])
    data = bp.lavaan_data(spec, panel(spec.variables, spec.covariates))
    assert data.columns.is_unique
    again = bp.from_lavaan(bp.to_lavaan(spec, waves=3))
    assert again.spec.variables == spec.variables
    (names,) = [s for s in statements(bp.to_mplus(spec, waves=3), "VARIABLE") if s.startswith("NAMES")]
    used = [name.lower() for name in names.split("= ")[1].split()]
    assert len(used) == len(set(used)) == 11


def test_an_arm_and_a_covariate_of_one_name_are_two_columns() -> None:
    frame = pd.DataFrame(
        {"y": np.sin(np.arange(80.0)), "taught": np.tile([0.0, 1.0], 40), "school": np.arange(80) // 10}
    )
    frame["arm"] = np.where(frame["school"] % 2 == 0, "taught", "usual")
    data = bp.Trial.from_frame(
        frame, arm="arm", control="usual", outcomes=["y"], school="school", covariates=["taught"]
    )
    spec = bp.ClusterTrial(outcomes=["y"], covariates=["taught"], levels=("pupil", "school"))
    table = bp.lavaan_data(spec, data)
    assert table.shape == (80, 4)
    assert set(table["arm"]) == {0.0, 1.0}
    assert table["taught"].mean() == pytest.approx(0)


def test_an_outcome_called_school_is_no_school() -> None:
    frame = pd.DataFrame({"school": np.sin(np.arange(80.0)), "class": np.arange(80.0) % 7, "unit": np.arange(80) // 10})
    frame["arm"] = np.where(frame["unit"] % 2 == 0, "taught", "usual")
    data = bp.Trial.from_frame(frame, arm="arm", control="usual", outcomes=["school", "class"], school="unit")
    table = bp.lavaan_data(bp.ClusterTrial(outcomes=["school", "class"], levels=("pupil", "school")), data)
    assert table.columns.is_unique
    assert set(table["school"]) == set(data.school_names)


@pytest.mark.parametrize("file", ['a"b.dat', "a\nb.dat", "long" * 20, "\x1b.dat"])
def test_a_file_that_would_end_its_statement_is_refused(file: str) -> None:
    with pytest.raises(SpecError, match="data file"):
        bp.to_mplus(bp.RICLPM(variables=["a", "b"]), waves=3, data=file)
