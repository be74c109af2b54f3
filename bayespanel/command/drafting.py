"""From answers about a table to the text of a card, and whether the table can be read as the card says."""

from __future__ import annotations

import tempfile
import warnings
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bayespanel.command import options as given
from bayespanel.command.asking import Asker, Question, one_of
from bayespanel.command.column_kinds import score_groups
from bayespanel.command.columns import Columns
from bayespanel.language.column_words import named_for
from bayespanel.language.errors import BayespanelError, DataWarning, SpecError
from bayespanel.language.shown import filled

if TYPE_CHECKING:
    import pandas as pd

    from bayespanel.catalogue.cards import Card
    from bayespanel.command.new_columns import Sheet
    from bayespanel.families.shared.draft import Draft, DraftRoom

ENDING = ".toml"

EVERYWHERE = ("question", "title", "about", "rope", "missing")
"""Questions of every card."""


def kind(asker: Asker, frame: pd.DataFrame) -> DraftRoom:
    """Ask for the family.

    Raises
    ------
    SpecError
        An answer was given that the family does not ask for.
    """
    from bayespanel.families.door import FAMILIES

    drafts = [family.draft for family in FAMILIES.values()]
    rooms: dict[str, DraftRoom] = {draft.WORD: draft for draft in drafts if draft is not None}
    names = [str(name) for name in frame.columns]
    of_arms = [word for word, room in rooms.items() if "arm" in room.ASKED and named_for("arm", names)]
    alone = [word for word, room in rooms.items() if "score" in room.ASKED and len(score_groups(frame)) == 1]
    lines = [filled(f"{i}  {word}: {room.ABOUT}", "  ", "     ") for i, (word, room) in enumerate(rooms.items(), 1)]
    word = asker.ask(
        Question(
            name="question",
            text=f"Which kind of question: {', '.join(rooms)}?",
            read=one_of(list(rooms), "a kind of question"),
            proposal=next(iter([*of_arms, *alone, *rooms])),
            needed=True,
            shown="\n".join(lines),
            choices={word: room.ABOUT for word, room in rooms.items()},
        )
    )
    room = rooms[word]
    known = asked_of(room)
    idle = [name for name in asker.given if name not in {*known, *EVERYWHERE}]
    if idle:
        raise SpecError(
            f"The options of a {word} are --{', --'.join(sorted(known))}, and those of every card.",
            f"You gave --{idle[0]} too.",
            "Leave it out, or ask another kind of question (--question).",
        )
    return room


def asked_of(room: DraftRoom) -> set[str]:
    """Return the names of the options that answer the questions of a family."""
    return {"scores" if name in ("score", "outcomes") else name for name in room.ASKED}


def draft(asker: Asker, sheet: Sheet) -> Draft:
    """Ask what the family asks, and return what its card is written from."""
    from bayespanel.command.new_model import LAST, QUESTIONS
    from bayespanel.command.ordered_columns import mostly_lowest
    from bayespanel.families.shared.draft import Draft

    for name in sheet.room.ASKED:
        QUESTIONS[name](asker, sheet)
    for ask in LAST:
        ask(asker, sheet)
    fields = {name: value for name, value in sheet.known.items() if name != "baseline" or value}
    lowest = mostly_lowest(sheet.frame, sheet.known.get("scores", {}))
    missing = given.names(asker.given.get("missing"))
    return replace(Draft(source=sheet.path.name, **fields), missing=missing, lowest=lowest)


def read(text: str) -> Card:
    """Return the card of a text, named "card"."""
    from bayespanel.catalogue.cards import card

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"card{ENDING}"
        path.write_text(text, encoding="utf-8")
        return card(path)


@dataclass(frozen=True)
class Reading:
    """What reading a table with a card says.

    Attributes
    ----------
    data
        What was read; None where it could not be.
    trouble
        Why not.
    warnings
        What is probably wrong, but could be right.
    """

    data: Any = None
    trouble: BayespanelError | None = None
    warnings: tuple[str, ...] = ()


def tried(card: Card, data: Path, columns: Columns) -> Reading:
    """Read a table as a card and options say, up to what the model takes from it."""
    from bayespanel.command.options import OfTrial
    from bayespanel.command.reception import receive
    from bayespanel.families.door import reduced

    said: list[str] = []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DataWarning)
            received = receive(data, columns, OfTrial(), f"fit {card.name}", card, quiet=True, on_warning=said.append)
            reduced(card.spec, received)
    except BayespanelError as error:
        return Reading(trouble=error, warnings=tuple(said))
    return Reading(received, warnings=tuple(said))


@dataclass(frozen=True)
class Form:
    """The questions about a table, as far as they could be asked, and what the answers come to.

    Attributes
    ----------
    questions
        The questions in their order.
    answers
        What was answered or proposed, by the name of the question; "none" for nothing.
    text
        The card; None where a question is still open.
    trouble
        What is wrong with the answer to the last of the questions.
    """

    questions: tuple[Question[Any], ...]
    answers: dict[str, str] = field(default_factory=dict)
    text: str | None = None
    trouble: BayespanelError | None = None


def form(path: Path, frame: pd.DataFrame, answers: dict[str, str]) -> Form:
    """Ask everything about a table at once: what is not answered takes what the columns suggest.

    Parameters
    ----------
    path
        Names the table.
    frame
        The table.
    answers
        By the names of the questions, as the options of `bayespanel new`; those that the kind of question does not ask
        for are left out.
    """
    from bayespanel.command.new_columns import Sheet

    asker = Asker(dict(answers), accepts=True, terminal=False, silent=True)
    try:
        room = kind(replace(asker, given={k: v for k, v in answers.items() if k == "question"}), frame)
        asker.given = {name: text for name, text in answers.items() if name in {*asked_of(room), *EVERYWHERE}}
        written = room.text(draft(asker, Sheet(path, frame, room)))
    except BayespanelError as error:
        return Form(tuple(asker.asked), asker.answered, trouble=error)
    return Form(tuple(asker.asked), asker.answered, written)
