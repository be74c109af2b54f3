"""Correlations within each wave, for path diagrams that are asked for them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch
from matplotlib.path import Path

from bayespanel.figures.canvas import INK, PALE
from bayespanel.figures.certainty import short
from bayespanel.language.errors import SpecError
from bayespanel.summaries.montecarlo import mcse

FIRST, LATER = "initial_corr", "innovation_corr"
"""Names in the posterior: of deviations at the first wave, and of innovations, which is what is new at a later one."""

OUT = (0.3, 0.55)
"""Inches by which arcs go out, between neighbours and around a variable between."""

SIZE = 7.0
"""Points of numbers."""

ARC = "within wave"
"""Name of an arc in the figure."""


def correlations(
    posterior: xr.Dataset, names: Sequence[str], waves: int, group: str | None
) -> list[dict[tuple[int, int], str]]:
    """Return, for each wave, the mean correlation of each pair of variables as it is written.

    Parameters
    ----------
    posterior
        Of a fit of a panel.
    names
        Variables in the order of the diagram, as the posterior names them.
    waves
        Number of waves.
    group
        Name of the group of pupils, if the posterior has several.

    Raises
    ------
    SpecError
        The posterior has no such correlations, or not of these variables and waves.
    """
    missing = [name for name in (FIRST, LATER) if name not in posterior]
    if missing or not set(names) <= set(map(str, posterior[FIRST]["variable"].values)):
        raise SpecError(
            "Correlations within waves are those of a posterior of the same variables.",
            f"It lacks {', '.join(map(repr, missing))}." if missing else "It is of other variables.",
            "Give within=fit.posterior, of the fit that the evidence is of.",
        )
    first, later = (_of_group(posterior[name], group) for name in (FIRST, LATER))
    steps = [later.isel(interval=t) for t in range(later.sizes["interval"])] if "interval" in later.dims else []
    every = [first, *(steps or [later] * (waves - 1))]
    if len(every) != waves:
        raise SpecError(
            "Correlations within waves are those of a posterior of the same waves.",
            f"It has {len(every)}, and the diagram {waves}.",
            "Give within=fit.posterior, of the fit that the evidence is of.",
        )
    pairs = list(combinations(range(len(names)), 2))
    return [{(i, j): _written(one, names[i], names[j]) for i, j in pairs} for one in every]


def draw_within(
    axes: Axes, at: tuple[Sequence[float], Sequence[float]], every: Sequence[dict[tuple[int, int], str]], radius: float
) -> None:
    """Draw an arc before the circles of each pair at each wave, with its number; circles are `at` x [wave], y [row]."""
    across, down = at
    for x, found in zip(across, every, strict=True):
        for (i, j), text in found.items():
            out = OUT[0] if j - i == 1 else OUT[1]
            edge = 0.7 * radius
            start, end = down[i] - edge, down[j] + edge
            path = Path(
                [(x - edge, start), (x - out, start), (x - out, end), (x - edge, end)],
                [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4],
            )
            arc = FancyArrowPatch(
                path=path, arrowstyle="<|-|>", mutation_scale=6, color=PALE, linewidth=0.8, fill=False, gid=ARC
            )
            axes.add_patch(arc)
            place = x - 0.75 * out - 0.25 * edge, (start + end) / 2
            box = {"boxstyle": "square,pad=0.1", "facecolor": "white", "edgecolor": "none"}
            axes.text(*place, text, ha="center", va="center", fontsize=SIZE, color=INK, zorder=5, bbox=box)


def _of_group(values: xr.DataArray, group: str | None) -> xr.DataArray:
    return values.sel(group=group) if "group" in values.dims else values


def _written(values: xr.DataArray, one: str, other: str) -> str:
    draws = values.sel(variable=one, variable_=other).transpose("chain", "draw").values
    return short({"mean": float(draws.mean()), "mcse_mean": float(mcse(draws[None], "mean")[0])})
