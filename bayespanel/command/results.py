"""A folder of results: it appears whole or not at all, and takes nobody else's place."""

from __future__ import annotations

import secrets
import shutil
from dataclasses import dataclass, replace
from os import W_OK, access
from pathlib import Path
from typing import TYPE_CHECKING

from bayespanel.errors import FitError

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from bayespanel.inference.fit import Fit

FIT = "fit.nc"
"""The draws and their provenance; a folder that holds this file is complete."""

OURS = (
    FIT, "evidence.csv", "checks.csv", "pathways.png", "triangle.png", "triangle-*.png",
    "effects.csv", "effects.txt", "effects.png", "trajectories.png", "classes.csv", "odds.csv",
)  # fmt: skip
"""Names of files that a folder of results may hold."""

FIGURED = ("carry_over", "direct", "effect", "family", "moderation", "odds", "programme")
"""Kinds of pathway in the figure."""

ROWS = 25
"""Pathways of a kind in a figure at most; the table has all."""

DPI = 160


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
            "Results never overwrite a file unasked.",
            f"{str(taken[0])!r} exists.",
            "Choose another folder (-o DIR), or say --force to replace it.",
        )
    place = _nearest_existing(folder)
    if not place.is_dir():
        raise FitError(rule, f"{str(place)!r} is a file.", "Choose another folder (-o DIR).")
    if not access(place, W_OK):
        raise FitError(rule, f"{str(place)!r} may not be written to.", "Choose another folder (-o DIR).")


@dataclass(frozen=True, eq=False)
class Finished:
    """Results that lie in their folder.

    Attributes
    ----------
    fit, checks, evidence
        What was computed.
    files
        What was written, `fit.nc` first.
    """

    fit: Fit
    checks: pd.DataFrame
    evidence: xr.Dataset
    files: list[Path]

    @property
    def passed(self) -> bool:
        """Whether every check passed."""
        return bool(self.checks["passed"].all())

    def show(self, *, top: int, quiet: bool = False, json: bool = False) -> None:
        """Print checks, evidence and files; with `quiet`, only that checks failed."""
        from bayespanel.command import screen
        from bayespanel.evidence.table import table, text

        warning = screen.verdict(self.checks)
        if json:
            content = {
                "passed": self.passed,
                "files": [str(path) for path in self.files],
                "checks": screen.rows(self.checks),
                "evidence": screen.evidence_json(self.evidence, table(self.evidence)),
                "provenance": self.fit.provenance,
            }
            screen.show_json(content)
        elif not quiet:
            screen.show_checks(self.checks)
            screen.show("\n" + text(self.evidence, top=top))
            screen.show("\nWritten: " + ", ".join(str(path) for path in self.files))
        if warning:
            screen.say(warning, style="bold red")


def finish(fit: Fit, folder: Path, *, rope: float | tuple[float, float]) -> Finished:
    """Check and weigh a fit, and write everything into a folder; the region goes into the fit's provenance."""
    from bayespanel import verbs

    fit = replace(fit, provenance={**fit.provenance, "rope": rope})
    checks, evidence = verbs.checks(fit), verbs.evidence(fit)
    return Finished(fit, checks, evidence, write(fit, checks, evidence, folder))


def write(fit: Fit, checks: pd.DataFrame, evidence: xr.Dataset, folder: Path) -> list[Path]:
    """Write fit, tables and figures.

    Everything is made in a hidden folder first. A new folder then gets its name in one step; in an existing one old
    results are removed and new files moved in, `fit.nc` last, and other files stay as they are.

    Returns
    -------
    list of Path
        The files, `fit.nc` first.

    Raises
    ------
    FitError
        When they cannot be written: the disk is full, say.
    """
    made = folder if folder.is_dir() else _nearest_existing(folder)
    partial = made / f".{folder.name}.{secrets.token_hex(4)}.partial"
    try:
        partial.mkdir()
        fit.save(partial / FIT)
        _tables(checks, evidence, partial, fit)
        _figures(evidence, partial, fit)
        names = sorted((path.name for path in partial.iterdir()), key=lambda name: (name != FIT, name))
        _move(partial, folder, names)
    except OSError as error:
        raise FitError(
            "Results are written whole or not at all.",
            f"{str(folder)!r} could not be written ({error.strerror or error}).",
            "Make room or choose another folder, and fit again.",
        ) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return [folder / name for name in names]


def _tables(checks: pd.DataFrame, evidence: xr.Dataset, folder: Path, fit: Fit) -> None:
    from bayespanel.evidence.table import table

    checks.to_csv(folder / "checks.csv", index=False)
    table(evidence).to_csv(folder / "evidence.csv", index=False)
    if "effect" in evidence["kind"]:
        from bayespanel.evidence.effects import effects_table, effects_text

        effects_table(evidence).to_csv(folder / "effects.csv", index=False)
        (folder / "effects.txt").write_text(effects_text(evidence) + "\n", encoding="utf-8")
    if "share" in evidence["kind"]:
        from bayespanel.classes import class_table
        from bayespanel.evidence.odds import KINDS, odds_ratios

        class_table(fit).to_csv(folder / "classes.csv", index=False)
        if any(kind in evidence["kind"] for kind in KINDS):
            odds_ratios(evidence).to_csv(folder / "odds.csv", index=False)


def _figures(evidence: xr.Dataset, folder: Path, fit: Fit) -> None:
    """Draw the forest, and the triangle where variables sit on several of its vertices: one for each interval."""
    from bayespanel.report.figures import plot_effects, plot_forest, plot_trajectories, plot_triangle

    if "share" in evidence["kind"]:
        plot_trajectories(fit).savefig(folder / "trajectories.png", dpi=DPI)
    if "effect" in evidence["kind"]:
        plot_effects(evidence).savefig(folder / "effects.png", dpi=DPI)
    kinds = [kind for kind in FIGURED if kind in evidence["kind"]]  # one variable has no direct effect
    if kinds:
        plot_forest(evidence, kinds=kinds, top=ROWS).savefig(folder / "pathways.png", dpi=DPI)
    triangle = getattr(fit.spec, "triangle", None)  # a trial has edges only
    if triangle is None or sum(bool(names) for names in (triangle.parent, triangle.child, triangle.school)) < 2:
        return
    intervals = list(dict.fromkeys(evidence["interval"].values[evidence["kind"].values == "direct"].tolist()))
    for number, interval in enumerate(intervals, start=1):
        name = "triangle.png" if len(intervals) == 1 else f"triangle-{number}.png"
        plot_triangle(evidence, interval=interval).savefig(folder / name, dpi=DPI)


def _move(partial: Path, folder: Path, names: list[str]) -> None:
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        partial.rename(folder)
        return
    for pattern in OURS:
        for old in folder.glob(pattern):
            old.unlink()
    for name in reversed(names):
        (partial / name).replace(folder / name)


def _nearest_existing(folder: Path) -> Path:
    return next(place for place in (folder, *folder.absolute().parents) if place.exists())
