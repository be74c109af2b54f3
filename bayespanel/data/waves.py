"""The order of the waves in time: read from their labels where that is certain, and asked for where it is not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from bayespanel.data.guesses import Guess, ask
from bayespanel.data.label_text import cleaned, natural
from bayespanel.data.wave_readings import Found, certain_order, readings_of, readings_of_numbers
from bayespanel.data.wave_templates import cores, plain
from bayespanel.data.wording import label_of, listed
from bayespanel.language.errors import DataError

SHOWN = 12
"""Labels that a message lists at most."""
WIDTH = 40
"""Characters of a label that a message shows at most."""
ORDERS = 3
"""Possible orders that a question shows at most."""
OTHERWISE = "If that is not their order in time, give it: waves=[first, second, ...], or --waves FIRST,SECOND,..."
FIRST_TO_LAST = "If that is not their order in time, give them from the first to the last."
GIVE = "Give all {what}s in the order of time: waves=[first, second, ...], or --waves FIRST,SECOND,..."


@dataclass(frozen=True)
class WaveOrder:
    """Waves in the order of time.

    Attributes
    ----------
    labels : tuple of str
        Spelt as in the table.
    guesses : tuple of Guess
        How the order was read, where the labels are not plain numbers or ISO dates.
    """

    labels: tuple[str, ...]
    guesses: tuple[Guess, ...] = ()


def order_of_waves(
    labels: Sequence[str],
    *,
    column: str,
    numeric: bool,
    ordered: Sequence[str] | None,
    given: object,
    accept: Sequence[str],
    what: str = "wave",
) -> WaveOrder:
    """Put the labels of the waves in the order of time.

    Every way to read the labels is tried: as numbers, as dates in several formats, as months, school years, words.
    Where all ways that apply give one order, that order is returned. Where they differ, or none applies, the order
    is a question.

    Parameters
    ----------
    labels
        The distinct labels as the table spells them ("1.10" is not "1.1"), in order of appearance.
    column
        The column that holds them, for messages.
    numeric
        Whether the column held numbers or dates in memory; dates are ISO text in `labels`. Such a column has an
        order, and only numbers that look like dates ("9.2018") are a question.
    ordered
        The categories, if the column is an *ordered* categorical. The order of other categories says nothing.
    given
        The order that the caller names, or None; see `require_labels`. It stands, unless the labels are numbers or
        dates in another order.
    accept
        Questions that the caller answered; "order" takes a doubtful order as it stands.
    what
        What a label is called in messages.

    Raises
    ------
    DataError
        The order is not certain; or what was given names other labels, or one of them twice.
    """
    labels = tuple(dict.fromkeys(labels))
    found = _readings(labels, numeric=numeric)
    if given is not None:
        named = require_labels(given, labels, column=column, what=what)
        return _against(named, found, "You gave", column, accept, what)
    if ordered is not None:
        present = set(labels)
        named = tuple(label for label in dict.fromkeys(ordered) if label in present)
        if len(named) == len(labels):
            return _against(named, found, "Its categories have", column, accept, what)
    if len(labels) < 2:
        return WaveOrder(labels)
    order = certain_order(found)
    if order is None:
        ask(
            "order",
            accept,
            rule=f"The order of the {what}s must be known.",
            given=f"Column {column!r} holds {_shown(sorted(labels))}. {_possible(found, what)}",
            action=f"{GIVE.format(what=what)} In the table they first appear in the order {_shown(labels)}.",
        )
        seen = f"The labels in column {column!r} do not tell the order of the {what}s."
        return WaveOrder(labels, (_guess(seen, f"They were taken as they first appear: {_shown(labels)}."),))
    if any(f.evident for f in found):
        return WaveOrder(order)
    seen = f"The {what}s in column {column!r} are named {_shown(order)}."
    return WaveOrder(order, (_guess(seen, f"They were read as {found[0].words} and put in this order."),))


def require_labels(given: object, labels: Sequence[str], *, column: str, what: str = "wave") -> tuple[str, ...]:
    """Return the labels of the table in the order that the caller named.

    Parameters
    ----------
    given
        Every label once; 1, 1.0 and "1" are the same.
    labels
        The distinct labels of the table.
    column, what
        For messages.

    Raises
    ------
    DataError
        No list, a label that is not there, one that is missing, or one that is named twice.
    """
    rule = f"'waves' names every {what} of the table once, in the order of time."
    names = names_of_waves(given, rule=rule)
    there = f"You gave {_shown(names)}; column {column!r} holds {_shown(sorted(labels))}."
    spelt = [_spelt(name, labels) for name in names]
    unknown = [name for name, label in zip(names, spelt, strict=True) if label is None]
    if unknown:
        raise DataError(rule, there, f"Correct {_shown(unknown[:1])}: no row has this {what}.")
    twice = [name for name, label in zip(names, spelt, strict=True) if spelt.count(label) > 1]
    if twice:
        raise DataError(rule, there, f"Name {_shown(twice[:1])} once.")
    left = [label for label in labels if label not in spelt]
    if left:
        raise DataError(rule, there, f"Add {_shown(left[:1])}, or leave out its rows first.")
    return tuple(label for label in spelt if label is not None)


def names_of_waves(given: object, *, rule: str = "'waves' names every wave once, in the order of time.") -> list[str]:
    """Return the names of waves that the caller gave, as labels are written.

    Parameters
    ----------
    given
        A list, or an array or index, of text, numbers or dates.
    rule
        What the error says must hold.

    Raises
    ------
    DataError
        Something without an order, such as a single text or number, or a set; a list or nothing in place of a name.
    """
    if isinstance(given, str | bytes | Set | Mapping) or not isinstance(given, Iterable):
        raise DataError(rule, f"You gave {given!r}.", "Give a list: waves=[first, second, ...].")
    values = list(given)
    nested = (list, tuple, dict, Set)
    odd = [value for value in values if value is None or isinstance(value, nested) or value != value]
    if odd:
        raise DataError(rule, f"You gave {values!r}.", f"Write a name in place of {odd[0]!r}.")
    return [cleaned(label_of(value)) for value in values]


def require_order_of_names(names: Sequence[str], *, accept: Sequence[str]) -> tuple[Guess, ...]:
    """Ask about names of the waves of a wide table that are numbers or dates in another order than that of time.

    Parameters
    ----------
    names
        The names, in the order in which they were given.
    accept
        Questions that the caller answered.

    Returns
    -------
    tuple of Guess
        What was accepted.

    Raises
    ------
    DataError
        The names are numbers or dates that do not ascend.
    """
    return _ascending(tuple(names), "The names of the waves", "wave", accept, words=False)


def require_order_of_columns(columns: Mapping[str, Sequence[str]], *, accept: Sequence[str]) -> tuple[Guess, ...]:
    """Ask about columns of a wide table that do not seem to be in the order of time.

    Parameters
    ----------
    columns
        Variable -> its columns, as the caller ordered them.
    accept
        Questions that the caller answered.

    Returns
    -------
    tuple of Guess
        What was accepted.

    Raises
    ------
    DataError
        The names of a variable's columns differ in a number or date that does not ascend ("x1", "x3", "x2"), or in
        well-known words in another order ("x_post", "x_pre"); or two variables have the same wave at two positions.
    """
    guesses: list[Guess] = []
    for variable, names in columns.items():
        about = f"The columns of variable {variable!r}"
        guesses += _ascending(tuple(names), about, "column", accept, words=True)
    return (*guesses, *_same_positions(columns, accept))


def _readings(labels: tuple[str, ...], *, numeric: bool) -> tuple[Found, ...]:
    """Return what the readings say of the labels; nothing where there is nothing to order."""
    if len(labels) < 2:
        return ()
    # Truth values and the like count as numbers in memory, and are read as text.
    return (readings_of_numbers(labels) if numeric else ()) or readings_of(labels)


def _against(
    named: tuple[str, ...], found: Sequence[Found], who: str, column: str, accept: Sequence[str], what: str
) -> WaveOrder:
    """Return an order that was named; a question where numbers or dates say another."""
    order = certain_order(found)
    if order is None or order == named or all(f.kind == "word" for f in found):
        return WaveOrder(named)
    given = (
        f"{who} the order {_shown(named)}; column {column!r} read as {found[0].words} has the order {_shown(order)}."
    )
    return WaveOrder(named, (_accepted(given, what, accept),))


def _ascending(
    names: tuple[str, ...], about: str, what: str, accept: Sequence[str], *, words: bool
) -> tuple[Guess, ...]:
    """Ask about names whose order in time is another, or may be: the order that was given can be that of a sort."""
    if len(names) < 2 or len(set(names)) < len(names):
        return ()
    found = readings_of(names)
    if not (words or any(f.kind != "word" for f in found)):
        return ()
    order = certain_order(found)
    if order is None and _of_a_sort(names, found):
        return (_accepted(f"{about} are {_shown(names)}. {_possible(found, what)}", what, accept),)
    if order is None or order == names:
        return ()
    seen = f"{about} are {_shown(names)}; read as {found[0].words}, their order is {_shown(order)}."
    return (_accepted(seen, what, accept),)


def _of_a_sort(names: tuple[str, ...], found: Sequence[Found]) -> bool:
    """Say whether names whose readings differ stand in no order that was read, or as a sort leaves dates."""
    orders = {f.order for f in found if f.order is not None}
    if not orders:
        return False
    by_letters, by_numbers = tuple(sorted(names)), tuple(sorted(names, key=natural))
    if names not in orders or (names == by_letters != by_numbers and len(orders) > 1):
        return True
    dates = {f.order for f in found if f.kind == "date" and f.order is not None}
    return names in (by_letters, by_numbers) and bool(dates - {names})


def _accepted(seen: str, what: str, accept: Sequence[str]) -> Guess:
    """Ask about an order that was given against another that is certain, and return what was accepted."""
    ask(
        "order",
        accept,
        rule=f"The {what}s are given in the order of time.",
        given=seen,
        action=f"Give the {what}s from the first to the last.",
    )
    return _guess(seen, "The order that was given was taken.", FIRST_TO_LAST)


def _same_positions(columns: Mapping[str, Sequence[str]], accept: Sequence[str]) -> tuple[Guess, ...]:
    """Ask about a wave that is at one position in one variable and at another position in another."""
    first: dict[str, tuple[str, int, str]] = {}
    for variable, names in columns.items():
        for at, core in enumerate(_waves_in(names)):
            other, position, name = first.setdefault(core, (variable, at, names[at]))
            if position == at or other == variable:
                continue
            seen = (
                f"{name!r} is column {position + 1} of variable {other!r}, and {names[at]!r} is column {at + 1} of "
                f"variable {variable!r}."
            )
            ask(
                "order",
                accept,
                rule="The columns of all variables are in the same order of waves.",
                given=seen,
                action="Give the columns of both variables from the first wave to the last.",
            )
            return (_guess(seen, "The order that was given was taken.", FIRST_TO_LAST),)
    return ()


def _waves_in(names: Sequence[str]) -> list[str]:
    """Return what tells the wave in each name of a variable's columns; nothing where a name has no such part."""
    if len(names) < 2:
        return []
    ways = cores([plain(name) for name in names], numbers=True)
    if not ways:
        return []
    texts = [text.strip(" _-.") for text in ways[-1].texts]
    return [text.lstrip("0") or "0" if text.isdecimal() else text for text in texts]


def _spelt(name: str, labels: Sequence[str]) -> str | None:
    """Return the label that a name means: the same text, or the only label that is the same number."""
    if name in labels:
        return name
    number = _number(name)
    same = [label for label in labels if number is not None and _number(label) == number]
    return same[0] if len(same) == 1 else None


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _possible(found: Sequence[Found], what: str) -> str:
    """Say which orders are possible, and read as what."""
    if not found:
        return "Their order in time cannot be read from these labels."
    said: dict[tuple[str, ...] | None, list[str]] = {}
    for f in found:
        words = said.setdefault(f.order, [])
        if f.words not in words:
            words.append(f.words)
    sentences = []
    for order, words in list(said.items())[:ORDERS]:
        reading = " or as ".join(words[:2])
        sentences.append(
            f"Read as {reading}, two of them are the same {what}."
            if order is None
            else f"Read as {reading}, their order is {_shown(order)}."
        )
    return " ".join(sentences)


def _shown(labels: Sequence[str]) -> str:
    """Return the labels as a message shows them, long ones cut."""
    return listed((label if len(label) <= WIDTH else f"{label[:WIDTH]}..." for label in labels), SHOWN)


def _guess(seen: str, done: str, otherwise: str = OTHERWISE) -> Guess:
    """Return the record of an order that was read or accepted."""
    return Guess("order", seen, done, otherwise)
