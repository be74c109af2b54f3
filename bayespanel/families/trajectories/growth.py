"""Mean courses over real times: names of the coefficients and their loadings at every wave."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bayespanel.data.wording import counted
from bayespanel.families.trajectories.fields import DEGREES
from bayespanel.families.trajectories.spec import Trajectories
from bayespanel.language.errors import DataError

POWERS = ("level", "slope", "quadratic", "cubic")
"""Names of the coefficients of a polynomial."""


@dataclass(frozen=True, eq=False)
class Growth:
    """A mean course.

    Attributes
    ----------
    coefficients : tuple of str
    loadings : [wave, coefficient]
    flat : [coefficient]
        What the coefficients are where the course is 1 at every wave: not 0 for those that are levels, in contrast to
        changes.
    times : [wave]
        In the unit in which they were given.
    """

    coefficients: tuple[str, ...]
    loadings: NDArray[np.float64]
    flat: NDArray[np.float64]
    times: NDArray[np.float64]

    @property
    def is_level(self) -> NDArray[np.bool_]:
        """Whether a coefficient is a level, [coefficient]."""
        return np.asarray(self.flat != 0)

    @property
    def unit(self) -> NDArray[np.float64]:
        """Greatest loading of each coefficient: what priors count in, [coefficient]."""
        return np.asarray(np.abs(self.loadings).max(axis=0))


def growth(spec: Trajectories, waves: tuple[str, ...]) -> Growth:
    """Return the course of a specification over waves.

    Raises
    ------
    DataError
        Times or loadings that do not fit the waves; fewer waves than coefficients, or loadings that repeat each other.
    """
    times = times_of(spec, waves)
    if isinstance(spec.growth, dict):
        names = tuple(spec.growth)
        given = len(spec.growth[names[0]])
        if given != len(waves):
            raise DataError(
                "'growth' has a loading for every wave.",
                f"It has {given}; there are {counted(len(waves), 'wave')}: {', '.join(waves)}.",
                "Give one loading per wave.",
            )
        loadings = np.array(list(spec.growth.values())).T
    elif spec.growth == "free":
        names, loadings = waves, np.eye(len(waves))
    else:
        degree = DEGREES[spec.growth]
        if degree + 1 > len(waves):
            raise DataError(
                f"A {spec.growth} course needs at least {degree + 1} waves.",
                f"There are {counted(len(waves), 'wave')}: {', '.join(waves)}.",
                "Choose a simpler course, or growth='free'.",
            )
        names = POWERS[: degree + 1]
        loadings = np.vander((times - times[0]) / (times[-1] - times[0]), degree + 1, increasing=True)
    if np.linalg.matrix_rank(loadings) < loadings.shape[1]:
        raise DataError(
            "The coefficients of 'growth' can be told apart at the waves.",
            f"The loadings of {', '.join(names)} repeat each other.",
            "Leave one of them out.",
        )
    flat = np.linalg.lstsq(loadings, np.ones(len(waves)), rcond=None)[0]
    if np.abs(loadings @ flat - 1.0).max() > 1e-9:
        raise DataError(
            "A course must be able to stay at the same level.",
            f"That of {', '.join(names)} cannot: no combination of loadings is the same at all waves.",
            "Add a coefficient with the loading 1 at every wave.",
        )
    return Growth(names, loadings, np.where(np.abs(flat) < 1e-9, 0.0, flat), times)


def times_of(spec: Trajectories, waves: tuple[str, ...]) -> NDArray[np.float64]:
    """Return the time of each wave.

    Raises
    ------
    DataError
        Not one for each wave, or not increasing.
    """
    if spec.times:
        times = np.array(spec.times)
    else:
        try:
            times = np.array([float(wave) for wave in waves])
        except ValueError:
            times = np.arange(len(waves), dtype=float)
    if len(times) != len(waves) or np.any(np.diff(times) <= 0):
        raise DataError(
            "'times' holds the time of every wave, increasing.",
            f"They are {', '.join(f'{t:g}' for t in times)}; the waves are {', '.join(waves)}.",
            "Give for example one number per wave, in order: times=[0, 5, 12, 17, 24], in months.",
        )
    return times
