"""Figures as files, and as text that stands in a page."""

from __future__ import annotations

import base64
import io

import matplotlib
from matplotlib.figure import Figure

DPI = 200
"""Of figures as PNG: enough for print at the width of a column."""

INLINE_DPI = 144
"""Of a PNG within a page: sharp on a phone, and a third of the bytes."""

LARGEST_SVG = 150_000
"""Bytes beyond which a figure has so many lines that a PNG may be smaller; two dozen such figures fit into a page."""


def drawn(figure: Figure, ending: str, dpi: int = DPI) -> bytes:
    """Return a figure as a file; the same figure gives the same bytes.

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
    with matplotlib.rc_context({"svg.hashsalt": "bayespanel", "svg.fonttype": "path"}):
        figure.savefig(out, format=ending, dpi=dpi, metadata={"Date": None} if ending == "svg" else None)
    return out.getvalue()


def inlined(figure: Figure) -> str:
    """Return a figure as the address of an image that holds all of it: SVG, or PNG if that would be large."""
    content, kind = drawn(figure, "svg"), "svg+xml"
    if len(content) > LARGEST_SVG:
        content, kind = min((content, kind), (drawn(figure, "png", INLINE_DPI), "png"), key=lambda one: len(one[0]))
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
