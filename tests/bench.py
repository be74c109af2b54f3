"""How fast it is: `make bench`, or `python -m tests.bench --quick` without the long posteriors.

Every figure is measured in this run, on simulated standardised data. Peers were timed elsewhere, on two cores of a
comparable machine, and are printed as they were reported.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from tests import bench_history as history
from tests.bench_design import design_rows
from tests.bench_models import gradients, tree_row
from tests.bench_ordered import ordered_rows
from tests.bench_patterns import pattern_rows
from tests.bench_schools import school_rows
from tests.bench_scores import score_rows
from tests.bench_trajectories import trajectory_rows
from tests.bench_trial import trial_rows

PUPILS, WAVES, SCHOOLS, CLASSES = 9_779, 5, 99, 495

START = """
import json, time
began = time.perf_counter()
import numpy as np
from bayespanel.inference.nuts import import_nutpie
import_nutpie()
from bayespanel.data import Panel
from bayespanel.families.panel.build import build, start
from bayespanel.families.panel.spec import RICLPM
from bayespanel.inference.posterior import compile_posterior
moments = Panel.from_summary(mean=np.zeros(10), cov=np.eye(10) + 0.5, n=1000, variables=["x", "y"], waves=list("12345"))
spec = RICLPM(variables=["x", "y"])
compile_posterior(build(spec, moments), start(spec, moments))
print(json.dumps(time.perf_counter() - began))
"""


START_UP = (("--version",), ("--help",), ("models",), ("models", "spillover"))
"""Command lines that read words only, and must answer at once."""


def start_up(arguments: tuple[str, ...], times: int = 10) -> float:
    """Median seconds of a command line, from a warm disk."""
    command = [sys.executable, "-m", "bayespanel", *arguments]
    seconds = []
    for _ in range(times):
        began = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        seconds.append(time.perf_counter() - began)
    return float(np.median(seconds))


def table_of_pupils(variables: int, *, pupils: int, clusters: bool) -> pd.DataFrame:
    """Pupils in wide format: person share .5, carry-over .25, cross-lags .03; waves missing if there are clusters."""
    rng = np.random.default_rng(20120501)
    root = np.linalg.cholesky(0.3 + 0.7 * np.eye(variables))
    classroom = rng.integers(0, CLASSES, pupils)
    classroom[:CLASSES] = np.arange(CLASSES)
    school = classroom % SCHOOLS

    def effects(number: int, share: float) -> np.ndarray:
        return rng.normal(size=(number, variables)) @ root.T * np.sqrt(share)

    stable = effects(pupils, 0.5)
    if clusters:
        stable += effects(CLASSES, 0.05)[classroom] + effects(SCHOOLS, 0.02)[school]
    lag = 0.22 * np.eye(variables) + 0.03
    within = effects(pupils, 0.45)
    scores = np.empty((pupils, WAVES, variables))
    for wave in range(WAVES):
        if wave:
            within = within @ lag.T + effects(pupils, 0.4)
        scores[:, wave] = stable + within
    if clusters:
        missing = rng.random((pupils, WAVES)) < 0.25
        missing[missing.all(1), 0] = False
        scores[missing] = np.nan
    columns = {f"v{k}_{t}": scores[:, t, k] for k in range(variables) for t in range(WAVES)}
    return pd.DataFrame(columns | {"school": school, "class": classroom})


def microseconds(function: Callable[[], object], repeats: int) -> float:
    """Least time of seven series: what disturbs a series can only make it longer."""
    function()
    times = []
    for _ in range(7):
        began = time.perf_counter()
        for _ in range(repeats):
            function()
        times.append((time.perf_counter() - began) / repeats)
    return 1e6 * min(times)


class Case:
    """A model for simulated pupils, compiled."""

    def __init__(self, variables: int, *, pupils: int = PUPILS, clusters: bool, groups: bool = False) -> None:
        from bayespanel import RICLPM, DataWarning, Panel
        from bayespanel.families.panel.build import build, start
        from bayespanel.inference.posterior import compile_posterior

        names = [f"v{k}" for k in range(variables)]
        # A hundred times as many pupils in the same classes makes classes that the data layer rightly wonders at.
        warnings.simplefilter("ignore", DataWarning)
        frame = table_of_pupils(variables, pupils=pupils, clusters=clusters)
        panel = Panel.from_wide(
            frame.assign(sex=np.where(np.arange(pupils) % 2, "girl", "boy")),
            columns={name: [f"{name}_{t}" for t in range(WAVES)] for name in names},
            classroom="class" if clusters else None,
            school="school" if clusters else None,
            group="sex" if groups else None,
        )
        levels = ("pupil", "class", "school") if clusters else ("pupil",)
        self.spec = RICLPM(variables=tuple(names), levels=levels, groups="sex" if groups else "")
        self.moments = panel.moments()
        self.posterior = compile_posterior(build(self.spec, self.moments), start(self.spec, self.moments))

    def gradient(self) -> float:
        """Microseconds of one log-density and gradient, priors included."""
        return microseconds(lambda: self.posterior(self.posterior.start), 50)

    def sample(self, tune: int = 1000) -> tuple[float, float, float, float]:
        """Sampling seconds, least bulk-ESS of the lags, of all parameters, and greatest R-hat."""
        from bayespanel.inference.nuts import sample
        from bayespanel.inference.settings import Sampling, Settings
        from bayespanel.inference.whiten import whitened, whitening

        began = time.perf_counter()
        coordinates = whitening(self.posterior)
        tree = sample(
            whitened(self.posterior, coordinates),
            len(self.posterior.start),
            Settings(Sampling(tune=tune), seed=1, cores=2),
        )
        seconds = time.perf_counter() - began
        return seconds, *self._said(coordinates.points(tree["posterior"].to_dataset()["z"].values))

    def without_a_walk(self) -> str:
        """The same by independence sampling, the fastest of three; proposals for a draw, efficiency, Pareto k."""
        from bayespanel.inference.independence import independent
        from bayespanel.inference.settings import Sampling, Settings
        from bayespanel.inference.whiten import whitening

        times = []
        for _ in range(3):
            began = time.perf_counter()
            coordinates = whitening(self.posterior)
            found, proposal = independent(self.posterior, coordinates, Settings(Sampling(), 1, 2), anyway=False)
            times.append(time.perf_counter() - began)
        if found is None:
            return f"NUTS: {proposal.because}"
        lags, least, worst = self._said(coordinates.points(found.z))
        judged = f"{proposal.every} for a draw, efficiency {proposal.efficiency:.2f}, k {proposal.pareto_k:.2f}"
        return f"{min(times):.2f} s; ESS lags {lags:.0f}, all {least:.0f}; R-hat {worst:.3f}; {judged}"

    def _said(self, points: np.ndarray) -> tuple[float, float, float]:
        """Least bulk-ESS of the lags, of all parameters, and greatest R-hat."""
        import arviz_stats

        from bayespanel.families.panel.draws import posterior

        free = self.posterior.constrain(points)
        named = posterior(self.spec, self.moments, free).drop_vars(["lag_standardised", "icc", "spectral_radius"])
        named = named.map(lambda x: x.where(x.std(("chain", "draw")) > 1e-9))
        with np.errstate(invalid="ignore"):
            ess, rhat = arviz_stats.ess(named), arviz_stats.rhat(named)
        least = min(float(v.min()) for v in ess.data_vars.values() if np.isfinite(v).any())
        worst = max(float(v.max()) for v in rhat.data_vars.values() if np.isfinite(v).any())
        return float(ess["lag"].min()), least, worst


def start_seconds(*, cold: bool) -> float:
    """Seconds to import, build and compile a bivariate model in a new process; `cold` without anything on disk."""
    environment = dict(os.environ)
    with tempfile.TemporaryDirectory() as folder:
        if cold:
            environment["NUMBA_CACHE_DIR"] = str(Path(folder, "numba"))
            environment["PYTENSOR_FLAGS"] = f"base_compiledir={Path(folder, 'pytensor')}"
        runs = [
            subprocess.run([sys.executable, "-c", START], env=environment, capture_output=True, text=True, check=True)
            for _ in range(1 if cold else 3)
        ]
    return min(float(json.loads(run.stdout.strip().splitlines()[-1])) for run in runs)


def dynamics_seconds() -> float:
    """Seconds for responses of 4,000 draws of 7 variables over 10 waves, their parts, intervals and errors."""
    from bayespanel import RICLPM
    from bayespanel.families.panel.derive import derive
    from bayespanel.families.panel.dynamics import dynamics
    from tests.families.panel.posteriors import random_posterior

    spec = RICLPM(tuple(f"v{k}" for k in range(7)))
    posterior = derive(spec, random_posterior(spec, 5, seed=1, chains=4, draws=1000))
    return microseconds(lambda: dynamics(spec, posterior, waves=10, prob=0.95), 1) / 1e6


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--quick", action="store_true", help="leave the long posteriors and the cold start out")
    arguments.add_argument(
        "--runs", type=Path, default=history.RUNS, help="folder of earlier runs, to which this is added"
    )
    asked = arguments.parse_args()
    quick, fixed = asked.quick, history.yardstick()
    rows: list[tuple[str, str]] = []

    def row(work: str, measured: str, required: str, peers: str = "") -> None:
        rows.append((work, measured))
        print(f"{work:<62} {measured:<46} {required:<22} {peers}", flush=True)

    row("work (simulated, standardised data)", "measured", "must reach", "peers, as reported")
    for command in START_UP:
        row(f"bayespanel {' '.join(command)}: median of 10", f"{start_up(command):.2f} s", "< 0.5 s")
    if not quick:
        row("cold start: import, build, compile, nothing on disk", f"{start_seconds(cold=True):.0f} s", "<= 60 s")
        start_seconds(cold=False)
    row("warm start: import, build, compile", f"{start_seconds(cold=False):.1f} s", "<= 8 s")
    two = Case(2, clusters=False)
    row("2 variables, complete: log-density and gradient", f"{two.gradient():.1f} us", "<= 25 us")
    one, both = (Case(3, clusters=False, groups=groups).gradient() for groups in (False, True))
    row("3 variables, complete: same", f"{one:.1f} us", "<= 60 us")
    row("3 variables, complete, two groups: same", f"{both:.1f} us = {both / one:.2f} x", "<= 2.2 x")
    two_levels = Case(2, clusters=True)
    row("2 variables, 31 patterns, 495 classes, 99 schools: same", f"{two_levels.gradient():.0f} us", "<= 250 us")
    seven_levels = Case(7, clusters=True)
    base = seven_levels.gradient()
    row("7 variables, the same clusters and patterns: same", f"{base:.0f} us", "<= 1500 us")
    many = Case(7, pupils=10 * PUPILS, clusters=True)
    ten = many.gradient()
    blocks = f"{ten:.0f} us = {ten / base:.2f} x ({many.moments.n_blocks} blocks for {seven_levels.moments.n_blocks})"
    row("7 variables, ten times as many pupils: same", blocks, "<= 1.1 x")
    hundred = Case(7, pupils=100 * PUPILS, clusters=True)
    blocks = (
        f"{hundred.gradient():.0f} us = {hundred.gradient() / ten:.2f} x that row ({hundred.moments.n_blocks} blocks)"
    )
    row("7 variables, a hundred times as many pupils: same", blocks, "")

    def posterior(work: str, case: Case, required: str, peers: str = "", tune: int = 1000) -> None:
        seconds, lags, least, worst = case.sample(tune)
        measured = f"{seconds:.1f} s; ESS lags {lags:.0f}, all {least:.0f}; R-hat {worst:.3f}"
        row(work, measured, required, peers)

    for name, found in gradients().items():
        row(f"3 variables, 5 waves, {name}: same", f"{found:.1f} us", "<= 60 us")
    pattern_rows(row, quick=quick)
    school_rows(row, microseconds, quick=quick)
    ordered_rows(row, quick=quick)
    trial_rows(row, microseconds)
    trajectory_rows(row, microseconds, quick=quick)
    if not quick:
        score_rows(row)
    design_rows(row, quick=quick)
    row("dynamics: 4,000 draws, 7 variables, 10 waves", f"{dynamics_seconds():.1f} s", "<= 2 s")
    stan = "Stan 4.3 s + 43 s compiling, ESS 3,454; lavaan ML 0.13 s"
    posterior("2 variables, complete: 4 x (1000 + 1000), 2 cores", two, "<= 1.2 s, ESS > 3000", stan)
    small = Case(2, pupils=1189, clusters=False)
    peer = "lavaan 0.6-14 ML 0.13 s (2026)"
    row("2 variables, 1,189 pupils, without a walk: 4 x 1000", small.without_a_walk(), "<= 0.13 s, ESS > 3000", peer)
    row("2 variables, 9,779 pupils: the same", two.without_a_walk(), "<= 0.13 s, ESS > 3000", peer)
    posterior("2 variables, three levels: 4 x (1000 + 1000)", two_levels, "<= 8 s, ESS > 400")
    if not quick:
        stan = "Stan 68 s, ESS 2,424; lavaan ML 2.3 s"
        seven = Case(7, clusters=False)
        posterior("7 variables, complete: 4 x (1000 + 1000)", seven, "<= 8 s", stan)
        row(
            "7 variables, without a walk: 4 x 1000", seven.without_a_walk(), "<= 2.3 s", "lavaan 0.6-14 ML 2.3 s (2026)"
        )
        posterior("7 variables, three levels: 4 x (500 + 1000)", seven_levels, "<= 120 s, ESS > 400", "", 500)
        row(*tree_row())
    run, before = history.run_of(rows[1:], min(fixed, history.yardstick())), history.last(asked.runs)
    print("\n".join(["", *(history.compared(run, before) if before else ["There is no earlier run to compare with."])]))
    print(f"Written: {history.save(run, asked.runs)}")


if __name__ == "__main__":
    main()
