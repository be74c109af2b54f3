"""From the model's free variables to the posterior by its names: one labelling, raw units, and what follows.

For draw d, with eta as in (1) of `likelihood.latent_classes` and n_i the pupils of row i::

    share_k    = sum_i n_i P(k | i) / sum_i n_i                                                            (1)
    expected_kt = mean score of class k at wave t
    share_population_k = sum_i n_i E P(k | i, u) / sum_i n_i,   u ~ the distribution of cluster effects    (3)
    entropy    = 1 + sum_i n_i sum_k p_ik log p_ik / (sum_i n_i log K_i),   p_ik = P(k | i, y_i)            (2)

Where the arm predicts membership, shares are those of all pupils had all been in one arm, and in the other. Entropy is
the usual index of how well pupils are told apart (Celeux & Soromenho 1996, doi:10.1007/BF01246098): 1 is perfectly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import xarray as xr
from scipy.special import expit

from bayespanel.families.shared.named import Content, draws
from bayespanel.families.trajectories.appraised import appraised
from bayespanel.families.trajectories.components import gathered, rows_of
from bayespanel.families.trajectories.counts import expected_number
from bayespanel.families.trajectories.fields import ARMS
from bayespanel.families.trajectories.free_variables import effects_of, free_of_named
from bayespanel.families.trajectories.maxima import maxima
from bayespanel.families.trajectories.plan import VARIANCE_DIMS, Array, Index, Plan, plan
from bayespanel.families.trajectories.points import points
from bayespanel.families.trajectories.relabel import relabel
from bayespanel.families.trajectories.spec import Trajectories
from bayespanel.families.trajectories.statistics import Data, data_for
from bayespanel.families.trajectories.unbounded_vector import Values, n_random, weights

AVERAGED = 600
"""Rows at which shares are averaged over the distribution of cluster effects."""

CHECKED = 20
"""Draws at which sums over points are held against those over closer points."""

ROWS = 300
"""Rows whose membership settles the labels."""


def posterior(spec: Trajectories, data: Data, free: Mapping[str, Array]) -> xr.Dataset:
    """Name the draws, derived quantities included.

    Classes are named from the highest average over the waves to the lowest. In the attributes: `relabelled`, the share
    of draws whose labels had to change; `maxima` and `reached` of the likelihood; what `appraised` finds; and
    `points_error`.
    """
    rows = data_for(spec, data)
    layout = plan(spec, rows)
    shape = free["growth_level"].shape[:2]
    found = Draws(spec, layout, {name: value.reshape(-1, *value.shape[2:]) for name, value in free.items()})
    labels = found.settle()
    content = {name: (dims, value.reshape(*shape, *value.shape[1:])) for name, (dims, value) in found.named().items()}
    known = layout.coordinates(spec) | {
        "arm": ARMS,
        "random": ("intercept", "slope")[: 1 if spec.random == "intercept" else 2],
        "random_": ("intercept", "slope"),
        "boundary": tuple(f"{a:g}|{b:g}" for a, b in zip(layout.categories[:-1], layout.categories[1:], strict=True)),
    }
    dataset = draws(content, known)
    if "predictor" in dataset.dims:
        dataset = dataset.assign_coords(predictor_sd=("predictor", layout.x_sd[: len(spec.predictors)]))
    peaks = maxima(spec, rows)
    return dataset.assign_attrs(
        relabelled=labels,
        maxima=peaks.log_likelihoods.tolist(),
        reached=peaks.reached.tolist(),
        emptied=peaks.emptied,
        starts=peaks.starts,
        **appraised(spec, rows),
        **({} if (error := found.points_error()) is None else {"points_error": error}),
    )


class Draws:
    """Draws of the free variables [draw, ...], in units of the plan, whose labels can be settled."""

    def __init__(self, spec: Trajectories, layout: Plan, free: Mapping[str, Array]) -> None:
        self.spec, self.plan, self.free = spec, layout, free
        course, n = layout.growth, len(free["growth_level"])
        self.growth = np.empty((n, layout.classes, len(course.coefficients)))
        self.growth[:, :, course.is_level] = free["growth_level"]
        if "growth_change" in free:
            self.growth[:, :, ~course.is_level] = free["growth_change"]
        self.sd: Array | None = None
        if "residual_sd" in free:
            full = (n, layout.classes, len(layout.rows.waves))
            own = {"equal": (n, 1, 1), "by_wave": (n, 1, full[2]), "by_class": (n, full[1], 1), "free": full}
            self.sd = free["residual_sd"].reshape(own[spec.residual]) * np.ones(full)
        self.logit = self._logits()
        self.effects = self._effects()

    def _logits(self) -> Array:
        """Intercepts and effects [draw, class, 1 + regressor]."""
        out = np.zeros((len(self.growth), self.plan.classes, self.plan.x.shape[1]))
        if not self.plan.contrasts.shape[1]:
            return out
        columns = [self.free["membership_intercept_free"][:, :, None]]
        if "membership_effect_free" in self.free:
            columns.append(self.free["membership_effect_free"])
        if "programme_effect_free" in self.free:
            columns.append(self.free["programme_effect_free"][:, :, None])
        return np.asarray(self.plan.contrasts @ np.concatenate(columns, axis=2))

    def _effects(self) -> dict[str, Array]:
        """Effects of the clusters of each level [draw, cluster, class]."""
        out = {}
        for level in self.spec.cluster_levels:
            if f"{level}_scale" in self.free:
                scale = self.free[f"{level}_scale"][:, None, None] / np.sqrt(2.0)
                out[level] = scale * (self.free[f"{level}_standard"] @ self.plan.contrasts.T)
        return out

    def of_clusters(self, d: int) -> Array:
        """Effects of the innermost clusters in a draw [cluster, class]."""
        total = np.zeros((self.plan.clusters, self.plan.classes))
        for level, effects in self.effects.items():
            nested = level == "school" and self.plan.rows.levels == ("class", "school")
            total += effects[d][self.plan.rows.parent] if nested else effects[d]
        return total

    def values(self, d: int) -> Values:
        """Parameters of a draw, in units of the plan."""
        plan_ = self.plan
        growth = (self.growth[d] - plan_.centre * plan_.growth.flat) / plan_.unit
        variance = None if self.sd is None else (self.sd[d] / plan_.scale) ** 2
        root = None
        if "random_scale" in self.free:
            scale = self.free["random_scale"][d] / plan_.unit
            root = [[scale[0]]]
            if len(scale) == 2:
                rho = 2.0 * self.free["random_partial"][d, 0] - 1.0
                root.append([scale[1] * rho, scale[1] * np.sqrt(1.0 - rho**2)])
        gap, cv, excess = (
            self.free[name][d] if name in self.free else None for name in ("threshold_gap", "rate_cv", "zero_inflation")
        )
        return Values(growth, variance, root, gap, self.logit[d], cv, excess)

    def classify(self, d: int, rows: Index | slice = slice(None)) -> tuple[Array, Array]:
        """Log-density [row] and membership given all data [row, class], by a draw."""
        values, p = self.values(d), self.plan
        logp, post = rows_of(p, weights(np, self.spec, p, values), values.logit, self.of_clusters(d), rows)
        return logp, gathered(p, post, 1)

    def points_error(self) -> float | None:
        """SD over some draws of what the log-likelihood gains with points twice as close; None where none are needed.

        A gain that is the same for all draws leaves the posterior as it is.
        """
        if len(self.plan.points.log_share) == 1:
            return None
        finer = replace(self.plan, points=points(n_random(self.spec), 2))
        gains = []
        for d in np.unique(np.linspace(0, len(self.growth) - 1, CHECKED).astype(np.int64)):
            values, u = self.values(d), self.of_clusters(d)
            found = [rows_of(p, weights(np, self.spec, p, values), values.logit, u)[0] for p in (finer, self.plan)]
            gains.append(float(self.plan.rows.count @ (found[0] - found[1])))
        return float(np.std(gains))

    def settle(self) -> float:
        """Give all draws one labelling, the highest average first; return the share of draws that changed theirs."""
        n, k = len(self.growth), self.plan.classes
        sets = [np.flatnonzero(own) for own in self.plan.allowed]
        some = np.unique(np.linspace(0, len(self.plan.phi) - 1, ROWS).astype(np.int64))
        membership = np.stack([self.classify(d, some)[1] for d in range(n)])
        order = relabel(membership, sets)
        changed = float((order != np.arange(k)).any(axis=1).mean())
        self._permute(order)
        average = (self.growth @ self.plan.growth.loadings.T).mean(axis=(0, 2))
        ranks = np.concatenate([own[np.argsort(-average[own], kind="stable")] for own in sets])
        self._permute(np.tile(ranks, (n, 1)))
        return min(changed, 1.0 - changed) if k == 2 else changed

    def _permute(self, order: Index) -> None:
        if (order == np.arange(order.shape[1])).all():
            return
        at = order[:, :, None]
        self.growth = np.take_along_axis(self.growth, at, axis=1)
        self.logit = np.take_along_axis(self.logit, at, axis=1)
        if self.sd is not None:
            self.sd = np.take_along_axis(self.sd, at, axis=1)
        self.effects = {
            level: np.take_along_axis(effects, order[:, None, :], axis=2) for level, effects in self.effects.items()
        }

    def named(self) -> Content:
        """Return the variables by their names."""
        spec, plan_ = self.spec, self.plan
        out: Content = {"growth": (("trajectory", "coefficient"), self.growth)}
        out["expected"] = (("trajectory", "wave"), self._expected())
        if self.sd is not None:
            sd = self.sd
            free = {"equal": sd[:, 0, 0], "by_wave": sd[:, 0], "by_class": sd[:, :, 0], "free": sd}[spec.residual]
            out["residual_sd"] = (VARIANCE_DIMS[spec.residual], free)
        if "random_scale" in self.free:
            scale = self.free["random_scale"]
            out["random_sd"] = (("random",), np.abs(scale))
            if "random_partial" in self.free:
                rho = (2.0 * self.free["random_partial"][:, 0] - 1.0) * np.sign(scale[:, 0] * scale[:, 1])
                corr = np.ones((len(rho), 2, 2))
                corr[:, 0, 1] = corr[:, 1, 0] = rho
                out["random_corr"] = (("random", "random_"), corr)
        if plan_.categories:
            gaps = self.free.get("threshold_gap", np.zeros((len(self.growth), 0)))
            first = np.zeros((len(gaps), 1))
            out["threshold"] = (("boundary",), np.concatenate([first, np.cumsum(gaps, axis=1)], axis=1))
        out |= {name: ((), self.free[name]) for name in ("rate_cv", "zero_inflation") if name in self.free}
        if "zero_inflation" in self.free:
            out["excess_zeros"] = ((), expit(self.free["zero_inflation"]))
        if not plan_.contrasts.shape[1]:  # everyone belongs to the one class
            return out | {"share": (("trajectory",), np.ones((len(self.growth), plan_.classes))),
                          "entropy": ((), np.ones(len(self.growth)))}  # fmt: skip
        return out | self._membership()

    def _expected(self) -> Array:
        """Mean score of the pupils of a class at each wave, [draw, class, wave]."""
        location = np.asarray(self.growth @ self.plan.growth.loadings.T)
        if self.plan.link == "identity":
            return location
        spread = self._spread()[:, None, :]
        if self.plan.link == "log":
            excess = self.free.get("zero_inflation")
            return expected_number(location, spread, None if excess is None else excess[:, None, None])
        scores = np.array(self.plan.categories)
        gaps = self.free.get("threshold_gap", np.zeros((len(location), 0)))
        threshold = np.concatenate([np.zeros((len(gaps), 1)), np.cumsum(gaps, axis=1)], axis=1)
        out = np.full(location.shape, scores[0])
        at = points(int(self.spec.random != "none"))
        for z, share in zip(at.z.sum(axis=1), np.exp(at.log_share), strict=True):
            here = location + z * np.sqrt(spread)
            for c, step in enumerate(np.diff(scores)):
                out += share * step * expit(here - threshold[:, c, None, None])
        return out

    def _spread(self) -> Array:
        """Variance of pupils around the course of their class [draw, wave], by their random effects."""
        if "random_scale" not in self.free:
            return np.zeros((len(self.growth), len(self.plan.rows.waves)))
        own = self.free["random_scale"][:, None, :] * self.plan.random_loadings[:, : n_random(self.spec)]
        variance = (own**2).sum(axis=2)
        if "random_partial" in self.free:
            variance += 2.0 * (2.0 * self.free["random_partial"] - 1.0) * own.prod(axis=2)
        return np.asarray(variance)

    def _membership(self) -> Content:
        spec, p = self.spec, self.plan
        n, predictors = len(self.growth), len(spec.predictors)
        out: Content = {"membership_intercept": (("trajectory",), self.logit[:, :, 0])}
        if predictors:
            effect = self.logit[:, :, 1 : 1 + predictors] / p.x_sd[:predictors]
            out["membership_effect"] = (("trajectory", "predictor"), effect)
        if len(spec.regressors) > predictors:
            out["programme_effect"] = (("trajectory",), self.logit[:, :, -1])
        for level, effects in self.effects.items():
            out[f"{level}_sd"] = ((), np.abs(self.free[f"{level}_scale"]))
            out[f"{level}_effect"] = (("trajectory", level), np.swapaxes(effects, 1, 2))
        arms = spec.arm is not None and not spec.by_arm
        share = np.empty((n, 2, p.classes) if arms else (n, p.classes))
        entropy = np.empty(n)
        count = p.rows.count
        possible = np.log(np.maximum(p.allowed.sum(axis=1), 1))[p.group] @ count
        for d in range(n):
            _, post = self.classify(d)
            entropy[d] = 1.0 + count @ np.sum(post * np.log(post + 1e-300), axis=1) / possible
            effects = self.of_clusters(d)[p.place[:, 1]]
            if not arms:
                share[d] = self._share(p.x @ self.logit[d].T + effects)
                continue
            for arm in (0, 1):
                x = p.x.copy()
                x[:, -1] = arm
                share[d, arm] = self._share(x @ self.logit[d].T + effects)
        out["share"] = ((*(("arm",) if arms else ()), "trajectory"), share)
        if spec.by_arm and self.effects:
            out["share_population"] = (("trajectory",), self._population())
        out["entropy"] = ((), entropy)
        return out

    def _population(self) -> Array:
        """Return the shares [draw, class] averaged over the distribution of cluster effects, equation (3).

        To save time, only `AVERAGED` rows are averaged. For these rows the share with cluster effects minus the share
        without them is computed, and this difference is added to the share of all rows without cluster effects.
        """
        p, spec = self.plan, self.spec
        scale = np.sqrt(sum(self.free[f"{level}_scale"] ** 2 for level in spec.cluster_levels) / 2.0)
        nodes, weights_ = cubature(p.contrasts.shape[1])
        shifts = nodes @ p.contrasts.T
        some = np.unique(np.linspace(0, len(p.phi) - 1, AVERAGED).astype(np.int64))
        out = np.empty((len(self.growth), p.classes))
        for d in range(len(out)):
            eta = p.x @ self.logit[d].T
            without, here = self._share(eta), eta[some]
            averaged = sum(
                weight * self._share(here + scale[d] * shift, some)
                for weight, shift in zip(weights_, shifts, strict=True)
            )
            out[d] = without + averaged - self._share(here, some)
        return out

    def _share(self, eta: Array, rows: Index | slice = slice(None)) -> Array:
        """Average membership of each group's pupils [class], given logits [row, class]."""
        p = self.plan
        allowed, count = p.allowed[p.group[rows]], p.rows.count[rows]
        prior = np.exp(eta - eta.max(axis=1, keepdims=True)) * allowed
        prior = np.asarray(prior / prior.sum(axis=1, keepdims=True))
        return np.asarray(count @ prior / (allowed * count[:, None]).sum(axis=0))


def cubature(dimension: int) -> tuple[Array, Array]:
    """Return points [point, dimension] and weights of a standard normal: three per dimension, or, beyond four, 2 n.

    Products of the three-point Gauss-Hermite rule are exact to the fifth degree, the others to the third.
    """
    if dimension > 4:
        points = np.sqrt(dimension) * np.concatenate([np.eye(dimension), -np.eye(dimension)])
        return points, np.full(2 * dimension, 0.5 / dimension)
    axes = np.meshgrid(*[np.sqrt(3.0) * np.array([-1.0, 0.0, 1.0])] * dimension, indexing="ij")
    points = np.stack([axis.ravel() for axis in axes], axis=1)
    return points, np.where(points == 0, 2.0 / 3.0, 1.0 / 6.0).prod(axis=1)


def draws_of(spec: Trajectories, layout: Plan, posterior: xr.Dataset, most: int | None = None) -> Draws:
    """Return the draws of a posterior, evenly thinned to at most so many."""
    flat = posterior.stack(sample=("chain", "draw")).transpose("sample", ...)
    if most is not None and flat.sizes["sample"] > most:
        flat = flat.isel(sample=np.linspace(0, flat.sizes["sample"] - 1, most).astype(np.int64))
    given = {str(name): np.asarray(value.values) for name, value in flat.data_vars.items()}
    draws = Draws(spec, layout, free_of_named(spec, layout, given))
    draws.effects = effects_of(spec, given)
    return draws
