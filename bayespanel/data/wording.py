"""How numbers, lists and labels are worded in errors, notes and tables."""

from __future__ import annotations

import math
from collections.abc import Iterable
from numbers import Integral, Real

import pandas as pd


def counted(number: int, singular: str, plural: str | None = None) -> str:
    """Return "1 pupil", "12 pupils", "2 classes"."""
    return f"{number} {singular}" if number == 1 else f"{number} {plural or singular + 's'}"


def listed(names: Iterable[object], limit: int = 8) -> str:
    """Return the names quoted and separated by commas, with "..." after the limit."""
    shown = [repr(str(name)) for name in names]
    return ", ".join(shown[:limit]) + (", ..." if len(shown) > limit else "")


def shortly(text: str, length: int = 60) -> str:
    """Return a text, its end left out where it is long."""
    return text if len(text) <= length else f"{text[: length - 3]}..."


def label_of(value: object) -> str:
    """Return the label of a wave, class or school: 1.0 becomes "1", a midnight becomes its date.

    A .sav file may hold every number as a float, so a school number 12 arrives as 12.0.
    """
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat() if value == value.normalize() else value.isoformat()
    if isinstance(value, Integral) and not isinstance(value, bool):
        return str(int(value))
    if isinstance(value, Real) and not isinstance(value, bool):
        number = float(value)
        return str(int(number)) if math.isfinite(number) and number.is_integer() else str(value)
    return str(value).strip()
