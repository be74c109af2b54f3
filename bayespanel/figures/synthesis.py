"""One picture of all studies: the triangle child - parents - school, and beside each edge what they say of it."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, Rectangle
from numpy.typing import NDArray

from bayespanel.figures.canvas import INK, WIDE, arrow, foot, plain, require_signs, sheet
from bayespanel.figures.certainty import BEYOND, CERTAINTIES, DIRECTED, NEGLIGIBLE, OPEN, Certainty, certainty
from bayespanel.figures.places import Canvas, Size, scaled
from bayespanel.figures.plain_text import plain_text
from bayespanel.figures.triangle import AROUND
from bayespanel.figures.wishes import Labels, relabelled
from bayespanel.language.errors import SpecError
from bayespanel.summaries.kinds import kinds_with
from bayespanel.summaries.sayings import level_of
from bayespanel.summaries.synthesis import Synthesis
from bayespanel.summaries.table import table

WORDS = {"child": "child", "parent": "parents", "school": "school"}

EDGES = (
    ("child", "parent"),
    ("parent", "child"),
    ("child", "school"),
    ("school", "child"),
    ("parent", "school"),
    ("school", "parent"),
)
"""Directed edges in the order of their letters: left side, right side, below."""

PLACES = {"child": (0.0, 0.72), "parent": (-0.74, -0.56), "school": (0.74, -0.56)}
"""Of the vertices from the triangle's centre."""

LOOPS = {"child": 90.0, "parent": -105.0, "school": -75.0}
"""Degrees at which an arrow from a vertex to itself stands."""

FILL = {BEYOND: INK, DIRECTED: "#8c8c8c", OPEN: "white", NEGLIGIBLE: "white"}
"""Of the points; an interval inside the region is dotted."""

MARKERS = "osD^vP"
"""Of the studies, in their order."""

PALE, AREA = "#9a9a9a", "#efefef"
"""Of what is not known, and behind intervals: as wide as the study's scale."""

SIDE, MARGIN = 2.85, 0.12
"""Width of a panel beside the triangle, and of the page's margin; all lengths are inches."""

RADIUS, TALL = 0.32, 2.95
"""Of a vertex; and the height of the triangle with its loops."""

ROW, HEAD = 0.165, 0.21
"""Height of a single line of text, and of a heading."""

LINE = 0.122
"""Height of a further line of the same name."""

FOOT, ENTRY = 0.6, 0.15
"""Height of the note, and of a line of the legend."""

PLOT = 0.95
"""Width of the intervals within a panel."""

NUMBER = 0.33
"""Width of the column of means."""

CHARACTER = 0.0555
"""Inches of an average character of the rows."""


@dataclass(frozen=True)
class Panel:
    """What is written beside an edge.

    Attributes
    ----------
    letter, title
        Of the edge.
    blocks
        Study -> the rows that are shown, and how many more there are.
    """

    letter: str
    title: str
    blocks: dict[str, tuple[pd.DataFrame, int]]

    def height(self, width: float) -> float:
        """Return its height in inches."""
        total = HEAD + (ROW if not self.blocks else 0.0)
        for rows, more in self.blocks.values():
            total += ROW + sum(_tall(_wrapped(name, width)) for name in rows["pathway"]) + (ROW if more else 0.0)
        return total + 0.12


@plain_text
def plot_synthesis(
    evidence: xr.Dataset | Synthesis,
    *,
    kinds: Sequence[str] | None = None,
    top: int = 4,
    labels: Labels | None = None,
    figsize: Size | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Draw what all studies together say about each directed edge of the triangle.

    Parameters
    ----------
    evidence
        From `bp.synthesise`; or the evidence of the studies, concatenated along `pathway`, with the
        coordinates `edge` ("parent->child"), `study` and `kind`. Coordinates that not all studies have must be dropped
        before.
    kinds
        Kinds of pathway to draw. Total effects are not drawn by default, because they contain the direct and the
        indirect effects.
    top
        Largest number of pathways of a study on one edge, the largest first. The others are counted.
    labels, figsize, ax
        Words in place of names, such as ``{"pesten": "Victimisation"}``; width and height in inches; or axes of a
        figure of your own, whose place it takes. See `bayespanel.figures.wishes`.

    Returns
    -------
    matplotlib.figure.Figure
        The triangle with one arrow per directed edge; an arrow is dashed and grey if no study has a pathway on it. A
        letter leads from each edge to its panel, which has one line per pathway: the mean and the interval, filled by
        how sure it is. A study has one scale on all edges, that of its widest interval, written beside its name.
        Pathways within a vertex have panels below.

    Raises
    ------
    SpecError
        Coordinates are missing, no pathway lies on a directed edge, or there are more studies than signs to mark them.
    """
    evidence = relabelled(evidence.evidence if isinstance(evidence, Synthesis) else evidence, labels)
    frame = _directed(evidence, kinds_with(lambda kind: kind.on_edge != "") if kinds is None else kinds)
    studies = [str(study) for study in pd.unique(frame["study"])]
    scales = {study: _scale(frame[frame["study"] == study]) for study in studies}
    panels = {edge: _panel(frame, edge, "abcdef"[i], top) for i, edge in enumerate(EDGES)}
    inner = [(v, v) for v in AROUND if (frame["edge"] == f"{v}->{v}").any()]
    panels |= {edge: _panel(frame, edge, "ghi"[i], top) for i, edge in enumerate(inner)}
    broad = (WIDE - 2 * MARGIN - 0.3) / 2
    columns = [sum(panels[edge].height(SIDE) for edge in EDGES[i : i + 2]) + 0.25 for i in (0, 2)]
    below = [EDGES[4:], *(inner[i : i + 2] for i in range(0, len(inner), 2))]
    depths = [max(panels[edge].height(broad) for edge in pair) + 0.12 for pair in below]
    upper = max(*columns, TALL)
    high = MARGIN + upper + sum(depths) + FOOT + ENTRY * max(4, len(studies))
    figure, axes = sheet(WIDE, high, ax)
    prob = float(evidence.attrs["prob"])
    _triangle(axes, (WIDE / 2, high - MARGIN - upper / 2), panels)
    for i, left in ((0, MARGIN), (2, WIDE - MARGIN - SIDE)):
        y = high - MARGIN
        for edge in EDGES[i : i + 2]:
            _draw_panel(axes, panels[edge], (left, y), SIDE, scales, prob)
            y -= panels[edge].height(SIDE) + 0.25
    y = high - MARGIN - upper
    for pair, depth in zip(below, depths, strict=True):
        for edge, left in zip(pair, (MARGIN, WIDE - MARGIN - broad), strict=False):
            _draw_panel(axes, panels[edge], (left, y), broad, scales, prob)
        y -= depth
    _legend(figure, high, scales, evidence)
    return scaled(figure, (WIDE, high), figsize)


def _directed(evidence: xr.Dataset, kinds: Sequence[str]) -> pd.DataFrame:
    missing = [name for name in ("edge", "study", "kind") if name not in evidence.coords]
    if missing or "prob" not in evidence.attrs:
        raise SpecError(
            "A synthesis reads evidence with the coordinates edge, study and kind, and the attribute prob.",
            f"Missing: {', '.join(missing or ['prob'])}.",
            "Add study with assign_coords, drop coordinates that others lack, then xr.concat over pathway.",
        )
    frame = table(evidence)
    known = [f"{a}->{b}" for a in AROUND for b in AROUND]
    found = frame[frame["edge"].isin(known) & frame["kind"].isin(list(kinds))]
    if found.empty:
        raise SpecError(
            "A synthesis draws pathways on the directed edges of the triangle.",
            f"The evidence has {len(frame)} pathways, but none of the kind {' or '.join(kinds)} is on an edge.",
            "Give the models a triangle, or edges; or choose other kinds.",
        )
    require_signs(found["study"].nunique(), len(MARKERS), "studies")
    return found


def _scale(rows: pd.DataFrame) -> float:
    """Return the smallest round number that holds all intervals of a study."""
    largest = float(rows[["lower", "upper"]].abs().to_numpy().max()) or 1.0
    unit = 10.0 ** np.floor(np.log10(largest))
    return float(
        next(unit * step for step in (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10) if unit * step >= largest * (1 - 1e-9))
    )


def _panel(frame: pd.DataFrame, edge: tuple[str, str], letter: str, top: int) -> Panel:
    source, target = edge
    title = f"within {WORDS[source]}" if source == target else f"{WORDS[source]} -> {WORDS[target]}"
    blocks = {}
    here = frame[frame["edge"] == f"{source}->{target}"]
    for study, rows in here.groupby("study", sort=False):
        ordered = rows.sort_values("mean", key=abs, ascending=False, kind="stable")
        blocks[str(study)] = (ordered.head(top), max(len(rows) - top, 0))
    return Panel(letter, title, blocks)


def _wrapped(name: str, width: float) -> list[str]:
    """Break a name where it must be, best before an arrow."""
    room = int((width - PLOT - NUMBER - 0.2) / CHARACTER)
    name = plain(name)
    first, *others = [name] if len(name) <= room else name.split(" -> ")
    return [line for part in (first, *(f"-> {other}" for other in others)) for line in textwrap.wrap(part, room)]


def _tall(lines: list[str]) -> float:
    return ROW + LINE * (len(lines) - 1)


def _triangle(axes: Axes, centre: tuple[float, float], panels: Mapping[tuple[str, str], Panel]) -> None:
    places = {name: (centre[0] + x, centre[1] + y) for name, (x, y) in PLACES.items()}
    nodes = {}
    for name, place in places.items():
        nodes[name] = Circle(place, RADIUS, facecolor="white", edgecolor=INK, linewidth=1.4, zorder=5)
        axes.add_patch(nodes[name])
        axes.text(*place, WORDS[name], ha="center", va="center", fontsize=9.5, color=INK, zorder=6)
    for (source, target), panel in panels.items():
        seen = bool(panel.blocks)
        if source == target:
            _loop(axes, places[source], float(np.radians(LOOPS[source])), panel.letter)
            continue
        start, end = np.array(places[source]), np.array(places[target])
        along = (end - start) / np.hypot(*(end - start))
        aside = 0.09 * np.array([along[1], -along[0]])  # the two directions of a pair lie side by side
        ends = _pair(start + aside + (RADIUS + 0.03) * along), _pair(end + aside - (RADIUS + 0.04) * along)
        name, dashes = f"{source}->{target}", None if seen else (0, (3, 2))
        colour, thick = (INK, 1.6) if seen else (PALE, 1.1)
        arrow(axes, *ends, head=12, colour=colour, width=thick, dashes=dashes, name=name)
        at = _pair(start + 0.5 * (end - start) + 2.3 * aside)
        style: dict[str, Any] = {"fontsize": 9, "fontweight": "bold", "color": INK if seen else PALE}
        axes.text(at[0], at[1], panel.letter, ha="center", va="center", **style)


def _loop(axes: Axes, place: tuple[float, float], away: float, letter: str) -> None:
    """Draw an arrow from a vertex to itself."""
    ends = [_pair(np.array(place) + (RADIUS + 0.02) * _towards(away + d)) for d in (0.45, -0.45)]
    arrow(axes, *ends, head=10, width=1.3, bend=-1.1)
    at = np.array(place) + (RADIUS + 0.26) * _towards(away)
    axes.text(float(at[0]), float(at[1]), letter, ha="center", va="center", fontsize=9, fontweight="bold", color=INK)


def _towards(angle: float) -> NDArray[np.float64]:
    return np.array([np.cos(angle), np.sin(angle)])


def _pair(point: NDArray[np.float64]) -> tuple[float, float]:
    return float(point[0]), float(point[1])


def _draw_panel(
    axes: Axes, panel: Panel, corner: tuple[float, float], width: float, scales: Mapping[str, float], prob: float
) -> None:
    """Write a panel: its title, then study by study the pathways with their intervals and means."""
    left, y = corner
    colour = INK if panel.blocks else PALE
    axes.text(
        left, y - HEAD / 2, f"{panel.letter}  {panel.title}", va="center", fontsize=8.8, fontweight="bold", color=colour
    )
    y -= HEAD
    axes.plot([left, left + width], [y, y], color=colour, linewidth=0.7)
    if not panel.blocks:
        axes.text(left, y - ROW / 2 - 0.03, "no evidence", va="center", fontsize=7.5, fontstyle="italic", color=PALE)
        return
    zero = left + width - NUMBER - PLOT / 2
    for study, (rows, more) in panel.blocks.items():
        y -= ROW
        scale = scales[study]
        axes.text(left, y + ROW / 2 - 0.02, study, va="center", fontsize=7.5, fontstyle="italic", color=INK)
        top = y
        for _, row in rows.iterrows():
            lines = _wrapped(row["pathway"], width)
            middle = y - _tall(lines) / 2
            axes.text(left + 0.08, middle, "\n".join(lines), va="center", fontsize=7, color=INK, linespacing=1.05)
            look = MARKERS[list(scales).index(study)], certainty(row, prob)
            _estimate(axes, row, (zero, middle), PLOT / 2 / scale, look)
            mean = round(float(row["mean"]), 2) + 0.0  # no -0.00
            axes.text(left + width, middle, f"{mean:.2f}", ha="right", va="center", fontsize=7, color=INK)
            y -= _tall(lines)
        area = (zero - PLOT / 2, y + 0.01), PLOT, top - y - 0.02
        axes.add_patch(Rectangle(*area, facecolor=AREA, linewidth=0, zorder=0, gid="area"))
        axes.plot([zero, zero], [top, y], color=PALE, linewidth=0.6, zorder=1)
        if more:
            axes.text(
                left + 0.08, y - ROW / 2, f"and {more} smaller", va="center", fontsize=7, fontstyle="italic", color=INK
            )
            y -= ROW


def _estimate(
    axes: Axes, row: pd.Series, origin: tuple[float, float], scale: float, look: tuple[str, Certainty]
) -> None:
    x, y = origin
    marker, sure = look
    ends = [x + scale * row["lower"], x + scale * row["upper"]]
    style = (0, (1.0, 1.0)) if sure is NEGLIGIBLE else "-"
    axes.plot(ends, [y, y], color=INK, linewidth=1.1, linestyle=style, zorder=2, gid="interval")
    axes.plot(
        x + scale * row["mean"],
        y,
        marker,
        markersize=4.2,
        color=INK,
        markerfacecolor=FILL[sure],
        markeredgewidth=0.8,
        zorder=3,
        gid=str(row["pathway"]),
    )


def _legend(figure: Canvas, high: float, scales: Mapping[str, float], evidence: xr.Dataset) -> None:
    sure = [
        Line2D(
            [],
            [],
            color=INK,
            linewidth=1.1,
            linestyle=(0, (1.0, 1.0)) if one is NEGLIGIBLE else "-",
            marker="o",
            markersize=4.5,
            markerfacecolor=FILL[one],
            label=one.label,
        )
        for one in CERTAINTIES
    ]
    studies = [
        Line2D([], [], color=INK, linestyle="", marker=marker, markersize=4.5, label=f"{study}: ends at {scale:g}")
        for (study, scale), marker in zip(scales.items(), MARKERS, strict=False)
    ]
    for handles, place in ((sure, 0.1), (studies, 0.45)):
        top = (FOOT + ENTRY * max(4, len(scales)) - 0.06) / high
        figure.legend(handles=handles, loc="upper left", bbox_to_anchor=(place, top), frameon=False, fontsize=7.5)
    note = (
        f"Means and {100 * evidence.attrs['prob']:g} % intervals; each study has its own scale around 0, shaded, the "
    )
    note += f"same on all edges. In or beyond the ROPE with probability {level_of(evidence.attrs):g}."
    note += " Dashed grey arrows: no evidence."
    foot(figure, (WIDE, high), note, size=7.5)
