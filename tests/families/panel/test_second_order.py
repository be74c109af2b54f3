"""Lags that reach two waves back: against moments written by hand, simulated pupils, estimates and paths one by one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import bayespanel as bp
from bayespanel.families.panel import state
from bayespanel.families.panel.dynamics import respond, standardised_lags, stationary_correlation
from bayespanel.families.panel.identification import unidentified
from bayespanel.families.panel.moments import implied
from bayespanel.families.panel.pathways import pathways
from bayespanel.families.panel.truth import observed, truth
from bayespanel.families.panel.world import PanelWorld
from tests.figures.drawn import words
from tests.unsampled import unsampled, weighed

NAMES = ("a", "b", "c")
WAVES = 6
A = np.array([[0.4, 0.1, 0.0], [0.0, 0.3, 0.1], [0.1, 0.0, 0.2]])
B = np.array([[0.2, 0.0, 0.1], [0.1, 0.1, 0.0], [0.0, 0.05, 0.15]])
FIRST = np.array([[0.6, 0.1, 0.0], [0.1, 0.5, 0.1], [0.0, 0.1, 0.4]])
CORR = np.array([[1.0, 0.3, 0.1], [0.3, 1.0, 0.2], [0.1, 0.2, 1.0]])
WORLD = PanelWorld(
    variables=NAMES,
    months=tuple(range(WAVES)),
    lag=A,
    lag_2=B,
    first_lag=FIRST,
    initial_sd=np.array([1.0, 0.8, 1.2]),
    initial_corr=CORR,
    innovation_sd=np.array([0.8, 0.7, 0.9]),
    innovation_corr=CORR,
    intercept_sd=np.array([0.7, 0.6, 0.5]),
    intercept_corr=CORR,
    pupils=500,
    schools=10,
)
SPEC = bp.RICLPM(NAMES, innovations="equal", order=2)


def by_hand() -> np.ndarray:
    """Return the covariance [cell, cell] from what each shock does to each later wave, followed step by step."""
    k = len(NAMES)
    root = np.linalg.cholesky(CORR)
    reach = np.zeros((WAVES * k, WAVES * k))
    for shock in range(WAVES):
        before = np.zeros((k, k))
        now = np.diag(WORLD.initial_sd if shock == 0 else WORLD.innovation_sd) @ root
        reach[shock * k : (shock + 1) * k, shock * k : (shock + 1) * k] = now
        for wave in range(shock + 1, WAVES):
            before, now = now, (FIRST if wave == 1 else A) @ now + B @ before
            reach[wave * k : (wave + 1) * k, shock * k : (shock + 1) * k] = now
    stable = np.outer(WORLD.intercept_sd, WORLD.intercept_sd) * CORR
    return reach @ reach.T + np.kron(np.ones((WAVES, WAVES)), stable)


def exact(pupils: int) -> bp.Moments:
    return bp.Panel.from_summary(
        mean=np.zeros((WAVES, 3)), cov=by_hand(), n=pupils, variables=NAMES, waves=range(1, WAVES + 1), divisor="n"
    )


def test_the_truth_of_a_world_implies_the_covariance_of_its_scores() -> None:
    known = truth(SPEC, WORLD)["posterior"].isel(chain=0, draw=0)
    found = implied(SPEC, {str(name): known[name].values for name in known}, np.arange(WAVES))
    np.testing.assert_allclose(found.pupil, by_hand(), atol=1e-12)
    free = replace(SPEC, lags="free")
    known = truth(free, WORLD)["posterior"].isel(chain=0, draw=0)
    found = implied(free, {str(name): known[name].values for name in known}, np.arange(WAVES))
    np.testing.assert_allclose(found.pupil, by_hand(), atol=1e-12)
    assert truth(replace(SPEC, order=1), WORLD)["posterior"]["lag"].isnull().all()


def test_the_state_has_that_covariance_and_its_adjoint_is_exact() -> None:
    rng = np.random.default_rng(1)
    arrays = {
        "lag": A[None], "lag_2": B[None], "first_lag": FIRST,
        "initial_cov": np.outer(WORLD.initial_sd, WORLD.initial_sd) * CORR,
        "innovation_cov": (np.outer(WORLD.innovation_sd, WORLD.innovation_sd) * CORR)[None],
    }  # fmt: skip
    stable = np.kron(np.ones((WAVES, WAVES)), np.outer(WORLD.intercept_sd, WORLD.intercept_sd) * CORR)
    np.testing.assert_allclose(state.covariance(arrays, WAVES), by_hand() - stable, atol=1e-12)
    free = arrays | {"lag": np.stack([FIRST, *[A] * (WAVES - 2)]), "lag_2": np.stack([B] * (WAVES - 2))}
    del free["first_lag"]
    for given in (arrays, free):
        weight = rng.normal(size=(18, 18))
        weight = weight + weight.T
        gradient = state.adjoint(given, WAVES, weight)
        for name in ("lag", "lag_2", *(["first_lag"] if "first_lag" in given else [])):
            for at in list(np.ndindex(given[name].shape))[::5]:
                moved = {key: value.astype(complex) for key, value in given.items()}
                moved[name][at] += 1e-30j
                slope = np.imag((state.covariance(moved, WAVES) * weight).sum()) / 1e-30
                assert gradient[name][at] == pytest.approx(slope, rel=1e-10), (name, at)


def test_simulated_pupils_have_that_covariance() -> None:
    world = replace(WORLD, pupils=20_000, schools=400)
    scores = observed(SPEC, world, bp.simulate(world, seed=3)).values.reshape(20_000, -1)
    want = by_hand()
    error = np.sqrt((want**2 + np.outer(np.diag(want), np.diag(want))) / 20_000)
    assert np.abs((np.cov(scores.T) - want) / error).max() < 4.5


def test_lags_are_found_where_the_plain_model_is_wrong() -> None:
    found = bp.maximum_likelihood(SPEC, exact(100_000))
    assert found.converged
    assert found.proper
    for name, value in (("lag", A), ("lag_2", B), ("first_lag", FIRST)):
        np.testing.assert_allclose(found.estimates[name], value, atol=2e-3, err_msg=name)
    plain = bp.maximum_likelihood(replace(SPEC, order=1), exact(100_000))
    assert np.abs(plain.estimates["lag"] - A).max() > 0.04


def test_with_many_pupils_the_posterior_is_about_the_maximum_of_the_likelihood() -> None:
    data = exact(20_000)
    found = bp.maximum_likelihood(SPEC, data)
    fit = bp.fit(SPEC, data, seed=1, sampling=bp.Sampling(draws=400, tune=400, chains=2), progress=False)
    for name in ("lag", "lag_2", "first_lag"):
        drawn, errors = fit.posterior[name], found.standard_errors[name]
        assert np.abs((drawn.mean(("chain", "draw")) - found.estimates[name]) / errors).max() < 0.5
        np.testing.assert_allclose(drawn.std(("chain", "draw")), errors, rtol=0.25)
    evidence = bp.evidence(fit, rope=0.05)
    rows = evidence["pathway"].values
    assert "delayed: a -> b (2 waves)" in rows
    assert np.isfinite(evidence["log_bf10"].sel(pathway="delayed: a -> b (2 waves)"))


def test_pathways_start_at_the_second_wave_and_totals_count_both_ways() -> None:
    posterior = truth(SPEC, WORLD)["posterior"]
    found = pathways(SPEC, posterior, horizon=3, by_interval=True).isel(chain=0, draw=0)
    at = {str(name): float(value) for name, value in zip(found["pathway"].values, found["raw"].values, strict=True)}
    assert {name.split("[")[1] for name in at if name.startswith("a -> b [")} == {"2-3]", "3-4]", "4-5]", "5-6]"}
    assert at["a -> b [2-3]"] == A[1, 0]
    assert at["delayed: a -> b (2 waves) [1-3]"] == B[1, 0]
    over_three = A @ (A @ A + B) + B @ A
    assert at["total: a -> b (3 waves) [2-5]"] == pytest.approx(over_three[1, 0])
    sd = np.sqrt(np.diag(by_hand()).reshape(WAVES, 3) - WORLD.intercept_sd**2)
    scaled = dict(zip(map(str, found["pathway"].values), found["standardised"].values, strict=True))
    assert scaled["delayed: a -> b (2 waves) [1-3]"] == pytest.approx(B[1, 0] * sd[0, 0] / sd[2, 1])
    assert scaled["total: a -> b (3 waves) [2-5]"] == pytest.approx(over_three[1, 0] * sd[1, 0] / sd[4, 1])


def test_a_total_spans_no_more_waves_than_pathways_have() -> None:
    posterior = truth(SPEC, WORLD)["posterior"]
    assert "total: a -> b (4 waves)" in pathways(SPEC, posterior, horizon=4)["pathway"].values
    with pytest.raises(bp.SpecError, match=r"here at most 4.*pathways begin at wave 2"):
        pathways(SPEC, posterior, horizon=5)


@pytest.mark.parametrize("lags", ["equal", "free"])
def test_a_diagram_begins_where_pathways_do_and_says_what_it_leaves_out(lags: str) -> None:
    fit = unsampled(bp.RICLPM(("a", "b"), order=2, lags=lags), exact(500))
    figure = bp.plot_path_diagram(weighed(fit))
    said = " ".join(words(figure)).replace("\n", " ")
    assert "effects over two waves are not drawn" in said
    assert "6" in words(figure)
    assert "1" not in words(figure)


@pytest.mark.parametrize("lags", ["equal", "free"])
def test_responses_are_the_totals_and_their_parts_add_up(lags: str) -> None:
    spec = replace(SPEC, lags=lags)
    posterior = truth(spec, WORLD)["posterior"]
    found = respond(*standardised_lags(spec, posterior, 3))
    np.testing.assert_allclose(found.direct + found.via.sum(axis=2), found.total, atol=1e-12)
    rows = pathways(spec, posterior, kinds=("total",), horizon=3, by_interval=True)
    if lags == "free":
        total = rows["standardised"].sel(pathway="total: a -> b (3 waves) [2-5]")
        assert found.total[0, 3, 1, 0] == pytest.approx(float(total.squeeze()))


def test_the_stationary_state_is_where_the_moments_go() -> None:
    long = replace(WORLD, months=tuple(range(60)))
    known = truth(SPEC, long)["posterior"].isel(chain=0, draw=0)
    end = implied(SPEC, {str(name): known[name].values for name in known}, np.arange(60)).pupil[-3:, -3:]
    within = end - np.outer(WORLD.intercept_sd, WORLD.intercept_sd) * CORR
    sd = np.sqrt(np.diag(within))
    found = stationary_correlation(SPEC, truth(SPEC, WORLD)["posterior"])[0]
    np.testing.assert_allclose(found, within / np.outer(sd, sd), atol=1e-8)
    radius = float(truth(SPEC, WORLD)["posterior"]["spectral_radius"].squeeze())
    assert radius == pytest.approx(np.abs(np.linalg.eigvals(np.block([[A, B], [np.eye(3), np.zeros((3, 3))]]))).max())


@pytest.mark.parametrize(("waves", "lags", "confused"), [(3, "equal", True), (4, "equal", False), (5, "free", False)])
def test_waves_that_cannot_tell_lags_apart_are_refused(waves: int, lags: str, confused: bool) -> None:
    assert bool(unidentified(bp.RICLPM(("a", "b"), order=2, lags=lags), np.arange(waves))) == confused


def test_what_does_not_go_together_is_refused() -> None:
    with pytest.raises(bp.SpecError, match="lags reach one wave back"):
        bp.RICLPM(NAMES, order=2, accumulating=True)
    for order in (0, 3, 2.0, "2", True, None):
        with pytest.raises(bp.SpecError, match="one wave back, or two"):
            bp.RICLPM(NAMES, order=order)


def test_lavaan_and_mplus_get_lags_over_two_intervals() -> None:
    text = bp.to_lavaan(SPEC, columns={name: [f"{name}{t}" for t in range(5)] for name in NAMES}).splitlines()
    assert "w_a2 ~ lag_2.a.a*w_a0 + lag_2.a.b*w_b0 + lag_2.a.c*w_c0" in text
    assert {"w_a1 ~ w_a0 + w_b0 + w_c0", "w_a2 ~ lag.a.a*w_a1 + lag.a.b*w_b1 + lag.a.c*w_c1"} <= set(text)
    mplus = {line.strip() for line in bp.to_mplus(SPEC, waves=5).splitlines()}
    assert {"w_a2 ON w_b1;", "w_a3 ON w_b2 (a1_2);", "w_b5 ON w_a3 (b2_1);"} <= mplus
