"""How fast other scores are than numbers with normal tails: counts of events, and heavy tails.

Run by `make bench`, or alone as `python -m tests.bench_scores`; ordered panels and trials have rows of their own.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

import numpy as np
import pandas as pd

import bayespanel as bp

Row = Callable[..., None]


def counted_trial() -> tuple[bp.ClusterTrial, bp.Trial]:
    """1,200 pupils in 60 classes of 15 schools, with a number of events each."""
    rng = np.random.default_rng(1)
    of_class = np.repeat(np.arange(60), 20)
    school = of_class // 4
    rate = np.exp(0.2 - 0.4 * (school % 2) + rng.normal(0, 0.3, 60)[of_class] + rng.normal(0, 0.2, 15)[school])
    events = rng.poisson(rate * rng.gamma(2.0, 0.5, len(rate)))
    arm = np.where(school % 2, "programme", "control")
    frame = pd.DataFrame({"arm": arm, "class": of_class, "school": school, "events": events})
    trial = bp.Trial.from_frame(
        frame, arm="arm", control="control", outcomes=["events"], classroom="class", school="school"
    )
    return bp.ClusterTrial(outcomes=("events",), levels=("pupil", "class", "school"), link="log"), trial


def courses(link: str) -> tuple[bp.Trajectories, bp.Panel]:
    """Two classes of courses of 600 pupils at 4 waves: of numbers of events, or of four categories."""
    rng = np.random.default_rng(2)
    high = rng.random(600) < 0.4
    level = np.where(high[:, None], 1.0 - 0.2 * np.arange(4), -0.5)
    if link == "log":
        scores = rng.poisson(np.exp(level) * rng.gamma(2.0, 0.5, level.shape)).astype(float)
    else:
        scores = np.digitize(2.0 * level + rng.logistic(size=level.shape), [0.0, 1.5, 3.0]).astype(float)
    frame = pd.DataFrame(scores, columns=[f"y_{wave}" for wave in range(1, 5)])
    panel = bp.Panel.from_wide(frame, columns={"y": [f"y_{wave}" for wave in range(1, 5)]})
    return bp.Trajectories("y", classes=2, link="log" if link == "log" else "logit"), panel


def heavy_tails() -> tuple[bp.RICLPM, bp.Panel]:
    """700 pupils, two variables at 4 waves, with Student-t scores."""
    rng = np.random.default_rng(3)
    stable = rng.normal(size=(700, 1, 2))
    within = [rng.normal(size=(700, 2))]
    for _ in range(3):
        within.append(within[-1] @ np.array([[0.3, 0.1], [0.1, 0.3]]) + rng.normal(size=(700, 2)))
    scores = stable + np.stack(within, axis=1) / np.sqrt(rng.gamma(2.5, 1 / 2.5, (700, 1, 1)))
    names = [f"{name}_{wave}" for wave in range(1, 5) for name in "xy"]
    columns = {name: [f"{name}_{wave}" for wave in range(1, 5)] for name in "xy"}
    panel = bp.Panel.from_wide(pd.DataFrame(scores.reshape(700, -1), columns=names), columns=columns)
    return bp.RICLPM(("x", "y"), tails="student"), panel


def score_rows(row: Row) -> None:
    """Measure and print a posterior of each: seconds of processors, least ESS, and ESS per second."""
    work: dict[str, tuple[Callable[[], tuple[object, object]], Sequence[str]]] = {
        "counts in a trial, 1,200 pupils in 60 classes": (
            counted_trial,
            ("effect", "class_sd", "school_sd"),
        ),
        "counts, two classes of courses, 600 pupils": (lambda: courses("log"), ("growth", "share")),
        "ordered, two classes of courses, 600 pupils": (lambda: courses("logit"), ("growth", "share")),
        "Student-t tails, 700 pupils, 2 variables, 4 waves": (heavy_tails, ("lag",)),
    }
    for name, (made, parameters) in work.items():
        spec, data = made()
        taken, least = posterior(spec, data, parameters)
        measured = f"{taken:.0f} s of processors; ESS {least:.0f} = {least / taken:.0f} per s"
        row(f"{name}: 4 x (500 + 1000)", measured, "")


def posterior(spec: object, data: object, parameters: Sequence[str]) -> tuple[float, float]:
    """Return processor seconds of a fit that compiles nothing, and the least bulk-ESS of some parameters."""
    arviz_stats: Any = import_module("arviz_stats")
    bp.fit(spec, data, seed=1, progress=False, sampling=bp.Sampling(draws=20, tune=50, chains=2), retry=False)  # type: ignore[arg-type]  # any family
    began = time.process_time()
    fit = bp.fit(spec, data, seed=1, progress=False, retry=False)  # type: ignore[arg-type]  # any family
    taken = time.process_time() - began
    found = arviz_stats.ess(fit.posterior[[name for name in parameters if name in fit.posterior]])
    return taken, min(float(np.nanmin(values)) for values in found.data_vars.values())


if __name__ == "__main__":
    score_rows(lambda *cells: print(" | ".join(map(str, cells)), flush=True))
