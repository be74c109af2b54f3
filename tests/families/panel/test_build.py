"""The model's density is its likelihood times its priors, for every option; its names are those promised."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pymc as pm
import pytest
from scipy import stats

from bayespanel import RICLPM, Moments, Prior
from bayespanel.families.panel.build import build
from bayespanel.families.panel.draws import posterior
from bayespanel.families.panel.estimate import log_likelihood
from bayespanel.families.panel.stationary_prior import shares
from bayespanel.language.names import DIMENSIONS, PARAMETERS
from bayespanel.likelihood.correlation import lkj_shape
from tests.families.panel.data import moments, panel
from tests.plain import PLAIN

ALL_LEVELS = ("pupil", "class", "school")
OPTIONS: dict[str, dict[str, Any]] = {
    "the default": {},
    "free lags": {"lags": "free"},
    "equal innovations and means": {"innovations": "equal", "means": "equal"},
    "no intercepts": {"intercepts": False},
    "occasion errors": {"error": "equal"},
    "errors by wave": {"error": "free", "innovations": "equal", "levels": ("pupil", "school")},
    "a common SD of cross-lags": {"shrinkage": "common"},
    "a horseshoe": {"shrinkage": "horseshoe"},
    "a horseshoe, free lags": {"shrinkage": "horseshoe", "lags": "free", "levels": ("pupil", "school")},
    "slopes": {"slopes": True},
    "slopes, means on a line": {"slopes": True, "means": "linear"},
    "slopes, schools by wave": {"slopes": True, "levels": ("pupil", "school"), "cluster_effects": "by_wave"},
    "order two": {"order": 2, "levels": ("pupil", "school")},
    "order two, free lags": {"order": 2, "lags": "free"},
    "continuous time": {"time": "continuous", "innovations": "equal", "levels": ("pupil", "school")},
    "continuous time, free diffusions": {"time": "continuous", "error": "equal"},
    "lines in continuous time": {"time": "continuous", "innovations": "equal", "slopes": True, "means": "linear"},
    "free loadings": {"loadings": "free"},
    "accumulating": {"accumulating": True},
    "accumulating, free lags, errors": {"accumulating": True, "lags": "free", "reliability": {"v1": 0.9}},
    "accumulating lines": {"accumulating": True, "slopes": True},
    "settled": {"initial": "stationary", "innovations": "equal", "levels": ("pupil", "school")},
    "settled in continuous time": {
        "initial": "stationary",
        "innovations": "equal",
        "time": "continuous",
        "error": "equal",
    },
    "moving averages": {"moving_average": "cross", "levels": ("pupil", "school")},
    "own moving averages, free lags": {"moving_average": "own", "lags": "free"},
    "accumulating from loadings at first": {"accumulating": True, "loadings": "first", "moving_average": "cross"},
    "accumulating, free loadings": {"accumulating": True, "loadings": "free", "moving_average": "own"},
    "a predictor, moving averages": {
        **{"covariates": ("age",), "covariate_effects": "stable", "accumulating": True},
        **{"loadings": "free", "moving_average": "cross"},
    },
    "lines that accumulate, with their means": {"accumulating": True, "slopes": True, "means": "linear"},
    "free loadings and errors": {"loadings": "free", "error": "equal"},
    "known reliability": {"reliability": {"v0": 0.8}},
    "correlated errors": {"error": "equal", "error_correlated": True},
    "three levels": {"levels": ALL_LEVELS},
    "school effects by wave": {"levels": ("pupil", "school"), "cluster_effects": "by_wave"},
    "stable classes, schools by wave": {"levels": ALL_LEVELS, "cluster_effects": {"school": "by_wave"}},
    "a covariate": {"covariates": ("age",)},
    "a predictor": {"covariates": ("age",), "covariate_effects": "stable"},
    "a predictor of growth": {"covariates": ("age",), "covariate_effects": "stable", "slopes": True},
    "a predictor, order two": {"covariates": ("age",), "covariate_effects": "stable", "order": 2},
    "a predictor, free loadings": {"covariates": ("age",), "covariate_effects": "stable", "loadings": "free"},
    "a predictor of unit effects": {"covariates": ("age",), "covariate_effects": "stable", "accumulating": True},
    "a predictor in continuous time": {
        **{"covariates": ("age",), "covariate_effects": "stable", "time": "continuous", "innovations": "equal"},
        "slopes": True,
    },
    "a predictor of lines that accumulate": {
        **{"covariates": ("age",), "covariate_effects": "stable", "accumulating": True},
        **{"slopes": True, "levels": ("pupil", "school")},
    },
}


def free_values(model: pm.Model, seed: int) -> dict[str, np.ndarray]:
    """Random values of the free variables, in their own space."""
    rng = np.random.default_rng(seed)
    out = {}
    for rv in model.free_RVs:
        shape = model.initial_point()[model.rvs_to_values[rv].name].shape
        if rv.name.endswith("_partial"):
            out[rv.name] = rng.uniform(0.3, 0.7, shape)
        elif rv.name.endswith("_scale"):
            out[rv.name] = rng.normal(0, 0.5, shape)
        elif rv.name.endswith("_sd") or rv.name == "cross_lag_local":
            out[rv.name] = rng.uniform(0.5, 1.5, shape)
        elif rv.name == "intercept_loading":
            out[rv.name] = rng.normal(1, 0.3, shape)
        elif rv.name == "drift" and "diffusion_sd" not in {one.name for one in model.free_RVs}:  # that returns
            out[rv.name] = -0.3 * np.eye(2) + rng.normal(0, 0.05, shape)
        elif rv.name == "mean" and "growth_factor" in model.named_vars_to_dims["mean"]:
            out[rv.name] = np.array([[3.0], [0.2]]) + rng.normal(0, 0.1, shape)
        elif rv.name == "mean":
            out[rv.name] = 3 + rng.normal(0, 0.3, shape)
        else:
            out[rv.name] = rng.normal(0, 0.2, shape)
    return out


def log_density(model: pm.Model, values: dict[str, np.ndarray]) -> float:
    """The model's log-density at free values, without the Jacobians of its transforms."""
    names = {rv: values[rv.name] for rv in model.free_RVs}
    point = {}
    for rv, value in names.items():
        transform = model.rvs_to_transforms[rv]
        if transform is not None:
            value = {"log": np.log, "logodds": lambda v: np.log(v / (1 - v))}[transform.name](value)
        point[model.rvs_to_values[rv].name] = value
    function = model.compile_fn(model.logp(jacobian=False), mode=PLAIN, point_fn=True)
    return float(function(point))


def half_cauchy(values: np.ndarray, scale: float) -> float:
    """The density that PyMC gives, which is scipy's but for constants in single precision."""
    found = float(pm.logp(pm.HalfCauchy.dist(scale, shape=np.shape(values)), values).eval().sum())
    assert found == pytest.approx(stats.halfcauchy.logpdf(values, scale=scale).sum(), abs=1e-6)
    return found


def prior_density(spec: RICLPM, data: Moments, values: dict[str, np.ndarray]) -> float:
    """The priors of the table, written out with scipy."""
    sd, within = data.scale, values["initial_sd"]
    span = len(data.waves) - 1 if data.times is None else data.times[-1] - data.times[0]
    overall = data.centre.reshape(len(data.waves), -1).mean(0)
    if spec.means == "linear":
        change = sd / span
        zero = overall - values["lag"] @ overall if spec.accumulating else overall
        total = stats.norm.logpdf(values["mean"][0], zero, 5 * sd).sum()
        total += stats.norm.logpdf(values["mean"][1], 0, 5 * change).sum()
    else:
        total = stats.norm.logpdf(values["mean"], overall, 5 * sd).sum()
    if "first_mean" in values:
        total += stats.norm.logpdf(values["first_mean"], overall, 5 * sd).sum()
    if "intercept_loading" in values:
        total += stats.norm.logpdf(values["intercept_loading"], 1, 0.3).sum()
    for name, width in (("lag_2", 0.3), ("first_lag", 0.5)):
        if name in values:
            total += stats.norm.logpdf(values[name], 0, width * np.outer(within, 1 / within)).sum()
    if spec.initial == "stationary":
        total -= shares(spec, data).whole
    if "moving_average" in values:
        apart = values["moving_average"].ndim == 2
        total += stats.norm.logpdf(
            values["moving_average"], 0, 0.3 * (np.outer(within, 1 / within) if apart else np.ones(len(sd)))
        ).sum()
    if spec.loadings == "first":
        total += stats.norm.logpdf(values["first_loading"], 0, 2).sum()
    elif "first_loading" in values:
        ratio = sd[:, None] / sd
        if spec.slopes:
            ratio = np.hstack([ratio, ratio * span])
        total += stats.norm.logpdf(values["first_loading"], 0, 2 * ratio).sum()
    if "growth_scale" in values:
        k = len(sd)
        unit = np.concatenate([sd, sd / span])
        scale = values["growth_scale"]
        assert scale.shape == (2 * k,)
        total += (stats.halfnorm.logpdf(np.abs(scale), scale=unit) - np.log(2)).sum()
    if "drift" in values:
        gap = np.median(np.diff(data.times))
        total += stats.norm.logpdf(values["drift"] * gap, -np.eye(len(sd)), 0.7 * np.outer(within, 1 / within)).sum()
        total += len(sd) ** 2 * np.log(gap)
    elif "lag_standard" in values:  # lags in units of their own standard deviations
        total += stats.norm.logpdf(values["lag_standard"]).sum()
        sd = values["cross_lag_sd"]
        if spec.shrinkage == "common":
            total += stats.halfnorm.logpdf(sd, scale=0.2)
        else:
            total += half_cauchy(sd, 0.05) + half_cauchy(values["cross_lag_local"], 1.0)
        sd = data.scale
    else:
        total += stats.norm.logpdf(values["lag"], 0, 0.5 * np.outer(within, 1 / within)).sum()
    if "covariate_effect" in values:
        age = panel().covariates[:, 0].std()
        unit = sd[:, None] / age
        if spec.covariate_effects == "stable" and spec.slopes:
            unit = np.stack([unit, unit / span])
        total += stats.norm.logpdf(values["covariate_effect"], 0, unit).sum()
    for name in ("initial", "innovation"):
        if f"{name}_sd" in values:
            total += stats.halfnorm.logpdf(values[f"{name}_sd"], scale=sd).sum()
    if "diffusion_sd" in values:
        total += stats.halfnorm.logpdf(values["diffusion_sd"], scale=2 * sd / np.sqrt(gap)).sum()
    for name, width in (("intercept", 1.0), ("class", 0.5), ("school", 0.5), ("error", 0.5)):
        if f"{name}_scale" in values:
            scale = values[f"{name}_scale"]
            wide = np.tile(sd, scale.size // sd.size).reshape(scale.shape)
            # The density of the signed scale is half that of its absolute value.
            total += (stats.halfnorm.logpdf(np.abs(scale), scale=width * wide) - np.log(2)).sum()
    for name, value in values.items():
        if name.endswith("_partial"):
            size = round((1 + np.sqrt(1 + 8 * value.shape[-1])) / 2)
            b = lkj_shape(size, 2.0)
            total += stats.beta.logpdf(value, b, b).sum()
    return float(total)


def data_of(option: str) -> Moments:
    """Data whose waves have times, at unequal gaps, where the model is in continuous time."""
    timed = OPTIONS[option].get("time") == "continuous"
    return replace(moments(), times=np.array([0.0, 3.0, 12.0, 15.0])) if timed else moments()


@pytest.mark.parametrize("option", OPTIONS)
def test_the_density_is_the_likelihood_times_the_priors(option: str) -> None:
    data = data_of(option)
    spec = RICLPM(variables=["v0", "v1"], **OPTIONS[option])
    model = build(spec, data)
    values = free_values(model, seed=3)
    named = posterior(spec, data, {name: value[None, None] for name, value in values.items()})
    parameters = {str(name): value.values[0, 0] for name, value in named.data_vars.items()}
    expected = log_likelihood(spec, data, parameters) + prior_density(spec, data, values)
    # A sum of about 1000 in double precision, by two routes.
    assert log_density(model, values) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("option", OPTIONS)
def test_the_posterior_has_the_promised_names(option: str) -> None:
    data = data_of(option)
    spec = RICLPM(variables=["v0", "v1"], **OPTIONS[option])
    model = build(spec, data)
    values = free_values(model, seed=4)
    named = posterior(spec, data, {name: value[None, None] for name, value in values.items()})
    assert set(map(str, named.data_vars)) <= set(PARAMETERS)
    assert set(map(str, named.dims)) - {"chain", "draw"} <= set(DIMENSIONS)
    deterministics = {d.name for d in model.deterministics}
    assert deterministics <= set(map(str, named.data_vars))
    for name in deterministics:
        assert model.named_vars_to_dims[name] == named[name].dims[2:]


def test_the_deterministics_of_the_model_equal_the_posterior_of_the_fit() -> None:
    data = moments()
    spec = RICLPM(variables=["v0", "v1"], levels=ALL_LEVELS, cluster_effects={"school": "by_wave"})
    model = build(spec, data)
    values = free_values(model, seed=5)
    named = posterior(spec, data, {name: value[None, None] for name, value in values.items()})
    fixed = pm.do(model, values)
    outputs = pm.draw([fixed[d.name] for d in model.deterministics], draws=1, mode=PLAIN)
    for variable, value in zip(model.deterministics, outputs, strict=True):
        np.testing.assert_allclose(value, named[variable.name].values[0, 0], rtol=1e-12, err_msg=variable.name)


def test_moments_and_panel_give_the_same_model() -> None:
    whole = panel()
    spec = RICLPM(variables=["v1", "v0"], levels=ALL_LEVELS)
    a, b = build(spec, whole), build(spec, whole.moments())
    values = free_values(a, seed=6)
    assert log_density(a, values) == log_density(b, values)


def test_a_prior_of_the_call_replaces_the_default() -> None:
    data = moments()
    rows = (
        Prior("lag", "StudentT", (4, 0.1, 0.3), scale="raw"),
        Prior("intercept_sd", "Exponential", (0.7,)),
        Prior("initial_sd", "HalfStudentT", (3, 0.9), scale="raw"),
        Prior("mean", "Normal", (2.0, 4.0), scale="raw"),
    )
    plain, changed = RICLPM(variables=["v0", "v1"]), RICLPM(variables=["v0", "v1"], priors=rows)
    values = free_values(build(plain, data), seed=7)
    sd, overall = data.scale, data.centre.reshape(4, 2).mean(0)
    scale, within = np.abs(values["intercept_scale"]), values["initial_sd"]
    difference = (
        stats.t.logpdf(values["lag"], 4, 0.1, 0.3).sum()
        - stats.norm.logpdf(values["lag"], 0, 0.5 * np.outer(within, 1 / within)).sum()
        + stats.expon.logpdf(scale, scale=0.7 * sd).sum()
        - stats.halfnorm.logpdf(scale, scale=sd).sum()
        + (np.log(2) + stats.t.logpdf(values["initial_sd"], 3, 0, 0.9)).sum()
        - stats.halfnorm.logpdf(values["initial_sd"], scale=sd).sum()
        + stats.norm.logpdf(values["mean"], 2, 4).sum()
        - stats.norm.logpdf(values["mean"], overall, 5 * sd).sum()
    )
    found = log_density(build(changed, data), values) - log_density(build(plain, data), values)
    assert found == pytest.approx(difference, abs=1e-8)


def test_one_variable_needs_no_correlations() -> None:
    data = moments(variables=1)
    spec = RICLPM(variables=["v0"], levels=("pupil", "school"))
    model = build(spec, data)
    assert not any("corr" in name or "partial" in name for name in model.named_vars)
    values = free_values(model, seed=8)
    named = posterior(spec, data, {name: value[None, None] for name, value in values.items()})
    parameters = {str(name): value.values[0, 0] for name, value in named.data_vars.items()}
    expected = log_likelihood(spec, data, parameters) + prior_density(spec, data, values)
    assert log_density(model, values) == pytest.approx(expected, rel=1e-10)
