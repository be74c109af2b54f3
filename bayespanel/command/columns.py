"""What a command line says of the columns of a table."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bayespanel.catalogue.cards import Card

PLACES = ("classroom", "school", "district")
"""Options that name where pupils are."""


@dataclass(frozen=True)
class Columns:
    """What a command line says of a table; None or empty where it is silent.

    Attributes
    ----------
    pupil, wave, group, movers, alike, accept
        As in `Panel.from_long`.
    classroom, school, district
        A column; of a wide table one or one per wave.
    variables, covariates
        Names after renaming.
    wide
        Variable and its columns in the order of the waves, for a table with one row per pupil.
    waves
        The waves in the order of time; names of the waves of a wide table.
    times
        The time of each wave.
    school_years
        The school year of each wave, where classes are formed anew every year; or one number, the length of a year.
    rename
        New name and column.
    missing
        Values that stand for "missing", each as it is typed: "-99", "NA", "labelled", or with a column, "read=98".
    keep_codes
        Values that look like codes for "missing" and are scores, or "all".
    decimal
        The decimal mark of a text file.
    sheet
        The sheet of a workbook.
    """

    pupil: str | None = None
    wave: str | None = None
    variables: tuple[str, ...] = ()
    classroom: tuple[str, ...] = ()
    school: tuple[str, ...] = ()
    district: tuple[str, ...] = ()
    covariates: tuple[str, ...] = ()
    incomplete: tuple[str, ...] = ()
    movers: str | None = None
    wide: tuple[tuple[str, tuple[str, ...]], ...] = ()
    waves: tuple[str, ...] = ()
    times: tuple[float, ...] = ()
    school_years: tuple[str, ...] = ()
    rename: tuple[tuple[str, str], ...] = ()
    missing: tuple[str, ...] = ()
    keep_codes: tuple[str, ...] = ()
    alike: str | None = None
    accept: tuple[str, ...] = ()
    decimal: str | None = None
    sheet: str | None = None
    group: str | None = None

    @property
    def given(self) -> tuple[str, ...]:
        """Names of the options that say something."""
        return tuple(field.name for field in fields(self) if getattr(self, field.name))

    @property
    def name_columns(self) -> bool:
        """Whether anything is said of columns, and not only of the file."""
        return not set(self.given) <= {"decimal", "sheet"}

    @property
    def scores(self) -> tuple[str, ...]:
        """Columns that hold numbers, under their new names."""
        wide = tuple(column for _, group in self.wide for column in group)
        return tuple(dict.fromkeys([*(wide or self.variables), *self.covariates]))

    def with_card(self, card: Card) -> Columns:
        """Fill gaps from a card: its variables and covariates, and its hints about a long table."""
        from bayespanel.catalogue.cards import panel_of

        spec, hints = panel_of(card)
        times = self.times or tuple(hints.times)
        group = self.group or hints.group or getattr(spec, "groups", "") or None
        covariates = (*spec.covariates, *getattr(spec, "distal", ()))
        modelled = spec.covariates if getattr(spec, "missing_covariates", "") == "modelled" else ()
        filled = replace(
            self,
            variables=spec.columns,
            covariates=covariates,
            incomplete=(*modelled, *getattr(spec, "distal", ())),
            times=times,
            school_years=self.school_years or (tuple(hints.school_years) if "class" in spec.levels else ()),
            group=group,
            missing=self.missing or tuple(hints.missing),
        )
        if self.wide:
            return filled
        levels = spec.levels
        wide = {} if self.wave else hints.wide
        return replace(
            filled,
            pupil=self.pupil or hints.pupil,
            wave=None if wide else self.wave or hints.wave,
            wide=tuple((name, tuple(columns)) for name, columns in wide.items()),
            classroom=self.classroom or one(hints.classroom if "class" in levels else None),
            school=self.school or one(hints.school if "school" in levels else None),
            movers=self.movers or hints.movers,
        )

    @property
    def answers(self) -> dict[str, Any]:
        """What a table leaves open, answered: arguments of `Panel.from_long` and its like."""
        everywhere = [value for value in self.missing if "=" not in value]
        of: dict[str, list[str]] = {}
        for value in self.missing:
            column, sign, code = value.partition("=")
            if sign:
                of.setdefault(column.strip(), []).append(code.strip())
        missing: Any = everywhere or None
        if of:
            labels = (self.pupil, self.wave, self.group, *self.classroom, *self.school, *self.district)
            named = dict.fromkeys([*self.scores, *(name for name in labels if name), *of])
            missing = {column: [*everywhere, *of.get(column, [])] for column in named}
            missing = {column: codes for column, codes in missing.items() if codes}
        return {
            "missing": missing,
            "keep_codes": self.keep_codes == ("all",) or list(self.keep_codes),
            "alike": self.alike,
            "accept": self.accept,
        }

    @property
    def years(self) -> Any:
        """The argument `school_years` of `Panel.from_long`."""
        if len(self.school_years) != 1:
            return self.school_years or None
        try:
            return float(self.school_years[0])
        except ValueError:
            return self.school_years

    def place(self, level: str) -> str | tuple[str, ...] | None:
        """Return the column of "classroom", "school" or "district", its columns per wave, or None."""
        names: tuple[str, ...] = getattr(self, level)
        return names if len(names) > 1 else names[0] if names else None

    def words(self) -> list[str]:
        """Return the options as they are typed."""
        out: list[str] = []
        for name in ("pupil", "wave", "group", "movers", "alike", "decimal", "sheet"):
            out += [f"--{name}", shlex.quote(getattr(self, name))] if getattr(self, name) else []
        for name in (*PLACES, "variables", "covariates", "incomplete", "waves", "school_years"):
            option = f"--{name.replace('_', '-')}"
            out += [option, shlex.quote(",".join(getattr(self, name)))] if getattr(self, name) else []
        out += [f"--times={','.join(f'{time:g}' for time in self.times)}"] if self.times else []
        for variable, columns in self.wide:
            out += ["--wide", shlex.quote(f"{variable}={','.join(columns)}")]
        if self.rename:
            out += ["--rename", shlex.quote(",".join(f"{new}={old}" for new, old in self.rename))]
        for name in ("missing", "keep_codes", "accept"):
            values = shlex.quote(",".join(getattr(self, name)))
            out += [f"--{name.replace('_', '-')}={values}"] if getattr(self, name) else []
        return out


def one(name: str | Sequence[str] | None) -> tuple[str, ...]:
    """Return a column as a tuple of one, columns as one of them, nothing as an empty one."""
    return () if name is None else (name,) if isinstance(name, str) else tuple(name)
