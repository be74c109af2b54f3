"""The columns of a table as they are, and the command line that could name them: a suggestion, never a decision."""

from __future__ import annotations

import shlex
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bayespanel.command.column_kinds import is_wide, place_columns, score_groups, scores_of_long, type_of
from bayespanel.command.columns import Columns
from bayespanel.command.screen import table_text
from bayespanel.command.wave_columns import alike
from bayespanel.language.column_words import named_for

if TYPE_CHECKING:
    import pandas as pd

    from bayespanel.catalogue.cards import Card

SHOWN = 60
"""Columns that are printed; a wide table may have thousands."""

OFFERED = 4
"""Variables that a suggestion names at most: it is there to be edited."""

WAVES = 12
"""Names of waves that a suggestion holds at most."""

ALIKE = 0.65
"""Least similarity of a name that is offered for another: "read" for "reading", not "math" for "warmth"."""

PLACES = {"school": "school", "classroom": "class"}
"""Role of a column -> level of a model."""


def table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a row per column: its name, type, number of distinct values, share missing, an example and its label."""
    import pandas as pd

    labels = frame.attrs.get("variable_labels", {})
    rows = []
    for position, name in enumerate(frame.columns):
        column = frame.iloc[:, position]
        present = column.dropna()
        rows.append(
            {
                "column": str(name),
                "type": type_of(column),
                "distinct": int(_hashable(present).nunique()),
                "missing": float(column.isna().mean()) if len(column) else 0.0,
                "example": _example(present),
                "label": str(labels.get(name, "")),
            }
        )
    out = pd.DataFrame(rows, columns=["column", "type", "distinct", "missing", "example", "label"])
    return out if out["label"].any() else out.drop(columns="label")


def _hashable(present: pd.Series) -> pd.Series:
    """Return values that can be counted: lists, as Parquet can hold them, as text."""
    from bayespanel.data.columns import NESTED

    nested = any(isinstance(value, NESTED) for value in present.head(1))
    return present.map(str) if nested else present


def text(frame: pd.DataFrame) -> str:
    """Return the columns as text, indented by two."""
    found = table(frame)
    hidden = len(found) - SHOWN
    found["missing"] = found["missing"].map("{:.1%}".format)
    return table_text(found.head(SHOWN)) + (f"\n  ... and {hidden} more columns" if hidden > 0 else "")


def invitation(command: str, path: Path, frame: pd.DataFrame, columns: Columns, card: Card | None = None) -> str:
    """Return the columns and the command line to complete."""
    line = suggestion(command, path, frame, columns, card)
    return f"Say which columns are which. The table has\n\n{text(frame)}\n\nA guess, to check and correct:\n\n  {line}"


def suggestion(command: str, path: Path, frame: pd.DataFrame, columns: Columns, card: Card | None = None) -> str:
    """Return a command line that names the columns; what cannot be guessed stands in capitals.

    Parameters
    ----------
    command
        How it starts: "describe", or "fit" and a card.
    path, frame
        The table.
    columns
        What the command line said.
    card
        Asks for variables and levels.
    """
    from bayespanel.catalogue.cards import panel_of

    columns = _mended(columns, list(map(str, frame.columns)))
    filled = replace(columns, pupil=columns.pupil or named_for("pupil", map(str, frame.columns)) or "PUPIL")
    variables = () if card is None else panel_of(card)[0].columns
    groups = score_groups(frame)
    of_pupils = bool(columns.wide or (is_wide(frame, filled.pupil) and not columns.wave))
    for role, level in PLACES.items():
        if card is not None and level not in panel_of(card)[0].levels:
            continue
        guess = place_columns(frame, role)
        guess = guess if of_pupils or len(guess) < 2 else ()
        if card is None and role == "classroom" and len(guess) < 2:
            guess = ()  # a class is seldom wanted, and is nested in a school that a table may lack
        absent = () if card is None else (level.upper(),)
        named = getattr(columns, role) or guess or absent
        filled = replace(filled, school=named) if role == "school" else replace(filled, classroom=named)
    filled = _wide(filled, groups, variables) if of_pupils else _long(filled, frame, variables)
    if card is not None:
        filled = replace(filled, variables=(), covariates=())  # the card names them
    return " ".join(["bayespanel", *command.split(" "), shlex.quote(str(path)), *filled.words()])


def _mended(columns: Columns, known: list[str]) -> Columns:
    """Return what a command line said, names that the table lacks replaced by the one that is nearest."""
    there = {*known, *(new for new, _ in columns.rename)}

    def mend(name: str) -> str:
        return name if name in there else _closest(name, known) or name

    return replace(
        columns,
        pupil=columns.pupil and mend(columns.pupil),
        wave=columns.wave and mend(columns.wave),
        classroom=tuple(map(mend, columns.classroom)),
        school=tuple(map(mend, columns.school)),
        wide=tuple((name, tuple(map(mend, group))) for name, group in columns.wide),
        rename=tuple((new, mend(old)) for new, old in columns.rename),
    )


def _wide(columns: Columns, groups: dict[str, tuple[str, ...]], variables: tuple[str, ...]) -> Columns:
    chosen = list(alike(groups).items())[:OFFERED]
    if variables:
        stems = {name: _closest(name, list(groups)) for name in variables}
        chosen = [(name, groups[stem] if stem else ("FIRST", "SECOND", "THIRD")) for name, stem in stems.items()]
    pupil = None if columns.pupil == "PUPIL" else columns.pupil
    moving = max(len(columns.school), len(columns.classroom)) > 1
    return replace(
        columns,
        pupil=pupil,
        wide=columns.wide or tuple(chosen),
        wave=None,
        variables=(),
        movers=columns.movers if moving else None,
    )


def _long(columns: Columns, frame: pd.DataFrame, variables: tuple[str, ...]) -> Columns:
    columns = replace(columns, wave=columns.wave or named_for("wave", map(str, frame.columns)) or "WAVE")
    if not columns.waves and columns.wave in frame and type_of(frame[columns.wave]) == "text":
        columns = replace(columns, waves=tuple(str(label) for label in frame[columns.wave].dropna().unique()[:WAVES]))
    taken = {columns.pupil, columns.wave, *columns.classroom, *columns.school}
    numeric = [name for name in scores_of_long(frame, columns.pupil) if name not in taken]
    there = [*map(str, frame.columns), *(new for new, _ in columns.rename)]
    if not variables:
        named = tuple(name if name in there else _closest(name, numeric) or "COLUMN" for name in columns.variables)
        return replace(columns, variables=named or tuple(numeric[:OFFERED]) or ("COLUMN",))
    pairs = [(name, _closest(name, numeric) or "COLUMN") for name in variables if name not in there]
    return replace(columns, rename=(*columns.rename, *pairs))


def _closest(name: str, known: list[str]) -> str | None:
    plain = {other.lower(): other for other in known}
    close = get_close_matches(name.lower(), list(plain), n=1, cutoff=ALIKE)
    return plain[close[0]] if close else None


def _example(present: pd.Series) -> str:
    if not len(present):
        return "-"
    value: Any = present.iloc[0]
    shown = f"{value:.12g}" if isinstance(value, float) else str(value)
    return shown if len(shown) <= 20 else shown[:19] + "…"
