"""Scores between thresholds: against SciPy's truncated normal, far out in the tails too, and by what sweeps leave."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import multivariate_normal, truncnorm

from bayespanel.likelihood.truncated import draw_scores, truncated_normal

RANGES = [
    (-1.0, 0.5),
    (-np.inf, 0.3),
    (0.3, np.inf),
    (5.0, 6.0),
    (-6.0, -5.0),
    (7.5, np.inf),
    (-np.inf, -7.5),
    (0, 0.01),
]


@pytest.mark.parametrize(("lower", "upper"), RANGES)
def test_quantiles_are_those_of_scipy(lower: float, upper: float) -> None:
    share = np.linspace(0.001, 0.999, 41)
    found = truncated_normal(share, np.full(41, lower), np.full(41, upper))
    assert np.allclose(found, truncnorm.ppf(share, lower, upper), rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize(("lower", "upper"), [(39.0, np.inf), (-np.inf, -39.0), (38.5, 39.0), (50.0, 51.0)])
def test_beyond_all_probability_a_score_stays_between_its_bounds(lower: float, upper: float) -> None:
    found = truncated_normal(np.array([0.01, 0.5, 0.99]), np.full(3, lower), np.full(3, upper))
    assert np.isfinite(found).all()
    assert ((found >= lower) & (found <= upper)).all()


def test_sweeps_leave_the_normal_within_the_categories() -> None:
    rng = np.random.default_rng(1)
    covariance = np.array([[1.0, 0.6, 0.4], [0.6, 1.2, 0.3], [0.4, 0.3, 0.8]])
    mean, pupils = np.array([0.2, -0.3, 0.1]), 40_000
    lower = np.array([0.0, -np.inf, -np.inf])
    upper = np.array([np.inf, 0.5, np.inf])
    rejected = multivariate_normal(mean, covariance).rvs(400_000, random_state=2)
    kept = rejected[((rejected > lower) & (rejected < upper)).all(axis=1)]
    kept = kept[np.abs(kept[:, 2] - 0.4) < 0.05]  # the third is a number that was seen
    # Observed third cells differ a little between pupils, as those that were kept do.
    scores = np.tile([0.5, 0.0, 0.4], (pupils, 1))
    scores[:, 2] = rng.choice(kept[:, 2], pupils)
    away, means = scores - mean, np.tile(mean, (pupils, 1))
    everyone = np.arange(pupils)
    for _ in range(15):
        draw_scores(
            away,
            means,
            np.zeros(pupils, np.int64),
            np.linalg.inv(covariance)[None],
            (np.tile(lower, (pupils, 1)), np.tile(upper, (pupils, 1))),
            [(0, everyone), (1, everyone)],
            rng.random((2, pupils)),
        )
    found = (away + means)[:, :2]
    assert (found[:, 0] > 0).all()
    assert (found[:, 1] < 0.5).all()
    error = kept[:, :2].std(axis=0) * np.sqrt(1 / len(kept) + 1 / pupils)
    assert (np.abs(found.mean(axis=0) - kept[:, :2].mean(axis=0)) < 4.5 * error).all()
    assert np.corrcoef(found.T)[0, 1] == pytest.approx(np.corrcoef(kept[:, :2].T)[0, 1], abs=0.03)
