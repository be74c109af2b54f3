"""What is known of the file that a table came from, beyond its cells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass, field, replace

import pandas as pd

from bayespanel.data.guesses import Guess, guesses_from
from bayespanel.data.kept import Kept
from bayespanel.data.text_numbers import Spelt
from bayespanel.data.value_labels import AS_READ, LABELS, NOMINAL

SOURCE = "source"
"""Where `DataFrame.attrs` holds it, as lists and dicts: pandas writes them into Parquet files."""


@dataclass(frozen=True)
class Source:
    """What a file said that a table of cells does not.

    Attributes
    ----------
    spelt : Spelt
        How a text file wrote its numbers.
    guesses : tuple of Guess
        What reading the file decided.
    """

    spelt: Spelt = field(default_factory=Spelt)
    guesses: tuple[Guess, ...] = ()


def with_source(frame: pd.DataFrame, source: Source) -> pd.DataFrame:
    """Keep with a table what is known of its file, and return it."""
    if source != Source():
        spelt = source.spelt
        content = {
            "numeric": list(spelt.numeric),
            "as_written": {column: list(map(list, known.items())) for column, known in spelt.as_written.items()},
            "thousands": {column: list(pair) for column, pair in spelt.thousands.items()},
            "decimal": spelt.decimal,
            "guesses": [list(astuple(guess)) for guess in source.guesses],
        }
        frame.attrs[SOURCE] = Kept(content)
    return frame


def source_of(frame: pd.DataFrame) -> Source:
    """Return what is known of a table's file; nothing where `read_table` did not read it."""
    known = frame.attrs.get(SOURCE)
    if not isinstance(known, dict):
        return Source()
    return Source(
        Spelt(
            numeric=tuple(known["numeric"]),
            as_written={column: dict(map(tuple, pairs)) for column, pairs in known["as_written"].items()},
            thousands={column: tuple(pair) for column, pair in known["thousands"].items()},
            decimal=str(known["decimal"]),
        ),
        guesses_from(known["guesses"]),
    )


def with_names(frame: pd.DataFrame, renaming: Mapping[str, str]) -> pd.DataFrame:
    """Return a table with other names of columns (old -> new), and all that is known of them under these names."""
    renamed = frame.rename(columns=dict(renaming))

    def name(column: str) -> str:
        return renaming.get(column, column)

    def named(known: object) -> object:
        return Kept({name(column): value for column, value in known.items()}) if isinstance(known, dict) else known

    parts = (LABELS, "variable_labels", NOMINAL)
    renamed.attrs |= {part: named(frame.attrs[part]) for part in parts if part in frame.attrs}
    if AS_READ in frame.attrs:
        renamed.attrs[AS_READ] = Kept({part: named(known) for part, known in frame.attrs[AS_READ].items()})
    source = source_of(frame)
    spelt = replace(
        source.spelt,
        numeric=tuple(map(name, source.spelt.numeric)),
        as_written={name(column): value for column, value in source.spelt.as_written.items()},
        thousands={name(column): value for column, value in source.spelt.thousands.items()},
    )
    return with_source(renamed, replace(source, spelt=spelt))
