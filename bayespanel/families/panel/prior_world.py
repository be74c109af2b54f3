"""Panels whose truth is drawn from the priors of a model, for its calibration.

The priors count in the standard deviations of the data and from their means, which differ from one simulated panel to
the next. Calibration needs one prior: here the units are 1 and the origin 0, for the truth and for the model alike.
Lags count in standard deviations within persons at the first wave, which are drawn.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import xarray as xr

from bayespanel.data import Moments
from bayespanel.data.selection import moved
from bayespanel.families.panel.spec import RICLPM
from bayespanel.families.panel.world import PanelWorld
from bayespanel.families.shared.world_fields import Array
from bayespanel.language.prior_draws import drawn, drawn_correlation


def prior_world(
    spec: RICLPM, world: PanelWorld, rng: np.random.Generator, _seed: int = 0
) -> tuple[PanelWorld, xr.Dataset]:
    """Return a world with the design of another world and true values drawn from the priors.

    Parameters
    ----------
    spec
        The model; its covariates are not simulated.
    world
        The design: waves, schools, classes, pupils, missing waves. Its measurement error, skew and categories are not
        used.
    rng
        Source of random numbers.
    """
    k, t = len(spec.variables), world.waves
    steps = t - 1

    def matrices(name: str, number: int | None, size: int) -> Array | None:
        if size == 1:
            return None
        row = spec.prior(f"{name}_corr")
        found = [drawn_correlation(row, rng, size) for _ in range(number or 1)]
        return np.stack(found) if number else found[0]

    several = steps if spec.innovations == "free" and steps > 1 else None
    initial = drawn(spec.prior("initial_sd"), rng, (k,))
    within = spec.prior("lag").scale == "standardised"
    ratio = initial[:, None] / initial if within else 1.0
    changes: dict[str, object] = {
        "variables": spec.variables,
        "mean": drawn(spec.prior("mean"), rng, (t, k) if spec.means == "free" else (k,)),
        "lag": drawn(spec.prior("lag"), rng, (steps, k, k) if spec.lags == "free" else (k, k), unit=ratio),
        "initial_sd": initial,
        "initial_corr": matrices("initial", None, k),
        "innovation_sd": drawn(spec.prior("innovation_sd"), rng, (several, k) if several else (k,)),
        "innovation_corr": matrices("innovation", several, k),
        "measurement_error_sd": None,  # no model has these
        "skew": {},
        "ordinal": {},
    }
    for name in ("intercept", "class", "school"):
        inside = spec.intercepts if name == "intercept" else name in spec.levels
        by_wave = name in spec.cluster_levels and spec.effects_of(name) == "by_wave"
        changes[f"{name}_sd"] = drawn(spec.prior(f"{name}_sd"), rng, (t, k) if by_wave else (k,)) if inside else None
        changes[f"{name}_corr"] = matrices(name, None, t * k if by_wave else k) if inside else None
    return replace(world, **changes), xr.Dataset()  # type: ignore[arg-type]  # each by its name


def in_units_of_truth(_spec: RICLPM, moments: Moments) -> Moments:
    """Return the same data as a model reads them whose priors count in ones from zero."""
    return replace(moved(moments, np.zeros(moments.n_cells)), scale=np.ones(len(moments.variables)))
