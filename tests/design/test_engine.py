"""Workers and processes may die: the table is that of an undisturbed study, byte for byte."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from dask.base import get_scheduler

from bayespanel.design import engine, store
from bayespanel.design.decisions import decisions
from bayespanel.design.power import table
from bayespanel.design.study import Study
from bayespanel.inference.settings import Running
from bayespanel.language.errors import FitError
from tests.design.mock import HERE, dying, mock, slow, unable
from tests.design.studies import study

ROOT = Path(__file__).parents[2]


def final(path: Path, of: Study) -> bytes:
    """The statistics, and the table that is made of them, as bytes."""
    found = store.opened(path)
    shown = table(found, decisions(["excludes 0", "rope > 0.5"]), of)
    return found["statistics"].values.tobytes() + b"".join(shown[name].values.tobytes() for name in sorted(shown))


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory) -> tuple[Study, bytes]:
    of = study(20, pupils=[100, 200])
    path = tmp_path_factory.mktemp("undisturbed") / "s.zarr"
    engine.run(of, path, HERE, task=mock)
    return of, final(path, of)


def test_killed_worker_killed_process_and_damaged_chunk_leave_no_trace(tmp_path, undisturbed, monkeypatch) -> None:
    of, expected = undisturbed
    path = tmp_path / "s.zarr"
    code = (
        "import sys; from bayespanel.design import engine; from tests.design.studies import study\n"
        "from tests.design.mock import slow\nfrom bayespanel import Running\n"
        "if __name__ == '__main__':\n"
        "    engine.run(study(20, pupils=[100, 200]), sys.argv[1], Running(workers=2, progress=False), task=slow)"
    )
    script = tmp_path / "run.py"
    script.write_text(code)
    first = subprocess.Popen(
        [sys.executable, str(script), str(path)],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, start_new_session=True, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    deadline = time.monotonic() + 120
    while not (path.exists() and len(engine.missing(path, of)) < 36) and time.monotonic() < deadline:
        time.sleep(0.1)
    os.killpg(first.pid, signal.SIGKILL)  # the process and all its workers, as when the power fails
    first.wait()
    left = engine.missing(path, of)
    assert 0 < len(left) < 40
    files = sorted(
        (f for f in (path / "statistics" / "c").rglob("*") if f.is_file()), key=os.path.getmtime, reverse=True
    )
    for file in files[:3]:  # the newest two may be of replicates that were killed before they were entered
        file.write_bytes(file.read_bytes()[:-7])
        if len(engine.missing(path, of)) > len(left):
            break
    assert len(engine.missing(path, of)) == len(left) + 1

    monkeypatch.setenv("MOCK_MARKS", str(tmp_path))
    engine.run(of, path, Running(workers=2, progress=False), task=dying)  # workers die at some replicates of this one
    assert final(path, of) == expected


def test_the_order_and_the_company_of_replicates_do_not_matter(tmp_path, undisturbed) -> None:
    of, expected = undisturbed
    path = tmp_path / "s.zarr"
    some = [(1, 3), (0, 19), (0, 0)]
    engine.run(of, path, HERE, task=mock, only=some)
    assert set(engine.missing(path, of)) == {(c, r) for c in (0, 1) for r in range(20)} - set(some)
    engine.run(of, path, HERE, task=mock)
    assert final(path, of) == expected


def test_a_scheduler_elsewhere_gives_the_same(tmp_path, undisturbed) -> None:
    from distributed import LocalCluster

    of, expected = undisturbed
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address="127.0.0.1:0") as cluster:
        engine.run(of, tmp_path / "s.zarr", Running(scheduler=cluster.scheduler_address, progress=False), task=mock)
    assert final(tmp_path / "s.zarr", of) == expected


def test_a_scheduler_that_does_not_answer_is_said(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(engine, "PATIENCE", 1)
    with pytest.raises(FitError, match=r"dask scheduler that answers.*127\.0\.0\.1:1"):
        engine.run(study(2), tmp_path / "s.zarr", Running(scheduler="tcp://127.0.0.1:1", progress=False), task=mock)


def test_an_interrupted_run_keeps_what_was_finished(tmp_path) -> None:
    of = study(5)
    calls = 0

    def stops(*given):
        nonlocal calls
        calls += 1
        if calls == 3:
            raise KeyboardInterrupt
        return mock(*given)

    with pytest.raises(KeyboardInterrupt):
        engine.run(of, tmp_path / "s.zarr", HERE, task=stops)
    assert engine.missing(tmp_path / "s.zarr", of) == [(0, 2), (0, 3), (0, 4)]
    engine.run(of, tmp_path / "s.zarr", HERE, task=slow)
    assert np.isfinite(store.opened(tmp_path / "s.zarr")["run"].values[..., 0]).all()


calls = iter(range(100))


def _another(_name: str) -> str:
    """The version here, when first asked for; then that of the workers, which are in this process."""
    return "0.0.other" if next(calls) == 0 else "0.0.this"


def test_workers_of_another_version_are_refused(tmp_path, monkeypatch) -> None:
    from distributed import LocalCluster

    with LocalCluster(n_workers=1, processes=False, dashboard_address="127.0.0.1:0") as cluster:
        monkeypatch.setattr(engine, "version", _another)
        with pytest.raises(
            FitError, match=r"Workers must have the same version of bayespanel as this process, 0\.0\.other\."
        ):
            engine.run(
                study(2), tmp_path / "s.zarr", Running(scheduler=cluster.scheduler_address, progress=False), task=mock
            )


def test_what_is_no_address_is_said(tmp_path) -> None:
    with pytest.raises(FitError, match="missing port number"):
        engine.run(study(2), tmp_path / "s.zarr", Running(scheduler="nowhere", progress=False), task=mock)
    engine.run(study(2), tmp_path / "t.zarr", HERE, task=mock)  # files are written as if nobody had asked
    assert get_scheduler() is None


def test_a_worker_that_cannot_run_a_replicate_is_said(tmp_path) -> None:
    with pytest.raises(FitError, match=r"OSError: no such library\. Look at scheduler and workers"):
        engine.run(study(2), tmp_path / "s.zarr", Running(workers=1, progress=False), task=unable)
    engine.run(study(2), tmp_path / "s.zarr", HERE, task=mock)  # the store is as good as before


SCRIPT = """
import bayespanel as bp
print("begins")
def above(draws):
    return (draws["standardised"] > 0).mean(("chain", "draw")) > 0.5
found = bp.assurance(
    bp.RICLPM(("x", "y"), lags="equal"), bp.world("mulder-2023", {"waves": 3, "pupils": 100}), above, replicates=2,
    seed=1, sampling=bp.Sampling(draws=50, tune=50, chains=2), running=bp.Running(workers=1, progress=False),
)
print("failed", found["failed"].item(), __file__ is not None)
"""


def test_a_script_is_not_run_again_by_its_workers(tmp_path: Path) -> None:
    """As a user writes it, without a guard for the main module."""
    (tmp_path / "study.py").write_text(SCRIPT)
    done = subprocess.run([sys.executable, "study.py"], cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n")[:2] == ["begins", "failed 0 True"]
    assert "Traceback" not in done.stderr
