"""The truth of a simulated trial: a huge trial has its effects and SDs; the names are those of a fit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bayespanel import ClusterTrial
from bayespanel.catalogue.cards import card
from bayespanel.families.door import models
from bayespanel.families.trial.build import build
from bayespanel.families.trial.draws import posterior
from bayespanel.families.trial.levels import settled
from bayespanel.families.trial.pathways import collect
from bayespanel.families.trial.simulate import simulate
from bayespanel.families.trial.statistics import data_for
from bayespanel.families.trial.truth import LATENT_SD, observed, truth
from bayespanel.families.trial.world import TrialWorld
from bayespanel.families.trial.worlds import involvement, small_trial
from bayespanel.inference.prior import one_point

OUTCOMES = ("calm", "kind")
ALL_LEVELS = ("pupil", "class", "school")
CORR = np.array([[1.0, 0.3], [0.3, 1.0]])
GIRLS = ("girl",)


def mixed(**changes: object) -> TrialWorld:
    """Two outcomes whose effects differ between girls and boys, with every level."""
    content: dict[str, object] = {
        "outcomes": OUTCOMES,
        "effect": (0.5, -1.0),
        "residual_sd": (1.0, 2.0),
        "residual_corr": CORR,
        "class_sd": (0.3, 0.5),
        "class_corr": CORR,
        "school_sd": (0.2, 0.6),
        "school_corr": CORR,
        "mean": (3.0, 10.0),
        "girls": 0.4,
        "girl_effect": (1.0, -2.0),
        "moderation": (0.8, 0.5),
        "schools_per_arm": (6, 6),
    }
    return TrialWorld(**(content | changes))  # type: ignore[arg-type]


def only(values: object) -> np.ndarray:
    return np.asarray(values)[0, 0]


def of(spec: ClusterTrial, world: TrialWorld):
    return truth(spec, world)["posterior"]


def test_effects_and_total_sds_are_those_of_a_huge_trial():
    # Pupils are randomised one by one among 3,000 schools: 190,000 pupils, whose clusters hardly matter.
    world = mixed(randomised="pupil", schools_per_arm=(3000,))
    frame = simulate(world, 1)
    found = of(ClusterTrial(OUTCOMES, levels=ALL_LEVELS, covariates=GIRLS, moderators=GIRLS), world)
    treated = frame["arm"] == "intervention"
    for o, name in enumerate(OUTCOMES):
        control, other = frame[name][~treated], frame[name][treated]
        total = np.sqrt((control.var() + other.var()) / 2)
        error = 2 * total / np.sqrt(len(frame))  # of a difference of two halves
        assert other.mean() - control.mean() == pytest.approx(only(found["effect"])[o], abs=5 * error)
        # Five standard errors of an SD: total / sqrt(2 n), doubled for what pupils of a school share.
        assert total == pytest.approx(only(found["total_sd"])[o], abs=10 * total / np.sqrt(2 * len(frame)))
        assert only(found["effect_standardised"])[o] == pytest.approx(
            only(found["effect"])[o] / only(found["total_sd"])[o]
        )
        girl = frame["girl"] == 1
        differs = (other[girl].mean() - control[girl].mean()) - (other[~girl].mean() - control[~girl].mean())
        slope = only(found["moderation"])[o, 0]
        assert differs == pytest.approx(slope, abs=5 * 2 * error / np.sqrt(0.96))  # four cells: .4 and .6 of the halves
        # The mean of a control pupil, among 3,000 schools.
        spread = np.hypot(world.school_sd[o] / np.sqrt(3000), total / np.sqrt(len(control)))
        assert control.mean() == pytest.approx(only(found["mean"])[o], abs=5 * spread)


def test_the_parts_of_the_variance_are_written_out():
    found = of(ClusterTrial(OUTCOMES, levels=ALL_LEVELS, covariates=GIRLS, moderators=GIRLS), mixed())
    # Girls differ from boys by 1 in control and 1.8 under intervention; -2 and -1.5: .24 of the mean square.
    total = np.sqrt([1.0 + 0.09 + 0.04 + 0.24 * (1 + 3.24) / 2, 4.0 + 0.25 + 0.36 + 0.24 * (4 + 2.25) / 2])
    np.testing.assert_allclose(only(found["total_sd"]), total, rtol=1e-12)
    np.testing.assert_allclose(only(found["effect"]), [0.5 + 0.4 * 0.8, -1.0 + 0.4 * 0.5], rtol=1e-12)
    np.testing.assert_allclose(only(found["icc"]), [[0.09 / 1.13, 0.25 / 4.61], [0.04 / 1.13, 0.36 / 4.61]], rtol=1e-12)
    np.testing.assert_allclose(only(found["residual_sd"]), [1.0, 2.0], rtol=1e-12)
    np.testing.assert_allclose(only(found["residual_corr"]), CORR, rtol=1e-12)
    np.testing.assert_allclose(only(found["mean"]), [3.4, 9.2], rtol=1e-12)


def test_what_a_model_leaves_out_counts_to_its_residual():
    world = mixed()
    whole = of(ClusterTrial(OUTCOMES, levels=ALL_LEVELS, covariates=GIRLS, moderators=GIRLS), world)
    without = of(ClusterTrial(OUTCOMES, levels=("pupil", "school")), world)
    girls = 0.24 * np.array([(1 + 3.24) / 2, (4 + 2.25) / 2])
    residual = np.array([1.0 + 0.09, 4.0 + 0.25]) + girls
    np.testing.assert_allclose(only(without["residual_sd"]) ** 2, residual, rtol=1e-12)
    np.testing.assert_allclose(only(without["icc"])[0], [0.04 / (residual[0] + 0.04), 0.36 / (residual[1] + 0.36)])
    between = 0.24 * (-2 + 1.8 * -1.5) / 2  # products of the two gaps, by arm
    covariance = 0.3 * 2.0 + 0.3 * 0.15 + between
    assert only(without["residual_corr"])[0, 1] == pytest.approx(covariance / np.sqrt(residual.prod()), rel=1e-12)
    # A model of girls that are all affected alike leaves how much the gap differs between the arms.
    alike = of(ClusterTrial(OUTCOMES, levels=ALL_LEVELS, covariates=GIRLS), world)
    np.testing.assert_allclose(only(alike["residual_sd"]) ** 2, [1.0 + 0.24 * 0.16, 4.0 + 0.24 * 0.0625], rtol=1e-12)
    for found in (without, alike):  # effects are in total SDs, whatever the model knows
        np.testing.assert_allclose(only(found["total_sd"]), only(whole["total_sd"]), rtol=1e-12)
        np.testing.assert_allclose(only(found["effect_standardised"]), only(whole["effect_standardised"]), rtol=1e-12)


@pytest.mark.parametrize("named", [(), GIRLS])
def test_arms_of_unequal_size_weigh_as_their_pupils_do(named):
    """400 and 1,600 schools: differences between girls and boys are in the larger arm, and so is most of the spread."""
    world = TrialWorld(
        outcomes=("y",), effect=(0.2,), residual_sd=(1.0,), school_sd=(0.3,), girls=0.5, girl_effect=(0.0,),
        moderation=(1.5,), schools_per_arm=(400, 1600), classes_per_school=None, pupils_per_class=(20, 20),
    )  # fmt: skip
    frame = simulate(world, seed=1)
    within = frame["y"] - frame.groupby("arm")["y"].transform("mean")
    total = float(np.sqrt((within**2).mean()))
    found = of(ClusterTrial(("y",), covariates=named, moderators=named, levels=("pupil", "school")), world)
    assert only(found["total_sd"]) == pytest.approx(total, rel=0.02)
    assert only(found["total_sd"]) == pytest.approx(np.sqrt(1 + 0.09 + 0.25 * 0.8 * 1.5**2))
    apart = of(ClusterTrial(("y",), levels=("pupil", "school"), variances="by_arm"), world)["residual_sd"]
    assert np.ravel(only(apart)) == pytest.approx(np.sqrt([1.0, 1 + 0.25 * 1.5**2]))


def test_three_arms_have_an_effect_each():
    world = mixed(arms=("usual", "a", "b"), effect=((0.5, 1.0), (0.2, 0.1)), schools_per_arm=(3, 3, 3),
                  moderation=None, girl_effect=None, girls=None)  # fmt: skip
    found = of(ClusterTrial(OUTCOMES), world)
    assert list(found["arm"].values) == ["a", "b"]
    np.testing.assert_array_equal(only(found["effect"]), world.effect)


def test_outcomes_have_their_own_truth_in_any_order_and_subset():
    world = mixed()
    forward, backward = (of(ClusterTrial(names, levels=ALL_LEVELS), world) for names in (OUTCOMES, OUTCOMES[::-1]))
    for name in forward.data_vars:
        np.testing.assert_allclose(backward[name].reindex_like(forward[name]), forward[name], rtol=1e-12)
    alone = of(ClusterTrial(("kind",), levels=ALL_LEVELS), world)
    for name in ("effect", "total_sd", "mean"):
        np.testing.assert_allclose(only(alone[name])[0], only(forward[name])[1])


def test_what_the_world_does_not_know_has_no_truth():
    found = of(ClusterTrial(("calm", "brave")), mixed())
    for name in found.data_vars:
        assert found[name].isnull().all(), name
    slopes = of(ClusterTrial(OUTCOMES, covariates=("age",), moderators=("age",)), mixed())["moderation"]
    assert slopes.isnull().all()


@pytest.mark.parametrize("link", ["probit", "logit"])
def test_effects_on_categories_are_those_of_the_scores_behind_them(link):
    world = mixed(girls=None, girl_effect=None, moderation=None, link="logistic" if link == "logit" else "normal",
                  ordinal={"calm": (0.0, 4.0), "kind": (9.0,)})  # fmt: skip
    found = of(ClusterTrial(OUTCOMES, levels=ALL_LEVELS, link=link), world)
    unit = LATENT_SD[link] / np.array([1.0, 2.0])
    np.testing.assert_allclose(only(found["effect"]), world.effect[0] * unit, rtol=1e-12)
    total = np.sqrt([1.13, 4.61])
    np.testing.assert_allclose(only(found["effect_standardised"]), world.effect[0] / total, rtol=1e-12)
    np.testing.assert_allclose(only(found["total_sd"]), total * unit, rtol=1e-12)
    np.testing.assert_allclose(only(found["school_sd"]), world.school_sd * unit, rtol=1e-12)
    assert list(found["boundary"].values) == ["calm: 0 | 1", "calm: 1 | 2", "kind: 0 | 1"]
    np.testing.assert_allclose(only(found["threshold"]), np.array([-3.0, 1.0, -1.0]) * unit[[0, 0, 1]], rtol=1e-12)


def test_categories_taken_as_numbers_have_a_standardised_truth_alone():
    world = replace(mixed(), ordinal={"calm": (0.0, 4.0)})
    found = of(ClusterTrial(OUTCOMES), world)
    np.testing.assert_array_equal(only(found["effect"].isnull()), [True, False])
    assert found["effect_standardised"].notnull().all()
    unlinked = of(ClusterTrial(OUTCOMES, link="probit"), world)  # kind has no categories
    np.testing.assert_array_equal(only(unlinked["effect"].isnull()), [False, True])
    assert "threshold" not in unlinked


def test_the_effect_of_a_family_is_the_mean_of_its_standardised_effects():
    world = mixed()
    found = of(ClusterTrial(OUTCOMES, families={"both": OUTCOMES}), world)
    assert only(found["family_effect"])[0] == pytest.approx(only(found["effect_standardised"]).mean())


SPECS = {
    "three levels": (ClusterTrial(OUTCOMES, levels=ALL_LEVELS), mixed()),
    "a family": (ClusterTrial(OUTCOMES, families={"both": OUTCOMES}), mixed()),
    "girls": (ClusterTrial(OUTCOMES, covariates=GIRLS, moderators=GIRLS), mixed()),
    "one outcome": (ClusterTrial(("score",), levels=("pupil", "school")), small_trial()),
    "categories": (
        ClusterTrial(OUTCOMES, levels=ALL_LEVELS, link="logit"),
        mixed(ordinal={"calm": (2.0, 4.0), "kind": (9.0,)}),
    ),
    "the card of pupils": (card("involvement-pupils").spec, involvement("pupils", schools=8)),
    "the card of parents": (card("involvement-parents").spec, involvement("parents")),
}


@pytest.mark.parametrize("case", SPECS)
def test_the_truth_has_the_pathways_of_a_fit_in_their_order(case):
    spec, world = SPECS[case]
    reduced = data_for(spec, observed(spec, world, simulate(world, 2)))
    spec = settled(spec, reduced)
    groups = {}
    for group, variant in models(spec).items():
        model = build(variant, reduced)
        groups[group] = posterior(variant, reduced, one_point(model))
    known = truth(spec, world)
    assert set(known) == set(groups)
    fitted, true = (collect(spec, each, by_interval=False) for each in (groups, known))
    assert list(true["pathway"].values) == list(fitted["pathway"].values)
    assert true["standardised"].notnull().all()
    drawn = groups["posterior"]
    for name in set(known["posterior"].data_vars):
        assert known["posterior"][name].dims == drawn[name].dims
        for dim in drawn[name].dims[2:]:
            assert list(known["posterior"][dim].values) == list(drawn[dim].values)
