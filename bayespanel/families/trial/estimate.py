"""Likelihood and maximum likelihood of a Gaussian trial, the bridge to lme4 and Mplus."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from bayespanel.data import TrialMoments
from bayespanel.families.shared.named import dataset
from bayespanel.families.trial.design import Array, Design, design
from bayespanel.families.trial.levels import settled
from bayespanel.families.trial.moments import coefficients, dimensions
from bayespanel.families.trial.spec import ClusterTrial
from bayespanel.families.trial.standardised import standardised
from bayespanel.families.trial.statistics import Data, data_for
from bayespanel.families.trial.structure import cluster_covariances, structure
from bayespanel.inference.delta import delta
from bayespanel.inference.maximum_likelihood import Estimates, maximise
from bayespanel.language.errors import SpecError
from bayespanel.likelihood.kernels import nested_normal


def log_likelihood(spec: ClusterTrial, data: Data, parameters: Mapping[str, Any]) -> float:
    """Exact log-likelihood at given values, every constant included.

    Parameters
    ----------
    spec, data
        Model and data.
    parameters
        Values by their names in the posterior, in raw units; `<name>_cov` may stand for `<name>_sd` and `<name>_corr`.
        Labelled arrays are put into the model's order.
    """
    spec, plan = _plan(spec, data)
    labels = plan.coordinates()
    values = {name: _in_order(value, labels) for name, value in parameters.items() if "level" not in _dims(value)}
    arrays = {f"{name}_cov": _covariance(name, values) for name in ("residual", *spec.cluster_levels)}
    missing = [name for name in dimensions(plan) if name not in values]
    if missing:
        raise SpecError(
            "The likelihood needs a value of every parameter.",
            f"Not given: {', '.join(missing)}.",
            "Add them, by their names in the posterior.",
        )
    sigma = np.repeat(arrays["residual_cov"][None], len(plan.arms), axis=0)
    packed = plan.statistics(spec)
    inner, outer = cluster_covariances(spec, arrays)
    return nested_normal(sigma, coefficients(plan, values), inner, outer, packed.index, packed.value)[0]


def maximum_likelihood(spec: ClusterTrial, data: Data) -> Estimates:
    """Fit by maximum likelihood; priors and families play no part.

    Standard errors of means and effects are those of generalised least squares at the estimated covariances, as lme4
    1.1-31 (looked at in 2026) reports them: the expected information has no entries between means and covariances.

    Raises
    ------
    DataError
        When the data lack what the model needs.
    """
    spec, plan = _plan(spec, data)
    model = structure(spec, plan)
    # Two starts: little and much of the variance between clusters.
    found = maximise(model, plan.statistics(spec), [structure(spec, plan, between=0.4).start()])
    n_mean = sum(block.size for block in model.blocks if not block.symmetric)
    labels = plan.coordinates()
    n = plan.sums.n_pupils
    free_of_units, their_errors = delta(standardised(spec, plan, model), found.vector, found.covariance)
    return Estimates(
        log_likelihood=found.log_likelihood,
        n_parameters=model.size,
        n_pupils=n,
        estimates=dataset(model.named(found.vector), labels),
        standard_errors=dataset(model.named(found.errors(apart=n_mean)), labels),
        verdict=found.verdict,
        standardised=free_of_units,
        standardised_errors=their_errors,
    )


def _plan(spec: ClusterTrial, data: Data) -> tuple[ClusterTrial, Design]:
    """Return the specification with its levels, and the design."""
    if spec.link != "identity":
        raise SpecError(
            "Only models of Gaussian outcomes have a likelihood in closed form.",
            f"The link is '{spec.link}': class and school effects have no closed integral there.",
            "Use fit, which samples them; or link='identity'.",
        )
    found = data_for(spec, data)
    if not isinstance(found, TrialMoments):
        raise SpecError(
            "Maximum likelihood needs pupils or their moments.",
            "You gave published estimates, which are estimates already.",
            "Use fit or reanalyse.",
        )
    spec = settled(spec, found)
    return spec, design(spec, found)


def _dims(value: Any) -> tuple[str, ...]:
    """Return the dimensions of a labelled array; what has levels is derived from the parameters."""
    return tuple(map(str, value.dims)) if isinstance(value, xr.DataArray) else ()


def _in_order(value: Any, labels: Mapping[str, tuple[str, ...]]) -> Array:
    if not isinstance(value, xr.DataArray):
        return np.asarray(value, float)
    order = ("arm", "outcome", "moderator", "cell", "cell_", "covariate", "baseline", "baseline_missing")
    dims = [dim for dim in order if dim in value.dims]
    chosen = value.sel({dim: list(labels[dim]) for dim in dims if dim in value.coords})
    return np.asarray(chosen.transpose(*dims).values, float)


def _covariance(name: str, values: Mapping[str, Array]) -> Array:
    if f"{name}_cov" in values:
        return np.atleast_2d(values[f"{name}_cov"])
    if f"{name}_sd" not in values:
        raise SpecError(
            "The likelihood needs a covariance at every level.",
            f"Neither '{name}_cov' nor '{name}_sd' was given.",
            "Add one of them.",
        )
    sd = np.atleast_1d(values[f"{name}_sd"])
    corr = values.get(f"{name}_corr", np.eye(len(sd)))
    return np.asarray(sd[:, None] * corr * sd)
