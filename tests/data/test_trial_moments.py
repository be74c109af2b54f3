"""Moments of a trial are the sums that a slow obvious loop finds, with and without a cluster."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from bayespanel.data import Moments, Panel, Trial, TrialMoments
from bayespanel.language.errors import DataError
from tests.data.trial_tables import build, gappy, table

LEVELS: list[dict[str, Any]] = [
    {},
    {"classroom": None},
    {"school": None, "classroom": None, "randomised": "pupil"},
]


def slowly(trial: Trial, moments: TrialMoments, pupils: np.ndarray[Any, Any]) -> dict[tuple[Any, ...], list[Any]]:
    """Sum over some pupils one by one, by arm and pattern, around the centres of the moments."""
    sums, out = moments.sums, {}
    means = {pre: np.nanmean(trial.values[:, trial.cells.index(pre)]) for _, pre in trial.baseline}
    for i in np.flatnonzero(pupils):
        known = dict(zip(trial.covariate_names, trial.covariates[i], strict=True))
        for pre, mean in means.items():
            score = trial.values[i, trial.cells.index(pre)]
            known |= {pre: mean if np.isnan(score) else score, f"{pre} missing": float(np.isnan(score))}
        x = np.array([1.0, *(known[name] for name in sums.covariates)])
        x[1:] -= sums.covariate_centre
        seen = ~np.isnan(trial.values[i])
        y = np.where(seen, trial.values[i] - sums.centre, 0.0)
        row = out.setdefault((int(trial.arm[i]), *seen.tolist()), [0, 0.0, 0.0, 0.0])
        row[:] = [row[0] + 1, row[1] + np.outer(x, x), row[2] + np.outer(x, y), row[3] + np.outer(y, y)]
    return out


def agree(sums: Moments, slow: dict[tuple[Any, ...], list[Any]]) -> None:
    kinds = [(int(g), *row.tolist()) for g, row in zip(sums.group, sums.observed, strict=True)]
    assert set(kinds) == set(slow)
    for r, kind in enumerate(kinds):
        assert sums.n[r] == slow[kind][0]
        # Squares of about 160 scores of size 30: some dozen roundings of their sum, and what subtraction leaves.
        for found, expected in zip((sums.sxx[r], sums.sxy[r], sums.syy[r]), slow[kind][1:], strict=True):
            assert np.allclose(found, expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("levels", LEVELS)
def test_moments_equal_a_loop_over_pupils(levels: dict[str, Any]) -> None:
    trial = gappy(**levels)
    moments = trial.moments()
    agree(moments.sums, slowly(trial, moments, np.ones(trial.n_pupils, dtype=bool)))
    assert np.allclose(moments.sums.centre, np.nanmean(trial.values, axis=0), rtol=1e-12)
    assert moments.sums.covariates[:2] == moments.covariates == ("age", "sex[M]")
    assert set(moments.sums.covariates[2:]) == {"pre", "pre missing", "math_pre"}


@pytest.mark.parametrize("levels", LEVELS[:2])
def test_without_a_school_equals_a_loop_over_the_others(levels: dict[str, Any]) -> None:
    trial = gappy(**levels)
    moments = trial.moments()
    for school, name in enumerate(trial.school_names):
        others = trial.school != school
        left = moments.without(school)
        agree(left.sums, slowly(trial, moments, others))
        assert name not in left.school_names
        assert left.n_pupils == others.sum()
        assert np.array_equal(left.sums.scale, moments.sums.scale)
        assert left.sums.block_n.sum() == left.part_n.sum() == others.sum()
        if left.levels == ("class", "school"):
            assert [label.split("/")[0] for label in left.class_names] == [
                left.school_names[s] for s in left.sums.parent
            ]


@pytest.mark.parametrize("levels", LEVELS[:2])
def test_the_sums_of_a_school_equal_a_loop_over_its_pupils(levels: dict[str, Any]) -> None:
    trial = gappy(**levels)
    moments = trial.moments()
    for cells in (trial.cells, trial.cells[:1]):
        scored = ~np.isnan(trial.values[:, : len(cells)]).all(axis=1)
        for school, name in enumerate(trial.school_names):
            here = (trial.school == school) & scored
            sums, arms = moments.of_cluster(school, cells)  # type: ignore[misc]  # every school has scores
            slow = slowly(trial, moments, here)
            agree(sums, {(int(np.searchsorted(arms, k[0])), *k[1:]): v for k, v in slow.items()})
            assert arms.tolist() == sorted(set(trial.arm[here].tolist()))
            assert sums.school_names == (name,)
            assert np.array_equal(sums.scale, moments.sums.scale)
            assert sums.block_n.sum() == sums.n_pupils == here.sum()
            assert not sums.parent.any()


def test_leaving_out_two_schools_is_the_same_in_either_order() -> None:
    moments = gappy().moments()
    one, two = moments.without(5).without(1), moments.without(1).without(4)
    assert one.school_names == two.school_names
    assert np.allclose(one.sums.syy, two.sums.syy, rtol=0, atol=1e-9)
    assert np.array_equal(one.part_cluster, two.part_cluster)


def test_parts_add_up_to_the_kinds() -> None:
    moments = gappy().moments()
    for name in ("n", "sxx", "sxy", "syy"):
        total = np.zeros_like(getattr(moments.sums, name))
        np.add.at(total, moments.part_kind, getattr(moments, f"part_{name}"))
        assert np.allclose(total, getattr(moments.sums, name), rtol=0, atol=1e-9), name


@settings(max_examples=60, deadline=None)
@given(
    schools=st.integers(4, 8),
    copies=st.integers(2, 4),
    scores=st.lists(st.sampled_from([0.1, 0.3, 1.5, 2.7, -0.7, 1e4 + 0.1]), min_size=2, max_size=3, unique=True),
    property_of_school=st.permutations([0.1, 0.7, 2.0, 3.0, 1e-3, 5.3, 0.31, 11.0]),
)
def test_sums_that_cancel_to_nothing_are_no_edited_file(
    schools: int, copies: int, scores: list[float], property_of_school: list[float]
) -> None:
    """Each school has the same scores, so that their products with what is the same in a school are but rounding."""
    rows = len(scores) * copies
    frame = pd.DataFrame({"school": np.repeat(np.arange(schools), rows), "y": np.tile(scores, schools * copies)})
    frame["arm"] = np.where(frame["school"] % 2, "new", "old")
    frame["x"] = np.array(property_of_school)[frame["school"]]
    trial = Trial.from_frame(
        frame, arm="arm", control="old", outcomes=["y"], randomised="school", school="school", covariates=["x"],
        keep_codes=True, accept=["codes"],
    )  # fmt: skip
    assert trial.moments().n_pupils == len(frame)


def test_a_cluster_without_which_an_arm_is_empty_stays() -> None:
    frame = table()
    moments = build(frame[frame["school"].isin([0, 1, 4, 5])]).moments().without(0)
    with pytest.raises(DataError) as caught:
        moments.without(0)
    assert "Without '1' nobody in arm '0'" in caught.value.given


@pytest.mark.parametrize(("levels", "number"), [({}, 8), ({}, -1), (LEVELS[2], 0)])
def test_a_cluster_that_is_not_there_is_refused(levels: dict[str, Any], number: int) -> None:
    moments = gappy(**levels).moments()
    for take in (moments.without, lambda number: moments.of_cluster(number, moments.outcomes)):
        with pytest.raises(DataError) as caught:
            take(number)
        assert str(number) in caught.value.given


def test_an_effect_does_not_inflate_the_scale() -> None:
    frame = table()
    plain = build(frame).moments()
    moved = build(frame.assign(read=frame["read"] + 100 * frame["arm"])).moments()
    by_hand = np.sqrt(frame.groupby("arm")["read"].var(ddof=0).mean())  # arms of equal size
    assert np.allclose([plain.sums.scale[0], moved.sums.scale[0]], by_hand, rtol=1e-12)


def test_selecting_cells_keeps_arms_and_clusters() -> None:
    moments = gappy().moments()
    chosen = moments.sums.select(variables=["math", "math_pre"])
    assert chosen.waves == ("trial",)
    assert set(chosen.group.tolist()) == {0, 1}
    assert np.array_equal(chosen.centre, moments.sums.centre[[1, 3]])


def test_small_blocks_are_left_out_and_counted() -> None:
    trial = gappy()
    moments = trial.moments(min_block=3)
    assert moments.sums.block_n.min() >= 3
    assert moments.part_n.min() >= 3
    assert moments.n_pupils < trial.n_pupils
    assert f"{trial.n_pupils - moments.n_pupils} pupils in blocks" in moments.notes[-1]
    for minimum in (0, 1000):
        with pytest.raises(DataError, match=str(minimum)):
            trial.moments(min_block=minimum)


@pytest.mark.parametrize("levels", LEVELS)
def test_every_bit_survives(tmp_path: Path, levels: dict[str, Any]) -> None:
    moments = gappy(**levels).moments()
    moments.save(tmp_path / "trial.nc")
    back = TrialMoments.load(tmp_path / "trial.nc")
    assert back.fingerprint() == moments.fingerprint()
    for name in ("outcomes", "baseline", "arms", "randomised", "covariates", "categories", "levels", "notes"):
        assert getattr(back, name) == getattr(moments, name), name
    assert back.sums.fingerprint() == moments.sums.fingerprint()
    assert np.array_equal(back.part_syy, moments.part_syy)


def test_a_file_of_the_other_kind_is_refused(tmp_path: Path) -> None:
    gappy().moments().save(tmp_path / "trial.nc")
    Panel.from_summary(mean=[1, 2], cov=[[2, 1], [1, 3]], n=50, variables=["a"], waves=[1, 2]).save(
        tmp_path / "panel.nc"
    )
    with pytest.raises(DataError, match="it holds TrialMoments"):
        Moments.load(tmp_path / "trial.nc")
    with pytest.raises(DataError, match="it holds Moments"):
        TrialMoments.load(tmp_path / "panel.nc")


def test_the_fingerprint_follows_the_content() -> None:
    moments = gappy().moments()
    assert moments.fingerprint() == gappy().moments().fingerprint()
    assert moments.fingerprint() != replace(moments, arms=("1", "0")).fingerprint()
    assert moments.fingerprint() != moments.without(0).fingerprint()


def test_the_description_reads_well_and_becomes_json() -> None:
    trial = gappy()
    description = trial.describe()
    assert str(description) == str(trial.moments().describe())
    assert str(description).startswith("Trial of ")
    assert max(map(len, str(description).splitlines())) <= 120
    assert description.arms["randomised"].tolist() == [4, 4]
    assert description.arms["pupils"].sum() == trial.n_pupils
    row = description.outcomes.set_index(["cell", "arm"]).loc[("read", "1")]
    read = trial.values[trial.arm == 1, 0]
    expected = [np.nanmean(read), np.nanstd(read, ddof=1), np.isnan(read).mean()]
    assert np.allclose(row[["mean", "sd", "missing"]].to_numpy(float), expected, rtol=1e-12)
    json.dumps(description.to_dict(), allow_nan=False)


@pytest.mark.parametrize(
    ("gap", "verdict"),
    [(0.049, "balanced"), (0.051, "adjust"), (-0.249, "adjust"), (0.251, "not equivalent")],
)
def test_a_baseline_difference_is_judged_in_sds_within_arms(gap: float, verdict: str) -> None:
    frame = table()
    score = np.tile([-1.0, 1.0], len(frame) // 2)  # mean 0 and SD 1 in each arm
    rows = build(frame.assign(pre=score + gap * frame["arm"], age=score - gap * frame["arm"]),
                 baseline={"read": "pre"}, covariates=["age"]).describe().baseline  # fmt: skip
    assert np.allclose(rows["difference"], [gap, -gap], rtol=0, atol=1e-12)
    assert rows["verdict"].tolist() == [verdict, verdict]
