"""What the model predicts beside what was observed: means, covariances, clusters, missing patterns.

Observed means and covariances are maximum likelihood estimates of a normal distribution without structure, by EM over
the sums of each missing pattern, so that scores missing at random do not bias them. With S_s the root mean square of
the differences of standardised means and covariances between those and draw s (an SRMR), and S_s' that of data
replicated from draw s, in the same blocks with the same missing scores::

    p        = share of draws with S_s' >= S_s                                                           (12)

Without clusters, and with D_s twice the log-likelihood that draw s lacks to the model without structure::

    BRMSEA_s = sqrt(max(0, D_s - p*) / ((p* - pD) N)),   p* the parameters without structure             (13)
    BCFI_s   = 1 - max(0, D_s - p*) / max(0, D0_s - p*)                                                  (14)

pD is the effective number of parameters, D0 the same discrepancy for independent cells (Garnier-Villarreal & Jorgensen
2020, doi:10.1037/met0000224). Variation between clusters is replicated too: the variance of cluster means about the
model's means.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from bayespanel.data import Moments
from bayespanel.data.group_moments import of_group
from bayespanel.families.panel.augmented import refuse_augmented
from bayespanel.families.panel.components import clusters
from bayespanel.families.panel.estimate import LARGEST_SATURATED
from bayespanel.families.panel.formed_anew import members
from bayespanel.families.panel.groups import each, group_names, has_groups
from bayespanel.families.panel.leave_out import log_likelihoods, points
from bayespanel.families.panel.measurement import cluster_loading
from bayespanel.families.panel.moments import Implied
from bayespanel.families.panel.places import regressors
from bayespanel.families.panel.spec import RICLPM
from bayespanel.families.panel.statistics import statistics
from bayespanel.families.panel.structure import saturated
from bayespanel.families.panel.unstructured import Unstructured, unstructured
from bayespanel.families.panel.varying import refuse_varying
from bayespanel.inference.maximum_likelihood import maximise

Array = NDArray[np.float64]

REPLICATES = 100
"""Draws from which data are replicated."""

FEWEST = 5
"""Scores of a cluster below which its mean is left out."""


def predictive(spec: RICLPM, posterior: xr.Dataset, data: Moments, seed: int) -> dict[str, pd.DataFrame]:
    """Return tables by name: "fit", "residuals", "clusters", "missing"; see `bayespanel.predictive_check`.

    With groups each table has a column that names them: what is said of a group is that of its pupils.
    """
    refuse_varying(spec, "A predictive check")
    refuse_augmented(spec, "A predictive check")
    if has_groups(spec):
        tables = {label: predictive(one, own, of_group(data, label), seed) for label, one, own in each(spec, posterior)}
        names = next(iter(tables.values()))
        return {name: _labelled({label: found[name] for label, found in tables.items()}) for name in names}
    made = _replicates(spec, posterior, data, seed, REPLICATES)
    out = {
        "fit": _fit(spec, posterior, data, made.srmr, made.again),
        "residuals": _residuals(data, made.observed, made.means, made.totals),
        "missing": _missing(data, made.means.mean(axis=0)),
    }
    if spec.cluster_levels:
        out["clusters"] = _clusters(spec, data, made.drawn, made.blocks)
    return out


def srmr(spec: RICLPM, posterior: xr.Dataset, data: Moments, seed: int, draws: int) -> tuple[Array, Array]:
    """Return the SRMR of about so many draws of the posterior [draw], and of data replicated from each.

    With groups it is the root mean square of those of the groups, by their numbers of pupils.
    """
    if has_groups(spec):
        found = [srmr(one, own, of_group(data, label), seed, draws) for label, one, own in each(spec, posterior)]
        pupils = np.array([of_group(data, label).n_pupils for label in group_names(posterior)]) / data.n_pupils
        seen, again = (np.sqrt(np.tensordot(pupils, np.stack([one[i] for one in found]) ** 2, 1)) for i in (0, 1))
        return seen, again
    made = _replicates(spec, posterior, data, seed, draws)
    return made.srmr, made.again


@dataclass(frozen=True, eq=False)
class _Replicates:
    """Some draws, what they predict, and data replicated from each: its SRMR, and its sums by block."""

    drawn: list[Implied]
    observed: Unstructured
    means: Array
    totals: Array
    srmr: Array
    again: Array
    blocks: list[Array]


def _replicates(spec: RICLPM, posterior: xr.Dataset, data: Moments, seed: int, draws: int) -> _Replicates:
    every = max(1, posterior.sizes["chain"] * posterior.sizes["draw"] // draws)
    drawn = points(spec, posterior.isel(draw=slice(None, None, every)))
    start = np.diag(np.tile(data.scale**2, len(data.waves)))
    found = unstructured(data.observed, data.n.astype(float), data.sxy[:, 0], data.syy, start)
    observed = Unstructured(found.mean + data.centre, found.covariance)
    means = np.stack([point.mean.ravel() for point in drawn])
    totals = np.stack([total(spec, point, data) for point in drawn])
    rng = np.random.default_rng(seed)
    replicated = [_replicate(spec, data, point, rng) for point in drawn]
    again = np.empty(len(drawn))
    for d, (sums, products, _) in enumerate(replicated):
        own = total(spec, drawn[d], data, covariates=False)  # replicated pupils do not differ in covariates
        other = unstructured(data.observed, data.n.astype(float), sums, products, own)
        again[d] = _srmr(other, np.zeros((1, len(own))), own[None])[0]
    blocks = [blocks for _, _, blocks in replicated]
    return _Replicates(drawn, observed, means, totals, _srmr(observed, means, totals), again, blocks)


def total(spec: RICLPM, point: Implied, data: Moments, *, covariates: bool = True) -> Array:
    """Covariance [cell, cell] of the scores that a draw implies, at all levels and, if wanted, over covariates."""
    out = np.array(point.scores)
    for part in clusters(spec):
        for _, cells in members(data, part.name):
            load = cluster_loading(spec, part, data) * cells[:, None]
            out = out + load @ point.clusters[part.name] @ load.T
    at = regressors(spec, data)[1:]
    if at and covariates:
        spread = data.sxx.sum(axis=0)[np.ix_(at, at)] / data.n_pupils
        effect = point.covariate_effect.reshape(len(out), -1)
        out = out + effect @ spread @ effect.T
    return out


def _labelled(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the tables of all groups as one, whose first column names the group, in the order of each."""
    whole = pd.concat([table.assign(group=label) for label, table in tables.items()], ignore_index=True)
    whole = whole[["group", *(name for name in whole if name != "group")]]
    for column in ("difference", "pupils"):
        if column in whole:
            return whole.sort_values(column, key=abs, ascending=False, ignore_index=True)
    return whole


def _srmr(observed: Unstructured, means: Array, totals: Array) -> Array:
    """Root mean square difference of standardised means and covariances, for each draw."""
    sd = np.sqrt(np.diag(observed.covariance))
    at = np.tril_indices(len(sd))
    covariance = (totals - observed.covariance) / np.outer(sd, sd)
    squares = np.concatenate([covariance[:, at[0], at[1]], (means - observed.mean) / sd], axis=1) ** 2
    return np.asarray(np.sqrt(squares.mean(axis=1)))


def _fit(spec: RICLPM, posterior: xr.Dataset, data: Moments, srmr: Array, again: Array) -> pd.DataFrame:
    share = float((again >= srmr).mean())
    rows = [
        ("SRMR", *_summary(srmr), "differences of observed and predicted, in SDs and correlations; 0 is perfect"),
        ("SRMR, replicated", *_summary(again), "the same of data that the model made"),
        ("posterior predictive p", share, np.nan, np.nan,
         "share of replicated data that fit worse than the observed; near 0 is misfit"),
    ]  # fmt: skip
    free, baseline = saturated(spec, data), saturated(spec, data, diagonal=True)
    if spec.cluster_levels or free.size > LARGEST_SATURATED:
        return _table(rows)
    packed = statistics(spec, data, free=True)
    top, bottom = maximise(free, packed), maximise(baseline, packed)
    if not (top.converged and bottom.converged):  # indices against points that are no maxima would say nothing
        return _table(rows)
    log_likelihood = log_likelihoods(spec, {"": points(spec, posterior)}, data)
    discrepancy = 2 * (top.log_likelihood - log_likelihood)
    none = 2 * (top.log_likelihood - bottom.log_likelihood) + baseline.size
    effective = 2 * float(log_likelihood.var(ddof=1))  # pD by the variance of the log-likelihood
    excess = np.maximum(discrepancy - free.size, 0.0)
    freedom = max(free.size - effective, 1.0)
    rows += [
        ("Bayesian RMSEA", *_summary(np.sqrt(excess / (freedom * data.n_pupils))),
         "misfit per degree of freedom and pupil; no size of it promises that lags are right"),
        ("Bayesian CFI", *_summary(1 - excess / np.maximum(none - free.size, excess)),
         "against independent cells; it says nothing of lags either"),
    ]  # fmt: skip
    return _table(rows)


def _summary(draws: Array) -> tuple[float, float, float]:
    return float(draws.mean()), float(np.quantile(draws, 0.05)), float(np.quantile(draws, 0.95))


def _table(rows: list[tuple[str, float, float, float, str]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["statistic", "value", "lower", "upper", "meaning"])


def _residuals(data: Moments, observed: Unstructured, means: Array, totals: Array) -> pd.DataFrame:
    """Means and SDs of cells and correlations of pairs: observed, predicted with its 90 % interval, difference."""
    cells = [f"{variable}@{wave}" for wave in data.waves for variable in data.variables]
    sd = np.sqrt(np.diag(observed.covariance))
    sds = np.sqrt(np.einsum("nii->ni", totals))
    correlations = totals / (sds[:, :, None] * sds[:, None, :])
    seen = observed.covariance / np.outer(sd, sd)
    rows = []
    for i, cell in enumerate(cells):
        rows.append(("mean", cell, observed.mean[i], means[:, i], (means[:, i] - observed.mean[i]) / sd[i]))
        rows.append(("SD", cell, sd[i], sds[:, i], sds[:, i] / sd[i] - 1))
        for j in range(i):
            name = f"{cells[j]} ~ {cell}"
            rows.append(("correlation", name, seen[i, j], correlations[:, i, j], correlations[:, i, j] - seen[i, j]))
    frame = pd.DataFrame(
        [
            (kind, name, value, drawn.mean(), *np.quantile(drawn, [0.05, 0.95]), difference.mean())
            for kind, name, value, drawn, difference in rows
        ],
        columns=["kind", "cells", "observed", "predicted", "lower", "upper", "difference"],
    )
    return frame.sort_values("difference", key=abs, ascending=False, ignore_index=True)


def _missing(data: Moments, mean: Array) -> pd.DataFrame:
    """Missing patterns: pupils, what is seen, and how far their means lie from the model's, in SDs."""
    sd = np.tile(data.scale, len(data.waves))
    rows = []
    for pattern in np.unique(data.observed, axis=0):
        here = (data.observed == pattern).all(axis=1)
        n = int(data.n[here].sum())
        away = (data.sxy[here, 0].sum(axis=0) / n + data.centre - mean)[pattern] / sd[pattern]
        seen = pattern.reshape(len(data.waves), -1)
        words = [
            wave + ("" if all_.all() else ":" + "+".join(np.array(data.variables)[all_]))
            for wave, all_ in zip(data.waves, seen, strict=True)
            if all_.any()
        ]
        rows.append((", ".join(words), n, float(away.mean()), float(np.abs(away).max())))
    frame = pd.DataFrame(rows, columns=["seen", "pupils", "mean_difference", "largest_difference"])
    return frame.sort_values("pupils", ascending=False, ignore_index=True)


def _clusters(spec: RICLPM, data: Moments, drawn: list[Implied], replicated: list[Array]) -> pd.DataFrame:
    """Variance of cluster means about the model's means, observed and replicated, by level and variable."""
    k = len(data.variables)
    seen = data.observed[data.block_kind] * data.block_n[:, None]
    rows = []
    for level in spec.cluster_levels:
        scores = _by_cluster(data, level, seen)
        both = np.empty((2, len(drawn), k))
        for d, point in enumerate(drawn):
            centred = data.block_sy + seen * (data.centre - point.mean.ravel())
            at = regressors(spec, data)[1:]
            if at:
                effect = point.covariate_effect.reshape(data.n_cells, -1)
                centred = centred - data.observed[data.block_kind] * (data.block_sx[:, at] @ effect.T)
            for i, sums in enumerate((centred, replicated[d])):
                whole = _by_cluster(data, level, sums)
                means = np.where(scores >= FEWEST, whole / np.maximum(scores, 1), np.nan)
                both[i, d] = np.nanvar(means, axis=0)
        for v, name in enumerate(data.variables):
            observed, again = both[:, :, v]
            low, high = np.quantile(again, [0.05, 0.95])
            rows.append((level, name, observed.mean(), again.mean(), low, high, float((again >= observed).mean())))
    return pd.DataFrame(rows, columns=["level", "variable", "observed", "predicted", "lower", "upper", "p"])


def _by_cluster(data: Moments, level: str, blocks: NDArray[Any]) -> Array:
    """Add what stands in blocks [block, cell] up over the waves of each cluster of a level, [cluster, variable]."""
    every = members(data, level)
    number = 1 + max(int(units.max()) for units, _ in every)
    whole = sum(_sums(blocks * cells, units, number) for units, cells in every)
    return np.asarray(whole).reshape(number, len(data.waves), -1).sum(axis=1)


def _replicate(spec: RICLPM, data: Moments, point: Implied, rng: np.random.Generator) -> tuple[Array, Array, Array]:
    """Sums of new pupils in new clusters about the model's means: [kind, cell], products, and those of blocks."""
    p, blocks = data.n_cells, data.n_blocks > 0
    kind = data.block_kind if blocks else np.arange(data.n_kinds)
    n = (data.block_n if blocks else data.n).astype(float)
    sums = np.zeros((len(kind), p))
    products = np.zeros((data.n_kinds, p, p))
    for r, o in enumerate(data.observed):
        here, at = np.flatnonzero(kind == r), np.ix_(o, o)
        root = np.linalg.cholesky(point.scores[at])
        sums[np.ix_(here, o)] = np.sqrt(n[here])[:, None] * (rng.normal(size=(len(here), int(o.sum()))) @ root.T)
        products[r][at] = root @ _wishart(len(root), int(data.n[r]) - len(here), rng) @ root.T
    for part in clusters(spec):
        load, every = cluster_loading(spec, part, data), members(data, part.name)
        number = 1 + max(int(units.max()) for units, _ in every)
        values, vectors = np.linalg.eigh(point.clusters[part.name])
        root = vectors * np.sqrt(np.maximum(values, 0.0))
        effects = rng.normal(size=(number, len(root))) @ root.T @ load.T
        for units, cells in every:
            sums += n[:, None] * effects[units] * (data.observed[kind] & cells)
    for r in range(data.n_kinds):
        here = kind == r
        products[r] += (sums[here] / n[here][:, None]).T @ sums[here]
    return _sums(sums, kind, data.n_kinds), products, sums


def _wishart(size: int, df: int, rng: np.random.Generator) -> Array:
    """Scatter matrix of so many standard normal vectors (Bartlett's decomposition where they are many)."""
    if df < max(2 * size, 1):
        z = rng.normal(size=(max(df, 0), size))
        return np.asarray(z.T @ z)
    a = np.tril(rng.normal(size=(size, size)), -1)
    a[np.diag_indices(size)] = np.sqrt(rng.chisquare(df - np.arange(size)))
    return np.asarray(a @ a.T)


def _sums(rows: NDArray[Any], group: NDArray[np.int64], groups: int | None = None) -> Array:
    out = np.zeros((int(group.max()) + 1 if groups is None else groups, rows.shape[1]))
    np.add.at(out, group, rows)
    return out
