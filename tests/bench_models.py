"""How fast the models of the panel family are: log-density and gradient, 3 variables at 5 waves, without clusters.

And eight of them side by side, 3 variables at 4 waves on three levels. Run by `make bench`, or alone as
`python -m tests.bench_models`.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np

import bayespanel as bp

NAMES = ("x", "y", "z")
TIMES = (0.0, 5.0, 12.0, 17.0, 24.0)
MODELS = {
    "RI-CLPM": bp.RICLPM(NAMES),
    "RI-CLPM, equal innovations": bp.RICLPM(NAMES, innovations="equal"),
    "the same in continuous time": bp.RICLPM(NAMES, time="continuous", innovations="equal"),
    "CLPM": bp.CLPM(NAMES),
    "STARTS": bp.STARTS(NAMES),
    "LCM-SR": bp.LCMSR(NAMES),
    "free loadings": bp.RICLPM(NAMES, loadings="free"),
    "order 2": bp.RICLPM(NAMES, order=2),
    "DPM": bp.DPM(NAMES),
    "ALT": bp.ALT(NAMES),
    "GCLM": bp.GCLM(NAMES),
}
"""Name -> specification."""

LEVELS = ("pupil", "class", "school")
TRIANGLE = ("rejection", "depression", "victimisation")
TREE = {
    "CLPM": bp.CLPM(TRIANGLE, levels=LEVELS),
    "RI-CLPM": bp.RICLPM(TRIANGLE, levels=LEVELS),
    "RI-CLPM, free lags": bp.RICLPM(TRIANGLE, levels=LEVELS, lags="free"),
    "RI-CLPM, equal innovations": bp.RICLPM(TRIANGLE, levels=LEVELS, innovations="equal"),
    "STARTS": bp.STARTS(TRIANGLE, levels=LEVELS),
    "LCM-SR": bp.LCMSR(TRIANGLE, levels=LEVELS),
    "free loadings": bp.RICLPM(TRIANGLE, levels=LEVELS, loadings="free"),
    "DPM": bp.DPM(TRIANGLE, levels=LEVELS),
}
"""The models of the family tree."""


def data() -> bp.Moments:
    """Moments of 1,000 complete pupils whose scores correlate over waves and variables."""
    within = 0.3 ** np.abs(np.subtract.outer(np.arange(5), np.arange(5)))
    covariance = np.kron(within + 0.5, 0.3 + 0.7 * np.eye(3)) + 0.2 * np.eye(15)
    return bp.Panel.from_summary(
        mean=np.zeros(15), cov=covariance, n=1000, variables=NAMES, waves="12345", times=list(TIMES)
    )


def gradients() -> dict[str, float]:
    """Microseconds of one log-density and gradient, priors included, of each model."""
    from bayespanel.families.panel.build import build, start
    from bayespanel.inference.posterior import compile_posterior
    from tests.bench import microseconds

    out, moments = {}, data()
    for name, spec in MODELS.items():
        posterior = compile_posterior(build(spec, moments), start(spec, moments))
        out[name] = microseconds(lambda posterior=posterior: posterior(posterior.start), 200)
    return out


def tree_seconds() -> tuple[float, float, float]:
    """Seconds of a family tree of 600 pupils with default draws, of the processors too, and of one that compiles."""
    world = bp.world("small-triangle")
    columns: dict[str, Any] = {"pupil": "pupil", "wave": "wave", "classroom": "class", "school": "school"}
    panel = bp.Panel.from_long(bp.simulate(world, seed=1), variables=TRIANGLE, **columns)
    found = []
    for seed in (1, 2):
        began, worked = time.perf_counter(), time.process_time()
        bp.family_tree(TREE, panel, rope=0.03, seed=seed, progress=False)
        found.append((time.perf_counter() - began, time.process_time() - worked))
    return *found[1], found[0][0]


def tree_row() -> tuple[str, str, str]:
    """Work, what was measured, and what must be reached, of a family tree."""
    seconds, worked, first = tree_seconds()
    measured = f"{seconds:.1f} s ({worked:.0f} s of processors); compiling too {first:.0f} s"
    return "family_tree: 8 models, 3 variables, 4 waves, 3 levels", measured, "<= 60 s"


def main() -> None:
    """Print one line per model, and one for all of them side by side."""
    for name, found in gradients().items():
        print(f"{f'3 variables, 5 waves, {name}: log-density and gradient':70s} {found:8.1f} us   <= 60 us")
    print("{:70s} {}   {}".format(*tree_row()))


if __name__ == "__main__":
    main()
