"""The path diagram of an RI-CLPM over waves: scores, deviations within persons, stable parts, and the lags between."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Ellipse, FancyArrowPatch, Rectangle
from matplotlib.path import Path
from numpy.typing import NDArray

from bayespanel.figures.canvas import INK, PALE, WIDE, arrow, foot, key, plain, sheet
from bayespanel.figures.certainty import arrow_key, certainty, head, lags_of, rope_words, short, width
from bayespanel.figures.places import Size, scaled
from bayespanel.figures.plain_text import plain_text
from bayespanel.figures.wishes import Labels, relabelled
from bayespanel.figures.within_wave import correlations, draw_within
from bayespanel.language.errors import SpecError
from bayespanel.language.names import interval_labels
from bayespanel.summaries.groups import of_one_group
from bayespanel.summaries.kinds import kinds_with
from bayespanel.summaries.table import table

Array = NDArray[np.float64]

MANY = 3
"""Variables beyond which lags that lie mostly inside the region are left out: their arrows would hide the others."""

LIMITS = (0.5, 0.25, 0.1, 0.05)
"""Probability of lying inside the region from which they are: the first that leaves no crowd, or the last."""

CROWD = 24
"""Direct lags between two waves that are one."""

GAP = (1.15, 1.9)
"""Least and greatest distance between waves, in inches like all lengths here; many waves outgrow the page."""

PITCH = {2: 1.75, 3: 1.5}
"""Distance between variables; 1.3 of many."""

RADIUS, BOX, OVAL = 0.15, (0.66, 0.24), (1.12, 0.46)
"""Of a circle; width and height of a box (of one line) and of an oval."""

LINE = (9, 13)
"""Characters after which labels of waves and names of variables go on below."""

ABOVE, TRUNK = 0.5, 0.78
"""How far a box and the line from the stable part stand from their circle."""

FOOT = 1.45
"""Height of legend and note."""

PLACES = (0.3, 0.26, 0.34, 0.22, 0.38, 0.18, 0.42, 0.7, 0.66, 0.74, 0.62, 0.78, 0.5, 0.46, 0.54, 0.14, 0.86)
"""Where along its arrow a number may stand, from the best place on."""


@dataclass(frozen=True)
class Layout:
    """Where everything stands, in inches from the lower left.

    Attributes
    ----------
    names, waves
        Rows from top to bottom, and columns.
    x : [wave]
    y : [variable]
        Centres of the circles.
    size
        Width and height of the figure.
    """

    names: tuple[str, ...]
    waves: tuple[str, ...]
    x: tuple[float, ...]
    y: tuple[float, ...]
    size: tuple[float, float]

    def side(self, row: int) -> int:
        """Return whether scores stand above (1) or, of the last variable, below (-1) their circles."""
        return -1 if row and row == len(self.names) - 1 else 1


@plain_text
def plot_path_diagram(
    evidence: xr.Dataset,
    *,
    waves: Sequence[str] | None = None,
    intercepts: bool | None = None,
    group: str | None = None,
    within: xr.Dataset | None = None,
    labels: Labels | None = None,
    figsize: Size | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Draw the path diagram of a random-intercept cross-lagged panel model over its waves.

    Parameters
    ----------
    evidence
        From `bp.evidence`, with the kinds "direct" and "carry_over", and "between" for correlations of stable parts.
    waves
        Labels of the waves, in order. The default is those of the evidence, which are in its attributes.
    intercepts
        Whether the model has stable parts (random intercepts). The default is what the evidence says of its model.
    group
        Name of the group of pupils, if the evidence has several.
    within
        The posterior of the fit: correlations within each wave are then drawn too, of deviations at the first wave and
        of innovations at later ones. Of three variables at most.
    labels, figsize, ax
        Words in place of names, such as ``{"pesten": "Victimisation"}``; width and height in inches; or axes of a
        figure of your own, whose place it takes. See `bayespanel.figures.wishes`.

    Returns
    -------
    matplotlib.figure.Figure
        Boxes are observed scores, circles are deviations within persons, and ovals are stable parts. Arrows between
        circles are lags: the width shows the size of the mean, darkness and dashes show how sure it is, and a bar in
        place of the head marks a negative lag. If lags are averaged over intervals, the numbers stand between the first
        two waves. With more than three variables, lags whose probability of lying inside the region of practical
        equivalence is 0.5 or more are left out; the limit is 0.25, 0.1 or 0.05 if otherwise more than 24 lags were
        drawn between two waves. The note below the figure gives the limit and the number of these lags.

    Raises
    ------
    SpecError
        There are fewer than two waves, no pathways of these kinds, intervals that are not those of the waves,
        several groups and none was chosen, or correlations within waves that cannot be had.
    """
    own = of_one_group(evidence, group, "A path diagram")
    evidence = relabelled(own, labels)
    times = tuple(map(str, evidence.attrs.get("waves", ()) if waves is None else waves))
    intercepts = bool(evidence.attrs.get("intercepts", True) if intercepts is None else intercepts)
    frame = _lags(evidence, times)
    names = tuple(dict.fromkeys([*frame["source"], *frame["target"]]))
    beside = None if within is None else _within(own, within, len(times))
    shown, limit = _uncrowded(frame, len(names))
    layout = _layout(names, times, intercepts)
    figure, axes = sheet(*layout.size, ax)
    for row in range(len(names)):
        _draw_row(axes, layout, row, intercepts)
    stable = _draw_associations(axes, layout, evidence) if intercepts and len(names) <= MANY else False
    crowded = 0
    for t, interval in enumerate(interval_labels(times)):
        here = shown[shown["interval"].isin(["", interval])]
        numbers = t == 0 or bool((here["interval"] != "").any())
        crowded += _draw_interval(axes, layout, t, here, evidence.attrs["prob"], numbers=numbers)
    if beside is not None:
        draw_within(axes, (layout.x, layout.y), beside, RADIUS)
    note = _note(evidence, frame, shown, intercepts, stable)
    if beside is None:
        note += " Associations within a wave are not drawn."
    else:
        note += " Arcs before circles: correlations within a wave, after the first those of innovations."
    note += f" {evidence.attrs['diagram']}" if evidence.attrs.get("diagram") else ""
    if len(shown) < len(frame):
        note += (
            f" Not drawn: {len(frame) - len(shown)} of {len(frame)} lags, inside the ROPE with probability {limit:g} "
        )
        note += "or more."
    key(figure, arrow_key(), columns=3, place="lower center", at=(0.5, 0.78 / layout.size[1]))
    foot(figure, layout.size, note + (f" {crowded} numbers found no room." if crowded else ""), above=0.1, letters=15.3)
    return scaled(figure, layout.size, figsize)


def _within(evidence: xr.Dataset, posterior: xr.Dataset, waves: int) -> list[dict[tuple[int, int], str]]:
    """Return correlations within each wave, of the variables as the posterior names them."""
    frame = lags_of(evidence, "A path diagram")
    names = list(dict.fromkeys([*frame["source"], *frame["target"]]))
    if len(names) > MANY:
        raise SpecError(
            f"Correlations within waves are drawn of {MANY} variables at most.",
            f"There are {len(names)}.",
            "Leave out within=.",
        )
    return correlations(posterior, names, waves, evidence.attrs.get("group"))


def _lags(evidence: xr.Dataset, waves: tuple[str, ...]) -> pd.DataFrame:
    if len(waves) < 2:
        raise SpecError(
            "A path diagram over waves has two or more.", f"You gave: {', '.join(waves) or 'none'}.", "Give all labels."
        )
    frame = lags_of(evidence, "A path diagram")
    present = [str(label) for label in pd.unique(frame["interval"])]
    expected = interval_labels(waves)
    if present != [""] and set(present) != set(expected):
        raise SpecError(
            "The intervals of the evidence lie between the waves of the diagram.",
            f"It has {', '.join(map(repr, present))}; the waves give {', '.join(map(repr, expected))}.",
            "Give the labels of the panel's waves, in order.",
        )
    return frame


def _uncrowded(frame: pd.DataFrame, variables: int) -> tuple[pd.DataFrame, float]:
    """Return the lags that are drawn, and the probability of lying inside the region from which they are not."""
    if variables <= MANY:
        return frame, 1.0
    for limit in LIMITS:
        shown = frame[frame["prob_rope"] < limit]
        if shown[shown["source"] != shown["target"]].groupby("interval").size().max() <= CROWD:
            break
    return shown, limit


def _layout(names: tuple[str, ...], waves: tuple[str, ...], intercepts: bool) -> Layout:
    k, steps = len(names), len(waves) - 1
    arcs = {2: 0.55, 3: 0.85}.get(k, 0.1) if intercepts else 0.1  # correlations of stable parts
    first = arcs + OVAL[0] + 0.75
    gap = min(GAP[1], max(GAP[0], (WIDE - first - 0.5) / steps))
    pitch = PITCH.get(k, 1.3)
    reach = TRUNK + 0.3 if intercepts else ABOVE + 0.3
    size = (max(first + gap * steps + 0.5, 6.2), FOOT + pitch * (k - 1) + reach + (reach if k > 1 else 0.3))
    top = size[1] - reach
    return Layout(
        names,
        waves,
        x=tuple(first + gap * t for t in range(steps + 1)),
        y=tuple(top - pitch * row for row in range(k)),
        size=size,
    )


def _draw_row(axes: Axes, layout: Layout, row: int, intercepts: bool) -> None:
    """Draw a variable's circles, boxes and oval, and the lines by which a score is made of its parts."""
    y, side, name = layout.y[row], layout.side(row), layout.names[row]
    thin: dict[str, Any] = {"color": PALE, "linewidth": 0.7, "zorder": 1}
    trunk = y + side * TRUNK
    for x, wave in zip(layout.x, layout.waves, strict=True):
        lines = textwrap.wrap(wave, LINE[0], max_lines=3, placeholder="…")
        half = BOX[1] / 2 + 0.05 * (len(lines) - 1)
        stretches = [(y + side * RADIUS, y + side * (ABOVE - half))]
        stretches += [(trunk, y + side * (ABOVE + half))] if intercepts else []
        for start, end in stretches:
            arrow(axes, (x, start), (x, end), head=6, colour=PALE, width=0.7, order=1)
        corner = (x - BOX[0] / 2, y + side * ABOVE - half)
        axes.add_patch(
            Rectangle(corner, BOX[0], 2 * half, facecolor="white", edgecolor=INK, linewidth=0.9, zorder=6, gid="score")
        )
        size = 7.5 if len(lines) == 1 else 6.5
        axes.text(x, y + side * ABOVE, "\n".join(lines), ha="center", va="center", fontsize=size, color=INK, zorder=7)
        circle = Circle((x, y), RADIUS, facecolor="white", edgecolor=INK, linewidth=1.2, zorder=6, gid="within")
        axes.add_patch(circle)
    label = plain(name, LINE[1])
    centre = layout.x[0] - 0.75 - OVAL[0] / 2 + 0.1
    if not intercepts:
        axes.text(layout.x[0] - 0.45, y + side * ABOVE, label, ha="right", va="center", fontsize=9, color=INK)
        return
    axes.plot([centre, layout.x[-1]], [trunk, trunk], **thin)
    axes.add_patch(
        Ellipse((centre, trunk), *OVAL, facecolor="white", edgecolor=INK, linewidth=1.2, zorder=6, gid="stable")
    )
    axes.text(centre, trunk, label, ha="center", va="center", fontsize=7.8, color=INK, zorder=7, linespacing=1.05)


def _draw_associations(axes: Axes, layout: Layout, evidence: xr.Dataset) -> bool:
    """Draw correlations of the pupils' stable parts, where the evidence has them, and say whether it has."""
    frame = table(evidence)
    correlations = frame["kind"].isin(kinds_with(lambda kind: kind.scale == "correlation"))
    found = frame[correlations & (frame["level"] == "pupil")] if "level" in frame else frame.iloc[:0]
    left = layout.x[0] - 0.75 - OVAL[0] + 0.1
    for _, one in found.iterrows():
        i, j = (layout.names.index(one[end]) for end in ("source", "target"))
        start, end = (layout.y[row] + layout.side(row) * TRUNK for row in sorted((i, j)))
        out = 0.28 if abs(i - j) == 1 else 0.75  # the longer arc goes around the shorter ones
        path = Path(
            [(left, start), (left - out, start), (left - out, end), (left, end)],
            [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4],
        )
        axes.add_patch(
            FancyArrowPatch(path=path, arrowstyle="<|-|>", mutation_scale=7, color=PALE, linewidth=0.9, fill=False)
        )
        place = (left - 0.75 * out, (start + end) / 2)
        _number(axes, place, short(one), 8)
    return not found.empty


def _draw_interval(axes: Axes, layout: Layout, t: int, frame: pd.DataFrame, prob: float, *, numbers: bool) -> int:
    """Draw the lags from one wave to the next, the surest on top; return how many numbers found no room."""
    lags = [(layout.names.index(one["source"]), layout.names.index(one["target"]), one) for _, one in frame.iterrows()]
    curves = []
    for source, target, one in lags:
        exits = [y for x, y, _ in lags if x == source]
        entries = [x for x, y, _ in lags if y == target]
        curve = _curve(layout, t, (source, target), (exits, entries))
        curves.append(curve)
        sure = certainty(one, prob)
        axes.add_patch(
            FancyArrowPatch(
                path=Path(curve, [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4]),
                arrowstyle=head(one["mean"]),
                mutation_scale=9,
                linewidth=width(one["mean"]),
                linestyle=sure.style,
                edgecolor=sure.colour,
                facecolor=sure.colour if one["mean"] >= 0 else "none",
                zorder=1 + sure.order / 2,
                gid=one["pathway"],
            )
        )
    if not numbers:
        return 0
    size = 8.0 if len(layout.names) <= MANY else 7.0
    shown = [short(one) for _, _, one in lags]
    places = _places(layout, t, curves, shown, size)
    for place, text in zip(places, shown, strict=True):
        if place is not None:
            _number(axes, place, text, size)
    return places.count(None)


def _curve(layout: Layout, t: int, ends: tuple[int, int], sharing: tuple[list[int], list[int]]) -> Array:
    """Control points [4, 2] of a curve that leaves and enters level, between the columns, at ports of its own."""
    source, target = ends
    out, into = _port(source, target, sharing[0]), _port(target, source, sharing[1])
    x0, y0 = layout.x[t] + RADIUS * np.cos(out), layout.y[source] + RADIUS * np.sin(out)
    x1, y1 = layout.x[t + 1] - (RADIUS + 0.03) * np.cos(into), layout.y[target] + (RADIUS + 0.03) * np.sin(into)
    bend = 0.5 * (x1 - x0)
    return np.array([(x0, y0), (x0 + bend, y0), (x1 - bend, y1), (x1, y1)])


def _port(here: int, there: int, all_there: list[int]) -> float:
    """Angle at a circle from which a curve goes to another row; the further the row, the steeper."""
    if here == there:
        return 0.0
    same = sorted(
        (row for row in all_there if (row < here) == (there < here) and row != here), key=lambda r: abs(r - here)
    )
    angle = 22.0 + 40.0 * same.index(there) / max(len(same) - 1, 1)
    return float(np.radians(angle if there < here else -angle))


def _points(curve: Array, at: Array) -> Array:
    s = at[:, None]
    return np.asarray(
        (1 - s) ** 3 * curve[0] + 3 * (1 - s) ** 2 * s * curve[1] + 3 * (1 - s) * s**2 * curve[2] + s**3 * curve[3]
    )


def _places(
    layout: Layout, t: int, curves: list[Array], texts: list[str], size: float
) -> list[tuple[float, float] | None]:
    """Choose a place for each number: on its arrow, off boxes, circles and other numbers, and best off other arrows."""
    lines = [_points(curve, np.linspace(0, 1, 120)) for curve in curves]
    taken = [  # centres and half-sizes
        (x, y + side * offset, *half)
        for y, side in ((y, layout.side(row)) for row, y in enumerate(layout.y))
        for x in layout.x[t : t + 2]
        for offset, half in ((0.0, (RADIUS, RADIUS)), (ABOVE, (BOX[0] / 2, BOX[1] / 2)))
    ]
    out: list[tuple[float, float] | None] = []
    for i, (curve, text) in enumerate(zip(curves, texts, strict=True)):
        half = np.array([0.33 * size * len(text) / 72 + 0.02, 0.5 * size / 72 + 0.03])
        level = bool(curve[0][1] == curve[3][1])
        places = _points(curve, np.array((0.5, *PLACES) if level else PLACES))
        blocks = np.array(taken)
        free = [bool((np.abs(blocks[:, :2] - place) >= blocks[:, 2:] + half).any(axis=1).all()) for place in places]
        crossed = [
            sum(bool((np.abs(line - place) < half).all(axis=1).any()) for j, line in enumerate(lines) if j != i)
            for place in places
        ]
        order = sorted((n, rank) for rank, n in enumerate(crossed) if free[rank])
        out.append(None)
        if order:
            x, y = places[order[0][1]]
            out[-1] = (float(x), float(y))
            taken.append((float(x), float(y), *half))
    return out


def _number(axes: Axes, place: tuple[float, float], text: str, size: float) -> None:
    box = {"boxstyle": "square,pad=0.12", "facecolor": "white", "edgecolor": "none"}
    axes.text(*place, text, ha="center", va="center", fontsize=size, color=INK, zorder=5, bbox=box, gid="number")


def _note(evidence: xr.Dataset, frame: pd.DataFrame, shown: pd.DataFrame, intercepts: bool, stable: bool) -> str:
    parts = "Boxes: observed scores; circles: deviations within persons"
    parts += "; ovals: stable parts (random intercepts)" if intercepts else ""
    out = [f"Group {evidence.attrs['group']}."] if evidence.attrs.get("group") else []
    out += [
        parts + (", with their correlations." if stable else "."),
        "Arrows between circles: standardised lags"
        + ("." if (frame["interval"] != "").any() else ", averaged over intervals, numbered at the first."),
        rope_words(evidence),
    ]
    if (shown["mean"] < 0).any():
        out.append("A bar for a head: negative.")
    return " ".join(out)
