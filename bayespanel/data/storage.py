"""Moments and counts on disk: a netCDF file that appears whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import astuple
from pathlib import Path
from typing import Any, Self

import numpy as np
import xarray as xr

from bayespanel.data.brief import brief
from bayespanel.data.container import (
    CHANGED,
    EDITED,
    SEALED,
    UNSEALED,
    Unreadable,
    examine,
    from_json,
    seal,
    version_of,
)
from bayespanel.data.guesses import guesses_from
from bayespanel.data.layouts import LAYOUTS, MOMENTS, Array, Layout
from bayespanel.data.rules import require_agreement
from bayespanel.files.partial import partial
from bayespanel.files.paths import path_of
from bayespanel.language.errors import DataError
from bayespanel.language.shown import Shown

CLASSES: dict[str, type[Any]] = {}
"""Name of a class of stored values -> the class."""

VERSION = 1
"""Raised when a file can no longer be read by earlier code."""


class Stored(Shown):
    """What can be saved to a file and loaded again."""

    def __init_subclass__(cls) -> None:
        CLASSES[cls.__name__] = cls

    def brief(self) -> Iterator[str]:
        """Say what it is in a few lines."""
        return brief(self)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a netCDF file. The file appears whole or not at all.

        Parameters
        ----------
        path
            The file. If it exists, it is replaced.

        Raises
        ------
        DataError
            The folder does not exist.
        """
        write_sealed(path, to_dataset(self))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read a file that `save` wrote. All numbers are the same to the last bit.

        Raises
        ------
        DataError
            The file does not exist, is of another kind, is incomplete, or was written by a newer version.
        """
        found = read_any(path)
        if not isinstance(found, cls):
            raise _unreadable(Path(path), f"it holds {type(found).__name__}", LAYOUTS[cls.__name__])
        return found


def write_whole(path: str | os.PathLike[str], write: Callable[[Path], object]) -> None:
    """Let `write` make a file beside the target, and give it the target's name once it is whole.

    Raises
    ------
    DataError
        The folder does not exist, or the file cannot be written, for example because the disk is full.
    """
    target = path_of(path, "A file")
    if not target.parent.is_dir():
        raise DataError(
            "A file is saved in a folder that exists.",
            f"There is no folder {str(target.parent)!r}.",
            "Create it first.",
        )
    try:
        with partial(target.parent, target.name) as made:
            write(made)
            with made.open("rb") as written:
                # Else a power cut could leave the new name on a file whose content was still in memory.
                os.fsync(written.fileno())
            made.replace(target)
    except OSError as error:
        raise DataError(
            "A file is saved where there is enough room, and where you may write.",
            f"{str(target)!r} could not be written ({error.strerror or error}); what was there is unchanged.",
            "Make room, or choose another place, and save again.",
        ) from error


def write_sealed(path: str | os.PathLike[str], content: xr.Dataset | xr.DataTree) -> None:
    """Write netCDF with a checksum inside, whole or not at all; raises as `write_whole`."""

    def write(made: Path) -> None:
        content.to_netcdf(made, engine="h5netcdf")
        seal(made)

    write_whole(path, write)


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


def digest_of(value: Any, arrays: dict[str, Array]) -> bytes:
    """Return the bytes of arrays, the same on every machine, with their names and shapes."""
    out = b""
    for name, dtype in ((name, row.dtype) for name, row in arrays.items()):
        if getattr(value, name) is None:  # one that a value need not have
            continue
        # Adding zero makes -0.0 and 0.0 the same bytes; "<" makes them the same on every machine.
        array = np.asarray(getattr(value, name)).astype(dtype) + np.zeros((), dtype)
        out += f"{name}{array.shape}".encode() + np.ascontiguousarray(array).tobytes()
    return out


def _laid_out(value: Any, layout: Layout) -> tuple[dict[str, xr.Variable], list[str]]:
    content: dict[str, xr.Variable] = {}
    every = [name for name in (*layout.names, *layout.arrays) if getattr(value, name) is not None]
    for name in every:
        given = getattr(value, name)
        words = name in layout.names
        array = np.asarray(given, dtype=object) if words else np.asarray(given).astype(layout.arrays[name].dtype)
        # HDF5 takes an empty dimension for one that may grow: what is empty is written as its shape only.
        if array.size:
            dims = (layout.words[name].dim,) if words else layout.arrays[name].dims
            content[name] = xr.Variable(dims, array, encoding={} if words else {"_FillValue": None})
    return content, [" ".join([name, *map(str, np.shape(getattr(value, name)))]) for name in every]


def read_any(path: str | os.PathLike[str]) -> Any:
    """Read a file of moments or counts of any kind."""
    source = path_of(path, "A file of moments")
    if not source.is_file():
        raise DataError("Moments are loaded from a file.", f"There is no file {str(source)!r}.", "Check the path.")
    try:
        state = examine(source)
        stored = dataset(source)
    except Unreadable as error:
        raise _unreadable(source, str(error), MOMENTS) from error
    return from_dataset(stored, source, state)


def dataset(source: Path, group: str | None = None) -> xr.Dataset:
    """Read a file that was examined, or one group of it, as `from_dataset` takes it.

    Raises
    ------
    Unreadable
        It cannot be read.
    """
    try:
        with xr.open_dataset(source, group=group, engine="h5netcdf", decode_cf=False) as opened:
            return opened.load()
    except Exception as error:  # whatever a damaged file makes the libraries raise
        raise Unreadable(f"it cannot be read as netCDF ({type(error).__name__})") from error


def from_dataset(stored: xr.Dataset, source: Path, state: str = SEALED) -> Any:
    """Build what `to_dataset` laid out.

    Parameters
    ----------
    stored
        The dataset.
    source
        The file, named in errors.
    state
        What `examine` said of the file.

    Raises
    ------
    DataError
        It is of another format or version, incomplete, breaks a rule of its class, or was changed.
    """
    kinds = {layout.format: name for name, layout in LAYOUTS.items()}
    kind = kinds.get(str(stored.attrs.get("format")))
    if kind is None:
        raise _unreadable(source, f"its attribute 'format' is {str(stored.attrs.get('format'))[:40]!r}", MOMENTS)
    layout = LAYOUTS[kind]
    try:
        if version_of(stored.attrs) > VERSION:
            raise DataError(
                f"This bayespanel reads moments up to version {VERSION} of the file format.",
                f"{str(source)!r} has version {stored.attrs['version']}.",
                "Install a newer bayespanel, or ask for a file saved by this one.",
            )
        value = _built(kind, stored, source, state)
    except Unreadable as error:
        raise _unreadable(source, f"{error}{'. ' + EDITED[:-1] if state == CHANGED else ''}", layout) from error
    if state == CHANGED:
        raise DataError("A file is read as it was written.", f"{str(source)!r}: {EDITED}", AGAIN)
    return value


AGAIN = "Ask for the file again, or make it anew from the pupils."


def _built(kind: str, stored: xr.Dataset, source: Path, state: str) -> Any:
    layout = LAYOUTS[kind]
    content = _picked_up(stored, layout)
    inner = _picked_up(stored, MOMENTS) if layout.sums else {}
    try:
        if inner:
            content["sums"] = CLASSES["Moments"](**inner)
        value = CLASSES[kind](**content)
        if state == UNSEALED:
            require_agreement(value, layout, unsealed=True)
    except DataError as error:
        edited = f" {EDITED}" if state == CHANGED else ""
        raise DataError(error.rule, f"{str(source)!r}: {error.given}{edited}", AGAIN) from error
    return value


def _picked_up(stored: xr.Dataset, layout: Layout) -> dict[str, Any]:
    """Return words and arrays of a layout, of the types that they should have."""
    shapes = _shapes(stored)
    content: dict[str, Any] = {}
    for name in (*layout.names, *layout.arrays):
        if name not in shapes and name in layout.arrays and layout.arrays[name].optional:
            continue
        if name not in shapes:
            raise Unreadable(f"{name!r} is not in it")
        shape = shapes[name]
        if 0 not in shape and (name not in stored or stored[name].shape != shape):
            raise Unreadable(f"{name!r} is absent or incomplete")
        found = np.zeros(0) if 0 in shape else stored[name].values
        if name in layout.names:
            words = found.tolist()
            if len(shape) != 1 or not all(isinstance(word, str) for word in words):
                raise Unreadable(f"{name!r} is no list of words")
            content[name] = tuple(words)
            continue
        dtype = layout.arrays[name].dtype
        is_mask = dtype == "|i1"
        kinds = "f" if dtype == "<f8" else "iu"
        if 0 in shape:
            found = np.zeros(shape)
        elif found.dtype.kind not in kinds or (is_mask and not np.isin(found, (0, 1)).all()):
            raise Unreadable(f"{name!r} holds {found.dtype}, not {'0 and 1' if is_mask else np.dtype(dtype)}")
        content[name] = found.astype(bool if is_mask else np.dtype(dtype).newbyteorder("="))
    if not layout.plain:
        return content
    plain = from_json(stored.attrs.get("plain", "{}"))
    if not isinstance(plain, dict):
        raise Unreadable("its attribute 'plain' is no dictionary")
    if "guesses" in layout.plain:  # absent from files of the first versions
        try:
            content["guesses"] = guesses_from(plain.pop("guesses", ()))
        except TypeError as error:
            raise Unreadable("its guesses are not such") from error
    later = {name for name in layout.plain if layout.words[name].later and name not in plain}
    absent = [name for name in layout.plain if name != "guesses" and name not in plain and name not in later]
    if absent:
        raise Unreadable(f"{absent[0]!r} is not in it")
    return content | {name: _tuples(plain[name]) for name in layout.plain if name != "guesses" and name not in later}


def _shapes(stored: xr.Dataset) -> dict[str, tuple[int, ...]]:
    """Return name -> shape of everything that was written, what is empty included."""
    entries = [entry.split(" ") for entry in str(stored.attrs.get("shapes", "")).split("; ")]
    try:
        shapes = {name: tuple(map(int, sizes)) for name, *sizes in entries if name}
    except ValueError as error:
        raise Unreadable("its attribute 'shapes' holds no shapes") from error
    if any(size < 0 or size > 2**40 for shape in shapes.values() for size in shape):
        raise Unreadable("its attribute 'shapes' holds no shapes")
    return shapes


def _tuples(value: Any) -> Any:
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value


def _unreadable(source: Path, reason: str, layout: Layout) -> DataError:
    return DataError(
        f"{layout.made_by.replace('save', 'load')} reads files written by {layout.made_by}.",
        f"{str(source)!r} is not a complete file of moments: {reason}.",
        "Check the path; read tables of pupils with read_table, and save the moments again if the file is damaged.",
    )
