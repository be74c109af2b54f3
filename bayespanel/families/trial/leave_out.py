"""Log-densities of the clusters of a trial: its moments know each of them, so the fit is enough."""

from __future__ import annotations

import numpy as np
import xarray as xr

from bayespanel.data import TrialMoments
from bayespanel.families.trial.covariances import from_scales, normal
from bayespanel.families.trial.design import ORDER, Array, Design, design
from bayespanel.families.trial.moments import coefficients, dimensions
from bayespanel.families.trial.spec import ClusterTrial
from bayespanel.families.trial.statistics import Reduced
from bayespanel.language.errors import DataError, SpecError
from bayespanel.likelihood.kernels import nested_normal


def densities(
    spec: ClusterTrial, posterior: xr.Dataset, data: object, _pupils: object, by: str
) -> tuple[Array, list[str]]:
    """Return log-densities [chain, draw, cluster] of the outermost clusters, and their names.

    The clusters are independent given the parameters: the density of each is the likelihood of its own sums.

    Raises
    ------
    SpecError
        Pupils one by one.
    DataError
        Data without clusters, or not moments of pupils.
    """
    if by != "school":
        raise SpecError(
            "In a trial only whole clusters can be left out.",
            f"You asked for by={by!r}.",
            'Use by="school": the outermost clusters of the data, whatever they are.',
        )
    if not isinstance(data, TrialMoments) or not data.levels:
        raise DataError(
            "Clusters can be left out only of a trial with Gaussian outcomes and known clusters.",
            f"The data are {type(data).__name__}" + (" without clusters." if isinstance(data, TrialMoments) else "."),
            "Name school=... or classroom=... where the data are read.",
        )
    names = data.school_names if "school" in data.levels else data.class_names
    found = [_log_likelihood(spec, data, c, posterior) for c in range(len(names))]
    shape = (posterior.sizes["chain"], posterior.sizes["draw"])
    return np.stack(found, axis=-1).reshape(*shape, -1), list(names)


def scored(spec: ClusterTrial, data: Reduced) -> tuple[object, ...]:
    """Return which scores are predicted; the constrained analysis predicts baselines too."""
    return data.fingerprint(), sorted(spec.outcomes), spec.adjustment == "constrained"


def parameters(spec: ClusterTrial, plan: Design, posterior: xr.Dataset) -> dict[str, Array]:
    """Return the draws [draw, ...] of the parameters of the likelihood, in the order of the design."""
    flat = posterior.stack(sample=("chain", "draw")).transpose("sample", ...)
    levels = ("residual", *spec.cluster_levels)
    names = [*dimensions(plan), *(f"{name}_{form}" for name in levels for form in ("sd", "corr")), "effect_sd"]
    return {
        name: flat[name].transpose("sample", *(dim for dim in ORDER if dim in flat[name].dims)).values
        for name in names
        if name in flat
    }


def _log_likelihood(spec: ClusterTrial, data: TrialMoments, cluster: int, posterior: xr.Dataset) -> Array:
    """Log-likelihood [draw] of the pupils of a cluster at every draw."""
    own = data.of_cluster(cluster, design(spec, data).cells)
    if own is None:
        return np.zeros(posterior.sizes["chain"] * posterior.sizes["draw"])
    sums, arms = own
    plan = design(spec, data, sums)
    values = parameters(spec, plan, posterior)
    packed = plan.statistics(spec, arms)
    out = np.empty(len(values["mean"]))
    for d in range(len(out)):
        here = {name: value[d] for name, value in values.items()}
        sigma, inner, outer = normal(spec, plan, from_scales(spec, plan, here))
        slopes = coefficients(plan, here)[arms]
        out[d] = nested_normal(sigma[arms], slopes, inner, outer, packed.index, packed.value)[0]
    return out
