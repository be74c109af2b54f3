"""Pathways over the shift of missing scores: small multiples with bands, and where an interval tips."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bayespanel.figures.canvas import INK, WIDE, open_frame
from bayespanel.figures.places import Size, inches, laid_out, sized
from bayespanel.figures.plain_text import plain_text
from bayespanel.figures.responses import BAND
from bayespanel.figures.study_notes import require
from bayespanel.figures.wishes import Labels, relabelled
from bayespanel.language.errors import SpecError
from bayespanel.summaries.kinds import kinds_with

MOST = 12
"""Pathways that are drawn unless some are asked for."""

ACROSS = 3
"""Panels side by side."""

PANEL, HIGH = 2.6, 1.75
"""Widest panel, and its height, in inches."""

LETTERS = 14
"""Of the note above, per inch."""

LINE = 26
"""Characters after which a name goes on below."""

AXES = {
    "shift": "shift of missing scores, in standard deviations (0: missing at random)",
    "selection": "log odds of being missing, per standard deviation of the unseen score (0: missing at random)",
}
"""What delta is -> what stands below."""


@plain_text
def plot_delta_adjustment(
    adjustment: xr.Dataset,
    *,
    pathways: str | Sequence[str] | None = None,
    labels: Labels | None = None,
    figsize: Size | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Draw each pathway over the shift of the missing scores.

    Parameters
    ----------
    adjustment
        From `bp.delta_adjustment`.
    pathways
        Pathways to draw. By default those that a study decides on, such as cross-lags, at most 12.
    labels, figsize, ax
        Words in place of names, such as ``{"pesten": "Victimisation"}``; width and height in inches; or axes of a
        figure of your own, whose place it takes. See `bayespanel.figures.wishes`.

    Returns
    -------
    matplotlib.figure.Figure
        One panel per pathway: the mean is a line and its interval a band over delta. The circle at delta 0 is the fit;
        it is filled if the interval excludes 0. A dashed line stands where the interval tips.

    Raises
    ------
    SpecError
        The Dataset is not one of `delta_adjustment`, or it has no pathway of this name.
    """
    if not {"tipping_below", "tipping_above", "mean"} <= set(adjustment.data_vars):
        raise SpecError(
            "Shifts are drawn from what `delta_adjustment` found.",
            f"You gave a Dataset of {', '.join(map(str, adjustment.data_vars)) or 'nothing'}.",
            "Give bp.delta_adjustment(fit).",
        )
    known = [str(name) for name in adjustment["pathway"].values]
    if pathways is None:
        kinds = [str(kind) for kind in adjustment["kind"].values]
        shown = kinds_with(lambda kind: kind.decided, kinds) or kinds_with(lambda kind: kind.single, kinds)
        chosen = [name for name, kind in zip(known, kinds, strict=True) if kind in shown][:MOST]
    else:
        chosen = [pathways] if isinstance(pathways, str) else list(pathways)
        require(chosen, known, "A shift is drawn of a pathway of the model.")
    left = len(known) - len(chosen)
    part = relabelled(adjustment.sel(pathway=chosen), labels)
    across = min(ACROSS, len(chosen))
    rows = -(-len(chosen) // across)
    figure = laid_out((min(PANEL * across + 0.6, WIDE), HIGH * rows + 0.9), ax)
    grid: Any = figure.subplots(rows, across, squeeze=False, sharex=True)
    for axes, number in zip(grid.flat, range(len(chosen)), strict=False):
        _panel(axes, part.isel(pathway=number))
    for spare in grid.flat[len(chosen) :]:
        spare.set_axis_off()
    for column in range(across):
        grid[(len(chosen) - 1 - column) // across][column].tick_params(labelbottom=True)
    room = int(LETTERS * inches(figure)[0])
    below = textwrap.wrap(AXES[adjustment.attrs.get("mechanism", "shift")], room)
    figure.supxlabel("\n".join(below), fontsize=8.5)
    figure.supylabel("standardised", fontsize=8.5)
    others = f" {left} other pathways are not drawn." if pathways is None and left else ""
    note = f"Line and band: mean and {100 * adjustment.attrs['prob']:g} % interval. Dashed: where it tips.{others}"
    figure.suptitle("\n".join(textwrap.wrap(note, room)), fontsize=8.5, x=0.02, ha="left")
    return sized(figure, figsize)


def _panel(axes: Axes, one: xr.Dataset) -> None:
    open_frame(axes)
    delta = one["delta"].values
    axes.axhline(0, color=INK, linewidth=0.8)
    axes.fill_between(delta, one["lower"].values, one["upper"].values, color=BAND, linewidth=0)
    axes.plot(delta, one["mean"].values, color=INK, linewidth=1.5)
    fitted = one.sel(delta=0.0)
    outside = float(fitted["lower"]) > 0 or float(fitted["upper"]) < 0
    axes.plot(0, float(fitted["mean"]), "o", color=INK, markerfacecolor=INK if outside else "white", markersize=5)
    for name in ("tipping_below", "tipping_above"):
        if np.isfinite(one[name]):
            axes.axvline(float(one[name]), color=INK, linewidth=0.9, linestyle="--")
    axes.set_title("\n".join(textwrap.wrap(str(one["pathway"].values), LINE)), fontsize=9)
    axes.tick_params(labelsize=8)
