"""From a specification and data to a plain `pm.Model`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pymc as pm
import pytensor
import pytensor.tensor as pt
from numpy.typing import NDArray
from pytensor.tensor.variable import TensorVariable

from bayespanel.data import Moments, Panel
from bayespanel.families.panel import continuous
from bayespanel.families.panel.component import Component
from bayespanel.families.panel.components import (
    accumulates,
    coordinates,
    has_loadings,
    known_sd,
    mean_dims,
    mean_loading,
    mean_units,
)
from bayespanel.families.panel.continuous import wave_times
from bayespanel.families.panel.process import process
from bayespanel.families.panel.pupil import added
from bayespanel.families.panel.second_order import seen
from bayespanel.families.panel.spec import RICLPM
from bayespanel.families.panel.statistics import covariate_sd, data_for, regressed_lags, statistics
from bayespanel.inference.parameters import covariance, location
from bayespanel.language.prior import Prior
from bayespanel.likelihood.op import AutoregressiveCovariance, Discretised, nested_normal_logp

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
        cell), scale (of each variable) and covariate_sd: set other ones of the same design to reuse the compiled model.

    Raises
    ------
    DataError
        When the data lack what the model needs; see `data_for`.
    """
    moments = data_for(spec, data)
    times = wave_times(moments)
    waves, k = len(times), len(spec.variables)
    lags = process(spec)
    packed = statistics(spec, moments)

    with pm.Model(coords=coordinates(spec, moments)) as model:
        scale = pt.specify_shape(pm.Data("scale", moments.scale, dims="variable"), (k,))
        centre = pt.specify_shape(pm.Data("centre", moments.centre), (waves * k,))
        # pm.Data would narrow the index to 32 bits, and the kernel reads 64.
        index = pytensor.shared(packed.index, name="index", shape=(None,))
        model.register_data_var(index)
        value = pm.Data("value", packed.value)

        covariate = pt.specify_shape(pm.Data("covariate_sd", covariate_sd(spec, moments)), (len(spec.covariates),))
        coefficients = _coefficients(spec, scale, centre, covariate, times)
        parts = {part.name: _covariance(spec, part, scale, times) for part in spec.components()[:1]}
        lag = _drift(spec, scale, times) if lags.continuous else _lag(spec, scale, waves)
        parts |= {part.name: _covariance(spec, part, scale, times) for part in spec.components()[1:]}
        if lags.continuous:
            lag, parts["innovation"] = Discretised()(lag, parts["diffusion"], np.diff(times))
        clusters = [parts[level][0] for level in spec.cluster_levels]
        clusters += [pt.zeros((0, 0))] * (2 - len(clusters))
        if lags.second:
            row = spec.prior("lag_2")
            location("lag_2", row, 0.0, _ratio(row, model, scale), lags.second_shape(waves, k), lags.second_dims(waves))
        if lags.apart:
            row = spec.prior("first_lag")
            location("first_lag", row, 0.0, _ratio(row, model, scale), (k, k), ("target", "source"))
        if has_loadings(spec):
            ones, dims = pt.ones((waves - 1, k)), ("later_wave", "variable")
            location("intercept_loading", spec.prior("intercept_loading"), 0.0, ones, (waves - 1, k), dims)
        if accumulates(spec):
            part = next(part for part in spec.components() if part.loads)
            size, factor = part.size(waves, k), part.factor(times, k)
            unit = scale[:, None] / (pt.tile(scale, part.copies(waves)) * factor)
            location("first_loading", spec.prior("first_loading"), 0.0, unit, (k, size), ("variable", "effect"))
        sigma = _pupil(spec, lag.reshape((lags.number(waves), k, k)), parts, times)
        pm.Potential("log_likelihood", nested_normal_logp(sigma[None], coefficients, *clusters, index, value))
    return model


def rivals(spec: RICLPM, moments: Moments) -> tuple[dict[str, NDArray[np.float64]], ...]:
    """Return other points from which to seek the mode: with the lags of a regression; see `regressed_lags`."""
    lag = regressed_lags(spec, moments)
    if process(spec).continuous:
        return ({**start(spec, moments), "drift": continuous.block(wave_times(moments), moments.scale, lag).start},)
    shape = process(spec).shape(len(moments.waves), len(spec.variables))
    return ({**start(spec, moments), "lag": process(spec).pooled(lag).reshape(shape)},)


def start(spec: RICLPM, moments: Moments) -> dict[str, NDArray[np.float64]]:
    """Return where the search for the mode starts, for variables whose own initial point will not do.

    A signed scale starts at zero, where its gradient vanishes by symmetry; these start beside it.
    """
    out = {}
    for part in (part for part in spec.components() if part.signed):
        size = part.size(len(moments.waves), len(spec.variables))
        factor = part.factor(wave_times(moments), len(spec.variables))
        out[f"{part.name}_scale"] = 0.3 * np.resize(moments.scale, size) * factor
    return out


def _pupil(spec: RICLPM, lag: TensorVariable, parts: Mapping[str, TensorVariable], times: Array) -> TensorVariable:
    """The covariance [cell, cell] of a pupil's scores; see `pupil`.

    Parameters
    ----------
    spec
        The model.
    lag : [interval, target, source]
    parts
        Name of a component -> its covariances [interval or one, side, side].
    times : [wave]
    """
    beside, k, waves = added(spec), len(spec.variables), len(times)
    inside = "intercept" in parts and "intercept" not in {part.name for part in beside}
    intercept = parts["intercept"][0] if inside else pt.zeros((0, 0))
    if process(spec).second:
        sigma = _second_order(lag, parts, waves, k)
    else:
        sigma = AutoregressiveCovariance(waves)(lag, parts["initial"][0], parts["innovation"], intercept)
    for part in beside:
        load = _loading(part, lag, times, k)
        sigma = sigma + (load @ parts[part.name][0] @ load.T) * part.mask(waves, k)
    return sigma


def _lag(spec: RICLPM, scale: TensorVariable, waves: int) -> TensorVariable:
    """The lags [(interval,) target, source]."""
    row, lags = spec.prior("lag"), process(spec)
    unit = _ratio(row, pm.modelcontext(None), scale)
    return location("lag", row, 0.0, unit, lags.shape(waves, len(spec.variables)), lags.dims(waves))


def _drift(spec: RICLPM, scale: TensorVariable, times: Array) -> TensorVariable:
    """The drift [target, source], per unit of time."""
    row, k = spec.prior("drift"), len(spec.variables)
    unit = _ratio(row, pm.modelcontext(None), scale) / continuous.median_gap(times)
    return location("drift", row, continuous.centre(times, k), unit, (k, k), ("target", "source"))


def _ratio(row: Prior, model: pm.Model, scale: TensorVariable) -> TensorVariable:
    """What lags [target, source] count in: within-person SDs at the first wave, or those of the variables."""
    unit = model["initial_sd"] if row.scale == "standardised" else scale
    return unit[:, None] / unit[None, :]


def _second_order(lag: TensorVariable, parts: Mapping[str, TensorVariable], waves: int, k: int) -> TensorVariable:
    """The covariance [cell, cell] of a process of second order; see `second_order`."""
    model, intervals = pm.modelcontext(None), waves - 1
    second = model["lag_2"].reshape((-1, k, k))
    if "first_lag" in model.named_vars:
        lag = pt.concatenate([model["first_lag"][None], pt.tile(lag, (intervals - 1, 1, 1))])
        second = pt.tile(second, (intervals - 1, 1, 1))
    here, before = np.eye(2 * k)[:, :k], np.eye(2 * k)[:, k:]
    second = pt.concatenate([pt.zeros((1, k, k)), second])
    f = here @ lag @ here.T + here @ second @ before.T + before @ here.T
    p, g = (here @ parts[name] @ here.T for name in ("initial", "innovation"))
    state = AutoregressiveCovariance(waves)(f, p[0], g, pt.zeros((0, 0)))
    cells = seen(waves, k)
    return state[cells[:, None], cells[None, :]]


def _loading(part: Component, lag: TensorVariable, times: Array, variables: int) -> Any:
    """How the effects of a part act on scores [cell, effect]; see `pupil.loading`."""
    fixed, waves = part.loading(times, variables), len(times)
    model = pm.modelcontext(None)
    if part.loads == "free":
        later = model["intercept_loading"]
        return fixed * pt.concatenate([pt.ones((1, variables)), later]).reshape((-1, 1))
    if part.loads == "accumulating":
        every, entering = [model["first_loading"]], fixed.reshape(waves, variables, -1)
        for t in range(1, waves):
            every.append(lag[min(t - 1, lag.type.shape[0] - 1)] @ every[-1] + entering[t])
        return pt.concatenate(every)
    return fixed


def _coefficients(
    spec: RICLPM, scale: TensorVariable, centre: TensorVariable, covariate: TensorVariable, times: Array
) -> TensorVariable:
    """The means, as coefficients [group, cell, regressor] that the likelihood takes, centred like its data."""
    k, waves = len(spec.variables), len(times)
    overall = centre.reshape((waves, k)).mean(axis=0)
    dims, load, units = mean_dims(spec), mean_loading(spec, times), mean_units(spec, times)
    if "growth_factor" in dims:
        zero, unit = pt.stack([overall, pt.zeros(k)]), units[:, None] * scale
        mean = location("mean", spec.prior("mean"), zero, unit, (len(units), k), dims)
        columns = [(load @ mean).reshape((waves * k,)) - centre]
    else:
        mean = location("mean", spec.prior("mean"), overall, scale, (waves, k)[-len(dims) :], dims)
        columns = [(mean.reshape((waves * k,)) if "wave" in dims else pt.tile(mean, waves)) - centre]
    if spec.covariates:
        m = len(spec.covariates)
        row, shape = spec.prior("covariate_effect"), (waves, k, m)
        unit = scale[:, None] / (covariate[None, :] if row.scale == "standardised" else 1.0)
        effect = location("covariate_effect", row, 0.0, unit, shape, ("wave", "variable", "covariate"))
        columns += [effect.reshape((waves * k, m))[:, i] for i in range(m)]
    return pt.stack(columns, axis=1)[None]


def _covariance(spec: RICLPM, part: Component, scale: TensorVariable, times: Array) -> TensorVariable:
    """The matrices [interval or one, side, side] of a component."""
    k, waves = len(spec.variables), len(times)
    if part.fixed:
        return pt.diag((scale * known_sd(spec, np.ones(k))) ** 2)[None]
    sd, corr = spec.prior(f"{part.name}_sd"), spec.prior(f"{part.name}_corr") if part.correlates(k) else None
    copies, factor = part.copies(waves), part.factor(times, k)
    unit = pt.tile(scale, copies) if copies > 1 else scale
    unit = unit if (factor == 1).all() else unit * factor
    shape, dims = part.shape(waves, k), part.sd_dims(waves)
    return covariance(part.name, sd, corr, unit, shape, dims, side=part.side, signed=part.signed)
