"""From a file and the options of a command line to a Panel or to Moments."""

from __future__ import annotations

import shlex
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from bayespanel.errors import DataError, DataWarning, nearest

if TYPE_CHECKING:
    import pandas as pd

    from bayespanel.catalogue import DataHints
    from bayespanel.data import Moments, Panel
    from bayespanel.data.clusters import Movers
    from bayespanel.families.riclpm.spec import RICLPM

MOMENTS = ".nc"
"""Ending of a file of moments; everything else is a table."""


@dataclass(frozen=True)
class Options:
    """What a command line says of a table; None or empty where it is silent.

    Attributes
    ----------
    pupil, wave, classroom, school, movers
        As in `Panel.from_long`.
    variables, covariates
        Names after renaming.
    wide
        Variable and its columns in the order of the waves, for a table with one row per pupil.
    waves
        Names of the waves of such a table.
    rename
        New name and column.
    missing
        Values of scores and covariates that stand for "missing".
    """

    pupil: str | None = None
    wave: str | None = None
    variables: tuple[str, ...] = ()
    classroom: str | None = None
    school: str | None = None
    covariates: tuple[str, ...] = ()
    movers: str | None = None
    wide: tuple[tuple[str, tuple[str, ...]], ...] = ()
    waves: tuple[str, ...] = ()
    rename: tuple[tuple[str, str], ...] = ()
    missing: tuple[float, ...] = ()

    @property
    def given(self) -> tuple[str, ...]:
        """Names of the options that say something."""
        return tuple(field.name for field in fields(self) if getattr(self, field.name))

    def with_hints(self, hints: DataHints, spec: RICLPM) -> Options:
        """Fill gaps from a card: its variables and covariates, and its hints about a long table."""
        filled = replace(self, variables=spec.variables, covariates=spec.covariates)
        if self.wide:
            return filled
        return replace(
            filled,
            pupil=self.pupil or hints.pupil,
            wave=self.wave or hints.wave,
            classroom=self.classroom or (hints.classroom if "class" in spec.levels else None),
            school=self.school or (hints.school if "school" in spec.levels else None),
            movers=self.movers or hints.movers,
        )

    def words(self) -> list[str]:
        """Return the options as they are typed."""
        out: list[str] = []
        for name in ("pupil", "wave", "classroom", "school", "movers"):
            out += [f"--{name}", shlex.quote(getattr(self, name))] if getattr(self, name) else []
        for name in ("variables", "covariates", "waves"):
            out += [f"--{name}", shlex.quote(",".join(getattr(self, name)))] if getattr(self, name) else []
        for variable, columns in self.wide:
            out += ["--wide", shlex.quote(f"{variable}={','.join(columns)}")]
        if self.rename:
            out += ["--rename", shlex.quote(",".join(f"{new}={old}" for new, old in self.rename))]
        return [*out, "--missing=" + ",".join(f"{code:g}" for code in self.missing)] if self.missing else out


def is_moments(path: Path) -> bool:
    """Say whether a file is one of moments, by its ending."""
    return path.name.lower().endswith(MOMENTS)


def read(path: Path, options: Options, complete: Callable[[pd.DataFrame], str]) -> Panel | Moments:
    """Read a table of pupils or a file of moments.

    Parameters
    ----------
    path
        The file.
    options
        What its columns are.
    complete
        Shows the columns of a table and the command line to complete, for an error.

    Raises
    ------
    DataError
        A file that cannot be read, options that contradict one another or say too little, and whatever `Panel` refuses.
    """
    return _moments(path, options) if is_moments(path) else _panel(path, table(path), options, complete)


def table(path: Path) -> pd.DataFrame:
    """Read a table; blanks around the names of its columns go."""
    from bayespanel.data import read_table

    frame = read_table(path)
    names = [str(name).strip() for name in frame.columns]
    if len(set(names)) == len(names):
        frame.columns = names  # type: ignore[assignment]
    return frame


def heard(call: Callable[[], Panel | Moments]) -> tuple[Panel | Moments, list[str]]:
    """Return what a call gives, and the data warnings that it raised."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", DataWarning)
        value = call()
    for other in caught:
        if not issubclass(other.category, DataWarning):
            warnings.warn_explicit(other.message, other.category, other.filename, other.lineno)
    return value, [str(one.message) for one in caught if issubclass(one.category, DataWarning)]


def _moments(path: Path, options: Options) -> Moments:
    from bayespanel.data import Moments

    columns = [name for name in options.given if name not in ("rename", "variables", "covariates")]
    if columns:
        raise DataError(
            "A file of moments knows its waves, clusters and pupils.",
            f"{path.name!r} is one, and you gave --{columns[0]} too.",
            "Leave out every option about columns but --rename.",
        )
    moments = Moments.load(path)
    known = [*moments.variables, *moments.covariates]
    for _, old in options.rename:
        _require(old, known, "--rename", "in the file of moments")
    new = {old: new for new, old in options.rename}
    return replace(
        moments,
        variables=tuple(new.get(name, name) for name in moments.variables),
        covariates=tuple(new.get(name, name) for name in moments.covariates),
    )


def _panel(path: Path, frame: pd.DataFrame, options: Options, complete: Callable[[pd.DataFrame], str]) -> Panel:
    from bayespanel.data import Panel

    _require_consistent(options)
    needed = ["wide"] if options.wide else ["pupil", "wave", "variables"]
    absent = [f"--{name}" for name in needed if not getattr(options, name)]
    columns = _scores(options)
    renamed = renaming(frame, options)
    lost = [name for name in columns if name not in renamed.columns]
    if absent or lost:
        parts = [f"Not given: {', '.join(absent)}."] if absent else []
        known = [str(name) for name in frame.columns]
        parts += [f"There is no column {name!r} in {path.name!r}. {nearest(name, known)}" for name in lost[:6]]
        raise DataError(
            "A panel is made of named columns: pupil, wave and variables, or --wide for one row per pupil.",
            " ".join(parts),
            complete(frame),
        )
    if options.missing:
        fixed = renamed[columns].mask(renamed[columns].isin(options.missing))
        renamed = renamed.assign(**{name: fixed[name] for name in columns})
    if options.wide:
        return Panel.from_wide(
            renamed,
            columns=dict(options.wide),
            pupil=options.pupil,
            waves=options.waves or None,
            classroom=options.classroom,
            school=options.school,
            covariates=options.covariates,
        )
    return Panel.from_long(
        renamed,
        pupil=cast(str, options.pupil),
        wave=cast(str, options.wave),
        variables=options.variables,
        classroom=options.classroom,
        school=options.school,
        covariates=options.covariates,
        movers=cast("Movers", options.movers or "error"),
    )


def renaming(frame: pd.DataFrame, options: Options) -> pd.DataFrame:
    """Return the table under its new names; a column that had such a name already gives way.

    Raises
    ------
    DataError
        A column that is not there, or a new name that another option gives to a column.
    """
    known = [str(name) for name in frame.columns]
    roles = {getattr(options, name) for name in ("pupil", "wave", "classroom", "school")}
    for new, old in options.rename:
        _require(old, known, "--rename", "in the table")
        if new in roles:
            raise DataError(
                "A column has one role.",
                f"--rename calls {old!r} {new!r}, and another option means the column {new!r}.",
                "Choose another name.",
            )
    old = {old for _, old in options.rename}
    given_way = [new for new, _ in options.rename if new in known and new not in old]
    return frame.drop(columns=given_way).rename(columns={old: new for new, old in options.rename})


def _scores(options: Options) -> list[str]:
    """Return the columns that hold numbers, under their new names."""
    columns = [name for _, group in options.wide for name in group] if options.wide else list(options.variables)
    return list(dict.fromkeys([*columns, *options.covariates]))


def _require(name: str, known: Sequence[str], option: str, where: str) -> None:
    if name not in known:
        raise DataError(
            f"{option} speaks of columns that exist.",
            f"There is no {name!r} {where}. {nearest(name, list(known))}",
            "Correct the name: new name first, column second.",
        )


def _require_consistent(options: Options) -> None:
    """Refuse options of a long table beside those of a wide one."""
    for name in ("wave", "movers") if options.wide else ("waves",):
        if getattr(options, name):
            raise DataError(
                "A table has one row per pupil (--wide) or one per pupil and wave (--wave).",
                f"You gave --{name}{'' if options.wide else ' without'}{' and' if options.wide else ''} --wide.",
                "Keep the options of one kind.",
            )
