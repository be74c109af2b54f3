"""Names of variables that items measure: in a text for another program each is a factor at every wave."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from bayespanel.bridges.columns import Columns, distinct, r_name
from bayespanel.families.panel.indicators import has_means
from bayespanel.families.panel.measurement import Index, measured
from bayespanel.families.panel.spec import RICLPM


def behind(spec: RICLPM, columns: Columns) -> Columns:
    """Return the columns of the variables of a model: factors, one for each wave, of those that items measure."""
    if not spec.indicators:
        return columns
    stems = distinct({name: r_name(name).replace(".", "_") for name in spec.variables})
    wishes = {
        f"{name} {t}": f"{stems[name]}_{t + 1}" for name in spec.indicators for t in range(len(columns.waves))
    }  # a variable with items is in no column
    named = distinct(wishes, columns.all)
    cells = {
        name: tuple(named[f"{name} {t}"] for t in range(len(columns.waves)))
        if name in spec.indicators
        else columns.cells[name]
        for name in spec.variables
    }
    return replace(columns, cells=cells)


@dataclass(frozen=True)
class ItemAt:
    """An item at a wave.

    Attributes
    ----------
    item, column, factor
        The item, its column, and the factor of its variable.
    first
        Whether it gives the variable its unit.
    loading, intercept
        What its loading and its intercept are called where it has them at several waves; empty where not.
    """

    item: str
    column: str
    factor: str
    first: bool
    loading: str
    intercept: str


def items_of(spec: RICLPM, columns: Columns) -> list[list[ItemAt]]:
    """Return the items of every wave, those of variables without items left out."""
    plan, factors = measured(spec, columns.waves), behind(spec, columns).cells
    stems = distinct({item: r_name(item).replace(".", "_") for item in plan.items})

    def label(at: Index, t: int, j: int) -> str:
        return stems[plan.items[j]] if at[t, j] >= 0 and np.sum(at == at[t, j]) > 1 else ""

    return [
        [
            ItemAt(
                plan.items[j],
                columns.cells[plan.items[j]][t],
                factors[spec.variables[plan.owner[j]]][t],
                plan.items[j] == spec.indicators[spec.variables[plan.owner[j]]][0],
                label(plan.loading_at, t, j),
                label(plan.intercept_at, t, j),
            )
            for j in plan.several.tolist()
        ]
        for t in range(len(columns.waves))
    ]


def mean_is_free(spec: RICLPM, variable: str, wave: int) -> bool:
    """Return whether a text has a mean of a variable at a wave: of factors, where intercepts of items leave one."""
    return variable not in spec.indicators or (wave > 0 and has_means(spec))
