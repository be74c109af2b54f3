"""What a figure shows once it is drawn: its texts, and whether any is cut off or lies on another."""

from __future__ import annotations

import itertools
from unittest.mock import patch

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

SLACK = 1.0
"""Pixels by which boxes of texts may touch: they are a little larger than their ink."""


def drawn_texts(figure):
    """Return the texts that are really drawn (ticks outside an axis exist, but are not), with their boxes."""
    found = {}
    original = Text.draw

    def draw(self, renderer, *args, **kwargs):
        if self.get_visible() and self.get_text().strip():
            found[id(self)] = self
        return original(self, renderer, *args, **kwargs)

    canvas = FigureCanvasAgg(figure)
    with patch.object(Text, "draw", draw):
        canvas.draw()
    renderer = canvas.get_renderer()
    return [(text, Text.get_window_extent(text, renderer)) for text in found.values()]


def cut_off(figure):
    """Return the texts that leave the page."""
    page = figure.bbox
    return [
        text.get_text()
        for text, box in drawn_texts(figure)
        if box.x0 < page.x0 or box.y0 < page.y0 or box.x1 > page.x1 or box.y1 > page.y1
    ]


def overlaps(figure):
    """Return the pairs of texts that lie on each other."""
    boxes = drawn_texts(figure)
    return [
        (a.get_text(), b.get_text())
        for (a, x), (b, y) in itertools.combinations(boxes, 2)
        if min(x.x1, y.x1) - max(x.x0, y.x0) > SLACK and min(x.y1, y.y1) - max(x.y0, y.y0) > SLACK
    ]


def legible(figure):
    """Say what is wrong with a figure's texts; nothing if all is well."""
    return cut_off(figure) + overlaps(figure)


def words(figure):
    """Return all texts, lines joined."""
    return [text.get_text().replace("\n", " ") for text, _ in drawn_texts(figure)]


def named(figure, gid):
    """Return the artists of a name."""
    return [artist for artist in figure.findobj() if artist.get_gid() == gid]
