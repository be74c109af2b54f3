"""How fast ordered scores are: a sweep, and a posterior.

Run by `make bench`, or alone as `python -m tests.bench_ordered`. The design: 9,779 pupils in 495 classes in 99 schools,
3 variables of five categories at 5 waves, three quarters of the scores 0, one wave in ten missing.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

import bayespanel as bp
from bayespanel.families.panel.simulate import simulate
from bayespanel.families.panel.world import PanelWorld

NAMES = ("x", "y", "z")
Row = Callable[..., None]


def panel() -> bp.Panel:
    """Return the simulated pupils."""
    world = PanelWorld(
        variables=NAMES,
        months=(0, 5, 12, 17, 24),
        lag=np.full((3, 3), 0.1) + 0.2 * np.eye(3),
        initial_sd=np.ones(3),
        innovation_sd=np.full(3, 0.9),
        intercept_sd=np.ones(3),
        class_sd=np.full(3, 0.3),
        school_sd=np.full(3, 0.3),
        schools=99,
        classes_per_school=(5, 5),
        pupils_per_class=(15, 25),
        pupils=9_779,
        missing_wave=0.1,
        ordinal=dict.fromkeys(NAMES, (1.0, 1.6, 2.2, 3.0)),
    )
    frame = simulate(world, 1)
    return bp.Panel.from_long(frame, pupil="pupil", wave="wave", variables=NAMES, classroom="class", school="school")


def ordered_rows(row: Row, *, quick: bool = False) -> None:
    """Measure and print a sweep, and without `quick` a posterior."""
    import arviz_stats

    from bayespanel.families.panel.augmented_sampling import augmented
    from bayespanel.families.panel.statistics import data_for

    people = panel()
    spec = bp.RICLPM(NAMES, levels=("pupil", "class", "school"), innovations="equal", ordered=NAMES)
    ready = augmented(spec, data_for(spec, people), people)
    assert ready is not None
    chain = ready._begin(np.random.default_rng(1))
    ready._whiten(chain, 0.9)
    began = time.perf_counter()
    for _ in range(20):
        chain.move_parameters(learn=True)
        chain.move_thresholds(learn=True)
        chain.draw_latent()
    each = 1000 * (time.perf_counter() - began) / 20
    row("ordered scores, 9,779 pupils, 3 variables, 5 waves, 99 schools: a sweep of one chain", f"{each:.0f} ms", "")
    if quick:
        return
    began = time.perf_counter()
    fit = bp.fit(spec, people, seed=1, retry=False, progress=False)
    taken = time.perf_counter() - began
    lags = fit.posterior[["lag"]]
    ess = float(arviz_stats.ess(lags)["lag"].min())
    worst = float(arviz_stats.rhat(lags)["lag"].max())
    row("the same: 4 x (500 + 1000)", f"{taken:.0f} s; ESS lags {ess:.0f}; R-hat {worst:.3f}", "<= 300 s, ESS > 400")


if __name__ == "__main__":
    ordered_rows(lambda *cells: print(" | ".join(map(str, cells)), flush=True))
