"""A study on disk: a Zarr store of condition x replicate x pathway x statistic, written as replicates finish.

A replicate is one chunk, with a checksum, that appears whole or not at all, and is written before the line that says
that it is done. So whatever was interrupted, a store is whole but for replicates that were under way, and one that
was damaged since is seen and run again. It can be opened while the study runs: `xarray.open_zarr(path)`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
import zarr
from numpy.typing import NDArray
from zarr.codecs import Crc32cCodec, ZstdCodec

from bayespanel.data.container import Unreadable, from_json
from bayespanel.design.kept_numbers import FAILED, RUN, Record
from bayespanel.design.ownership import no_place, owned
from bayespanel.design.pathways import coordinates
from bayespanel.design.store_data import keep, kept
from bayespanel.design.store_rules import (
    ARRAYS,
    FORMAT,
    VERSION,
    attributes_of,
    digest_of_labels,
    require_labels,
    unreadable,
)  # fmt: skip
from bayespanel.design.study import Study, from_dict, to_dict, with_replicates
from bayespanel.files.partial import partial
from bayespanel.files.paths import path_of
from bayespanel.language.errors import BayespanelError, FitError


def create(path: str | os.PathLike[str], study: Study) -> None:
    """Make an empty store for a study; it appears whole or not at all.

    Raises
    ------
    FitError
        The path is taken, or cannot be written to.
    """
    target = Path(path)
    if target.exists():
        raise FitError("A new study is written to a new place.", f"{str(target)!r} exists.", "Choose another path.")
    names = coordinates(study)
    try:
        with partial(target.parent, target.name) as made:
            made.mkdir(parents=True)
            _lay_out(made, study, names)
            made.rename(target)
    except OSError as error:
        raise no_place(target, error) from error


def _lay_out(place: Path, study: Study, names: xr.Dataset) -> None:
    """Write labels, empty arrays and data."""
    labels = xr.Dataset(
        coords={
            "condition": [condition.name for condition in study.conditions],
            "statistic": list(study.statistics),
            "measure": list(RUN),
            **{str(name): value for name, value in names.coords.items()},
        }
    )
    attributes = {"format": FORMAT, "version": VERSION, "study": json.dumps(to_dict(study))}
    attributes |= {"fingerprint": study.fingerprint(), "labels": digest_of_labels(labels)}
    labels.assign_attrs(attributes).to_zarr(place, mode="w", consolidated=False)
    group = zarr.open_group(place, mode="r+")
    cells, pathways = len(study.conditions), names.sizes["pathway"]
    for name, width, dims in (
        ("statistics", (pathways, len(study.statistics)), ("condition", "replicate", "pathway", "statistic")),
        ("run", (len(RUN),), ("condition", "replicate", "measure")),
    ):
        group.create_array(
            name,
            shape=(cells, study.replicates, *width),
            chunks=(1, 1, *width),
            dtype="float64",
            fill_value=np.nan,
            compressors=(ZstdCodec(level=3), Crc32cCodec()),
            dimension_names=dims,
        )
    group.create_array(
        "message",
        shape=(cells, study.replicates),
        chunks=(1, 1),
        dtype=str,
        fill_value="",
        compressors=(ZstdCodec(level=3), Crc32cCodec()),
        dimension_names=("condition", "replicate"),
    )
    keep(group, study.data)


def ask(path: str | os.PathLike[str], question: Mapping[str, Any]) -> None:
    """Note in a store what is to be read off it: rules, a search. Its numbers do not depend on that."""
    zarr.open_group(Path(path), mode="r+").attrs["question"] = json.dumps(question)


def asked(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return what `ask` noted; empty where nothing was."""
    try:
        found = from_json(attributes_of(Path(path)).get("question", "{}"))
        if not isinstance(found, dict):
            raise Unreadable("its question is no table of rules")
    except Unreadable as error:
        raise unreadable(Path(path), error) from error
    return found


def study_of(path: str | os.PathLike[str]) -> Study:
    """Return the study of a store.

    Raises
    ------
    FitError
        No such store, or not one of a study, or of a newer version.
    """
    target = path_of(path, "A store", error=FitError)
    content = json.loads(attributes_of(target)["study"])
    try:
        study = from_dict(content, kept(target))
        changed = [name for name, data in study.data.items() if content["data"].get(name) != data.fingerprint()]
    except BayespanelError:
        raise
    except Exception as error:  # whatever a record with parts of other types makes a specification raise
        raise unreadable(target, Unreadable(f"its study is none ({type(error).__name__})")) from error
    if changed or len(content["data"]) != len(study.data):
        raise unreadable(target, Unreadable("its data are not those that its study names"))
    return study


def opened(
    path: str | os.PathLike[str], conditions: Sequence[int] | None = None, replicates: int | None = None
) -> xr.Dataset:
    """Open a store, which may still be written.

    Parameters
    ----------
    path
        The store.
    conditions, replicates
        Only these conditions, and only so many of their first replicates; None for all.

    Returns
    -------
    xr.Dataset
        `statistics` [condition, replicate, pathway, statistic] and `run` [condition, replicate, measure], NaN where a
        replicate is not done or was damaged. The attribute `prob` is the probability of its intervals.

    Raises
    ------
    FitError
        What `study_of` raises.
    """
    attributes = attributes_of(path_of(path, "A store", error=FitError))
    group: Any = zarr.open_group(Path(path), mode="r")
    cells, number = group["run"].shape[:2]
    chosen = list(range(cells)) if conditions is None else list(conditions)
    number = number if replicates is None else min(replicates, number)
    arrays = {name: np.stack([_whole(group[name], c, number) for c in chosen]) for name in ("statistics", "run")}
    with xr.open_zarr(path, consolidated=False, chunks=None) as labels:
        require_labels(Path(path), attributes, labels)
        coords = {name: labels[name].load() for name in labels.coords if labels[name].dims != ("condition",)}
        names = labels["condition"].values[chosen]
    found = xr.Dataset(
        {
            "statistics": (("condition", "replicate", "pathway", "statistic"), arrays["statistics"]),
            "run": (("condition", "replicate", "measure"), arrays["run"]),
        },
        coords={**coords, "condition": names, "replicate": np.arange(number)},
        attrs={"prob": json.loads(attributes["study"])["prob"]},
    )
    status = arrays["run"][..., 0]
    # A replicate that did not fail has statistics: without them, its chunk was damaged.
    damaged = np.isnan(status) | (np.isnan(arrays["statistics"]).all(axis=(2, 3)) & (status != FAILED))
    return found.where(~xr.DataArray(damaged, dims=("condition", "replicate")))


def pathway_names(path: str | os.PathLike[str]) -> tuple[str, ...]:
    """Return the names of the pathways of a store."""
    with xr.open_zarr(path, consolidated=False, chunks=None) as labels:
        return tuple(map(str, labels["pathway"].values))


def failures(path: str | os.PathLike[str]) -> dict[tuple[int, int], str]:
    """Return why replicates failed: (condition, replicate) -> message."""
    messages: Any = zarr.open_group(Path(path), mode="r")["message"]
    status = opened(path)["run"].values[..., 0]
    return {(int(i), int(j)): _words(messages, i, j) for i, j in np.argwhere(status == FAILED)}


def _words(messages: Any, condition: int, number: int) -> str:
    try:
        return str(np.asarray(messages[condition, number]).item())
    except Exception:  # whatever a damaged chunk makes a codec raise
        return "The reason cannot be read."


class Writer:
    """The one process that writes to a store."""

    def __init__(self, path: Path, study: Study) -> None:
        self.path, self.study = path, study
        group = zarr.open_group(path, mode="r+")
        self._arrays: dict[str, Any] = {name: group[name] for name in ARRAYS}

    def write(self, condition: int, number: int, record: Record) -> None:
        """Write a replicate: what was found first, that it is done last.

        Raises
        ------
        FitError
            The store is gone, or the disk is full.
        """
        if not (self.path / "zarr.json").is_file():
            raise FitError(
                "A study writes into its store as long as it runs.",
                f"{str(self.path)!r} was moved or deleted meanwhile.",
                "Put it back and give the same command again, or begin anew.",
            )
        try:
            if record.message:
                self._arrays["message"][condition, number] = record.message
            kept = self._arrays["statistics"].shape[-1]  # an older store has fewer
            self._arrays["statistics"][condition, number] = record.statistics[:, :kept]
            self._arrays["run"][condition, number] = record.run
        except OSError as error:
            raise FitError(
                "A study writes into its store as long as it runs.",
                f"{str(self.path)!r} could not be written ({error.strerror or error}).",
                "Make room and give the same command again; what was finished is kept.",
            ) from error


@contextmanager
def writing(path: str | os.PathLike[str], study: Study) -> Iterator[Writer]:
    """Open a store to write into, made new or resumed; one process at a time, which may open it within itself again.

    Raises
    ------
    FitError
        Another process writes to it, or it holds another study: of another card, world, setting or version; or it
        cannot be written to.
    """
    target = path_of(path, "A store", error=FitError)
    with owned(target):
        if not target.exists():
            create(target, study)
        require_same(target, study)
        before = study_of(target)
        try:
            if study.replicates > before.replicates:
                _extend(target, study)
            writer = Writer(target, with_replicates(study, max(study.replicates, before.replicates)))
        except OSError as error:
            raise no_place(target, error) from error
        yield writer


def _extend(path: Path, study: Study) -> None:
    group = zarr.open_group(path, mode="r+")
    for name in ARRAYS:
        array: Any = group[name]
        array.resize((array.shape[0], study.replicates, *array.shape[2:]))
    group.attrs["study"] = json.dumps(to_dict(study))


def _whole(array: Any, condition: int, number: int) -> NDArray[np.float64]:
    """Read the first replicates of a condition; a chunk that is damaged counts as not written."""
    try:
        return np.asarray(array[condition, :number], float)
    except Exception:  # whatever a damaged chunk makes a codec raise
        out = np.full((number, *array.shape[2:]), np.nan)
        for replicate in range(number):
            try:
                out[replicate] = array[condition, replicate]
            except Exception:
                continue
        return out


def require_same(path: str | os.PathLike[str], study: Study) -> None:
    """Refuse a store of another study.

    Raises
    ------
    FitError
        It holds one of another card, world, setting or version.
    """
    attributes = attributes_of(Path(path))
    if attributes["fingerprint"] == study.fingerprint():
        return
    ours, theirs = to_dict(study), json.loads(attributes["study"])
    parts = [name for name in ours if name != "replicates" and ours[name] != theirs.get(name)]
    words = {"conditions": "card or conditions", "bayespanel": "version of bayespanel", "drawn_from": "truths"}
    raise FitError(
        "A store is continued by the study that began it.",
        f"{str(path)!r} holds another study. What differs: {', '.join(words.get(part, part) for part in parts)}.",
        f"Choose another path, or continue that one with: bayespanel resume {path}.",
    )
