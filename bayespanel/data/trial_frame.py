"""From a table of a trial to its arrays, with every check of the input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bayespanel.data.clusters import Membership, settle
from bayespanel.data.columns import require_columns, require_names, require_table
from bayespanel.data.degenerate import refuse_degenerate_outcome
from bayespanel.data.district import guess_of_districts
from bayespanel.data.guesses import warn_of_doubts
from bayespanel.data.members import memberships
from bayespanel.data.reading import Answers, Reading
from bayespanel.data.sampling_weights import guess_of_weights
from bayespanel.data.strata import require_arms_within, require_listed
from bayespanel.data.trial_arms import guess_of_allocation, read_arms, require_arms, require_outcomes
from bayespanel.data.unnamed_columns import guess_of_unnamed
from bayespanel.data.wording import counted, label_of, listed
from bayespanel.language.errors import DataError, nearest
from bayespanel.language.plain_names import require_distinct_pathways, require_plain_names

Array = NDArray[np.float64]

LABELS = 20
"""Distinct words up to which a column of words holds categories."""


def read_trial(
    frame: pd.DataFrame,
    *,
    arm: str,
    outcomes: Sequence[str],
    randomised: str,
    baseline: Mapping[str, str] | None,
    covariates: Sequence[str],
    strata: Sequence[str],
    classroom: str | None,
    school: str | None,
    district: str | None,
    pupil: str | None,
    control: object,
    answers: Answers,
) -> dict[str, Any]:
    """Return the fields of a `Trial`; the arguments are those of `Trial.from_frame`."""
    reading = Reading(require_table(frame).reset_index(drop=True), answers)
    names = require_names(outcomes, "outcomes")
    covariate_names = require_names(covariates, "covariates", allow_empty=True)
    blocks = require_names(strata, "strata", allow_empty=True)
    require_listed(blocks, covariate_names)
    pairs = _baselines({} if baseline is None else baseline, names)
    _require_free([pre for _, pre in pairs], covariate_names)
    clusters = {"classroom": classroom, "school": school}
    places = {role: [name] for role, name in (clusters | {"district": district}).items() if name is not None}
    roles: dict[str, Sequence[str]] = {"arm": [arm], "outcomes": names, "baseline": [pre for _, pre in pairs]}
    roles["covariates"] = covariate_names
    roles |= places
    roles |= {} if pupil is None else {"pupil": [pupil]}
    require_columns(reading.frame, roles)
    _require_unit(randomised, clusters)
    notes: list[str] = []
    members, named = memberships(reading, places)
    pupils = _pupils(reading, pupil, members)
    codes, arms = read_arms(reading, arm, control, notes)
    require_distinct_pathways((f"{one}: {name}" for one in arms for name in names), error=DataError)
    pres = [pre for _, pre in pairs]
    ordered = {name: found for name in (*names, *pres) if (found := _categories(reading.frame, name, notes))}
    known = [name for name in covariate_names if name not in blocks and _is_numeric(reading, name)]
    scores, numeric = reading.numbers({name: [name] for name in (*names, *pres) if name not in ordered}, known)
    values = np.column_stack([ordered[name][0] if name in ordered else scores[name][0] for name in (*names, *pres)])
    seen = ~np.isnan(values).all(axis=1)
    if not seen.all():
        lost = int((~seen).sum())
        notes.append(
            f"{counted(lost, 'row')} without any outcome or baseline {'was' if lost == 1 else 'were'} left out."
        )
        reading.frame = reading.frame[seen].reset_index(drop=True)
        values, codes, pupils = values[seen], codes[seen], pupils[seen]
        members = {role: member.of(seen) for role, member in members.items()}
        numeric = {name: value[seen] for name, value in numeric.items()}
    # After the rows without scores have gone, lest a category that only they have becomes a column.
    columns, dummies = _covariates(reading, covariate_names, numeric, notes)
    for name in blocks:
        require_arms_within(name, columns[:, [one.startswith(f"{name}[") for one in dummies]], codes, arms)
    everyone = np.ones((len(codes), 1), dtype=bool)
    settled = settle(members.get("classroom"), members.get("school"), everyone, "error")
    unit = {"school": settled.school, "class": settled.classroom, "pupil": None}[randomised]
    unit_names = settled.school_names if randomised == "school" else settled.class_names
    require_arms(codes, arms, unit, unit_names, randomised)
    require_outcomes(values[:, : len(names)], names, codes, arms)
    _require_varying(values[:, len(names) :], pres, codes, arms)
    guesses = (
        *reading.guesses,
        *guess_of_allocation(codes, randomised, {"school": settled.school, "class": settled.classroom}),
        *guess_of_districts(reading.frame, roles),
        *guess_of_weights(reading.frame, roles),
        *guess_of_unnamed(reading.frame, roles),
        *refuse_degenerate_outcome(
            values,
            variables=(*names, *pres),
            pupils=pupils,
            schools=settled.school,
            school_labels=settled.school_names,
        ),
    )
    warn_of_doubts(guesses)
    return {
        "values": values,
        "outcomes": names,
        "baseline": pairs,
        "arm": codes,
        "arms": arms,
        "randomised": randomised,
        "pupils": pupils,
        "covariates": columns,
        "covariate_names": dummies,
        "categories": tuple((name, labels) for name, (_, labels) in ordered.items()),
        "classroom": settled.classroom,
        "class_names": settled.class_names,
        "school": settled.school,
        "school_names": settled.school_names,
        "notes": (*notes, *named, *settled.notes),
        "guesses": guesses,
    }


def _baselines(baseline: Mapping[str, str], outcomes: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Return pairs of outcome and baseline, in the order of the outcomes."""
    if not isinstance(baseline, Mapping):
        raise DataError(
            "'baseline' maps each outcome to the column of its baseline.",
            f"You gave {baseline!r}.",
            "Write baseline={'post': 'pre'}.",
        )
    for post in baseline:
        if post not in outcomes:
            raise DataError(
                "'baseline' names outcomes of the trial.",
                f"{post!r} is not known. {nearest(str(post), list(outcomes))}",
                "Correct the name, or add it to 'outcomes'.",
            )
    pres = list(baseline.values())
    twice = sorted({pre for pre in pres if pres.count(pre) > 1})
    if twice:
        posts = [post for post, pre in baseline.items() if pre == twice[0]]
        raise DataError(
            "A baseline belongs to one outcome.",
            f"{twice[0]!r} is named as the baseline of {listed(posts)}.",
            "Keep it for one of them, and give the column to the others as a covariate, under another name.",
        )
    return tuple((post, baseline[post]) for post in outcomes if post in baseline)


def _require_unit(randomised: str, clusters: Mapping[str, str | None]) -> None:
    if randomised not in ("school", "class", "pupil"):
        raise DataError(
            "'randomised' is school, class or pupil: what was allocated to the arms.",
            f"You gave {randomised!r}.",
            "Choose one of the three.",
        )
    argument = {"school": "school", "class": "classroom"}.get(randomised)
    if argument and clusters[argument] is None:
        raise DataError(
            f"With randomised='{randomised}' the data contain the {randomised} of everybody.",
            f"{argument}=... was not given.",
            f"Name the column: {argument}='...'; or say randomised='pupil' if pupils were allocated one by one.",
        )


def _pupils(reading: Reading, pupil: str | None, members: Mapping[str, Membership]) -> NDArray[np.object_]:
    """Return who answered [row]; a DataError where somebody has two rows."""
    if pupil is None:
        return np.arange(1, len(reading.frame) + 1).astype(object)
    codes, names = reading.pupils(pupil)
    twice = np.bincount(codes) > 1
    if not twice.any():
        return names[codes]
    for level, argument in (("school", "school"), ("class", "classroom")):
        if argument not in members:
            continue
        place = pd.Series(members[argument].codes[:, 0])
        several = place.groupby(codes).nunique() > 1
        if several.any():
            who = int(several.index[several][0])
            found = listed(members[argument].labels[code] for code in sorted(set(place[codes == who])) if code >= 0)
            many = int(several.sum())
            raise DataError(
                f"A pupil belongs to one {level}.",
                f"{counted(many, 'pupil')} {'stands' if many == 1 else 'stand'} in two, for example {pupil!r} "
                f"{names[who]!s} in {found}.",
                "Keep the row of the place at randomisation; if numbers start again in every school, join school "
                "and number into one column.",
            )
    raise DataError(
        "A trial's table has one row per pupil.",
        f"{counted(int(twice.sum()), 'pupil')} {'has' if twice.sum() == 1 else 'have'} several rows, for example "
        f"{pupil!r} {names[np.flatnonzero(twice)[0]]!s}.",
        "Spread waves over columns (one for the baseline, one for the outcome), or drop the copies.",
    )


def _categories(frame: pd.DataFrame, name: str, notes: list[str]) -> tuple[Array, tuple[str, ...]] | None:
    """Return the scores and labels of a column of ordered categories; None where the column is none.

    Raises
    ------
    DataError
        Categories without an order.
    """
    column = frame[name]
    if isinstance(column.dtype, pd.CategoricalDtype) and column.cat.ordered:
        unused = [label for label in column.cat.categories if not (column == label).any()]
        if unused:
            # No data could place the thresholds of a category that nobody chose.
            column = column.cat.remove_categories(unused)
            notes.append(f"Of {name!r}, {listed(map(label_of, unused))} never occurs and got no score.")
        labels = tuple(label_of(label) for label in column.cat.categories)
        notes.append(f"{name!r} is scored 0 to {len(labels) - 1}: {', '.join(labels)}.")
        code = column.cat.codes.to_numpy().astype(float)
        return np.where(code < 0, np.nan, code), labels
    if isinstance(column.dtype, pd.CategoricalDtype) or not _holds_numbers(column):
        present = column.dropna()
        words = present[pd.to_numeric(present.astype(str), errors="coerce").isna()]
        if isinstance(column.dtype, pd.CategoricalDtype):
            words = present
        categorical = isinstance(column.dtype, pd.CategoricalDtype)
        if len(words) and (categorical or (len(words) == len(present) and words.nunique() <= LABELS)):
            raise DataError(
                "The categories of an outcome have an order, and the table must say it.",
                f"Column {name!r} holds unordered category labels: {listed(dict.fromkeys(words.astype(str)))}.",
                f"Order them: frame[{name!r}] = pd.Categorical(frame[{name!r}], [lowest, ..., highest], ordered=True).",
            )
    return None


def _covariates(
    reading: Reading, names: tuple[str, ...], numeric: Mapping[str, Array], notes: list[str]
) -> tuple[Array, tuple[str, ...]]:
    """Return covariates as numbers: those that are, and categories written out against the first one."""
    columns, out = [np.zeros((len(reading.frame), 0))], []
    gaps: dict[str, int] = {}
    for name in names:
        if name in numeric:
            value = numeric[name]
            gaps[name] = int(np.isnan(value).sum())
            columns.append(value[:, None])
            out.append(name)
            continue
        found = reading.labels(name, "category")
        codes = found.codes.astype(float)
        codes[codes < 0] = np.nan
        labels = found.labels
        require_plain_names(labels, f"category of {name!r}", error=DataError)
        # Blank text is missing too, though pandas does not call it so.
        gaps[name] = int(np.isnan(codes).sum())
        if len(labels) < 2:
            columns.append(codes[:, None])
            out.append(name)
            continue
        notes.append(f"{name!r} has {counted(len(labels), 'category', 'categories')}; the reference is {labels[0]!r}.")
        for k, label in enumerate(labels[1:], start=1):
            columns.append(np.where(np.isnan(codes), np.nan, codes == k)[:, None])
            out.append(f"{name}[{label}]")
    values, written = np.hstack(columns).astype(float), tuple(out)
    _require_covariates(values, written, gaps)
    return values, written


def _require_covariates(columns: Array, dummies: tuple[str, ...], gaps: Mapping[str, int]) -> None:
    given = [f"{name!r} is missing for {counted(n, 'pupil')}" for name, n in gaps.items() if n]
    if given:
        raise DataError(
            "A covariate is known for everybody with a score.",
            f"{given[0][0].upper()}{'; '.join(given)[1:]}, of {len(columns)}.",
            "Drop these rows, fill the gaps (by multiple imputation), or leave the covariate out.",
        )
    for value, name in zip(columns.T, dummies, strict=True):
        if np.ptp(value) == 0:
            raise DataError(
                "A covariate differs between pupils.", f"{name!r} is the same for all {len(value)}.", "Leave it out."
            )


def _require_free(pres: Sequence[str], covariates: Sequence[str]) -> None:
    """Check that no covariate has the name of the column that says whose baseline is missing."""
    for pre in pres:
        if f"{pre} missing" in covariates:
            raise DataError(
                "A baseline is accompanied by a column '<baseline> missing'.",
                f"A covariate is named {f'{pre} missing'!r}.",
                "Rename the covariate.",
            )


def _is_numeric(reading: Reading, name: str) -> bool:
    """Say whether a column holds numbers, also one that pandas keeps as objects and one that keeps its spelling."""
    column = reading.frame[name]
    if isinstance(column.dtype, pd.CategoricalDtype):
        return False
    return name in reading.source.spelt.numeric or _holds_numbers(column)


def _holds_numbers(column: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(column.dtype) or (
        pd.api.types.is_object_dtype(column.dtype)
        and all(isinstance(value, Real | np.bool_) for value in column.dropna())
    )


def _require_varying(values: Array, pres: Sequence[str], arm: NDArray[np.int64], arms: Sequence[str]) -> None:
    for value, name in zip(values.T, pres, strict=True):
        seen = value[~np.isnan(value)]
        if not len(seen) or np.ptp(seen) == 0:
            raise DataError(
                "A baseline differs between pupils.",
                f"{name!r} has {'no value at all' if not len(seen) else f'the value {seen[0]:g} only'}.",
                "Leave it out of 'baseline'.",
            )
        spreads = []
        for g, label in enumerate(arms):
            here = value[(arm == g) & ~np.isnan(value)]
            if not len(here):
                raise DataError(
                    "A baseline is observed in every arm: if a whole arm lacks it, arm and missingness are the same.",
                    f"{name!r} is never observed in arm {label!r}.",
                    "Leave it out of 'baseline'.",
                )
            spreads.append(np.ptp(here))
        if max(spreads) == 0:
            raise DataError(
                "A baseline differs between the pupils of an arm.",
                f"Within every arm {name!r} has one value only.",
                "Check that it was measured before the trial and is no copy of the arm, or leave it out of 'baseline'.",
            )
