"""What the cards of all families have: tables of a file, and rows of priors.

This module imports pydantic, which takes a while to start; it is imported only when a card is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from bayespanel.language.prior import ARGUMENTS, Prior, merge
from bayespanel.language.text_positions import Source

Text = Annotated[str, Field(min_length=1)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Level = Literal["pupil", "class", "school"]


def _texts(given: object) -> object:
    """Return numbers as text, and one value as a list: school_years = 12, missing = [-9]."""
    values = given if isinstance(given, list) else [given]
    return [f"{one:.15g}" if isinstance(one, int | float) and not isinstance(one, bool) else one for one in values]


Texts = Annotated[list[Text], BeforeValidator(_texts)]
"""Texts, or numbers in place of them."""


class Table(BaseModel):
    """A table of a file: only its own keys, of their own types."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class PriorTable(Table):
    """[[priors]]: a row that replaces a default one; see `Prior`."""

    parameter: Text
    distribution: Text
    arguments: list[Number]
    scale: Literal["standardised", "total", "raw"] = "standardised"
    reason: str = ""
    source: Text = "card"


class DataTable(Table):
    """[data]: how `Panel.from_long`, or with `wide` `Panel.from_wide`, would read the card's own table."""

    pupil: Text | None = None
    wave: Text | None = None
    classroom: Text | list[Text] | None = None
    school: Text | list[Text] | None = None
    movers: Literal["error", "first", "drop"] | None = None
    times: list[Number] = []
    school_years: Texts = []
    group: Text | None = None
    wide: dict[str, list[Text]] = {}
    missing: Texts = []

    @model_validator(mode="after")
    def _one_form(self) -> DataTable:
        """A table has a row per pupil, or one per pupil and wave."""
        if self.wave is not None and self.wide:
            raise ValueError("either 'wide' or 'wave', for a row per pupil or one per pupil and wave")
        return self


class AnswerTable(Table):
    """[[answer]]: a number that was found before, to hold a new fit against."""

    parameter: Text
    at: list[Text] = []
    value: Number
    error: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    source: Text


class CardTable(Table):
    """What every card has; each family adds its own keys."""

    title: Text
    question: Text
    references: list[Text] = []
    notes: list[Text] = []
    rope: Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)] | None = None
    priors: list[PriorTable] = []
    answer: list[AnswerTable] = []
    family: Text


def priors_of(rows: Sequence[PriorTable], defaults: tuple[Prior, ...], source: Source) -> tuple[Prior, ...]:
    """Make the rows of priors of a card, one at a time, so that each error finds its line."""
    priors: list[Prior] = []
    free = {row.parameter for row in defaults}
    for i, row in enumerate(rows):
        key = "arguments" if row.distribution in ARGUMENTS else "distribution"
        priors.append(source.build(("priors", i, key), partial(_prior, row)))
        # A parameter that is unknown or taken is the parameter's fault; else only the kind can be wrong.
        key = "distribution" if row.parameter in free else "parameter"
        source.build(("priors", i, key), partial(merge, defaults, priors))
        free.discard(row.parameter)
    return tuple(priors)


def _prior(row: PriorTable) -> Prior:
    return Prior(row.parameter, row.distribution, tuple(row.arguments), row.scale, row.reason, row.source)
