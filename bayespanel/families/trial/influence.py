"""Effects without one cluster at a time: whether the result hangs on one school.

At the posterior mean of the covariances the log-likelihood is quadratic in means and effects, so the effects that
generalised least squares finds without a school cost a handful of gradients, not a fit::

    theta(-s) = -H(-s)^-1 g(-s)(0)                                                                  (10)

with g(-s) and H(-s) gradient and Hessian of the log-likelihood of all pupils outside school s.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from bayespanel.data import TrialMoments
from bayespanel.errors import DataError
from bayespanel.families.trial.design import Array, Design, design
from bayespanel.families.trial.moments import coefficients, shapes, terms
from bayespanel.families.trial.spec import ClusterTrial
from bayespanel.likelihood.kernels import nested_normal


def influence(spec: ClusterTrial, posterior: xr.Dataset, data: object) -> pd.DataFrame:
    """Return the effects without each outermost cluster of the data.

    Parameters
    ----------
    spec, posterior, data
        Of a fit with Gaussian outcomes.

    Returns
    -------
    DataFrame
        A row per cluster, arm and outcome: cluster, arm, outcome, effect (without the cluster) and shift (against all
        clusters), in total SDs; shift_in_sd, in posterior SDs of the effect. Effects are those of generalised least
        squares, without priors; the largest shift comes first.

    Raises
    ------
    DataError
        Data without clusters, or not moments of pupils; fewer than three clusters in an arm.
    """
    if not isinstance(data, TrialMoments) or not data.levels:
        raise DataError(
            "Clusters are left out of a trial with Gaussian outcomes whose data know the clusters.",
            f"The data are {type(data).__name__}"
            + ("" if isinstance(data, TrialMoments) else ".")
            + (" without clusters." if isinstance(data, TrialMoments) else ""),
            "Name school=... or classroom=... where the data are read.",
        )
    covariances = [_mean_covariance(posterior, name) for name in ("residual", *spec.cluster_levels)]
    everyone = _effects(spec, design(spec, data), covariances)
    lead = ("arm",) if len(data.arms) > 2 else ()
    total = posterior["total_sd"].mean(("chain", "draw")).values
    spread = posterior["effect"].std(("chain", "draw")).transpose(*lead, "outcome").values.reshape(everyone.shape)
    names = data.school_names if "school" in data.levels else data.class_names
    rows = []
    for c, name in enumerate(names):
        found = _effects(spec, design(spec, data.without(c)), covariances)
        for g, arm in enumerate(data.arms[1:]):
            for o, outcome in enumerate(spec.outcomes):
                shift = found[g, o] - everyone[g, o]
                rows.append((name, arm, outcome, found[g, o] / total[o], shift / total[o], shift / spread[g, o]))
    frame = pd.DataFrame(rows, columns=["cluster", "arm", "outcome", "effect", "shift", "shift_in_sd"])
    return frame.sort_values("shift_in_sd", key=abs, ascending=False, ignore_index=True)


def _mean_covariance(posterior: xr.Dataset, name: str) -> Array:
    """Posterior mean of a covariance [cell, cell]."""
    sd = posterior[f"{name}_sd"].transpose("chain", "draw", "cell").values
    product = sd[..., :, None] * sd[..., None, :]
    if f"{name}_corr" in posterior:
        product = product * posterior[f"{name}_corr"].transpose("chain", "draw", "cell", "cell_").values
    return np.asarray(product.mean(axis=(0, 1)))


def _effects(spec: ClusterTrial, plan: Design, covariances: list[Array]) -> Array:
    """Generalised least squares: the effects [arm, outcome], equation (10)."""
    packed, linear, shape = plan.statistics(spec), terms(plan), shapes(plan)
    names = list(linear)
    sizes = [int(np.prod(shape[name])) for name in names]
    stops = np.cumsum(sizes)
    scale = np.concatenate([np.full(size, plan.scale.mean()) for size in sizes])
    inner, outer = (*covariances[1:], np.zeros((0, 0)), np.zeros((0, 0)))[:2]
    sigma = np.repeat(covariances[0][None], len(plan.arms), axis=0)

    def gradient(theta: Array) -> Array:
        values = {
            name: part.reshape(shape[name]) for name, part in zip(names, np.split(theta, stops[:-1]), strict=True)
        }
        b = coefficients(plan, values, linear)
        _, _, d_b, _, _ = nested_normal(sigma, b, inner, outer, packed.index, packed.value)
        return np.concatenate([np.einsum("gcxk,gcx->k", linear[name], d_b) for name in names])

    start = np.zeros(stops[-1])
    start[: sizes[0]] = plan.sums.centre
    here = gradient(start)
    hessian = np.stack([(gradient(start + step) - here) for step in np.diag(scale)]) / scale[:, None]
    theta = start - np.linalg.solve(hessian, here)
    at = names.index("effect")
    return theta[stops[at] - sizes[at] : stops[at]].reshape(len(plan.arms) - 1, len(plan.outcomes))
