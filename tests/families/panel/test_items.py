"""Variables that items measure: the moments, the likelihood, the density, and what is refused."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import bayespanel as bp
from bayespanel.families.panel.build import build
from bayespanel.families.panel.draws import posterior
from bayespanel.families.panel.estimate import log_likelihood
from bayespanel.families.panel.measurement import measured
from bayespanel.families.panel.statistics import data_for, statistics
from bayespanel.families.panel.structure import structure
from bayespanel.inference.maximum_likelihood import objective
from bayespanel.language.names import DIMENSIONS, PARAMETERS
from tests.families.panel.test_build import free_values, log_density

ITEMS = {"a": ["a1", "a2", "a3"], "b": ["b1", "b2", "b3"]}
WAVES = 4
BESIDE = ("item_loading", "item_intercept", "item_sd", "item_effect_scale")
OPTIONS: dict[str, dict[str, Any]] = {
    "metric": {},
    "configural": {"invariance": "configural"},
    "scalar": {"invariance": "scalar"},
    "released": {"released": ["a2@3", "b3"]},
    "released intercepts": {"invariance": "scalar", "released": ["intercept a1@2", "loading b2", "b3@4"]},
    "equal means": {"invariance": "scalar", "means": "equal", "innovations": "equal"},
    "a variable beside": {"variables": ("a", "c", "b"), "invariance": "scalar"},
    "free lags, no intercepts": {"lags": "free", "intercepts": False},
    "order two": {"order": 2},
    "slopes": {"slopes": True, "invariance": "scalar"},
    "free loadings": {"loadings": "free"},
    "accumulating": {"accumulating": True},
    "continuous time": {"time": "continuous", "innovations": "equal"},
    "errors of variables": {"error": "equal", "invariance": "scalar"},
    "reliability": {"variables": ("a", "c"), "indicators": {"a": ITEMS["a"]}, "reliability": {"c": 0.8}},
    "a predictor": {"covariates": ("age",), "covariate_effects": "stable"},
    "effects by wave": {"covariates": ("age",), "invariance": "scalar"},
    "modelled covariates": {"covariates": ("age",), "missing_covariates": "modelled", "covariate_effects": "stable"},
    "an outcome": {"distal": {"grade": "both"}, "invariance": "scalar"},
    "schools": {"levels": ("pupil", "school")},
    "classes and schools, configural": {"levels": ("pupil", "class", "school"), "invariance": "configural"},
    "schools by wave": {"levels": ("pupil", "school"), "cluster_effects": "by_wave"},
    "schools and released": {"levels": ("pupil", "school"), "released": ["a2@3"]},
    "items of their own": {"item_effects": ["pupil"], "covariates": ("age",), "missing_covariates": "modelled"},
    "items of their own in classes": {
        "levels": ("pupil", "class", "school"),
        "item_effects": ["class", "school", "pupil"],
        "invariance": "scalar",
    },
    "items of their own by wave": {
        "variables": ("a", "c"),
        "indicators": {"a": ITEMS["a"]},
        "levels": ("pupil", "school"),
        "cluster_effects": "by_wave",
        "item_effects": ["school"],
    },
    "groups with items of their own": {
        "groups": "sex",
        "free": ("lag", "initial"),
        "levels": ("pupil", "school"),
        "item_effects": ["pupil", "school"],
    },
    "groups": {"groups": "sex", "invariance": "scalar"},
    "groups with equal items": {"groups": "sex", "free": ("lag", "initial"), "levels": ("pupil", "school")},
}
every_option = pytest.mark.parametrize("option", OPTIONS)


@cache
def panel() -> bp.Panel:
    rng = np.random.default_rng(5)
    pupils = 120
    school = np.arange(pupils) % 6
    frame = pd.DataFrame({"pupil": np.arange(pupils), "school": school, "sex": np.arange(pupils) // 2 % 2})
    frame["class"] = 2 * school + (np.arange(pupils) // 6) % 2
    frame["age"] = rng.normal(10, 1, pupils)
    stable = rng.normal(size=(pupils, 3)) + 0.5 * rng.normal(size=(6, 3))[school]
    frame["grade"] = 5 + stable[:, 0] + rng.normal(size=pupils)
    for t in range(1, WAVES + 1):
        scores = 3 + 0.1 * t + stable + rng.normal(size=(pupils, 3))
        frame[f"c_{t}"] = scores[:, 2]
        for k, name in enumerate("ab"):
            for j, load in enumerate((1.0, 0.8, 1.2)):
                item = 0.2 * j + load * scores[:, k] + 0.6 * rng.normal(size=pupils)
                frame[f"{name}{j + 1}_{t}"] = item
    frame.loc[frame.index % 10 == 3, [column for column in frame if column.endswith("_3")]] = np.nan
    frame.loc[frame.index % 15 == 4, ["a2_2", "b1_2"]] = np.nan  # some items of a wave
    names = [*ITEMS["a"], "c", *ITEMS["b"]]
    return bp.Panel.from_wide(
        frame,
        columns={name: [f"{name}_{t}" for t in range(1, WAVES + 1)] for name in names},
        times=[0.0, 3.0, 12.0, 15.0],
        pupil="pupil",
        classroom="class",
        school="school",
        covariates=["age", "grade"],
        group="sex",
    )


def spec_of(option: str) -> bp.RICLPM:
    return bp.RICLPM(**({"variables": ("a", "b"), "indicators": ITEMS} | OPTIONS[option]))


@cache
def data_of(option: str) -> bp.Moments:
    return data_for(spec_of(option), panel())


def named_values(option: str, seed: int = 3) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Values of the free variables, and of the posterior by its names."""
    spec, data = spec_of(option), data_of(option)
    values = free_values(build(spec, data), seed=seed)
    rng = np.random.default_rng(seed)
    values["item_loading"] = 1 + 0.2 * rng.normal(size=values["item_loading"].shape)
    found = posterior(spec, data, {name: value[None, None] for name, value in values.items()})
    assert set(map(str, found.data_vars)) <= set(PARAMETERS)
    assert set(map(str, found.dims)) - {"chain", "draw"} <= set(DIMENSIONS)
    return values, {str(name): value.isel(chain=0, draw=0) for name, value in found.data_vars.items()}


@every_option
def test_structure_has_its_gradient_and_the_moments_that_are_written_apart(option: str) -> None:
    spec, data = spec_of(option), data_of(option)
    model = structure(spec, data)
    at = model.start() + 0.01 * np.random.default_rng(4).normal(size=model.size)
    height = objective(model, statistics(spec, data))
    value, gradient = height(at)
    steps = [height(at + 1e-30j * one)[0].imag / 1e-30 for one in np.eye(model.size)]  # exact, no difference is taken
    np.testing.assert_allclose(gradient, steps, rtol=1e-8, atol=1e-8 * np.abs(steps).max())
    named = model.named(at)
    if not spec.groups:
        values = {name: value[0] if dims[:1] in (("interval",), ("span",)) and len(value) == 1 else value
                  for name, (dims, value) in named.items()}  # fmt: skip
        for part in spec.components():
            if not part.correlated and not part.fixed:
                values[f"{part.name}_cov"] = np.diag(values.pop(part.block))
            elif part.fixed:
                values[f"{part.name}_cov"] = np.diag(model.arrays(at)[part.block].ravel())
        assert log_likelihood(spec, data, values) == pytest.approx(value, rel=1e-11)


@every_option
def test_the_density_is_the_likelihood_times_the_priors(option: str) -> None:
    spec, data = spec_of(option), data_of(option)
    model = build(spec, data)
    values, named = named_values(option)
    other = values | {name: values[name] * 1.1 for name in BESIDE if name in values}
    plan = measured(spec, data.waves)
    sd = dict(zip(data.variables, data.scale, strict=True))
    overall = dict(zip(data.variables, data.centre.reshape(WAVES, -1).mean(axis=0), strict=True))
    marker = {item: own[0] for own in spec.indicators.values() for item in own}

    def by_hand(free: dict[str, np.ndarray]) -> float:
        found = posterior(spec, data, {name: value[None, None] for name, value in free.items()})
        total = bp.log_likelihood(spec, data, {str(n): v.isel(chain=0, draw=0) for n, v in found.data_vars.items()})
        items = [label.partition("@")[0] for label in plan.loading_of]
        unit = np.array([sd[item] / sd[marker[item]] for item in items])
        total += stats.norm.logpdf(free["item_loading"], unit, 0.5 * unit).sum()
        items = [label.partition("@")[0] for label in plan.intercept_of]
        centre, wide = np.array([overall[item] for item in items]), np.array([5 * sd[item] for item in items])
        total += stats.norm.logpdf(free["item_intercept"], centre, wide).sum()
        wide = np.array([sd[plan.items[i]] for i in plan.several])
        total += stats.norm.logpdf(free.get("item_effect_scale", np.zeros((0, len(wide)))), scale=0.5 * wide).sum()
        return float(total + stats.halfnorm.logpdf(free["item_sd"], scale=wide).sum())

    difference = log_density(model, values) - log_density(model, other)  # what other parameters add is the same
    assert difference == pytest.approx(by_hand(values) - by_hand(other), rel=1e-9)
    deterministics = {d.name for d in model.deterministics}
    assert deterministics <= set(named)
