"""The command that repeats a saved fit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bayespanel.command import options as given
from bayespanel.command.interruption import interruptible
from bayespanel.language.shown import filled

if TYPE_CHECKING:
    from bayespanel.verbs.reproduction import Rerun

DISAGREES = 3
"""Exit code when the numbers are not the same."""

SHOWN = 5
"""Differences that are printed, the largest first; `--json` has all."""


def rerun(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder that 'fit' wrote, or its fit.nc.")],
    cores: Annotated[int | None, typer.Option(min=1, help="Chains run at once. Default: all processors.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print only the verdict.")] = False,
    json: given.Json = False,
) -> None:
    """Repeat a saved fit, and compare the numbers.

    Data, model, priors, settings and seed are taken from the file; nothing is written. The draws can be the same to the
    last bit, the same within Monte Carlo error (with other versions or on another machine), or not the same (exit
    code 3).
    """
    from bayespanel.command import results, screen
    from bayespanel.verbs import analysis, reproduction

    saved = analysis.load_fit(folder / results.FIT if folder.is_dir() else folder)
    with interruptible():
        found = reproduction.rerun(saved, cores=cores, progress=not quiet and not json)
    if json:
        screen.show_json(record(found))
    else:
        screen.show(found.verdict if quiet else text(found))
    if not found.agrees:
        raise typer.Exit(DISAGREES)


def record(found: Rerun) -> dict[str, Any]:
    """Return a repetition for JSON."""
    from bayespanel.command.screen import rows

    return {
        "identical": found.identical,
        "agrees": found.agrees,
        "verdict": found.verdict,
        "limit": found.limit,
        "differing": rows(found.versions),
        "priors_restored": found.priors_restored,
        "table": rows(found.table),
        "provenance": found.fit.provenance,
    }


def text(found: Rerun) -> str:
    """Return a repetition as text: the verdict, what differs in the software, the largest differences."""
    from bayespanel.command.screen import table_text

    parts = [filled(found.verdict)]
    if len(found.versions):
        parts.append("Not as it was when the fit was saved\n" + table_text(found.versions))
    elif not found.identical:
        parts.append(
            filled("No recorded version differs: compiling anew, or another number of threads, changes last bits too.")
        )
    if found.priors_restored:
        parts.append("Default priors have changed since: those of the saved fit were used.")
    if not found.identical:
        order = found.table["errors"].abs().sort_values(ascending=False, kind="stable").index
        worst = found.table.loc[order].head(SHOWN)
        parts.append("Largest differences, in Monte Carlo errors\n" + table_text(worst))
    return "\n\n".join(parts)
