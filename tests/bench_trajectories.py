"""How fast trajectories are: the rows that `make bench` prints for them."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

Row = Callable[..., None]


def trajectory_rows(
    row: Row, microseconds: Callable[[Callable[[], object], int], float], *, quick: bool = False
) -> None:
    """Measure and print: densities of 9,122 pupils x 5 waves x 3 classes, maximum likelihood, a posterior."""
    import bayespanel as bp
    from bayespanel.families.trajectories.build import build, start
    from bayespanel.families.trajectories.statistics import data_for
    from bayespanel.families.trajectories.worlds import persistent_victims
    from bayespanel.inference.posterior import compile_posterior

    for ordinal in (False, True):
        frame = bp.simulate(persistent_victims(ordinal=ordinal), 1)
        card = bp.card("persistent-victims")
        assert isinstance(card.spec, bp.Trajectories)
        spec = card.spec if ordinal else replace(card.spec, link="identity", categories=())
        panel = bp.Panel.from_long(
            frame, pupil="pupil", wave="wave", variables=["victimisation"], school="school", covariates=spec.predictors
        )
        rows = data_for(spec, panel)
        posterior = compile_posterior(build(spec, rows), start(spec, rows))
        kind = "ordered" if ordinal else "Gaussian"
        measured = microseconds(lambda posterior=posterior: posterior(posterior.start), 20) / 1000
        row(f"3 classes, {rows.n_pupils:,} pupils, 5 waves, {kind}: log-density and gradient",
            f"{measured:.2f} ms", "<= 5 ms")  # fmt: skip
        alone = data_for(replace(spec, levels=("pupil",)), panel)
        began = time.perf_counter()
        found = bp.maximum_likelihood(replace(spec, levels=("pupil",)), alone)
        starts = int(found.maxima["starts"].iloc[0]), int(found.maxima["starts"].sum())
        row(f"the same, {kind}: maximum likelihood from 60 starts, without schools",
            f"{time.perf_counter() - began:.1f} s; {starts[0]} of {starts[1]} followed starts agree", "")  # fmt: skip
    if quick:
        return
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder, "pupils.csv")
        frame.to_csv(table, index=False)
        command = [sys.executable, "-m", "bayespanel", "fit", "persistent-victims-by-arm", str(table), "--quiet"]
        began = time.perf_counter()
        subprocess.run([*command, "-o", str(Path(folder, "out"))], check=True, capture_output=True)
        seconds = time.perf_counter() - began
        fit = bp.load(Path(folder, "out", "fit.nc"))
    passed = bool(bp.checks(fit)["passed"].all())
    row(
        "bayespanel fit persistent-victims-by-arm (9,122 pupils, 99 schools), the whole command",
        f"{seconds:.0f} s, sampling {fit.provenance['seconds']['sample']:.0f} s; checks {'hold' if passed else 'FAIL'}",
        "<= 180 s",
    )
