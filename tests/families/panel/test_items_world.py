"""Worlds whose variables are measured by items: simulated pupils have the moments of their truth, and it is found."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from scipy import stats

import bayespanel as bp
from bayespanel.families.panel.moments import implied
from bayespanel.families.panel.prior_world import prior_world
from bayespanel.families.panel.truth import observed, truth
from bayespanel.families.panel.world import PanelWorld

ITEMS = {"a": ("a1", "a2", "a3"), "b": ("b1", "b2", "b3")}
STEADY = np.array([1.0, 0.8, 1.2, 1.0, 0.7, 0.9])
MOVING = STEADY + np.array([[0.0, 0.1 * t, 0.0, 0.0, 0.0, -0.05 * t] for t in range(4)])
WORLD = PanelWorld(
    variables=("a", "b"),
    months=(0, 6, 12, 18),
    lag=np.array([[0.4, 0.15], [0.1, 0.3]]),
    initial_sd=np.array([0.8, 0.7]),
    innovation_sd=np.array([0.7, 0.6]),
    initial_corr=np.array([[1.0, 0.3], [0.3, 1.0]]),
    intercept_sd=np.array([0.7, 0.6]),
    mean=np.array([[1.0, 2.0], [1.2, 1.9], [1.3, 1.8], [1.5, 1.8]]),
    indicators=ITEMS,
    item_loading=STEADY,
    item_intercept=np.array([0.0, 0.3, -0.2, 0.1, 0.0, 0.4]),
    item_sd=np.array([0.6, 0.5, 0.7, 0.6, 0.5, 0.7]),
    pupils=600,
    schools=20,
    classes_per_school=(1, 1),
    pupils_per_class=(30, 30),
)
PLAIN = bp.RICLPM(("a", "b"), indicators=ITEMS)
KINDS: dict[str, tuple[bp.RICLPM, dict[str, Any]]] = {
    "metric": (PLAIN, {}),
    "scalar": (replace(PLAIN, invariance="scalar"), {}),
    "configural": (replace(PLAIN, invariance="configural"), {"item_loading": MOVING}),
    "released": (
        replace(PLAIN, invariance="scalar", released=("loading a2", "loading b3")),
        {"item_loading": MOVING, "mean": WORLD.mean - WORLD.mean[0]},  # the origin is the mean of the first wave
    ),
    "a variable beside": (
        bp.RICLPM(("a", "b"), indicators={"a": ITEMS["a"]}, invariance="scalar"),
        {
            "indicators": {"a": ITEMS["a"]},
            "item_loading": STEADY[:3],
            "item_intercept": np.zeros(3),
            "item_sd": np.full((4, 3), 0.5),
        },
    ),
    "items of their own": (
        replace(PLAIN, item_effects=("pupil",)),
        {"item_pupil_sd": np.array([0.3, 0.0, 0.5, 0.2, 0.4, 0.6])},
    ),
    "slopes": (replace(PLAIN, slopes=True, invariance="scalar"), {"slope_sd": np.array([0.2, 0.1])}),
}
every_kind = pytest.mark.parametrize("kind", KINDS)


@cache
def true_values(kind: str) -> dict[str, np.ndarray]:
    spec, changes = KINDS[kind]
    known = truth(spec, replace(WORLD, **changes))["posterior"].isel(chain=0, draw=0)
    assert all(known[name].notnull().all() for name in known)
    return {str(name): known[name].values for name in known}


def pupils(kind: str, number: int, seed: int, **changes: Any) -> bp.Panel:
    spec, own = KINDS[kind]
    world = replace(WORLD, pupils=number, schools=number // 30, **(own | changes))
    return observed(spec, world, bp.simulate(world, seed=seed))


@every_kind
def test_simulated_pupils_have_the_moments_that_the_truth_implies(kind: str) -> None:
    there = implied(KINDS[kind][0], true_values(kind), np.arange(4))
    panel = pupils(kind, 18_000, seed=3)
    rest = panel.values.reshape(18_000, -1) - there.expected
    want = there.pupil
    error = np.sqrt((want**2 + np.outer(np.diag(want), np.diag(want))) / len(rest))
    assert np.abs((rest.T @ rest / len(rest) - want) / error).max() < 4.5
    assert np.abs(rest.mean(axis=0) / np.sqrt(np.diag(want) / len(rest))).max() < 4


@every_kind
def test_the_likelihood_is_that_of_pupils_one_by_one(kind: str) -> None:
    panel = pupils(kind, 300, seed=2, missing_wave=0.2)
    there = implied(KINDS[kind][0], true_values(kind), np.arange(4))
    total = 0.0
    for y in panel.values.reshape(panel.n_pupils, -1):
        seen = ~np.isnan(y)
        total += stats.multivariate_normal.logpdf(y[seen], there.expected[seen], there.pupil[np.ix_(seen, seen)])
    assert bp.log_likelihood(KINDS[kind][0], panel, true_values(kind)) == pytest.approx(total, abs=1e-8)


@pytest.mark.parametrize("kind", ["scalar", "configural", "a variable beside"])
def test_many_pupils_give_the_truth(kind: str) -> None:
    known = true_values(kind)
    found = bp.maximum_likelihood(KINDS[kind][0], pupils(kind, 12_000, seed=11))
    assert found.converged
    assert found.p_value > 1e-3
    for name in ("lag", "item_loading", "item_intercept", "mean"):
        if name in found.estimates:
            away = (found.estimates[name] - known[name]) / found.standard_errors[name]
            assert np.abs(away).max() < 4, name
    away = (found.estimates["item_variance"] - known["item_sd"] ** 2) / found.standard_errors["item_variance"]
    assert np.abs(away).max() < 4
    away = (found.standardised["lag_standardised"] - known["lag_standardised"]) / found.standardised_errors[
        "lag_standardised"
    ]
    assert np.abs(away).max() < 4


def test_what_a_model_has_once_and_a_world_twice_is_not_true() -> None:
    moving = replace(WORLD, item_loading=MOVING)
    known = truth(PLAIN, moving)["posterior"]
    assert known["item_loading"].isnull().all()
    assert known["lag"].notnull().all()
    other = bp.RICLPM(("a", "b"), indicators={"a": ("a1", "a2"), "b": ITEMS["b"]})
    assert truth(other, WORLD)["posterior"]["lag"].isnull().all()
    assert truth(bp.RICLPM(("a1", "b1")), WORLD)["posterior"]["lag"].isnull().all()


def test_truths_are_drawn_from_the_priors() -> None:
    spec = bp.RICLPM(("a", "b", "c"), indicators=ITEMS, invariance="scalar", released=("a2@2",))
    made, _ = prior_world(spec, WORLD, np.random.default_rng(1))
    known = truth(spec, made)["posterior"]
    assert all(known[name].notnull().all() for name in known)
    assert known.sizes["loading_of"] == 5
    frame = bp.simulate(made, seed=1)
    assert {"a1", "a2", "a3", "b1", "b2", "b3", "c"} < set(frame.columns)


def test_groups_have_items_of_their_own() -> None:
    own = {"girl": {"item_loading": STEADY + np.array([0, 0.1, 0, 0, 0, 0])}}
    world = replace(WORLD, groups={"girl": 0.5, "boy": 0.5}, by_group=own, grouping="sex")
    spec = replace(PLAIN, groups="sex")
    known = truth(spec, world)["posterior"].isel(chain=0, draw=0)
    np.testing.assert_allclose(known["item_loading"].sel(loading_of="a2"), [0.9, 0.8])
    shared = truth(replace(spec, free=("mean", "lag")), world)["posterior"].isel(chain=0, draw=0)
    assert shared["item_loading"].sel(loading_of="a2").isnull()


def test_effects_of_schools_on_single_items_are_found() -> None:
    own = np.array([0.3, 0.0, 0.4, 0.2, 0.3, 0.0])
    spec = replace(PLAIN, levels=("pupil", "school"), item_effects=("pupil", "school"), innovations="equal")
    world = replace(
        WORLD, pupils=9_000, schools=300, school_sd=np.array([0.4, 0.3]), item_school_sd=own, item_pupil_sd=own[::-1]
    )
    known = truth(spec, world)["posterior"].isel(chain=0, draw=0)
    found = bp.maximum_likelihood(spec, observed(spec, world, bp.simulate(world, seed=4)))
    assert found.converged
    for name, true in (("item_effect_variance", known["item_effect_sd"].values ** 2), ("lag", known["lag"].values)):
        away = (found.estimates[name].values - true) / found.standard_errors[name].values
        assert np.abs(away).max() < 4, name
    plain = bp.maximum_likelihood(replace(spec, item_effects=()), observed(spec, world, bp.simulate(world, seed=4)))
    assert found.log_likelihood > plain.log_likelihood + 100
