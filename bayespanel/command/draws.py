"""The command that writes the draws of a saved fit as a table."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bayespanel.command import options as given
from bayespanel.language.errors import DataError

EXAMPLES = ("bayespanel draws star -o draws.csv",)


def draws(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder that 'fit' wrote, or its fit.nc.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="File to write, ending in .csv.")
    ] = Path("draws.csv"),
    force: given.Force = False,
) -> None:
    """Write the draws of a saved fit as a table, for R's posterior package.

    There is a row for each draw and a column for each number of the posterior, in raw units.
    """
    from bayespanel.bridges.draws_csv import draws_csv
    from bayespanel.command import results, screen
    from bayespanel.command.keeping import require_unwritten
    from bayespanel.files.paths import path_of
    from bayespanel.verbs import analysis

    path = path_of(output, "A table of draws")
    if path.suffix.lower() != ".csv":
        raise DataError(
            "Draws are written into a file that ends in .csv.", f"You gave {str(path)!r}.", "Correct the name."
        )
    require_unwritten(path, force=force)
    fitted = analysis.load_fit(folder / results.FIT if folder.is_dir() else folder)
    draws_csv(fitted, path)
    sizes = fitted.posterior.sizes
    screen.show(f"{sizes['chain']} x {sizes['draw']} draws are in {path}.")
