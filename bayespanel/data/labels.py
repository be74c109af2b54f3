"""Labels of pupils, classes, schools, arms and waves: from a column to codes, by one rule for all.

A label is text. What nobody can see or mean by it (blanks, forms of one letter, "1.0" for "1") makes no difference;
what somebody may mean ("01" and "1", "a" and "A") is a question.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Real
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bayespanel.data.code_labels import absence_in
from bayespanel.data.guesses import Guess, ask
from bayespanel.data.label_text import WHOLE, alike, cleaned, natural, plain_whole
from bayespanel.data.text_numbers import ABSENT
from bayespanel.data.wording import counted, label_of, listed
from bayespanel.language.errors import DataError
from bayespanel.language.plain_names import require_plain_names

Alike = Literal["merge", "keep"]

EXACT = 2.0**53
"""From here on a float does not hold every whole number."""

DIGITS = 15
"""Significant digits that every float keeps."""

ABBREVIATION = re.compile(r"[A-Z]{1,3}")
SHORT = 3
"""Letters up to which a word is no phrase for "missing", but may be a name."""

PLURAL = {"class": "classes"}


@dataclass(frozen=True, eq=False)
class Labelled:
    """A column of labels as codes.

    Attributes
    ----------
    codes : int64 [row]
        Position of each row's label in `labels`; -1 where the label is missing or blank.
    labels : tuple of str
        The labels that occur, in their natural order.
    """

    codes: NDArray[np.int64]
    labels: tuple[str, ...]


@dataclass(frozen=True)
class LabelRules:
    """What the caller and the file say about the labels of one column.

    Attributes
    ----------
    what : str
        "pupil", "class", "school", "arm" or "wave".
    written : dict
        Number -> how the file writes it.
    names : dict
        Code -> its value label.
    absent : collection of str
        Words that stand for "missing".
    keep : bool
        Whether words such as "NA" are labels.
    alike : {"merge", "keep"} or None
        What labels are that differ in their spelling only; None asks.
    accept : sequence of str
        Questions that were looked at.
    """

    what: str = "label"
    written: Mapping[float, str] = field(default_factory=dict)
    names: Mapping[float, str] = field(default_factory=dict)
    absent: Collection[str] = ()
    keep: bool = False
    alike: Alike | None = None
    accept: Sequence[str] = ()


def labelled(
    column: pd.Series,
    rules: LabelRules | None = None,
    guesses: list[Guess] | None = None,
    within: NDArray[np.int64] | None = None,
) -> Labelled:
    """Code a column of labels.

    Parameters
    ----------
    column : [row]
        Numbers, text, dates or categories. Labels that read the same (1, 1.0 and "1") are the same.
    rules
        What is known of the labels.
    guesses
        Where to add what was decided.
    within : int64 [row]
        Code of the school of each row: labels are compared within a school only.

    Returns
    -------
    Labelled
        In the order of the categories for a categorical, otherwise in numerical order where the labels are
        numbers and in natural order ("w2" before "w10") where they are text. Labels that do not occur are left out.

    Raises
    ------
    DataError
        Labels that differ in their spelling only; numbers too long to be known to the last digit; a label with an
        escape code or another control code in it.
    """
    rules, noted = rules or LabelRules(), [] if guesses is None else guesses
    raw, uniques = pd.factorize(column)
    values = list(uniques)
    title = str(column.name)
    rows = np.bincount(raw[raw >= 0], minlength=len(values))
    texts = _texts(values, title, rules, noted)
    require_plain_names(filter(None, texts), f"label in column {title!r}", longest=None, error=DataError)
    texts = _without_absent(texts, rows, title, rules, noted)
    _note_merged(values, texts, title, rules, noted)
    texts = _settle_alike(texts, raw, title, rules, noted, within)
    known = sorted({text for text in texts if text}, key=natural)
    if isinstance(column.dtype, pd.CategoricalDtype):
        text_of = dict(zip(values, texts, strict=True))
        known = list(dict.fromkeys(text_of[c] for c in column.cat.categories if text_of.get(c)))
    position = {label: at for at, label in enumerate(known)}
    # The last entry answers the code -1 (missing).
    table = np.array([position.get(label, -1) for label in texts] + [-1], dtype=np.int64)
    return Labelled(table[raw], tuple(known))


def reordered(found: Labelled, labels: Sequence[str]) -> Labelled:
    """Return the same labels in another order."""
    position = {label: at for at, label in enumerate(labels)}
    table = np.array([position[label] for label in found.labels] + [-1], dtype=np.int64)
    return Labelled(table[found.codes], tuple(labels))


def _texts(values: Sequence[Any], title: str, rules: LabelRules, guesses: list[Guess]) -> list[str]:
    """Return the text of each distinct value."""
    texts = [_text(value, title, rules.written) for value in values]
    numbers = [text for text in texts if re.fullmatch(r"[+-]?\d+(?:\.\d+)?", text)]
    if all(map(WHOLE.fullmatch, numbers)):  # beside "3.1", "3.0" is no 3
        texts = [plain_whole(text) for text in texts]
    names = [rules.names.get(float(value)) if _is_code(value) else None for value in values]
    if rules.names and all(names) and len(set(names)) == len(names):
        return [cleaned(str(name)) for name in names]
    named = [name for name in names if name and not absence_in(name)]
    if named:
        bare = [text for name, text in zip(names, texts, strict=True) if not name]
        why = f"none for {listed(bare, 4)}" if bare else "one label for two codes"
        seen = f"Column {title!r} has value labels such as {listed(named, 2)}, and {why}."
        guesses.append(Guess("labels", seen, "The codes were taken as labels.", "Give every code a label of its own."))
    return [cleaned(name) if name and absence_in(name) else text for name, text in zip(names, texts, strict=True)]


def _text(value: object, title: str, written: Mapping[float, str]) -> str:
    if isinstance(value, str):
        return cleaned(value)
    if isinstance(value, float | np.floating):
        if abs(float(value)) >= EXACT:
            raise DataError(
                "A label is text, or a number that is known to its last digit.",
                f"Column {title!r} holds {float(value):.17g} as a decimal number, which keeps 15 to 17 digits.",
                "Read this column as text from the file it came from.",
            )
        # What two formulas compute of the same number may differ in the 16th digit: 0.1 x 3 and 0.3.
        return written.get(float(value), cleaned(label_of(float(f"{value:.{DIGITS}g}"))))
    return cleaned(label_of(value))


def _is_code(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _without_absent(
    texts: list[str], rows: NDArray[np.int64], title: str, rules: LabelRules, guesses: list[Guess]
) -> list[str]:
    """Return the texts, "" for those that stand for "missing"."""
    words = set(rules.absent)
    found = [text for text in texts if text and text not in words and _says_nothing(text, rules)]
    others = [text for text in texts if text and text not in found and text not in words]
    if found and not rules.keep:
        names = [*found, *others] if len(others) > 1 else []
        if names and all(map(ABBREVIATION.fullmatch, names)):
            guesses.append(
                Guess(
                    "labels",
                    f"Column {title!r} holds {listed(found)} beside {listed(others, 4)}.",
                    f"It was taken as the name of a {rules.what}.",
                    f"If it stands for 'missing', say missing={found}.",
                    True,
                )
            )
        else:
            number = int(sum(count for text, count in zip(texts, rows, strict=True) if text in found))
            guesses.append(
                Guess(
                    "labels",
                    f"Column {title!r} holds {listed(found)} in {counted(number, 'row')}.",
                    f"It was taken as a missing {rules.what}.",
                    f"If it names a {rules.what}, say keep_codes=True.",
                    not rules.names,
                )
            )
            words |= set(found)
    return ["" if text in words else text for text in texts]


def _says_nothing(text: str, rules: LabelRules) -> bool:
    """Say whether a label means that there is none: a word of programs, a mark, or "unknown" and its like.

    Abbreviations such as "KA" are names of classes as well, and mean nothing in value labels alone.
    """
    if text in ABSENT or ((absence := absence_in(text)) is None and not re.search(r"\w", text)):
        return True
    return absence is not None and (bool(rules.names) or len(re.sub(r"\W", "", text)) > SHORT)


def _note_merged(
    values: Sequence[Any], texts: Sequence[str], title: str, rules: LabelRules, guesses: list[Guess]
) -> None:
    """Record the labels that became one because they differ in what nobody sees."""
    spellings: dict[str, list[str]] = {}
    for value, text in zip(values, texts, strict=True):
        if text:
            spellings.setdefault(text, []).append(repr(value) if isinstance(value, str) else str(value))
    several = {text: found for text, found in spellings.items() if len(found) > 1}
    if several:
        text, found = next(iter(several.items()))
        guesses.append(
            Guess(
                "labels",
                f"In column {title!r}, {counted(len(several), rules.what, PLURAL.get(rules.what))} "
                f"{'is' if len(several) == 1 else 'are'} written in several ways, for example "
                f"{text!r} as {' and '.join(found[:3])}.",
                "Blanks, forms of letters and '.0' make no difference: each was taken as one.",
                "If two are meant, write them in different letters.",
            )
        )


def _settle_alike(
    texts: list[str],
    raw: NDArray[np.int64],
    title: str,
    rules: LabelRules,
    guesses: list[Guess],
    within: NDArray[np.int64] | None,
) -> list[str]:
    """Ask about labels that differ in case, zeros in front or dashes only, or do as the caller said."""
    groups: dict[str, dict[str, None]] = {}
    for text in texts:
        if text:
            groups.setdefault(alike(text), {})[text] = None
    doubtful = [list(group) for group in groups.values() if len(group) > 1]
    if within is not None:
        doubtful = [group for group in doubtful if _meet(group, texts, raw, within)]
    if not doubtful:
        return texts
    example = " and ".join(map(repr, doubtful[0][:3]))
    plural = PLURAL.get(rules.what, f"{rules.what}s")
    differ = "differs" if len(doubtful) == 1 else "differ"
    seen = (
        f"In column {title!r}, {counted(len(doubtful), 'pair')} of {plural} {differ} "
        f"in case, zeros in front or dashes only, for example {example}."
    )
    if rules.alike is None:
        ask(
            "labels",
            rules.accept,
            rule=f"Two labels are two {plural}, or one {rules.what} written in two ways, and the table must say which.",
            given=seen,
            action=f"Correct the labels, or say alike='merge' (one {rules.what}) or alike='keep' (two).",
        )
    if rules.alike != "merge":
        guesses.append(Guess("labels", seen, f"They are different {plural}, as you said.", "alike='merge' joins them."))
        return texts
    rows = np.bincount(raw[raw >= 0], minlength=len(texts))
    often: dict[str, int] = {}
    for text, count in zip(texts, rows, strict=True):
        often[text] = often.get(text, 0) + int(count)
    chosen = {text: max(group, key=lambda label: often[label]) for group in doubtful for text in group}
    guesses.append(Guess("labels", seen, f"Each is one {rules.what}, as you said.", "alike='keep' keeps them apart."))
    return [chosen.get(text, text) for text in texts]


def _meet(group: list[str], texts: Sequence[str], raw: NDArray[np.int64], within: NDArray[np.int64]) -> bool:
    """Say whether two of the labels occur in one school."""
    places: set[int] = set()
    for label in group:
        mine = np.isin(raw, [at for at, text in enumerate(texts) if text == label])
        here = set(np.unique(within[mine]).tolist())
        if here & places:
            return True
        places |= here
    return False
