"""Options of `bayespanel new`: an answer beforehand to each of its questions."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Annotated

import typer

from bayespanel.command.asking import BETWEEN


@dataclass(frozen=True)
class Beforehand:
    """Answers that are given beforehand."""

    question: Annotated[
        str | None,
        typer.Option(metavar="KIND", help="Kind of question: panel, trial or trajectories."),
    ] = None
    wave: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="Column with the wave, if there is one row per pupil and wave."),
    ] = None
    pupil: Annotated[str | None, typer.Option(metavar="COLUMN", help="Column with the pupil.")] = None
    scores: Annotated[
        list[str] | None,
        typer.Option(
            metavar="A=A1,A2,A3",
            help="A score and its columns in the order of the waves; repeat the option for each. Where a score has one "
            "column: A,B.",
        ),
    ] = None
    school: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Column with the school, or one column per wave.")
    ] = None
    classroom: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Column with the class, or one column per wave.")
    ] = None
    covariates: Annotated[
        str | None, typer.Option(metavar="A,B", help="Columns that do not change within a pupil.")
    ] = None
    vertices: Annotated[
        str | None,
        typer.Option(metavar="A=VERTEX,...", help="Whom each score is about: parent, child or school."),
    ] = None
    levels: Annotated[str | None, typer.Option(metavar="A,B", help="Levels of the model: pupil, class, school.")] = None
    times: Annotated[str | None, typer.Option(metavar="0,5,12", help="When each wave took place.")] = None
    arm: Annotated[str | None, typer.Option(metavar="COLUMN", help="Of a trial, the column with the arm.")] = None
    control: Annotated[str | None, typer.Option(metavar="ARM", help="Of a trial, the reference arm.")] = None
    randomised: Annotated[
        str | None, typer.Option(metavar="LEVEL", help="Of a trial, what was allocated: school, class or pupil.")
    ] = None
    baseline: Annotated[
        str | None,
        typer.Option(metavar="AFTER=BEFORE,...", help="Of a trial, for each outcome the score before it."),
    ] = None
    classes: Annotated[
        str | None,
        typer.Option(metavar="N or A,B", help="Of trajectories, the number of courses, or their names."),
    ] = None
    title: Annotated[str | None, typer.Option(metavar="TEXT", help="Title of the card.")] = None
    about: Annotated[str | None, typer.Option(metavar="TEXT", help="The question in a sentence.")] = None
    rope: Annotated[
        str | None, typer.Option(metavar="X", help="Half the width of the region of practical equivalence.")
    ] = None
    missing: Annotated[
        str | None,
        typer.Option(metavar="A,B", help="Values that stand for 'missing', such as --missing=-99,-98 or labelled."),
    ] = None

    @property
    def answers(self) -> dict[str, str]:
        """What is answered, by the names of the options."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        given["scores"] = f"{BETWEEN} ".join(self.scores) if self.scores else None
        return {name: text for name, text in given.items() if text is not None}
