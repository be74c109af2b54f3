"""Figures at the widths at which journals print them."""

from __future__ import annotations

from typing import Literal

from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch, Patch
from matplotlib.text import Text

from bayespanel.language.errors import SpecError

MILLIMETRES = {1: 85.0, 2: 180.0}
"""Columns of a page -> width of a figure."""

SMALLEST = 5.0
"""Points of the smallest letters that journals print."""

INCH = 25.4

NARROWEST = 0.2
"""Share of the width that is left for what is drawn, beside names and numbers."""


def journal_size(figure: Figure, *, columns: Literal[1, 2]) -> Figure:
    """Make a figure as wide as one or two columns of a journal's page, 85 or 180 mm, and return it.

    What is laid out by itself (rows, curves, panels) is laid out again in the new width with letters that can be read;
    a drawing (triangle, path diagram) is made smaller as a whole.

    Parameters
    ----------
    figure
        What a `plot_*` function returned; it stays as it was where the size is refused.
    columns
        1 or 2.

    Returns
    -------
    matplotlib.figure.Figure
        The same figure. Save it without ``bbox_inches="tight"``, which would change its width again.

    Raises
    ------
    SpecError
        Another number of columns, or letters would be smaller than 5 points, or names leave no room for the rest.
    """
    if columns not in MILLIMETRES or isinstance(columns, bool):
        raise SpecError(
            "A figure is as wide as 1 or 2 columns of a page.",
            f"You gave {columns!r}.",
            "Write columns=1 or columns=2.",
        )
    before, width = (figure.get_figwidth(), figure.get_figheight()), MILLIMETRES[columns] / INCH
    share = width / figure.get_figwidth()
    smallest = min((_points(text) for text in _letters(figure)), default=SMALLEST)
    flows = figure.get_layout_engine() is not None
    factor = min(1.0, max(share, SMALLEST / smallest)) if flows else share
    if smallest * factor < SMALLEST - 1e-9:
        raise _too_narrow(columns, f"its smallest letters would have {smallest * factor:.1f} points")
    scale(figure, factor)
    figure.set_size_inches(width, figure.get_figheight() * factor)
    figure.draw_without_rendering()
    lacking = _lacking_room(figure) if flows else None
    if lacking:
        scale(figure, 1 / factor)
        figure.set_size_inches(before)
        raise _too_narrow(columns, lacking)
    return figure


def _letters(figure: Figure) -> list[Text]:
    return [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]


def _points(text: Text) -> float:
    return float(text.get_fontsize())  # its type also allows the names of sizes, which it never returns


def scale(figure: Figure | SubFigure, factor: float) -> None:
    """Make letters, lines, signs and heads of arrows larger or smaller."""
    for text in figure.findobj(Text):
        text.set_fontsize(_points(text) * factor)
    for axis in (axis for axes in figure.axes if axes.axison for axis in (axes.xaxis, axes.yaxis)):
        for label in axis.get_ticklabels()[:1]:  # so that ticks which a new layout adds have letters of this size
            axis.set_tick_params(labelsize=_points(label))
    for line in figure.findobj(Line2D):
        line.set_linewidth(line.get_linewidth() * factor)
        line.set_markersize(line.get_markersize() * factor)
        line.set_markeredgewidth(line.get_markeredgewidth() * factor)
    for patch in figure.findobj(Patch):
        patch.set_linewidth(patch.get_linewidth() * factor)
        if isinstance(patch, FancyArrowPatch):
            patch.set_mutation_scale(patch.get_mutation_scale() * factor)


def _lacking_room(figure: Figure) -> str | None:
    """Say how names push everything else aside in a layout; None where they do not."""
    width = figure.get_figwidth() * figure.dpi
    rows = {round(axes.get_position().y0, 2) for axes in figure.axes}
    for row in rows:
        drawn = sum(axes.get_position().width for axes in figure.axes if round(axes.get_position().y0, 2) == row)
        if drawn < NARROWEST:
            return f"its names leave {drawn:.0%} of the width for the rest"
    boxes = [box for axes in figure.axes if (box := axes.get_tightbbox())]
    boxes += [legend.get_window_extent() for legend in figure.legends]
    fits = all(box.x0 > -1 and box.x1 < width + 1 for box in boxes)
    return None if fits else "its names would stand out beyond its edges"


def _too_narrow(columns: int, why: str) -> SpecError:
    return SpecError(
        "A figure can be read at the size at which it is printed.",
        f"At {MILLIMETRES[columns]:g} mm {why}.",
        "Take columns=2, or draw fewer things with shorter names."
        if columns == 1
        else "Draw fewer things, with shorter names.",
    )
