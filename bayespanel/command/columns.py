"""What a command line says of the columns of a table."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bayespanel.catalogue import Card


@dataclass(frozen=True)
class Columns:
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

    @property
    def scores(self) -> tuple[str, ...]:
        """Columns that hold numbers, under their new names."""
        wide = tuple(column for _, group in self.wide for column in group)
        return tuple(dict.fromkeys([*(wide or self.variables), *self.covariates]))

    def with_card(self, card: Card) -> Columns:
        """Fill gaps from a card: its variables and covariates, and its hints about a long table."""
        from bayespanel.catalogue import panel_of

        spec, hints = panel_of(card)
        filled = replace(self, variables=spec.variables, covariates=spec.covariates)
        if self.wide:
            return filled
        levels = spec.levels
        return replace(
            filled,
            pupil=self.pupil or hints.pupil,
            wave=self.wave or hints.wave,
            classroom=self.classroom or (hints.classroom if "class" in levels else None),
            school=self.school or (hints.school if "school" in levels else None),
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
