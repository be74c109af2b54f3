"""Figures as files, and as text that stands in a page."""

from __future__ import annotations

import base64
import io
import re
import warnings

import matplotlib
from matplotlib.figure import Figure

from bayespanel.language.errors import DataWarning

DPI = 200
"""Of figures as PNG: enough for print at the width of a column."""

INLINE_DPI = 144
"""Of a PNG within a page: sharp on a phone, and a third of the bytes."""

GLYPH = re.compile(r"Glyph (\d+) .*missing from")
"""What matplotlib says of a letter that its font does not have."""

LARGEST_SVG = 150_000
"""Bytes beyond which a figure has so many lines that a PNG may be smaller; two dozen such figures fit into a page."""


def drawn(figure: Figure, ending: str, dpi: int = DPI) -> bytes:
    """Return a figure as a file; the same figure gives the same bytes.

    Letters that the font lacks are drawn as empty boxes, with a DataWarning that names them.

    Parameters
    ----------
    figure
        It is not changed.
    ending
        "svg" or "png".
    dpi
        Of a PNG.
    """
    out = io.BytesIO()
    with (
        matplotlib.rc_context({"svg.hashsalt": "bayespanel", "svg.fonttype": "path"}),
        warnings.catch_warnings(record=True) as caught,
    ):
        warnings.simplefilter("always")
        figure.savefig(out, format=ending, dpi=dpi, metadata={"Date": None} if ending == "svg" else None)
    lacking: dict[str, None] = {}
    for warning in caught:
        glyph = GLYPH.match(str(warning.message))
        if glyph:
            lacking[chr(int(glyph[1]))] = None
        else:
            warnings.warn(warning.message, warning.category, stacklevel=2)
    if lacking:
        signs = " ".join(f"{sign} (U+{ord(sign):04X})" for sign in lacking)
        warnings.warn(
            f"The font of figures lacks {signs}, drawn as an empty box. Tables and the page have such names whole.",
            DataWarning,
            stacklevel=2,
        )
    return out.getvalue()


def inlined(figure: Figure) -> str:
    """Return a figure as the address of an image that holds all of it: SVG, or PNG if that would be large."""
    content, kind = drawn(figure, "svg"), "svg+xml"
    if len(content) > LARGEST_SVG:
        content, kind = min((content, kind), (drawn(figure, "png", INLINE_DPI), "png"), key=lambda one: len(one[0]))
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
