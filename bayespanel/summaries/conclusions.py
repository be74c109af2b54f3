"""What a fit says, in a few sentences that its checks hedge: the first thing that a page and a screen show."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import xarray as xr

from bayespanel.inference.checks import FAILED, FIT, LOOK
from bayespanel.summaries.kinds import kind_of, kinds_with
from bayespanel.summaries.sayings import (
    BEYOND,
    INSIDE,
    OPEN,
    PLAIN,
    SIGN,
    UNKNOWN,
    Attrs,
    direction,
    ends,
    region,
    sentence,
    verdict,
)

MOST = 3
"""Pathways that have a sentence of their own; more are counted by what is known of them."""

LEADING = 2
"""Of those that are counted, how many have a sentence as well."""

CHECKS = 2
"""Checks that are named with their values; the table of checks has all."""

NAMED = 4
"""Pathways of one verdict that are named."""

OVER_TIME = (
    "These are associations over time, not causes: what changes over time and was not measured can stand behind them."
)
MIXED = (
    "This model does not set apart what is stable in pupils: its numbers mix differences between pupils with changes "
    "within them."
)
COURSES = "Classes describe courses, and are not kinds of pupils; what predicts them need not be a cause."


@dataclass(frozen=True)
class Conclusion:
    """What a fit says, in words.

    Attributes
    ----------
    doubt
        What is to be known before a number is believed: failed checks, a model that does not fit; "" for nothing.
    grave
        Whether something FAILED.
    said : tuple of str
        The result: what is known of the pathways that the question is about.
    note
        What the result does not say.
    """

    doubt: str
    grave: bool
    said: tuple[str, ...]
    note: str

    @property
    def sentences(self) -> tuple[str, ...]:
        """All of them, the doubt first."""
        return tuple(filter(None, (self.doubt, *self.said, self.note)))


def conclude(evidence: xr.Dataset, checks: pd.DataFrame) -> Conclusion:
    """Say in words what a fit says of its pathways, and how far that may be believed.

    A pathway is called practically none, or more than that, only where the probability of it is at least that of the
    intervals, by two Monte Carlo errors. An interval that holds 0 is no finding of nothing, and is worded as open.

    Parameters
    ----------
    evidence
        The evidence of a fit, from `bayespanel.summaries`, with or without a region of practical equivalence.
    checks
        The checks of the same fit.

    Returns
    -------
    Conclusion
        At most three pathways in a sentence each, chosen by what is known of them and by size; more are counted.
    """
    computed, fits = _doubts(checks)
    grave = bool((checks["state"] == FAILED).any())
    frame = evidence.to_dataframe().reset_index()
    chosen, room = _chosen(frame["kind"]), MOST
    said: list[str] = []
    for kind in chosen:
        rows = [row for _, row in frame[frame["kind"] == kind].iterrows()]
        found, used = _of_kind(kind, rows, evidence.attrs, room)
        said, room = [*said, *found], room - used
    said = [_shorter(one, said[:i], evidence.attrs) for i, one in enumerate(said)]
    before = "Provisional: " if computed else "Under this model, which does not fit: " if grave and fits else ""
    said[:1] = [before + first for first in said[:1]]
    return Conclusion(" ".join(filter(None, (computed, fits))), grave, tuple(said), _note(chosen, evidence.attrs))


def _shorter(said: str, before: Sequence[str], attrs: Attrs) -> str:
    """Return a sentence; what the region is stands in the first one that speaks of it."""
    for ratio in (True, False):
        where = region(attrs, ratio=ratio)
        if where and any(where in one for one in before):
            said = said.replace(where, "the region")
    return said


def leading(evidence: xr.Dataset) -> list[str]:
    """Return the kinds of pathway that a conclusion is about, where they have a direction."""
    chosen = _chosen(evidence["kind"].to_series())
    return [kind for kind in chosen if kind_of(kind).effect]


def _chosen(kinds: pd.Series) -> list[str]:
    """Return the kinds that the question is about; where there is none, carry-over or the sizes of classes."""
    decided = kinds_with(lambda kind: kind.decided, kinds)
    chosen = sorted(decided, key=_rank)
    return chosen or kinds_with(lambda kind: (kind.lag and kind.loop) or kind.scale == "share of pupils", kinds)


def _rank(kind: str) -> float:
    saying = kind_of(kind).saying
    return math.inf if saying is None else saying.rank


def _doubts(checks: pd.DataFrame) -> tuple[str, str]:
    """Say which checks of draws and data failed, and whether the model fits."""
    about = checks["about"] if "about" in checks else pd.Series("", index=checks.index)
    failed, look = checks["state"] == FAILED, checks["state"] == LOOK
    wrong, unfit, doubtful = (
        checks[failed & (about != FIT)],
        checks[failed & (about == FIT)],
        checks[look & (about == FIT)],
    )
    computed = ""
    if len(wrong):
        computed = (
            f"These numbers cannot be trusted: {len(wrong)} of {len(checks)} checks of draws and data failed "
            f"({_told(wrong)}). Mend that first; what follows may change altogether."
        )
    measured = doubtful[doubtful["value"].notna()]
    if len(unfit):
        return computed, (
            f"The model does not fit the data ({_told(unfit)}): what follows is what a model says that these data "
            "contradict, and another one that fits may say something else."
        )
    if len(measured):
        return computed, f"The data give reason to doubt the model ({_told(measured)}), and so what follows."
    return computed, f"How well the model fits is not known ({_told(doubtful)})." if len(doubtful) else ""


def _told(rows: pd.DataFrame) -> str:
    """Name the first checks of a table with their values and limits."""
    told = [
        str(name) + ("" if math.isnan(value) else f" {_short(value)}, limit {_short(limit)}")
        for name, value, limit in zip(rows["check"], rows["value"], rows["limit"], strict=True)
    ]
    more = [f"and {len(told) - CHECKS} more"] if len(told) > CHECKS else []
    return "; ".join([*told[:CHECKS], *more])


def _short(value: float) -> str:
    return "below 0.001" if 0 < value < 0.001 else f"{value:.3g}"


def _note(kinds: Sequence[str], attrs: Attrs) -> str:
    if kinds_with(lambda kind: kind.lag, kinds):
        return f"{MIXED} {OVER_TIME}" if attrs.get("intercepts") == 0 else OVER_TIME
    return COURSES if kinds_with(lambda kind: kind.scale in ("log odds", "share of pupils"), kinds) else ""


def _of_kind(kind: str, rows: Sequence[pd.Series], attrs: Attrs, room: int) -> tuple[list[str], int]:
    """Return what is said of the pathways of a kind, and how many had a sentence of their own."""
    if len(rows) <= room:
        return [sentence(row, attrs) for row in rows], len(rows)
    found = [verdict(row, attrs) for row in rows]
    order = sorted(range(len(rows)), key=lambda i: (found[i] != BEYOND, -abs(rows[i]["mean"])))
    own = [rows[i] for i in order if found[i] in (BEYOND, SIGN)][: min(room, LEADING)]
    return [_tally(kind, rows, found, attrs), *(sentence(row, attrs) for row in own)], len(own)


def _tally(kind: str, rows: Sequence[pd.Series], found: Sequence[str], attrs: Attrs) -> str:
    """Count the pathways of a kind by what is known of them, and name them."""
    saying = kind_of(kind).saying
    ratio = saying is not None and saying.ratio
    where = region(attrs, kind, ratio=ratio)
    noun = saying.noun if saying else kind_of(kind).words
    known, unknown = "{n} {have} a known sign", "{n} {have} not even a known sign"
    if ratio:
        known, unknown = "{n} {are} on a known side of 1", "of {n} it is not even known on which side of 1 they are"
    sure = f"{where} with at least {100 * attrs.get('prob', 0.95):g} % probability"
    words = {
        BEYOND: f"{{n}} {{are}} outside of {sure}",
        SIGN: f"{known}, and may or may not be more than practically none" if where else known,
        INSIDE: f"{{n}} {{are}} practically none, inside of {sure}",
        OPEN: f"{unknown}, which is not the finding that there is none",
        PLAIN: "{n} {have} a size without a sign",
        UNKNOWN: "{n} {are} not known",
    }
    parts = []
    for one, said in words.items():
        here = [row for row, verdict_of in zip(rows, found, strict=True) if verdict_of == one]
        if not here:
            continue
        names = [f"{row['pathway']}" + (f": {direction(row)}" if one in (BEYOND, SIGN) else "") for row in here[:NAMED]]
        names += [f"and {len(here) - NAMED} more"] * (len(here) > NAMED)
        if one == OPEN:
            low, high = min(ends(row)[0] for row in here), max(ends(row)[1] for row in here)
            names.append(f"intervals from {low:.2f} to {high:.2f}")
        are, have = ("is", "has") if len(here) == 1 else ("are", "have")
        parts.append(f"{said.format(n=len(here), are=are, have=have)} ({'; '.join(names)})")
    return f"Of {len(rows)} {noun}, {'; '.join(parts)}."
