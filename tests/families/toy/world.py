"""A world of the toy: its truth and its design."""

from __future__ import annotations

from dataclasses import dataclass

from bayespanel.families.shared import world_fields as given
from bayespanel.language.values import settle


@dataclass(frozen=True)
class ToyWorld:
    """Pupils whose scores are normal around a mean that a covariate shifts.

    Attributes
    ----------
    variable, covariate
        Names of the variable and of the covariate, which is standard normal.
    mean, effect, residual_sd
        The truth, raw units.
    pupils, waves
        The design.
    """

    variable: str = "mood"
    covariate: str = "warmth"
    mean: float = 0.0
    effect: float = 0.0
    residual_sd: float = 1.0
    pupils: int = 100
    waves: int = 2

    def __post_init__(self) -> None:
        """Check every field."""
        for name in ("variable", "covariate"):
            settle(self, **{name: given.text(name, getattr(self, name))})
        given.columns((self.variable, self.covariate), ("pupil", "wave"))
        settle(
            self,
            mean=given.number("mean", self.mean),
            effect=given.number("effect", self.effect),
            residual_sd=given.sd("residual_sd", self.residual_sd),
            pupils=given.whole("pupils", self.pupils, 1),
            waves=given.whole("waves", self.waves, 2),
        )
