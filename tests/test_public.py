"""The public face: every name is there, is documented, and stays what it is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import bayespanel as bp

ROOT = Path(bp.__file__).parent


@pytest.mark.parametrize("name", bp.__all__)
def test_every_public_name_exists_and_says_what_it_is(name: str) -> None:
    assert (getattr(bp, name).__doc__ or "").strip()


def test_an_unknown_name_is_an_error_that_says_the_nearest() -> None:
    with pytest.raises(AttributeError, match="no name 'fitt'"):
        bp.fitt  # noqa: B018
    with pytest.raises(AttributeError, match="'parameter_estimates'"):
        bp.parameterEstimates  # noqa: B018


ROOMS = {path.name for path in ROOT.iterdir() if path.is_dir() and (path / "__init__.py").exists()}


def test_no_verb_has_the_name_of_a_folder() -> None:
    assert not (ROOMS | {path.stem for path in ROOT.glob("*.py")}) & set(bp.__all__)


def test_every_module_is_imported_by_its_own_name() -> None:
    """In the way of `import a.b as b`, which reads attributes of the package, whatever was used before."""
    modules = [".".join(path.relative_to(ROOT.parent).with_suffix("").parts) for path in sorted(ROOT.rglob("*.py"))]
    code = "import importlib, bayespanel as bp; [getattr(bp, name) for name in bp.__all__]\n"
    code += "\n".join(
        f"import {name} as m; assert m is importlib.import_module({name!r}), {name!r}"
        for name in modules
        if not name.endswith(("__init__", "__main__"))
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = "import sys, bayespanel;"
    code += "print({'pymc', 'arviz', 'matplotlib', 'numba', 'xarray', 'pandas'} & set(sys.modules))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "set()"
