"""A package that is installed read-only, for a user without a home, computes."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "bayespanel"

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="permissions of root are given up by a call of Linux")

KERNEL = """
import numpy as np
from bayespanel.likelihood import kernels
assert np.allclose(kernels.covariance([[2.0, 1.0]], [[0.5]])[0], [[4.0, 1.0], [1.0, 1.0]])
import pytensor
import matplotlib.font_manager
"""

FIT = """
import numpy as np, pandas as pd, bayespanel as bp
rng = np.random.default_rng(1)
values = np.cumsum(rng.normal(size=(200, 3, 2)), axis=1)
rows = [{"pupil": i, "wave": t, "x": values[i, t, 0], "y": values[i, t, 1]} for i in range(200) for t in range(3)]
panel = bp.Panel.from_long(pd.DataFrame(rows), pupil="pupil", wave="wave", variables=["x", "y"])
spec = bp.RICLPM(triangle=bp.Triangle(child=["x", "y"]), intercepts=False)
fit = bp.fit(spec, panel, seed=1, sampling=bp.Sampling(draws=50, tune=50, chains=2), progress=False)
assert np.isfinite(fit.posterior["lag"]).all()
"""


def without_privileges() -> None:
    """Give up what lets root write anywhere."""
    libc = ctypes.CDLL(None, use_errno=True)
    for capability in range(64):
        libc.prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP: takes effect with the next program


@pytest.fixture
def installed(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Copy the package to a place that cannot be written to; return an environment without a home."""
    place = tmp_path / "site"
    shutil.copytree(PACKAGE, place / "bayespanel", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "temporary").mkdir()
    folders = [place, *(path for path in place.rglob("*") if path.is_dir())]
    nobody = tmp_path / "nobody"
    nobody.mkdir()
    for folder in (*folders, nobody):
        folder.chmod(0o555)
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    # From an empty folder: the checkout must not be found before the copy.
    yield {**kept, "HOME": str(nobody / "home"), "PYTHONPATH": str(place), "TMPDIR": str(tmp_path / "temporary")}
    for folder in (*folders, nobody):
        folder.chmod(0o755)


def ran(code: str, environment: dict[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    probe = "import os, sys, bayespanel\nassert not os.access(os.path.dirname(bayespanel.__file__), os.W_OK)\n"
    return subprocess.run(
        [sys.executable, "-c", probe + code], env=environment, cwd=folder, capture_output=True, text=True,
        preexec_fn=without_privileges if os.geteuid() == 0 else None,
    )  # fmt: skip


@LINUX
def test_kernels_compile_into_a_temporary_folder_that_is_named_once(tmp_path: Path, installed: dict[str, str]) -> None:
    child = "\nimport subprocess\nsubprocess.run([sys.executable, '-c', 'import bayespanel'], check=True)"
    found = ran(KERNEL + child, installed, tmp_path / "temporary")
    assert found.returncode == 0, found.stderr
    said = [line for line in found.stderr.splitlines() if "cannot be written to" in line]
    assert len(said) == 1, found.stderr  # a process that it starts has the places from it
    assert str(tmp_path / "temporary") in said[0]
    [folder] = (tmp_path / "temporary").glob("bayespanel-*")
    assert folder.stat().st_mode & 0o077 == 0
    assert list(folder.rglob("*.nbi"))


@LINUX
@pytest.mark.slow
def test_a_fit_runs_without_a_place_to_write_to(tmp_path: Path, installed: dict[str, str]) -> None:
    found = ran(FIT, installed, tmp_path / "temporary")
    assert found.returncode == 0, found.stderr


def test_places_that_can_be_written_to_are_left_as_they_are(tmp_path: Path) -> None:
    environment = {**os.environ, "HOME": str(tmp_path)}
    for name in ("NUMBA_CACHE_DIR", "MPLCONFIGDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
        environment.pop(name, None)
    code = "import os, bayespanel; print(os.environ.get('NUMBA_CACHE_DIR'), os.environ.get('MPLCONFIGDIR'))"
    found = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True, cwd=PACKAGE.parent
    )
    assert (found.stdout.strip(), found.stderr) == ("None None", "")


def test_a_folder_that_others_can_write_to_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from bayespanel.files import caches

    monkeypatch.setattr(caches.tempfile, "tempdir", str(tmp_path))
    if not hasattr(os, "getuid"):
        pytest.skip("users have numbers on POSIX only")
    (tmp_path / f"bayespanel-{os.getuid()}").mkdir()
    (tmp_path / f"bayespanel-{os.getuid()}").chmod(0o777)  # compiled code could be put there by anybody
    found = caches._own_folder()
    assert found.name != f"bayespanel-{os.getuid()}"
    assert found.stat().st_mode & 0o077 == 0
