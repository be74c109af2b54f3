"""Toy worlds whose truth is drawn from the priors of a model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import xarray as xr

from bayespanel.language.prior_draws import drawn
from tests.families.toy.simulate import simulate
from tests.families.toy.spec import Toy
from tests.families.toy.world import ToyWorld


def prior_world(spec: Toy, world: ToyWorld, rng: np.random.Generator, seed: int) -> tuple[ToyWorld, xr.Dataset]:
    """Return a world with the same design, and the true mean where the covariate is at the mean of these pupils."""
    mean, effect, sd = (float(drawn(spec.prior(name), rng)) for name in ("mean", "effect", "residual_sd"))
    pupils = simulate(world, seed).drop_duplicates("pupil")
    centred = mean - effect * float(pupils[world.covariate].mean())
    return replace(world, mean=centred, effect=effect, residual_sd=sd), xr.Dataset({"mean": mean})
