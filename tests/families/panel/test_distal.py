"""Outcomes after the last wave: the moments, the estimates, the evidence, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from scipy import stats

import bayespanel as bp
from bayespanel.families.panel.build import build
from bayespanel.families.panel.fit_rows import likelihood_ratios
from bayespanel.families.panel.further import covariance
from bayespanel.families.panel.lifting import Own
from bayespanel.families.panel.moments import implied
from bayespanel.families.panel.nulls import nulls
from bayespanel.families.panel.places import further_sd
from bayespanel.families.panel.prior_world import prior_world
from bayespanel.families.panel.statistics import data_for, statistics
from bayespanel.families.panel.structure import saturated, structure
from bayespanel.families.panel.truth import observed, truth
from bayespanel.families.panel.world import PanelWorld
from bayespanel.inference.maximum_likelihood import maximise, objective
from tests.families.panel.steepness import gradient_error
from tests.families.panel.test_build import free_values, log_density
from tests.families.panel.test_predictors import BASE, FIRST, GROWING, LOADING, NAMES, SLOPES, WAVES
from tests.unsampled import unsampled, weighed

OUTCOMES = ("grade", "calm")
ON_STABLE = np.array([[0.5, -0.2], [0.3, 0.4]])
ON_LAST = np.array([[0.3, 0.1], [0.0, -0.4]])
ALONE = replace(
    BASE,
    covariates=(),
    covariate_shares={},
    covariate_effect=None,
    distal=OUTCOMES,
    distal_mean=np.array([6.0, -1.0]),
    distal_effect=ON_STABLE,
    distal_deviation_effect=ON_LAST,
    distal_sd=np.array([0.8, 1.1]),
)
PLAIN = bp.RICLPM(NAMES, distal=OUTCOMES)
WITH = {"covariates": ("z", "girl"), "covariate_shares": {"girl": 0.4}, "covariate_effect": BASE.covariate_effect}
PREDICTED = replace(PLAIN, covariates=("z", "girl"), covariate_effects="stable")
GROWTH_EFFECT = np.stack([ON_STABLE, ON_STABLE[::-1]], axis=1)
KINDS: dict[str, tuple[bp.RICLPM, PanelWorld]] = {
    "both": (PLAIN, ALONE),
    "predicted": (PREDICTED, replace(ALONE, **WITH)),
    "loadings": (replace(PREDICTED, loadings="free"), replace(ALONE, **WITH, intercept_loading=LOADING)),
    "slopes": (
        replace(PREDICTED, slopes=True),
        replace(ALONE, **(WITH | {"covariate_effect": GROWING}), **SLOPES, distal_effect=GROWTH_EFFECT),
    ),
    "unit effects": (
        replace(PREDICTED, accumulating=True),
        replace(ALONE, **WITH, accumulating=True, first_loading=FIRST),
    ),
    "loadings at first, innovations once more": (
        replace(PREDICTED, accumulating=True, loadings="first", moving_average="own"),
        replace(
            ALONE, **WITH, accumulating=True, first_loading=np.diag([1.4, 0.8]), moving_average=np.diag([0.2, -0.1])
        ),
    ),
    "two waves back, errors": (
        replace(PLAIN, order=2, innovations="equal", error="equal"),
        replace(
            ALONE, lag_2=np.array([[0.1, 0.0], [0.05, 0.1]]), first_lag=ALONE.lag + 0.1,
            measurement_error_sd=np.array([0.4, 0.3]),
        ),
    ),
}  # fmt: skip
every_kind = pytest.mark.parametrize("kind", KINDS)


@cache
def pupils(kind: str) -> bp.Moments:
    spec, world = KINDS[kind]
    return data_for(spec, observed(spec, world, bp.simulate(world, seed=2)))


def true_values(kind: str) -> dict[str, np.ndarray]:
    spec, world = KINDS[kind]
    known = truth(spec, world)["posterior"].isel(chain=0, draw=0)
    assert all(known[name].notnull().all() for name in known)
    return {str(name): known[name].values for name in known}


@every_kind
def test_simulated_pupils_have_the_moments_that_the_truth_implies(kind: str) -> None:
    spec, world = KINDS[kind]
    world = replace(world, pupils=20_000, schools=400)
    panel = observed(spec, world, bp.simulate(world, seed=3))
    there = implied(spec, true_values(kind), np.arange(WAVES))
    m = len(spec.covariates)
    x, later = panel.covariates[:, :m] - panel.covariates[:, :m].mean(axis=0), panel.covariates[:, m:]
    rest = np.hstack([panel.values.reshape(len(later), -1), later]) - there.expected - x @ there.effect.T
    want = there.pupil
    error = np.sqrt((want**2 + np.outer(np.diag(want), np.diag(want))) / len(rest))
    assert np.abs((rest.T @ rest / len(rest) - want) / error).max() < 4.5
    assert np.abs(rest.mean(axis=0) / np.sqrt(np.diag(want) / len(rest))).max() < 4


@every_kind
def test_the_likelihood_is_that_of_pupils_one_by_one(kind: str) -> None:
    spec, world = KINDS[kind]
    panel = observed(spec, world, bp.simulate(replace(world, missing_wave=0.2), seed=2))
    there = implied(spec, true_values(kind), np.arange(WAVES))
    m = len(spec.covariates)
    x, later = panel.covariates[:, :m] - panel.covariates[:, :m].mean(axis=0), panel.covariates[:, m:]
    total = 0.0
    for y, own in zip(np.hstack([panel.values.reshape(len(x), -1), later]), x @ there.effect.T, strict=True):
        seen = ~np.isnan(y)
        mean = there.expected + own
        total += stats.multivariate_normal.logpdf(y[seen], mean[seen], there.pupil[np.ix_(seen, seen)])
    assert bp.log_likelihood(spec, panel, true_values(kind)) == pytest.approx(total, abs=1e-8)


@every_kind
def test_structure_and_model_are_that_likelihood(kind: str) -> None:
    """The structure has its gradient, and both the moments of `implied`, which is written out apart."""
    spec, _ = KINDS[kind]
    data = pupils(kind)
    model = structure(spec, data)
    height = objective(model, statistics(spec, data))
    rng = np.random.default_rng(4)
    at = model.start() + 0.05 * rng.normal(size=model.size)
    assert gradient_error(height, at) < 2e-5
    arrays = model.arrays(at)
    values = {name: value for name, value in arrays.items() if not name.endswith("_variance")}
    values |= {name: np.diag(arrays[name].ravel()) for name in arrays if name == "error_variance"}
    values = {name.replace("error_variance", "error_cov"): value for name, value in values.items()}
    there = implied(spec, values | {"distal_variance": arrays["distal_variance"]}, np.arange(WAVES))
    np.testing.assert_allclose(covariance(spec, arrays, np.arange(WAVES)), there.pupil, atol=1e-10)
    normal = model.forward(arrays)
    np.testing.assert_allclose(normal[1][0, :, 1:], there.effect, atol=1e-10)


@pytest.mark.parametrize("kind", ["predicted", "slopes", "unit effects"])
def test_the_density_of_the_model_is_the_likelihood_times_the_priors(kind: str) -> None:
    spec, data = KINDS[kind][0], pupils(kind)
    model = build(spec, data)
    values = free_values(model, 1)
    sd = dict(zip(OUTCOMES, further_sd(spec, data), strict=True))
    values["distal_sd"] = np.array([0.7, 0.9])
    other = values | {name: values[name] + 0.1 for name in ("distal_effect", "distal_deviation_effect", "distal_mean")}
    other["distal_sd"] = np.array([0.8, 1.0])

    def by_hand(free: dict[str, np.ndarray]) -> float:
        from bayespanel.families.panel.draws import posterior

        named = posterior(spec, data, {name: value[None, None] for name, value in free.items()}).isel(chain=0, draw=0)
        total = bp.log_likelihood(spec, data, {str(name): named[name] for name in named})
        each = np.array(list(sd.values()))
        unit = each[:, None] / data.scale
        wide = np.stack([unit, unit * (WAVES - 1)], axis=1) if spec.slopes else unit
        total += stats.norm.logpdf(free["distal_effect"], 0, wide).sum()
        total += stats.norm.logpdf(free["distal_deviation_effect"], 0, unit).sum()
        centre = [data.covariate_centre[data.covariates.index(name)] for name in OUTCOMES]
        total += stats.norm.logpdf(free["distal_mean"], centre, 5 * each).sum()
        return float(total + stats.halfnorm.logpdf(free["distal_sd"], scale=each).sum())

    difference = log_density(model, values) - log_density(model, other)  # what other parameters add is the same
    assert difference == pytest.approx(by_hand(values) - by_hand(other), abs=1e-6)


@pytest.mark.parametrize("kind", ["both", "predicted", "slopes"])
def test_many_pupils_give_the_truth(kind: str) -> None:
    spec, world = KINDS[kind]
    known = true_values(kind)
    data = observed(spec, world, bp.simulate(replace(world, pupils=20_000, schools=400), seed=11))
    found = bp.maximum_likelihood(spec, data)
    assert found.converged
    assert found.p_value > 1e-3
    for name in ("distal_effect", "distal_deviation_effect", "distal_mean"):
        away = (found.estimates[name] - known[name]) / found.standard_errors[name]
        assert np.abs(away).max() < 4, name
    for name in ("distal_effect_standardised", "distal_deviation_effect_standardised"):
        away = (found.standardised[name] - known[name]) / found.standardised_errors[name]
        assert np.abs(away).max() < 4, name


def test_what_an_outcome_is_regressed_on_is_said() -> None:
    assert dict(PLAIN.distal) == dict.fromkeys(OUTCOMES, "both")
    assert dict(bp.RICLPM(NAMES, distal={"grade": "stable"}).distal) == {"grade": "stable"}
    mixed = replace(PLAIN, distal={"grade": "stable", "calm": "both"})
    known = truth(mixed, ALONE)["posterior"].isel(chain=0, draw=0)
    np.testing.assert_array_equal(known["distal_effect"], ON_STABLE)
    assert list(known["distal_both"].values) == ["calm"]
    np.testing.assert_array_equal(np.ravel(known["distal_deviation_effect"]), ON_LAST[1])
    assert known["distal_sd"].isnull().all()  # deviations are left out of one of them


def test_the_evidence_has_rows_for_outcomes() -> None:
    triangle = bp.Triangle(parent=["z"], child=["a", "calm"], school=["b", "grade"])
    fit = unsampled(replace(KINDS["slopes"][0], triangle=triangle), pupils("slopes"), draws=50)
    assert fit.spec.variables == NAMES
    found = weighed(fit)
    here = found.sel(pathway=found["kind"] == "distal")
    names = [f"{how}: {x} -> {d}" for d in OUTCOMES for how in ("stable", "growth", "deviation") for x in NAMES]
    assert list(here["pathway"].values) == names
    assert list(here["edge"].values[:2]) == ["child->school", "school->school"]
    assert set(here["level"].values) == {"pupil", "within"}
    assert "Outcomes after the last wave are not drawn" in found.attrs["diagram"]
    known = nulls(fit.spec, fit.data, found)
    sd = dict(zip(OUTCOMES, further_sd(fit.spec, fit.data), strict=True))
    unit = dict(zip(NAMES, fit.data.scale, strict=True))
    for i in np.flatnonzero(found["kind"].values == "distal"):
        name, source, target = (str(found[key].values[i]) for key in ("pathway", "source", "target"))
        width = sd[target] / unit[source] * (WAVES - 1 if name.startswith("growth") else 1)
        assert known.scale[i] == "raw"
        assert known.log_prior[i] == pytest.approx(stats.norm.logpdf(0, 0, width))


@pytest.mark.parametrize("kind", ["both", "predicted", "slopes"])
def test_checks_of_fit_hold_the_model_as_a_special_case(kind: str) -> None:
    spec, data = KINDS[kind][0], pupils(kind)
    model = structure(spec, data)
    top = maximise(model, statistics(spec, data))
    fitted = Own(model, statistics(spec, data), top.vector, top.covariance, top.vector[None])
    found = dict(likelihood_ratios(spec, data, fitted))
    assert found["pupil"].test.df == saturated(spec, data).size - model.size
    ml = bp.maximum_likelihood(spec, data)
    assert found["pupil"].test.statistic == pytest.approx(ml.chi_square, abs=1e-3)
    assert all(one.test.p > 1e-3 for one in found.values())


def test_a_world_of_the_prior_is_drawn_in_raw_units_alone() -> None:
    spec = PREDICTED
    with pytest.raises(bp.SpecError, match="do not depend on the simulated data"):
        prior_world(spec, KINDS["predicted"][1], np.random.default_rng(1))
    rows = tuple(replace(row, scale="raw") for row in spec.default_priors() if row.parameter.startswith("distal"))
    drawn, _ = prior_world(replace(spec, priors=rows), KINDS["predicted"][1], np.random.default_rng(1))
    known = truth(replace(spec, priors=rows), drawn)["posterior"]
    assert all(known[name].notnull().all() for name in known)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"intercepts": False}, "regressed on random intercepts"),
        ({"levels": ("pupil", "school")}, "no effects of classes and schools"),
        ({"covariates": ("z",)}, "through what lasts in pupils"),
        ({"distal": ("a",)}, "has one role"),
        ({"distal": {"grade": "now"}}, "distal of grade"),
        ({"distal": ("grade", "grade")}, "grade"),
        ({"distal": 3}, "distal"),
        ({"distal": {3: "both"}}, "distal"),
    ],
)
def test_what_does_not_go_together_is_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(bp.SpecError, match=said):
        replace(PLAIN, **options)


def test_outcomes_of_two_values_and_absent_ones_are_refused() -> None:
    frame = bp.simulate(ALONE, seed=1)
    for low, high in ((0, 1), (1, 2)):
        panel = observed(PLAIN, ALONE, frame.assign(grade=np.where(frame["grade"] > 6, high, low)))
        with pytest.raises(bp.DataError, match="continuous"):
            bp.maximum_likelihood(PLAIN, panel)
        if low == 0:
            with pytest.raises(bp.DataError, match="continuous"):
                bp.maximum_likelihood(PLAIN, panel.moments())
    with pytest.raises(bp.DataError, match="They lack 'marks'"):
        bp.maximum_likelihood(replace(PLAIN, distal=("marks",)), observed(PLAIN, ALONE, frame))
