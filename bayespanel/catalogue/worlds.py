"""Worlds by name: the simulator of a model family, with the truth and the design, as a record that can be varied.

A world is written as TOML in `models/worlds/`, beside the cards. Its fields are those of a ready world (a function that
knows what a design needs) or those of the simulator itself. Fields with several values make a grid of conditions.
Fields with a design prior are drawn anew for each replicate.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from functools import partial
from itertools import product
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np

from bayespanel.catalogue.cards import folder
from bayespanel.catalogue.grid_fields import require_number, require_once, require_values
from bayespanel.families.door import FAMILIES, Simulated
from bayespanel.families.shared.ready import require_kind, require_known
from bayespanel.files.paths import path_of
from bayespanel.language.errors import SpecError, nearest
from bayespanel.language.prior import Prior
from bayespanel.language.prior_draws import drawn
from bayespanel.language.text_positions import Source

if TYPE_CHECKING:
    from bayespanel.catalogue.card_tables import WorldTable


@dataclass(frozen=True)
class World:
    """A population and a design to simulate from, or a grid of several.

    Attributes
    ----------
    name, title
        The name of the world, and a sentence that describes it.
    family
        The kind of model: "riclpm", "trial" or "trajectories".
    ready
        Name of the ready world to which `fields` belong; None if they are fields of the simulator itself.
    fields
        The value of each field.
    grid
        Several values for each field. The conditions are all combinations of them; the last field varies fastest.
    drawn
        Design priors: rows of priors whose parameter is a field. Their values are drawn anew for each replicate.
        Without them the truth is fixed. A field is in only one of `fields`, `grid` and `drawn`.
    references, notes
        Sources, and what to know about the world.
    """

    name: str
    family: str
    ready: str | None = None
    fields: Mapping[str, Any] = field(default_factory=dict, hash=False)
    grid: Mapping[str, tuple[Any, ...]] = field(default_factory=dict, hash=False)
    drawn: tuple[Prior, ...] = ()
    title: str = ""
    references: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check names of fields, and that every condition makes a world."""
        for part in ("fields", "grid"):
            object.__setattr__(self, part, {key: _settled(value) for key, value in getattr(self, part).items()})
        known = parameters(self.family, self.ready)
        for name in (*self.fields, *self.grid, *(row.parameter for row in self.drawn)):
            require_known(name, known, self.ready)
        for name, values in self.grid.items():
            require_values(name, values)
            require_once(name, self.fields)
        for i, row in enumerate(self.drawn):
            require_number(row)
            require_once(row.parameter, {*self.fields, *self.grid, *(other.parameter for other in self.drawn[:i])})
        for condition in conditions(self):
            made(self, condition)


def worlds() -> tuple[str, ...]:
    """Return the names of the worlds that come with bayespanel.

    Returns
    -------
    tuple of str
        The names in alphabetical order.
    """
    return tuple(sorted(path.stem for path in (folder() / "worlds").glob("*.toml")))


def world(name: str | PathLike[str], changes: Mapping[str, Any] | None = None) -> World:
    """Read a world: a population and a design from which pupils can be simulated.

    Parameters
    ----------
    name
        Name of a world that comes with bayespanel, such as "triangle-panel"; or the path of your own file, which ends
        in ".toml".
    changes
        New values of fields, by name. A list of values makes the field part of the grid. A value that itself consists
        of several numbers is a tuple.

    Returns
    -------
    World
        The world with these changes.

    Raises
    ------
    SpecError
        There is no world or file of this name, or it breaks a rule. The error names the file, the key and the line.

    Examples
    --------
    >>> bp.world("triangle-panel", {"schools": [20, 40, 60]})
    """
    path = path_of(name, "A world", error=SpecError)
    if isinstance(name, str) and path.suffix != ".toml" and path.name == name:
        if name not in worlds():
            raise SpecError(
                "A world is one of the shipped ones, or a file that ends in '.toml'.",
                f"{name!r} is neither. {nearest(name, list(worlds()))}",
                "Correct the name, or give the path of the file.",
            )
        path = folder() / "worlds" / f"{name}.toml"
    from bayespanel.catalogue.card_tables import read_world  # pydantic, only when needed

    table, source = read_world(path)
    return changed(_world(path.stem, table, source), changes or {})


def changed(world: World, changes: Mapping[str, Any]) -> World:
    """Return a world with other values of some fields; a list of values makes a field part of the grid."""
    odd = next((name for name in changes if not isinstance(name, str)), None)
    if odd is not None:
        raise SpecError("Changes are named by fields.", f"You gave {odd!r}.", "Name a field of the world.")
    gone = set(changes)
    fixed = {key: value for key, value in world.fields.items() if key not in gone}
    grid: dict[str, Any] = {key: value for key, value in world.grid.items() if key not in gone}
    for key, value in changes.items():
        if isinstance(value, list) and len(value) != 1:
            grid[key] = tuple(value)
        else:
            fixed[key] = value[0] if isinstance(value, list) else value
    rows = tuple(row for row in world.drawn if row.parameter not in gone)
    return replace(world, fields=fixed, grid=grid, drawn=rows)


def conditions(world: World) -> tuple[dict[str, Any], ...]:
    """Return the combinations of the grid's values, each as field -> value; without a grid, one empty combination."""
    return tuple(dict(zip(world.grid, values, strict=True)) for values in product(*world.grid.values()))


def made(world: World, condition: Mapping[str, Any], rng: np.random.Generator | None = None) -> Simulated:
    """Return the world of one condition, ready to be simulated.

    Parameters
    ----------
    world
        The record.
    condition
        Values of the fields of its grid.
    rng
        Source of random numbers for fields with a design prior. None puts each of these fields at the centre of its
        prior.

    Raises
    ------
    SpecError
        The values break a rule of the simulator.
    """
    values = {**world.fields, **condition}
    for row in world.drawn:
        values[row.parameter] = float(drawn(row, rng)) if rng is not None else _centre(row)
    known = parameters(world.family, world.ready)
    for name, value in values.items():
        require_kind(name, value, known[name])
    try:
        simulated: Simulated = _maker(world.family, world.ready)(**values)
    except (TypeError, ValueError, AttributeError) as error:
        if isinstance(error, SpecError):
            raise
        raise SpecError(
            "Every field of a world has a value of the right type.", f"{world.name}: {error}.", "Correct the value."
        ) from error
    return simulated


def settled(world: World) -> Simulated:
    """Return the simulator of a world with one condition and a fixed truth, with all values as numbers.

    Parameters
    ----------
    world
        From `bp.world`, with one value for each field.

    Returns
    -------
    PanelWorld, TrialWorld or TrajectoryWorld
        Give it to `bp.simulate`, or read the true values in it.

    Raises
    ------
    SpecError
        The world is a grid of several conditions, or its truth is drawn anew for each replicate.
    """
    varied = {name: values for name, values in world.grid.items() if len(values) > 1}
    if not varied and not world.drawn:
        return made(world, conditions(world)[0])
    parts = [f"{name!r} has {len(values)} values" for name, values in varied.items()]
    parts += [f"{row.parameter!r} has a design prior" for row in world.drawn]
    field = next(iter(varied), None) or world.drawn[0].parameter
    value = varied[field][0] if field in varied else f"{_centre(world.drawn[0]):g}"
    raise SpecError(
        "Pupils are simulated from a world with one condition and a fixed truth.",
        f"Of the world {world.name!r}, {', '.join(parts)}.",
        f"Give one value for each of these fields, for example bp.world(name, {{{field!r}: {value}}}).",
    )


def of_simulated(simulated: Simulated, name: str = "world") -> World:
    """Return a world with settled fields as a record."""
    family = next(family.name for family in FAMILIES.values() if isinstance(simulated, family.world))
    values = {item.name: getattr(simulated, item.name) for item in fields(simulated)}
    return World(name, family, fields={key: plain(value) for key, value in values.items() if value is not None})


def plain(value: Any) -> Any:
    """Return texts, numbers, lists and dictionaries only, as TOML and JSON have them."""
    if is_dataclass(value) and not isinstance(value, type):
        return {item.name: plain(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value


def world_to_dict(world: World) -> dict[str, Any]:
    """Return a world as a dictionary of texts, numbers, lists and dictionaries, ready for JSON."""
    return {item.name: plain(getattr(world, item.name)) for item in fields(world)}


def world_from_dict(content: Mapping[str, Any]) -> World:
    """Return the world that `world_to_dict` wrote."""
    rows = tuple(Prior(**row) for row in content["drawn"])
    grid = {key: tuple(values) for key, values in content["grid"].items()}
    texts = {key: tuple(content[key]) for key in ("references", "notes")}
    return World(**{**content, "drawn": rows, "grid": grid, **texts})


def _world(name: str, table: WorldTable, source: Source) -> World:
    """Make the record of a file, one rule at a time, so that each error finds its line."""
    if table.ready is not None:
        source.build(("ready",), partial(_require_ready, table.family, table.ready))
    known = parameters(table.family, table.ready)
    for key, value in table.world.items():
        source.build(("world", key), partial(require_known, key, known, table.ready))
        source.build(("world", key), partial(require_kind, key, value, known[key]))
    for key, values in table.grid.items():
        source.build(("grid", key), partial(require_known, key, known, table.ready))
        source.build(("grid", key), partial(require_once, key, table.world))
        source.build(("grid", key), partial(require_values, key, tuple(values)))
        for value in values:
            source.build(("grid", key), partial(require_kind, key, value, known[key]))
    rows: list[Prior] = []
    for i, row in enumerate(table.drawn):
        source.build(("drawn", i, "field"), partial(require_known, row.field, known, table.ready))
        others = {*table.world, *table.grid, *(other.parameter for other in rows)}
        source.build(("drawn", i, "field"), partial(require_once, row.field, others))
        make = partial(Prior, row.field, row.distribution, tuple(row.arguments), "raw", row.reason, "design prior")
        rows.append(source.build(("drawn", i, "distribution"), make))
        source.build(("drawn", i, "distribution"), partial(require_number, rows[-1]))
    content = {
        "fields": table.world,
        "grid": {key: tuple(values) for key, values in table.grid.items()},
        "drawn": tuple(rows),
        "title": table.title,
        "references": tuple(table.references),
        "notes": tuple(table.notes),
    }
    return source.build(("world",), lambda: World(name, table.family, table.ready, **content))  # type: ignore[arg-type]  # by name


def _require_ready(family: str, ready: str) -> None:
    known = FAMILIES[family].ready_worlds
    if ready not in known:
        raise SpecError(
            f"Ready worlds of the family {family} are {', '.join(known)}.",
            f"It is {ready!r}. {nearest(ready, list(known))}",
            "Correct the name, or leave it out and give the fields of the simulator.",
        )


def _maker(family: str, ready: str | None) -> Callable[..., Any]:
    assert family in FAMILIES  # the type of the table checks it
    if ready is None:
        return FAMILIES[family].world_from
    return getattr(FAMILIES[family].worlds, ready)  # type: ignore[no-any-return]  # a function of that module


def parameters(family: str, ready: str | None) -> dict[str, str]:
    """Return the fields that a world may have, and their types as they are written."""
    if ready is None:
        return {item.name: str(item.type) for item in fields(FAMILIES[family].world)}
    signature = inspect.signature(_maker(family, ready))
    return {name: str(parameter.annotation) for name, parameter in signature.parameters.items()}


def _settled(value: Any) -> Any:
    """Return lists as tuples, all the way down."""
    if isinstance(value, Mapping):
        return {key: _settled(item) for key, item in value.items()}
    return tuple(_settled(item) for item in value) if isinstance(value, list | tuple) else value


def _centre(row: Prior) -> float:
    """Return a value in the middle of a design prior: where a location lies, or the spread of a scale."""
    return row.arguments[-2] if row.distribution in ("Normal", "StudentT") else row.arguments[-1]
