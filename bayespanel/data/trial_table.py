"""TrialTable: what a trial holds of its pupils, without the doors by which they come in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bayespanel.data.brief import brief
from bayespanel.data.guesses import Guess
from bayespanel.data.rules import validate
from bayespanel.language.shown import Shown


@dataclass(frozen=True, eq=False, repr=False)
class TrialTable(Shown):
    """The fields of `Trial`, which says what they are."""

    values: NDArray[np.float64]
    outcomes: tuple[str, ...]
    baseline: tuple[tuple[str, str], ...]
    arm: NDArray[np.int64]
    arms: tuple[str, ...]
    randomised: str
    pupils: NDArray[np.object_]
    covariates: NDArray[np.float64]
    covariate_names: tuple[str, ...] = ()
    categories: tuple[tuple[str, tuple[str, ...]], ...] = ()
    classroom: NDArray[np.int64] | None = None
    class_names: tuple[str, ...] = ()
    school: NDArray[np.int64] | None = None
    school_names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    guesses: tuple[Guess, ...] = ()

    def brief(self) -> Iterator[str]:
        """Say what it is in a few lines."""
        return brief(self)

    def __post_init__(self) -> None:
        validate(self)

    @property
    def n_pupils(self) -> int:
        """Number of pupils (parents, teachers)."""
        return len(self.pupils)

    @property
    def cells(self) -> tuple[str, ...]:
        """Outcomes, then baselines."""
        return self.outcomes + tuple(pre for _, pre in self.baseline)
