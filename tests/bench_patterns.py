"""How fast a panel of many missing patterns is. Run by `make bench`, or alone as `python -m tests.bench_patterns`."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Literal

import numpy as np
import pandas as pd

import bayespanel as bp

Row = Callable[[str, str, str], None]

SAMPLERS: tuple[Literal["auto", "nuts"], ...] = ("auto", "nuts")


def table(variables: int, waves: int, pupils: int, *, missing: float, by_wave: bool) -> pd.DataFrame:
    """Pupils in wide format, with scores missing cell by cell, or all of a wave at once."""
    rng = np.random.default_rng(20120501)
    lag = 0.25 * np.eye(variables) + 0.05
    stable, within = (0.7 * rng.normal(size=(pupils, variables)) for _ in range(2))
    scores = np.empty((pupils, waves, variables))
    for wave in range(waves):
        if wave:
            within = within @ lag.T + 0.65 * rng.normal(size=(pupils, variables))
        scores[:, wave] = stable + within
    gone = rng.random((pupils, waves, 1 if by_wave else variables)) < missing
    scores[np.broadcast_to(gone, scores.shape)] = np.nan
    frame = pd.DataFrame({f"v{k}_{t}": scores[:, t, k] for k in range(variables) for t in range(waves)})
    return frame[frame.notna().any(axis=1)]


def panel(variables: int, waves: int, pupils: int, *, missing: float, by_wave: bool) -> bp.Panel:
    """The same as a panel."""
    columns = {f"v{k}": [f"v{k}_{t}" for t in range(waves)] for k in range(variables)}
    return bp.Panel.from_wide(table(variables, waves, pupils, missing=missing, by_wave=by_wave), columns=columns)


def pattern_rows(row: Row, *, quick: bool) -> None:
    """Measure 20,000 pupils of 15 cells, 30 % missing cell by cell, and 341 pupils of twelve waves."""
    from bayespanel.families.panel.build import build, start
    from bayespanel.inference.posterior import compile_posterior
    from tests.bench import microseconds

    moments = panel(3, 5, 20_000, missing=0.3, by_wave=False).moments()
    spec = bp.RICLPM(("v0", "v1", "v2"))
    posterior = compile_posterior(build(spec, moments), start(spec, moments))
    spent = microseconds(lambda: posterior(posterior.start), 10) / 1000
    row(
        f"{moments.n_kinds} patterns of 15 cells, 20,000 pupils: log-density and gradient",
        f"{spent:.1f} ms",
        "<= 8 ms",
    )
    if quick:
        return
    long = panel(2, 12, 341, missing=0.2, by_wave=True)
    for sampler in SAMPLERS:
        how = bp.Sampling(draws=1500, sampler=sampler)
        bp.fit(bp.RICLPM(("v0", "v1")), long, sampling=how, seed=1, progress=False)
        began = time.perf_counter()
        fit = bp.fit(bp.RICLPM(("v0", "v1")), long, sampling=how, seed=2, progress=False)
        spent = time.perf_counter() - began
        steps = float(fit.tree["sample_stats"]["n_steps"].mean())
        row(
            f'12 waves, 341 pupils, {long.moments().n_kinds} patterns: 4 x 1500 draws, sampler="{sampler}", compiled',
            f"{spent:.1f} s; {steps:.1f} evaluations a draw",
            "<= 15 s" if sampler == "auto" else "",
        )


if __name__ == "__main__":
    pattern_rows(lambda *said: print(*said, sep=": ", flush=True), quick=False)
