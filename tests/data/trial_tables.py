"""A small trial with known properties, for the tests of the data layer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from bayespanel.data import Trial


def table(pupils: int = 48, schools: int = 8, seed: int = 3) -> pd.DataFrame:
    """Return schools of equal size, the first half of them in arm 0; two classes a, b in each; nothing missing."""
    rng = np.random.default_rng(seed)
    size = pupils // schools
    school = np.arange(pupils) // size
    return pd.DataFrame(
        {
            "arm": (school >= schools // 2).astype(int),
            "school": school,
            "class": np.where(np.arange(pupils) % size < size // 2, "a", "b"),
            "read": rng.normal(50, 10, pupils),
            "math": rng.normal(0, 1, pupils),
            "pre": rng.normal(45, 8, pupils),
            "math_pre": rng.normal(0, 1, pupils),
            "rating": rng.integers(0, 4, pupils).astype(float),
            "age": rng.normal(10, 1, pupils),
            "sex": rng.choice(["F", "M"], pupils),
        }
    )


def build(frame: pd.DataFrame, **changes: Any) -> Trial:
    """Return Trial.from_frame with the columns of `table`."""
    return Trial.from_frame(frame, **({"arm": "arm", "outcomes": ["read"], "school": "school"} | changes))


def gappy(seed: int = 5, **changes: Any) -> Trial:
    """Return a trial of two levels, two outcomes with baselines and a covariate, a fifth of the scores missing."""
    frame = table(160, 8, seed)
    rng = np.random.default_rng(seed)
    for column in ("read", "math", "pre", "rating"):
        frame.loc[rng.random(len(frame)) < 0.2, column] = np.nan
    roles: dict[str, Any] = {
        "outcomes": ["read", "math"],
        "baseline": {"read": "pre", "math": "math_pre"},
        "covariates": ["age", "sex"],
        "classroom": "class",
    }
    return build(frame, **(roles | changes))
