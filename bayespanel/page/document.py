"""One page for the whole report: sections of text, equations, tables and figures in, HTML that needs no network out."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
import shutil
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup, escape

from bayespanel.data.spreadsheet import write_csv
from bayespanel.language.errors import FitError
from bayespanel.page.arrows import spots
from bayespanel.page.cells import arranged
from bayespanel.page.figure_files import drawn, inlined
from bayespanel.page.parts import (
    Code,
    Equation,
    FigurePart,
    Notice,
    Page,
    Part,
    Section,
    TablePart,
    Text,
    named_files,
    require,
)
from bayespanel.page.undrawn import undrawn

__all__ = [
    "Code",
    "Equation",
    "FigurePart",
    "Notice",
    "Page",
    "Part",
    "Section",
    "TablePart",
    "Text",
    "remove",
    "render",
    "write",
]

PAGE = "index.html"

LARGEST = 5_000_000
"""Bytes of a page at most: what a mail takes."""

GENERATOR = "bayespanel"
"""Stands in the head of a page, so that one is known from a page that somebody else wrote."""

GENERATED = f'name="generator" content="{GENERATOR} '

FILE = re.compile(r"<code>((?:tables|figures)/[a-z][a-z0-9_-]*)\.(csv|svg)</code>")
"""Where a page names one of its files."""

LINK = re.compile(r"https?://[^\s<>\"]*[^\s<>\".,;:)]|doi:10\.\d{4,9}/[^\s<>\"]*[^\s<>\".,;:)]")

WORDS = {"info": "Note", "warning": "Caution", "error": "Problem"}
"""What a notice begins with, so that its colour is not all that tells."""


def render(page: Page) -> str:
    """Return a page as HTML: figures, style and scripts inside, nothing loaded from anywhere.

    Parameters
    ----------
    page
        Its sections in reading order.

    Returns
    -------
    str
        A document in HTML 5. Its security policy forbids every request.

    Raises
    ------
    SpecError
        When it would be larger than 5 MB.
    """
    views = _views(page)
    style, script = Markup(_asset("page.css").strip()), Markup(_asset("page.js").strip())
    room = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    room.filters["linked"] = _linked
    html = room.from_string(_asset("page.html.j2")).render(
        page=page,
        sections=views,
        style=style,
        script=script,
        style_hash=_hash(style),
        script_hash=_hash(script),
        generator=GENERATOR,
        words=WORDS,
    )
    size = len(html.encode())
    require(
        size <= LARGEST,
        "A page has at most 5 MB, so that it can be mailed.",
        f"This one would have {size / 1e6:.1f} MB.",
        "Show fewer rows or figures; tables and figures are written as files as well.",
    )
    return html + "\n"


def write(page: Page, folder: str | Path) -> Path:
    """Write a page as index.html, its figures (SVG and PNG) into figures/ and its tables (CSV) into tables/.

    Everything is made in a hidden folder first; index.html comes last, in one step, so that it is there whole or not at
    all. Files that an earlier report's page names are replaced or removed; whatever else lies there stays.

    Parameters
    ----------
    page
        Its sections in reading order.
    folder
        Where to; it is made if need be.

    Returns
    -------
    Path
        index.html.

    Raises
    ------
    FitError
        When it cannot be written, or an index.html lies there that is no report.
    SpecError
        When the page would be larger than 5 MB.
    """
    folder = Path(folder)
    html = render(page)
    try:
        _require_ours(folder / PAGE)
        folder.mkdir(parents=True, exist_ok=True)
        partial = folder / f".report.{secrets.token_hex(4)}.partial"
        try:
            made = [*_write_parts(page, partial), partial / PAGE]
            made[-1].write_text(html, encoding="utf-8", newline="\n")
            earlier = _files_of(folder)
            for path in made:
                target = folder / path.relative_to(partial)
                target.parent.mkdir(exist_ok=True)
                path.replace(target)
                earlier.discard(target)
            _remove(earlier)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    except OSError as error:
        raise FitError(
            "A report is written whole or not at all.",
            f"{str(folder)!r} could not be written ({error.strerror or error}).",
            "Make room or choose another folder.",
        ) from error
    return folder / PAGE


def remove(folder: Path) -> None:
    """Remove a report with the tables and figures that its page names; other files, and other pages, stay."""
    if _is_ours(folder / PAGE):
        _remove({*_files_of(folder), folder / PAGE})
        for place in (folder / "tables", folder / "figures", folder):
            with suppress(OSError):  # something else is in it
                place.rmdir()


def _files_of(folder: Path) -> set[Path]:
    """Return the tables and figures that a report's page in a folder names."""
    page = folder / PAGE
    found = FILE.findall(page.read_text("utf-8", "replace")) if _is_ours(page) else []
    return {folder / f"{name}.{ending}" for name, ending in found} | {
        folder / f"{name}.png" for name, ending in found if ending == "svg"
    }


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        with suppress(OSError):
            path.unlink()


def _is_ours(path: Path) -> bool:
    return path.is_file() and GENERATED in path.read_text("utf-8", "replace")[:2000]


def _require_ours(path: Path) -> None:
    if path.exists() and not _is_ours(path):
        raise FitError(
            "A report replaces an earlier report, and no other page.",
            f"{str(path)!r} is not a report of bayespanel.",
            "Choose another folder.",
        )


def _write_parts(page: Page, folder: Path) -> list[Path]:
    tables, figures = folder / "tables", folder / "figures"
    made = []
    for part, name in named_files(page):
        if isinstance(part, TablePart):
            tables.mkdir(parents=True, exist_ok=True)
            write_csv(part.frame, tables / f"{name}.csv")
            made.append(tables / f"{name}.csv")
        else:
            figures.mkdir(parents=True, exist_ok=True)
            for ending in ("svg", "png"):
                try:
                    content = drawn(part.figure, ending)
                except Exception as error:  # the page and its other files are worth more
                    undrawn(part.caption, f"{name}.{ending}", error)
                    continue
                (figures / f"{name}.{ending}").write_bytes(content)
                made.append(figures / f"{name}.{ending}")
    folder.mkdir(parents=True, exist_ok=True)
    return made


def _views(page: Page) -> list[dict[str, Any]]:
    """What the template shows of each section; tables and figures are counted through the page."""
    names = iter(named_files(page))
    seen: Counter[str] = Counter()

    def view(part: Part, level: int) -> dict[str, Any]:
        kind = type(part).__name__
        seen[kind] += 1
        out: dict[str, Any] = {"kind": kind, "part": part, "number": seen[kind], "level": level}
        match part:
            case Section():
                out["parts"] = [view(inner, min(level + 1, 6)) for inner in part.parts]
            case TablePart():
                out |= {"table": arranged(part.frame, part.shown, part.formats, part.filters, part.failed, part.look)}
                out |= {"file": f"tables/{next(names)[1]}.csv"}
            case FigurePart():
                width, height = (round(96 * side) for side in part.figure.get_size_inches())
                out |= {"source": inlined(part.figure), "width": width, "height": height}
                out |= {"file": f"figures/{next(names)[1]}.svg", "spots": spots(part.figure, part.words, width, height)}
            case Equation():
                out["math"] = Markup(part.mathml)
        return out

    return [view(section, 2) for section in page.sections]


def _linked(text: str) -> Markup:
    """Escape text and turn its addresses into links."""
    out, end = Markup(), 0
    for found in LINK.finditer(text):
        address = found[0].replace("doi:", "https://doi.org/", 1) if found[0].startswith("doi:") else found[0]
        out += escape(text[end : found.start()]) + Markup('<a href="{}">{}</a>').format(address, found[0])
        end = found.end()
    return out + escape(text[end:])


def _asset(name: str) -> str:
    return files("bayespanel.page").joinpath("assets", name).read_text(encoding="utf-8")


def _hash(content: str) -> str:
    """Of a style or a script, as a security policy names it."""
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
