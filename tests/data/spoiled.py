"""Files of every stored class, and ways to spoil them: an edited array or attribute, flipped bytes, a cut."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from bayespanel.data import Trial
from bayespanel.data.panel_rows import rows_of
from tests.data.tables import random_panel
from tests.data.trial_tables import gappy

Edit = Callable[[xr.Dataset], xr.Dataset]


def stored_values() -> dict[str, Any]:
    """Return a small value of every stored class: two levels of clusters, gaps and covariates."""
    rng = np.random.default_rng(11)
    panel = random_panel(rng, 60, 3, 2, 1, ("class", "school"), 0.2)
    trial = gappy()
    ordered = gappy(outcomes=["rating"], baseline={"rating": "pre"})
    return {
        "Moments": panel.moments(),
        "TrialMoments": trial.moments(),
        "TrialCounts": ordered.counts(["rating"]),
        "PanelRows": rows_of(panel, "v0", ["x0"], ("class", "school")),
        "TrialEstimates": Trial.from_estimates(
            effect=[0.2, 0.1], standard_error=[0.1, 0.2], outcome=["read", "math"], clusters=20
        ),
    }


def edits(stored: xr.Dataset) -> Iterator[tuple[str, Edit]]:
    """Name every edit of a dataset, and make it."""
    for name in map(str, stored.variables):
        array = stored[name].values
        yield f"{name} absent", lambda ds, n=name: ds.drop_vars(n)
        if array.dtype.kind in "iuf":
            for what, changed in _numbers(array):
                yield f"{name} {what}", lambda ds, n=name, c=changed: _with(ds, n, c)
        else:
            for what, changed in _words(array):
                yield f"{name} {what}", lambda ds, n=name, c=changed: _with(ds, n, c)
    yield "extra variable", lambda ds: ds.assign(unasked=("unasked", np.arange(3.0)))
    for name in ("format", "version", "shapes", "plain"):
        if name in stored.attrs:
            for what, value in _attributes(name, stored.attrs[name]):
                yield f"attribute {name} {what}", lambda ds, n=name, v=value: _with_attribute(ds, n, v)


def _numbers(array: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    if array.ndim == 0:
        yield from (("negative", np.asarray(-1)), ("huge", np.asarray(10**9)), ("text", np.asarray("many")))
        return
    yield "negative", _set(array, (0,) * array.ndim, -1)
    yield "huge", _set(array, (-1,) * array.ndim, 10**6 if array.dtype.itemsize > 1 else 100)
    yield "text", np.full(array.shape, "word")
    yield "truncated", array[:-1]
    yield "doubled", np.concatenate([array[:1], array])
    yield "zeroed", np.zeros_like(array)
    if array.dtype.itemsize > 1:
        yield "shifted", array + 1
    if array.ndim > 1:
        yield "transposed", array.T
    swapped = array[::-1]
    if not np.array_equal(swapped, array, equal_nan=True):
        yield "reversed", swapped.copy()
    if array.dtype.kind == "f":
        for what in ("nan", "inf"):
            yield what, _set(array, (0,) * array.ndim, float(what))
        at = (0,) * (array.ndim - 1) + (array.shape[-1] - 1,)
        yield "one entry larger", _set(array, at, 3 * np.nanmax(np.abs(array)) + 1)
        if array.ndim == 3 and array.shape[1] == array.shape[2] > 1:
            wide = _set(array, at, 2 * np.abs(array).max())
            yield "not positive semidefinite", _set(wide, (0, array.shape[2] - 1, 0), 2 * np.abs(array).max())
    else:
        yield "of fractions", array + 0.5
        yield "one more", _set(array, (0,) * array.ndim, array.flat[0] + 1)


def _words(array: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    if len(array) > 1:
        yield "twice", np.array([array[0], *array[:-1]], object)
        yield "truncated", array[:-1]
    yield "empty", np.array(["", *array[1:]], object)
    yield "numbers", np.arange(len(array))
    yield "long", np.array(["x" * 100_000, *array[1:]], object)


def _attributes(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    yield "absent", None
    yield "number", -3
    yield "fraction", 1.5
    yield "words", "no such thing"
    yield "list", [1, 2]
    if name == "version":
        yield from (("newer", 99), ("text", "two"), ("zero", 0))
    if name == "shapes":
        yield "negative", str(value).replace(" 2", " -2")
        yield "huge", str(value).replace(" 2", " 0 999999999999")
        yield "cut", str(value)[: len(str(value)) // 2]
    if name == "plain":
        yield "deep", "[" * 200_000 + "]" * 200_000
        yield "long number", '{"outcomes": ' + "9" * 6000 + "}"
        yield "cut", value[:-3]
        content = json.loads(value)
        for key, part in content.items():
            yield f"without {key}", json.dumps({k: v for k, v in content.items() if k != key})
            for what, other in (("number", 7), ("null", None), ("nested", [[[["a"]]]]), ("longer", _longer(part))):
                yield f"{key} {what}", json.dumps({**content, key: other})


def _longer(part: Any) -> Any:
    return [*part, part[-1]] if isinstance(part, list) and part else ["a", "a"]


def _set(array: np.ndarray, at: tuple[int, ...], value: float) -> np.ndarray:
    out = array.copy()
    out[at] = value
    return out


def _with(stored: xr.Dataset, name: str, array: np.ndarray) -> xr.Dataset:
    # Dimensions of its own, as another variable may keep the old size.
    dims = stored[name].dims if array.shape == stored[name].shape else tuple(f"{name}_{i}" for i in range(array.ndim))
    return stored.drop_vars(name).assign({name: xr.Variable(dims, array, encoding={"_FillValue": None})})


def _with_attribute(stored: xr.Dataset, name: str, value: Any) -> xr.Dataset:
    out = stored.copy()
    out.attrs = {key: old for key, old in stored.attrs.items() if key != name}
    if value is not None:
        out.attrs[name] = value
    return out


def read_raw(path: Path, group: str | None = None) -> xr.Dataset:
    """Read a file, or one group of it, without any check."""
    with xr.open_dataset(path, group=group, engine="h5netcdf", decode_cf=False) as opened:
        return opened.load()


def flipped(content: bytes, at: int) -> bytes:
    """Flip all bits of one byte."""
    return content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :]
