"""How an Mplus input is laid out (User's Guide, 8th edition, 2017): short names, lines of at most 90, comments."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

from bayespanel.bridges.columns import r_name

LONGEST_NAME, LONGEST_LINE = 8, 90
MISSING = -999
"""What stands in the data file for a missing score."""

CLUSTERS = {"class": "classid", "school": "schoolid"}
"""Level -> its variable; `class` itself is a word of Mplus."""

WORDS = "all and at by class c eq ge gt if le lt missing model ne not on or pon pwith then with"
RESERVED = frozenset(WORDS.split(" "))


def short_names(wishes: Mapping[str, str], taken: Iterable[str] = (), longest: int = LONGEST_NAME) -> dict[str, str]:
    """Return a legal name for each key, distinct whatever the case of letters.

    Parameters
    ----------
    wishes
        Key -> the name it would have; what is too long loses its end.
    taken
        Names that are in use.
    longest
        Characters that a name may have.
    """
    used, out = {name.lower() for name in (*taken, *RESERVED)}, {}
    for key, wish in wishes.items():
        clean = r_name(wish).replace(".", "_")
        name, number = clean[:longest], 2
        while name.lower() in used:
            tail = str(number) if number < 10 else f"_{number}"
            name, number = clean[: longest - len(tail)] + tail, number + 1
        used.add(name.lower())
        out[key] = name
    return out


def section(title: str, statements: Sequence[str]) -> list[str]:
    """Return a command and its statements, each wrapped."""
    return [f"{title}:", *(line for statement in statements for line in wrapped(statement))]


def wrapped(statement: str) -> list[str]:
    """Return a statement in lines of at most 90 characters; a comment stays one on every line."""
    mark = "  ! " if statement.startswith("!") else "  "
    return textwrap.wrap(
        statement.lstrip("! "),
        LONGEST_LINE,
        initial_indent=mark,
        subsequent_indent=mark if "!" in mark else "    ",
        break_long_words=statement.startswith("!"),  # no name of a comment is too long for Mplus
        break_on_hyphens=False,
    )


def mapping(names: Mapping[str, str]) -> list[str]:
    """Return comments that say what each name stands for."""
    return [f"! {name} = {in_ascii(key)}" for key, name in names.items() if key != name]


def in_ascii(name: str) -> str:
    """Return a name as a comment holds it: the input is ASCII alone."""
    return re.sub(r"[^ -~]", "?", name)


def covariances(names: Sequence[str], label: str = "") -> list[str]:
    """Return variances and covariances, each with a label where one is given."""

    def tag(i: int, j: int) -> str:
        return f" ({label}{i + 1}_{j + 1})" if label else ""

    out = [f"{name}{tag(i, i)};" for i, name in enumerate(names)]
    return out + [f"{names[i]} WITH {names[j]}{tag(i, j)};" for i, j in combinations(range(len(names)), 2)]


def head(title: str, data: str, names: Sequence[str], variable: Sequence[str], notes: Sequence[str]) -> list[str]:
    """Return TITLE, DATA and VARIABLE."""
    return [
        *(line.strip() for note in notes for line in wrapped(note)),
        *section("TITLE", [title]),
        *section("DATA", [f'FILE = "{data}";']),
        *section("VARIABLE", [f"NAMES = {' '.join(names)};", f"MISSING = ALL ({MISSING});", *variable]),
    ]


def analysis(levels: Sequence[str]) -> list[str]:
    """Return ANALYSIS of a model without latent classes, by its levels."""
    kind = {1: "GENERAL", 2: "TWOLEVEL", 3: "THREELEVEL"}[len(levels)]
    return section("ANALYSIS", [f"TYPE = {kind};", "ESTIMATOR = ML;", "MODEL = NOCOVARIANCES;"])


def cluster_statement(levels: Sequence[str]) -> list[str]:
    """Return CLUSTER, the outermost level first; none for pupils alone."""
    above = [CLUSTERS[level] for level in reversed(levels) if level != "pupil"]
    return [f"CLUSTER = {' '.join(above)};"] if above else []


def level_title(level: str, levels: Sequence[str]) -> list[str]:
    """Return the heading of a level's part of MODEL."""
    if len(levels) == 1:
        return []
    if level == "pupil":
        return ["%WITHIN%"]
    return ["%BETWEEN%"] if len(levels) == 2 else [f"%BETWEEN {CLUSTERS[level]}%"]


CLUSTER_NOTES = {
    1: [],
    2: [],
    3: [
        "! Three levels: Mplus wants classes nested in schools, and numbers of classes that no two schools share. "
        "Its standard errors of the means are doubtful with fewer schools than parameters.",
    ],
}
"""Number of levels -> what the User's Guide requires (8th edition, 2017), as comments."""
