"""Whether what the model calls one number is one: an effect over schools, a standard deviation over arms.

Both are looked at in sums of residuals, that is of scores less what covariates and baselines say at the posterior mean.
Where a school holds several arms it has an effect of its own, the difference d[s] of its means, with a sampling
variance v[s] that follows from the pupils (or classes) of the school. With S schools and weights 1 / v ::

    ratio = sum_s (d[s] - mean(d))^2 / v[s] / (S - 1)                                               (11)

is near 1 where the effect is the same everywhere, with the F distribution of S - 1 and the degrees of freedom of the
error. The SDs of two arms, of all their scores and within their innermost clusters, have the log ratio T, whose error
comes from the clusters, whatever the shape of the scores; r is a pupil's distance from the mean of the arm or cluster::

    T = log(SD[g] / SD[0]),   error^2 = C / (C - 1) sum_c (psi[c, g] - psi[c, 0])^2,
    psi[c, g] = sum_(i in c, g) (r_i^2 - SD[g]^2) / (2 n[g] SD[g]^2)                                (12)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from scipy import stats
from scipy.optimize import brentq

from bayespanel.data import TrialMoments
from bayespanel.families.trial.design import Array, design
from bayespanel.families.trial.leave_out import parameters
from bayespanel.families.trial.levels import Codes, outer
from bayespanel.families.trial.moments import coefficients, dimensions
from bayespanel.families.trial.spec import ClusterTrial

ALARM = {"effect": 0.02, "sd": 0.01}
"""How often chance alone exceeds a limit, over all arms and outcomes of a fit."""

FEWEST = 5
"""Classes beyond the first of each school and arm, or clusters of an arm, that an error is estimated from, at least."""

WIDER = 1.1
"""Ratio of two SDs that is let pass, however well it is known."""

ALIKE = 1e-9
"""Share of the spread below which there is none: sums of squares have as many digits."""


@dataclass(frozen=True)
class Spread:
    """How an effect differs between schools.

    Attributes
    ----------
    arm, outcome
        Which effect.
    places : int
        Schools that hold both arms.
    ratio, limit : float
        Equation (11), and what it exceeds by chance in two fits of 100.
    sd : float
        SD of the effect between schools beyond sampling, raw units; 0 where the ratio is below 1.
    error : float
        Standard error of the average effect with this SD, raw units.
    """

    arm: str
    outcome: str
    places: int
    ratio: float
    limit: float
    sd: float
    error: float


@dataclass(frozen=True)
class Ratio:
    """SDs of an outcome in an arm and in the reference.

    Attributes
    ----------
    arm, outcome
        Which.
    within : bool
        Whether they are those around the means of innermost clusters, and not those around the means of the arms.
    sds : (float, float)
        Of the arm and of the reference, raw units.
    error : float
        Standard error of the log of their ratio, equation (12).
    limit : float
        Ratio of the larger to the smaller that chance exceeds in one fit of 100; at least `WIDER`.
    """

    arm: str
    outcome: str
    within: bool
    sds: tuple[float, float]
    error: float
    limit: float

    @property
    def size(self) -> float:
        """The larger SD over the smaller."""
        return max(self.sds) / min(self.sds)


@dataclass(frozen=True, eq=False)
class Cells:
    """Residuals of an outcome by innermost cluster and arm: [cell] each; `within` [arm] are their squares inside."""

    cluster: Codes
    arm: Codes
    n: Array
    mean: Array
    within: Array

    def of(self, *arms: int) -> Cells:
        """Return the cells of some arms."""
        here = np.isin(self.arm, arms)
        within = np.where(np.isin(np.arange(len(self.within)), arms), self.within, 0.0)
        return Cells(self.cluster[here], self.arm[here], self.n[here], self.mean[here], within)

    @property
    def residual(self) -> float:
        """Variance of pupils within cells."""
        return float(self.within.sum() / max(self.n.sum() - len(self.n), 1))


def place(data: TrialMoments) -> str | None:
    """Return the outermost level, if arms were allocated within its clusters."""
    if not data.levels or data.randomised == data.levels[-1]:
        return None
    cluster, arm, _ = outer(data, data.levels[-1])
    several = np.unique(cluster * len(data.arms) + arm).size > np.unique(cluster).size
    return data.levels[-1] if several else None


def spreads(spec: ClusterTrial, posterior: xr.Dataset, data: TrialMoments) -> list[Spread]:
    """Return how each effect differs between schools; empty where they hold one arm each, or no error can be told."""
    if place(data) is None:
        return []
    tests = (len(data.arms) - 1) * len(spec.outcomes)
    out = []
    for outcome, slopes in slopes_of(spec, posterior, data):
        cells = cells_of(data, outcome, slopes)
        for g in range(1, len(data.arms)):
            found = _by_place(data, cells, g, by_arm=spec.variances == "by_arm")
            if found is not None and len(found[0]) > 2:
                out.append(_spread(data.arms[g], outcome, *found, tests))
    return out


def ratios(spec: ClusterTrial, posterior: xr.Dataset, data: TrialMoments) -> list[Ratio]:
    """Return the SDs of each arm beside those of the reference; empty with too few clusters to know their error.

    Where effects vary, scores of an arm spread more than those of the reference in the model too: only the spread
    within innermost clusters is compared. An arm without classes is compared with others of its kind alone.
    """
    out = []
    for outcome, slopes in slopes_of(spec, posterior, data):
        tables = list(enumerate(_squares(data, outcome, slopes)))
        tables = tables if spec.varying_effects == "none" else tables[1:]
        tests = (len(data.arms) - 1) * len(spec.outcomes) * len(tables)
        for within, (n, squares) in tables:
            sds = np.sqrt(np.maximum(squares.sum(axis=0), 0) / n.sum(axis=0))
            if sds.min() <= ALIKE * sds.max():  # everybody in an arm has one score
                continue
            psi = (squares - sds**2 * n) / (2 * n.sum(axis=0) * sds**2)  # (12)
            for g in range(1, len(data.arms)):
                pair = [g, 0]
                seen = n[:, pair] > 0
                if not_alike(spec, data.arms, g) or (data.levels and seen.sum(axis=0).min() < FEWEST):
                    continue
                error, df = np.sqrt(np.sum(0.5 / n[:, pair].sum(axis=0))), np.inf  # of normal scores
                if data.levels:
                    clusters, df = seen.any(axis=1).sum(), float(seen.sum(axis=0).min() - 1)
                    error = np.sqrt(np.sum((psi[:, g] - psi[:, 0]) ** 2) * clusters / (clusters - 1))  # (12)
                limit = max(WIDER, float(np.exp(stats.t.isf(ALARM["sd"] / tests / 2, df) * error)))
                one, other = sds[pair].tolist()
                out.append(Ratio(data.arms[g], outcome, bool(within), (one, other), float(error), limit))
    return out


def not_alike(spec: ClusterTrial, arms: Sequence[str], g: int) -> bool:
    """Return whether an arm has classes and the reference has none, or the reverse."""
    return (arms[g] in spec.arms_without_classes) != (arms[0] in spec.arms_without_classes)


def slopes_of(spec: ClusterTrial, posterior: xr.Dataset, data: TrialMoments) -> Iterator[tuple[str, Array]]:
    """Yield each outcome and the posterior mean of its coefficients [arm, regressor of the data]."""
    plan = design(spec, data)
    draws = parameters(spec, plan, posterior)
    mean = coefficients(plan, {name: draws[name].mean(axis=0) for name in dimensions(plan)})
    for o, outcome in enumerate(plan.outcomes):
        full = np.zeros((len(plan.arms), data.sums.n_regressors))
        full[:, list(plan.regressors)] = mean[:, o]
        yield outcome, full


def cells_of(data: TrialMoments, outcome: str, slopes: Array) -> Cells:
    """Return residuals by innermost cluster and arm."""
    sums, o = data.sums, data.sums.variables.index(outcome)
    here = sums.observed[sums.block_kind, o]
    arm = sums.group[sums.block_kind][here]
    total = sums.block_sy[here, o] - np.einsum("bx,bx->b", slopes[arm], sums.block_sx[here])
    key, cell = np.unique(sums.block_cluster[here] * len(data.arms) + arm, return_inverse=True)
    n = np.bincount(cell, weights=sums.block_n[here])
    mean = np.bincount(cell, weights=total) / n
    seen = sums.observed[:, o]
    squares = _squared(sums.syy[seen, o, o], sums.sxy[seen, :, o], sums.sxx[seen], slopes[sums.group[seen]])
    arms = len(data.arms)
    within = np.bincount(sums.group[seen], weights=squares, minlength=arms)
    within = within - np.bincount(key % arms, weights=n * mean**2, minlength=arms)
    return Cells(key // arms, key % arms, n, mean, within)


def _squared(syy: Array, sxy: Array, sxx: Array, slopes: Array) -> Array:
    """Sums of squared residuals [set of pupils]."""
    explained = 2 * np.einsum("kx,kx->k", slopes, sxy) - np.einsum("kx,kxz,kz->k", slopes, sxx, slopes)
    return np.asarray(syy - explained)


def _by_place(data: TrialMoments, cells: Cells, g: int, *, by_arm: bool) -> tuple[Array, Array, float] | None:
    """Return the effect of an arm in each school that can tell one, its sampling variance, and that one's df.

    Variances are those of all arms together, or, by arm, of each.
    """
    if cells.within.sum() <= ALIKE * float(cells.n @ cells.mean**2):  # everybody in a class has one score
        return None
    size = len(data.school_names if "school" in data.levels else data.class_names)
    home = data.sums.parent if len(data.levels) == 2 else np.arange(size)
    pair = [cells.of(arm) if by_arm else cells for arm in (0, g)]
    if np.unique(cells.cluster).size < len(cells.cluster):
        df = min(float(one.n.sum() - len(one.n)) for one in pair)
        table = np.zeros((2, len(home), len(data.arms)))
        table[:, cells.cluster, cells.arm] = cells.mean, cells.n
        both = (table[1][:, [0, g]] > 0).all(axis=1)
        mean, n = table[:, both]
        weight = 1 / (pair[1].residual / n[:, g] + pair[0].residual / n[:, 0])
        effect, variance = _averages(home[both], mean[:, g] - mean[:, 0], weight, size)
    else:
        reference, own = (_of_classes(one, home, len(data.arms), size) for one in pair)
        if reference is None or own is None:
            return None
        df = min(reference[2], own[2])
        effect, variance = own[0][:, g] - reference[0][:, 0], own[1][:, g] + reference[1][:, 0]
    known = np.isfinite(variance)
    return effect[known], variance[known], df


def _of_classes(cells: Cells, home: Codes, arms: int, size: int) -> tuple[Array, Array, float] | None:
    """Return means of classes by school and arm [school, arm], their variances, and the df of these.

    None with few classes: the spread between schools is then in the class level, and in the error of the effect.
    """
    cell = home[cells.cluster] * arms + cells.arm
    df = float(len(cell) - np.unique(cell).size)
    if df < FEWEST:
        return None
    weight = _weights(cells, cell)
    mean, variance = _averages(cell, cells.mean, weight, size * arms)
    left = float(weight @ (cells.mean - mean[cell]) ** 2) / df
    return mean.reshape(size, arms), left * variance.reshape(size, arms), df


def _averages(cell: Codes, value: Array, weight: Array, size: int) -> tuple[Array, Array]:
    """Return the weighted mean [cell] and its variance, infinite where there is nothing."""
    total = np.bincount(cell, weights=weight, minlength=size)
    mean = np.bincount(cell, weights=weight * value, minlength=size)
    none = total == 0
    total[none] = 1.0
    return mean / total, np.where(none, np.inf, 1 / total)


def _weights(cells: Cells, cell: Codes) -> Array:
    """Return weights of classes: one over the variance of their means around those of their school and arm.

    The variance between classes is that at which the weighted squares are as large as they should be (Paule & Mandel
    1982, doi:10.6028/jres.087.022); classes that differ by less than their pupils have none.
    """
    pupils = cells.residual / cells.n
    df = len(cell) - np.unique(cell).size

    def excess(variance: float) -> float:
        weight = 1 / (variance + pupils)
        mean, _ = _averages(cell, cells.mean, weight, int(cell.max()) + 1)
        return float(weight @ (cells.mean - mean[cell]) ** 2) - df

    if excess(0.0) <= 0:
        return np.asarray(1 / pupils)
    top = float(np.var(cells.mean)) + float(pupils.max())
    while excess(top) > 0:
        top *= 2
    return np.asarray(1 / (brentq(excess, 0.0, top) + pupils))


def _spread(arm: str, outcome: str, effect: Array, variance: Array, df: float, tests: int) -> Spread:
    weight, places = 1 / variance, len(effect)
    squares = float(weight @ (effect - weight @ effect / weight.sum()) ** 2)
    beyond = (squares - (places - 1)) / (weight.sum() - weight @ weight / weight.sum())
    between = max(float(beyond), 0.0)
    return Spread(
        arm=arm,
        outcome=outcome,
        places=places,
        ratio=squares / (places - 1),  # (11)
        limit=float(stats.f.isf(ALARM["effect"] / tests, places - 1, df)),
        sd=between**0.5,
        error=float(np.sum(1 / (variance + between)) ** -0.5),
    )


def _squares(data: TrialMoments, outcome: str, slopes: Array) -> list[tuple[Array, Array]]:
    """Return pupils and squared residuals [outermost cluster, arm] around the means of arms, and of innermost clusters.

    Around the latter there are no more pupils than residuals that are free.
    """
    sums, o = data.sums, data.sums.variables.index(outcome)
    if data.levels:
        kind, cluster, n = data.part_kind, data.part_cluster, data.part_n
        sxx, sxy, syy = data.part_sxx, data.part_sxy, data.part_syy
    else:
        kind, cluster, n = np.arange(len(sums.n)), np.zeros(len(sums.n), np.int64), sums.n
        sxx, sxy, syy = sums.sxx, sums.sxy, sums.syy
    seen = sums.observed[kind, o]
    cluster, arm, arms = cluster[seen], sums.group[kind[seen]], len(data.arms)
    total = sxy[seen, 0, o] - np.einsum("kx,kx->k", slopes[arm], sxx[seen, 0])
    squares = _squared(syy[seen, o, o], sxy[seen, :, o], sxx[seen], slopes[arm])
    size = int(cluster.max()) + 1

    def added(cluster: Codes, arm: Codes, value: Array) -> Array:
        return np.bincount(cluster * arms + arm, weights=value, minlength=size * arms).reshape(size, arms)

    pupils, whole, totals = (added(cluster, arm, value) for value in (n[seen], squares, total))
    mean = totals.sum(axis=0) / pupils.sum(axis=0)
    out = [(pupils, whole - 2 * mean * totals + pupils * mean**2)]
    if data.levels:
        cells = cells_of(data, outcome, slopes)
        home = sums.parent[cells.cluster] if len(data.levels) == 2 else cells.cluster
        free = pupils - added(home, cells.arm, np.ones(len(home)))
        if free.sum(axis=0).min() > 0:
            out.append((free, whole - added(home, cells.arm, cells.n * cells.mean**2)))
    return out
