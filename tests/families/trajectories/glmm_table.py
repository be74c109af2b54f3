"""Simulated scores in long form, for packages of R and for the tests that hold the models against them.

python -m tests.families.trajectories.glmm_table FOLDER writes ordered.csv, counts.csv and zeros.csv: pupil, wave, time
from 0 to 1, and y.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pandas as pd

from bayespanel.families.trajectories.simulate import Arm, Course, TrajectoryWorld, simulate

TABLES: dict[str, tuple[tuple[float, ...], dict[str, Any]]] = {
    "ordered": ((-0.5, -0.3, 0.1, 0.5), {"cuts": (0.0, 1.2), "pupil_sd": 1.5}),
    "counts": ((0.4, 0.3, 0.2, 0.0), {"events": 0.4, "pupil_sd": 0.7}),
    "zeros": ((1.2, 1.0, 0.9, 0.6), {"events": 0.3, "excess_zeros": 0.35}),
}
"""Name -> mean at each wave, and what kind of scores they are."""


def table(name: str) -> pd.DataFrame:
    """Return 250 pupils at four waves, a tenth of the scores missing."""
    mean, kind = TABLES[name]
    world = TrajectoryWorld("y", 4, None, Arm(250, 5, (Course("all", 0.0, mean),)), missing_wave=0.1, **kind)
    frame = simulate(world, 11).dropna(subset="y")
    return frame.assign(time=(frame["wave"] - 1) / 3)[["pupil", "wave", "time", "y"]].astype({"y": int})


if __name__ == "__main__":
    for name in TABLES:
        table(name).to_csv(Path(sys.argv[1]) / f"{name}.csv", index=False)
