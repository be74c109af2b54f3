"""How kinds of pathway are said in sentences: what each row of the table of kinds has in words of its own."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Saying:
    """How a kind of pathway is said.

    Attributes
    ----------
    noun
        What several of them are called.
    claim
        A sentence without its end, with the names of coordinates and {amount} in braces.
    up, down, alike
        What follows the amount where it is above and below 0, and what stands for it where that is practically none.
    ratio
        Whether the amount is a ratio of odds.
    rank
        Where it stands among the kinds of one model, the first ones first.
    """

    noun: str
    claim: str
    up: str = "more"
    down: str = "less"
    alike: str = "practically no more or less"
    ratio: bool = False
    rank: int = 0


_FOLLOWED = "{within}one SD more {source} was followed by {amount} {target} {when}"
_HIGHER = ("higher", "lower", "practically no higher or lower")

CARRY_OVER = Saying("carry-overs", _FOLLOWED)
CROSS_LAG = Saying("cross-lags", _FOLLOWED)
PREDICTOR = Saying(
    "predictors of what is stable", "one SD more {source} went with {amount} of what is stable in {target}", rank=1
)
GROWTH_PREDICTOR = Saying("predictors of growth", "one SD more {source} went with {amount} growth in {target}", rank=2)
DISTAL = Saying(
    "predictors of later outcomes",
    "one SD more {part} {source} went with {amount} {target} after the last wave",
    rank=3,
)
FAMILY = Saying(
    "means of families of outcomes",
    "over the outcomes of the family {target}, {pupils} scored on average {amount} than the reference arm",
    *_HIGHER,
)
EFFECT = Saying(
    "differences between arms in outcomes",
    "{pupils} scored {amount} in {target} than the reference arm",
    *_HIGHER,
    rank=1,
)
MODERATION = Saying(
    "differences of effects by moderators",
    "per unit of {via}, what {pupils} scored more in {target} than the reference arm was {amount}",
    *_HIGHER,
    rank=2,
)
PROGRAMME = Saying(
    "differences between arms in the odds of a class",
    "in the intervention arm, the odds of being in {class} were {amount} those in the control arm",
    "times",
    "times",
    "practically the same as",
    ratio=True,
)
ODDS = Saying(
    "predictors of the class",
    "one SD more {source} went with {amount} odds of being in {class} rather than {against}",
    "times the",
    "times the",
    "practically the same",
    ratio=True,
    rank=1,
)
