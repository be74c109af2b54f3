"""Mean and covariance that an RI-CLPM implies, each line with its equation.

Equations (1)-(3) of the process are those of Hamaker, Kuiper & Grasman (2015), doi:10.1037/a0038889::

    w_1 ~ N(0, S),  w_t = A_t w_{t-1} + u_t,  u_t ~ N(0, Q_t)                    (1)
    y_t = mean_t + r + w_t,  r ~ N(0, Omega)                                     (2)
    of second order, w_t = A_t w_{t-1} + B_t w_{t-2} + u_t,  t > 2
    with moving averages, w_t = A_t w_{t-1} + M u_{t-1} + u_t,  u_1 = w_1
    with slopes, y_t = mean_t + r + (t - 1) s + w_t,  (r, s) ~ N(0, Omega)
    with free loadings, y_t = mean_t + diag(l_t) r + w_t,  l_1 = 1
    with covariates x, mean_t + Gamma_t x; on what lasts, r ~ N(Gamma x, Omega)
    accumulating, y_t = mean_t + M_t r + w_t,  M_1 = L,  M_{t+1} = A_t M_t + I: lags of the scores around their means;
    with linear means, those of what enters: mean_1 = nu,  mean_t = A_t mean_{t-1} + a + (t - 1) b
    with free loadings too, M_1 = I,  M_{t+1} = A_t M_t + diag(l_{t+1})
    with occasion error, y_t = mean_t + r + w_t + e_t,  e_t ~ N(0, Theta), anew at every wave
    in continuous time A_t = exp(D h), and Q_t is what arrives in an interval of length h, see `continuous`
    V_1 = S,  V_t = A_t V_{t-1} A_t' + Q_t,  cov(w_t, w_s) = A_t .. A_{s+1} V_s  (3)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bayespanel.families.panel.component import SIDES, Component
from bayespanel.families.panel.components import (
    carried_means,
    has_loadings,
    joint,
    loading,
    mean_dims,
    mean_loading,
    means_enter,
    predicted,
    starting,
)
from bayespanel.families.panel.continuous import of_intervals
from bayespanel.families.panel.implied_further import joined, needed as further_needed, spreads
from bayespanel.families.panel.implied_items import NAMES as OF_ITEMS, of_items
from bayespanel.families.panel.indicators import has_means
from bayespanel.families.panel.measurement import constructs
from bayespanel.families.panel.process import average_matrix, process
from bayespanel.families.panel.shrinkage import held
from bayespanel.families.panel.spec import RICLPM
from bayespanel.families.panel.stationary import arriving, diffusing
from bayespanel.language.errors import SpecError, nearest

Array = NDArray[np.float64]

DERIVED = (
    *("lag_standardised", "lag_2_standardised", "moving_average_standardised", "icc", "reliability"),
    "spectral_radius",
    *("covariate_effect_standardised", "predicted_share", "distal_effect_standardised"),
    "distal_deviation_effect_standardised",
)
"""Names of a posterior that follow from the others, and are passed over."""

OF_INTERVALS = ("lag", "innovation_sd", "innovation_corr")
"""The same in continuous time."""

OF_SETTLED = ("innovation_sd", "innovation_corr", "diffusion_sd", "diffusion_corr")
"""The same of a stationary process."""


@dataclass(frozen=True, eq=False)
class Implied:
    """What a model implies for pupils and clusters.

    Attributes
    ----------
    mean : [wave, variable]
        Expected scores at average covariates, raw units.
    covariate_effect : [wave, variable, covariate]
    pupil : [cell and further, cell and further]
        Covariance within a pupil, given class and school, of scores and then of further cells; see `implied_further`.
    clusters : dict of [effect, effect]
        Covariance of the effects of each cluster level.
    further_mean, further_effect : [further], [further, covariate]
        Expected values of the further cells, and effects on them of covariates that are not among them.
    """

    mean: Array
    covariate_effect: Array
    pupil: Array
    clusters: dict[str, Array]
    further_mean: Array
    further_effect: Array

    @property
    def scores(self) -> Array:
        """Covariance within a pupil of the scores alone [cell, cell]."""
        return self.pupil[: self.mean.size, : self.mean.size]

    @property
    def expected(self) -> Array:
        """Expected values of all cells, the further ones last."""
        return np.concatenate([self.mean.ravel(), self.further_mean])

    @property
    def effect(self) -> Array:
        """Effects of covariates on all cells [cell and further, covariate]."""
        return np.concatenate([self.covariate_effect.reshape(self.mean.size, -1), self.further_effect])


def within_covariance(
    lag: Array, initial: Array, innovation: Array, second: Array | None = None, average: Array | None = None
) -> Array:
    """Covariance [..., wave, wave, variable, variable] of the within-person process, by (3).

    Parameters
    ----------
    lag : [..., interval, target, source]
    initial : [..., variable, variable]
    innovation : [..., interval, variable, variable]
    second : [..., interval after the first, target, source]
        Lags over two intervals; None for none.
    average : [..., target, source]
        Moving averages; None for none. Any leading dimensions (draws) go along.
    """
    waves, k = lag.shape[-3] + 1, initial.shape[-1]
    out = np.zeros((*initial.shape[:-2], waves, waves, k, k))
    out[..., 0, 0, :, :] = initial
    for t in range(1, waves):
        a = lag[..., t - 1, :, :]
        b = None if second is None or t == 1 else second[..., t - 2, :, :]
        for s in range(t + 1):
            value = a @ out[..., t - 1, s, :, :]
            if b is not None:
                value = value + b @ out[..., t - 2, s, :, :]
            if average is not None and s >= t - 1:  # cov(w_s, u_{t-1}) is that of u_{t-1} itself, or what it did since
                before = initial if t == 1 else innovation[..., t - 2, :, :]
                value = value + average @ (before if s < t else before @ np.swapaxes(a + average, -1, -2))
            if s == t:
                value = value + innovation[..., t - 1, :, :]
            out[..., t, s, :, :] = value
            out[..., s, t, :, :] = np.swapaxes(value, -1, -2)
    return out


def covariance(parameters: Mapping[str, ArrayLike], part: Component) -> Array:
    """Return `<name>_cov` of a component, or build it from `<name>_sd` and, where it has one, `<name>_corr`."""
    name = part.name
    if f"{name}_cov" in parameters:
        given = np.asarray(parameters[f"{name}_cov"], float)
        if given.ndim < 2 or not np.allclose(given, np.swapaxes(given, -1, -2)):
            raise SpecError(
                "A covariance is a symmetric matrix.", f"'{name}_cov' is not.", "Give both triangles, the same."
            )
        return given
    if f"{name}_sd" not in parameters:
        raise SpecError(
            f"The parameters give '{name}' as {name}_cov, or as {name}_sd and {name}_corr.",
            f"Neither is among {', '.join(parameters)}.",
            "Add it.",
        )
    sd = np.asarray(parameters[f"{name}_sd"], float)
    if f"{name}_corr" in parameters:
        corr = np.asarray(parameters[f"{name}_corr"], float)
        if sd.ndim >= 2 and corr.shape[-1] != sd.shape[-1]:  # [wave or growth factor, variable] -> [effect]
            sd = sd.reshape(*sd.shape[:-2], -1)
    else:
        sd = sd.reshape(*sd.shape[:-2], -1) if part.over in SIDES else sd
        corr = np.broadcast_to(np.eye(sd.shape[-1]), (*sd.shape, sd.shape[-1]))
        if sd.shape[-1] > 1 and part.correlated:
            raise SpecError(
                f"The parameters give '{name}' as {name}_cov, or as {name}_sd and {name}_corr.",
                f"'{name}_corr' is missing.",
                "Add it.",
            )
    return np.asarray(sd[..., :, None] * corr * sd[..., None, :])


def implied(
    spec: RICLPM, parameters: Mapping[str, Any], times: ArrayLike, waves: Sequence[str] | None = None
) -> Implied:
    """Return the implied moments of one set of parameter values.

    Parameters
    ----------
    spec
        The model.
    parameters
        Values by their names in the posterior, in raw units; a covariance may be given as `<name>_cov` in place of
        `<name>_sd` and `<name>_corr`.
    times : [wave]
        Times of the waves; their numbers from 0 where these are not known.
    waves
        Names of the waves, of a model whose items are released by wave; None for 1, 2, ...
    """
    at = np.asarray(times, float)
    named = [str(wave + 1) for wave in range(len(at))] if waves is None else list(waves)
    given = {name: np.asarray(value, float) for name, value in parameters.items()}
    if not spec.indicators:
        return _implied(spec, given, at)
    items = {name: given.pop(name) for name in OF_ITEMS if name in given}
    mean = np.zeros((len(at), len(spec.variables)))
    if has_means(spec) and "mean" in given:
        mean[1:] = given["mean"]
    behind = _implied(constructs(spec), given | {"mean": mean}, at)
    return replace(behind, **of_items(spec, items, behind, named))


def _implied(spec: RICLPM, given: dict[str, Array], at: Array) -> Implied:
    """Return the implied moments of a model whose variables are observed."""
    waves, k, intervals = len(at), len(spec.variables), len(at) - 1
    parts = [part.name for part in spec.components()]
    lags = process(spec)
    needed = ["mean", "drift" if lags.continuous else "lag", *(["covariate_effect"] if spec.covariates else [])]
    needed += [*(["lag_2"] if lags.second else []), *(["first_lag"] if lags.apart else [])]
    needed += ["moving_average"] if lags.averages else []
    needed += ["first_mean"] if means_enter(spec) else []
    needed += ["intercept_loading"] if has_loadings(spec) else []
    needed += ["first_loading"] if starting(spec) is not None else []
    needed += further_needed(spec)
    known = [*needed, *spreads(spec), *held(spec)]
    known += [f"{part}_{form}" for part in parts for form in ("sd", "corr", "cov")]
    for name in given:
        following = (*(OF_INTERVALS if lags.continuous else ()), *(OF_SETTLED if lags.stationary else ()))
        if name not in (*known, *DERIVED, *following):
            raise SpecError(
                "Values are given to parameters of the model.",
                f"{name!r} is not one of them. {nearest(name, known)}",
                "Correct the name, or leave it out.",
            )
    for name in needed:
        if name not in given:
            raise SpecError("Every parameter of the model has a value.", f"'{name}' is missing.", "Add it.")
    mean = given["mean"]
    if mean.shape == (k,):  # equal over waves
        mean = np.broadcast_to(mean, (waves, k))
    elif "growth_factor" in mean_dims(spec) and not means_enter(spec):
        mean = mean_loading(spec, at) @ _shaped("mean", mean, (2, k))
    effect = given.get("covariate_effect", np.zeros((waves, k, 0)))
    initial, arrives, *others = spec.components()
    start = _shaped("initial", covariance(given, initial), (k, k))

    def new(follows: Callable[[Array, Array], Array], matrix: Array) -> Array:
        found = follows(matrix, start) if arrives.follows else covariance(given, arrives)
        return _over_intervals(arrives.name, found, intervals, k)

    if lags.continuous:
        drift = _shaped("drift", given["drift"], (k, k))
        lag, innovation = of_intervals(drift, new(diffusing, drift), np.diff(at))
    else:
        lag = _over_intervals("lag", given["lag"], intervals, k)
        innovation = new(arriving, lag[0])
    if means_enter(spec):
        first = _shaped("first_mean", given["first_mean"], (k,))
        mean = carried_means(lag, _shaped("mean", mean, (2, k)), first, at)
    second = None
    if lags.apart:
        lag = np.concatenate([_shaped("first_lag", given["first_lag"], (k, k))[None], lag[1:]])
    if lags.second:
        second = _over_intervals("lag_2", given["lag_2"], intervals - 1, k)
    average = None
    if lags.averages:
        average = _shaped("moving_average", given["moving_average"], (k,) * len(lags.average_dims))
        average = average_matrix(average, k, own=lags.average == "own")
    moving = within_covariance(lag, start, innovation, second, average)
    pupil = moving.transpose(0, 2, 1, 3).reshape(waves * k, waves * k)
    clusters, within = {}, pupil
    lasting = np.zeros((waves * k, 0)), np.zeros((0, 0))
    for part in others:
        size = part.size(waves, k)
        value = _shaped(part.name, covariance(given, part), (size, size))
        if part.name in spec.cluster_levels:
            clusters[part.name] = value
        else:
            if part.start:
                _shaped("first_loading", given["first_loading"], (k, size)[: len(part.start_dims)])
            if part.later:
                _shaped("intercept_loading", given["intercept_loading"], (waves - 1, k))
            load = loading(part, given | {"lag": lag}, at, k).reshape(waves * k, size)
            pupil = pupil + (load @ value @ load.T) * part.mask(waves, k)  # (2)
            if part.level == "pupil":
                lasting = load, value
            if part == predicted(spec):  # effects on what lasts reach scores as it does
                own = (*((2,) if part.over == "growth" else ()), k, len(spec.covariates))
                effect = _shaped("covariate_effect", effect, own).reshape(size, -1)
                effect = (load @ effect).reshape(waves, k, -1)
    effect = _shaped("covariate_effect", effect, (waves, k, len(spec.covariates)))
    phi = covariance(given, Component("covariate", None, None, 1, "")) if joint(spec) else np.zeros((0, 0))
    whole, far, on_far = joined(spec, given, pupil, within, lasting, effect, phi)
    effect = effect[:, :, : 0 if joint(spec) else None]
    return Implied(_shaped("mean", mean, (waves, k)), effect, whole, clusters, far, on_far)


def _shaped(name: str, value: Array, shape: tuple[int, ...]) -> Array:
    if value.shape != shape:
        raise SpecError(f"'{name}' has the shape {shape}.", f"You gave {value.shape}.", "Give one value per entry.")
    return value


def _over_intervals(name: str, value: Array, intervals: int, k: int) -> Array:
    if value.shape in ((k, k), (1, k, k)):
        value = np.broadcast_to(value, (intervals, k, k))
    return _shaped(name, value, (intervals, k, k))
