"""Trial: who was in which arm, and what was measured before and after, checked at the door."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from bayespanel.data.estimates import TrialEstimates, from_estimates
from bayespanel.data.labels import Alike
from bayespanel.data.named_numbers import Numbers
from bayespanel.data.reading import Answers, Missing
from bayespanel.data.trial_counts import TrialCounts, trial_counts
from bayespanel.data.trial_description import TrialDescription
from bayespanel.data.trial_frame import read_trial
from bayespanel.data.trial_moments import TrialMoments
from bayespanel.data.trial_sums import trial_moments
from bayespanel.data.trial_table import TrialTable
from bayespanel.language.errors import DataError


@dataclass(frozen=True, eq=False, repr=False)
class Trial(TrialTable):
    """The outcomes of a randomised trial, with the arms, the clusters, the baselines and the covariates.

    Make one with `from_frame`, which checks the table. The constructor itself checks types, shapes and names. A
    "pupil" is any person who answered: a pupil, a parent or a teacher.

    Attributes
    ----------
    values : float64 [pupil, cell]
        Raw scores; NaN for a missing score. The cells are the outcomes, then the baselines.
    outcomes : tuple of str
        Names of the outcomes.
    baseline : tuple of (outcome, baseline)
        The baseline of each outcome that has one: the same score before the trial.
    arm : int64 [pupil]
        Position of each pupil's arm in `arms`.
    arms : tuple of str
        The arms, the reference first.
    randomised : {"school", "class", "pupil"}
        Unit of randomisation.
    pupils : object [pupil]
        Labels of the pupils.
    covariates : float64 [pupil, covariate]
        None may be missing. Categories are columns of 0 and 1 with names such as "sex[M]".
    covariate_names : tuple of str
        Names of the covariates.
    categories : tuple of (outcome, labels)
        Labels of the outcomes that were ordered categories. Their values are the positions 0, 1, ...
    classroom, school : int64 [pupil] or None
        Position of each pupil's class in `class_names`, and of each pupil's school in `school_names`.
    class_names, school_names, notes : tuple of str
        Labels of classes and schools; and everything that was done to the data.
    guesses : tuple of Guess
        Everything that the table did not make clear, and how it was decided.
    """

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
        strata: Sequence[str] = (),
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
            Column with the arm. All members of a randomised unit must be in the same arm.
        outcomes
            Columns with the outcomes: numbers, or ordered categories. Missing outcomes are allowed (missing at random).
        randomised
            What was randomised: "school" (default), "class" or "pupil".
        baseline
            For each outcome, the column with the same score before the trial. It may be missing for some pupils.
        covariates
            Columns that are known for everybody. Text and categories become columns of 0 and 1.
        strata
            Those of the covariates that are blocks within which units were randomised: strata, pairs, districts. Their
            numbers are labels, and each block holds several arms.
        classroom, school
            Columns with the class and the school. Leave the class out if those who answered have none, such as
            teachers.
        district
            Column with the district, if the labels of schools are unique only within a district.
        pupil
            Column with the person who answered. If it is given, nobody may have two rows.
        control
            The reference arm. By default it is the lowest number or the first category. If the arms are words, it must
            be given.
        missing, keep_codes, alike, accept
            Answers to questions that the table does not make clear, as in `Panel.from_long`.

        Returns
        -------
        Trial
            `notes` says what was done to the data, `guesses` what the table did not make clear.

        Raises
        ------
        DataError
            An arm is missing, varies within a randomised unit, or has fewer than two units; an outcome is constant or
            never seen in an arm, or has categories without an order; `baseline` names an unknown outcome or names a
            column twice; a covariate is constant or is missing for somebody; a stratum is no covariate or holds one arm
            only; a pupil has two rows or two schools; an outcome is a copy of another. Also, unless the arguments above
            answer the question: values look like codes for "missing", or labels differ only in spelling.

        Warns
        -----
        DataWarning
            Something was guessed, and the guess may well be wrong.
        """
        return cls(
            **read_trial(
                frame,
                arm=arm,
                outcomes=outcomes,
                randomised=randomised,
                baseline=baseline,
                covariates=covariates,
                strata=strata,
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
        effect: Numbers,
        standard_error: Numbers,
        outcome: str | Sequence[str],
        clusters: Numbers | None = None,
    ) -> TrialEstimates:
        """Make estimates from a published table of standardised effects.

        Parameters
        ----------
        effect, standard_error : [outcome]
            In standard deviations of the outcome; by the names of outcomes where they carry names, as a Series does.
        outcome
            Names of the outcomes; each name occurs once.
        clusters
            Number of randomised clusters in both arms together; one number may stand for all outcomes. If it is given,
            a standard error is treated as an estimate from this number of clusters.

        Returns
        -------
        TrialEstimates
            The effects with their standard errors.

        Raises
        ------
        DataError
            The lengths differ, a standard error is 0 or negative, an outcome is named twice, or there are fewer than 4
            clusters.
        """
        return from_estimates(effect=effect, standard_error=standard_error, outcome=outcome, clusters=clusters)

    def moments(self, min_block: int = 1) -> TrialMoments:
        """Reduce the trial to the sums that a model of Gaussian outcomes needs.

        Parameters
        ----------
        min_block
            Smallest block (pupils of one arm and cluster with the same missing scores) that is kept. With the default 1
            all are kept, and the sums of a block of one pupil are the scores of that pupil.

        Returns
        -------
        TrialMoments
            The sums, whose `notes` count the pupils who were left out.
        """
        return trial_moments(self, min_block)

    def counts(self, outcomes: Sequence[str] | None = None, *, events: bool = False) -> TrialCounts:
        """Reduce the trial to how often each category or number came up, for ordered outcomes and counts of events.

        Parameters
        ----------
        outcomes
            Names of the outcomes; all by default.
        events
            Whether the outcomes are counts of events, such as offences: whole numbers from 0, whose categories are all
            numbers up to the largest.

        Returns
        -------
        TrialCounts
            The counts.

        Raises
        ------
        DataError
            An outcome has more than 12 different values; or, of events, is no whole number from 0 to 400.
        """
        for name in outcomes or ():
            if name not in self.outcomes:
                raise DataError(
                    "The data hold every outcome of the model.",
                    f"They lack {name!r}; they have {', '.join(self.outcomes)}.",
                    "Name the column where the data are read.",
                )
        return trial_counts(self, self.outcomes if outcomes is None else tuple(outcomes), events=events)

    def describe(self) -> TrialDescription:
        """Describe arms, outcomes and baselines in tables."""
        return self.moments().describe()
