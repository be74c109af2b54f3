"""Evidence as a data frame, and as text that shows no digit below its Monte Carlo error."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from bayespanel.language.errors import SpecError, nearest
from bayespanel.language.shown import columns, prose
from bayespanel.summaries.kinds import kind_of

ESS = "ESS is the smaller of bulk and tail."
"""What stands under this name in every table."""

DIGITS = 3
"""Most decimals shown: a thousandth of a standard deviation is less than anyone can act on."""


def table(evidence: xr.Dataset, *, kinds: Sequence[str] | None = None) -> pd.DataFrame:
    """Return evidence as a data frame: a row per pathway, a column per coordinate and number.

    Parameters
    ----------
    evidence
        The evidence of a fit, from `bayespanel.summaries`.
    kinds
        Which kinds of pathway, in this order; all by default.

    Returns
    -------
    pandas.DataFrame
        pathway, the coordinates of pathways (kind, edge, source, target, ...), and every number of the evidence.

    Raises
    ------
    SpecError
        When the evidence has no pathway of a kind.
    """
    frame = evidence.to_dataframe().reset_index()
    coords = [str(name) for name in evidence.coords if name != "pathway"]
    frame = frame[["pathway", *coords, *map(str, evidence.data_vars)]]
    if "kind" not in frame:
        return frame
    parts = [frame[frame["kind"] == kind] for kind in chosen_kinds(evidence, kinds)]
    return pd.concat(parts, ignore_index=True) if parts else frame.iloc[:0]


def text(evidence: xr.Dataset, *, kinds: Sequence[str] | None = None, top: int | None = None, raw: bool = False) -> str:
    """Return evidence as text: by kind, the largest mean first, definitions underneath.

    Parameters
    ----------
    evidence
        The evidence of a fit, from `bayespanel.summaries`.
    kinds
        Which kinds of pathway, in this order; all by default.
    top
        How many pathways of a kind at most; all by default. What is left out is counted.
    raw
        Whether mean and interval in raw units stand beside the standardised ones, in place of the shares of the region
        of practical equivalence.

    Returns
    -------
    str
        A table, and below it what its numbers mean.

    Raises
    ------
    SpecError
        When the evidence has no pathway of a kind.
    """
    frame = table(evidence, kinds=kinds)
    low, high = evidence.attrs["rope"]
    percent = f"{100 * evidence.attrs['prob']:g} %"
    shares = [f"P(< {low:g})", "P(in ROPE)", f"P(> {high:g})"]
    weighed = are_weighed(frame)
    last = [*(["log BF"] if weighed else []), "ESS"]
    beside = ["raw mean", f"{percent} interval"] if raw else []
    header = ["", "mean", f"{percent} interval", *beside, "P(direction)", *([] if raw else shares), *last]
    blocks: list[tuple[str, list[list[str]], int]] = []
    for kind in pd.unique(frame["kind"]):
        part = frame[frame["kind"] == kind].sort_values("mean", key=abs, ascending=False, kind="stable")
        shown = part if top is None else part.head(top)
        blocks.append(
            (kind_of(kind).heading, [_cells(row, weighed, raw) for _, row in shown.iterrows()], len(part) - len(shown))
        )
    rows = [row for _, block, _ in blocks for row in block]
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    widths[0] += 2  # rows are indented below their kind
    narrow = sum(widths) + 2 * (len(widths) - 1) > columns()
    if narrow:  # names on lines of their own
        shares = [] if raw else ["P(<)", "P(in)", "P(>)"]
        header = ["", "mean", f"{percent} interval", *beside, "P(dir)", *shares, *last]
        widths = [2, *(max(len(row[i]) for row in [header, *rows]) for i in range(1, len(header)))]
    lines = [_line(header, widths)]
    for title, block, hidden in blocks:
        lines += ["", title]
        for row in block:
            lines += textwrap.wrap(row[0], prose(), initial_indent="  ", subsequent_indent="    ") if narrow else []
            lines.append(_line(["" if narrow else f"  {row[0]}", *row[1:]], widths))
        lines += [f"  ... and {hidden} more"] if hidden else []
    said = "P(dir): probability of the direction"
    said += "." if raw else "; P(<), P(in), P(>): of lying below, in and above the ROPE."
    notes = textwrap.wrap(said, prose()) if narrow else []
    notes += textwrap.wrap(_raw_words(evidence), prose()) if raw else []
    return "\n".join([*lines, "", *notes, *_notes(evidence, frame)])


def decimals(error: float) -> int:
    """Return how many decimals to show, so that a step in the last one is no smaller than the Monte Carlo error.

    An error that is NaN or 0 limits nothing.
    """
    if not error > 0:
        return DIGITS
    return min(DIGITS, max(0, math.floor(-math.log10(error) + 1e-9)))  # 1e-9: log10(0.001) is not exactly -3


def bounds_error(row: Mapping[str, float] | pd.Series, prefix: str = "") -> float:
    """Return the larger Monte Carlo error of the bounds of an interval, whose digits both have.

    Where neither is known, as of highest-density intervals of few draws, it is twice that of the mean.
    """
    known = [float(row.get(f"mcse_{prefix}{end}", math.nan)) for end in ("lower", "upper")]
    if all(map(math.isnan, known)):
        return 2 * float(row.get(f"mcse_{prefix}mean", math.nan))
    return float(np.nanmax(known))


def number(value: float, error: float) -> str:
    """Return a number with the decimals its Monte Carlo error allows, padded so that decimal points align."""
    shown = f"{value:.{decimals(error)}f}"
    return _padded(shown.lstrip("-") if float(shown) == 0 else shown)


def probability(value: float, error: float) -> str:
    """Return a probability likewise, to a tenth at least; one that would round to 0 or 1 as a bound."""
    if math.isnan(value):
        return _padded("-")
    known = decimals(error)
    places = max(known, 1)
    shown = f"{value:.{places}f}"
    if known and float(shown) in (0, 1):
        shown = f"<{10.0**-places:.{places}f}" if float(shown) == 0 else f">{1 - 10.0**-places:.{places}f}"
    return _padded(shown)


def chosen_kinds(evidence: xr.Dataset, kinds: Sequence[str] | None) -> list[str]:
    """Return the kinds of pathway that were asked for, or all in the evidence's order."""
    present = [str(kind) for kind in pd.unique(evidence["kind"].values)]
    for kind in present if kinds is None else kinds:
        if kind not in present:
            raise SpecError(
                "A table or figure shows kinds of pathway that the evidence holds.",
                f"{kind!r} is not among them. {nearest(kind, present)}",
                "Choose among these, or compute the pathways of that kind first.",
            )
    return present if kinds is None else list(kinds)


def _padded(shown: str) -> str:
    after = len(shown) - shown.index(".") if "." in shown else 0
    return shown + " " * (DIGITS + 1 - after)


def log_bayes_factor(value: float, error: float, above: float = math.nan) -> str:
    """Return a log Bayes factor with one decimal, or as the bound that it is known to.

    A bound below 0 says neither that the effect is there nor that it is not, and is written as not known.
    """
    if math.isnan(value):
        return "-" if math.isnan(above) else "?" if above < 0 else f">{math.floor(10 * above) / 10:.1f}"
    shown = f"{value:.{min(1, decimals(error))}f}"
    return shown.lstrip("-") if float(shown) == 0 else shown


def bayes_factor_of(row: pd.Series) -> str:
    """Return the log Bayes factor of a row of evidence in writing."""
    return log_bayes_factor(row["log_bf10"], row["mcse_log_bf10"], row["log_bf10_above"])


def are_weighed(frame: pd.DataFrame) -> bool:
    """Whether any row of evidence has a Bayes factor, or a bound of one."""
    return "log_bf10" in frame and bool(frame[["log_bf10", "log_bf10_above"]].notna().any(axis=None))


def effective_size(rows: pd.Series | pd.DataFrame) -> Any:
    """Return the effective sample size of a pathway, or of several: the smaller of bulk and tail."""
    return np.minimum(rows["ess_bulk"], rows["ess_tail"])


def _raw_words(evidence: xr.Dataset) -> str:
    of = str(evidence.attrs.get("raw", "")) or "in raw units"
    return f"Raw mean and its interval: {of}; - where these have no meaning."


def _raw_cells(row: pd.Series) -> list[str]:
    """Return the mean and the interval in raw units, with no digit below the Monte Carlo error of the mean."""
    if not np.isfinite(row["raw_mean"]):
        return ["-", "-"]
    error = row["raw_sd"] / np.sqrt(max(float(np.nan_to_num(effective_size(row), nan=1.0)), 1.0))
    places = max(0, math.floor(-math.log10(error) + 1e-9)) if error > 0 else DIGITS
    each = (f"{row[name]:,.{places}f}" for name in ("raw_mean", "raw_lower", "raw_upper"))
    mean, low, high = (one.lstrip("-") if float(one.replace(",", "")) == 0 else one for one in each)
    return [mean, f"[{low}, {high}]"]


def _cells(row: pd.Series, weighed: bool, raw: bool) -> list[str]:
    coarser = bounds_error(row)
    bounds = ", ".join(number(row[end], coarser).strip().rjust(decimals(coarser) + 3) for end in ("lower", "upper"))
    names = ("prob_direction", "prob_below_rope", "prob_rope", "prob_above_rope")
    direction, *shares = (probability(row[name], row[f"mcse_{name}"]) for name in names)
    ess = effective_size(row)
    size = "-" if np.isnan(ess) else f"{ess:.0f}"
    last = [*([bayes_factor_of(row)] if weighed else []), size]
    first = [str(row["pathway"]), number(row["mean"], row["mcse_mean"]), f"[{bounds}]"]
    return [*first, *(_raw_cells(row) if raw else []), direction, *([] if raw else shares), *last]


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = (
        cell.rjust(width) if i else cell.ljust(width) for i, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join([first, *others]).rstrip()


def _notes(evidence: xr.Dataset, frame: pd.DataFrame) -> list[str]:
    low, high = evidence.attrs["rope"]
    kind = {"equal_tailed": "equal-tailed", "hdi": "highest-density"}[evidence.attrs["interval"]]
    notes = [
        f"Scale: {evidence.attrs['standardisation']}" if evidence.attrs.get("standardisation") else "",
        str(evidence.attrs.get("averaging", "")),
        f"ROPE, the region of practical equivalence: {low:g} to {high:g} on this scale.",
        f"Intervals are {kind}. No digit is below its Monte Carlo standard error; a share at 0 or 1 is known to "
        f"the bound shown. {ESS}",
    ]
    if are_weighed(frame):
        bounds = "; > is a lower bound, ? is not known" if frame["log_bf10_above"].notna().any() else ""
        notes.append(
            "log BF: natural logarithm of the Bayes factor for the pathway against exactly 0 (Savage-Dickey), under "
            f"the prior in use{bounds}; of an indirect pathway, that of its weaker leg."
        )
        notes += [note for note in [evidence["log_bf10_above"].attrs.get("note")] if note]
    if "fmi" in frame and frame["fmi"].notna().any():
        at = frame.sort_values("fmi", ascending=False).iloc[0]
        notes.append(
            f"Draws of {evidence.attrs['imputations']} imputations are mixed. The fraction of missing information is "
            f"{at['fmi']:.2f} at most, of {at['pathway']}; bp.missing_information(fit) has all."
        )
    if frame["rhat"].notna().any():
        inside = ", within imputations" if "imputations" in evidence.attrs else ""
        notes.append(f"Largest R-hat of the pathways{inside}: {frame['rhat'].max():.3f}.")
    if frame["rhat"].isna().any():
        notes.append(f"{frame['rhat'].isna().sum()} pathway(s) have no R-hat: constant draws, or one chain.")
    return [line for note in notes if note for line in textwrap.wrap(note, prose())]
