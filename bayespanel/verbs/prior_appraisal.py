"""Verbs that appraise the priors of a fit: what they said, how much hangs on them, and fits again under others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from bayespanel.families.door import Spec, family_of, models, pathways_of
from bayespanel.inference.imputed import first_of, require_one_table
from bayespanel.language.errors import FitError, SpecError
from bayespanel.language.prior import CORRELATION, Prior, merge
from bayespanel.summaries.kinds import kind_of, priors_of_kinds
from bayespanel.verbs.fitting import sampling_of

if TYPE_CHECKING:
    import pymc as pm

    from bayespanel.inference.fit import Fit
    from bayespanel.inference.settings import Sampling

AS_FITTED = "as fitted"
"""The change that is none."""

SPREADS = (
    *("class_sd", "school_sd", "lag_school_sd", "effect_sd", "family_sd"),
    *("intercept_sd", "growth_sd", "random_sd", "error_sd", "item_effect_sd", "cross_lag_sd"),
)
"""Standard deviations between clusters, outcomes and pupils, of errors, and of lags that are shrunk."""

BESIDE = ("drift", "first_lag", "distal_deviation_effect")
"""Effects that no kind of pathway names, for its draws follow from them or are made beside them."""

IMPLIED = {
    "icc": "intraclass correlation",
    "intercept_corr": "correlation of pupils' stable parts",
    "spectral_radius": "spectral radius",
    "share": "share of pupils in a class",
    "expected": "mean score of a class",
}
"""Other quantities in the field's terms that priors imply, by their names in the posterior."""

COLUMNS = (
    *("pathway", "kind", "edge", "mean", "mcse_mean", "lower", "mcse_lower", "upper", "mcse_upper"),
    *("prob_direction", "mcse_prob_direction", "prob_rope", "mcse_prob_rope"),
)


def prior_draws(fit: Fit, *, draws: int = 4000, seed: int = 0) -> xr.Dataset:
    """Draw parameters from the prior of a fit's model: what the model expected before it saw the data.

    Parameters
    ----------
    fit
        The fit.
    draws, seed
        Number of draws, and their seed.

    Returns
    -------
    xarray.Dataset
        The same variables as `fit.posterior`, with one chain of independent draws. Of a fit to imputations they are in
        the units of the first.
    """
    fit = first_of(fit)
    model = _model(fit, lambda spec, data: family_of(spec).build.prior_model(spec, data))
    from bayespanel.inference.prior import prior_free

    return family_of(fit.spec).draws.posterior(fit.spec, fit.data, prior_free(model, draws=draws, seed=seed))


def prior_pathways(fit: Fit, *, draws: int = 4000, seed: int = 0, by_interval: bool = False) -> xr.Dataset:
    """Draw every pathway from the prior of a fit's model.

    Parameters
    ----------
    fit
        The fit.
    draws, seed
        Number of draws, and their seed.
    by_interval
        Whether to give one pathway for each interval between waves, even if the lags are equal over intervals.

    Returns
    -------
    xarray.Dataset
        `standardised` and `raw` [chain, draw, pathway], as from `pathway_draws`, with one chain of independent draws.
    """
    fit, groups = first_of(fit), {}
    for group, variant in models(fit.spec).items():
        groups[group] = prior_draws(replace(fit, spec=variant), draws=draws, seed=seed)
    return pathways_of(fit.spec, groups, by_interval=by_interval)


def named_pathways(fit: Fit, draws: xr.Dataset, *, by_interval: bool = False) -> xr.Dataset:
    """Return the pathways of draws that are named like a fit's posterior."""
    return pathways_of(fit.spec, {"posterior": draws}, by_interval=by_interval)


def prior_check(fit: Fit, *, draws: int = 4000, seed: int = 0) -> pd.DataFrame:
    """Show what the priors imply for quantities that can be judged from experience, beside the posterior.

    Parameters
    ----------
    fit
        The fit.
    draws, seed
        Number of draws from the prior, and their seed.

    Returns
    -------
    pandas.DataFrame
        One row per quantity: `quantity`, its kind (lags, effects, odds, intraclass correlations, correlations between
        persons, sizes of classes and others); `of`, its labels; and the 5, 50 and 95 % quantiles under the prior
        (`prior_5`, `prior_50`, `prior_95`) and under the posterior (`posterior_5`, `posterior_50`, `posterior_95`).
    """
    return implied(fit, prior_draws(fit, draws=draws, seed=seed))


def implied(fit: Fit, before: xr.Dataset) -> pd.DataFrame:
    """Return the table of `prior_check`, computed from given draws of the prior."""
    rows: list[tuple[str, str, NDArray[np.float64], NDArray[np.float64]]] = []
    paths = [named_pathways(fit, draws)["standardised"] for draws in (before, fit.posterior)]
    for i, (name, kind) in enumerate(zip(paths[0]["pathway"].values, paths[0]["kind"].values, strict=True)):
        if kind_of(kind).single:
            prior, posterior = (path.isel(pathway=i).values.ravel() for path in paths)
            rows.append((kind_of(kind).heading, str(name), prior, posterior))
    for name, words in ((n, w) for n, w in IMPLIED.items() if n in fit.posterior and n in before):
        drawn, seen = _cells(before[name]), _cells(fit.posterior[name])
        rows += [(words, key, drawn[key], seen[key]) for key in seen]
    quantiles = [
        (words, key, *(q for x in (prior, posterior) for q in np.nanquantile(x, (0.05, 0.5, 0.95))))
        for words, key, prior, posterior in rows
        if np.ptp(posterior) > 0
    ]
    columns = [f"{of}_{q}" for of in ("prior", "posterior") for q in ("5", "50", "95")]
    return pd.DataFrame(quantiles, columns=["quantity", "of", *columns])


def densities(fit: Fit) -> tuple[xr.Dataset, xr.DataArray]:
    """Return the log-density of each prior and the log-likelihood at every draw, [chain, draw].

    Raises
    ------
    FitError
        The fit was saved by an early version that did not keep the draws of the model's own variables.
    """
    require_one_table(fit)
    free, model = fit.free, _model(fit, lambda spec, data: family_of(spec).build.build(spec, data))
    from bayespanel.inference.densities import log_densities

    return log_densities(model, free, [row.parameter for row in fit.spec.default_priors()])


def sensitivity(fit: Fit, *, by_interval: bool = False) -> xr.Dataset:
    """Return how strongly each pathway depends on the priors and on the data, without fitting again.

    The prior, or the likelihood, is made a little stronger and a little weaker, and the posterior is reweighted
    (power-scaling). For larger changes of the priors use `refits`.

    Parameters
    ----------
    fit
        The fit.
    by_interval
        Whether to give one row for each interval between waves, even if the lags are equal over intervals.

    Returns
    -------
    xarray.Dataset
        Over `pathway`: `prior_sensitivity`, `likelihood_sensitivity`, and `diagnosis` in words; a sensitivity above
        0.05 matters. `sensitivity_to` [parameter, pathway] scales each prior on its own. `pareto_k_prior` and
        `pareto_k_likelihood` say whether the reweighting can be trusted; above 0.7 it cannot.

    Raises
    ------
    FitError
        The fit was saved by an early version that did not keep the draws of the model's own variables.

    References
    ----------
    Kallioinen, Paananen, Bürkner & Vehtari (2024), doi:10.1007/s11222-023-10366-5.
    """
    from bayespanel.summaries.sensitivity import power_scaling

    # Effects without pooling are draws of another fit, of which these densities do not speak.
    return power_scaling(named_pathways(fit, fit.posterior, by_interval=by_interval), *densities(fit))


def prior_changes(spec: Spec) -> dict[str, tuple[Prior, ...]]:
    """Return the changes of the priors that `refits` tries unless you give others.

    The SD of the priors of effects is halved and doubled, in continuous time that of the drift; the LKJ priors of
    correlations get 1 and 4 in place of 2; and the scale of the priors of standard deviations between clusters,
    outcomes and pupils, of errors and of lags that vary or are shrunk, is halved and doubled.

    Parameters
    ----------
    spec
        The specification of the model, such as `fit.spec`.

    Returns
    -------
    dict
        The name of each change, with the rows that replace those in use.
    """
    rows = merge(spec.default_priors(), spec.priors)
    names = {*priors_of_kinds(), *BESIDE} - set(SPREADS)
    effects = [row for row in rows if row.parameter in names]
    spreads = [row for row in rows if row.parameter in SPREADS]
    shapes = [row for row in rows if row.distribution in CORRELATION]
    out: dict[str, tuple[Prior, ...]] = {}
    for words, factor in (("halved", 0.5), ("doubled", 2.0)):
        if effects:
            out[f"prior SD of effects {words}"] = tuple(_widened(row, factor) for row in effects)
    for eta in (1.0, 4.0):
        changed = tuple(
            replace(row, arguments=(eta,), source="sensitivity") for row in shapes if row.arguments[0] != eta
        )
        if changed:
            out[f"correlations LKJ({eta:g})"] = changed
    for words, factor in (("halved", 0.5), ("doubled", 2.0)):
        if spreads:
            out[f"prior scale of SDs {words}"] = tuple(_widened(row, factor) for row in spreads)
    return out


def refits(
    fit: Fit,
    changes: Mapping[str, Iterable[Prior]] | None = None,
    *,
    rope: float | tuple[float, float] | None = None,
    prob: float = 0.95,
    sampling: Sampling | None = None,
    progress: bool = True,
) -> pd.DataFrame:
    """Fit the model again under other priors, and show how the conclusion about each pathway changes.

    Parameters
    ----------
    fit
        The fit.
    changes
        The name of each change, with the rows of the table of priors that replace those in use. The default is
        `prior_changes(fit.spec)`.
    rope, prob
        Region of practical equivalence and probability of the intervals, as for `evidence`.
    sampling
        Number and length of the chains, such as `bp.Sampling(draws=500)`. By default each fit is sampled like the one
        that is given, and with the same seed.
    progress
        Whether to show a progress bar for each fit.

    Returns
    -------
    pandas.DataFrame
        One row per change and pathway, with the change "as fitted" first: `change`, `pathway`, `kind`, `edge`, `mean`,
        `lower`, `upper`, `prob_direction` and `prob_rope` with their Monte Carlo errors, `mcse_...`; `moved`, the
        distance of the mean from the mean as fitted, in posterior SDs of the fit; and `checks_passed`. Its attributes
        hold `rope` and `prob`, and what a report knows the fit by: `data` and `spec`.

    Raises
    ------
    SpecError
        A change is not a set of priors of the model, or there is no change.
    """
    from bayespanel.verbs import analysis
    from bayespanel.verbs.imputed import fit_imputed

    asked = prior_changes(fit.spec) if changes is None else {name: tuple(rows) for name, rows in changes.items()}
    example = merge(fit.spec.default_priors(), fit.spec.priors)[0].parameter
    if not asked or AS_FITTED in asked:
        raise SpecError(
            "Refits change the priors of a model.",
            f"The change {AS_FITTED!r} is the fit itself." if asked else "No change was given, and none is usual here.",
            f"Give changes={{'wider': [bp.Prior({example!r}, ...)]}}, with a parameter of bp.priors(fit.spec).",
        )
    specs = {name: _with(fit.spec, rows) for name, rows in asked.items()}
    baseline = analysis.evidence(fit, rope=rope, prob=prob)
    seed, how = fit.provenance["seed"], sampling or sampling_of(fit.provenance)
    found = [(AS_FITTED, baseline, bool(analysis.checks(fit)["passed"].all()))]
    for name, spec in specs.items():
        refit: Any = analysis.fit if fit.imputations == 1 else fit_imputed
        again = refit(spec, fit.data, seed=seed, sampling=how, progress=progress)
        region = tuple(baseline.attrs["rope"])
        found.append(
            (name, analysis.evidence(again, rope=region, prob=prob), bool(analysis.checks(again)["passed"].all()))
        )
    parts = []
    for name, evidence, passed in found:
        frame = evidence.to_dataframe().reset_index()
        rows = frame[[column for column in COLUMNS if column in frame]]
        moved = (evidence["mean"] - baseline["mean"]) / baseline["sd"].where(baseline["sd"] > 0)
        parts.append(rows.assign(moved=moved.values, checks_passed=passed).assign(change=name))
    table = pd.concat(parts, ignore_index=True)
    about = {"rope": list(baseline.attrs["rope"]), "prob": prob}
    table.attrs = about | {"data": [fit.data.fingerprint()], "spec": repr(fit.spec)}
    return table[["change", *(column for column in table if column != "change")]]


def _model(fit: Fit, build: Callable[[Any, Any], pm.Model]) -> pm.Model:
    """Build a model of a fit: all that looking at a saved fit ever needs PyMC for."""
    try:
        return build(fit.spec, fit.data)
    except ImportError as error:
        raise FitError(
            "Draws from the priors of a fit, and the density of its model, are computed by PyMC.",
            f"PyMC cannot be imported: {error}.",
            "Install bayespanel anew, which brings PyMC; the draws of the fit can be read without it.",
        ) from error


def _widened(row: Prior, factor: float) -> Prior:
    *others, spread = row.arguments
    return replace(row, arguments=(*others, factor * spread), source="sensitivity")


def _with(spec: Spec, rows: tuple[Prior, ...]) -> Spec:
    given = {row.parameter: row for row in rows}
    kept = tuple(row for row in spec.priors if row.parameter not in given)
    return replace(spec, priors=(*kept, *rows))


def _cells(values: xr.DataArray) -> dict[str, NDArray[np.float64]]:
    """Return the draws of every entry by its labels; of a symmetric matrix, those below the diagonal."""
    dims = [str(dim) for dim in values.dims if dim not in ("chain", "draw")]
    flat = values.transpose("chain", "draw", *dims)
    out = {}
    for index in np.ndindex(*(flat.sizes[dim] for dim in dims)):
        if any(dim.endswith("_") and index[i] >= index[i - 1] for i, dim in enumerate(dims)):
            continue
        labels = [
            str(flat[dim].values[at]) if dim in flat.coords else str(at) for dim, at in zip(dims, index, strict=True)
        ]
        out[", ".join(labels)] = np.asarray(flat.values[(slice(None), slice(None), *index)]).ravel()
    return out
