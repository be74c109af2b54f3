"""Bayesian models for the triangle child - parents - school, on an exact likelihood.

In reading order: data (`Panel`, `Moments`, `read_table`), a specification (`RICLPM`, `Triangle`, `Prior`, or a
`card`), `build`, `fit`, `checks`, `evidence`, `summary`; `maximum_likelihood` and `log_likelihood` as a bridge to other
software. The names and their modules stand in `__init__.pyi`. Each is imported when it is first used, because the
command line must not wait for what it does not need.
"""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path
from typing import Any

from bayespanel.files.caches import provide

_HOME = {
    alias.name: str(line.module)
    for line in ast.parse(Path(__file__).with_suffix(".pyi").read_text(encoding="utf-8")).body
    if isinstance(line, ast.ImportFrom)
    for alias in line.names
}
__all__ = sorted(_HOME)

provide()  # before any library that keeps compiled code is imported


def __getattr__(name: str) -> Any:
    """Import a public name, or say which one is nearest to a name that does not exist."""
    if name == "__version__":
        from importlib.metadata import version  # reads mail headers, and imports what that takes

        globals()[name] = found = version("bayespanel")
        return found
    if name not in _HOME:
        from bayespanel.language.errors import nearest

        raise AttributeError(f"bayespanel has no name {name!r}. {nearest(name, __all__)}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
