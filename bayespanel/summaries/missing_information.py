"""How much of what could be known of a pathway is missing, from draws of fits to m imputations.

With Q_i the posterior mean and U_i the posterior variance of imputation i::

    B = var_i(Q_i) - mean_i(mcse_i^2), at least 0,   W = mean_i(U_i)                                           (1)
    fmi = (1 + 1/m) B / (W + (1 + 1/m) B)                                                                     (2)

(2) is the share of the variance that is due to what is missing, of Rubin (1987, chapter 3,
doi:10.1002/9780470316696), with its factor for finitely many imputations and without its term for degrees of freedom.
Means of draws differ by their own Monte Carlo error even between tables that are the same: (1) takes its square off.
An interval for it comes from the normal law of its logit, with the SD sqrt(2 / m) (Harel, 2007,
doi:10.1016/j.stamet.2006.03.002; von Hippel, 2020, doi:10.1177/0049124117747303).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit, ndtri

from bayespanel.inference.convergence import convergence, varies
from bayespanel.summaries.montecarlo import mcse

Array = NDArray[np.float64]

FEW = 20
"""Imputations below which a mixture is to be looked at: bounds of 95 % intervals rest on one of them."""

ENOUGH = 100
"""Imputations that Zhou & Reiter (2010), doi:10.1198/tast.2010.09109, advise where draws are mixed."""


@dataclass(frozen=True, eq=False)
class MissingInformation:
    """What is missing, each number [pathway].

    Attributes
    ----------
    mean
        Mean of the posterior means.
    within_sd, between_sd
        Square roots of W and B.
    fmi, lower, upper
        The fraction (2), and an interval of it; NaN of a pathway that never varies.
    """

    mean: Array
    within_sd: Array
    between_sd: Array
    fmi: Array
    lower: Array
    upper: Array


def missing_information(draws: Array, prob: float = 0.95) -> MissingInformation:
    """Return the fraction of missing information of pathways.

    Parameters
    ----------
    draws : [pathway, imputation, chain, draw]
        Of two imputations or more.
    prob
        Probability of the interval.
    """
    pathways, m = draws.shape[:2]
    single = draws.reshape(pathways * m, *draws.shape[2:])
    means = draws.mean(axis=(2, 3))
    noise = np.nan_to_num(mcse(single, "mean").reshape(pathways, m))
    variances = draws.reshape(pathways, m, -1).var(axis=2, ddof=1)
    between = np.maximum(means.var(axis=1, ddof=1) - np.square(noise).mean(axis=1), 0.0)  # (1)
    w = variances.mean(axis=1)
    inflated = (1 + 1 / m) * between
    fmi = np.full(pathways, np.nan)
    moving = varies(draws.reshape(pathways, 1, -1))
    fmi[moving] = inflated[moving] / (w + inflated)[moving]  # (2)
    reach = float(ndtri(0.5 + prob / 2)) * np.sqrt(2 / m)
    with np.errstate(divide="ignore"):
        lower, upper = (expit(logit(fmi) + side * reach) for side in (-1, 1))
    return MissingInformation(means.mean(axis=1), np.sqrt(w), np.sqrt(between), fmi, lower, upper)


def largest_rhat(draws: Array) -> Array:
    """Return the largest R-hat [pathway] within an imputation, of draws [pathway, imputation, chain, draw]."""
    pathways, m = draws.shape[:2]
    found = convergence(draws.reshape(pathways * m, *draws.shape[2:]))["rhat"].reshape(pathways, m)
    known = np.isfinite(found)
    return np.where(known.any(axis=1), np.where(known, found, -np.inf).max(axis=1), np.nan)
