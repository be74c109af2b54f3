"""The command line: one thin function per command. Heavy libraries are imported inside."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bayespanel import __version__
from bayespanel.errors import BayespanelError, DataError, SpecError
from bayespanel.intake import MOMENTS, Options, heard, is_moments, read, table

if TYPE_CHECKING:
    import pandas as pd

    from bayespanel.catalogue import Card
    from bayespanel.data import Moments, Panel
    from bayespanel.inference.fit import Fit

BAD_INPUT = 2
FAILED_CHECK = 3
INTERRUPTED = 130

EXIT_CODES = f"""Exit codes: 0 done; {BAD_INPUT} bad input, nothing was written; {FAILED_CHECK} results were written, but a
check failed; {INTERRUPTED} interrupted, nothing was written."""

TOP = 12
"""Pathways of a kind that `fit` prints at most; evidence.csv has all."""

SEED = 2012


class MoversChoice(StrEnum):
    """What happens to pupils who change school or class."""

    error = "error"
    first = "first"
    drop = "drop"


def _examples(*lines: str) -> str:
    return "Examples:\n" + "\n".join(f"  {line}" for line in lines)


app = typer.Typer(
    name="bayespanel",
    help="What do panels say about the triangle child - parents - school, and how sure may we be?",
    epilog=_examples(
        "bayespanel demo                                  a first result in a minute",
        "bayespanel models                                the questions it can ask",
        "bayespanel describe pupils.csv                   what a table holds",
        'bayespanel fit spillover pupils.csv --pupil id --wave year --school school --classroom class',
    ),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Table = "Columns of the table"
Data = Annotated[Path, typer.Argument(help="A table of pupils (.csv, .tsv, .parquet, .sav, .dta) or moments (.nc).")]
Pupil = Annotated[str | None, typer.Option(help="Column that names the pupil.", rich_help_panel=Table)]
Wave = Annotated[
    str | None, typer.Option(help="Column that names the wave, in a table of one row per pupil and wave.", rich_help_panel=Table)
]
Variables = Annotated[str | None, typer.Option(metavar="A,B", help="Columns with the scores.", rich_help_panel=Table)]
Classroom = Annotated[str | None, typer.Option(help="Column that names the class.", rich_help_panel=Table)]
School = Annotated[str | None, typer.Option(help="Column that names the school.", rich_help_panel=Table)]
Covariates = Annotated[
    str | None, typer.Option(metavar="A,B", help="Numeric columns that do not change within a pupil.", rich_help_panel=Table)
]
Movers = Annotated[
    MoversChoice | None,
    typer.Option(
        help="Pupils who change school or class: refuse (error), count in the first, or drop. Default: error.",
        rich_help_panel=Table,
    ),
]
Wide = Annotated[
    list[str] | None,
    typer.Option(
        metavar="A=A1,A2,A3",
        help="A variable and its columns in the order of the waves, in a table of one row per pupil. Repeat it.",
        rich_help_panel=Table,
    ),
]
Waves = Annotated[str | None, typer.Option(metavar="1,2,3", help="Names of the waves, with --wide.", rich_help_panel=Table)]
Rename = Annotated[
    str | None,
    typer.Option(metavar="NEW=COLUMN,...", help="Columns that have another name than the model's variables.", rich_help_panel=Table),
]
Missing = Annotated[
    str | None, typer.Option(metavar="-99,999", help="Scores that stand for 'missing'; write --missing=-99.", rich_help_panel=Table)
]
Rope = Annotated[
    str | None,
    typer.Option(
        metavar="X or LOW,HIGH", help="Region of practical equivalence, standardised; write --rope=-.02,.05. Default: the card's."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output, and nothing else there.")]
Force = Annotated[bool, typer.Option("--force", help="Replace what is there.")]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command line and leave with its exit code."""
    from bayespanel.screen import error_text, say

    try:
        app(args=arguments, prog_name="bayespanel")
    except BayespanelError as error:
        say(error_text(error))
        sys.exit(BAD_INPUT)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"bayespanel {__version__}")
        raise typer.Exit


@app.callback()
def _start(version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")] = False) -> None:
    pass


@app.command(epilog=_examples("bayespanel models", "bayespanel models spillover", "bayespanel models mine.toml --json"))
def models(
    name: Annotated[str | None, typer.Argument(help="A card's name, or the path of your own .toml file.")] = None, json: Json = False
) -> None:
    """Show the model cards, or one of them with its question, variables, priors and sources."""
    from bayespanel import catalogue, screen, verbs

    if name is not None:
        card = catalogue.card(name)
        priors = verbs.priors(card)
        return screen.show_json(screen.card_json(card, priors)) if json else screen.show(screen.card_text(card, priors))
    found = [catalogue.card(one) for one in catalogue.cards()]
    if json:
        return screen.show_json([{"name": c.name, "title": c.title, "question": c.question} for c in found])
    screen.show("\n\n".join(screen.card_title(card) for card in found))
    return screen.show("\nbayespanel models NAME shows one; a card of your own is a .toml file.")


@app.command(
    epilog=_examples(
        "bayespanel describe pupils.csv                                      its columns",
        "bayespanel describe pupils.csv --pupil id --wave year --variables read,math --school school",
        'bayespanel describe wide.sav --pupil id --wide "math=m1,m2,m3" --wide "read=r1,r2,r3"',
        "bayespanel describe moments.nc --json",
    )
)
def describe(
    data: Data, pupil: Pupil = None, wave: Wave = None, variables: Variables = None, classroom: Classroom = None,
    school: School = None, covariates: Covariates = None, movers: Movers = None, wide: Wide = None, waves: Waves = None,
    rename: Rename = None, missing: Missing = None, json: Json = False,
) -> None:  # fmt: skip
    """Show what a table or moments hold: scores, missing patterns, clusters, and what was done at the door.

    Without options about columns it shows the columns, and a command line to complete.
    """
    from bayespanel import overview, screen

    options = _options(pupil, wave, variables, classroom, school, covariates, movers, wide, waves, rename, missing)
    if not options.given and not is_moments(data):
        frame = table(data)
        line = overview.suggestion("describe", data, frame, options)
        if json:
            return screen.show_json({"columns": screen.rows(overview.columns(frame)), "suggestion": line})
        screen.show(f"{data.name}: {len(frame)} rows, {len(frame.columns)} columns\n\n{overview.text(frame)}")
        return screen.show(f"\nSay which columns are which. A guess, to correct:\n  {line}")
    description = _read(data, options, "describe").describe()
    return screen.show_json(description.to_dict()) if json else screen.show(str(description))


@app.command(
    epilog=_examples(
        "bayespanel fit star pupils.csv --pupil id --wave gr --school sch --movers first --rename reading=read",
        'bayespanel fit mine.toml wide.csv --pupil pid --school school --wide "math=m0,m1,m2" --wide "english=e0,e1,e2"',
        "bayespanel fit spillover moments.nc -o first --draws 2000 --target-accept 0.95",
    )
    + f"\n\n{EXIT_CODES}"
)
def fit(
    card: Annotated[str, typer.Argument(help="A card's name (see bayespanel models), or your own .toml file.")],
    data: Data,
    output: Annotated[Path | None, typer.Option("--output", "-o", metavar="DIR", help="Folder of the results. Default: the card's name.")] = None,
    force: Force = False, pupil: Pupil = None, wave: Wave = None, classroom: Classroom = None, school: School = None,
    movers: Movers = None, wide: Wide = None, waves: Waves = None, rename: Rename = None, missing: Missing = None,
    rope: Rope = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same draws.")] = SEED,
    chains: Annotated[int, typer.Option(min=1, help="Number of chains.")] = 4,
    tune: Annotated[int, typer.Option(min=50, help="Warm-up draws of each chain.")] = 500,
    draws: Annotated[int, typer.Option(min=4, help="Draws kept of each chain.")] = 1000,
    cores: Annotated[int | None, typer.Option(min=1, help="Chains at once. Default: all processors.")] = None,
    target_accept: Annotated[float, typer.Option(min=0.5, max=0.999, help="Higher is slower and safer.")] = 0.8,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors and failed checks.")] = False,
    json: Json = False,
) -> None:  # fmt: skip
    """Fit the model of a card; write draws, checks, evidence and figures into a folder, and print checks and evidence.

    The card names the variables; --rename says which columns they are. Its hints about columns are used where an
    option is not given, and said.
    """
    from dataclasses import replace

    from bayespanel import catalogue, results, screen, verbs

    record = catalogue.card(card)
    region = _region(rope)
    if region is None and record.rope is None:
        raise SpecError("Evidence is weighed against a stated region of practical equivalence.", f"The card {record.name!r} states none.", "Say --rope 0.03, or what is negligible in your field.")  # noqa: E501
    folder = output or Path(record.name)
    results.require_free(folder, force=force)
    given = _options(pupil, wave, None, classroom, school, None, movers, wide, waves, rename, missing)
    options = given if is_moments(data) else given.with_hints(record.data, record.spec)
    with _interruptible():
        panel = _read(data, options, f"fit {card}", record)
        if not quiet:
            _introduce(panel, [name for name in options.given if name not in given.given])
        fitted = verbs.fit(record, panel, seed=seed, chains=chains, tune=tune, draws=draws, cores=cores,
                           target_accept=target_accept, progress=not quiet)  # fmt: skip
        fitted = replace(fitted, provenance={**fitted.provenance, "rope": region or record.rope})
        failed = _finish(fitted, folder, quiet=quiet, json=json)
    if failed:
        raise typer.Exit(FAILED_CHECK)
