"""How fast schools are as they are: classes that are formed anew, and paths that vary between schools.

Run by `make bench`, or alone as `python -m tests.bench_schools`. The design: 9,779 pupils in 99 schools, 5 classes
a year and school in 3 school years, 3 variables at 5 waves, one wave in ten missing.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

import bayespanel as bp
from bayespanel.families.panel.simulate import simulate
from bayespanel.families.panel.world import PanelWorld

NAMES = ("x", "y", "z")
Row = Callable[..., None]


def panel() -> bp.Panel:
    """Simulated pupils of the design."""
    lag = np.full((3, 3), 0.03) + 0.27 * np.eye(3)
    world = PanelWorld(
        variables=NAMES,
        months=(0, 5, 12, 17, 24),
        lag=lag,
        initial_sd=np.ones(3),
        innovation_sd=np.full(3, 0.9),
        intercept_sd=np.full(3, 0.8),
        class_sd=np.full(3, 0.4),
        school_sd=np.full(3, 0.3),
        lag_school_sd=np.array([[0.0, 0.0, 0.0], [0.08, 0.0, 0.0], [0.0, 0.0, 0.0]]),
        schools=99,
        classes_per_school=(5, 5),
        pupils_per_class=(15, 25),
        pupils=9_779,
        school_years=(0, 1, 1, 2, 2),
        re_formed_classes=True,
        missing_wave=0.1,
    )
    roles: dict[str, Any] = {"classroom": "class", "school": "school", "school_years": [1, 2, 2, 3, 3]}
    return bp.Panel.from_long(simulate(world, 1), pupil="pupil", wave="wave", variables=NAMES, **roles)


MODELS = {
    "classes formed anew": (("pupil", "class", "school"), (), "<= 10 ms", "<= 180 s"),
    "a path that varies": (("pupil", "school"), ("x -> y",), "<= 15 ms", "<= 300 s"),
}
"""Name -> levels, paths that vary, and what is asked of gradient and posterior."""


def school_rows(row: Row, microseconds: Callable[[Callable[[], object], int], float], *, quick: bool = False) -> None:
    """Measure and print the gradients, and without `quick` the posteriors."""
    import arviz_stats

    from bayespanel.families.panel.build import build, start
    from bayespanel.families.panel.statistics import data_for
    from bayespanel.inference.posterior import compile_posterior

    people = panel()
    for name, (levels, varying, fast, soon) in MODELS.items():
        spec = bp.RICLPM(NAMES, levels=levels, varying=varying, innovations="equal")
        moments = data_for(spec, people)
        posterior = compile_posterior(build(spec, moments), start(spec, moments))
        each = microseconds(lambda posterior=posterior: posterior(posterior.start), 20) / 1000
        row(f"99 schools, 3 variables, 5 waves, {name}: log-density and gradient", f"{each:.1f} ms", fast)
        if quick:
            continue
        without = bp.Sampling(sampler="auto")
        for how, sampling in {
            "4 x (500 + 1000)": bp.Sampling(sampler="nuts"),
            "4 x 1000 without a walk": without,
        }.items():
            began = time.perf_counter()
            fit = bp.fit(spec, people, seed=1, progress=False, sampling=sampling)
            taken = time.perf_counter() - began
            lags = float(arviz_stats.ess(fit.posterior[["lag"]])["lag"].min())
            worst = max(float(value.max()) for value in arviz_stats.rhat(fit.posterior[["lag"]]).data_vars.values())
            row(f"the same: {how}", f"{taken:.0f} s; ESS lags {lags:.0f}; R-hat {worst:.3f}", soon)


if __name__ == "__main__":
    from tests.bench import microseconds as timed

    school_rows(lambda *cells: print(" | ".join(map(str, cells)), flush=True), timed)
