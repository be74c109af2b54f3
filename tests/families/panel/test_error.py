"""Occasion errors (STARTS): what identifies them, and what they mend."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import bayespanel as bp
from bayespanel.families.panel.identification import unidentified
from bayespanel.families.panel.moments import implied
from bayespanel.families.panel.truth import observed, truth
from bayespanel.families.panel.world import PanelWorld

NAMES = ("a", "b")
ERROR = np.array([0.5, 0.3])
CORRELATED = np.array([[1.0, 0.4], [0.4, 1.0]])
WORLD = PanelWorld(
    variables=NAMES,
    months=tuple(range(6)),
    lag=np.array([[0.5, 0.1], [0.0, 0.4]]),
    initial_sd=np.array([1.0, 0.8]),
    innovation_sd=np.array([0.8, 0.7]),
    initial_corr=np.array([[1.0, 0.3], [0.3, 1.0]]),
    innovation_corr=np.array([[1.0, 0.2], [0.2, 1.0]]),
    intercept_sd=np.array([0.7, 0.6]),
    intercept_corr=np.array([[1.0, 0.5], [0.5, 1.0]]),
    pupils=500,
    schools=10,
    measurement_error_sd=ERROR,
)
STARTS = bp.RICLPM(NAMES, innovations="equal", error="equal")


def by_hand(world: PanelWorld) -> np.ndarray:
    """Return the covariance [cell, cell] of the scores, from the paths of single shocks."""
    t, k = world.waves, len(world.variables)
    step = [np.diag(world.initial_sd) @ np.linalg.cholesky(world.initial_corr)]
    step += [np.diag(world.innovation_sd) @ np.linalg.cholesky(world.innovation_corr)] * (t - 1)
    reach = np.zeros((t * k, t * k))  # of the shocks of each wave on the scores of each later one
    for shock in range(t):
        for wave in range(shock, t):
            power = np.linalg.matrix_power(world.lag, wave - shock)
            reach[wave * k : (wave + 1) * k, shock * k : (shock + 1) * k] = power @ step[shock]
    stable = np.diag(world.intercept_sd) @ world.intercept_corr @ np.diag(world.intercept_sd)
    corr = np.eye(k) if world.measurement_error_corr is None else world.measurement_error_corr
    error = np.outer(world.measurement_error_sd, world.measurement_error_sd) * corr
    return reach @ reach.T + np.kron(np.ones((t, t)), stable) + np.kron(np.eye(t), error)


def exact(world: PanelWorld, pupils: int = 100_000) -> bp.Moments:
    """Return moments of pupils whose covariance is that of the world, to the last digit."""
    return bp.Panel.from_summary(
        mean=np.zeros((world.waves, len(world.variables))), cov=by_hand(world), n=pupils,
        variables=world.variables, waves=range(1, world.waves + 1), divisor="n",
    )  # fmt: skip


@pytest.mark.parametrize("corr", [None, CORRELATED])
def test_the_truth_of_a_world_implies_the_covariance_of_its_scores(corr: np.ndarray | None) -> None:
    world = replace(WORLD, measurement_error_corr=corr)
    spec = replace(STARTS, error_correlated=corr is not None)
    known = truth(spec, world)["posterior"].isel(chain=0, draw=0)
    found = implied(spec, {str(name): known[name].values for name in known}, np.arange(world.waves))
    np.testing.assert_allclose(found.pupil, by_hand(world), atol=1e-12)
    total = np.diag(by_hand(world)).reshape(world.waves, 2).mean(axis=0)
    np.testing.assert_allclose(known["reliability"], 1 - ERROR**2 / total, rtol=1e-12)


def test_simulated_pupils_have_that_covariance() -> None:
    world = replace(WORLD, measurement_error_corr=CORRELATED, pupils=20_000, schools=400)
    scores = observed(STARTS, world, bp.simulate(world, seed=3)).values.reshape(20_000, -1)
    want = by_hand(world)
    error = np.sqrt((want**2 + np.outer(np.diag(want), np.diag(want))) / 20_000)
    assert np.abs((np.cov(scores.T) - want) / error).max() < 4.5


@pytest.mark.parametrize("corr", [None, CORRELATED])
def test_lags_of_true_scores_are_found_where_the_plain_model_is_wrong(corr: np.ndarray | None) -> None:
    data = exact(replace(WORLD, measurement_error_corr=corr))
    spec = replace(STARTS, error_correlated=corr is not None)
    found = bp.maximum_likelihood(spec, data)
    assert found.converged
    assert found.proper
    np.testing.assert_allclose(found.estimates["lag"], WORLD.lag, atol=1e-3)
    plain = bp.maximum_likelihood(replace(spec, error="none", error_correlated=False), data)
    assert np.abs(plain.estimates["lag"] - WORLD.lag).max() > 0.1


def test_with_many_pupils_the_posterior_is_about_the_maximum_of_the_likelihood_and_the_truth() -> None:
    data = exact(WORLD, 20_000)
    found = bp.maximum_likelihood(STARTS, data)
    fit = bp.fit(STARTS, data, seed=1, sampling=bp.Sampling(draws=400, tune=400, chains=2), progress=False)
    drawn = fit.posterior["lag"]
    errors = found.standard_errors["lag"]
    assert np.abs((drawn.mean(("chain", "draw")) - found.estimates["lag"]) / errors).max() < 0.4
    np.testing.assert_allclose(drawn.std(("chain", "draw")), errors, rtol=0.2)
    known = truth(STARTS, WORLD)["posterior"].isel(chain=0, draw=0)
    for name in ("lag", "error_sd", "reliability", "icc"):
        draws = fit.posterior[name]
        away = (draws.mean(("chain", "draw")) - known[name]) / draws.std(("chain", "draw"))
        assert np.abs(away).max() < 0.6, name


@pytest.mark.parametrize(
    ("options", "waves", "confused"),
    [
        ({"lags": "free"}, 3, True),
        ({}, 3, False),
        ({"lags": "free"}, 4, False),
        ({"intercepts": False}, 2, True),
        ({"intercepts": False}, 3, False),
    ],
)
def test_waves_that_cannot_tell_errors_apart_are_refused(options: dict[str, str], waves: int, confused: bool) -> None:
    spec = replace(bp.RICLPM(NAMES, error="equal"), **options)
    world = replace(WORLD, months=tuple(range(waves)), pupils=60, schools=1)
    data = observed(spec, world, bp.simulate(world, seed=1))
    assert bool(unidentified(spec, np.arange(waves))) == confused
    if confused:
        with pytest.raises(bp.SpecError, match="error_variance apart"):
            bp.fit(spec, data, seed=1)
    else:
        bp.build(spec, data)


def test_what_is_free_in_the_jacobian_is_what_maximum_likelihood_counts() -> None:
    """The rank is that of as many directions as there are parameters, where all can be told apart."""
    for options in ({}, {"error": "equal"}, {"error": "equal", "error_correlated": True}):
        assert unidentified(bp.RICLPM(NAMES, **options), np.arange(4)) == ()


def test_errors_correlate_only_where_there_are_two() -> None:
    for options in ({"error_correlated": True}, {"error": "none", "error_correlated": True}):
        with pytest.raises(bp.SpecError, match="Errors correlate between two variables"):
            bp.RICLPM(NAMES, **options)
    with pytest.raises(bp.SpecError, match="Errors correlate between two variables"):
        bp.RICLPM(("a",), error="equal", error_correlated=True)
    with pytest.raises(bp.SpecError, match="equal over waves"):
        bp.RICLPM(NAMES, error="free", error_correlated=True)


RELIABILITY = {
    name: float(1 - ERROR[place] ** 2 / np.diag(by_hand(WORLD)).reshape(-1, 2).mean(axis=0)[place])
    for place, name in enumerate(NAMES)
}


def test_errors_of_a_known_reliability_cost_no_parameter_and_mend_the_lags() -> None:
    data = exact(WORLD)
    known = bp.RICLPM(NAMES, innovations="equal", reliability=RELIABILITY)
    found, free, plain = (bp.maximum_likelihood(spec, data) for spec in (known, STARTS, replace(STARTS, error="none")))
    assert found.n_parameters == plain.n_parameters == free.n_parameters - 2
    np.testing.assert_allclose(found.estimates["lag"], WORLD.lag, atol=2e-3)
    assert found.log_likelihood == pytest.approx(free.log_likelihood, abs=0.5)
    one = bp.maximum_likelihood(replace(known, reliability=dict.fromkeys(NAMES, 1)), data)
    assert one.log_likelihood == pytest.approx(plain.log_likelihood, rel=1e-9)


def test_draws_under_a_known_reliability_carry_it() -> None:
    spec = bp.RICLPM(NAMES, innovations="equal", reliability=RELIABILITY)
    data = exact(WORLD, 20_000)
    fit = bp.fit(spec, data, seed=1, sampling=bp.Sampling(draws=300, tune=300, chains=2), progress=False)
    np.testing.assert_allclose(
        fit.posterior["reliability"].mean(("chain", "draw")), list(RELIABILITY.values()), atol=0.02
    )
    assert np.allclose(fit.posterior["error_sd"], fit.posterior["error_sd"][0, 0])
    found = bp.maximum_likelihood(spec, data)
    away = (fit.posterior["lag"].mean(("chain", "draw")) - found.estimates["lag"]) / found.standard_errors["lag"]
    assert np.abs(away).max() < 0.5


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"a": 1.2}, "above 0, up to 1"),
        ({"a": 0}, "above 0, up to 1"),
        ({"a": True}, "above 0, up to 1"),
        ({"a": np.nan}, "above 0, up to 1"),
        ({"A": 0.8}, "A reliability is that of a variable"),
        (0.8, "reliability"),
    ],
)
def test_a_reliability_that_is_none_is_refused(given: object, said: str) -> None:
    with pytest.raises(bp.SpecError, match=said):
        bp.RICLPM(NAMES, reliability=given)
    with pytest.raises(bp.SpecError, match="Errors are estimated, or follow from reliabilities"):
        bp.RICLPM(NAMES, error="equal", reliability={"a": 0.8})


def test_a_reliability_below_what_the_data_show_is_said() -> None:
    """Waves that correlate .9 leave no room for a reliability of .5: the maximum is improper."""
    corr = 0.1 * np.eye(4) + 0.9
    data = bp.Panel.from_summary(mean=np.zeros((4, 1)), cov=corr, n=500, variables=["a"], waves=range(4))
    assert not bp.maximum_likelihood(bp.RICLPM(["a"], reliability={"a": 0.5}), data).proper


def test_reliabilities_are_not_written_for_other_programs() -> None:
    for write, name in ((bp.to_lavaan, "lavaan"), (bp.to_mplus, "Mplus")):
        with pytest.raises(bp.SpecError, match=f"the text for {name} is written without data"):
            write(bp.RICLPM(NAMES, reliability={"a": 0.8}), waves=4)


def test_lavaan_and_mplus_get_the_errors() -> None:
    columns = {name: [f"{name}{t}" for t in range(6)] for name in NAMES}
    both = replace(STARTS, error_correlated=True)
    alone, pairs = (bp.to_lavaan(spec, columns=columns).splitlines() for spec in (STARTS, both))
    assert sum("error." in line for line in alone) == 6 * 2
    assert sum("error." in line for line in pairs) == 6 * 3
    assert {"a0 ~~ error.a.a*a0", "b5 ~~ error.b.b*b5"} <= set(alone)
    assert "a3 ~~ error.a.b*b3" in pairs
    alone, pairs = (bp.to_mplus(spec, columns=columns).splitlines() for spec in (STARTS, both))
    assert {"a0 (e1_1);", "b5 (e2_2);"} <= {line.strip() for line in alone} & {line.strip() for line in pairs}
    assert "a3 WITH b3 (e1_2);" in {line.strip() for line in pairs} - {line.strip() for line in alone}
