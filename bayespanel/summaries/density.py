"""The density of a posterior at one point, from its draws, with its Monte Carlo error; honest where draws are few.

The estimate is a kernel estimate that corrects a normal one (Hjort & Glad, 1995, doi:10.1214/aos/1176324627)::

    f(x) = phi(x) / S  sum_s K_h(x_s - x) / phi(x_s)                                                     (1)

with phi the normal density of the draws' mean and SD, K_h a kernel. Where the posterior is normal the sum is over equal
ratios and (1) has next to no bias, however wide the kernel; elsewhere its bias is that of a kernel estimate of the
ratio. With a normal kernel that grows with h^2, and so K_h is the difference of two, in which this part cancels::

    K_h = 2 N(0, h^2) - N(0, 2 h^2)                                                                      (2)

In a tail where hardly a draw comes near, no estimate is worth its name, and an upper bound takes its
place: on the flank of one hill the density rises towards the draws, so that with d_k the distance from x to the k-th
draw on the hill's side, and S effective draws::

    f(x) <= P(x .. x + d_k) / d_k <= q / (S d_k),   q an upper quantile of a Gamma(k, 1) variable              (3)

The least of these over some k is the bound; its quantiles are taken so far out that all hold together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import gamma

from bayespanel.inference.convergence import convergence

Array = NDArray[np.float64]

ENOUGH = 20.0
"""Effective draws, by the weight of the kernel, below which the estimate gives way to the bound."""

WIDTH = 1.38
"""Width of the kernel in SDs, for one draw: 1.3 times Silverman's rule; (2) allows it at less bias and equal error."""

NEAREST = (1, 2, 5, 10, 20)
"""Draws k whose distances bound the density."""

BOUND = 0.95
"""Probability with which the bound holds."""


@dataclass(frozen=True)
class LogDensity:
    """The log of a density at a point.

    Attributes
    ----------
    value
        The estimate, or the upper bound.
    error
        Its Monte Carlo standard error; NaN of a bound.
    is_bound
        Whether the density is at most this.
    """

    value: float
    error: float
    is_bound: bool


def log_density(draws: Array, point: float = 0.0) -> LogDensity:
    """Estimate a density at a point.

    Parameters
    ----------
    draws : [chain, draw]
    point
        Where.

    Returns
    -------
    LogDensity
        NaN where the draws do not vary.
    """
    x = draws.ravel() - point
    mean, sd = float(x.mean()), float(x.std(ddof=1))
    settled = convergence(draws[None])
    ess = float(np.fmin(settled["ess_bulk"], settled["ess_tail"])[0])
    if not np.isfinite(ess) or sd == 0:
        return LogDensity(np.nan, np.nan, False)
    ess = min(ess, len(x))
    width = WIDTH * sd * len(x) ** -0.2
    narrow, wide = (np.exp(-0.5 * (x / h) ** 2) / (h * np.sqrt(2 * np.pi)) for h in (width, np.sqrt(2) * width))
    # phi(0) / phi(x), each term of which the kernel keeps near x = 0
    ratio = np.exp(np.clip(0.5 * ((x - mean) ** 2 - mean**2) / sd**2, -50, 50))
    terms = (2 * narrow - wide) * ratio  # (2)
    value = float(terms.mean())  # (1)
    weights = narrow * ratio
    heaviest = weights.max()
    weights = weights / heaviest if heaviest > 0 else weights
    near = (weights.sum() ** 2 / (weights**2).sum() if heaviest > 0 else 0.0) * ess / len(x)
    if near >= ENOUGH and value > 0:
        error = float(terms.std(ddof=1) / value / np.sqrt(ess))
        return LogDensity(float(np.log(value)), error, False)
    distance = np.sort(x[x > 0] if mean > 0 else -x[x < 0])
    ranks = np.array([k for k in NEAREST if k <= len(distance)])
    limits = gamma.ppf(1 - (1 - BOUND) / len(NEAREST), ranks) / (ess * distance[ranks - 1])
    return LogDensity(float(np.log(limits.min())), np.nan, True)
