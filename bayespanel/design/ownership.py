"""Who writes to a store: one process at a time, from before the store is made until it is left."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout

from bayespanel.language.errors import FitError

GRACE = 1.0
"""Seconds for which a writer waits for a store: who only asks whether it is written holds its lock for an instant."""


@contextmanager
def owned(target: Path) -> Iterator[None]:
    """Own the place of a store, whether it is there already or not; within itself a process may own it again.

    The lock is the operating system's: that of a process that is gone is gone with it.

    Raises
    ------
    FitError
        Another process owns it, or the folder may not be written to.
    """
    # The same lock serves a search and the runs within it: between two runs no other process may slip in.
    lock = FileLock(beside(target, "lock"), is_singleton=True)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=GRACE)
    except Timeout:
        raise FitError(
            "Only one process at a time writes to a store.",
            f"{str(target)!r} is being written by {owner(target)}.",
            "Wait for it, or stop it; what it has finished is kept.",
        ) from None
    except OSError as error:
        raise no_place(target, error) from error
    outermost = lock.lock_counter == 1
    try:
        if outermost:
            _sign(target)
        yield
    finally:
        if outermost:
            beside(target, "owner").unlink(missing_ok=True)
        lock.release()


def _sign(target: Path) -> None:
    ours = {"pid": os.getpid(), "host": platform.node(), "since": time.time()}
    try:
        beside(target, "owner").write_text(json.dumps(ours), encoding="utf-8")
    except OSError as error:
        raise no_place(target, error) from error


def no_place(target: Path, error: OSError) -> FitError:
    """Return the error of a store that cannot be written where it should be."""
    return FitError(
        "A study is kept in a folder that can be written to.",
        f"{str(target.parent)!r}: {error.strerror or error}.",
        "Make room there, or choose another place for it.",
    )


def is_written(path: str | os.PathLike[str]) -> bool:
    """Say whether a process writes to a store now."""
    if not beside(Path(path), "owner").exists():
        return False
    lock = FileLock(beside(Path(path), "lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    except OSError:  # who may only read here cannot ask; the writer's note is all there is to go by
        return True
    lock.release()
    return False


def owner(path: Path) -> str:
    """Say which process writes to a store."""
    known = _note(path)
    return f"process {known['pid']} on {known['host']}" if {"pid", "host"} <= set(known) else "another process"


def since(path: Path) -> float:
    """Return when the process that writes to a store began, in seconds since 1970; NaN if that is not known."""
    found = _note(path).get("since")
    return float(found) if isinstance(found, float | int) else float(np.nan)


def _note(path: Path) -> dict[str, Any]:
    """Return what the writer of a store left beside it; empty if nothing can be read."""
    try:
        found = json.loads(beside(path, "owner").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def beside(path: Path, what: str) -> Path:
    """Return a hidden file beside the store, not in it: what lies in a store belongs to its format."""
    return path.absolute().with_name(f".{path.name}.{what}")
