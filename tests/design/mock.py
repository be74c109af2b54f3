"""A stand-in for simulating and fitting whose answers are known: a normal mean with a known standard error.

Truth t, estimate t + s e with e standard normal, posterior Normal(estimate, s). So power, coverage and the uniform rank
of the truth have closed forms. Workers import this module by its name.
"""

from __future__ import annotations

import os
import time

import numpy as np
import xarray as xr
from scipy.stats import norm

from bayespanel.design.engine import Run
from bayespanel.design.kept_numbers import DONE, FAILED, RANKED, RUN, STATISTICS, UNCONVERGED, Record
from bayespanel.design.pathways import coordinates
from bayespanel.design.replicate import measures
from bayespanel.design.study import Study
from bayespanel.inference.settings import Running

HERE = Running(workers=0, progress=False)
"""In this process."""

ERROR = 0.1
"""Standard error with 100 pupils."""


def mock(study: Study, names: tuple[str, ...], condition: int, number: int) -> Record:
    """Return a replicate in which every pathway has the truth 0.2, with 100 pupils the standard error 0.1."""
    return _record(study, names, condition, number, wide=1.0)


def overconfident(study: Study, names: tuple[str, ...], condition: int, number: int) -> Record:
    """The wrong twin: a posterior of half the width that it should have."""
    return _record(study, names, condition, number, wide=0.5)


def shifted(study: Study, names: tuple[str, ...], condition: int, number: int) -> Record:
    """Another wrong twin: a posterior half a standard error too high."""
    return _record(study, names, condition, number, wide=1.0, shift=0.5)


def some_fail(study: Study, names: tuple[str, ...], condition: int, number: int) -> Record:
    """Every fifth replicate fails, every fifth does not converge."""
    if number % 5 == 0:
        empty = np.full((len(names), len(STATISTICS)), np.nan)
        return Record(empty, measures(status=FAILED), "The data were refused.")
    return _record(study, names, condition, number, wide=1.0, status=UNCONVERGED if number % 5 == 1 else DONE)


def slow(study: Study, names: tuple[str, ...], condition: int, number: int) -> Record:
    """Take a while, so that something can be killed meanwhile."""
    time.sleep(0.15)
    return mock(study, names, condition, number)


def unable(_study: Study, _names: tuple[str, ...], _condition: int, _number: int) -> Record:
    """A worker without what it needs, which says so unless it keeps a history of itself."""
    import dask

    if dask.config.get("distributed.worker.profile.enabled"):
        raise RuntimeError("Its memory grows.")
    raise OSError("no such library")


def dying(study: Study, names: tuple[str, ...], condition: int, number: int) -> Record:
    """Take the worker down, the first time that a replicate is run: a file says that it was."""
    mark = os.path.join(os.environ["MOCK_MARKS"], f"{condition}-{number}")  # noqa: PTH118  (a path from outside)
    if number == 3 and not os.path.exists(mark):  # noqa: PTH110
        with open(mark, "w"):  # noqa: PTH123
            pass
        os.kill(os.getpid(), 9)
    return mock(study, names, condition, number)


def gathered(study: Study, task: Run) -> xr.Dataset:
    """Return what a store of the study would hold, without a store."""
    names = coordinates(study)
    paths = tuple(map(str, names["pathway"].values))
    cells = [[task(study, paths, c, r) for r in range(study.replicates)] for c in range(len(study.conditions))]
    return xr.Dataset(
        {
            "statistics": (
                ("condition", "replicate", "pathway", "statistic"),
                np.array([[record.statistics for record in row] for row in cells]),
            ),
            "run": (("condition", "replicate", "measure"), np.array([[record.run for record in row] for row in cells])),
        },
        coords={
            **names.coords,
            "condition": [condition.name for condition in study.conditions],
            "replicate": np.arange(study.replicates),
            "statistic": list(STATISTICS),
            "measure": list(RUN),
        },
    )


def _record(
    study: Study,
    names: tuple[str, ...],
    condition: int,
    number: int,
    *,
    wide: float,
    shift: float = 0.0,
    status: float = DONE,
) -> Record:
    rng = np.random.default_rng(study.seeds(condition, number)[1])
    pupils = float(study.conditions[condition].values.get("pupils", 100))
    error = ERROR * np.sqrt(100 / pupils)
    truth = np.full(len(names), 0.2)
    if study.kind == "calibration":
        truth = rng.normal(size=len(names))
        # With the prior Normal(0, 1) the posterior of an estimate y is Normal(y / (1 + s^2), s^2 / (1 + s^2)).
    estimate = truth + error * rng.normal(size=len(names))
    sd = np.full(len(names), error)
    if study.kind == "calibration":
        sd = sd / np.sqrt(1 + error**2)
        estimate = estimate / (1 + error**2)
    estimate, sd = estimate + shift * sd, wide * sd
    z = norm.isf((1 - study.prob) / 2)
    draws = estimate[:, None] + sd[:, None] * rng.normal(size=(len(names), RANKED))
    low, high = study.rope
    known = {
        "truth": truth, "raw_truth": truth, "mean": estimate, "median": estimate, "sd": sd,
        "lower": estimate - z * sd, "upper": estimate + z * sd,
        "prob_direction": norm.cdf(np.abs(estimate) / sd),
        "prob_rope": norm.cdf((high - estimate) / sd) - norm.cdf((low - estimate) / sd),
        "prob_above_rope": norm.sf((high - estimate) / sd), "prob_below_rope": norm.cdf((low - estimate) / sd),
        "rank": (draws < truth[:, None]).sum(axis=1), "rhat": np.ones(len(names)),
    }  # fmt: skip
    table = np.full((len(names), len(STATISTICS)), np.nan)
    for name, value in known.items():
        table[:, STATISTICS.index(name)] = value
    return Record(table, measures(status=status, seconds_fit=0.0, by_nuts=number % 4 == 0))
