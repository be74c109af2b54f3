"""What is true in a toy world, by the names of the posterior; and its table as the model's data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from bayespanel.data import Panel
from bayespanel.families.shared.named import one_draw
from tests.families.toy.draws import PARAMETERS, standardised
from tests.families.toy.spec import Toy
from tests.families.toy.world import ToyWorld


def observed(spec: Toy, world: ToyWorld, frame: pd.DataFrame) -> Panel:
    """Return simulated pupils as the data of the model."""
    return Panel.from_long(
        frame, pupil="pupil", wave="wave", variables=list(spec.variables), covariates=list(spec.covariates)
    )


def truth(spec: Toy, world: ToyWorld) -> dict[str, xr.Dataset]:
    """Return the truth as a posterior of one draw."""
    found = one_draw({name: ((), np.array(getattr(world, name))) for name in PARAMETERS}, {})
    return {"posterior": standardised(found, 1.0)}
