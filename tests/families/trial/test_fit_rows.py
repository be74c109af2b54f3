"""Rows of fit of a trial: clusters that spread alike in both arms, and categories that one shift describes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import bayespanel as bp
from bayespanel.families.trial import fit_rows as rows
from bayespanel.families.trial.between import between
from bayespanel.inference.checks import Check
from tests.families.trial.posteriors import around

SPEC = bp.ClusterTrial(outcomes=("y",), levels=("pupil", "school"))


def schools(seed: int, *, ratio: float = 1.0, number: int = 40, pupils: int = 25) -> bp.TrialMoments:
    """Schools allocated to two arms; those of the programme differ `ratio` times as much, SD .4 in the other arm."""
    rng = np.random.default_rng(seed)
    school = np.repeat(np.arange(number), pupils)
    arm = school % 2
    effect = rng.normal(size=number) * 0.4 * np.where(np.arange(number) % 2, ratio, 1.0)
    frame = pd.DataFrame({"school": school, "arm": arm, "y": effect[school] + rng.normal(size=len(school))})
    return bp.Trial.from_frame(frame, arm="arm", outcomes=["y"], randomised="school", school="school").moments()


def row_of(data: bp.TrialMoments) -> Check:
    found = rows.fit_rows(SPEC, around(SPEC, data), data)
    return next(one for one in found if one.check == rows.BETWEEN)


def test_a_wider_spread_of_schools_in_one_arm_is_seen_and_said() -> None:
    row = row_of(schools(1, ratio=3.0))
    assert (row.state, row.about) == ("look", "fit")
    assert "Schools differ in 'y' with an intraclass correlation of about 0." in row.hint


def test_schools_that_spread_alike_seldom_raise_an_alarm() -> None:
    """Meant for 1 of 100: at most 4 of 60 with probability .99."""
    spoken = [not row_of(schools(seed)).passed for seed in range(60)]
    assert sum(spoken) <= 4


def test_what_cannot_be_computed_costs_its_own_row(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise np.linalg.LinAlgError("no")

    monkeypatch.setattr(rows, "between", fail)
    found = rows.fit_rows(SPEC, around(SPEC, schools(2)), schools(2))
    assert [one.state for one in found if one.check == rows.BETWEEN] == ["look"]
    assert [one.state for one in found if one.check == rows.SDS] == ["ok"]


def test_too_few_schools_have_no_row() -> None:
    data = schools(3, number=8)
    assert between(SPEC, around(SPEC, data), data) == []
