"""Processes that have settled when they are first seen: moments, known answers, priors and what is refused."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.linalg import expm
from scipy.stats import norm

import bayespanel as bp
from bayespanel.families.panel import stationary, stationary_prior
from bayespanel.families.panel.build import build
from bayespanel.families.panel.estimate import MaximumLikelihood
from bayespanel.families.panel.fit_rows import likelihood_ratios
from bayespanel.families.panel.identification import unidentified
from bayespanel.families.panel.moments import implied
from bayespanel.families.panel.neighbours import own
from bayespanel.families.panel.nulls import nulls
from bayespanel.families.panel.pathways import pathways
from bayespanel.families.panel.prior_world import in_units_of_truth, prior_world
from bayespanel.families.panel.statistics import statistics
from bayespanel.families.panel.structure import structure
from bayespanel.families.panel.truth import observed, truth
from bayespanel.families.panel.world import PanelWorld
from bayespanel.inference.maximum_likelihood import objective
from tests.families.panel.steepness import gradient_error
from tests.known_answers.published import HERE, moments

FIT = pd.read_csv(HERE / "stationary_fit.csv", index_col="model", keep_default_na=False)
ESTIMATES = pd.read_csv(HERE / "stationary_estimates.csv")
every_model = pytest.mark.parametrize("name", FIT.index)

NAMES, WAVES = ("a", "b"), 5
A = np.array([[0.5, 0.2], [-0.1, 0.4]])
D = np.array([[-0.3, 0.2], [-0.25, -0.4]])  # it oscillates
CORR = np.array([[1.0, 0.3], [0.3, 1.0]])
WORLD = PanelWorld(
    variables=NAMES,
    months=(0, 2, 3, 6, 8),
    lag=A,
    innovation_sd=np.array([0.8, 0.7]),
    innovation_corr=CORR,
    stationary=True,
    intercept_sd=np.array([0.7, 0.6]),
    intercept_corr=CORR,
    pupils=500,
    schools=10,
)
IN_TIME = replace(
    WORLD, lag=None, innovation_sd=None, innovation_corr=None, drift=D, diffusion_sd=np.array([0.6, 0.5]),
    diffusion_corr=CORR, initial_sd=None, initial_corr=None,
)  # fmt: skip
WORLDS = {"discrete": WORLD, "continuous": IN_TIME}
SPECS = {
    "discrete": bp.RICLPM(NAMES, innovations="equal", initial="stationary"),
    "continuous": bp.RICLPM(NAMES, time="continuous", innovations="equal", initial="stationary"),
}
both = pytest.mark.parametrize("kind", WORLDS)


@cache
def by_hand(kind: str) -> np.ndarray:
    """Return the covariance [cell, cell] of scores: of a process that began two hundred waves, or months, ago."""
    world = WORLDS[kind]
    noise = np.diag([0.8, 0.7]) @ CORR @ np.diag([0.8, 0.7])
    settled = np.zeros((2, 2))
    if kind == "discrete":
        lags = [A] * (WAVES - 1)
        for _ in range(200):
            settled = A @ settled @ A.T + noise
    else:
        lags = [expm(D * gap) for gap in np.diff(world.months)]
        arriving, step = np.diag([0.6, 0.5]) @ CORR @ np.diag([0.6, 0.5]), 1e-3
        short, middle = expm(D * step), expm(D * step / 2)
        for _ in range(100_000):  # the middle of each short step stands for it
            settled = short @ settled @ short.T + step * middle @ arriving @ middle.T
    out = np.zeros((2 * WAVES, 2 * WAVES))
    for t in range(WAVES):
        now = settled
        for s in range(t, WAVES):
            now = lags[s - 1] @ now if s > t else now
            out[2 * s : 2 * s + 2, 2 * t : 2 * t + 2] = now
            out[2 * t : 2 * t + 2, 2 * s : 2 * s + 2] = now.T
    stable = np.diag([0.7, 0.6]) @ CORR @ np.diag([0.7, 0.6])
    return out + np.kron(np.ones((WAVES, WAVES)), stable)


def exact(kind: str, pupils: int) -> bp.Moments:
    return bp.Panel.from_summary(
        mean=np.zeros((WAVES, 2)), cov=by_hand(kind), n=pupils, variables=NAMES, waves=range(1, WAVES + 1),
        times=list(WORLDS[kind].months), divisor="n",
    )  # fmt: skip


def times(kind: str) -> np.ndarray:
    return np.array(IN_TIME.months, float) if kind == "continuous" else np.arange(5.0)


@both
def test_the_truth_of_a_world_implies_the_covariance_of_its_scores(kind: str) -> None:
    known = truth(SPECS[kind], WORLDS[kind])["posterior"].isel(chain=0, draw=0)
    assert all(known[name].notnull().all() for name in known)
    found = implied(SPECS[kind], {str(name): known[name].values for name in known}, times(kind))
    np.testing.assert_allclose(found.pupil, by_hand(kind), atol=1e-7)
    arriving = "innovation" if kind == "discrete" else "diffusion"
    np.testing.assert_allclose(known[f"{arriving}_sd"], getattr(WORLDS[kind], f"{arriving}_sd"))
    np.testing.assert_allclose(known[f"{arriving}_corr"], CORR)


@both
def test_simulated_pupils_have_that_covariance(kind: str) -> None:
    world = replace(WORLDS[kind], pupils=20_000, schools=400)
    scores = observed(SPECS[kind], world, bp.simulate(world, seed=3)).values.reshape(20_000, -1)
    want = by_hand(kind)
    error = np.sqrt((want**2 + np.outer(np.diag(want), np.diag(want))) / 20_000)
    assert np.abs((np.cov(scores.T) - want) / error).max() < 4.5


@pytest.mark.parametrize("options", [{}, {"error": "equal"}, {"slopes": True}, {"loadings": "free"}])
@both
def test_the_structure_has_the_gradient_of_its_likelihood(kind: str, options: dict[str, Any]) -> None:
    spec, data = replace(SPECS[kind], **options), exact(kind, 500)
    model = structure(spec, data)
    at = model.start() + 0.03 * np.random.default_rng(2).normal(size=model.size)
    assert gradient_error(objective(model, statistics(spec, data)), at) < 1e-5


@both
def test_no_process_has_no_likelihood(kind: str) -> None:
    """Lags that are too large leave nothing to arrive: the log-likelihood and the model's density are -inf there."""
    model = structure(SPECS[kind], exact(kind, 500))
    arrays = model.arrays(model.start())
    row = "lag" if kind == "discrete" else "drift"
    arrays[row] = arrays[row] * 0 + (1.2 if kind == "discrete" else 0.1) * np.eye(2)
    height = objective(model, statistics(SPECS[kind], exact(kind, 500)))
    assert height(model.vector_of(arrays))[0] == -np.inf
    built = build(SPECS[kind], exact(kind, 500))
    point = built.initial_point() | {row: arrays[row].reshape(2, 2)}
    assert built.compile_logp()(point) == -np.inf
    assert np.isfinite(built.compile_logp()(built.initial_point()))


@cache
def fitted(name: str) -> MaximumLikelihood:
    row = FIT.loc[name]
    spec, data = bp.STARTS(row["variables"].split(), initial="stationary"), moments(row["data"])
    if row["times"]:
        data = replace(data, times=np.array([float(time) for time in row["times"].split()]))
        spec = bp.RICLPM(("x", "y"), time="continuous", innovations="equal", initial="stationary")
    return bp.maximum_likelihood(spec, data)


@every_model
def test_log_likelihood_and_counts_agree(name: str) -> None:
    found, theirs = fitted(name), FIT.loc[name]
    assert found.converged
    assert found.log_likelihood == pytest.approx(theirs["log_likelihood"], abs=1e-6)
    assert (found.n_parameters, found.n_pupils) == (theirs["n_parameters"], theirs["n_pupils"])
    assert found.proper == (theirs["variables"] != "y")  # of y the error variance is below 0


@every_model
def test_estimates_and_standard_errors_agree(name: str) -> None:
    theirs = ESTIMATES[ESTIMATES["model"] == name].set_index(["parameter", "at"])
    ours = bp.parameter_estimates(fitted(name)).set_index(["parameter", "at"])
    assert set(theirs.index) == set(ours.index)
    both = ours.loc[theirs.index]
    assert np.abs((both["estimate"] - theirs["estimate"]) / theirs["standard_error"]).max() < 1e-3
    np.testing.assert_allclose(both["standard_error"], theirs["standard_error"], rtol=1e-3)


@both
def test_with_many_pupils_the_posterior_is_about_the_maximum_of_the_likelihood(kind: str) -> None:
    data, spec = exact(kind, 20_000), SPECS[kind]
    found = bp.maximum_likelihood(spec, data)
    assert found.converged
    row = "lag" if kind == "discrete" else "drift"
    np.testing.assert_allclose(found.estimates[row], A if kind == "discrete" else D, atol=1e-3)
    fit = bp.fit(spec, data, seed=1, sampling=bp.Sampling(draws=400, tune=400, chains=2), progress=False)
    drawn, errors = fit.posterior[row], found.standard_errors[row]
    assert np.abs((drawn.mean(("chain", "draw")) - found.estimates[row]) / errors).max() < 0.5
    np.testing.assert_allclose(drawn.std(("chain", "draw")), errors, rtol=0.25)
    assert np.isfinite(bp.evidence(fit, rope=0.05)["log_bf10"].sel(pathway="a -> b"))


def test_standardised_lags_are_the_same_at_all_intervals() -> None:
    known = truth(SPECS["discrete"], WORLD)["posterior"]["lag_standardised"].values[0, 0]
    assert float(np.ptp(known, axis=0).max()) < 1e-12


@pytest.mark.parametrize("kind", ["discrete", "continuous"])
def test_shares_of_the_prior_are_those_of_plain_draws(kind: str) -> None:
    rng, number = np.random.default_rng(5), 40_000
    sigma = 0.5 if kind == "discrete" else 0.7
    lag = sigma * rng.normal(size=(number, 2, 2))
    r = 2 * rng.beta(2, 2, number) - 1
    v = np.stack([np.stack([np.ones(number), r], -1), np.stack([r, np.ones(number)], -1)], -1)

    def share(at: np.ndarray) -> float:
        left = stationary.arriving(at, v) if kind == "discrete" else stationary.diffusing(at - np.eye(2), v)
        return float(stationary.exists(left).mean())

    zero = lag.copy()
    zero[:, 1, 0] = 0.0
    found = stationary_prior.shares(SPECS[kind], exact(kind, 500))
    assert np.exp(found.whole) == pytest.approx(share(lag), abs=0.012)  # four errors of both
    assert np.exp(found.at_zero[1, 0]) == pytest.approx(share(zero), abs=0.012)
    variance = by_hand(kind)[::2, ::2]
    single = bp.Panel.from_summary(
        mean=np.zeros(WAVES), cov=variance, n=500, variables=("a",), waves=range(1, 6), times=list(IN_TIME.months)
    )
    alone = stationary_prior.shares(replace(SPECS[kind], variables=("a",)), single)
    inside = norm.cdf(2) - norm.cdf(-2) if kind == "discrete" else norm.cdf(1 / 0.7)
    assert np.exp(alone.whole) == pytest.approx(inside, abs=0.01)
    assert alone.at_zero[0, 0] == pytest.approx(0.0, abs=1e-9)


def test_bayes_factors_set_against_the_prior_that_is_left() -> None:
    data, spec = exact("discrete", 500), SPECS["discrete"]
    found = pathways(spec, truth(spec, WORLD)["posterior"])
    log_prior = nulls(spec, data, found).log_prior
    at = list(found["pathway"].values).index("a -> b")
    share = stationary_prior.shares(spec, data)
    plain = -np.log(0.5 * np.sqrt(2 * np.pi))
    assert log_prior[at] == pytest.approx(plain + share.at_zero[1, 0] - share.whole)
    assert share.at_zero[1, 0] > share.whole


@both
def test_truths_drawn_from_the_priors_have_settled(kind: str) -> None:
    rng = np.random.default_rng(3)
    for _ in range(5):
        world, _ = prior_world(SPECS[kind], WORLDS[kind], rng)
        known = truth(SPECS[kind], world)["posterior"]
        assert all(known[name].notnull().all() for name in known)
        data = in_units_of_truth(SPECS[kind], observed(SPECS[kind], world, bp.simulate(world, seed=1)).moments())
        values = {str(name): known[name].values[0, 0] for name in known}
        assert np.isfinite(bp.log_likelihood(SPECS[kind], data, values))


def test_a_check_frees_the_first_wave() -> None:
    away = by_hand("discrete").copy()
    away[:2, :2] += np.diag([0.5, 0.3])
    data = bp.Panel.from_summary(
        mean=np.zeros((WAVES, 2)), cov=away, n=1000, variables=NAMES, waves=range(1, WAVES + 1), divisor="n"
    )
    fit = bp.fit(SPECS["discrete"], data, seed=1, sampling=bp.Sampling(draws=100, tune=200, chains=2), progress=False)
    found = dict(likelihood_ratios(fit.spec, data, own(fit.spec, fit.posterior, data)))
    assert found["initial"].test.df == 3
    assert found["initial"].test.p < 1e-6


def test_groups_settle_each_at_its_own_covariance() -> None:
    world = replace(WORLD, groups={"girl": 0.5, "boy": 0.5}, by_group={"girl": {"lag": 0.5 * A}})
    spec = replace(SPECS["discrete"], groups="group", free=("lag", "initial"))
    known = truth(spec, world)["posterior"]
    assert known["innovation_sd"].notnull().all()
    np.testing.assert_allclose(known["innovation_sd"].squeeze(), np.tile([0.8, 0.7], (2, 1)))
    data = observed(spec, world, bp.simulate(world, seed=1)).moments()
    height = objective(structure(spec, data), statistics(spec, data))
    model = structure(spec, data)
    assert gradient_error(height, model.start() + 0.02 * np.random.default_rng(1).normal(size=model.size)) < 1e-5
    values = {str(name): known[name].values[0, 0] for name in known if name in ("mean", "lag", "initial_sd",
              "initial_corr", "intercept_sd", "intercept_corr")}  # fmt: skip
    assert np.isfinite(bp.log_likelihood(spec, data, values))
    for free in (("lag", "initial"), ("lag",), ("initial",), ("mean",)):
        built = build(replace(spec, free=free), data)
        assert np.isfinite(built.compile_logp()(built.initial_point()))


def test_few_waves_tell_traits_states_and_errors_of_one_variable_apart_once_they_have_settled() -> None:
    assert not unidentified(bp.STARTS(("a",), initial="stationary"), np.arange(4.0))
    assert unidentified(bp.STARTS(("a",), initial="stationary"), np.arange(3.0))


def test_what_does_not_go_together_is_refused() -> None:
    for options, rule in (
        ({"innovations": "free"}, "innovations='free'"),
        ({"lags": "free"}, "lags='free'"),
        ({"order": 2}, "order=2"),
        ({"moving_average": "own"}, "moving_average='own'"),
        ({"accumulating": True}, "accumulating=True"),
    ):
        with pytest.raises(bp.SpecError, match=rule):
            bp.RICLPM(NAMES, **({"innovations": "equal", "initial": "stationary"} | options))
    for write in (bp.to_lavaan, bp.to_mplus):
        with pytest.raises(bp.SpecError, match="process settles"):
            write(SPECS["discrete"], waves=5)
    for changes, rule in (
        ({"lag": 3 * A}, "deviations die out"),
        ({"lag": np.stack([A] * 4)}, "by interval"),
        ({"moving_average": A}, "moving_average"),
    ):
        with pytest.raises(bp.SpecError, match=rule):
            replace(WORLD, initial_sd=None, initial_corr=None, **changes)
    with pytest.raises(bp.SpecError, match="is another"):
        replace(WORLD, lag=0.5 * A)
    grouped = replace(WORLD, groups={"girl": 0.5, "boy": 0.5})
    with pytest.raises(bp.SpecError, match="one group"):
        prior_world(replace(SPECS["discrete"], groups="group"), grouped, np.random.default_rng(1))


def test_a_world_that_has_not_settled_has_no_truth() -> None:
    away = replace(WORLD, stationary=False, initial_sd=np.array([2.0, 2.0]))
    assert truth(SPECS["discrete"], away)["posterior"]["lag"].isnull().all()
    settled = replace(WORLD, stationary=False)
    assert truth(SPECS["discrete"], settled)["posterior"]["lag"].notnull().all()
