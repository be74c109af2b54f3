"""What a command line says: errors in its own words, checks with the failed ones first, JSON."""

from __future__ import annotations

import json
import math
import re
import textwrap
from typing import TYPE_CHECKING, Any

from bayespanel.errors import BayespanelError

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from bayespanel.catalogue import Card

WIDTH = 100
"""Columns of running text, as in the evidence table."""

WORDS = (
    (r"replace it before building the panel: frame\[.*\.replace\(\[(.*?)\], float\('nan'\)\)", r"give --missing=\1"),
    (r"\b(pupil|wave|waves|variables|classroom|school|covariates)=(\.\.\.|\[\.\.\.\])", r"--\1"),
    (r"\bmovers='(\w+)'", r"--movers \1"),
    (r"\brope=(-?[\d.]+)", r"--rope \1"),
    (r"\bmin_block\b", "--min-block"),
    (r"'?\btarget_accept\b'?", "--target-accept"),
    (r"'tune' and 'draws'", "--tune and --draws"),
    (r"\bchecks\(fit\)", "checks.csv"),
    (r"use from_long for a long table", "name --wave and --variables of a long table"),
    (r"Moments\.save\b", "bayespanel moments"),
    (r"Moments\.load reads", "Moments are read from"),
    (r"Fit\.save wrote", "bayespanel fit wrote"),
)
"""What messages for Python say, and what it is called on a command line."""


def spoken(text: str) -> str:
    """Return a message with the names of options in place of those of arguments."""
    for python, option in WORDS:
        text = re.sub(python, option, text)
    return text


def error_text(error: BayespanelError) -> str:
    """Return an error as its three parts, a line each."""
    return "\n".join(
        f"{head:<8}{spoken(part)}"
        for head, part in (("Rule:", error.rule), ("Given:", error.given), ("Do:", error.action))
    )


def say(text: str, *, style: str = "") -> None:
    """Write to standard error: everything that is not the result."""
    from rich.console import Console

    Console(stderr=True, highlight=False, markup=False, soft_wrap=True).print(text, style=style or None)


def show(text: str, *, style: str = "") -> None:
    """Write to standard output."""
    from rich.console import Console

    Console(highlight=False, markup=False, soft_wrap=True).print(text, style=style or None)


def show_json(content: object) -> None:
    """Write one JSON document to standard output; what is not finite becomes null."""
    print(json.dumps(plain(content), indent=2, allow_nan=False))


def plain(value: Any) -> Any:
    """Return texts, numbers, lists and dictionaries only."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if hasattr(value, "tolist"):  # numpy's scalars and arrays
        return plain(value.tolist())
    return None if isinstance(value, float) and not math.isfinite(value) else value


def rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table for JSON."""
    return [plain(row) for row in frame.astype(object).to_dict("records")]


def show_checks(found: pd.DataFrame) -> None:
    """Print checks, the failed ones first, marked, in red, with their hints."""
    show("Checks")
    width = int(found["check"].str.len().max())
    for _, row in found.sort_values("passed", kind="stable").iterrows():
        mark = "ok    " if row["passed"] else "FAILED"
        line = f"  {mark}  {row['check']:<{width}}  {row['value']:>9.4g}  (limit {row['limit']:g})"
        show(line, style="" if row["passed"] else "bold red")
        if not row["passed"]:
            show(textwrap.fill(spoken(row["hint"]), WIDTH, initial_indent=" " * 10, subsequent_indent=" " * 10))


def verdict(found: pd.DataFrame) -> str:
    """Return a sentence about failed checks, empty without any."""
    failed = [str(name) for name in found.loc[~found["passed"], "check"]]
    if not failed:
        return ""
    checks = "1 check" if len(failed) == 1 else f"{len(failed)} checks"
    return f"{checks} of {len(found)} failed ({', '.join(failed)}): read the hints before you believe a number."


def evidence_json(evidence: xr.Dataset, frame: pd.DataFrame) -> dict[str, Any]:
    """Return evidence for JSON: what its numbers are, then a row per pathway."""
    return {**{str(name): value for name, value in evidence.attrs.items()}, "pathways": rows(frame)}


def card_json(card: Card, priors: pd.DataFrame) -> dict[str, Any]:
    """Return a card for JSON."""
    from dataclasses import asdict

    from bayespanel.catalogue import spec_to_dict

    return {
        "name": card.name,
        "title": card.title,
        "question": card.question,
        "family": card.family,
        "spec": spec_to_dict(card.spec),
        "rope": card.rope,
        "priors": rows(priors),
        "data": asdict(card.data),
        "references": list(card.references),
        "notes": list(card.notes),
    }


def card_text(card: Card, priors: pd.DataFrame) -> str:
    """Return a card as text."""
    spec = card.spec
    vertices = {v: getattr(spec.triangle, v) for v in ("parent", "child", "school")} if spec.triangle else {}
    variables = [f"  {vertex:<7} {', '.join(names)}" for vertex, names in vertices.items() if names]
    effects = [f"{level} effects {spec.effects_of(level).replace('_', ' ')}" for level in spec.cluster_levels]
    options = [f"{spec.lags} lags", f"{spec.innovations} innovations", f"{spec.means} means", *effects]
    rope = "none: give --rope" if card.rope is None else f"-{card.rope:g} to {card.rope:g}, standardised"
    left = {name: f"{{:<{max(priors[name].str.len().max(), len(name))}}}".format for name in priors}
    table = priors.drop(columns=["reason", "source"]).to_string(index=False, formatters=left, justify="left")
    parts = [
        f"{card.name}: {card.title}",
        textwrap.fill(card.question, WIDTH),
        "Variables\n" + "\n".join(variables or [f"  {', '.join(spec.variables)}"]),
        f"Levels      {', '.join(spec.levels)}\nModel       {', '.join(options)}\n"
        f"Intercepts  {'of pupils, random' if spec.intercepts else 'none (a CLPM)'}\n"
        f"Covariates  {', '.join(spec.covariates) or 'none'}\nROPE        {rope}",
        "Priors (in standard deviations of the variables where standardised)\n"
        + "\n".join("  " + line.rstrip() for line in table.splitlines()),
        "Notes\n" + _listed(card.notes),
        "References\n" + _listed(card.references),
    ]
    return "\n\n".join(part for part in parts if not part.endswith("\n"))


def _listed(items: tuple[str, ...]) -> str:
    return "\n".join(textwrap.fill(item, WIDTH, initial_indent="  - ", subsequent_indent="    ") for item in items)
