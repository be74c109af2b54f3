"""Densities of rows of priors for what is positive, where a sampler of its own needs them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bayespanel.language.prior import Prior

Array = NDArray[np.float64]


def log_density(row: Prior, value: Array) -> Array:
    """Return the log-density [...] of a row at positive values, up to a constant.

    Parameters
    ----------
    row
        A HalfNormal, HalfStudentT or Exponential.
    value : [...]
        Where.
    """
    *nu, spread = row.arguments
    share = np.asarray(value) / spread
    if row.distribution == "Exponential":
        return np.asarray(-share)
    if row.distribution == "HalfStudentT":
        return np.asarray(-0.5 * (nu[0] + 1.0) * np.log1p(np.square(share) / nu[0]))
    return np.asarray(-0.5 * np.square(share))


def slope(row: Prior, value: Array) -> Array:
    """Return the derivative [...] of `log_density` for the logarithm of the value."""
    *nu, spread = row.arguments
    share = np.asarray(value) / spread
    if row.distribution == "Exponential":
        return np.asarray(-share)
    if row.distribution == "HalfStudentT":
        return np.asarray(-(nu[0] + 1.0) * np.square(share) / (nu[0] + np.square(share)))
    return np.asarray(-np.square(share))
