"""What is asked of a store before anything is read from it: that it is one, whole, and as it was written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
import zarr

from bayespanel.data.container import Unreadable, from_json, version_of
from bayespanel.files.paths import path_of
from bayespanel.language.errors import FitError

FORMAT, VERSION = "bayespanel study", 1

ARRAYS = ("statistics", "run", "message")
"""What a replicate writes; `run` says that it is done."""

RULE = "A study is kept in a store that bayespanel power, calibrate or a study in Python made."
AGAIN = "Take a copy of the store from before, or begin the study anew at another path."


def attributes_of(target: Path) -> dict[str, Any]:
    """Return the attributes of a store, after checking that it is one, whole, and as it was written.

    Raises
    ------
    FitError
        It is not.
    """
    target = path_of(target, "A store", error=FitError)
    try:
        group: Any = zarr.open_group(target, mode="r")
        attributes: dict[str, Any] = group.attrs.asdict()
    except Exception as error:  # whatever a damaged store makes the library raise
        raise FitError(RULE, f"{str(target)!r} cannot be read as one.", "Check the path.") from error
    if attributes.get("format") != FORMAT:
        raise FitError(RULE, f"{str(target)!r} is another kind of store.", "Check the path.")
    try:
        if version_of(attributes) > VERSION:
            raise FitError(
                f"This bayespanel reads studies up to version {VERSION}.",
                f"{str(target)!r} has version {attributes['version']}.",
                "Install a newer bayespanel.",
            )
        study = from_json(attributes.get("study"))
        if not isinstance(study, dict) or attributes.get("fingerprint") != _fingerprint(study):
            raise Unreadable("its study was changed after it was written")
        try:
            _require_arrays(group, study)
        except Unreadable:
            raise
        except Exception as error:  # whatever a damaged array makes the library raise
            raise Unreadable(f"its arrays cannot be read ({type(error).__name__})") from error
    except Unreadable as error:
        raise unreadable(target, error) from error
    return attributes


def unreadable(target: Path, error: Exception) -> FitError:
    """Return the error of a store that is damaged or was edited."""
    return FitError(RULE, f"{str(target)!r} cannot be read as one: {error}.", AGAIN)


def _fingerprint(study: Mapping[str, Any]) -> str:
    """Return the fingerprint of a study as its record gives it, see `Study.fingerprint`."""
    content = {name: value for name, value in study.items() if name != "replicates"}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _require_arrays(group: Any, study: Mapping[str, Any]) -> None:
    """Arrays have a place for every replicate; one that was made longer and then left has more."""
    for name in ARRAYS:
        if name not in group:
            raise Unreadable(f"it has no {name!r}")
        cells, replicates = group[name].shape[:2]
        if cells != len(study["conditions"]) or replicates < study["replicates"]:
            raise Unreadable(f"{name!r} has places for {cells} x {replicates} replicates, and its study others")
    for name, dims in (("statistics", ("pathway", "statistic")), ("run", ("measure",))):
        found = group[name].shape[2:]
        if found != tuple(group[dim].shape[0] for dim in dims) or group[name].dtype.kind != "f":
            raise Unreadable(f"{name!r} does not fit its {' and '.join(dims)}")
        if not np.isnan(group[name].fill_value):
            raise Unreadable(f"{name!r} has numbers where nothing was written")


def digest_of_labels(labels: xr.Dataset) -> str:
    """Return a SHA-256 of the names of conditions, pathways, statistics and measures."""
    content = {str(name): labels[name].values.tolist() for name in sorted(map(str, labels.coords))}
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def require_labels(target: Path, attributes: Mapping[str, Any], labels: xr.Dataset) -> None:
    """Refuse labels that are not those that were written; stores of the first versions did not note them.

    Raises
    ------
    FitError
        They are others.
    """
    if "labels" in attributes and attributes["labels"] != digest_of_labels(labels):
        raise unreadable(target, Unreadable("its labels were changed after they were written"))
