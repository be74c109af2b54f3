"""How strongly pathways depend on priors and data, without a refit: two signs per pathway, and where they matter."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from bayespanel.figures.canvas import INK, NOMINAL, PALE, WIDE, key, name_rows, number_rows
from bayespanel.figures.places import Canvas, laid_out
from bayespanel.figures.plain_text import cut
from bayespanel.language.errors import SpecError
from bayespanel.summaries.sensitivity import MATTERS

ROW, FRAME = 0.27, 1.5
"""Inches of a row, and of what stands around all rows."""

LABEL = 46
"""Letters of a pathway; of a longer one the middle of its names is left out."""

UNRELIABLE = 0.7
"""Pareto's k above which the weights behind the numbers cannot be trusted."""

SIGNS = {"prior_sensitivity": ("s", "priors, all together"), "likelihood_sensitivity": ("o", "data")}


def draw_power_scaling(found: xr.Dataset, top: int | None, ax: Axes | None) -> Canvas:
    """Draw what `bp.sensitivity` returns, the pathways that depend most on their priors first.

    Raises
    ------
    SpecError
        No pathway has a sensitivity.
    """
    size = found["prior_sensitivity"].values
    order = [int(i) for i in np.argsort(-size, kind="stable") if np.isfinite(size[i])]  # NaN, of what is known, is last
    if not order:
        raise SpecError(
            "A figure of sensitivity needs pathways that vary.",
            f"{len(size)} were given, none with a sensitivity.",
            "Give the value of bp.sensitivity for a fit with several draws.",
        )
    shown = order[:top]
    figure = laid_out((WIDE, FRAME + ROW * len(shown)), ax)
    axes = figure.add_subplot()
    axes.axvline(MATTERS, color=INK, linewidth=0.8, linestyle=NOMINAL, zorder=1, gid="matters")
    for y, i in enumerate(shown):
        ends = [float(found[name].values[i]) for name in SIGNS]
        axes.plot(ends, [y, y], color=PALE, linewidth=0.8, zorder=2)
        for value, (name, (sign, _)) in zip(ends, SIGNS.items(), strict=True):
            face = INK if value > MATTERS else "white"
            axes.plot(value, y, sign, markersize=5, color=INK, markerfacecolor=face, zorder=3, gid=name)
    axes.set_ylim(len(shown) - 0.4, -0.6)
    axes.set_xlim(left=0)
    names = [cut(str(found["pathway"].values[i]), LABEL) for i in shown]
    name_rows(axes, range(len(shown)), names, size=8.5)
    number_rows(axes, range(len(shown)), [f"  {found['diagnosis'].values[i]}" for i in shown], size=7.5)
    left_out = f"; {len(shown)} of {len(order)} pathways" if len(shown) < len(order) else ""
    axes.set_xlabel(f"Sensitivity to power-scaling (dashed: {MATTERS:g}, above it matters){left_out}", fontsize=9)
    handles = [
        Line2D([], [], color=INK, marker=sign, markersize=5, linewidth=0, markerfacecolor="white", label=f"to the {of}")
        for sign, of in SIGNS.values()
    ]
    key(figure, handles, title=_reliable(found))
    return figure


def _reliable(found: xr.Dataset) -> str:
    """Say whether the weights reach as far as they were asked to."""
    k = {of: float(found[f"pareto_k_{name}"]) for name, of in (("prior", "priors"), ("likelihood", "data"))}
    words = ", ".join(f"{of} {value:.2f}" for of, value in k.items())
    bad = max(k.values()) > UNRELIABLE
    return f"Pareto's k: {words}" + (
        f"; above {UNRELIABLE:g} the numbers cannot be trusted: fit again." if bad else "."
    )
