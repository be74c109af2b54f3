"""Small tables with a known answer, for the tests of the data layer."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bayespanel.data import Panel


def long_table(pupils: int = 12, waves: int = 3, seed: int = 1) -> pd.DataFrame:
    """Return two schools of two classes each, two variables, one covariate, nothing missing."""
    rng = np.random.default_rng(seed)
    number = np.arange(pupils)
    rows = [
        {
            "pupil": f"p{i}",
            "wave": t + 1,
            "class": ["a", "b"][i // 2 % 2],
            "school": ["east", "west"][i % 2],
            "girl": float(i % 3 == 0),
            "math": rng.normal(50, 10),
            "read": rng.normal(100, 15),
        }
        for i in number
        for t in range(waves)
    ]
    return pd.DataFrame(rows)


def build(
    frame: pd.DataFrame, variables: tuple[str, ...] = ("math", "read"), movers: str = "error", **roles: object
) -> Panel:
    """Return Panel.from_long with the columns of `long_table`."""
    return Panel.from_long(
        frame,
        pupil="pupil",
        wave="wave",
        variables=list(variables),
        movers=movers,
        **roles,  # type: ignore[arg-type]  # which role a column has is known at run time only
    )


def random_panel(
    rng: np.random.Generator,
    pupils: int,
    waves: int,
    variables: int,
    covariates: int,
    levels: tuple[str, ...],
    missing: float,
) -> Panel:
    """Return a panel with random scores, gaps and clusters; every cell is seen by the first pupil."""
    values = rng.normal(rng.normal(0, 100, (1, waves, variables)), 3.0, (pupils, waves, variables))
    gaps = rng.random(values.shape) < missing
    gaps[0] = False
    # A pupil without any score cannot come through the door.
    gaps[gaps.all(axis=(1, 2)), 0, 0] = False
    values[gaps] = np.nan
    classes = rng.integers(0, 4, pupils)
    classroom = np.unique(classes, return_inverse=True)[1].astype(np.int64)
    school = np.unique(classes // 2, return_inverse=True)[1].astype(np.int64)
    return Panel(
        values=values,
        waves=tuple(f"w{t}" for t in range(waves)),
        variables=tuple(f"v{k}" for k in range(variables)),
        pupils=np.arange(pupils).astype(object),
        covariates=rng.normal(5, 2, (pupils, covariates)),
        covariate_names=tuple(f"x{j}" for j in range(covariates)),
        classroom=classroom if "class" in levels else None,
        class_names=tuple(f"c{c}" for c in range(classroom.max() + 1)) if "class" in levels else (),
        school=school if "school" in levels else None,
        school_names=tuple(f"s{s}" for s in range(school.max() + 1)) if "school" in levels else (),
    )
