"""The zip plot: intervals of all replicates in order of how far their estimate lies from the truth.

Morris, White & Crowther (2019), doi:10.1002/sim.8086.
"""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from bayespanel.design.kept_numbers import FAILED, UNCONVERGED
from bayespanel.design.shares import wilson
from bayespanel.figures.canvas import BAD, GOOD, INK, NOMINAL, key, open_frame, plain
from bayespanel.figures.places import Canvas, Size, laid_out
from bayespanel.figures.plain_text import plain_text
from bayespanel.figures.study_notes import ended, note, require
from bayespanel.figures.wishes import Labels, wording
from bayespanel.language.errors import SpecError

SIZE = (6.2, 6.0)
"""Inches."""


@plain_text
def plot_intervals(
    found: xr.Dataset,
    *,
    condition: str | None = None,
    pathway: str,
    most: int = 100,
    prob: float | None = None,
    labels: Labels | None = None,
    figsize: Size | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Draw the intervals of one pathway over the replicates of a study, sorted by how far they miss the truth.

    Parameters
    ----------
    found
        The store of a study, from `bp.load`.
    condition
        Name of the condition; not needed if there is only one.
    pathway
        Name of the pathway.
    most
        Largest number of intervals. If there are more replicates, evenly spaced ranks are drawn, so that the shape of
        the picture stays the same. The coverage counts all replicates.
    prob
        Probability of the intervals in the study: the share of intervals that should contain the truth. It is known of
        a store that was loaded.
    labels, figsize, ax
        Words in place of names, such as ``{"pesten": "Victimisation"}``; width and height in inches; or axes of a
        figure of your own, whose place it takes. See `bayespanel.figures.wishes`.

    Returns
    -------
    matplotlib.figure.Figure
        The height is the rank, as a share, of the distance between estimate and truth in posterior SDs, with the
        largest distance on top. Intervals that contain the truth have one colour; the others have another and are
        thicker. If the truth differs between replicates, distances from it are drawn. The dashed line is at `prob`: if
        exactly this share of the intervals contains the truth, the colour changes there. The note below the figure has
        the coverage with its 95 % Monte Carlo interval and the number of fits.

    Raises
    ------
    SpecError
        The store does not have the condition or the pathway, no replicate has an estimate and a truth, or `most` is
        below 1.
    """
    prob = found.attrs.get("prob") if prob is None else prob
    if most < 1 or prob is None or not 0 < prob < 1:
        raise SpecError(
            "A zip plot draws at least one interval, of a probability between 0 and 1 that the study states.",
            f"most is {most!r}, prob is {prob!r}.",
            "Write for example most=100 and prob=0.95.",
        )
    name, value, status = _values(found, condition, pathway)
    truth, mean, lower, upper, sd = value
    covered = (lower <= truth) & (truth <= upper)
    order = np.argsort(np.abs(mean - truth) / sd, kind="stable")
    number = len(order)
    drawn = np.arange(number)
    if number > most:
        drawn = np.round(np.linspace(0, number - 1, most)).astype(int)
    one_truth = float(np.ptp(truth)) < 1e-9 * max(1.0, float(np.abs(truth).max()))
    figure = laid_out(SIZE, ax)
    axes = figure.add_subplot()
    for rank in drawn:
        i = order[rank]
        shift = 0.0 if one_truth else truth[i]
        _interval(axes, (lower[i] - shift, upper[i] - shift), mean[i] - shift, (rank + 0.5) / number, bool(covered[i]))
    axes.axvline(float(truth[0]) if one_truth else 0.0, color=INK, linewidth=1, zorder=4, gid="truth")
    axes.axhline(prob, color=INK, linewidth=0.8, linestyle=NOMINAL, zorder=1, gid="nominal")
    _dress(axes, plain(wording(labels, [pathway])(pathway), 70), one_truth)
    share = float(covered.mean())
    _legend(figure, covered, f"truth, {truth[0]:.3g}" if one_truth else "truth of each replicate", prob)
    low, high = (float(end) for end in wilson(xr.DataArray(share), xr.DataArray(float(number))))
    ends = f"{100 * low:.1f} to {100 * high:.1f}"
    parts = [
        f"{100 * share:.1f} % of {number:,} intervals hold the truth (95 % Monte Carlo interval {ends}), "
        f"where {100 * prob:g} % should: {_verdict(low, high, prob)}.",
        ended(
            int(np.isfinite(status).sum()), int((status == FAILED).sum()), int((status == UNCONVERGED).sum()),
            failing="without interval", doubtful="they count as they are",
        ),
    ]  # fmt: skip
    if found.sizes["condition"] > 1:
        parts.append(f"Condition: {name}.")
    if len(drawn) < number:
        parts.append(f"Drawn: {len(drawn)}, evenly over the ranks.")
    return note(figure, " ".join(parts), figsize=figsize)


def _values(found: xr.Dataset, condition: str | None, pathway: str) -> tuple[str, list[np.ndarray], np.ndarray]:
    """Return the condition, then truth, mean, lower, upper and sd [replicate with all of them], and every status."""
    conditions = [str(label) for label in found["condition"].values]
    if condition is None and len(conditions) > 1:
        raise SpecError(
            "A zip plot shows one condition.",
            f"The store has {len(conditions)}.",
            f"Write for example condition={conditions[0]!r}; found['condition'] lists all of them.",
        )
    (name,) = require([condition or conditions[0]], conditions, "A zip plot draws a condition of the store.")
    known = [str(label) for label in found["pathway"].values]
    require([pathway], known, "A zip plot draws a pathway of the store.")
    one = found["statistics"].isel(condition=conditions.index(name), pathway=known.index(pathway))
    rows = one.sel(statistic=["truth", "mean", "lower", "upper", "sd"]).transpose("statistic", "replicate").values
    whole = np.isfinite(rows).all(axis=0) & (rows[4] > 0)
    if not whole.any():
        raise SpecError(
            "A zip plot compares intervals with the truth of simulated data.",
            f"No replicate of {name!r} has both for {pathway!r}.",
            "Choose a pathway of the simulated model, or run more of the study.",
        )
    status = found["run"].isel(condition=conditions.index(name)).sel(measure="status").values
    return name, list(rows[:, whole]), status


def _interval(axes: Axes, ends: tuple[float, float], mean: float, y: float, covers: bool) -> None:
    axes.plot(
        ends, [y, y], color=GOOD if covers else BAD, linewidth=0.8 if covers else 1.6, solid_capstyle="butt",
        zorder=2 if covers else 3, gid="covers" if covers else "misses",
    )  # fmt: skip
    axes.plot(mean, y, ".", color="white", markersize=1.6, zorder=3.5)


def _dress(axes: Axes, name: str, one_truth: bool) -> None:
    axes.set_ylim(0, 1)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 0.9, 1], ["0", ".25", ".50", ".75", ".90", "1"])
    axes.set_ylabel("Rank of |estimate - truth| / SD, as a share", fontsize=9)
    axes.set_xlabel(f"{name}\n(standardised{'' if one_truth else ', less its truth'})", fontsize=9)
    axes.tick_params(labelsize=8)
    open_frame(axes)


def _legend(figure: Canvas, covered: np.ndarray, truth: str, prob: float) -> None:
    held = int(covered.sum())
    handles: list[Artist] = [
        Line2D([], [], color=GOOD, linewidth=1.2, label=f"holds the truth ({held:,})"),
        Line2D([], [], color=BAD, linewidth=2.2, label=f"misses it ({len(covered) - held:,})"),
        Line2D([], [], color=INK, linewidth=1, label=truth),
        Line2D([], [], color=INK, linewidth=0.8, linestyle=NOMINAL, label=f"share that should hold it, {prob:g}"),
    ]
    key(figure, handles, place="outside upper left")


def _verdict(low: float, high: float, prob: float) -> str:
    if low <= prob <= high:
        return "no sign of the contrary"
    return "too few" if high < prob else "too many"
