"""What a model implies for the items that measure its variables, each line with its equation; see `moments`.

x_jt = nu_jt + lambda_jt eta_vt + d_jt,  d_jt ~ N(0, theta_jt),  item j of variable v at wave t
E(x_jt) = nu_jt + lambda_jt E(eta_vt),  effects of covariates alike                                        (26)
cov(x_jt, x_ks) = lambda_jt lambda_ks cov(eta_vt, eta_us), plus theta_jt of an item with itself at a wave    (27)
and, where items have effects of their own at a level, plus omega_j of an item with itself at all waves
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from bayespanel.families.panel.indicators import HELD, columns, read
from bayespanel.families.panel.spec import RICLPM
from bayespanel.language.errors import SpecError

Array = NDArray[np.float64]

NAMES = ("item_loading", "item_intercept", "item_sd", "item_variance", "item_effect_sd", "item_effect_variance")
"""Parameters of items; standard deviations, or variances."""


class Behind(Protocol):
    """What is implied of the variables behind items; see `moments.Implied`."""

    mean: Array
    covariate_effect: Array
    pupil: Array
    clusters: dict[str, Array]


def of_items(spec: RICLPM, given: Mapping[str, Array], behind: Any, waves: Sequence[str]) -> dict[str, Any]:
    """Return what is implied of items, by the names of `moments.Implied`.

    Parameters
    ----------
    spec, given
        The model, and the parameters of its items.
    behind
        What it implies of the variables.
    waves
        Names of the waves.

    Raises
    ------
    SpecError
        A parameter of items is missing.
    """
    effects = ("item_effect_sd",) if spec.item_effects else ()
    for name in ("item_loading", "item_intercept", "item_sd", *effects):
        if name not in given and name.replace("_sd", "_variance") not in given:
            raise SpecError("Every parameter of the model has a value.", f"'{name}' is missing.", "Add it.")
    loads, intercepts = _each(spec, waves, "loading", given), _each(spec, waves, "intercept", given)
    variance = given["item_variance"] if "item_variance" in given else given["item_sd"] ** 2
    effect_sd = given.get("item_effect_sd", np.zeros(0))
    lasting = given["item_effect_variance"] if "item_effect_variance" in given else effect_sd**2
    t, k = behind.mean.shape
    items = columns(spec)
    of = [next(v for v, name in enumerate(spec.variables) if item in spec.indicators.get(name, (name,)))
          for item in items]  # fmt: skip
    several = [item for item in items if item not in spec.variables]
    scores = [(wave, j) for wave in range(t) for j in range(len(items))]
    own = np.array([wave * k + of[j] for wave, j in scores])
    load = np.array([loads[wave, j] for wave, j in scores])
    left = [variance[wave, several.index(items[j])] if items[j] in several else 0.0 for wave, j in scores]
    further = np.arange(t * k, len(behind.pupil))
    at, scaled = np.concatenate([own, further]), np.concatenate([load, np.ones(len(further))])
    whole = scaled[:, None] * behind.pupil[np.ix_(at, at)] * scaled  # (27)
    whole[np.arange(len(load)), np.arange(len(load))] += left
    own_of = {level: dict(zip(several, lasting[i], strict=True)) for i, level in enumerate(spec.item_effects)}
    names = [items[j] for _, j in scores]
    whole[: len(load), : len(load)] += _lasting(own_of.get("pupil", {}), names)
    effect = behind.covariate_effect.reshape(t * k, -1)[own] * load[:, None]
    clusters = {level: _of_cluster(spec, value, loads, of) for level, value in behind.clusters.items()}
    return {
        "mean": intercepts + (load * behind.mean.ravel()[own]).reshape(t, -1),  # (26)
        "covariate_effect": effect.reshape(t, len(items), -1),
        "pupil": whole,
        "clusters": {
            level: found + _lasting(own_of.get(level, {}), items if len(found) == len(items) else names)
            for level, found in clusters.items()
        },
    }


def _lasting(variance: Mapping[str, float], names: Sequence[str]) -> Array:
    """Return the covariance of effects that items have of their own, of these items in turn."""
    return np.array([[variance.get(one, 0.0) if one == other else 0.0 for other in names] for one in names])


def _of_cluster(spec: RICLPM, covariance: Array, loads: Array, of: Sequence[int]) -> Array:
    """Return the covariance of a cluster's effects on items, of each wave where they differ between waves."""
    t, k = len(loads), len(spec.variables)
    steady = np.allclose(loads, loads[0], atol=0, rtol=0) and not _moving(spec)
    if len(covariance) == k and steady:
        return np.asarray(loads[0][:, None] * covariance[np.ix_(of, of)] * loads[0])
    at = [wave * k * (len(covariance) > k) + v for wave in range(t) for v in of]
    return np.asarray(loads.ravel()[:, None] * covariance[np.ix_(at, at)] * loads.ravel())


def _moving(spec: RICLPM) -> bool:
    """Return whether a loading may differ between waves."""
    markers = {items[0] for items in spec.indicators.values()}
    released = [read(name, spec.indicators) for name in spec.released]
    return "loading" not in HELD[spec.invariance] or any("loading" in p and i not in markers for p, i, _ in released)


def _each(spec: RICLPM, waves: Sequence[str], part: str, given: Mapping[str, Array]) -> Array:
    """Return the loading or the intercept of each item at each wave [wave, item].

    Values stand in this order: items that have one for all waves which are not released, then released items wave by
    wave. The first loading of a variable is 1.
    """
    items, values = columns(spec), given[f"item_{part}"]
    markers = [spec.indicators.get(name, (name,))[0] for name in spec.variables]
    alone: set[tuple[str, str]] = set()
    if part not in HELD[spec.invariance]:
        alone = {(wave, item) for wave in waves for item in items}
    for name in spec.released:
        parts, item, wave = read(name, spec.indicators)
        if part in parts:
            alone |= {(one, item) for one in ([wave] if wave else waves)}
    out, at = np.ones((len(waves), len(items))), 0
    free = [item for item in items if part == "intercept" or item not in markers]
    for item in free:
        held = [t for t, wave in enumerate(waves) if (wave, item) not in alone]
        if held:
            out[held, items.index(item)] = values[at]
            at += 1
    for t, wave in enumerate(waves):
        for item in free:
            if (wave, item) in alone:
                out[t, items.index(item)] = values[at]
                at += 1
    if at != len(values):
        raise SpecError(
            f"'item_{part}' has one value for each that is free: {at}.", f"You gave {len(values)}.", "Give all of them."
        )
    return out
