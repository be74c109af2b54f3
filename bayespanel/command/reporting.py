"""The command that writes a report of one fit, or of several studies."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bayespanel.command import options as given
from bayespanel.language.errors import SpecError

if TYPE_CHECKING:
    import xarray as xr

    from bayespanel.inference.fit import Fit

INDEX = "index.html"
"""The page."""


def report(
    folders: Annotated[
        list[Path], typer.Argument(metavar="DIR ...", help="Folders that 'fit' wrote, one for each study.")
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="DIR", help="Folder for the page. Default: DIR/report, or ./report."),
    ] = None,
    rope: given.Rope = None,
    title: Annotated[str, typer.Option(help="Title of the page. Default: that of the card.")] = "",
    hypothesis: Annotated[
        list[str] | None,
        typer.Option(metavar="TEXT", help='Hypothesis, such as "a -> b > b -> a and a -> b > 0". May be repeated.'),
    ] = None,
    models: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="DIR",
            help="Folder of a fit of another model to the same data: adds the section 'Which model?'. May be repeated.",
        ),
    ] = None,
    refits: Annotated[
        bool, typer.Option("--refits", help="Fit again under other priors and compare. Takes minutes.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print only errors.")] = False,
) -> None:
    """Write a report of a fit, or of several studies, as one page.

    The page has the question, data, model, priors, checks, evidence, dynamics, fit to the data, sensitivity, record, a
    methods paragraph and references. It works without a network, can be printed, and names failed checks first.
    """
    from bayespanel.command import screen
    from bayespanel.command.keeping import INCOMPLETE, PAGE
    from bayespanel.language.errors import OutputWarning
    from bayespanel.page.report import report as write
    from bayespanel.verbs import prior_appraisal
    from bayespanel.verbs.family_tree import family_tree

    fits = _fits(folders)
    alone = len(fits) == 1
    if refits and not alone:
        raise SpecError(
            "Refits belong to one study.", f"You gave {len(fits)}.", "Leave --refits out, or name one folder."
        )
    if models and not alone:
        raise SpecError(
            "Models are compared on the data of one study.",
            f"You gave --models, and {len(fits)} studies.",
            "Name one folder, and the other models of its data with --models.",
        )
    fit = next(iter(fits.values()))
    region = given.rope(rope)
    others = _fits([*folders, *models]) if models else {}
    default = (folders[0] if folders[0].is_dir() else folders[0].parent) / PAGE if alone else Path(PAGE)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        page = write(
            fit if alone else fits,
            output or default,
            rope=region,
            title=title,
            hypotheses=tuple(hypothesis or ()),
            refits=prior_appraisal.refits(fit, rope=region, progress=not quiet) if refits else None,
            tree=family_tree(others, rope=region) if others else None,
        )
    for said in dict.fromkeys(str(warning.message) for warning in caught):
        screen.warn(said)
    if not quiet:
        screen.show(f"Written: {page}")
    if any(issubclass(warning.category, OutputWarning) for warning in caught):
        raise typer.Exit(INCOMPLETE)


def _fits(folders: list[Path]) -> dict[str, Fit]:
    """Return the fits in folders, or files, by their names."""
    from bayespanel.command import results
    from bayespanel.verbs import analysis

    fits: dict[str, Fit] = {}
    for folder in folders:
        name = folder.name if folder.is_dir() else folder.stem
        if name in fits:
            raise SpecError(
                "Studies, and models, of one page have different names.",
                f"Two folders are called {name!r}.",
                "Rename one of them.",
            )
        fits[name] = analysis.load_fit(folder / results.FIT if folder.is_dir() else folder)
    return fits


def require_free_table(path: Path, *, force: bool) -> None:
    """Check that a table for a paper can be written, and overwrite nothing unasked.

    Raises
    ------
    SpecError
        An ending that is none of a table.
    DataError
        A file that exists while `force` is false, or no such folder.
    """
    from bayespanel.command.keeping import require_unwritten
    from bayespanel.page.table_files import require_table_file

    require_table_file(path)
    require_unwritten(path, force=force)


def write_table(evidence: xr.Dataset, path: Path, kinds: Sequence[str] | None) -> None:
    """Write a table for a paper, and say so."""
    from bayespanel.command.screen import say
    from bayespanel.page.table_files import save_table

    save_table(evidence, path, kinds=kinds)
    say(f"Written: {path}")
