"""From a table of a trial to its arrays, with every check of the input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bayespanel.data.clusters import Membership, settle
from bayespanel.data.columns import numbers_of, require_columns, require_names, require_table
from bayespanel.data.labels import labelled
from bayespanel.data.sentinels import warn_of_sentinels
from bayespanel.data.trial_arms import read_arms, require_arms, require_outcomes
from bayespanel.data.wording import counted, label_of, listed
from bayespanel.errors import DataError, nearest

Array = NDArray[np.float64]


def read_trial(
    frame: pd.DataFrame,
    *,
    arm: str,
    outcomes: Sequence[str],
    randomised: str,
    baseline: Mapping[str, str] | None,
    covariates: Sequence[str],
    classroom: str | None,
    school: str | None,
    pupil: str | None,
    control: object,
) -> dict[str, Any]:
    """Return the fields of a `Trial`; the arguments are those of `Trial.from_frame`."""
    frame = require_table(frame).reset_index(drop=True)
    names = require_names(outcomes, "outcomes")
    covariate_names = require_names(covariates, "covariates", allow_empty=True)
    pairs = _baselines({} if baseline is None else baseline, names)
    _require_free([pre for _, pre in pairs], covariate_names)
    clusters = {"classroom": classroom, "school": school}
    roles: dict[str, Sequence[str]] = {"arm": [arm], "outcomes": names, "baseline": [pre for _, pre in pairs]}
    roles["covariates"] = covariate_names
    roles |= {role: [column] for role, column in (clusters | {"pupil": pupil}).items() if column is not None}
    require_columns(frame, roles)
    _require_unit(randomised, clusters)
    notes: list[str] = []
    pupils = _pupils(frame, pupil, clusters)
    codes, arms = read_arms(frame[arm], arm, control, notes)
    cells, categories = [], []
    for name in (*names, *(pre for _, pre in pairs)):
        value, labels = _score(frame, name, notes)
        cells.append(value)
        if labels:
            categories.append((name, labels))
    values = np.column_stack(cells)
    seen = ~np.isnan(values).all(axis=1)
    if not seen.all():
        lost = int((~seen).sum())
        notes.append(
            f"{counted(lost, 'row')} without any outcome or baseline {'was' if lost == 1 else 'were'} left out."
        )
        frame = frame[seen].reset_index(drop=True)
        values, codes, pupils = values[seen], codes[seen], pupils[seen]
    # After the rows without scores have gone, lest a category that only they have becomes a column.
    columns, dummies = _covariates(frame, covariate_names, notes)
    for column, name in [
        *zip(values.T, (*names, *(pre for _, pre in pairs)), strict=True),
        *zip(columns.T, dummies, strict=True),
    ]:
        if name not in dict(categories) and name in frame.columns:
            warn_of_sentinels(column, name)
    members = {role: _membership(frame[column]) for role, column in clusters.items() if column is not None}
    everyone = np.ones((len(codes), 1), dtype=bool)
    settled = settle(members.get("classroom"), members.get("school"), everyone, "error")
    unit = {"school": settled.school, "class": settled.classroom, "pupil": None}[randomised]
    unit_names = settled.school_names if randomised == "school" else settled.class_names
    require_arms(codes, arms, unit, unit_names, randomised)
    require_outcomes(values[:, : len(names)], names, codes, arms)
    _require_varying(values[:, len(names) :], [pre for _, pre in pairs], codes, arms)
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
        "categories": tuple(categories),
        "classroom": settled.classroom,
        "class_names": settled.class_names,
        "school": settled.school,
        "school_names": settled.school_names,
        "notes": (*notes, *settled.notes),
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
                f"{post!r} is none. {nearest(str(post), list(outcomes))}",
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
            f"With randomised='{randomised}' the data know the {randomised} of everybody.",
            f"{argument}=... was not given.",
            f"Name the column: {argument}='...'; or say randomised='pupil' if pupils were allocated one by one.",
        )


def _pupils(frame: pd.DataFrame, pupil: str | None, clusters: Mapping[str, str | None]) -> NDArray[np.object_]:
    if pupil is None:
        return np.arange(1, len(frame) + 1).astype(object)
    column = frame[pupil]
    missing = int(column.isna().sum())
    if missing:
        raise DataError(
            "Every row names its pupil.",
            f"Column {pupil!r} is missing in {counted(missing, 'row')} of {len(frame)}.",
            "Fill it in, or leave out pupil=...: rows are numbered then.",
        )
    twice = frame[column.duplicated(keep=False)]
    if len(twice):
        several = twice[pupil].nunique()
        for level, argument in (("school", "school"), ("class", "classroom")):
            where = clusters[argument]
            places = twice.groupby(pupil)[where].nunique() if where is not None else pd.Series(dtype=int)
            if (places > 1).any():
                who = places.index[places > 1][0]
                found = listed(twice.loc[twice[pupil] == who, where].unique())
                many = int((places > 1).sum())
                number = f"{counted(many, 'pupil')} {'stands' if many == 1 else 'stand'}"
                raise DataError(
                    f"A pupil belongs to one {level}.",
                    f"{number} in two, for example {pupil!r} {who!s} in {found}.",
                    "Keep the row of the place at randomisation; if numbers start again in every school, join school "
                    "and number into one column.",
                )
        raise DataError(
            "A trial's table has one row per pupil.",
            f"{counted(several, 'pupil')} {'has' if several == 1 else 'have'} several rows, for example {pupil!r} "
            f"{twice[pupil].iloc[0]!s}.",
            "Spread waves over columns (one for the baseline, one for the outcome), or drop the copies.",
        )
    return np.asarray(column, dtype=object)


def _score(frame: pd.DataFrame, name: str, notes: list[str]) -> tuple[Array, tuple[str, ...]]:
    """Return a score, and its labels where it came as ordered categories."""
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
    if isinstance(column.dtype, pd.CategoricalDtype) or not _is_numeric(column):
        present = column.dropna()
        words = present[pd.to_numeric(present.astype(str), errors="coerce").isna()]
        if isinstance(column.dtype, pd.CategoricalDtype):
            words = present
        if len(words) and (words.nunique() <= 20 or isinstance(column.dtype, pd.CategoricalDtype)):
            labels = tuple(dict.fromkeys(words.astype(str)))
            raise DataError(
                "The categories of an outcome have an order, and the table must say it.",
                f"Column {name!r} holds unordered category labels: {listed(labels)}.",
                f"Order them: frame[{name!r}] = pd.Categorical(frame[{name!r}], [lowest, ..., highest], ordered=True).",
            )
    return numbers_of(frame, name), ()


def _covariates(frame: pd.DataFrame, names: tuple[str, ...], notes: list[str]) -> tuple[Array, tuple[str, ...]]:
    """Return covariates as numbers, categories written out against the first one."""
    columns, out = [np.zeros((len(frame), 0))], []
    gaps: dict[str, int] = {}
    for name in names:
        column = frame[name]
        categorical = isinstance(column.dtype, pd.CategoricalDtype)
        if not categorical and _is_numeric(column):
            value = numbers_of(frame, name, covariate=True)
            gaps[name] = int(np.isnan(value).sum())
            columns.append(value[:, None])
            out.append(name)
            continue
        found = labelled(column)
        codes = found.codes.astype(float)
        codes[codes < 0] = np.nan
        labels = found.labels
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


def _is_numeric(column: pd.Series) -> bool:
    """Say whether a column holds numbers, also one that pandas keeps as objects."""
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
                    "A baseline is observed in every arm: where it is missing for all, arm and missingness are one.",
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


def _membership(column: pd.Series) -> Membership:
    found = labelled(column)
    return Membership(str(column.name), found.codes[:, None], found.labels)
