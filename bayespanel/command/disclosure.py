"""Moments and fits as files to share: where they go, and what their small blocks give away."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bayespanel.command.intake import MOMENTS
from bayespanel.command.keeping import require_unwritten
from bayespanel.data.wording import counted
from bayespanel.files.paths import path_of
from bayespanel.language.errors import DataError

if TYPE_CHECKING:
    from bayespanel.data import Moments, Panel, PanelRows, TrialCounts, TrialEstimates, TrialMoments
    from bayespanel.families.door import Spec
    from bayespanel.inference.fit import Fit
    from bayespanel.verbs.analysis import Data

    Reduced = Moments | PanelRows | TrialMoments | TrialCounts | TrialEstimates


def require_file(path: Path, *, force: bool) -> None:
    """Check that moments can be written, and overwrite nothing unasked.

    Raises
    ------
    DataError
        Another ending than .nc, no such folder, or a file that exists while `force` is false.
    """
    path = path_of(path, "A file of moments")
    if path.suffix.lower() != MOMENTS:
        raise DataError(
            f"Moments are saved in a file that ends in {MOMENTS}.", f"You gave {str(path)!r}.", "Correct the name."
        )
    require_unwritten(path, force=force)


def reduce(data: Panel | Moments, min_block: int) -> Moments:
    """Return the moments of a panel; a DataError for what is reduced already."""
    from bayespanel.data import Panel

    if not isinstance(data, Panel):
        raise DataError(
            "Moments are made from a table of pupils.", "The file holds moments already.", "Give the table."
        )
    return data.moments(min_block)


def with_large_blocks(data: Data, spec: Spec, min_block: int) -> Data:
    """Return data without the pupils of small blocks, for a model that reads sums; other models need every row.

    Raises
    ------
    DataError
        The data are reduced already, or the model reads more than sums, which `min_block` could not protect.
    """
    from bayespanel.data import Panel, Trial
    from bayespanel.families.door import family_of

    if min_block == 1:
        return data
    if not isinstance(data, Panel | Trial):
        raise DataError(
            "min_block leaves out pupils, and so needs the table of pupils.",
            f"The file holds {type(data).__name__}, which are reduced already.",
            "Give the table, or ask for a file that was made with min_block.",
        )
    if not family_of(spec).reads_sums(spec):
        what = "ordered outcomes" if isinstance(data, Trial) else "classes of trajectories"
        raise DataError(
            "min_block protects pupils in sums over blocks: those of panels, and of trials with link='identity'.",
            f"A model of {what} reads rows of single pupils, and its file holds them whatever the block.",
            "Leave it out, and protect the file of the fit like data of pupils.",
        )
    return data.moments(min_block)


def of_fit(fit: Fit) -> str:
    """Return what the folder of a fit gives away: its file holds the data, and a figure may draw single pupils."""
    from bayespanel.data import PanelRows

    said = of_data(fit).replace("he file", "he file of the fit")
    if isinstance(fit.data, PanelRows):
        said += "\ntrajectories.png and the report draw scores of single pupils, too."
    return said


def of_data(fit: Fit) -> str:
    """Return what small blocks of a fit's data give away; of imputations, those of the first one."""
    from bayespanel.inference.imputed import imputation

    if fit.imputations == 1:
        return text(fit.data)
    return (
        f"{text(imputation(fit, 1).data)}\nThat is the first of {fit.imputations} imputations, all of which it holds."
    )


def text(data: Reduced) -> str:
    """Return what small blocks give away: how many hold one or two pupils, and whose names are in the file."""
    from bayespanel.data import PanelRows, TrialCounts, TrialEstimates, TrialMoments
    from bayespanel.data.school_years import number_of_classes

    if isinstance(data, TrialEstimates):
        return "Disclosure: the data are published estimates; no pupil is in them."
    named = _named(number_of_classes(data) if data.class_names else 0, len(data.school_names))
    if isinstance(data, PanelRows):
        return (
            f"Disclosure: the file holds the scores of each of {counted(data.n_pupils, 'pupil')}, without labels. "
            f"Treat it as pupil data.{named}"
        )
    remedy = (
        "Treat the file as pupil data, or leave out small blocks with --min-block; that costs pupils who miss waves."
    )
    if isinstance(data, TrialCounts):
        sizes, kind = data.counts.sum(axis=1), "row"
        block = "one outcome with the same arm, cluster, covariates and baseline"
        remedy = "Treat the file as pupil data."
    else:
        sums = data.sums if isinstance(data, TrialMoments) else data
        sizes, kind = (sums.block_n if sums.levels else sums.n), "block"
        level = "class in every school year" if getattr(sums, "courses", None) is not None else "".join(sums.levels[:1])
        where = [f"one {level}"] if level else []
        where += ["one arm"] if isinstance(data, TrialMoments) else []
        block = " with ".join(
            [" in ".join(where), "one pattern of missing scores"] if where else ["one pattern of missing scores"]
        )
    one, two = int((sizes == 1).sum()), int((sizes == 2).sum())
    if not one + two:
        return (
            f"Disclosure: no {kind} (the pupils of {block}) holds 1 or 2 pupils; the smallest holds "
            f"{int(sizes.min())}. Whether that is enough is for the owner of the data to say.{named}"
        )
    found = f"{counted(one, kind)} of {len(sizes)} {'holds' if one == 1 else 'hold'} 1 pupil, {two} 2 pupils"
    return (
        f"Disclosure: {found} (a {kind} is the pupils of {block}).\nThe sums of a {kind} of 1 are that pupil's scores; "
        f"from a {kind} of 2 either pupil can work out the other's.\n{remedy}{named}"
    )


def _named(classes: int, schools: int) -> str:
    """Say that names of classes and schools are in the file."""
    found = [counted(classes, "class", "classes")] if classes else []
    found += [counted(schools, "school")] if schools else []
    return f"\nThe file names {' and '.join(found)}." if found else ""
