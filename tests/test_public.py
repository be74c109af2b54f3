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


def test_evidence_and_priors_are_verbs_whatever_was_imported_before() -> None:
    code = "import bayespanel as bp, bayespanel.summaries.summary, bayespanel.language.prior;"
    code += "bp.text; bp.Prior; bp.plot_forest;"
    code += "print(callable(bp.evidence), callable(bp.priors))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "True True"


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = "import sys, bayespanel;"
    code += "print({'pymc', 'arviz', 'matplotlib', 'numba', 'xarray', 'pandas'} & set(sys.modules))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "set()"
