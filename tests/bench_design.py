"""How fast design studies are: the rows that `make bench` prints for them; alone: `python -m tests.bench_design`."""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bayespanel.inference.settings import Running, Sampling
from tests.design.mock import mock

if TYPE_CHECKING:
    from bayespanel.design.study import Study

Row = Callable[..., None]

WORKERS = 2

WARM = 6
"""Replicates that are run before the clock starts: enough that every worker has compiled its model."""


def design_rows(row: Row, *, quick: bool = False) -> None:
    """Measure and print: replicates per second of two designs, what is not fitting, memory, and a long panel."""
    panel = _panel(4 if quick else 200)
    trial = _trial(4 if quick else 100)
    measured = _measured(panel, WORKERS)
    row("power, 2 variables, 1,189 pupils, 5 waves: 4 x (300 + 500), 2 workers", measured.rate(), ">= 1 per s")
    row("the same: what is not simulating and fitting", f"{measured.overhead:.1f} % of it", "< 5 %")
    row("the same: memory of a worker, compiled; at the end", measured.memory(), "< 1.5 GB, flat")
    row("the same, without a walk", _measured(replace(panel, sampling=AUTO), WORKERS).rate(), "")
    row("power, school-trial, 3 levels: 4 x (300 + 500), 2 workers", _measured(trial, WORKERS).rate(), ">= 2 per s")
    row("1,000 mock replicates, 2 workers started, into a store", f"{_mocked(1000):.1f} s", "< 60 s")
    if not quick:
        measured = _measured(_triangle(2), 1, warm=0)
        row("power, 7 variables, 9,779 pupils, 3 levels: 1 worker, no compilation", measured.each(), "<= 120 s")


class Measured:
    """What running a study gave: replicates after the warm ones, and the memory of workers before and after them."""

    def __init__(self, wall: float, run: dict[str, np.ndarray], workers: int, memory: tuple[float, float]) -> None:
        self.wall, self.run, self.workers, self.gigabytes = wall, run, workers, memory

    @property
    def overhead(self) -> float:
        """Percentage by which workers take longer than their replicates do."""
        return float(100 * (self.workers * self.wall / self.run["seconds"].sum() - 1))

    def rate(self) -> str:
        """Replicates per second, and how many of them agreed about every pathway."""
        settled = 100 * np.mean(self.run["rhat"] < 1.01)
        return f"{len(self.run['seconds']) / self.wall:.2f} per s; R-hat < 1.01 in {settled:.0f} %"

    def memory(self) -> str:
        """The largest worker at the start and at the end."""
        return f"{self.gigabytes[0]:.2f}; {self.gigabytes[1]:.2f} GB after {len(self.run['seconds'])}"

    def each(self) -> str:
        """Seconds of the last replicate, which found its model compiled."""
        return f"{self.run['seconds'][-1]:.0f} s; R-hat {self.run['rhat'][-1]:.3f}"


def _measured(study: Study, workers: int, warm: int = WARM) -> Measured:
    from bayespanel.design import engine, store

    here = Running(workers=workers, progress=False)
    with tempfile.TemporaryDirectory() as folder, engine.pool(here) as client:
        path = Path(folder, "s.zarr")
        first = [(0, number) for number in range(warm)]
        rest = [(0, number) for number in range(warm, study.replicates)]
        if first:
            engine.run(study, path, here, client=client, only=first)
        assert client is not None
        before = max(client.run(_gigabytes).values())
        began = time.perf_counter()
        engine.run(study, path, here, client=client, only=rest)
        wall = time.perf_counter() - began
        after = max(client.run(_gigabytes).values())
        found = store.opened(path)["run"].isel(condition=0, replicate=slice(warm, None))
        run = {str(name): found.sel(measure=name).values for name in found["measure"].values}
    return Measured(wall, run, workers, (before, after))


def _gigabytes() -> float:
    """Memory of this process."""
    import psutil  # comes with distributed

    return float(psutil.Process().memory_info().rss / 1e9)


def _mocked(replicates: int) -> float:
    """Seconds of replicates that take no time, from starting workers to the last line in the store."""
    from bayespanel.design import engine
    from tests.design.studies import study

    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        engine.run(study(replicates), Path(folder, "s.zarr"), Running(workers=WORKERS, progress=False), task=mock)
        return time.perf_counter() - began


FEW = Sampling(draws=500, tune=300, sampler="nuts")
AUTO = replace(FEW, sampler="auto")


def _panel(replicates: int) -> Study:
    import bayespanel as bp
    from bayespanel.design.power import power_study

    world = bp.world("mulder-2023", {"pupils": 1189, "waves": 5})
    spec = bp.RICLPM(variables=("x", "y"))
    return power_study(spec, world, replicates=WARM + replicates, seed=1, rope=0.03, sampling=FEW)


def _trial(replicates: int) -> Study:
    import bayespanel as bp
    from bayespanel.design.power import power_study

    spec = bp.ClusterTrial(outcomes=("score",), levels=("pupil", "class", "school"))
    return power_study(
        spec,
        bp.world("school-trial"),
        replicates=WARM + replicates,
        seed=1,
        rope=0.1,
        sampling=FEW,
    )


def _triangle(replicates: int) -> Study:
    import bayespanel as bp
    from bayespanel.design.power import power_study

    return power_study(
        bp.card("spillover"),
        bp.world("triangle-panel"),
        replicates=replicates,
        seed=1,
        sampling=FEW,
    )


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--quick", action="store_true", help="few replicates, and no long panel")
    design_rows(lambda *cells: print("  ".join(cells), flush=True), quick=arguments.parse_args().quick)


if __name__ == "__main__":
    main()
