"""The catalogue: model cards by name."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bayespanel.families.door import FAMILIES, Spec
from bayespanel.families.shared.hints import DataHints, PanelSpec, TrialHints, TrialSpec
from bayespanel.files.paths import path_of
from bayespanel.language.errors import SpecError, nearest

if TYPE_CHECKING:
    pass


@dataclass(frozen=True)
class Answer:
    """A number that was found before: parameter, labels, value, error (1 SD), and who found it and how."""

    parameter: str
    at: tuple[str, ...]
    value: float
    error: float
    source: str


@dataclass(frozen=True)
class Card:
    """A model card: a question, the specification that answers it, and the sources of both.

    Attributes
    ----------
    name
        Name of the file without its ending.
    title, question
        A short name of the model, and the question that it answers.
    family
        The kind of model: "riclpm", "trial" or "trajectories".
    spec
        The specification.
    rope
        Half the width of the region of practical equivalence, standardised; None if it must be given in the call.
    references
        Publications and data, with DOI.
    notes
        What to know before believing the answer.
    data
        How the table for which the card was made is read.
    answer
        Numbers that were found before, with which a new fit can be compared.
    path
        The file.
    """

    name: str
    title: str
    question: str
    family: str
    spec: Spec
    rope: float | None
    references: tuple[str, ...]
    notes: tuple[str, ...]
    data: DataHints | TrialHints
    answer: tuple[Answer, ...]
    path: Path


def folder() -> Path:
    """Return the folder of the shipped cards: inside an installed package, beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "models"
    return inside if inside.is_dir() else package.parent / "models"


def cards() -> tuple[str, ...]:
    """Return the names of the model cards that come with bayespanel.

    Returns
    -------
    tuple of str
        The names in alphabetical order.
    """
    return tuple(sorted(path.stem for path in folder().glob("*.toml")))


def card(name: str | PathLike[str]) -> Card:
    """Read a model card.

    Parameters
    ----------
    name
        Name of a card that comes with bayespanel, such as "spillover"; or the path of your own file, which ends in
        ".toml".

    Returns
    -------
    Card
        Every function that accepts a specification also accepts a card.

    Raises
    ------
    SpecError
        There is no card or file of this name, or the card breaks a rule. The error names the file, the key and the
        line.
    """
    path = path_of(name, "A card", error=SpecError)
    if isinstance(name, str) and path.suffix != ".toml" and path.name == name:
        if name not in cards():
            raise SpecError(
                "A card is one of the shipped ones, or a file that ends in '.toml'.",
                f"{name!r} is neither. {nearest(name, list(cards()))}",
                "Correct the name, or give the path of the file.",
            )
        path = folder() / f"{name}.toml"
    from bayespanel.catalogue.card_tables import read  # pydantic, only when needed

    family, table, source = read(path)
    spec = family.card.specification(table, source)
    if family.card_rules is not None:
        family.card_rules(table, spec, path)
    return Card(
        name=path.stem,
        title=table.title,
        question=table.question.strip(),
        family=family.name,
        spec=spec,
        rope=table.rope,
        references=tuple(table.references),
        notes=tuple(table.notes),
        data=family.card.hints(table),
        answer=tuple(Answer(row.parameter, tuple(row.at), row.value, row.error, row.source) for row in table.answer),
        path=path,
    )


def panel_of(card: Card) -> tuple[PanelSpec, DataHints]:
    """Return the specification of a panel's card, and how its table is read.

    Raises
    ------
    SpecError
        It is the card of a trial.
    """
    spec: Any = card.spec
    if not isinstance(card.data, DataHints):
        raise SpecError(
            "A table of pupils and waves is read for the card of a model of waves.",
            f"{card.name!r} is a card of the family {card.family}.",
            "Choose a card of another family: bayespanel models shows them.",
        )
    return spec, card.data


def trial_of(card: Card) -> tuple[TrialSpec, TrialHints]:
    """Return the specification of a trial's card, and how its table is read.

    Raises
    ------
    SpecError
        It is the card of a panel.
    """
    spec: Any = card.spec
    if not isinstance(card.data, TrialHints):
        raise SpecError(
            "A table of pupils and arms is read for the card of a trial.",
            f"{card.name!r} is a card of the family {card.family}.",
            "Choose a card of the family trial: bayespanel models shows them.",
        )
    return spec, card.data


def bundled(card: Card) -> Path | None:
    """Return the file of moments that lies beside a card, if there is one."""
    path = card.path.with_suffix(".nc")
    return path if path.is_file() else None


def specification(card_or_spec: Card | Spec) -> Spec:
    """Return the specification of a card, or the specification itself.

    Raises
    ------
    SpecError
        It is neither, for example the name of a card.
    """
    if isinstance(card_or_spec, Card):
        return card_or_spec.spec
    if isinstance(card_or_spec, tuple(family.specification for family in FAMILIES.values())):
        return card_or_spec
    action = f"Write bp.card({card_or_spec!r})." if isinstance(card_or_spec, str) else "Give one of these."
    raise SpecError("A model is given as a card or a specification.", f"It is {card_or_spec!r}.", action)
