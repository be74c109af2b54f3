"""Are trajectories of counts, and of pupils who differ within classes, calibrated? Ranks of truths from the priors.

By hand, recorded in docs/calibration.md: python -m tests.families.trajectories.study_kinds REPLICATES TABLE [KIND ...]
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import bayespanel as bp
from bayespanel.families.trajectories.world import Arm, Course, TrajectoryWorld

RAW = (bp.Prior("growth_level", "Normal", (0, 1), scale="raw"), bp.Prior("rate_cv", "HalfNormal", (1,)))
"""Of counts: levels that do not count from the mean of the data, and rates that spread by some twice their mean."""

KINDS: dict[str, dict[str, Any]] = {
    "ordered, intercepts": {"link": "logit", "categories": (0, 1, 2, 3), "random": "intercept"},
    "counts": {"link": "log", "priors": RAW},
    "counts with zeros and intercepts": {"link": "log", "priors": RAW, "zero_inflated": True, "random": "intercept"},
}
"""Name -> options of the model."""

DESIGN = TrajectoryWorld(
    "y", 5, None, Arm(250, 5, (Course("a", 0.0, (0.0,) * 5), Course("b", 0.0, (0.0,) * 5))), ("x",), missing_wave=0.1
)
SAMPLING = bp.Sampling(draws=250, tune=300, chains=2)


def ranked(name: str, replicates: int) -> dict[str, Any]:
    """Return a line of the table."""
    began = time.perf_counter()
    found = bp.calibrate(
        bp.Trajectories("y", classes=2, predictors=("x",), **KINDS[name]), DESIGN, replicates=replicates, seed=2012,
        sampling=SAMPLING, running=bp.Running(workers=1, progress=False),
    )  # fmt: skip
    inside, p = found["inside"].values, found["p_value"].values
    known = np.isfinite(p)
    return {
        "kind": name,
        "finished": int(found.attrs["finished"]),
        "quantities": int(known.sum()),
        "outside": int((~inside[known].astype(bool)).sum()),
        "smallest p": float(np.nanmin(p)),
        **{f"covered {share} %": float(np.nanmean(found[f"coverage_{share}"])) for share in (50, 90)},
        "seconds": time.perf_counter() - began,
    }


def main() -> None:
    """Add lines to the table as kinds are done."""
    replicates, path, *names = sys.argv[1:]
    for name in names or KINDS:
        line = pd.DataFrame([ranked(name, int(replicates))]).round(4)
        line.to_csv(path, mode="a", header=not Path(path).exists(), index=False)
        print(line.to_string(index=False), flush=True)


if __name__ == "__main__":
    main()
