"""Which column of a text in lavaan's language is which variable at which wave."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bayespanel.bridges.lavaan_parts import Parts
from bayespanel.bridges.lavaan_text import refuse
from bayespanel.language.errors import SpecError

Named = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, eq=False)
class Cells:
    """Variables and waves.

    Attributes
    ----------
    columns
        Variable -> its columns in the order of the waves.
    nodes
        Variable -> the deviations of these.
    intercepts
        Variable -> its random intercept; empty without.
    """

    columns: dict[str, tuple[str, ...]]
    nodes: dict[str, tuple[str, ...]]
    intercepts: dict[str, str]

    @property
    def waves(self) -> int:
        """Number of waves."""
        return len(next(iter(self.columns.values())))


def cells_of(parts: Parts, named: Named) -> Cells:
    """Return the variables and waves of a model.

    Parameters
    ----------
    parts
        Its parameters.
    named
        What comments say of names: variable -> columns.

    Raises
    ------
    SpecError
        Columns that cannot be told apart, or lags and covariances that join other waves than our model's.
    """
    node_of = {column: node for node, column in parts.deviations.items()}
    if not node_of or (not parts.lags and not parts.intercepts):
        raise SpecError(
            "A cross-lagged panel model regresses each wave on the one before.",
            "The text has no deviations within pupils (`wx1 =~ 1*x1`) and no lags (`wx2 ~ wx1 + wy1`).",
            "Give the whole model.",
        )
    if len(node_of) < len(parts.deviations):
        raise SpecError(
            "Each score has one deviation.",
            f"There are {len(parts.deviations)} of {len(node_of)} scores.",
            "Define one deviation for each score, and remove the others.",
        )
    if parts.intercepts:
        columns, intercepts = _by_intercepts(parts, named), {}
        intercepts = dict(zip(columns, parts.intercepts, strict=True))
    else:
        columns, intercepts = _by_lags(parts, named), {}
    columns = _in_order(columns, parts, node_of)
    lengths = {len(group) for group in columns.values()}
    flat = [column for group in columns.values() for column in group]
    if len(lengths) > 1 or sorted(flat) != sorted(node_of):
        raise SpecError(
            "Every variable has one score at every wave, and every score a deviation.",
            f"The variables have the columns {'; '.join(', '.join(group) for group in columns.values())}; "
            f"deviations are those of {', '.join(node_of)}.",
            "Complete the loadings.",
        )
    cells = Cells(columns, {name: tuple(node_of[c] for c in group) for name, group in columns.items()}, intercepts)
    _require_neighbours(parts, cells)
    return cells


def _require_neighbours(parts: Parts, cells: Cells) -> None:
    wave = {node: t for group in cells.nodes.values() for t, node in enumerate(group)}
    for (target, source), row in parts.lags.items():
        if wave[target] != wave[source] + 1:
            what = "Lags go from one wave to the next."
            refuse(
                row, what, f"{source} is at wave {wave[source] + 1}, {target} at wave {wave[target] + 1}: remove it."
            )
    for row in parts.within.values():
        if wave[row.left] != wave[row.right]:
            refuse(row, "Deviations of different waves are joined by lags alone.", "Remove it, or fix it at 0.")


def _by_intercepts(parts: Parts, named: Named) -> dict[str, tuple[str, ...]]:
    """Name each group of columns: as a comment does, by its random intercept, or by what the columns share."""
    known = {frozenset(group): name for name, group in named.items()}
    wishes = []
    for factor, group in parts.intercepts.items():
        marked = re.fullmatch(r"(?:RI|[Rr][Ii][_.])[_.]?(.+)", factor)
        wishes.append(known.get(frozenset(group)) or (marked[1] if marked else "") or stem(group) or factor)
    names = wishes if len(set(wishes)) == len(wishes) else list(parts.intercepts)
    return dict(zip(names, parts.intercepts.values(), strict=True))


def _waves_along_lags(parts: Parts) -> dict[str, int]:
    """Return the wave of each deviation, from 0: one later than the latest that it is regressed on.

    Where lags run in a circle some waves are as many as there are deviations, or more.
    """
    sources: dict[str, list[str]] = {}
    for target, source in parts.lags:
        sources.setdefault(target, []).append(source)
    wave = dict.fromkeys(parts.deviations, 0)
    for _ in wave:
        wave |= {target: 1 + max(wave[source] for source in group) for target, group in sources.items()}
    return wave


def _in_order(columns: Named, parts: Parts, node_of: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Sort the columns of each variable along the lags, whatever their order in the loadings; not in a circle."""
    wave = _waves_along_lags(parts)
    if max(wave.values()) >= len(wave) or not set(node_of) >= {c for group in columns.values() for c in group}:
        return dict(columns)
    return {name: tuple(sorted(group, key=lambda c: wave[node_of[c]])) for name, group in columns.items()}


def _by_lags(parts: Parts, named: Named) -> dict[str, tuple[str, ...]]:
    """Find the waves along the lags, and the variables by a comment or by what the names of columns share."""
    columns = list(parts.deviations.values())
    if named and sorted(column for group in named.values() for column in group) == sorted(columns):
        return dict(named)
    wave = _waves_along_lags(parts)
    waves = max(wave.values()) + 1
    if waves > len(wave):
        raise SpecError(
            "Lags go forward in time.",
            "They run in a circle.",
            "Correct the regressions: `wx2 ~ wx1 + wy1`.",
        )
    for pattern in (r"[_.]?\d+$", r"^[A-Za-z]{0,4}\d+[_.]?", r"[_.][^_.]+$"):
        groups: dict[str, dict[int, str]] = {}
        for node, column in parts.deviations.items():
            groups.setdefault(re.sub(pattern, "", column), {})[wave[node]] = column
        whole = "" not in groups and sum(map(len, groups.values())) == len(columns)
        if whole and all(len(group) == waves for group in groups.values()):
            return {name: tuple(group[t] for t in range(waves)) for name, group in groups.items()}
    raise SpecError(
        "The names of columns show which of them belong to one variable, such as x1, x2, x3.",
        f"Those of {', '.join(columns)} do not say which belong together.",
        "Add comments to the text, one for each variable: # variable x = x1, x2, x3",
    )


def stem(group: Sequence[str]) -> str:
    """Return what the names of columns begin with, without the wave: "x" of x1, x2 and of x10, x11."""
    first, last = min(group), max(group)  # what these two share, all do
    length = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))
    shared = first[:length]
    if shared[-1:] in ("_", "."):
        return shared.rstrip("_.")
    return re.sub(r"[_.]?\d+$", "", shared)
