"""Student-t tails: weighted sums, moves of the tails, simulated worlds, refusals, and a fit from end to end."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, stats

import bayespanel as bp
from bayespanel.families.door import family_of
from bayespanel.families.panel.augmented_sampling import Augmented, augmented
from bayespanel.families.panel.statistics import data_for, statistics
from bayespanel.families.panel.tail_fit import kurtosis
from bayespanel.families.panel.tails import _slice, draw_weights, scales
from bayespanel.families.panel.world import PanelWorld
from bayespanel.inference.positive import log_density, slope
from bayespanel.language.errors import BayespanelError, DataError, SpecError

NAMES = ("x", "y")


def world(**changes: Any) -> PanelWorld:
    fields: dict[str, Any] = {
        "variables": NAMES,
        "months": (0, 6, 12),
        "lag": np.array([[0.3, 0.0], [0.2, 0.3]]),
        "initial_sd": np.array([1.0, 2.0]),
        "innovation_sd": np.array([0.9, 1.8]),
        "intercept_sd": np.array([1.0, 1.5]),
        "class_sd": np.array([0.3, 0.6]),
        "school_sd": np.array([0.3, 0.6]),
        "schools": 12,
        "classes_per_school": (2, 2),
        "pupils_per_class": (15, 20),
        "missing_wave": 0.1,
        "tail_df": 4.5,
    }
    return PanelWorld(**(fields | changes))


def spec(**changes: Any) -> bp.RICLPM:
    fields: dict[str, Any] = {"levels": ("pupil", "class", "school"), "innovations": "equal", "tails": "student"}
    return bp.RICLPM(NAMES, **(fields | changes))


@cache
def panel() -> bp.Panel:
    return family_of(spec()).truth.observed(spec(), world(), bp.simulate(world(), 3))


@cache
def ready() -> Augmented:
    found = augmented(spec(), data_for(spec(), panel()), panel())
    assert found is not None
    return found


@cache
def fitted() -> bp.Fit:
    sampling = bp.Sampling(draws=150, tune=150, chains=2)
    return bp.fit(spec(), panel(), seed=1, sampling=sampling, retry=False, progress=False)


def test_sums_without_weights_are_those_that_moments_pack() -> None:
    value, pupils = statistics(spec(), data_for(spec(), panel())).value, ready().pupils
    again = value.copy()
    again[len(pupils.kinds) : pupils.end] = np.nan
    pupils.fill(again, pupils.numbers, np.ones(len(pupils.x)))
    assert np.allclose(again, value, rtol=1e-10, atol=1e-8)


def dense(chain: Any, point: np.ndarray, weights: np.ndarray) -> float:
    """Return the log-density of all scores by one covariance of all of them, to which each pupil adds its own."""
    pupils = chain.pupils
    sigma, coefficients, inner, outer = chain.read(point)
    who, cell = np.nonzero(pupils.observed)
    clustered = pupils.clustered
    own = np.where(who[:, None] == who, sigma[0][cell][:, cell] / weights[who][:, None], 0.0)
    of_class = clustered.inner @ inner @ clustered.inner.T
    of_school = clustered.outer @ outer @ clustered.outer.T
    classes, schools = pupils.cluster[who], clustered.parent[pupils.cluster[who]]
    own += np.where(classes[:, None] == classes, of_class[cell][:, cell], 0.0)
    own += np.where(schools[:, None] == schools, of_school[cell][:, cell], 0.0)
    mean = (pupils.x @ coefficients[0].T)[who, cell]
    return float(stats.multivariate_normal(mean, own).logpdf(pupils.numbers[who, cell]))


def test_weighted_sums_have_the_density_of_a_dense_covariance() -> None:
    frame = bp.simulate(world(schools=4, pupils_per_class=(5, 6)), 5)
    small = family_of(spec()).truth.observed(spec(), world(), frame)
    one = augmented(spec(), data_for(spec(), small), small)
    assert one is not None
    rng = np.random.default_rng(2)
    chain, nothing = one._begin(rng), one._without_data()
    chain.weights = rng.gamma(2.0, 0.5, len(chain.weights))
    chain.fill()
    found = []
    for _ in range(4):
        point = chain.point + 0.2 * rng.standard_normal(len(chain.point))
        of_data = chain.posterior(point)[0] - nothing(point)[0]
        found.append(of_data - dense(chain, point, chain.weights))
    assert np.ptp(found) < 1e-8  # what is left is a constant, the determinants of the weights


def test_a_pupil_has_the_density_of_the_weights_integrated_out() -> None:
    """Equation (38), with what it leaves out, against an integral over the weight."""
    df, squares, scores = 4.2, 7.3, 5.0

    def integrand(weight: float) -> float:
        gamma = stats.gamma(0.5 * df, scale=1 / (0.5 * (df - 2))).pdf(weight)
        return float(gamma * (weight / (2 * np.pi)) ** (scores / 2) * np.exp(-0.5 * weight * squares))

    by_weight = np.log(integrate.quad(integrand, 0, 60, limit=200)[0])
    covariance = np.eye(5) * (df - 2) / df
    at = np.full(5, np.sqrt(squares / 5))
    assert np.isclose(by_weight, stats.multivariate_t(shape=covariance, df=df).logpdf(at), rtol=1e-8)


def test_weights_are_drawn_from_their_distribution() -> None:
    rng = np.random.default_rng(1)
    drawn = draw_weights(np.full(20_000, 9.0), np.full(20_000, 6.0), 5.0, rng)
    assert stats.kstest(drawn, stats.gamma(0.5 * 11, scale=1 / (0.5 * 12)).cdf).pvalue > 0.001
    assert np.isclose(np.square(scales(6.0, 200_000, rng)).mean(), 1.0, atol=0.02)


def test_slices_draw_from_a_density() -> None:
    rng, at, found = np.random.default_rng(4), 0.0, []
    for _ in range(20_000):
        at = _slice(lambda x: float(stats.gumbel_l.logpdf(x)), at, rng)
        found.append(at)
    assert stats.kstest(found[::10], stats.gumbel_l.cdf).pvalue > 0.001


def test_the_scale_multiplies_the_whole_covariance_of_pupils() -> None:
    chain = ready()._begin(np.random.default_rng(1))
    assert chain.tails is not None
    before, after = chain.read(chain.point), chain.read(chain.tails.stretched(chain.point, 0.3))
    assert np.allclose(after[0], np.exp(0.6) * before[0], rtol=1e-12)
    for same in (1, 2, 3):
        assert np.allclose(after[same], before[same], rtol=1e-12)


@pytest.mark.parametrize("options", [{"slopes": True}, {"innovations": "free"}, {"accumulating": True}])
def test_the_scale_multiplies_the_covariance_of_every_kind_of_process(options: dict[str, Any]) -> None:
    one = spec(levels=("pupil",), **options)
    found = augmented(one, data_for(one, panel()), panel())
    assert found is not None
    chain = found._begin(np.random.default_rng(1))
    assert chain.tails is not None
    point = chain.point + 0.1 * np.random.default_rng(2).standard_normal(len(chain.point))
    before, after = chain.read(point), chain.read(chain.tails.stretched(point, 0.3))
    assert np.allclose(after[0], np.exp(0.6) * before[0], rtol=1e-10)


def test_a_world_has_the_tails_and_the_deviations_it_says() -> None:
    big = world(tail_df=8.0, schools=200, missing_wave=0.0, class_sd=None, school_sd=None)
    frame = bp.simulate(big, 1)
    scores = frame.pivot_table(index="pupil", columns="wave", values=list(NAMES)).to_numpy().reshape(-1, 2, 3)
    scores = scores.transpose(0, 2, 1)
    assert np.allclose(kurtosis(scores), 3 * 6 / 4, atol=0.35)  # that of a Student-t with 8 degrees of freedom
    assert np.allclose(scores[:, 0].std(axis=0), np.sqrt([2.0, 6.25]), rtol=0.03)


def test_a_fit_has_what_users_look_at(tmp_path: Path) -> None:
    fit = fitted()
    truth = family_of(spec()).truth.truth(spec(), world())["posterior"]
    for name in ("lag", "intercept_sd", "initial_sd", "class_sd", "school_sd", "tail_df"):
        error = fit.posterior[name].std(("chain", "draw"))
        away = np.abs(fit.posterior[name].mean(("chain", "draw")) - truth[name].squeeze(drop=True))
        assert (away <= 4 * error).all(), name
    table = bp.checks(fit)
    rows = table[table["check"].str.startswith("tails of")]
    assert len(rows) == 2
    assert (rows["state"] != "FAILED").all()
    fit.save(tmp_path / "fit.nc")
    again = bp.load(tmp_path / "fit.nc")
    pd.testing.assert_frame_equal(bp.checks(again), table)
    assert np.isfinite(bp.evidence(again, rope=0.03)["mean"]).all()
    assert "tail_df" in str(bp.summary(again))


def test_scores_drawn_anew_have_tails() -> None:
    fit = fitted()
    few = fit.posterior.isel(draw=slice(20))
    found = family_of(spec()).scores_again(spec(), few, fit.data, panel(), np.random.default_rng(1))
    away = found.drawn["x"] - found.drawn["x"].mean(axis=(0, 1, 2), keepdims=True)
    assert float(stats.kurtosis(np.ravel(away))) > 1.0


REFUSED = [
    ({"tails": "cauchy"}, "tails"),
    ({"ordered": ("x",)}, "ordered"),
    ({"error": "equal"}, "error"),
    ({"reliability": {"x": 0.8}}, "reliability"),
    ({"groups": "sex"}, "groups"),
    ({"varying": ("x -> y",)}, "varying"),
    ({"initial": "stationary"}, "initial"),
    ({"shrinkage": "common"}, "shrinkage"),
    ({"priors": (bp.Prior("tail_df", "Normal", 0, 1),)}, "tail_df"),
]


@pytest.mark.parametrize(("changes", "word"), REFUSED)
def test_what_does_not_go_together_is_refused(changes: dict[str, Any], word: str) -> None:
    with pytest.raises(SpecError, match=word) as found:
        spec(**changes)
    assert all((found.value.rule, found.value.given, found.value.action))


@pytest.mark.parametrize("changes", [{"tail_df": 2.0}, {"tail_df": np.inf}, {"measurement_error_sd": np.ones(2)}])
def test_worlds_without_a_variance_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(SpecError, match="tail"):
        world(**changes)


def test_sums_are_refused_as_they_tell_nobody_who_is_far_off() -> None:
    with pytest.raises(DataError, match="reads the pupils"):
        bp.fit(spec(), panel().moments(), seed=1, progress=False)


def test_it_is_not_written_for_other_programs() -> None:
    with pytest.raises(SpecError, match="tails"):
        bp.to_lavaan(spec(levels=("pupil",)))


@pytest.mark.parametrize("verb", [bp.maximum_likelihood, bp.build])
def test_what_needs_a_closed_likelihood_is_refused(verb: Any) -> None:
    with pytest.raises(SpecError, match="tails"):
        verb(spec(), panel())


VERBS = (
    bp.predictive_check,
    bp.influence,
    bp.sensitivity,
    bp.log_marginal_likelihood,
    bp.dynamics,
    bp.delta_adjustment,
)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_of_a_fit_answers_or_refuses_in_three_parts(verb: Any) -> None:
    said: BayespanelError | None = None
    try:
        verb(fitted())
    except BayespanelError as error:
        said = error
    assert said is None or all((said.rule, said.given, said.action))


ROWS = [
    (bp.Prior("a", "HalfNormal", 1.7), stats.halfnorm(scale=1.7)),
    (bp.Prior("a", "Exponential", 2.5), stats.expon(scale=2.5)),
    (bp.Prior("a", "HalfStudentT", 3, 1.4), stats.t(3, scale=1.4)),
]


@pytest.mark.parametrize(("row", "law"), ROWS)
def test_rows_of_positive_parameters_have_their_densities(row: bp.Prior, law: Any) -> None:
    at = np.array([0.1, 0.7, 2.0, 9.0])
    assert np.allclose(np.diff(log_density(row, at)), np.diff(law.logpdf(at)), rtol=1e-10)
    step = 1e-6
    differences = (log_density(row, at * np.exp(step)) - log_density(row, at * np.exp(-step))) / (2 * step)
    assert np.allclose(slope(row, at), differences, rtol=1e-5)


@pytest.mark.parametrize("changes", [{}, {"tails": "normal", "ordered": ("x",)}])
def test_classes_that_are_formed_anew_are_refused(changes: dict[str, Any]) -> None:
    """Their effects are of one year each: drawn as if they lasted, they would be wrong without a word."""
    anew = world(re_formed_classes=True, school_years=(0, 1, 2), missing_wave=0.0)
    frame = bp.simulate(anew, 1)
    frame["x"] = (frame["x"] > 0.5).astype(float)
    data = family_of(spec()).truth.observed(spec(**changes), anew, frame)
    with pytest.raises(DataError, match="formed anew") as found:
        bp.fit(spec(**changes), data, seed=1, progress=False)
    assert all((found.value.rule, found.value.given, found.value.action))
