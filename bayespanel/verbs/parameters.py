"""Parameters and fit measures as tables, of draws and of maximum likelihood alike."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr

from bayespanel.inference.convergence import convergence
from bayespanel.inference.fit import Fit
from bayespanel.language.errors import SpecError
from bayespanel.language.names import STANDARDISED
from bayespanel.language.values import probability
from bayespanel.summaries.missing_information import largest_rhat
from bayespanel.summaries.montecarlo import mcse

if TYPE_CHECKING:
    from bayespanel.inference.maximum_likelihood import Estimates

MEASURES = {
    "log_likelihood": "log-likelihood of the model, with all constants",
    "n_parameters": "free parameters",
    "n_pupils": "pupils with any score",
    "aic": "Akaike information criterion",
    "bic": "Bayesian information criterion, which counts pupils",
    "df": "degrees of freedom against free means and a free covariance at every level",
    "chi_square": "likelihood-ratio statistic against that model; NaN if either has no maximum",
    "p_value": "of the likelihood-ratio statistic",
    "cfi": "comparative fit index, against independent cells",
    "rmsea": "root mean square error of approximation",
    "entropy": "how clearly pupils can be told apart: 1 is perfectly",
}
"""Of maximum likelihood: attribute and meaning."""


def parameter_estimates(fitted: Fit | Estimates, *, prob: float = 0.95) -> pd.DataFrame:
    """Return the parameters in raw units as a table with one row per number.

    Parameters
    ----------
    fitted
        From `bp.fit` or `bp.maximum_likelihood`.
    prob
        Probability of the intervals. The bounds are quantiles of the draws of a fit; for maximum likelihood they are
        the estimate plus and minus normal quantiles of the standard error.

    Returns
    -------
    pandas.DataFrame
        `parameter`; and `at`, the labels of the number, such as "depression, rejection" for lag[target, source]. For a
        fit also `mean`, `sd`, `lower`, `upper`, `mcse_mean` (the Monte Carlo error of the mean), `rhat`, `ess_bulk` and
        `ess_tail`; of mixed imputations `rhat` is the largest within one. For maximum likelihood also `estimate`,
        `standard_error`, `lower` and `upper`, and `converged`, `boundary` and `proper`: these three belong to the whole
        fit and are repeated in every row, so that they stay with the numbers in a CSV file. `attrs["verdict"]` has one
        sentence for each of the three. Each entry of a symmetric matrix occurs once.

    Raises
    ------
    SpecError
        `prob` is not between 0 and 1, or what was given is neither a fit nor maximum likelihood.
    """
    probability("prob", prob)
    if isinstance(fitted, Fit):
        return _of_fit(fitted, [name for name in fitted.posterior if name not in STANDARDISED], prob)
    found = _estimates(fitted)
    return _of_estimates(found, found.estimates, found.standard_errors, prob)


def standardized_solution(fitted: Fit | Estimates, *, prob: float = 0.95) -> pd.DataFrame:
    """Return a table of all numbers without a unit: standardised lags or effects, and correlations of all kinds.

    Parameters
    ----------
    fitted
        From `bp.fit` or `bp.maximum_likelihood`.
    prob
        Probability of the intervals.

    Returns
    -------
    pandas.DataFrame
        The columns of `parameter_estimates`. Lags are in the within-person standard deviations that the model implies
        for the two waves. Effects of a trial are in total standard deviations of the outcome within arms. Standard
        errors of maximum likelihood come from the delta method; they are NaN if the solution is improper.

    Raises
    ------
    SpecError
        `prob` is not between 0 and 1, what was given is neither a fit nor maximum likelihood, or the model has no
        standardised parameters.
    """
    probability("prob", prob)
    if isinstance(fitted, Fit):
        names = [name for name in fitted.posterior if name in STANDARDISED or str(name).endswith("_corr")]
        if names:
            return _of_fit(fitted, names, prob)
    else:
        found = _estimates(fitted)
        if found.standardised.data_vars:
            return _of_estimates(found, found.standardised, found.standardised_errors, prob)
    raise SpecError(
        "A standardised solution is that of a model with lags, effects or correlations.",
        "This model has none of them.",
        "Look at bp.parameter_estimates(...).",
    )


def fit_measures(fitted: Fit | Estimates) -> pd.DataFrame:
    """Return how well a model fits, one measure per row.

    Parameters
    ----------
    fitted
        From `bp.fit` or `bp.maximum_likelihood`.

    Returns
    -------
    pandas.DataFrame
        The columns `statistic`, `value` and `meaning`. Maximum likelihood has the log-likelihood, AIC and BIC; for
        panels also the chi-square test with CFI and RMSEA, and for trajectories the entropy. The fit of a panel model
        has SRMR with its posterior predictive p value and, without clusters, Bayesian RMSEA and CFI, each with a 90 %
        interval (`lower`, `upper`). The fit of any other model has `elpd`, which says how well the model predicts
        schools that were left out (pupils, if the model has no schools), with its standard error (`se`), and the
        effective number of parameters.

    Raises
    ------
    SpecError
        What was given is neither a fit nor maximum likelihood, or the model has no measure of fit.

    References
    ----------
    Vehtari, Gelman & Gabry (2017), doi:10.1007/s11222-016-9696-4, on `elpd`.
    """
    if isinstance(fitted, Fit):
        from bayespanel.verbs.appraisal import left_out, predictive_check

        predicted = predictive_check(fitted)
        if "fit" in predicted:
            return predicted["fit"]
        unit = "school" if "school" in getattr(fitted.spec, "levels", ()) else "pupil"
        return left_out(fitted, by=unit)
    found = _estimates(fitted)
    rows = [(name, getattr(found, name), words) for name, words in MEASURES.items() if hasattr(found, name)]
    return pd.DataFrame(rows, columns=["statistic", "value", "meaning"])


def _estimates(fitted: Any) -> Estimates:
    from bayespanel.inference.maximum_likelihood import Estimates

    if not isinstance(fitted, Estimates):
        raise SpecError(
            "Parameters are those of a fit, or of maximum likelihood.",
            f"You gave {type(fitted).__name__}.",
            "Give what bp.fit or bp.maximum_likelihood returned; bp.table(evidence) shows pathways.",
        )
    return fitted


def _entries(array: xr.DataArray) -> Iterator[tuple[tuple[int, ...], str]]:
    """Yield the place and labels of every number: of a covariance the lower triangle, of correlations below it."""
    matrix = len(array.dims) > 1 and array.dims[-1] == f"{array.dims[-2]}_"
    labels = [list(map(str, array[dim].values)) for dim in array.dims]
    corr = str(array.name).endswith("_corr")
    for place in product(*(range(size) for size in array.shape)):
        if not matrix or place[-1] < place[-2] + (not corr):
            yield place, ", ".join(labels[axis][i] for axis, i in enumerate(place))


def _of_estimates(found: Estimates, values: xr.Dataset, errors: xr.Dataset, prob: float) -> pd.DataFrame:
    from scipy.stats import norm

    rows = []
    for name, array in values.data_vars.items():
        theirs = errors[name].transpose(*array.dims).values
        rows += [(str(name), at, float(array.values[i]), float(theirs[i])) for i, at in _entries(array)]
    table = pd.DataFrame(rows, columns=["parameter", "at", "estimate", "standard_error"])
    reach = float(norm.ppf(0.5 + prob / 2)) * table["standard_error"]
    out = table.assign(
        lower=table["estimate"] - reach,
        upper=table["estimate"] + reach,
        converged=found.converged,
        boundary=found.boundary,
        proper=found.proper,
    )
    out.attrs["verdict"] = list(found.verdict.sentences)
    return out


def _of_fit(fit: Fit, names: list[Any], prob: float) -> pd.DataFrame:
    chains = int(fit.provenance["chains"]) if fit.imputations > 1 else None
    return _of_draws(fit.posterior, names, prob, chains)


def _of_draws(posterior: xr.Dataset, names: list[Any], prob: float, within: int | None) -> pd.DataFrame:
    """Return rows of parameters; R-hat is that within imputations, where each has so many chains."""
    labels, columns = [], []
    for name in names:
        array = posterior[name].transpose("chain", "draw", ...)
        inner = array.isel(chain=0, draw=0, drop=True)
        for place, at in _entries(inner):
            labels.append((str(name), at))
            columns.append(array.values[(slice(None), slice(None), *place)])
    draws = np.stack(columns).astype(float)
    lower, upper = np.quantile(draws, [(1 - prob) / 2, (1 + prob) / 2], axis=(1, 2))
    numbers = {
        "mean": draws.mean(axis=(1, 2)),
        "sd": draws.std(axis=(1, 2), ddof=1),
        "lower": lower,
        "upper": upper,
        "mcse_mean": mcse(draws, "mean"),
        **convergence(draws),
    }
    if within is not None:
        numbers["rhat"] = largest_rhat(draws.reshape(*draws.shape[:2], within, -1))
    return pd.DataFrame(labels, columns=["parameter", "at"]).assign(**numbers)
