"""`bayespanel new`: a card by asking."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bayespanel.command import asking, drafting, intake, options as given
from bayespanel.command.asking import Asker, Question
from bayespanel.command.columns import Columns
from bayespanel.command.drafting import ENDING
from bayespanel.command.interruption import NOTHING_WRITTEN, Interruption, interruptible
from bayespanel.command.new_columns import Sheet
from bayespanel.command.new_options import Beforehand
from bayespanel.command.option_groups import grouped
from bayespanel.command.screen import error_text, say, show, warn
from bayespanel.language.errors import BayespanelError, DataError, SpecError
from bayespanel.language.shown import filled

if TYPE_CHECKING:
    from bayespanel.catalogue.cards import Card

EXAMPLES = (
    "bayespanel new pupils.sav",
    "bayespanel new pupils.sav --yes -o first.toml",
    "bayespanel new pupils.sav --question panel --scores vict=vict1,vict2,vict3 \\",
    "    --scores dep=T1_dep,T2_dep,T3_dep --pupil id --school school",
    "bayespanel new trial.csv --question trial --arm arm --control control \\",
    "    --scores bully_post --baseline bully_post=bully_pre --school school",
)


@grouped
def new(
    data: Annotated[
        Path, typer.Argument(metavar="DATA", help="A table of pupils (.csv, .tsv, .xlsx, .parquet, .sav, .dta).")
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Card to write, ending in .toml. Default: as the data."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Take every proposal without asking.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a card that exists already.")] = False,
    *,
    beforehand: Beforehand,
    decimal: Annotated[str | None, typer.Option(metavar="MARK", help="Decimal mark of a text file: , or . .")] = None,
    sheet: Annotated[
        str | None, typer.Option(metavar="NAME", help="Sheet of a workbook with several that hold something.")
    ] = None,
) -> None:
    """Write a card for a table, by asking.

    Every question shows what the names of the columns suggest; a blank line takes it, and "none" says that there is
    none. Each question has an option, so that the command also works without a terminal.
    """
    with interruptible() as interruption:
        if intake.is_moments(data):
            raise DataError(
                "A card is written from a table of pupils, whose columns have names.",
                f"{data.name!r} is a file of moments.",
                "Give the table, or copy a card from bayespanel models and change it.",
            )
        frame = intake.table(data, decimal, sheet)
        asker = Asker(
            beforehand.answers, yes, asking.at_terminal(), on_answer=_Kept(interruption, data, decimal, sheet)
        )
        say(f"{data.name}: {len(frame)} rows, {len(frame.columns)} columns")
        if asker.terminal and not yes:
            say(filled('A blank line takes what stands in brackets; "none" says that there is none; Ctrl-C stops.'))
        room = drafting.kind(asker, frame)
        text, trouble = _written(asker, Sheet(data, frame, room), _Reading(data, decimal, sheet))
        target = _target(asker, output, data, force=force)
        from bayespanel.data.storage import write_whole

        write_whole(target, lambda made: made.write_text(text, encoding="utf-8"))
        interruption.consequence = f"{target} is written."
    _show_next(target, data, trouble, [*_reading_words(decimal, sheet)])


@dataclass(frozen=True)
class _Kept:
    """Says, when a command is interrupted, how to go on with the answers so far."""

    interruption: Interruption
    data: Path
    decimal: str | None
    sheet: str | None

    def __call__(self, asker: Asker) -> None:
        words = ["bayespanel", "new", shlex.quote(str(self.data)), *_reading_words(self.decimal, self.sheet)]
        line = " ".join([*words, *asker.words(("scores",))])
        self.interruption.consequence = f"{NOTHING_WRITTEN} To go on with your answers:\n\n  {line}"


@dataclass(frozen=True)
class _Reading:
    """How the table is read when a card is tried."""

    data: Path
    decimal: str | None
    sheet: str | None

    def trouble(self, card: Card) -> BayespanelError | None:
        """Read the table as the card says, and return what is wrong; else say what it holds."""
        found = drafting.tried(card, self.data, Columns(decimal=self.decimal, sheet=self.sheet))
        for text in found.warnings:
            warn(text)
        if found.trouble is None:
            said = [line for line in found.data.brief() if ".describe()" not in line]
            say("\nRead with this card:\n" + "\n".join(filled(line, "  ", "    ") for line in said))
        return found.trouble


def _written(asker: Asker, sheet: Sheet, reading: _Reading) -> tuple[str, BayespanelError | None]:
    """Ask what the family asks, and return the text of the card, and what is wrong with the data."""
    draft = drafting.draft(asker, sheet)
    while True:
        text = sheet.room.text(draft)
        card = drafting.read(text)
        trouble = reading.trouble(card)
        if trouble is None or not asker.terminal or asker.accepts:
            return text, trouble
        say(f"\nThe table cannot be read as the card says.\n{error_text(trouble)}", style="yellow")
        question = Question(
            name="missing",
            text="Which values stand for 'missing', if that is it? None: the card is written as it is.",
            read=given.names,
        )
        codes = replace(asker, given={}).ask(question)
        if not codes:
            return text, trouble
        draft = replace(draft, missing=codes)


def _target(asker: Asker, output: Path | None, data: Path, *, force: bool) -> Path:
    """Return the file to write; one that exists is not replaced unless that is said."""
    stem = re.sub(r"[^\w-]+", "-", data.name.split(".")[0]).strip("-") or "card"
    own = stem
    if asker.terminal and not asker.accepts and not force:  # a blank line replaces nothing
        own = next(name for name in _numbered(stem) if not Path(f"{name}{ENDING}").exists())

    def read(text: str) -> Path:
        path = Path(text or f"{own}{ENDING}")
        path = path if path.suffix == ENDING else path.with_name(f"{path.name}{ENDING}")
        if not path.parent.is_dir():
            raise SpecError(
                "A card is written into a folder that exists.", f"There is no {str(path.parent)!r}.", "Create it first."
            )
        if path.exists() and not force and not _may_replace(asker, path):
            raise SpecError(
                "A card that exists is not replaced unless you say so.",
                f"There is {str(path)!r}.",
                "Name another file (-o FILE), or add --force.",
            )
        return path

    asked = replace(asker, given={"output": str(output)} if output else {})
    question = Question(name="output", text="Into which file?", read=read, proposal=f"{own}{ENDING}", stands=True)
    return asked.ask(question)


def _numbered(stem: str) -> Iterator[str]:
    yield stem
    yield from (f"{stem}-{number}" for number in count(2))


def _may_replace(asker: Asker, path: Path) -> bool:
    if not asker.terminal or asker.accepts:
        return False
    say(f"{path} exists.")
    return asking.typed_at("Replace it? yes or no [no] > ").lower() in ("y", "yes", "j", "ja")


def _reading_words(decimal: str | None, sheet: str | None) -> list[str]:
    words = ["--decimal", shlex.quote(decimal)] if decimal else []
    return [*words, *(["--sheet", shlex.quote(sheet)] if sheet else [])]


def _show_next(target: Path, data: Path, trouble: BayespanelError | None, words: list[str]) -> None:
    show(f"\nWritten: {target}")
    if trouble is not None:
        say(f"\nThe table cannot be read yet as the card says.\n{error_text(trouble)}", style="yellow")
    line = " ".join(["bayespanel fit", shlex.quote(str(target)), shlex.quote(str(data)), *words])
    show(f"\nLook at it: bayespanel models {shlex.quote(str(target))}\nNext:\n\n  {line}")
