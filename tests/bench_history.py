"""What `make bench` remembers: one file for each run, and how a run compares with the last one.

Seconds of two machines are compared by a yardstick, a fixed piece of work without the library that is timed in the same
run: a figure that moved as the yardstick did is the machine's, not ours.
"""

from __future__ import annotations

import json
import os
import platform
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np
import psutil

RUNS = Path(__file__).parent / "bench_runs"
"""Where the files are, unless another folder is named."""

LIBRARIES = ("pymc", "pytensor", "nutpie", "numba", "numpy", "scipy", "arviz", "xarray", "pandas")

SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0}
"""Unit of a figure -> seconds."""

FIGURE = re.compile(r"(?<![\w.])(\d[\d,]*(?:\.\d+)?) (us|ms|s)(?![\w])")
"""A time in the words of a row; the first one is its figure."""

MOVED = 1.25
"""Ratio from which on a figure has changed: less is the noise of a shared machine."""


@dataclass(frozen=True)
class BenchRun:
    """A run of the benchmarks.

    Attributes
    ----------
    when
        Date and time, UTC.
    machine
        What it ran on.
    versions
        Of Python and the libraries.
    yardstick
        Seconds of the fixed work: the least of those before and after the rows.
    memory
        Gigabytes of this process, at most.
    figures
        Row -> seconds.
    words
        Row -> what was printed.
    """

    when: str
    machine: str
    versions: dict[str, str]
    yardstick: float
    memory: float
    figures: dict[str, float] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)


def yardstick(times: int = 5) -> float:
    """Least seconds of a fixed piece of work: small matrices, a large product, and a loop of Python."""
    rng = np.random.default_rng(1)
    small, large = np.eye(24) + 0.1, rng.normal(size=(400, 400))

    def work() -> None:
        for _ in range(2000):
            np.linalg.cholesky(small)
        for _ in range(10):
            large @ large
        total = 0
        for i in range(300_000):
            total += i & 7

    return min(_seconds(work) for _ in range(times))


def _seconds(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def run_of(rows: Sequence[tuple[str, str]], fixed: float) -> BenchRun:
    """Return the record of a run from its rows, each the work and what was measured in words."""
    figures = {}
    for work, words in rows:
        found = FIGURE.search(words)
        if found is not None:
            figures[work] = float(found[1].replace(",", "")) * SECONDS[found[2]]
    return BenchRun(
        when=datetime.now(UTC).isoformat(timespec="seconds"),
        machine=f"{platform.machine()}, {os.cpu_count()} cores, {psutil.virtual_memory().total / 2**30:.0f} GiB",
        versions={"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}},
        yardstick=fixed,
        memory=psutil.Process().memory_info().rss / 1e9,
        figures=figures,
        words=dict(rows),
    )


def save(run: BenchRun, folder: Path = RUNS) -> Path:
    """Write a run; return its file, which is named by date and time."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{run.when.replace(':', '').replace('+0000', 'Z')}.json"
    path.write_text(json.dumps(asdict(run), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def last(folder: Path = RUNS) -> BenchRun | None:
    """Return the newest run that was saved; None without one."""
    found = sorted(folder.glob("*.json"))
    return BenchRun(**json.loads(found[-1].read_text(encoding="utf-8"))) if found else None


def compared(run: BenchRun, before: BenchRun) -> list[str]:
    """Say in lines which figures changed since a run, by the yardsticks of both."""
    speed = run.yardstick / before.yardstick
    lines = [
        f"Compared with the run of {before.when} ({before.machine}): the yardstick takes {speed:.2f} x as long here "
        f"({1e3 * run.yardstick:.0f} ms for {1e3 * before.yardstick:.0f} ms), memory {run.memory:.2f} GB for "
        f"{before.memory:.2f} GB."
    ]
    other = {name: (before.versions.get(name), now) for name, now in run.versions.items()}
    changed = [f"{name} {old} -> {now}" for name, (old, now) in other.items() if old != now]
    lines += [f"Versions: {', '.join(changed)}."] if changed else []
    ratios = {
        name: run.figures[name] / before.figures[name] / speed for name in run.figures if before.figures.get(name)
    }
    for name, ratio in sorted(ratios.items(), key=lambda item: -item[1]):
        if not 1 / MOVED < ratio < MOVED:
            lines.append(f"  {ratio:5.2f} x  {name}: {run.words[name]} (before: {before.words[name]})")
    if len(lines) == 1 + bool(changed):
        lines.append(f"No figure of {len(ratios)} changed by more than {100 * (MOVED - 1):.0f} %.")
    gone = [name for name in before.words if name not in run.words]
    return lines + ([f"Not in this run: {len(gone)} rows."] if gone else [])
