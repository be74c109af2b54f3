"""The components of a model by name and by level, and the dimensions that follow from its specification."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bayespanel.data import Moments
from bayespanel.families.panel import varying
from bayespanel.families.panel.component import GROWTH, Component, growth_loading, growth_units
from bayespanel.families.panel.indicators import has_means
from bayespanel.families.panel.measurement import measured
from bayespanel.families.panel.process import process
from bayespanel.families.panel.spec import RICLPM
from bayespanel.language.names import interval_labels, span_labels


def component(spec: RICLPM, name: str) -> Component:
    """Return the covariance of a name."""
    return next(row for row in spec.components() if row.name == name)


def of_pupils_alone(spec: RICLPM) -> RICLPM:
    """Return the model of what is within the innermost clusters, without priors."""
    return replace(spec, levels=("pupil",), cluster_effects="stable", priors=())


def effects(spec: RICLPM) -> tuple[Component, ...]:
    """Return those of effects that last: of pupils (random intercepts), classes and schools."""
    return tuple(row for row in spec.components() if row.level is not None)


def clusters(spec: RICLPM) -> tuple[Component, ...]:
    """Return those of classes and schools, innermost first."""
    return tuple(row for row in spec.components() if row.level in spec.cluster_levels)


def has_loadings(spec: RICLPM) -> bool:
    """Return whether the loadings of the random intercepts on later waves are estimated."""
    return any(part.later for part in spec.components())


def accumulates(spec: RICLPM) -> bool:
    """Return whether what lasts in pupils enters every wave anew and is carried on by the lags."""
    return any(part.carried for part in spec.components())


def starting(spec: RICLPM) -> Component | None:
    """Return what lasts in pupils if its effects on the first wave are estimated, `first_loading`."""
    return next((part for part in spec.components() if part.start), None)


def predicted(spec: RICLPM) -> Component | None:
    """Return what lasts in pupils if covariates predict it; None where they act on the scores of every wave."""
    if not spec.covariates or spec.covariate_effects != "stable":
        return None
    return next(part for part in spec.components() if part.level == "pupil")


def joint(spec: RICLPM) -> tuple[str, ...]:
    """Return the covariates that are modelled beside the scores, so that they may be missing."""
    return spec.covariates if spec.missing_covariates == "modelled" else ()


def reaching(spec: RICLPM) -> tuple[str, ...]:
    """Return the outcomes after the last wave that are regressed on the deviations of that wave too."""
    return tuple(name for name, on in spec.distal.items() if on == "both")


def further(spec: RICLPM) -> tuple[str, ...]:
    """Return the cells of a pupil beside the scores of the waves: covariates that are modelled, and later outcomes."""
    return (*joint(spec), *spec.distal)


def effect_coordinates(spec: RICLPM) -> tuple[str, ...]:
    """Return the names of what lasts in pupils: variables, or their intercepts and slopes."""
    if any(part.over == "growth" for part in spec.components()):
        return tuple(f"{factor} of {variable}" for factor in GROWTH for variable in spec.variables)
    return spec.variables


def loading(part: Component, given: Mapping[str, Any], times: NDArray[np.float64], variables: int) -> Any:
    """Return how the effects of a part act on scores [..., wave, variable, effect].

    With D_t how effects enter a wave, times loadings that are estimated, and A_t the lags: D_t, or where these carry on
    what effects did, M_1 = L, M_{t+1} = A_t M_t + D_{t+1}, with L = D_1 unless it is estimated too.

    Parameters
    ----------
    part
        Effects, of any level.
    given
        As far as the part needs them, and with any leading dimensions of draws: intercept_loading
        [..., later wave, variable], first_loading [..., variable, effect] or [..., variable], and lag
        [..., interval or one, target, source].
    times : [wave]
    variables
        Number of variables.
    """
    entering = part.loading(times, variables).reshape(len(times), variables, -1)
    if part.later:
        later = given["intercept_loading"]
        ones = np.ones((*later.shape[:-2], 1, variables), later.dtype)
        entering = entering * np.concatenate([ones, later], axis=-2)[..., None]
    if not part.carried:
        return entering
    every, lag = [entering[..., 0, :, :]], given["lag"]
    if part.start:
        first = given["first_loading"]
        every = [first[..., None] * np.eye(variables) if part.start == "own" else first]
    for t in range(1, len(times)):
        every.append(lag[..., min(t - 1, lag.shape[-3] - 1), :, :] @ every[-1] + entering[..., t, :, :])
    return np.stack(np.broadcast_arrays(*every), axis=-3)


def known_sd(spec: RICLPM, scale: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the SD [variable] of errors that follows from reliabilities; 0 for a variable that has none.

    Parameters
    ----------
    scale : [variable]
        Standard deviations of the observed scores.
    """
    return np.asarray(scale * np.sqrt([1.0 - spec.reliability.get(name, 1.0) for name in spec.variables]))


def mean_dims(spec: RICLPM) -> tuple[str, ...]:
    """Return the dimensions of the means: for each variable one, one for each wave, or the two of a line.

    Of variables that items measure it is one for each wave after the first.
    """
    if spec.indicators:
        return ("later_wave", "variable")
    return {"free": ("wave", "variable"), "equal": ("variable",), "linear": ("growth_factor", "variable")}[spec.means]


def means_enter(spec: RICLPM) -> bool:
    """Return whether means are those of what enters every wave, and lags carry them on from a `first_mean`."""
    return spec.means == "linear" and accumulates(spec)


def carried_means(
    lag: NDArray[np.float64], mean: NDArray[np.float64], first: NDArray[np.float64], times: NDArray[np.float64]
) -> Any:
    """Return means of scores [..., wave, variable]: m_1 = first, m_{t+1} = A_t m_t + a + (t+1's time) b.

    Parameters
    ----------
    lag : [..., interval or one, target, source]
    mean : [..., growth factor, variable]
        a and b, means of the line that enters waves after the first.
    first : [..., variable]
    times : [wave]
    """
    every = [first]
    line = growth_loading(times) @ mean
    for t in range(1, len(times)):
        carried = lag[..., min(t - 1, lag.shape[-3] - 1), :, :] @ every[-1][..., None]
        every.append(carried[..., 0] + line[..., t, :])
    return np.stack(every, axis=-2)


def mean_loading(spec: RICLPM, times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how the means of a model [mean] act on waves [wave, mean]; none where items have intercepts instead."""
    if spec.indicators:
        return np.eye(len(times))[:, 1:] if has_means(spec) else np.zeros((len(times), 0))
    every = {"free": np.eye(len(times)), "equal": np.ones((len(times), 1))}
    return every[spec.means] if spec.means in every else growth_loading(times)


def mean_units(spec: RICLPM, times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what the means of a model [mean] count in, in standard deviations of the variable."""
    return growth_units(times) if spec.means == "linear" else np.ones(mean_loading(spec, times).shape[1])


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
    if spec.shrinkage == "horseshoe":
        names = spec.variables
        out["cross_lag"] = tuple(f"{x} -> {y}" for y in names for x in names if x != y)
    if spec.covariates:
        out["covariate"] = out["covariate_"] = spec.covariates
    if spec.distal:
        out |= {"distal": tuple(spec.distal), "distal_both": reaching(spec)}
    over = {part.over for part in spec.components()}
    if "wave" in over:
        out |= {"cell": cells, "cell_": cells}
    if "growth" in over:
        out |= dict.fromkeys(("factor", "factor_"), effect_coordinates(spec))
    if "growth" in over or spec.means == "linear":
        out["growth_factor"] = GROWTH
    if process(spec).second:
        out["span"] = span_labels(moments.waves)
    if starting(spec) is not None:
        out["effect"] = effect_coordinates(spec)
    if has_loadings(spec) or (spec.indicators and has_means(spec)):
        out["later_wave"] = moments.waves[1:]
    if spec.varying:
        out |= varying.coordinates(spec, moments)
    if spec.indicators:
        plan = measured(spec, moments.waves)
        out |= {"loading_of": plan.loading_of, "intercept_of": plan.intercept_of}
        out["indicator"] = tuple(plan.items[i] for i in plan.several)
    if spec.item_effects:
        out["item_level"] = spec.item_effects
    if spec.groups:
        out["group"] = moments.group_names
    return out
