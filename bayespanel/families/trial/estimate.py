"""Likelihood and maximum likelihood of a Gaussian trial, the bridge to lme4 and Mplus."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from bayespanel.data import TrialMoments
from bayespanel.data.moments import scores_of
from bayespanel.families.shared.named import dataset
from bayespanel.families.trial.covariances import from_scales, normal
from bayespanel.families.trial.design import ORDER, Array, Design, design
from bayespanel.families.trial.levels import settled
from bayespanel.families.trial.moments import coefficients, dimensions
from bayespanel.families.trial.spec import ClusterTrial, varying_level
from bayespanel.families.trial.standardised import standardised
from bayespanel.families.trial.statistics import Data, data_for
from bayespanel.families.trial.structure import structure
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
    missing = [name for name in dimensions(plan) if name not in values]
    if missing:
        raise SpecError(
            "The likelihood needs a value of every parameter.",
            f"Not given: {', '.join(missing)}.",
            "Add them, by their names in the posterior.",
        )
    _require_covariances(spec, values)
    sigma, inner, outer = normal(spec, plan, from_scales(spec, plan, values))
    packed = plan.statistics(spec)
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
        scores=scores_of(plan.sums),
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
    dims = [dim for dim in ORDER if dim in value.dims]
    chosen = value.sel({dim: list(labels[dim]) for dim in dims if dim in value.coords})
    return np.asarray(chosen.transpose(*dims).values, float)


def _require_covariances(spec: ClusterTrial, values: Mapping[str, Array]) -> None:
    needed = {name: (f"{name}_cov", f"{name}_sd") for name in ("residual", *spec.cluster_levels)}
    if spec.varying_effects == "uncorrelated":
        needed["effect"] = ("effect_variance", "effect_sd")
    for names in needed.values():
        if not any(name in values for name in names):
            raise SpecError(
                "The likelihood needs a covariance at every level.",
                f"Neither '{names[0]}' nor '{names[1]}' was given.",
                "Add one of them.",
            )
    level = varying_level(spec)
    if level and f"{level}_cov" not in values and "effect_sd" not in values and "effect_variance" not in values:
        raise SpecError(
            "Effects that vary have a standard deviation.",
            "'effect_sd' was not given.",
            "Add it.",
        )
