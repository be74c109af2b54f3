"""Occasion errors whose variances differ over waves: what identifies them, and what they mend."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import bayespanel as bp
from bayespanel.families.panel.checks import checks
from bayespanel.families.panel.identification import unidentified
from bayespanel.families.panel.moments import implied
from bayespanel.families.panel.truth import observed, truth
from tests.families.panel.test_error import NAMES, WORLD, by_hand

ERROR = np.array([[0.2, 0.6], [0.8, 0.3], [0.5, 0.5], [0.3, 0.7], [0.6, 0.2], [0.4, 0.4]])
"""Standard deviations of errors [wave, variable]."""
APART = replace(WORLD, measurement_error_sd=ERROR)
SPEC = bp.RICLPM(NAMES, innovations="equal", error="free")


def scores() -> np.ndarray:
    """Return the covariance [cell, cell] of the scores: true scores, and a variance of its own for each."""
    return by_hand(replace(WORLD, measurement_error_sd=np.zeros(2))) + np.diag(ERROR.ravel() ** 2)


def data(pupils: int) -> bp.Moments:
    """Return moments of pupils with exactly that covariance."""
    return bp.Panel.from_summary(
        mean=np.zeros((6, 2)), cov=scores(), n=pupils, variables=NAMES, waves=range(1, 7), divisor="n"
    )


def test_the_truth_of_a_world_implies_the_covariance_of_its_scores() -> None:
    known = truth(SPEC, APART)["posterior"].isel(chain=0, draw=0)
    assert known["error_sd"].dims == ("wave", "variable")
    found = implied(SPEC, {str(name): known[name].values for name in known}, np.arange(6))
    np.testing.assert_allclose(found.pupil, scores(), atol=1e-12)
    total = np.diag(scores()).reshape(6, 2).mean(axis=0)
    np.testing.assert_allclose(known["reliability"], 1 - (ERROR**2).mean(axis=0) / total, rtol=1e-12)
    equal = truth(replace(SPEC, error="equal"), APART)["posterior"]
    assert np.isnan(equal["error_sd"]).all()
    assert not np.isnan(truth(SPEC, WORLD)["posterior"]["error_sd"]).any()


def test_simulated_pupils_have_that_covariance() -> None:
    found = observed(SPEC, replace(APART, pupils=20_000, schools=400), bp.simulate(replace(APART, pupils=20_000,
                     schools=400), seed=3)).values.reshape(20_000, -1)  # fmt: skip
    error = np.sqrt((scores() ** 2 + np.outer(np.diag(scores()), np.diag(scores()))) / 20_000)
    assert np.abs((np.cov(found.T) - scores()) / error).max() < 4.5


def test_the_maximum_finds_lags_and_the_errors_of_every_wave() -> None:
    found = bp.maximum_likelihood(SPEC, data(100_000))
    assert found.converged
    assert found.proper
    np.testing.assert_allclose(found.estimates["lag"], WORLD.lag, atol=1e-3)
    np.testing.assert_allclose(found.estimates["error_variance"], ERROR.ravel() ** 2, atol=2e-3)
    assert list(found.estimates["error_variance"]["cell"].values[:3]) == ["a@1", "b@1", "a@2"]
    equal = bp.maximum_likelihood(replace(SPEC, error="equal"), data(100_000))
    assert np.abs(equal.estimates["lag"] - WORLD.lag).max() > 0.02
    assert found.n_parameters == equal.n_parameters + 10


def test_with_many_pupils_the_posterior_is_about_the_maximum_of_the_likelihood() -> None:
    many = data(200_000)
    found = bp.maximum_likelihood(SPEC, many)
    fit = bp.fit(SPEC, many, seed=1, sampling=bp.Sampling(draws=400, tune=400, chains=2), progress=False)
    errors = found.standard_errors["lag"]
    drawn = fit.posterior["lag"]
    assert np.abs((drawn.mean(("chain", "draw")) - found.estimates["lag"]) / errors).max() < 0.4
    np.testing.assert_allclose(drawn.std(("chain", "draw")), errors, rtol=0.2)
    np.testing.assert_allclose(fit.posterior["error_sd"].mean(("chain", "draw")), ERROR, atol=0.06)
    assert [row.check for row in checks(SPEC, fit.posterior, many)][1] == "error variance is away from zero"


@pytest.mark.parametrize(
    ("options", "waves", "confused"),
    [
        ({"innovations": "free"}, 6, True),
        ({"innovations": "free", "intercepts": False}, 6, True),
        ({"intercepts": False}, 2, True),
        ({}, 3, False),
        ({"lags": "free"}, 3, True),
        ({"lags": "free"}, 4, False),
        ({"intercepts": False}, 3, False),
    ],
)
def test_waves_that_cannot_tell_errors_apart_are_refused(
    options: dict[str, object], waves: int, confused: bool
) -> None:
    spec = replace(SPEC, **options)
    assert bool(unidentified(spec, np.arange(waves))) == confused
    if confused:
        world = replace(WORLD, months=tuple(range(waves)), pupils=60, schools=1)
        with pytest.raises(bp.SpecError, match="error_variance apart"):
            bp.fit(spec, observed(spec, world, bp.simulate(world, seed=1)), seed=1)


def test_errors_that_correlate_are_equal_over_waves() -> None:
    with pytest.raises(bp.SpecError, match="equal over waves"):
        bp.RICLPM(NAMES, error="free", error_correlated=True)


def test_lavaan_and_mplus_get_a_variance_for_every_score() -> None:
    columns = {name: [f"{name}{t}" for t in range(6)] for name in NAMES}
    text = bp.to_lavaan(SPEC, columns=columns)
    assert {"a0 ~~ a0", "b5 ~~ b5"} <= set(text.splitlines())
    assert bp.from_lavaan(text).spec == SPEC
    mplus = {line.strip() for line in bp.to_mplus(SPEC, columns=columns).splitlines()}
    assert {"a0;", "b5;"} <= mplus
    assert not any(line.startswith("a0 (") for line in mplus)
