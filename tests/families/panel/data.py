"""Small moments for tests of models: random panels with missing waves, classes and schools."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bayespanel import Moments, Panel


def panel(seed: int = 1, *, pupils: int = 120, variables: int = 2, waves: int = 4) -> Panel:
    rng = np.random.default_rng(seed)
    school = np.arange(pupils) % 6
    classroom = 2 * school + (np.arange(pupils) // 6) % 2
    stable = rng.normal(size=(pupils, 1, variables))
    scores = 3.0 + stable + rng.normal(size=(pupils, waves, variables)).cumsum(1) * 0.6
    scores += 0.5 * rng.normal(size=(6, 1, variables))[school] + 0.4 * rng.normal(size=(12, 1, variables))[classroom]
    scores[rng.random((pupils, waves)) < 0.2] = np.nan
    scores[0] = 3.0 + rng.normal(size=(waves, variables))
    frame = pd.DataFrame(
        {
            "pupil": np.repeat(np.arange(pupils), waves),
            "wave": np.tile(np.arange(1, waves + 1), pupils),
            "school": np.repeat([f"s{s}" for s in school], waves),
            "class": np.repeat([f"c{c}" for c in classroom], waves),
            "age": np.repeat(rng.normal(10, 1, pupils), waves),
        }
        | {f"v{k}": scores[:, :, k].ravel() for k in range(variables)}
    )
    names = [f"v{k}" for k in range(variables)]
    return Panel.from_long(
        frame, pupil="pupil", wave="wave", variables=names, classroom="class", school="school", covariates=["age"]
    )


def moments(seed: int = 1, *, pupils: int = 120, variables: int = 2, waves: int = 4) -> Moments:
    return panel(seed, pupils=pupils, variables=variables, waves=waves).moments()
