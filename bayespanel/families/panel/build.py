"""From a specification and data to a plain `pm.Model`."""

from __future__ import annotations

import numpy as np
import pymc as pm
import pytensor
import pytensor.tensor as pt
from numpy.typing import NDArray
from pytensor.tensor.variable import TensorVariable

from bayespanel.data import Moments, Panel
from bayespanel.families.panel import continuous, predictors, shrinkage
from bayespanel.families.panel.augmented import refuse_augmented
from bayespanel.families.panel.component import Component
from bayespanel.families.panel.components import (
    clusters as cluster_parts,
    coordinates,
    further,
    has_loadings,
    joint,
    known_sd,
    mean_dims,
    mean_units,
    means_enter,
    starting,
)
from bayespanel.families.panel.continuous import wave_times
from bayespanel.families.panel.front import Front
from bayespanel.families.panel.further_graph import Further
from bayespanel.families.panel.groups import labels_of
from bayespanel.families.panel.indicators import has_means
from bayespanel.families.panel.item_graph import Items
from bayespanel.families.panel.measurement import measured, of_constructs
from bayespanel.families.panel.ordered import is_ordered
from bayespanel.families.panel.process import process
from bayespanel.families.panel.pupil_graph import (
    by_school,
    following,
    intervals,
    mean_coefficients,
    on_scores,
    pupil_covariance,
)
from bayespanel.families.panel.shrinkage_graph import put as put_shrunk
from bayespanel.families.panel.spec import RICLPM
from bayespanel.families.panel.stationary_prior import shares
from bayespanel.families.panel.statistics import covariate_sd, data_for, regressed_lags, statistics
from bayespanel.families.panel.varying import held as held_of_schools, positions
from bayespanel.inference.parameters import covariance, location, pivots
from bayespanel.language.prior import Prior
from bayespanel.likelihood.op import nested_normal_logp

Array = NDArray[np.float64]


def build(spec: RICLPM, data: Panel | Moments) -> pm.Model:
    """Build the model of a specification for data.

    Parameters
    ----------
    spec
        The model.
    data
        A panel or its moments; the likelihood reads sufficient statistics only.

    Returns
    -------
    pm.Model
        In raw units, with named dimensions. The data are the `pm.Data` containers index, value, centre (of each
        cell), scale (of each variable), covariate_unit and, with further cells, further_centre and further_sd; with
        items, item_scale. Set
        other ones of the same design to reuse the compiled model.

    Raises
    ------
    DataError
        When the data lack what the model needs; see `data_for`.
    SpecError
        Some variables are ordered.
    """
    refuse_augmented(spec, "A plain PyMC model")
    return model_of(spec, data_for(spec, data))


def prior_model(spec: RICLPM, data: Panel | Moments) -> pm.Model:
    """Build the model for draws from its priors: of ordered variables, that of the scores behind them."""
    return model_of(spec, data_for(spec, data))


def model_of(spec: RICLPM, moments: Moments) -> pm.Model:
    """Build the model for moments that `data_for` returned; of ordered variables, that of the scores behind them."""
    times = wave_times(moments)
    waves, k = len(times), len(spec.variables)
    lags, labels = process(spec), labels_of(spec, moments)
    packed = statistics(spec, moments)

    with pm.Model(coords=coordinates(spec, moments)) as model:
        unit = of_constructs(spec, moments)
        scale = pt.specify_shape(pm.Data("scale", unit.scale, dims="variable"), (k,))
        centre = pt.specify_shape(pm.Data("centre", moments.centre), (moments.n_cells,))
        # pm.Data would narrow the index to 32 bits, and the kernel reads 64.
        index = pytensor.shared(packed.index, name="index", shape=(None,))
        model.register_data_var(index)
        value = pm.Data("value", packed.value)

        covariate = pt.specify_shape(pm.Data("covariate_unit", covariate_sd(spec, moments)), (len(spec.covariates),))
        front = Front(spec, len(labels))
        items = Items(spec, moments, scale, centre, front) if spec.indicators else None
        centre = centre if items is None else pt.zeros(waves * k)  # variables behind items count from nothing
        parts = {}
        if spec.ordered:
            parts = {"initial": _covariance(spec, spec.components()[0], scale, times, front)}
            scale = _own_unit(spec, scale)
        if has_means(spec) and not means_enter(spec):
            _means(spec, scale, centre, times, front)
        if spec.covariates:
            _effects(spec, scale, covariate, times, front)
        parts = parts or {part.name: _covariance(spec, part, scale, times, front) for part in spec.components()[:1]}
        _lags(spec, scale, times, front)
        if means_enter(spec):  # around what lags carry on
            _means(spec, scale, centre, times, front)
        rest = [part for part in spec.components()[1:] if not part.follows]
        parts |= {part.name: _covariance(spec, part, scale, times, front) for part in rest}
        clusters = [parts[level][0] for level in spec.cluster_levels]
        clusters += [pt.zeros((0, 0))] * (2 - len(clusters))
        if lags.second:
            row, shape, dims = spec.prior("lag_2"), lags.second_shape(waves, k), lags.second_dims(waves)
            unit = _ratio(row, model, scale, front, "lag_2", len(dims) - 2)
            location("lag_2", row, 0.0, unit, *front("lag_2", shape, dims))
        if lags.apart:
            row = spec.prior("first_lag")
            unit = _ratio(row, model, scale, front, "first_lag", 0)
            location("first_lag", row, 0.0, unit, *front("first_lag", (k, k), ("target", "source")))
        if lags.averages:
            row, dims = spec.prior("moving_average"), lags.average_dims
            ratio = _ratio(row, model, scale, front, "moving_average", 0)
            unit = ratio if len(dims) == 2 else pt.ones(k)
            location("moving_average", row, 0.0, unit, *front("moving_average", (k,) * len(dims), dims))
        if has_loadings(spec):
            ones, row = pt.ones((waves - 1, k)), spec.prior("intercept_loading")
            placed = front("intercept_loading", (waves - 1, k), ("later_wave", "variable"))
            location("intercept_loading", row, 0.0, ones, *placed)
        if starting(spec) is not None:
            _first_loading(spec, scale, times, front)
        wide = Further(spec, moments, scale) if further(spec) else None
        if spec.varying:
            sigma, coefficients = by_school(spec, moments, parts, scale, centre, front.given(model, 0))
            pm.Potential("log_likelihood", nested_normal_logp(sigma, coefficients, *clusters, index, value))
            return model
        sigmas, rows, settled = [], [], []
        for g in range(len(labels)):
            given = front.given(model, g)
            own = {name: front.part(name, value, g) for name, value in parts.items()}
            if lags.stationary:
                own |= following(spec, own, given)
                settled.append(own[spec.components()[1].name])
            lag, innovation = intervals(spec, own, times, given)
            by_covariates = on_scores(spec, lag, times, given)
            row = mean_coefficients(spec, centre, times, given, lag)
            if by_covariates is not None and not joint(spec):
                row = pt.concatenate([row, by_covariates], axis=1)
            whole = pupil_covariance(spec, lag, own | {"innovation": innovation}, times, given, wide)
            if wide is not None:
                row, whole = pt.concatenate([row, wide.coefficients()]), wide.whole(whole, by_covariates)
            if items is not None:
                number = len(further(spec))
                row, whole = items.coefficients(row, given, number), items.whole(whole, given, number)
                if g == 0:  # loadings are those of all groups where there are clusters
                    for i, part in enumerate(cluster_parts(spec)):
                        clusters[i] = items.cluster(part, clusters[i], given)
            sigmas.append(whole)
            rows.append(row)
        if settled:  # the prior, cut off where nothing would arrive
            there = pt.all(pt.stack([pivots(each[0]) for each in settled]) > 0)
            pm.Potential("log_prior_stationary", pt.switch(there, -shares(spec, moments).whole, -np.inf))
        sigma, coefficients = (pt.stack(each) if len(each) > 1 else each[0][None] for each in (sigmas, rows))
        pm.Potential("log_likelihood", nested_normal_logp(sigma, coefficients, *clusters, index, value))
    return model


def rivals(spec: RICLPM, moments: Moments) -> tuple[dict[str, NDArray[np.float64]], ...]:
    """Return other points from which to seek the mode: with the lags of a regression; see `regressed_lags`.

    Where stable parts accumulate, what they do to the first wave trades against lags: a search that starts with nothing
    there can end at a likelihood that is only locally the highest, and so others start with once and three times.
    """
    lag, front = regressed_lags(spec, moments), Front(spec, len(labels_of(spec, moments)))
    if process(spec).continuous:
        drift = continuous.block(wave_times(moments), of_constructs(spec, moments).scale, lag).start
        return ({**start(spec, moments), "drift": front.copies("drift", drift)},)
    waves, k = len(moments.waves), len(spec.variables)
    pooled = process(spec).pooled(lag).reshape(process(spec).shape(waves, k))
    if shrinkage.shrinks(spec):
        scale = of_constructs(spec, moments).scale
        ratio = scale[:, None] / scale if spec.prior("lag").scale != "raw" else np.ones((k, k))
        standard = shrinkage.standardised_lags(spec, pooled, ratio, shrinkage.typical(spec, waves))
        return ({**start(spec, moments), shrinkage.STANDARD: standard},)
    base = {**start(spec, moments), "lag": front.copies("lag", pooled)}
    part = starting(spec)
    if part is None:
        return (base,)
    own = np.ones(k) if part.start == "own" else np.eye(k, part.size(waves, k))
    return (base, *({**base, "first_loading": front.copies("first_loading", times * own)} for times in (1.0, 3.0)))


def held(spec: RICLPM) -> tuple[str, ...]:
    """Return the variables that stay at their start while the mode is sought: SDs of what is explicit."""
    return (*held_of_schools(spec), *shrinkage.held(spec))


def start(spec: RICLPM, moments: Moments) -> dict[str, NDArray[np.float64]]:
    """Return where the search for the mode starts, for variables whose own initial point will not do.

    A signed scale starts at zero, where its gradient vanishes by symmetry; these start beside it.
    """
    out, front = {}, Front(spec, len(labels_of(spec, moments)))
    if spec.varying:
        target, source = positions(spec)
        out["lag_school_scale"] = 0.1 * moments.scale[target] / moments.scale[source]
    if spec.item_effects:
        plan = measured(spec, moments.waves)
        out["item_effect_scale"] = np.tile(0.2 * moments.scale[plan.several], (len(spec.item_effects), 1))
    for part in (part for part in spec.components() if part.signed):
        size = part.size(len(moments.waves), len(spec.variables))
        factor = part.factor(wave_times(moments), len(spec.variables))
        out[f"{part.name}_scale"] = front.copies(
            part.name, 0.3 * np.resize(of_constructs(spec, moments).scale, size) * factor
        )
    return out


def _own_unit(spec: RICLPM, scale: TensorVariable) -> TensorVariable:
    """What variables count in; the unit of ordered ones is free, with the scale-invariant density 1 / unit."""
    unit = pm.modelcontext(None)["initial_sd"]
    density = -pm.logp(unit, unit) - pt.log(unit)  # the row of priors for deviations does not speak of a unit
    pm.Potential("log_prior_unit", pt.where(is_ordered(spec), density, 0.0).sum())
    return pt.where(is_ordered(spec), unit, scale)


def _lags(spec: RICLPM, scale: TensorVariable, times: Array, front: Front) -> None:
    """Put the lags, or the drift from which they follow, into the model."""
    lags, k, model = process(spec), len(spec.variables), pm.modelcontext(None)
    if lags.continuous:
        row = spec.prior("drift")
        unit = _ratio(row, model, scale, front, "drift", 0) / continuous.median_gap(times)
        location("drift", row, continuous.centre(times, k), unit, *front("drift", (k, k), ("target", "source")))
        return
    row, waves = spec.prior("lag"), len(times)
    unit = _ratio(row, model, scale, front, "lag", len(lags.lead(waves)))
    if shrinkage.shrinks(spec):
        put_shrunk(spec, waves, unit if row.scale != "raw" else pt.ones((k, k)))
        return
    location("lag", row, 0.0, unit, *front("lag", lags.shape(waves, k), lags.dims(waves)))


def _ratio(row: Prior, model: pm.Model, scale: TensorVariable, front: Front, name: str, over: int) -> TensorVariable:
    """What lags (group, interval,) target, source count in: within-person SDs at the first wave, or of the variables.

    Lags that groups share, whose standard deviations differ, count in the geometric mean of these.
    """
    unit = model["initial_sd"] if row.scale == "standardised" else scale
    if unit.ndim == 1:
        return unit[:, None] / unit[None, :]
    if not front.moves(name):
        unit = pt.exp(pt.log(unit).mean(axis=0))
        return unit[:, None] / unit[None, :]
    ratio = unit[:, :, None] / unit[:, None, :]
    return ratio[:, None] if over else ratio


def _first_loading(spec: RICLPM, scale: TensorVariable, times: Array, front: Front) -> None:
    """Put what stable parts do to the first wave into the model."""
    part, k = starting(spec), len(spec.variables)
    assert part is not None
    size = part.size(len(times), k)
    unit = scale[:, None] / (pt.tile(scale, part.copies(len(times))) * part.factor(times, k))
    if part.start == "own":
        unit = pt.ones(k)
    placed = front("first_loading", (k, size)[: len(part.start_dims)], part.start_dims)
    location("first_loading", spec.prior("first_loading"), 0.0, unit, *placed)


def _means(spec: RICLPM, scale: TensorVariable, centre: TensorVariable, times: Array, front: Front) -> None:
    """Put the means of scores into the model."""
    k, waves = len(spec.variables), len(times)
    overall = centre.reshape((waves, k)).mean(axis=0)
    dims, units = mean_dims(spec), mean_units(spec, times)
    if means_enter(spec):
        location("first_mean", spec.prior("first_mean"), overall, scale, *front("first_mean", (k,), ("variable",)))
    if "later_wave" in dims:
        location("mean", spec.prior("mean"), overall, scale, *front("mean", (waves - 1, k), dims))
    elif "growth_factor" in dims:
        zero, unit = pt.stack([overall, pt.zeros(k)]), units[:, None] * scale
        if means_enter(spec):
            zero = _entering(overall, spec, front)
        location("mean", spec.prior("mean"), zero, unit, *front("mean", (len(units), k), dims))
    else:
        location("mean", spec.prior("mean"), overall, scale, *front("mean", (waves, k)[-len(dims) :], dims))


def _entering(overall: TensorVariable, spec: RICLPM, front: Front) -> TensorVariable:
    """What must enter every wave [(group,) growth factor, variable] so that means stay at the overall ones."""
    lag = pm.modelcontext(None)["lag"]
    if process(spec).by_interval and lag.type.ndim > 2 + front.moves("lag"):
        lag = lag.mean(axis=-3)
    level = overall - lag @ overall
    if front.moves("lag") and not front.moves("mean"):
        level = level.mean(axis=0)
    return pt.stack([level, pt.zeros_like(level)], axis=-2)


def _effects(spec: RICLPM, scale: TensorVariable, covariate: TensorVariable, times: Array, front: Front) -> None:
    """Put the effects of covariates, on scores or on what lasts, into the model."""
    row = spec.prior("covariate_effect")
    unit = scale[:, None] / (covariate[None, :] if row.scale == "standardised" else 1.0) * predictors.units(spec, times)
    placed = front("covariate_effect", predictors.shape(spec, len(times)), predictors.dims(spec))
    location("covariate_effect", row, 0.0, unit, *placed)


def _covariance(spec: RICLPM, part: Component, scale: TensorVariable, times: Array, front: Front) -> TensorVariable:
    """The matrices [group and interval, or one, side, side] of a component."""
    k, waves = len(spec.variables), len(times)
    if part.fixed:
        return pt.diag((scale * known_sd(spec, np.ones(k))) ** 2)[None]
    sd, corr = spec.prior(f"{part.name}_sd"), spec.prior(f"{part.name}_corr") if part.correlates(k) else None
    copies, factor = part.copies(waves), part.factor(times, k)
    unit = pt.tile(scale, copies) if copies > 1 else scale
    unit = unit if (factor == 1).all() else unit * factor
    shape, dims = front(part.name, part.shape(waves, k), part.sd_dims(waves))
    return covariance(part.name, sd, corr, unit, shape, dims, side=part.side, signed=part.signed)
