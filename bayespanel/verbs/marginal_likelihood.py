"""Marginal likelihoods of fits, by two estimators, and what follows for which model is right."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.linalg import solve_triangular
from scipy.special import gammaln, logsumexp

from bayespanel.families.door import family_of
from bayespanel.inference.fit import FREE, Fit
from bayespanel.inference.imputed import require_one_table
from bayespanel.language.errors import FitError
from bayespanel.summaries.restricted import Known
from bayespanel.verbs.model_density import FEWEST, ModelDensity

Array = NDArray[np.float64]

DRAWS = 4000
"""Draws of which the density is taken: of a card's fit all of them."""

FREEDOM = 7.0
"""Degrees of freedom of the t density from which points are drawn: its tails reach beyond those of the posterior."""

DOUBTFUL = 0.7
"""Pareto k of the weights from which importance sampling is not believed."""

APART = 4.0
"""Distance of the two estimates, in standard errors of their difference, from which neither is believed."""


def log_marginal_likelihood(fit: Fit, *, draws: int = DRAWS, seed: int = 0) -> xr.Dataset:
    """Estimate the logarithm of the marginal likelihood of a model: how well it predicted the data before it saw them.

    It is the likelihood averaged over the priors, with all constants of likelihood and priors, and so it depends on the
    priors, however many pupils there are. Compare it between models of the same scores of the same pupils. Default
    priors count in the standard deviations of these scores, the same for all models.

    Parameters
    ----------
    fit
        A fit of any family, with the draws of the model's own variables: all fits but those of the first files.
    draws
        How many draws are used, at most.
    seed
        Of the points that both estimators draw besides.

    Returns
    -------
    xr.Dataset
        Over `estimator`, which is "bridge" and "importance": `log_marginal_likelihood`, natural logarithm, and `mcse`,
        its Monte Carlo standard error; `pareto_k` of importance sampling, which is believed below 0.7. The estimators
        share the mean and covariance of the draws, and nothing else: their agreement is the check. The attribute `note`
        says where they disagree, or k is too large.

    Raises
    ------
    FitError
        The file holds no draws of the model's own variables, or there are fewer than 8 draws per parameter.

    References
    ----------
    Meng & Wong (1996); Gronau et al. (2017), doi:10.1016/j.jmp.2017.09.005, on bridge sampling; Vehtari, Simpson,
    Gelman, Yao & Gabry (2024), arXiv:1507.02646, on Pareto k.

    Examples
    --------
    >>> first = bp.log_marginal_likelihood(fit)  # doctest: +SKIP
    >>> second = bp.log_marginal_likelihood(other)  # doctest: +SKIP
    >>> first["log_marginal_likelihood"] - second["log_marginal_likelihood"]  # the log Bayes factor  # doctest: +SKIP
    """
    require_one_table(fit)
    if FREE not in fit.groups:
        raise FitError(
            "A marginal likelihood needs the draws of the model's own variables.",
            "The file of this fit, of an early version, does not hold them.",
            "Fit the model again: bp.fit(fit.spec, fit.data, seed=...).",
        )
    model = ModelDensity(fit.spec, fit.data, fit.groups[FREE], draws)
    if not model.enough:
        chains, length, dimension = model.points.shape
        raise FitError(
            f"A marginal likelihood needs {FEWEST} draws per parameter.",
            f"There are {chains * length} draws of {dimension} parameters.",
            "Draw more: sampling=bp.Sampling(draws=...), and give draws=... here.",
        )
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # far points have no density
        bridge = model.known.mass
        log, error, k = _importance(model.known, np.random.default_rng(seed + 1))
    mirrored = len(model.coordinates.mirrors) * np.log(2.0)  # scales with the other sign give the same density
    out = xr.Dataset(
        {
            "log_marginal_likelihood": ("estimator", np.array([bridge.log, log]) + mirrored),
            "mcse": ("estimator", [bridge.error, error]),
            "pareto_k": ("estimator", [np.nan, k]),
        },
        coords={"estimator": ["bridge", "importance"]},
        attrs={"parameters": model.points.shape[2], "family": family_of(fit.spec).name},
    )
    note = _doubt(bridge.log - log, float(np.hypot(bridge.error, error)), k)
    return out.assign_attrs(note=note) if note else out


def _importance(known: Known, rng: np.random.Generator) -> tuple[float, float, float]:
    """Return the log mass by importance sampling from a t density, its Monte Carlo error, and Pareto k."""
    stats: Any = import_module("arviz_stats.base").array_stats
    n = known.points.shape[0] * known.points.shape[1]
    size = known.points.shape[2]
    root: Array = np.linalg.cholesky(known.covariance)
    heavy = np.sqrt(FREEDOM / rng.chisquare(FREEDOM, n))
    points = known.mean + heavy[:, None] * (rng.normal(size=(n, size)) @ root.T)
    apart = solve_triangular(root, (points - known.mean).T, lower=True)
    constant = gammaln((FREEDOM + size) / 2) - gammaln(FREEDOM / 2) - 0.5 * size * np.log(FREEDOM * np.pi)
    proposed = constant - np.log(np.diag(root)).sum()
    proposed = proposed - 0.5 * (FREEDOM + size) * np.log1p((apart**2).sum(axis=0) / FREEDOM)
    ratios = known.evaluate(points)[0] - proposed
    k = float(stats.psislw(np.where(np.isfinite(ratios), -ratios, -ratios[np.isfinite(ratios)].min()))[1])
    log = float(logsumexp(ratios) - np.log(n))
    weights = np.exp(ratios - log)
    return log, float(weights.std() / np.sqrt(n)), k


def _doubt(difference: float, error: float, k: float) -> str:
    """Say why the estimates are not to be believed; nothing where they are."""
    if k > DOUBTFUL:
        return f"Pareto k is {k:.2f}, above {DOUBTFUL}: believe neither estimate before more draws agree."
    if abs(difference) > APART * error:
        return f"The estimators differ by {difference:.2f}, more than their errors explain: draw more."
    return ""
