"""What the model of a trial predicts beside what was observed: means by arm, and spread."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
import xarray as xr
from scipy.special import expit
from scipy.stats import norm

from bayespanel.data import TrialCounts, TrialMoments
from bayespanel.data.count_bins import binned, count_bins
from bayespanel.families.trial.counted import Counted, counted
from bayespanel.families.trial.design import Array, Design, design
from bayespanel.families.trial.leave_out import parameters
from bayespanel.families.trial.moments import coefficients
from bayespanel.families.trial.spec import ClusterTrial
from bayespanel.language.errors import DataError

DRAWS = 400
"""Draws over which shares are averaged."""

COLUMNS = ["outcome", "arm", "category", "pupils", "observed", "predicted", "lower", "upper", "difference"]
"""Of the table of shares."""


def predictive(spec: ClusterTrial, posterior: xr.Dataset, data: object, _seed: int) -> dict[str, pd.DataFrame]:
    """Return observed and predicted numbers by outcome and arm, with 90 % intervals.

    Of Gaussian outcomes "means", of the pupils who were seen, with their covariates; differences are in SDs. Of ordered
    ones "shares" of the categories, and of counts of events "shares" of ranges of them, at the fitted effects of
    clusters.

    Raises
    ------
    DataError
        Published estimates: there are no pupils.
    """
    if isinstance(data, TrialCounts):
        return {"shares": _counted(spec, data, posterior)}
    if not isinstance(data, TrialMoments):
        raise DataError(
            "Predictions are compared with the scores of pupils.",
            f"The data are {type(data).__name__}: published estimates are not scores.",
            "Look at the table of effects instead.",
        )
    plan = design(spec, data)
    values = parameters(spec, plan, posterior)
    draws = np.stack([coefficients(plan, {k: v[d] for k, v in values.items()}) for d in range(len(values["mean"]))])
    return {"means": _means(plan, draws)}


def _means(plan: Design, draws: Array) -> pd.DataFrame:
    """Means over the pupils of an arm who were seen in a cell; `draws` [draw, arm, cell, regressor]."""
    sums = plan.sums
    x = sums.sxx[:, 0][:, list(plan.regressors)]  # [kind, regressor]: sums
    rows = []
    for c, cell in enumerate(plan.cells):
        for g, arm in enumerate(plan.arms):
            here = (sums.group == g) & sums.observed[:, c]
            n = int(sums.n[here].sum())
            if not n:
                continue
            observed = sums.sxy[here, 0, c].sum() / n + sums.centre[c]
            predicted = draws[:, g, c] @ x[here].sum(axis=0) / n + sums.centre[c]
            low, high = np.quantile(predicted, [0.05, 0.95])
            away = (predicted.mean() - observed) / plan.scale[c]
            rows.append((cell, arm, n, observed, predicted.mean(), low, high, away))
    columns = ["outcome", "arm", "pupils", "observed", "predicted", "lower", "upper", "difference"]
    return pd.DataFrame(rows, columns=columns)


def _counted(spec: ClusterTrial, data: TrialCounts, posterior: xr.Dataset) -> pd.DataFrame:
    """Shares of categories over the pupils of an arm, at the fitted effects of their clusters."""
    plan = counted(spec, data)
    every = max(1, posterior.sizes["chain"] * posterior.sizes["draw"] // DRAWS)
    flat = posterior.isel(draw=slice(None, None, every)).stack(sample=("chain", "draw")).transpose("sample", ...)
    eta = latent_scores(spec, plan, flat)
    return _ranges(plan, flat, eta) if plan.events else _shares(spec, plan, flat, eta)


def latent_scores(spec: ClusterTrial, plan: Counted, flat: xr.Dataset) -> Array:
    """Return eta [sample, row], given the effects of clusters, from draws along `sample`."""
    rows, columns = plan.rows, plan.arrays(spec.link)
    eta = np.zeros((flat.sizes["sample"], len(rows.outcome)))
    arms, outcomes = len(plan.arms), len(plan.outcomes)
    effect = flat["effect"].values.reshape(-1, arms - 1, outcomes)
    eta += np.concatenate([np.zeros((len(eta), 1, outcomes)), effect], axis=1)[:, rows.arm, rows.outcome]
    if plan.covariates:
        slope = flat["covariate_effect"].transpose("sample", "outcome", "covariate").values
        eta += np.einsum("srx,rx->sr", slope[:, rows.outcome], columns["row_x"])
    if plan.moderators:
        at = [plan.covariates.index(name) for name in plan.moderators]
        differs = flat["moderation"].values.reshape(-1, arms - 1, outcomes, len(at))
        table = np.concatenate([np.zeros_like(differs[:, :1]), differs], axis=1)
        eta += np.einsum("srx,rx->sr", table[:, rows.arm, rows.outcome], columns["row_x"][:, at])
    for name, pairs in (("baseline", plan.baselines), ("baseline_missing", plan.baseline_missing)):
        for i, (post, _) in enumerate(pairs):
            here = rows.outcome == plan.outcomes.index(post)
            eta[:, here] += flat[f"{name}_effect"].values[:, [i]] * columns[f"row_{name}"][here]
    for level, cluster in plan.clusters().items():
        if f"{level}_effect" in flat:
            eta += flat[f"{level}_effect"].transpose("sample", "outcome", level).values[:, rows.outcome, cluster]
    return eta


def _ranges(plan: Counted, flat: xr.Dataset, eta: Array) -> pd.DataFrame:
    """Shares of pupils with no event, one, two, ..., and of ranges of many."""
    out = []
    for o, (outcome, numbers) in enumerate(zip(plan.outcomes, plan.categories, strict=True)):
        starts, labels = count_bins(len(numbers) - 1)
        for g, arm in enumerate(plan.arms):
            here = (plan.rows.outcome == o) & (plan.rows.arm == g)
            counts = plan.rows.counts[here][:, : len(numbers)]
            n = counts.sum()
            if not n:
                continue
            single = expected_numbers(flat, o, eta[:, here], counts.sum(axis=1), starts[-1]) / n
            shares = np.add.reduceat(single, starts[:-1], axis=1) if len(starts) > 1 else single[:, :0]
            shares = np.column_stack([shares, 1 - shares.sum(axis=1)])
            observed = binned(counts.sum(axis=0), starts) / n
            out += [(outcome, arm, *row) for row in _compared(labels, int(n), observed, shares)]
    return pd.DataFrame(out, columns=COLUMNS)


def expected_numbers(flat: xr.Dataset, o: int, eta: Array, pupils: Array, below: int) -> Array:
    """Return how many pupils of some rows are expected to have 0, 1, ... events [sample, number], up to `below`."""
    mu = np.exp(flat["log_mean"].values[:, [o]] + eta)
    a = flat["rate_cv"].values[:, [o]] ** 2
    excess = flat["excess_zeros"].values[:, [o]] if "excess_zeros" in flat else np.zeros_like(a)
    odds, chance = mu / (1 + a * mu), (1 - excess) * np.exp(-np.log1p(a * mu) / a)  # (10)
    out = np.empty((len(mu), below))
    for k in range(below):
        out[:, k] = (chance + (excess if k == 0 else 0)) @ pupils
        chance = chance * odds * (1 + k * a) / (k + 1)
    return out


def _compared(labels: Sequence[str], n: int, observed: Array, shares: Array) -> Iterator[tuple[object, ...]]:
    """Yield a row for each category: its label, the number of pupils, observed and predicted shares, and bounds."""
    for c, label in enumerate(labels):
        low, high = np.quantile(shares[:, c], [0.05, 0.95])
        predicted = shares[:, c].mean()
        yield label, n, observed[c], predicted, low, high, predicted - observed[c]


def below_thresholds(spec: ClusterTrial, plan: Counted, flat: xr.Dataset, o: int, eta: Array) -> Array:
    """Return the probability [sample, row, threshold] of a category below each threshold of an outcome."""
    below = expit if spec.link == "logit" else norm.cdf
    first, number = plan.first_thresholds()[o], len(plan.categories[o]) - 1
    cuts = flat["threshold"].values[:, first : first + number]
    return np.asarray(below(cuts[:, None, :] - eta[..., None]))


def _shares(spec: ClusterTrial, plan: Counted, flat: xr.Dataset, eta: Array) -> pd.DataFrame:
    out: list[tuple[object, ...]] = []
    for o, (outcome, labels) in enumerate(zip(plan.outcomes, plan.categories, strict=True)):
        for g, arm in enumerate(plan.arms):
            here = (plan.rows.outcome == o) & (plan.rows.arm == g)
            counts = plan.rows.counts[here][:, : len(labels)]
            n = counts.sum()
            if not n:
                continue
            reach = below_thresholds(spec, plan, flat, o, eta[:, here])
            ends = np.concatenate([np.zeros_like(reach[..., :1]), reach, np.ones_like(reach[..., :1])], axis=2)
            shares = np.einsum("src,r->sc", np.diff(ends, axis=2), counts.sum(axis=1)) / n
            out += [(outcome, arm, *row) for row in _compared(labels, int(n), counts.sum(axis=0) / n, shares)]
    return pd.DataFrame(out, columns=COLUMNS)
