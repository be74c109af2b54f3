"""The public face: every name is there, is documented, and stays what it is."""

from __future__ import annotations

import inspect
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import is_dataclass
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


MOST = 8
"""Parameters that one can keep in mind; more are put in order by a record, such as `bp.Sampling`."""

THE_THING_ITSELF = {
    *("RICLPM", "ClusterTrial", "Trajectories", "Card"),
    *("World", "PanelWorld", "TrialWorld", "TrajectoryWorld"),
    *("Panel", "Moments", "PanelRows", "Trial", "TrialMoments", "TrialCounts", "TrialEstimates"),
    *("FromLavaan", "SampleSize"),
}
"""Specifications, worlds, data and results: their fields are the thing itself."""

READS_A_TABLE = "Each is an answer to a question about the table, and an option of `bayespanel describe` and `fit`."

EXCEPTIONS = {
    "Panel.from_long": READS_A_TABLE,
    "Panel.from_wide": READS_A_TABLE,
    "Trial.from_frame": READS_A_TABLE,
    "assurance": "Each is an option of `bayespanel power`, or one of the records that hold the others.",
    "report": "Each is a part of the page that may be left out; what is computed by other verbs comes as they gave it.",
}


def signatures() -> Iterator[tuple[str, inspect.Signature]]:
    """Public functions and classes, and what else makes an object of one of these."""
    for name in bp.__all__:
        public = getattr(bp, name)
        if inspect.isclass(public) and issubclass(public, Exception):
            continue  # their three parts are the base class's
        if name not in THE_THING_ITSELF:
            yield name, inspect.signature(public)
        if inspect.isclass(public):
            makers = [key for key, value in vars(public).items() if isinstance(value, classmethod)]
            yield from ((f"{name}.{key}", inspect.signature(getattr(public, key))) for key in makers)


def test_no_public_function_has_more_parameters_than_one_can_keep_in_mind() -> None:
    long = {name for name, found in signatures() if len(found.parameters) > MOST}
    assert long == set(EXCEPTIONS)


def test_only_values_are_excepted_for_their_fields() -> None:
    assert all(is_dataclass(getattr(bp, name)) for name in THE_THING_ITSELF)


@pytest.mark.parametrize("name", ["fit", "refits", "number_of_classes", "assurance", "calibrate", "multiverse"])
def test_how_to_sample_is_said_in_one_way(name: str) -> None:
    known = inspect.signature(getattr(bp, name)).parameters
    assert "sampling" in known
    assert not {"draws", "tune", "chains", "target_accept"} & set(known)


@pytest.mark.parametrize("name", ["assurance", "sample_size", "calibrate", "multiverse"])
def test_where_a_study_runs_is_said_in_one_way(name: str) -> None:
    known = inspect.signature(getattr(bp, name)).parameters
    assert "running" in known
    assert not {"path", "store", "workers", "scheduler", "progress"} & set(known)
