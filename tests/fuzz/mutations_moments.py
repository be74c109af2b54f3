"""B1: files of moments, counts, rows and estimates that were edited, flipped or cut; and values that cannot be."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import xarray as xr

from tests.fuzz import scratch, tables
from tests.fuzz.judge import Answer, Case

Edit = Callable[[xr.Dataset], xr.Dataset | None]

STORED = ("Moments", "TrialMoments", "TrialCounts", "PanelRows")


@cache
def good(kind: str) -> Any:
    """Return a whole value of a kind."""
    import bayespanel as bp
    from bayespanel.data.panel_rows import rows_of

    rng = np.random.default_rng(7)
    if kind in ("TrialMoments", "TrialCounts"):
        table = tables.trial(rng, scale="1-5", randomised="class")
        trial = bp.Trial.from_frame(table.frame, **table.how)
        return trial.moments() if kind == "TrialMoments" else trial.counts()
    table = tables.course(rng)
    table.frame["class"] = table.frame["school"] + table.frame["class"]
    how = {**table.how, "classroom": "class"}
    panel = bp.Panel.from_long(table.frame, **how)
    if kind == "PanelRows":
        return rows_of(panel, "bullied", ["warmth"], [])
    table = tables.long(rng)
    return bp.Panel.from_long(table.frame, **table.how, classroom="class", covariates=["sex"]).moments()


@cache
def file_of(kind: str) -> Path:
    """Return a whole file of a kind; it lives as long as the process."""
    path = scratch.folder() / f"{kind}.nc"
    good(kind).save(path)
    return path


def content(value: Any) -> Any:
    """Return everything that a stored value says."""
    words = {name: getattr(value, name, None) for name in ("class_names", "school_names", "notes", "guesses")}
    return type(value).__name__, value.fingerprint(), repr(words)


def loaded(kind: str, change: Callable[[Path], object], *, name: str = "data.nc") -> Any:
    """Return the door of a file that was changed after it was written: it is loaded, described, and used."""

    def give(folder: Path) -> Answer:
        import bayespanel as bp

        path = folder / name
        shutil.copy(file_of(kind), path)
        change(path)
        value = getattr(bp, kind).load(path) if hasattr(bp, kind) else _of_data(kind).load(path)
        used(value)
        return Answer(content(value), tuple(map(str, value.notes)) if hasattr(value, "notes") else ())

    return give


def _of_data(kind: str) -> Any:
    import bayespanel.data as data

    return getattr(data, kind)


def used(value: Any) -> None:
    """Describe a value, and take its sums apart again, as every model does first."""
    if hasattr(value, "describe"):
        str(value.describe())
    if type(value).__name__ == "Moments":
        value.select(variables=value.variables[:1])


def truth(kind: str) -> Callable[[], Any]:
    """Return what computes the content of the whole value."""
    return lambda: content(good(kind))


def edited(edit: Edit) -> Callable[[Path], object]:
    """Return what edits a file as somebody with a netCDF tool would."""

    def change(path: Path) -> None:
        with xr.open_dataset(path, engine="h5netcdf", decode_cf=False) as opened:
            stored = opened.load()
        changed = edit(stored)
        path.unlink()
        (stored if changed is None else changed).to_netcdf(path, engine="h5netcdf")

    return change


def cell(name: str, value: Any, at: int = 0) -> Callable[[Path], object]:
    """Return an edit of one number of an array, in its place in the file."""

    def change(path: Path) -> None:
        with h5py.File(path, "r+") as file:
            array = file[name][...]
            array.reshape(-1)[at] = value
            file[name][...] = array

    return change


def scaled(name: str, factor: float) -> Callable[[Path], object]:
    """Return an edit of a whole array."""

    def change(path: Path) -> None:
        with h5py.File(path, "r+") as file:
            file[name][...] = file[name][...] * factor

    return change


def attribute(name: str, value: Any) -> Callable[[Path], object]:
    """Return an edit of an attribute of the file; None takes it away."""

    def change(path: Path) -> None:
        with h5py.File(path, "r+") as file:
            del file.attrs[name]
            if value is not None:
                file.attrs[name] = value

    return change


NUMBERS: dict[str, tuple[tuple[str, tuple[Any, ...]], ...]] = {
    "Moments": (
        ("n", (-5, 0, 10**12)), ("group", (1, -1, 2**40)), ("block_cluster", (999, -1, 2**62)),
        ("block_kind", (999, -1)),
        ("block_n", (-3, 0, 10**9)), ("parent", (99, -1)), ("syy", (np.nan, np.inf, -1e6)), ("sxx", (np.nan, -1.0)),
        ("sxy", (np.inf, 1e300)), ("scale", (0.0, -1.0, np.nan)), ("centre", (np.nan, 1e308)),
        ("block_sy", (np.nan, 1e9)),
        ("observed", (2, 0, -1)), ("block_sx", (np.nan, 99.0)),
    ),
    "TrialMoments": (
        ("part_cluster", (999, -1)), ("part_kind", (99, -1)), ("part_n", (-1, 10**9)), ("part_syy", (np.nan, -1e9)),
        ("part_sxy", (np.inf,)), ("part_sxx", (-5.0, np.nan)), ("n", (-5,)), ("group", (7, -1)),
        ("block_cluster", (999, -2)),
    ),
    "TrialCounts": (
        ("outcome", (5, -1)), ("arm", (9, -1)), ("cluster", (999, -1)), ("pre", (np.nan, np.inf)),
        ("counts", (-4, 10**12)),
        ("parent", (99, -1)), ("n_pupils", (0, -1, 10**9)), ("pre_missing", (2, -1)),
    ),
    "PanelRows": (
        ("cluster", (999, -1)), ("count", (0, -3, 10**12)), ("x", (np.nan, np.inf)), ("values", (np.inf, 1e300)),
    ),
}  # fmt: skip
"""Kind -> arrays and values that none of their entries can have."""


def cases(rng: np.random.Generator) -> Iterator[Case]:
    """Every case of this kind."""
    for kind in STORED:
        yield Case("moments", f"{kind}: whole", loaded(kind, lambda _: None), truth(kind), ordinary=True)
        for name, values in NUMBERS[kind]:
            for value in values:
                yield Case("moments", f"{kind}: {name} holds {value:g}", loaded(kind, cell(name, value)), truth(kind))
        yield from files(kind, rng)
        yield from attributes(kind)
        yield from in_memory(kind)
    yield from consistent()
    yield from mixed()


def files(kind: str, rng: np.random.Generator) -> Iterator[Case]:
    """Files that were cut, flipped, or are none."""

    def case(name: str, change: Callable[[Path], object], *, risky: bool = True) -> Case:
        return Case("moments", f"{kind}: {name}", loaded(kind, change), truth(kind), risky=risky)

    for share in (0.0, 0.02, 0.5, 0.99):
        yield case(
            f"cut at {share:.0%}",
            lambda path, s=share: path.write_bytes(path.read_bytes()[: int(s * path.stat().st_size)]),
        )
    for k in range(8):
        at, bit = float(rng.random()), int(rng.integers(8))

        def flip(path: Path, at: float = at, bit: int = bit) -> None:
            data = bytearray(path.read_bytes())
            data[int(at * (len(data) - 1))] ^= 1 << bit
            path.write_bytes(bytes(data))

        yield case(f"flipped bit {k} at {at:.3f}", flip)
    for name, data in (
        ("empty", b""),
        ("text", b"pupil,wave,x\n1,1,2\n"),
        ("zeros", bytes(4096)),
        ("netCDF 3", b"CDF\x01" + bytes(100)),
        ("an HDF5 mark only", b"\x89HDF\r\n\x1a\n" + bytes(500)),
    ):
        yield case(name, lambda path, d=data: path.write_bytes(d))
    yield case("zeros in the middle", _zeroed)
    yield case("twice in one file", lambda path: path.write_bytes(path.read_bytes() * 2))
    yield case("gone", lambda path: path.unlink(), risky=False)
    yield case("a folder", lambda path: (path.unlink(), path.mkdir()), risky=False)
    first = {"Moments": "syy", "TrialMoments": "part_syy", "TrialCounts": "counts", "PanelRows": "values"}[kind]
    yield case(f"without {first}", edited(lambda stored: stored.drop_vars(first)), risky=False)
    yield case(f"{first} as text", edited(lambda s: s.assign({first: s[first].astype(str)})), risky=False)
    yield case(
        f"{first} in single precision", edited(lambda s: s.assign({first: s[first].astype("float32")})), risky=False
    )
    yield case(f"{first} shorter", edited(lambda s: s.isel({s[first].dims[0]: slice(0, -1)})), risky=False)
    yield case(
        f"{first} turned over", edited(lambda s: s.assign({first: s[first] * 0 + s[first].values[::-1]})), risky=False
    )
    yield case(f"{first} 1 % larger", scaled(first, 1.01), risky=False)


def _zeroed(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 64] = bytes(64)
    path.write_bytes(bytes(data))


def attributes(kind: str) -> Iterator[Case]:
    """What a file says of itself."""
    for name, value in (
        ("version", 99), ("version", 0), ("version", -1), ("version", "one"), ("version", np.nan),
        ("version", [1, 2]), ("version", None),
        ("version", 1.5), ("format", "bayespanel"), ("format", None), ("format", 7), ("shapes", ""),
        ("shapes", "n x; y"), ("shapes", None),
        ("shapes", "n -1"), ("plain", "{"), ("plain", "[]"), ("plain", "[" * 2000), ("plain", None),
        ("plain", '{"guesses": 1}'),
    ):  # fmt: skip
        said = repr(value)[:20]
        yield Case("moments", f"{kind}: {name} = {said}", loaded(kind, attribute(name, value)), truth(kind))


FIELDS: dict[str, tuple[tuple[str, Any], ...]] = {
    "Moments": (
        ("group", lambda a: a + 5), ("group", lambda a: a - 1), ("block_cluster", lambda a: a + 10**6),
        ("block_cluster", lambda a: a * 0 - 1),
        ("block_kind", lambda a: a + 10**6), ("parent", lambda a: a + 10**6), ("n", lambda a: -a),
        ("syy", lambda a: -a), ("syy", lambda a: a * np.nan),
        ("block_n", lambda a: a + 1), ("scale", lambda a: a * 0), ("waves", lambda a: (a[0],) * len(a)),
        ("variables", lambda a: (a[0],) * len(a)),
        ("class_names", lambda a: a[:1]), ("school_names", lambda _: ()), ("levels", lambda a: a[::-1]),
        ("observed", lambda a: ~a),
    ),
    "TrialMoments": (
        ("part_cluster", lambda a: a + 10**6), ("part_kind", lambda a: a - 1), ("part_n", lambda a: -a),
        ("part_syy", lambda a: -a),
        ("arms", lambda a: a[:1]), ("outcomes", lambda _: ()), ("randomised", lambda _: "moon"),
    ),
    "TrialCounts": (
        ("cluster", lambda a: a + 10**6), ("arm", lambda a: a + 7), ("outcome", lambda a: a - 1),
        ("counts", lambda a: -a), ("parent", lambda a: a + 99),
        ("categories", lambda _: ((),)), ("levels", lambda _: ()),
    ),
    "PanelRows": (
        ("cluster", lambda a: a + 10**6), ("count", lambda a: a * 0), ("count", lambda a: -a),
        ("values", lambda a: a * np.inf),
        ("waves", lambda a: a[:1]),
    ),
}  # fmt: skip


def in_memory(kind: str) -> Iterator[Case]:
    """Values that were changed in Python, and handed to a model: an index is checked before a kernel reads it."""
    for i, (name, change) in enumerate(FIELDS[kind]):
        yield Case("memory", f"{kind}: {name}, change {i}", _changed(kind, name, change), truth(kind))
        if i == 0:  # an index; compiling a density takes seconds
            give = _changed(kind, name, change, evaluate=True)
            yield Case("memory", f"{kind}: {name}, change {i}, density", give, truth(kind), risky=True, fast=False)


def _changed(kind: str, name: str, change: Any, *, evaluate: bool = False) -> Any:
    def give(_: Path) -> Answer:
        import bayespanel as bp
        from bayespanel.families.door import family_of

        value = replace(good(kind), **{name: change(getattr(good(kind), name))})
        spec: Any = {
            "Moments": lambda: bp.RICLPM(variables=("x", "y"), levels=LEVELS, covariates=("sex",)),
            "TrialMoments": lambda: bp.ClusterTrial(outcomes=("post",), levels=LEVELS, adjustment="covariate"),
            "TrialCounts": lambda: bp.ClusterTrial(("post",), LEVELS, "covariate", link="logit"),
            "PanelRows": lambda: bp.Trajectories(outcome="bullied", classes=2, predictors=("warmth",)),
        }[kind]()  # fmt: skip
        reduced = family_of(spec).statistics.data_for(spec, value)
        if not evaluate:
            used(reduced)
            return Answer(content(value))
        model = bp.build(spec, value)
        return Answer((content(value), float(model.compile_logp()(model.initial_point()))))

    return give


LEVELS = ("pupil", "class", "school")


def consistent() -> Iterator[Case]:
    """Edits after which every number is possible by itself, and some do not agree with others."""
    for name, array, change in CHANGES:

        def edit(stored: xr.Dataset, array: str = array, change: Any = change) -> None:
            change(stored[array].values)

        yield Case("moments", f"Moments: {name}", loaded("Moments", edited(edit)), truth("Moments"))


def _put(at: Any, change: Callable[[np.ndarray], Any]) -> Callable[[np.ndarray], None]:
    """Return what puts something in a place of an array, made of what the array holds."""
    return lambda array: array.__setitem__(at, change(array))


FIRST_TWO = slice(0, 2)

CHANGES: tuple[tuple[str, str, Callable[[np.ndarray], None]], ...] = (
    ("n of two kinds exchanged", "n", _put(FIRST_TWO, lambda a: a[1::-1].copy())),
    ("a pupil more in a block", "block_n", _put(0, lambda a: a[0] + 1)),
    ("sums of two blocks exchanged", "block_sy", _put(FIRST_TWO, lambda a: a[1::-1].copy())),
    ("syy not symmetric", "syy", _put((0, 0, 1), lambda a: 2 * a[0, 0, 1])),
    ("all sums doubled", "syy", _put(..., lambda a: 2 * a)),
    ("a class in another school", "parent", _put(0, lambda a: 1 - min(1, a[0]))),
    ("two waves of one name", "waves", _put(1, lambda a: a[0])),
    ("two variables of one name", "variables", _put(1, lambda a: a[0])),
    ("variables exchanged", "variables", _put(..., lambda a: a[::-1].copy())),
    ("waves backwards", "waves", _put(..., lambda a: a[::-1].copy())),
    ("another level", "levels", _put(0, lambda _: "village")),
    ("a covariate renamed", "covariates", _put(0, lambda _: "age")),
    ("a centre moved", "centre", _put(0, lambda a: a[0] + 1)),
    ("a blank wave", "waves", _put(0, lambda _: " ")),
    ("a school renamed", "school_names", _put(0, lambda _: "=HYPERLINK(1)")),
)
"""Name, array, and what changes it."""


def mixed() -> Iterator[Case]:
    """Files of one kind that are loaded as another, and a file in place of arrays."""
    for kind in STORED:
        for other in STORED:
            if other != kind:
                yield Case("moments", f"{other} loaded as {kind}", _as_other(kind, other), truth(kind))
    for odd in (None, 3, "", b"x", ["a.nc"], "\0", "x" * 5000):
        yield Case("moments", f"called {repr(odd)[:12]}", lambda _, o=odd: Answer(content(_of_data("Moments").load(o))))
    yield Case(
        "moments", "Moments: guesses of another shape", loaded("Moments", edited(_odd_guesses)), truth("Moments")
    )


def _as_other(kind: str, other: str) -> Any:
    def give(folder: Path) -> Answer:
        shutil.copy(file_of(other), folder / "data.nc")
        return Answer(content(_of_data(kind).load(folder / "data.nc")))

    return give


def _odd_guesses(stored: xr.Dataset) -> None:
    stored.attrs["plain"] = json.dumps({**json.loads(stored.attrs.get("plain", "{}")), "guesses": [["one"], 2, None]})
