"""What figures of design studies share: names that must be known, and the note that counts what went wrong."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure, SubFigure

from bayespanel.figures.places import Canvas, Size, fit_keys, inches, require_size, sized
from bayespanel.language.errors import SpecError, nearest

SMALL = 7.5
"""Points of the note."""

LINE, ROOM, AXIS = 0.13, 0.16, 0.18
"""Inches of a line of the note, around it, and of the label of all axes."""

MOST = 0.8
"""Share of a figure that its note has at most."""

CHARACTERS = 17.5
"""Characters of the note in an inch."""


def note(figure: Canvas, text: str, *, axis: str = "", figsize: Size | None = None) -> Figure:
    """Write a text below everything else in a figure, which grows by it unless a size is asked; above it a label.

    Returns
    -------
    matplotlib.figure.Figure
        The figure; the page of what is in the place of axes.
    """
    if isinstance(figure, SubFigure):
        wrapped = textwrap.wrap(text, int(CHARACTERS * (inches(figure)[0] - 0.2)))
        figure.supxlabel("\n".join([axis, *wrapped] if axis else wrapped), fontsize=SMALL)
        return sized(figure, figsize)
    width, height = figure.get_size_inches() if figsize is None else require_size(figsize)
    lines = "\n".join(textwrap.wrap(text, int(CHARACTERS * (width - 0.2))))
    below = LINE * (lines.count("\n") + 1) + ROOM
    added = below + AXIS * bool(axis)
    total = height + added if figsize is None else height
    figure.set_size_inches(width, total)
    share = min(added / total, MOST)
    figure.set_layout_engine("constrained", rect=(0, share, 1, 1 - share))
    figure.text(0.1 / width, (below - ROOM / 2) / total, lines, va="top", fontsize=SMALL, linespacing=1.2)
    if figsize is not None:
        fit_keys(figure)
    if axis:  # the label that constrained layout knows would keep to the edge of the page
        figure.text(0.5, (added - AXIS) / total, axis, ha="center", va="bottom", fontsize=9.5)
    return figure


def ended(finished: int, failed: int, unconverged: int, *, failing: str, doubtful: str) -> str:
    """Say in a sentence or two how many fits failed or did not converge, and how these count."""
    fits = f"{finished:,} fit{'s' * (finished != 1)}"
    if not failed and not unconverged:
        return f"All {fits} converged." if finished != 1 else "The one fit converged."
    out = f"Of {fits} {failed:,} failed" + (f" ({failing})" if failed else "")
    return f"{out} and {unconverged:,} did not converge" + (f" ({doubtful})." if unconverged else ".")


def origin(known: Mapping[Any, Any]) -> str:
    """Say which world and card a study is of, from its attributes."""
    return f"World {known['world'] or 'unnamed'}, card {known['card'] or 'unnamed'}."


def require(names: Sequence[str], known: Sequence[str], rule: str) -> list[str]:
    """Return the names, all of which must be known.

    Raises
    ------
    SpecError
        One is not; the nearest are named.
    """
    for name in names:
        if name not in known:
            raise SpecError(rule, f"{name!r} is not in it. {nearest(name, list(known))}", "Correct the name.")
    return list(names)


def spread(low: float, high: float, digits: int = 2) -> str:
    """Return a range in words, one number where its ends agree to so many digits."""
    first, last = (f"{round(value, digits) + 0.0:.{digits}f}" for value in (low, high))  # no -0.00
    return first if first == last else f"{first} to {last}"
