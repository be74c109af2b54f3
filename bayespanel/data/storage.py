"""Moments on disk: a netCDF file that appears whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from bayespanel.errors import DataError

if TYPE_CHECKING:
    from bayespanel.data.moments import Moments

FORMAT = "bayespanel moments"
VERSION = 1
"""Raised when a file can no longer be read by earlier code."""

ARRAYS: dict[str, str] = {
    "centre": "<f8", "covariate_centre": "<f8", "scale": "<f8",
    "group": "<i8", "observed": "|i1", "n": "<i8", "sxx": "<f8", "sxy": "<f8", "syy": "<f8",
    "block_kind": "<i8", "block_cluster": "<i8", "block_n": "<i8", "block_sx": "<f8", "block_sy": "<f8",
    "parent": "<i8",
}  # fmt: skip
"""Numeric content and its type on disk."""

NAMES = ("waves", "variables", "covariates", "levels", "class_names", "school_names", "notes")
"""Content made of words."""

DIMENSIONS: dict[str, tuple[str, ...]] = {
    "waves": ("wave",), "variables": ("variable",), "covariates": ("covariate",), "levels": ("level",),
    "class_names": ("class",), "school_names": ("school",), "notes": ("note",),
    "centre": ("cell",), "covariate_centre": ("covariate",), "scale": ("variable",),
    "group": ("kind",), "observed": ("kind", "cell"), "n": ("kind",),
    "sxx": ("kind", "x", "x_"), "sxy": ("kind", "x", "cell"), "syy": ("kind", "cell", "cell_"),
    "block_kind": ("block",), "block_cluster": ("block",), "block_n": ("block",),
    "block_sx": ("block", "x"), "block_sy": ("block", "cell"), "parent": ("child_class",),
}  # fmt: skip


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


def to_dataset(moments: Moments) -> xr.Dataset:
    """Lay moments out as a dataset, for a file of their own or within a saved fit."""
    content: dict[str, xr.Variable] = {}
    for name in (*NAMES, *ARRAYS):
        value = getattr(moments, name)
        array = np.asarray(value, dtype=object) if name in NAMES else np.asarray(value).astype(ARRAYS[name])
        # HDF5 takes an empty dimension for one that may grow: what is empty is written as its shape only.
        if array.size:
            encoding = {"_FillValue": None} if name in ARRAYS else {}
            content[name] = xr.Variable(DIMENSIONS[name], array, encoding=encoding)
    shapes = [f"{name} {' '.join(map(str, np.shape(getattr(moments, name))))}" for name in (*NAMES, *ARRAYS)]
    return xr.Dataset(content, attrs={"format": FORMAT, "version": VERSION, "shapes": "; ".join(shapes)})


def write_moments(moments: Moments, path: str | os.PathLike[str]) -> None:
    """Write moments to a file; see `Moments.save`."""
    dataset = to_dataset(moments)
    write_whole(path, lambda partial: dataset.to_netcdf(partial, engine="h5netcdf"))


def read_moments(kind: type[Moments], path: str | os.PathLike[str]) -> Moments:
    """Read moments from a file; see `Moments.load`."""
    source = Path(path)
    if not source.is_file():
        raise DataError("Moments are loaded from a file.", f"There is no file {str(source)!r}.", "Check the path.")
    try:
        with xr.open_dataset(source, engine="h5netcdf", decode_cf=False) as opened:
            stored = opened.load()
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise _unreadable(source, f"it cannot be read as netCDF ({type(error).__name__})") from error
    return from_dataset(kind, stored, source)


def from_dataset(kind: type[Moments], stored: xr.Dataset, source: Path) -> Moments:
    """Build moments from a dataset that `to_dataset` laid out; `source` is named in errors."""
    if stored.attrs.get("format") != FORMAT:
        raise _unreadable(source, f"its attribute 'format' is {stored.attrs.get('format')!r}")
    version = int(stored.attrs.get("version", 0))
    if version > VERSION:
        raise DataError(
            f"This bayespanel reads moments up to version {VERSION} of the file format.",
            f"{str(source)!r} has version {version}.",
            "Install a newer bayespanel, or ask for a file saved by this one.",
        )
    shapes = dict(entry.split(" ", 1) for entry in str(stored.attrs.get("shapes", "")).split("; ") if " " in entry)
    content: dict[str, Any] = {}
    for name in (*NAMES, *ARRAYS):
        if name not in shapes:
            raise _unreadable(source, f"{name!r} is not in it")
        shape = tuple(int(size) for size in shapes[name].split())
        if 0 not in shape and (name not in stored or stored[name].shape != shape):
            raise _unreadable(source, f"{name!r} is absent or incomplete")
        if name in NAMES:
            content[name] = () if 0 in shape else tuple(str(word) for word in stored[name].values)
        else:
            array = np.zeros(shape) if 0 in shape else stored[name].values
            content[name] = array.astype(bool if name == "observed" else np.dtype(ARRAYS[name]).newbyteorder("="))
    return kind(**content)


def _unreadable(source: Path, reason: str) -> DataError:
    return DataError(
        "Moments.load reads files written by Moments.save.",
        f"{str(source)!r} is not a complete file of moments: {reason}.",
        "Check the path; read tables of pupils with read_table, and save the moments again if the file is damaged.",
    )
