"""Simulated pupils of a toy world, by numpy alone."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bayespanel.families.shared.simulation import streams
from tests.families.toy.world import ToyWorld


def simulate(world: ToyWorld, seed: int) -> pd.DataFrame:
    """Draw the pupils of a world; see `bayespanel.families.family.SimulateRoom`."""
    known, scoring = streams(seed, 2)
    x = known.standard_normal((world.pupils, 1))
    y = world.mean + world.effect * x + world.residual_sd * scoring.standard_normal((world.pupils, world.waves))
    pupil, wave = np.divmod(np.arange(y.size), world.waves)
    return pd.DataFrame({"pupil": pupil + 1, "wave": wave + 1, world.covariate: x[pupil, 0], world.variable: y.ravel()})
