"""What is true in a simulated panel, by the names of the posterior; and its table as the model's data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from bayespanel.data import Panel
from bayespanel.data.guesses import QUESTIONS
from bayespanel.families.panel.component import GROWTH, Component
from bayespanel.families.panel.components import (
    effect_coordinates,
    effects,
    further,
    has_loadings,
    mean_dims,
    mean_loading,
    means_enter,
    reaching,
    starting,
)
from bayespanel.families.panel.derive import derive
from bayespanel.families.panel.group_world import each
from bayespanel.families.panel.groups import alone, beside, has_groups, moves
from bayespanel.families.panel.indicators import columns
from bayespanel.families.panel.measurement import measured
from bayespanel.families.panel.outcomes import with_outcomes
from bayespanel.families.panel.predictors import with_standardised
from bayespanel.families.panel.process import process
from bayespanel.families.panel.spec import RICLPM
from bayespanel.families.panel.true_items import of_items, same_items
from bayespanel.families.panel.true_ordered import boundaries, of_ordered
from bayespanel.families.panel.true_predictors import (
    OF_OUTCOMES,
    acts_alike,
    of_covariates,
    of_outcomes,
    omitted,
    spread_in,
)
from bayespanel.families.panel.varying import positions
from bayespanel.families.panel.varying_scale import with_spread
from bayespanel.families.panel.world import PanelWorld
from bayespanel.families.shared.named import Content, one_draw
from bayespanel.families.shared.world_fields import Array
from bayespanel.language.errors import SpecError
from bayespanel.language.names import LEVELS, interval_labels, span_labels

MATRIX = ("variable", "variable_")

OF_PROCESS = ("lag", "first_lag", "moving_average", "initial", "innovation", "drift", "diffusion")
"""First parts of the names of what describes deviations within pupils."""


def observed(spec: RICLPM, world: PanelWorld, frame: pd.DataFrame) -> Panel:
    """Return simulated pupils as the data of a model."""
    return Panel.from_long(
        frame,
        pupil="pupil",
        wave="wave",
        variables=[name for name in world.columns if name in columns(spec)],
        classroom="class" if "class" in spec.levels else None,
        school="school" if "school" in spec.levels else None,
        school_years=world.school_years if world.re_formed_classes and "class" in spec.levels else None,
        covariates=[*spec.covariates, *spec.distal],
        incomplete=further(spec),
        times=world.months if process(spec).continuous or world.drift is not None else None,
        group=world.grouping if has_groups(spec) and world.groups else None,
        accept=tuple(QUESTIONS),  # simulated scores are what they are
    )


def clock(spec: RICLPM, world: PanelWorld) -> Array:
    """Return the times of waves [wave] as a model reads them from the data of a world."""
    return np.array(world.months, float) if process(spec).continuous else world.clock


def truth(spec: RICLPM, world: PanelWorld) -> dict[str, xr.Dataset]:
    """Return the truth of a world as a posterior of one draw; NaN for what has no true value in it.

    The process is that of true scores: with measurement error, skew or categories, lags are those behind the scores.
    A model of some of the variables, or with one lag where the world's differ over intervals, has no true lag. What
    differs between groups has no one true value; a model without groups has none at all in a world whose groups differ.
    """
    if has_groups(spec) or world.groups:
        return {"posterior": _of_groups(spec, world)}
    known = set(spec.variables) <= set(world.variables) and same_items(spec, world)
    at = np.array([world.variables.index(name) if known else 0 for name in spec.variables])
    waves = tuple(str(wave + 1) for wave in range(world.waves))
    content = (
        (of_items(spec, world, at) if spec.indicators else _means(spec, world, at))
        | of_covariates(spec, world, at)
        | of_outcomes(spec, world, at)
        | _within(spec, world, at)
        | _between(spec, world, at)
    )
    if spec.tails == "student":
        content["tail_df"] = ((), np.array(np.nan if world.tail_df is None else world.tail_df))
    content = of_ordered(spec, world, content)
    undefined = {name for name, (_, value) in content.items() if np.isnan(value).any()}
    if not known or set(spec.variables) != set(world.variables):  # the process of some of the variables is another
        undefined |= {name for name in content if name.startswith(OF_PROCESS) or not known}
    if undefined & {"lag", "moving_average", "initial_sd", "innovation_sd", "drift", "diffusion_sd"}:
        undefined |= {"lag", "innovation_sd", "innovation_corr"}
        undefined |= {"lag_standardised", "lag_2_standardised", "moving_average_standardised", "spectral_radius"}
    if "covariate_effect" in undefined or any(part.name + "_sd" in undefined for part in effects(spec)):
        undefined |= {"covariate_effect_standardised", "predicted_share"}
    if undefined & set(OF_OUTCOMES) or any(part.name + "_sd" in undefined for part in spec.components()):
        undefined |= {"distal_effect_standardised", "distal_deviation_effect_standardised"}
    if any(name.endswith("_sd") for name in undefined):
        undefined |= {"icc", "reliability"}
    filled: Content = {name: (dims, np.nan_to_num(value)) for name, (dims, value) in content.items()}
    cells = [f"{variable}@{wave}" for wave in waves for variable in spec.variables]
    factors = [f"{factor} of {variable}" for factor in GROWTH for variable in spec.variables]
    labels = {"wave": waves, "interval": interval_labels(waves), "cell": cells, "cell_": cells}
    labels |= {"span": span_labels(waves)}
    labels |= {"effect": effect_coordinates(spec)} if starting(spec) is not None else {}
    labels |= {"later_wave": waves[1:], "growth_factor": GROWTH, "factor": factors, "factor_": factors}
    labels |= {"covariate": spec.covariates, "covariate_": spec.covariates} if spec.covariates else {}
    if spec.indicators:
        plan = measured(spec, waves)
        labels |= {"loading_of": plan.loading_of, "intercept_of": plan.intercept_of}
        labels |= {"indicator": tuple(plan.items[i] for i in plan.several)}
        labels |= {"item_level": spec.item_effects} if spec.item_effects else {}
    labels |= {"distal": tuple(spec.distal), "distal_both": reaching(spec)} if spec.distal else {}
    labels |= {"varying": spec.varying} if spec.varying else {}
    labels |= {"boundary": boundaries(spec, world)} if spec.ordered else {}
    labels |= dict.fromkeys((*MATRIX, "target", "source"), spec.variables)
    dataset = one_draw(filled, labels, also=("interval", "wave"))
    if process(spec).continuous or world.drift is not None:
        dataset = dataset.assign_coords(time=("wave", clock(spec, world)))
    with np.errstate(invalid="ignore", divide="ignore"):  # where nothing varies, there is nothing to standardise by
        phi = spread_in(world, spec.covariates)
        full = with_outcomes(spec, with_standardised(spec, with_spread(spec, derive(spec, dataset)), phi), phi)
    return {"posterior": full.assign({name: full[name] * np.nan for name in full.data_vars if name in undefined})}


def _of_groups(spec: RICLPM, world: PanelWorld) -> xr.Dataset:
    """Return the truth of a model or a world with groups."""
    own = {label: truth(alone(spec), one)["posterior"] for label, one in each(world).items()}
    if not has_groups(spec):
        first = next(iter(own.values()))
        return first * np.nan if world.by_group else first
    if not world.groups:
        raise SpecError(
            "A model with groups has a truth in a world with groups.",
            f"The model's groups are those of {spec.groups!r}; the world has none.",
            'Give the world groups, such as groups={"girl": 0.5, "boy": 0.5}.',
        )
    found, labels = list(own.values()), list(own)
    out = beside(spec, found, labels, ("chain", "draw"))
    for name in map(str, out.data_vars):
        if not moves(spec, name):
            same = all(np.allclose(one[name], found[0][name], equal_nan=True) for one in found)
            out[name] = found[0][name] if same else found[0][name] * np.nan
    return out


def _means(spec: RICLPM, world: PanelWorld, at: NDArray[np.int64]) -> Content:
    mean = np.broadcast_to(0.0 if world.mean is None else world.mean[..., at], (world.waves, len(at)))
    load, dims = mean_loading(spec, clock(spec, world)), mean_dims(spec)
    if means_enter(spec):  # what lags do not carry on from the wave before
        lag = np.broadcast_to(world.lag, (world.waves - 1, *world.lag.shape[-2:]))[:, at[:, None], at]
        entering = mean[1:] - np.einsum("tyx,tx->ty", lag, mean[:-1])
        found = np.linalg.lstsq(load[1:], entering)[0]
        found = found if np.allclose(load[1:] @ found, entering) else found * np.nan
        return {"mean": (dims, found), "first_mean": (("variable",), mean[0])}
    known = np.linalg.lstsq(load, mean)[0]
    value = known if np.allclose(load @ known, mean) else np.full(known.shape, np.nan)
    return {"mean": (dims, value if len(dims) == 2 else value[0])}


def _within(spec: RICLPM, world: PanelWorld, at: NDArray[np.int64]) -> Content:
    k, t = len(at), world.waves

    def over_time(dims: tuple[str, ...], values: Array, shape: tuple[int, ...]) -> tuple[tuple[str, ...], Array]:
        every = values if values.ndim > len(shape) else np.broadcast_to(values, (t - 1, *shape))
        return dims, every if "interval" in dims else _common(every)

    lags, pair = process(spec), np.ix_(at, at)
    lag, innovation_sd, innovation_corr = world.intervals()
    own = lag[:, at[:, None], at].copy()
    own[0] = own[0] if world.first_lag is None else world.first_lag[pair]
    if lags.continuous:
        drift = np.full((k, k), np.nan) if world.drift is None else world.drift[pair]
        out: Content = {"drift": (("target", "source"), drift)}
    else:
        out = {"lag": over_time(lags.dims(t), own[1:] if lags.apart else own, (k, k))}
    second = np.zeros((k, k)) if world.lag_2 is None else world.lag_2[pair]
    if lags.second:
        out["lag_2"] = (lags.second_dims(t), np.broadcast_to(second, lags.second_shape(t, k)))
    again = np.zeros((k, k)) if world.moving_average is None else world.moving_average[pair]
    if lags.averages:
        own_ones, apart = np.diag(np.diag(again)), lags.average == "cross"
        known = again if apart or np.array_equal(own_ones, again) else again * np.nan
        out["moving_average"] = (lags.average_dims, known if apart else np.diag(known))
    if ((second.any() and not lags.second) or (again.any() and not lags.averages)) and not lags.continuous:
        out["lag"] = (out["lag"][0], out["lag"][1] * np.nan)
    out |= _between_schools(spec, world)
    if lags.apart:
        out["first_lag"] = (("target", "source"), own[0])
    for part in spec.components():
        if part.level is not None:
            continue
        sd, corr = (getattr(world, part.in_world(form)) for form in ("sd", "corr"))
        if part.follows:
            continue
        if part.name == "innovation":
            sd, corr = innovation_sd, innovation_corr
        if part.arrives and sd is None:
            sd = np.full(len(world.variables), np.nan)
        sd = np.zeros(k) if sd is None else sd[..., at]
        if part.over == "wave":
            out[f"{part.name}_sd"] = (part.sd_dims(t), np.broadcast_to(sd, (t, k)))
        else:
            out[f"{part.name}_sd"] = over_time(part.sd_dims(t), sd, (k,))
        if part.correlates(k):
            out[f"{part.name}_corr"] = over_time(part.corr_dims(t), _matrix(corr, at), (k, k))
    if lags.stationary and not world.stationary:  # a world may have settled without saying so
        covariance = np.diag(world.initial_sd) @ _matrix(world.initial_corr, np.arange(len(world.initial_sd)))
        covariance = covariance @ np.diag(world.initial_sd)
        for step, a in enumerate(lag):
            corr = np.eye(len(a)) if innovation_corr is None else innovation_corr[step]
            moved = a @ covariance @ a.T + innovation_sd[step][:, None] * corr * innovation_sd[step]
            if not np.allclose(moved, covariance):
                out["initial_sd"] = (out["initial_sd"][0], out["initial_sd"][1] * np.nan)
    return out


def _between_schools(spec: RICLPM, world: PanelWorld) -> Content:
    """SDs of lags between schools; the lags of single schools, which are drawn, have no true value."""
    if not spec.varying:
        return {}
    target, source = positions(spec)
    at = [world.variables.index(name) if name in world.variables else 0 for name in spec.variables]
    sd = np.zeros((len(at), len(at))) if world.lag_school_sd is None else world.lag_school_sd[np.ix_(at, at)]
    return {"lag_school_sd": (("varying",), sd[target, source])}


def _between(spec: RICLPM, world: PanelWorld, at: NDArray[np.int64]) -> Content:
    """Stable parts of pupils, classes and schools; NaN where effects by wave meet ones that are stable.

    What a model without a level sees of it is stable too, and belongs to the level inside: the stable parts of pupils
    hold the effects of classes and schools that the model does not know.
    """
    k, t = len(at), world.waves
    out: Content = {}
    for part, without in _levels(spec):
        places = np.add.outer(np.arange(part.copies(t)) * len(world.variables), at).ravel()
        found = [(name, *_effects(world, name, part)) for name in (part.name, *without)]
        found += omitted(spec, world) if part.level == "pupil" else []
        parts = [(name, sd, corr) for name, sd, corr in found if sd is not None]
        # Stable effects are the intercepts of a line; whatever else differs in kind has no true value.
        stable = {name: sd.size == len(world.variables) and part.over != "wave" for name, sd, _ in parts}
        fits = all(stable[name] or sd.size == len(world.variables) * part.copies(t) for name, sd, _ in parts)
        fits &= not any(part.over is None and sd.ndim > 1 for _, sd, _ in parts)
        covariance = np.zeros((len(places), len(places)))
        for name, sd, corr in parts if fits else ():
            own = sd[..., at].ravel()
            here = slice(0, k) if stable[name] else slice(None)
            covariance[here, here] += own[:, None] * _matrix(corr, places[here]) * own
        value = np.sqrt(covariance.diagonal())
        known = value if fits else np.full(value.shape, np.nan)
        out[f"{part.name}_sd"] = (part.sd_dims(t), known.reshape(part.sd_shape(t, k)))
        if part.correlates(k):
            alone = len(parts) == 1 and not (part.over == "growth" and stable[parts[0][0]])
            correlation = np.eye(value.size) if not alone or not fits else _matrix(parts[0][2], places)
            if parts and not alone and fits:
                correlation = covariance / np.where(value > 0, value, 1.0) / np.where(value > 0, value, 1.0)[:, None]
                np.fill_diagonal(correlation, 1.0)
            out[f"{part.name}_corr"] = (part.corr_dims(t), correlation)
    if has_loadings(spec):
        one = np.ones((t, k)) if world.intercept_loading is None else world.intercept_loading[:, at]
        one = one if all(acts_alike(part, world) for part in effects(spec) if part.later) else one * np.nan
        out["intercept_loading"] = (("later_wave", "variable"), one[1:])
    start = starting(spec)
    if start is not None:
        effects_at = np.add.outer(np.arange(len(effect_coordinates(spec)) // k) * len(world.variables), at).ravel()
        first = np.full((k, len(effects_at)), np.nan)
        done = world.first_loading if acts_alike(start, world) else None
        if done is not None and done.shape[1] > max(effects_at):
            first = done[at[:, None], effects_at]
        out["first_loading"] = (start.start_dims, np.diag(first) if start.start == "own" else first)
    return out


def _effects(world: PanelWorld, name: str, part: Component) -> tuple[Array | None, Array | None]:
    """Return the SDs and correlations of a kind of effects; of pupils as the world has them, with or without slopes.

    Where loadings differ and the model has none, or a model has slopes and the world loadings, no SD is true: NaN.
    """
    if part.level != "pupil" or name != part.name:
        return getattr(world, f"{name}_sd"), getattr(world, f"{name}_corr")
    if world.slope_sd is not None and world.intercept_sd is not None:
        return np.stack([world.intercept_sd, world.slope_sd]), world.growth_corr
    if not acts_alike(part, world) and world.intercept_sd is not None:
        return world.intercept_sd * np.nan, None
    return world.intercept_sd, world.intercept_corr


def _levels(spec: RICLPM) -> list[tuple[Component, list[str]]]:
    """Return the effects of a model from the inside, each with the levels further out that the model leaves out."""
    known = {part.level: part for part in effects(spec)}
    out: list[tuple[Component, list[str]]] = []
    for level in LEVELS:
        if level in known:
            out.append((known[level], []))
        elif out:
            out[-1][1].append(level)
    return out


def _matrix(corr: Array | None, at: NDArray[np.int64]) -> Array:
    return np.eye(len(at)) if corr is None else corr[..., at[:, None], at]


def _common(values: Array) -> Array:
    """Return what all entries of the first axis share, NaN throughout where any differ."""
    first = np.asarray(values[0])
    return first if np.allclose(values, first) else np.full(first.shape, np.nan)
