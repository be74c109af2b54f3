"""Panel: the pupils' scores over the waves, checked at the door."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from bayespanel.data.cautions import cautions
from bayespanel.data.clusters import Movers, settle
from bayespanel.data.degenerate import refuse_degenerate
from bayespanel.data.description import Description, describe_panel
from bayespanel.data.entry import Entry, guess_of_links, require_covariates, require_scores, without_unscored
from bayespanel.data.guesses import Guess, warn_of_doubts
from bayespanel.data.labels import Alike
from bayespanel.data.long import read_long
from bayespanel.data.published import from_published
from bayespanel.data.reading import Answers, Missing
from bayespanel.data.summarise import summarise
from bayespanel.data.wide import read_wide
from bayespanel.errors import DataError
from bayespanel.plain_names import require_plain_parts

if TYPE_CHECKING:
    from bayespanel.data.moments import Moments


@dataclass(frozen=True, eq=False)
class Panel:
    """Scores of pupils at several waves.

    Build one with `from_long` or `from_wide`, which check the table; the constructor checks shapes only.

    Attributes
    ----------
    values : float64 [pupil, wave, variable]
        Raw scores, NaN where missing.
    waves, variables : tuple of str
        Names, in order.
    pupils : object [pupil]
        Labels of the pupils.
    covariates : float64 [pupil, covariate]
        Properties of the pupils that do not change; never missing.
    covariate_names : tuple of str
    classroom, school : int64 [pupil] or None
        Position of the pupil's class in `class_names` and of its school in `school_names`.
    class_names, school_names : tuple of str
    notes : tuple of str
        Everything that was done to the data at the door, one sentence each.
    guesses : tuple of Guess
        Everything that the table left open and reading decided.
    """

    values: NDArray[np.float64]
    waves: tuple[str, ...]
    variables: tuple[str, ...]
    pupils: NDArray[np.object_]
    covariates: NDArray[np.float64]
    covariate_names: tuple[str, ...] = ()
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
            ("values", self.values, (n, len(self.waves), len(self.variables))),
            ("covariates", self.covariates, (n, len(self.covariate_names))),
            ("classroom", self.classroom, (n,)),
            ("school", self.school, (n,)),
        ]
        for name, array, shape in shapes:
            if array is not None and array.shape != shape:
                raise DataError(
                    "The arrays of a panel fit its pupils, waves, variables and covariates.",
                    f"{name!r} has shape {array.shape}, not {shape}.",
                    "Use Panel.from_long or Panel.from_wide, or correct the array.",
                )
        for name, codes, names in (
            ("classroom", self.classroom, self.class_names),
            ("school", self.school, self.school_names),
        ):
            if codes is not None and n and (codes.min() < 0 or codes.max() >= len(names)):
                raise DataError(
                    f"{name!r} holds positions in the list of names.",
                    f"They run from {codes.min()} to {codes.max()}; there are {len(names)} names.",
                    "Code the clusters 0, 1, ... and name each.",
                )

    @property
    def n_pupils(self) -> int:
        """Number of pupils."""
        return len(self.pupils)

    @classmethod
    def from_long(
        cls,
        frame: pd.DataFrame,
        *,
        pupil: str,
        wave: str,
        variables: Sequence[str],
        waves: Sequence[object] | None = None,
        classroom: str | None = None,
        school: str | None = None,
        district: str | None = None,
        covariates: Sequence[str] = (),
        movers: Movers = "error",
        missing: Missing = None,
        keep_codes: bool | Sequence[float] = False,
        alike: Alike | None = None,
        accept: Sequence[str] = (),
    ) -> Panel:
        """Build a panel from a table with one row per pupil and wave.

        Parameters
        ----------
        frame
            The table. Waves a pupil missed may be absent rows or rows of NaN.
        pupil, wave
            Columns that name the pupil and the wave. Waves that numbers, dates or an ordered categorical name are put
            in that order, and so are "w2" and "w10"; where the labels do not tell the order, it is a question.
        variables
            Columns with the scores, at least one.
        waves
            All waves in the order of time, where their labels do not tell it.
        classroom, school
            Columns that name the class and the school, if these levels are wanted. A class label that occurs in
            two schools stands for two classes.
        district
            Column within whose values the labels of schools are unique, where they are not in the whole table.
        covariates
            Numeric columns that do not change within a pupil. A value known at one wave holds for all.
        movers
            What to do with pupils whose scores come from two or more schools (or classes): "error"; "first", which
            counts a pupil in the class and school of the first wave at which it has a score and both are known; or
            "drop", which leaves the pupil out. Waves without any score of the pupil do not count.
        missing
            What stands for "missing": numbers, words such as "." or "NA", "labelled" for the values whose value label
            (SPSS, Stata) says so, or a mapping of columns to these. Numbers hold for scores and covariates; of a
            column of labels they are named by the mapping: ``{"school": [99]}``.
        keep_codes
            Numbers that look like codes for "missing" and are scores; True for all.
        alike
            What labels are that differ in case, zeros in front or dashes only: "merge" (one pupil, class or school)
            or "keep" (two).
        accept
            Questions that were looked at, and whose answer is "it is right as it stands": "codes", "order", "labels",
            "numbers".

        Returns
        -------
        Panel
            `notes` says what was done, `guesses` what the table left open.

        Raises
        ------
        DataError
            A column is missing, named twice or not numeric; two rows of one pupil and wave; a variable never observed
            or constant at a wave; variables that are one another's copies, or that say nothing about change; fewer
            than two waves; an unknown class or school; movers; a covariate that is missing, constant or varies within
            a pupil; values that look like codes for "missing", waves whose order is not certain, labels that differ in
            spelling only, unless the arguments above answer for them.

        Warns
        -----
        DataWarning
            A guess that may well be wrong.
        """
        entry = read_long(
            frame,
            pupil=pupil,
            wave=wave,
            variables=variables,
            waves=waves,
            classroom=classroom,
            school=school,
            district=district,
            covariates=covariates,
            answers=Answers(missing=missing, keep_codes=keep_codes, alike=alike, accept=accept),
        )
        return cls._admit(entry, movers)

    @classmethod
    def from_wide(
        cls,
        frame: pd.DataFrame,
        *,
        columns: Mapping[str, Sequence[str]],
        pupil: str | None = None,
        waves: Sequence[object] | None = None,
        classroom: str | Sequence[str] | None = None,
        school: str | Sequence[str] | None = None,
        district: str | Sequence[str] | None = None,
        covariates: Sequence[str] = (),
        movers: Movers = "error",
        missing: Missing = None,
        keep_codes: bool | Sequence[float] = False,
        alike: Alike | None = None,
        accept: Sequence[str] = (),
    ) -> Panel:
        """Build a panel from a table with one row per pupil.

        Parameters
        ----------
        frame
            The table.
        columns
            Variable -> its columns in the order of the waves, for example ``{"rejection": ["rej1", "rej2"]}``.
        pupil
            Column that names the pupil (default: the rows are numbered from 1).
        waves
            Names of the waves (default "1", "2", ...).
        classroom, school, district
            As in `from_long`: one column, or one per wave in the order of the waves.
        covariates
            As in `from_long`, one value per pupil.
        movers, missing, keep_codes, alike, accept
            As in `from_long`. `missing` may name a variable or one of its columns.

        Returns
        -------
        Panel

        Raises
        ------
        DataError
            As in `from_long`; also different numbers of columns per variable, and columns whose names contradict the
            order in which they are given.

        Warns
        -----
        DataWarning
            A guess that may well be wrong.
        """
        entry = read_wide(
            frame,
            columns=columns,
            pupil=pupil,
            waves=waves,
            classroom=classroom,
            school=school,
            district=district,
            covariates=covariates,
            answers=Answers(missing=missing, keep_codes=keep_codes, alike=alike, accept=accept),
        )
        return cls._admit(entry, movers)

    @staticmethod
    def from_summary(
        *,
        mean: ArrayLike,
        cov: ArrayLike,
        n: int,
        variables: Sequence[str],
        waves: Sequence[object],
        divisor: Literal["n-1", "n"] = "n-1",
    ) -> Moments:
        """Build moments from a published table of means and covariances; see `from_published`.

        Parameters
        ----------
        mean : [cell] or [wave, variable]
            Cells in wave-major order: all variables of the first wave, then all of the second.
        cov : [cell, cell]
            Covariances in the same order (not correlations).
        n
            Number of pupils with complete data behind the table.
        variables, waves
            Names, in order.
        divisor
            What the sums of squares were divided by: "n-1" (usual) or "n" (maximum likelihood).

        Returns
        -------
        Moments
            There are no pupils behind it, hence no Panel.

        Raises
        ------
        DataError
            Shapes that do not fit, an asymmetric or not positive definite table, too few pupils.
        """
        return from_published(mean=mean, cov=cov, n=n, variables=variables, waves=waves, divisor=divisor)

    def moments(self, min_block: int = 1) -> Moments:
        """Reduce the panel to the sums that a model needs; see `summarise` for `min_block` and disclosure."""
        return summarise(self, min_block)

    def of_pupils(self, keep: NDArray[np.bool_]) -> Panel:
        """Return the panel of some pupils [pupil]; classes and schools that nobody is left of are gone."""
        parts: dict[str, Any] = {}
        for codes, names in (("classroom", "class_names"), ("school", "school_names")):
            found = getattr(self, codes)
            if found is not None:
                known, parts[codes] = np.unique(found[keep], return_inverse=True)
                parts[names] = tuple(getattr(self, names)[code] for code in known)
        parts |= {name: getattr(self, name)[keep] for name in ("values", "pupils", "covariates")}
        return replace(self, **parts)

    def describe(self) -> Description:
        """Describe scores, missing patterns, clusters and covariates in tables."""
        return describe_panel(self)

    @classmethod
    def _admit(cls, entry: Entry, movers: Movers) -> Panel:
        """Choose the pupils, settle their clusters and check what remains."""
        entry = without_unscored(entry)
        scored = ~np.isnan(entry.values).all(axis=2)
        member = entry.school or entry.classroom
        if member is not None and member.codes.shape[1] == 1:
            scored = scored.any(axis=1, keepdims=True)
        settled = settle(entry.classroom, entry.school, scored, movers)
        entry = entry.of(settled.keep)
        require_scores(entry)
        require_covariates(entry)
        guesses = (
            *entry.guesses,
            *guess_of_links(entry),
            *refuse_degenerate(
                entry.values,
                variables=entry.variables,
                waves=entry.waves,
                pupils=entry.pupils,
                schools=None if settled.school is None else settled.school[:, None],
                school_labels=settled.school_names,
            ),
        )
        warn_of_doubts(guesses)
        return cls(
            values=entry.values,
            waves=entry.waves,
            variables=entry.variables,
            pupils=entry.pupils,
            covariates=entry.covariates,
            covariate_names=entry.covariate_names,
            classroom=settled.classroom,
            class_names=settled.class_names,
            school=settled.school,
            school_names=settled.school_names,
            notes=entry.notes + settled.notes + cautions(entry.values, entry.variables, entry.waves, entry.times),
            guesses=guesses,
        )
