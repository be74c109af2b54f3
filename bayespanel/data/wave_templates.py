"""The part of a label that tells the time, without the words that all labels share."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from bayespanel.data.wave_words import CALENDAR_WEEK, COUNTDOWN, COUNTED, UNITS

DASHES = str.maketrans(dict.fromkeys("‐‑‒–—−", "-") | {"’": "'"})
BOUND = "|"
TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+|[^\s_]")


@dataclass(frozen=True)
class Cores:
    """What is left of the labels when shared words are taken off.

    Attributes
    ----------
    texts : tuple of str
        A text per label.
    bare : bool
        Whether nothing was taken off.
    countdown : bool
        Whether a word beside the number, such as "before", may count down to an event.
    mark : str
        What a dash or point before the number was taken for, where it can be two things.
    """

    texts: tuple[str, ...]
    bare: bool = True
    countdown: bool = False
    mark: str = ""


def plain(label: str) -> str:
    """Return a label in lower case, without accents, with one kind of dash and single spaces.

    A capital at the end is a word of its own: "waveA" becomes "wave a".
    """
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z]+$)", " ", label)
    pieces = unicodedata.normalize("NFKD", spaced.translate(DASHES))
    return " ".join("".join(c for c in pieces if not unicodedata.combining(c)).casefold().split())


def cores(texts: Sequence[str], *, numbers: bool) -> tuple[Cores, ...]:
    """Return the ways to take off the words that all labels begin or end with.

    A dash before the number can be a minus or a hyphen, and a point a decimal point or an abbreviation's: two ways.

    Parameters
    ----------
    texts
        Labels as `plain` returns them.
    numbers
        Whether to take off shared numbers too that stand apart, such as the first of "y1 w1" and "y1 w2"; never those
        that are joined by marks, as in a date.
    """
    found = [list(TOKEN.finditer(text)) for text in texts]
    if not found or not all(found):
        return ()
    words = [[_name(token, numbers=numbers) for token in tokens] for tokens in found]
    head = _shared(words)
    # A dash or a point at the border stays, and is dealt with below.
    while head and words[0][head - 1] in "-.":
        head -= 1
    tail = _shared([row[head:][::-1] for row in words])
    left = [text[row[head].start() : row[len(row) - tail - 1].end()] for text, row in zip(texts, found, strict=True)]
    away = {*words[0][:head], *words[0][len(words[0]) - tail :]}
    bare, countdown = not head and not tail, bool(away & COUNTDOWN)
    apart = head and texts[0][found[0][head].start() - 1] in " _"
    ways = _without_mark(left, "" if apart else words[0][head - 1]) if head else {"": left}
    return tuple(Cores(tuple(way), bare, countdown, mark) for mark, way in ways.items())


def _name(token: re.Match[str], *, numbers: bool) -> str:
    """Return a token, the name of its unit of time, or BOUND for what must not be taken off."""
    text, start, end = token.string, token.start(), token.end()
    if text[start].isdigit():
        apart = all(c.isalpha() or c in " _" for c in text[:start][-1:] + text[end : end + 1])
        return token.group() if numbers and apart else BOUND
    return BOUND if token.group() in CALENDAR_WEEK else UNITS.get(token.group(), token.group())


def _shared(rows: Sequence[Sequence[str]]) -> int:
    """Return how many tokens all rows begin with, while a token is left in each."""
    shared = 0
    for tokens in zip(*(row[:-1] for row in rows), strict=False):
        if len(set(tokens)) > 1 or tokens[0] == BOUND:
            break
        shared += 1
    return shared


def _without_mark(left: list[str], word: str) -> dict[str, list[str]]:
    """Return the texts without the dash or point that all begin with, or with it too where it may matter.

    Parameters
    ----------
    left
        What is left of the labels.
    word
        What stood directly before.
    """
    mark = left[0][0]
    if mark not in "-." or any(text[0] != mark for text in left):
        return {"": left}
    without = [text[1:].strip() for text in left]
    if not all(without):
        return {"": left}
    one_number = all(re.fullmatch(r"\d+([.,]\d+)?" if mark == "-" else r"\d+", text) for text in without)
    years = all(re.fullmatch(r"(19|20)\d\d", text) for text in without)
    if not one_number or years or word in COUNTED:
        return {"": without}
    if mark == "-":
        return {" with a minus": ["-" + text for text in without], " after a hyphen": without}
    return {" with a decimal point": ["0." + text for text in without], " after a point": without}
