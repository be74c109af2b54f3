"""Log-densities of counts of events within a class, linear in features of the scores as those of `emission`.

A pupil's rate at a wave is the expected number mu times a gamma variable with mean 1 and coefficient of variation c
(Cameron & Trivedi 2013, doi:10.1017/CBO9781139013567, equations 3.26 and 4.48), with a = c^2::

    P(y) = Gamma(y + 1/a) / (y! Gamma(1/a)) (1 + a mu)^(-1/a) (a mu / (1 + a mu))^y                        (1)
    zero-inflated: P(0) = w + (1 - w) P(0), and (1 - w) P(y) of any other number                            (2)

log(Gamma(y + 1/a) / Gamma(1/a)) + y log a is the sum of log(1 + j a) over j < y. So the log-density is linear in
whether the score of a wave is 0, whether it is more, the score itself, and which number it is.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from bayespanel.families.trajectories.emission import softplus

Array = NDArray[np.float64]


def count_features(y: Array, numbers: tuple[float, ...]) -> Array:
    """Return what (1) and (2) read of scores [row, wave], [row, feature]; 0 where missing.

    Features are whether each wave is 0, whether it is more, its score, and how often each of `numbers` came up.
    """
    seen = ~np.isnan(y)
    known = np.where(seen, y, 0.0)
    often = (y[:, :, None] == np.array(numbers)).sum(axis=1)
    return np.ascontiguousarray(np.concatenate([seen & (known == 0), seen & (known > 0), known, often], axis=1), float)


def count_weights(xp: Any, location: Any, cv: Any, excess: Any, numbers: tuple[float, ...]) -> Any:
    """Return W [1, class, feature] of (1) and (2).

    Parameters
    ----------
    xp
        numpy or pytensor.tensor.
    location : [class, wave]
        Logarithm of mu.
    cv : scalar
        c.
    excess : scalar, or None
        Log odds of w; without zeros of their own, None.
    numbers
        Those of `count_features`.
    """
    a = cv**2
    grown = xp.log1p(a * xp.exp(location))
    none, some = -grown / a, -grown / a
    if excess is not None:
        other = softplus(xp, excess)
        none = softplus(xp, none - excess) + excess - other
        some = some - other
    which = xp.dot(xp.log1p(a * np.arange(max(numbers, default=0.0))), _below(numbers)) - _log_factorials(numbers)
    which = which[None, :] + 0.0 * location[:, :1]
    return xp.concatenate([none, some, location - grown, which], axis=1)[None]


def count_slopes(location: Array, cv: float, excess: float | None) -> tuple[Array, Array]:
    """Return first and second derivatives of W for the location, [class, wave, (zero, more, score)]."""
    a = cv**2
    held = 1.0 / (1.0 + a * np.exp(location))
    mu = np.exp(location) * held  # of log P(0), its negative is the slope
    first, second = -mu, -mu * held
    none, bent = first, second
    if excess is not None:
        own = expit(-excess - np.log1p(a * np.exp(location)) / a)
        none, bent = own * first, own * second + own * (1.0 - own) * first**2
    return np.stack([none, first, held], axis=2), np.stack([bent, second, -held * (1.0 - held)], axis=2)


def expected_number(location: Array, spread: Array | float, excess: Array | float | None) -> Array:
    """Return the expected number of events, given the location and the variance of pupils around it."""
    rate = np.exp(location + 0.5 * np.asarray(spread))
    return rate if excess is None else rate / (1.0 + np.exp(np.asarray(excess)))


def drawn_numbers(location: Array, cv: float, excess: float | None, rng: np.random.Generator) -> Array:
    """Draw numbers of events, one for each location."""
    rate = np.exp(location)
    if cv > 1e-6:  # below, the gamma variable is 1 in all its digits that matter
        rate = rate * rng.gamma(cv**-2, cv**2, location.shape)
    number = rng.poisson(rate).astype(float)
    if excess is not None:
        number[rng.random(location.shape) < 1.0 / (1.0 + np.exp(-excess))] = 0.0
    return number


def _below(numbers: tuple[float, ...]) -> Array:
    """Whether j is below a number, [j, number]."""
    j = np.arange(max(numbers, default=0.0))
    return np.asarray(j[:, None] < np.array(numbers), float)


def _log_factorials(numbers: tuple[float, ...]) -> Array:
    """Log y! of each number."""
    return np.asarray(np.log(np.arange(1.0, max(numbers, default=0.0) + 1.0)) @ _below(numbers))
