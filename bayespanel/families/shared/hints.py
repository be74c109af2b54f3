"""How the table that a card was made for is read, and what its model asks of that table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class DataHints:
    """How `Panel.from_long` would read the table that a card was made for; None or () where the card is silent.

    With `wide`, variables and their columns in the order of the waves, it is a table for `Panel.from_wide`, where a
    class and a school have one column or one per wave.
    """

    pupil: str | None = None
    wave: str | None = None
    classroom: str | Sequence[str] | None = None
    school: str | Sequence[str] | None = None
    movers: str | None = None
    times: Sequence[float] = ()
    school_years: Sequence[str] = ()
    group: str | None = None
    wide: Mapping[str, Sequence[str]] = field(default_factory=dict, hash=False)
    missing: Sequence[str] = ()


@dataclass(frozen=True)
class TrialHints:
    """How `Trial.from_frame` would read the table that a card was made for; None where the card is silent."""

    pupil: str | None = None
    arm: str | None = None
    control: str | None = None
    randomised: str | None = None
    classroom: str | None = None
    school: str | None = None
    baseline: Mapping[str, str] = field(default_factory=dict, hash=False)
    strata: Sequence[str] = ()
    missing: Sequence[str] = ()


class PanelSpec(Protocol):
    """What every specification has whose card gives `DataHints`: its model reads a table of pupils and waves."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of scores that the data must contain: of a variable that items measure, these."""

    @property
    def variables(self) -> tuple[str, ...]:
        """Columns of scores."""

    @property
    def covariates(self) -> tuple[str, ...]:
        """Columns that do not change over time."""

    @property
    def levels(self) -> tuple[str, ...]:
        """Levels of the model, "pupil" among them."""


class TrialSpec(Protocol):
    """What every specification has whose card gives `TrialHints`: its model reads a table of pupils and arms."""

    @property
    def outcomes(self) -> tuple[str, ...]:
        """Columns of scores."""

    @property
    def covariates(self) -> tuple[str, ...]:
        """Columns that do not change over time."""

    @property
    def levels(self) -> tuple[str, ...] | None:
        """Levels of the model; None leaves them to the data."""
