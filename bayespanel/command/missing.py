"""The command that shifts missing scores, and shows how far they may lie before a conclusion changes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bayespanel.command import options as given
from bayespanel.language.errors import FitError, SpecError
from bayespanel.language.shown import filled

if TYPE_CHECKING:
    import xarray as xr

EXAMPLES = (
    "bayespanel missing star",
    "bayespanel missing star --delta -0.3,0.3 --variables math --after-last",
    "bayespanel missing star --figure missing.png",
    "bayespanel missing star --mechanism selection",
)

ASSUMED = {
    "shift": "Each missing score is assumed to be delta standard deviations higher than what the scores that are known "
    "predict. ",
    "selection": "The odds that a score is missing are assumed to be exp(delta) times as large for one standard "
    "deviation more of it, whatever is known. ",
}
EXPLAINED = (
    "Below and above: the negative and the positive delta closest to 0 at which an interval begins to contain 0, or "
    "ceases to; a dash where none does within the deltas, a question mark where this is not known, as too few draws "
    "could be followed. Nothing in the data says how large delta is."
)


def missing(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder that 'fit' wrote, or its fit.nc.")],
    delta: Annotated[
        str | None,
        typer.Option(metavar="A,B", help="Shifts in standard deviations. Default: -0.5, -0.4, ... to 0.5."),
    ] = None,
    variables: Annotated[str | None, typer.Option(metavar="A,B", help="Only their scores. Default: all.")] = None,
    waves: Annotated[str | None, typer.Option(metavar="A,B", help="Only those of these waves. Default: all.")] = None,
    groups: Annotated[str | None, typer.Option(metavar="A,B", help="Only those of these groups. Default: all.")] = None,
    after_last: Annotated[
        bool, typer.Option("--after-last", help="Only scores after the last that a pupil has of a variable.")
    ] = False,
    draws: Annotated[int, typer.Option(min=20, help="Draws by which the shift is followed.")] = 100,
    prob: Annotated[float, typer.Option(help="Probability of the intervals.")] = 0.95,
    mechanism: Annotated[
        str, typer.Option(metavar="WORD", help="What delta is: 'shift', or 'selection', a log odds of being missing.")
    ] = "shift",
    figure: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw the curves too: .png, .pdf or .svg.")
    ] = None,
    force: given.Force = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")] = False,
    json: given.Json = False,
    csv: Annotated[bool, typer.Option("--csv", help="Print comma-separated values.")] = False,
) -> None:
    """Shift the missing scores of a saved fit, and show where its conclusions tip.

    A fit takes scores to be missing at random. Here they are assumed to be higher or lower, by one delta after another;
    the model is not sampled again.
    """
    if json and csv:
        raise typer.BadParameter("choose one of --json and --csv.")
    if figure is not None and figure.exists() and not force:
        raise FitError(
            "A figure does not replace a file unless you ask for it.",
            f"{str(figure)!r} exists.",
            "Name another file, or add --force.",
        )
    from bayespanel.command import results, screen
    from bayespanel.families.shared.missing_scores import MissingScores
    from bayespanel.verbs import analysis
    from bayespanel.verbs.missing_scores import DELTAS, delta_adjustment, tipping_points

    fitted = analysis.load_fit(folder / results.FIT if folder.is_dir() else folder)
    scores = MissingScores(
        given.names(variables) or None, given.names(waves) or None, given.names(groups) or None, after_last
    )
    found = delta_adjustment(
        fitted, deltas=DELTAS if delta is None else _numbers(delta), scores=scores, draws=draws, prob=prob,
        mechanism=mechanism, progress=not quiet,
    )  # fmt: skip
    if figure is not None:
        from bayespanel.figures.gallery import plot_delta_adjustment

        plot_delta_adjustment(found).savefig(figure, dpi=results.DPI)
    table = tipping_points(found)
    if json:
        return screen.show_json({**found.attrs, "pathways": screen.rows(table.reset_index())})
    if csv:
        from bayespanel.data.spreadsheet import csv_text

        return screen.show(csv_text(table.reset_index()).removesuffix("\n"))
    screen.show(_text(found))
    return screen.show(f"\nWritten: {figure}") if figure is not None else None


def _numbers(text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise SpecError(
            "Shifts are numbers of standard deviations, with commas between them.",
            f"--delta {text}",
            "Write for example --delta -0.5,-0.25,0.25,0.5.",
        ) from None


def _text(found: xr.Dataset) -> str:
    """Return the tipping points as a table, with what they mean."""
    from bayespanel.command import screen
    from bayespanel.verbs.missing_scores import not_known, tipping_points

    table, deltas = tipping_points(found), found["delta"].values

    def column(name: str, form: str) -> list[str]:
        return ["-" if value != value else f"{value:{form}}" for value in table[name]]  # a dash for NaN

    def tips(name: str) -> list[str]:
        unknown = not_known(found, name)
        return ["?" if lost else said for lost, said in zip(unknown, column(name, ".2f"), strict=True)]

    shown = screen.table_text(
        {
            "pathway": list(map(str, table.index)),
            "mean": column("mean", ".3f"),
            "lower": column("lower", ".3f"),
            "upper": column("upper", ".3f"),
            "below": tips("tipping_below"),
            "above": tips("tipping_above"),
        }
    )
    units = {"shift": "shifted, by {} to {} standard deviations", "selection": "moved, by log odds of {} to {}"}
    moved = units[found.attrs["mechanism"]].format(f"{deltas.min():g}", f"{deltas.max():g}")
    first = (
        f"{100 * found.attrs['shifted']:.0f} % of the scores are missing and {moved}; "
        f"{100 * found.attrs['prob']:g} % intervals, standardised."
    )
    return f"{filled(first)}\n\n{shown}\n\n{filled(ASSUMED[found.attrs['mechanism']] + EXPLAINED)}"
