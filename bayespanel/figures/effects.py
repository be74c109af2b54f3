"""The forest of a trial on one page: informants, families, effects with and without pooling."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from bayespanel.figures.canvas import BAND, INK, WIDE, estimate, key, name_rows, number_rows, region
from bayespanel.figures.places import Size, laid_out, sized
from bayespanel.figures.plain_text import cut, plain_text
from bayespanel.figures.wishes import Labels, relabelled
from bayespanel.summaries.effects import Effects, Evidence, by_family, effects, interval_cell, share_cell
from bayespanel.summaries.kinds import kind_of

PALE = "#7d7d7d"
"""What stands beside: dark enough for the band and for a poor printer."""

HIGH = 11.69
"""Height of the page (A4) in inches."""

ROW = 0.32
"""Height of a row in inches: two estimates, one below the other."""

SMALLEST_ROW = 0.17
"""A row below which text of 8 points would touch the next; beyond it the figure outgrows its page."""

FRAME = 1.5
"""Height in inches of what stands around the rows: axis, its label, legend."""

LABEL = 44
"""Letters of a name; of a longer one the middle is left out, and the table has it whole."""

BELOW = 0.27
"""How far, in rows, the unpooled estimate stands below the pooled one."""

Line = tuple[str, pd.Series | Literal["informant", "family"]]
"""A line of the figure: its name, and its estimate or what it is the heading of."""


@plain_text
def plot_effects(
    evidence: Evidence | Effects,
    *,
    labels: Labels | None = None,
    figsize: Size | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Draw the standardised effects of a trial on one page that can be read without colour.

    Parameters
    ----------
    evidence
        From `bp.effects`; or the evidence of a trial, from `bp.evidence`; or several by informant (pupils, parents,
        teachers), each with its own outcomes.
    labels, figsize, ax
        Words in place of names, such as ``{"pesten": "Victimisation"}``; width and height in inches; or axes of a
        figure of your own, whose place it takes. See `bayespanel.figures.wishes`.

    Returns
    -------
    matplotlib.figure.Figure
        As wide as A4. The rows are sorted by informant, then by arm (if there are several), then by family. A filled
        circle is an effect, with its interval. If an outcome is pooled, a hollow square below is the effect without
        pooling. The last row of a family is its mean effect, a diamond as wide as its interval. The region of practical
        equivalence is shaded. On the right are the numbers, without digits below their Monte Carlo error.

    Raises
    ------
    SpecError
        The evidence contains no effects of a trial, or the informants have different regions or intervals.
    """
    found = effects(evidence)
    frame, common = relabelled(found.frame, labels), found.settings
    lines = _lines(frame)
    height = min(ROW, max(SMALLEST_ROW, (HIGH - FRAME) / len(lines)))
    figure = laid_out((WIDE, FRAME + height * len(lines)), ax)
    axes = figure.add_subplot()
    region(axes, common["rope"])
    for y, (_, row) in enumerate(lines):
        if not isinstance(row, str):
            _estimate(axes, y, row)
    _names(axes, lines)
    _numbers(axes, lines, 100 * common["prob"])
    axes.set_xlabel("Standardised effect (total standard deviations of the outcome)", fontsize=9)
    axes.tick_params(axis="x", labelsize=8.5)
    key(figure, _legend(frame, 100 * common["prob"], common["rope"]))
    return sized(figure, figsize)


def _lines(frame: pd.DataFrame) -> list[Line]:
    out: list[Line] = []
    several = frame["arm"].nunique() > 1
    for informant, of_informant in frame.groupby("informant", sort=False):
        out += [(str(informant), "informant")] if informant else []
        for arm, of_arm in of_informant.groupby("arm", sort=False):
            for family, part in by_family(of_arm):
                heading = ", ".join(str(name) for name in (arm if several else "", family) if name)
                out += [(heading, "family")] if heading else []
                for _, row in part.iterrows():
                    out.append(("family mean" if _is_mean(row) else str(row["outcome"]), row))
    return out


def _is_mean(row: pd.Series) -> bool:
    return kind_of(row["kind"]).page == "mean"


def _estimate(axes: Axes, y: int, row: pd.Series) -> None:
    mean, lower, upper = row["mean"], row["lower"], row["upper"]
    if _is_mean(row):
        axes.fill(
            [lower, mean, upper, mean], [y, y - 0.24, y, y + 0.24], color=INK, linewidth=0, zorder=3, gid="family"
        )
        return
    estimate(axes, row, y, width=1.5, name="effect")
    if row["pooled"] and np.isfinite(row["unpooled_mean"]):
        ends = [row["unpooled_lower"], row["unpooled_upper"]]
        axes.plot(ends, [y + BELOW] * 2, color=PALE, linewidth=0.8, zorder=2)
        axes.plot(
            row["unpooled_mean"],
            y + BELOW,
            "s",
            markersize=3.8,
            color=PALE,
            markerfacecolor="white",
            markeredgewidth=0.8,
            zorder=3,
            gid="unpooled",
        )


def _names(axes: Axes, lines: Sequence[Line]) -> None:
    """Write names on the left: informants bold, families italic."""
    axes.set_ylim(len(lines) - 0.3, -1.3)
    bold = [isinstance(row, str) and row == "informant" for _, row in lines]
    name_rows(axes, range(len(lines)), [cut(name, LABEL) for name, _ in lines], size=8.5, bold=bold)
    for label, (_, row) in zip(axes.get_yticklabels(), lines, strict=True):
        if _is_mean(row) if isinstance(row, pd.Series) else row == "family":
            label.set_fontstyle("italic")


def _numbers(axes: Axes, lines: Sequence[Line], percent: float) -> None:
    """Write effect, interval and probability of direction on the right, below a header."""
    cells = [
        ("", "") if isinstance(row, str) else (interval_cell(row), share_cell(row, "prob_direction"))
        for _, row in lines
    ]
    header = (f"effect [{percent:g} %]", "P(dir.)")
    widths = [max(len(pair[i]) for pair in [header, *cells]) for i in (0, 1)]
    shown = [f"{first:>{widths[0]}}  {second:>{widths[1]}}".rstrip() for first, second in [header, *cells]]
    number_rows(axes, [-1, *range(len(lines))], shown, size=7.5)


def _legend(frame: pd.DataFrame, percent: float, rope: tuple[float, float]) -> list[Artist]:
    pooled = bool(frame["pooled"].any())
    name = "Effect, pooled within its family if it has one" if pooled else "Effect"
    out: list[Artist] = [
        Line2D([], [], marker="o", markersize=5, color=INK, linewidth=1.5, label=f"{name}, {percent:g} % interval")
    ]
    if (frame["pooled"] & frame["unpooled_mean"].notna()).any():
        square = Line2D([], [], marker="s", markersize=3.8, color=PALE, linewidth=0.8, label="Effect, not pooled")
        square.set_markerfacecolor("white")
        square.set_markeredgewidth(0.8)
        out.append(square)
    if any(_is_mean(row) for _, row in frame.iterrows()):
        label = f"Family's mean effect, as wide as its {percent:g} % interval"
        out.append(Line2D([], [], marker="d", markersize=7, color=INK, linewidth=0, label=label))
    out.append(Patch(color=BAND, linewidth=0, label=f"Region of practical equivalence, {rope[0]:g} to {rope[1]:g}"))
    return out
