"""Whether clusters spread alike in all arms, from means of residuals by outermost cluster and arm.

With m[c] the mean of cluster c in arm g, v[c] its variance by the model at the posterior mean, and C[g] clusters::

    v[c]  = tau_outer^2 + tau_inner^2 sum_i n[ci]^2 / n[c]^2 + sigma^2 / n[c]                            (13)
    Q[g]  = sum_c (m[c] - mean(m))^2 / v[c] / (C[g] - 1),  means weighted by 1 / v[c]                     (14)

Q[g] / Q[0] has the F distribution of C[g] - 1 and C[0] - 1 degrees of freedom where arms are alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr
from scipy import stats

from bayespanel.data import TrialMoments
from bayespanel.families.trial.covariances import variances
from bayespanel.families.trial.design import design
from bayespanel.families.trial.least_squares import mean_covariances
from bayespanel.families.trial.sameness import ALARM, FEWEST, cells_of, not_alike, slopes_of
from bayespanel.families.trial.spec import ClusterTrial


@dataclass(frozen=True)
class Between:
    """How clusters of an arm spread, beside those of the reference.

    Attributes
    ----------
    arm, outcome, level
        Which, and of what level the clusters are.
    size, limit : float
        The larger of the two (14) over the smaller, and what that exceeds by chance in one fit of 100.
    icc : (float, float)
        Intraclass correlation in the arm and in the reference.
    """

    arm: str
    outcome: str
    level: str
    size: float
    limit: float
    icc: tuple[float, float]


def between(spec: ClusterTrial, posterior: xr.Dataset, data: TrialMoments) -> list[Between]:
    """Return the spread of clusters of each arm beside the reference; empty without clusters, or with too few."""
    if not data.levels or not spec.cluster_levels:
        return []
    level = data.levels[-1]
    plan = design(spec, data)
    by_level = variances(spec, plan, mean_covariances(spec, plan, posterior))
    tests = (len(data.arms) - 1) * len(spec.outcomes)
    out = []
    for o, (outcome, slopes) in enumerate(slopes_of(spec, posterior, data)):
        sigma, inner, outer = (
            float(by_level[name][o]) if name in by_level else 0.0
            for name in ("pupil", data.levels[0] if len(data.levels) == 2 else "", level)
        )
        cells = cells_of(data, outcome, slopes)
        home = data.sums.parent[cells.cluster] if len(data.levels) == 2 else cells.cluster
        found = {}
        for g in range(len(data.arms)):
            here = cells.arm == g
            _, unit = np.unique(home[here], return_inverse=True)
            n = np.bincount(unit, weights=cells.n[here])
            mean = np.bincount(unit, weights=cells.n[here] * cells.mean[here]) / n
            variance = outer + inner * np.bincount(unit, weights=cells.n[here] ** 2) / n**2 + sigma / n  # (13)
            weight = 1 / variance
            away = mean - (weight @ mean) / weight.sum()
            if len(n) >= FEWEST:
                spread = float(weight @ away**2) / (len(n) - 1)  # (14)
                beyond = max(0.0, outer + inner + (spread - 1) * len(n) / weight.sum())
                found[g] = len(n) - 1, spread, beyond / (beyond + sigma)
        for g in found:
            if g and 0 in found and not not_alike(spec, data.arms, g) and min(found[g][1], found[0][1]) > 0:
                (df, own, icc), (df_0, other, icc_0) = found[g], found[0]
                dfs = (df, df_0) if own > other else (df_0, df)
                limit = float(stats.f.isf(ALARM["sd"] / tests / 2, *dfs))
                size = max(own, other) / min(own, other)
                out.append(Between(data.arms[g], outcome, level, size, limit, (icc, icc_0)))
    return out
