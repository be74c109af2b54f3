"""Scores of new pupils drawn from the model of a trial, in new clusters of the same sizes.

Of categories they are in the clusters of the trial, whose effects were sampled.
"""

from __future__ import annotations

import numpy as np
import xarray as xr

from bayespanel.data import Trial, TrialCounts, TrialMoments
from bayespanel.data.trial_sums import regressors
from bayespanel.families.shared.scores_again import Array, Scores, by_variable, require_table, roots
from bayespanel.families.trial.counted import counted
from bayespanel.families.trial.covariances import from_scales, normal
from bayespanel.families.trial.design import design
from bayespanel.families.trial.leave_out import parameters
from bayespanel.families.trial.loadings import loadings
from bayespanel.families.trial.moments import coefficients
from bayespanel.families.trial.predictive import latent_scores
from bayespanel.families.trial.spec import ClusterTrial
from bayespanel.families.trial.statistics import Reduced, data_for
from bayespanel.language.errors import DataError


def scores_again(
    spec: ClusterTrial, posterior: xr.Dataset, data: Reduced, trial: object, rng: np.random.Generator
) -> Scores:
    """Draw the scores of a trial anew, one set for each draw of the posterior.

    Raises
    ------
    DataError
        Published estimates; Gaussian outcomes without the trial, or not that of the fit.
    """
    if isinstance(data, TrialCounts):
        return _counted(spec, data, posterior, rng)
    if not isinstance(data, TrialMoments):
        raise DataError(
            "Scores are drawn anew for pupils.",
            "Published estimates have none.",
            "Draw estimates anew: pm.sample_posterior_predictive(fit.tree['free'].to_dataset(), model=bp.build(...)).",
        )
    require_table(trial, Trial, lambda table: data_for(spec, table), data)
    assert isinstance(trial, Trial)  # for the type checker: checked above
    return _gaussian(spec, data, trial, posterior, rng)


def _gaussian(
    spec: ClusterTrial, data: TrialMoments, trial: Trial, posterior: xr.Dataset, rng: np.random.Generator
) -> Scores:
    plan = design(spec, data)
    x = np.column_stack([np.ones(trial.n_pupils), regressors(trial)[1] - plan.sums.covariate_centre])
    x = x[:, list(plan.regressors)]
    load = loadings(spec, plan.arms, len(plan.cells), plan.apart)
    values = parameters(spec, plan, posterior)
    drawn = np.empty((len(values["mean"]), trial.n_pupils, len(plan.cells)))
    for d, out in enumerate(drawn):
        here = {name: value[d] for name, value in values.items()}
        sigma, *clusters = normal(spec, plan, from_scales(spec, plan, here))
        means, root = coefficients(plan, here), np.linalg.cholesky(sigma)
        for g in range(len(plan.arms)):
            own = trial.arm == g
            noise = rng.normal(size=(int(own.sum()), len(plan.cells)))
            out[own] = plan.sums.centre + x[own] @ means[g].T + noise @ root[g].T
        every = roots(dict(zip(spec.cluster_levels, clusters, strict=False)))
        for level, loading in zip(spec.cluster_levels, load, strict=True):
            units = trial.classroom if level == "class" else trial.school
            assert units is not None  # the data have the levels of the model
            effects = rng.normal(size=(1 + int(units.max()), len(every[level]))) @ every[level].T
            of_arm = np.broadcast_to(loading, (len(plan.arms), *loading.shape[-2:]))[trial.arm]
            out += np.einsum("pce,pe->pc", of_arm, effects[units])
    at = [trial.cells.index(cell) for cell in plan.cells]
    shape = (posterior.sizes["chain"], posterior.sizes["draw"])
    return by_variable(trial.values[:, None, at], drawn[:, :, None], plan.cells, ("trial",), shape)


def _counted(spec: ClusterTrial, data: TrialCounts, posterior: xr.Dataset, rng: np.random.Generator) -> Scores:
    plan = counted(spec, data)
    flat = posterior.stack(sample=("chain", "draw")).transpose("sample", ...)
    eta = latent_scores(spec, plan, flat)
    threshold = None if plan.events else flat["threshold"].values
    first, shape = plan.first_thresholds(), (posterior.sizes["chain"], posterior.sizes["draw"])
    observed: dict[str, Array] = {}
    drawn: dict[str, Array] = {}
    for o, (outcome, labels) in enumerate(zip(plan.outcomes, plan.categories, strict=True)):
        rows = plan.rows.outcome == o
        counts = plan.rows.counts[rows][:, : len(labels)]
        observed[outcome] = np.repeat(np.tile(np.arange(len(labels)), len(counts)), counts.ravel()).astype(float)
        centre = np.repeat(eta[:, rows], counts.sum(axis=1), axis=1)
        if threshold is None:
            drawn[outcome] = _events(flat, o, centre, rng).reshape(*shape, -1)
            continue
        cuts = threshold[:, first[o] : first[o] + len(labels) - 1]
        noise = rng.logistic(size=centre.shape) if spec.link == "logit" else rng.normal(size=centre.shape)
        above = (centre + noise)[:, :, None] > cuts[:, None, :]
        drawn[outcome] = above.sum(axis=2).astype(float).reshape(*shape, -1)
    return Scores(observed, drawn)


def _events(flat: xr.Dataset, o: int, eta: Array, rng: np.random.Generator) -> Array:
    """Draw numbers of events [sample, pupil]."""
    log_mean, cv = flat["log_mean"].values[:, [o]], flat["rate_cv"].values[:, [o]]
    shape = np.broadcast_to(1 / cv**2, eta.shape)
    number = rng.poisson(np.exp(log_mean + eta) * rng.gamma(shape) / shape).astype(float)
    if "excess_zeros" in flat:
        number[rng.random(eta.shape) < flat["excess_zeros"].values[:, [o]]] = 0.0
    return number
