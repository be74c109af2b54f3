"""Options that several commands have are declared once, as the fields of a dataclass."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import wraps
from inspect import Parameter
from typing import Any, get_type_hints


def grouped(command: Callable[..., None]) -> Callable[..., None]:
    """Return a command in whose signature each parameter that is a dataclass stands for the options in its fields.

    Parameters
    ----------
    command
        A function whose arguments are options, or groups of them.

    Returns
    -------
    callable
        A function of the options, which the command line reads; it hands them to the command in their groups.
    """
    written = inspect.signature(command, eval_str=True)
    kinds: dict[str, Any] = {name: one.annotation for name, one in written.parameters.items()}
    groups: dict[str, Any] = {name: kind for name, kind in kinds.items() if is_dataclass(kind)}

    @wraps(command)
    def asked(**options: Any) -> None:
        for name, group in groups.items():
            options[name] = group(**{field.name: options.pop(field.name) for field in fields(group)})
        command(**options)

    parameters = []
    for name, one in written.parameters.items():
        if name not in groups:
            parameters.append(one.replace(kind=Parameter.KEYWORD_ONLY))
            continue
        hints = get_type_hints(groups[name], include_extras=True)
        parameters += [
            Parameter(field.name, Parameter.KEYWORD_ONLY, default=field.default, annotation=hints[field.name])
            for field in fields(groups[name])
        ]
    asked.__signature__ = written.replace(parameters=parameters)  # type: ignore[attr-defined]  # inspect reads it
    return asked
