"""Columns of a wide table that hold one thing at several waves, found from their names: a guess, never a decision."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from bayespanel.language.column_words import MARKERS, MARKS

Groups = dict[str, tuple[str, ...]]
"""Name of a variable -> its columns in the order of the waves."""

WORD = rf"(?i:{'|'.join(word for word in MARKERS if len(word) > 1)}|[{''.join(w for w in MARKERS if len(w) == 1)}])"
"""A marker of waves: a word, or a letter."""

CAPITAL = f"[{''.join(word.upper() for word in MARKERS if len(word) == 1)}]"

NUMBERED = (
    # "dep_t1", "dep.wave1", "depT1", "dep_meting_1"; a letter alone needs a mark or a capital before it.
    re.compile(rf"(?P<stem>.+?)(?:{MARKS}{WORD}|(?<=[a-z0-9]){CAPITAL}){MARKS}?(?P<wave>\d{{1,2}})"),
    # "T1_dep", "w1dep", "meting1_dep".
    re.compile(rf"{WORD}{MARKS}?(?P<wave>\d{{1,2}}){MARKS}?(?P<stem>[^\W\d_].*)"),
    # "dep_t1_mean".
    re.compile(rf"(?P<stem>.+?){MARKS}{WORD}{MARKS}?(?P<wave>\d{{1,2}})(?P<after>{MARKS}.+)"),
)
"""Names that say the wave, the surest first."""

ENDING = re.compile(r"(?P<stem>.*?\D)(?P<wave>\d{1,4})")
"""Names that end in a number, which can be a wave or an item."""

SHORTLY = {"vor": 0, "nach": 2, "voormtg": 0, "namtg": 2, "vm": 0, "nm": 2}
"""More words for before and after, which elsewhere than in names of columns mean other things; with their ranks."""

Reader = Callable[[str], tuple[str, int] | None]


def wave_groups(names: Iterable[str], least: int = 3) -> Groups:
    """Return the columns whose names differ in the wave alone, by what they have in common.

    Parameters
    ----------
    names
        Columns.
    least
        Fewest waves of a group.

    Returns
    -------
    dict
        Name -> columns in the order of their waves. A column is in one group: names that say the wave ("T1_dep01")
        come before names that end in a number.
    """
    left = list(names)
    out: Groups = {}
    for read in (*map(_numbered, NUMBERED), _in_words, _numbered(ENDING)):
        found: dict[str, dict[int, str]] = {}
        for name in left:
            parsed = read(name)
            if parsed is not None:
                found.setdefault(parsed[0], {}).setdefault(parsed[1], name)
        for stem, columns in found.items():
            if len(columns) >= least and stem not in out:
                out[stem] = _in_time(columns)
        taken = {name for columns in out.values() for name in columns}
        left = [name for name in left if name not in taken]
    return out


def _in_time(columns: Mapping[int, str]) -> tuple[str, ...]:
    """Order columns by their numbers; as they stand in the table, where these can be dates that are in order there."""
    from bayespanel.data.wave_readings import certain_order, readings_of

    there = tuple(columns.values())
    found = readings_of(there)
    if certain_order(found) is None and there in {one.order for one in found}:
        return there
    return tuple(name for _, name in sorted(columns.items()))


def alike(groups: Mapping[str, tuple[str, ...]]) -> Groups:
    """Return the groups with the most common number of waves: a model takes as many of every variable."""
    lengths = Counter(map(len, groups.values()))
    most = max(lengths, key=lambda number: (lengths[number], -number), default=0)
    return {name: columns for name, columns in groups.items() if len(columns) == most}


def before_and_after(names: Iterable[str]) -> dict[str, str]:
    """Return the columns of scores after a trial, each with that of the same score before it."""
    return {columns[-1]: columns[0] for columns in wave_groups(names, 2).values()}


def _numbered(pattern: re.Pattern[str]) -> Reader:
    def read(name: str) -> tuple[str, int] | None:
        found = pattern.fullmatch(name)
        if found is None:
            return None
        stem = re.sub(rf"{MARKS}+$", "", found["stem"]) + (found.groupdict().get("after") or "")
        return (stem, int(found["wave"])) if stem else None

    return read


def _in_words(name: str) -> tuple[str, int] | None:
    """Read "dep_pre" and "dep_post", "voor_dep" and "na_dep"."""
    from bayespanel.data.wave_words import SEQUENCES  # pandas, only when a table is there

    words = [word for word in re.split(rf"({MARKS}+)", name) if word]
    for at, rest in ((-1, words[:-2]), (0, words[2:])):
        rank = (SEQUENCES[0] | SHORTLY).get(words[at].lower())
        if rank is not None and rest:
            return "".join(rest), rank
    return None
