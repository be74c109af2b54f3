"""One pathway in one sentence, worded no further than its draws carry."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from bayespanel.summaries.kinds import kind_of
from bayespanel.summaries.odds import ODDS, RATES
from bayespanel.summaries.saying import Saying
from bayespanel.summaries.table import bounds_error, decimals, number

Attrs = Mapping[Any, Any]
"""Attributes of evidence."""

ERRORS = 2
"""Monte Carlo standard errors by which a probability must exceed what a word asks for."""

LEAST = 0.8
"""Probability below which nothing is said, however narrow the intervals that are shown."""

UNITS = {RATES: "SD of the logarithm of the count ", ODDS: "SD of the score behind the categories "}
"""What raw numbers of evidence are -> of what its standard deviations are, where not of scores."""

BEYOND, SIGN, INSIDE, OPEN, PLAIN, UNKNOWN = "beyond", "sign", "inside", "open", "plain", "unknown"
"""What draws say of a pathway: it is outside of the region of practical equivalence; its sign is known, and not whether
it is outside; it is inside; neither is known; a size without probabilities; nothing."""


PARTS = {"stable": "of what is stable in", "growth": "growth in", "deviation": "deviation at the last wave in"}
"""What the name of a pathway to a later outcome begins with, in words."""


DIRECTIONS = {False: ("positive", "negative"), True: ("above 1", "below 1")}
"""Whether a pathway is said as a ratio -> on which side of nothing it can be."""


def verdict(row: pd.Series, attrs: Attrs) -> str:
    """Return what the draws of a pathway say of it, as far as their Monte Carlo error lets them.

    Parameters
    ----------
    row
        A row of evidence.
    attrs
        Attributes of the evidence: its region of practical equivalence, and the probability of its intervals. A pathway
        is said to be inside or outside of the region with the probability of `level_of` at least; a sign is said with
        that with which an interval of this probability excludes 0.
    """
    if math.isnan(row["mean"]):
        return UNKNOWN
    if math.isnan(row["prob_direction"]):
        return PLAIN
    level = level_of(attrs)
    if region(attrs, str(row.get("kind", ""))):
        if surely(row, "prob_rope", level):
            return INSIDE
        if surely(row, "prob_above_rope", level) or surely(row, "prob_below_rope", level):
            return BEYOND
    return SIGN if surely(row, "prob_direction", (1 + level) / 2) else OPEN


def level_of(attrs: Attrs) -> float:
    """Return how probable something has to be before it is said: as an interval of the evidence, and `LEAST`."""
    return max(float(attrs.get("prob", 0.95)), LEAST)


def surely(row: Mapping[str, Any] | pd.Series, name: str, least: float) -> bool:
    """Whether a number of a row of evidence is at least so large, be its Monte Carlo error on whichever side."""
    return float(row[name]) - ERRORS * error_of(row, name) >= least


def error_of(row: Mapping[str, Any] | pd.Series, name: str) -> float:
    """Return the Monte Carlo standard error of a number of a row of evidence; 0 where it has none."""
    error = float(row.get(f"mcse_{name}", math.nan))
    return 0.0 if math.isnan(error) else error


def region(attrs: Attrs, kind: str = "", *, ratio: bool = False) -> str:
    """Write the region of practical equivalence, of odds as ratios; "" where there is none, or one without 0.

    Of kinds that count per unit of something it is "": a verdict would be about the unit.
    """
    bounds = attrs.get("rope")
    if bounds is None or (kind and kind_of(kind).per_unit):
        return ""
    low, high = (float(bound) for bound in np.ravel(bounds))
    shown = f"odds ratios {math.exp(low):.3g} to {math.exp(high):.3g}" if ratio else f"{low:g} to {high:g}"
    return f"the region of practical equivalence ({shown})" if low <= 0 <= high else ""


def sentence(row: pd.Series, attrs: Attrs) -> str:
    """Say what is known of one pathway: how much, its interval, and the probabilities that go with the verdict.

    Parameters
    ----------
    row
        A row of evidence.
    attrs
        Attributes of the evidence.
    """
    found, kind = verdict(row, attrs), str(row["kind"])
    if found == UNKNOWN:
        return f"Of {row['pathway']} nothing is known: its draws are not numbers."
    generic = Saying(kind_of(kind).words, "{pathway}: {amount}", "above 0", "below 0", "practically 0")
    saying = kind_of(kind).saying or generic
    percent = f"{100 * attrs.get('prob', 0.95):g} % interval"
    if kind_of(kind).scale == "share of pupils":
        mean, low, high = (f"{100 * row[name]:.0f} %" for name in ("mean", "lower", "upper"))
        return f"{mean} of the pupils are in {_class(str(row['target']))} ({percent} {low} to {high})."
    low, high = _bounds(row)
    amount = saying.alike if found == INSIDE else _amount(row, saying, attrs, known=found != OPEN)
    claim = saying.claim.format(amount=amount, **_names(row, attrs))
    middle = f"{'odds ratio' if saying.ratio else 'mean'} {_size(row, saying)}, " if found in (INSIDE, OPEN) else ""
    claim = claim if claim.startswith(str(row["pathway"])) else f"{claim[:1].upper()}{claim[1:]}"
    ending = "".join(_chances(row, found, region(attrs, kind, ratio=saying.ratio)))
    return f"{claim} ({middle}{percent} {low} to {high}){ending}."


def sign(row: pd.Series) -> str:
    """Return "positive" or "negative": where most of the draws lie."""
    middle = row.get("median", math.nan)
    return "positive" if (row["mean"] if math.isnan(middle) else middle) > 0 else "negative"


def chance(row: pd.Series, name: str) -> str:
    """Return a probability of a row of evidence in percent, with the digits that its Monte Carlo error allows.

    One that would round to 0 or 100 is written as the bound that it is known to.
    """
    places = max(decimals(row.get(f"mcse_{name}", math.nan)), 1)
    step, digits = 10.0 ** (2 - places), max(places - 2, 0)
    shown = 100 * float(f"{row[name]:.{places}f}")  # rounded as in tables
    if shown >= 100:
        return f"more than {100 - step:.{digits}f} %"
    return f"less than {step:.{digits}f} %" if shown <= 0 else f"{shown:.{digits}f} %"


def _chances(row: pd.Series, found: str, where: str) -> Iterator[str]:
    """Say the probabilities that go with a verdict, as the end of a sentence."""
    known = ""
    if found in (BEYOND, SIGN):
        known = f"; the probability that this is {direction(row)} is {chance(row, 'prob_direction')}"
    if found == INSIDE:
        yield f"; the probability that this lies inside of {where} is {chance(row, 'prob_rope')}"
    elif found == BEYOND:
        side = "prob_above_rope" if sign(row) == "positive" else "prob_below_rope"
        yield f"{known}, and that it lies beyond {where} {chance(row, side)}"
    elif found == SIGN:
        yield known
        if where:
            yield "; whether more than practically none is there is open: the probability that it lies inside of "
            yield f"{where} is {chance(row, 'prob_rope')}"
    elif found == OPEN:
        either = " or ".join(DIRECTIONS[_is_ratio(row)])
        yield f"; whether this is {either} is open ({direction(row)} with {chance(row, 'prob_direction')}"
        yield f", inside of {where} with {chance(row, 'prob_rope')}" if where else ""
        yield "), which is not the finding that there is none"


def direction(row: pd.Series) -> str:
    """Return the sign of a pathway; of a ratio of odds, on which side of 1."""
    return DIRECTIONS[_is_ratio(row)][sign(row) == "negative"]


def _is_ratio(row: pd.Series) -> bool:
    saying = kind_of(str(row["kind"])).saying
    return saying is not None and saying.ratio


def _names(row: pd.Series, attrs: Attrs) -> dict[str, str]:
    """Return what stands for the braces of a claim."""
    out = {name: str(row.get(name, "")) for name in ("pathway", "source", "target", "via", "against")}
    group, interval, per = str(row.get("group", "")), str(row.get("interval", "")), attrs.get("per")
    of = f" of the group {group}" if group else ""
    within = "within pupils" if attrs.get("intercepts") == 1 else "among pupils" if of else ""
    out["within"] = f"{within}{of}, " if within else ""
    out["when"] = "at the next wave" if per is None else f"{per:g} {'unit' if per == 1 else 'units'} of time later"
    out["when"] = f"over the interval {interval}" if interval else out["when"]
    out["class"] = _class(out["target"])
    arm = out["source"]
    out["pupils"] = "pupils of the intervention arm" if arm == "intervention" else f"pupils of the arm {arm}"
    out["part"] = PARTS.get(out["pathway"].split(":")[0], "")
    return out


def _class(name: str) -> str:
    """Return "the class low", and "class 1" where the name says what it is."""
    return name if name.lower().startswith("class") else f"the class {name}"


def _size(row: pd.Series, saying: Saying) -> str:
    """Return the mean; of odds, the median of their ratio, as in tables of odds ratios."""
    if not saying.ratio:
        return number(row["mean"], row.get("mcse_mean", math.nan)).strip()
    ratio = math.exp(row["median"])
    return number(ratio, ratio * row.get("mcse_median", math.nan)).strip()


def ends(row: pd.Series) -> tuple[float, float]:
    """Return both bounds of the interval as they are said: of odds, of their ratio."""
    low, high = float(row["lower"]), float(row["upper"])
    return (math.exp(low), math.exp(high)) if _is_ratio(row) else (low, high)


def _bounds(row: pd.Series) -> tuple[str, str]:
    """Return both bounds of the interval, with the digits that the coarser one has."""
    low, high = ends(row)
    error = bounds_error(row)
    error *= high if _is_ratio(row) else 1.0
    return number(low, error).strip(), number(high, error).strip()


def _amount(row: pd.Series, saying: Saying, attrs: Attrs, *, known: bool) -> str:
    """Say how much: one number where its sign is known, a range where it is not."""
    if saying.ratio:
        return f"{_size(row, saying) if known else 'between {} and {}'.format(*_bounds(row))} {saying.up}"
    scale = kind_of(str(row["kind"])).scale
    unit = "log odds " if scale == "log odds" else ""
    if scale.endswith("SD"):
        unit = UNITS.get(str(attrs.get("raw", "")), "SD ")
    if known:
        return f"{_size(row, saying).lstrip('-')} {unit}{saying.up if sign(row) == 'positive' else saying.down}"
    ways = [saying.down if end < 0 else saying.up for end in ends(row)]  # also of a bound that is written as 0.0
    said = [f"{end.lstrip('-')} {unit}{way}" for end, way in zip(_bounds(row), ways, strict=True)]
    return "between {} and {}".format(*said)
