"""Coordinates of effects that are sampled beside their own standard deviation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import pytest
from numpy.typing import NDArray

from bayespanel.inference.evaluations import evaluated
from bayespanel.inference.explicit import scales_of
from bayespanel.inference.posterior import compile_posterior
from bayespanel.inference.sampling import Prepared, prepare
from bayespanel.inference.settings import Sampling, Settings
from bayespanel.inference.whiten import whitened, whitening

Array = NDArray[np.float64]
HELD = ("school_scale", "class_scale")


def nested(seed: int, schools: int = 6, pupils: int = 40, sd: float = 1.0) -> tuple[pm.Model, Array]:
    """A logistic model of two outcomes with explicit effects of schools and of two classes in each."""
    rng = np.random.default_rng(seed)
    of_school = np.repeat(np.arange(schools), 2)
    truth = rng.normal(0, sd, (2, schools))[:, of_school] + rng.normal(0, 0.5 * sd, (2, 2 * schools))
    passed = rng.binomial(pupils, 1 / (1 + np.exp(-truth))).astype(float)
    coords = {"outcome": ["a", "b"], "school": list(range(schools)), "class": list(range(2 * schools))}
    with pm.Model(coords=coords) as model:
        mean = pm.Normal("mean", 0.0, 2.0, shape=2)
        eta = mean[:, None] + pt.zeros((2, 2 * schools))
        for level, at in (("school", of_school), ("class", np.arange(2 * schools))):
            scale = pm.Normal(f"{level}_scale", 0.0, 2.0, shape=2, dims="outcome")
            z = pm.Normal(f"{level}_standard", 0.0, 1.0, shape=(2, len(coords[level])), dims=("outcome", level))
            eta = eta + (scale[:, None] * z)[:, at]
        pm.Potential("likelihood", (passed * eta - pupils * pt.softplus(eta)).sum())
    return model, passed


def start() -> dict[str, Array]:
    return {name: np.full(2, 0.5) for name in HELD}


@pytest.fixture(scope="module")
def prepared() -> Prepared:
    return prepare(nested(1)[0], start(), HELD)


def test_scales_are_found_by_their_names_and_dimensions() -> None:
    model, _ = nested(1, schools=2)  # as many schools as outcomes: shapes do not tell them apart
    posterior = compile_posterior(model, start())
    scales = scales_of(model, posterior, HELD)
    names = np.repeat(posterior.names, [int(np.prod(shape)) for shape in posterior.shapes])
    at = {name: np.flatnonzero(names == name) for name in posterior.names}
    np.testing.assert_array_equal(scales[at["school_standard"]], at["school_scale"].repeat(2))
    np.testing.assert_array_equal(scales[at["class_standard"]], at["class_scale"].repeat(4))
    assert (scales[at["mean"]] == -1).all()
    assert (scales_of(model, posterior, ()) == -1).all()


def test_one_scale_without_dimensions_is_that_of_all_effects() -> None:
    with pm.Model() as model:
        pm.Normal("lag_scale", 0.0, 1.0)
        pm.Normal("lag_standard", 0.0, 1.0, shape=(2, 3))
        pm.HalfNormal("other", 1.0)
    posterior = compile_posterior(model)
    np.testing.assert_array_equal(scales_of(model, posterior, ("lag_scale", "other")), [-1, *[0] * 6, -1])


def test_scales_without_dimensions_that_tell_are_left_alone() -> None:
    with pm.Model() as model:
        pm.Normal("lag_scale", 0.0, 1.0, shape=2)
        pm.Normal("lag_standard", 0.0, 1.0, shape=(2, 2))
    posterior = compile_posterior(model)
    assert (scales_of(model, posterior, ("lag_scale",)) == -1).all()


@pytest.mark.parametrize("seed", range(5))
def test_the_density_is_that_of_the_points_times_the_volume(prepared: Prepared, seed: int) -> None:
    rng, size = np.random.default_rng(seed), len(prepared.posterior.start)
    density, coordinates = whitened(prepared.posterior, prepared.coordinates), prepared.coordinates
    z, h = rng.normal(size=size), 1e-6
    steps = h * np.eye(size)
    values, gradients = evaluated(
        density.address, density.user, np.stack([z, *(z + steps), *(z - steps)]), gradients=True
    )
    numeric = (values[1 : size + 1] - values[size + 1 :]) / (2 * h)
    np.testing.assert_allclose(gradients[0], numeric, rtol=1e-5, atol=1e-5)
    jacobian = (coordinates.points(z + steps) - coordinates.points(z - steps)).T / (2 * h)
    straight = replace(coordinates, scales=None).factor.diagonal()
    volume = np.linalg.slogdet(jacobian)[1] - np.log(straight).sum()
    expected = prepared.posterior(coordinates.points(z))[0] + volume
    assert values[0] == pytest.approx(expected, abs=1e-6)


def test_at_the_scales_that_were_held_the_map_is_affine(prepared: Prepared) -> None:
    rng, coordinates = np.random.default_rng(2), prepared.coordinates
    z = rng.normal(size=(20, len(coordinates.centre)))
    assert coordinates.scales is not None
    z[:, np.unique(coordinates.scales[coordinates.scales >= 0])] = 0.0
    np.testing.assert_allclose(coordinates.points(z), replace(coordinates, scales=None).points(z), atol=1e-12)


def test_without_effects_nothing_is_bent() -> None:
    with pm.Model() as model:
        pm.Normal("x", 0.0, 1.0, shape=2)
    assert prepare(model).coordinates.scales is None


@pytest.mark.parametrize("sd", [0.0, 0.3, 3.0])
def test_the_funnel_is_straight(sd: float) -> None:
    """Draws are even by few steps, however large effects are, and their scales are those of another way to sample."""
    model, _ = nested(3, schools=12, pupils=60, sd=sd)
    settings = Settings(Sampling(draws=1000, tune=500, target_accept=0.9), seed=4, cores=2)
    posterior = compile_posterior(model, start())
    straight = Prepared(posterior, whitening(posterior, HELD), None, model, {"compile": 0.0, "mode": 0.0})
    bent, plain = (one.draw(settings) for one in (prepare(model, start(), HELD), straight))
    assert int(bent.sample_stats["diverging"].sum()) == 0
    assert float(bent.sample_stats["n_steps"].mean()) < 20
    for name in HELD:
        here, there = (np.abs(one.free[name]).reshape(-1, 2) for one in (bent, plain))
        # Their means differ by less than a fifth of an SD: the plain one has some hundred independent draws.
        np.testing.assert_array_less(np.abs(here.mean(axis=0) - there.mean(axis=0)), 0.2 * here.std(axis=0))


@pytest.mark.parametrize("sampler", ["nuts", "auto"])
@pytest.mark.parametrize("sd", [0.05, 0.5])
def test_the_posterior_of_a_scale_is_that_of_the_integral(sampler: str, sd: float) -> None:
    """Effects that are measured with known error: integrated out, the posterior of their scale is a sum on a grid."""
    rng, error = np.random.default_rng(6), 0.1
    measured = 0.3 + sd * rng.normal(size=40) + error * rng.normal(size=40)
    with pm.Model() as model:
        mean = pm.Normal("mean", 0.0, 1.0)
        scale = pm.Normal("path_scale", 0.0, 1.0)
        z = pm.Normal("path_standard", 0.0, 1.0, shape=40)
        pm.Potential("likelihood", -0.5 * ((measured - mean - scale * z) ** 2).sum() / error**2)
    prepared = prepare(model, {"path_scale": np.array(0.3)}, ("path_scale",))
    assert not prepared.obstacle
    found = prepared.draw(Settings(Sampling(draws=1000, tune=500, sampler=sampler), seed=2, cores=2))
    if sampler == "auto" and sd == 0.5:
        assert found.proposal is not None
        assert found.proposal.sampler == "independence"
    grid = np.linspace(0.0, 2.0, 4001)
    variance = grid**2 + error**2
    total = 40 / variance + 1.0  # precision of the mean, whose prior is standard normal
    middle = measured.sum() / variance / total
    log = -0.5 * (grid**2 + 40 * np.log(variance) + np.log(total) + (measured**2).sum() / variance - total * middle**2)
    weight = np.exp(log - log.max())
    exact = (weight * grid).sum() / weight.sum()
    spread = np.sqrt((weight * (grid - exact) ** 2).sum() / weight.sum())
    drawn = np.abs(found.free["path_scale"])
    assert drawn.mean() == pytest.approx(exact, abs=0.1 * spread)  # a thousand independent draws or more: 3 errors
    assert drawn.std() == pytest.approx(spread, rel=0.1)
    assert found.free["mean"].mean() == pytest.approx((weight * middle).sum() / weight.sum(), abs=0.02)
