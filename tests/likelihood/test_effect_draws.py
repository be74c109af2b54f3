"""Effects of clusters drawn given scores, against the normal distribution of all effects at once."""

from __future__ import annotations

import numpy as np
import pytest

from bayespanel.likelihood.effect_draws import Clustered, draw_effects, expected_effects

CELLS, KINDS, CLASSES, SCHOOLS, DRAWS = 4, 3, 5, 2, 20_000


def posterior(
    clustered: Clustered, precision: np.ndarray, rest: np.ndarray, inner: np.ndarray, outer: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and covariance of what clusters add to cells, from one linear model with an effect for every column."""
    a, b = clustered.inner.shape[1], clustered.outer.shape[1]
    schools = int(clustered.parent.max()) + 1
    size = CLASSES * a + schools * b
    design = np.zeros((CLASSES, CELLS, size))
    for c, school in enumerate(clustered.parent):
        design[c, :, c * a : (c + 1) * a] = clustered.inner
        design[c, :, CLASSES * a + school * b : CLASSES * a + (school + 1) * b] = clustered.outer
    prior = np.zeros((size, size))
    for c in range(CLASSES):
        prior[c * a : (c + 1) * a, c * a : (c + 1) * a] = inner
    for s in range(schools):
        at = slice(CLASSES * a + s * b, CLASSES * a + (s + 1) * b)
        prior[at, at] = outer
    information, score = np.zeros((size, size)), np.zeros(size)
    for kind, cluster, number, sums in zip(clustered.kind, clustered.cluster, clustered.size, rest, strict=True):
        information += number * design[cluster].T @ precision[kind] @ design[cluster]
        score += design[cluster].T @ precision[kind] @ sums
    covariance = prior @ np.linalg.inv(np.eye(size) + information @ prior)
    whole = design.reshape(-1, size)
    return (whole @ covariance @ score).reshape(CLASSES, CELLS), whole @ covariance @ whole.T


@pytest.mark.parametrize("levels", [1, 2])
@pytest.mark.parametrize("singular", [False, True])
def test_draws_have_the_mean_and_covariance_of_the_posterior(levels: int, singular: bool) -> None:
    rng = np.random.default_rng(levels)
    observed = np.array([[1, 1, 1, 1], [1, 0, 1, 0], [0, 1, 1, 0]], bool)
    both = observed[:, :, None] & observed[:, None, :]
    root = rng.normal(size=(CELLS, CELLS))
    precision = np.linalg.inv(np.where(both, root @ root.T + np.eye(CELLS), np.eye(CELLS))) * both
    pairs = np.array([(k, c) for k in range(KINDS) for c in range(CLASSES) if (k + c) % 4])
    half = rng.normal(size=(2, 2))
    inner, outer = half @ half.T, np.array([[0.5, 0.2], [0.2, 0.9]])
    if singular:
        inner[1], inner[:, 1] = 0.0, 0.0
    loading = np.kron(np.ones((2, 1)), np.eye(2))
    clustered = Clustered(
        inner=loading,
        outer=loading[:, :2] if levels == 2 else np.zeros((CELLS, 0)),
        kind=pairs[:, 0],
        cluster=pairs[:, 1],
        size=rng.integers(1, 4, len(pairs)).astype(float),
        parent=np.arange(CLASSES) % SCHOOLS if levels == 2 else np.zeros(CLASSES, np.int64),
    )
    rest = np.where(observed[pairs[:, 0]], rng.normal(size=(len(pairs), CELLS)), 0.0)
    outer = outer if levels == 2 else np.zeros((0, 0))
    draws = np.stack([draw_effects(clustered, precision, rest, inner, outer, rng).ravel() for _ in range(DRAWS)])
    mean, covariance = posterior(clustered, precision, rest, inner, outer)
    assert expected_effects(clustered, precision, rest, inner, outer) == pytest.approx(mean, abs=1e-10)
    error = np.sqrt(np.diag(covariance) / DRAWS)
    assert np.all(np.abs(draws.mean(axis=0) - mean.ravel()) <= 4.5 * error + 1e-12)
    spread = np.sqrt(np.outer(np.diag(covariance), np.diag(covariance)) + covariance**2)
    assert np.all(np.abs(np.cov(draws.T) - covariance) <= 4.5 * spread / np.sqrt(DRAWS) + 1e-12)
