"""Log-likelihoods, predictions and draws from the prior beside the draws of a fit, as groups that ArviZ looks for."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Literal

import numpy as np
import xarray as xr

from bayespanel.families.door import family_of
from bayespanel.inference.arviz_tree import arviz_tree
from bayespanel.inference.fit import Fit
from bayespanel.inference.imputed import require_one_table
from bayespanel.language.errors import SpecError
from bayespanel.verbs.appraisal import UNITS
from bayespanel.verbs.prior_appraisal import prior_draws

GROUPS = ("log_likelihood", "posterior_predictive", "prior")
"""Groups that a fit does not hold, and that are made when they are asked for."""

PREDICTED = 100
"""Draws for which scores are drawn anew: as many as a figure shows, and a table of pupils for each."""


def to_arviz(
    fit: Fit,
    data: Any = None,
    *,
    groups: Collection[str] = GROUPS,
    by: Literal["school", "pupil"] | None = None,
    draws: int = 1000,
    seed: int = 0,
) -> xr.DataTree:
    """Return the draws of a fit with the groups that ArviZ's functions look for beside them.

    Parameters
    ----------
    fit
        The fit.
    data
        The Panel or Trial that was fitted. The log-likelihoods and predictions of a panel need it, and the predictions
        of a trial with Gaussian outcomes, because a fit keeps sums and no pupils.
    groups
        Which groups to add, of "log_likelihood", "posterior_predictive" and "prior"; all by default.
    by
        Of what the log-likelihoods are: "school" for whole schools (of a trial, its outermost clusters), or "pupil". By
        default "pupil" for trajectories and for panels without cluster effects, and otherwise "school".
    draws
        The largest number of draws of all chains together that are kept, evenly spaced. This keeps `az.loo` quick.
    seed
        Seed of predictions and of draws from the prior.

    Returns
    -------
    xarray.DataTree
        The groups of `fit.tree`, thinned, and those asked for. `log_likelihood` has `scores` [chain, draw, school or
        pupil], the exact log-densities that `bp.compare` uses; `az.loo` and `az.compare` read it. For
        `posterior_predictive`, scores of new pupils are drawn by up to 100 draws; `observed_data` has the scores that
        were seen, in the same order, and `az.plot_ppc_dist` shows one beside the other. `prior` has one chain of
        independent draws of the parameters, for `az.plot_prior_posterior`.

    Raises
    ------
    DataError, SpecError
        A group is asked for that the model does not have, or that needs the pupils of the fit, and these were not given
        or are others.
    """
    for one in groups:
        if one not in GROUPS:
            raise SpecError(
                f"Groups that can be added are {', '.join(GROUPS)}.",
                f"You asked for {one!r}.",
                "Choose among these; the draws of the fit are there without being asked for.",
            )
    if isinstance(draws, bool) or not isinstance(draws, int) or draws < 1:
        raise SpecError("The number of draws is 1 or more.", f"You gave {draws!r}.", "Write draws=1000.")
    require_one_table(fit)
    kept = {name: _thinned(group, draws) for name, group in fit.groups.items()}
    posterior = kept["posterior"]
    if "log_likelihood" in groups:
        kept["log_likelihood"] = _log_likelihood(fit, posterior, data, by)
    if "posterior_predictive" in groups:
        kept |= _predicted(fit, _thinned(posterior, PREDICTED), data, seed)
    if "prior" in groups:
        kept["prior"] = prior_draws(fit, draws=draws, seed=seed)[list(posterior.data_vars)]
    return arviz_tree(kept)


def _thinned(group: xr.Dataset, draws: int) -> xr.Dataset:
    """Return at most so many draws, and at least one of each chain."""
    every = -(-group.sizes["chain"] * group.sizes["draw"] // draws)
    return group.isel(draw=slice(None, None, max(1, every)))


def _log_likelihood(fit: Fit, posterior: xr.Dataset, data: Any, by: str | None) -> xr.Dataset:
    family = family_of(fit.spec)
    if by is None:
        alone = not family.reads_sums(fit.spec) or (family.refit is not None and not fit.spec.cluster_levels)
        by = "pupil" if alone else "school"
    if by not in UNITS:
        raise SpecError(f"'by' is one of {', '.join(UNITS)}.", f"You gave {by!r}.", "Choose one of these.")
    density, names = family.leave_out.densities(fit.spec, posterior, fit.data, data, by)
    coords = {"chain": posterior["chain"].values, "draw": posterior["draw"].values, by: names}
    return xr.Dataset({"scores": (("chain", "draw", by), density)}, coords=coords)


def _predicted(fit: Fit, posterior: xr.Dataset, data: Any, seed: int) -> dict[str, xr.Dataset]:
    draw = family_of(fit.spec).scores_again
    if draw is None:
        raise SpecError(
            "Scores of new pupils are drawn from panels, trials and trajectories.",
            f"The model is a {type(fit.spec).__name__}.",
            "Leave 'posterior_predictive' out of groups.",
        )
    return draw(fit.spec, posterior, fit.data, data, np.random.default_rng(seed)).groups()
