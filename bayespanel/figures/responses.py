"""Responses over waves to an impulse of one within-person SD: small multiples with bands."""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from bayespanel.figures.canvas import INK, WIDE, key, open_frame, plain
from bayespanel.figures.places import Canvas, Size, inches, laid_out, sized
from bayespanel.figures.plain_text import plain_text
from bayespanel.figures.study_notes import require
from bayespanel.figures.wishes import Labels, wording
from bayespanel.language.errors import SpecError

BAND = "#d0d0d0"
"""Of intervals: darker than a region of practical equivalence, so that a thin one is seen."""

OWN = "#f3f3f3"
"""Behind a variable's own course, which has a scale of its own."""

FEW = 4
"""Variables up to which all impulses fit on one page, a row each."""

ACROSS = 4
"""Panels side by side when one impulse is drawn."""

POINTS = 12
"""Waves up to which each has its point."""

PANEL, HIGH = 2.6, 1.75
"""Widest panel, and its height, in inches."""

LINE = 18
"""Characters after which a name goes on below."""


@plain_text
def plot_responses(
    dynamics: xr.Dataset,
    *,
    source: str | None = None,
    labels: Labels | None = None,
    figsize: Size | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Draw what follows, wave after wave, if a variable rises by one within-person standard deviation.

    Parameters
    ----------
    dynamics
        From `bp.dynamics`.
    source
        The variable that rises. By default all variables in turn, one row of panels each; this is possible for up to
        four.
    labels, figsize, ax
        Words in place of names, such as ``{"pesten": "Victimisation"}``; width and height in inches; or axes of a
        figure of your own, whose place it takes. See `bayespanel.figures.wishes`.

    Returns
    -------
    matplotlib.figure.Figure
        One panel per pair of variables: the mean is a line and its interval a band; points are filled if the interval
        excludes 0. The course of the rising variable itself, on grey, has its own scale; all other panels share one
        scale.

    Raises
    ------
    SpecError
        There are no responses, the source is not among the variables, or there are more than four variables and no
        source was given.

    References
    ----------
    Lütkepohl (2005), doi:10.1007/978-3-540-27752-1, section 2.3, on impulse responses.
    """
    response = _checked(dynamics)
    written = wording(labels, map(str, response["source"].values))
    names = [str(name) for name in response["source"].values]
    prob = float(dynamics.attrs["prob"])
    if source is None:
        sources, across, rows = _few(names), len(names), len(names)
        cells = [(x, y) for x in sources for y in names]
    else:
        require([source], names, "An impulse is given to a variable of the model.")
        cells = [(source, y) for y in (source, *(name for name in names if name != source))]
        across = min(len(cells), ACROSS)
        rows = -(-len(cells) // across)
    figure = laid_out((min(PANEL * across + 0.6, WIDE), HIGH * rows + 1.4), ax)
    grid: Any = figure.subplots(rows, across, squeeze=False, sharex=True)
    per = float(dynamics.attrs.get("per", 1.0))
    limits = {own: _limits(response, cells, own=own) for own in (True, False)}
    for panel, (x, y) in zip(grid.flat, cells, strict=False):
        _panel(panel, response.sel(source=x, target=y), per, own=x == y, limits=limits[x == y])
    for spare in grid.flat[len(cells) :]:
        spare.set_axis_off()
    for column in range(across):  # a column's lowest panel carries the waves
        lowest = grid[(len(cells) - 1 - column) // across][column]
        lowest.tick_params(labelbottom=True)
        lowest.set_xlabel("interval, in the unit of times" if "per" in dynamics.attrs else "waves later", fontsize=8.5)
    named = [(written(x), written(y)) for x, y in cells]
    _name_panels(figure, grid, named, source and written(source), str(dynamics.attrs.get("group", "")))
    _legend(figure, dynamics, prob)
    return sized(figure, figsize)


def _checked(dynamics: xr.Dataset) -> xr.DataArray:
    if "response" not in dynamics or not {"prob", "unit"} <= set(dynamics.attrs):
        raise SpecError(
            "Responses are drawn from what `dynamics` says of a panel.",
            f"You gave a Dataset of {', '.join(map(str, dynamics.data_vars)) or 'nothing'}.",
            "Give dynamics(fit, waves=...), not evidence or draws.",
        )
    return dynamics["response"]


def _few(names: list[str]) -> list[str]:
    if len(names) > FEW:
        raise SpecError(
            f"Responses to every impulse fit on a page for up to {FEW} variables.",
            f"There are {len(names)}: {', '.join(names)}.",
            f"Choose one impulse, for example source={names[0]!r}.",
        )
    return names


def _limits(response: xr.DataArray, cells: list[tuple[str, str]], *, own: bool) -> tuple[float, float]:
    """Return the range of all panels that share a scale, 0 included, with some air."""
    found = [
        response.sel(source=x, target=y, statistic=["mean", "lower", "upper"]) for x, y in cells if (x == y) == own
    ]
    values = np.concatenate([np.ravel(one.values) for one in found]) if found else np.zeros(1)
    low, high = min(float(np.nanmin(values)), 0.0), max(float(np.nanmax(values)), 0.0)
    air = 0.06 * (high - low or 1.0)
    return low - air, high + air


def _panel(axes: Axes, response: xr.DataArray, per: float, *, own: bool, limits: tuple[float, float]) -> None:
    steps = response["step"].values * per
    mean, lower, upper = (response.sel(statistic=name).values for name in ("mean", "lower", "upper"))
    axes.set_facecolor(OWN if own else "white")
    axes.axhline(0, color=INK, linewidth=0.6)
    axes.fill_between(steps, lower, upper, color=BAND, linewidth=0, zorder=2, gid="band")
    axes.plot(steps, mean, color=INK, linewidth=1.4, zorder=3, gid="mean")
    if len(steps) <= POINTS:
        clear = (lower > 0) | (upper < 0)
        for where, fill in ((clear, INK), (~clear, "white")):
            name = "clear" if fill == INK else "open"
            points = steps[where], mean[where]
            axes.plot(*points, "o", markersize=4, color=INK, markerfacecolor=fill, zorder=4, gid=name)
    axes.set_ylim(limits)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5))
    axes.tick_params(labelsize=8)
    open_frame(axes)


def _name_panels(figure: Canvas, grid: Any, cells: list[tuple[str, str]], source: str | None, group: str) -> None:
    """Write responses above the panels, and impulses beside the rows or once above them all, with the group, if any."""
    for i, (panel, (x, y)) in enumerate(zip(grid.flat, cells, strict=False)):
        if source is not None or i < len(grid[0]):
            panel.set_title(plain(y, LINE), fontsize=9.5)
        if source is None and i % len(grid[0]) == 0:
            panel.set_ylabel(f"impulse in\n{plain(x, LINE)}", fontsize=9.5)
    head = "Response of" if source is None else f"Response to an impulse in {plain(source)} of"
    figure.suptitle(f"{plain(group)}: {head[0].lower()}{head[1:]}" if group else head, fontsize=10.5)


def _legend(figure: Canvas, dynamics: xr.Dataset, prob: float) -> None:
    point: dict[str, Any] = {"marker": "o", "markersize": 4, "color": INK, "linewidth": 1.4}
    handles = [
        Line2D([], [], **point, label="mean, interval excludes 0"),
        Line2D([], [], **point, markerfacecolor="white", label="mean, interval includes 0"),
        Patch(color=BAND, linewidth=0, label=f"{100 * prob:g} % interval"),
        Patch(facecolor=OWN, edgecolor="#b0b0b0", linewidth=0.6, label="own course, own scale"),
    ]
    if dynamics.sizes["step"] > POINTS:
        handles = [Line2D([], [], color=INK, linewidth=1.4, label="mean"), *handles[2:]]
    width, _ = inches(figure)
    unit = textwrap.fill(str(dynamics.attrs["unit"]), int(14.5 * width))
    key(figure, handles, columns=2 if width < 7.5 else 4, title=unit)
