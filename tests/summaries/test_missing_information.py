"""The fraction of missing information against Rubin's formula by hand, and what it is where nothing is missing."""

from __future__ import annotations

import numpy as np
import pytest

from bayespanel.summaries.missing_information import largest_rhat, missing_information

RNG = np.random.default_rng(4)


def around(means: list[float], sd: float, *, length: int = 4000) -> np.ndarray:
    """Draws [pathway, imputation, chain, draw] with these means and this SD, each exactly."""
    noise = RNG.normal(size=(1, len(means), 2, length))
    noise -= noise.mean(axis=(2, 3), keepdims=True)
    noise /= noise.reshape(1, len(means), -1).std(axis=2, ddof=1)[:, :, None, None]
    return np.array(means)[None, :, None, None] + sd * noise


def test_the_fraction_is_rubins() -> None:
    """Means 1, 2, 3, 6 and variance 4: B = 14 / 3, W = 4, fmi = (5/4 B) / (4 + 5/4 B) = 5.8333 / 9.8333 = 0.5932.

    What is taken off B, the square of the Monte Carlo error, is 4 / 8000 for independent draws: 0.01 % of it.
    """
    found = missing_information(around([1, 2, 3, 6], 2.0))
    assert found.mean[0] == pytest.approx(3.0)
    assert found.within_sd[0] == pytest.approx(2.0)
    assert found.between_sd[0] == pytest.approx(np.sqrt(14 / 3), rel=2e-4)
    assert found.fmi[0] == pytest.approx(0.59322, abs=2e-4)


def test_its_interval_is_that_of_the_logit() -> None:
    """logit 0.59322 = 0.37732; 1.95996 sqrt(2 / 4) = 1.38590: from -1.00858 to 1.76322, that is 0.2673 to 0.8536."""
    found = missing_information(around([1, 2, 3, 6], 2.0))
    assert found.lower[0] == pytest.approx(0.2673, abs=2e-4)
    assert found.upper[0] == pytest.approx(0.8536, abs=2e-4)


def test_of_equal_imputations_nothing_is_missing() -> None:
    one = around([1.0], 2.0)
    found = missing_information(np.repeat(one, 5, axis=1))
    assert found.fmi[0] == found.lower[0] == found.upper[0] == found.between_sd[0] == 0.0


def test_independent_draws_of_one_posterior_have_next_to_nothing_missing() -> None:
    """Without the Monte Carlo error taken off, B would be 1 / 500 of W on average, and with it rarely above that."""
    found = missing_information(np.random.default_rng(1).normal(size=(200, 10, 2, 250)))
    assert found.fmi.max() < 0.01
    assert (found.fmi == 0).mean() > 0.4


def test_what_never_varies_has_no_fraction() -> None:
    assert np.isnan(missing_information(np.ones((1, 3, 2, 50))).fmi).all()


def test_r_hat_is_that_within_imputations() -> None:
    """Means of imputations that are SDs apart leave it at 1; one imputation with chains apart shows."""
    draws = around([0, 5, 10], 1.0, length=1000)
    assert largest_rhat(draws)[0] < 1.01
    draws[0, 1, 0] += 2.0
    assert largest_rhat(draws)[0] > 1.3
