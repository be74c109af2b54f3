"""What the columns of a table can be: a score, or something else that is written in numbers too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from bayespanel.command.wave_columns import Groups, wave_groups
from bayespanel.language.column_words import is_covariate, is_no_score, named_for, role_of

if TYPE_CHECKING:
    import pandas as pd

FEW = 10
"""Rows up to which different whole numbers may be scores."""

CATEGORIES = 4
"""Distinct values up to which a column of a long table is taken for a category."""

YEARS = (1900, 2100)
DAYS = (19000101, 21001231)
"""Numbers that are years, and days written as YYYYMMDD."""

SECONDS = 1e9
"""Numbers from here on are times in seconds, or name something."""


def type_of(column: pd.Series) -> str:
    """Return what the cells of a column are, in a word: "yes/no", "whole", "decimal", "date", "text" or "empty"."""
    from pandas.api import types

    if types.is_bool_dtype(column.dtype):
        return "yes/no"
    present = column.dropna()
    if not len(present):
        return "empty"
    if types.is_numeric_dtype(column.dtype):
        return "whole" if not types.is_float_dtype(column.dtype) or (present % 1 == 0).all() else "decimal"
    if types.is_datetime64_any_dtype(column.dtype) or all(hasattr(value, "year") for value in present.head(FEW)):
        return "date"
    return "text"


def holds_scores(column: pd.Series) -> bool:
    """Return whether the numbers of a column can be scores: more than one, no dates, and no numbers of the rows."""
    kind = type_of(column)
    present = column.dropna()
    if kind not in ("whole", "decimal") or present.nunique() < 2:
        return False
    low, high = float(present.min()), float(present.max())
    if high >= SECONDS:
        return False
    if kind == "whole" and any(start <= low and high <= end for start, end in (YEARS, DAYS)):
        return False
    return not (kind == "whole" and len(present) > FEW and present.is_unique)  # it numbers the rows


def candidates(frame: pd.DataFrame) -> list[str]:
    """Return the columns that can be scores by their names and their numbers, in the order of the table."""
    return [
        name for name in single(frame) if not is_no_score(name) and not is_covariate(name) and holds_scores(frame[name])
    ]


def as_numbers(frame: pd.DataFrame, name: str) -> pd.Series:
    """Return a column; where a text file spelt its numbers so that they were left as text, as numbers."""
    from bayespanel.data.source import source_of
    from bayespanel.data.text_numbers import number_of

    spelt = source_of(frame).spelt
    if name not in spelt.numeric or type_of(frame[name]) != "text":
        return frame[name]
    try:
        return frame[name].map(lambda cell: number_of(str(cell), spelt.decimal), na_action="ignore").astype(float)
    except ValueError:
        return frame[name]


def single(frame: pd.DataFrame) -> list[str]:
    """Return the columns whose name stands in the table once."""
    counts = Counter(frame.columns)
    return [name for name in frame.columns if isinstance(name, str) and counts[name] == 1]


def score_groups(frame: pd.DataFrame, least: int = 3) -> Groups:
    """Return the columns of a wide table that can be scores at several waves."""
    return {
        stem: columns
        for stem, columns in wave_groups(candidates(frame), least).items()
        if not is_no_score(stem) and not is_covariate(stem)
    }


def place_columns(frame: pd.DataFrame, role: str) -> tuple[str, ...]:
    """Return the column of a class or school, or its columns per wave; empty without one."""
    names = [name for name in single(frame) if frame[name].notna().any()]
    for stem, columns in wave_groups(names, 2).items():
        if role_of(stem) == role:
            return columns
    found = named_for(role, names)
    return () if found is None else (found,)


def scores_of_long(frame: pd.DataFrame, pupil: str | None) -> list[str]:
    """Return the columns that can be scores of a long table: not few categories, nor the same in each pupil."""
    out = []
    for name in candidates(frame):
        column = as_numbers(frame, name).dropna()
        if column.nunique() > CATEGORIES and not is_fixed(frame, name, pupil):
            out.append(name)
    return out


def is_fixed(frame: pd.DataFrame, name: str, pupil: str | None) -> bool:
    """Return whether a column has one value in each pupil of several rows: a year of birth, a school."""
    if pupil not in frame or pupil == name:
        return False
    column = frame[name].dropna()
    by_pupil = column.groupby(frame[pupil])
    return bool((by_pupil.size() > 1).any() and by_pupil.nunique().max() == 1)


def covariates(frame: pd.DataFrame, pupil: str | None, *, long: bool, taken: Iterable[str] = ()) -> list[str]:
    """Return the complete columns of numbers whose names are usual for what does not change within a pupil."""
    out = []
    for name in single(frame):
        column = frame[name]
        usable = is_covariate(name) and name not in set(taken) and type_of(column) in ("whole", "decimal", "yes/no")
        if usable and column.notna().all() and column.nunique() > 1 and (not long or is_fixed(frame, name, pupil)):
            out.append(name)
    return out


def is_wide(frame: pd.DataFrame, pupil: str | None) -> bool:
    """Return whether a table has one row per pupil, as far as its columns tell."""
    one_row_each = pupil not in frame.columns or not frame[pupil].duplicated().any()
    return bool(score_groups(frame)) and one_row_each
