"""Shrinkage of cross-lags: what the priors are, what they do to lags, and what does not go with them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

import bayespanel as bp
from bayespanel.families.panel import shrinkage
from bayespanel.families.panel.checks import checks
from bayespanel.families.panel.nulls import nulls
from bayespanel.families.panel.prior_world import prior_world
from bayespanel.families.panel.truth import observed
from bayespanel.families.panel.world import PanelWorld
from bayespanel.inference.convergence import convergence
from bayespanel.inference.prior import prior_free
from tests.families.panel.data import moments

NAMES = ("a", "b", "c")
LAG = np.array([[0.4, 0.25, 0.0], [0.0, 0.3, 0.0], [0.0, 0.0, 0.35]])
CORR = 0.3 + 0.7 * np.eye(3)
WORLD = PanelWorld(
    variables=NAMES,
    months=tuple(range(5)),
    lag=LAG,
    initial_sd=np.ones(3),
    innovation_sd=0.9 * np.ones(3),
    initial_corr=CORR,
    innovation_corr=CORR,
    intercept_sd=0.7 * np.ones(3),
    intercept_corr=CORR,
    pupils=400,
    schools=10,
)
OFF = ~np.eye(3, dtype=bool)
SPECS = {name: bp.RICLPM(NAMES, shrinkage=name) for name in ("none", "common", "horseshoe")}


@pytest.mark.parametrize("name", ["common", "horseshoe"])
@pytest.mark.parametrize("lags", ["equal", "free"])
def test_lags_in_their_own_units_are_lags_again(name: str, lags: str) -> None:
    rng = np.random.default_rng(3)
    prior = bp.Prior("lag", "Normal", (0.1, 0.4))
    spec = bp.RICLPM(NAMES, shrinkage=name, lags=lags, priors=[prior])
    lag = rng.normal(size=(3, 3) if lags == "equal" else (4, 3, 3))
    free = shrinkage.typical(spec, 5)
    ratio = rng.uniform(0.5, 2.0, (3, 3))
    standard = shrinkage.standardised_lags(spec, lag, ratio, free)
    np.testing.assert_allclose(shrinkage.lag_draws(spec, free | {shrinkage.STANDARD: standard}, ratio), lag)
    sd = float(free["cross_lag_sd"])
    wide = sd if name == "common" else 1 / np.sqrt(1 / sd**2 + 1 / 0.4**2)
    want = np.where(OFF, lag / ratio / wide, (lag / ratio - 0.1) / 0.4)
    np.testing.assert_allclose(standard, want)


@pytest.mark.parametrize("name", ["common", "horseshoe"])
def test_truths_are_drawn_from_the_prior_that_the_model_has(name: str) -> None:
    spec, rng = SPECS[name], np.random.default_rng(1)
    drawn = [prior_world(spec, WORLD, rng) for _ in range(400)]
    truths = np.stack([world.lag * world.initial_sd / world.initial_sd[:, None] for world, _ in drawn])
    names = ("v0", "v1")
    model = bp.build(bp.RICLPM(names, shrinkage=name), moments())
    found = prior_free(model, draws=2000, seed=1)
    unit = found["initial_sd"][..., :, None] / found["initial_sd"][..., None, :]
    lag = shrinkage.lag_draws(bp.RICLPM(names, shrinkage=name), found, unit) / unit
    both = (truths[:, 0, 1], lag[..., 0, 1].ravel()), (truths[:, 0, 0], lag[..., 0, 0].ravel())
    both = (*both, ([float(one["cross_lag_sd"]) for _, one in drawn], found["cross_lag_sd"].ravel()))
    for ours, theirs in both:
        assert stats.ks_2samp(ours, theirs).pvalue > 0.001
    assert (np.abs(lag[..., 0, 1]) > 2.5).mean() < 1e-3  # the slab holds what the horseshoe lets go


@pytest.mark.parametrize("name", ["common", "horseshoe"])
def test_cross_lags_are_drawn_towards_0_and_carry_over_is_not(name: str) -> None:
    data = observed(SPECS[name], WORLD, bp.simulate(WORLD, seed=3))
    short = bp.Sampling(draws=500, tune=500, chains=2)
    shrunk, plain = (
        bp.fit(SPECS[one], data, seed=1, sampling=short, progress=False).posterior for one in (name, "none")
    )
    mean, before = (each["lag"].mean(("chain", "draw")).values for each in (shrunk, plain))
    null = OFF & (LAG == 0)
    assert np.abs(mean[null]).mean() < np.abs(before[null]).mean()
    assert mean[0, 1] > 0.15
    np.testing.assert_allclose(mean[~OFF], before[~OFF], atol=0.05)
    for variable in ("lag", "cross_lag_sd"):
        values = shrunk[variable].transpose(..., "chain", "draw").values
        assert (convergence(values.reshape(-1, *values.shape[-2:]))["rhat"] < 1.05).all()
    assert checks(SPECS[name], shrunk)[-1].passed


def test_bayes_factors_of_cross_lags_are_refused_and_those_of_carry_over_are_not() -> None:
    data = observed(SPECS["common"], WORLD, bp.simulate(WORLD, seed=3)).moments()
    short = bp.Sampling(draws=100, tune=100, chains=2)
    fit = bp.fit(SPECS["common"], data, seed=1, sampling=short, progress=False)
    found = bp.evidence(fit, rope=0.05)
    known = nulls(SPECS["common"], data, found)
    direct = found["kind"].values == "direct"
    assert np.isnan(known.log_prior[direct]).all()
    assert np.isfinite(known.log_prior[found["kind"].values == "carry_over"]).all()
    assert np.isnan(found["log_bf10"].values[direct]).all()


def test_the_likelihood_knows_no_shrinkage() -> None:
    data = observed(SPECS["none"], WORLD, bp.simulate(WORLD, seed=3)).moments()
    plain, shrunk = (bp.maximum_likelihood(SPECS[name], data) for name in ("none", "horseshoe"))
    assert shrunk.log_likelihood == plain.log_likelihood
    np.testing.assert_array_equal(shrunk.estimates["lag"], plain.estimates["lag"])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"time": "continuous"}, "time='continuous'"),
        ({"order": 2}, "order=2"),
        ({"groups": "sex"}, "groups='sex'"),
        ({"variables": ("a",)}, "one variable"),
        ({"priors": [bp.Prior("lag", "StudentT", (3, 0, 0.5))]}, "StudentT"),
        ({"priors": [bp.Prior("lag", "Normal", (0, 0.5), scale="raw")]}, "raw"),
        ({"shrinkage": "lasso"}, "lasso"),
    ],
)
def test_what_does_not_go_with_shrinkage_is_refused(options: dict[str, object], said: str) -> None:
    with pytest.raises(bp.SpecError, match=said):
        replace(SPECS["common"], **options)


def test_rows_of_shrinkage_are_seen_and_replaced() -> None:
    spec = bp.RICLPM(NAMES, shrinkage="horseshoe", priors=[bp.Prior("cross_lag_sd", "Exponential", 0.1)])
    assert spec.prior("cross_lag_sd").distribution == "Exponential"
    assert {"cross_lag_sd", "cross_lag_local"} <= {row.parameter for row in spec.default_priors()}
    with pytest.raises(bp.SpecError, match="cross_lag_sd"):
        bp.RICLPM(NAMES, priors=[bp.Prior("cross_lag_sd", "Exponential", 0.1)])
