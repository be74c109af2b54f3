"""Covariates and later outcomes that some pupils lack: the data, the likelihood, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.optimize import check_grad

import bayespanel as bp
from bayespanel.families.panel.build import build
from bayespanel.families.panel.draws import posterior
from bayespanel.families.panel.fit_rows import likelihood_ratios
from bayespanel.families.panel.further import covariance
from bayespanel.families.panel.lifting import Own
from bayespanel.families.panel.moments import implied
from bayespanel.families.panel.statistics import data_for, statistics
from bayespanel.families.panel.structure import structure
from bayespanel.families.panel.truth import observed, truth
from bayespanel.families.panel.world import PanelWorld
from bayespanel.inference.maximum_likelihood import maximise, objective
from tests.families.panel.test_build import free_values, log_density
from tests.families.panel.test_distal import ALONE, OUTCOMES, WITH
from tests.families.panel.test_predictors import BASE, EFFECT, GROWING, NAMES, SLOPES, WAVES

NORMAL = {"covariates": ("z", "v"), "covariate_shares": {}, "covariate_effect": EFFECT}
WORLD = replace(BASE, **NORMAL, covariate_missing=0.3, missing_wave=0.1)
MODELLED = bp.RICLPM(NAMES, covariates=("z", "v"), covariate_effects="stable", missing_covariates="modelled")
LATER = replace(ALONE, **(WITH | NORMAL), covariate_missing=0.2, distal_missing=0.3, missing_wave=0.1)
KINDS: dict[str, tuple[bp.RICLPM, PanelWorld]] = {
    "stable": (MODELLED, WORLD),
    "by wave": (
        replace(MODELLED, covariate_effects="by_wave"),
        replace(WORLD, covariate_effect=np.stack([EFFECT * (1 + 0.2 * t) for t in range(WAVES)])),
    ),
    "slopes": (replace(MODELLED, slopes=True), replace(WORLD, **SLOPES, covariate_effect=GROWING)),
    "outcomes": (replace(MODELLED, distal=OUTCOMES), LATER),
    "clpm": (
        replace(MODELLED, covariate_effects="by_wave", intercepts=False),
        replace(WORLD, covariate_effect=np.stack([EFFECT] * WAVES), intercept_sd=None, intercept_corr=None),
    ),
    "schools": (
        replace(MODELLED, levels=("pupil", "school")),
        replace(WORLD, school_sd=np.array([0.4, 0.3])),
    ),
}
every_kind = pytest.mark.parametrize("kind", KINDS)


@cache
def panel_of(kind: str) -> bp.Panel:
    spec, world = KINDS[kind]
    return observed(spec, world, bp.simulate(world, seed=2))


def at_some_point(kind: str) -> dict[str, np.ndarray]:
    """Values of the parameters by the names of the posterior."""
    spec = KINDS[kind][0]
    data = data_for(spec, panel_of(kind))
    free = {name: value[None, None] for name, value in free_of(kind, 1).items()}
    named = posterior(spec, data, free).isel(chain=0, draw=0)
    return {str(name): named[name].values for name in named}


@cache
def model_of(kind: str) -> Any:
    return build(KINDS[kind][0], panel_of(kind))


def free_of(kind: str, seed: int) -> dict[str, np.ndarray]:
    values = free_values(model_of(kind), seed)
    for name in ("distal_sd", "covariate_sd"):
        if name in values:
            values[name] = np.random.default_rng(seed).uniform(0.7, 1.2, values[name].shape)
    return values


def one_by_one(kind: str, values: dict[str, np.ndarray]) -> float:
    """The log-density of everything that is seen of each pupil: scores, covariates and outcomes, one normal vector."""
    spec, panel = KINDS[kind][0], panel_of(kind)
    there = implied(spec, values, np.arange(WAVES))
    total = 0.0
    for y, x in zip(panel.values.reshape(panel.n_pupils, -1), panel.covariates, strict=True):
        vector = np.concatenate([y, x])
        seen = ~np.isnan(vector)
        total += stats.multivariate_normal.logpdf(vector[seen], there.expected[seen], there.pupil[np.ix_(seen, seen)])
    return total


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "schools"])
def test_the_likelihood_is_that_of_pupils_one_by_one(kind: str) -> None:
    values = at_some_point(kind)
    assert bp.log_likelihood(KINDS[kind][0], panel_of(kind), values) == pytest.approx(
        one_by_one(kind, values), abs=1e-7
    )


@pytest.mark.parametrize("kind", ["stable", "by wave", "outcomes", "schools"])
def test_the_model_has_that_likelihood(kind: str) -> None:
    """Two points that differ in nothing but effects of covariates, of which the prior is known."""
    spec, data = KINDS[kind][0], data_for(KINDS[kind][0], panel_of(kind))
    values = free_of(kind, 1)
    other = values | {"covariate_effect": values["covariate_effect"] + 0.1}
    sd = np.nanstd(panel_of(kind).covariates[:, :2], axis=0)

    def by_hand(free: dict[str, np.ndarray]) -> float:
        named = posterior(spec, data, {name: value[None, None] for name, value in free.items()}).isel(chain=0, draw=0)
        prior = stats.norm.logpdf(free["covariate_effect"], 0, data.scale[:, None] / sd).sum()
        return float(prior + bp.log_likelihood(spec, data, {str(name): named[name] for name in named}))

    difference = log_density(model_of(kind), values) - log_density(model_of(kind), other)
    assert difference == pytest.approx(by_hand(values) - by_hand(other), abs=1e-6)


@every_kind
def test_the_structure_has_its_gradient(kind: str) -> None:
    spec, data = KINDS[kind][0], data_for(KINDS[kind][0], panel_of(kind))
    model = structure(spec, data)
    height = objective(model, statistics(spec, data))
    at = model.start() + 0.03 * np.random.default_rng(4).normal(size=model.size)
    steep = check_grad(lambda v: height(v)[0], lambda v: height(v)[1], at, epsilon=1e-6)
    assert steep < 2e-5 * np.linalg.norm(height(at)[1])
    arrays = model.arrays(at)
    here, there = np.arange(WAVES), implied(spec, arrays, np.arange(WAVES))
    np.testing.assert_allclose(covariance(spec, arrays, here), there.pupil, atol=1e-10)


def test_covariates_that_all_have_change_nothing_but_what_is_counted() -> None:
    """The joint density of scores and covariates is that of scores given covariates, times that of covariates."""
    world = replace(WORLD, covariate_missing=0.0)
    known, modelled = replace(MODELLED, missing_covariates="refused"), MODELLED
    panel = observed(known, world, bp.simulate(world, seed=5))
    given, joint = (bp.maximum_likelihood(spec, panel) for spec in (known, modelled))
    x = panel.covariates
    alone = stats.multivariate_normal.logpdf(x, x.mean(axis=0), np.cov(x.T, bias=True)).sum()
    assert joint.log_likelihood == pytest.approx(given.log_likelihood + alone, abs=1e-5)
    assert joint.df == given.df
    assert joint.chi_square == pytest.approx(given.chi_square, abs=1e-3)
    for name in ("covariate_effect", "lag", "mean", "intercept_cov"):
        away = (joint.estimates[name] - given.estimates[name]) / given.standard_errors[name]
        assert np.abs(away).max() < 1e-2, name
    np.testing.assert_allclose(joint.estimates["covariate_cov"], np.cov(x.T, bias=True), atol=1e-5)


def test_covariates_missing_at_random_leave_effects_where_they_are() -> None:
    """z is missing for pupils with high scores: pupils who have it are no random sample, and the model knows."""
    world = replace(WORLD, covariate_missing=0.0, missing_wave=0.0, pupils=20_000, schools=400, covariates=("z",),
                    covariate_effect=EFFECT[:, :1])  # fmt: skip
    spec = replace(MODELLED, covariates=("z",))
    frame = bp.simulate(world, seed=6)
    first = frame[frame["wave"] == 1].set_index("pupil")["a"]
    lost = frame["pupil"].map(first > first.median()) & (frame["pupil"] % 5 > 0)
    panel = observed(spec, world, frame.assign(z=frame["z"].mask(lost)))
    found = bp.maximum_likelihood(spec, panel)
    away = (found.estimates["covariate_effect"].values - EFFECT[:, :1]) / found.standard_errors["covariate_effect"]
    assert np.abs(away).max() < 4
    assert abs(float(found.estimates["covariate_mean"][0])) < 4 * float(found.standard_errors["covariate_mean"][0])
    dropped = observed(spec, world, frame[~lost])
    biased = bp.maximum_likelihood(replace(spec, missing_covariates="refused"), dropped)
    error = float(found.standard_errors["covariate_effect"][0, 0])
    assert (
        EFFECT[0, 0] - float(biased.estimates["covariate_effect"][0, 0]) > 5 * error
    )  # who has it is no random sample


@pytest.mark.parametrize("kind", ["stable", "outcomes", "schools", "clpm"])
def test_checks_of_fit_hold_the_model_as_a_special_case(kind: str) -> None:
    spec, data = KINDS[kind][0], data_for(KINDS[kind][0], panel_of(kind))
    model = structure(spec, data)
    top = maximise(model, statistics(spec, data))
    fitted = Own(model, statistics(spec, data), top.vector, top.covariance, top.vector[None])
    found = dict(likelihood_ratios(spec, data, fitted))
    assert all(one.test.p > 1e-3 for one in found.values()), {name: one.test.p for name, one in found.items()}
    assert "pupil" in found


def test_moments_keep_what_is_missing(tmp_path: Path) -> None:
    panel = panel_of("outcomes")
    moments = panel.moments()
    assert moments.covariate_observed is not None
    missing = np.isnan(panel.covariates)
    np.testing.assert_array_equal(moments.covariate_n, (~missing).sum(axis=0))
    np.testing.assert_allclose(moments.covariate_centre, np.nanmean(panel.covariates, axis=0))
    moments.save(tmp_path / "moments.nc")
    again = bp.Moments.load(tmp_path / "moments.nc")
    assert again.fingerprint() == moments.fingerprint()
    np.testing.assert_array_equal(again.covariate_observed, moments.covariate_observed)
    fewer = moments.select(waves=moments.waves[:3])
    direct = replace(panel, values=panel.values[:, :3], waves=panel.waves[:3])
    scored = ~np.isnan(direct.values).all(axis=(1, 2))
    other = direct.of_pupils(scored).moments()
    np.testing.assert_allclose(fewer.sxx, other.sxx, atol=1e-9)
    np.testing.assert_allclose(fewer.covariate_centre, other.covariate_centre)
    np.testing.assert_array_equal(fewer.covariate_observed, other.covariate_observed)
    spec = replace(KINDS["outcomes"][0])
    assert bp.maximum_likelihood(spec, again).log_likelihood == bp.maximum_likelihood(spec, panel).log_likelihood
    told = panel.describe().covariates
    np.testing.assert_allclose(told["sd"], np.nanstd(panel.covariates, axis=0, ddof=1))
    assert bp.Moments.load(Path(__file__).parents[2] / "known_answers" / "mulder.nc").covariate_observed is None


def test_a_world_says_how_modelled_covariates_are_spread() -> None:
    known = truth(MODELLED, replace(WORLD, covariate_shares={"v": 0.2}))["posterior"].squeeze()
    np.testing.assert_allclose(known["covariate_mean"], [0.0, 0.2])
    np.testing.assert_allclose(known["covariate_sd"], [1.0, 0.4])  # sqrt(.2 * .8)
    np.testing.assert_array_equal(known["covariate_corr"], np.eye(2))
    lacking = truth(MODELLED, replace(WORLD, covariates=("z",), covariate_effect=EFFECT[:, :1]))["posterior"]
    assert lacking["covariate_sd"].isnull().all()


def test_what_is_missing_is_refused_where_nothing_is_assumed_of_it() -> None:
    world = WORLD
    frame = bp.simulate(world, seed=2)
    named: dict[str, Any] = {"pupil": "pupil", "wave": "wave", "variables": NAMES, "covariates": ["z", "v"]}
    with pytest.raises(bp.DataError, match=r"known for every pupil with a score.*incomplete"):
        bp.Panel.from_long(frame, **named)
    panel = bp.Panel.from_long(frame, **named, incomplete=["z", "v"])
    for spec in (replace(MODELLED, missing_covariates="refused"), bp.RICLPM(NAMES, covariates=("v",))):
        with pytest.raises(bp.DataError, match="unless the model has a distribution for it"):
            bp.maximum_likelihood(spec, panel)
    with pytest.raises(bp.DataError, match="predictor is known"):
        bp.maximum_likelihood(bp.Trajectories("a", predictors=("z",)), panel)
    with pytest.raises(bp.DataError, match="'incomplete' names 'w'"):
        bp.Panel.from_long(frame, **named, incomplete=["w"])
    with pytest.raises(bp.DataError, match="is never known"):
        bp.Panel.from_long(frame.assign(z=np.nan), **named, incomplete=["z", "v"])
    with pytest.raises(bp.DataError, match="differs between pupils"):
        bp.Panel.from_long(frame.assign(z=frame["z"] * 0 + 1), **named, incomplete=["z", "v"])
    with pytest.raises(bp.SpecError, match="are those of the model"):
        bp.RICLPM(NAMES, missing_covariates="modelled")
    for write in (bp.to_lavaan, bp.to_mplus):
        with pytest.raises(bp.SpecError, match="Covariates are written for"):
            write(MODELLED, waves=5)
    assert isinstance(frame, pd.DataFrame)
