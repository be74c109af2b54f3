"""Probabilities of categories: those of pupils who are drawn, before and after everybody has more."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
import xarray as xr

import bayespanel as bp
from bayespanel.families.door import family_of
from bayespanel.families.panel.world import PanelWorld
from bayespanel.families.trial.statistics import data_for
from bayespanel.verbs.category_probabilities import found as found_in
from tests.families.panel.data import panel as numbers_panel
from tests.families.trajectories.tables import small_panel
from tests.families.trial.tables import table, trial
from tests.families.trial.test_ordinal import categories, ordinal, spec_of as ordinal_of
from tests.families.trial.test_rates import events, numbers, spec_of as rates_of
from tests.unsampled import unsampled

NAMES = ("x", "y")


@cache
def panel_truth() -> tuple[bp.RICLPM, PanelWorld, xr.Dataset, Any]:
    """A world of ordered scores, and its truth as draws that are all alike."""
    cuts = {"x": (1.0, 1.6), "y": (0.5, 1.4)}
    world = PanelWorld(
        variables=NAMES, months=(0, 6, 12), lag=np.array([[0.3, 0.0], [0.4, 0.2]]), initial_sd=np.ones(2),
        innovation_sd=np.full(2, 0.9), intercept_sd=np.array([0.8, 1.1]), school_sd=np.array([0.2, 0.5]), schools=40,
        classes_per_school=(1, 1), pupils_per_class=(10, 10), ordinal=cuts,
    )  # fmt: skip
    spec = bp.RICLPM(NAMES, levels=("pupil", "school"), innovations="equal", ordered=NAMES)
    room = family_of(spec)
    data = room.statistics.data_for(spec, room.truth.observed(spec, world, bp.simulate(world, 1)))
    return spec, world, room.truth.truth(spec, world)["posterior"], data


def test_a_path_between_ordered_scores_moves_as_many_pupils_as_are_drawn_beyond_the_threshold() -> None:
    spec, world, posterior, data = panel_truth()
    room = family_of(spec).category_table
    assert room is not None
    found = room.probabilities(spec, posterior, data, (0.05, 0.95)).set_index(["pathway", "category"])
    rng, number = np.random.default_rng(4), 400_000
    state, stable = rng.normal(size=(number, 2)), rng.normal(size=(number, 2)) * world.intercept_sd
    stable = stable + rng.normal(size=(number, 2)) * world.school_sd
    reached: dict[str, list[np.ndarray]] = {"before": [], "after": []}
    for _ in range(2):
        more = np.array([state[:, 0].std(), 0.0])
        shock = rng.normal(size=(number, 2)) * world.innovation_sd
        for word, start in (("before", state), ("after", state + more)):
            scores = start @ np.asarray(world.lag).T + shock + stable
            reached[word].append((scores[:, 1, None] > np.array(world.ordinal["y"])).mean(axis=0))
        state = state @ np.asarray(world.lag).T + shock
    for k, category in enumerate(("1 or more", "2 or more")):
        for word, drawn in reached.items():
            assert found.loc[("x -> y", category), word] == pytest.approx(np.mean([one[k] for one in drawn]), abs=0.004)
    row = found.loc[("x -> y", "2 or more")]
    assert row["difference"] == pytest.approx(row["after"] - row["before"])
    assert row["lower"] == pytest.approx(row["upper"])  # one draw
    assert set(found.index.get_level_values("pathway")) == {"x -> x", "y -> x", "x -> y", "y -> y"}


@pytest.mark.parametrize("kind", ["logit", "probit", "log"])
def test_an_effect_of_a_trial_moves_pupils_who_are_drawn_in_both_arms(kind: str) -> None:
    counts = kind == "log"
    spec = rates_of(zero_inflated=True) if counts else ordinal_of(kind)
    data = data_for(spec, events(numbers()) if counts else ordinal(categories()))
    room = family_of(spec)
    model, rng = room.build.build(spec, data), np.random.default_rng(2)
    point = {rv.name: np.abs(rng.normal(size=(1, 3, *rv.shape.eval()))) * 0.4 for rv in model.free_RVs}
    posterior = room.draws.posterior(spec, data, point)
    assert room.category_table is not None
    found = room.category_table.probabilities(spec, posterior, data, (0.05, 0.95))
    assert set(found["pathway"]) == {f"{arm}: {name}" for arm in ("both", "parents") for name in ("calm", "kind")}
    assert (found["after"].between(0, 1) & found["before"].between(0, 1)).all()
    falls = found.groupby(["pathway"], sort=False)["before"].apply(lambda own: own.is_monotonic_decreasing)
    assert falls.all()
    without = posterior.copy()
    for name in ("effect", "moderation"):
        without[name] = without[name] * 0
    none = room.category_table.probabilities(spec, without, data, (0.05, 0.95))
    np.testing.assert_allclose(none["difference"], 0.0, atol=1e-12)
    np.testing.assert_allclose(none["before"], found["before"], rtol=1e-12)
    shares = room.predictive.predictive(spec, without, data, 0)["shares"]
    for outcome in ("calm", "kind"):
        own = shares[shares["outcome"] == outcome]
        zero = own[own["category"] == own["category"].iloc[0]]
        above = 1 - (zero["predicted"] * zero["pupils"]).sum() / zero["pupils"].sum()
        before = none[(none["target"] == outcome) & (none["source"] == "both")]["before"].iloc[0]
        assert before == pytest.approx(above, abs=1e-9)  # without effects, arms are read as they are


FITS = {
    "panel": lambda: unsampled(bp.RICLPM(("v0", "v1")), numbers_panel()),
    "trial": lambda: unsampled(bp.ClusterTrial(("calm",), levels=("pupil", "school")), trial(table())),
    "trajectories": lambda: unsampled(bp.Trajectories("victimisation", classes=("high", "low")), small_panel()),
}


@pytest.mark.parametrize("family", FITS)
def test_scores_that_are_numbers_have_none(family: str) -> None:
    fit = FITS[family]()
    assert found_in(fit) is None
    with pytest.raises(bp.SpecError, match="read as numbers"):
        bp.category_probabilities(fit)
    with pytest.raises(bp.SpecError, match="between 0 and 1"):
        bp.category_probabilities(fit, prob=95)
