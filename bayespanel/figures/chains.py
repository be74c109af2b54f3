"""Did the chains find the same posterior? Traces and ranks of the parameters about which they agree least.

The rank of a draw among all C chains is uniform in each where they agree. Drawn is, for each chain, the difference of
the distribution of its fractional ranks from the uniform one (Säilynoja, Bürkner & Vehtari, 2022,
doi:10.1007/s11222-022-10090-6). With S effective draws in a chain, the largest difference is below::

    K^-1(1 - a / C) sqrt((1 - 1 / C) / S)                                                                 (1)

in all chains at once with probability 1 - a or more: K is the distribution of Kolmogorov, a / C the share of each of C
chains, and 1 - 1 / C enters because a chain is part of what it is compared with. S is counted in each chain for itself,
so that chains that stand apart do not widen the band; it is that of means and tails, which understates that of ranks
when draws are autocorrelated, so that the band is then too wide rather than too narrow.
"""

from __future__ import annotations

import math
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
from scipy.stats import kstwobign, rankdata

from bayespanel.figures.canvas import BAND, INK, PALE, WIDE, open_frame
from bayespanel.figures.places import Canvas, Size, laid_out, sized
from bayespanel.figures.plain_text import plain_text
from bayespanel.figures.wishes import Labels, wording
from bayespanel.inference.convergence import convergence
from bayespanel.inference.fit import Fit
from bayespanel.inference.imputed import require_one_table
from bayespanel.language.errors import SpecError, nearest

Array = NDArray[np.float64]

WORST = 4
"""Parameters that are drawn by default."""

MOST = 8
"""Parameters on a page at most."""

PROB = 0.95
"""Probability of the band."""

COLOURS = (INK, "#9a9a9a", "#5a5a5a", "#bdbdbd")
"""Of the chains' traces."""

LOOKS: tuple[tuple[str, Any], ...] = (
    (INK, "-"),
    (PALE, "-"),
    (INK, (0, (4, 1.5))),
    (PALE, (0, (1.5, 1))),
)
"""Colours and dashes of their ranks."""

POINTS = 100
"""Ranks at which these are compared: with more, dashes would be lost in noise."""

HIGH = 1.45
"""Height of a parameter in inches."""


@plain_text
def plot_chains(
    fit: Fit,
    names: Sequence[str] | None = None,
    *,
    labels: Labels | None = None,
    figsize: Size | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Draw the draws of each chain and their ranks; by default for the parameters with the worst R-hat.

    Parameters
    ----------
    fit
        The fit.
    names
        Parameters ("lag"), with all their entries, or single entries ("lag[reading, math]"). If there are more than 8
        entries, the 8 with the worst R-hat are drawn.
    labels, figsize, ax
        Words in place of names, such as ``{"pesten": "Victimisation"}``; width and height in inches; or axes of a
        figure of your own, whose place it takes. See `bayespanel.figures.wishes`.

    Returns
    -------
    matplotlib.figure.Figure
        One row per entry. On the left are the draws of each chain in their order, with divergences as ticks below. On
        the right are the ranks minus their expectation, with the band in which all chains stay with probability 0.95 if
        they agree.

    Raises
    ------
    SpecError
        A name is not in the posterior, or its draws never vary.
    FitError
        The fit mixes imputations, whose draws need not agree; give `bp.imputation(fit, 1)`.

    References
    ----------
    Vehtari, Gelman, Simpson, Carpenter & Bürkner (2021), doi:10.1214/20-BA1221; Säilynoja, Bürkner & Vehtari (2022),
    doi:10.1007/s11222-022-10090-6.
    """
    require_one_table(fit)
    entries = _entries(fit.posterior)
    chosen = list(entries) if names is None else _named(fit.posterior, entries, names)
    written = wording(labels, chosen)
    draws = np.stack([entries[name] for name in chosen])
    found = convergence(draws)
    badness = np.where(np.isnan(found["rhat"]), -found["ess_bulk"], found["rhat"])
    limit = WORST if names is None else MOST
    order = np.argsort(-badness, kind="stable")
    shown = order[:limit] if names is None or len(chosen) > MOST else np.arange(len(chosen))
    figure = laid_out((WIDE, HIGH * len(shown) + 1.0), ax)
    grid: Any = figure.subplots(len(shown), 2, squeeze=False, width_ratios=(1.9, 1))
    diverging = np.asarray(fit.sample_stats["diverging"].values, bool)
    for row, i in zip(grid, shown, strict=True):
        _trace(row[0], draws[i], diverging)
        row[0].set_title(written(chosen[i]), fontsize=9, loc="left")
        _ranks(row[1], draws[i])
        rhat = "-" if math.isnan(found["rhat"][i]) else f"{found['rhat'][i]:.3f}"
        sizes = f"ESS {found['ess_bulk'][i]:.0f} bulk, {found['ess_tail'][i]:.0f} tail"
        row[1].set_title(f"R-hat {rhat}; {sizes}", fontsize=8, loc="right")
    grid[-1][0].set_xlabel("draw", fontsize=9)
    grid[-1][1].set_xlabel("fractional rank", fontsize=9)
    what = f"The {len(shown)} worst of {len(chosen)} by R-hat. " if len(shown) < len(chosen) else ""
    _legend(figure, len(diverging), what, bool(diverging.any()))
    return sized(figure, figsize)


def band(draws: Array, prob: float = PROB) -> float:
    """Return (1), the half-width of the band, from draws [chain, draw]."""
    chains = len(draws)
    found = [convergence(draws[None, c : c + 1]) for c in range(chains)]
    ess = np.array([min(one["ess_bulk"][0], one["ess_tail"][0]) for one in found])
    # A chain that never moves has no ESS; it is judged by those that do.
    size = min(float(ess[~np.isnan(ess)].mean()), draws.shape[1]) if (~np.isnan(ess)).any() else 1.0
    return float(kstwobign.isf((1 - prob) / chains) * np.sqrt((1 - 1 / chains) / size))  # (1)


def differences(draws: Array) -> Array:
    """Return [chain, point] how far the distribution of a chain's fractional ranks is from uniform, at 0, ..., 1."""
    chains, length = draws.shape
    rank = (rankdata(draws, method="average").reshape(draws.shape) - 0.5) / draws.size
    points = min(length, POINTS)
    at = np.arange(points + 1) / points
    return np.stack([np.searchsorted(np.sort(rank[c]), at, side="right") / length - at for c in range(chains)])


def _entries(posterior: xr.Dataset) -> dict[str, Array]:
    """Return draws [chain, draw] of every entry that varies, of a symmetric matrix one half, by their names."""
    out = {}
    for name, values in posterior.data_vars.items():
        array = values.transpose("chain", "draw", ...)
        dims = [str(dim) for dim in array.dims[2:]]
        for index in np.ndindex(*array.shape[2:]):
            at = dict(zip(dims, index, strict=True))
            if any(f"{dim}_" in at and at[f"{dim}_"] <= place for dim, place in at.items()):
                continue
            draws = np.asarray(array.values[(..., *index)], float)
            if np.isfinite(draws).all() and np.ptp(draws) > 1e-12 * np.abs(draws).max():
                labels = [str(array[dim].values[i]) for dim, i in at.items()]
                out[f"{name}[{', '.join(labels)}]" if labels else str(name)] = draws
    return out


def _named(posterior: xr.Dataset, entries: dict[str, Array], names: Sequence[str]) -> list[str]:
    out: list[str] = []
    for name in [names] if isinstance(names, str) else names:
        found = [entry for entry in entries if name in (entry, entry.split("[")[0])]
        if not found:
            known = name in posterior
            raise SpecError(
                "Chains are drawn of parameters that vary, by their names in the posterior.",
                f"{name!r} never varies."
                if known
                else f"{name!r} is not known. {nearest(name, [*map(str, posterior.data_vars), *entries])}",
                "Leave it out." if known else "Write 'lag' for all entries, or 'lag[target, source]' for one.",
            )
        out += [entry for entry in found if entry not in out]
    return out


def _trace(axes: Axes, draws: Array, diverging: NDArray[np.bool_]) -> None:
    for c, chain in enumerate(draws):
        axes.plot(chain, color=COLOURS[c % len(COLOURS)], linewidth=0.35, zorder=2, gid="trace")
    at = np.flatnonzero(diverging.any(axis=0))
    if len(at):
        foot = np.full(len(at), 0.02)
        axes.plot(at, foot, "|", color=INK, markersize=7, transform=axes.get_xaxis_transform(), gid="divergence")
    axes.set_xlim(0, draws.shape[1] - 1)
    _plain(axes)


def _ranks(axes: Axes, draws: Array) -> None:
    found = differences(draws)
    width = band(draws)
    x = np.arange(found.shape[1]) / (found.shape[1] - 1)
    axes.axhspan(-width, width, color=BAND, linewidth=0, zorder=0, gid="band")
    axes.axhline(0, color=INK, linewidth=0.6, zorder=1)
    for c, line in enumerate(found):
        colour, style = LOOKS[c % len(LOOKS)]
        axes.plot(x, line, color=colour, linestyle=style, linewidth=1.1, zorder=2, gid="ranks")
    top = 1.15 * max(width, float(np.abs(found).max()))
    axes.set_ylim(-top or -1.0, top or 1.0)
    axes.set_xlim(0, 1)
    _plain(axes)


def _plain(axes: Axes) -> None:
    axes.yaxis.set_major_locator(MaxNLocator(nbins=4))
    axes.tick_params(labelsize=7.5)
    open_frame(axes)


def _legend(figure: Canvas, chains: int, what: str, diverged: bool) -> None:
    handles: list[Any] = [
        Line2D([], [], color=colour, linestyle=style, linewidth=1.1, label=f"chain {c + 1}")
        for c, (colour, style) in enumerate(LOOKS[:chains])
    ]
    handles.append(Patch(color=BAND, linewidth=0, label=f"{100 * PROB:g} % band for chains that agree"))
    if diverged:
        handles.append(Line2D([], [], color=INK, linestyle="", marker="|", markersize=7, label="divergence"))
    figure.legend(
        handles=handles,
        loc="outside lower center",
        ncols=6,
        frameon=False,
        fontsize=8,
        columnspacing=1.2,
        title=f"{what}Left: draws in order. Right: ranks of each chain's draws among all, less the expected.",
        title_fontsize=8,
    )
