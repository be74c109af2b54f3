"""Standardised lags, correlations and intraclass correlations of a maximum of the likelihood."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bayespanel.families.panel import groups
from bayespanel.families.panel.components import accumulates, has_loadings
from bayespanel.families.panel.derive import derive
from bayespanel.families.panel.process import process
from bayespanel.families.panel.spec import RICLPM
from bayespanel.families.shared.named import Content, draws
from bayespanel.inference.structure import Arrays, Structure

Array = NDArray[np.float64]

DERIVED = ("lag_standardised", "icc", "reliability")


def standardised(
    spec: RICLPM, model: Structure, labels: Mapping[str, list[str]], times: Array
) -> Callable[[Array], xr.Dataset]:
    """Return the function from vectors [draw, parameter] to what has no unit, as `delta` reads it.

    NaN where an improper solution has a negative variance.
    """

    def measure(vectors: Array) -> xr.Dataset:
        with np.errstate(invalid="ignore", divide="ignore"):
            return _measured(spec, [model.arrays(vector) for vector in vectors], labels, times)

    return measure


def _measured(spec: RICLPM, blocks: Sequence[Arrays], labels: Mapping[str, list[str]], times: Array) -> xr.Dataset:
    if groups.has_groups(spec):
        names = labels["group"]
        parts = [[groups.of_group(block, name, names) for block in blocks] for name in names]
        each = [_measured(groups.alone(spec), part, labels, times) for part in parts]
        return groups.beside(spec, each, names, ("draw",))
    waves = len(labels["wave"])
    content: Content = {}
    if process(spec).continuous:
        content["drift"] = (("target", "source"), np.stack([block["drift"] for block in blocks]))
    else:
        lag, dims = np.stack([block["lag"] for block in blocks]), process(spec).dims(waves)
        content["lag"] = (dims, lag if "interval" in dims else lag[:, 0])
    for name, own in (("lag_2", process(spec).second_dims(waves)), ("first_lag", ("target", "source"))):
        if name in blocks[0]:
            values = np.stack([block[name] for block in blocks])
            content[name] = (own, values.reshape(len(blocks), *values.shape[-len(own) :]))
    if accumulates(spec):
        content["first_loading"] = (("variable", "effect"), np.stack([block["first_loading"] for block in blocks]))
    if has_loadings(spec):
        content["intercept_loading"] = (("later_wave", "variable"), np.stack([b["intercept_loading"] for b in blocks]))
    for part in spec.components():
        covariance = np.stack([block[part.block] for block in blocks])
        if part.name in ("innovation", "diffusion") and not part.lead(waves):
            covariance = covariance[:, 0]
        sd = np.sqrt(np.diagonal(covariance, axis1=-2, axis2=-1) if part.correlated else covariance)
        shape = (len(blocks), *(len(labels[dim]) for dim in part.sd_dims(waves)))
        content[f"{part.name}_sd"] = (part.sd_dims(waves), sd.reshape(shape))
        if part.correlates(len(spec.variables)):
            corr = covariance / sd[..., :, None] / sd[..., None, :]
            content[f"{part.name}_corr"] = (part.corr_dims(waves), corr)
    posterior = draws({name: (dims, value[None]) for name, (dims, value) in content.items()}, labels, also=("wave",))
    found = derive(spec, posterior.assign_coords(time=("wave", times))).isel(chain=0, drop=True)
    return found[[str(name) for name in found if name in DERIVED or str(name).endswith("_corr")]]
