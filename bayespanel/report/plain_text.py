"""Words of figures are plain text: what matplotlib would read as mathematics or TeX is shown letter by letter."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from matplotlib.figure import Figure
from matplotlib.text import Text


def plain_text[**P](plot: Callable[P, Figure]) -> Callable[P, Figure]:
    r"""Let a function return its figure with every text as it stands.

    A name like `$\input{x}$` would otherwise be parsed when the figure is drawn, and stop it.
    """

    @wraps(plot)
    def plotted(*args: P.args, **kwargs: P.kwargs) -> Figure:
        figure = plot(*args, **kwargs)
        for text in figure.findobj(Text):
            if isinstance(text, Text):  # for the type checker: `findobj` finds artists
                text.set_parse_math(False)
                text.set_usetex(False)
        return figure

    return plotted
