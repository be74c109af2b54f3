"""The exact likelihood: a normal model of nested units with every random effect integrated out. Knows arrays only."""

from __future__ import annotations

from pathlib import Path


def _forget_stale_kernels() -> None:
    """Delete compiled kernels that are older than any source of this folder.

    Numba recompiles a function when its own file changes, not when a file changes whose functions it calls; an
    edited kernel could then go on giving the old numbers.
    """
    here = Path(__file__).parent
    newest = max(source.stat().st_mtime for source in here.glob("*.py"))
    for compiled in (here / "__pycache__").glob("*.nbi"):
        try:
            if compiled.stat().st_mtime < newest:
                compiled.unlink()
        except OSError:  # another process was first, or the folder is read-only
            continue


_forget_stale_kernels()
