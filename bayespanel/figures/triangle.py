"""The triangle child - parents - school: an arrow per direct effect, as wide as it is large, as dark as it is sure."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch

from bayespanel.figures.canvas import INK, PALE, key, plain
from bayespanel.figures.certainty import Certainty, arrow_key, certainty, head, lags_of, rope_words, short, width
from bayespanel.figures.places import Canvas, Size, drawing, scaled
from bayespanel.figures.plain_text import plain_text
from bayespanel.figures.wishes import Labels, relabelled
from bayespanel.language.errors import SpecError
from bayespanel.summaries.groups import of_one_group
from bayespanel.summaries.kinds import kinds_with
from bayespanel.summaries.table import number

AROUND = ("child", "parent", "school")
"""Order of the vertices around the circle, against the clock, the child on top."""

SIZE = (7.8, 7.4)
"""Width and height in inches."""

GAP = 24.0
"""Degrees by which neighbours on two vertices stand further apart than those on one."""

LINE = 14
"""Characters after which a variable's name goes on below, so that it stays within the figure."""

RADIUS = 0.115
"""Radius of a node; the circle of nodes has radius 1."""

BEND = 0.12
"""Curvature of an arrow, so that the two directions of a pair lie side by side."""

LABELLED = 3
"""Variables up to which arrows carry their number; beyond it numbers would lie on arrows."""


@plain_text
def plot_triangle(
    evidence: xr.Dataset,
    *,
    interval: str | None = None,
    group: str | None = None,
    labels: Labels | None = None,
    figsize: Size | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Draw the variables on their vertices and the direct effects as arrows.

    Parameters
    ----------
    evidence
        From `bp.evidence`, with the kinds "direct" and "carry_over". Without a triangle the variables stand on a
        circle.
    interval
        Name of the interval, if the evidence has several.
    group
        Name of the group of pupils, if the evidence has several.
    labels, figsize, ax
        Words in place of names, such as ``{"pesten": "Victimisation"}``; width and height in inches; or axes of a
        figure of your own, whose place it takes. See `bayespanel.figures.wishes`.

    Returns
    -------
    matplotlib.figure.Figure
        The width of an arrow shows the size of the mean; a bar in place of the head marks a negative effect. Darkness
        and dashes show how sure the effect is. The number in a node is its carry-over. The figure can be read without
        colour.

    Raises
    ------
    SpecError
        The evidence has no pathways of these kinds, or has several intervals or groups and none was chosen.
    """
    evidence = relabelled(of_one_group(evidence, group, "The triangle"), labels)
    frame = one_interval(evidence, interval)
    vertex = _vertices(frame)
    degrees = angles(vertex)
    figure = drawing(SIZE, ax)
    axes = figure.add_axes((0.01, 0.17, 0.98, 0.82))
    axes.set_aspect("equal")
    axes.set_axis_off()
    axes.set_xlim(-1.95, 1.95)
    lowest = min(_place(degree)[1] for degree in degrees.values())
    axes.set_ylim(min(lowest, -0.5) - 0.5, 1.72)
    nodes = _draw_nodes(axes, frame, degrees, vertex)
    direct = frame[frame["kind"].isin(kinds_with(lambda kind: kind.cross_lag))]
    sure = {name: certainty(row, evidence.attrs["prob"]) for name, row in direct.set_index("pathway").iterrows()}
    drawn = sorted((row for _, row in direct.iterrows()), key=lambda row: sure[row["pathway"]].order)
    for row in drawn:  # the surest on top
        _draw_arrow(axes, row, sure[row["pathway"]], nodes, labelled=len(nodes) <= LABELLED)
    _legend(figure, evidence, interval, drawn)
    return scaled(figure, SIZE, figsize)


def angles(vertex: Mapping[str, str]) -> dict[str, float]:
    """Return where variables stand on the circle, in degrees, from their vertices ("" for all: evenly spaced).

    On a circle no straight line between two nodes passes through a third.
    """
    names = list(vertex)
    if not all(vertex.values()):
        return {name: 90 - 360 * i / len(names) for i, name in enumerate(names)}
    members = {side: [name for name in names if vertex[name] == side] for side in AROUND}
    step = (360 - len(AROUND) * GAP) / sum(
        max(len(group), 1) for group in members.values()
    )  # an empty one keeps its place
    out = {}
    at = 90 - step * (len(members["child"]) - 1) / 2 if members["child"] else 90.0
    for side, group in members.items():  # named from left to right, and from top to bottom
        for i, name in enumerate(group if side == "parent" else group[::-1]):
            out[name] = at + step * i
        at += step * max(len(group), 1) + GAP
    return {name: out[name] for name in names}


def one_interval(evidence: xr.Dataset, interval: str | None) -> pd.DataFrame:
    """Return the carry-over and direct pathways of one interval.

    Raises
    ------
    SpecError
        When the evidence holds several intervals and none, or an unknown one, was chosen.
    """
    frame = lags_of(evidence, "The triangle")
    present = [str(label) for label in pd.unique(frame["interval"])]
    if interval is None and len(present) == 1:
        interval = present[0]
    if interval not in present:
        raise SpecError(
            "The triangle draws the effects of one interval.",
            f"The evidence has {', '.join(map(repr, present))}; chosen was {interval!r}.",
            f"Write for example interval={present[0]!r}.",
        )
    return frame[frame["interval"] == interval]


def _vertices(frame: pd.DataFrame) -> dict[str, str]:
    """Vertex of each variable, as the edges tell; "" without a triangle."""
    out: dict[str, str] = {}
    for _, row in frame.iterrows():
        ends = str(row["edge"]).split("->") if row["edge"] else ["", ""]
        out |= {row["source"]: ends[0], row["target"]: ends[1]}
    return out


def _draw_nodes(
    axes: Axes, frame: pd.DataFrame, degrees: Mapping[str, float], vertex: Mapping[str, str]
) -> dict[str, Circle]:
    carry_over = frame[frame["kind"].isin(kinds_with(lambda kind: kind.loop))].set_index("source")
    nodes = {}
    for name, degree in degrees.items():
        x, y = _place(degree)
        nodes[name] = Circle((x, y), RADIUS, facecolor="white", edgecolor=INK, linewidth=1.4, zorder=10)
        axes.add_patch(nodes[name])
        if name in carry_over.index:
            shown = short({end: carry_over[end][name] for end in ("mean", "mcse_mean")})
            axes.text(x, y, shown, ha="center", va="center", fontsize=9.5, color=INK, zorder=11)
        _write(axes, name, degree, 1 + RADIUS + 0.06, fontsize=11, color=INK, weight="normal")
    for side in AROUND:
        group = [degrees[name] for name in degrees if vertex[name] == side]
        if group:
            _write(axes, side.upper(), float(np.mean(group)), 1 + RADIUS + 0.42, fontsize=10, color=PALE, weight="bold")
    return nodes


def _place(degree: float, radius: float = 1.0) -> tuple[float, float]:
    return radius * float(np.cos(np.radians(degree))), radius * float(np.sin(np.radians(degree)))


def _write(axes: Axes, text: str, degree: float, radius: float, *, fontsize: float, color: str, weight: str) -> None:
    """Write outside the circle, so that the text grows away from it."""
    x, y = _place(degree, radius)
    ha = "center" if abs(x) < 0.3 * radius else "left" if x > 0 else "right"
    va = "center" if abs(y) < 0.3 * radius else "bottom" if y > 0 else "top"
    axes.text(x, y, plain(text, LINE), ha=ha, va=va, fontsize=fontsize, color=color, weight=weight, zorder=11)


def _draw_arrow(axes: Axes, row: pd.Series, sure: Certainty, nodes: Mapping[str, Circle], *, labelled: bool) -> None:
    source, target = nodes[row["source"]], nodes[row["target"]]
    axes.add_patch(
        FancyArrowPatch(
            source.center,
            target.center,
            connectionstyle=f"arc3,rad={BEND}",
            arrowstyle=head(row["mean"]),
            patchA=source,
            patchB=target,
            shrinkA=2,
            shrinkB=3,
            mutation_scale=11,
            linewidth=width(row["mean"]),
            linestyle=sure.style,
            color=sure.colour,
            zorder=sure.order,
            gid=row["pathway"],
        )
    )
    if labelled:
        start, end = np.array(source.center), np.array(target.center)
        away = np.array([end[1] - start[1], start[0] - end[0]])  # the side to which arc3 bends
        length = float(np.hypot(*away))
        beside = 0.07 + 0.11 * abs(away[0]) / length  # a number is wider than high
        x, y = (start + end) / 2 + away * (BEND / 2 + beside / length)
        shown = number(row["mean"], row["mcse_mean"]).strip()
        axes.text(x, y, shown, ha="center", va="center", fontsize=10, color=INK, zorder=12)


def _legend(figure: Canvas, evidence: xr.Dataset, interval: str | None, drawn: list[pd.Series]) -> None:
    key(figure, arrow_key(), columns=3, place="lower center", at=(0.5, 0.07), size=9.5)
    waves = f", waves {interval}" if interval else ""
    waves += f", group {evidence.attrs['group']}" if evidence.attrs.get("group") else ""
    note = f"Standardised direct effects{waves}; in the nodes, carry-over.\n"
    note += rope_words(evidence)
    note += " A bar for a head: negative." if any(row["mean"] < 0 for row in drawn) else ""
    figure.text(0.5, 0.02, note, ha="center", va="bottom", fontsize=9, color=INK, linespacing=1.4)
