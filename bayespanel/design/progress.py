"""How far a study is, read from its store while it runs or afterwards."""

from __future__ import annotations

import os
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bayespanel.design import store
from bayespanel.design.statistics import FAILED, UNCONVERGED

RECENT = 50
"""Replicates from which the present rate is taken."""

STALLED = 600.0
"""Seconds without a new replicate after which there is no rate to speak of."""


@dataclass(frozen=True)
class Progress:
    """How far a study is.

    Attributes
    ----------
    kind, card, world
        What it is.
    finished, wanted
        Replicates over all conditions. A search runs only those that it needs.
    failed, unconverged
        Of those finished.
    per_minute
        Present rate; NaN where nothing has been finished lately.
    minutes_left
        At this rate.
    seconds_fit
        Average time of a fit, on one processor.
    writer
        Who writes to the store; empty if nobody does.
    failures
        Reason -> number, the most frequent first.
    """

    kind: str
    card: str
    world: str
    finished: int
    wanted: int
    failed: int
    unconverged: int
    per_minute: float
    minutes_left: float
    seconds_fit: float
    writer: str
    failures: dict[str, int]

    def to_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return asdict(self)

    def __str__(self) -> str:
        about = " of ".join(part for part in (self.card, self.world) if part)
        lines = [f"{self.kind}{': ' + about if about else ''}"]
        lines.append(f"  finished     {self.finished} of {self.wanted}")
        lines.append(f"  unconverged  {self.unconverged}")
        lines.append(f"  failed       {self.failed}")
        if np.isfinite(self.seconds_fit):
            lines.append(f"  per fit      {self.seconds_fit:.2g} s on one processor")
        if np.isfinite(self.per_minute):
            lines.append(f"  rate         {self.per_minute:.3g} per minute, {self.minutes_left:.3g} minutes left")
        lines.append(f"  written by   {self.writer or 'nobody now'}")
        lines += [f"  {number} x {reason}" for reason, number in self.failures.items()]
        return "\n".join(lines)


def progress(path: str | os.PathLike[str]) -> Progress:
    """Return how far the study of a store is.

    Raises
    ------
    FitError
        No store of a study.
    """
    study, found = store.study_of(path), store.opened(path)
    run = {str(name): found["run"].sel(measure=name).values.ravel() for name in found["measure"].values}
    done = np.isfinite(run["status"])
    times = np.sort(run["finished"][done])[-RECENT:]
    rate = np.nan
    if len(times) > 1 and time.time() - times[-1] < STALLED:
        rate = 60 * (len(times) - 1) / max(times[-1] - times[0], 1e-9)
    wanted = len(done)
    reasons = Counter(store.failures(path).values())
    return Progress(
        kind=study.kind,
        card=study.card,
        world=study.world.name if study.world else "",
        finished=int(done.sum()),
        wanted=wanted,
        failed=int((run["status"] == FAILED).sum()),
        unconverged=int((run["status"] == UNCONVERGED).sum()),
        per_minute=float(rate),
        minutes_left=float((wanted - done.sum()) / rate) if np.isfinite(rate) else np.nan,
        seconds_fit=float(np.nanmean(run["seconds_fit"])) if np.isfinite(run["seconds_fit"]).any() else np.nan,
        writer=store.owner(Path(path)) if store.is_written(path) else "",
        failures=dict(reasons.most_common()),
    )
