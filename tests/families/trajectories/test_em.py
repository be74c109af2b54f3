"""Maximum likelihood against a twin that is written independently, on data with missing waves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bayespanel import SpecError, Trajectories, log_likelihood, maximum_likelihood, simulate
from bayespanel.families.trajectories.maxima import maxima
from bayespanel.families.trajectories.statistics import data_for
from bayespanel.families.trajectories.worlds import persistent_victims
from tests.families.trajectories import twin_em
from tests.families.trajectories.tables import TIMES, panel_of, small_panel, wide_panel


@pytest.mark.parametrize(("classes", "residual"), [(2, "equal"), (2, "by_wave"), (3, "by_wave")])
def test_maximum_likelihood_is_that_of_the_twin(classes: int, residual: str) -> None:
    times = (0.0, 5.0, 12.0, 17.0, 24.0)
    frame = simulate(persistent_victims(control=False, schools=6, pupils=607), 2)
    panel = panel_of(frame, ())
    spec = Trajectories("victimisation", classes=classes, times=times, residual=residual)
    found = maximum_likelihood(spec, panel)
    loadings = np.column_stack([np.ones(5), np.array(times) / 24.0])
    twin = twin_em.fit(panel.values[:, :, 0], loadings, classes, by_wave=residual == "by_wave")
    assert found.log_likelihood == pytest.approx(twin.log_likelihood, abs=1e-3)
    np.testing.assert_allclose(found.estimates["share"], twin.share, atol=5e-4)
    np.testing.assert_allclose(found.estimates["growth"], twin.growth, atol=2e-3)
    np.testing.assert_allclose(np.broadcast_to(found.estimates["residual_sd"], 5) ** 2, twin.variance, atol=1e-3)
    assert found.entropy == pytest.approx(twin.entropy, abs=1e-3)
    assert found.converged
    assert found.proper
    assert found.n_parameters == classes - 1 + 2 * classes + (5 if residual == "by_wave" else 1)


def test_estimates_are_a_point_of_the_likelihood_and_a_maximum_of_it() -> None:
    panel = small_panel(pupil_sd=0.5)
    spec = Trajectories(
        "victimisation", classes=2, times=TIMES, random="slope", predictors=("anxiety",), arm="programme"
    )
    found = maximum_likelihood(spec, panel)
    assert log_likelihood(spec, panel, dict(found.estimates)) == pytest.approx(found.log_likelihood, abs=1e-8)
    for name in ("growth", "residual_sd", "membership_effect"):
        error = float(found.standard_errors[name].values.ravel()[0])
        moved = dict(found.estimates)
        for sign in (-1, 1):
            change = np.zeros_like(moved[name].values)
            change.flat[0] = sign * error
            if name == "membership_effect":
                change[1] -= change[0]  # effects are centred over classes
            value = log_likelihood(spec, panel, moved | {name: found.estimates[name] + change})
            assert value < found.log_likelihood


def test_standard_errors_are_those_of_repeated_samples() -> None:
    """The spread of an odds ratio over worlds is what its standard error promises."""
    spec = Trajectories("victimisation", classes=2, times=TIMES, predictors=("anxiety",))
    found = [maximum_likelihood(spec, small_panel(seed, control=False)) for seed in range(40)]
    effect = np.array([2 * float(one.estimates["membership_effect"][0, 0]) for one in found])
    error = np.array([2 * float(one.standard_errors["membership_effect"][0, 0]) for one in found])
    assert abs(effect.mean() - 1.0) < 3 * effect.std() / np.sqrt(40)
    assert 0.7 < error.mean() / effect.std() < 1.4


def test_likelihoods_never_fall_with_the_number_of_classes() -> None:
    panel = small_panel(link="logit")
    spec = Trajectories("victimisation", times=TIMES, link="logit")
    rows = data_for(spec, panel)
    found = [maxima(spec.with_classes(k), rows).log_likelihoods[0] for k in range(1, 5)]
    assert (np.diff(found) > -1e-6).all()


def test_classes_are_ordered_from_the_highest_average_in_each_arm() -> None:
    panel = small_panel()
    spec = Trajectories(
        "victimisation", classes={"control": 2, "intervention": 3}, times=TIMES, arm="programme", residual="by_class"
    )
    average = maximum_likelihood(spec, panel).estimates["expected"].mean("wave").values
    assert (np.diff(average[:2]) < 0).all()
    assert (np.diff(average[2:]) < 0).all()


def test_arms_with_their_own_classes_are_two_models() -> None:
    """Apart from the residual variance, which they share; with one of each class they share nothing."""
    panel = small_panel()
    spec = Trajectories(
        "victimisation", classes={"control": 2, "intervention": 2}, times=TIMES, arm="programme", residual="by_class"
    )
    together = maximum_likelihood(spec, panel).log_likelihood
    apart = 0.0
    alone = Trajectories("victimisation", classes=2, times=TIMES, residual="by_class")
    for arm in (0.0, 1.0):
        here = panel.covariates[:, 1] == arm
        part = replace(
            panel, values=panel.values[here], pupils=panel.pupils[here], covariates=panel.covariates[here],
            classroom=None, school=None, class_names=(), school_names=(),
        )  # fmt: skip
        apart += maximum_likelihood(alone, part).log_likelihood
    assert together == pytest.approx(apart, abs=1e-5)


def test_cluster_effects_have_no_maximum_likelihood() -> None:
    with pytest.raises(SpecError, match="no closed integral"):
        maximum_likelihood(Trajectories("victimisation", levels=("pupil", "school")), small_panel())


def test_a_class_of_pupils_who_never_moved_does_not_crash() -> None:
    values = np.zeros((120, 3))
    values[:30] = np.random.default_rng(1).integers(0, 3, size=(30, 3))
    found = maximum_likelihood(Trajectories("y", classes=2, link="logit"), wide_panel(values))
    assert np.isfinite(found.log_likelihood)
    copies = wide_panel(np.vstack([values[:30], np.zeros((90, 3)) + np.random.default_rng(2).normal(0, 1e-9, (90, 3))]))
    assert np.isfinite(maximum_likelihood(Trajectories("y", classes=2, residual="by_class"), copies).log_likelihood)
