"""Densities at a point, and what is made of them: Bayes factors with exact answers."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from bayespanel.language.prior import Prior
from bayespanel.likelihood.correlation import lkj_shape
from bayespanel.likelihood.kernels import covariance
from bayespanel.summaries.bayes_factors import bayes_factors
from bayespanel.summaries.density import LogDensity, log_density
from bayespanel.summaries.nulls import Nulls, correlation_at_zero, location_at_zero, pooled_at_zero
from tests.summaries.fake import autocorrelated, draws


@pytest.mark.parametrize(("mean", "phi"), [(0.0, 0.0), (1.0, 0.0), (2.5, 0.0), (0.0, 0.6), (1.0, 0.6)])
def test_the_stated_error_covers_the_truth_at_its_rate(mean: float, phi: float) -> None:
    """Conjugate normal: the log density is known; 200 repetitions, also of correlated draws."""
    truth = stats.norm.logpdf(0, mean)
    z = []
    for seed in range(200):
        found = log_density(mean + autocorrelated(1, phi, length=1000, seed=seed)[:, :, 0])
        if not found.is_bound:
            z.append((found.value - truth) / found.error)
    assert len(z) > 150
    inside = np.mean(np.abs(z) < 1.96)
    assert 0.89 <= inside <= 1.0


@pytest.mark.parametrize("draw", [stats.t(5, loc=2), stats.skewnorm(3, loc=-1), stats.gamma(4, loc=-3)])
def test_densities_that_are_not_normal_are_hardly_biased(draw: object) -> None:
    found = [log_density(draw.rvs((4, 1000), random_state=seed)) for seed in range(20)]
    assert not any(one.is_bound for one in found)
    assert np.mean([one.value for one in found]) == pytest.approx(draw.logpdf(0), abs=0.06)


def test_beyond_the_draws_there_is_a_bound_and_it_holds() -> None:
    for mean in (3.5, 5.0, 20.0, -6.0):
        found = [log_density(np.random.default_rng(s).normal(mean, 1, (4, 500))) for s in range(40)]
        assert all(one.is_bound and np.isnan(one.error) for one in found)
        assert np.mean([one.value >= stats.norm.logpdf(0, mean) for one in found]) >= 0.95
    far = log_density(np.random.default_rng(1).normal(20, 1, (4, 500)))
    assert far.value > -12  # never a made-up 10^-80


def test_constant_draws_have_no_density() -> None:
    assert np.isnan(log_density(np.ones((4, 100))).value)


def test_the_bayes_factor_of_a_conjugate_normal_is_exact_within_its_error() -> None:
    """y ~ N(theta, 1 / n), theta ~ N(0, 1): the posterior is normal, and so is the marginal likelihood."""
    z = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        n, y = 20, rng.normal(0.2, 0.22)
        mean, variance = n * y / (n + 1), 1 / (n + 1)
        exact = stats.norm.logpdf(y, 0, np.sqrt(1 + 1 / n)) - stats.norm.logpdf(y, 0, np.sqrt(1 / n))
        values = rng.normal(mean, np.sqrt(variance), (4, 500, 1))
        prior = location_at_zero(Prior("effect", "Normal", (0, 1)))
        found = bayes_factors(draws(values), Nulls(("raw",), np.array([prior]), ((),)))
        if np.isfinite(found["log_bf10"][0]):
            z.append(float((found["log_bf10"][0] - exact) / found["mcse_log_bf10"][0]))
    assert len(z) > 180
    assert 0.90 <= np.mean(np.abs(z) < 1.96) <= 1.0


def test_a_product_has_the_weaker_leg_and_a_sum_has_none() -> None:
    values = np.random.default_rng(1).normal([0.5, 0.0, 0.2, 0.3], [0.2, 0.2, 0.2, 0.2], (4, 500, 4))
    nulls = Nulls(("raw", "raw", "", ""), np.array([0.0, 0.0, np.nan, np.nan]), ((), (), (0, 1), ()))
    found = bayes_factors(draws(values), nulls)["log_bf10"].values
    assert found[2] == found[:2].min()
    assert np.isnan(found[3])


def test_a_bound_has_a_name_of_its_own_and_the_model_is_asked_only_where_draws_say_too_little() -> None:
    values = np.random.default_rng(1).normal([0.0, 8.0, -9.0, 0.0], 1.0, (4, 500, 4))
    nulls = Nulls(("raw", "raw", "raw", ""), np.array([0.0, 0.0, 0.0, np.nan]), ((), (), (), (0, 1)))
    alone = bayes_factors(draws(values), nulls)
    assert np.isnan(alone["log_bf10"].values).tolist() == [False, True, True, False]
    assert np.isnan(alone["mcse_log_bf10"].values).tolist() == [False, True, True, False]
    assert np.isnan(alone["log_bf10_above"].values).tolist() == [True, False, False, True]
    assert (alone["log_bf10_above"].values[1:3] < -stats.norm.logpdf(8.0)).all()
    asked = []

    def beyond(rows: list[int]) -> dict[int, LogDensity]:
        asked.append(list(rows))
        return {1: LogDensity(-33.0, 0.1, False), 2: LogDensity(np.nan, np.nan, True)}

    found = bayes_factors(draws(values), nulls, beyond)
    assert asked == [[1, 2]]
    assert found["log_bf10"].values[1] == 33.0
    assert np.isnan(found["log_bf10_above"].values[1])
    assert found["log_bf10_above"].values[2] == alone["log_bf10_above"].values[2]  # the model could not carry it


@pytest.mark.parametrize("thresholds", [(), (10.0,), (0.1, 10.0), (1e9,), (3.0, 1e30)])
def test_of_factors_to_be_placed_the_model_is_asked_where_draws_leave_their_side_open(thresholds) -> None:
    # Pathways from no effect to 40 SDs away, with a factor that is known exactly.
    means = np.concatenate([np.linspace(0.0, 4.0, 21), [5.0, 8.0, 40.0]])
    values = np.random.default_rng(2).normal(means, 1.0, (4, 500, len(means)))
    exact = -stats.norm.logpdf(0, means)
    nulls = Nulls(("raw",) * len(means), np.zeros(len(means)), ((),) * len(means))
    asked = []

    def beyond(rows: list[int]) -> dict[int, LogDensity]:
        asked.extend(rows)
        return {i: LogDensity(-exact[i], 0.01, False) for i in rows}

    found = bayes_factors(draws(values), nulls, beyond, thresholds)
    logs = np.log(np.array(thresholds, float))
    least = np.fmin(found["log_bf10"].values, found["log_bf10_above"].values)
    for i in set(range(len(means))) - set(asked):  # what draws say alone, they say rightly
        assert ((least[i] > logs) == (exact[i] > logs)).all()
    assert not asked if not thresholds else set(asked) < set(range(len(means)))


def test_a_leg_of_which_nothing_is_known_leaves_nothing_to_say_of_the_product() -> None:
    values = np.random.default_rng(1).normal(0.0, 1.0, (4, 500, 3))
    nulls = Nulls(("raw", "", ""), np.array([0.0, np.nan, np.nan]), ((), (), (0, 1)))
    assert np.isnan(bayes_factors(draws(values), nulls)["log_bf10"].values).tolist() == [False, True, True]


def test_prior_densities_are_those_of_the_priors() -> None:
    standardised = Prior("lag", "Normal", (0.1, 0.3))
    assert location_at_zero(standardised, unit=2.0) == pytest.approx(stats.norm.logpdf(0, 0.2, 0.6))
    raw = Prior("lag", "StudentT", (4, 0, 2), scale="raw")
    assert location_at_zero(raw, unit=9.0) == pytest.approx(stats.t.logpdf(0, 4, 0, 2))
    for size, eta in ((2, 1.0), (4, 2.0)):
        shapes = lkj_shape(size, eta)
        partial = 2 * np.random.default_rng(1).beta(shapes, shapes, (200_000, len(shapes))) - 1
        sample = covariance(np.ones((len(partial), size)), partial)[:, 0, size - 1]
        near = np.mean(np.abs(sample) < 0.05) / 0.1
        assert correlation_at_zero(Prior("x_corr", "LKJ", (eta,)), size) == pytest.approx(np.log(near), abs=0.05)


@pytest.mark.parametrize("spread", [("HalfNormal", (0.5,)), ("Exponential", (0.3,)), ("HalfStudentT", (3, 0.4))])
@pytest.mark.parametrize("centre", [("Normal", (0.1, 0.4)), ("StudentT", (5, 0.0, 0.4))])
def test_the_prior_of_a_pooled_effect_is_integrated(spread: tuple, centre: tuple) -> None:
    rng = np.random.default_rng(1)
    n = 400_000
    scale = {
        "HalfNormal": lambda a: np.abs(rng.normal(0, a[0], n)),
        "Exponential": lambda a: rng.exponential(a[0], n),
        "HalfStudentT": lambda a: np.abs(a[1] * rng.standard_t(a[0], n)),
    }[spread[0]](spread[1])
    middle = rng.normal(*centre[1], n) if centre[0] == "Normal" else centre[1][2] * rng.standard_t(centre[1][0], n)
    sample = middle + scale * rng.normal(size=n)
    near = np.mean(np.abs(sample) < 0.01) / 0.02
    found = pooled_at_zero(Prior("family_effect", *centre), Prior("family_sd", *spread))
    assert found == pytest.approx(np.log(near), abs=0.04)
