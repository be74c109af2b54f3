"""What the value labels of waves that are codes say of their order in time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bayespanel.data.guesses import Guess, ask
from bayespanel.data.waves import order_of_waves
from bayespanel.data.wording import listed
from bayespanel.language.errors import DataError


def order_told(waves: Sequence[str], names: Mapping[str, str]) -> tuple[str, ...] | None:
    """Return the waves in the order of time that their value labels tell; None where they tell none.

    Parameters
    ----------
    waves
        Codes, as labels are written.
    names
        Code -> its value label.
    """
    labels = [names.get(wave, "") for wave in waves]
    if not all(labels) or len(set(labels)) < max(len(labels), 2):
        return None
    try:
        found = order_of_waves(labels, column="", numeric=False, ordered=None, given=None, accept=())
    except DataError:
        return None
    of_label = dict(zip(labels, waves, strict=True))
    return tuple(of_label[label] for label in found.labels)


def require_labels_in_order(
    column: str, waves: Sequence[str], names: Mapping[str, str], accept: Sequence[str]
) -> list[Guess]:
    """Ask about waves whose value labels tell another order, or are in that of the alphabet: a factor's levels.

    Parameters
    ----------
    column
        For messages.
    waves
        Codes, in the order in which they would be taken.
    names
        Code -> its value label.
    accept
        Questions that the caller answered.

    Returns
    -------
    list of Guess
        What was accepted.

    Raises
    ------
    DataError
        The labels have another order in time than the codes; or an alphabetical one, and none in time that they tell.
    """
    labels = [names.get(wave, "") for wave in waves]
    if not all(labels) or len(set(labels)) < max(len(labels), 2):
        return []
    told = order_told(waves, names)
    by_name = labels == sorted(labels, key=str.casefold)
    if told == tuple(waves) or not (told or by_name):
        return []
    seen = f"The codes of column {column!r} have the labels {listed(labels, 12)}"
    seen += ", which are in alphabetical order." if by_name else "."
    ask(
        "order",
        accept,
        rule="The codes of the waves ascend with time.",
        given=seen + (f" In time their order is {listed([names[wave] for wave in told], 12)}." if told else ""),
        action=f"Give the codes in the order of time: waves=[{', '.join(told or waves)}]"
        + ("." if told else ", or in another order."),
    )
    return [Guess("order", seen, "The codes were taken in ascending order.", "")]
