"""What categories cost when they are read as numbers, and whether intervals of ordered scores cover as they say.

By hand, and recorded in docs/calibration.md: python -m tests.families.panel.study_ordered WORLDS [WORKERS]

One world, design-matched: two variables with most pupils in the lowest of five categories, four waves, schools. The
same simulated pupils are read as ordered categories and as numbers.
"""

from __future__ import annotations

import sys

import numpy as np

import bayespanel as bp
from bayespanel.families.panel.world import PanelWorld

NAMES = ("x", "y")
LEVELS = ("pupil", "school")
SAMPLING = bp.Sampling(draws=250, tune=250, chains=2, sampler="nuts")


def world() -> PanelWorld:
    """Return the population: 76 % of the scores are 0, and the path from x to y is .10."""
    cuts = (1.0, 1.5, 2.0, 2.7)
    return PanelWorld(
        variables=NAMES,
        months=(0, 6, 12, 18),
        lag=np.array([[0.25, 0.05], [0.10, 0.25]]),
        initial_sd=np.ones(2),
        innovation_sd=np.full(2, 0.95),
        initial_corr=np.array([[1.0, 0.3], [0.3, 1.0]]),
        innovation_corr=np.array([[1.0, 0.2], [0.2, 1.0]]),
        intercept_sd=np.ones(2),
        intercept_corr=np.array([[1.0, 0.4], [0.4, 1.0]]),
        school_sd=np.full(2, 0.2),
        schools=30,
        classes_per_school=(1, 1),
        pupils_per_class=(40, 40),
        missing_wave=0.1,
        ordinal={"x": cuts, "y": cuts},
    )


def main() -> None:
    """Print bias and coverage of single lags, read as categories and as numbers."""
    worlds, workers = int(sys.argv[1]), int((sys.argv[2:] or ["2"])[0])
    frame = bp.simulate(world(), 1)
    print(f"share of 0: {np.mean(frame[list(NAMES)].stack() == 0):.2f}")
    for read, ordered in (("as numbers", ()), ("as categories", NAMES)):
        spec = bp.RICLPM(NAMES, levels=LEVELS, innovations="equal", ordered=ordered)
        found = bp.assurance(
            spec, world(), replicates=worlds, seed=1, rope=0.03, prob=0.9, sampling=SAMPLING,
            running=bp.Running(workers=workers, progress=False),
        )  # fmt: skip
        lags = found.sel(pathway=[f"{a} -> {b}" for a in NAMES for b in NAMES])
        table = lags[["estimate", "bias", "mcse_bias", "coverage", "mcse_coverage"]].to_dataframe()
        print(
            read, table[["estimate", "bias", "mcse_bias", "coverage", "mcse_coverage"]].round(3), sep="\n", flush=True
        )


if __name__ == "__main__":
    main()
