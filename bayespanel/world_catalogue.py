"""Worlds by name: a family's simulator, its truth and its design, as a record that can vary.

A world is written as TOML beside the cards, in `models/worlds/`. Its fields are those of a ready world (a function that
knows what a design needs) or of the family's simulator itself. Fields with several values make a grid of conditions;
fields with a design prior are drawn anew for each replicate.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from functools import partial
from importlib import import_module
from itertools import product
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bayespanel.card_source import Source
from bayespanel.catalogue import folder
from bayespanel.errors import SpecError, nearest
from bayespanel.families.riclpm.world import PanelWorld
from bayespanel.families.rooms import FAMILIES
from bayespanel.families.trajectories.world import Arm, Course, TrajectoryWorld
from bayespanel.families.trial.world import TrialWorld
from bayespanel.prior_sampling import drawn
from bayespanel.priors import CORRELATION, Prior

if TYPE_CHECKING:
    from bayespanel.card_tables import WorldTable

Simulated = PanelWorld | TrialWorld | TrajectoryWorld
"""A world with every field settled, which a simulator takes."""

SIMULATORS: dict[str, type[Simulated]] = {"riclpm": PanelWorld, "trial": TrialWorld, "trajectories": TrajectoryWorld}
"""Family -> the fields of its simulator."""

READY: dict[str, tuple[str, ...]] = {
    "riclpm": ("triangle_panel", "null_panel", "small_triangle", "two_variables"),
    "trial": ("involvement", "small_trial"),
    "trajectories": ("persistent_victims",),
}
"""Family -> its ready worlds."""


@dataclass(frozen=True)
class World:
    """A world, or a grid of worlds.

    Attributes
    ----------
    name, title
        What it is called, and what it is.
    family
        "riclpm", "trial" or "trajectories".
    ready
        The ready world whose arguments `fields` are; None: they are fields of the simulator.
    fields
        Field -> value.
    grid
        Field -> its values: the conditions are all their combinations, the last field varying fastest.
    drawn
        Design priors: rows whose parameter is a field, drawn anew for each replicate. Without any, the truth is fixed.
    references, notes
        Sources, and what to know.
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
        known = list(_parameters(self))
        for name in (*self.fields, *self.grid, *(row.parameter for row in self.drawn)):
            if name not in known:
                raise SpecError(
                    f"The fields of {self.ready or 'this world'} are {', '.join(known)}.",
                    f"{name!r} is not among them. {nearest(name, known)}",
                    "Correct the name.",
                )
        for name, values in self.grid.items():
            if not isinstance(values, tuple) or not values:
                raise SpecError(
                    "A field of the grid has a list of values.", f"{name!r} is {values!r}.", "Give one value or more."
                )
        for row in self.drawn:
            if row.parameter in self.grid or row.distribution in CORRELATION:
                raise SpecError(
                    "A field with a design prior is a number, drawn anew for each replicate.",
                    f"{row.parameter!r} has {row.distribution}, or is in the grid too.",
                    "Keep one of the two.",
                )
        for condition in conditions(self):
            made(self, condition)


def worlds() -> tuple[str, ...]:
    """Return the names of the shipped worlds, in alphabetical order."""
    return tuple(sorted(path.stem for path in (folder() / "worlds").glob("*.toml")))


def world(name: str | PathLike[str], changes: Mapping[str, Any] | None = None) -> World:
    """Read a world.

    Parameters
    ----------
    name
        Name of a shipped world, such as "triangle-panel"; or the path of a file of one's own, which ends in ".toml".
    changes
        Field -> value in place of the file's; a list of values makes the field part of the grid. A value that is
        itself several numbers is a tuple.

    Returns
    -------
    World

    Raises
    ------
    SpecError
        No such world or file, or it breaks a rule: the error names the file, the key and the line.
    """
    path = Path(name)
    if isinstance(name, str) and path.suffix != ".toml" and path.name == name:
        if name not in worlds():
            raise SpecError(
                "A world is one of the shipped ones, or a file that ends in '.toml'.",
                f"{name!r} is neither. {nearest(name, list(worlds()))}",
                "Correct the name, or give the path of the file.",
            )
        path = folder() / "worlds" / f"{name}.toml"
    from bayespanel.card_tables import read_world  # pydantic, only when needed

    table, source = read_world(path)
    return changed(_world(path.stem, table, source), changes or {})


def changed(world: World, changes: Mapping[str, Any]) -> World:
    """Return a world with other values of some fields; a list of values makes a field part of the grid."""
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
    """Return the combinations of the grid's values, field -> value; one empty one without a grid."""
    return tuple(dict(zip(world.grid, values, strict=True)) for values in product(*world.grid.values()))


def made(world: World, condition: Mapping[str, Any], rng: np.random.Generator | None = None) -> Simulated:
    """Return the world of a condition, ready to be simulated.

    Parameters
    ----------
    world
        The record.
    condition
        Values of the fields of its grid.
    rng
        Source of random numbers for fields with a design prior; None puts them at the centre of theirs.

    Raises
    ------
    SpecError
        Values that break the simulator's rules.
    """
    values = {**world.fields, **condition}
    for row in world.drawn:
        values[row.parameter] = float(drawn(row, rng)) if rng is not None else _centre(row)
    try:
        simulated: Simulated = _maker(world)(**values)
    except (TypeError, ValueError) as error:
        if isinstance(error, SpecError):
            raise
        raise SpecError(
            "The fields of a world have values of their own kinds.", f"{world.name}: {error}.", "Correct the value."
        ) from error
    return simulated


def of_simulated(simulated: Simulated, name: str = "world") -> World:
    """Return a world with settled fields as a record."""
    family = next(key for key, kind in SIMULATORS.items() if isinstance(simulated, kind))
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
    bare = source.build(("ready",), lambda: _require_ready(name, table))
    filled = source.build(("world",), lambda: replace(bare, fields=table.world))
    spread = source.build(("grid",), lambda: replace(filled, grid={k: tuple(v) for k, v in table.grid.items()}))
    rows = []
    for i, row in enumerate(table.drawn):
        make = partial(Prior, row.field, row.distribution, tuple(row.arguments), "raw", row.reason, "design prior")
        rows.append(source.build(("drawn", i, "distribution"), make))
    return source.build(("drawn",), lambda: replace(spread, drawn=tuple(rows)))


def _require_ready(name: str, table: WorldTable) -> World:
    if table.ready is not None and table.ready not in READY[table.family]:
        raise SpecError(
            f"Ready worlds of the family {table.family} are {', '.join(READY[table.family])}.",
            f"It is {table.ready!r}. {nearest(table.ready, list(READY[table.family]))}",
            "Correct the name, or leave it out and give the fields of the simulator.",
        )
    # A world without a ready one has fields that must be given: it is only whole with them.
    given = table.world if table.ready is None else {}
    texts = (table.title, tuple(table.references), tuple(table.notes))
    return World(name, table.family, table.ready, given, {}, (), *texts)


def _maker(world: World) -> Callable[..., Any]:
    assert world.family in FAMILIES  # the type of the table checks it
    if world.ready is None:
        return partial(_simulator, world.family)
    module = import_module(f"bayespanel.families.{world.family}.worlds")
    return getattr(module, world.ready)  # type: ignore[no-any-return]


def _simulator(family: str, **values: Any) -> Simulated:
    if family == "trajectories":
        for name in ("control", "intervention"):
            if isinstance(values.get(name), Mapping):
                arm = dict(values[name])
                courses = tuple(course if isinstance(course, Course) else Course(**course) for course in arm["courses"])
                values[name] = Arm(**{**arm, "courses": courses})
        values["leaves"] = {int(wave): share for wave, share in values.get("leaves", {}).items()}
    return SIMULATORS[family](**values)


def _parameters(world: World) -> tuple[str, ...]:
    if world.ready is None:
        return tuple(item.name for item in fields(SIMULATORS[world.family]))
    return tuple(inspect.signature(_maker(world)).parameters)


def _settled(value: Any) -> Any:
    """Return lists as tuples, all the way down."""
    if isinstance(value, Mapping):
        return {key: _settled(item) for key, item in value.items()}
    return tuple(_settled(item) for item in value) if isinstance(value, list | tuple) else value


def _centre(row: Prior) -> float:
    """Return a value in the middle of a design prior: where a location lies, or the spread of a scale."""
    return row.arguments[-2] if row.distribution in ("Normal", "StudentT") else row.arguments[-1]
