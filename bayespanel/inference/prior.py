"""Draws from the prior of a model."""

from __future__ import annotations

import numpy as np
import pymc as pm
from numpy.typing import NDArray


def prior_free(model: pm.Model, *, draws: int, seed: int) -> dict[str, NDArray[np.float64]]:
    """Return independent draws of a model's free variables from their prior: [1, draw, ...], as one chain."""
    drawn = pm.draw(model.free_RVs, draws=draws, random_seed=seed)
    return {rv.name: np.asarray(value)[None] for rv, value in zip(model.free_RVs, drawn, strict=True)}
