"""The forest: estimates with intervals, the region of practical equivalence, the probability of direction."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bayespanel.figures.canvas import estimate, includes_zero, name_rows, number_rows, region, scale_words
from bayespanel.figures.places import Size, panel
from bayespanel.figures.plain_text import cut, plain_text
from bayespanel.figures.wishes import Labels, relabelled
from bayespanel.summaries.kinds import kind_of, kinds_with
from bayespanel.summaries.table import chosen_kinds, number, probability, table

ROW = 0.27
"""Height of a forest's row in inches: text of 9 points with air."""

LABEL = 50
"""Letters of a pathway; of a longer one the middle of its names is left out, and the table has it whole."""


@plain_text
def plot_forest(
    evidence: xr.Dataset,
    *,
    kinds: Sequence[str] | None = None,
    top: int | None = None,
    labels: Labels | None = None,
    figsize: Size | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Draw estimates with their intervals, the region of practical equivalence, and the probability of direction.

    Parameters
    ----------
    evidence
        From `bp.evidence`.
    kinds
        Kinds of pathway to draw, from top to bottom. Within a kind the largest mean comes first. By default the kinds
        of one step that the evidence contains.
    top
        Largest number of pathways of each kind; all by default. The heading says how many are left out.
    labels, figsize
        Words in place of names, such as ``{"pesten": "Victimisation"}``; width and height in inches. See
        `bayespanel.figures.wishes`.
    ax
        Axes to draw into, in place of a figure of its own.

    Returns
    -------
    matplotlib.figure.Figure
        The estimates on the standardised scale. A point is filled if its interval excludes 0.

    Raises
    ------
    SpecError
        The evidence has no pathway of a kind that was asked for.
    """
    evidence = relabelled(evidence, labels)
    rows: list[pd.Series | str] = []
    if kinds is None:
        kinds = kinds_with(lambda kind: kind.drawn, evidence["kind"].values) or None
    frame = table(evidence, kinds=kinds)
    for kind in chosen_kinds(evidence, kinds):
        part = frame[frame["kind"] == kind].sort_values("mean", key=abs, ascending=False, kind="stable")
        shown = part if top is None else part.head(top)
        title = kind_of(kind).heading
        rows.append(title if len(shown) == len(part) else f"{title} ({len(shown)} largest of {len(part)})")
        rows += [row for _, row in shown.iterrows()]
    figure, axes = panel((8, 1.3 + ROW * len(rows)), ax, figsize)
    region(axes, evidence.attrs["rope"])
    for y, row in enumerate(rows):
        if not isinstance(row, str):
            estimate(axes, row, y, size=5.5, hollow=includes_zero(row))
    _label_rows(axes, rows)
    # Beside long names the axis is short.
    parting = "\n" if max(len(label.get_text()) for label in axes.get_yticklabels()) > LABEL - 10 else " "
    axes.set_xlabel(scale_words(evidence.attrs, parting=parting, kinds=chosen_kinds(evidence, kinds)))
    return figure


def _label_rows(axes: Axes, rows: Sequence[pd.Series | str]) -> None:
    """Write names on the left, numbers on the right, and headings in bold across."""
    left = [row if isinstance(row, str) else cut(str(row["pathway"]), LABEL) for row in rows]
    right = ["  mean    P(dir.)" if isinstance(row, str) else _numbers(row) for row in rows]
    axes.set_ylim(len(rows) - 0.4, -0.9)
    name_rows(axes, range(len(rows)), left, size=9, bold=[isinstance(row, str) for row in rows])
    number_rows(axes, range(len(rows)), right, size=8.5)


def _numbers(row: pd.Series) -> str:
    direction = probability(row["prob_direction"], row["mcse_prob_direction"])
    return f"{number(row['mean'], row['mcse_mean']):>7} {direction:>8}".rstrip()
