"""The rooms of a family: the modules of its folder, each imported when it is first asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar


class Rooms:
    """A family whose rooms are the modules of its folder, by their own names.

    A family lists its rooms under `TYPE_CHECKING`, each with its protocol and its module: the type checker holds one
    against the other, and nothing is imported. Other attributes are written as usual.

    Attributes
    ----------
    folder
        The package with the modules.
    """

    folder: ClassVar[str]

    if not TYPE_CHECKING:  # or the type checker would take any name for a room

        def __getattr__(self, name: str) -> Any:
            module = f"{self.folder}.{name}"
            try:
                return import_module(module)
            except ModuleNotFoundError as error:
                if error.name != module:
                    raise
                raise AttributeError(f"The family has no {name!r}.") from error
