"""TrialEstimates: effects from a published table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bayespanel.data.named_numbers import Numbers, in_order
from bayespanel.data.rules import validate
from bayespanel.data.storage import Stored, fingerprint
from bayespanel.data.wording import listed
from bayespanel.language.errors import DataError


@dataclass(frozen=True, eq=False, repr=False)
class TrialEstimates(Stored):
    """Published standardised effects with their standard errors, one for each outcome.

    If the number of clusters is known, an estimate has a Student-t distribution around the effect with clusters - 2
    degrees of freedom, because its standard error was itself estimated from so many clusters. Otherwise it is normal.

    Attributes
    ----------
    outcomes : tuple of str
        Names of the outcomes.
    effect, standard_error : float64 [outcome]
        In standard deviations of the outcome.
    clusters : int64 [outcome]
        Number of randomised clusters in both arms together; 0 if it is not known.
    notes : tuple of str
        What to know about the data, one sentence each.
    """

    outcomes: tuple[str, ...]
    effect: NDArray[np.float64]
    standard_error: NDArray[np.float64]
    clusters: NDArray[np.int64]
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        validate(self)

    @property
    def df(self) -> NDArray[np.float64]:
        """Degrees of freedom [outcome]; infinite if the number of clusters is not known."""
        return np.where(self.clusters > 0, self.clusters - 2.0, np.inf)

    @property
    def n_pupils(self) -> int:
        """Number of pupils: a published table does not hold them."""
        return 0

    def fingerprint(self) -> str:
        """Return a SHA-256 of everything on which a posterior depends."""
        return fingerprint(self)


def from_estimates(
    *,
    effect: Numbers,
    standard_error: Numbers,
    outcome: str | Sequence[str],
    clusters: Numbers | None = None,
) -> TrialEstimates:
    """Build estimates from a published table; see `Trial.from_estimates`."""
    names = (outcome,) if isinstance(outcome, str) else tuple(outcome)
    rows = {"effect": effect, "standard_error": standard_error}
    arrays = {name: np.atleast_1d(in_order(value, name, names)) for name, value in rows.items()}
    for name, array in arrays.items():
        if array.shape != (len(names),):
            raise DataError(
                "Every outcome has one effect and one standard error.",
                f"There are {len(names)} outcomes, and {name!r} has shape {array.shape}.",
                "Give lists of the same length.",
            )
        bad = [o for o, value in zip(names, array, strict=True) if not np.isfinite(value)]
        if bad:
            raise DataError(
                "Effects and standard errors are finite numbers.",
                f"{name!r} is not for {listed(bad)}.",
                "Fill it in, or leave the outcome out.",
            )
    for name, value in zip(names, arrays["standard_error"], strict=True):
        if value <= 0:
            raise DataError(
                "A standard error is above 0.",
                f"That of {name!r} is {value:g}.",
                "Check the table; from an interval it is (upper - lower) / 3.92.",
            )
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError(
            "An outcome has one effect.", f"Named more than once: {listed(twice)}.", "Give each its own name."
        )
    number = np.zeros(len(names), np.int64)
    if clusters is not None:
        given = in_order(clusters, "clusters", names)
        if given.shape not in ((), (len(names),)) or (given != np.floor(given)).any() or (given < 4).any():
            raise DataError(
                "'clusters' counts the randomised clusters of both arms: at least 4, one number or one per outcome.",
                f"You gave {clusters!r}.",
                "Give whole numbers; leave it out where the number is not known.",
            )
        number = np.broadcast_to(given.astype(np.int64), number.shape).copy()
    return TrialEstimates(names, arrays["effect"], arrays["standard_error"], number)
