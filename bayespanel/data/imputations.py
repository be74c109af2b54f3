"""Imputations: several tables that differ only where scores were missing, and what must be the same in all of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bayespanel.data.brief import brief
from bayespanel.data.wording import counted, listed
from bayespanel.language.errors import DataError
from bayespanel.language.shown import Shown

RULE = "Imputations are tables of the same pupils, which differ only where something was missing."

DESIGN = (
    "waves", "variables", "outcome", "outcomes", "baseline", "arms", "randomised", "covariate_names", "covariates",
    "levels", "group_names", "grouping", "times", "school_years", "class_names", "school_names", "categories",
)  # fmt: skip
"""What describes a design, of data of any kind: words and numbers of waves, and no scores."""


class OneTable(DataError, AttributeError):
    """Something is asked of all imputations that one table alone can answer."""


@dataclass(frozen=True, eq=False, repr=False)
class Imputations(Shown):
    """The data of a fit that mixes imputations: what its model read of each of them.

    What asks for scores, sums or counts is answered by a `OneTable`, lest one imputation speak for all.

    Attributes
    ----------
    each : tuple
        Moments, counts or rows of each imputation, in order.
    """

    each: tuple[Any, ...]

    def __len__(self) -> int:
        return len(self.each)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.each)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name == "each":
            raise AttributeError(name)
        raise OneTable(
            "What reads the scores themselves reads one table of them.",
            f"This fit mixes {len(self.each)} imputations, and {name!r} of its data was asked for.",
            "Ask it of one of them: bp.imputation(fit, 1).",
        )

    @property
    def n_pupils(self) -> int:
        """Number of pupils, the same in all."""
        return int(self.each[0].n_pupils)

    @property
    def notes(self) -> tuple[str, ...]:
        """Everything that was done to the data while the first of them was read."""
        return tuple(self.each[0].notes)

    @property
    def guesses(self) -> tuple[Any, ...]:
        """Everything that the first of them did not make clear."""
        return tuple(getattr(self.each[0], "guesses", ()))

    def fingerprint(self) -> str:
        """Return a SHA-256 of everything that a posterior depends on."""
        return hashlib.sha256("".join(one.fingerprint() for one in self.each).encode()).hexdigest()

    def brief(self) -> Iterator[str]:
        """Say what they are in a few lines."""
        yield f"{len(self.each)} imputations; the first of them:"
        yield from brief(self.each[0])


def require_imputations(data: object) -> tuple[Any, ...]:
    """Return imputations as a tuple, checked against each other.

    Raises
    ------
    DataError
        There are fewer than two, or they differ in anything but what was missing.
    """
    if not isinstance(data, Sequence | Imputations) or isinstance(data, str):
        raise DataError(
            "Imputations are a list of panels, trials, or the moments or counts made from these.",
            f"You gave {type(data).__name__}.",
            "Write [panel_1, panel_2, ...], or read them from one file with bp.read_imputed(...).",
        )
    every = tuple(data)
    if len(every) < 2:
        raise DataError(
            "What is missing shows in the difference between imputations, so there are two or more.",
            f"You gave {len(every)}.",
            "Impute again: 20 are a beginning, 100 or more are advised. Fit a single table with bp.fit(...).",
        )
    for number, one in enumerate(every[1:], start=2):
        _require_alike(every[0], one, number)
    _require_same_gaps(every)
    return every


def _require_alike(first: Any, other: Any, number: int) -> None:
    if type(first) is not type(other):
        raise DataError(
            RULE,
            f"Imputation 1 is a {type(first).__name__}, imputation {number} a {type(other).__name__}.",
            "Read all of them in the same way.",
        )
    for name in DESIGN:
        one, two = (_plain(getattr(data, name, None)) for data in (first, other))
        if name in ("class_names", "school_names"):  # in order of appearance, which rows decide
            one, two = tuple(sorted(one or ())), tuple(sorted(two or ()))
        if one != two:
            raise DataError(
                RULE,
                f"Their {name!r} differ: {_said(one)} in imputation 1, {_said(two)} in imputation {number}.",
                "Read all of them in the same way, with the same waves, variables and places.",
            )
    if hasattr(first, "pupils"):
        _require_same_pupils(first.pupils, other.pupils, number)
    elif getattr(first, "n_pupils", 0) != getattr(other, "n_pupils", 0):
        raise DataError(
            RULE,
            f"Imputation 1 has {counted(first.n_pupils, 'pupil')}, imputation {number} has {other.n_pupils:,}.",
            "Look for pupils who were left out of one of them.",
        )


def _plain(value: Any) -> Any:
    """Return words and numbers that can be compared; None of a matrix, such as covariates of pupils."""
    if isinstance(value, np.ndarray):
        return None if value.ndim > 1 else tuple(value.tolist())
    return value


def _said(value: Any) -> str:
    return listed(value) if isinstance(value, tuple) and value else repr(value)


def _require_same_pupils(first: NDArray[np.object_], other: NDArray[np.object_], number: int) -> None:
    one, two = set(first.tolist()), set(other.tolist())
    for absent, where in ((one - two, number), (two - one, 1)):
        if absent:
            raise DataError(
                "Every pupil is in every imputation.",
                f"{counted(len(absent), 'pupil')} {'is' if len(absent) == 1 else 'are'} not in imputation {where}, "
                f"for example {min(absent, key=str)!r}.",
                "Look for rows that were lost, or leave the pupils out of all imputations.",
            )


def _require_same_gaps(every: Sequence[Any]) -> None:
    """Check that a cell is missing in all imputations or in none, where pupils can be told apart."""
    if not all(hasattr(every[0], name) for name in ("pupils", "values")):
        return
    reference = np.isnan(every[0].values)
    for number, one in enumerate(every[1:], start=2):
        apart = np.isnan(in_order_of(every[0].pupils, one.pupils, one.values)) != reference
        if apart.any():
            pupil = every[0].pupils[int(np.argwhere(apart)[0][0])]
            raise DataError(
                "Every imputation fills the same gaps.",
                f"{counted(int(apart.sum()), 'score')} of imputation 1 or of imputation {number} "
                f"{'is' if apart.sum() == 1 else 'are'} missing in one of the two, for example of pupil {pupil!r}.",
                "Impute these again, or make them missing in all.",
            )


def in_order_of(
    pupils: NDArray[np.object_], own: NDArray[np.object_], values: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return rows of values in the order of other pupils, each of whom has one."""
    place = {pupil: row for row, pupil in enumerate(own.tolist())}
    return np.asarray(values[[place[pupil] for pupil in pupils.tolist()]], dtype=np.float64)
