"""Estimates and sampling SDs from the data alone, and how far the priors of effects draw the posterior from them."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import bayespanel as bp
from bayespanel.families.trial.checks import checks
from bayespanel.families.trial.covariances import normal
from bayespanel.families.trial.design import design
from bayespanel.families.trial.least_squares import least_squares, mean_covariances, standard_errors
from bayespanel.families.trial.pathways import collect
from bayespanel.families.trial.prior_pull import pulls
from bayespanel.inference.checks import Check
from tests.families.trial.posteriors import around
from tests.families.trial.tables import table, trial

LEVELS = ("pupil", "school")
SPECS = [
    bp.ClusterTrial(outcomes=("calm",), levels=LEVELS, adjustment=adjustment, covariates=given, moderators=given[:1])
    for adjustment, given in itertools.product(("none", "covariate", "constrained"), ((), ("age", "girl")))
]


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: f"{spec.adjustment}-{len(spec.covariates)}")
@pytest.mark.parametrize("arms", [2, 3])
def test_at_covariances_of_maximum_likelihood_they_are_those_of_maximum_likelihood(
    spec: bp.ClusterTrial, arms: int
) -> None:
    data = trial(table(arms, schools=12)).moments()
    ml = bp.maximum_likelihood(spec, data)
    plan = design(spec, data)
    named = {f"{name}_cov": ml.estimates[f"{name}_cov"].values for name in ("residual", *spec.cluster_levels)}
    found = least_squares(spec, plan, normal(spec, plan, named))
    for name, value in found.estimate.items():
        error = ml.standard_errors[name].values
        np.testing.assert_allclose(value, ml.estimates[name].values, atol=1e-3 * error.max(), rtol=0)
        np.testing.assert_allclose(found.error[name], error, rtol=1e-3)  # maximum likelihood stops near its maximum


def test_what_the_data_leave_open_is_not_known_and_the_rest_is() -> None:
    frame = table(2)
    frame["age"] = 9.0 + (frame["arm"] == "both")  # nothing but the arm, whose effect it is then not to be told from
    spec = bp.ClusterTrial(outcomes=("calm", "kind"), levels=LEVELS, covariates=("age",))
    data = trial(frame, covariates=["age"], outcomes=["calm", "kind"]).moments()
    plan = design(spec, data)
    named = {"residual_cov": np.diag([64.0, 64.0]), "school_cov": np.diag([16.0, 16.0])}
    found = least_squares(spec, plan, normal(spec, plan, named))
    assert np.isnan(found.error["effect"]).all()
    assert np.isnan(found.error["covariate_effect"]).all()


def exact(spec: bp.ClusterTrial, data: bp.TrialMoments, moved: float = 0.0) -> xr.Dataset:
    """Draws with covariances of maximum likelihood whose effects lie `moved` of their SDs above least squares."""
    posterior = around(spec, data, jitter=0.0)
    plan = design(spec, data)
    found = least_squares(spec, plan, mean_covariances(spec, plan, posterior))
    rng = np.random.default_rng(5)
    z = rng.normal(size=posterior["effect"].shape)
    z = (z - z.mean((0, 1))) / z.std((0, 1), ddof=0)
    z *= np.sqrt(1 - 1 / z[..., 0].size)  # so that the SD with one degree of freedom less is 1
    posterior["effect"] = posterior["effect"].copy(data=found.estimate["effect"] + found.error["effect"] * (z + moved))
    return posterior


def pull_row(spec: bp.ClusterTrial, posterior: xr.Dataset, data: object) -> Check:
    return next(row for row in checks(spec, posterior, data) if row.check.startswith("effects without their prior"))


@pytest.mark.parametrize("moved", [-0.6, -0.15, 0.0, 0.15, 0.6])
def test_the_row_says_how_far_the_mean_lies_from_what_the_data_say(moved: float) -> None:
    spec = bp.ClusterTrial(outcomes=("calm",), levels=LEVELS)
    data = trial(table(2)).moments()
    row = pull_row(spec, exact(spec, data, moved), data)
    assert row.value == pytest.approx(abs(moved), abs=1e-6)
    assert row.state == ("look" if abs(moved) > 0.2 else "ok")


def test_of_several_arms_and_outcomes_the_worst_is_named_with_its_prior() -> None:
    spec = bp.ClusterTrial(outcomes=("calm", "kind"), levels=LEVELS)
    data = trial(table(3)).moments()
    posterior = exact(spec, data)
    sd = posterior["effect"].std(("chain", "draw"), ddof=1)
    posterior["effect"] = posterior["effect"] - 0.5 * sd.where((sd["arm"] == "parents") & (sd["outcome"] == "kind"), 0)
    row = pull_row(spec, posterior, data)
    assert row.value == pytest.approx(0.5, abs=1e-6)
    assert "Of 'parents: kind' the data alone have" in row.hint
    assert "Normal(0, 1) SD" in row.hint
    assert "bp.refits(fit)" in row.hint


def test_published_effects_are_held_against_themselves() -> None:
    estimates = bp.Trial.from_estimates(effect=[0.5, 0.1], standard_error=[0.3, 0.1], outcome=["calm", "kind"])
    spec = bp.ClusterTrial(outcomes=("kind", "calm"), levels=("pupil",))
    fit = bp.fit(spec, estimates, seed=1, progress=False)
    found = {one.name: one for one in pulls(spec, fit.posterior, estimates)}
    # In closed form: the share 0.09 / 1.09 of the estimate, in posterior SDs of 0.3 / sqrt(1.09).
    assert found["calm"].moved == pytest.approx(-0.5 * 0.09 / 1.09 / (0.3 / 1.09**0.5), abs=0.1)
    assert found["calm"].estimate == 0.5
    evidence = bp.evidence(fit, rope=0.1, true_effect=0.2)
    assert evidence["sampling_sd"].sel(pathway=["calm", "kind"]).values.tolist() == [0.3, 0.1]


def test_pooled_effects_have_no_row_and_their_family_has_one() -> None:
    estimates = bp.Trial.from_estimates(
        effect=[0.5, 0.1, 0.3], standard_error=[0.1] * 3, outcome=["calm", "kind", "glad"]
    )
    spec = bp.ClusterTrial(outcomes=("calm", "kind", "glad"), levels=("pupil",), families={"mood": ("calm", "kind")})
    fit = bp.fit(spec, estimates, seed=1, progress=False)
    assert [one.name for one in pulls(spec, fit.posterior, estimates)] == ["glad", "family mood"]
    sampling = bp.evidence(fit, rope=0.1, true_effect=0.2)["sampling_sd"].to_series()
    assert np.isnan(sampling[["calm", "kind", "family mood"]]).all()
    assert (sampling[["glad", "calm (unpooled)", "kind (unpooled)", "glad (unpooled)"]] == 0.1).all()


@pytest.mark.parametrize("arms", [2, 3])
def test_sampling_sds_are_in_total_sds_and_each_pathway_has_its_own(arms: int) -> None:
    spec = bp.ClusterTrial(outcomes=("kind", "calm"), levels=LEVELS, covariates=("age", "girl"), moderators=("girl",))
    data = trial(table(arms, schools=12)).moments()
    posterior, plan = around(spec, data, jitter=0.0), design(spec, data)
    found = least_squares(spec, plan, mean_covariances(spec, plan, posterior)).error
    draws = collect(spec, {"posterior": posterior}, by_interval=False)
    values = standard_errors(spec, data, {"posterior": posterior}, draws)
    errors = dict(zip(draws["pathway"].values, values, strict=True))
    for (o, outcome), (g, arm) in itertools.product(enumerate(spec.outcomes), enumerate(data.arms[1:])):
        lead = f"{arm}: " if arms > 2 else ""
        total = float(posterior["total_sd"].sel(outcome=outcome).mean())
        for name, label in (("effect", ""), ("moderation", " by girl[M]")):
            raw = found[name].reshape(arms - 1, 2)[g, o]
            assert errors[lead + outcome + label] == pytest.approx(raw / total)
    assert all(np.isnan(value) for name, value in errors.items() if name.startswith("icc"))


def test_effects_on_categories_are_held_against_the_posterior_without_its_prior() -> None:
    frame = table(2)
    frame["calm"] = pd.cut(frame["calm"], [-99, 48, 56, 999], labels=["low", "mid", "high"])
    counts = trial(frame, outcomes=["calm"], baseline=None).counts(("calm",))
    spec = bp.ClusterTrial(("calm",), levels=LEVELS, link="logit", covariates=("age",), moderators=("age",))
    latent, age = np.pi / np.sqrt(3), float(np.std(frame["age"][frame["calm"].notna()]))
    z = np.random.default_rng(2).normal(size=(2, 500, 1))
    z = (z - z.mean()) / z.std(ddof=1)
    # A posterior SD of half the prior's leaves 1 / (1 - 1/4) of a mean to the data.
    widths = {"effect": latent, "moderation": 0.25 * latent / age}
    posterior = xr.Dataset(
        {
            "effect": (("chain", "draw", "outcome"), widths["effect"] * (0.6 + 0.5 * z)),
            "moderation": (
                ("chain", "draw", "outcome", "moderator"),
                widths["moderation"] * (0.6 + 0.5 * z)[..., None],
            ),
        },
        coords={"outcome": ["calm"], "moderator": ["age"]},
    )
    for one, sigma in zip(pulls(spec, posterior, counts), (1.0, 0.25), strict=True):
        assert one.mean == pytest.approx(0.6 * sigma)
        assert one.estimate == pytest.approx(0.8 * sigma)
        assert one.moved == pytest.approx((0.6 - 0.8) / 0.5)
    assert one.name == "calm by age"
