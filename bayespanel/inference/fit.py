"""The result of a fit: draws, data, specification and provenance, frozen; on disk, one netCDF file."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bayespanel.data.storage import from_dataset, to_dataset, write_whole
from bayespanel.errors import FitError

FORMAT = "bayespanel fit"
VERSION = 1
"""Raised when a file can no longer be read by earlier code."""

FREE = "free"
"""Name of the group of the model's own variables."""

DATA = "moments"
"""Name of the data's group in the file; the first files held moments only."""


@dataclass(frozen=True, eq=False)
class Fit:
    """A fitted model.

    Attributes
    ----------
    tree : xr.DataTree
        Groups `posterior` (raw units, the names of `bayespanel.names.PARAMETERS`) and `sample_stats`; every ArviZ
        function takes it. A trial with families also has `unpooled` and `unpooled_sample_stats`. `free` holds the
        draws of the model's own variables, from which densities are computed again.
    spec
        The specification, priors included.
    data
        The data as the model reads them: sufficient statistics, counts, or published estimates.
    provenance : dict
        All that it takes to repeat the fit (`bayespanel.rerun`): the specification and every prior in use, seed and
        settings, the fingerprint of the data, versions and machine. Besides, the card and its region if there was one,
        notes about the data, timings in seconds and the date.
    """

    tree: xr.DataTree
    spec: Any
    data: Any
    provenance: dict[str, Any]

    @property
    def posterior(self) -> xr.Dataset:
        """The draws."""
        return self.tree["posterior"].to_dataset()

    @property
    def groups(self) -> dict[str, xr.Dataset]:
        """All groups of the tree."""
        return {name: node.to_dataset() for name, node in self.tree.children.items()}

    @property
    def free(self) -> dict[str, NDArray[np.float64]]:
        """Draws of the model's free variables, [chain, draw, ...].

        Raises
        ------
        FitError
            The fit was saved before they were kept.
        """
        if FREE not in self.tree.children:
            raise FitError(
                "Densities of priors and data are computed from the draws of the model's own variables.",
                "This fit was saved by a version that did not keep them.",
                "Fit again: the same seed gives the same draws.",
            )
        return {str(name): np.asarray(value.values, float) for name, value in self.tree[FREE].data_vars.items()}

    @property
    def sample_stats(self) -> xr.Dataset:
        """What the sampler said of each draw."""
        return self.tree["sample_stats"].to_dataset()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write one netCDF file; it appears whole or not at all.

        Raises
        ------
        DataError
            The folder does not exist.
        """
        tree = self.tree.copy()
        tree[DATA] = xr.DataTree(to_dataset(self.data))
        tree.attrs = {"format": FORMAT, "version": VERSION, "provenance": json.dumps(self.provenance)}
        write_whole(path, lambda partial: tree.to_netcdf(partial, engine="h5netcdf"))


def free_group(free: Mapping[str, NDArray[np.float64]]) -> xr.Dataset:
    """Return draws of free variables as a group of a fit."""
    return xr.Dataset(
        {
            name: (("chain", "draw", *(f"{name}_{i}" for i in range(value.ndim - 2))), value)
            for name, value in free.items()
        }
    )


def load(path: str | os.PathLike[str], spec_from_record: Callable[[dict[str, Any]], Any]) -> Fit:
    """Read a fit that `Fit.save` wrote.

    Parameters
    ----------
    path
        The file.
    spec_from_record
        Turns provenance["spec"] into a specification.

    Raises
    ------
    FitError
        No such file, not a fit, an incomplete one, or one saved by a newer version.
    """
    source = Path(path)
    rule = "A fit is loaded from a file that Fit.save wrote."
    if not source.is_file():
        raise FitError(rule, f"There is no file {str(source)!r}.", "Check the path.")
    try:
        with xr.open_datatree(source, engine="h5netcdf") as opened:
            tree = opened.load()
        with xr.open_dataset(source, group=DATA, engine="h5netcdf", decode_cf=False) as opened_data:
            stored = opened_data.load()
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise FitError(
            rule, f"{str(source)!r} cannot be read as one ({type(error).__name__}).", "Check the path."
        ) from error
    if tree.attrs.get("format") != FORMAT:
        raise FitError(rule, f"{str(source)!r} is another kind of file.", "Check the path.")
    version = int(tree.attrs.get("version", 0))
    if version > VERSION:
        raise FitError(
            f"This bayespanel reads fits up to version {VERSION} of the file format.",
            f"{str(source)!r} has version {version}.",
            "Install a newer bayespanel.",
        )
    provenance = json.loads(tree.attrs["provenance"])
    groups = {name: node.to_dataset() for name, node in tree.children.items() if name != DATA}
    return Fit(
        tree=xr.DataTree.from_dict(groups),
        spec=spec_from_record(provenance["spec"]),
        data=from_dataset(stored, source),
        provenance=provenance,
    )
