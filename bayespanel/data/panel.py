"""Panel: the pupils' scores over the waves, checked at the door."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from bayespanel.data.cautions import cautions
from bayespanel.data.clusters import Movers, settle
from bayespanel.data.columns import require_names
from bayespanel.data.degenerate import refuse_degenerate
from bayespanel.data.description import Description, describe
from bayespanel.data.groups import settled_groups, sizes_said
from bayespanel.data.guesses import said_of, warn_of_doubts
from bayespanel.data.labels import Alike
from bayespanel.data.long import read_long
from bayespanel.data.missing_patterns import find_kinds
from bayespanel.data.moments import Moments
from bayespanel.data.named_numbers import Numbers
from bayespanel.data.panel_table import PanelTable
from bayespanel.data.published import from_published
from bayespanel.data.reading import Answers, Missing
from bayespanel.data.school_years import SchoolYears, sizes_of_classes, years_of
from bayespanel.data.summarise import summarise
from bayespanel.data.table_arrays import Entry, guess_of_links, require_covariates, require_scores, without_unscored
from bayespanel.data.wave_times import Times, times_of
from bayespanel.data.wide import read_wide
from bayespanel.data.wording import counted


@dataclass(frozen=True, eq=False, repr=False)
class Panel(PanelTable):
    """The scores of pupils at several waves.

    Make one with `from_long` or `from_wide`, which check the table. The constructor itself checks types, shapes and
    names.

    Attributes
    ----------
    values : float64 [pupil, wave, variable]
        Raw scores; NaN for a missing score.
    waves, variables : tuple of str
        Names, in order.
    pupils : object [pupil]
        Labels of the pupils.
    covariates : float64 [pupil, covariate]
        Properties of the pupils that do not change over time; NaN where one is missing, see `from_long`.
    covariate_names : tuple of str
        Names of the covariates.
    classroom, school : int64 [pupil] or None
        Position of each pupil's class in `class_names`, and of each pupil's school in `school_names`.
    class_names, school_names : tuple of str
        Labels of the classes and of the schools.
    notes : tuple of str
        Everything that was done to the data while they were read, one sentence each.
    guesses : tuple of Guess
        Everything that the table did not make clear, and how it was decided.
    times : float64 [wave] or None
        When the waves took place, in one unit such as months; None where it is not known.
    group : int64 [pupil] or None
        Position of each pupil's group in `group_names`, for models whose parameters differ between groups.
    group_names : tuple of str
        Labels of the groups.
    grouping : str
        Name of the column that tells them; empty without groups.
    school_years : int64 [wave] or None
        School year of each wave, counted from 0, where classes are formed anew every year.
    courses : int64 [class, school year] or None
        The same: `classroom` then holds each pupil's course, the classes that the pupil went through, and this the
        number of the class of each course in each year, -1 without scores.
    """

    @classmethod
    def from_long(
        cls,
        frame: pd.DataFrame,
        *,
        pupil: str,
        wave: str,
        variables: Sequence[str],
        waves: Sequence[object] | None = None,
        times: Times = None,
        classroom: str | None = None,
        school: str | None = None,
        district: str | None = None,
        school_years: SchoolYears = None,
        covariates: Sequence[str] = (),
        group: str | None = None,
        incomplete: Sequence[str] = (),
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
            The table. If a pupil missed a wave, the row may be absent or contain NaN.
        pupil, wave
            Columns with the pupil and the wave. Waves that are numbers, dates, an ordered categorical, or labels with
            numbers such as "w2" and "w10" are put in their order. If the order cannot be seen from the labels, you are
            asked for it.
        variables
            Columns with the scores; at least one.
        waves
            All waves in the order of time, if the order cannot be seen from their labels.
        times
            When each wave took place, in one unit such as months: numbers in the order of the waves, or waves and their
            numbers, ``{"w1": 0, "w2": 5}``. A model in continuous time needs them, and random slopes follow them.
        classroom, school
            Columns with the class and the school, if the model has these levels. If the same class label occurs in two
            schools, it stands for two classes.
        district
            Column with the district, if the labels of schools are unique only within a district.
        school_years
            Where classes are formed anew every school year: the year of each wave in the order of the waves, for
            example ``[1, 1, 2, 2, 3]``, or the length of a year in the unit of `times`, counted from the first wave,
            for example 12. A class then has an effect on the scores of its year, and pupils cross classes inside their
            school. None: pupils keep their class.
        covariates
            Numeric columns that do not change within a pupil. A value known at one wave is used for all waves.
        group
            Column with the group of each pupil, such as girls and boys, if models with groups are to be fitted. It
            does not change within a pupil; a label known at one wave is used for all waves. Value labels (SPSS, Stata)
            become the names of the groups.
        incomplete
            Those covariates that some pupils may lack: a model has them as outcomes after the last wave
            (`RICLPM(distal=...)`), or models them beside the scores (`missing_covariates="modelled"`).
        movers
            What to do with pupils who have scores from two or more schools (or classes): "error" refuses the table;
            "first" counts each of them in the class and school of the first wave at which they have a score and both
            are known; "drop" leaves them out. A wave at which the pupil has no score does not count.
        missing
            The values that stand for "missing": numbers; words such as "." or "NA"; "labelled" for values whose value
            label (SPSS, Stata) says so; or a mapping from columns to these. Numbers apply to scores and covariates. For
            a column of labels, name the column: ``{"school": [99]}``.
        keep_codes
            Numbers that look like codes for "missing" but are scores; True for all of them.
        alike
            What to do with labels that differ only in case, leading zeros or dashes: "merge" treats them as one pupil,
            class or school, "keep" as two.
        accept
            Questions about the table that you have checked and answer with "the table is right as it is": "codes",
            "order", "labels" or "numbers".

        Returns
        -------
        Panel
            `notes` says what was done to the data, `guesses` what the table did not make clear.

        Raises
        ------
        DataError
            A column is missing, named twice or not numeric; a pupil has two rows for one wave; a variable is never
            observed, or is constant at a wave; a variable is a copy of another, or does not change over waves; there
            are fewer than two waves; a class or school is unknown; a pupil changes school or class (see `movers`); a
            covariate is missing, constant, or varies within a pupil; the column of groups does; times of waves do not
            increase. Also, unless the arguments above answer the question: values look like codes for
            "missing", the order of waves is not certain, or labels differ only in spelling.

        Warns
        -----
        DataWarning
            Something was guessed, and the guess may well be wrong.
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
            group=group,
            answers=Answers(missing=missing, keep_codes=keep_codes, alike=alike, accept=accept),
        )
        return cls._admit(entry, movers, times, incomplete, school_years)

    @classmethod
    def from_wide(
        cls,
        frame: pd.DataFrame,
        *,
        columns: Mapping[str, Sequence[str]],
        pupil: str | None = None,
        waves: Sequence[object] | None = None,
        times: Times = None,
        classroom: str | Sequence[str] | None = None,
        school: str | Sequence[str] | None = None,
        district: str | Sequence[str] | None = None,
        school_years: SchoolYears = None,
        covariates: Sequence[str] = (),
        group: str | None = None,
        incomplete: Sequence[str] = (),
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
            For each variable, its columns in the order of the waves, for example ``{"rejection": ["rej1", "rej2"]}``.
        pupil
            Column with the pupil. By default the rows are numbered from 1.
        waves
            Names of the waves. The default is "1", "2", ...
        times
            As in `from_long`.
        classroom, school, district
            As in `from_long`: one column, or one column per wave in the order of the waves.
        school_years
            As in `from_long`; `classroom` then names one column per wave.
        covariates, group
            As in `from_long`, with one value per pupil.
        incomplete
            As in `from_long`.
        movers, missing, keep_codes, alike, accept
            As in `from_long`. `missing` may name a variable or one of its columns.

        Returns
        -------
        Panel
            `notes` says what was done to the data, `guesses` what the table did not make clear.

        Raises
        ------
        DataError
            As in `from_long`. Also, variables have different numbers of columns, or the names of the columns contradict
            the order in which they are given.

        Warns
        -----
        DataWarning
            Something was guessed, and the guess may well be wrong.
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
            group=group,
            answers=Answers(missing=missing, keep_codes=keep_codes, alike=alike, accept=accept),
        )
        return cls._admit(entry, movers, times, incomplete, school_years)

    @staticmethod
    def from_summary(
        *,
        mean: Numbers,
        cov: Numbers,
        n: int,
        variables: Sequence[str],
        waves: Sequence[object],
        times: Times = None,
        divisor: Literal["n-1", "n"] = "n-1",
    ) -> Moments:
        """Make moments from a published table of means and covariances.

        Parameters
        ----------
        mean : [cell] or [wave, variable]
            Means, in raw units. Where they carry names, such as "read_t1" in a Series, they are read by these; else all
            variables of the first wave come first, then all of the second.
        cov : [cell, cell]
            Covariances (not correlations), by their names or in the same order; rows of a lower triangle will do.
        n
            Number of pupils with complete data in the table.
        variables, waves
            Names, in order.
        times
            As in `from_long`.
        divisor
            The number by which the sums of squares were divided: "n-1" (usual), or "n" (maximum likelihood).

        Returns
        -------
        Moments
            The result is not a Panel, because a published table contains no single pupils.

        Raises
        ------
        DataError
            The shapes do not fit together, a name is that of no cell, the covariances are not symmetric or not positive
            definite, or there are too few pupils.
        """
        return from_published(mean=mean, cov=cov, n=n, variables=variables, waves=waves, times=times, divisor=divisor)

    def moments(self, min_block: int = 1) -> Moments:
        """Reduce the panel to the sums that a model needs.

        Parameters
        ----------
        min_block
            Smallest block (pupils of one cluster with the same missing scores) that is kept. With the default 1 all are
            kept, and the sums of a block of one pupil are the scores of that pupil.

        Returns
        -------
        Moments
            Their `notes` count who was left out. `bayespanel.data.summarise.summarise` says how they protect pupils.
        """
        return summarise(self, min_block)

    def describe(self) -> Description:
        """Describe scores, missing patterns, clusters and covariates in tables."""
        values = self.values.reshape(self.n_pupils, -1)
        observed = ~np.isnan(values)
        count = observed.sum(axis=0)
        mean = np.nansum(values, axis=0) / np.maximum(count, 1)
        kind, _, patterns = find_kinds(np.zeros(len(values), np.int64), observed)
        x, known = self.covariates, (~np.isnan(self.covariates)).sum(axis=0)
        centre = np.nansum(x, axis=0) / np.maximum(known, 1)
        codes = {"class": self.classroom, "school": self.school}
        sizes = {level: np.bincount(found) for level, found in codes.items() if found is not None}
        if self.courses is not None:
            sizes["class"] = sizes_of_classes(self.courses, sizes["class"])
        return describe(
            f"Panel of {counted(self.n_pupils, 'pupil')}",
            (self.waves, self.variables),
            scores=(count, mean, np.nansum((values - mean) ** 2, axis=0)),
            limits=(np.fmin.reduce(values, axis=0), np.fmax.reduce(values, axis=0)),
            patterns=(patterns, np.bincount(kind)),
            sizes=sizes,
            covariates=(self.covariate_names, centre, np.nansum((x - centre) ** 2, axis=0)),
            covariate_limits=(np.fmin.reduce(x, axis=0), np.fmax.reduce(x, axis=0)),
            covariate_n=known,
            notes=(*sizes_said(self.grouping, self.group_names, self.group), *said_of(self)),
        )

    @classmethod
    def _admit(
        cls, entry: Entry, movers: Movers, times: Times, incomplete: Sequence[str], school_years: SchoolYears
    ) -> Panel:
        """Choose the pupils, settle their clusters and check what remains."""
        at = times_of(times, entry.waves)
        years = years_of(school_years, entry.waves, at)
        entry = without_unscored(entry)
        scored = ~np.isnan(entry.values).all(axis=2)
        member = entry.school or entry.classroom
        if member is not None and member.codes.shape[1] == 1:
            scored = scored.any(axis=1, keepdims=True)
        settled = settle(entry.classroom, entry.school, scored, movers, years)
        entry = entry.of(settled.keep)
        require_scores(entry)
        require_covariates(entry, require_names(incomplete, "incomplete", allow_empty=True))
        groups = settled_groups(entry.group)
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
            notes=entry.notes
            + settled.notes
            + cautions(entry.values, entry.variables, entry.wave_columns or entry.waves, at),
            guesses=guesses,
            times=at,
            group=None if groups is None else groups.codes,
            group_names=() if groups is None else groups.labels,
            grouping="" if groups is None else groups.column,
            school_years=years,
            courses=settled.courses,
        )
