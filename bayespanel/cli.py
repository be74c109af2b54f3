"""The command line: one thin function per command. Heavy libraries are imported inside."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from bayespanel.command import (
    app as page,
    draws,
    intake,
    missing,
    new,
    options as given,
    repeating,
    reporting,
    studies,
    trials,
)
from bayespanel.command.interruption import interruptible
from bayespanel.command.option_groups import grouped
from bayespanel.command.repeated import require_single_values
from bayespanel.language.errors import BayespanelError, SpecError
from bayespanel.language.shown import filled
from bayespanel.summaries.kinds import kinds_listed

BAD_INPUT = 2

TOP = 12
"""Largest number of pathways of a kind that are printed; evidence.csv has all."""

SEED = 2012
"""Any number would do; a fixed one makes two people see the same digits."""


def _examples(*lines: str) -> str:
    """Return the end of a help page; the first character keeps its lines as they are."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


app = typer.Typer(
    name="bayespanel",
    epilog=_examples(
        "bayespanel demo                   a first result, in a minute",
        "bayespanel models                 the model cards and their questions",
        "bayespanel describe pupils.csv    what a table contains, and how to name it",
        "bayespanel new pupils.csv         write a card for it, by asking",
        "bayespanel --install-completion   let the Tab key complete commands and options",
    ),
    no_args_is_help=True,
    rich_markup_mode=None,  # boxes cost three times the start-up time of plain help
    add_completion=True,  # bayespanel --install-completion
    pretty_exceptions_enable=False,
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command line and leave with its exit code."""
    try:
        require_single_values(app, list(sys.argv[1:] if arguments is None else arguments))
        app(args=arguments, prog_name="bayespanel")
    except BayespanelError as error:
        from bayespanel.command.screen import error_text, say

        say(error_text(error))
        sys.exit(BAD_INPUT)


def _show_version(asked: bool) -> None:
    if asked:
        from bayespanel import __version__

        typer.echo(f"bayespanel {__version__}")
        raise typer.Exit


@app.callback()
def bayespanel(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Fit Bayesian models of the triangle child - parents - school, and report how sure the results are."""


@app.command(epilog=_examples("bayespanel models", "bayespanel models spillover", "bayespanel models mine.toml --json"))
def models(
    name: Annotated[str | None, typer.Argument(help="Name of a card, or your own .toml file.")] = None,
    json: given.Json = False,
) -> None:
    """List the model cards, or show one of them.

    One card is shown with its question, variables, levels, priors, region of practical equivalence and sources.
    """
    from bayespanel.catalogue.cards import card as card_of, cards as names
    from bayespanel.command import cards, screen

    if name is not None:
        card = card_of(name)
        return screen.show_json(cards.record(card)) if json else screen.show(cards.text(card))
    found = [card_of(one) for one in names()]
    if json:
        return screen.show_json([cards.brief(card) for card in found])
    screen.show("\n\n".join(cards.entry(card) for card in found))
    return screen.show("\nShow one with: bayespanel models NAME. Your own card is a .toml file.")


@app.command(
    epilog=_examples(
        "bayespanel describe pupils.csv",
        "bayespanel describe pupils.csv --pupil id --wave year --variables read,math",
        "bayespanel describe wide.sav --wide math=m1,m2,m3 --wide read=r1,r2,r3",
        "bayespanel describe trial.csv --arm arm --control control --outcomes y --school school",
        "bayespanel describe moments.nc --json",
    )
)
@grouped
def describe(
    data: given.Data,
    scores: given.Scores,
    table: given.Table,
    trial: given.OfTrial,
    outcomes: given.Outcomes = None,
    json: given.Json = False,
) -> None:
    """Show what a table or a file of moments contains.

    Without options about columns, it lists the columns and suggests a command to complete. With them, it describes
    scores, missing patterns and clusters, and says what was done to the data.
    """
    from bayespanel.command import overview, screen

    columns = table.columns(scores)
    if trial.arm is not None:
        asked = trial.columns(columns, outcomes)
        return screen.show_description(trials.receive_trial(data, asked).describe(), json=json)
    if intake.is_moments(data) and not columns.given:
        return screen.show_description(trials.stored(data).describe(), json=json)
    if columns.name_columns:
        return screen.show_description(intake.receive(data, columns, "describe").describe(), json=json)
    frame = intake.table(data, columns.decimal, columns.sheet)
    if json:
        line = overview.suggestion("describe", data, frame, columns)
        return screen.show_json({"columns": screen.rows(overview.table(frame)), "suggestion": line})
    screen.show(f"{data.name}: {len(frame)} rows, {len(frame.columns)} columns\n")
    return screen.show(overview.invitation("describe", data, frame, columns))


app.command(epilog=_examples(*new.EXAMPLES))(new.new)


@app.command(
    epilog=_examples(
        "bayespanel fit star star.csv --pupil id --wave gr --waves K,1,2,3 \\",
        "    --school sch --movers first --rename reading=read",
        "bayespanel fit mine.toml wide.csv --wide math=m0,m1,m2 --wide read=r0,r1,r2",
        "bayespanel fit spillover moments.nc -o careful --target-accept 0.95",
        "bayespanel fit involvement-pupils trial.csv --rename well_being=wb",
        "bayespanel fit star imputed.csv --pupil id --wave gr --imputation .imp --sampler auto",
        "bayespanel fit class-size                 with the public data of the card",
    )
    + "\n\nExit codes: 0, everything is done and every check passed; 2, bad input, nothing was written; "
    "3, results were written, but a check failed; 4, the fit was written, but not every table and figure; "
    "130, interrupted: a message says what was written."
)
@grouped
def fit(
    card: Annotated[str, typer.Argument(metavar="CARD", help="Name of a card, or your own .toml file.")],
    data: given.OptionalData = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="DIR", help="Folder for the results. Default: ./CARD.")
    ] = None,
    force: given.Force = False,
    *,
    table: given.Table,
    trial: given.OfTrial,
    imputation: given.Imputation = None,
    min_block: given.MinBlock = 1,
    rope: given.Rope = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same draws.")] = SEED,
    chains: Annotated[int, typer.Option(min=2, help="Number of chains.")] = 4,
    tune: Annotated[int, typer.Option(min=50, help="Number of warm-up draws in each chain.")] = 500,
    draws: Annotated[int, typer.Option(min=4, help="Number of draws kept from each chain.")] = 1000,
    cores: Annotated[int | None, typer.Option(min=1, help="Chains run at once. Default: all processors.")] = None,
    target_accept: Annotated[
        float | None,
        typer.Option(
            min=0.5, max=0.999, help="Acceptance rate: higher is slower and safer. Default: 0.9, for some models 0.98."
        ),
    ] = None,
    sampler: given.Sampler = given.SamplerChoice.auto,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print only errors and failed checks.")] = False,
    json: given.Json = False,
) -> None:
    """Fit the model of a card to data.

    Draws, checks, evidence and figures are written into a folder; checks and evidence are also printed. The card names
    the variables. If you leave out an option about columns, the hint of the card is used, and you are told so.
    """
    with interruptible() as interruption:
        from bayespanel.catalogue import cards
        from bayespanel.command import disclosure, reception, results
        from bayespanel.inference.settings import Sampling
        from bayespanel.verbs import analysis
        from bayespanel.verbs.imputed import fit_imputed

        record = cards.card(card)
        region = given.rope(rope) or record.rope
        if region is None:
            raise SpecError(
                "Evidence is weighed against a stated region of practical equivalence (ROPE).",
                f"The card {record.name!r} states none, and you gave none.",
                "Add --rope 0.03, or the size that is negligible in your field.",
            )
        folder = output or Path(record.name)
        results.require_free(folder, force=force)
        columns = table.columns()
        source = trials.source(data, record)
        sampling = Sampling(draws=draws, tune=tune, chains=chains, target_accept=target_accept, sampler=sampler.value)
        asked = (source, columns, trial, f"fit {card}", record)
        if imputation is None:
            received = disclosure.with_large_blocks(reception.receive(*asked, quiet=quiet), record.spec, min_block)
            fitted = analysis.fit(record, received, seed=seed, sampling=sampling, cores=cores, progress=not quiet)
        else:
            every = reception.receive_imputed(*asked, imputation, quiet=quiet)
            large = [disclosure.with_large_blocks(one, record.spec, min_block) for one in every]
            fitted = fit_imputed(record, large, seed=seed, sampling=sampling, cores=cores, progress=not quiet)
        interruption.require_wanted()
        saved = results.save(fitted, folder, rope=region)
        interruption.consequence = saved.consequence
        finished = results.finish(saved)
    finished.show(top=TOP, quiet=quiet, json=json)
    if finished.code:
        raise typer.Exit(finished.code)


@app.command(
    epilog=_examples(
        "bayespanel evidence star",
        "bayespanel evidence star --rope 0.07 --kinds direct,total --by-interval",
        "bayespanel evidence star --csv > evidence.csv",
    )
)
def evidence(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder that 'fit' wrote, or its fit.nc.")],
    rope: given.Rope = None,
    prob: Annotated[float, typer.Option(help="Probability of the intervals.")] = 0.95,
    kinds: Annotated[
        str | None,
        typer.Option(
            metavar="A,B",
            help=f"Kinds: {kinds_listed()}.",
        ),
    ] = None,
    by_interval: Annotated[bool, typer.Option("--by-interval", help="One row per interval between waves.")] = False,
    per: Annotated[
        float | None, typer.Option(help="Of a model in continuous time, the length of interval to speak of.")
    ] = None,
    at_least: Annotated[float | None, typer.Option(help="Add the probability of an effect this large.")] = None,
    true_effect: Annotated[
        float | None, typer.Option(help="Add power, type-S and type-M error for a true effect of this size.")
    ] = None,
    raw: Annotated[bool, typer.Option("--raw", help="Show raw units beside the standardised scale.")] = False,
    json: given.Json = False,
    csv: Annotated[bool, typer.Option("--csv", help="Print comma-separated values.")] = False,
    paper: Annotated[
        Path | None,
        typer.Option(
            "--table", metavar="FILE", help="Write a table for a paper too: .docx, .xlsx, .md, .tex, .html, .csv."
        ),
    ] = None,
    force: given.Force = False,
) -> None:
    """Show the evidence of a saved fit again.

    You can choose another region of practical equivalence, other intervals, or other pathways.
    """
    if json and csv:
        raise typer.BadParameter("choose one of --json and --csv.")
    from bayespanel.command import results, screen
    from bayespanel.summaries.table import table, text
    from bayespanel.verbs import analysis

    if paper is not None:
        reporting.require_free_table(paper, force=force)
    fitted = analysis.load_fit(folder / results.FIT if folder.is_dir() else folder)
    found = analysis.evidence(
        fitted, rope=given.rope(rope), prob=prob, by_interval=by_interval, per=per,
        at_least=at_least, true_effect=true_effect,
    )  # fmt: skip
    chosen = given.names(kinds) or None
    rows = table(found, kinds=chosen)
    if paper is not None:
        reporting.write_table(found, paper, chosen)
    checks = analysis.checks(fitted)
    warning, style = screen.verdict(checks)
    if warning:
        screen.say(warning, style=style)
    if json:
        return screen.show_json(screen.evidence_json(found, rows))
    if csv:
        from bayespanel.data.spreadsheet import csv_text

        return screen.show(csv_text(rows).removesuffix("\n"))
    if chosen is None:
        screen.show_answer(found, checks)
        screen.show("")
    return screen.show(text(found, kinds=chosen, raw=raw))


@app.command(
    epilog=_examples(
        "bayespanel moments pupils.csv -o moments.nc --pupil id --wave year \\",
        "    --variables read,math --school sch --min-block 5",
    )
)
@grouped
def moments(
    data: given.Data,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="File to write, ending in .nc.")],
    min_block: given.MinBlock = 1,
    force: given.Force = False,
    *,
    scores: given.Scores,
    table: given.Table,
) -> None:
    """Reduce a table to the sums that a model needs, and save them.

    The sums can be shared in place of the pupils' scores, provided that no block of pupils is too small.
    """
    with interruptible():
        from bayespanel.command import disclosure, screen

        disclosure.require_file(output, force=force)
        columns = table.columns(scores)
        sums = disclosure.reduce(intake.receive(data, columns, f"moments -o {output}"), min_block)
        sums.save(output)
    screen.show(f"{sums.describe()}\n\n{filled(disclosure.text(sums))}\n\nWritten: {output}")


_REPORTS = _examples(
    "bayespanel report star", "bayespanel report star --refits", "bayespanel report panel trial -o both"
)
app.command(epilog=_examples(*draws.EXAMPLES))(draws.draws)
app.command(epilog=_REPORTS)(reporting.report)
app.command(epilog=_examples(*missing.EXAMPLES))(missing.missing)
for _command, _lines in studies.COMMANDS.items():
    app.command(epilog=_examples(*_lines))(_command)
app.command(epilog=_examples(*page.EXAMPLES))(page.app)
app.command(epilog=_examples("bayespanel rerun star", "bayespanel rerun star/fit.nc --json"))(repeating.rerun)


@app.command(epilog=_examples("bayespanel demo", "bayespanel demo -o first"))
def demo(
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Folder to write.")] = Path("demo"),
) -> None:
    """Fit a model to public data, for a first result in a minute.

    The data are reading and mathematics of 10,786 pupils in 80 schools. Results of an earlier demo are replaced.
    """
    with interruptible() as interruption:
        from bayespanel.catalogue import cards
        from bayespanel.command import demonstration, results, screen
        from bayespanel.command.keeping import INCOMPLETE
        from bayespanel.data import Moments
        from bayespanel.verbs import analysis

        results.require_free(output, force=demonstration.is_own(output))
        card = cards.card("star")
        screen.show(demonstration.BEFORE)
        sums = Moments.load(cards.folder() / "star.nc")
        fitted = demonstration.mark(analysis.fit(card, sums, seed=SEED))
        interruption.require_wanted()
        saved = results.save(fitted, output, rope=card.rope or 0.03)
        interruption.consequence = saved.consequence
        finished = results.finish(saved)
        demonstration.page(saved, finished.keeping)
    finished.show(top=TOP)
    screen.show(demonstration.after(saved.folder))
    if finished.keeping.failures:
        raise typer.Exit(INCOMPLETE)
