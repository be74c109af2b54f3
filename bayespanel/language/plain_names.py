"""What a name may be: one line of plain text, which every table, figure, file and terminal can show as it is."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from bayespanel.language.errors import BayespanelError, SpecError

LONGEST = 120
"""Letters of a name at most: as many as a value label of SPSS holds; a longer one leaves no room in a figure."""

JOINERS = "\u200c\u200d"
"""Invisible letters that belong to words of Persian and Indic scripts, and to emoji."""

UNSEEN = ("Cc", "Cf", "Cs", "Zl", "Zp")
"""Categories of Unicode that are no text: control codes, marks of direction, halves of letters, ends of lines."""

ARROWS = ("->", "=>")
"""Signs that join the names of a pathway."""

PARTS = {
    "wave": ("waves",),
    "variable": ("variables", "outcomes"),
    "arm": ("arms",),
    "covariate": ("covariate_names", "covariates"),
    "class": ("class_names",),
    "school": ("school_names",),
    "group": ("group_names",),
}
"""What is named -> the fields of data that hold names of it."""

LONG = ("covariate", "class", "school")
"""What stands in no figure and may be long; a covariate's category is written behind its column."""

SPACES = re.compile(r"[\s_]+")


def require_plain_names(
    names: Iterable[str],
    what: str,
    *,
    longest: int | None = LONGEST,
    error: type[BayespanelError] = SpecError,
) -> None:
    r"""Check that names are plain text of one line.

    Every other sign is allowed and stands for itself: `$`, `<`, `=`, `\`, quotes, brackets, letters of all scripts.

    Parameters
    ----------
    names
        The names.
    what
        What they name, for the error: "variable", "label in column 'school'".
    longest
        Letters at most; None for any number.
    error
        Kind of the error.

    Raises
    ------
    BayespanelError
        A name that is blank or too long, or holds a line break, a tab, an escape code or any other invisible sign.
    """
    for name in names:
        seen = shown(name)
        if not name.strip():
            raise error(f"A {what} needs a name that is not blank.", f"One is {name!r}.", "Give it a name.")
        if name.isprintable() and (longest is None or len(name) <= longest):
            continue  # of ten thousand classes, nearly all
        odd = [sign for sign in name if unicodedata.category(sign) in UNSEEN and sign not in JOINERS]
        if odd:
            raise error(
                f"A {what} has a name of one line of plain text, without control codes or invisible signs.",
                f"{seen!r} holds {unicodedata.name(odd[0], 'the code')} (U+{ord(odd[0]):04X}).",
                "Rename it before the data are read.",
            )
        if longest is not None and len(name) > longest:
            raise error(
                f"A {what} has a name of at most {longest} letters, for tables and figures.",
                f"{seen!r} has {len(name)}.",
                "Give it a short name, and keep the long one for the text of the paper.",
            )


def require_distinct_names(names: Iterable[str], what: str, *, error: type[BayespanelError] = SpecError) -> None:
    """Check that names of a model can be told apart where figures show `_` as a space, and that none holds an arrow.

    Raises
    ------
    BayespanelError
        Two names that differ in spaces, underscores or the coding of their letters alone; `->` or `=>` in a name.
    """
    seen: dict[str, str] = {}
    for name in names:
        arrow = next((sign for sign in ARROWS if sign in name), None)
        if arrow is not None:
            raise error(
                f"A {what} has a name without an arrow: arrows join the names of a pathway.",
                f"{shown(name)!r} holds '{arrow}'.",
                "Rename it.",
            )
        key = SPACES.sub(" ", unicodedata.normalize("NFKC", name)).strip()
        if key in seen and seen[key] != name:
            raise error(
                f"A {what} has a name that looks like no other: figures show '_' as a space.",
                f"{shown(seen[key])!r} and {shown(name)!r} look the same.",
                "Rename one of them.",
            )
        seen[key] = name


def require_distinct_pathways(names: Iterable[str], *, error: type[BayespanelError] = SpecError) -> None:
    """Check that no two pathways have one name, as an outcome "b: c" in arm "a" and "c" in arm "a: b" would.

    Raises
    ------
    BayespanelError
        A name that stands twice.
    """
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise error(
                "Every pathway has a name of its own: those of its variables, joined by ':', '~', 'by' or 'vs'.",
                f"Two would be called {shown(name)!r}.",
                "Rename an outcome, an arm, a family or a variable.",
            )
        seen.add(name)


def require_plain_parts(data: object, *, error: type[BayespanelError]) -> None:
    """Check all names that data carry.

    Raises
    ------
    BayespanelError
        A name that is no plain text of one line, or too long for a figure.
    """
    for what, fields in PARTS.items():
        for names in (getattr(data, field, ()) for field in fields):
            if isinstance(names, tuple):  # covariates of pupils are numbers
                require_plain_names(names, what, longest=None if what in LONG else LONGEST, error=error)


def shown(name: str, width: int = 60) -> str:
    """Return a name, its middle left out where it is long."""
    return name if len(name) <= width else f"{name[: width - 21]}...{name[-18:]}"
