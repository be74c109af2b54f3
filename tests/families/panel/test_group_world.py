"""Groups of pupils in worlds: simulated moments are those that the model implies; truths, priors and design."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import bayespanel as bp
from bayespanel import RICLPM
from bayespanel.catalogue.worlds import made, of_simulated, world_from_dict, world_to_dict
from bayespanel.families.panel.group_world import of_group
from bayespanel.families.panel.groups import select
from bayespanel.families.panel.moments import implied
from bayespanel.families.panel.pathways import pathways
from bayespanel.families.panel.prior_world import prior_world
from bayespanel.families.panel.simulate import simulate
from bayespanel.families.panel.truth import observed, truth
from bayespanel.families.panel.world import PanelWorld
from bayespanel.language.errors import SpecError

WORLD = PanelWorld(
    variables=("x", "y"),
    months=(0, 6, 12, 18),
    lag=[[0.4, 0.1], [0.0, 0.3]],
    initial_sd=(1.0, 0.8),
    innovation_sd=(0.9, 0.7),
    intercept_sd=(0.6, 0.5),
    intercept_corr=[[1.0, 0.4], [0.4, 1.0]],
    school_sd=(0.4, 0.3),
    mean=(1.0, 2.0),
    schools=60,
    pupils=4000,
    groups={"girl": 0.4, "boy": 0.6},
    by_group={"boy": {"lag": [[0.1, 0.0], [0.3, 0.2]], "mean": (0.5, 2.5), "intercept_sd": (0.9, 0.3)}},
    grouping="sex",
)
SPEC = RICLPM(("x", "y"), levels=("pupil", "school"), groups="sex", free=("mean", "lag", "intercept"))


def test_pupils_of_each_group_have_the_moments_that_the_model_implies() -> None:
    world = replace(WORLD, school_sd=None, pupils=40000, schools=900)
    frame = simulate(world, 1)
    spec = RICLPM(("x", "y"))
    for label in world.groups:
        own = frame[frame["sex"] == label]
        scores = own.pivot(index="pupil", columns="wave", values=["x", "y"])
        values = np.stack([scores[name].to_numpy() for name in ("x", "y")], axis=2).reshape(len(scores), -1)
        true = truth(spec, of_group(world, label))["posterior"]
        names = [str(name) for name in true if str(name) not in ("lag_standardised", "icc", "spectral_radius")]
        expected = implied(spec, {name: true[name].values[0, 0] for name in names}, range(4))
        error = np.sqrt(np.diag(expected.pupil) / len(values))
        assert np.abs((values.mean(axis=0) - expected.mean.ravel()) / error).max() < 4.5
        away = (np.cov(values.T) - expected.pupil) / np.sqrt(np.outer(np.diag(expected.pupil), np.diag(expected.pupil)))
        assert np.abs(away).max() < 4.5 * np.sqrt(2 / len(values))


def test_groups_have_their_shares_and_share_schools() -> None:
    frame = simulate(WORLD, 2).drop_duplicates("pupil")
    assert dict(frame["sex"].value_counts()) == {"boy": 2400, "girl": 1600}
    assert (frame.groupby("school")["sex"].nunique() == 2).all()


def test_a_world_without_groups_has_the_pupils_that_it_had() -> None:
    plain = replace(WORLD, groups={}, by_group={})
    with_groups = replace(WORLD, by_group={})
    a, b = simulate(plain, 3), simulate(with_groups, 3)
    assert "sex" not in a
    assert (a["school"] == b["school"]).all()


def test_the_truth_is_that_of_each_group_and_has_the_pathways_of_a_fit() -> None:
    found = truth(SPEC, WORLD)["posterior"]
    assert list(found["group"].values) == ["girl", "boy"]
    np.testing.assert_allclose(select(found, "boy")["lag"].values[0, 0], [[0.1, 0.0], [0.3, 0.2]])
    assert "group" not in found["initial_sd"].dims
    draws = pathways(SPEC, found)
    at = draws.sel(pathway="x -> y [boy - girl]")
    assert at["raw"].item() == pytest.approx(0.3)
    assert at["kind"].item() == "contrast"
    data = observed(SPEC, WORLD, simulate(WORLD, 4))
    assert data.group_names == ("girl", "boy")
    estimates = bp.maximum_likelihood(SPEC, data)
    away = (estimates.estimates["lag"] - found["lag"].isel(chain=0, draw=0)) / estimates.standard_errors["lag"]
    assert np.abs(away.values).max() < 4


def test_what_differs_has_no_truth_in_a_model_that_holds_it_equal() -> None:
    found = truth(replace(SPEC, free=("mean",)), WORLD)["posterior"]
    assert found["lag"].isnull().all()
    assert found["mean"].notnull().all()
    assert found["initial_sd"].notnull().all()
    assert truth(RICLPM(("x", "y")), WORLD)["posterior"]["lag"].isnull().all()
    with pytest.raises(SpecError, match="the world has none"):
        truth(SPEC, replace(WORLD, groups={}, by_group={}))


def test_worlds_from_priors_differ_between_groups_in_what_the_model_frees() -> None:
    rng = np.random.default_rng(5)
    world, _ = prior_world(SPEC, WORLD, rng)
    girl, boy = (of_group(world, label) for label in ("girl", "boy"))
    assert not np.allclose(girl.lag, boy.lag)
    assert not np.allclose(girl.mean, boy.mean)
    np.testing.assert_array_equal(girl.initial_sd, boy.initial_sd)
    np.testing.assert_array_equal(girl.school_sd, boy.school_sd)
    assert truth(SPEC, world)["posterior"]["lag"].notnull().all()
    shared, _ = prior_world(replace(SPEC, free=("initial",)), WORLD, rng)
    assert truth(replace(SPEC, free=("initial",)), shared)["posterior"]["lag"].notnull().all()
    with pytest.raises(SpecError, match="the world has none"):
        prior_world(SPEC, replace(WORLD, groups={}, by_group={}), rng)


def test_shared_lags_count_in_geometric_means_of_the_groups_standard_deviations() -> None:
    rng, spec = np.random.default_rng(6), replace(SPEC, free=("initial",))
    drawn = []
    for _ in range(600):
        world, _ = prior_world(spec, WORLD, rng)
        middle = np.exp(np.mean([np.log(of_group(world, label).initial_sd) for label in world.groups], axis=0))
        drawn.append(world.lag * middle / middle[:, None])
    # Normal(0, 0.5): four errors of a standard deviation of 600 draws.
    assert np.abs(np.std(drawn, axis=0) - 0.5).max() < 4 * 0.5 / np.sqrt(2 * 600)


def test_a_world_with_groups_survives_writing() -> None:
    record = of_simulated(WORLD)
    again = made(world_from_dict(world_to_dict(record)), {})
    assert isinstance(again, PanelWorld)
    assert again.groups == WORLD.groups
    np.testing.assert_allclose(again.by_group["boy"]["lag"], WORLD.by_group["boy"]["lag"])
    assert simulate(again, 7).equals(simulate(WORLD, 7))
