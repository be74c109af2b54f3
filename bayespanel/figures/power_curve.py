"""Power or assurance of a design: a line per pathway over the size that varies most, with Monte Carlo bands."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from bayespanel.figures.canvas import (
    INK,
    MARKERS,
    NOMINAL,
    PALE,
    WIDE,
    estimate,
    name_rows,
    open_frame,
    plain,
    require_signs,
)
from bayespanel.figures.places import Canvas, Size, laid_out
from bayespanel.figures.plain_text import plain_text
from bayespanel.figures.study_notes import ended, note, origin, require, spread
from bayespanel.figures.trajectories import COLOURS, STYLES
from bayespanel.figures.wishes import Labels, relabelled, wording
from bayespanel.language.errors import SpecError
from bayespanel.summaries.kinds import kinds_with

if TYPE_CHECKING:
    from bayespanel.design.sample_size import SampleSize

MOST = 10
"""Pathways that are drawn unless some are asked for: as many as there are colours."""

TOLD_APART = len(MARKERS)
"""Lines at most: each has a sign of its own."""

BESIDE = 48
"""Characters of a label beside dots; of a longer one the truth stands below the name."""

COLUMNS = 4
"""Panels side by side on a page."""

HALF = 64
"""Characters of a label of which two stand side by side."""

HIGH, ROW, FRAME = 2.15, 0.2, 0.75
"""Inches of a panel of lines, of a row of dots, and of what stands around rows of dots."""


@dataclass(frozen=True, eq=False)
class Panel:
    """A small multiple.

    Attributes
    ----------
    decision
        The rule.
    title
        Values of the fields of the grid that hold in it.
    part
        Its conditions.
    """

    decision: str
    title: str
    part: xr.Dataset


@plain_text
def plot_power(
    table: xr.Dataset | SampleSize,
    *,
    decision: str | Sequence[str] | None = None,
    pathways: str | Sequence[str] | None = None,
    x: str | None = None,
    goal: float = 0.8,
    labels: Labels | None = None,
    figsize: Size | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Draw how often a design leads to a decision, pathway by pathway.

    Parameters
    ----------
    table
        From `assurance`, or from `sample_size`, whose values that were tried are drawn.
    decision
        Decisions to draw; all by default.
    pathways
        Pathways to draw. By default those of one step, direct effects first and, within a kind, those with the largest
        truth first. At most 10 are drawn, and the note below the figure names the others.
    x
        Field of the grid for the horizontal axis. By default the numeric field with the most values.
    goal
        Height of a dashed line (default 0.8).
    labels, figsize, ax
        Words in place of names, such as ``{"pesten": "Victimisation"}``; width and height in inches; or axes of a
        figure of your own, whose place it takes. See `bayespanel.figures.wishes`.

    Returns
    -------
    matplotlib.figure.Figure
        One panel per decision and per combination of the other fields, with lines and 95 % Monte Carlo bands over `x`;
        or dots with intervals if there is one condition or no numeric field. The note below says how many fits failed
        or did not converge. The legend gives the truth. If the truth is 0, a line shows how often the decision is
        wrong.

    Raises
    ------
    SpecError
        The table does not have a decision, pathway or field of this name; there are more pathways than signs to mark
        them; the goal is not a share; or there is nothing to draw.
    """
    if not 0 < goal < 1:
        raise SpecError("A goal is a share between 0 and 1.", f"It is {goal!r}.", "Write for example 0.8.")
    table = table if isinstance(table, xr.Dataset) else table.table
    known = [str(name) for name in table["decision"].values]
    wanted = known if decision is None else [decision] if isinstance(decision, str) else decision
    rules = require(
        [" ".join(rule.split()) for rule in wanted], known, "A figure of power draws decisions of its table."
    )
    written = wording(labels, map(str, table["pathway"].values))
    if pathways is not None:
        pathways = [written(name) for name in ([pathways] if isinstance(pathways, str) else pathways)]
    table = relabelled(table, labels)
    shown, others = _pathways(table.sel(decision=rules), pathways)
    along = _along(table, x)
    panels = _panels(table.sel(decision=rules, pathway=shown), rules, along)
    figure = _lines(panels, shown, along, goal, ax) if along else _dots(panels, shown, goal, ax)
    return note(
        figure, _words(table, rules, others, goal), axis=plain(along) if along else _name(panels), figsize=figsize
    )


def _pathways(table: xr.Dataset, pathways: str | Sequence[str] | None) -> tuple[list[str], list[str]]:
    """Return the pathways to draw, and those of the same kinds that are left out."""
    known = [str(name) for name in table["pathway"].values]
    decided = table["assurance"].notnull().any(["condition", "decision"]).values
    if pathways is None:
        kinds = table["kind"].values.astype(str).tolist()
        size = np.nan_to_num(np.abs(table["truth"].transpose("condition", "pathway").values).max(axis=0))
        order = kinds_with(lambda kind: kind.decided) + kinds_with(lambda kind: kind.single and kind.loop)
        places = [i for i in range(len(known)) if decided[i] and kinds[i] in order]
        places.sort(key=lambda i: (order.index(kinds[i]), -round(float(size[i]), 6)))
        names = [known[i] for i in places]
        shown, others = names[:MOST], names[MOST:]
    else:
        chosen = [pathways] if isinstance(pathways, str) else pathways
        shown, others = require(chosen, known, "A figure of power draws pathways of its table."), []
        shown = [name for name in shown if decided[known.index(name)]]
    if not shown:
        raise SpecError(
            "A figure of power needs a pathway on which a decision could be reached.",
            "None has a share of replicates." if pathways is None else f"{', '.join(map(repr, chosen))} has none.",
            "Look at table['assurance'], choose other pathways or decisions, or run more of the study.",
        )
    return shown, others


def _fields(table: xr.Dataset) -> dict[str, list[object]]:
    """Return the fields of the grid that have several values."""
    every = {
        str(name): list(coordinate.values.tolist())
        for name, coordinate in table.coords.items()
        if name != "condition" and coordinate.dims == ("condition",)
    }
    return {name: values for name, values in every.items() if len(set(values)) > 1}


def _along(table: xr.Dataset, x: str | None) -> str | None:
    """Return the field of the axis, None for dots."""
    fields = _fields(table)
    numeric = {
        name: len(set(values))
        for name, values in fields.items()
        if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    }
    if x is not None:
        rule = "The axis of a figure of power is a numeric field of the grid with several values."
        require([x], list(numeric), rule)
        return x
    if len(set(zip(*fields.values(), strict=True))) < table.sizes["condition"]:
        return None  # fields that are tables have no coordinate, so conditions cannot be put in order
    return max(numeric, key=lambda name: numeric[name]) if numeric else None


def _panels(table: xr.Dataset, rules: Sequence[str], along: str | None) -> list[Panel]:
    fields = _fields(table)
    rest = [name for name in fields if name != along]
    if along is None:
        titles = [plain(str(name)).replace("=", " ") for name in table["condition"].values]
        titles = [""] if len(titles) == 1 else titles
    else:
        rows = zip(*(fields[name] for name in rest), strict=True) if rest else [()] * table.sizes["condition"]
        titles = [", ".join(f"{plain(k)} {v}" for k, v in zip(rest, row, strict=True)) for row in rows]
    places: dict[str, list[int]] = {}
    for i, title in enumerate(titles):
        places.setdefault(title, []).append(i)
    out = []
    for rule in rules:
        for title, own in places.items():
            part = table.sel(decision=rule).isel(condition=own)
            out.append(Panel(rule, title, part if along is None else part.sortby(along)))
    return out


def _grid(panels: Sequence[Panel], most: int) -> tuple[int, list[int]]:
    """Return the number of columns, and each panel's place; a decision begins a row."""
    rules = list(dict.fromkeys(panel.decision for panel in panels))
    each = len(panels) // len(rules)
    columns = min(most, len(rules) if each == 1 else each)
    tall = 1 if each == 1 else -(-each // columns) * columns
    return columns, [tall * (i // each) + i % each for i in range(len(panels))]


def _title(panel: Panel, panels: Sequence[Panel], width: int) -> str:
    several = any(other.decision != panel.decision for other in panels)
    parts = [panel.decision] * several + [textwrap.fill(panel.title, width)] * bool(panel.title)
    return "\n".join(parts)


def _name(panels: Sequence[Panel]) -> str:
    """Return the axis: the word, and the decision where it is one."""
    rules = {panel.decision for panel in panels}
    word = _word(panels[0].part)
    return f"{word} ({rules.pop()})" if len(rules) == 1 else word


def _word(table: xr.Dataset) -> str:
    return "Power" if table.attrs["truth"] == "fixed" else "Assurance"


def _axes(figure: Canvas, panels: Sequence[Panel], most: int) -> tuple[int, list[Axes]]:
    columns, places = _grid(panels, most)
    rows = max(places) // columns + 1
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
    for place, axes in enumerate(grid):
        if place not in places:
            axes.remove()
            if place >= columns:
                grid[place - columns].xaxis.set_tick_params(labelbottom=True)
    for panel, place in zip(panels, places, strict=True):
        grid[place].set_title(_title(panel, panels, 84 // columns), fontsize=8.5)
        grid[place].tick_params(labelsize=8)
        open_frame(grid[place])
    return columns, [grid[place] for place in places]


def _lines(panels: Sequence[Panel], shown: Sequence[str], along: str, goal: float, ax: Axes | None) -> Canvas:
    require_signs(len(shown), TOLD_APART, "pathways")
    columns, places = _grid(panels, COLUMNS)
    rows = max(places) // columns + 1
    tall = HIGH if rows > 1 or columns > 2 else 3.4
    labels = [_labelled(panels, name) for name in shown]
    entries = 2 if len(shown) > 1 and max(map(len, labels)) <= HALF else 1
    legend = 0.19 * -(-len(shown) // entries) + 0.2
    figure = laid_out((WIDE, tall * rows + legend + 0.35), ax)
    _, grid = _axes(figure, panels, COLUMNS)
    handles: dict[str, Line2D] = {}
    for axes, panel in zip(grid, panels, strict=True):
        axes.axhline(goal, color=INK, linewidth=0.8, linestyle=NOMINAL, zorder=1, gid="goal")
        at = panel.part[along].values.astype(float)
        for k, name in enumerate(shown):
            one = panel.part.sel(pathway=name)
            colour = COLOURS[k % len(COLOURS)]
            # Many bands on each other would hide what they show.
            axes.fill_between(
                at, one["lower"], one["upper"], color=colour, alpha=0.22 if len(shown) < 5 else 0.12, linewidth=0,
                gid="band",
            )  # fmt: skip
            (line,) = axes.plot(
                at, one["assurance"], STYLES[k % len(STYLES)], color=colour, marker=("o" + MARKERS)[k], markersize=4,
                linewidth=1.5, gid="line",
            )  # fmt: skip
            line.set_clip_on(False)  # signs at 0 and 1 are whole
            handles.setdefault(name, line)
        axes.set_ylim(0, 1)
        values = np.unique(at)
        if len(values) <= 6:
            axes.set_xticks(values, [f"{value:g}" for value in values])
    figure.supylabel(_name(panels), fontsize=9.5)
    figure.legend(
        handles=list(handles.values()),
        labels=labels,
        loc="outside upper left",
        ncols=entries,
        frameon=False,
        fontsize=7.5,
        handlelength=3.4,
    )
    return figure


def _labelled(panels: Sequence[Panel], name: str) -> str:
    """Return a pathway's name with its truth."""
    truth = np.concatenate([panel.part["truth"].sel(pathway=name).values for panel in panels])
    truth = truth[np.isfinite(truth)]
    if not len(truth):
        return plain(name)
    word = "truth" if panels[0].part.attrs["truth"] == "fixed" else "mean truth"
    return f"{plain(name)} ({word} {spread(float(truth.min()), float(truth.max()))})"


def _dots(panels: Sequence[Panel], shown: Sequence[str], goal: float, ax: Axes | None) -> Canvas:
    columns, places = _grid(panels, COLUMNS - 1)
    rows = max(places) // columns + 1
    labels = [_labelled(panels, name) for name in shown]
    room = BESIDE if columns > 1 else 1.3 * BESIDE
    labels = [label if len(label) <= room else label.replace(" (", "\n(") for label in labels]
    height = FRAME + max(ROW * (sum(label.count("\n") + 1 for label in labels) + 1), 1.0)
    figure = laid_out((WIDE, height * rows), ax)
    _, grid = _axes(figure, panels, COLUMNS - 1)
    for axes, panel in zip(grid, panels, strict=True):
        one = panel.part.isel(condition=0)
        axes.axvline(goal, color=INK, linewidth=0.8, linestyle=NOMINAL, zorder=1, gid="goal")
        for y in range(len(shown)):
            axes.axhline(y, color=PALE, linewidth=0.3, zorder=0)
        for y, name in enumerate(shown):
            row = {end: float(one[end].sel(pathway=name)) for end in ("lower", "upper", "assurance")}
            estimate(axes, row | {"mean": row["assurance"]}, y, size=4.5, name="dot")
        axes.set_xlim(-0.02, 1.02)
        axes.set_xticks([0, 0.2, 0.4, 0.6, 0.8, 1] if columns == 1 else [0, 0.5, 1])
        name_rows(axes, range(len(shown)), labels, size=8.5)
        axes.set_ylim(len(shown) - 0.4, -0.6)
    return figure


def _words(table: xr.Dataset, rules: Sequence[str], others: Sequence[str], goal: float) -> str:
    finished, failed, unconverged = (table[name].values.astype(int) for name in ("finished", "failed", "unconverged"))
    least, most = int(finished.min()), int(finished.max())
    number = f"{most:,}" if least == most else f"{least:,} to {most:,}"
    each = " per condition" if len(finished) > 1 else ""
    word = _word(table)
    parts = [
        f"{word}: share of simulated data sets ({number}{each}) that lead to the decision; 95 % Monte Carlo intervals "
        f"(Wilson); dashed: {goal:g}.",
    ]
    parts += [origin(table.attrs), f"Truth {table.attrs['truth']}."]
    if any("rope" in rule for rule in rules):
        low, high = table.attrs["rope"]
        parts.append(f"ROPE {low:g} to {high:g}.")
    if any(rule.startswith(("excludes", "width")) for rule in rules):
        parts.append(f"Intervals of {100 * table.attrs['prob']:g} %.")
    worst = f"; at most {int(failed.max())} in a condition" if len(failed) > 1 else ""
    doubt = f"; at most {int(unconverged.max())} in a condition" if len(failed) > 1 else ""
    fits = (int(values.sum()) for values in (finished, failed, unconverged))
    parts.append(ended(*fits, failing=f"they reach no decision{worst}", doubtful=f"they count as they are{doubt}"))
    silent = [rule for rule in rules if not table["assurance"].sel(decision=rule).notnull().any()]
    if silent:
        parts.append(f"Nothing to decide on: {'; '.join(silent)}.")
    left_open = float(table["unknown"].sel(decision=list(rules)).max()) if "unknown" in table else 0.0
    if left_open > 0:
        parts.append(
            f"In up to {100 * left_open:.0f} % only a bound of the Bayes factor is known: shares are of the rest."
        )
    if others:
        parts.append(f"Not drawn ({len(others)}): {'; '.join(map(plain, others))}.")
    return " ".join(parts)
