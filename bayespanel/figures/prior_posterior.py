"""What was thought before and what is thought after: densities of pathways under the prior and the posterior."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray
from scipy.stats import gaussian_kde

from bayespanel.figures.canvas import INK, WIDE, key, open_frame, plain
from bayespanel.figures.places import Canvas, Size, inches, laid_out, sized
from bayespanel.figures.plain_text import plain_text
from bayespanel.figures.wishes import Labels, wording
from bayespanel.language.errors import SpecError, nearest
from bayespanel.summaries.kinds import kind_of

Array = NDArray[np.float64]

BEFORE = "#c8c8c8"
"""Of the prior."""

ZOOM = 6.0
"""How many times the posterior's own range a panel spans at most; a prior that goes on is cut, and the note says so."""

TAIL = 0.001
"""Probability on each side that a range of draws leaves out."""

POINTS = 300
"""Points at which a density is drawn."""

PANELS = 5
"""Panels side by side at most."""

FRAME = 1.0
"""Height in inches of what stands around the panels: the legend and its note."""


@plain_text
def plot_prior_posterior(
    posterior: xr.Dataset,
    prior: xr.Dataset,
    *,
    pathways: Sequence[str] | None = None,
    labels: Labels | None = None,
    figsize: Size | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Draw the density of pathways under the prior and under the posterior.

    Parameters
    ----------
    posterior, prior
        Draws of the pathways of one model under both: from `pathway_draws` and from `prior_pathways`.
    pathways
        Names of the pathways, in the order of the panels. By default all pathways of one step, without products, sums
        and shares. If there are none, all pathways are drawn.
    labels, figsize, ax
        Words in place of names, such as ``{"pesten": "Victimisation"}``; width and height in inches; or axes of a
        figure of your own, whose place it takes. See `bayespanel.figures.wishes`.

    Returns
    -------
    matplotlib.figure.Figure
        One panel per pathway, each with its own scales: the prior is filled, the posterior is a line, and on each a dot
        marks the height where the effect is 0. The ratio of these heights is the Savage-Dickey Bayes factor. If the
        prior is much wider than the posterior, a panel shows 6 times the range of the posterior.

    Raises
    ------
    SpecError
        Draws or pathways are missing in one of the two.
    """
    for name, draws in (("posterior", posterior), ("prior", prior)):
        if "standardised" not in draws or "pathway" not in draws.dims:
            raise SpecError(
                "Prior and posterior are draws of pathways.",
                f"The {name} holds {', '.join(map(str, draws.data_vars)) or 'nothing'}.",
                "Give draws with 'standardised' [chain, draw, pathway], not evidence.",
            )
    chosen = pathways_with_priors(posterior, prior, pathways)
    written = wording(labels, chosen)
    across = min(len(chosen), PANELS if len(chosen) > 9 else 3 if len(chosen) > 4 else 2)
    down = -(-len(chosen) // across)
    width = WIDE if across > 2 else 3.2 * across + 0.4
    high = {PANELS: 1.1, 3: 1.6}.get(across, 1.9)
    small = across == PANELS
    figure = laid_out((max(width, 4.6), FRAME + high * down), ax)
    grid: Any = figure.subplots(down, across, squeeze=False)
    for axes, name in zip(grid.flat, chosen, strict=False):
        after, before = (draws["standardised"].sel(pathway=name).values.ravel() for draws in (posterior, prior))
        _panel(axes, np.asarray(before, float), np.asarray(after, float))
        axes.set_title(_title(written(name), 25 if small else 34), fontsize=7.5 if small else 8.5, pad=3)
    for spare in grid.flat[len(chosen) :]:
        spare.set_axis_off()
    _legend(figure)
    return sized(figure, figsize)


def pathways_with_priors(posterior: xr.Dataset, prior: xr.Dataset, pathways: Sequence[str] | None = None) -> list[str]:
    """Return the pathways that are drawn; a SpecError where there is none, or one is not in both."""
    present = [str(name) for name in posterior["pathway"].values]
    if pathways is None:
        kinds = [str(kind) for kind in posterior["kind"].values] if "kind" in posterior.coords else [""] * len(present)
        pathways = [name for name, kind in zip(present, kinds, strict=True) if kind_of(kind).single] or present
    known = set(present) & {str(name) for name in prior["pathway"].values}
    for name in pathways:
        if name not in known:
            where = "prior" if name in present else "posterior"
            raise SpecError(
                "A pathway is drawn that prior and posterior both have.",
                f"{name!r} is not in the {where}. {nearest(name, sorted(known))}",
                "Correct the name, or draw from the prior of the same model.",
            )
    if not pathways:
        raise SpecError("A figure shows one pathway or more.", "None was given.", "Name pathways, or leave them out.")
    return list(pathways)


def _title(name: str, line: int) -> str:
    """Break a pathway's name before its arrows, so that ends stand below each other."""
    first, *others = plain(name).split(" -> ")
    return "\n".join(textwrap.fill(part, line) for part in (first, *(f"-> {other}" for other in others)))


def _panel(axes: Axes, before: Array, after: Array) -> None:
    low, high = _range(before, after)
    x = np.linspace(low, high, POINTS)
    top = 0.0
    for draws, name in ((before, "prior"), (after, "posterior")):
        if np.ptp(draws) == 0:  # known exactly: no density
            axes.axvline(float(draws[0]), color=INK, linewidth=1.4, linestyle=":" if name == "prior" else "-", gid=name)
            continue
        density = gaussian_kde(draws)
        y = density(x)
        top = max(top, float(y.max()))
        if name == "prior":
            axes.fill_between(x, 0, y, color=BEFORE, linewidth=0, zorder=1, gid=name)
        axes.plot(x, y, color=INK, linewidth=0.7 if name == "prior" else 1.5, zorder=3, gid=f"{name} line")
        axes.plot(
            0,
            float(density(0.0)[0]),
            "o",
            markersize=3.6,
            color=INK,
            markerfacecolor="white" if name == "prior" else INK,
            zorder=4,
            clip_on=False,
            gid=f"{name} at 0",
        )
    axes.axvline(0, color=INK, linewidth=0.6, zorder=2)
    axes.set_xlim(low, high)
    axes.set_ylim(0, 1.08 * top or 1.0)
    axes.set_yticks([])
    axes.xaxis.set_major_locator(MaxNLocator(nbins=4))
    axes.tick_params(axis="x", labelsize=7)
    open_frame(axes, "left", "top", "right")


def _range(before: Array, after: Array) -> tuple[float, float]:
    """Return the range of a panel: posterior, 0, and of the prior what fits into `ZOOM` times the posterior's own."""
    ends = np.quantile(after, [TAIL, 1 - TAIL])
    outer = np.quantile(before, [0.01, 0.99])
    span = float(np.ptp(ends)) or float(np.ptp(outer)) or 1.0
    room = max(ZOOM * span - float(np.ptp([*ends, 0.0])), 0.2 * span) / 2
    low, high = min(float(ends[0]), 0.0), max(float(ends[1]), 0.0)
    return min(low - 0.1 * span, max(float(outer[0]), low - room)), max(
        high + 0.1 * span, min(float(outer[1]), high + room)
    )


def _legend(figure: Canvas) -> None:
    dot: dict[str, Any] = {"marker": "o", "markersize": 3.6, "linewidth": 0, "color": INK}
    handles = [
        Patch(facecolor=BEFORE, edgecolor=INK, linewidth=0.7, label="prior"),
        Line2D([], [], color=INK, linewidth=1.5, label="posterior"),
        Line2D([], [], **dot, markerfacecolor="white", label="prior at 0"),
        Line2D([], [], **dot, label="posterior at 0"),
    ]
    note = "Densities of standardised effects, each panel on its own scales; a wide prior goes on beyond its panel."
    title = textwrap.fill(note, int(15 * inches(figure)[0]))
    key(figure, handles, columns=4 if inches(figure)[0] > 5 else 2, title=title, title_size=8)
