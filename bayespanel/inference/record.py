"""What, besides data, model and seed, can change a number of a fit: versions of software, and the machine."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version

LIBRARIES = (
    "bayespanel", "pymc", "pytensor", "nutpie", "numba", "llvmlite", "numpy", "scipy", "arviz-stats", "arviz-base",
    "xarray", "pandas",
)  # fmt: skip
"""Libraries through which a fit goes, from the table of pupils to the named draws."""


def versions() -> dict[str, str]:
    """Return the versions of Python and of every library that can change a number; "absent" of one without a record."""
    found = {"python": platform.python_version()}
    for library in LIBRARIES:
        try:
            found[library] = version(library)
        except PackageNotFoundError:  # a copy of the sources that nobody installed
            found[library] = "absent"
    return found


def machine() -> dict[str, str]:
    """Return the system, the architecture and the processor: code is compiled for it, and sums in its own order."""
    from llvmlite import binding

    return {"system": platform.system(), "machine": platform.machine(), "cpu": str(binding.get_host_cpu_name())}


def cores_of(asked: int | None, chains: int) -> int:
    """Return how many chains run at once."""
    return asked or min(chains, os.cpu_count() or 1)
