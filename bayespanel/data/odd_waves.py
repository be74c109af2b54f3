"""A wave at which a score is coded otherwise than at the others: in the other direction, or from another number on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from bayespanel.data.guesses import Guess
from bayespanel.data.wording import listed

Array = NDArray[np.float64]

FEWEST = 30
"""Pupils with scores, at two waves, from which on their correlation says something, and the ends of their scores."""

AGAINST, CLEAR = -0.15, -4.0
"""Correlation of a wave with every other one below which it runs against them, and that in standard errors."""

STEPS = 11
"""Distinct values up to which a score is one of a few, where its ends are looked at."""


def guess_of_odd_waves(values: Array, variables: Sequence[str], waves: Sequence[str]) -> tuple[Guess, ...]:
    """Return a doubtful guess for every variable that is coded otherwise at one wave.

    Parameters
    ----------
    values : float64 [pupil, wave, variable]
        Scores, NaN where missing.
    variables, waves
        Their names.
    """
    found: list[Guess] = []
    for k, name in enumerate(variables):
        found += _reversed(values[:, :, k], name, waves)
        found += _shifted(values[:, :, k], name, waves)
    return tuple(found)


def _reversed(scores: Array, name: str, waves: Sequence[str]) -> Iterator[Guess]:
    """A wave that correlates negatively with all others, which correlate positively among each other."""
    r, error = _correlations(scores)
    size = len(r)
    against = (r < AGAINST) & (r < CLEAR * error)
    odd = [t for t in range(size) if all(against[t, s] for s in range(size) if s != t)]
    if size < 2 or (size == 2 and not odd):
        return
    rest = [t for t in range(size) if t not in odd]
    if size > 2 and (len(odd) != 1 or not all(r[t, s] > 0 for t in rest for s in rest if s < t)):
        return
    least = float(np.nanmax(np.where(against, r, np.nan)))
    which = f"at wave {waves[odd[0]]!r}" if size > 2 else f"at the waves {listed(waves)}"
    others = "those of all other waves" if size > 2 else "each other"
    yield Guess(
        "direction",
        f"Scores of {name!r} {which} correlate negatively with {others}: at most {least:.2f}.",
        "They were taken as they are.",
        "If the score is coded in the other direction there, such as 0 for 4, turn it round before it is read: "
        "lags and stable parts would come out wrong.",
        True,
    )


def _correlations(scores: Array) -> tuple[Array, Array]:
    """Return correlations [wave, wave] of pupils with both scores, and their standard errors under none."""
    seen = ~np.isnan(scores)
    size = scores.shape[1]
    r, error = np.full((size, size), np.nan), np.full((size, size), np.inf)
    for t in range(size):
        for s in range(t):
            both = seen[:, t] & seen[:, s]
            one, other = scores[both, t], scores[both, s]
            if len(one) >= FEWEST and np.ptp(one) > 0 and np.ptp(other) > 0:
                r[t, s] = r[s, t] = np.corrcoef(one, other)[0, 1]
                error[t, s] = error[s, t] = 1 / np.sqrt(len(one))
    return r, error


def _shifted(scores: Array, name: str, waves: Sequence[str]) -> Iterator[Guess]:
    """A wave whose few whole values begin and end one higher, or one lower, than at all other waves."""
    if (np.count_nonzero(~np.isnan(scores), axis=0) < FEWEST).any():
        return
    seen = [np.unique(own[~np.isnan(own)]) for own in scores.T]
    if len(seen) < 3 or any(not 2 < len(own) <= STEPS or (own != np.round(own)).any() for own in seen):
        return
    ends = [(own[0], own[-1]) for own in seen]
    for t, (low, high) in enumerate(ends):
        others = {end for s, end in enumerate(ends) if s != t}
        if len(others) == 1 and (other := others.pop()) and low - other[0] == high - other[1] != 0:
            yield Guess(
                "direction",
                f"Scores of {name!r} run from {low:g} to {high:g} at wave {waves[t]!r}, and from {other[0]:g} to "
                f"{other[1]:g} at all others.",
                "They were taken as they are.",
                "If the same answers have other numbers there, give them the same ones before they are read: means "
                "would change by that.",
                True,
            )
            return
