"""The wheel is installed into an empty environment, away from this folder, and lists its cards."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import bayespanel as bp

ROOT = Path(__file__).parent.parent
UV = next(
    (str(path) for path in (ROOT / ".uv" / "bin" / "uv", ROOT / ".uv" / "Scripts" / "uv.exe") if path.exists()),
    shutil.which("uv"),
)

pytestmark = [pytest.mark.slow, pytest.mark.skipif(UV is None, reason="uv builds wheels, and none is here")]


def uv(*arguments: str) -> None:
    assert UV is not None
    done = subprocess.run([UV, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_wheel_alone_is_enough(tmp_path: Path) -> None:
    uv("build", "--wheel", "--quiet", "--out-dir", str(tmp_path / "dist"))
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    assert wheel.name == f"bayespanel-{bp.__version__}-py3-none-any.whl"
    assert not [name for name in zipfile.ZipFile(wheel).namelist() if name.startswith(("tests/", "docs/"))]
    uv("venv", "--quiet", "--no-project", "--python", sys.executable, str(tmp_path / "env"))
    folder = tmp_path / "env" / ("Scripts" if os.name == "nt" else "bin")
    python = folder / ("python.exe" if os.name == "nt" else "python")
    uv("pip", "install", "--quiet", "--python", str(python), str(wheel))
    clean = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run(
        [str(folder / "bayespanel"), "models"], cwd=tmp_path, env=clean, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert all(f"{name}: " in done.stdout for name in bp.cards())
