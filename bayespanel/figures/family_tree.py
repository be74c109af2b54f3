"""Would another model say the same? Each pathway's interval under every model, and that of their average."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from bayespanel.figures.canvas import (
    INK,
    MARKERS,
    WIDE,
    estimate,
    includes_zero,
    key,
    name_rows,
    number_rows,
    region,
    require_signs,
    scale_words,
)
from bayespanel.figures.places import Size, laid_out, sized
from bayespanel.figures.plain_text import plain_text
from bayespanel.figures.wishes import Labels, relabelled
from bayespanel.language.errors import SpecError
from bayespanel.summaries.kinds import kind_of, kinds_with

GREY = "#6e6e6e"

STEP, AIR, LEAST = 0.095, 0.16, 0.3
"""Inches between the lines of a pathway, between pathways, and the least height of one."""

FRAME = 1.2
"""Height in inches of axis and note; the legend comes on top."""

LINE = 34
"""Characters after which a name goes on below."""

NEEDED = ("mean", "lower", "upper", "averaged_mean", "averaged_lower", "averaged_upper", "included", "probability")


@plain_text
def plot_family_tree(
    tree: xr.Dataset,
    *,
    kinds: Sequence[str] | None = None,
    labels: Labels | None = None,
    figsize: Size | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Draw what several models say of each pathway, and the average over the models that have it.

    Parameters
    ----------
    tree
        From `family_tree`.
    kinds
        Kinds of pathway; by default those that are one quantity of the model, such as lags.
    labels, figsize, ax
        Words in place of names, such as ``{"pesten": "Victimisation"}``; width and height in inches; or axes of a
        figure of your own, whose place it takes. See `bayespanel.figures.wishes`.

    Returns
    -------
    matplotlib.figure.Figure
        Within each kind one block per pathway: a thick line with a circle for the average, and a thin line with a sign
        for each model. A sign is hollow if its interval includes 0. On the right are the mean of the average and the
        probability of the models that have the pathway. The key gives the probability of each model and, where
        something was left out, its stacking weight, and says which question each answers.

    Raises
    ------
    SpecError
        It is no result of `family_tree`, there is no pathway of the kinds, or there are more models than signs.
    """
    missing = [name for name in NEEDED if name not in tree]
    missing += [name for name in ("rope", "prob") if name not in tree.attrs]
    if missing:
        raise SpecError(
            "The figure draws a result of family_tree.",
            f"It lacks {', '.join(map(repr, missing))}.",
            "Give it as it was computed: bp.plot_family_tree(bp.family_tree(models, data, rope=...)).",
        )
    tree = relabelled(tree, labels)
    chosen = kinds_with(lambda kind: kind.single) if kinds is None else list(kinds)
    models = [str(name) for name in tree["model"].values]
    require_signs(len(models), len(MARKERS), "models")
    lines = _lines(tree, chosen)
    if not lines:
        raise SpecError(
            "The figure shows the pathways of the kinds that are asked for.",
            f"None is of the kind {' or '.join(chosen)}.",
            f"Kinds here are {', '.join(dict.fromkeys(map(str, tree['kind'].values)))}.",
        )
    block = max(LEAST, STEP * (len(models) + 1) + AIR)
    heights = [LEAST if isinstance(line, str) else block for line in lines]
    questions = _questions(tree)
    legend = 0.2 * -(-(len(models) + 2) // 2) + 0.17 * (questions.count("\n") + 1)
    figure = laid_out((WIDE, FRAME + legend + sum(heights)), ax)
    axes = figure.add_subplot()
    region(axes, tree.attrs["rope"])
    centres = np.cumsum(heights) - np.array(heights) / 2
    placed = list(zip(lines, centres, strict=True))
    numbers = ["  mean   in" if isinstance(line, str) else _block(axes, line, y) for line, y in placed]
    left = [line if isinstance(line, str) else textwrap.fill(_name(line), LINE) for line in lines]
    name_rows(axes, centres, left, size=8.5, bold=[isinstance(line, str) for line in lines])
    number_rows(axes, centres, numbers, size=8)
    axes.set_ylim(sum(heights), 0)
    axes.set_xlabel(scale_words(tree.attrs), fontsize=9)
    axes.tick_params(axis="x", labelsize=8.5)
    key(figure, _signs(tree, models), columns=2, title=questions, title_size=8)
    return sized(figure, figsize)


def _lines(tree: xr.Dataset, kinds: Sequence[str]) -> list[str | xr.Dataset]:
    """Return headings, and the numbers of each pathway, the largest average first within a kind."""
    out: list[str | xr.Dataset] = []
    for kind in kinds:
        own = tree.isel(pathway=np.flatnonzero(tree["kind"].values == kind))
        if own.sizes["pathway"]:
            order = np.argsort(-np.abs(own["averaged_mean"].values), kind="stable")
            out += [kind_of(kind).heading, *(own.isel(pathway=int(i)) for i in order)]
    return out


def _name(pathway: xr.Dataset) -> str:
    return str(pathway["pathway"].item()).replace("_", " ")


def _block(axes: Axes, pathway: xr.Dataset, centre: float) -> str:
    """Draw the average and the models of a pathway around a height; return the numbers at its right."""
    size = pathway.sizes["model"] + 1
    average = {name: float(pathway[f"averaged_{name}"]) for name in ("mean", "lower", "upper")}
    rows = [average, *({n: float(pathway[n][i]) for n in ("mean", "lower", "upper")} for i in range(size - 1))]
    for i, row in enumerate(rows):
        if not np.isfinite(row["mean"]):  # a model that does not have it
            continue
        sign, large, colour, width, over = ("o", 5, INK, 1.8, 4) if i == 0 else (MARKERS[i - 1], 4, GREY, 0.8, 3)
        estimate(
            axes, row, float(centre + STEP * (i - (size - 1) / 2)), sign=sign, size=large, hollow=includes_zero(row),
            edge=0.8, colour=colour, width=width, cap="projecting", order=over,
        )  # fmt: skip
    return f"{round(average['mean'], 2) + 0.0:6.2f} {float(pathway['included']):4.2f}"


def _signs(tree: xr.Dataset, models: Sequence[str]) -> list[Artist]:
    handles: list[Artist] = [Line2D([], [], color=INK, linewidth=1.8, marker="o", markersize=5, label="average")]
    for i, (name, sign) in enumerate(zip(models, MARKERS, strict=False)):
        label = f"{name.replace('_', ' ')}: probability {float(tree['probability'][i]):.2f}"
        if _stacked(tree):
            label += f", stacking weight {float(tree['stacking_weight'][i]):.2f}"
        handles.append(Line2D([], [], color=GREY, linewidth=0.8, marker=sign, markersize=4, label=label))
    return [*handles, Patch(color="none", label="hollow: interval includes 0")]


def _stacked(tree: xr.Dataset) -> bool:
    return bool(tree.attrs.get("left_out")) and bool(tree["stacking_weight"].notnull().all())


def _questions(tree: xr.Dataset) -> str:
    """Say which question each weight of a model answers."""
    out = ["Probability: that it is the right one, if one of these models is. The average is by probability."]
    if _stacked(tree):
        out.append(f"Stacking weight: its share in the mixture that best predicts left-out {tree.attrs['left_out']}s.")
    return "\n".join(out)
