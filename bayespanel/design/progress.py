"""How far a study is, read from its store while it runs or afterwards."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bayespanel.design import ownership, store
from bayespanel.design.kept_numbers import FAILED, UNCONVERGED

RECENT = 50
"""Replicates from which the present rate is taken."""


@dataclass(frozen=True)
class Progress:
    """How far a study is.

    Attributes
    ----------
    kind, card, world
        What it is.
    finished, wanted
        Replicates over all conditions; of a search, which runs only those that it needs, nobody knows how many.
    failed, unconverged
        Of those finished.
    per_minute
        Present rate; NaN where nobody writes, or has not yet finished two.
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
    wanted: int | None
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
        whole = f"of {self.wanted}" if self.wanted is not None else "so far; a search ends when it knows enough"
        lines.append(f"  finished     {self.finished} {whole}")
        lines.append(f"  unconverged  {self.unconverged}")
        lines.append(f"  failed       {self.failed}")
        if np.isfinite(self.seconds_fit):
            lines.append(f"  per fit      {self.seconds_fit:.2g} s on one processor")
        if np.isfinite(self.per_minute):
            left = f", {self.minutes_left:.3g} minutes left" if np.isfinite(self.minutes_left) else ""
            lines.append(f"  rate         {self.per_minute:.3g} per minute{left}")
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
    written = ownership.is_written(path)
    times = np.sort(run["finished"][done])
    # A pause before the present run is no part of its rate.
    times = times[times >= ownership.since(Path(path))][-RECENT:] if written else times[:0]
    rate = 60 * (len(times) - 1) / max(times[-1] - times[0], 1e-9) if len(times) > 1 else np.nan
    wanted = None if store.asked(path).get("find") else len(done)
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
        minutes_left=float("nan") if wanted is None else float((wanted - done.sum()) / rate),
        seconds_fit=float(np.nanmean(run["seconds_fit"])) if np.isfinite(run["seconds_fit"]).any() else np.nan,
        writer=ownership.owner(Path(path)) if written else "",
        failures=dict(reasons.most_common()),
    )
