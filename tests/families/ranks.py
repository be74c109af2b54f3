"""Lines of a table of ranks: is a model calibrated, at reduced size? Of studies that are run by hand."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import bayespanel as bp

SEED = 2012


def line(name: str, spec: Any, design: Any, replicates: int, sampling: bp.Sampling) -> dict[str, Any]:
    """Rank truths drawn from the priors of a model: how many quantities, how many outside of their band, smallest p."""
    began = time.perf_counter()
    running = bp.Running(workers=1, progress=False)
    found = bp.calibrate(spec, design, replicates=replicates, seed=SEED, sampling=sampling, running=running)
    inside, p = found["inside"].values, found["p_value"].values
    known = np.isfinite(p)
    return {
        "name": name,
        "finished": int(found.attrs["finished"]),
        "quantities": int(known.sum()),
        "outside": int((~inside[known].astype(bool)).sum()),
        "smallest p": float(np.nanmin(p)),
        "p of all together": float(min(1.0, known.sum() * np.nanmin(p))),
        **{f"covered {share} %": float(np.nanmean(found[f"coverage_{share}"])) for share in (50, 90)},
        "seconds": time.perf_counter() - began,
    }


def add_lines(every: Iterable[str], ranked: Callable[[str, int], dict[str, Any]]) -> None:
    """Add lines to a table as they are done; arguments of the command: REPLICATES TABLE [NAME ...]."""
    replicates, path, *names = sys.argv[1:]
    for name in names or every:
        row = pd.DataFrame([ranked(name, int(replicates))]).round(4)
        row.to_csv(path, mode="a", header=not Path(path).exists(), index=False)
        print(row.to_string(index=False), flush=True)
