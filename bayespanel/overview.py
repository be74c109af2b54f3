"""The columns of a table as they are, and the command line that could name them: a suggestion, never a decision."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bayespanel.intake import Options, renaming

if TYPE_CHECKING:
    import pandas as pd

SHOWN = 60
"""Columns that are printed; a wide table may have thousands."""

OFFERED = 4
"""Variables that a suggestion names at most: it is there to be edited."""

NAMES = {
    "pupil": ("pupil", "pupilid", "pupilnr", "student", "studentid", "pid", "id", "child", "childid", "person"),
    "wave": ("wave", "time", "occasion", "year", "grade", "gr", "t", "measurement"),
    "classroom": ("class", "classroom", "classid", "klas", "teacher", "tch"),
    "school": ("school", "schoolid", "schoolnr", "sch", "brin"),
}
"""Usual names of columns, by role."""


def columns(frame: pd.DataFrame) -> pd.DataFrame:
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
                "distinct": int(present.nunique()),
                "missing": float(column.isna().mean()) if len(column) else 0.0,
                "example": _example(present),
                "label": str(labels.get(name, "")),
            }
        )
    out = pd.DataFrame(rows, columns=["column", "type", "distinct", "missing", "example", "label"])
    return out if out["label"].any() else out.drop(columns="label")


def text(frame: pd.DataFrame) -> str:
    """Return the columns as text, indented by two."""
    found = columns(frame)
    shares = {"missing": "{:.1%}".format}
    shown = found.head(SHOWN)
    left = {name: f"{{:<{max(shown[name].str.len().max(), len(name))}}}".format for name in _words(found)}
    body = shown.to_string(index=False, formatters=shares | left, justify="left")
    more = f"\n  ... and {len(found) - SHOWN} more columns" if len(found) > SHOWN else ""
    return "\n".join("  " + line.rstrip() for line in body.splitlines()) + more


def suggestion(command: str, path: Path, frame: pd.DataFrame, options: Options, *, needs: tuple[str, ...] = ()) -> str:
    """Return a command line that names the columns; what cannot be guessed stands in capitals.

    Parameters
    ----------
    command
        "describe", or "fit" and a card.
    path, frame
        The table.
    options
        What the command line said; with a card its variables are the ones to find.
    needs
        Variables, and the roles "classroom" and "school", that a card asks for.
    """
    filled = options
    for role in ("pupil", "school", "classroom"):
        if getattr(filled, role) is None and (role == "pupil" or role in needs or not needs):
            guess = _column(frame, role) or (role.upper() if role in (*needs, "pupil") else None)
            filled = replace(filled, **{role: guess})
    variables = tuple(name for name in needs if name not in ("classroom", "school"))
    groups = _wide_groups(frame)
    by_pupil = filled.pupil in frame.columns and not frame[filled.pupil].duplicated().any()
    if options.wide or (groups and not options.wave and (by_pupil or filled.pupil == "PUPIL")):
        filled = _wide(filled, groups, variables)
    else:
        filled = _long(filled, frame, variables)
    if variables:
        filled = replace(filled, variables=(), covariates=())  # the card names them
    words = ["bayespanel", *shlex.split(command), shlex.quote(str(path)), *filled.words()]
    return " ".join(words)


def _wide(options: Options, groups: dict[str, tuple[str, ...]], variables: tuple[str, ...]) -> Options:
    if not variables:
        chosen = list(groups.items())[:OFFERED]
    else:
        chosen = []
        for name in variables:
            close = get_close_matches(name.lower(), [stem.lower() for stem in groups], n=1, cutoff=0.5)
            stem = next((stem for stem in groups if close and stem.lower() == close[0]), None)
            chosen.append((name, groups[stem] if stem else ("COLUMN1", "COLUMN2", "COLUMN3")))
    pupil = None if options.pupil == "PUPIL" else options.pupil
    return replace(options, pupil=pupil, wide=options.wide or tuple(chosen), wave=None, variables=(), movers=None)


def _long(options: Options, frame: pd.DataFrame, variables: tuple[str, ...]) -> Options:
    options = replace(options, wave=options.wave or _column(frame, "wave") or "WAVE")
    taken = {options.pupil, options.wave, options.classroom, options.school}
    numeric = [
        str(name)
        for name in frame.select_dtypes("number").columns
        if name not in taken and frame[name].nunique() > 4 and not _is_usual(str(name))
    ]
    if not variables:
        return replace(options, variables=options.variables or tuple(numeric[:OFFERED]) or ("VARIABLES",))
    there = renaming(frame, options).columns
    pairs = list(options.rename)
    for name in (name for name in variables if name not in there):
        close = get_close_matches(name.lower(), [column.lower() for column in numeric], n=1, cutoff=0.5)
        guess = next((column for column in numeric if close and column.lower() == close[0]), "COLUMN")
        pairs.append((name, guess))
    return replace(options, rename=tuple(pairs))


def _column(frame: pd.DataFrame, role: str) -> str | None:
    """Return the column whose name is usual for a role, the most usual first."""
    plain = {_plain(str(name)): str(name) for name in reversed(frame.columns)}
    return next((plain[name] for name in NAMES[role] if name in plain), None)


def _is_usual(name: str) -> bool:
    return any(_plain(name) in names for names in NAMES.values())


def _plain(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower())


def _wide_groups(frame: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    """Return the numeric columns that share a stem and end in a number, three or more of them, by that number."""
    groups: dict[str, list[tuple[int, str]]] = {}
    for name in map(str, frame.select_dtypes("number").columns):
        found = re.fullmatch(r"(.*?[^\d])(\d{1,4})", name)
        if found:
            groups.setdefault(found[1].rstrip("_. "), []).append((int(found[2]), name))
    return {stem: tuple(name for _, name in sorted(group)) for stem, group in groups.items() if len(group) > 2}


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


def _words(found: pd.DataFrame) -> list[str]:
    return [name for name in ("column", "type", "example", "label") if name in found]
