"""Words of figures are plain text: what matplotlib would read as mathematics or TeX is shown letter by letter."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import wraps

from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.text import Text


def plain_text[**P](plot: Callable[P, Figure]) -> Callable[P, Figure]:
    r"""Let a function return its figure with every text as it stands, whatever the user's settings say.

    A name like `$\input{x}$` would otherwise be parsed when the figure is laid out or drawn, and stop it. Letters that
    the font lacks are no matter of the layout: `page_figure.drawn` names them.
    """

    @wraps(plot)
    def plotted(*args: P.args, **kwargs: P.kwargs) -> Figure:
        with rc_context({"text.parse_math": False, "text.usetex": False}), warnings.catch_warnings():
            warnings.filterwarnings("ignore", r"Glyph \d+ .*missing from", UserWarning)
            figure = plot(*args, **kwargs)
        for text in figure.findobj(Text):
            if isinstance(text, Text):  # for the type checker: `findobj` finds artists
                text.set_parse_math(False)
                text.set_usetex(False)
        return figure

    return plotted
