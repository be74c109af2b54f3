"""Imports run downwards only, and heavy libraries stay in their rooms."""

from __future__ import annotations

import ast
import re
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from tests.conftest import LONGEST

PACKAGE = Path(__file__).parent.parent / "bayespanel"

FLOORS = (
    ("files", "language"),
    ("data",),
    ("likelihood",),
    ("inference",),
    ("summaries",),
    ("families",),
    ("catalogue",),
    ("verbs",),
    ("bridges",),
    ("design",),
    ("figures",),
    ("page",),
    ("app", "command"),
    ("cli", "__main__", "__init__"),
)
"""Rooms from the ground upwards; a room imports from its own floor and those below it."""

PYMC = (
    "families/panel/build.py",
    "families/panel/further_graph.py",
    "families/panel/varying_graph.py",
    "families/panel/pupil_graph.py",
    "families/panel/item_graph.py",
    "families/panel/shrinkage_graph.py",
    "families/trajectories/build.py",
    "families/trial/build.py",
    "families/trial/counted_model.py",
    "families/trial/ordinal.py",
    "families/trial/rates.py",
    "families/trial/effects.py",
    "families/trial/spreads.py",
    "families/trial/published.py",
    "likelihood",
    "inference",
)


def sources() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


class AtRunTime(ast.NodeTransformer):
    """Takes out what only the type checker reads."""

    def visit_If(self, node: ast.If) -> ast.If | None:
        return None if ast.unparse(node.test) == "TYPE_CHECKING" else node


def imports(path: Path, *, at_run_time: bool = False) -> set[str]:
    out = set()
    tree = ast.parse(path.read_text())
    for node in ast.walk(AtRunTime().visit(tree) if at_run_time else tree):
        if isinstance(node, ast.Import):
            out |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            out |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return out


def floor(room: str) -> int:
    for height, rooms in enumerate(FLOORS):
        if room in rooms:
            return height
    raise AssertionError(f"{room!r} stands on no floor: give it one in FLOORS.")


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_run_downwards(path: Path) -> None:
    room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if room == "__init__":
        return  # the public face names everything
    for name in imports(path):
        parts = name.split(".")
        if (
            parts[0] == "bayespanel"
            and len(parts) > 1
            and (PACKAGE / parts[1]).with_suffix(".py").exists() | (PACKAGE / parts[1]).is_dir()
        ):
            assert floor(parts[1]) <= floor(room), f"{room} must not import {name}"


def test_no_module_needs_itself() -> None:
    """Nowhere does a way of imports lead back, those inside functions and for the type checker included."""
    modules = {".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts): path for path in sources()}
    modules = {name.removesuffix(".__init__"): path for name, path in modules.items()}
    graph: dict[str, set[str]] = {}
    for module, path in modules.items():
        nodes = list(ast.walk(ast.parse(path.read_text())))
        named = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
        for node in nodes:
            if isinstance(node, ast.ImportFrom):
                inner = {f"{node.module}.{alias.name}" for alias in node.names}
                named |= {name if name in modules else str(node.module) for name in inner}
        graph[module] = named & modules.keys()
    TopologicalSorter(graph).prepare()  # raises a CycleError that names them


FAMILIES = tuple(path.name for path in (PACKAGE / "families").iterdir() if (path / "family.py").exists())


@pytest.mark.parametrize("room", [*FAMILIES, "shared"])
def test_a_family_knows_its_own_folder_and_what_is_shared(room: str) -> None:
    own = re.compile(rf"bayespanel\.families(\.(shared|{room})(\..+)?)?")
    protocol = "bayespanel.families.family"
    for path in (PACKAGE / "families" / room).rglob("*.py"):
        for name in imports(path) - {protocol} | imports(path, at_run_time=True):
            if name.startswith("bayespanel.families"):
                assert own.fullmatch(name), f"{path.name} of {room!r} must not import {name}"


@pytest.mark.parametrize(
    ("library", "rooms"),
    [("pymc", PYMC), ("pytensor", PYMC), ("numba", ("likelihood", "inference")), ("matplotlib", ("figures", "page"))],
)
def test_a_library_stays_in_its_rooms(library: str, rooms: tuple[str, ...]) -> None:
    for path in sources():
        where = str(path.relative_to(PACKAGE))
        at_top = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.Import | ast.ImportFrom)]
        names = {alias.name.split(".")[0] for node in at_top if isinstance(node, ast.Import) for alias in node.names}
        names |= {str(node.module).split(".")[0] for node in at_top if isinstance(node, ast.ImportFrom)}
        if library in names:
            assert where.startswith(rooms), f"{where} must not import {library}"


def test_no_file_has_two_jobs() -> None:
    for path in [*sources(), *Path(__file__).parent.rglob("*.py")]:
        lines = len(path.read_text().splitlines())
        assert lines <= 400, f"{path.name} has {lines} lines: which are its two jobs?"


def test_no_model_knows_the_data_by_sight() -> None:
    for room in ("likelihood",):
        for path in (PACKAGE / room).glob("*.py"):
            assert not {"pandas", "xarray"} & {name.split(".")[0] for name in imports(path)}


NAMED = {
    "verbs/latent_classes.py": "its verbs are those of trajectories alone",
    "figures/trajectories.py": "the figure of one of them",
}


def test_no_file_outside_families_and_bridges_names_a_family() -> None:
    for path in sources():
        where = str(path.relative_to(PACKAGE))
        if where.startswith(("families/", "bridges/")) or where in NAMED:
            continue
        for name in imports(path):
            assert not name.startswith(
                ("bayespanel.families.panel", "bayespanel.families.trial", "bayespanel.families.trajectories")
            ), f"{where} must not import {name}: ask the family through families/door.py"


def test_the_files_that_are_tested_first_are_there() -> None:
    assert [name for name in LONGEST if not (Path(__file__).parent / name).is_file()] == []
