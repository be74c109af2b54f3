"""The default prior of an effect does what its reason says, by sums over a grid that know nothing of the library."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import bayespanel as bp
from bayespanel.summaries.design_errors import design_errors
from tests.families.trial.effect_prior import SEED, study
from tests.families.trial.quadrature import Trials, likelihood, posterior, trials

SPEC = bp.ClusterTrial(outcomes=("y",), levels=("pupil", "school"))
SCHOOL_SD = SPEC.prior("school_sd")


def trial_of(one: Trials) -> bp.Trial:
    """Return the first of the trials."""
    _, schools, pupils = one.y.shape
    names = {"school": np.repeat([f"s{j:02d}" for j in range(schools)], pupils), "arm": np.repeat(one.arm, pupils)}
    scores = {"y": one.y[0].ravel()} | ({} if one.x is None else {"x": one.x[0].ravel()})
    return bp.Trial.from_frame(
        pd.DataFrame(names | scores),
        arm="arm",
        outcomes=["y"],
        school="school",
        baseline=None if one.x is None else {"y": "x"},
    )


@pytest.mark.parametrize(
    ("schools", "icc", "baseline", "row"),
    [
        (3, 0.10, False, ("Normal", (0, 0.5))),
        (2, 0.25, True, ("StudentT", (3, 0, 1))),
    ],
)
def test_sums_over_a_grid_and_draws_have_the_same_posterior(
    schools: int, icc: float, baseline: bool, row: tuple[str, tuple[float, ...]]
) -> None:
    drawn = trials(1, schools, 20, icc, 1.0, baseline=baseline, rng=np.random.default_rng(5))
    prior = bp.Prior("effect", *row)
    expected = posterior(likelihood(drawn, SCHOOL_SD), prior)
    spec = bp.ClusterTrial(
        outcomes=("y",),
        levels=("pupil", "school"),
        adjustment="covariate" if baseline else "none",
        priors=(prior,),
    )
    fit = bp.fit(spec, trial_of(drawn), seed=1, sampling=bp.Sampling(draws=3000), progress=False)
    found = bp.evidence(fit, rope=0.1).isel(pathway=0)
    values = fit.posterior["effect"].values.ravel()
    sd = expected.sd[0]
    error = sd / np.sqrt(float(found["ess_bulk"]))
    assert abs(values.mean() - expected.mean[0]) < 4 * error
    assert values.std() == pytest.approx(sd, rel=0.05)  # four errors of an SD from some 3,000 effective draws
    for level, bound in ((0.025, expected.lower[0]), (0.975, expected.upper[0])):
        assert abs((values < bound).mean() - level) < 4 * np.sqrt(level * (1 - level) / float(found["ess_tail"]))


def test_under_a_flat_prior_a_balanced_trial_has_the_difference_of_means() -> None:
    drawn = trials(50, 3, 20, 0.1, 0.5, baseline=False, rng=np.random.default_rng(8))
    found = posterior(likelihood(drawn, SCHOOL_SD), None)
    means = [drawn.y[:, drawn.arm == g].mean((1, 2)) for g in (0, 1)]
    # The prior of the mean, 5 SDs wide, moves it by less than a thousandth of its SD.
    assert np.abs((found.mean - (means[1] - means[0])) / found.sd).max() < 0.02


def test_the_default_takes_from_an_effect_what_its_reason_says() -> None:
    prior = SPEC.prior("effect")
    assert (prior.distribution, prior.arguments) == ("Normal", (0, 1))
    rows = pd.DataFrame(study(300, (0.0, 1.0), {"default": prior}, SCHOOL_SD, schools=(3, 6), iccs=(0.1,)))
    by = rows.set_index(["schools", "effect"])
    for schools, taken in (("3 + 3", 0.10), ("6 + 6", 0.05)):
        # With and without a baseline, "about": some hundredths, and 300 trials leave an error of one or two.
        assert by.loc[(schools, 1.0), "mean"].mean() == pytest.approx(1 - taken, abs=0.035)
    # Of 600 intervals of 95 %, 92 % is 3.4 errors away.
    assert (rows.groupby(["schools", "effect"])["coverage_95"].mean() > 0.92).all()


@pytest.mark.parametrize("baseline", [False, True])
def test_the_sampling_sd_is_that_of_the_sums(baseline: bool) -> None:
    drawn = trials(1, 3, 20, 0.10, 0.2, baseline=baseline, rng=np.random.default_rng([SEED, 1]))
    expected = posterior(likelihood(drawn, SCHOOL_SD), SPEC.prior("effect")).sampling_sd[0]
    spec = replace(SPEC, adjustment="covariate") if baseline else SPEC
    fit = bp.fit(spec, trial_of(drawn), seed=1, sampling=bp.Sampling(draws=2000), progress=False)
    found = bp.evidence(fit, rope=0.1, true_effect=0.2).isel(pathway=0)
    in_raw = float(found["sampling_sd"] * fit.posterior["total_sd"].mean())
    assert in_raw == pytest.approx(expected, rel=0.04)  # covariances are averaged before, and from draws
    for name, value in zip(("power", "type_s", "type_m"), design_errors(0.2, found["sampling_sd"]), strict=True):
        assert float(found[name]) == pytest.approx(float(value))


def test_a_design_is_judged_by_its_sampling_sd_and_not_by_what_the_prior_made_of_it() -> None:
    # The difference of means of 3 + 3 schools of 20. The ICC is one to which the prior of the school SD is fair.
    true = np.sqrt(2 * (0.25 + 0.75 / 20) / 3)
    drawn = trials(300, 3, 20, 0.25, 0.2, baseline=False, rng=np.random.default_rng([SEED, 1]))
    given = likelihood(drawn, SCHOOL_SD)
    for sigma in (0.5, 1.0):
        found = posterior(given, bp.Prior("effect", "Normal", (0, sigma)))
        assert np.median(found.sampling_sd) == pytest.approx(true, rel=0.08)
    narrow = posterior(given, bp.Prior("effect", "Normal", (0, 0.5)))
    assert np.median(narrow.sd) < 0.8 * true
