"""How the table that a card was made for is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class DataHints:
    """How `Panel.from_long` would read the table that a card was made for; None where the card is silent."""

    pupil: str | None = None
    wave: str | None = None
    classroom: str | None = None
    school: str | None = None
    movers: str | None = None


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
