"""Cases whose outcome is known, for a test of the judge itself."""

from __future__ import annotations

import os
import signal
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from tests.fuzz.judge import Answer, Case


def cases(_: np.random.Generator) -> Iterator[Case]:
    """One case for each outcome."""
    yield Case("T", "is right", lambda _: Answer(1), 1)
    yield Case("T", "is silent", lambda _: Answer(2), 1)
    yield Case("T", "says so", lambda _: Answer(2, ("It is 2.",)), 1, "is 2")
    yield Case("T", "is refused", _refused)
    yield Case("T", "is ordinary and refused", _refused, ordinary=True)
    yield Case("T", "has two parts", _two_parts)
    yield Case("T", "raises", lambda _: Answer(1 / 0))
    yield Case("T", "warns", _warned, 1, "is 2")
    yield Case("T", "dies", _dies, risky=True)


def _refused(_: Path) -> Answer:
    from bayespanel.language.errors import DataError

    raise DataError("A number is 1.", "It is 2.", "Take 1.")


def _two_parts(_: Path) -> Answer:
    from bayespanel.language.errors import DataError

    raise DataError("A number is 1.", "It is 2.", "")


def _warned(_: Path) -> Answer:
    warnings.warn("The number is 2.", stacklevel=1)
    return Answer(2)


def _dies(_: Path) -> Answer:
    os.kill(os.getpid(), signal.SIGSEGV)
    return Answer(1)
