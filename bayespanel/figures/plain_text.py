"""Words of figures are plain text: what matplotlib would read as mathematics or TeX is shown letter by letter."""

from __future__ import annotations

import re
import unicodedata
import warnings
from collections.abc import Callable
from functools import wraps

from matplotlib import rc_context
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from bayespanel.figures.places import require_one_wish


def plain_text[**P](plot: Callable[P, Figure]) -> Callable[P, Figure]:
    r"""Let a function return its figure with every text as it stands, whatever the user's settings say.

    Of a figure of the user's these are the texts that are drawn now; a size beside its axes is refused before. A name
    like `$\input{x}$` would otherwise be parsed when the figure is laid out or drawn, and stop it. Letters that the
    font lacks are no matter of the layout: `page_figure.drawn` names them.
    """

    @wraps(plot)
    def plotted(*args: P.args, **kwargs: P.kwargs) -> Figure:
        own = kwargs.get("ax")
        require_one_wish(own, kwargs.get("figsize"))
        before = _texts_beside(own) if isinstance(own, Axes) else set()
        with rc_context({"text.parse_math": False, "text.usetex": False}), warnings.catch_warnings():
            warnings.filterwarnings("ignore", r"Glyph \d+ .*missing from", UserWarning)
            figure = plot(*args, **kwargs)
        for text in _texts(figure) - before:
            text.set_parse_math(False)
            text.set_usetex(False)
        return figure

    return plotted


def _texts(artist: Artist) -> set[Text]:
    return {text for text in artist.findobj(Text) if isinstance(text, Text)}  # of artists, says the type of `findobj`


def _texts_beside(axes: Axes) -> set[Text]:
    page = axes.get_figure(root=True)
    return set() if page is None else _texts(page) - _texts(axes)


def cut(label: str, room: int) -> str:
    """Return a label that stands in one line: of long names the middle is left out, so that ends tell them apart.

    Parameters
    ----------
    label
        A name, or a pathway: arrows stay, and its names get equal room.
    room
        Letters of usual width; capitals and letters of wide scripts count as one and a half.
    """
    if _width(label) <= room:
        return label
    parts = re.split(r"( [-=]> )", label)
    names, arrows = parts[::2], parts[1::2]
    each = (room - sum(map(_width, arrows))) / len(names)
    short = [_without_middle(name, each) for name in names]
    return "".join(part for pair in zip(short, [*arrows, ""], strict=True) for part in pair)


def _without_middle(name: str, room: float) -> str:
    if _width(name) <= room:
        return name
    start, end = name[:1], name[-1:]
    for kept in range(len(name) - 1, 2, -1):
        start, end = name[: -(-kept // 2)], name[-(kept // 2) :]
        if _width(start) + _width(end) + 1 <= room:
            break
    return f"{start}…{end}"


def _width(text: str) -> float:
    return sum(1.5 if letter.isupper() or unicodedata.east_asian_width(letter) in "WF" else 1.0 for letter in text)
