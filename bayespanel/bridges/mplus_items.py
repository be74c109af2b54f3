"""Items of a panel model in an Mplus input: each variable that they measure is a factor at every wave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bayespanel.bridges.columns import Columns
from bayespanel.bridges.item_columns import ItemAt, behind, items_of
from bayespanel.bridges.mplus_text import short_names
from bayespanel.families.panel.spec import RICLPM


@dataclass(frozen=True)
class Measurement:
    """What stands between the columns of the data and the variables of the model.

    Attributes
    ----------
    cells
        "variable@wave" -> its column, or its factor where items measure it.
    statements
        Of MODEL; empty without items.
    """

    cells: dict[str, str]
    statements: tuple[str, ...]


def measurement(spec: RICLPM, columns: Columns, scores: Mapping[str, str], taken: Sequence[str]) -> Measurement:
    """Return the factors of the variables that items measure, and how they measure them.

    Parameters
    ----------
    spec
        The model.
    columns
        Of the data: items, and variables without items.
    scores
        "column@wave" -> its name in the input.
    taken
        Names that are in use.
    """
    if not spec.indicators:
        return Measurement(dict(scores), ())
    stems = short_names({name: name for name in spec.indicators}, longest=7 - len(str(len(columns.waves))))
    wishes = {
        f"{name}@{wave}": f"{stem}{t + 1}" for t, wave in enumerate(columns.waves) for name, stem in stems.items()
    }
    factors = short_names(wishes, taken)
    cells = {
        f"{name}@{wave}": factors.get(f"{name}@{wave}") or scores[f"{name}@{wave}"]
        for wave in columns.waves
        for name in spec.variables
    }
    named = {column: scores[f"{name}@{wave}"] for name, own in columns.cells.items()
             for wave, column in zip(columns.waves, own, strict=True)}  # fmt: skip
    latent = behind(spec, columns).cells
    factor_of = {latent[name][t]: factors[f"{name}@{wave}"] for name in spec.indicators
                 for t, wave in enumerate(columns.waves)}  # fmt: skip
    each = [one for wave in items_of(spec, columns) for one in wave]
    loads, starts = _labels("l", [one.loading for one in each]), _labels("i", [one.intercept for one in each])

    def loading(one: ItemAt) -> str:
        held = "@1" if one.first else f"*{loads[one.loading]}"  # without the star Mplus fixes the first one at 1
        return f"{factor_of[one.factor]} BY {named[one.column]}{held};"

    out = ["! items: the first of a variable has the loading 1", *map(loading, each)]
    out += ["! what is an item's own at a wave", *(f"{named[one.column]};" for one in each)]
    out += ["! intercepts of items", *(f"[{named[one.column]}]{starts[one.intercept]};" for one in each)]
    if spec.item_effects:
        items = list(dict.fromkeys(one.item for one in each))
        lasting = short_names({item: f"o_{item}" for item in items}, [*taken, *factors.values()])
        out += ["! what an item has of its own at all waves"]
        for item in items:
            at = " ".join(f"{named[column]}@1" for column in columns.cells[item])
            out += [f"{lasting[item]} BY {at};", f"{lasting[item]};"]
    return Measurement(cells, tuple(out))


def _labels(letter: str, names: Sequence[str]) -> dict[str, str]:
    """Return name -> label of what is equal at several waves; nothing for what is not, whose name is empty."""
    known = dict.fromkeys(name for name in names if name)
    return {"": "", **{name: f" ({letter}{number})" for number, name in enumerate(known, 1)}}
