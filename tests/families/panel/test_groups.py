"""Groups are a loop around the model of one group: densities, maxima, names, and what is refused before compiling."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pymc as pm
import pytest
import xarray as xr

import bayespanel as bp
from bayespanel import RICLPM, Moments, Panel
from bayespanel.data.group_moments import of_group
from bayespanel.families.panel.blocks import BLOCKS, parameters_of
from bayespanel.families.panel.build import build
from bayespanel.families.panel.draws import posterior
from bayespanel.families.panel.estimate import log_likelihood, reference
from bayespanel.families.panel.front import PARAMETERS as PARAMETERS_OF_FRONT
from bayespanel.families.panel.groups import alone, freed, moves, select
from bayespanel.families.panel.statistics import data_for, statistics
from bayespanel.families.panel.structure import structure
from bayespanel.inference.maximum_likelihood import objective
from bayespanel.language.errors import BayespanelError
from bayespanel.language.names import DIMENSIONS, PARAMETERS
from tests.families.panel.data import panel
from tests.families.panel.test_build import OPTIONS as ALL_OPTIONS, free_values, prior_density
from tests.plain import PLAIN

LABELS = ("boy", "girl")
FREE = ("all", "none", ("mean",), ("lag",), ("initial", "innovation"), ("mean", "intercept"))


def grouped(**changes: Any) -> Panel:
    whole = panel(**changes)
    times = np.array([0.0, 3.0, 12.0, 15.0])  # for models in continuous time
    group = (np.arange(whole.n_pupils) // 3) % 2
    return replace(whole, group=group, group_names=LABELS, grouping="sex", times=times)


OPTIONS = {name: given for name, given in ALL_OPTIONS.items() if "shrinkage" not in given}
"""Of models that may have groups."""


def spec_of(option: str, free: str | tuple[str, ...] = "all") -> RICLPM:
    return RICLPM(variables=["v0", "v1"], groups="sex", free=free, **OPTIONS[option])


def drawn(spec: RICLPM, data: Moments) -> tuple[pm.Model, dict[str, np.ndarray], xr.Dataset]:
    model = build(spec, data)
    values = spread(free_values(model, seed=3), spec)
    return model, values, posterior(spec, data, {name: value[None, None] for name, value in values.items()})


def spread(values: dict[str, np.ndarray], spec: RICLPM) -> dict[str, np.ndarray]:
    """Give straight means their place in every group; `free_values` knows them without groups."""
    if spec.means == "linear" and values["mean"].ndim == 3:
        values["mean"] = np.array([[3.0], [0.2]]) + 0.1 * np.random.default_rng(4).normal(size=values["mean"].shape)
    return values


def point(model: pm.Model, values: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    out = {}
    for rv in model.free_RVs:
        transform, value = model.rvs_to_transforms[rv], values[rv.name]
        if transform is not None:
            value = {"log": np.log, "logodds": lambda v: np.log(v / (1 - v))}[transform.name](value)
        out[model.rvs_to_values[rv].name] = value
    return out


def of_model(model: pm.Model, values: dict[str, np.ndarray], parts: Any) -> float:
    logp = model.logp(vars=parts, jacobian=False)
    return float(model.compile_fn(logp, mode=PLAIN, point_fn=True)(point(model, values)))


@pytest.mark.parametrize("option", OPTIONS)
def test_the_likelihood_is_that_of_each_group_by_itself(option: str) -> None:
    data, spec = grouped().moments(), spec_of(option)
    model, values, named = drawn(spec, data)
    parameters = {str(name): array.isel(chain=0, draw=0) for name, array in named.data_vars.items()}
    whole = log_likelihood(spec, data, parameters)
    assert of_model(model, values, [model["log_likelihood"]]) == pytest.approx(whole, rel=1e-10)
    if spec.cluster_levels:
        return
    each = 0.0
    for label in LABELS:
        own = {str(name): array.values[0, 0] for name, array in select(named, label).data_vars.items()}
        each += log_likelihood(alone(spec), of_group(data, label), own)
    assert whole == pytest.approx(each, rel=1e-10)


@pytest.mark.parametrize("option", [name for name, given in OPTIONS.items() if "levels" not in given])
def test_each_group_has_the_priors_of_a_model_of_one_group(option: str) -> None:
    data, spec = grouped().moments(), spec_of(option)
    model, values, _ = drawn(spec, data)
    expected = sum(prior_density(alone(spec), data, {name: v[g] for name, v in values.items()}) for g in range(2))
    priors = [*model.free_RVs, *(part for part in model.potentials if part.name != "log_likelihood")]
    assert of_model(model, values, priors) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("free", FREE)
def test_what_groups_share_has_no_dimension_of_groups(free: str | tuple[str, ...]) -> None:
    data, spec = grouped().moments(), spec_of("order two", free)
    model, values, named = drawn(spec, data)
    assert set(map(str, named.data_vars)) <= set(PARAMETERS)
    assert set(map(str, named.dims)) - {"chain", "draw"} <= set(DIMENSIONS)
    for name in map(str, named.data_vars):
        assert ("group" in named[name].dims) == moves(spec, name)
    assert "group" not in named["school_sd"].dims
    for variable in model.deterministics:
        assert model.named_vars_to_dims[variable.name] == named[variable.name].dims[2:]
    parameters = {str(name): array.isel(chain=0, draw=0) for name, array in named.data_vars.items()}
    found = of_model(model, values, model.potentials)
    assert found == pytest.approx(log_likelihood(spec, data, parameters), rel=1e-10)


def test_lags_that_groups_share_count_in_the_geometric_mean_of_their_standard_deviations() -> None:
    data, spec = grouped().moments(), spec_of("the default", ("initial",))
    model, values, _ = drawn(spec, data)
    within = np.exp(np.log(values["initial_sd"]).mean(axis=0))
    expected = -0.5 * (values["lag"] / (0.5 * np.outer(within, 1 / within))) ** 2 - np.log(
        0.5 * np.outer(within, 1 / within) * np.sqrt(2 * np.pi)
    )
    logp = model.compile_fn(model.logp(vars=[model["lag"]]), mode=PLAIN, point_fn=True)
    inputs = {name: value for name, value in point(model, values).items() if name in ("lag", "initial_sd_log__")}
    assert float(logp(inputs)) == pytest.approx(expected.sum(), rel=1e-10)


@pytest.mark.parametrize("free", FREE)
def test_the_gradient_of_maximum_likelihood_is_that_of_its_value(free: str | tuple[str, ...]) -> None:
    data = grouped().moments()
    for option in ("three levels", "accumulating lines", "order two"):
        spec = spec_of(option, free)
        model = structure(spec, data)
        height = objective(model, statistics(spec, data))
        x = model.start() + 0.01 * np.random.default_rng(1).normal(size=model.size)
        _, gradient = height(x)
        step = np.random.default_rng(2).normal(size=model.size)
        moved = height(x + 1e-30j * step)[0]
        assert moved.imag / 1e-30 == pytest.approx(gradient @ step, rel=1e-9)


def test_equal_data_in_both_groups_give_the_answer_of_one() -> None:
    one = panel(pupils=150)
    twice = Panel(
        values=np.concatenate([one.values, one.values]),
        waves=one.waves,
        variables=one.variables,
        pupils=np.arange(300).astype(object),
        covariates=np.concatenate([one.covariates] * 2),
        covariate_names=one.covariate_names,
        group=np.repeat([0, 1], 150),
        group_names=LABELS,
        grouping="sex",
    )
    plain = RICLPM(["v0", "v1"])
    alone_ = bp.maximum_likelihood(plain, replace(one, classroom=None, school=None, class_names=(), school_names=()))
    both = bp.maximum_likelihood(replace(plain, groups="sex"), twice)
    assert both.log_likelihood == pytest.approx(2 * alone_.log_likelihood, abs=1e-6)
    for name, values in alone_.estimates.data_vars.items():
        for label in LABELS:
            np.testing.assert_allclose(both.estimates[name].sel(group=label), values, atol=1e-5)


def test_an_em_in_each_group_finds_the_free_covariances_that_newton_steps_find(monkeypatch: pytest.MonkeyPatch) -> None:
    # With many cells there are too many free numbers for Newton steps; grouped panels then had no chi-square.
    spec, data = spec_of("the default"), grouped().moments()
    assert (data.observed == 0).any()
    whole = reference(spec, data)
    monkeypatch.setattr("bayespanel.families.panel.estimate.LARGEST_SATURATED", 1)
    again = reference(spec, data)
    assert again.size == whole.size
    assert again.log_likelihood == pytest.approx(whole.log_likelihood, abs=1e-3)
    assert again.baseline_excess == pytest.approx(whole.baseline_excess, abs=2e-3)


def test_the_order_of_groups_does_not_matter() -> None:
    data = grouped()
    turned = replace(data, group=1 - data.group, group_names=LABELS[::-1])
    spec = spec_of("the default", ("mean", "lag"))
    a, b = (bp.maximum_likelihood(spec, one) for one in (data, turned))
    assert a.log_likelihood == pytest.approx(b.log_likelihood, abs=1e-7)
    np.testing.assert_allclose(a.estimates["lag"].sel(group="girl"), b.estimates["lag"].sel(group="girl"), atol=1e-5)
    np.testing.assert_allclose(
        a.standardised["lag_standardised"].sel(group="boy"),
        b.standardised["lag_standardised"].sel(group="boy"),
        atol=1e-5,
    )


def test_a_model_without_groups_takes_all_pupils_together() -> None:
    data = grouped()
    plain = replace(data, group=None, group_names=(), grouping="")
    spec = RICLPM(["v0", "v1"], levels=("pupil", "school"))
    together, known = data_for(spec, data), data_for(spec, plain)
    assert together.group_names == ()
    for name in ("n", "observed", "sxx", "sxy", "syy", "block_sy", "scale"):
        np.testing.assert_allclose(getattr(together, name), getattr(known, name), atol=1e-9)


def girls() -> Panel:
    """A covariate that says what the groups say."""
    data = grouped()
    return replace(data, covariates=data.group[:, None].astype(float))


def small(pupils: int) -> Panel:
    data = grouped()
    group = np.zeros(data.n_pupils, np.int64)
    group[:pupils] = 1
    return replace(data, group=group)


MISTAKES: dict[str, tuple[dict[str, Any], Any, str]] = {
    "an unknown block": ({"free": ("lagg",)}, None, "Did you mean|Nearest|'lagg'"),
    "a block that the model lacks": ({"free": ("error",)}, None, "The model does not have it"),
    "a cluster level": ({"free": ("school",), "levels": ("pupil", "school")}, None, "common to all groups"),
    "a block twice": ({"free": ("lag", "lag")}, None, "each once"),
    "no block": ({"free": ()}, None, "each once"),
    "blocks without groups": ({"groups": "", "free": ("lag",)}, None, "no groups are given"),
    "groups that are a variable": ({"groups": "v0"}, None, "one role"),
    "groups that are a covariate": ({"groups": "age", "covariates": ("age",)}, None, "one role"),
    "no column": ({"groups": 3}, None, "'groups' is the name of one column"),
    "another column": ({"groups": "gender"}, grouped, "The data tell groups by 'sex'"),
    "data without groups": ({}, panel, "The data tell no groups"),
    "a group too small": ({}, lambda: small(8), "Group 'girl' has 8, and 8 scores each"),
    "a group too small for means": ({"free": "mean"}, lambda: small(1), "in two pupils or more"),
    "a covariate of groups": ({"covariates": ("age",)}, girls, "the same for all pupils of 'boy', 'girl'"),
    "a covariate of groups, means": ({"covariates": ("age",), "free": "mean"}, girls, "the same for all pupils"),
    "a reliability of groups that spread differently": (
        {"reliability": {"v0": 0.8}},
        lambda: wider(2.5),
        "times that of all pupils",
    ),
    "one group": ({}, lambda: grouped().of_pupils(grouped().group == 1), "All pupils of the data have 'girl'"),
}


def wider(ratio: float) -> Panel:
    """Return groups of which the second spreads so many times as much in its first variable."""
    whole = grouped()
    values = whole.values.copy()
    values[whole.group == 1, :, 0] *= ratio
    return replace(whole, values=values)


def test_a_reliability_goes_with_groups_that_spread_alike() -> None:
    attempt({"groups": "sex", "reliability": {"v1": 0.8}}, lambda: wider(2.5))
    attempt({"groups": "sex", "reliability": {"v0": 0.8}}, lambda: wider(1.0))


def attempt(options: dict[str, Any], data: Any) -> None:
    spec = RICLPM(["v0", "v1"], **options)
    build(spec, data())


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_are_refused_in_three_parts_before_compiling(name: str) -> None:
    options, data, given = MISTAKES[name]
    with pytest.raises(BayespanelError, match=given) as error:
        attempt({"groups": "sex"} | options, data)
    assert all((error.value.rule, error.value.given, error.value.action))


@pytest.mark.parametrize("option", OPTIONS)
def test_every_parameter_of_pupils_is_in_one_block(option: str) -> None:
    spec = spec_of(option)
    parameters = parameters_of(spec.default_priors()) - set(spec.cluster_levels)
    inside = [name for own in BLOCKS.values() for name in own]
    assert len(inside) == len(set(inside))
    assert parameters <= set(inside)
    assert parameters == freed(spec)
    assert parameters <= {*PARAMETERS_OF_FRONT, *(part.name for part in spec.components())}


def test_blocks_name_parameters_of_the_model() -> None:
    assert freed(spec_of("order two", "lag")) == {"lag", "lag_2", "first_lag"}
    assert freed(spec_of("slopes", ("intercept",))) == {"growth"}
    assert freed(spec_of("known reliability")) == {"mean", "lag", "initial", "innovation", "intercept"}
    assert freed(RICLPM(["x"])) == frozenset()
    assert RICLPM(["x"], groups="sex", free=["lag", "mean"]).free == ("mean", "lag")
