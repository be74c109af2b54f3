"""Waves at which a score is coded otherwise than at the others: in the other direction, other numbers, other units."""

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

OFTEN = 5
"""Pupils at an end of a score from which on the end is usual, and no chance."""

LARGER, ALIKE = 5.0, 1.5
"""Times as large an SD at some waves as at others from which on units may differ; and how much the mean in SDs may."""


def guess_of_odd_waves(values: Array, variables: Sequence[str], waves: Sequence[str]) -> tuple[Guess, ...]:
    """Return a doubtful guess for every variable that is coded otherwise at some waves.

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
        found += _rescaled(values[:, :, k], name, waves)
    return tuple(found)


def _reversed(scores: Array, name: str, waves: Sequence[str]) -> Iterator[Guess]:
    """Waves that correlate negatively with all others; both they and the others positively among each other.

    Waves that change their sign by turns are left alone: negative carry-overs make them.
    """
    r, error = _correlations(scores)
    size = len(r)
    against = (r < AGAINST) & (r < CLEAR * error)
    odd = [t for t in range(1, size) if r[t, 0] < 0]
    rest = [t for t in range(size) if t not in odd]
    if len(odd) > len(rest) or (len(odd) == len(rest) and size == 2):
        odd, rest = rest, odd
    apart = bool(against[np.ix_(odd, rest)].all())
    clear = (r > -AGAINST) & (r > -CLEAR * error) if len(odd) > 1 else r > 0
    alike = all(clear[t, s] for group in (odd, rest) for t in group for s in group if s < t)
    by_turns = len(odd) > 1 and all((t in odd) != (t - 1 in odd) for t in range(1, size))  # as negative carry-over does
    if not odd or not apart or not alike or by_turns:
        return
    least = float(np.nanmax(r[np.ix_(odd, rest)]))
    which = f"at the waves {listed(waves)}" if size == 2 else f"at {_waves(odd, waves)}"
    others = "each other" if size == 2 else "those of all other waves"
    yield Guess(
        "direction",
        f"Scores of {name!r} {which} correlate negatively with {others}: at most {least:.2f}.",
        "They were taken as they are.",
        "If the score is coded in the other direction there, such as 0 for 4, turn it round before it is read: "
        "lags and stable parts would come out wrong.",
        True,
    )


def _waves(some: Sequence[int], waves: Sequence[str]) -> str:
    names = [waves[t] for t in some]
    return f"wave {names[0]!r}" if len(names) == 1 else f"the waves {listed(names)}"


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
    """Waves whose few whole values begin and end one higher, or one lower, than at all other waves."""
    known = [own[~np.isnan(own)] for own in scores.T]
    if any(len(own) < FEWEST or (own != np.round(own)).any() for own in known):
        return
    seen = [np.unique(own, return_counts=True) for own in known]
    if any(not 2 < len(own) <= STEPS for own, _ in seen):
        return
    ends = [(own[0] + 0.0, own[-1] + 0.0) for own, _ in seen]  # no minus before 0
    kinds = sorted(set(ends), key=lambda end: (ends.count(end), end))
    if len(kinds) != 2 or kinds[0][0] - kinds[1][0] != kinds[0][1] - kinds[1][1]:
        return
    few, many = ([t for t, end in enumerate(ends) if end == kind] for kind in kinds)
    often = min(min(number[0], number[-1]) for _, number in seen) >= OFTEN
    if not often and (len(few) > 1 or len(many) == 1):  # one wave among several others is odd, whatever its ends
        return
    (low, high), usual = kinds
    yield Guess(
        "direction",
        f"Scores of {name!r} run from {low:g} to {high:g} at {_waves(few, waves)}, and from "
        f"{usual[0]:g} to {usual[1]:g} at {'all others' if len(many) > len(few) else _waves(many, waves)}.",
        "They were taken as they are.",
        "If the same answers have other numbers there, give them the same ones before they are read: means "
        "would change by that.",
        True,
    )


def _rescaled(scores: Array, name: str, waves: Sequence[str]) -> Iterator[Guess]:
    """Waves whose scores are so many times as large that they look like other units: percentages among shares."""
    known = [own[~np.isnan(own)] for own in scores.T]
    if len(known) < 2 or any(len(own) < FEWEST or np.ptp(own) == 0 for own in known):
        return
    sds = np.array([own.std() for own in known])
    order = np.argsort(sds, kind="stable")
    ratios = sds[order][1:] / sds[order][:-1]
    cut = int(np.argmax(ratios)) + 1
    low, high = sorted(order[:cut].tolist()), sorted(order[cut:].tolist())
    factor = float(sds[high].min() / sds[low].max())
    if factor < LARGER:
        return
    apart = max(known[t].max() for t in low) < min(known[t].min() for t in high)
    of_means = [[float(known[t].mean() / sds[t]) for t in group] for group in (low, high)]
    alike = min(map(min, of_means)) > 0 and max(map(max, of_means)) < ALIKE * min(map(min, of_means))
    if not apart and not alike:
        return
    few, times = (low, "smaller") if len(low) < len(high) else (high, "larger")
    yield Guess(
        "direction",
        f"Scores of {name!r} spread {factor:.0f} times or more as much at {_waves(high, waves)} as at "
        f"{_waves(low, waves)}, and are {times} at {_waves(few, waves)}.",
        "They were taken as they are.",
        "If they are in other units there, such as percentages among shares, bring them to one before they are read: "
        "lags in these units mean nothing.",
        True,
    )
