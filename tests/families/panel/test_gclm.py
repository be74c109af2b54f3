"""Innovations that act once more, and loadings of what accumulates: the general cross-lagged panel model (GCLM)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import bayespanel as bp
from bayespanel.families.panel import state
from bayespanel.families.panel.dynamics import respond, standardised_lags, stationary_correlation
from bayespanel.families.panel.identification import unidentified
from bayespanel.families.panel.moments import implied
from bayespanel.families.panel.pathways import pathways
from bayespanel.families.panel.statistics import statistics
from bayespanel.families.panel.structure import structure
from bayespanel.families.panel.truth import observed, truth
from bayespanel.families.panel.world import PanelWorld
from bayespanel.inference.maximum_likelihood import objective
from tests.families.panel.steepness import gradient_error
from tests.figures.drawn import words
from tests.unsampled import unsampled, weighed

NAMES = ("a", "b")
WAVES = 6
A = np.array([[0.5, 0.1], [0.0, 0.4]])
M = np.array([[-0.2, 0.15], [0.1, 0.2]])
CORR = np.array([[1.0, 0.3], [0.3, 1.0]])
FIRST = np.diag([1.5, 0.8])
LOADING = np.linspace([1.0, 1.0], [1.6, 0.7], WAVES)
WORLD = PanelWorld(
    variables=NAMES,
    months=tuple(range(WAVES)),
    lag=A,
    moving_average=M,
    initial_sd=np.array([1.0, 0.8]),
    initial_corr=CORR,
    innovation_sd=np.array([0.8, 0.7]),
    innovation_corr=CORR,
    intercept_sd=np.array([0.7, 0.6]),
    intercept_corr=CORR,
    accumulating=True,
    first_loading=FIRST,
    pupils=500,
    schools=10,
)
WORLDS = {
    "loadings at first": WORLD,
    "free loadings": replace(WORLD, first_loading=None, intercept_loading=LOADING),
    "own alone": replace(WORLD, moving_average=np.diag(np.diag(M))),
    "around random intercepts": replace(WORLD, accumulating=False, first_loading=None),
}
SPECS = {
    "loadings at first": bp.GCLM(NAMES, innovations="equal", loadings="first"),
    "free loadings": bp.GCLM(NAMES, innovations="equal"),
    "own alone": bp.GCLM(NAMES, innovations="equal", loadings="first", moving_average="own"),
    "around random intercepts": bp.RICLPM(NAMES, innovations="equal", moving_average="cross"),
}
all_kinds = pytest.mark.parametrize("kind", WORLDS)


def by_hand(world: PanelWorld) -> np.ndarray:
    """Return the covariance [cell, cell] of scores, from what innovations and unit effects do wave by wave."""
    t, k = world.waves, 2
    root = np.linalg.cholesky(CORR)
    reach = np.zeros((t * k, (t + 1) * k))
    for shock in range(t):
        unit = np.diag(world.initial_sd if shock == 0 else world.innovation_sd) @ root
        now = unit
        for wave in range(shock, t):
            if wave > shock:
                now = world.lag @ now + (world.moving_average @ unit if wave == shock + 1 else 0.0)
            reach[wave * k : (wave + 1) * k, shock * k : (shock + 1) * k] = now
    stable = np.diag(world.intercept_sd) @ root
    load = np.ones((t, k)) if world.intercept_loading is None else world.intercept_loading
    done = np.eye(k) if world.first_loading is None else world.first_loading
    for wave in range(t):
        if wave and world.accumulating:
            done = world.lag @ done + np.diag(load[wave])
        reach[wave * k : (wave + 1) * k, t * k :] = done @ stable
    return reach @ reach.T


def exact(world: PanelWorld, pupils: int) -> bp.Moments:
    return bp.Panel.from_summary(
        mean=np.zeros((WAVES, 2)), cov=by_hand(world), n=pupils, variables=NAMES, waves=range(1, WAVES + 1), divisor="n"
    )


@all_kinds
def test_the_truth_of_a_world_implies_the_covariance_of_its_scores(kind: str) -> None:
    spec = SPECS[kind]
    for one in (spec, replace(spec, lags="free")):
        known = truth(one, WORLDS[kind])["posterior"].isel(chain=0, draw=0)
        found = implied(one, {str(name): known[name].values for name in known}, np.arange(WAVES))
        np.testing.assert_allclose(found.pupil, by_hand(WORLDS[kind]), atol=1e-12)


@all_kinds
def test_simulated_pupils_have_that_covariance(kind: str) -> None:
    world = replace(WORLDS[kind], pupils=20_000, schools=400)
    scores = observed(SPECS[kind], world, bp.simulate(world, seed=3)).values.reshape(20_000, -1)
    want = by_hand(world)
    error = np.sqrt((want**2 + np.outer(np.diag(want), np.diag(want))) / 20_000)
    assert np.abs((np.cov(scores.T) - want) / error).max() < 4.5


@pytest.mark.parametrize("average", [M, np.diag(M)], ids=["cross", "own"])
@pytest.mark.parametrize("intervals", [1, WAVES - 1])
def test_the_adjoint_of_the_state_is_exact(average: np.ndarray, intervals: int) -> None:
    rng = np.random.default_rng(1)
    given = {
        "lag": np.tile(A, (intervals, 1, 1)), "moving_average": average,
        "initial_cov": np.outer(WORLD.initial_sd, WORLD.initial_sd) * CORR,
        "innovation_cov": np.tile(np.outer(WORLD.innovation_sd, WORLD.innovation_sd) * CORR, (intervals, 1, 1)),
    }  # fmt: skip
    weight = rng.normal(size=(2 * WAVES, 2 * WAVES))
    weight = weight + weight.T
    gradient = state.adjoint(given, WAVES, weight)
    for name, value in given.items():
        assert gradient[name].shape == value.shape
        for at in np.ndindex(value.shape):
            moved = {key: array.astype(complex) for key, array in given.items()}
            moved[name][at] += 1e-30j
            if name.endswith("_cov") and at[-1] != at[-2]:
                moved[name][(*at[:-2], at[-1], at[-2])] += 1e-30j
            slope = np.imag((state.covariance(moved, WAVES) * weight).sum()) / 1e-30
            twice = 2 if name.endswith("_cov") and at[-1] != at[-2] else 1
            assert twice * gradient[name][at] == pytest.approx(slope, rel=1e-9), (name, at)


@all_kinds
def test_the_structure_has_the_gradient_of_its_likelihood(kind: str) -> None:
    spec, data = SPECS[kind], exact(WORLDS[kind], 500)
    model = structure(spec, data)
    at = model.start() + 0.05 * np.random.default_rng(2).normal(size=model.size)
    assert gradient_error(objective(model, statistics(spec, data)), at) < 1e-5


@all_kinds
def test_what_lasts_and_what_is_over_are_found(kind: str) -> None:
    found = bp.maximum_likelihood(SPECS[kind], exact(WORLDS[kind], 100_000))
    assert found.converged
    assert found.proper
    np.testing.assert_allclose(found.estimates["lag"], A, atol=5e-3)
    again = WORLDS[kind].moving_average
    want = np.diag(again) if SPECS[kind].moving_average == "own" else again
    np.testing.assert_allclose(found.estimates["moving_average"], want, atol=5e-3)


def test_with_many_pupils_the_posterior_is_about_the_maximum_of_the_likelihood() -> None:
    spec, data = SPECS["loadings at first"], exact(WORLD, 50_000)
    found = bp.maximum_likelihood(spec, data)
    fit = bp.fit(spec, data, seed=1, sampling=bp.Sampling(draws=500, tune=500, chains=2), progress=False)
    for name in ("lag", "moving_average", "first_loading"):
        drawn, errors = fit.posterior[name], found.standard_errors[name]
        assert np.abs((drawn.mean(("chain", "draw")) - found.estimates[name]) / errors).max() < 0.5
        np.testing.assert_allclose(drawn.std(("chain", "draw")), errors, rtol=0.25)
    evidence = bp.evidence(fit, rope=0.05)
    assert np.isfinite(evidence["log_bf10"].sel(pathway="short run: a -> b"))


def test_pathways_tell_what_lasts_from_what_is_over_and_totals_hold_both() -> None:
    posterior = truth(SPECS["loadings at first"], WORLD)["posterior"]
    found = pathways(SPECS["loadings at first"], posterior, horizon=3, by_interval=True).isel(chain=0, draw=0)
    at = dict(zip(map(str, found["pathway"].values), found["raw"].values, strict=True))
    assert at["a -> b [2-3]"] == A[1, 0]
    assert at["short run: a -> b [2-3]"] == M[1, 0]
    assert at["short run: a -> a [1-2]"] == M[0, 0]
    assert at["total: a -> b (3 waves) [2-5]"] == pytest.approx((A @ A @ (A + M))[1, 0])
    unit = replace(WORLD, intercept_sd=1e-9 * np.ones(2))
    sd = np.sqrt(np.diag(by_hand(unit)).reshape(WAVES, 2))
    scaled = dict(zip(map(str, found["pathway"].values), found["standardised"].values, strict=True))
    assert scaled["short run: a -> b [2-3]"] == pytest.approx(M[1, 0] * sd[1, 0] / sd[2, 1])
    assert scaled["total: a -> b (3 waves) [2-5]"] == pytest.approx((A @ A @ (A + M))[1, 0] * sd[1, 0] / sd[4, 1])
    own = pathways(
        SPECS["own alone"], truth(SPECS["own alone"], WORLDS["own alone"])["posterior"], kinds=("short_run",)
    )
    assert list(own["pathway"].values) == ["short run: a -> a", "short run: b -> b"]


@pytest.mark.parametrize("lags", ["equal", "free"])
def test_responses_are_the_totals_and_their_parts_add_up(lags: str) -> None:
    spec = replace(SPECS["loadings at first"], lags=lags)
    posterior = truth(spec, WORLD)["posterior"]
    found = respond(*standardised_lags(spec, posterior, 3))
    np.testing.assert_allclose(found.direct + found.via.sum(axis=2), found.total, atol=1e-12)
    if lags == "free":
        rows = pathways(spec, posterior, kinds=("total",), horizon=3, by_interval=True)
        total = rows["standardised"].sel(pathway="total: a -> b (3 waves) [1-4]")
        assert found.total[0, 3, 1, 0] == pytest.approx(float(total.squeeze()))


def test_the_stationary_state_is_where_the_moments_go() -> None:
    spec, long = SPECS["around random intercepts"], replace(WORLDS["around random intercepts"], months=tuple(range(60)))
    end = by_hand(long)[-2:, -2:] - np.outer(WORLD.intercept_sd, WORLD.intercept_sd) * CORR
    sd = np.sqrt(np.diag(end))
    found = stationary_correlation(spec, truth(spec, WORLDS["around random intercepts"])["posterior"])[0]
    np.testing.assert_allclose(found, end / np.outer(sd, sd), atol=1e-8)


@pytest.mark.parametrize(
    ("options", "waves", "confused"),
    [
        ({"loadings": "first"}, 3, True),
        ({"loadings": "first"}, 4, False),
        ({"loadings": "first", "lags": "free"}, 4, False),
        ({"loadings": "free"}, 3, True),
        ({"loadings": "free"}, 4, False),
        ({"loadings": "free", "lags": "free"}, 4, True),
        ({"loadings": "free", "lags": "free"}, 5, False),
        ({"loadings": "free", "moving_average": "none"}, 3, False),
    ],
)
def test_waves_that_cannot_tell_the_parts_apart_are_refused(
    options: dict[str, Any], waves: int, confused: bool
) -> None:
    assert bool(unidentified(bp.GCLM(NAMES, **options), np.arange(waves))) == confused


def test_errors_of_occasions_and_moving_averages_need_one_wave_more() -> None:
    one = bp.RICLPM(("a",), moving_average="own", error="equal")
    assert "moving_average" in unidentified(one, np.arange(3.0))
    assert not unidentified(one, np.arange(4.0))
    assert not unidentified(replace(one, error="none", reliability={"a": 0.8}), np.arange(3.0))


def test_worlds_of_one_kind_have_no_truth_in_models_of_another() -> None:
    plain = truth(bp.DPM(NAMES), WORLD)["posterior"]
    assert plain["lag"].isnull().all()
    assert plain["intercept_sd"].notnull().all()
    assert truth(SPECS["own alone"], WORLD)["posterior"]["moving_average"].isnull().all()
    free = truth(SPECS["free loadings"], WORLD)["posterior"]
    assert free["intercept_loading"].isnull().all()
    assert free["intercept_sd"].isnull().all()
    assert (
        truth(SPECS["loadings at first"], replace(WORLD, moving_average=None))["posterior"]["moving_average"] == 0
    ).all()


def test_what_does_not_go_together_is_refused() -> None:
    for options, rule in (
        ({"moving_average": "own", "order": 2}, "innovations that act once more"),
        ({"moving_average": "own", "time": "continuous"}, "one drift"),
        ({"loadings": "first"}, "from the second wave on"),
        ({"loadings": "first", "accumulating": True, "slopes": True}, "straight line, or has loadings"),
        ({"loadings": "first", "intercepts": False}, "random intercepts"),
    ):
        with pytest.raises(bp.SpecError, match=rule):
            bp.RICLPM(NAMES, **options)
    for write in (bp.to_lavaan, bp.to_mplus):
        with pytest.raises(bp.SpecError, match="act once more a wave later"):
            write(SPECS["around random intercepts"], waves=5)
    with pytest.raises(bp.SpecError, match="innovations that act once more"):
        replace(WORLDS["around random intercepts"], lag_2=A)


def test_a_diagram_says_that_short_run_effects_are_not_drawn() -> None:
    figure = bp.plot_path_diagram(weighed(unsampled(SPECS["loadings at first"], exact(WORLD, 500))))
    assert "Short-run effects" in " ".join(words(figure)).replace("\n", " ")
