"""Likelihood and maximum likelihood of trajectories, the bridge to Mplus, lcmm, tidySEM and crimCV."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from bayespanel.families.shared.named import Content, dataset
from bayespanel.families.trajectories.draws import Draws
from bayespanel.families.trajectories.free_variables import effects_of, free_of_named, free_of_values
from bayespanel.families.trajectories.maxima import maxima
from bayespanel.families.trajectories.plan import Array, Plan, plan
from bayespanel.families.trajectories.spec import Trajectories
from bayespanel.families.trajectories.statistics import Data, rows_for
from bayespanel.families.trajectories.unbounded_vector import unpack
from bayespanel.inference.maximum_likelihood import Estimates
from bayespanel.language.errors import SpecError

STEP = 1e-5
"""Of central differences of the names' smooth functions of the vector: an error of 1e-10."""

LOOSE = 1e-3
"""Change of a quantity along a direction that the data do not hold, from which on it has no standard error."""


@dataclass(frozen=True, eq=False, repr=False)
class ClassEstimates(Estimates):
    """Maximum likelihood estimates of a model with latent classes.

    Attributes
    ----------
    entropy
        How well pupils are told apart, 1 perfectly; see `draws`.
    maxima : DataFrame
        log_likelihood and starts: distinct maxima, and how many of the followed starts ended at each. A best maximum
        that one start alone reached may not be the best there is.
    """

    entropy: float
    maxima: pd.DataFrame


def maximum_likelihood(spec: Trajectories, data: Data) -> ClassEstimates:
    """Fit by maximum likelihood: expectation-maximisation from many starts, then Newton steps; priors play no part.

    Returns
    -------
    ClassEstimates
        Names are those of the posterior, `residual_sd` among them; standard errors by the delta method from the
        observed information.

    Raises
    ------
    SpecError
        Effects of clusters, whose integral has no closed form.
    """
    if spec.cluster_levels:
        raise SpecError(
            "Maximum likelihood needs a model without effects of clusters, which have no closed integral.",
            f"The model has the levels {', '.join(spec.levels)}.",
            "Use levels=('pupil',) here, or fit(...), which samples them.",
        )
    rows = rows_for(spec, data)
    layout, found = plan(spec, rows), maxima(spec, rows)
    top = found.summit
    here = named(spec, layout, top.vector)
    flat = np.concatenate([value.ravel() for _, value in here.values()])
    jacobian = np.empty((len(flat), len(top.vector)))
    for j in range(len(top.vector)):
        step = np.zeros(len(top.vector))
        step[j] = STEP
        up, down = (named(spec, layout, top.vector + sign * step) for sign in (1, -1))
        jacobian[:, j] = np.concatenate([(up[name][1] - down[name][1]).ravel() / (2 * STEP) for name in here])
    errors = np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", jacobian, top.covariance, jacobian), 0.0))
    errors[np.abs(jacobian @ top.loose).max(axis=1, initial=0.0) > LOOSE] = np.nan  # what the data do not hold
    return ClassEstimates(
        log_likelihood=top.log_likelihood,
        n_parameters=len(top.vector),
        n_pupils=rows.n_pupils,
        estimates=_dataset(spec, layout, here, flat),
        standard_errors=_dataset(spec, layout, here, errors),
        verdict=top.verdict,
        entropy=float(here["entropy"][1]),
        maxima=pd.DataFrame({"log_likelihood": found.log_likelihoods, "starts": found.reached}),
    )


def log_likelihood(spec: Trajectories, data: Data, parameters: Mapping[str, Any]) -> float:
    """Exact log-likelihood at given values, every constant included; given the effects of clusters, if there are any.

    Parameters
    ----------
    spec, data
        Model and data.
    parameters
        Values by their names in the posterior: growth, residual_sd, random_sd and random_corr, threshold,
        membership_intercept, membership_effect, programme_effect, class_effect, school_effect, as far as the model
        has them. Labelled arrays are put into the model's order.

    Raises
    ------
    SpecError
        When one is missing.
    """
    layout = plan(spec, rows_for(spec, data))
    given = {name: _in_order(value, layout.coordinates(spec))[None] for name, value in parameters.items()}
    draws = Draws(spec, layout, free_of_named(spec, layout, given))
    draws.effects = effects_of(spec, given)
    density, _ = draws.classify(0)
    return float(density @ layout.rows.count + layout.jacobian)


def named(spec: Trajectories, layout: Plan, vector: Array) -> Content:
    """Return the parameters of a vector by their names in the posterior."""
    draws = Draws(spec, layout, free_of_values(spec, layout, unpack(spec, layout, vector)))
    return {name: (dims, value[0]) for name, (dims, value) in draws.named().items()}


def _in_order(value: Any, labels: Mapping[str, tuple[str, ...]]) -> Array:
    if isinstance(value, xr.DataArray):
        value = value.sel({dim: list(labels[str(dim)]) for dim in value.dims if labels.get(str(dim))})
    return np.asarray(value, dtype=float)


def _dataset(spec: Trajectories, layout: Plan, content: Content, flat: Array) -> xr.Dataset:
    out: Content = {}
    at = 0
    for name, (dims, value) in content.items():
        out[name] = (dims, flat[at : at + value.size].reshape(value.shape))
        at += value.size
    return dataset(out, layout.coordinates(spec))
