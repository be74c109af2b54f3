"""Verbs that appraise the priors of a fit: what they said, how much hangs on them, and fits again under others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from bayespanel.errors import SpecError
from bayespanel.evidence.table import TITLES
from bayespanel.families.door import Spec, family_of, models
from bayespanel.priors import CORRELATION, Prior, merge

if TYPE_CHECKING:
    from bayespanel.inference.fit import Fit

AS_FITTED = "as fitted"
"""The change that is none."""

EFFECTS = ("lag", "effect", "family_effect", "moderation", "membership_effect", "programme_effect")
"""Parameters whose prior is the first to be asked about."""

SPREADS = ("class_sd", "school_sd", "family_sd", "intercept_sd", "random_sd")
"""Standard deviations between clusters, outcomes and pupils."""

PATHWAYS = ("carry_over", "direct", "effect", "family", "moderation", "odds", "programme")
"""Kinds of pathway whose implications are shown, on the standardised scale."""

IMPLIED = {
    "icc": "intraclass correlation",
    "intercept_corr": "correlation of pupils' stable parts",
    "spectral_radius": "spectral radius",
    "share": "share of pupils in a class",
    "expected": "mean score of a class",
}
"""Other quantities in the field's terms that priors imply, by their names in the posterior."""

COLUMNS = ("pathway", "kind", "edge", "mean", "mcse_mean", "lower", "upper", "prob_direction", "prob_rope")


def prior_draws(fit: Fit, *, draws: int = 4000, seed: int = 0) -> xr.Dataset:
    """Draw from the prior of a fit's model: what it said before it saw the data.

    Returns
    -------
    xr.Dataset
        Like `fit.posterior`, with one chain of independent draws.
    """
    from bayespanel.inference.prior import prior_free

    family = family_of(fit.spec)
    model = family.build.build(fit.spec, fit.data)
    found = family.draws.posterior(fit.spec, fit.data, prior_free(model, draws=draws, seed=seed))
    return found


def prior_pathways(fit: Fit, *, draws: int = 4000, seed: int = 0, by_interval: bool = False) -> xr.Dataset:
    """Return the prior's draws of every pathway, one chain, like `pathway_draws`."""
    groups = {}
    for group, variant in models(fit.spec).items():
        groups[group] = prior_draws(replace(fit, spec=variant), draws=draws, seed=seed)
    found = family_of(fit.spec).pathways.collect(fit.spec, groups, by_interval=by_interval)
    return found


def named_pathways(fit: Fit, draws: xr.Dataset, *, by_interval: bool = False) -> xr.Dataset:
    """Return the pathways of draws that are named like a fit's posterior."""
    found = family_of(fit.spec).pathways.collect(fit.spec, {"posterior": draws}, by_interval=by_interval)
    return found


def prior_check(fit: Fit, *, draws: int = 4000, seed: int = 0) -> pd.DataFrame:
    """Say what the priors imply in the field's terms, beside what the posterior says.

    Returns
    -------
    DataFrame
        A row per quantity: quantity (lags, effects, odds, intraclass correlations, correlations between persons, sizes
        of classes, ...), of (its labels), and the 5, 50 and 95 % quantiles of prior and posterior.
    """
    return implied(fit, prior_draws(fit, draws=draws, seed=seed))


def implied(fit: Fit, before: xr.Dataset) -> pd.DataFrame:
    """Return what `prior_check` does, from draws of the prior."""
    rows: list[tuple[str, str, NDArray[np.float64], NDArray[np.float64]]] = []
    paths = [named_pathways(fit, draws)["standardised"] for draws in (before, fit.posterior)]
    for i, (name, kind) in enumerate(zip(paths[0]["pathway"].values, paths[0]["kind"].values, strict=True)):
        if kind in PATHWAYS:
            prior, posterior = (path.isel(pathway=i).values.ravel() for path in paths)
            rows.append((TITLES[kind], str(name), prior, posterior))
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
        A fit saved before draws of the model's own variables were kept.
    """
    from bayespanel.inference.densities import log_densities

    free = fit.free
    model = family_of(fit.spec).build.build(fit.spec, fit.data)
    return log_densities(model, free, [row.parameter for row in fit.spec.default_priors()])


def sensitivity(fit: Fit, *, by_interval: bool = False) -> xr.Dataset:
    """Return how each pathway hangs on the priors and on the data, by power-scaling; no new fit.

    Returns
    -------
    xr.Dataset
        Over `pathway`: prior_sensitivity, likelihood_sensitivity and a diagnosis in words; `sensitivity_to` [parameter,
        pathway]; Pareto's k of both. See `bayespanel.evidence.sensitivity`. What a small change cannot tell, `refits`
        can.

    Raises
    ------
    FitError
        A fit saved before draws of the model's own variables were kept.
    """
    from bayespanel.evidence.sensitivity import power_scaling

    # Effects without pooling are draws of another fit, of which these densities do not speak.
    return power_scaling(named_pathways(fit, fit.posterior, by_interval=by_interval), *densities(fit))


def prior_changes(spec: Spec) -> dict[str, tuple[Prior, ...]]:
    """Return the changes that `refits` makes unless others are given: name -> rows in place of those in use.

    Priors of effects with half and twice their SD, LKJ with 1 and 4 in place of 2, and those of standard deviations
    between clusters, outcomes and pupils with half and twice their scale.
    """
    rows = merge(spec.default_priors(), spec.priors)
    effects = [row for row in rows if row.parameter in EFFECTS]
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
    draws: int | None = None,
    progress: bool = True,
) -> pd.DataFrame:
    """Fit again under other priors, and say how each pathway's conclusion moves.

    Parameters
    ----------
    fit
        The fit.
    changes
        Name -> rows of the table of priors that replace those in use; `prior_changes(fit.spec)` by default.
    rope, prob
        As for `evidence`.
    draws
        Kept draws of each chain; as many as the fit has by default.
    progress
        Whether to show a progress bar for each fit.

    Returns
    -------
    DataFrame
        A row per change and pathway, "as fitted" first: change, pathway, kind, edge, mean, mcse_mean, lower, upper,
        prob_direction, prob_rope, moved (from the mean as fitted, in its posterior SDs), and checks_passed. In the
        attributes: rope, prob.

    Raises
    ------
    SpecError
        A change that is not a set of priors of the model, or none.
    """
    from bayespanel import verbs

    asked = prior_changes(fit.spec) if changes is None else {name: tuple(rows) for name, rows in changes.items()}
    example = merge(fit.spec.default_priors(), fit.spec.priors)[0].parameter
    if not asked or AS_FITTED in asked:
        raise SpecError(
            "Refits change the priors of a model.",
            f"The change {AS_FITTED!r} is the fit itself." if asked else "No change was given, and none is usual here.",
            f"Give changes={{'wider': [bp.Prior({example!r}, ...)]}}, with a parameter of bp.priors(fit.spec).",
        )
    specs = {name: _with(fit.spec, rows) for name, rows in asked.items()}
    baseline = verbs.evidence(fit, rope=rope, prob=prob)
    settings = {name: fit.provenance[name] for name in ("seed", "chains", "tune", "draws", "target_accept")}
    settings |= {} if draws is None else {"draws": draws}
    found = [(AS_FITTED, baseline, bool(verbs.checks(fit)["passed"].all()))]
    for name, spec in specs.items():
        again = verbs.fit(spec, fit.data, **settings, progress=progress)
        region = tuple(baseline.attrs["rope"])
        found.append((name, verbs.evidence(again, rope=region, prob=prob), bool(verbs.checks(again)["passed"].all())))
    parts = []
    for name, evidence, passed in found:
        frame = evidence.to_dataframe().reset_index()
        rows = frame[[column for column in COLUMNS if column in frame]]
        moved = (evidence["mean"] - baseline["mean"]) / baseline["sd"].where(baseline["sd"] > 0)
        parts.append(rows.assign(moved=moved.values, checks_passed=passed).assign(change=name))
    table = pd.concat(parts, ignore_index=True)
    table.attrs = {"rope": list(baseline.attrs["rope"]), "prob": prob}
    return table[["change", *(column for column in table if column != "change")]]


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
