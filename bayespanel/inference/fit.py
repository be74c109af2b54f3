"""The result of a fit: draws, data, specification and provenance, frozen; on disk, one netCDF file."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bayespanel.data.container import CHANGED, EDITED, UNSEALED, Unreadable, examine, from_json, version_of
from bayespanel.data.imputations import Imputations
from bayespanel.data.storage import dataset, from_dataset, to_dataset, write_sealed
from bayespanel.files.paths import path_of
from bayespanel.inference.arviz_tree import arviz_tree
from bayespanel.language.errors import BayespanelError, DataWarning, FitError
from bayespanel.language.shown import Shown, some

FORMAT = "bayespanel fit"
VERSION = 1
"""Raised when a file can no longer be read by earlier code."""

FREE = "free"
"""Name of the group of the model's own variables."""

DATA = "moments"
"""Name of the data's group in the file; the first files held moments only."""

IMPUTATIONS = "imputations"
"""Name of the group that holds the data of each imputation, and of the entry of the provenance about each."""


@dataclass(frozen=True, eq=False, repr=False)
class Fit(Shown):
    """A fitted model: the draws, with the specification, the data and everything needed to repeat the fit.

    Attributes
    ----------
    groups : dict of xarray.Dataset
        The draws. The group `posterior` has the parameters in raw units, under the names of
        `language.names.PARAMETERS`; `sample_stats` has what the sampler recorded. A trial with families of outcomes
        also has `unpooled` and `unpooled_sample_stats`. `free` holds the draws of the model's own variables, from which
        densities are computed.
    spec
        The specification, with its priors.
    data
        The data as the model reads them: sufficient statistics, counts, or published estimates; `Imputations` of them
        if the fit is from `bayespanel.fit_imputed`.
    provenance : dict
        What is needed to repeat the fit with `bayespanel.rerun`: the specification and every prior in use, the seed and
        the settings, the fingerprint of the data, the versions and the machine. It also has the card and its region of
        practical equivalence if there was a card, notes about the data, timings in seconds, and the date.
    """

    groups: dict[str, xr.Dataset]
    spec: Any
    data: Any
    provenance: dict[str, Any]

    def brief(self) -> tuple[str, ...]:
        """Say in a few lines what was fitted, and what to look at."""
        record, draws = self.provenance, self.posterior.sizes
        pupils = f" to {self.data.n_pupils:,} pupils" if getattr(self.data, "n_pupils", 0) else ""
        seed = f", seed {record['seed']}" if "seed" in record else ""
        card = f" (card {record['card']})" if record.get("card") else ""
        measured = f" of {some(self.spec.variables)}" if self.spec is not None else ""
        chains = f"{draws['chain']} chains of {draws['draw']:,} draws"
        if self.imputations > 1:
            chains = f"{draws['chain']} imputations, each with {draws['draw']:,} draws of {record['chains']} chains"
        return (
            f"Fit: {type(self.spec).__name__}{measured}{card}{pupils}",
            f"{chains}{seed}; groups {some(self.groups)}",
            "bp.checks(fit) says whether to trust it, bp.summary(fit) what it found; fit.posterior, fit.tree",
        )

    @property
    def imputations(self) -> int:
        """How many imputations were fitted, whose draws are mixed: 1 for a fit to one table.

        With more than one, each chain of the posterior holds all draws of one imputation, one of its chains after the
        other.
        """
        return len(self.data) if isinstance(self.data, Imputations) else 1

    @cached_property
    def tree(self) -> xr.DataTree:
        """The draws as ArviZ's functions take them; the dimension `variable` is called `measure` here.

        `bayespanel.to_arviz` adds log-likelihoods, predictions and draws from the prior.
        """
        return arviz_tree(self.groups)

    @property
    def posterior(self) -> xr.Dataset:
        """The draws of the parameters, in raw units."""
        return self.groups["posterior"].copy()

    @property
    def free(self) -> dict[str, NDArray[np.float64]]:
        """The draws of the model's own variables, [chain, draw, ...].

        Raises
        ------
        FitError
            The fit was saved by an early version that did not keep them.
        """
        if FREE not in self.groups:
            raise FitError(
                "Densities of priors and data are computed from the draws of the model's own variables.",
                "This fit was saved by a version that did not keep them.",
                "Fit again: the same seed gives the same draws.",
            )
        return {str(name): np.asarray(value.values, float) for name, value in self.groups[FREE].data_vars.items()}

    @property
    def sample_stats(self) -> xr.Dataset:
        """What the sampler recorded for each draw."""
        return self.groups["sample_stats"].copy()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the fit to one netCDF file. The file appears whole or not at all.

        Parameters
        ----------
        path
            The file, such as "fit.nc". If it exists, it is replaced.

        Raises
        ------
        DataError
            The folder does not exist.
        """
        data = {DATA: to_dataset(self.data)} if self.imputations == 1 else {}
        if isinstance(self.data, Imputations):
            data = {f"{IMPUTATIONS}/{number}": to_dataset(one) for number, one in enumerate(self.data, start=1)}
        tree = xr.DataTree.from_dict(self.groups | data)
        tree.attrs = {"format": FORMAT, "version": VERSION, "provenance": json.dumps(self.provenance)}
        write_sealed(path, tree)


def free_group(free: Mapping[str, NDArray[np.float64]]) -> xr.Dataset:
    """Return draws of free variables as a group of a fit."""
    return xr.Dataset(
        {
            name: (("chain", "draw", *(f"{name}_{i}" for i in range(value.ndim - 2))), value)
            for name, value in free.items()
        }
    )


def load(path: str | os.PathLike[str], spec_of: Callable[[dict[str, Any]], Any]) -> Fit:
    """Read a fit that `Fit.save` wrote.

    Parameters
    ----------
    path
        The file.
    spec_of
        Reads the specification off the provenance.

    Raises
    ------
    FitError
        No such file, not a fit, an incomplete one, one saved by a newer version, or one that was changed since: its
        checksum does not fit, draws are not finite, or draws, specification, data and provenance contradict each other.
    DataError
        The data in it break a rule of their class.
    """
    source = path_of(path, "A fit", error=FitError)
    if not source.is_file():
        raise FitError(RULE, f"There is no file {str(source)!r}.", "Check the path.")
    try:
        state = examine(source)
        tree = _tree(source)
        if tree.attrs.get("format") != FORMAT:
            raise FitError(RULE, f"{str(source)!r} is another kind of file.", "Check the path.")
        if version_of(tree.attrs) > VERSION:
            raise FitError(
                f"This bayespanel reads fits up to version {VERSION} of the file format.",
                f"{str(source)!r} has version {tree.attrs['version']}.",
                "Install a newer bayespanel.",
            )
        if state == CHANGED:
            raise FitError("A fit is read as it was written.", f"{str(source)!r}: {EDITED}", AGAIN)
        provenance = from_json(tree.attrs.get("provenance"))
        if not isinstance(provenance, dict) or not isinstance(provenance.get("spec"), dict):
            raise Unreadable("its provenance names no specification")
        data = _data(source, provenance, state)
        spec = _spec(spec_of, provenance)
        groups = {name: node.to_dataset() for name, node in tree.children.items() if name not in (DATA, IMPUTATIONS)}
        _require_draws(groups)
        _require_one_story(groups, spec, data, provenance)
    except Unreadable as error:
        raise FitError(RULE, f"{str(source)!r} cannot be read as one: {error}.", AGAIN) from error
    if state == UNSEALED:
        warnings.warn(f"{str(source)!r} {NO_CHECKSUM}", DataWarning, stacklevel=3)
    return Fit(groups=groups, spec=spec, data=data, provenance=provenance)


RULE = "A fit is loaded from a file that Fit.save wrote."
NO_CHECKSUM = (
    "has no checksum, as files of early versions: whether it was changed since it was written cannot be told. "
    "Fit again, or ask for the file again, if you do not know where it has been."
)
AGAIN = "Check the path; ask for the file again, or fit again: the same seed gives the same draws."


def _tree(source: Path) -> xr.DataTree:
    try:
        with xr.open_datatree(source, engine="h5netcdf") as opened:
            return opened.load()
    except Exception as error:  # whatever a damaged file makes the libraries raise
        raise Unreadable(f"it cannot be read as netCDF ({type(error).__name__})") from error


def _data(source: Path, provenance: Mapping[str, Any], state: str) -> Any:
    records = provenance.get(IMPUTATIONS)
    if records is None:
        return from_dataset(dataset(source, DATA), source, state)
    if not isinstance(records, list) or len(records) < 2 or not all(isinstance(one, dict) for one in records):
        raise Unreadable("its provenance names no imputations")
    groups = [f"{IMPUTATIONS}/{number}" for number in range(1, len(records) + 1)]
    return Imputations(tuple(from_dataset(dataset(source, group), source, state) for group in groups))


def _spec(spec_of: Callable[[dict[str, Any]], Any], provenance: dict[str, Any]) -> Any:
    try:
        return spec_of(provenance)
    except BayespanelError:
        raise
    except Exception as error:  # whatever a record with parts of other types makes a specification raise
        raise Unreadable(f"its specification is none ({type(error).__name__})") from error


def _require_draws(groups: Mapping[str, xr.Dataset]) -> None:
    """Draws are finite numbers, and every group has the same chains and draws."""
    for name in ("posterior", "sample_stats"):
        if name not in groups or not groups[name].data_vars:
            raise Unreadable(f"it has no {name}")
    sizes = {}
    for name, group in groups.items():
        if not all({"chain", "draw"} <= set(map(str, array.dims)) for array in group.data_vars.values()):
            raise Unreadable(f"a variable of {name!r} has no chains and draws")
        sizes[name] = (group.sizes["chain"], group.sizes["draw"])
        stats = name.endswith("sample_stats")
        for variable, array in group.data_vars.items():
            if not stats and not (array.dtype.kind in "iufb" and np.isfinite(array.values).all()):
                raise Unreadable(f"draws of {str(variable)!r} are not finite numbers")
    if len(set(sizes.values())) > 1 or 0 in sizes["posterior"]:
        raise Unreadable(f"its groups have different chains and draws ({sizes})")


AXES = {"variable": "variables", "outcome": "outcomes", "trajectory": "trajectories"}
"""Dimension of draws -> the specification's names for it."""


def _require_one_story(groups: Mapping[str, xr.Dataset], spec: Any, data: Any, provenance: Mapping[str, Any]) -> None:
    """Draws are of the specification's variables, and the data those that the provenance names."""
    for axis, field in AXES.items():
        names = getattr(spec, field, None)
        found = groups["posterior"].coords.get(axis)
        if names is not None and found is not None and tuple(map(str, found.values)) != tuple(names):
            raise Unreadable(f"its draws are of other {field} than its specification")
    if isinstance(data, Imputations) and groups["posterior"].sizes["chain"] != len(data):
        raise Unreadable(f"it holds draws of {groups['posterior'].sizes['chain']} imputations, and data of {len(data)}")
    if not isinstance(data, Imputations):
        for axis, field in (("chain", "chains"), ("draw", "draws")):
            size = groups["posterior"].sizes[axis]
            if provenance.get(field, size) != size:
                raise Unreadable(f"it holds {size} {field}, and its provenance names {provenance[field]!r}")
    recorded = provenance.get("data")
    if recorded is not None and recorded != data.fingerprint():
        raise Unreadable("its data are not those that its provenance names")
