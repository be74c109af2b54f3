"""Checks of a trial: few clusters, arms unlike at baseline, and an effect that hangs on one school."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import bayespanel as bp
from bayespanel.families.trial.checks import checks, clusters_per_arm
from bayespanel.families.trial.influence import influence
from bayespanel.inference.checks import Check
from bayespanel.language.errors import DataError
from tests.families.trial.posteriors import around

SPEC = bp.ClusterTrial(outcomes=("calm",), levels=("pupil", "school"))


def pupils(per_arm: int = 12, *, planted: float = 0.0, gap: float = 0.0) -> pd.DataFrame:
    """Return schools of 15 pupils; the second of them, without the programme, is `planted` points away, and the arm
    with the programme `gap` SDs ahead before it begins."""
    rng = np.random.default_rng(21)
    rows = []
    for school in range(2 * per_arm):
        at_school = 2 * rng.normal() + planted * (school == 2)
        for _ in range(15):
            pre = rng.normal() + gap * (school % 2)
            rows.append((f"s{school:02d}", school % 2, 50 + at_school + 5 * rng.normal(), pre))
    frame = pd.DataFrame(rows, columns=["school", "arm", "calm", "pre"])
    # Exactly the gap, not the one that chance adds.
    frame["pre"] -= frame.groupby("arm")["pre"].transform("mean") - gap * frame["arm"]
    return frame


def moments(frame: pd.DataFrame) -> bp.TrialMoments:
    return bp.Trial.from_frame(frame, arm="arm", outcomes=["calm"], baseline={"calm": "pre"}, school="school").moments()


def check(name: str, data: bp.TrialMoments, spec: bp.ClusterTrial = SPEC) -> Check:
    return next(row for row in checks(spec, around(spec, data), data) if row.check.startswith(name))


def test_few_clusters_are_counted_in_the_smallest_arm():
    frame = pupils()
    few = moments(frame[(frame["arm"] == 1) | (frame["school"] < "s08")])
    assert clusters_per_arm(few) == {"0": 4, "1": 12}
    row = check("randomised clusters", few)
    assert (row.value, row.passed) == (4, False)
    assert "The arm '0' has 4" in row.hint
    assert check("randomised clusters", moments(frame)).passed


def test_randomised_pupils_have_no_randomised_clusters():
    frame = pupils().reset_index(names="id")
    frame["arm"] = frame["id"] % 2
    trial = bp.Trial.from_frame(frame, arm="arm", outcomes=["calm"], randomised="pupil", school="school", pupil="id")
    assert clusters_per_arm(trial.moments()) == {}


@pytest.mark.parametrize(
    ("gap", "adjustment", "passed"),
    [(0.03, "none", True), (0.15, "none", False), (0.15, "covariate", True), (0.4, "covariate", False)],
)
def test_baselines_may_differ_by_less_where_nothing_is_adjusted_for(gap, adjustment, passed):
    spec = bp.ClusterTrial(outcomes=("calm",), levels=("pupil", "school"), adjustment=adjustment)
    row = check("largest baseline difference", moments(pupils(gap=gap)), spec)
    assert row.value == pytest.approx(gap, rel=0.1)  # in SDs within arms, which chance leaves near 1
    assert row.passed is passed


def test_a_planted_school_is_named():
    data = moments(pupils(planted=-25.0))
    row = check("effect without any one cluster", data)
    assert not row.passed
    assert "Without 's02'" in row.hint


def test_schools_that_are_alike_pass():
    data = moments(pupils())
    posterior = around(SPEC, data, jitter=0.3)  # about the standard error of this effect
    row = next(row for row in checks(SPEC, posterior, data) if row.check.startswith("effect without"))
    assert row.passed


def test_without_clusters_nothing_is_left_out():
    trial = bp.Trial.from_frame(
        pupils().reset_index(names="id"), arm="arm", outcomes=["calm"], randomised="pupil", pupil="id"
    )
    spec = bp.ClusterTrial(outcomes=("calm",), levels=("pupil",))
    with pytest.raises(DataError, match="without clusters"):
        influence(spec, around(spec, trial.moments()), trial.moments())


def test_influence_is_a_fit_without_the_school():
    # Equal up to what leaving a school out does to the covariances, which influence holds: it reweights schools of
    # equal size hardly at all.
    data = moments(pupils(planted=-6.0))
    posterior = around(SPEC, data)
    found = influence(SPEC, posterior, data).set_index("cluster")
    total = float(posterior["total_sd"].mean())
    everyone = float(bp.maximum_likelihood(SPEC, data).estimates["effect"].squeeze())
    for c, name in enumerate(data.school_names[:4]):
        refitted = float(bp.maximum_likelihood(SPEC, data.without(c)).estimates["effect"].squeeze())
        assert found.loc[name, "effect"] == pytest.approx(refitted / total, abs=0.005)
        assert found.loc[name, "shift"] == pytest.approx((refitted - everyone) / total, abs=0.005)
    assert found.index[0] == "s02"
