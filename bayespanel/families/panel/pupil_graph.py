"""The covariances and means of a pupil's scores in the graph of the model, from its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from numpy.typing import NDArray
from pytensor.tensor.variable import TensorVariable

from bayespanel.data import Moments
from bayespanel.families.panel.component import Component
from bayespanel.families.panel.components import (
    mean_dims,
    mean_loading,
    means_enter,
    predicted,
)
from bayespanel.families.panel.continuous import wave_times
from bayespanel.families.panel.further_graph import Further
from bayespanel.families.panel.indicators import has_means
from bayespanel.families.panel.process import process
from bayespanel.families.panel.pupil import added
from bayespanel.families.panel.spec import RICLPM
from bayespanel.families.panel.state import seen
from bayespanel.families.panel.varying_graph import lags_of_schools
from bayespanel.likelihood.op import AutoregressiveCovariance, Discretised
from bayespanel.likelihood.op_groups import AutoregressiveCovariances

Array = NDArray[np.float64]


def intervals(
    spec: RICLPM, parts: Mapping[str, TensorVariable], times: Array, given: Mapping[str, TensorVariable]
) -> tuple[TensorVariable, TensorVariable]:
    """The lags and the covariances of innovations [interval or one, ., .] of one group."""
    lags, k = process(spec), len(spec.variables)
    if lags.continuous:
        lag, innovation = Discretised()(given["drift"], parts["diffusion"], np.diff(times))
        return lag, innovation
    return given["lag"].reshape((lags.number(len(times)), k, k)), parts["innovation"]


def by_school(
    spec: RICLPM,
    moments: Moments,
    parts: Mapping[str, TensorVariable],
    scale: TensorVariable,
    centre: TensorVariable,
    given: Mapping[str, TensorVariable],
) -> tuple[TensorVariable, TensorVariable]:
    """Covariances [school, cell, cell] and coefficients [school, cell, regressor] where paths vary between schools."""
    times, k, schools = wave_times(moments), len(spec.variables), len(moments.group_names)
    lag = given["lag"].reshape((process(spec).number(len(times)), k, k))
    own = lags_of_schools(spec, moments, lag, pm.modelcontext(None)["initial_sd"], scale)
    beside = added(spec)
    inside = "intercept" in parts and "intercept" not in {part.name for part in beside}
    intercept = parts["intercept"][0] if inside else pt.zeros((0, 0))
    sigma = AutoregressiveCovariances(len(times))(own, parts["initial"][0], parts["innovation"], intercept)
    for part in beside:
        load = _loading(part, lag, times, k, given)
        sigma = sigma + ((load @ parts[part.name][0] @ load.T) * part.mask(len(times), k))[None]
    row, beyond = mean_coefficients(spec, centre, times, given, lag), on_scores(spec, lag, times, given)
    row = row if beyond is None else pt.concatenate([row, beyond], axis=1)
    return sigma, pt.tile(row[None], (schools, 1, 1))


def following(
    spec: RICLPM, parts: Mapping[str, TensorVariable], given: Mapping[str, TensorVariable]
) -> dict[str, TensorVariable]:
    """What arrives in a stationary process of one group [one, ., .], by its name; see `stationary`."""
    initial = parts["initial"][0]
    if process(spec).continuous:
        half = given["drift"] @ initial
        return {"diffusion": -(half + half.T)[None]}
    lag = given["lag"].reshape(initial.type.shape)
    return {"innovation": (initial - lag @ initial @ lag.T)[None]}


def pupil_covariance(
    spec: RICLPM,
    lag: TensorVariable,
    parts: Mapping[str, TensorVariable],
    times: Array,
    given: Mapping[str, TensorVariable],
    wide: Further | None,
) -> TensorVariable:
    """The covariance [cell, cell] of a pupil's scores; see `pupil`.

    Parameters
    ----------
    spec
        The model.
    parts
        Name of a component -> its covariances [interval or one, side, side].
    times : [wave]
    given
        Other parameters by their names, of one group.
    wide
        What the model has beside scores.
    """
    beside, k, waves = added(spec), len(spec.variables), len(times)
    inside = "intercept" in parts and "intercept" not in {part.name for part in beside}
    intercept = parts["intercept"][0] if inside else pt.zeros((0, 0))
    if process(spec).wide:
        sigma = _wide(lag, parts, waves, k, given)
    else:
        sigma = AutoregressiveCovariance(waves)(lag, parts["initial"][0], parts["innovation"], intercept)
    if wide is not None:
        sigma = wide.moving(sigma)
    for part in beside:
        load, mask = _loading(part, lag, times, k, given), part.mask(waves, k)
        if wide is not None:
            load, mask = wide.loading(part, load), wide.mask(mask)
        sigma = sigma + (load @ parts[part.name][0] @ load.T) * mask
    return sigma


def _loading(
    part: Component, lag: TensorVariable, times: Array, variables: int, given: Mapping[str, TensorVariable]
) -> Any:
    """How the effects of a part act on scores [cell, effect]; see `pupil.loading`."""
    entering, waves = part.loading(times, variables), len(times)
    if part.later:
        later = given["intercept_loading"]
        entering = entering * pt.concatenate([pt.ones((1, variables)), later]).reshape((-1, 1))
    if not part.carried:
        return entering
    entering = entering.reshape((waves, variables, -1))
    every = [entering[0]]
    if part.start:
        every = [pt.diag(given["first_loading"]) if part.start == "own" else given["first_loading"]]
    for t in range(1, waves):
        every.append(lag[min(t - 1, lag.type.shape[0] - 1)] @ every[-1] + entering[t])
    return pt.concatenate(every)


def mean_coefficients(
    spec: RICLPM,
    centre: TensorVariable,
    times: Array,
    given: Mapping[str, TensorVariable],
    lag: TensorVariable,
) -> TensorVariable:
    """The means of scores of one group, as coefficients [cell, 1] that the likelihood takes, centred like its data."""
    if not has_means(spec):
        return -centre[:, None]
    k, waves, dims, mean = len(spec.variables), len(times), mean_dims(spec), given["mean"]
    if means_enter(spec):
        line, means = mean_loading(spec, times) @ mean, [given["first_mean"]]
        for t in range(1, waves):
            means.append(lag[min(t - 1, lag.type.shape[0] - 1)] @ means[-1] + line[t])
        every = pt.concatenate(means)
    elif {"growth_factor", "later_wave"} & set(dims):
        every = (mean_loading(spec, times) @ mean).reshape((waves * k,))
    else:
        every = mean.reshape((waves * k,)) if "wave" in dims else pt.tile(mean, waves)
    return (every - centre)[:, None]


def on_scores(
    spec: RICLPM, lag: TensorVariable, times: Array, given: Mapping[str, TensorVariable]
) -> TensorVariable | None:
    """Coefficients [cell, covariate] of covariates on scores; those on what lasts by equation (18) of `predictors`."""
    if not spec.covariates:
        return None
    effect, m, part = given["covariate_effect"], len(spec.covariates), predicted(spec)
    if part is None:
        return effect.reshape((len(times) * len(spec.variables), m))
    return pt.as_tensor(_loading(part, lag, times, len(spec.variables), given)) @ effect.reshape((-1, m))


def _wide(
    lag: TensorVariable,
    parts: Mapping[str, TensorVariable],
    waves: int,
    k: int,
    given: Mapping[str, TensorVariable],
) -> TensorVariable:
    """The covariance [cell, cell] of a process that reaches two waves back; see `state`."""
    intervals = waves - 1
    here, before = np.eye(2 * k)[:, :k], np.eye(2 * k)[:, k:]
    if "moving_average" in given:
        average = given["moving_average"]
        average = average if average.type.ndim == 2 else pt.diag(average)
        f, enters = here @ lag @ here.T + here @ average @ before.T, here + before
    else:
        second = given["lag_2"].reshape((-1, k, k))
        if "first_lag" in given:
            lag = pt.concatenate([given["first_lag"][None], pt.tile(lag, (intervals - 1, 1, 1))])
            second = pt.tile(second, (intervals - 1, 1, 1))
        second = pt.concatenate([pt.zeros((1, k, k)), second])
        f, enters = here @ lag @ here.T + here @ second @ before.T + before @ here.T, here
    p, g = (enters @ parts[name] @ enters.T for name in ("initial", "innovation"))
    state = AutoregressiveCovariance(waves)(f, p[0], g, pt.zeros((0, 0)))
    cells = seen(waves, k)
    return state[cells[:, None], cells[None, :]]
