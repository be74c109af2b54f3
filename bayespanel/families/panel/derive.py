"""What follows from the parameters, draw by draw: standardised lags, shares of variance, stability.

With V_t the within-person covariance that the model implies at wave t, equation (3) of `moments`::

    lag_standardised[t, y, x] = A_t[y, x] sqrt(V_t[x, x]) / sqrt(V_{t+1}[y, y])                     (4)
    icc[l, y] = mean_t B_{l,t}[y, y] / (mean_t (V_t[y, y] + sum_k B_{k,t}[y, y]) + E[y])            (5)
    reliability[y] = 1 - E[y] / (the same denominator)          (errors that differ over waves: their mean E)
    spectral_radius = max |eigenvalue of A|, of second order of [A B; I 0]                          (6)

Moving averages are standardised as lags, by (4), so that the two can be added.


with B_{l,t} the covariance at wave t of the effects of level l: pupils' random intercepts, class, school; and E the
variances of occasion errors, 0 without them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bayespanel.families.panel.component import Component
from bayespanel.families.panel.components import effects, loading
from bayespanel.families.panel.continuous import of_intervals, times_of
from bayespanel.families.panel.groups import beside, each, group_names, has_groups
from bayespanel.families.panel.moments import within_covariance
from bayespanel.families.panel.process import average_matrix, over_intervals, process
from bayespanel.families.panel.spec import RICLPM
from bayespanel.families.panel.stationary import completed
from bayespanel.language.errors import FitError
from bayespanel.language.names import interval_labels, span_labels

Array = NDArray[np.float64]

STANDARDISATION = (
    "Lags are in within-person standard deviations implied by the model, for each draw: of the target at the wave "
    "where the pathway ends, per one of the source at the wave where it starts. Associations between persons are "
    "correlations at their own level. Effects of covariates on stable parts are in standard deviations of these, with "
    "what covariates predict of them, per one of the covariate over pupils; effects on outcomes after the last wave "
    "are in total standard deviations of the outcome, per one of the stable part or of deviations within persons."
)
"""The definition that goes with every number on the standardised scale."""


def derive(spec: RICLPM, posterior: xr.Dataset) -> xr.Dataset:
    """Add what follows from the parameters to the draws, by equations (4)-(6).

    Parameters
    ----------
    spec
        The model.
    posterior
        Draws [chain, draw, ...] of its parameters, in raw units.

    Returns
    -------
    xr.Dataset
        The posterior and, for each draw, and for each group that differs in them,

        - of a stationary process `innovation_sd` and `innovation_corr`, in continuous time those of the diffusion.
        - in continuous time `lag`, `innovation_sd` and `innovation_corr` of the intervals between waves.
        - `lag_standardised` [interval, target, source], in within-person standard deviations of the target at the
          second wave per one of the source at the first. It differs between intervals with equal lags too, because
          the standard deviations do.
        - `lag_2_standardised` [span, target, source], the same of lags over two intervals, where the model has them.
        - `moving_average_standardised` [interval, target, source] or [interval, variable], the same of moving averages.
        - `icc` [level, variable], a share between 0 and 1 of the variance at average covariates; absent from a
          model without random effects. Level "pupil" is the pupils' stable part, and exists only with intercepts.
          What the levels leave to 1 is within persons, errors included.
        - `reliability` [variable], of a model with occasion errors only.
        - `spectral_radius` [], or [interval] with free lags. Below 1 an impulse dies out. Scaling the variables by
          fixed units does not change it; equation (4), which scales the two waves by different units, may.

    Raises
    ------
    FitError
        When the posterior lacks a parameter of the model, or orders the variables differently.

    References
    ----------
    Mulder & Hamaker (2021), doi:10.1080/10705511.2020.1784738, on (4); Schuurman, Ferrer, de Boer-Sonnenschein &
    Hamaker (2016), doi:10.1037/met0000062, on why the standard deviations are those within persons.
    """
    check_variables(spec, posterior)
    if has_groups(spec):
        labels = group_names(posterior)
        parts = [derive(one, own) for _, one, own in each(spec, posterior)]
        new_names = [name for name in parts[0] if name not in posterior]
        return posterior.merge(beside(spec, [part[new_names] for part in parts], labels, ("chain", "draw")))
    waves = tuple(str(wave) for wave in posterior["wave"].values)
    if process(spec).stationary:
        initial = level_covariance(posterior, "initial")
        posterior = completed(posterior, initial, continuous=process(spec).continuous)
    posterior = with_intervals(posterior) if process(spec).continuous else posterior
    lag = all_lags(posterior)
    sd = within_sd(posterior)
    within = sd**2
    standardised = lag * sd[..., :-1, None, :] / sd[..., 1:, :, None]  # (4)
    new: dict[str, tuple[tuple[str, ...], Array]] = {
        "lag_standardised": (("chain", "draw", "interval", "target", "source"), standardised)
    }
    levels, icc, error = _shares(spec, posterior, within)
    if levels:
        new["icc"] = (("chain", "draw", "level", "variable"), icc)
    if any(part.anew for part in spec.components()):
        new["reliability"] = (("chain", "draw", "variable"), 1 - error)
    second = second_lags(posterior)
    if second is not None:
        dims = ("chain", "draw", "span", "target", "source")
        new["lag_2_standardised"] = (dims, second * sd[..., :-2, None, :] / sd[..., 2:, :, None])
    average = averages(posterior)
    if average is not None:
        scaled = average[:, :, None] * sd[..., :-1, None, :] / sd[..., 1:, :, None]
        own = process(spec).average_dims
        scaled = np.einsum("...ii->...i", scaled) if len(own) == 1 else scaled
        new["moving_average_standardised"] = (("chain", "draw", "interval", *own), scaled)
    a = draws_of(posterior, "lag")
    radius = np.abs(np.linalg.eigvals(a if second is None else companion(a, second))).max(axis=-1)  # (6)
    new["spectral_radius"] = (("chain", "draw", "interval") if a.ndim == 5 else ("chain", "draw"), radius)
    names = list(spec.variables)
    coords = {"interval": list(interval_labels(waves)), "target": names, "source": names, "variable": names}
    coords |= {} if second is None else {"span": list(span_labels(waves))}
    return posterior.assign_coords({**coords, **({"level": list(levels)} if levels else {})}).assign(new)


def with_intervals(posterior: xr.Dataset) -> xr.Dataset:
    """Return a posterior in continuous time with lags and innovations of the intervals between waves."""
    drift, diffusion = draws_of(posterior, "drift"), level_covariance(posterior, "diffusion")
    lag, innovation = of_intervals(drift, diffusion, np.diff(times_of(posterior)))
    sd = np.sqrt(np.einsum("...ii->...i", innovation))
    alone = lag.shape[2] == 1
    over = ("chain", "draw", *(() if alone else ("interval",)))
    one = (slice(None), slice(None), 0) if alone else ...
    new = {"lag": ((*over, "target", "source"), lag[one]), "innovation_sd": ((*over, "variable"), sd[one])}
    if lag.shape[-1] > 1:
        with np.errstate(invalid="ignore", divide="ignore"):  # where nothing arrives, nothing correlates
            corr = innovation / sd[..., :, None] / sd[..., None, :]
        new["innovation_corr"] = ((*over, "variable", "variable_"), corr[one])
    return posterior.assign(new)


def draws_of(posterior: xr.Dataset, name: str) -> Array:
    """Return a parameter's draws as an array, chain and draw first.

    Raises
    ------
    FitError
        When the posterior does not have it.
    """
    if name not in posterior:
        raise FitError(
            "The posterior holds every parameter of the model.",
            f"'{name}' is not among {', '.join(map(str, posterior.data_vars))}.",
            "Give the specification with which the model was fitted.",
        )
    return np.asarray(posterior[name].transpose("chain", "draw", ...).values, float)


def check_variables(spec: RICLPM, posterior: xr.Dataset) -> None:
    """Check that the posterior is about the variables of the specification, in their order."""
    for dimension in ("variable", "variable_", "target", "source"):
        found = tuple(map(str, posterior[dimension].values)) if dimension in posterior.coords else spec.variables
        if found != spec.variables:
            raise FitError(
                "Posterior and specification name the same variables, in the same order.",
                f"The posterior's '{dimension}' is {', '.join(found)}; the specification's are "
                f"{', '.join(spec.variables)}.",
                "Give the specification with which the model was fitted.",
            )


def level_covariance(posterior: xr.Dataset, name: str) -> Array:
    """Covariance [chain, draw, ..., i, i] from `<name>_sd` and `<name>_corr`; a single variable has no correlation."""
    sd = draws_of(posterior, f"{name}_sd")
    if {"wave", "growth_factor"} & set(posterior[f"{name}_sd"].dims):  # cells are wave-major
        sd = sd.reshape(*sd.shape[:2], -1)
    if sd.shape[-1] == 1:
        return sd[..., None] ** 2
    corr = draws_of(posterior, f"{name}_corr")
    return sd[..., :, None] * corr * sd[..., None, :]


def loading_draws(posterior: xr.Dataset, part: Component, variables: int) -> Array:
    """Return how effects act on scores [chain or 1, draw or 1, wave, variable, effect]."""
    given = {name: draws_of(posterior, name) for name in ("intercept_loading", "first_loading") if name in posterior}
    if part.carried:
        given["lag"] = over_intervals(draws_of(posterior, "lag"), posterior.sizes["wave"] - 1)
    load = loading(part, given, times_of(posterior), variables)
    return np.asarray(load if part.loads else load[None, None])


def all_lags(posterior: xr.Dataset) -> Array:
    """Return lags [chain, draw, interval, target, source] of every interval, that of the first wave among them."""
    out = over_intervals(draws_of(posterior, "lag"), posterior.sizes["wave"] - 1)
    if "first_lag" not in posterior:
        return out
    return np.concatenate([draws_of(posterior, "first_lag")[:, :, None], out[:, :, 1:]], axis=2)


def second_lags(posterior: xr.Dataset) -> Array | None:
    """Return lags over two intervals [chain, draw, span, target, source], if the model has them."""
    if "lag_2" not in posterior:
        return None
    return over_intervals(draws_of(posterior, "lag_2"), posterior.sizes["wave"] - 2)


def averages(posterior: xr.Dataset) -> Array | None:
    """Return moving averages [chain, draw, target, source], if the model has them."""
    if "moving_average" not in posterior:
        return None
    own = "variable" in posterior["moving_average"].dims
    return average_matrix(draws_of(posterior, "moving_average"), posterior.sizes["target"], own=own)


def companion(lag: Array, second: Array) -> Array:
    """Return [A B; I 0] of draws; where lags differ, of each interval [..., interval, ., .], the first without B."""
    k = lag.shape[-1]
    b = np.zeros_like(lag)
    if lag.ndim == 5:
        b[:, :, 1:] = second
    else:
        b[:] = second[:, :, 0]
    out = np.zeros((*lag.shape[:-2], 2 * k, 2 * k))
    out[..., :k, :k], out[..., :k, k:], out[..., k:, :k] = lag, b, np.eye(k)
    return out


def within_covariances(posterior: xr.Dataset) -> Array:
    """Covariance [chain, draw, wave, wave, variable, variable] of the within-person process."""
    lag = all_lags(posterior)
    innovation = over_intervals(level_covariance(posterior, "innovation"), lag.shape[2])
    initial = level_covariance(posterior, "initial")
    return within_covariance(lag, initial, innovation, second_lags(posterior), averages(posterior))


def within_sd(posterior: xr.Dataset) -> Array:
    """Standard deviation [chain, draw, wave, variable] of the within-person process."""
    return np.asarray(np.sqrt(np.einsum("...ttvv->...tv", within_covariances(posterior))))


def _shares(spec: RICLPM, posterior: xr.Dataset, within: Array) -> tuple[Sequence[str], Array, Array]:
    """Levels with random effects, their shares [chain, draw, level, variable] of the variance, and that of errors."""
    errors = [draws_of(posterior, f"{part.name}_sd") ** 2 for part in spec.components() if part.anew]
    errors = [value.mean(axis=2) if value.ndim > 3 else value for value in errors]
    error = sum(errors, np.zeros_like(within[:, :, 0]))
    parts = {}
    for part in effects(spec):
        if part.over != "growth" and not part.loads:
            variance = draws_of(posterior, f"{part.name}_sd") ** 2
            parts[str(part.level)] = variance.mean(axis=2) if part.over == "wave" else variance
            continue
        load = loading_draws(posterior, part, len(spec.variables))
        covariance = level_covariance(posterior, part.name)
        at_waves = np.einsum("abtve,abef,abtvf->abtv", load, covariance, load)
        parts[str(part.level)] = at_waves.mean(axis=2)
    variances = np.stack(list(parts.values()), axis=2) if parts else np.zeros((*error.shape[:2], 0, error.shape[2]))
    total = within.mean(axis=2) + variances.sum(axis=2) + error
    return tuple(parts), variances / total[:, :, None], error / total  # (5)
