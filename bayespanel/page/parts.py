"""What a page is made of: text, equations, tables, figures, code, notices, sections; each checked when it is made."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

import pandas as pd
from matplotlib.figure import Figure

from bayespanel.language.errors import SpecError
from bayespanel.page.cells import Format, titled
from bayespanel.page.mathml import checked

NAME = re.compile(r"[a-z][a-z0-9_-]*")
"""Of sections and files: what an address and every file system take."""

Severity = Literal["info", "warning", "error"]


@dataclass(frozen=True)
class Text:
    """Paragraphs of plain text; addresses (https://..., doi:10...) become links."""

    paragraphs: tuple[str, ...]

    def __post_init__(self) -> None:
        require(not isinstance(self.paragraphs, str), "A text is a tuple of paragraphs.", "You gave one string.")


@dataclass(frozen=True)
class Equation:
    """An equation as MathML (a `<math>` element), and what it says in words, shown below it.

    Browsers know MathML Core: a bold letter is one of Unicode ("𝐀"), not `mathvariant`.
    """

    mathml: str
    words: str

    def __post_init__(self) -> None:
        checked(self.mathml)
        require(bool(self.words.strip()), "An equation comes with its meaning in words.", "There are none.")


@dataclass(frozen=True, eq=False)
class TablePart:
    """A table.

    Attributes
    ----------
    frame
        Rows; the CSV file beside the page has all columns and digits.
    caption
        What the table shows.
    formats
        How a column is written: a format specification (".3f"), or a function of the row. Else floats have three
        decimals, truth is yes or no, and what is missing is a dash.
    sortable
        Whether readers can sort by any column; the raw value counts, not how it is written.
    filters
        Columns, shown or not, by which readers choose rows; with any of them comes a search for text.
    failed
        Column of booleans. Its true rows stand on top, in red and with the word, however the table is sorted or
        filtered. It is not shown itself unless among `columns`.
    look
        Column of booleans. Its true rows stand below those that failed, in yellow and with the word.
    columns
        Which columns are shown, in this order, with their headings; all but `failed` and `look` by default. The first
        one names the row.
    note
        Definitions, below the table.
    name
        Of the file, without ending; by default the section's identifier and the table's number.
    """

    frame: pd.DataFrame
    caption: str
    formats: Mapping[str, Format] = field(default_factory=dict)
    sortable: bool = True
    filters: tuple[str, ...] = ()
    failed: str | None = None
    look: str | None = None
    columns: Mapping[str, str] | None = None
    note: str = ""
    name: str = ""

    def __post_init__(self) -> None:
        require(bool(self.caption.strip()), "A table says what it shows.", "Its caption is empty.")
        marks = [name for name in (self.failed, self.look) if name is not None]
        named = [*self.formats, *self.filters, *(self.columns or {}), *marks]
        unknown = [name for name in named if name not in self.frame]
        require(not unknown, "A table's formats, filters and columns name columns of its frame.", f"{unknown} do not.")
        for mark in marks:
            given = self.frame[mark]
            boolean = pd.api.types.is_bool_dtype(given) and not given.isna().any()
            require(boolean, "What marks rows is a column of booleans.", f"{mark!r} holds {given.dtype}.")

    @property
    def shown(self) -> dict[str, str]:
        """Columns shown and their headings."""
        if self.columns is not None:
            return dict(self.columns)
        return {str(name): titled(str(name)) for name in self.frame.columns if name not in (self.failed, self.look)}


@dataclass(frozen=True, eq=False)
class FigurePart:
    """A figure, the text that stands for it where it cannot be seen, and its caption; `name` as for a table.

    `words` are pathway to what is said of its arrows when they are pointed at.
    """

    figure: Figure
    alt: str
    caption: str
    name: str = ""
    words: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        require(bool(self.alt.strip()), "A figure has a text for those who cannot see it.", "'alt' is empty.")


@dataclass(frozen=True)
class Code:
    """Lines to be copied as they are, in a language ("python", "bibtex", "text")."""

    text: str
    language: str = "text"


@dataclass(frozen=True)
class Notice:
    """A sentence that must not be missed."""

    text: str
    severity: Severity = "info"

    def __post_init__(self) -> None:
        known = get_args(Severity)
        require(self.severity in known, f"A notice is one of {', '.join(known)}.", f"You gave {self.severity!r}.")


@dataclass(frozen=True)
class Section:
    """Parts under a heading; a section among the parts is one below it. `id` is its address in the page."""

    id: str
    title: str
    parts: tuple[Part, ...]


type Part = Text | Equation | TablePart | FigurePart | Code | Notice | Section


@dataclass(frozen=True)
class Page:
    """A page: when it was `created` and by which `version` of bayespanel stand at its end."""

    title: str
    subtitle: str
    sections: tuple[Section, ...]
    created: str
    version: str

    def __post_init__(self) -> None:
        ids = [part.id for _, part in _every(self.sections) if isinstance(part, Section)]
        found = named_files(self)
        for name in [*ids, *(name for _, name in found)]:
            require(
                NAME.fullmatch(name) is not None,
                "Sections and files are named by small letters, digits, _ and -, a letter first.",
                f"{name!r} is not.",
            )
        by_kind = Counter((type(part).__name__, name) for part, name in found)
        twice = [name for name, times in Counter(ids).items() if times > 1]
        twice += [name for (_, name), times in by_kind.items() if times > 1]
        require(not twice, "No two sections, tables or figures of a page have the same name.", f"Two are {twice[:1]}.")


def named_files(page: Page) -> list[tuple[TablePart | FigurePart, str]]:
    """Return tables and figures in the order in which the page counts them, with the names of their files."""
    out: list[tuple[TablePart | FigurePart, str]] = []
    seen: Counter[type] = Counter()
    for section, part in _every(page.sections):
        if isinstance(part, TablePart | FigurePart):
            seen[type(part)] += 1
            out.append((part, part.name or f"{section}-{seen[type(part)]}"))
    return out


def require(held: bool, rule: str, given: str, action: str = "Correct this part of the page.") -> None:
    """Raise a SpecError unless what the rule says holds."""
    if not held:
        raise SpecError(rule, given, action)


def _every(parts: tuple[Part, ...], section: str = "") -> Iterator[tuple[str, Part]]:
    """Go through parts in reading order, into sections as well, each with the section that it stands in."""
    for part in parts:
        yield section, part
        if isinstance(part, Section):
            yield from _every(part.parts, part.id)
