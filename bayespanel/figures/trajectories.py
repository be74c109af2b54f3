"""Trajectories by class over the lines of single pupils, and the comparison of numbers of classes."""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from bayespanel.families.trajectories.draws import draws_of
from bayespanel.families.trajectories.fields import ARMS
from bayespanel.families.trajectories.growth import times_of
from bayespanel.families.trajectories.number_table import SENTENCE
from bayespanel.families.trajectories.plan import plan
from bayespanel.families.trajectories.spec import Trajectories
from bayespanel.figures.canvas import INK, open_frame
from bayespanel.figures.places import Canvas, Size, laid_out, sized
from bayespanel.figures.plain_text import plain_text
from bayespanel.figures.wishes import Labels, relabelled, wording
from bayespanel.inference.fit import Fit
from bayespanel.verbs.latent_classes import class_table, mean_trajectories

COLOURS = ("#9e2a2b", "#e09f3e", "#335c67", "#6a4c93", "#2a9d8f", "#7f5539", "#577590", "#bc4b51", "#8cb369", "#5b5f97")
"""Of the classes, the highest first; they differ in lightness too."""

STYLES = ("-", "--", ":", "-.")
"""Of their lines, so that a grey copy can be read."""

SEED = 7
"""Of the choice of pupils whose lines are drawn."""


@plain_text
def plot_trajectories(
    fit: Fit | xr.Dataset,
    *,
    lines: int = 200,
    prob: float = 0.95,
    labels: Labels | None = None,
    figsize: Size | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Draw the mean course of each latent class with its band, over the scores of single pupils.

    Parameters
    ----------
    fit
        The fit of a model of trajectories; or its mean courses, from `bp.mean_trajectories`, which are drawn without
        pupils and sizes, with bands of their own probability.
    lines
        Number of pupils whose scores are drawn. They are chosen at random and drawn as thin lines in the colour of
        their most probable class. Ordered scores are spread a little so that they do not hide each other.
    prob
        Probability of the bands, and of the intervals of the class sizes.
    labels, figsize, ax
        Words in place of names, such as ``{"pesten": "Victimisation"}``; width and height in inches; or axes of a
        figure of your own, whose place it takes. See `bayespanel.figures.wishes`.

    Returns
    -------
    matplotlib.figure.Figure
        One panel; one panel for each arm if the arms have their own classes. The legend gives the sizes of the classes.

    Raises
    ------
    SpecError
        The fit is not of a model of trajectories.
    """
    if isinstance(fit, xr.Dataset):
        return sized(_courses_alone(relabelled(fit, labels), ax), figsize)
    course = mean_trajectories(fit, prob=prob)
    sizes = class_table(fit, prob=prob)
    spec, layout = fit.spec, plan(fit.spec, fit.data)
    written = wording(labels, [spec.outcome, *spec.trajectories])
    times = times_of(spec, fit.data.waves)
    names = np.array(spec.trajectories)
    groups = [tuple(names[own == 1]) for own in spec.allowed]
    figure = laid_out((6.6 * len(groups), 4.6), ax)
    axes: Any = figure.subplots(1, len(groups), squeeze=False, sharey=True)[0]
    likeliest, look = _likeliest(fit), _looks(spec)
    for group, (panel, own_classes) in enumerate(zip(axes, groups, strict=True)):
        _pupils(panel, fit, times, np.flatnonzero(layout.group == group), [look[k] for k in likeliest], lines)
        entries = []
        for label in own_classes:
            at = look[spec.trajectories.index(label)]
            name = label.removeprefix(f"{ARMS[group]}: ") if spec.by_arm else label
            entry = _label(written(name), sizes[sizes["class"] == label])
            entries.append(_course(panel, course.sel(trajectory=label), times, at, entry))
        if spec.by_arm:
            panel.set_title(ARMS[group], fontsize=11)
        panel.set_xticks(times, fit.data.waves if not spec.times else [f"{t:g}" for t in times])
        panel.set_xlabel("time" if spec.times else "wave")
        panel.legend(handles=entries, frameon=False, fontsize=9, loc="upper left", bbox_to_anchor=(0, -0.14), ncols=1)
        open_frame(panel)
    axes[0].set_ylabel(f"{written(spec.outcome).replace('_', ' ')}\n(thick: class means; thin: single pupils)")
    return sized(figure, figsize)


@plain_text
def plot_number_of_classes(comparison: pd.DataFrame, *, figsize: Size | None = None, ax: Axes | None = None) -> Figure:
    """Draw a comparison of numbers of latent classes: the BIC, and how well pupils who were left out are predicted.

    Parameters
    ----------
    comparison
        From `number_of_classes`.
    figsize, ax
        Width and height in inches; or axes of a figure of your own, whose place it takes.

    Returns
    -------
    matplotlib.figure.Figure
        A panel for the BIC and, if the models were sampled, one for the expected log predictive density with its error.
        Below the panels is the sentence that says whether the scores call for classes or for one continuum.
    """
    shown = ["bic_difference"] + (["elpd_difference"] if "elpd_difference" in comparison else [])
    figure = laid_out((4.2 * len(shown), 3.4), ax)
    axes: Any = figure.subplots(1, len(shown), squeeze=False)[0]
    titles = {
        "bic_difference": "BIC less its smallest\n(lower is better)",
        "elpd_difference": "Log predictive density of pupils left out,\nless its largest (higher is better; 2 SE)",
    }
    for panel, name in zip(axes, shown, strict=True):
        x, y = comparison["classes"], comparison[name]
        panel.axhline(0, color=INK, linewidth=0.6)
        panel.plot(x, y, "o-", color=INK, markersize=5, linewidth=1.2)
        if name == "elpd_difference":
            panel.errorbar(x, y, 2 * comparison["difference_se"], fmt="none", ecolor=INK, elinewidth=1.2, capsize=3)
        panel.set_title(titles[name], fontsize=10)
        panel.set_xlabel("classes")
        panel.xaxis.set_major_locator(MaxNLocator(integer=True))
        open_frame(panel)
    if comparison.attrs.get(SENTENCE):
        width = int(62 * len(shown))
        figure.supxlabel(textwrap.fill(str(comparison.attrs[SENTENCE]), width), fontsize=8, ha="left", x=0.02)
    return sized(figure, figsize)


def _courses_alone(course: xr.Dataset, ax: Axes | None) -> Canvas:
    figure = laid_out((6.6, 4.6), ax)
    axes = figure.add_subplot()
    waves = [str(wave) for wave in course["wave"].values]
    times = np.arange(len(waves), dtype=float)
    names = [str(name) for name in course["trajectory"].values]
    entries = [_course(axes, course.sel(trajectory=name), times, k, name) for k, name in enumerate(names)]
    axes.set_xticks(times, waves)
    axes.set_xlabel("wave")
    axes.set_ylabel("mean, raw units")
    axes.legend(handles=entries, frameon=False, fontsize=9, loc="upper left", bbox_to_anchor=(0, -0.14), ncols=1)
    open_frame(axes)
    return figure


def _looks(spec: Trajectories) -> list[int]:
    """Colour and style of each class: the same for classes of one name in both arms."""
    names = [name for names in spec.names for name in names]
    order = list(dict.fromkeys([*spec.names[-1], *names]))
    return [order.index(name) for name in names]


def _likeliest(fit: Fit) -> NDArray[np.int64]:
    """Likeliest class of each row, over 50 draws."""
    draws = draws_of(fit.spec, plan(fit.spec, fit.data), fit.posterior, 50)
    total = sum(draws.classify(d)[1] for d in range(len(draws.growth)))
    return np.asarray(np.argmax(total, axis=1))


def _pupils(
    axes: Axes,
    fit: Fit,
    times: NDArray[np.float64],
    rows: NDArray[np.int64],
    looks: list[int],
    lines: int,
) -> None:
    rng = np.random.default_rng(SEED)
    weight = fit.data.count[rows].astype(float)
    chosen = rng.choice(rows, size=min(lines, int(weight.sum())), p=weight / weight.sum())
    spread = 0.12 * float(np.diff(fit.spec.categories or (0, 1)).min()) if fit.spec.link != "identity" else 0.0
    low, high = np.nanmin(fit.data.values), np.nanmax(fit.data.values)  # lines are apart, but not beyond the scale
    for i in chosen:
        y = np.clip(fit.data.values[i] + spread * float(np.clip(rng.normal(), -2, 2)), low, high)
        seen = ~np.isnan(y)
        colour = COLOURS[looks[i] % len(COLOURS)]
        axes.plot(times[seen], y[seen], color=colour, linewidth=0.5, alpha=0.25, zorder=1)


def _course(axes: Axes, course: Any, times: NDArray[np.float64], k: int, label: str) -> Line2D:
    """Draw the mean course of a class with its band, and return its line for the legend."""
    colour = COLOURS[k % len(COLOURS)]
    axes.fill_between(times, course["lower"], course["upper"], color=colour, alpha=0.35, linewidth=0, zorder=2)
    # A pale edge keeps the mean apart from the lines of pupils below it.
    axes.plot(times, course["mean"], color="white", linewidth=4.2, zorder=3)
    style = STYLES[k % len(STYLES)]
    (line,) = axes.plot(times, course["mean"], style, color=colour, linewidth=2.4, zorder=4, label=label)
    return line


def _label(name: str, rows: pd.DataFrame) -> str:
    shares = [
        (f"{row['arm']} " if "arm" in rows else "")
        + f"{100 * row['share']:.1f} % [{100 * row['lower']:.1f}, {100 * row['upper']:.1f}]"
        for _, row in rows.iterrows()
    ]
    return f"{name}: {', '.join(shares)}"
