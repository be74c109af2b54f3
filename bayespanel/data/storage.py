"""Moments and counts on disk: a netCDF file that appears whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Callable
from dataclasses import astuple, dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from bayespanel.data.guesses import guesses_from
from bayespanel.errors import DataError

VERSION = 1
"""Raised when a file can no longer be read by earlier code."""


@dataclass(frozen=True)
class Layout:
    """How a value made of arrays and words lies in a file.

    Attributes
    ----------
    format
        What the file says it is.
    made_by
        What writes it, for errors.
    arrays
        Numeric content and its type on disk.
    dimensions
        Dimensions of arrays and of words.
    names
        Content made of words, each a tuple.
    plain
        Content kept as JSON: names, pairs of names, lists of lists.
    sums
        Whether the value holds `Moments` as `sums`, which lie in the same file.
    """

    format: str
    made_by: str
    arrays: dict[str, str]
    dimensions: dict[str, tuple[str, ...]]
    names: tuple[str, ...] = ()
    plain: tuple[str, ...] = ()
    sums: bool = False


MOMENTS = Layout(
    format="bayespanel moments",
    made_by="Moments.save",
    arrays={
        "centre": "<f8", "covariate_centre": "<f8", "scale": "<f8",
        "group": "<i8", "observed": "|i1", "n": "<i8", "sxx": "<f8", "sxy": "<f8", "syy": "<f8",
        "block_kind": "<i8", "block_cluster": "<i8", "block_n": "<i8", "block_sx": "<f8", "block_sy": "<f8",
        "parent": "<i8",
    },
    dimensions={
        "waves": ("wave",), "variables": ("variable",), "covariates": ("covariate",), "levels": ("level",),
        "class_names": ("class",), "school_names": ("school",), "notes": ("note",),
        "centre": ("cell",), "covariate_centre": ("covariate",), "scale": ("variable",),
        "group": ("kind",), "observed": ("kind", "cell"), "n": ("kind",),
        "sxx": ("kind", "x", "x_"), "sxy": ("kind", "x", "cell"), "syy": ("kind", "cell", "cell_"),
        "block_kind": ("block",), "block_cluster": ("block",), "block_n": ("block",),
        "block_sx": ("block", "x"), "block_sy": ("block", "cell"), "parent": ("child_class",),
    },
    names=("waves", "variables", "covariates", "levels", "class_names", "school_names", "notes"),
    plain=("guesses",),
)  # fmt: skip

TRIAL_MOMENTS = Layout(
    format="bayespanel trial moments",
    made_by="TrialMoments.save",
    arrays={
        "part_cluster": "<i8", "part_kind": "<i8", "part_n": "<i8",
        "part_sxx": "<f8", "part_sxy": "<f8", "part_syy": "<f8",
    },
    dimensions={
        "part_cluster": ("part",), "part_kind": ("part",), "part_n": ("part",),
        "part_sxx": ("part", "x", "x_"), "part_sxy": ("part", "x", "cell"), "part_syy": ("part", "cell", "cell_"),
    },
    plain=("outcomes", "baseline", "arms", "randomised", "covariates", "categories"),
    sums=True,
)  # fmt: skip

TRIAL_COUNTS = Layout(
    format="bayespanel trial counts",
    made_by="TrialCounts.save",
    arrays={
        "outcome": "<i8", "arm": "<i8", "cluster": "<i8", "x": "<f8", "pre": "<f8", "pre_missing": "|i1",
        "counts": "<i8", "parent": "<i8", "n_pupils": "<i8",
    },
    dimensions={
        "outcome": ("row",), "arm": ("row",), "cluster": ("row",), "x": ("row", "covariate"), "pre": ("row",),
        "pre_missing": ("row",), "counts": ("row", "category"), "parent": ("class",), "n_pupils": (),
    },
    plain=(
        "outcomes", "baseline", "arms", "randomised", "covariates", "categories", "levels", "class_names",
        "school_names", "notes", "guesses",
    ),
)  # fmt: skip

TRIAL_ESTIMATES = Layout(
    format="bayespanel trial estimates",
    made_by="a fit to published effects",
    arrays={"effect": "<f8", "standard_error": "<f8", "clusters": "<i8"},
    dimensions={"effect": ("outcome",), "standard_error": ("outcome",), "clusters": ("outcome",)},
    plain=("outcomes", "notes"),
)

PANEL_ROWS = Layout(
    format="bayespanel panel rows",
    made_by="PanelRows.save",
    arrays={"values": "<f8", "x": "<f8", "cluster": "<i8", "count": "<i8", "parent": "<i8"},
    dimensions={
        "values": ("row", "wave"), "x": ("row", "covariate"), "cluster": ("row",), "count": ("row",),
        "parent": ("class",),
    },
    plain=("outcome", "waves", "covariates", "levels", "class_names", "school_names", "notes", "guesses"),
)  # fmt: skip

LAYOUTS = {
    "Moments": MOMENTS,
    "TrialMoments": TRIAL_MOMENTS,
    "TrialCounts": TRIAL_COUNTS,
    "TrialEstimates": TRIAL_ESTIMATES,
    "PanelRows": PANEL_ROWS,
}
"""Name of a class -> its layout."""


def write_whole(path: str | os.PathLike[str], write: Callable[[Path], object]) -> None:
    """Let `write` make a file beside the target, and give it the target's name once it is whole.

    Raises
    ------
    DataError
        The folder does not exist.
    """
    target = Path(path)
    if not target.parent.is_dir():
        raise DataError(
            "A file is saved in a folder that exists.",
            f"There is no folder {str(target.parent)!r}.",
            "Create it first.",
        )
    partial = target.with_name(f".{target.name}.{secrets.token_hex(4)}.partial")
    try:
        write(partial)
        with partial.open("rb") as written:
            # Else a power cut could leave the new name on a file whose content was still in memory.
            os.fsync(written.fileno())
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def to_dataset(value: Any) -> xr.Dataset:
    """Lay moments, counts or estimates out as a dataset, for a file of their own or within a saved fit."""
    layout = LAYOUTS[type(value).__name__]
    content, shapes = _laid_out(value, layout)
    if layout.sums:
        inner, inner_shapes = _laid_out(value.sums, MOMENTS)
        content, shapes = inner | content, inner_shapes + shapes
    attrs = {"format": layout.format, "version": VERSION, "shapes": "; ".join(shapes)}
    words = _plain_words(value, layout) | (_plain_words(value.sums, MOMENTS) if layout.sums else {})
    if words:
        attrs["plain"] = json.dumps(words)
    return xr.Dataset(content, attrs=attrs)


def _plain_words(value: Any, layout: Layout) -> dict[str, Any]:
    words = {name: getattr(value, name) for name in layout.plain}
    return words | ({"guesses": [astuple(guess) for guess in value.guesses]} if "guesses" in words else {})


def fingerprint(value: Any) -> str:
    """Return a SHA-256 of everything that a posterior depends on; names of clusters and notes do not enter."""
    layout = LAYOUTS[type(value).__name__]
    words = {name: getattr(value, name) for name in layout.plain if name not in UNSEEN}
    digest = hashlib.sha256(json.dumps(words).encode())
    if layout.sums:
        digest.update(value.sums.fingerprint().encode())
    digest.update(digest_of(value, layout.arrays))
    return digest.hexdigest()


UNSEEN = ("class_names", "school_names", "notes", "guesses")
"""Words on which no posterior depends."""


def digest_of(value: Any, arrays: dict[str, str]) -> bytes:
    """Return the bytes of arrays, the same on every machine, with their names and shapes."""
    out = b""
    for name, dtype in arrays.items():
        # Adding zero makes -0.0 and 0.0 the same bytes; "<" makes them the same on every machine.
        array = np.asarray(getattr(value, name)).astype(dtype) + np.zeros((), dtype)
        out += f"{name}{array.shape}".encode() + np.ascontiguousarray(array).tobytes()
    return out


def _laid_out(value: Any, layout: Layout) -> tuple[dict[str, xr.Variable], list[str]]:
    content: dict[str, xr.Variable] = {}
    for name in (*layout.names, *layout.arrays):
        given = getattr(value, name)
        words = name in layout.names
        array = np.asarray(given, dtype=object) if words else np.asarray(given).astype(layout.arrays[name])
        # HDF5 takes an empty dimension for one that may grow: what is empty is written as its shape only.
        if array.size:
            content[name] = xr.Variable(layout.dimensions[name], array, encoding={} if words else {"_FillValue": None})
    every = (*layout.names, *layout.arrays)
    return content, [" ".join([name, *map(str, np.shape(getattr(value, name)))]) for name in every]


def write(value: Any, path: str | os.PathLike[str]) -> None:
    """Write moments or counts to a file; see `Moments.save`."""
    dataset = to_dataset(value)
    write_whole(path, lambda partial: dataset.to_netcdf(partial, engine="h5netcdf"))


def read(kind: str, path: str | os.PathLike[str]) -> Any:
    """Read a file of moments or counts of one kind, by the name of its class; see `Moments.load`."""
    found = read_any(path)
    if type(found).__name__ != kind:
        layout = LAYOUTS[kind]
        raise _unreadable(Path(path), f"it holds {type(found).__name__}", layout)
    return found


def read_any(path: str | os.PathLike[str]) -> Any:
    """Read a file of moments or counts of any kind."""
    source = Path(path)
    if not source.is_file():
        raise DataError("Moments are loaded from a file.", f"There is no file {str(source)!r}.", "Check the path.")
    try:
        with xr.open_dataset(source, engine="h5netcdf", decode_cf=False) as opened:
            stored = opened.load()
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise _unreadable(source, f"it cannot be read as netCDF ({type(error).__name__})", MOMENTS) from error
    return from_dataset(stored, source)


def from_dataset(stored: xr.Dataset, source: Path) -> Any:
    """Build what `to_dataset` laid out; `source` is named in errors."""
    kinds = {layout.format: name for name, layout in LAYOUTS.items()}
    kind = kinds.get(str(stored.attrs.get("format")))
    if kind is None:
        raise _unreadable(source, f"its attribute 'format' is {stored.attrs.get('format')!r}", MOMENTS)
    version = int(stored.attrs.get("version", 0))
    if version > VERSION:
        raise DataError(
            f"This bayespanel reads moments up to version {VERSION} of the file format.",
            f"{str(source)!r} has version {version}.",
            "Install a newer bayespanel, or ask for a file saved by this one.",
        )
    layout, classes = LAYOUTS[kind], import_module("bayespanel.data")
    content = _picked_up(stored, layout, source)
    if layout.sums:
        content["sums"] = classes.Moments(**_picked_up(stored, MOMENTS, source))
    return getattr(classes, kind)(**content)


def _picked_up(stored: xr.Dataset, layout: Layout, source: Path) -> dict[str, Any]:
    entries = [entry.split(" ") for entry in str(stored.attrs.get("shapes", "")).split("; ")]
    shapes = {name: tuple(map(int, sizes)) for name, *sizes in entries if name}
    content: dict[str, Any] = {}
    for name in (*layout.names, *layout.arrays):
        if name not in shapes:
            raise _unreadable(source, f"{name!r} is not in it", layout)
        shape = shapes[name]
        if 0 not in shape and (name not in stored or stored[name].shape != shape):
            raise _unreadable(source, f"{name!r} is absent or incomplete", layout)
        if name in layout.names:
            content[name] = () if 0 in shape else tuple(str(word) for word in stored[name].values)
        else:
            array = np.zeros(shape) if 0 in shape else stored[name].values
            is_mask = layout.arrays[name] == "|i1"
            content[name] = array.astype(bool if is_mask else np.dtype(layout.arrays[name]).newbyteorder("="))
    plain = json.loads(stored.attrs.get("plain", "{}")) if layout.plain else {}
    if "guesses" in layout.plain:  # absent from files of the first versions
        content["guesses"] = guesses_from(plain.pop("guesses", ()))
    return content | {name: _tuples(plain[name]) for name in layout.plain if name != "guesses"}


def _tuples(value: Any) -> Any:
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value


def _unreadable(source: Path, reason: str, layout: Layout) -> DataError:
    return DataError(
        f"{layout.made_by.replace('save', 'load')} reads files written by {layout.made_by}.",
        f"{str(source)!r} is not a complete file of moments: {reason}.",
        "Check the path; read tables of pupils with read_table, and save the moments again if the file is damaged.",
    )
