"""The yardstick: the same likelihood from the full covariance of all units, slow and obvious."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def log_likelihood(
    y: NDArray[np.float64],
    x: NDArray[np.float64],
    sigma: NDArray[np.float64],
    coefficients: NDArray[np.float64],
    *,
    group: NDArray[np.int64] | None = None,
    effects: tuple[tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]], ...] = (),
) -> float:
    """Log-density of all observed cells of all units, as one multivariate normal.

    Parameters
    ----------
    y : [unit, cell]
        Scores, NaN where missing.
    x : [unit, regressor]
        Known covariates, the first one 1.
    sigma : [group, cell, cell]
        Covariance within units.
    coefficients : [group, cell, regressor]
        Mean structure.
    group : [unit], optional
        Group of each unit (default: one group).
    effects
        For each cluster level: the cluster of each unit [unit], its loading [cell, effect] or, where groups differ,
        [group, cell, effect], and its covariance [effect, effect].

    Returns
    -------
    float
        The exact log-likelihood, every constant included.
    """
    units, cells = y.shape
    groups = np.zeros(units, np.int64) if group is None else group
    mean = np.einsum("ipm,im->ip", coefficients[groups], x)
    covariance = np.zeros((units, cells, units, cells))
    for i in range(units):
        covariance[i, :, i, :] += sigma[groups[i]]
        for cluster, loading, psi in effects:
            of = loading[groups] if loading.ndim == 3 else np.repeat(loading[None], units, axis=0)
            for j in np.flatnonzero(cluster == cluster[i]):
                covariance[i, :, j, :] += of[i] @ psi @ of[j].T
    seen = np.isfinite(y).ravel()
    full = covariance.reshape(units * cells, units * cells)[np.ix_(seen, seen)]
    residual = (y - mean).ravel()[seen]
    sign, logdet = np.linalg.slogdet(full)
    if sign <= 0:
        return -np.inf
    quadratic = residual @ np.linalg.solve(full, residual)
    return float(-0.5 * (logdet + quadratic + seen.sum() * np.log(2 * np.pi)))
