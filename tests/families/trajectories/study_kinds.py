"""Are trajectories of counts, and of pupils who differ within classes, calibrated? Ranks of truths from the priors.

By hand, recorded in docs/calibration.md: python -m tests.families.trajectories.study_kinds REPLICATES TABLE [KIND ...]
"""

from __future__ import annotations

from typing import Any

import bayespanel as bp
from bayespanel.families.trajectories.world import Arm, Course, TrajectoryWorld
from tests.families.ranks import add_lines, line

RAW = (bp.Prior("growth_level", "Normal", (0, 1), scale="raw"), bp.Prior("rate_cv", "HalfNormal", (1,)))
"""Of counts: levels that do not count from the mean of the data, and rates that spread by some twice their mean."""

FEW = (
    bp.Prior("growth_level", "Normal", (-0.5, 0.5), scale="raw"),
    bp.Prior("growth_change", "Normal", (0, 0.3)),
    bp.Prior("random_sd", "HalfNormal", (0.5,)),
    bp.Prior("rate_cv", "HalfNormal", (1,)),
)
"""Of counts of pupils who differ within classes: small numbers, for which the points of the sums are close enough."""

KINDS: dict[str, dict[str, Any]] = {
    "ordered, intercepts": {"link": "logit", "categories": (0, 1, 2, 3), "random": "intercept"},
    "counts": {"link": "log", "priors": RAW},
    "counts with zeros and intercepts": {"link": "log", "priors": FEW, "zero_inflated": True, "random": "intercept"},
}
"""Name -> options of the model."""

DESIGN = TrajectoryWorld(
    "y", 5, None, Arm(250, 5, (Course("a", 0.0, (0.0,) * 5), Course("b", 0.0, (0.0,) * 5))), ("x",), missing_wave=0.1
)
SAMPLING = bp.Sampling(draws=250, tune=300, chains=2, sampler="nuts")


def ranked(name: str, replicates: int) -> dict[str, Any]:
    """Return a line of the table."""
    return line(name, bp.Trajectories("y", classes=2, predictors=("x",), **KINDS[name]), DESIGN, replicates, SAMPLING)


if __name__ == "__main__":
    add_lines(KINDS, ranked)
