"""Calibration in one picture: how far the ranks of true values stray from uniform, and whether chance goes as far."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from bayespanel.figures.canvas import BAD, BAND, INK, PALE, WIDE, key, open_frame, plain
from bayespanel.figures.places import Canvas, Size, laid_out
from bayespanel.figures.plain_text import plain_text
from bayespanel.figures.study_notes import ended, note, origin
from bayespanel.figures.wishes import Labels, relabelled
from bayespanel.language.errors import SpecError

COLUMNS = 4
"""Panels side by side."""

TOP, HIGH, FRAME = 2.4, 1.75, 0.75
"""Inches of the panel of all lines, of a single one with its title, and of legend and axis."""

NAME = 29
"""Characters of a name in a line above its panel."""

LEVEL = 0.05
"""Of the bands and of the verdict; see `bayespanel.design.calibration`."""


@plain_text
def plot_calibration(
    result: xr.Dataset,
    *,
    most: int = 12,
    labels: Labels | None = None,
    figsize: Size | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Draw the ranks of the true values, with the bands within which uniform ranks stay.

    Parameters
    ----------
    result
        From `calibrate`.
    most
        Largest number of quantities with a panel of their own, those with the smallest p value first.
    labels, figsize, ax
        Words in place of names, such as ``{"pesten": "Victimisation"}``; width and height in inches; or axes of a
        figure of your own, whose place it takes. See `bayespanel.figures.wishes`.

    Returns
    -------
    matplotlib.figure.Figure
        Differences between the empirical distribution of the ranks and the uniform distribution: above, for all
        pathways and parameters together; below, one by one. The shaded area is the band within which a line of uniform
        ranks stays in 95 % of cases. A line that leaves its band is dashed and coloured. An arch means that the truth
        is too often below the middle of the posterior, a trough that it is too often above it; an S means that the
        posterior is too narrow or too wide. The note below the figure has the verdict and the number of fits.

    Raises
    ------
    SpecError
        There are no quantities, or `most` is negative.
    """
    number = result.sizes["pathway"]
    if number == 0 or most < 0:
        raise SpecError(
            "A figure of calibration needs ranked quantities, and 'most' is 0 or more.",
            f"There are {number}, and most is {most}.",
            "Give the result of bp.calibrate, and for example most=12.",
        )
    result = relabelled(result, labels)
    order = np.argsort(result["p_value"].values, kind="stable")
    worst = order[: most if number > 1 else 0]
    rows = -(-len(worst) // COLUMNS)
    figure = laid_out((WIDE, TOP + HIGH * rows + FRAME), ax)
    grid = figure.add_gridspec(rows + 1, COLUMNS, height_ratios=[TOP, *[HIGH] * rows])
    above = figure.add_subplot(grid[0, :])
    _band(above, result)
    for i in order[::-1]:  # the worst on top
        _line(above, result, int(i), thin=True)
    only = plain(str(result["pathway"].values[0]))
    above.set_title(f"all {number} pathways and parameters" if number > 1 else only, fontsize=8.5)
    for k, i in enumerate(worst):
        axes = figure.add_subplot(grid[1 + k // COLUMNS, k % COLUMNS], sharex=above, sharey=above)
        _band(axes, result)
        _line(axes, result, int(i), thin=False)
        one = result.isel(pathway=int(i))
        axes.set_title(
            f"{plain(str(one['pathway'].values), NAME)}\n{_p(float(one['p_value']))}",
            fontsize=7.5,
            color=INK if bool(one["inside"]) else BAD,
        )
        axes.tick_params(labelleft=k % COLUMNS == 0, labelbottom=k + COLUMNS >= len(worst))
    figure.supylabel("Distribution of ranks, less uniform", fontsize=9.5)
    _legend(figure, result)
    return note(figure, _words(result, len(worst)), axis="Share of the posterior below the truth", figsize=figsize)


def _ends(values: xr.DataArray) -> list[float]:
    """Return a line with its ends, which are 0: no rank lies below 0, and all below 1."""
    return [0.0, *map(float, values), 0.0]


def _band(axes: Axes, result: xr.Dataset) -> None:
    points = [0.0, *map(float, result["point"]), 1.0]
    axes.fill_between(
        points, _ends(result["band_lower"]), _ends(result["band_upper"]), color=BAND, linewidth=0, zorder=0, gid="band"
    )
    axes.axhline(0, color=INK, linewidth=0.5, zorder=1)
    axes.set_xlim(0, 1)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", ".25", ".5", ".75", "1"])
    axes.tick_params(labelsize=7.5)
    open_frame(axes)


def _line(axes: Axes, result: xr.Dataset, i: int, *, thin: bool) -> None:
    one = result.isel(pathway=i)
    inside = bool(one["inside"])
    axes.plot(
        [0.0, *map(float, result["point"]), 1.0],
        _ends(one["ecdf_difference"]),
        color=(PALE if thin else INK) if inside else BAD,
        linestyle="-" if inside else (0, (5, 1.2)),
        linewidth=(0.5 if inside else 1.1) if thin else 1.5,
        zorder=2 if inside else 3,
        gid="inside" if inside else "outside",
    )


def _p(value: float) -> str:
    return "p < .001" if value < 0.001 else f"p = {value:.3f}".replace("0.", ".")


def _legend(figure: Canvas, result: xr.Dataset) -> None:
    outside = int((~result["inside"].astype(bool)).sum())
    handles = [
        Line2D([], [], color=INK, linewidth=1.5, label=f"inside its band ({result.sizes['pathway'] - outside})"),
        Line2D([], [], color=BAD, linewidth=1.5, linestyle=(0, (5, 1.2)), label=f"outside ({outside})"),
        Patch(color=BAND, linewidth=0, label="95 % band of a uniform line, at all points together"),
    ]
    key(figure, handles, columns=3, place="outside upper left")


def _words(result: xr.Dataset, shown: int) -> str:
    known, number = result.attrs, result.sizes["pathway"]
    outside = int((~result["inside"].astype(bool)).sum())
    smallest = _p(float(known["smallest_p_value"]))
    together = f"smallest {smallest} of {number}, held against .05/{number}"
    verdict = f"Passed: no quantity strays further than chance allows ({together})."
    if not known["passed"]:
        verdict = f"Not passed: some quantity strays further than chance allows ({together})."
        if known.get("uniform"):
            verdict = "No verdict: too many replicates failed, and those that are left are a selection."
    parts = [
        verdict,
        f"Outside the band: {outside} of {number}; "
        f"by chance {LEVEL * number:.1f} would be expected.",
        ended(
            int(known["finished"]), int(known["failed"]), int(known["unconverged"]),
            failing="without ranks", doubtful="they count as they are",
        ),
        origin(known),
    ]  # fmt: skip
    if 0 < shown < number:
        parts.append(f"Singly: the {shown} with the smallest p-values.")
    return " ".join(parts)
