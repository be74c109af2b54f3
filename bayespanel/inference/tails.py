"""How heavy the tail of importance weights is: whether what was never proposed could matter."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

FEWEST = 1000
"""Proposals with fewer of which Pareto k says little."""

EQUAL = 2.5
"""Greatest weight, in mean weights, with which there is no tail to speak of: what was not proposed is rarer than one in
hundreds of proposals, and hardly weighs more. Pareto k, which knows no scale, means nothing there."""


def pareto_k(log_weights: NDArray[np.float64]) -> float:
    """Return Pareto k of weights [...]; infinite where hardly any is positive, 0 where they are nearly `EQUAL`."""
    flat = log_weights.ravel()
    positive = flat[np.isfinite(flat)]
    if len(positive) < FEWEST // 10:
        return float("inf")
    # What has no density has the least weight; the tail is that of the greatest.
    flat = np.where(np.isfinite(flat), flat, positive.min())
    weights = np.exp(flat - flat.max())
    if EQUAL * weights.mean() > 1.0:
        return 0.0
    stats: Any = import_module("arviz_stats.base").array_stats
    return float(stats.psislw(-flat)[1])
