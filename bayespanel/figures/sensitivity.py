"""Do conclusions hold under other priors? Each pathway's interval under the fit's priors, and under changed ones."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from bayespanel.figures.canvas import (
    INK,
    MARKERS,
    WIDE,
    estimate,
    includes_zero,
    key,
    name_rows,
    number_rows,
    region,
    require_signs,
    scale_words,
)
from bayespanel.figures.places import Canvas, Size, laid_out, sized
from bayespanel.figures.plain_text import plain_text
from bayespanel.figures.power_scaling import draw_power_scaling
from bayespanel.figures.wishes import Labels, relabelled
from bayespanel.language.errors import SpecError
from bayespanel.summaries.kinds import kind_of
from bayespanel.summaries.sayings import ERRORS, error_of
from bayespanel.verbs.prior_appraisal import AS_FITTED

COLUMNS = ("pathway", "kind", "change", "mean", "lower", "upper", "prob_direction", "prob_rope")

PALE = "#6e6e6e"

STEP, AIR, LEAST = 0.085, 0.16, 0.3
"""Inches between the lines of a pathway, between pathways, and the least height of one: text with air."""

FRAME = 1.2
"""Height in inches of axis and note; the legend comes on top."""

LINE = 34
"""Characters after which a name goes on below."""


@plain_text
def plot_sensitivity(
    table: pd.DataFrame | xr.Dataset,
    *,
    top: int | None = None,
    labels: Labels | None = None,
    figsize: Size | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Draw how strongly conclusions depend on the priors: by reweighting the draws, or under other priors.

    Parameters
    ----------
    table
        From `sensitivity`; or from `refits`: one row per pathway and change with the columns `pathway`, `kind`,
        `change`, `mean`, `lower`, `upper`, `prob_direction` and `prob_rope`. The change "as fitted" is the baseline.
        The attributes have `rope` (two bounds) and `prob`.
    top
        From `sensitivity`, the largest number of pathways, those that depend most on their priors; all by default. From
        `refits`, the largest number of pathways of each kind, besides those whose conclusion changes, which are always
        drawn; the heading says how many are left out.
    labels, figsize, ax
        Words in place of names, such as ``{"pesten": "Victimisation"}``; width and height in inches; or axes of a
        figure of your own, whose place it takes. See `bayespanel.figures.wishes`.

    Returns
    -------
    matplotlib.figure.Figure
        From `sensitivity`, two signs per pathway: how strongly it depends on the priors and on the data. A sign is
        filled above 0.05, where it matters.

        From `refits`, within each kind, one block per pathway: a thick line with a circle for the fit itself, and thin
        lines with different signs for the changed priors. A sign is filled if its interval excludes 0. On the right are
        the mean as fitted, the largest distance that it moves, and "*" if another prior leads to another conclusion
        about direction or practical relevance.

    Raises
    ------
    SpecError
        A column or an attribute is missing, a pathway has no baseline or has two rows for one change, or there are more
        changes than signs to mark them.
    """
    if isinstance(table, xr.Dataset):
        return sized(draw_power_scaling(relabelled(table, labels), top, ax), figsize)
    changes = _checked(table)
    table = relabelled(table, labels)
    lines = _lines(table, top)
    block = max(LEAST, STEP * (len(changes) + 1) + AIR)
    heights = [block if isinstance(line, pd.DataFrame) else LEAST for line in lines]
    legend = 0.2 * -(-(len(changes) + 2) // 3)
    total = sum(heights)
    figure = laid_out((WIDE, FRAME + legend + total), ax)
    axes = figure.add_subplot()
    region(axes, table.attrs["rope"])
    centres = np.cumsum(heights) - np.array(heights) / 2
    numbers = []
    for centre, line in zip(centres, lines, strict=True):
        numbers.append("  mean  shift" if isinstance(line, str) else _numbers(line, table.attrs["prob"]))
        if isinstance(line, pd.DataFrame):
            _block(axes, line, changes, float(centre))
    _names(axes, lines, centres, numbers)
    axes.set_ylim(total, 0)
    axes.set_xlabel(scale_words(table.attrs), fontsize=9)
    axes.tick_params(axis="x", labelsize=8.5)
    moved = any(text.endswith("*") for text in numbers)
    _legend(figure, changes, moved)
    return sized(figure, figsize)


def claims(row: pd.Series, prob: float) -> tuple[bool | None, bool | None, bool | None]:
    """Return whether the interval lies above 0, whether below, and whether the effect lies in the region.

    None where the Monte Carlo error leaves it open.
    """
    return _exceeds(row, "lower", 0.0), _exceeds(row, "upper", 0.0, below=True), _exceeds(row, "prob_rope", prob)


def _exceeds(row: pd.Series, name: str, limit: float, *, below: bool = False) -> bool | None:
    away, error = (limit - row[name] if below else row[name] - limit), ERRORS * error_of(row, name)
    return None if abs(away) <= error and error > 0 else bool(away > 0 or (away == 0 and name == "prob_rope"))


def _checked(table: pd.DataFrame) -> list[str]:
    """Return the changes, in order."""
    missing = [name for name in COLUMNS if name not in table] + [n for n in ("rope", "prob") if n not in table.attrs]
    if missing:
        raise SpecError(
            f"A table of sensitivity has the columns {', '.join(COLUMNS)}, and the attributes rope and prob.",
            f"It lacks {', '.join(map(repr, missing))}.",
            "Give the table as it was computed; pd.concat and some other steps drop attributes.",
        )
    twice = table[table.duplicated(["pathway", "change"])]
    if len(twice):
        raise SpecError(
            "A pathway has one row per change.",
            f"{twice['pathway'].iloc[0]!r} has several of {twice['change'].iloc[0]!r}.",
            "Give each change a name of its own.",
        )
    without = set(table["pathway"]) - set(table.loc[table["change"] == AS_FITTED, "pathway"])
    if without or table.empty:
        raise SpecError(
            f"Each pathway has a baseline, the change {AS_FITTED!r}.",
            f"{sorted(without)[0]!r} has none." if without else "The table is empty.",
            "Keep the rows of the fit's own priors.",
        )
    changes = [str(change) for change in pd.unique(table["change"]) if change != AS_FITTED]
    require_signs(len(changes), len(MARKERS), "changes of priors")
    return changes


def _lines(table: pd.DataFrame, top: int | None) -> list[str | pd.DataFrame]:
    """Return headings and the rows of each pathway, the largest as fitted first within a kind."""
    out: list[str | pd.DataFrame] = []
    for kind, part in table.groupby("kind", sort=False):
        base = part[part["change"] == AS_FITTED].sort_values("mean", key=abs, ascending=False, kind="stable")
        blocks = [part[part["pathway"] == name] for name in base["pathway"]]
        shown = [rows for i, rows in enumerate(blocks) if top is None or i < top or _changes(rows, table.attrs["prob"])]
        title = kind_of(str(kind)).heading
        out.append(title if len(shown) == len(blocks) else f"{title} ({len(shown)} of {len(blocks)})")
        out += shown
    return out


def _parts(rows: pd.DataFrame) -> tuple[pd.Series, pd.DataFrame]:
    """Return a pathway's baseline, and the rows of its changes."""
    own = rows["change"] == AS_FITTED
    return rows[own].iloc[0], rows[~own]


def _changes(rows: pd.DataFrame, prob: float) -> bool:
    base, others = _parts(rows)
    known = claims(base, prob)
    pairs = (pair for _, row in others.iterrows() for pair in zip(known, claims(row, prob), strict=True))
    return any(None not in pair and pair[0] != pair[1] for pair in pairs)


def _block(axes: Axes, rows: pd.DataFrame, changes: Sequence[str], centre: float) -> None:
    order = [AS_FITTED, *changes]
    for _, row in rows.iterrows():
        i = order.index(str(row["change"]))
        y = centre + STEP * (i - (len(order) - 1) / 2)
        own = i == 0
        sign, size, colour, width, over = ("o", 5, INK, 1.8, 4) if own else (MARKERS[i - 1], 4, PALE, 0.8, 3)
        estimate(
            axes, row, y, sign=sign, size=size, hollow=includes_zero(row), edge=0.8, colour=colour, width=width,
            cap="projecting", order=over,
        )  # fmt: skip


def _numbers(rows: pd.DataFrame, prob: float) -> str:
    base, others = _parts(rows)
    shift = others["mean"] - base["mean"]
    largest = float(shift.loc[shift.abs().idxmax()]) if len(shift) else 0.0
    mean = round(float(base["mean"]), 2) + 0.0  # no -0.00
    return f"{mean:6.2f} {round(largest, 2) + 0.0:+6.2f}" + (" *" if _changes(rows, prob) else "")


def _names(
    axes: Axes, lines: Sequence[str | pd.DataFrame], centres: NDArray[np.float64], numbers: Sequence[str]
) -> None:
    left = [
        line if isinstance(line, str) else textwrap.fill(str(line["pathway"].iloc[0]).replace("_", " "), LINE)
        for line in lines
    ]
    name_rows(axes, centres, left, size=8.5, bold=[isinstance(line, str) for line in lines])
    number_rows(axes, centres, numbers, size=8)


def _legend(figure: Canvas, changes: Sequence[str], moved: bool) -> None:
    handles: list[Artist] = [
        Line2D([], [], color=INK, linewidth=1.8, marker="o", markersize=5, label="priors as fitted"),
    ]
    handles += [
        Line2D([], [], color=PALE, linewidth=0.8, marker=marker, markersize=4, label=change)
        for change, marker in zip(changes, MARKERS, strict=False)
    ]
    handles.append(Patch(color="none", label="hollow: interval includes 0"))
    title = "* another prior, another conclusion: about 0, or about lying inside the ROPE" if moved else None
    key(figure, handles, columns=3, title=title)
