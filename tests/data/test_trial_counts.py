"""Counts of a trial hold every pupil with a score once per outcome, in the right place."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bayespanel.data import Trial, TrialCounts, TrialMoments
from bayespanel.language.errors import DataError
from tests.data.trial_tables import build, table


def ordinal() -> Trial:
    frame = table(160, 8)
    rng = np.random.default_rng(1)
    frame["answer"] = pd.Categorical(rng.choice(["no", "yes"], len(frame)), ["no", "yes"], ordered=True)
    frame["pre"] = rng.integers(0, 4, len(frame)).astype(float)
    for column in ("rating", "answer", "pre"):
        frame.loc[rng.random(len(frame)) < 0.2, column] = np.nan
    return build(
        frame, outcomes=["rating", "answer"], baseline={"rating": "pre"}, covariates=["sex"], classroom="class"
    )


def test_counts_equal_a_loop_over_pupils() -> None:
    trial = ordinal()
    counts = trial.counts()
    pre = trial.values[:, 2]
    slow: Counter[tuple[Any, ...]] = Counter()
    for i in range(trial.n_pupils):
        for o in range(2):
            score = trial.values[i, o]
            if not np.isnan(score):
                lacks = bool(np.isnan(pre[i])) and o == 0
                own = 0.0 if o == 1 else np.nanmean(pre) if lacks else pre[i]
                place = (o, int(trial.arm[i]), int(trial.classroom[i]), trial.covariates[i, 0], own, lacks)  # type: ignore[index]
                slow[(*place, int(score))] += 1
    found = {}
    for r in range(len(counts.outcome)):
        place = (
            counts.outcome[r],
            counts.arm[r],
            counts.cluster[r],
            counts.x[r, 0],
            counts.pre[r],
            counts.pre_missing[r],
        )
        for category, number in enumerate(counts.counts[r]):
            if number:
                found[(*(value.item() for value in place), category)] = int(number)
    assert found == slow
    assert counts.categories == (("0", "1", "2", "3"), ("no", "yes"))
    assert counts.n_pupils == (~np.isnan(trial.values[:, :2])).any(axis=1).sum()
    assert [counts.class_names[c].split("/")[0] for c in counts.cluster] == [
        counts.school_names[counts.parent[c]] for c in counts.cluster
    ]


def test_reducing_equals_counting_the_reduced_trial() -> None:
    counts = ordinal().counts()
    few = counts.reduced(outcomes=["answer"])
    assert few.counts.shape[1] == 2
    assert few.x.shape[1] == 0
    assert few.baseline == ()
    assert few.counts.sum() == counts.counts[counts.outcome == 1].sum()
    assert len(few.outcome) == len({(a, c) for a, c in zip(few.arm, few.cluster, strict=True)})
    turned = counts.reduced(["sex[M]"], baseline=True, outcomes=["answer", "rating"])
    assert turned.categories == counts.categories[::-1]
    assert len(turned.outcome) == len(counts.outcome)
    assert (
        turned.reduced(["sex[M]"], baseline=True, outcomes=["rating", "answer"]).fingerprint() == counts.fingerprint()
    )


def test_the_rows_do_not_grow_with_the_pupils() -> None:
    frame = table()
    many = build(pd.concat([frame] * 5, ignore_index=True), outcomes=["rating"]).counts()
    once = build(frame, outcomes=["rating"]).counts()
    assert np.array_equal(many.counts, 5 * once.counts)


def test_without_clusters_the_cluster_is_minus_one() -> None:
    counts = build(table(), outcomes=["rating"], school=None, randomised="pupil").counts()
    assert set(counts.cluster.tolist()) == {-1}
    assert len(counts.outcome) == 2


def test_more_than_twelve_values_are_no_categories() -> None:
    with pytest.raises(DataError) as caught:
        build(table()).counts()
    assert "'read' has 48 distinct values" in caught.value.given
    assert "Gaussian" in caught.value.action


def test_unknown_names_are_refused() -> None:
    trial = ordinal()
    for act in (
        lambda: trial.counts(["ratings"]),
        lambda: trial.counts().reduced(outcomes=["ratings"]),
        lambda: trial.counts().reduced(covariates=["ratings"]),
    ):
        with pytest.raises(DataError, match="'ratings'"):
            act()


def test_every_bit_survives(tmp_path: Path) -> None:
    counts = ordinal().counts()
    counts.save(tmp_path / "counts.nc")
    back = TrialCounts.load(tmp_path / "counts.nc")
    assert back.fingerprint() == counts.fingerprint()
    assert back.n_pupils == counts.n_pupils
    assert back.categories == counts.categories
    assert back.class_names == counts.class_names
    with pytest.raises(DataError, match="it holds TrialCounts"):
        TrialMoments.load(tmp_path / "counts.nc")
