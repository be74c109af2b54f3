"""A folder of results: the fit first, then what is made of it; it takes nobody else's place."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from os import W_OK, access
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from bayespanel.command.keeping import INCOMPLETE, PAGE, Keeping, reason
from bayespanel.language.errors import FitError
from bayespanel.language.shown import filled
from bayespanel.summaries.groups import groups_in
from bayespanel.summaries.kinds import kinds_with
from bayespanel.verbs.fitting import told_sampling

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    import xarray as xr
    from matplotlib.figure import Figure

    from bayespanel.inference.fit import Fit

FIT = "fit.nc"
"""The draws and their provenance, from which everything else can be made again."""

OURS = (
    FIT, "evidence.csv", "checks.csv", "pathways.png", "triangle.png", "triangle-*.png",
    "effects.csv", "effects.txt", "effects.png", "trajectories.png", "classes.csv", "odds.csv", "rates.csv",
    "categories.csv",
)  # fmt: skip
"""Names of files that a folder of results may hold."""

ROWS = 25
"""Pathways of a kind in a figure at most; the table has all."""

DPI = 160

FAILED_CHECK = 3
"""Exit code when results were written and a check failed."""


def require_free(folder: Path, *, force: bool) -> None:
    """Check, before any sampling, that results can be written and overwrite nothing.

    Raises
    ------
    FitError
        The folder holds a file that would be replaced and `force` is false; it is a file; or it may not be written.
    """
    rule = "Results are written to a folder of their own."
    taken = sorted(path for pattern in OURS for path in folder.glob(pattern))
    if taken and not force:
        raise FitError(
            "Results do not replace a file unless you ask for it.",
            f"{str(taken[0])!r} exists.",
            "Choose another folder (-o DIR), or add --force to replace it.",
        )
    place = _nearest_existing(folder)
    if not place.is_dir():
        raise FitError(rule, f"{str(place)!r} is a file.", "Choose another folder (-o DIR).")
    if not access(place, W_OK):
        raise FitError(rule, f"{str(place)!r} may not be written to.", "Choose another folder (-o DIR).")


@dataclass(frozen=True, eq=False)
class Saved:
    """A fit on disk.

    Attributes
    ----------
    fit
        The fit, with its region of practical equivalence.
    folder
        Where it lies.
    problem
        Why that is not `meant`, the folder that was asked for; None where it is.
    """

    fit: Fit
    folder: Path
    problem: str | None
    meant: Path = Path()

    @property
    def file(self) -> Path:
        """The file of the fit."""
        return self.folder / FIT

    @property
    def consequence(self) -> str:
        """What an interruption leaves."""
        return f"the fit is kept in {str(self.file)!r}; bayespanel report {self.folder} makes tables and figures of it."


@dataclass(frozen=True, eq=False)
class Finished:
    """Results that lie in their folder.

    Attributes
    ----------
    fit, checks, evidence
        What was computed.
    keeping
        What was written, `fit.nc` first, and what could not be.
    """

    fit: Fit
    checks: pd.DataFrame
    evidence: xr.Dataset
    keeping: Keeping

    @property
    def passed(self) -> bool:
        """Whether no check failed."""
        return bool(self.checks["passed"].all())

    @property
    def code(self) -> int:
        """Exit code: 3 where a check failed, else 4 where something could not be written, else 0."""
        return FAILED_CHECK if not self.passed else INCOMPLETE if self.keeping.failures else 0

    def show(self, *, top: int, quiet: bool = False, json: bool = False) -> None:
        """Print checks, evidence, files and what they disclose; with `quiet`, only what went wrong."""
        from bayespanel.command import disclosure, screen
        from bayespanel.summaries.conclusions import conclude
        from bayespanel.summaries.table import table, text

        warning, style = screen.verdict(self.checks)
        if json:
            content = {
                "passed": self.passed,
                "files": [str(path) for path in self.keeping.files],
                "missing": [name for names in self.keeping.failures.values() for name in names],
                "disclosure": disclosure.of_data(self.fit),
                "checks": screen.rows(self.checks),
                "answer": conclude(self.evidence, self.checks).sentences,
                "evidence": screen.evidence_json(self.evidence, table(self.evidence)),
                "provenance": self.fit.provenance,
            }
            screen.show_json(content)
        elif not quiet:
            screen.show_checks(self.checks)
            for said in told_sampling(self.fit.provenance):
                screen.show(filled(said))
            screen.show("")
            screen.show_answer(self.evidence, self.checks)
            screen.show("\n" + text(self.evidence, top=top))
            screen.show(f"\n{filled(disclosure.of_fit(self.fit))}")
            screen.show("\n" + filled("Written: " + ", ".join(str(path) for path in self.keeping.files), rest="  "))
        self.keeping.say()
        if warning:
            screen.say(warning, style=style)


def save(fit: Fit, folder: Path, *, rope: float | tuple[float, float]) -> Saved:
    """Write a fit into a folder before anything is made of it; the region goes into its provenance.

    Results of an earlier fit in the folder are removed once the new fit is there. Where it cannot be written, it goes
    into a new temporary folder: hours of sampling are not lost to a full disk.

    Raises
    ------
    FitError
        It could not be written there either.
    """
    fit = replace(fit, provenance={**fit.provenance, "rope": rope})
    try:
        _put(fit, folder)
    except Exception as error:  # whatever goes wrong, the draws are worth another place
        return _rescued(fit, folder, error)
    return Saved(fit, folder, None)


def finish(saved: Saved) -> Finished:
    """Check and weigh a saved fit, and write tables and figures beside it.

    Where it cannot be weighed, a sentence says where it lies, and the command ends with the code `INCOMPLETE`.
    """
    from bayespanel.command import screen
    from bayespanel.verbs import analysis

    try:
        checks, evidence = analysis.checks(saved.fit), analysis.evidence(saved.fit)
    except Exception as error:  # the fit is on disk, and the error must say so
        unweighed = FitError(
            "A saved fit is checked, and its evidence is computed.",
            f"{str(saved.file)!r} is saved and complete, but computing its evidence failed ({reason(error)}).",
            f"Keep the file. bayespanel evidence {saved.folder} computes it again. Please report this error.",
        )
        screen.say(screen.error_text(unweighed), style="bold red")
        raise typer.Exit(INCOMPLETE) from error
    keeping = Keeping(
        safe=f"The fit is safe in {str(saved.file)!r}.",
        again=f"Make room if that was the cause; bayespanel report {saved.folder} makes tables and figures from it.",
        files=[saved.file],
    )
    if saved.problem:
        keeping.failures[saved.problem] = [str(saved.meant / FIT)]
    _tables(checks, evidence, saved, keeping)
    _figures(evidence, saved, keeping)
    return Finished(saved.fit, checks, evidence, keeping)


def _put(fit: Fit, folder: Path) -> None:
    """Write a fit, then remove what was made of an earlier one; what fails leaves no new folder behind."""
    made = [place for place in (folder, *folder.parents) if not place.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        fit.save(folder / FIT)
    except BaseException:
        for place in made:
            with suppress(OSError):
                place.rmdir()
        raise
    for pattern in OURS:
        for old in folder.glob(pattern):
            if old.name != FIT:
                with suppress(OSError):
                    old.unlink()
    if (folder / PAGE).is_dir():
        from bayespanel.page.document import remove

        remove(folder / PAGE)


def _rescued(fit: Fit, folder: Path, error: Exception) -> Saved:
    try:
        place = Path(tempfile.mkdtemp(prefix="bayespanel-"))
        _put(fit, place)
    except Exception as other:
        raise FitError(
            "A fit is saved before tables and figures are made from it.",
            f"{str(folder)!r} could not be written ({reason(error)}), nor could a temporary folder ({reason(other)}).",
            "Make room or choose another folder, and fit again: the same seed gives the same draws.",
        ) from error
    return Saved(fit, place, reason(error), meant=folder)


def _tables(checks: pd.DataFrame, evidence: xr.Dataset, saved: Saved, keeping: Keeping) -> None:
    from bayespanel.data.spreadsheet import write_csv
    from bayespanel.summaries.table import table

    kinds = evidence["kind"].values

    def write(name: str, made: Callable[[], pd.DataFrame]) -> None:
        keeping.write(saved.folder / name, lambda path: write_csv(made(), path))

    write("checks.csv", lambda: checks)
    write("evidence.csv", lambda: table(evidence))
    if kinds_with(lambda kind: kind.page == "outcome", kinds):
        from bayespanel.summaries.effects import effects, effects_text

        write("effects.csv", lambda: effects(evidence).frame)
        keeping.write(
            saved.folder / "effects.txt",
            lambda path: path.write_text(effects_text(effects(evidence)) + "\n", encoding="utf-8"),
        )
    if kinds_with(lambda kind: kind.scale == "share of pupils", kinds):
        from bayespanel.verbs.latent_classes import class_table

        write("classes.csv", lambda: class_table(saved.fit))
    keeping.attempt(str(saved.folder / "categories.csv"), lambda: _ratios_and_categories(evidence, saved, write))


def _ratios_and_categories(
    evidence: xr.Dataset, saved: Saved, write: Callable[[str, Callable[[], pd.DataFrame]], None]
) -> None:
    """Write tables that some fits have."""
    from bayespanel.summaries.odds import ratios
    from bayespanel.verbs.category_probabilities import found

    categories = found(saved.fit)
    tables = ratios(evidence) | ({} if categories is None else {"categories": categories})
    for name, frame in tables.items():
        write(f"{name}.csv", frame.copy)


def _figures(evidence: xr.Dataset, saved: Saved, keeping: Keeping) -> None:
    """Draw the forest, and the triangle where variables sit on several vertices: one for each group and interval."""
    from bayespanel.figures import gallery
    from bayespanel.page.figure_files import drawn

    kinds = evidence["kind"].values

    def draw(name: str, plot: Callable[[], Figure]) -> None:
        keeping.write(saved.folder / name, lambda path: path.write_bytes(drawn(plot(), "png", DPI)))

    if kinds_with(lambda kind: kind.scale == "share of pupils", kinds):
        draw("trajectories.png", lambda: gallery.plot_trajectories(saved.fit))
    if kinds_with(lambda kind: kind.page == "outcome", kinds):
        draw("effects.png", lambda: gallery.plot_effects(evidence))
    shown = kinds_with(lambda kind: kind.drawn, kinds)
    if shown:
        draw("pathways.png", lambda: gallery.plot_forest(evidence, kinds=shown, top=ROWS))
    triangle = getattr(saved.fit.spec, "triangle", None)  # a trial has edges only
    if triangle is None or sum(bool(names) for names in (triangle.parent, triangle.child, triangle.school)) < 2:
        return
    lags = evidence["kind"].isin(kinds_with(lambda kind: kind.cross_lag, kinds))  # one variable has none
    intervals = list(dict.fromkeys(evidence["interval"].values[lags.values].tolist()))
    groups: list[str | None] = [*groups_in(evidence)] or [None]
    for number, (group, interval) in enumerate(product(groups, intervals), start=1):
        name = "triangle.png" if len(groups) * len(intervals) == 1 else f"triangle-{number}.png"
        draw(name, partial(gallery.plot_triangle, evidence, interval=interval, group=group))


def _nearest_existing(folder: Path) -> Path:
    return next(place for place in (folder, *folder.absolute().parents) if place.exists())
