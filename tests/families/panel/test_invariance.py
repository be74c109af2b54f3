"""Invariance compared in one call, score tests of releases, scale scores, and what items are refused for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import bayespanel as bp
from bayespanel.families.panel.estimate import estimated, reference
from bayespanel.families.panel.invariance import candidates, releases
from bayespanel.families.panel.item_neighbours import split
from bayespanel.families.panel.scale_scores import agreement, scale_scores
from bayespanel.families.panel.statistics import data_for, statistics
from bayespanel.families.panel.structure import structure
from bayespanel.inference.maximum_likelihood import hessian, objective
from bayespanel.language.errors import BayespanelError, DataError, SpecError
from tests.families.panel.test_items import ITEMS, data_of, panel, spec_of
from tests.known_answers.published import moments

SPEC = bp.RICLPM(("x", "y"), indicators={"x": ["x1", "x2", "x3"], "y": ["y1", "y2", "y3"]})


@pytest.fixture(scope="module")
def found() -> dict[str, pd.DataFrame]:
    return bp.invariance(SPEC, moments("items"))


def test_differences_are_lavaans(found: dict[str, pd.DataFrame]) -> None:
    table = found["models"].set_index("model")
    assert list(table.index) == ["configural", "metric", "scalar"]
    np.testing.assert_allclose(table["chi_square_difference"][1:], [24.213651, 138.300911], atol=1e-4)  # lavaan 0.6-14
    np.testing.assert_allclose(table["p_difference"][1:], [0.019021626923, 1.318917449e-23], rtol=1e-4)
    assert list(table["less_df"][1:]) == [12, 12]


def test_the_items_that_were_changed_stand_first(found: dict[str, pd.DataFrame]) -> None:
    first = found["releases"].groupby("model").head(2).set_index("model")["released"]
    assert first["metric"].iloc[0] == "loading y3@4"  # made with .15 more than at other waves
    assert "intercept x2@3" in set(first["scalar"])  # made .2 higher


def test_score_tests_are_those_of_the_whole_information() -> None:
    data = data_for(SPEC, moments("items"))
    spec = replace(SPEC, invariance="scalar", released=("x3@2",))
    fit = estimated(spec, data, reference(spec, data))
    table = releases(spec, data, fit).set_index("released")
    assert set(table.index) == set(candidates(spec, data))
    for name in ("loading y3@4", "intercept x2@3"):
        freed = replace(spec, released=(*spec.released, name))
        old, new = structure(spec, data), structure(freed, data)
        arrays = {b.name: np.reshape(fit.estimates[b.name].values, b.start.shape) for b in old.blocks}
        for block, number in split(spec, freed, data).items():
            arrays[block] = arrays[block][number]
        height, at = objective(new, statistics(freed, data)), new.vector_of(arrays)
        gradient = height(at)[1]
        whole = gradient @ np.linalg.solve(-hessian(height, at), gradient)
        assert table["chi_square"][name] == pytest.approx(whole, rel=1e-5)


def test_an_em_and_newton_steps_find_the_same_free_covariance(monkeypatch: pytest.MonkeyPatch) -> None:
    data, spec = data_of("metric"), spec_of("metric")
    whole = reference(spec, data)
    monkeypatch.setattr("bayespanel.families.panel.estimate.LARGEST_SATURATED", 1)
    again = reference(spec, data)
    assert again.log_likelihood == pytest.approx(whole.log_likelihood, abs=1e-3)
    assert (again.size, again.baseline_excess) == (whole.size, pytest.approx(whole.baseline_excess, abs=2e-3))


def test_scale_scores_are_means_of_the_items_that_are_there() -> None:
    spec, data = spec_of("a variable beside"), data_of("a variable beside")
    found, pupils = scale_scores(spec, data), panel()
    for k, items in enumerate((["a1", "a2", "a3"], ["c"], ["b1", "b2", "b3"])):
        values = pupils.values[:, :, [pupils.variables.index(item) for item in items]]
        centre = data.centre.reshape(4, -1)[:, [data.variables.index(item) for item in items]]
        away = np.ma.masked_invalid(values - centre).mean(axis=2).filled(np.nan)
        both = ~np.isnan(away[:, 0]) & ~np.isnan(away[:, 1])
        assert found.syy[:, k, 3 + k].sum() == pytest.approx((away[both, 0] * away[both, 1]).sum())
        np.testing.assert_allclose(found.centre.reshape(4, 3)[:, k], centre.mean(axis=1))


def test_a_row_says_where_scale_scores_have_other_lags() -> None:
    noisy = bp.PanelWorld(
        variables=("a", "b"), months=(0, 6, 12, 18), lag=[[0.5, 0.35], [0.0, 0.5]], initial_sd=(1, 1),
        innovation_sd=(0.8, 0.8), intercept_sd=(0.5, 0.5), indicators=ITEMS, item_sd=np.full(6, 1.5), pupils=9000,
        schools=200,
    )  # fmt: skip
    spec = bp.RICLPM(("a", "b"), indicators=ITEMS)
    data = data_for(
        spec, bp.Panel.from_long(bp.simulate(noisy, seed=1), pupil="pupil", wave="wave", variables=spec.columns)
    )
    fit, model = bp.maximum_likelihood(spec, data), structure(spec, data)
    vector = model.vector_of({b.name: np.reshape(fit.estimates[b.name].values, b.start.shape) for b in model.blocks})
    row = agreement(spec, data, model, vector)
    assert not row.passed
    assert "b -> a" in row.hint


WRONG: dict[str, dict[str, Any]] = {
    "an item named twice": {"indicators": {"a": ["a1", "a2", "a2"]}},
    "an item of two variables": {"indicators": {"a": ["a1", "a2"], "b": ["a2", "b1"]}},
    "an item that is a variable": {"indicators": {"a": ["a1", "b"]}},
    "an item that is a covariate": {"covariates": ["a1"]},
    "a variable with one indicator": {"indicators": {"a": ["a1"]}},
    "an unknown variable": {"indicators": {"c": ["a1", "a2"]}},
    "an unknown item released": {"released": ["a9@2"]},
    "a first item released": {"released": ["a1"]},
    "an intercept released that is free": {"released": ["intercept a2"]},
    "released without anything held": {"invariance": "configural", "released": ["a2"]},
    "configural with two items": {"invariance": "configural", "indicators": {"a": ["a1", "a2"]}},
    "means on a line": {"means": "linear", "invariance": "scalar"},
    "equal means without scalar invariance": {"means": "equal"},
    "a reliability of a variable with items": {"reliability": {"a": 0.8}},
    "invariance without items": {"indicators": {}, "invariance": "scalar"},
    "loadings of groups that share schools": {"groups": "sex", "levels": ("pupil", "school")},
}


@pytest.mark.parametrize("mistake", WRONG)
def test_mistakes_are_refused_in_three_parts(mistake: str) -> None:
    with pytest.raises(SpecError) as caught:
        bp.RICLPM(**({"variables": ("a", "b"), "indicators": ITEMS} | WRONG[mistake]))
    assert all(part.strip() for part in (caught.value.rule, caught.value.given, caught.value.action))


def with_values(name: str, wave: int, change: Any) -> bp.Panel:
    pupils = panel()
    values = pupils.values.copy()
    at = pupils.variables.index(name)
    values[:, wave, at] = change(values[:, wave, at])
    return replace(pupils, values=values)


@pytest.mark.parametrize(
    ("spec", "data", "said", "error"),
    [
        ({}, lambda: with_values("a2", 1, lambda y: np.where(np.isnan(y), y, 3.0)), "same for all", DataError),
        (
            {},
            lambda: replace(panel(), values=panel().values * np.where(np.arange(7) == 1, -1, 1)),
            "against",
            DataError,
        ),
        ({"released": ["a2@9"]}, panel, "waves are", SpecError),
        (
            {"invariance": "scalar", "released": ["intercept a1@2", "a2@2", "a3@2"]},
            panel,
            "connects wave 2 with",
            SpecError,
        ),
        ({"indicators": {"a": ["a1", "nothing"]}}, panel, "lack", DataError),
    ],
)
def test_data_that_items_cannot_be_are_refused(spec: Any, data: Any, said: str, error: type[BayespanelError]) -> None:
    with pytest.raises(error, match=said):
        data_for(bp.RICLPM(**({"variables": ("a", "b"), "indicators": ITEMS} | spec)), data())


def test_invariance_is_that_of_items() -> None:
    with pytest.raises(SpecError, match="no indicators"):
        bp.invariance(bp.RICLPM(("a1", "b1")), panel())
