"""Standardised lags, correlations and intraclass correlations of a maximum of the likelihood."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bayespanel.data import Moments
from bayespanel.data.group_moments import of_group
from bayespanel.families.panel import groups, predictors
from bayespanel.families.panel.components import has_loadings, joint, predicted, reaching, starting
from bayespanel.families.panel.continuous import wave_times
from bayespanel.families.panel.derive import derive
from bayespanel.families.panel.further import effect_dims
from bayespanel.families.panel.outcomes import with_outcomes
from bayespanel.families.panel.process import process
from bayespanel.families.panel.spec import RICLPM
from bayespanel.families.shared.named import Content, draws
from bayespanel.inference.structure import Arrays, Structure

Array = NDArray[np.float64]

DERIVED = (
    *("lag_standardised", "icc", "reliability", "covariate_effect_standardised", "predicted_share"),
    *("distal_effect_standardised", "distal_deviation_effect_standardised"),
)


def standardised(
    spec: RICLPM, model: Structure, labels: Mapping[str, list[str]], moments: Moments
) -> Callable[[Array], xr.Dataset]:
    """Return the function from vectors [draw, parameter] to what has no unit, as `delta` reads it.

    `moments` have the covariance of covariates over pupils. NaN where an improper solution has a negative variance.
    """

    def measure(vectors: Array) -> xr.Dataset:
        with np.errstate(invalid="ignore", divide="ignore"):
            return _measured(spec, [model.arrays(vector) for vector in vectors], labels, moments)

    return measure


def _measured(spec: RICLPM, blocks: Sequence[Arrays], labels: Mapping[str, list[str]], moments: Moments) -> xr.Dataset:
    found = derived(spec, blocks, labels, moments)
    return found[[str(name) for name in found if name in DERIVED or str(name).endswith("_corr")]]


def derived(spec: RICLPM, blocks: Sequence[Arrays], labels: Mapping[str, list[str]], moments: Moments) -> xr.Dataset:
    """Return parameters [draw, ...] by their names in a posterior, with all that follows from them.

    Parameters
    ----------
    spec
        The model.
    blocks
        Arrays of its structure, one of each draw.
    labels
        Labels of its dimensions.
    moments
        The data, for the covariance of covariates over pupils.
    """
    if groups.has_groups(spec):
        names = labels["group"]
        parts = [[groups.of_group(block, name, names) for block in blocks] for name in names]
        apart = [of_group(moments, name) for name in names]
        each = [derived(groups.alone(spec), part, labels, one) for part, one in zip(parts, apart, strict=True)]
        side = groups.beside(spec, each, names, ("draw",))
        return side.assign_coords(wave=list(labels["wave"]), time=("wave", wave_times(moments)))
    waves = len(labels["wave"])
    content: Content = {}
    if process(spec).continuous:
        content["drift"] = (("target", "source"), np.stack([block["drift"] for block in blocks]))
    else:
        lag, dims = np.stack([block["lag"] for block in blocks]), process(spec).dims(waves)
        content["lag"] = (dims, lag if "interval" in dims else lag[:, 0])
    lags = process(spec)
    others = {"lag_2": lags.second_dims(waves), "first_lag": ("target", "source"), "moving_average": lags.average_dims}
    for name, own in others.items():
        if name in blocks[0]:
            values = np.stack([block[name] for block in blocks])
            content[name] = (own, values.reshape(len(blocks), *values.shape[-len(own) :]))
    start = starting(spec)
    if start is not None:
        content["first_loading"] = (start.start_dims, np.stack([block["first_loading"] for block in blocks]))
    if has_loadings(spec):
        content["intercept_loading"] = (("later_wave", "variable"), np.stack([b["intercept_loading"] for b in blocks]))
    for part in (part for part in spec.components() if not part.follows):
        covariance = np.stack([block[part.block] for block in blocks])
        if part.name in ("innovation", "diffusion") and not part.lead(waves):
            covariance = covariance[:, 0]
        sd = np.sqrt(np.diagonal(covariance, axis1=-2, axis2=-1) if part.correlated else covariance)
        shape = (len(blocks), *(len(labels[dim]) for dim in part.sd_dims(waves)))
        content[f"{part.name}_sd"] = (part.sd_dims(waves), sd.reshape(shape))
        if part.correlates(len(spec.variables)):
            corr = covariance / sd[..., :, None] / sd[..., None, :]
            content[f"{part.name}_corr"] = (part.corr_dims(waves), corr)
    if predicted(spec) is not None:
        content["covariate_effect"] = (predictors.dims(spec), np.stack([b["covariate_effect"] for b in blocks]))
    content |= _further(spec, blocks)
    posterior = draws({name: (dims, value[None]) for name, (dims, value) in content.items()}, labels, also=("wave",))
    found = derive(spec, posterior.assign_coords(time=("wave", wave_times(moments))))
    phi = predictors.spread(spec, moments) if spec.covariates and not joint(spec) else None
    return with_outcomes(spec, predictors.with_standardised(spec, found, phi), phi).isel(chain=0, drop=True)


def _further(spec: RICLPM, blocks: Sequence[Arrays]) -> Content:
    """Return parameters of the cells beside the scores."""
    out: Content = {}
    if joint(spec):
        covariance = np.stack([block["covariate_cov"] for block in blocks])
        sd = np.sqrt(np.diagonal(covariance, axis1=-2, axis2=-1))
        out["covariate_sd"] = (("covariate",), sd)
        if len(spec.covariates) > 1:
            out["covariate_corr"] = (("covariate", "covariate_"), covariance / sd[..., :, None] / sd[..., None, :])
    if spec.distal:
        out["distal_sd"] = (("distal",), np.sqrt(np.stack([block["distal_variance"][:, 0, 0] for block in blocks])))
        out["distal_effect"] = (effect_dims(spec), np.stack([block["distal_effect"] for block in blocks]))
    if reaching(spec):
        name = "distal_deviation_effect"
        out[name] = (("distal_both", "variable"), np.stack([block[name] for block in blocks]))
    return out
