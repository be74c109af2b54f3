"""The prior's share in a posterior is taken out: where all is normal, exactly."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from bayespanel.language.prior import Prior
from bayespanel.summaries.nulls import Nulls, location_at_zero
from bayespanel.summaries.precision import WHOSE, pull, sampling_sds
from tests.summaries.fake import draws

SEEDS = range(20)


def conjugate(rng: np.random.Generator, *, prior_sd: float, mu: float, estimate: float, error: float) -> np.ndarray:
    """Draws [4, 1000] with exactly the mean and the SD of the posterior of a normal estimate under a normal prior."""
    variance = 1 / (1 / error**2 + 1 / prior_sd**2)
    mean = variance * (estimate / error**2 + mu / prior_sd**2)
    z = rng.normal(size=(4, 1000))
    return mean + np.sqrt(variance) * (z - z.mean()) / z.std(ddof=1)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_pull_of_a_normal_prior_is_the_way_from_the_estimate_to_the_mean(seed: int) -> None:
    rng = np.random.default_rng(seed)
    unit, mu, sigma, error = rng.uniform(0.1, 20), rng.normal(), rng.uniform(0.5, 2), rng.uniform(0.05, 0.8)
    estimate = rng.normal(0, 3)
    scale = ("standardised", "raw")[seed % 2]
    row = Prior("effect", "Normal", (mu, sigma), scale)
    size = unit if scale == "standardised" else 1.0
    values = conjugate(rng, prior_sd=sigma * size, mu=mu * size, estimate=estimate * size, error=error * size)
    expected = (values.mean() - estimate * size) / values.std(ddof=1)
    assert pull(values, row, unit) == pytest.approx(expected, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("estimate", [0.0, 0.5, 2.0, 6.0])
def test_the_pull_of_a_student_prior_is_near_that_of_brute_force(estimate: float) -> None:
    # A normal likelihood of a sampling SD of a fifth of the prior's scale: near, because the prior is nearly straight
    # over its width.
    grid = np.linspace(estimate - 3, estimate + 3, 6001)
    density = stats.norm.pdf(grid, estimate, 0.2) * stats.t.pdf(grid, 3)
    cumulative = np.cumsum(density) / density.sum()
    values = np.interp((np.arange(4000) + 0.5) / 4000, cumulative, grid)
    found = pull(values, Prior("effect", "StudentT", (3, 0, 1)))
    assert found == pytest.approx((values.mean() - estimate) / values.std(ddof=1), abs=0.01)


def test_where_data_say_next_to_nothing_the_pull_has_no_end() -> None:
    rng = np.random.default_rng(1)
    values = conjugate(rng, prior_sd=1.0, mu=0.0, estimate=1.0, error=3.0)
    assert values.var() > WHOSE
    assert pull(values, Prior("effect", "Normal", (0, 1))) == np.inf


@pytest.mark.parametrize("on", ["raw", "standardised"])
@pytest.mark.parametrize("mu", [0.0, 0.7])
def test_the_sampling_sd_is_that_of_the_estimate_whatever_the_prior(on: str, mu: float) -> None:
    rng = np.random.default_rng(7)
    unit, errors = 4.0, np.array([0.1, 0.4, 0.9])
    row = Prior("effect", "Normal", (mu, 1.0))
    size = unit if on == "raw" else 1.0
    values = [conjugate(rng, prior_sd=size, mu=mu * size, estimate=0.3 * size, error=e * size) for e in errors]
    stacked = np.stack(values, axis=-1)
    given = draws(stacked / size, raw=stacked if on == "raw" else stacked * 9.0, kind=["effect"] * 3)
    nulls = Nulls((on,) * 3, np.full(3, location_at_zero(row, size)), ((),) * 3)
    np.testing.assert_allclose(sampling_sds(given, nulls, {"effect": row}), errors, rtol=1e-9)


def test_what_has_no_sampling_sd_of_its_own_has_none() -> None:
    rng = np.random.default_rng(3)
    values = np.stack([conjugate(rng, prior_sd=1.0, mu=0.0, estimate=0.3, error=e) for e in (0.2,) * 5 + (5.0,)], -1)
    row, student = Prior("effect", "Normal", (0, 1)), Prior("lag", "StudentT", (3, 0, 1))
    kinds = ["effect", "effect", "indirect", "icc", "direct", "effect"]
    given = draws(values, kind=kinds).assign_coords(pooled=("pathway", [False, True] + [False] * 4))
    at_zero = location_at_zero(row)
    nulls = Nulls(("raw", "raw", "", "", "raw", "raw"), np.full(6, at_zero), ((),) * 6)
    found = sampling_sds(given, nulls, {"effect": row, "lag": student})
    # An estimate; a pooled one; a product; a share; a prior that is not normal; data that say next to nothing.
    assert np.isfinite(found).tolist() == [True] + [False] * 5
