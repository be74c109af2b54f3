"""Log-densities of scores within a class as linear functions of features of the scores.

Each function takes `xp`, the module that computes: numpy, where maximum likelihood differentiates by complex steps, or
pytensor.tensor, where the model does by graphs. So every formula stands once.

Gaussian outcomes, with D the diagonal matrix of residual variances over the observed waves, Z the loadings of random
effects and L L' their covariance (Laird & Ware 1982, doi:10.2307/2529876; the matrix inversion lemma)::

    y | k ~ N(mu_k, D_k + C C'),   C = Z L
    A     = I + C' D^-1 C
    P     = D^-1 - D^-1 C A^-1 C' D^-1,   log det = log det D + log det A                                  (1)
    log p = -(o log 2 pi + log det + mu' P mu) / 2 + (P mu)' y - sum_t P_tt y_t^2 / 2 - sum_{t<u} P_tu y_t y_u   (2)

Ordered categories, with location eta and thresholds tau_1 = 0 < tau_2 < ... (McCullagh 1980,
doi:10.1111/j.2517-6161.1980.tb01109.x)::

    P(y >= c) = logistic(eta - tau_c),
    log P(y = c) = log logistic(eta - tau_c) + log logistic(tau_{c+1} - eta) + log(1 - exp(tau_c - tau_{c+1}))  (3)
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def gaussian_features(y: Array, *, products: bool) -> Array:
    """Return 1, scores, squares and, with `products`, products of two waves: [row, feature], 0 where missing."""
    known = np.nan_to_num(y)
    parts = [np.ones((len(y), 1)), known, known**2]
    if products:
        first, second = np.triu_indices(y.shape[1], 1)
        parts.append(known[:, first] * known[:, second])
    return np.ascontiguousarray(np.concatenate(parts, axis=1))


def gaussian_weights(xp: Any, mean: Any, variance: Any, root: Any, observed: Array, loadings: Array) -> Any:
    """Return W [pattern, class, feature] of (2).

    Parameters
    ----------
    xp
        numpy or pytensor.tensor.
    mean, variance : [class, wave]
    root : None or a list of lists
        L, lower triangular: [[l11]] or [[l11], [l21, l22]].
    observed : [pattern, wave]
        1 where a wave is seen.
    loadings : [wave, random effect]
        Z.
    """
    o = observed[:, None, :]
    weight = o / variance[None, :, :]  # D^-1
    const = observed.sum(axis=1)[:, None] * np.log(2 * np.pi) + (o * xp.log(variance)[None, :, :]).sum(axis=2)
    if root is None:
        linear = weight * mean[None, :, :]
        const = const + (linear * mean[None, :, :]).sum(axis=2)
        return xp.concatenate([-0.5 * const[:, :, None], linear, -0.5 * weight], axis=2)
    columns = [sum(loadings[:, i] * root[i][j] for i in range(j, len(root))) for j in range(len(root))]  # C
    scaled = [weight * column[None, None, :] for column in columns]  # D^-1 C
    a11 = 1.0 + (scaled[0] * columns[0][None, None, :]).sum(axis=2)
    if len(root) == 1:
        halves, logdet = [(scaled[0], scaled[0], 1.0 / a11)], xp.log(a11)
    else:
        a12 = (scaled[0] * columns[1][None, None, :]).sum(axis=2)
        a22 = 1.0 + (scaled[1] * columns[1][None, None, :]).sum(axis=2)
        det = a11 * a22 - a12 * a12
        halves = [
            (scaled[0], scaled[0], a22 / det),
            (scaled[1], scaled[1], a11 / det),
            (scaled[0], scaled[1], -a12 / det),
            (scaled[1], scaled[0], -a12 / det),
        ]
        logdet = xp.log(det)
    first, second = np.triu_indices(len(loadings), 1)
    square, product, linear = weight, 0.0, weight * mean[None, :, :]  # P_tt, P_tu and P mu
    for left, right, factor in halves:
        share = factor[:, :, None]
        square = square - share * left * right
        product = product - share * left[:, :, first] * right[:, :, second]
        linear = linear - share * left * (right * mean[None, :, :]).sum(axis=2)[:, :, None]
    const = const + logdet + (linear * mean[None, :, :]).sum(axis=2)
    return xp.concatenate([-0.5 * const[:, :, None], linear, -0.5 * square, -product], axis=2)


def ordinal_features(codes: NDArray[np.int64], categories: int) -> Array:
    """Return indicators [row, wave x category] of the categories; -1 is missing."""
    return np.ascontiguousarray((codes[:, :, None] == np.arange(categories)).reshape(len(codes), -1).astype(float))


def ordinal_weights(xp: Any, location: Any, gap: Any, categories: int) -> Any:
    """Return W [1, class, wave x category]: the log-probabilities (3).

    Parameters
    ----------
    xp
        numpy or pytensor.tensor.
    location : [class, wave]
        eta.
    gap : [threshold - 1], or None with two categories
        From each threshold to the next.
    categories
        How many.
    """
    thresholds = [0.0]
    for c in range(categories - 2):
        thresholds.append(thresholds[-1] + gap[c])
    parts = []
    for c in range(categories):
        part = 0.0 * location
        if c > 0:
            part = part - softplus(xp, thresholds[c - 1] - location)
        if c < categories - 1:
            part = part - softplus(xp, location - thresholds[c])
        if 0 < c < categories - 1:
            part = part + xp.log(-xp.expm1(-gap[c - 1]))
        parts.append(part)
    table = xp.stack(parts, axis=2)
    return table.reshape((1, table.shape[0], -1))


def softplus(xp: Any, value: Any) -> Any:
    """log(1 + exp(value)); graphs are rewritten so that nothing overflows, arrays have to be spared it."""
    if xp is not np:
        return xp.log1p(xp.exp(value))
    large = np.real(value) > 36.0  # where the 1 is lost in the last bit
    return np.where(large, value, np.log1p(np.exp(np.where(large, 0.0, value))))
