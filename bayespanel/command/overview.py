"""The columns of a table as they are, and the command line that could name them: a suggestion, never a decision."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bayespanel.command.columns import Columns, one
from bayespanel.command.screen import table_text

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

NAMES = {
    "pupil": (
        *("pupil", "pupilid", "pupilnr", "student", "studentid", "pid", "id", "child", "childid", "person", "subject"),
        *("subjectid", "participant", "respondent", "case", "caseid", "leerling", "leerlingnr", "leerlingnummer"),
        *("schueler", "schuelerid", "schuelernr", "kind", "kindid", "kindnr", "eleve", "elev"),
    ),
    "wave": (
        *("wave", "time", "occasion", "year", "grade", "gr", "t", "measurement", "round", "meting", "meetmoment"),
        *("welle", "zeitpunkt", "messzeitpunkt", "vague", "jaar", "jahr"),
    ),
    "classroom": ("class", "classroom", "classid", "klas", "klasid", "klasse", "klassenid", "classe", "teacher", "tch"),
    "school": ("school", "schoolid", "schoolnr", "schoolcode", "sch", "brin", "schule", "schulid", "ecole", "skole"),
}
"""Usual names of columns, by role."""

PLACES = {"school": "school", "classroom": "class"}
"""Role of a column -> level of a model."""

NUMBERING = re.compile(r"(?:^|[_. ])(?:id|nr|no|num|nummer|number|code|key|date|datum|year|jaar|jahr)\d*$")
"""How a name of a column ends whose numbers name or date something."""

SPELT = {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"}
"""Letters as German types them where a keyboard lacks them."""

FEW = 10
"""Rows up to which different whole numbers may be scores."""

OCCASION = re.compile(r"[_. ](?:t|w|wave|time|meting|mzp|m)$", re.IGNORECASE)
"""What stands before the number of a wave in the name of a column: "bullying_t1"."""


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
                "type": _type(column),
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

    filled = replace(columns, pupil=columns.pupil or _column(frame, "pupil") or "PUPIL")
    variables = () if card is None else panel_of(card)[0].columns
    groups = _wide_groups(frame)
    places = {role: groups.pop(stem) for role in PLACES for stem in list(groups) if _plain(stem) in NAMES[role]}
    groups = {
        stem: group
        for stem, group in groups.items()
        if all(map(_is_number(frame), group)) and not NUMBERING.search(stem.lower())
    }
    one_row_each = filled.pupil not in frame.columns or not frame[filled.pupil].duplicated().any()
    is_wide = bool(columns.wide or (groups and one_row_each and not columns.wave))
    for role, level in PLACES.items():
        if card is not None and level not in panel_of(card)[0].levels:
            continue
        guess = (places.get(role) if is_wide else None) or one(_column(frame, role))
        if card is None and role == "classroom" and len(guess) < 2:
            guess = ()  # a class is seldom wanted, and is nested in a school that a table may lack
        absent = () if card is None else (level.upper(),)
        named = getattr(columns, role) or guess or absent
        filled = replace(filled, school=named) if role == "school" else replace(filled, classroom=named)
    filled = _wide(filled, groups, variables) if is_wide else _long(filled, frame, variables)
    if card is not None:
        filled = replace(filled, variables=(), covariates=())  # the card names them
    return " ".join(["bayespanel", *command.split(" "), shlex.quote(str(path)), *filled.words()])


def _wide(columns: Columns, groups: dict[str, tuple[str, ...]], variables: tuple[str, ...]) -> Columns:
    chosen = list(groups.items())[:OFFERED]
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
    columns = replace(columns, wave=columns.wave or _column(frame, "wave") or "WAVE")
    if not columns.waves and columns.wave in frame and _type(frame[columns.wave]) == "text":
        columns = replace(columns, waves=tuple(str(label) for label in frame[columns.wave].dropna().unique()[:WAVES]))
    taken = {columns.pupil, columns.wave, *columns.classroom, *columns.school}
    numeric = [name for name in _score_like(frame, columns.pupil) if name not in taken]
    there = [*map(str, frame.columns), *(new for new, _ in columns.rename)]
    if not variables:
        named = tuple(name if name in there else _closest(name, numeric) or "COLUMN" for name in columns.variables)
        return replace(columns, variables=named or tuple(numeric[:OFFERED]) or ("COLUMN",))
    pairs = [(name, _closest(name, numeric) or "COLUMN") for name in variables if name not in there]
    return replace(columns, rename=(*columns.rename, *pairs))


def _score_like(frame: pd.DataFrame, pupil: str | None) -> list[str]:
    """Return the columns that can be scores of a long table: no names of anything, and not the same all along."""
    from pandas.api import types

    out = []
    for name in map(str, frame.select_dtypes("number").columns):
        column = frame[name].dropna()
        counts = _type(column) == "whole" and len(column) > FEW and column.is_unique  # it numbers the rows
        if column.nunique() <= 4 or counts or types.is_bool_dtype(column.dtype):
            continue
        if _is_usual(name) or NUMBERING.search(name.lower()):
            continue
        if pupil in frame and pupil != name:
            by_pupil = column.groupby(frame[pupil])
            if (by_pupil.size() > 1).any() and by_pupil.nunique().max() == 1:
                continue  # a year of birth, a school
        out.append(name)
    return out


def _closest(name: str, known: list[str]) -> str | None:
    plain = {other.lower(): other for other in known}
    close = get_close_matches(name.lower(), list(plain), n=1, cutoff=ALIKE)
    return plain[close[0]] if close else None


def _column(frame: pd.DataFrame, role: str) -> str | None:
    """Return the column whose name is usual for a role, the most usual first."""
    plain = {_plain(str(name)): str(name) for name in reversed(frame.columns)}
    return next((plain[name] for name in NAMES[role] if name in plain), None)


def _is_usual(name: str) -> bool:
    return any(_plain(name) in names for names in NAMES.values())


def _plain(name: str) -> str:
    """Return the letters of a name, those with marks as they are typed without: "Schüler_ID" is "schuelerid"."""
    import unicodedata

    spelt = name.lower()
    for letter, letters in SPELT.items():
        spelt = spelt.replace(letter, letters)
    return re.sub(r"[^a-z]", "", unicodedata.normalize("NFKD", spelt))


def _wide_groups(frame: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    """Return the columns that share a stem and end in a number, three or more of them, by that number."""
    groups: dict[str, list[tuple[int, str]]] = {}
    for name in map(str, frame.columns):
        found = re.fullmatch(r"(.*?[^\d])(\d{1,4})", name)
        if found:
            stem = OCCASION.sub("", found[1]).rstrip("_. ")
            groups.setdefault(stem, []).append((int(found[2]), name))
    return {stem: tuple(name for _, name in sorted(group)) for stem, group in groups.items() if len(group) > 2}


def _is_number(frame: pd.DataFrame) -> Callable[[str], bool]:
    numeric = set(map(str, frame.select_dtypes("number").columns))
    return numeric.__contains__


def _type(column: pd.Series) -> str:
    from pandas.api import types

    if types.is_bool_dtype(column.dtype):
        return "yes/no"
    if types.is_numeric_dtype(column.dtype):
        present = column.dropna()
        return "whole" if not types.is_float_dtype(column.dtype) or (present % 1 == 0).all() else "decimal"
    return "date" if types.is_datetime64_any_dtype(column.dtype) else "text"


def _example(present: pd.Series) -> str:
    if not len(present):
        return "-"
    value: Any = present.iloc[0]
    shown = f"{value:.12g}" if isinstance(value, float) else str(value)
    return shown if len(shown) <= 20 else shown[:19] + "…"
