"""Where a figure is drawn: on a page of its own, in a size that may be wished, or in the place of one's own axes."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from bayespanel.figures.journal import scale
from bayespanel.language.errors import SpecError

Size = tuple[float, float]

Canvas = Figure | SubFigure
"""A page, or the part of one that took the place of axes."""

MARGIN, ROUNDS = 0.1, 5
"""Inches beside a key, and how often its letters are made smaller at most."""

SPECK = 1e-6
"""Inches of air that is none: the room beside a drawing in a grid may not be 0."""


def laid_out(size: Size, ax: Axes | None) -> Canvas:
    """Return what panels, keys and notes are laid out on: a page of a size in inches, or the place of axes.

    Raises
    ------
    SpecError
        `ax` is no axes, or its figure does not lay out what is in it.
    """
    if ax is None:
        return Figure(figsize=size, layout="constrained")
    if not isinstance(_page(ax).get_layout_engine(), ConstrainedLayoutEngine):
        raise SpecError(
            "A figure with keys and notes takes the place of axes in a figure whose layout is constrained.",
            "The layout of yours is not.",
            'Make it with plt.subplots(1, 2, layout="constrained").',
        )
    return _in_place(ax)


def drawing(size: Size, ax: Axes | None) -> Canvas:
    """Return what is drawn on in fixed proportions: a page of a size in inches, or as much of the place of axes.

    Raises
    ------
    SpecError
        `ax` is no axes in a grid.
    """
    if ax is None:
        return Figure(figsize=size)
    page = _page(ax)
    place = _in_place(ax)
    if page.get_layout_engine() is not None:  # the place has its size only then
        page.draw_without_rendering()
    room = inches(place)
    share = _share(place, size)
    beside, above = (max((whole / share - part) / 2, SPECK) for whole, part in zip(room, size, strict=True))
    grid = place.add_gridspec(3, 3, width_ratios=[beside, size[0], beside], height_ratios=[above, size[1], above])
    return place.add_subfigure(grid[1, 1])


def panel(size: Size, ax: Axes | None, figsize: Size | None) -> tuple[Figure, Axes]:
    """Return a figure of one panel and its axes: those that were given, or new ones.

    Raises
    ------
    SpecError
        `ax` is no axes.
    """
    if ax is None:
        figure = Figure(figsize=size if figsize is None else require_size(figsize), layout="constrained")
        return figure, figure.add_subplot()
    return _page(ax), ax


def inches(canvas: Canvas) -> Size:
    """Return the width and the height of a page or a place."""
    return canvas.bbox.width / canvas.dpi, canvas.bbox.height / canvas.dpi


def sized(canvas: Canvas, figsize: Size | None) -> Figure:
    """Return the figure of what was laid out, in another size if one is wished.

    Raises
    ------
    SpecError
        The size is not two positive numbers.
    """
    if isinstance(canvas, SubFigure):
        fit_keys(canvas)
        return canvas.get_figure(root=True)
    if figsize is not None:
        canvas.set_size_inches(*require_size(figsize))
        fit_keys(canvas)
    return canvas


def scaled(canvas: Canvas, size: Size, figsize: Size | None) -> Figure:
    """Return the figure of a drawing of a size, larger or smaller as a whole if it has another one.

    Raises
    ------
    SpecError
        The size is not two positive numbers.
    """
    if isinstance(canvas, SubFigure):
        scale(canvas, _share(canvas, size))
        fit_keys(canvas)
        return canvas.get_figure(root=True)
    if figsize is not None:
        wished = require_size(figsize)
        share = min(wished[0] / size[0], wished[1] / size[1])
        scale(canvas, share)
        canvas.set_size_inches(share * size[0], share * size[1])
        fit_keys(canvas)
    return canvas


def fit_keys(canvas: Canvas) -> None:
    """Write keys that are wider than their figure in smaller letters; signs in them stay as they are."""
    for _ in range(ROUNDS):
        canvas.get_figure(root=True).draw_without_rendering()
        wide = {key: key.get_window_extent().width + MARGIN * canvas.dpi for key in canvas.legends}
        wide = {key: width for key, width in wide.items() if width > canvas.bbox.width}
        for key, width in wide.items():
            for text in (*key.get_texts(), key.get_title()):
                text.set_fontsize(canvas.bbox.width / width * float(text.get_fontsize()))
        if not wide:
            return


def require_size(figsize: Size) -> Size:
    """Return a width and a height; a SpecError where they are none."""
    try:
        width, height = map(float, figsize)
    except (TypeError, ValueError):
        width = height = float("nan")
    if not (0 < width < np.inf and 0 < height < np.inf):
        raise SpecError(
            "The size of a figure is its width and its height, in inches.",
            f"You gave {figsize!r}.",
            "Write for example figsize=(8, 5).",
        )
    return width, height


def require_one_wish(ax: object, figsize: object) -> None:
    """Refuse a size beside axes, which have theirs."""
    if ax is not None and figsize is not None:
        raise SpecError(
            "A figure is drawn into axes of your own, or has a size.",
            f"You gave ax and figsize={figsize!r}.",
            "Give one of ax=axes and figsize=(8, 5).",
        )


def _share(canvas: Canvas, size: Size) -> float:
    """Return how large a drawing is that fits, as a share of its size."""
    return min(room / wished for room, wished in zip(inches(canvas), size, strict=True))


def _page(ax: Axes) -> Figure:
    page = ax.get_figure(root=True) if isinstance(ax, Axes) else None
    if page is None:
        raise SpecError(
            "A figure is drawn into axes of a figure of your own.",
            f"You gave ax={ax!r}.",
            'Give one of those that plt.subplots(1, 2, layout="constrained") returns.',
        )
    return page


def _in_place(ax: Axes) -> SubFigure:
    """Put an empty part of the figure in the place of axes."""
    owner, spec = ax.get_figure(root=False), ax.get_subplotspec()
    if owner is None or spec is None:
        raise SpecError(
            "A figure takes the place of axes in a grid.",
            "Your axes stand where you put them.",
            'Give one of those that plt.subplots(1, 2, layout="constrained") returns.',
        )
    ax.remove()
    return owner.add_subfigure(spec)
