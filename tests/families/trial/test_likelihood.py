"""The likelihood of sums is that of pupils: a slow twin with plain loops over rows, and finite differences."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pymc as pm
import pytest

import bayespanel as bp
from bayespanel.families.trial.build import build
from bayespanel.families.trial.design import design
from bayespanel.families.trial.draws import posterior
from bayespanel.families.trial.moments import shapes
from bayespanel.families.trial.structure import structure
from bayespanel.inference.maximum_likelihood import objective
from bayespanel.language.errors import DataError, SpecError
from bayespanel.likelihood import dense
from tests.families.trial.tables import ARMS, BASELINE, table, trial
from tests.plain import PLAIN

LEVELS = [("pupil",), ("pupil", "class"), ("pupil", "school"), ("pupil", "class", "school")]
OUTCOMES = ("calm", "kind")
Values = dict[str, np.ndarray]


def spec_of(adjustment: str = "none", levels: tuple[str, ...] = LEVELS[-1], **changes: object) -> bp.ClusterTrial:
    fields: dict[str, object] = {"covariates": ("girl", "age"), "moderators": ("girl",)}
    return bp.ClusterTrial(outcomes=OUTCOMES, levels=levels, adjustment=adjustment, **(fields | changes))  # type: ignore[arg-type]


def some_values(spec: bp.ClusterTrial, data: bp.Trial, seed: int = 3) -> Values:
    """Return a value of every parameter, none of them special."""
    rng = np.random.default_rng(seed)
    plan = design(spec, data.moments())
    out = {name: 3 * rng.normal(size=shape) for name, shape in shapes(plan).items()}
    out["mean"] = 50 + out["mean"]
    cells = len(plan.cells)
    for name, size in (("residual", 60.0), *((level, 12.0) for level in spec.cluster_levels)):
        root = rng.normal(size=(cells, cells + 3))
        out[f"{name}_cov"] = size * (root @ root.T) / (cells + 3)
    return out


def slow(spec: bp.ClusterTrial, frame: pd.DataFrame, arms: tuple[str, ...], values: Values) -> float:
    """Log-likelihood from pupil rows: means cell by cell, and one covariance matrix of all scores."""
    cells = [*OUTCOMES, *(BASELINE.values() if spec.adjustment == "constrained" else ())]
    male = (frame["girl"] == "M").astype(float)
    x = {"girl[M]": male - male.mean(), "age": frame["age"] - frame["age"].mean()}  # from the mean of the trial

    residual = np.full((len(frame), len(cells)), np.nan)
    for i in range(len(frame)):
        arm = arms.index(frame["arm"][i])
        for c, cell in enumerate(cells):
            mean = values["mean"][c]
            for j, name in enumerate(x if spec.covariates else ()):
                mean += values["covariate_effect"][c, j] * x[name][i]
            if arm and c < len(OUTCOMES):
                mean += values["effect"].reshape(len(arms) - 1, -1)[arm - 1, c]
                if spec.moderators:
                    mean += values["moderation"].reshape(len(arms) - 1, -1)[arm - 1, c] * x["girl[M]"][i]
            if spec.adjustment == "covariate":
                pre = frame[BASELINE[cell]]
                gone = pre.isna()
                filled = pre.fillna(pre.mean())
                mean += values["baseline_effect"][c] * (filled[i] - filled.mean())
                if gone.any():  # of calm only
                    mean += values["baseline_missing_effect"][0] * (gone[i] - gone.mean())
            residual[i, c] = frame[cell][i] - mean
    zero = np.zeros((1, len(cells), 1))
    sigma = values["residual_cov"][None]
    one = np.ones((len(frame), 1))
    effects = tuple(
        (pd.factorize(frame[level])[0], *of_level(spec, level, arms, len(cells), values))
        for level in spec.cluster_levels
    )
    group = np.array([arms.index(arm) for arm in frame["arm"]])
    sigma = values["residual_cov"] if values["residual_cov"].ndim == 3 else np.repeat(sigma, len(arms), axis=0)
    return dense.log_likelihood(residual, one, sigma, np.repeat(zero, len(arms), axis=0), group=group, effects=effects)


def of_level(
    spec: bp.ClusterTrial, level: str, arms: tuple[str, ...], cells: int, values: Values
) -> tuple[np.ndarray, np.ndarray]:
    """Return loadings [arm, cell, effect] and covariance of a level, effect by effect."""
    covariance = values[f"{level}_cov"]
    if covariance.ndim == 3:  # an effect of every arm and cell
        loading = np.zeros((len(arms), cells, len(arms) * cells))
        whole = np.zeros((len(arms) * cells, len(arms) * cells))
        for g in range(len(arms)):
            for c in range(cells):
                loading[g, c, g * cells + c] = 1
                for d in range(cells):
                    whole[g * cells + c, g * cells + d] = covariance[g, c, d]
        return loading, whole
    loading = np.repeat(np.eye(cells)[None], len(arms), axis=0)
    if level == "class":
        loading[[arm in spec.arms_without_classes for arm in arms]] = 0
    if spec.varying_effects == "none" or level != spec.cluster_levels[-1]:
        return loading, covariance
    slopes = np.zeros((len(arms), cells, (len(arms) - 1) * len(OUTCOMES)))
    for g in range(1, len(arms)):
        for o in range(len(OUTCOMES)):
            slopes[g, o, (g - 1) * len(OUTCOMES) + o] = 1
    if spec.varying_effects == "uncorrelated":
        own = values["effect_variance"].ravel()
        both = np.zeros((cells + len(own), cells + len(own)))
        both[:cells, :cells] = covariance
        both[cells:, cells:] = np.diag(own)
        covariance = both
    return np.concatenate([loading, slopes], axis=2), covariance


SPREADS: list[tuple[str, str, dict[str, object]]] = [
    ("class", "none", {"varying_effects": "correlated"}),
    ("class", "constrained", {"varying_effects": "uncorrelated"}),
    ("pupil", "covariate", {"varying_effects": "correlated", "variances": "by_arm"}),
    ("school", "none", {"variances": "by_arm"}),
    ("class", "constrained", {"variances": "by_arm", "varying_effects": "correlated"}),
    ("school", "none", {"arms_without_classes": ("both",)}),
    ("school", "covariate", {"arms_without_classes": ("both", "usual"), "variances": "by_arm"}),
]


def spread_trial(
    unit: str, adjustment: str, changes: dict[str, object]
) -> tuple[pd.DataFrame, bp.Trial, bp.ClusterTrial]:
    """Return a trial of three arms within schools or of schools, and a model of how these spread."""
    frame = table()
    if unit != "school":
        number = pd.factorize(frame[unit])[0] if unit == "class" else np.arange(len(frame))
        frame["arm"] = [ARMS[i % 3] for i in number]
    spec = spec_of(adjustment, LEVELS[2] if unit == "pupil" else LEVELS[-1], **changes)
    return frame, trial(frame, randomised=unit), spec


def spread_values(spec: bp.ClusterTrial, data: bp.Trial) -> Values:
    """Return a value of every parameter, covariances in the shapes that the model has."""
    rng, values = np.random.default_rng(5), some_values(spec, data)
    model = structure(spec, design(spec, data.moments()))
    for block in model.blocks:
        if block.name.endswith("_cov"):
            *front, size, _ = block.start.shape
            root = rng.normal(size=(*front, size, size + 3))
            values[block.name] = 10 * root @ np.swapaxes(root, -1, -2)
        elif block.name == "effect_variance":
            values[block.name] = 1 + 5 * rng.random(block.start.shape[:-2])
    return values


@pytest.mark.parametrize(("unit", "adjustment", "changes"), SPREADS)
def test_effects_that_vary_and_variances_of_arms_are_those_of_pupils(unit, adjustment, changes):
    frame, data, spec = spread_trial(unit, adjustment, changes)
    values = spread_values(spec, data)
    found = bp.log_likelihood(spec, data, values)
    assert found == pytest.approx(slow(spec, frame, ARMS, values), abs=1e-8, rel=0)


@pytest.mark.parametrize(("unit", "adjustment", "changes"), SPREADS)
def test_their_gradient_is_that_of_finite_differences(unit, adjustment, changes):
    _, data, spec = spread_trial(unit, adjustment, changes)
    plan = design(spec, data.moments())
    model = structure(spec, plan, between=0.3)
    function = objective(model, plan.statistics(spec))
    here = model.start() + 0.02 * np.random.default_rng(1).normal(size=model.size)
    step = 1e-5
    numeric = [(function(here + e)[0] - function(here - e)[0]) / (2 * step) for e in step * np.eye(model.size)]
    assert function(here)[1] == pytest.approx(np.array(numeric), abs=1e-5, rel=1e-5)


@pytest.mark.parametrize(("unit", "adjustment", "changes"), SPREADS)
def test_the_graph_has_the_likelihood_of_the_named_draws(unit, adjustment, changes):
    _, data, spec = spread_trial(unit, adjustment, changes | {"covariates": (), "moderators": ()})
    model = build(spec, data)
    rng = np.random.default_rng(2)
    point = {name: value + 0.1 * rng.normal(size=np.shape(value)) for name, value in model.initial_point().items()}
    evaluated = model.compile_fn(model.unobserved_value_vars, inputs=model.value_vars, on_unused_input="ignore")(point)
    free = {variable.name: value for variable, value in zip(model.unobserved_value_vars, evaluated, strict=True)}
    draws = posterior(spec, data, {name: np.asarray(value)[None, None] for name, value in free.items()})
    named = {str(name): value for name, value in draws.isel(chain=0, draw=0, drop=True).data_vars.items()}
    function = model.compile_logp(vars=model.potentials, mode=PLAIN)
    assert float(function(point)) == pytest.approx(bp.log_likelihood(spec, data, named), rel=1e-10)
    for name in set(free) & set(named):
        np.testing.assert_allclose(free[name], named[name].values, err_msg=name)


@pytest.mark.parametrize(("adjustment", "levels"), list(product(("none", "covariate", "constrained"), LEVELS)))
def test_the_likelihood_of_sums_is_that_of_pupils(adjustment, levels):
    frame = table()
    unit = {("pupil",): "pupil", ("pupil", "class"): "class"}.get(levels, "school")  # the unit allocated is a level
    if unit != "school":
        number = pd.factorize(frame[unit])[0] if unit == "class" else np.arange(len(frame))
        frame["arm"] = [ARMS[i % 3] for i in number]
    data, spec = trial(frame, randomised=unit), spec_of(adjustment, levels)
    values = some_values(spec, data)
    for given in (data, data.moments()):
        assert bp.log_likelihood(spec, given, values) == pytest.approx(slow(spec, frame, ARMS, values), abs=1e-8, rel=0)


@pytest.mark.parametrize("adjustment", ["none", "covariate", "constrained"])
def test_two_arms_and_no_covariates_are_special_cases(adjustment):
    frame = table(arms=2)
    data, spec = trial(frame), spec_of(adjustment, covariates=(), moderators=())
    values = some_values(spec, data)
    assert values["effect"].shape == (2,)
    found = bp.log_likelihood(spec, data, values)
    assert found == pytest.approx(slow(spec, frame, ARMS[:2], values), abs=1e-8, rel=0)


def test_standard_deviations_and_correlations_may_stand_for_a_covariance():
    data, spec = trial(table()), spec_of()
    values = some_values(spec, data)
    other = {name: value for name, value in values.items() if name != "class_cov"}
    sd = np.sqrt(np.diag(values["class_cov"]))
    other |= {"class_sd": sd, "class_corr": values["class_cov"] / np.outer(sd, sd)}
    expected = bp.log_likelihood(spec, data, values)
    assert bp.log_likelihood(spec, data, other) == pytest.approx(expected, rel=1e-12)


def test_a_parameter_without_a_value_is_named():
    data, spec = trial(table()), spec_of()
    values = some_values(spec, data)
    for gone in ("effect", "class_cov"):
        with pytest.raises(SpecError, match=gone):
            bp.log_likelihood(spec, data, {name: value for name, value in values.items() if name != gone})


@pytest.mark.parametrize("adjustment", ["none", "covariate", "constrained"])
def test_the_gradient_for_maximum_likelihood_is_that_of_finite_differences(adjustment):
    data, spec = trial(table()), spec_of(adjustment)
    plan = design(spec, data.moments())
    model = structure(spec, plan)
    function = objective(model, plan.statistics(spec))
    here = model.start() + 0.02 * np.random.default_rng(1).normal(size=model.size)
    step = 1e-5
    numeric = [(function(here + e)[0] - function(here - e)[0]) / (2 * step) for e in step * np.eye(model.size)]
    assert function(here)[1] == pytest.approx(np.array(numeric), abs=1e-5, rel=1e-5)


def test_the_gradient_of_the_models_log_posterior_is_that_of_finite_differences():
    spec = spec_of("covariate", families={"mood": OUTCOMES})
    model = build(spec, trial(table()))
    point = model.initial_point()
    rng = np.random.default_rng(2)
    point = {name: value + 0.1 * rng.normal(size=np.shape(value)) for name, value in point.items()}
    mapping = pm.blocking.DictToArrayBijection
    packed = mapping.map(point)
    logp = model.compile_logp(mode=PLAIN)
    gradient = model.compile_dlogp(mode=PLAIN)(point)

    def value(vector: np.ndarray) -> float:
        return float(logp(mapping.rmap(pm.blocking.RaveledVars(vector, packed.point_map_info))))

    step = 1e-5
    steps = step * np.eye(len(packed.data))
    numeric = [(value(packed.data + e) - value(packed.data - e)) / (2 * step) for e in steps]
    assert gradient == pytest.approx(np.array(numeric), abs=1e-4, rel=1e-5)


def test_the_models_log_likelihood_is_the_exact_one():
    spec, data = spec_of("constrained", covariates=(), moderators=()), trial(table())
    model = build(spec, data)
    function = model.compile_logp(vars=model.potentials, mode=PLAIN)
    plan = design(spec, data.moments())
    values = {"mean": plan.sums.centre + 1.0, "effect": np.full((2, 2), 0.3)}
    point = model.initial_point()
    sd = {f"{level}_scale": 0.4 * plan.scale for level in spec.cluster_levels}
    for name, start in point.items():
        if name in values or name in sd:
            point[name] = (values | sd)[name]
        elif name.startswith("residual_sd"):
            point[name] = np.log(0.8 * plan.scale)
        else:
            point[name] = np.zeros_like(start)  # partial correlations of 0
    values |= {"residual_sd": 0.8 * plan.scale, "class_sd": 0.4 * plan.scale, "school_sd": 0.4 * plan.scale}
    assert float(function(point)) == pytest.approx(bp.log_likelihood(spec, data, values), rel=1e-10)


def test_what_the_data_lack_is_said():
    frame = table()
    without = trial(frame, baseline={}, covariates=["age"], classroom=None)
    with pytest.raises(DataError, match="'girl'"):
        build(spec_of(levels=("pupil", "school")), without)
    with pytest.raises(DataError, match="needs a baseline"):
        build(spec_of("covariate", ("pupil",), covariates=(), moderators=()), without)
    with pytest.raises(DataError, match=r"classroom=.*take 'class' out"):
        build(spec_of(covariates=(), moderators=()), without)
    with pytest.raises(DataError, match=r"They lack 'clam'. Nearest: 'calm'"):
        build(bp.ClusterTrial(outcomes=("clam",)), without)
    with pytest.raises(DataError, match="You gave a TrialMoments"):
        build(bp.ClusterTrial(outcomes=("calm",), link="logit"), without.moments())
    with pytest.raises(SpecError, match="have no closed integral"):
        bp.maximum_likelihood(bp.ClusterTrial(outcomes=("calm",), link="logit"), without)
