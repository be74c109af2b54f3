"""Bayes factors of a fit: from its draws where they come near 0, from the density of its model where they do not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bayespanel.families.door import Spec, family_of, pathways_of
from bayespanel.inference.fit import FREE, Fit
from bayespanel.inference.record import cores_of
from bayespanel.summaries.bayes_factors import bayes_factors
from bayespanel.summaries.density import LogDensity
from bayespanel.summaries.restricted import Known, log_density_at
from bayespanel.summaries.zeros import Zero, zeros
from bayespanel.verbs.imputed_evidence import factors_of_imputations
from bayespanel.verbs.model_density import ModelDensity

Array = NDArray[np.float64]

DRAWS = 1000
"""Draws of which the density is taken, evenly spaced: the error of its mass is then about 0.05."""

NOTE = "note"
"""Attribute of bounds that says why the density of the model, which was needed, could not be had."""


def weighed(
    spec: Spec,
    data: Any,
    groups: Mapping[str, xr.Dataset],
    draws: xr.Dataset,
    *,
    by_interval: bool = False,
    thresholds: Sequence[float] | None = None,
) -> xr.Dataset:
    """Return the Bayes factors of a fit's pathways.

    Parameters
    ----------
    spec, data
        Model and data, as fitted.
    groups
        Groups of draws of the fit. Without the draws of the model's own variables, which the first files lack, only
        those of pathways speak.
    draws
        Draws of the pathways.
    by_interval
        As the pathways were collected.
    thresholds
        Bayes factors on one side of which a pathway is to be placed: see `bayespanel.summaries.bayes_factors`.

    Returns
    -------
    xr.Dataset
        See `bayespanel.summaries.bayes_factors`. Where the density of the model was needed and could not be had, bounds
        stand, and the attribute `note` of `log_bf10_above` says why.
    """
    room = family_of(spec).nulls
    nulls = room.nulls(spec, data, draws)
    if FREE not in groups or not room.BEYOND:
        return bayes_factors(draws, nulls)
    model = _Model(spec, data, groups[FREE], DRAWS, by_interval)

    notes = []

    def beyond(rows: Sequence[int]) -> dict[int, LogDensity]:
        known = {i: (str(draws["pathway"].values[i]), nulls.scale[i]) for i in rows}
        try:
            with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
                return model.log_densities(known)
        except Exception as error:  # whatever the compiler may raise: a bound is less than a factor, and not nothing
            notes.append(
                f"Bayes factors far from the draws need the density of the model, which failed ({_said(error)}): "
                "bounds stand in their place."
            )
            return {}

    found = bayes_factors(draws, nulls, beyond, thresholds)
    if notes:
        found["log_bf10_above"].attrs[NOTE] = notes[0]
    return found


def _said(error: Exception) -> str:
    """Name an error, with the first line of what it says."""
    words = str(error).strip().splitlines()
    return f"{type(error).__name__}: {words[0][:100]}" if words else type(error).__name__


def factors(fit: Fit, draws: xr.Dataset, *, by_interval: bool = False) -> xr.Dataset:
    """Return the Bayes factors of a fit, see `weighed`; computed once for each fit, whatever is asked of its evidence.

    With many pupils and parameters they can take half a minute, and a table, a page and another region of practical
    equivalence all ask for the same ones.
    """
    known = _known().setdefault(fit, {})
    if by_interval in known:
        return known[by_interval]
    if fit.imputations > 1:
        found = factors_of_imputations(fit, draws)
    else:
        found = weighed(fit.spec, fit.data, fit.groups, draws, by_interval=by_interval)
    if NOTE not in found["log_bf10_above"].attrs:  # what failed may succeed another time
        known[by_interval] = found
    return found


@cache
def _known() -> WeakKeyDictionary[Fit, dict[bool, xr.Dataset]]:
    """Return the factors that this process has computed, as long as their fits are in use."""
    return WeakKeyDictionary()


@dataclass(frozen=True, eq=False)
class _Model(ModelDensity):
    """A fitted model, its density and its pathways as functions of one vector."""

    by_interval: bool = False

    def log_densities(self, rows: Mapping[int, tuple[str, str]]) -> dict[int, LogDensity]:
        """Posterior log-densities at 0 of pathways, row -> (name, scale); rows that cannot be had are left out."""
        flat = self.coordinates.coordinates(self.points.reshape(-1, self.points.shape[2]))
        if not self.enough or flat.shape[1] == 1:
            return {}
        known = self.known
        names = [str(name) for name in self._collected(flat[:1])["pathway"].values]
        asked = {row: label for row, label in rows.items() if label[0] in names}
        found = zeros(lambda points: self.values(points, list(asked.values())), flat)
        planes = {row: zero for row, zero in zip(asked, found, strict=True) if zero is not None}
        if not planes:
            return {}
        _ = known.mass  # once, before all need it
        pool = ThreadPoolExecutor(cores_of(None, len(planes)))
        try:
            densities = pool.map(lambda row: self._at(known, planes[row], asked[row]), planes)
            return dict(zip(planes, densities, strict=True))
        finally:  # who interrupts waits for none that has not begun
            pool.shutdown(wait=False, cancel_futures=True)

    def _at(self, known: Known, zero: Zero, label: tuple[str, str]) -> LogDensity:
        def slope(points: Array) -> Array:
            step = 1e-4 * float(np.sqrt(zero.normal @ known.covariance @ zero.normal))
            shift = step * zero.normal / (zero.normal @ zero.normal)
            both = self.values(np.concatenate([points + shift, points - shift]), [label])[:, 0]
            return (both[: len(points)] - both[len(points) :]) / (2 * step)

        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # each thread has its own
            return log_density_at(known, zero, slope)

    def values(self, points: Array, labels: Sequence[tuple[str, str]]) -> Array:
        """Pathways [n, label], by name and scale, at points [n, dimension] of the coordinates."""
        collected = self._collected(points)
        return np.stack([collected[on].sel(pathway=name).values.ravel() for name, on in labels], axis=1)

    def _collected(self, points: Array) -> xr.Dataset:
        free = {name: value[None] for name, value in self.posterior.constrain(self.coordinates.points(points)).items()}
        drawn = family_of(self.spec).draws.posterior(self.spec, self.data, free)
        return pathways_of(self.spec, {"posterior": drawn}, by_interval=self.by_interval)
