"""From a file and the options of a command line to a Panel or to Moments."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

from bayespanel.command.columns import Columns
from bayespanel.language import shown
from bayespanel.language.errors import DataError, DataWarning, nearest

if TYPE_CHECKING:
    import pandas as pd

    from bayespanel.catalogue.cards import Card
    from bayespanel.data import Moments, Panel
    from bayespanel.data.clusters import Movers

MOMENTS = ".nc"
"""Ending of a file of moments; everything else is a table."""


def is_moments(path: Path) -> bool:
    """Say whether a file is one of moments, by its ending."""
    return path.name.lower().endswith(MOMENTS)


def receive(
    path: Path,
    columns: Columns,
    command: str,
    card: Card | None = None,
    *,
    quiet: bool = True,
    on_warning: Callable[[str], object] | None = None,
) -> Panel | Moments:
    """Read a table of pupils or a file of moments, and say on standard error what there is to know.

    Parameters
    ----------
    path
        The file.
    columns
        What the command line says of its columns.
    command
        How the command line starts, for a suggestion how to complete it.
    card
        Names the variables, and has hints about columns; what these add is said.
    quiet
        Whether to keep back everything but warnings about the data.
    on_warning
        Is called with each of these; None says them on standard error.

    Raises
    ------
    DataError
        A file that cannot be read, options that contradict one another or say too little, and whatever `Panel` refuses.
    """
    from bayespanel.catalogue.cards import panel_of
    from bayespanel.command.screen import say

    if is_moments(path):
        data: Panel | Moments = read_moments(path, columns)
        lost = [name for name in panel_of(card)[0].columns if name not in data.variables] if card else []
        if lost:
            raise DataError(
                "The data hold every variable of the model.",
                f"{path.name!r} lacks {', '.join(_with_nearest(name, list(data.variables)) for name in lost)}.",
                f"Say what they are called there: --rename {lost[0]}=NAME.",
            )
    else:
        frame, filled = _named(path, columns, command, card, quiet=quiet)
        data = heard(lambda: read_panel(frame, filled), on_warning)
    if not quiet:
        described = data.describe()
        say("\n".join([described.title, *(f"  - {note}" for note in described.notes)]))
    return data


def receive_imputed(
    path: Path, columns: Columns, command: str, card: Card, imputation: str, *, quiet: bool
) -> list[Panel]:
    """Read a table in which imputations stand below each other; see `receive` and `bayespanel.read_imputed`.

    Raises
    ------
    DataError
        As `receive`, and what `read_imputed` refuses.
    """
    from bayespanel.command.screen import say
    from bayespanel.data.imputed_tables import read_imputed

    require_table_of_imputations(path)
    frame, filled = _named(path, columns, command, card, quiet=quiet)
    every = heard(lambda: read_imputed(frame, lambda one: read_panel(one, filled), imputation=imputation))
    if not quiet:
        described = every[0].describe()
        say(
            "\n".join(
                [f"{len(every)} imputations. The first:", described.title, *map("  - {}".format, described.notes)]
            )
        )
    return every


def require_table_of_imputations(path: Path) -> None:
    """Refuse a file of moments, in which nothing stands below each other."""
    if is_moments(path):
        raise DataError(
            "Imputations stand below each other in one table, and a column numbers them (--imputation).",
            f"{path.name!r} is a file of moments.",
            "Give the table, or leave --imputation out.",
        )


def heard[D](read: Callable[[], D], on_warning: Callable[[str], object] | None = None) -> D:
    """Return what is read; pass on each warning about the data once, or say it on standard error."""
    from bayespanel.command.screen import warn

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", DataWarning)
        data = read()
    for message in dict.fromkeys(str(warning.message) for warning in caught):
        (on_warning or warn)(message)
    return data


def _named(
    path: Path, columns: Columns, command: str, card: Card | None, *, quiet: bool
) -> tuple[pd.DataFrame, Columns]:
    """Return a table, and options that name its columns: those given, filled from the card."""
    from bayespanel.command.screen import say

    filled = columns if card is None else columns.with_card(card)
    hints = [name for name in filled.given if name not in (*columns.given, "variables", "covariates")]
    if hints and not quiet:
        known = [replace(Columns(), **{name: getattr(filled, name)}) for name in hints]
        say(shown.filled(f"From the card: {', '.join(' '.join(one.words()) for one in known)}", rest="  "))
    frame = table(path, columns.decimal, columns.sheet)
    _require_named(path, frame, filled, command, card)
    return frame, filled


def table(path: Path, decimal: str | None = None, sheet: str | None = None) -> pd.DataFrame:
    """Read a table; blanks around the names of its columns go."""
    from bayespanel.data import read_table

    frame = read_table(path, decimal=cast("Literal[',', '.'] | None", decimal), sheet=sheet)
    stripped = [str(name).strip() for name in frame.columns]
    return frame.set_axis(stripped, axis=1) if len(set(stripped)) == len(stripped) else frame


def read_moments(path: Path, columns: Columns) -> Moments:
    """Read a file of moments; variables and covariates may be renamed."""
    from bayespanel.data import Moments

    useless = [name for name in columns.given if name != "rename"]
    if useless:
        raise DataError(
            "A file of moments already defines its pupils, waves, variables and clusters.",
            f"{path.name!r} is one, and you gave --{useless[0]} too.",
            "Leave out every option about columns but --rename.",
        )
    moments = Moments.load(path)
    for _, old in columns.rename:
        _require(old, [*moments.variables, *moments.covariates], "in the moments")
    new = {old: new for new, old in columns.rename}
    return replace(
        moments,
        variables=tuple(new.get(name, name) for name in moments.variables),
        covariates=tuple(new.get(name, name) for name in moments.covariates),
    )


def read_panel(frame: pd.DataFrame, columns: Columns) -> Panel:
    """Build a panel from a table whose columns are all named."""
    from bayespanel.data import Panel

    frame = renamed(frame, columns)
    movers = cast("Movers", columns.movers or "error")
    if columns.wide:
        return Panel.from_wide(
            frame,
            columns=dict(columns.wide),
            pupil=columns.pupil,
            waves=columns.waves or None,
            times=columns.times or None,
            classroom=columns.place("classroom"),
            school=columns.place("school"),
            district=columns.place("district"),
            school_years=columns.years,
            covariates=columns.covariates,
            group=columns.group,
            incomplete=columns.incomplete,
            movers=movers,
            **columns.answers,
        )
    return Panel.from_long(
        frame,
        pupil=cast(str, columns.pupil),
        wave=cast(str, columns.wave),
        variables=columns.variables,
        waves=columns.waves or None,
        times=columns.times or None,
        classroom=one_column(columns, "classroom"),
        school=one_column(columns, "school"),
        district=one_column(columns, "district"),
        school_years=columns.years,
        covariates=columns.covariates,
        group=columns.group,
        incomplete=columns.incomplete,
        movers=movers,
        **columns.answers,
    )


def one_column(columns: Columns, level: str) -> str | None:
    """Return the column of a level of a long table; a DataError where several are named."""
    found = columns.place(level)
    if isinstance(found, tuple):
        raise DataError(
            f"A table that is not wide has one column for --{level}.",
            f"You gave {', '.join(found)}.",
            "Name one column. Only a wide table (--wide) has one column per wave.",
        )
    return found


def renamed(frame: pd.DataFrame, columns: Columns) -> pd.DataFrame:
    """Return the table under its new names; a column that had such a name already gives way.

    Raises
    ------
    DataError
        A column that is not there, or a new name that another option means as a column.
    """
    from bayespanel.data.source import with_names

    known = [str(name) for name in frame.columns]
    roles = (columns.pupil, columns.wave, columns.group, *columns.classroom, *columns.school, *columns.district)
    for new, old in columns.rename:
        _require(old, known, "in the table")
        if new in roles:
            raise DataError(
                "A column has one role.",
                f"--rename calls the column {old!r} {new!r}, and another option speaks of the column {new!r}.",
                "Choose another name.",
            )
    renaming = {old: new for new, old in columns.rename}
    given_way = [new for new in renaming.values() if new in known and new not in renaming]
    return with_names(frame.drop(columns=given_way), renaming)


def _require_named(path: Path, frame: pd.DataFrame, columns: Columns, command: str, card: Card | None) -> None:
    """Check that the options are of one kind and name what a panel needs; otherwise show the columns."""
    from bayespanel.catalogue.cards import panel_of
    from bayespanel.command.overview import invitation

    if columns.wide and columns.wave:
        raise DataError(
            "A table has one row per pupil (--wide), or one per pupil and wave (--wave).",
            "You gave --wave and --wide.",
            "Keep the options of one kind.",
        )
    absent = [f"--{name}" for name in ("pupil", "wave", "variables") if not getattr(columns, name)]
    given = [f"{', '.join(absent)} not given."] if absent and not columns.wide else []
    there = [str(name) for name in renamed(frame, columns).columns]
    lost = [name for name in columns.scores if name not in there]
    given += [f"No column is called {', '.join(_with_nearest(name, there) for name in lost)}."] if lost else []
    if card is not None and columns.wide:
        named = [name for name, _ in columns.wide]
        lost = [name for name in panel_of(card)[0].columns if name not in named]
        given += [f"--wide does not name {name!r}." for name in lost]
    if given:
        raise DataError(
            "The pupil, the wave and every variable are columns that the command line names; or --wide names them.",
            " ".join(given),
            invitation(command, path, frame, columns, card),
        )


def _with_nearest(name: str, known: list[str]) -> str:
    found = nearest(name, known)
    return f"{name!r} ({found[0].lower()}{found[1:-1]})" if found.startswith("Nearest") else repr(name)


def _require(name: str, known: Sequence[str], where: str) -> None:
    if name not in known:
        raise DataError(
            "--rename is about columns that exist: new name, equals sign, column.",
            f"There is no {name!r} {where}. {nearest(name, list(known))}",
            "Correct the name.",
        )
