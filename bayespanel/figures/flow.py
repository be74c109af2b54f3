"""The flow of a cluster randomised trial after CONSORT: who was allocated to which arm, and who is analysed."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from bayespanel.data.trial import Trial
from bayespanel.data.trial_moments import TrialMoments
from bayespanel.data.wording import counted
from bayespanel.figures.canvas import INK, WIDE, arrow, plain, sheet
from bayespanel.figures.places import Size, scaled
from bayespanel.figures.plain_text import plain_text
from bayespanel.figures.wishes import Labels, wording
from bayespanel.language.errors import SpecError

UNITS = {"school": ("school", "schools"), "class": ("class", "classes"), "pupil": ("pupil", "pupils")}

SIZE = 7.8
"""Points of text."""

LINE = 0.148
"""Height of a line of text in inches."""

PAD = 0.09
"""Inches between a box and its text."""

NARROWEST, WIDEST = 2.35, 3.4
"""Bounds of the width of an arm's box, in inches; more arms than fit outgrow the page."""

TOP = (2.9, 2.6)
"""Width of the box of what was randomised, and of what was left out."""

BETWEEN = 0.18
"""Inches between boxes side by side."""

DROP = 0.42
"""Inches between boxes one below the other: an arrow."""

COLUMNS, NUMBER = (0.66, PAD), 0.42
"""How far the columns of numbers end from a box's right side, and the room for a number, in inches."""

HEAD, NONE = ("with a score on", ("n", "missing")), ("", "")
"""Heading of a table, and what stands beside plain text."""

Line = tuple[str, tuple[str, str], str]
"""Text, the two numbers beside it, and its look: "bold", "normal" or "italic"."""

WIDTH = 0.063
"""Inches of an average character, and a little more."""


@dataclass(frozen=True)
class Box:
    """A box: a bold title, lines of text, and a table of names with two numbers each."""

    title: str
    lines: tuple[str, ...] = ()
    rows: tuple[tuple[str, tuple[str, str]], ...] = ()

    def laid_out(self, width: float) -> list[Line]:
        """Return the lines as they are written: text, the numbers beside it, and its look."""
        whole = int((width - 2 * PAD) / WIDTH)
        beside = int((width - PAD - COLUMNS[0] - NUMBER) / WIDTH)
        out: list[Line] = [(part, NONE, "bold") for part in textwrap.wrap(self.title, int(0.9 * whole))]
        out += [(part, NONE, "normal") for line in self.lines for part in textwrap.wrap(line, whole)]
        if self.rows:
            out.append((*HEAD, "italic"))
        for name, numbers in self.rows:
            *first, last = textwrap.wrap(name, beside) or [""]
            out += [(part, NONE, "normal") for part in first] + [(last, numbers, "normal")]
        return out


@plain_text
def plot_flow(
    trial: Trial | TrialMoments,
    *,
    labels: Labels | None = None,
    figsize: Size | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Draw how the clusters and pupils of a trial flow from randomisation to analysis.

    Parameters
    ----------
    trial
        The trial, or its moments.
    labels, figsize, ax
        Words in place of names, such as ``{"pesten": "Victimisation"}``; width and height in inches; or axes of a
        figure of your own, whose place it takes. See `bayespanel.figures.wishes`.

    Returns
    -------
    matplotlib.figure.Figure
        From top to bottom: what was randomised; for each arm its clusters, its pupils and the sizes of its clusters;
        and, for each arm, the number of pupils with and without a score on each baseline and outcome. Rows that were
        left out when the data were read are shown beside. Only what is in the data can be counted: persons who were
        lost earlier are not known.

    Raises
    ------
    SpecError
        What was given is not a trial or its moments, but for example counts of categories or published estimates.

    References
    ----------
    Campbell, Piaggio, Elbourne & Altman (2012), doi:10.1136/bmj.e5661, on cluster randomised trials.
    """
    if not isinstance(trial, Trial | TrialMoments):
        raise SpecError(
            "The flow of a trial is counted from its pupils or their moments.",
            f"You gave a {type(trial).__name__}.",
            "Give a Trial or TrialMoments.",
        )
    moments = trial.moments() if isinstance(trial, Trial) else trial
    written = wording(labels, [*moments.arms, *moments.outcomes, *(before for _, before in moments.baseline)])
    arms = len(moments.arms)
    width = min(max((WIDE - 0.2 - BETWEEN * (arms - 1)) / arms, NARROWEST), WIDEST)
    start, left_out, middle, last = (
        _randomised(moments),
        _left_out(moments),
        _allocated(moments, written),
        _analysed(moments, written),
    )
    page = max(width * arms + BETWEEN * (arms - 1) + 0.2, TOP[0] + 0.3 + TOP[1] + 0.2)
    beside = 0.0 if left_out is None else _height([left_out], TOP[1])
    tall = [max(_height([start], TOP[0]), beside), _height(middle, width), _height(last, width)]
    high = sum(tall) + 2 * DROP + 0.55
    figure, axes = sheet(page, high, ax)
    first = page / 2 - (TOP[0] if left_out is None else TOP[0] + 0.3 + TOP[1]) / 2
    below = _draw_top(axes, start, left_out, (first, high - 0.1))
    second = high - 0.1 - tall[0] - DROP
    third = second - tall[1] - DROP
    fork, centre = second + 0.55 * DROP, first + TOP[0] / 2
    axes.plot([centre, centre], [below, fork], color=INK, linewidth=0.9)
    left = page / 2 - (width * arms + BETWEEN * (arms - 1)) / 2
    ends = [left + i * (width + BETWEEN) + width / 2 for i in range(arms)]
    axes.plot([min(centre, ends[0]), max(centre, ends[-1])], [fork, fork], color=INK, linewidth=0.9)
    for end, one, other in zip(ends, middle, last, strict=True):
        arrow(axes, (end, fork), (end, second))
        _box(axes, one, (end - width / 2, second), width, tall[1])
        arrow(axes, (end, second - tall[1]), (end, third))
        _box(axes, other, (end - width / 2, third), width, tall[2])
    note = "Counts are of the data at hand; who was lost before is not known here."
    axes.text(page / 2, 0.1, note, ha="center", va="bottom", fontsize=SIZE, color=INK)
    return scaled(figure, (page, high), figsize)


def _draw_top(axes: Axes, start: Box, left_out: Box | None, corner: tuple[float, float]) -> float:
    """Draw what was randomised and, beside it, what was left out; return where the first box ends."""
    left, top = corner
    height = _height([start], TOP[0])
    _box(axes, start, corner, TOP[0], height)
    if left_out is not None:
        side = left + TOP[0] + 0.3
        _box(axes, left_out, (side, top), TOP[1], _height([left_out], TOP[1]))
        axes.plot([side - 0.3, side], [top - 0.2] * 2, color=INK, linewidth=0.9, linestyle=(0, (3, 2)))
    return top - height


def _randomised(moments: TrialMoments) -> Box:
    table = moments.describe().arms
    unit = moments.randomised
    total = int(table["randomised"].sum())
    lines = [f"{counted(total, *UNITS[unit])} randomised to {counted(len(moments.arms), 'arm')}"]
    number = {"school": len(moments.school_names), "class": len(moments.class_names), "pupil": moments.n_pupils}
    held = [level for level in ("school", "class", "pupil") if level in (*moments.levels, "pupil") and level != unit]
    if held:
        lines.append(", ".join(counted(number[level], *UNITS[level]) for level in held))
    return Box("Randomised", tuple(lines))


def _left_out(moments: TrialMoments) -> Box | None:
    """What the notes of the data say was left out, in their own words."""
    found = tuple(note for note in moments.notes if "left out" in note)
    return Box("Not in the data", found) if found else None


def _allocated(moments: TrialMoments, written: Callable[[str], str]) -> list[Box]:
    out = []
    for _, row in moments.describe().arms.iterrows():
        lines = []
        for level in ("school", "class"):
            if level in moments.levels:
                lines.append(counted(int(row[UNITS[level][1]]), *UNITS[level]))
        lines.append(counted(int(row["pupils"]), "pupil"))
        if moments.levels:
            one = UNITS[moments.levels[0]][0]
            lines.append(f"pupils per {one}: median {row['median']:g} ({row['min']} to {row['max']})")
        out.append(Box(f"Allocated to {written(str(row['arm']))}", tuple(lines)))
    return out


def _analysed(moments: TrialMoments, written: Callable[[str], str]) -> list[Box]:
    """Who has a score on each cell, in each arm: pupils and innermost clusters."""
    sums = moments.sums
    names = [pre for _, pre in moments.baseline]
    cells = [(name, "baseline") for name in names] + [(name, "") for name in moments.outcomes]
    out = []
    for g in range(len(moments.arms)):
        here = sums.group == g
        pupils = int(sums.n[here].sum())
        rows = []
        for name, what in cells:
            seen = int(sums.n[here] @ sums.observed[here, sums.variables.index(name)])
            shown = plain(written(name)) + (f" ({what})" if what else "")
            rows.append((shown, (f"{seen}", f"{pupils - seen}")))
        lines = _clusters_analysed(moments, g)
        out.append(Box("Analysed", lines, tuple(rows)))
    return out


def _clusters_analysed(moments: TrialMoments, arm: int) -> tuple[str, ...]:
    """Return how many innermost clusters have an outcome: of each outcome where these differ."""
    sums = moments.sums
    if not sums.levels:
        return ()
    blocks = sums.group[sums.block_kind] == arm
    cluster, kind = sums.block_cluster[blocks], sums.block_kind[blocks]
    number: NDArray[Any] = np.array(
        [len(np.unique(cluster[sums.observed[kind, sums.variables.index(name)]])) for name in moments.outcomes]
    )
    low, high = int(number.min()), int(number.max())
    units = UNITS[sums.levels[0]]
    return (counted(high, *units) if low == high else f"{low} to {high} {units[1]}, depending on the outcome",)


def _height(boxes: Sequence[Box], width: float) -> float:
    return max(2 * PAD + LINE * len(box.laid_out(width)) for box in boxes)


def _box(axes: Axes, box: Box, corner: tuple[float, float], width: float, height: float) -> None:
    left, top = corner
    axes.add_patch(
        Rectangle((left, top - height), width, height, facecolor="white", edgecolor=INK, linewidth=0.9, gid="box")
    )
    for i, (text, numbers, look) in enumerate(box.laid_out(width)):
        style: dict[str, Any] = {"va": "top", "fontsize": SIZE, "color": INK}
        style |= {"fontweight": "bold"} if look == "bold" else {"fontstyle": look}
        y = top - PAD - LINE * i
        axes.text(left + PAD, y, text, ha="left", **style)
        for number, place in zip(numbers, COLUMNS, strict=True):
            axes.text(left + width - place, y, number, ha="right", **style)
