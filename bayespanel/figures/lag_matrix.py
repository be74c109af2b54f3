"""The matrix of lags as a heat map: target by source, each cell with its mean, its interval and how sure it is."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib import patheffects
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import FuncNorm, LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.path import Path
from matplotlib.textpath import TextPath
from matplotlib.transforms import Affine2D

from bayespanel.figures.canvas import INK, PALE, WIDE, foot, open_frame, plain
from bayespanel.figures.certainty import BEYOND, DIRECTED, NEGLIGIBLE, OPEN, Certainty, certainty, lags_of, rope_words
from bayespanel.figures.places import Canvas, Size, drawing, scaled
from bayespanel.figures.plain_text import plain_text
from bayespanel.figures.wishes import Labels, relabelled
from bayespanel.summaries.groups import of_one_group
from bayespanel.summaries.table import bounds_error, decimals, number

LARGEST = 0.4
"""Size at which colours end, so that figures can be compared; where a mean is larger, they end at the next tenth."""

COLOURS = LinearSegmentedColormap.from_list("lags", ["#9e2a2b", "#ffffff", "#335c67"])
"""Negative, 0, positive. Both ends are equally dark: a grey copy shows the size, and the number its sign."""

HATCH = {OPEN: "////", NEGLIGIBLE: "...."}
"""Over cells that say little; the others are plain."""

CELL = (0.94, 0.48)
"""Width and height of a cell in inches."""

NAMES, HEAD, FOOT = 1.15, 0.9, 1.35
"""Inches left of a panel, above it, and below all."""

NARROW = 5.4
"""Least width, that of the legend, in inches."""

LINE = 13
"""Characters after which a name goes on below."""


@plain_text
def plot_lag_matrix(
    evidence: xr.Dataset,
    *,
    group: str | None = None,
    labels: Labels | None = None,
    figsize: Size | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Draw carry-over and direct effects as a heat map with targets as rows and sources as columns, as in a posterior.

    Parameters
    ----------
    evidence
        From `bp.evidence`, with the kinds "direct" and "carry_over".
    group
        Name of the group of pupils, if the evidence has several.
    labels, figsize, ax
        Words in place of names, such as ``{"pesten": "Victimisation"}``; width and height in inches; or axes of a
        figure of your own, whose place it takes. See `bayespanel.figures.wishes`.

    Returns
    -------
    matplotlib.figure.Figure
        One panel per interval if the lags are by interval. The colour of a cell is the mean, on a scale that ends at
        0.4 unless a mean is larger; the interval stands below the mean. The type shows how sure the effect is: a bold
        mean lies beyond the region of practical equivalence, a plain mean has a clear direction, a hatched cell is
        open, and a dotted cell lies inside the region.

    Raises
    ------
    SpecError
        The evidence has no pathways of these kinds, or has several groups and none was chosen.
    """
    evidence = relabelled(of_one_group(evidence, group, "The matrix of lags"), labels)
    frame = lags_of(evidence, "The matrix of lags")
    names = list(dict.fromkeys([*frame["source"], *frame["target"]]))
    intervals = list(pd.unique(frame["interval"]))
    panel = (NAMES + CELL[0] * len(names), HEAD + CELL[1] * len(names))
    across = min(len(intervals), max(1, int((WIDE - 0.1) // panel[0])))
    down = -(-len(intervals) // across)
    width, height = max(across * panel[0] + 0.1, NARROW), down * panel[1] + FOOT
    figure = drawing((width, height), ax)
    left = (width - across * panel[0]) / 2 - (0.35 if across * panel[0] + 0.8 < width else 0)
    scale = norm(float(frame["mean"].abs().max()))
    for i, interval in enumerate(intervals):
        x = left + i % across * panel[0] + NAMES
        y = height - (i // across + 1) * panel[1]
        box = (x / width, y / height, CELL[0] * len(names) / width, CELL[1] * len(names) / height)
        axes = figure.add_axes(box)
        _frame(axes, names, str(interval), str(evidence.attrs.get("group", "")))
        for _, row in frame[frame["interval"] == interval].iterrows():
            place = names.index(row["source"]), names.index(row["target"])
            _cell(axes, row, place, certainty(row, evidence.attrs["prob"]), scale)
    _legend(figure, (width, height), evidence, scale)
    return scaled(figure, (width, height), figsize)


def norm(largest: float) -> FuncNorm:
    """Return how colours follow means up to a size: by square roots, as cross-lags are a tenth of carry-over."""
    end = max(LARGEST, np.ceil(10 * largest - 1e-9) / 10)
    return FuncNorm((lambda x: np.sign(x) * np.sqrt(np.abs(x)), lambda x: np.sign(x) * x**2), vmin=-end, vmax=end)


def _frame(axes: Axes, names: list[str], interval: str, group: str) -> None:
    k = len(names)
    shown = [plain(name, LINE) for name in names]
    axes.set_xlim(0, k)
    axes.set_ylim(k, 0)
    axes.set_xticks(np.arange(k) + 0.5, shown, fontsize=8)
    axes.set_yticks(np.arange(k) + 0.5, shown, fontsize=8)
    axes.tick_params(length=0, top=True, labeltop=True, bottom=False, labelbottom=False)
    above = ", ".join(words for words in (plain(group, LINE), f"waves {interval}" if interval else "") if words)
    axes.set_title(f"{above}\nfrom" if above else "from", fontsize=9, fontweight="bold", pad=6)
    axes.text(-0.08, -0.12, "to", ha="right", va="bottom", fontsize=9, fontweight="bold", color=INK)
    open_frame(axes, *axes.spines)


def _cell(axes: Axes, row: pd.Series, place: tuple[int, int], sure: Certainty, scale: FuncNorm) -> None:
    colour = COLOURS(scale(float(row["mean"])))
    x, y = place
    axes.add_patch(
        Rectangle(
            (x + 0.015, y + 0.03),
            0.97,
            0.94,
            facecolor=colour,
            edgecolor="#b4b4b4",
            hatch=HATCH.get(sure),
            linewidth=1.6 if row["source"] == row["target"] else 0.5,
            gid=row["pathway"],
        )
    )
    dark = float(np.dot(colour[:3], (0.299, 0.587, 0.114))) < 0.55
    halo = [patheffects.withStroke(linewidth=3, foreground=colour)]  # the hatch must not touch the number
    coarser = bounds_error(row)
    places = decimals(coarser)
    bounds = ", ".join(f"{round(row[end], places) + 0.0:.{places}f}" for end in ("lower", "upper"))
    for text, at, size, weight in (
        (number(row["mean"], row["mcse_mean"]).strip(), 0.36, 9.5, "bold" if sure is BEYOND else "normal"),
        (f"[{bounds}]", 0.73, 6.8, "normal"),
    ):
        axes.text(
            x + 0.5,
            y + at,
            text,
            ha="center",
            va="center",
            fontsize=size,
            fontweight=weight,
            color="white" if dark else INK,
            path_effects=halo,
        )


def _sign(weight: str) -> Path:
    """Return a number as a sign of a key: letters of a marker would be read as mathematics, or not at all."""
    path = TextPath((0, 0), "0.12", size=10, prop=FontProperties(weight=weight))
    return path.transformed(Affine2D().translate(*(-path.get_extents().get_points().mean(axis=0))))


def _legend(figure: Canvas, page: Size, evidence: xr.Dataset, scale: FuncNorm) -> None:
    """Explain cells and colours below the panels."""
    width, height = page
    handles: list[Artist] = [
        Line2D(
            [], [], linestyle="", marker=_sign(weight), markersize=21, color=INK, markeredgewidth=0, label=sure.label
        )
        for sure, weight in ((BEYOND, "bold"), (DIRECTED, "normal"))
    ]
    handles += [
        Patch(facecolor="white", edgecolor=PALE, hatch=hatch, linewidth=0.5, label=sure.label)
        for sure, hatch in HATCH.items()
    ]
    figure.legend(
        handles=handles,
        ncols=2,
        loc="lower left",
        bbox_to_anchor=(0.15 / width, 0.5 / height),
        frameon=False,
        fontsize=8,
        handleheight=1.2,
    )
    bar = figure.add_axes(((width - 1.85) / width, 0.95 / height, 1.65 / width, 0.13 / height))
    drawn = figure.colorbar(ScalarMappable(scale, COLOURS), cax=bar, orientation="horizontal")
    end = float(scale.vmax or LARGEST)  # matplotlib allows for a scale without an end
    ticks = [-end, -0.1, 0.0, 0.1, end]
    drawn.set_ticks(ticks, minor=False)
    drawn.ax.set_xticklabels([f"{x:g}" for x in ticks], fontsize=7.5)
    drawn.ax.set_title("mean", fontsize=8)
    note = f"Standardised effect of one wave on the next: mean and {100 * evidence.attrs['prob']:g} % interval. "
    foot(figure, page, note + rope_words(evidence))
