"""The public face: every name is there, is documented, and stays what it is."""

from __future__ import annotations

import subprocess
import sys

import pytest

import bayespanel as bp


@pytest.mark.parametrize("name", bp.__all__)
def test_every_public_name_exists_and_says_what_it_is(name: str) -> None:
    assert (getattr(bp, name).__doc__ or "").strip()


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'fitt'"):
        bp.fitt  # noqa: B018


def test_evidence_is_the_verb_whatever_was_imported_before() -> None:
    code = "import bayespanel as bp; bp.text; bp.plot_forest; import bayespanel.evidence.summary; print(callable(bp.evidence))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "True"


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = (
        "import sys, bayespanel; print({'pymc', 'arviz', 'matplotlib', 'numba', 'xarray', 'pandas'} & set(sys.modules))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "set()"
