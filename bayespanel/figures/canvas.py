"""What figures share: ink and paper, frames, rows of names and numbers, arrows, keys, and notes at the foot."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch
from numpy.typing import ArrayLike

from bayespanel.figures.places import Canvas, Size, drawing
from bayespanel.language.errors import SpecError
from bayespanel.summaries.kinds import kind_of

WIDE = 8.27
"""Width of the page (A4), in inches."""

INK, PALE, BAND = "#1a1a1a", "#8c8c8c", "#e4e4e4"
"""What is said, what stands beside it, and the area behind estimates, such as a region of practical equivalence."""

GOOD, BAD = "#335c67", "#9e2a2b"
"""Colours that differ for the colour-blind, and in a grey copy by lightness or with a sign besides."""

NOMINAL = (0, (4, 2))
"""Dashes of a line to which estimates are compared, such as a goal."""

MARKERS = "sD^v<>Pphd*X"
"""Signs that tell lines apart, in their order; a circle stands for what they are compared with."""

Point = tuple[float, float]

Place = Literal["outside lower center", "outside upper left", "lower center"]
"""Of a key: outside the axes, or with this part at a point."""


def sheet(width: float, height: float, ax: Axes | None) -> tuple[Canvas, Axes]:
    """Return a drawing of a size, and axes without a frame over all of it that count in inches from the lower left."""
    figure = drawing((width, height), ax)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, width)
    axes.set_ylim(0, height)
    axes.set_axis_off()
    return figure, axes


def open_frame(axes: Axes, *sides: str) -> None:
    """Take away sides of the frame: without any named, the upper and the right one."""
    for side in sides or ("top", "right"):
        axes.spines[side].set_visible(False)


def region(axes: Axes, rope: Sequence[float], *, across: bool = False) -> None:
    """Shade the region of practical equivalence and draw the line of no effect: upright, or across."""
    (axes.axhspan if across else axes.axvspan)(*rope, color=BAND, linewidth=0, zorder=0, gid="rope")
    (axes.axhline if across else axes.axvline)(0, color=INK, linewidth=0.8, zorder=1)


def estimate(
    axes: Axes,
    row: Mapping[str, float] | pd.Series,
    y: float,
    *,
    sign: str = "o",
    size: float = 5.0,
    hollow: bool = False,
    edge: float = 1.0,
    colour: str = INK,
    width: float = 1.4,
    cap: Literal["butt", "projecting"] = "butt",
    order: float = 3,
    name: str | None = None,
) -> None:
    """Draw an estimate in a row: a line from `lower` to `upper`, and on it a sign at `mean`, whose gid is `name`."""
    ends = [row["lower"], row["upper"]]
    axes.plot(ends, [y, y], color=colour, linewidth=width, solid_capstyle=cap, gid="interval")
    axes.plot(
        row["mean"], y, sign, markersize=size, color=colour, markerfacecolor="white" if hollow else colour,
        markeredgewidth=edge, zorder=order, gid=name,
    )  # fmt: skip


def includes_zero(row: Mapping[str, float] | pd.Series) -> bool:
    """Return whether an interval includes 0."""
    return bool(row["lower"] <= 0 <= row["upper"])


def name_rows(axes: Axes, places: ArrayLike, names: Sequence[str], *, size: float, bold: Sequence[bool] = ()) -> None:
    """Write names on the left, headings bold, in place of a frame around rows."""
    axes.set_yticks(np.asarray(places, float), names, fontsize=size)
    for label, heading in zip(axes.get_yticklabels(), bold, strict=False):
        if heading:
            label.set_fontweight("bold")
    axes.tick_params(axis="y", length=0)
    open_frame(axes, "left", "top", "right")


def number_rows(axes: Axes, places: ArrayLike, numbers: Sequence[str], *, size: float) -> None:
    """Write numbers on the right, in columns."""
    margin = axes.secondary_yaxis("right")
    margin.set_yticks(np.asarray(places, float), numbers, fontsize=size, family="monospace")
    margin.tick_params(axis="y", length=0)
    margin.spines["right"].set_visible(False)


def arrow(
    axes: Axes,
    start: Point,
    end: Point,
    *,
    head: float = 9,
    colour: str = INK,
    width: float = 0.9,
    dashes: tuple[float, tuple[float, ...]] | None = None,
    bend: float = 0,
    order: float | None = None,
    name: str | None = None,
) -> None:
    """Draw an arrow, its head and width in points, which bends by a share of its length; `name` is its gid."""
    patch = FancyArrowPatch(
        start, end, arrowstyle="-|>", mutation_scale=head, shrinkA=0, shrinkB=0, color=colour, linewidth=width,
        linestyle=dashes or "-", connectionstyle=f"arc3,rad={bend}", zorder=order, gid=name,
    )  # fmt: skip
    axes.add_patch(patch)


def key(
    figure: Canvas,
    handles: Sequence[Artist],
    *,
    columns: int = 2,
    place: Place = "outside lower center",
    at: Point | None = None,
    size: float = 8.5,
    title: str | None = None,
    title_size: float | None = None,
) -> None:
    """Explain signs and colours outside the axes, or with a corner at a place of the figure; a title stands above."""
    figure.legend(
        handles=list(handles), loc=place, bbox_to_anchor=at, ncols=columns, frameon=False, fontsize=size, title=title,
        title_fontsize=title_size or size,
    )  # fmt: skip


def foot(figure: Canvas, page: Size, text: str, *, above: float = 0.08, size: float = 8, letters: float = 15.5) -> None:
    """Write a note below a drawing of a size: so many inches above the edge, in lines of so many letters per inch."""
    width, height = page
    lines = textwrap.fill(text, int(letters * width))
    figure.text(0.5, above / height, lines, ha="center", va="bottom", fontsize=size, color=INK, linespacing=1.3)


def plain(name: str, width: int | None = None) -> str:
    """Return a name without underscores, broken into lines of a width, best before an arrow."""
    name = name.replace("_", " ")
    if width is None or len(name) <= width:
        return name
    parts = re.split(r" (?=[-=]> )", name)
    return "\n".join(line for part in parts for line in textwrap.wrap(part, width))


def require_signs(number: int, most: int, what: str) -> None:
    """Refuse more things than there are signs to tell them apart."""
    if number > most:
        raise SpecError(
            f"A figure can show at most {most} different {what}.",
            f"There are {number}.",
            "Choose some of them, and draw these.",
        )


def scale_words(settings: Mapping[Any, Any], *, parting: str = " ", kinds: Iterable[str] = ()) -> str:
    """Say what an axis of effects shows, from the attributes of evidence and the kinds of pathways that it shows."""
    low, high = settings["rope"]
    percent = 100 * settings["prob"]
    odds = {kind_of(kind).scale for kind in kinds} == {"log odds"}
    what = "Log odds ratio" if odds else "Standardised effect"
    return f"{what}: mean and {percent:g} % interval;{parting}shaded: ROPE, {low:g} to {high:g}"
