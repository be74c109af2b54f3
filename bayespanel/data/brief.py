"""Data in a few lines: how many pupils, in what, and what was measured."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bayespanel.data.wording import counted
from bayespanel.language.shown import some


def brief(value: Any) -> Iterator[str]:
    """Say what a panel or a trial is, or the sums, counts or rows made of it, by the fields that it has."""
    kind = type(value).__name__
    measured = getattr(value, "variables", None) or getattr(value, "outcomes", None) or (value.outcome,)
    pupils = f" of {value.n_pupils:,} {'pupil' if value.n_pupils == 1 else 'pupils'}" if value.n_pupils else ""
    yield f"{kind}{pupils}: {some(measured)}"
    parts = []
    if hasattr(value, "waves"):
        parts.append(f"{counted(len(value.waves), 'wave')} ({some(value.waves)})")
    if hasattr(value, "arms"):
        parts.append(f"{counted(len(value.arms), 'arm')} ({some(value.arms)}), randomised by {value.randomised}")
    for field, singular, plural in (("class_names", "class", "classes"), ("school_names", "school", "schools")):
        if getattr(value, field, ()):
            parts.append(counted(len(getattr(value, field)), singular, plural))
    if getattr(value, "group_names", ()):
        parts.append(f"groups by {value.grouping} ({some(value.group_names)})")
    covariates: Any = getattr(value, "covariate_names", None) or getattr(value, "covariates", ())
    if len(covariates) and isinstance(covariates[0], str):
        parts.append(f"covariates {some(covariates)}")
    if parts:
        yield "; ".join(parts)
    more = [f"{counted(len(value.notes), 'note')} about the data" if value.notes else ""]
    more.append(".describe() has tables" if hasattr(value, "describe") else "")
    if any(more):
        yield "; ".join(one for one in more if one)
