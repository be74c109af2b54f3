"""What repeats a run without the page: a command line, and a script in Python."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import TYPE_CHECKING, Any

from bayespanel.command.columns import Columns
from bayespanel.command.trials import TrialColumns
from bayespanel.language.prior import Prior
from bayespanel.language.triangle import Triangle

if TYPE_CHECKING:
    from bayespanel.catalogue.cards import Card

CARD, SHELL, PYTHON = "card.toml", "fit.sh", "fit.py"
"""Names of the files that are downloaded."""

RESULT = "result"
"""Folder of results, beside them."""


def sampling_words(sampling: Mapping[str, str]) -> list[str]:
    """Return options of `bayespanel fit` about draws."""
    return [word for name, value in sampling.items() for word in (f"--{name}", value)]


def shell(card: Card, table: str, columns: Columns, sampling: Mapping[str, str], digest: str) -> str:
    """Return a script for a shell.

    Parameters
    ----------
    card
        The card, which lies beside the script.
    table
        Name of the table, which lies beside the script unless its argument names another place.
    columns
        Options about the table.
    sampling
        Options about draws: seed, chains, tune, draws.
    digest
        SHA-256 of the table.
    """
    from bayespanel import __version__

    options = " ".join([*columns.words(), *map(shlex.quote, sampling_words(sampling))])
    return "\n".join(
        [
            "#!/bin/sh",
            f"# Repeats a fit to the same draws, with bayespanel {__version__}: sh {SHELL} TABLE",
            f"# The table's SHA-256 is {digest}.",
            "set -e",
            f"table={shlex.quote(table)}",
            "if [ $# -gt 0 ]; then table=$1; fi",
            f'bayespanel fit {CARD} "$table" -o {RESULT} {options} || [ $? -eq 3 ] # 3: written, but a check failed',
            f"bayespanel report {RESULT} --title={shlex.quote(card.title)}",
            "",
        ]
    )


def python(card: Card, table: str, columns: Columns, sampling: Mapping[str, str], digest: str) -> str:
    """Return a script in Python, which needs no card: see `shell` for the parameters."""
    from bayespanel import __version__

    chosen = {name: int(sampling[name]) for name in ("draws", "tune", "chains")}
    return "\n".join(
        [
            f'"""{_plain(card.title)}',
            "",
            f"Repeats a fit to the same draws, with bayespanel {__version__}: python {PYTHON} TABLE",
            f"The table's SHA-256 is {digest}.",
            '"""',
            "",
            "import sys",
            "",
            "import bayespanel as bp",
            "",
            f"spec = {specification(card.spec)}",
            "",
            f"frame = {reading(table, columns)}",
            f"data = {data(card, columns)}",
            "",
            f"fit = bp.fit(spec, data, seed={int(sampling['seed'])}, sampling={_call('bp.Sampling', chosen)})",
            'fit.save("fit.nc")',
            "print(bp.checks(fit).to_string())",
            f"print(bp.text(bp.evidence(fit, rope={card.rope!r})))",
            "",
        ]
    )


def specification(spec: object) -> str:
    """Return a specification as it is written in Python: what is not its default."""
    given: dict[str, Any] = {}
    for field in fields(spec):  # type: ignore[arg-type]  # every specification is a dataclass
        value = getattr(spec, field.name)
        default = field.default_factory() if field.default_factory is not MISSING else field.default
        if value != default and not (field.name == "variables" and getattr(spec, "triangle", None)):
            given[field.name] = value
    return _call(f"bp.{type(spec).__name__}", given)


def reading(table: str, columns: Columns) -> str:
    """Return how the table is read."""
    place = f"sys.argv[1] if len(sys.argv) > 1 else {table!r}"
    given = {name: getattr(columns, name) for name in ("decimal", "sheet") if getattr(columns, name)}
    return "".join([f"bp.read_table({place}", *(f", {name}={value!r}" for name, value in given.items()), ")"])


def data(card: Card, columns: Columns) -> str:
    """Return how a table becomes the data of a card."""
    from bayespanel.families.shared.hints import TrialHints

    if isinstance(card.data, TrialHints):
        asked = TrialColumns(columns).with_card(card)
        found = asked.columns
        given: dict[str, Any] = {
            "arm": asked.arm,
            "outcomes": asked.outcomes,
            "randomised": asked.randomised or ("school" if found.school else "class" if found.classroom else "pupil"),
            "baseline": dict(asked.baseline),
            "control": asked.control,
            "strata": asked.strata,
        }
        return _call("bp.Trial.from_frame", _filled({"frame": _Name("frame"), **given, **_common(found)}))
    found = columns.with_card(card)
    further = {
        "times": found.times,
        "school_years": found.years,
        "group": found.group,
        "incomplete": found.incomplete,
        "movers": found.movers,
        **_common(found),
    }
    if found.wide:
        own: dict[str, Any] = {"frame": _Name("frame"), "columns": {name: list(of) for name, of in found.wide}}
        return _call("bp.Panel.from_wide", _filled({**own, **further}))
    own = {"frame": _Name("frame"), "wave": found.wave, "variables": found.variables}
    return _call("bp.Panel.from_long", _filled({**own, **further}))


def _common(columns: Columns) -> dict[str, Any]:
    places = {name: columns.place(name) for name in ("classroom", "school", "district")}
    return {"pupil": columns.pupil, **places, "covariates": columns.covariates, **columns.answers}


def _filled(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value not in (None, (), {}, [], False)}


class _Name(str):
    """A name that stands for itself."""

    __slots__ = ()


def _call(name: str, given: Mapping[str, Any]) -> str:
    parts = [f"{key}={_written(value)}" for key, value in given.items()]
    line = f"{name}({', '.join(parts)})"
    return line if len(line) <= 80 else f"{name}(\n" + "".join(f"    {part},\n" for part in parts) + ")"


def _written(value: object) -> str:
    if isinstance(value, _Name):
        return str(value)
    if isinstance(value, Triangle | Prior) and is_dataclass(value):
        given = {field.name: getattr(value, field.name) for field in fields(value)}
        given = {name: one for name, one in given.items() if one not in ((), "", None)}
        inner = ", ".join(f"{name}={_written(one)}" for name, one in given.items())
        return f"bp.{type(value).__name__}({inner})"
    if isinstance(value, tuple | list):
        items = [_written(item) for item in value]
        return f"[{', '.join(items)}]" if isinstance(value, list) else f"({', '.join(items)}{',' * (len(items) == 1)})"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_written(key)}: {_written(one)}" for key, one in value.items()) + "}"
    return repr(value)


def _plain(text: str) -> str:
    return text.replace("\\", "/").replace('"', "'")
