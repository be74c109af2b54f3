"""Trial: who was in which arm, and what was measured before and after, checked at the door."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from bayespanel.data.estimates import TrialEstimates, from_estimates
from bayespanel.data.guesses import Guess
from bayespanel.data.labels import Alike
from bayespanel.data.reading import Answers, Missing
from bayespanel.data.trial_counts import TrialCounts, trial_counts
from bayespanel.data.trial_description import TrialDescription, describe_trial
from bayespanel.data.trial_frame import read_trial
from bayespanel.data.trial_moments import TrialMoments, trial_moments
from bayespanel.errors import DataError
from bayespanel.plain_names import require_plain_parts


@dataclass(frozen=True, eq=False)
class Trial:
    """Outcomes of a randomised trial, with the arm, the clusters and what was known before.

    Build one with `from_frame`, which checks the table; the constructor checks shapes only. A "pupil" is whoever
    answered: pupil, parent or teacher.

    Attributes
    ----------
    values : float64 [pupil, cell]
        Raw scores, NaN where missing; cells are the outcomes and then the baselines.
    outcomes : tuple of str
    baseline : tuple of (outcome, baseline)
    arm : int64 [pupil]
        Position in `arms`.
    arms : tuple of str
        The reference first.
    randomised : {"school", "class", "pupil"}
        Unit of randomisation.
    pupils : object [pupil]
    covariates : float64 [pupil, covariate]
        Never missing; categories are columns of 0 and 1, named "sex[M]".
    covariate_names : tuple of str
    categories : tuple of (outcome, labels)
        Labels of outcomes that came as ordered categories; their values are the positions 0, 1, ...
    classroom, school : int64 [pupil] or None
    class_names, school_names, notes : tuple of str
    guesses : tuple of Guess
        Everything that the table left open and reading decided.
    """

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

    def __post_init__(self) -> None:
        require_plain_parts(self, error=DataError)
        n = len(self.pupils)
        shapes = [
            ("values", self.values, (n, len(self.cells))),
            ("covariates", self.covariates, (n, len(self.covariate_names))),
            ("arm", self.arm, (n,)),
            ("classroom", self.classroom, (n,)),
            ("school", self.school, (n,)),
        ]
        for name, array, shape in shapes:
            if array is not None and array.shape != shape:
                raise DataError(
                    "The arrays of a trial fit its pupils, cells and covariates.",
                    f"{name!r} has shape {array.shape}, not {shape}.",
                    "Use Trial.from_frame, or correct the array.",
                )

    @property
    def n_pupils(self) -> int:
        """Number of pupils (parents, teachers)."""
        return len(self.pupils)

    @property
    def cells(self) -> tuple[str, ...]:
        """Outcomes, then baselines."""
        return self.outcomes + tuple(pre for _, pre in self.baseline)

    @classmethod
    def from_frame(
        cls,
        frame: pd.DataFrame,
        *,
        arm: str,
        outcomes: Sequence[str],
        randomised: Literal["school", "class", "pupil"] = "school",
        baseline: Mapping[str, str] | None = None,
        covariates: Sequence[str] = (),
        classroom: str | None = None,
        school: str | None = None,
        district: str | None = None,
        pupil: str | None = None,
        control: object = None,
        missing: Missing = None,
        keep_codes: bool | Sequence[float] = False,
        alike: Alike | None = None,
        accept: Sequence[str] = (),
    ) -> Trial:
        """Build a trial from a table with one row per pupil, parent or teacher.

        Parameters
        ----------
        frame
            The table.
        arm
            Column of the arm; it is the same within a unit of randomisation.
        outcomes
            Columns of the outcomes: numbers, or ordered categories. Missing ones are kept (missing at random).
        randomised
            What was allocated to the arms.
        baseline
            Outcome -> the column of the same score before the trial; may be missing for some.
        covariates
            Columns known for everybody; text and categories become columns of 0 and 1.
        classroom, school
            Columns of class and school. Leave the class out where those who answered have none (teachers).
        district
            Column within whose values the labels of schools are unique, where they are not in the whole table.
        pupil
            Column that names who answered; then nobody may stand in two rows.
        control
            The reference arm. Left out, it is the lowest number or the first category; arms in words need it.
        missing, keep_codes, alike, accept
            Answers to what the table leaves open, as in `Panel.from_long`.

        Returns
        -------
        Trial
            `notes` says what was done.

        Raises
        ------
        DataError
            An arm that is missing, varies within a randomised unit, or has fewer than two units; an outcome that is
            constant or never seen in an arm, or unordered categories; an unknown outcome in `baseline`, or a baseline
            named twice; a covariate that is missing for somebody or constant; a pupil in two rows or two schools;
            outcomes that are one another's copies; values that look like codes for "missing" and labels that differ in
            spelling only, unless the arguments above answer for them.

        Warns
        -----
        DataWarning
            A guess that may well be wrong.
        """
        return cls(
            **read_trial(
                frame,
                arm=arm,
                outcomes=outcomes,
                randomised=randomised,
                baseline=baseline,
                covariates=covariates,
                classroom=classroom,
                school=school,
                district=district,
                pupil=pupil,
                control=control,
                answers=Answers(missing=missing, keep_codes=keep_codes, alike=alike, accept=accept),
            )
        )

    @staticmethod
    def from_estimates(
        *,
        effect: ArrayLike,
        standard_error: ArrayLike,
        outcome: str | Sequence[str],
        clusters: int | Sequence[int] | None = None,
    ) -> TrialEstimates:
        """Build estimates from a published table of standardised effects; see `TrialEstimates`.

        Parameters
        ----------
        effect, standard_error : [outcome]
            In standard deviations of the outcome.
        outcome
            Names, each once.
        clusters
            Number of randomised clusters over both arms; one number serves all outcomes. With it, a standard error
            counts as an estimate from so many clusters.

        Raises
        ------
        DataError
            Lengths that differ, a standard error of 0 or below, an outcome named twice, fewer than 4 clusters.
        """
        return from_estimates(effect=effect, standard_error=standard_error, outcome=outcome, clusters=clusters)

    def moments(self, min_block: int = 1) -> TrialMoments:
        """Reduce the trial to the sums that a Gaussian model needs; see `trial_moments` for `min_block`."""
        return trial_moments(self, min_block)

    def counts(self, outcomes: Sequence[str] | None = None) -> TrialCounts:
        """Reduce the trial to counts of categories, for ordered outcomes (all by default).

        Raises
        ------
        DataError
            An outcome with more than 12 distinct values.
        """
        for name in outcomes or ():
            if name not in self.outcomes:
                raise DataError(
                    "The data hold every outcome of the model.",
                    f"They lack {name!r}; they have {', '.join(self.outcomes)}.",
                    "Name the column where the data are read.",
                )
        return trial_counts(self, self.outcomes if outcomes is None else tuple(outcomes))

    def describe(self) -> TrialDescription:
        """Describe arms, outcomes and baselines in tables; see `TrialDescription`."""
        return describe_trial(self.moments())
