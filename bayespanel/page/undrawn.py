"""What cannot be drawn or made for a page is said in its place; the page has everything else."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence

from matplotlib.figure import Figure

from bayespanel.language.errors import BayespanelError, OutputWarning
from bayespanel.page.parts import FigurePart, Notice, Section, TablePart


def picture(
    plot: Callable[[], Figure], alt: str, caption: str, name: str, words: Callable[[], Mapping[str, str]] = dict
) -> FigurePart | Notice:
    """Return a figure for a page, with words for its arrows, or the notice that it could not be drawn."""
    try:
        figure = plot()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what there is to say is said when the figure is written
            figure.draw_without_rendering()
    except Exception as error:  # a drawing library may raise anything, and the numbers of the page are worth more
        return undrawn(caption, name, error)
    try:
        said = words()
    except Exception as error:  # the figure is worth more
        said = {}
        given = f"The words for the arrows of the figure {name!r} could not be made: {_why(error)}."
        _warn("Arrows of a figure can be pointed at.", given, "The tables have the numbers; please report this.")
    return FigurePart(figure, alt, caption, name, said)


def undrawn(caption: str, name: str, error: Exception) -> Notice:
    """Return the notice that stands for a figure, with a warning."""
    given = f"The figure {name!r} ({caption.rstrip('.')}) could not be drawn: {_why(error)}."
    _warn("A page has every figure that belongs to it.", given, "Its tables have the numbers; please report this.")
    return Notice(f"{given} The tables have the numbers.", "error")


def tables(name: str, make: Callable[[], Sequence[TablePart]]) -> list[TablePart | Notice]:
    """Return tables beside the evidence, or the notice that they could not be made: the evidence is worth more."""
    try:
        return [*make()]
    except BayespanelError:
        raise
    except Exception as error:
        given = f"The table of {name} could not be made: {_why(error)}."
        _warn("A page has every table that belongs to it.", given, "The rest of the page is whole; please report this.")
        return [Notice(given, "error")]


def section(id: str, title: str, make: Callable[[], Section]) -> Section:
    """Return a section of a page, or one that says that it could not be made; wrong questions are refused as ever."""
    try:
        return make()
    except BayespanelError:
        raise
    except Exception as error:  # everything else of the page is whole
        given = f"The section {title!r} could not be made: {_why(error)}."
        _warn("A page has every section that belongs to it.", given, "The rest of the page is whole; please report it.")
        return Section(id, title, (Notice(given, "error"),))


def _why(error: Exception) -> str:
    said = " ".join(str(error).split())[:300]
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def _warn(rule: str, given: str, action: str) -> None:
    warnings.warn(f"{rule} {given} {action}", OutputWarning, stacklevel=4)
