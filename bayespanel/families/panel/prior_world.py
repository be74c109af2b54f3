"""Panels whose truth is drawn from the priors of a model, for its calibration.

The priors count in the standard deviations of the data and from their means, which differ from one simulated panel to
the next. Calibration needs one prior: here the units are 1 and the origin 0, for the truth and for the model alike.
Lags count in standard deviations within persons at the first wave, which are drawn.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from typing import Any

import numpy as np
import xarray as xr

from bayespanel.data import Moments
from bayespanel.data.moments import moved
from bayespanel.families.panel import predictors, shrinkage
from bayespanel.families.panel.component import Component
from bayespanel.families.panel.components import (
    accumulates,
    carried_means,
    has_loadings,
    joint,
    known_sd,
    mean_dims,
    mean_loading,
    mean_units,
    means_enter,
    reaching,
    starting,
)
from bayespanel.families.panel.continuous import centre, median_gap
from bayespanel.families.panel.further import lasting
from bayespanel.families.panel.group_world import FIELDS
from bayespanel.families.panel.groups import alone, freed, has_groups
from bayespanel.families.panel.indicators import has_means
from bayespanel.families.panel.measurement import measured, taken
from bayespanel.families.panel.ordered import is_ordered
from bayespanel.families.panel.process import process
from bayespanel.families.panel.spec import RICLPM
from bayespanel.families.panel.stationary import arriving, diffusing, exists
from bayespanel.families.panel.tails import LEAST
from bayespanel.families.panel.true_ordered import drawn_cut_points
from bayespanel.families.panel.true_predictors import OF_OUTCOMES
from bayespanel.families.panel.truth import clock
from bayespanel.families.panel.varying import positions
from bayespanel.families.panel.world import PanelWorld
from bayespanel.families.panel.world_items import LASTING
from bayespanel.families.shared.world_fields import Array
from bayespanel.language.errors import SpecError
from bayespanel.language.prior_draws import drawn, drawn_correlation

RANDOM = ("intercept", "class", "school", "measurement_error")
OTHERWISE = (
    "diffusion_sd",
    "diffusion_corr",
    "distal_effect",
    "distal_deviation_effect",
    "distal_mean",
    "distal_sd",
    "covariate_effect",
    "lag_2",
    "first_lag",
    "moving_average",
    "intercept_loading",
    "first_loading",
    "lag_school_sd",
    "slope_sd",
    "growth_corr",
    "item_loading",
    "item_intercept",
    "item_sd",
    *LASTING,
)
"""Parts of a world that a model need not have: of those that it has not there are none."""

TRIES = 20_000
"""Draws, at most, until there is a stationary process."""

SHARED = ("lag", "lag_2", "first_lag", "moving_average")
"""What counts in standard deviations within persons, where groups may share it."""


def prior_world(
    spec: RICLPM, world: PanelWorld, rng: np.random.Generator, _seed: int = 0
) -> tuple[PanelWorld, xr.Dataset]:
    """Return a world with the design of another world and true values drawn from the priors.

    Parameters
    ----------
    spec
        The model; its covariates are standard normal, also where they are not in the world, and those that are modelled
        too: only their effects are drawn.
    world
        The design: waves, schools, classes, pupils, missing waves, for a model that allows them missing covariates. Its
        measurement error, skew and categories are not used.
    rng
        Source of random numbers.

    Raises
    ------
    SpecError
        Properties of schools predict a path.
    """
    if spec.moderators:
        raise SpecError(
            "Truths are drawn of models whose schools have no properties: worlds have none.",
            f"Of the model, {' and '.join(sorted({name for of in spec.moderators.values() for name in of}))} predicts "
            "a path.",
            "Leave 'moderators' out.",
        )
    if has_groups(spec):
        return _of_groups(spec, world, rng), xr.Dataset()
    k, times = len(spec.variables), clock(spec, world)
    t = len(times)

    def deviations(part: Component) -> Array:
        if part.fixed:
            return known_sd(spec, np.ones(k))
        shape = part.sd_shape(t, k)
        unit = part.factor(times, k).reshape(shape) if part.over == "growth" else part.factor(times, k)[:k]
        return drawn(spec.prior(f"{part.name}_sd"), rng, shape, unit=unit)

    def correlations(part: Component) -> Array | None:
        if not part.correlates(k):
            return None
        row, number = spec.prior(f"{part.name}_corr"), part.number(t)
        found = [drawn_correlation(row, rng, part.size(t, k)) for _ in range(number)]
        return np.stack(found) if number > 1 else found[0]

    def means() -> Array:
        if "growth_factor" not in mean_dims(spec):
            return drawn(spec.prior("mean"), rng, (t, k)[-len(mean_dims(spec)) :])
        unit = np.broadcast_to(mean_units(spec, times)[:, None], (2, k))
        return np.asarray(mean_loading(spec, times) @ drawn(spec.prior("mean"), rng, (2, k), unit=unit))

    first, *others = (part for part in spec.components() if not part.follows)
    initial = np.where(is_ordered(spec), 1.0, deviations(first))  # the unit of ordered scores
    row = spec.prior(process(spec).row)
    beside: dict[str, object] = {}
    changes: dict[str, object] = {
        "variables": spec.variables,
        "indicators": spec.indicators,
        "mean": None if spec.indicators else means(),
        "lag": None,
        "drift": None,
        "innovation_sd": None,
        "innovation_corr": None,
        "initial_sd": initial,
        "initial_corr": correlations(first),
        **dict.fromkeys(f"{level}_{form}" for level in RANDOM for form in ("sd", "corr")),
        **dict.fromkeys(OTHERWISE),
        "accumulating": accumulates(spec),
        "stationary": False,
        "covariates": spec.covariates,
        "covariate_shares": {},
        "covariate_missing": world.covariate_missing if joint(spec) else 0.0,
        "distal": tuple(spec.distal),
        "skew": {},  # no model has these
        "ordinal": drawn_cut_points(spec, world, rng),
        "tail_df": LEAST + float(drawn(spec.prior("tail_df"), rng, ())) if spec.tails == "student" else None,
        "groups": {},
        "by_group": {},
    }

    def moving(initial: Array) -> Array:
        ratio = initial[:, None] / initial if row.scale == "standardised" else 1.0
        if process(spec).continuous:
            whole = drawn(row, rng, (k, k), unit=ratio / median_gap(times))
            return np.asarray(whole if row.scale == "raw" else centre(times, k) + whole)
        return drawn(row, rng, process(spec).shape(t, k), unit=ratio)

    if shrinkage.shrinks(spec):
        ratio = initial[:, None] / initial if row.scale == "standardised" else 1.0
        changes["lag"], beside = shrinkage.true_lags(spec, rng, t, ratio)
    else:
        changes[row.parameter] = moving(initial)
    if means_enter(spec):
        begun, unit = drawn(spec.prior("first_mean"), rng, (k,)), mean_units(spec, times)[:, None] * np.ones(k)
        line = drawn(spec.prior("mean"), rng, (2, k), unit=unit)
        lags = np.reshape(np.asarray(changes["lag"]), (-1, k, k))
        changes["mean"] = carried_means(lags, line, begun, times)
    if process(spec).stationary:
        tries = ({"initial_sd": sd, "initial_corr": correlations(first), row.parameter: moving(sd)}
                 for sd in (deviations(first) for _ in range(TRIES)))  # fmt: skip
        changes |= _settled(changes, tries)
    if spec.covariates:
        unit = np.broadcast_to(predictors.units(spec, times), predictors.shape(spec, t))
        changes["covariate_effect"] = drawn(spec.prior("covariate_effect"), rng, unit.shape, unit=unit)
    changes |= _outcomes(spec, rng, t) | _items(spec, rng, t)
    if has_loadings(spec):
        later = drawn(spec.prior("intercept_loading"), rng, (t - 1, k))
        changes["intercept_loading"] = np.concatenate([np.ones((1, k)), later])
    if process(spec).second:
        changes |= _second_order(spec, rng, initial)
    if process(spec).averages:
        changes["moving_average"] = _averages(spec, rng, initial)
    if spec.varying:
        changes["lag_school_sd"] = _between_schools(spec, rng, initial)
    start = starting(spec)
    if start is not None and start.start == "own":
        changes["first_loading"] = np.diag(drawn(spec.prior("first_loading"), rng, (k,)))
    elif start is not None:
        shape, unit = (k, start.size(t, k)), 1 / start.factor(times, k)
        changes["first_loading"] = drawn(spec.prior("first_loading"), rng, shape, unit=unit)
    for part in others:
        if part.over == "growth":
            changes |= dict(zip(("intercept_sd", "slope_sd"), deviations(part), strict=True))
            changes["growth_corr"] = correlations(part)
            continue
        changes[part.in_world("sd")] = deviations(part)
        if part.correlated:
            changes[part.in_world("corr")] = correlations(part)
    known = xr.Dataset(beside).merge(_undrawn(spec))
    return replace(world, **changes), known  # type: ignore[arg-type]  # each by its name


def _settled(first: dict[str, Any], further: Iterator[dict[str, Any]]) -> dict[str, Any]:
    """Return the first draw of lags or a drift and of initial_sd and initial_corr in which something can arrive."""
    for draw in chain([first], further):
        sd, corr, drift = draw["initial_sd"], draw["initial_corr"], draw.get("drift")
        covariance = sd[:, None] * (np.eye(len(sd)) if corr is None else corr) * sd
        left = arriving(draw["lag"], covariance) if drift is None else diffusing(drift, covariance)
        if not exists(left):
            continue
        spread, name = np.sqrt(np.diag(left)), "innovation" if drift is None else "diffusion"
        own = {key: draw[key] for key in ("initial_sd", "initial_corr", "lag" if drift is None else "drift")}
        corr = None if len(sd) == 1 else left / spread[:, None] / spread
        return own | {f"{name}_sd": spread, f"{name}_corr": corr}
    raise SpecError(
        "Truths of a stationary process are drawn from priors under which there is one.",
        f"Of {TRIES} draws none was.",
        "Give the lags a narrower prior.",
    )


def _undrawn(spec: RICLPM) -> xr.Dataset:
    """Return NaN for how covariates that are modelled are spread: worlds have one way, whatever the priors say."""
    names = list(joint(spec))
    if not names:
        return xr.Dataset()
    unknown = xr.DataArray(np.full(len(names), np.nan), [("covariate", names)])
    out = {"covariate_mean": unknown, "covariate_sd": unknown}
    if len(names) > 1:
        out["covariate_corr"] = unknown * unknown.rename(covariate="covariate_")
    return xr.Dataset(out)


def _of_groups(spec: RICLPM, world: PanelWorld, rng: np.random.Generator) -> PanelWorld:
    """Return a world whose groups have true values of their own where the model frees them, drawn from the priors."""
    if not world.groups:
        raise SpecError(
            "A model with groups is calibrated in a world with groups.",
            f"The model's groups are those of {spec.groups!r}; the world has none.",
            'Give the world groups, such as groups={"girl": 0.5, "boy": 0.5}.',
        )
    if process(spec).stationary:
        raise SpecError(
            "Truths of a stationary process are drawn for pupils of one group.",
            f"The model has groups, by the column {spec.groups!r}.",
            "Calibrate the model without groups.",
        )
    drawn_ = {label: prior_world(alone(spec), world, rng)[0] for label in world.groups}
    free, first = freed(spec), next(iter(drawn_.values()))
    names = [name for parameter in free for name in FIELDS.get(parameter, ())]
    own = {label: {name: getattr(one, name) for name in names} for label, one in drawn_.items()}
    shared: dict[str, object] = {}
    if spec.prior("lag").scale == "standardised" and "initial" in free:  # shared lags count in geometric means of SDs
        middle = np.exp(np.mean([np.log(one.initial_sd) for one in drawn_.values()], axis=0))
        lags = {name: getattr(first, name) for name in SHARED if name not in free}
        shared = _turned(lags, middle / first.initial_sd)
    elif spec.prior("lag").scale == "standardised":  # those of each group in the SDs that groups share
        for label, one in drawn_.items():
            lags = {name: own[label][name] for name in SHARED if name in own[label]}
            own[label] |= _turned(lags, first.initial_sd / one.initial_sd)
    made = replace(first, **shared)  # type: ignore[arg-type]  # each by its name
    return replace(made, groups=dict(world.groups), by_group=own, grouping=spec.groups)


def _turned(lags: dict[str, Any], ratio: Array) -> dict[str, object]:
    """Return lags in standard deviations that are so many times [variable] as large."""
    turn = ratio[:, None] / ratio
    return {name: value * turn for name, value in lags.items() if value is not None}


def _items(spec: RICLPM, rng: np.random.Generator, waves: int) -> dict[str, object]:
    """Draw loadings, intercepts and residuals of items, and the means of variables: without items, intercepts."""
    if not spec.indicators:
        return {}
    plan, k = measured(spec, [str(wave + 1) for wave in range(waves)]), len(spec.variables)
    mean = np.zeros((waves, k))
    if has_means(spec):
        mean[1:] = drawn(spec.prior("mean"), rng, (waves - 1, k))
    loads = taken(drawn(spec.prior("item_loading"), rng, (len(plan.loading_of),)), plan.loading_at, 1.0)
    own = drawn(spec.prior("item_intercept"), rng, (len(plan.intercept_of),))[plan.intercept_at]
    for item in set(range(len(plan.items))) - set(plan.several):
        mean[:, plan.owner[item]] += own[:, item]
    number = len(plan.several)
    lasting = {f"item_{level}_sd": drawn(spec.prior("item_effect_sd"), rng, (number,)) for level in spec.item_effects}
    return lasting | {
        "mean": mean,
        "item_loading": loads[:, plan.several],
        "item_intercept": own[:, plan.several],
        "item_sd": drawn(spec.prior("item_sd"), rng, (waves, len(plan.several))),
    }


def _outcomes(spec: RICLPM, rng: np.random.Generator, waves: int) -> dict[str, object]:
    """Draw effects on outcomes after the last wave, whose priors must not count in SDs of what is partly missing."""
    rows = {row.parameter: spec.prior(row.parameter) for row in spec.default_priors()}
    names = (*OF_OUTCOMES, "covariate_effect") if joint(spec) else OF_OUTCOMES
    counted = [name for name in names if name in rows and rows[name].scale != "raw"]
    if counted:
        raise SpecError(
            "Truths are drawn from priors that do not depend on the simulated data.",
            f"Those of {', '.join(counted)} count in SDs as simulated.",
            "Give such rows with scale='raw', or leave these options out.",
        )
    if not spec.distal:
        return {}
    k, q = len(spec.variables), len(spec.distal)
    shape = (q, *lasting(spec).sd_shape(waves, k))
    out: dict[str, object] = {"distal_effect": drawn(rows["distal_effect"], rng, shape)}
    out |= {name: drawn(rows[name], rng, (q,)) for name in ("distal_mean", "distal_sd")}
    if reaching(spec):
        deviating = np.zeros((q, k))
        at = [list(spec.distal).index(name) for name in reaching(spec)]
        deviating[at] = drawn(rows["distal_deviation_effect"], rng, (len(at), k))
        out["distal_deviation_effect"] = deviating
    return out


def _between_schools(spec: RICLPM, rng: np.random.Generator, initial: Array) -> Array:
    """Draw the SDs between schools of paths that vary [target, source], 0 of those that do not."""
    row, (target, source) = spec.prior("lag_school_sd"), positions(spec)
    out = np.zeros((len(initial), len(initial)))
    unit = initial[target] / initial[source] if row.scale == "standardised" else 1.0
    out[target, source] = drawn(row, rng, (len(target),), unit=unit)
    return out


def _averages(spec: RICLPM, rng: np.random.Generator, initial: Array) -> Array:
    """Draw moving averages [target, source]."""
    row, k = spec.prior("moving_average"), len(initial)
    if process(spec).average == "own":
        return np.diag(drawn(row, rng, (k,)))
    ratio = initial[:, None] / initial if row.scale == "standardised" else 1.0
    return drawn(row, rng, (k, k), unit=ratio)


def _second_order(spec: RICLPM, rng: np.random.Generator, initial: Array) -> dict[str, object]:
    """Draw lags over two intervals, and those of the first, which a world has for all spans alike."""
    lags, k = process(spec), len(initial)
    if not lags.apart:
        raise SpecError(
            "Worlds have one matrix of lags over two waves.",
            "The model of second order has one for each span of waves.",
            "Calibrate the model with equal lags.",
        )
    out: dict[str, object] = {}
    for name in ("lag_2", "first_lag"):
        row = spec.prior(name)
        ratio = initial[:, None] / initial if row.scale == "standardised" else 1.0
        out[name] = drawn(row, rng, (k, k), unit=ratio)
    return out


def in_units_of_truth(_spec: RICLPM, moments: Moments) -> Moments:
    """Return the same data as a model reads them whose priors count in ones from zero."""
    return replace(moved(moments, np.zeros(moments.n_cells)), scale=np.ones(len(moments.variables)))
