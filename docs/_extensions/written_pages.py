"""Pages that are written from the package before each build: cards, worlds, commands, names, known answers.

Nothing that the package knows is typed a second time. The files lie in `docs/cards/` and `docs/reference/`, which git
ignores; a file is touched only if its text changed, so that a second build reads little again.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def pages() -> Iterator[tuple[str, str]]:
    """Return each page's place below docs/, and its text."""
    from answer_page import answers
    from card_pages import card_page, overview
    from command_page import commands
    from name_page import names
    from world_page import worlds

    import bayespanel as bp

    records = [bp.card(name) for name in bp.cards()]
    yield "cards/index.md", overview(records)
    for record in records:
        yield f"cards/{record.name}.md", card_page(record)
    yield "reference/worlds.md", worlds()
    yield "reference/commands.md", commands()
    yield "reference/names.md", names()
    yield "reference/known_answers.md", answers()


FRONT = ("notebooks/2_spillover.ipynb", "bp.plot_triangle(evidence)", "reference/triangle.png")
"""The figure of the front page: its notebook, the cell that draws it, and where it is put."""


def front_figure(folder: Path) -> bytes:
    """Return the stored picture of a cell, so that the front page shows what a notebook drew."""
    notebook, source, _ = FRONT
    cells = json.loads((folder / notebook).read_text(encoding="utf-8"))["cells"]
    (cell,) = [cell for cell in cells if "".join(cell["source"]).strip() == source]
    (picture,) = [output["data"]["image/png"] for output in cell["outputs"] if "image/png" in output.get("data", {})]
    return base64.b64decode(picture)


def write(folder: Path) -> None:
    """Write all pages and the figure of the first, and remove those of cards that are no more."""
    wanted = set()
    for name, text in pages():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
        wanted.add(path)
    (folder / FRONT[2]).write_bytes(front_figure(folder))
    for path in (folder / "cards").glob("*.md"):
        if path not in wanted:
            path.unlink()


def check_links(app: Sphinx, exception: Exception | None) -> None:
    """Stop with an error where a page of the finished site leads nowhere."""
    from checked_links import broken
    from sphinx.errors import ExtensionError

    found = broken(Path(app.outdir)) if exception is None and app.builder.name == "html" else []
    if found:
        raise ExtensionError("Links of the site:\n" + "\n".join(found))


def setup(app: Sphinx) -> dict[str, bool]:
    """Write the pages when Sphinx starts, before it looks which there are."""
    app.connect("builder-inited", lambda app: write(Path(app.srcdir)))
    app.connect("build-finished", check_links)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
