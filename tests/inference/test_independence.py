"""Independence sampling on posteriors whose answers are known, and on those for which it is not good enough."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pymc as pm
import pytest
from scipy.special import erf

from bayespanel import FitError, SpecError
from bayespanel.inference.checks import MAX_DEPTH, sampling_checks
from bayespanel.inference.independence import _every
from bayespanel.inference.sampling import Draws, Prepared, prepare
from bayespanel.inference.settings import Sampling, Settings
from bayespanel.inference.tails import pareto_k

COVARIANCE = np.array([[1.0, 0.9, 0.0], [0.9, 4.0, 0.5], [0.0, 0.5, 0.25]])
MEAN = np.array([10.0, -3.0, 0.5])


def model(size: int, log_density: Callable, name: str = "x") -> pm.Model:
    with pm.Model() as out:
        x = pm.Flat(name, shape=size)
        pm.Potential("density", log_density(x))
    return out


@pytest.fixture(scope="module")
def gaussian() -> Prepared:
    return prepare(model(3, lambda x: -0.5 * (x - MEAN) @ np.linalg.inv(COVARIANCE) @ (x - MEAN)))


@pytest.fixture(scope="module")
def heavy() -> Prepared:
    """Four Student-t variables with 3 degrees of freedom."""
    return prepare(model(4, lambda x: -2.0 * pm.math.log1p(x**2 / 3).sum()))


def asked(sampler: str, *, seed: int = 3, cores: int = 2, draws: int = 1000, chains: int = 4) -> Settings:
    return Settings(Sampling(draws=draws, tune=200, chains=chains, sampler=sampler), seed, cores)  # type: ignore[arg-type]  # of every spelling


def states(found: Draws) -> dict[str, str]:
    import xarray as xr

    posterior = xr.Dataset({"x": (("chain", "draw", "entry"), found.free["x"])}, coords={"entry": range(4)})
    return {row.check: row.state for row in sampling_checks(posterior, found.sample_stats, MAX_DEPTH)}


def test_draws_have_the_moments_of_a_normal(gaussian: Prepared) -> None:
    found = gaussian.draw(asked("auto"))
    x = found.free["x"].reshape(-1, 3)
    # Nearly 4,000 independent draws: four standard errors of a mean, and of a covariance.
    np.testing.assert_allclose(x.mean(0), MEAN, atol=4 * 2 / np.sqrt(4000))
    np.testing.assert_allclose(np.cov(x.T), COVARIANCE, atol=4 * 4 * np.sqrt(2 / 4000))
    assert found.proposal is not None
    assert (found.proposal.sampler, found.proposal.every) == ("independence", 1)
    assert found.proposal.efficiency > 0.99
    assert found.sample_stats["acceptance_rate"].mean() > 0.95
    assert not found.sample_stats["diverging"].any()
    whole = gaussian.posterior(x[-1])[0]
    assert found.sample_stats["logp"].values[-1, -1] == pytest.approx(whole, rel=1e-9)


def test_the_seed_decides_the_draws_and_the_cores_do_not(gaussian: Prepared) -> None:
    first = gaussian.draw(asked("independence")).free["x"]
    np.testing.assert_array_equal(gaussian.draw(asked("auto", cores=1)).free["x"], first)
    other = gaussian.draw(asked("auto", seed=4)).free["x"]
    assert (other != first).mean() == 1.0
    assert len({chain[0, 0] for chain in first}) == 4


def test_heavy_tails_are_left_to_nuts_and_it_is_said(heavy: Prepared) -> None:
    found = heavy.draw(asked("auto"))
    assert found.proposal is not None
    assert found.proposal.sampler == "nuts"
    assert found.proposal.because
    np.testing.assert_array_equal(found.free["x"], heavy.draw(asked("nuts")).free["x"])
    assert "energy" in found.sample_stats
    assert heavy.draw(asked("nuts")).proposal is None


def test_who_insists_on_it_has_a_check_that_fails(heavy: Prepared) -> None:
    found = heavy.draw(asked("independence"))
    assert found.proposal is not None
    assert (found.proposal.sampler, found.proposal.because) == ("independence", "")
    assert found.proposal.pareto_k > 0.5
    assert states(found)["Pareto k of the proposal"] == "FAILED"
    assert not {"divergences", "E-BFMI"} & set(states(found))


def test_skewness_is_followed() -> None:
    """The logarithm of a gamma variable of shape 20: its mean is that of its map, and not the mode."""
    shape = 20.0
    found = prepare(model(4, lambda x: (shape * x - pm.math.exp(x)).sum())).draw(asked("auto"))
    assert found.proposal is not None
    assert found.proposal.sampler == "independence"
    assert found.proposal.efficiency > 0.98  # 0.93 around the mode
    # The mean of exp(x) is the shape, its SD the root of it; 16,000 numbers, worth 12,000.
    assert np.exp(found.free["x"]).mean() == pytest.approx(shape, abs=4 * np.sqrt(shape / 12_000))


@pytest.mark.parametrize("mean", [0.3, 1.2, 2.0])
def test_a_signed_scale_near_zero_is_drawn_on_the_side_of_its_mode(mean: float) -> None:
    """The absolute value of N(mean, 0.7), and of its mirror image, is a folded normal, whatever the sign."""
    sd = 0.7
    with pm.Model() as folding:
        x, centre = pm.Flat("a_scale", shape=1), pm.Data("centre", [mean])
        hills = (-0.5 * ((x - centre) / sd) ** 2, -0.5 * ((x + centre) / sd) ** 2)
        pm.Potential("density", pm.math.logaddexp(*hills).sum())
    found = prepare(folding, {"a_scale": np.ones(1)}).draw(asked("auto"))
    assert found.proposal is not None
    assert found.proposal.sampler == "independence"
    scale = found.free["a_scale"]
    assert (scale > 0).all()
    folded = sd * np.sqrt(2 / np.pi) * np.exp(-0.5 * (mean / sd) ** 2) + mean * erf(mean / sd / np.sqrt(2))
    assert scale.mean() == pytest.approx(folded, abs=4 * sd / np.sqrt(3000))


def test_what_may_have_several_maxima_is_for_nuts_alone() -> None:
    built = model(1, lambda x: -0.5 * (x**2).sum())
    several = prepare(built, elsewhere=[{"x": np.ones(1)}])
    with pytest.raises(SpecError, match="several maxima"):
        several.draw(asked("independence"))
    found = several.draw(asked("auto", draws=50))
    assert found.proposal is not None
    assert (found.proposal.sampler, "several maxima" in found.proposal.because) == ("nuts", True)
    assert prepare(built, held=["x"]).obstacle


def test_a_density_that_proposals_hardly_meet_is_an_error() -> None:
    """A density between 0 and a billionth, whose curvature says nothing of that."""
    narrow = prepare(model(1, lambda x: pm.math.switch((x[0] >= 0) & (x[0] < 1e-9), 0.0, -np.inf)))
    with pytest.raises(FitError, match="Hardly any"):
        narrow.draw(asked("independence", draws=20, chains=2))


def test_how_many_proposals_a_draw_takes() -> None:
    """Equal weights: every proposal is taken. Of two weights, 1 and 0, with half of the proposals each, half are."""
    assert _every(np.zeros((4, 100)), 1.0 + 1e-9) == 1
    halves = np.tile([0.0, -np.inf], 500)
    # Refused with probability 1/2: 3, 5/3, 9/7, 17/15 proposals are worth one.
    assert [_every(halves, worth) for worth in (3.01, 1.68, 1.29, 1.14)] == [1, 2, 3, 4]
    assert _every(np.full(10, -np.inf), 2.0) == 0
    assert _every(np.concatenate([[50.0], np.zeros(999)]), 1.25) == 0


def test_pareto_k_is_that_of_a_pareto_tail() -> None:
    rng = np.random.default_rng(1)
    for k in (0.2, 0.7):
        # The tail has 3 sqrt(40,000) = 600 values, which tell k to (1 + k) / sqrt(600).
        assert pareto_k(k * rng.exponential(size=40_000)) == pytest.approx(k, abs=3 * (1 + k) / np.sqrt(600))
    rare = np.zeros(1000)
    rare[:5] = np.log(1.9)  # a tail without end, if one looked at its shape alone
    assert pareto_k(rare) == 0.0
    assert pareto_k(np.full(1000, -np.inf)) == np.inf
