"""Arrows of a figure that a reader can point at, or go to with the Tab key, to read what the evidence says of them.

The figure stays an image. Over it lies a drawing of its arrows that cannot be seen until one of them is pointed at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import xarray as xr
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch
from matplotlib.path import Path

from bayespanel.summaries.table import bounds_error, decimals, number, probability, table

LETTERS = {int(Path.MOVETO): "M", int(Path.LINETO): "L", int(Path.CURVE3): "Q", int(Path.CURVE4): "C"}
"""Codes of a path, as SVG writes them."""


@dataclass(frozen=True)
class Spot:
    """A pathway of a figure: its arrows as the outline of an SVG path, in pixels of the figure, and the words."""

    outline: str
    words: str


def words_of(evidence: xr.Dataset) -> dict[str, str]:
    """Return what is said of each pathway when its arrow is pointed at."""
    percent = f"{100 * evidence.attrs['prob']:g} %"
    out = {}
    for _, row in table(evidence).iterrows():
        places = decimals(bounds_error(row))
        ends = f"{row['lower']:.{places}f} to {row['upper']:.{places}f}"
        sure = probability(row["prob_direction"], row["mcse_prob_direction"]).strip()
        mean = number(row["mean"], row["mcse_mean"]).strip()
        out[str(row["pathway"])] = f"{row['pathway']}: {mean}, {percent} interval {ends}, P(direction) {sure}"
    return out


def spots(figure: Figure, words: Mapping[str, str], width: float, height: float) -> list[Spot]:
    """Return the pathways that have arrows in a figure, in the order in which they were drawn.

    Parameters
    ----------
    figure
        A figure that was laid out. Artists whose gid is a pathway are its arrows.
    words
        Pathway to what is said of it.
    width, height
        Of the picture, in the pixels in which outlines count, from its upper left corner.
    """
    found: dict[str, list[str]] = {}
    for arrow in figure.findobj(FancyArrowPatch):
        name = str(arrow.get_gid())
        if name in words:
            path = arrow.get_transform().transform_path(arrow.get_path())
            found.setdefault(name, []).append(" ".join(_segments(path, figure, width, height)))
    return [Spot(" ".join(outlines), words[name]) for name, outlines in found.items()]


def _segments(path: Path, figure: Figure, width: float, height: float) -> Iterator[str]:
    across, down = width / figure.bbox.width, height / figure.bbox.height
    for points, code in path.iter_segments(simplify=False):
        if code == Path.CLOSEPOLY:
            yield "Z"
            continue
        pairs = points.reshape(-1, 2)
        yield LETTERS[int(code)] + " ".join(f"{across * x:.1f} {height - down * y:.1f}" for x, y in pairs)
