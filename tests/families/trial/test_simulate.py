"""Simulated trials have the moments, sizes, arms and gaps that their world prescribes."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pandas as pd
import pytest

from bayespanel.families.trial.simulate import TrialWorld, involvement, simulate, small_trial

# Sample moments must lie within this many of their standard errors; seeds are fixed, and each test compares a few
# dozen numbers at most, for which 4.5 is exceeded by chance less often than once in a thousand seeds.
ERRORS = 4.5


def world(**changes: object) -> TrialWorld:
    """Return a trial with two outcomes, of which the first has a pre-test, or with the parts given instead."""
    fields: dict[str, object] = {
        "outcomes": ("calm", "kind"),
        "effect": np.array([0.5, -0.3]),
        "residual_sd": np.array([1.0, 2.0]),
        "baseline": {"calm": "calm_pre"},
    }
    return TrialWorld(**(fields | changes))  # type: ignore[arg-type]


def both_pretests(**changes: object) -> TrialWorld:
    """Return the same trial with a pre-test of either outcome."""
    return world(baseline={"calm": "calm_pre", "kind": "kind_pre"}, **changes)


def assert_covariance(sample: np.ndarray, truth: np.ndarray) -> None:
    """Compare the covariance of independent rows [row, column] with the truth, given its error under normality."""
    error = np.sqrt((np.outer(np.diag(truth), np.diag(truth)) + truth**2) / len(sample))
    assert np.all(np.abs(np.cov(sample.T) - truth) < ERRORS * error)


def test_pre_and_post_residuals_have_their_covariance() -> None:
    sd, corr, stability = np.array([1.0, 2.0]), np.array([[1, 0.4], [0.4, 1]]), 0.6
    of = both_pretests(effect=np.zeros(2), residual_corr=corr, baseline_corr=stability, schools_per_arm=(200, 200))
    level = corr * np.outer(sd, sd)
    truth = np.block([[level, stability * level], [stability * level, level]])
    assert_covariance(simulate(of, 1)[["calm_pre", "kind_pre", "calm", "kind"]].to_numpy(), truth)


def test_classes_and_schools_have_their_share_of_the_variance_before_and_after() -> None:
    schools, classes, size, stability = 1200, 3, 10, 0.7
    of = both_pretests(
        effect=np.zeros(2),
        baseline_corr=0.0,
        baseline_cluster_corr=stability,
        class_sd=np.array([0.6, 0.3]),
        class_corr=np.array([[1, -0.5], [-0.5, 1]]),
        school_sd=np.array([0.5, 0.9]),
        school_corr=np.array([[1, 0.4], [0.4, 1]]),
        schools_per_arm=(600, 600),
        classes_per_school=(classes, classes),
        pupils_per_class=(size, size),
    )
    y = simulate(of, 2)[["calm_pre", "kind_pre", "calm", "kind"]].to_numpy().reshape(schools, classes, size, 4)
    twice = np.array([[1, stability], [stability, 1]])
    classroom = np.kron(twice, np.array([[0.36, -0.09], [-0.09, 0.09]]))
    school = np.kron(twice, np.array([[0.25, 0.18], [0.18, 0.81]]))
    pupil = np.diag([1.0, 4.0, 1.0, 4.0])
    # Moments of means in a balanced nested design; the difference of two classes is free of its school.
    means = y.mean(axis=2)
    assert_covariance((means[:, 0] - means[:, 1]) / math.sqrt(2), classroom + pupil / size)
    assert_covariance(means.mean(axis=1), school + (classroom + pupil / size) / classes)


@pytest.mark.parametrize("randomised", ["school", "class", "pupil"])
def test_effects_are_differences_between_arms(randomised: str) -> None:
    effect = np.array([[0.5, -0.3], [1.0, 0.0]])
    of = world(
        arms=("none", "light", "full"), effect=effect, randomised=randomised, schools_per_arm=(60, 60, 60), mean=[3, 9]
    )
    groups = simulate(of, 3).groupby("arm")[["calm", "kind"]]
    means, number = groups.mean(), groups.size()
    error = of.residual_sd / math.sqrt(number.min())
    assert np.all(np.abs(means.loc["none"] - [3, 9]) < ERRORS * error)
    for row, arm in enumerate(("light", "full")):
        difference = (means.loc[arm] - means.loc["none"]).to_numpy()
        assert np.all(np.abs(difference - effect[row]) < ERRORS * math.sqrt(2) * error)


def test_effects_move_scores_and_nothing_else() -> None:
    with_effect, without = simulate(world(), 4), simulate(world(effect=np.zeros(2)), 4)
    treated = (with_effect["arm"] == "intervention").to_numpy()
    assert np.allclose(with_effect["calm"] - without["calm"], 0.5 * treated)
    assert np.allclose(with_effect["kind"] - without["kind"], -0.3 * treated)
    columns = ["pupil", "school", "class", "arm", "calm_pre"]
    pd.testing.assert_frame_equal(with_effect[columns], without[columns])


def test_girls_differ_before_and_after_and_their_effect_is_moderated() -> None:
    of = world(girls=0.4, girl_effect=np.array([1.0, 2.0]), moderation=np.array([0.25, -0.5]))
    plain = simulate(world(girls=0.4), 5)
    changed = simulate(of, 5)
    girl, treated = changed["girl"], changed["arm"] == "intervention"
    assert abs(girl.mean() - 0.4) < ERRORS * math.sqrt(0.24 / len(girl))
    assert np.allclose(changed["calm"] - plain["calm"], girl * (1 + 0.25 * treated))
    assert np.allclose(changed["kind"] - plain["kind"], girl * (2 - 0.5 * treated))
    assert np.allclose(changed["calm_pre"] - plain["calm_pre"], girl)


def test_a_baseline_mean_belongs_to_the_pretest_alone() -> None:
    plain, moved = simulate(world(), 6), simulate(world(baseline_mean=np.array([5.0, 7.0])), 6)
    assert np.allclose(moved["calm_pre"] - plain["calm_pre"], 5)
    assert np.array_equal(moved["calm"], plain["calm"])


@pytest.mark.parametrize("schools", [(14, 13), (2, 5)])
def test_each_arm_has_exactly_its_schools_and_schools_stay_whole(schools: tuple[int, int]) -> None:
    table = simulate(world(schools_per_arm=schools), 7)
    per_school = table.groupby("school")["arm"].agg(["nunique", "first"])
    assert (per_school["nunique"] == 1).all()
    assert tuple((per_school["first"] == arm).sum() for arm in ("control", "intervention")) == schools
    assert (table.groupby("class")["school"].nunique() == 1).all()


def test_randomised_classes_stay_whole_and_are_balanced_within_schools() -> None:
    table = simulate(world(randomised="class", schools_per_arm=(20,)), 8)
    per_class = table.groupby("class")[["school", "arm"]].agg(["nunique", "first"])
    assert (per_class[("arm", "nunique")] == 1).all()
    counts = pd.crosstab(per_class[("school", "first")], per_class[("arm", "first")])
    assert len(counts) == 20
    assert (counts["control"] - counts["intervention"]).abs().max() <= 1
    assert abs(counts["control"].sum() - counts["intervention"].sum()) <= 1


@pytest.mark.parametrize("classes", [(2, 4), None])
def test_randomised_pupils_are_balanced_within_their_class_or_school(classes: tuple[int, int] | None) -> None:
    table = simulate(world(randomised="pupil", schools_per_arm=(9,), classes_per_school=classes), 9)
    counts = pd.crosstab(table["class" if classes else "school"], table["arm"])
    assert (counts["control"] - counts["intervention"]).abs().max() <= 1
    assert abs(counts["control"].sum() - counts["intervention"].sum()) <= 1


def test_an_exact_number_of_pupils_keeps_sizes_within_their_limits() -> None:
    table = simulate(world(pupils=1501, schools_per_arm=(11, 12)), 10)
    assert len(table) == 1501
    assert table.groupby("class").size().between(18, 25).all()
    assert table.groupby("school")["class"].nunique().between(2, 4).all()


@pytest.mark.parametrize("levels", [None, (0, 0)])
def test_without_classes_sizes_are_those_of_schools(levels: tuple[int, int] | None) -> None:
    table = simulate(world(classes_per_school=levels, pupils_per_class=(1, 6), pupils=83), 11)
    assert list(table.columns) == ["pupil", "school", "arm", "calm_pre", "calm", "kind"]
    assert len(table) == 83
    assert table["school"].nunique() == 30
    assert table.groupby("school").size().between(1, 6).all()


def test_missing_scores_have_their_rates_and_leave_the_others_as_they_were() -> None:
    whole = simulate(world(), 12)
    gaps = simulate(world(missing_outcome=0.2, missing_baseline=0.1), 12)
    for name, rate in (("calm_pre", 0.1), ("calm", 0.2), ("kind", 0.2)):
        seen = gaps[name].notna()
        assert abs(1 - seen.mean() - rate) < ERRORS * math.sqrt(rate * (1 - rate) / len(gaps))
        assert np.array_equal(gaps.loc[seen, name], whole.loc[seen, name])
    # Completely at random: what is missing says nothing of the scores.
    missed = whole.loc[gaps["calm"].isna(), "calm_pre"]
    assert abs(missed.mean() - whole["calm_pre"].mean()) < ERRORS / math.sqrt(len(missed))


@pytest.mark.parametrize("slope", [-1.0, 1.0])
def test_dropout_follows_the_pretest_that_was_seen_and_no_other(slope: float) -> None:
    of = world(missing_outcome=0.2, missing_baseline=0.3, dropout_slope=slope, schools_per_arm=(100, 100))
    table, whole = simulate(of, 13), simulate(world(schools_per_arm=(100, 100)), 13)
    z = table["calm_pre"]
    low, high = (table.loc[part, "calm"].isna() for part in (z.between(-1.1, -0.9), z.between(0.9, 1.1)))
    log_odds = [math.log(part.mean() / (1 - part.mean())) for part in (low, high)]
    error = math.sqrt(sum(1 / (len(part) * part.mean() * (1 - part.mean())) for part in (low, high)))
    # .05 for the width of the two bands and the SD of the sample, which is 1 only in expectation.
    assert abs((log_odds[1] - log_odds[0]) / 2 - slope) < 0.05 + ERRORS * error / 2
    unseen = table["calm_pre"].isna()
    for missed in (table.loc[unseen, "calm"].isna(), table["kind"].isna()):
        assert abs(missed.mean() - 0.2) < ERRORS * math.sqrt(0.16 / len(missed))
    hidden = whole.loc[unseen & table["calm"].isna(), "calm_pre"]
    assert abs(hidden.mean()) < ERRORS / math.sqrt(len(hidden))


@pytest.mark.parametrize("link", ["normal", "logistic"])
def test_ordinal_scores_have_the_shares_of_their_link(link: str) -> None:
    cuts, sd = (-0.5, 0.4, 1.2), math.pi / math.sqrt(3) if link == "logistic" else 1.0
    of = world(
        effect=np.array([0.5, 0.0]), residual_sd=[sd, 1], ordinal={"calm": cuts}, link=link, schools_per_arm=(100, 100)
    )
    table = simulate(of, 14)
    for arm, column, mean in (
        ("control", "calm", 0.0),
        ("intervention", "calm", 0.5),
        ("intervention", "calm_pre", 0.0),
    ):
        scores = table.loc[table["arm"] == arm, column]
        assert set(scores) == {0, 1, 2, 3}
        for category, cut in enumerate(cuts):
            below = 1 / (1 + math.exp(mean - cut)) if link == "logistic" else NormalDist(mean).cdf(cut)
            share = (scores <= category).mean()
            assert abs(share - below) < ERRORS * math.sqrt(below * (1 - below) / len(scores))


def test_the_same_seed_gives_the_same_table_and_another_seed_another() -> None:
    of = involvement(baseline=True, missing_outcome=0.1)
    pd.testing.assert_frame_equal(simulate(of, 15), simulate(of, 15))
    assert not simulate(of, 15).equals(simulate(of, 16))


@pytest.mark.parametrize(("informant", "number"), [("pupils", 2510), ("parents", 153), ("teachers", 83)])
def test_the_trial_of_involvement_has_the_design_of_the_study(informant: str, number: int) -> None:
    of = involvement(informant)
    table = simulate(of, 17)
    assert len(table) == number
    assert table.groupby("arm")["school"].nunique().to_dict() == {"control": 14, "intervention": 13}
    assert ("class" in table) == (informant == "pupils")


@pytest.mark.parametrize("of", [*map(involvement, ("pupils", "parents", "teachers")), small_trial()])
def test_ready_worlds_have_variance_one_within_arms(of: TrialWorld) -> None:
    assert np.allclose(sum(sd**2 for sd in (of.residual_sd, of.class_sd, of.school_sd) if sd is not None), 1)


def test_effects_of_ready_worlds_can_be_chosen() -> None:
    of = involvement("parents", effects={"parent_competence": 0.1}, school_icc=0.2)
    assert of.effect[0, of.outcomes.index("parent_competence")] == 0.1
    assert of.effect[0, of.outcomes.index("teacher_effort")] == 0.4
    assert of.school_sd is not None
    assert np.allclose(of.school_sd**2, 0.2)
    assert small_trial(0.7, baseline=True).effect.tolist() == [[0.7]]


def test_ordinal_victimisation_is_mostly_zero_with_a_tenth_monthly_or_more_often() -> None:
    tables = [simulate(involvement(victimisation_ordinal=True), seed) for seed in range(20)]
    scores = pd.concat(tables)["victimisation"]
    assert set(scores) == {0, 1, 2, 3, 4}
    # Pupils of 540 schools are worth a quarter of their number (school share .02, class share .05): an error of .0045.
    assert abs((scores == 0).mean() - 0.60) < ERRORS * 0.0045
    assert 0.10 <= (scores >= 2).mean() <= 0.14
