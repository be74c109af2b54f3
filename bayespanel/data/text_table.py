"""A file of separated values as columns of text, every row with as many fields as the header has names."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import re
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bayespanel.data.guesses import Guess
from bayespanel.data.label_text import cleaned
from bayespanel.data.wording import counted, listed, shortly
from bayespanel.language.errors import DataError

SEPARATORS = (",", ";", "\t")
NAMED = {",": "comma", ";": "semicolon", "\t": "tab"}
MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
"""First bytes of a file that name its encoding."""

TESTED = 200
"""Rows that are looked at to find the separator."""

LONGEST_FIELD = 131_072
"""Letters of one field at most; a longer one is an unclosed quotation mark."""


@dataclass(frozen=True)
class TextTable:
    """A table whose cells are text.

    Attributes
    ----------
    names : tuple of str
        Names of the columns, without blanks around them; two may be the same.
    columns : tuple of list of str
        Cells of each column, as they stand in the file; blank where there is nothing.
    separator : str
    guesses : tuple of Guess
    """

    names: tuple[str, ...]
    columns: tuple[list[str], ...]
    separator: str
    guesses: tuple[Guess, ...]


def read_text_table(source: Path) -> TextTable:
    """Read a file of values separated by comma, semicolon or tab, plain or gzipped.

    Raises
    ------
    DataError
        Bytes that are no text; a quotation mark that is not closed; a row with more or fewer fields than the header;
        a column with values and without a name; a header that stands in the table again.
    """
    guesses: list[Guess] = []
    text = _decoded(_bytes_of(source), source.name, guesses)
    stated, text, skipped = _stated_separator(text, guesses)
    separator = stated or _separator(text)
    rows = _rows(text, separator, source.name, skipped)
    return table_of(source.name, rows, separator, guesses, ended=text.endswith(("\n", "\r")))


def table_of(
    name: str,
    rows: Sequence[tuple[int, list[str]]],
    separator: str,
    guesses: Sequence[Guess] = (),
    *,
    ended: bool = True,
) -> TextTable:
    """Return rows of cells as a table, the first of them its header.

    Parameters
    ----------
    name
        Of the file, for errors.
    rows
        Number and cells of each row.
    separator
        What stands between cells in the file.
    guesses
        What was decided so far.
    ended
        Whether the last row is known to be whole.

    Raises
    ------
    DataError
        As `read_text_table`.
    """
    guesses = list(guesses)
    if not rows:
        raise damaged(name, "it is empty")
    (_, header), body = rows[0], rows[1:]
    names = [cleaned(title) for title in header]
    filled = [(line, row) for line, row in body if any(map(str.strip, row))]
    if len(filled) < len(body):
        guesses.append(
            Guess(
                "rows",
                f"{counted(len(body) - len(filled), 'row')} of {name!r} held separators only.",
                "They were left out.",
                "",
            )
        )
    names, cells = _rectangle(name, names, filled, separator, guesses)
    _refuse_second_header(name, names, filled)
    columns = [list(column) for column in zip(*cells, strict=True)] if cells else [[] for _ in names]
    if cells and not ended:
        guesses += _require_last_cell(name, names[-1], columns[-1])
    names, columns = _named(name, names, columns, guesses)
    return TextTable(tuple(names), tuple(columns), separator, tuple(guesses))


def damaged(name: str, reason: str) -> DataError:
    """Return the error for a file that cannot be read."""
    return DataError(
        "A table is read from a whole file of the kind its ending says.",
        f"{name!r} could not be read ({reason}).",
        "Open it in the program that wrote it and save it again, or check the ending of its name.",
    )


def _bytes_of(source: Path) -> bytes:
    try:
        if source.name.lower().endswith(".gz"):
            with gzip.open(source, "rb") as packed:
                return packed.read()
        return source.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        reason = str(error).strip().splitlines()
        raise damaged(source.name, reason[0] if reason else type(error).__name__) from error


def _decoded(content: bytes, name: str, guesses: list[Guess]) -> str:
    """Return the text; the encoding is that of the mark at its start, else UTF-8, else Windows-1252."""
    encoding = next((encoding for mark, encoding in MARKS if content.startswith(mark)), None)
    if encoding is None and b"\0" in content[:1000]:
        even, odd = content[:1000:2].count(0), content[1:1000:2].count(0)
        many = min(len(content), 1000) / 10
        encoding = "utf-16-le" if odd > 10 * even + many else "utf-16-be" if even > 10 * odd + many else None
    for attempt in (encoding,) if encoding else ("utf-8", "cp1252"):
        try:
            text = content.decode(attempt)
        except UnicodeDecodeError:
            continue
        if attempt == "cp1252":
            guesses.append(
                Guess(
                    "encoding",
                    f"{name!r} is not encoded in UTF-8.",
                    "It was read as Windows-1252, as Excel writes it in Western Europe.",
                    "If letters with accents look wrong, save it again as 'CSV UTF-8'.",
                )
            )
        elif attempt.startswith("utf-16"):
            guesses.append(Guess("encoding", f"{name!r} is encoded in UTF-16.", "It was read so.", ""))
        if "\0" in text:
            raise damaged(name, f"line {text[: text.index(chr(0))].count(chr(10)) + 1} holds a null character")
        return text
    raise DataError(
        "A text file is encoded in UTF-8 (or UTF-16, or Windows-1252).",
        f"{name!r} is not.",
        "Save it again as 'CSV UTF-8'.",
    )


def _stated_separator(text: str, guesses: list[Guess]) -> tuple[str | None, str, int]:
    """Return the separator of a first line like `sep=;`, the text after it, and the number of lines left out."""
    found = re.match(r'"?sep=(.|\t)"?[;,\t]*\r?\n', text, re.IGNORECASE)
    if found is None:
        return None, text, 0
    if found[1] not in SEPARATORS:
        raise DataError(
            "Fields are separated by comma, semicolon or tab.",
            f"The first line says sep={found[1]}.",
            "Save the table with one of the three.",
        )
    guesses.append(Guess("rows", f"The first line states the separator: {NAMED[found[1]]}.", "It is no row.", ""))
    return found[1], text[found.end() :], 1


def _separator(text: str) -> str:
    """Return the mark that splits the header most, or the rows where it does not split the header."""
    lines = text[:LONGEST_FIELD].splitlines()[:TESTED]

    def merit(mark: str) -> tuple[bool, float, int]:
        try:
            counts = [len(row) for row in csv.reader(lines, delimiter=mark) if row] or [0]
        except csv.Error:
            return False, 0.0, 0
        as_header = sum(count == counts[0] for count in counts) / len(counts)
        return counts[0] > 1, counts[0] * min(1.0, 2 * as_header) * (counts[0] > 1), max(counts)

    return max(SEPARATORS, key=merit)


def _rows(text: str, separator: str, name: str, skipped: int) -> list[tuple[int, list[str]]]:
    """Return (line number, fields) of every row that is not blank."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows: list[tuple[int, list[str]]] = []
    start = 1
    try:
        for row in reader:
            if row and (len(row) > 1 or row[0].strip()):
                rows.append((start + skipped, row))
            start = reader.line_num + 1
    except csv.Error as error:
        raise DataError(
            "A quotation mark that opens is closed, and a separator or the end of the line follows.",
            f"In {name!r} the row that begins in line {start + skipped} is not so ({error}).",
            "Correct this row, or save the table again.",
        ) from error
    return rows


def _rectangle(
    name: str, names: list[str], rows: list[tuple[int, list[str]]], separator: str, guesses: list[Guess]
) -> tuple[list[str], list[list[str]]]:
    """Return the names and the rows, all of one length; empty fields that all rows have too many are dropped.

    Raises
    ------
    DataError
        A row with more or fewer fields than the header has names.
    """
    counts = Counter(len(row) for _, row in rows)
    width = len(names)
    if len(counts) == 1 and (found := next(iter(counts))) != width:
        named = len(names) if names[-1] else max((i + 1 for i, part in enumerate(names) if part), default=0)
        if found > width and not any(field.strip() for _, row in rows for field in row[width:]):
            guesses.append(
                Guess(
                    "columns",
                    f"Every row of {name!r} ends in {counted(found - width, NAMED[separator])} more than the header.",
                    "The empty fields at the end were left out.",
                    "",
                )
            )
            return names, [row[:width] for _, row in rows]
        if named <= found < width:
            return names[:found], [row for _, row in rows]
    odd = [(line, row) for line, row in rows if len(row) != width]
    if odd:
        line, row = odd[0]
        extra = ""
        if len(odd) == len(rows) and len(row) == width + 1:
            extra = " If the first field of every row is the name of the row, give it a name in the header."
        elif len(odd) == len(rows) and width == 1:
            extra = " If the first line is a title, delete it."
        elif line == rows[-1][0]:
            extra = " It is the last row: the file may have been cut."
        raise DataError(
            "Every row of a table has as many fields as its header has names.",
            f"In {name!r} the header has {counted(width, 'name')}, and line {line} has {counted(len(row), 'field')}"
            f"{f' (as {counted(len(odd) - 1, "other row")})' if len(odd) > 1 else ''}: "
            f"{shortly(separator.join(row))!r}.",
            f"Correct the row, or the header.{extra}",
        )
    return names, [row for _, row in rows]


def _refuse_second_header(name: str, names: Sequence[str], rows: list[tuple[int, list[str]]]) -> None:
    for line, row in rows:
        if len(names) > 1 and cleaned(row[0]) == names[0] and [cleaned(field) for field in row] == list(names):
            raise DataError(
                "A table has one header, in its first line.",
                f"In {name!r} it stands again in line {line}.",
                "If two tables were put below each other, check that no pupil is in both, and delete this line.",
            )


def _named(
    name: str, names: list[str], columns: list[list[str]], guesses: list[Guess]
) -> tuple[list[str], list[list[str]]]:
    """Return the columns that have a name or a value; those without a name are numbered, as pandas does.

    Raises
    ------
    DataError
        Half of the columns with values or more have no name: the first line is no header.
    """
    if not any(names):
        raise damaged(name, "its first line names no column")
    blank = [at for at, part in enumerate(names) if not part]
    held = [at for at in blank if any(map(str.strip, columns[at]))]
    if 2 * len(held) >= len(names) - len(blank) + len(held) and len(names) > 1:
        raise DataError(
            "Every column of a table has a name.",
            f"In {name!r} column {held[0] + 1} has values and no name. The header is {listed(names, 12)}.",
            "Name it. If the first line is a title, or the header takes two lines, leave one line of names.",
        )
    if held:
        where = ", ".join(str(at + 1) for at in held[:6])
        seen = f"{counted(len(held), 'column')} of {name!r} had values and no name: {where}."
        guesses.append(Guess("columns", seen, "They got names such as 'Unnamed: 4'.", "Name them in the file."))
    for at in held:
        names = [*names[:at], f"Unnamed: {at}", *names[at + 1 :]]
    out = [at for at in blank if at not in held]
    if out:
        guesses.append(
            Guess("columns", f"{counted(len(out), 'column')} of {name!r} had no name and no value.", "Left out.", "")
        )
    kept = [at for at in range(len(names)) if at not in out]
    return [names[at] for at in kept], [columns[at] for at in kept]


def _require_last_cell(name: str, title: str, column: list[str]) -> list[Guess]:
    """Check the last cell of a file whose last line does not end: it may be cut in the middle of a value."""
    *others, last = map(str.strip, column)
    lengths = [len(cell) for cell in others if cell]
    if not lengths or (not last and "" in others) or min(lengths) == max(lengths) == len(last):
        return []
    seen = f"The last line of {name!r} does not end, and its value of {title!r} is {shortly(last)!r}"
    if len(last) < min(lengths) or last.endswith((".", ",", "-", "+", "e", "E")):
        raise DataError(
            "The last row of a table is whole.",
            f"{seen}, shorter than every other.",
            "If the file was cut, save or copy it again. If the row is whole, put an end of line after it.",
        )
    if len(last) == max(lengths):
        return []
    return [Guess("rows", f"{seen}.", "It was taken as whole.", "If the file was cut, save or copy it again.", True)]
