"""Moments as a file to share: where it goes, and what its small blocks give away."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bayespanel.command.intake import MOMENTS
from bayespanel.data.wording import counted
from bayespanel.errors import DataError

if TYPE_CHECKING:
    from bayespanel.data import Moments, Panel


def require_file(path: Path, *, force: bool) -> None:
    """Check that moments can be written, and overwrite nothing unasked.

    Raises
    ------
    DataError
        Another ending than .nc, no such folder, or a file that exists while `force` is false.
    """
    if path.suffix.lower() != MOMENTS:
        raise DataError(
            f"Moments are saved in a file that ends in {MOMENTS}.", f"You gave {str(path)!r}.", "Correct the name."
        )
    if path.is_dir() or (path.exists() and not force):
        raise DataError(
            "A file is never overwritten unasked.",
            f"{str(path)!r} exists.",
            "Choose another name, or say --force to replace it.",
        )
    if not path.parent.is_dir():
        raise DataError(
            "Moments are saved in a folder that exists.",
            f"There is no folder {str(path.parent)!r}.",
            "Create it first.",
        )


def reduce(data: Panel | Moments, min_block: int) -> Moments:
    """Return the moments of a panel; a DataError for what is reduced already."""
    from bayespanel.data import Panel

    if not isinstance(data, Panel):
        raise DataError("Moments are made of a table of pupils.", "The file holds moments already.", "Give the table.")
    return data.moments(min_block)


def text(moments: Moments) -> str:
    """Return what small blocks give away: how many hold one or two pupils."""
    sizes = moments.block_n if moments.levels else moments.n
    block = (
        f"one {moments.levels[0]} with one pattern of missing scores"
        if moments.levels
        else "one pattern of missing scores"
    )
    one, two = int((sizes == 1).sum()), int((sizes == 2).sum())
    found = f"{counted(one, 'block')} of {len(sizes)} {'holds' if one == 1 else 'hold'} 1 pupil, {two} 2 pupils"
    if not one + two:
        return (
            f"Disclosure: no block (the pupils of {block}) holds 1 or 2 pupils; the smallest holds {int(sizes.min())}. "
            "Whether that is enough is for the owner of the data to say."
        )
    return (
        f"Disclosure: {found} (a block is the pupils of {block}).\n"
        "The sums of a block of 1 are that pupil's scores; from a block of 2 either pupil can work out the other's.\n"
        "Treat the file as pupil data, or leave out small blocks with --min-block; that costs pupils who miss waves."
    )
