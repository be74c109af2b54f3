"""Mplus inputs of variables that items measure: as many free parameters as ours, and the same ones held equal."""

from __future__ import annotations

import re
from typing import Any

import pytest

import bayespanel as bp
from bayespanel.families.panel.structure import structure
from tests.bridges.test_mplus import check_layout, free_parameters, statements
from tests.families.panel.data import panel

PANEL = panel(variables=4, waves=4)
ITEMS = {"dep": ["v0", "v1", "v2"]}
OPTIONS: list[dict[str, Any]] = [
    {},
    {"invariance": "configural"},
    {"invariance": "scalar"},
    {"invariance": "scalar", "released": ("v2",)},
    {"item_effects": ("pupil",)},
    {"invariance": "scalar", "means": "equal", "lags": "free", "error": "equal"},
    {"slopes": True},
    {"covariates": ["age"]},
    {"intercepts": False},
]


def text_of(options: dict[str, Any]) -> tuple[bp.RICLPM, str]:
    spec = bp.RICLPM(("dep", "v3"), indicators=ITEMS, **options)
    return spec, bp.to_mplus(spec, waves=PANEL.waves)


@pytest.mark.parametrize("options", OPTIONS)
def test_an_input_with_items_has_as_many_free_parameters_as_ours(options: dict[str, Any]) -> None:
    spec, text = text_of(options)
    check_layout(text)
    assert free_parameters(text) == structure(spec, PANEL.moments()).size


def test_loadings_are_held_equal_as_invariance_says() -> None:
    held = {}
    for invariance in ("configural", "metric", "scalar"):
        model = statements(text_of({"invariance": invariance})[1], "MODEL")
        loads = [re.search(r"\((l\d+)\)", s) for s in model if re.match(r"dep\d BY v[12]", s)]
        starts = [re.search(r"\((i\d+)\)", s) for s in model if re.match(r"\[v[012]", s)]
        held[invariance] = sum(map(bool, loads)), sum(map(bool, starts))
        assert sum(s.startswith("dep") and " BY v0" in s and s.endswith("@1") for s in model) == 4
    assert held == {"configural": (0, 0), "metric": (8, 0), "scalar": (8, 12)}


def test_every_model_refers_to_columns_and_factors_that_exist() -> None:
    for options in OPTIONS:
        text = text_of(options)[1]
        names = [
            name for s in statements(text, "VARIABLE") if s.startswith("NAMES") for name in s.split("= ")[1].split()
        ]
        model = statements(text, "MODEL")
        factors = {s.split(" BY ")[0] for s in model if " BY " in s}
        used = {word.split("@")[0].strip("*[];") for s in model for word in re.sub(r"\(\w+\)", "", s).split()}
        assert used - {"BY", "ON", "WITH", ""} <= {*names, *factors}


def test_groups_and_clusters_with_items_are_refused() -> None:
    for options in ({"groups": "sex", "free": ("mean",)}, {"levels": ("pupil", "school")}):
        spec = bp.RICLPM(("dep", "v3"), indicators=ITEMS, **options)
        with pytest.raises(bp.SpecError, match="Variables that items measure"):
            bp.to_mplus(spec, waves=4, groups=["a", "b"] if "groups" in options else None)
