"""Data of a multiverse in its store, as the bytes of the files that they save: a store is whole."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import zarr

from bayespanel.data.storage import read_any
from bayespanel.design.study import Reduced

DATA = "data"
"""Group of the data."""


def keep(group: zarr.Group, data: Mapping[str, Reduced]) -> None:
    """Write data into a store."""
    inside = group.create_group(DATA) if data else None
    for number, (name, value) in enumerate(data.items()):
        with TemporaryDirectory() as folder:
            file = Path(folder) / "data.nc"
            value.save(file)
            content = np.frombuffer(file.read_bytes(), np.uint8)
        assert inside is not None  # there are data
        inside.create_array(str(number), data=content, attributes={"name": name})


def kept(path: Path) -> dict[str, Reduced]:
    """Return the data of a store by their names."""
    group = zarr.open_group(path, mode="r")
    if DATA not in group:
        return {}
    inside: Any = group[DATA]
    out: dict[str, Reduced] = {}
    for number in sorted(inside.array_keys(), key=int):
        with TemporaryDirectory() as folder:
            file = Path(folder) / "data.nc"
            file.write_bytes(inside[number][:].tobytes())
            out[str(inside[number].attrs["name"])] = read_any(file)
    return out
