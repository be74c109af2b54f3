"""A table while it is read: its columns by the part they play, and every guess that was made on the way."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bayespanel.data.clusters import Membership
from bayespanel.data.code_answers import require_answered_columns
from bayespanel.data.codes import CodeAnswers, require_code_answers, settle_codes
from bayespanel.data.columns import numbers_of, require_table
from bayespanel.data.guesses import Guess, require_questions
from bayespanel.data.label_codes import LabelColumn, numbers_among, without_codes
from bayespanel.data.label_text import cleaned
from bayespanel.data.labels import Alike, Labelled, LabelRules, labelled, reordered
from bayespanel.data.row_filters import guess_of_filter
from bayespanel.data.source import source_of
from bayespanel.data.value_labels import (
    Labels,
    by_name,
    guess_of_kinds,
    guess_of_outdated,
    is_outdated,
    moved_labels,
    several_names,
    value_labels_of,
)
from bayespanel.data.wave_labels import order_told, require_labels_in_order
from bayespanel.data.waves import names_of_waves, order_of_waves
from bayespanel.data.wording import counted, label_of, listed
from bayespanel.language.errors import DataError

Missing = float | str | Sequence[float | str] | Mapping[str, float | str | Sequence[float | str]] | None
"""What stands for "missing": numbers, words, "labelled", or those of each column."""


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What the caller says beforehand about what a table leaves open; the arguments that all readers share.

    Attributes
    ----------
    missing
        Values that stand for "missing": numbers, words such as "." or "NA", "labelled" for the values whose value
        label says so, or a mapping of columns to these.
    keep_codes
        Numbers that look like codes for "missing" and are scores; True for all.
    alike
        What labels are that differ in case, zeros in front or dashes only: "merge" or "keep".
    accept
        Questions that were looked at, of `QUESTIONS`.
    """

    missing: Missing = None
    keep_codes: bool | Sequence[float] = False
    alike: Alike | None = None
    accept: Sequence[str] = ()


LEVELS = ("pupil", "wave", "class", "school", "district", "arm", "group")
"""What labels name; `missing` may speak of one of these in place of its column."""


class Reading:
    """A table while it is read.

    Attributes
    ----------
    frame : pandas.DataFrame
    guesses : list of Guess
        So far, in the order in which they were made.
    """

    def __init__(self, frame: object, answers: Answers) -> None:
        self.frame: pd.DataFrame = require_table(frame)
        self.source = source_of(self.frame)
        self.guesses: list[Guess] = [*self.source.guesses, *guess_of_filter(self.frame)]
        self.accept = require_questions(answers.accept)
        self.alike = _require_alike(answers.alike)
        self._labels: dict[str, Labels] = {}
        self.codes: CodeAnswers = require_code_answers(answers.missing, answers.keep_codes, self.accept)

    def numbers(
        self, variables: Mapping[str, Sequence[str]], covariates: Sequence[str] = ()
    ) -> tuple[dict[str, list[NDArray[np.float64]]], dict[str, NDArray[np.float64]]]:
        """Return columns of numbers, codes for "missing" taken out.

        Parameters
        ----------
        variables
            Variable -> its columns: one in a long table, one per wave in a wide table.
        covariates
            Columns of covariates.

        Returns
        -------
        dict
            Variable -> its columns [row].
        dict
            Covariate -> its column [row].

        Raises
        ------
        DataError
            No numbers, or what looks like a code for "missing" and was not answered for.
        """
        require_answered_columns(self.codes, [*map(str, self.frame.columns), *variables, *LEVELS])
        groups = {**variables, **{name: [name] for name in covariates}}
        read = {
            variable: {
                column: numbers_of(
                    self.frame,
                    column,
                    covariate=variable not in variables,
                    absent=self.codes.texts_for(column, variable),
                    accept=self.accept,
                )
                for column in columns
            }
            for variable, columns in groups.items()
        }
        labels = {column: self.value_labels(column) for columns in groups.values() for column in columns}
        for variable, columns in groups.items():
            moved = moved_labels(variable, {column: labels[column] for column in columns})
            self.guesses += [moved] if moved else []
        self._note_words(groups)
        settled, guesses = settle_codes(
            read, value_labels=labels, answers=self.codes, beside=self._codes_beside(labels)
        )
        self.guesses += guesses
        kinds = (guess_of_kinds(self.frame, name, settled[name][name], labels[name]) for name in covariates)
        self.guesses += filter(None, kinds)
        return (
            {variable: list(settled[variable].values()) for variable in variables},
            {name: settled[name][name] for name in covariates},
        )

    def _codes_beside(self, read: Collection[str]) -> set[float]:
        """Return the codes that were named for all columns and that other columns than these hold, such as labels."""
        found: set[float] = set()
        for at, name in enumerate(self.frame.columns if self.codes.missing else ()):
            if name not in read:
                numbers = numbers_among(self.frame.iloc[:, at])
                found |= {code for code in self.codes.missing if numbers.eq(code).any()}
        return found

    def _points(self, column: str) -> list[Guess]:
        pair = self.source.spelt.thousands.get(column)
        if pair is None:
            return []
        mark, other = ("point", ",") if self.source.spelt.decimal == "." else ("comma", ".")
        return [
            Guess(
                "numbers",
                f"All numbers with a {mark} in column {column!r} have three digits after it, such as {listed(pair)}.",
                f"It was taken as a decimal {mark}.",
                f"If it separates thousands, read the file with decimal='{other}'.",
                "numbers" not in self.accept,
            )
        ]

    def _note_words(self, groups: Mapping[str, Sequence[str]]) -> None:
        """Record the words for "missing" that columns of scores hold, and points that may separate thousands."""
        for variable, columns in groups.items():
            for column in columns:
                self.guesses += self._points(column)
                words = self.codes.texts_for(column, variable)
                series = self.frame[column]
                if not words or pd.api.types.is_numeric_dtype(series.dtype):
                    continue
                number = sum(isinstance(cell, str) and cell.strip() in words for cell in series)
                if number:
                    self.guesses.append(
                        Guess(
                            "codes",
                            f"Column {column!r} holds {listed(sorted(words))} in {counted(number, 'row')}.",
                            "They became missing, as you said.",
                            "",
                        )
                    )

    def value_labels(self, column: str) -> Labels:
        """Return code -> label of a column; labels of codes that were changed since are left out, which is noted."""
        if column not in self._labels:
            self._labels[column] = value_labels_of(self.frame, column)
            self.guesses += [guess_of_outdated(column)] if is_outdated(self.frame, column) else []
        return self._labels[column]

    def labels(self, column: str, what: str, *, within: NDArray[np.int64] | None = None) -> Labelled:
        """Return a column of labels of pupils, classes, schools, districts or arms as codes; see `labelled`."""
        return labelled(self._without_codes([column], what), self._rules((column,), what), self.guesses, within)

    def pupils(self, column: str) -> tuple[NDArray[np.int64], NDArray[np.object_]]:
        """Return the position of each row's pupil [row], and the pupils [pupil] in order of appearance.

        Pupils that numbers name keep their numbers, all others are text.
        """
        found = self.labels(column, "pupil")
        require_known(found.codes, "pupil", column)
        order, first = np.unique(found.codes, return_index=True)
        position = np.empty(len(order), dtype=np.int64)
        position[np.argsort(first)] = np.arange(len(order))
        if pd.api.types.is_numeric_dtype(self.frame[column].dtype):
            values = self.frame[column].iloc[np.sort(first)]
            names = np.array([int(value) if value == int(value) else value for value in values], dtype=object)
        else:
            names = np.array(found.labels, dtype=object)[np.argsort(first)]
        return position[found.codes], names

    def membership(self, columns: Sequence[str], what: str, within: Membership | None = None) -> Membership:
        """Return the class, school or district of every row.

        Parameters
        ----------
        columns
            One column, or one per wave.
        what
            "class", "school" or "district".
        within
            The schools, of classes: [row, 1] or [row, column].
        """
        torn = several_names({column: self.value_labels(column) for column in columns})
        self.guesses += [torn] if torn else []
        stacked = self._without_codes(columns, what) if torn is None else self._by_name(columns, what)
        outer = None
        if within is not None:
            outer = np.broadcast_to(within.codes, (len(self.frame), len(columns))).ravel(order="F")
        found = labelled(stacked, self._rules(columns, what, names=torn is None), self.guesses, outer)
        return Membership(str(stacked.name), found.codes.reshape(len(columns), -1).T, found.labels)

    def waves(self, column: str, given: Sequence[object] | None) -> Labelled:
        """Return a column of waves as codes in the order of time; see `order_of_waves`.

        Raises
        ------
        DataError
            A row without a wave; an order that the labels do not tell, unless `given` or accepted.
        """
        series = self._without_codes([column], "wave")
        found = labelled(series, self._rules((column,), "wave", names=False), self.guesses)
        require_known(found.codes, "wave", column)
        categorical = isinstance(series.dtype, pd.CategoricalDtype)
        names = {label_of(code): cleaned(text) for code, text in self.value_labels(column).items()}
        told = order_told(found.labels, names)
        as_told = given is not None and told == tuple(names_of_waves(given))
        by_appearance = [found.labels[code] for code in pd.unique(pd.Series(found.codes))]
        order = order_of_waves(
            by_appearance,
            column=column,
            numeric=pd.api.types.is_datetime64_any_dtype(series.dtype),
            ordered=list(found.labels) if categorical and series.cat.ordered else None,
            given=given,
            accept=(*self.accept, "order") if as_told else self.accept,
        )
        self.guesses += order.guesses
        if given is None:
            self.guesses += require_labels_in_order(column, order.labels, names, self.accept)
        return reordered(found, order.labels)

    def _rules(self, columns: Sequence[str], what: str, *, names: bool = True) -> LabelRules:
        spelt = self.source.spelt
        return LabelRules(
            what=what,
            written={n: text for column in columns for n, text in spelt.as_written.get(column, {}).items()},
            names={c: text for column in columns for c, text in self.value_labels(column).items()} if names else {},
            absent={text for column in columns for text in self.codes.texts_for(column, what)},
            keep=self.codes.keep is True,
            alike=self.alike,
            accept=self.accept,
        )

    def _without_codes(self, columns: Sequence[str], what: str) -> pd.Series:
        """Return columns of labels, one below the other, without the numbers that stand for "missing"."""
        named = {name for column in columns for name in (column, what)}
        about = LabelColumn(
            title=columns[0] if len(columns) == 1 else ", ".join(columns),
            what=what,
            own={number for name in named for number in self.codes.of.get(name, ((), ()))[0]},
            names={code: text for column in columns for code, text in self.value_labels(column).items()},
        )
        return without_codes(
            _below(columns, [self.frame[column] for column in columns]), about, self.codes, self.guesses
        )

    def _by_name(self, columns: Sequence[str], what: str) -> pd.Series:
        """Return columns of labels, one below the other, each number by the value label of its own column."""
        parts = [by_name(self._without_codes([column], what), self.value_labels(column)) for column in columns]
        return _below(columns, parts)


def _below(columns: Sequence[str], parts: Sequence[pd.Series]) -> pd.Series:
    """Return columns one below the other, under a title that names them."""
    return parts[0] if len(parts) == 1 else pd.concat(parts, ignore_index=True).rename(", ".join(columns))


def require_known(codes: NDArray[np.int64], what: str, column: str) -> None:
    """Check that no label is missing; a DataError otherwise."""
    missing = int((codes < 0).sum())
    if missing:
        raise DataError(
            f"Every row names its {what}.",
            f"Column {column!r} is missing or blank in {counted(missing, 'row')} of {len(codes)}.",
            f"Drop these rows, or fill in the {what}.",
        )


def _require_alike(alike: object) -> Alike | None:
    if alike not in (None, "merge", "keep"):
        raise DataError(
            "'alike' says how labels are treated that differ only in case, leading zeros or dashes.",
            f"You gave {alike!r}.",
            "Use 'merge' (one and the same), 'keep' (different), or leave it out.",
        )
    return alike
