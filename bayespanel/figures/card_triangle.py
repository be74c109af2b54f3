"""The triangle of a card as SVG: its vertices, what sits on them, and an arrow for every edge that it asks about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from itertools import permutations
from math import hypot

CENTRES = {"child": (320.0, 76.0), "parent": (118.0, 330.0), "school": (522.0, 330.0)}
WIDTH, LINE, PAD = 196.0, 17.0, 12.0
"""Width of a box, height of a line, space above and below, in the units of the picture."""

APART = 9.0
"""Half the distance between the two arrows of one side."""


def places(spec: object) -> tuple[dict[str, list[str]], list[str]]:
    """Return what sits on each vertex, and the edges that a specification asks about.

    A panel says where its variables sit, and asks about all edges between them; other families name edges: outcomes of
    a trial sit where theirs end, predictors of a course where theirs begin.
    """
    members: dict[str, list[str]] = {vertex: [] for vertex in CENTRES}
    edges: Mapping[str, str] | None = getattr(spec, "edges", None)
    if edges is None:
        on = getattr(spec, "triangle", None)
        for vertex, names in members.items():
            names += getattr(on, vertex, ())
        held = [vertex for vertex, names in members.items() if names]
        across = [f"{a}->{b}" for a, b in permutations(held, 2)]
        return members, across + [f"{vertex}->{vertex}" for vertex in held if len(members[vertex]) > 1]
    course = getattr(spec, "outcome", None)
    for name, edge in edges.items():
        members[edge.split("->")[0 if course else 1]].append(name)
    if course:
        members["child"].insert(0, f"course of {course}")
    return members, list(edges.values())


def words(edges: Sequence[str]) -> str:
    """Return what the picture shows, for those who do not see it."""
    asked = ", ".join(edge.replace("->", " to ") for edge in dict.fromkeys(edges))
    return f"The triangle of child, parent and school. The card asks about: {asked or 'no edge'}."


def triangle(members: Mapping[str, Sequence[str]], edges: Sequence[str], words: str) -> str:
    """Return a figure of HTML.

    Parameters
    ----------
    members
        Vertex -> names that sit on it.
    edges
        "parent->child" and so on; "child->child" is drawn as a loop.
    words
        What the picture shows, for those who do not see it.
    """
    boxes = {vertex: _box(vertex, members.get(vertex, ())) for vertex in CENTRES}
    arrows = [_arrow(boxes, *edge.split("->")) for edge in dict.fromkeys(edges)]
    drawn = [_drawn(vertex, boxes[vertex], members.get(vertex, ())) for vertex in CENTRES]
    low = max(y + h for _, y, _, h in boxes.values()) + 30
    top = min(y for _, y, _, _ in boxes.values()) - 34
    heads = "".join(
        '<marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" '
        'orient="auto-start-reverse"><path class="asked-head" d="M0 0 L10 5 L0 10 z"/></marker>'
    )
    return (
        f'<figure class="diagram"><svg viewBox="0 {top:g} 640 {low - top:g}" role="img" aria-label="{escape(words)}">'
        f"<defs>{heads}</defs>{''.join(arrows)}{''.join(drawn)}</svg></figure>"
    )


Box = tuple[float, float, float, float]


def _box(vertex: str, names: Sequence[str]) -> Box:
    x, y = CENTRES[vertex]
    height = 2 * PAD + LINE * (1 + len(names))
    return x - WIDTH / 2, y - height / 2, WIDTH, height


def _drawn(vertex: str, box: Box, names: Sequence[str]) -> str:
    x, y, width, height = box
    centre = x + width / 2
    lines = [f'<text x="{centre:g}" y="{y + PAD + 12:g}" text-anchor="middle" font-weight="700">{vertex}</text>']
    for i, name in enumerate(names, 1):
        at = y + PAD + 12 + LINE * i
        shown = escape(name.replace("_", " "))
        lines.append(f'<text x="{centre:g}" y="{at:g}" text-anchor="middle" font-size="14">{shown}</text>')
    dashed = "" if names else ' stroke-dasharray="4 4"'
    frame = f'<rect class="node" x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="10"{dashed}/>'
    return frame + "".join(lines)


def _arrow(boxes: Mapping[str, Box], source: str, target: str) -> str:
    style = 'class="arrow asked" stroke-width="2" marker-end="url(#head)"'
    if source == target:
        x, y, width, _ = boxes[source]
        if source == "parent":  # on the outer side, where no other arrow begins
            path = f"M{x + 46:g} {y:g} C{x + 40:g} {y - 40:g} {x - 34:g} {y - 26:g} {x - 1:g} {y + 20:g}"
            return f'<path {style} d="{path}"/>'
        right = x + width
        return (
            f'<path {style} d="M{right - 46:g} {y:g} C{right - 40:g} {y - 40:g} {right + 34:g} {y - 26:g} '
            f'{right + 1:g} {y + 20:g}"/>'
        )
    (ax, ay), (bx, by) = (_centre(boxes[end]) for end in (source, target))
    length = hypot(bx - ax, by - ay)
    aside = (-(by - ay) / length * APART, (bx - ax) / length * APART)  # to the same hand, whichever way it goes
    start = _border(boxes[source], (ax + aside[0], ay + aside[1]), (bx + aside[0], by + aside[1]))
    end = _border(boxes[target], (bx + aside[0], by + aside[1]), (ax + aside[0], ay + aside[1]))
    return f'<path {style} d="M{start[0]:.1f} {start[1]:.1f} L{end[0]:.1f} {end[1]:.1f}"/>'


def _centre(box: Box) -> tuple[float, float]:
    x, y, width, height = box
    return x + width / 2, y + height / 2


def _border(box: Box, inside: tuple[float, float], outside: tuple[float, float]) -> tuple[float, float]:
    """Return where the way from a point inside a box to one outside leaves it."""
    x, y, width, height = box
    dx, dy = outside[0] - inside[0], outside[1] - inside[1]
    ways = []
    if dx:
        ways.append(((x + width if dx > 0 else x) - inside[0]) / dx)
    if dy:
        ways.append(((y + height if dy > 0 else y) - inside[1]) / dy)
    s = min(way for way in ways if way > 0)
    return inside[0] + s * dx, inside[1] + s * dy
