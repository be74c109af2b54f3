"""From a specification and data to a plain `pm.Model`."""

from __future__ import annotations

import numpy as np
import pymc as pm
import pytensor
import pytensor.tensor as pt
from numpy.typing import NDArray
from pytensor.tensor.variable import TensorVariable

from bayespanel.data import Moments, Panel
from bayespanel.families.riclpm.spec import RICLPM
from bayespanel.families.riclpm.statistics import covariate_sd, data_for, regressed_lags, statistics
from bayespanel.inference.parameters import covariance, location
from bayespanel.likelihood.op import AutoregressiveCovariance, nested_normal_logp
from bayespanel.names import interval_labels


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
    waves, k = len(moments.waves), len(spec.variables)
    lags = waves - 1 if spec.lags == "free" else 1
    innovations = waves - 1 if spec.innovations == "free" else 1
    packed = statistics(spec, moments)

    with pm.Model(coords=coordinates(spec, moments)) as model:
        scale = pt.specify_shape(pm.Data("scale", moments.scale, dims="variable"), (k,))
        centre = pt.specify_shape(pm.Data("centre", moments.centre), (waves * k,))
        # pm.Data would narrow the index to 32 bits, and the kernel reads 64.
        index = pytensor.shared(packed.index, name="index", shape=(None,))
        model.register_data_var(index)
        value = pm.Data("value", packed.value)

        covariate = pt.specify_shape(pm.Data("covariate_sd", covariate_sd(spec, moments)), (len(spec.covariates),))
        coefficients = _coefficients(spec, scale, centre, covariate, waves)
        initial = _covariance(spec, "initial", scale, (k,), ("variable",))[0]
        row = spec.prior("lag")
        unit = model["initial_sd"] if row.scale == "standardised" else scale
        lag_dims = ("interval", "target", "source") if lags > 1 else ("target", "source")
        lag_shape = (lags, k, k) if lags > 1 else (k, k)
        lag = location("lag", row, 0.0, unit[:, None] / unit[None, :], lag_shape, lag_dims)
        if innovations > 1:
            innovation = _covariance(spec, "innovation", scale, (innovations, k), ("interval", "variable"))
        else:
            innovation = _covariance(spec, "innovation", scale, (k,), ("variable",))
        intercept = pt.zeros((0, 0))
        if spec.intercepts:
            intercept = _covariance(spec, "intercept", scale, (k,), ("variable",), signed=True)[0]
        clusters = [pt.zeros((0, 0)), pt.zeros((0, 0))]
        for i, level in enumerate(spec.cluster_levels):
            if spec.effects_of(level) == "by_wave":
                wide = pt.tile(scale, waves)
                clusters[i] = _covariance(spec, level, wide, (waves * k,), ("wave", "variable"), signed=True)[0]
            else:
                clusters[i] = _covariance(spec, level, scale, (k,), ("variable",), signed=True)[0]

        sigma = AutoregressiveCovariance(waves)(lag.reshape((lags, k, k)), initial, innovation, intercept)
        pm.Potential("log_likelihood", nested_normal_logp(sigma[None], coefficients, *clusters, index, value))
    return model


def rivals(spec: RICLPM, moments: Moments) -> tuple[dict[str, NDArray[np.float64]], ...]:
    """Return other points from which to seek the mode: with the lags of a regression; see `regressed_lags`."""
    lag = regressed_lags(spec, moments)
    shape = (len(moments.waves) - 1, *lag.shape[1:]) if spec.lags == "free" and len(lag) > 1 else lag.shape[1:]
    return ({**start(spec, moments), "lag": lag.reshape(shape)},)


def coordinates(spec: RICLPM, moments: Moments) -> dict[str, tuple[str, ...]]:
    """Return the coordinates of a model's dimensions."""
    cells = tuple(f"{variable}@{wave}" for wave in moments.waves for variable in spec.variables)
    out = {
        "wave": moments.waves,
        "variable": spec.variables,
        "variable_": spec.variables,
        "target": spec.variables,
        "source": spec.variables,
        "interval": interval_labels(moments.waves),
    }
    if spec.covariates:
        out["covariate"] = spec.covariates
    if any(spec.effects_of(level) == "by_wave" for level in spec.cluster_levels):
        out |= {"cell": cells, "cell_": cells}
    return out


def start(spec: RICLPM, moments: Moments) -> dict[str, NDArray[np.float64]]:
    """Return where the search for the mode starts, for variables whose own initial point will not do.

    A signed scale starts at zero, where its gradient vanishes by symmetry; these start beside it.
    """
    out = {}
    for name in (*(["intercept"] if spec.intercepts else []), *spec.cluster_levels):
        by_wave = name in spec.cluster_levels and spec.effects_of(name) == "by_wave"
        out[f"{name}_scale"] = 0.3 * (np.tile(moments.scale, len(moments.waves)) if by_wave else moments.scale)
    return out


def _coefficients(
    spec: RICLPM, scale: TensorVariable, centre: TensorVariable, covariate: TensorVariable, waves: int
) -> TensorVariable:
    """The means, as coefficients [group, cell, regressor] that the likelihood takes, centred like its data."""
    k = len(spec.variables)
    overall = centre.reshape((waves, k)).mean(axis=0)
    if spec.means == "free":
        mean = location("mean", spec.prior("mean"), overall, scale, (waves, k), ("wave", "variable"))
        columns = [mean.reshape((waves * k,)) - centre]
    else:
        mean = location("mean", spec.prior("mean"), overall, scale, (k,), ("variable",))
        columns = [pt.tile(mean, waves) - centre]
    if spec.covariates:
        m = len(spec.covariates)
        row, shape = spec.prior("covariate_effect"), (waves, k, m)
        unit = scale[:, None] / (covariate[None, :] if row.scale == "standardised" else 1.0)
        effect = location("covariate_effect", row, 0.0, unit, shape, ("wave", "variable", "covariate"))
        columns += [effect.reshape((waves * k, m))[:, i] for i in range(m)]
    return pt.stack(columns, axis=1)[None]


def _covariance(
    spec: RICLPM,
    name: str,
    unit: TensorVariable,
    shape: tuple[int, ...],
    dims: tuple[str, ...],
    *,
    signed: bool = False,
) -> TensorVariable:
    side = ("cell", "cell_") if len(dims) > len(shape) else ("variable", "variable_")
    corr = spec.prior(f"{name}_corr") if shape[-1] > 1 else None
    return covariance(name, spec.prior(f"{name}_sd"), corr, unit, shape, dims, side=side, signed=signed)
