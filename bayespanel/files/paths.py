"""Paths that a caller gives."""

from __future__ import annotations

import os
from pathlib import Path

from bayespanel.language.errors import BayespanelError, DataError

LONGEST = 255
"""Bytes of a name of a file at most, on all usual systems."""


def path_of(given: object, what: str, *, error: type[BayespanelError] = DataError) -> Path:
    """Return a path.

    Parameters
    ----------
    given
        What the caller gave: text, or a path.
    what
        What lies there, for the error: "A card", "A fit".

    Raises
    ------
    BayespanelError
        It is no text and no path, or empty, or a name is longer than a file's can be.
    """
    rule, action = f"{what} is named by the path of its file, a text or a Path.", "Give a path, such as 'folder/name'."
    if not isinstance(given, str | os.PathLike) or isinstance(os.fspath(given), bytes):
        raise error(rule, f"You gave {given!r}.", action)
    path = Path(given)
    if not path.name or "\0" in str(path):
        raise error(rule, f"You gave {str(given)!r}, which names no file.", action)
    if any(len(part.encode()) > LONGEST for part in path.parts):
        raise error(rule, f"You gave a name of {max(map(len, path.parts))} letters.", "Give a shorter name.")
    return path
