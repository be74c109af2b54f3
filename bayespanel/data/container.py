"""The netCDF (HDF5) file around stored values: what it may hold, and a checksum over all that it holds.

A file is looked through before anything is made of it: it holds groups, arrays of numbers and of text, and attributes;
no links to elsewhere, no arrays that are larger than the file can hold. The checksum is over the content in a canonical
form, not over the bytes: names in order, numbers little-endian, what a library notes for itself left out. So a copy
made by another program passes, and a changed number or word does not.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import h5py

CHECKSUM = "checksum"
"""Attribute of the file that holds it; files of the first versions have none."""

SEALED, UNSEALED, CHANGED = "sealed", "unsealed", "changed"
"""The checksum fits, is absent, does not fit."""

EDITED = "The file was changed after it was written: its checksum does not fit."

ROOM, FOLD = 64 * 2**20, 100
"""Bytes that arrays of a file may take: so many, and so many times its size, for one that was compressed."""

DEEPEST = 4
"""Groups within groups."""

LONGEST = 64 * 2**20
"""Bytes of JSON."""

NESTED = 40
"""Lists within lists of JSON: specifications and records of fits have fewer than ten."""

THEIRS = ("_NCProperties", "REFERENCE_LIST", "_FillValue", "_Netcdf4Dimid", "_Netcdf4Coordinates")
"""Attributes of libraries that differ between copies of one content."""


class Unreadable(Exception):
    """A file that cannot be read; the message is a sentence without its subject and its full stop."""


def seal(path: Path) -> None:
    """Write the checksum of a file into it."""
    import h5py

    with h5py.File(path, "r+") as file:
        file.attrs[CHECKSUM] = _digest(file, path.stat().st_size)


def format_of(path: Path) -> str:
    """Return what a file says that it is; "" of one that says nothing or cannot be read."""
    import h5py

    try:
        with h5py.File(path, "r") as file:
            return str(file.attrs.get("format", ""))
    except Exception:  # whatever another kind of file makes the library raise
        return ""


def examine(path: Path) -> str:
    """Look a file through, and return one of `SEALED`, `UNSEALED` and `CHANGED`.

    Raises
    ------
    Unreadable
        It is no such file, is cut or damaged, or holds what no file of ours holds.
    """
    import h5py

    try:
        with h5py.File(path, "r") as file:
            found = _digest(file, path.stat().st_size)
            if CHECKSUM not in file.attrs:
                return UNSEALED
            return SEALED if file.attrs[CHECKSUM] == found else CHANGED
    except Unreadable:
        raise
    except Exception as error:  # whatever a damaged file makes the library raise
        raise Unreadable(f"it cannot be read as netCDF ({type(error).__name__})") from error


def from_json(text: Any) -> Any:
    """Return what a JSON text of a file says.

    Raises
    ------
    Unreadable
        It is no JSON, or longer or deeper than any of ours.
    """
    if not isinstance(text, str) or len(text) > LONGEST:
        raise Unreadable("what should be JSON is not, or is too long")
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"what should be JSON is not ({type(error).__name__})") from error
    if _depth(content) > NESTED:
        raise Unreadable(f"its JSON is nested more than {NESTED} deep")
    return content


def version_of(attributes: Any) -> int:
    """Return the version of a format, as attributes give it.

    Raises
    ------
    Unreadable
        It is no whole number of at least 1.
    """
    version = attributes.get("version")
    whole = isinstance(version, int | np.integer) and not isinstance(version, bool)
    if not whole or version < 1:
        raise Unreadable(f"its version is {version!r}, not a whole number")
    return int(version)


def _depth(content: Any) -> int:
    """Return how deep lists and dictionaries are nested, without going deeper than is allowed."""
    level, depth = [content], 0
    while level and depth <= NESTED:
        inner: list[Any] = []
        for part in level:
            if isinstance(part, dict):
                inner += part.values()
            elif isinstance(part, list):
                inner += part
        level, depth = inner, depth + 1
    return depth


def _digest(file: h5py.File, size: int) -> str:
    digest = hashlib.sha256()
    for piece in _pieces(file, "", ROOM + FOLD * size):
        digest.update(len(piece).to_bytes(8, "little") + piece)
    return f"sha256:{digest.hexdigest()}"


def _pieces(group: h5py.Group, where: str, room: int, depth: int = 0) -> Iterator[bytes]:
    """Yield the content of a group in canonical form, in the order of names."""
    import h5py

    if depth > DEEPEST:
        raise Unreadable("it holds groups within groups")
    yield from _attributes(group, where)
    for name in sorted(group):
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise Unreadable(f"{name!r} is a link")
        member = group[name]
        if isinstance(member, h5py.Group):
            yield f"{where}/{name}/".encode()
            yield from _pieces(member, f"{where}/{name}", room, depth + 1)
        elif isinstance(member, h5py.Dataset):
            room -= _size(member, name)
            if room < 0:
                raise Unreadable(f"{name!r} is larger than the file can hold")
            yield _head(f"{where}/{name}", member.dtype, member.shape)
            yield _bytes(member[()] if member.dtype.kind != "O" else member.asstr()[()])
            yield from _attributes(member, f"{where}/{name}")
        else:
            raise Unreadable(f"{name!r} is neither an array nor a group")


def _size(array: h5py.Dataset, name: str) -> int:
    import h5py

    text = h5py.check_string_dtype(array.dtype) is not None
    if array.is_virtual or array.external or not (text or array.dtype.kind in "iufb"):
        raise Unreadable(f"{name!r} is no array of numbers or text")
    return int(math.prod(array.shape) * array.dtype.itemsize)


def _attributes(owner: h5py.Group | h5py.Dataset, where: str) -> Iterator[bytes]:
    import h5py

    for name in sorted(owner.attrs):
        if name in THEIRS or (name == CHECKSUM and not where):
            continue
        value = owner.attrs[name]
        if name == "DIMENSION_LIST":  # references to the arrays that stand for the dimensions
            yield f"{where}@{name}".encode()
            yield _bytes(np.array([owner.file[reference].name for row in value for reference in row], object))
            continue
        if isinstance(value, h5py.Empty):
            raise Unreadable(f"the attribute {name!r} is empty")
        array = np.asarray(value)
        text = array.dtype.kind in "USO"
        yield _head(f"{where}@{name}", np.dtype(object) if text else array.dtype, array.shape)
        yield _bytes(array)


def _head(name: str, dtype: np.dtype[Any], shape: tuple[int, ...]) -> bytes:
    kind = "text" if dtype.kind in "USO" else f"{dtype.kind}{dtype.itemsize}"
    return f"{name} {kind} {shape}".encode()


def _bytes(content: Any) -> bytes:
    array = np.asarray(content)
    if array.dtype.kind in "USO":
        words = [word.decode("utf-8") if isinstance(word, bytes) else word for word in array.ravel().tolist()]
        if not all(isinstance(word, str) for word in words):
            raise Unreadable("it holds what is neither a number nor text")
        return json.dumps(words).encode()
    return np.ascontiguousarray(array.astype(array.dtype.newbyteorder("<"))).tobytes()
