"""Starting values: latent class growth by expectation-maximisation from many random divisions of the pupils.

Scores, ordered ones too, are taken as Gaussian, without random effects and predictors of membership, so that every
maximisation is a weighted regression (Dempster, Laird & Rubin 1977, doi:10.1111/j.2517-6161.1977.tb01600.x). The data
enter a step through weighted sums per class and pattern of missing waves only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from bayespanel.families.trajectories.emission import gaussian_features, gaussian_weights
from bayespanel.families.trajectories.plan import Array, Plan
from bayespanel.families.trajectories.spec import Trajectories
from bayespanel.families.trajectories.unbounded_vector import Values, n_random, pack
from bayespanel.likelihood.kernels import latent_classes

FLOOR = 1e-3
"""Least residual variance, in variances of the scores: below it a class describes copies of one pupil."""

SPREAD = {"identity": 0.0, "logit": 1.5, "log": 0.7}
"""Link -> SD of random effects with which a search begins; of Gaussian scores it is a part of the residual SD."""

NOISE = 0.15
"""Noise of the first division, as a share of the number of pupils."""


@dataclass(frozen=True, eq=False)
class Start:
    """Where one random division led: log-likelihood, share [class], growth [class, coefficient] and variance."""

    log_likelihood: float
    share: Array
    growth: Array
    variance: Array


class EM:
    """Expectation-maximisation on the data of a plan."""

    def __init__(self, spec: Trajectories, plan: Plan) -> None:
        y = plan.rows.values
        scale = plan.scale
        centre = plan.centre
        if plan.link == "log":
            y = np.log1p(y)
        if plan.link != "identity":  # the scores themselves, as numbers; counts as logarithms
            weight = ~np.isnan(y) * plan.rows.count[:, None]
            centre = float(np.sum(weight * np.nan_to_num(y)) / weight.sum())
            scale = float(np.sqrt(np.sum(weight * np.nan_to_num(y - centre) ** 2) / weight.sum()))
        self.y = (y - centre) / scale
        self.centre, self.scale = centre, scale
        self.phi = gaussian_features(self.y, products=False)
        seen = ~np.isnan(self.y)
        patterns, pattern = np.unique(seen, axis=0, return_inverse=True)
        self.observed = patterns.astype(float)
        self.place = plan.place.copy()
        self.place[:, 0] = pattern.ravel()
        self.place[:, 1] = 0
        self.plan, self.residual = plan, spec.residual
        self.x = np.ones((len(y), 1))
        self.averages = np.nanmean(self.y, axis=1)

    def run(self, rng: np.random.Generator, steps: int, tolerance: float = 1e-8) -> Start | None:
        """Return where a random division leads, or None where a class empties on the way."""
        return self.improve(self._divide(rng), steps, tolerance)

    def rough(self, rng: np.random.Generator, *, ranked: bool) -> Start | None:
        """Return one regression on a random division, which leaves every step to the model's own likelihood.

        With `ranked`, pupils are divided by their averages; otherwise each goes to the nearest of some random pupils.
        """
        return self.improve(self._divide(rng) if ranked else self._nearest(rng), 1, 0.0)

    def improve(self, sums: Array, steps: int, tolerance: float) -> Start | None:
        """Alternate both steps from weighted sums [pattern, class, feature]."""
        waves = self.y.shape[1]
        variance = np.ones((self.plan.classes, waves))
        loadings = self.plan.growth.loadings
        before = -np.inf
        for _ in range(steps):
            sizes = sums[:, :, 0].sum(axis=0)
            if sizes.min() < loadings.shape[1] + 1:
                return None
            growth, variance = self._maximise(sums, variance)
            share = sizes / (self.plan.allowed.T @ (self.plan.allowed @ sizes))
            w = gaussian_weights(np, growth @ loadings.T, variance, None, self.observed, np.zeros((waves, 1)))
            logl, sums, _, _ = latent_classes(
                self.phi,
                self.x,
                self.place,
                self.plan.allowed,
                w,
                np.log(share)[:, None],
                np.zeros((1, self.plan.classes)),
            )
            if not np.isfinite(logl):
                return None
            if logl - before < tolerance:
                break
            before = logl
        scores = (self.place[:, 3][:, None] * ~np.isnan(self.y)).sum()
        return Start(float(logl) - scores * np.log(self.scale), share, growth, variance)

    def _divide(self, rng: np.random.Generator) -> Array:
        """Weighted sums of a random division: pupils ranked by their average with noise, cut into classes."""
        n, k = len(self.y), self.plan.classes
        weight = 0.3 * rng.exponential(size=(n, k)) * self.plan.allowed[self.place[:, 2]]
        ranked = np.argsort(np.argsort(self.averages + 0.0 * n)) + rng.normal(size=n) * n * NOISE
        for g, allowed in enumerate(self.plan.allowed):
            here, own = self.place[:, 2] == g, np.flatnonzero(allowed)
            cuts = np.quantile(ranked[here], np.sort(rng.uniform(size=len(own) - 1))) if len(own) > 1 else []
            weight[here, own[np.searchsorted(cuts, ranked[here])]] += 1.0
        return self._sums(weight)

    def _nearest(self, rng: np.random.Generator) -> Array:
        """Weighted sums of a random division: each pupil belongs to the nearest of as many random pupils as classes."""
        n, known = len(self.y), np.nan_to_num(self.y)
        weight = 0.3 * rng.exponential(size=(n, self.plan.classes)) * self.plan.allowed[self.place[:, 2]]
        for g, allowed in enumerate(self.plan.allowed):
            here, own = np.flatnonzero(self.place[:, 2] == g), np.flatnonzero(allowed)
            middle = known[rng.choice(here, len(own))] + 0.1 * rng.normal(size=(len(own), known.shape[1]))
            seen = ~np.isnan(self.y[here])
            away = (seen[:, None, :] * (known[here, None, :] - middle[None]) ** 2).sum(axis=2)
            weight[here, own[away.argmin(axis=1)]] += 1.0
        return self._sums(weight)

    def _sums(self, weight: Array) -> Array:
        """Weighted sums [pattern, class, feature] of the features, each pupil's weights summing to one."""
        weight = weight * (self.place[:, 3] / weight.sum(axis=1))[:, None]
        out = np.zeros((len(self.observed), self.plan.classes, self.phi.shape[1]))
        for m in range(len(self.observed)):
            here = self.place[:, 0] == m
            out[m] = weight[here].T @ self.phi[here]
        return out

    def _maximise(self, sums: Array, variance: Array) -> tuple[Array, Array]:
        """Regress on the loadings, class by class, then take residual variances."""
        waves, loadings = self.y.shape[1], self.plan.growth.loadings
        n = np.einsum("mk,mt->kt", sums[:, :, 0], self.observed)
        first = sums[:, :, 1 : 1 + waves].sum(axis=0)
        second = sums[:, :, 1 + waves : 1 + 2 * waves].sum(axis=0)
        normal = np.einsum("kt,td,te->kde", n / variance, loadings, loadings)
        right = np.einsum("kt,td->kd", first / variance, loadings)
        growth = np.stack([np.linalg.lstsq(a, b, rcond=None)[0] for a, b in zip(normal, right, strict=True)])
        mean = growth @ loadings.T
        squares = np.maximum(second - 2 * mean * first + mean**2 * n, 0.0)
        axes = {"equal": (0, 1), "by_wave": (0,), "by_class": (1,), "free": ()}[self.residual]
        total, count = (x.sum(axis=axes, keepdims=True) if axes else x for x in (squares, n))
        return growth, np.maximum(np.broadcast_to(total / np.maximum(count, 1e-9), n.shape), FLOOR)

    def vector(self, spec: Trajectories, start: Start) -> Array:
        """Return the vector of the model's parameters that a start stands for."""
        plan = self.plan
        logit = np.zeros((plan.classes, plan.x.shape[1]))
        logit[:, 0] = np.log(start.share)
        mean = start.growth @ plan.growth.loadings.T
        random = _spread(n_random(spec), SPREAD[plan.link])
        if plan.link == "identity":
            # The scores' unit is the plan's. Part of what the residual holds goes to the random effects.
            kept = 0.6 if n_random(spec) else 1.0
            spread = float(np.sqrt(0.3 * start.variance.mean()))
            root = _spread(n_random(spec), spread)
            return pack(spec, plan, Values(start.growth, kept * start.variance, root, None, logit))
        if plan.link == "log":
            rate = np.expm1(self.centre + self.scale * mean)
            location = np.log(np.maximum(rate, 0.02)) - plan.centre
            growth = np.linalg.lstsq(plan.growth.loadings, location.T, rcond=None)[0].T
            excess = -1.0 if spec.zero_inflated else None
            return pack(spec, plan, Values(growth, None, random, None, logit, 1.0, excess))
        scores = np.array(plan.categories)
        gap, location = _latent(scores, self._reached(), self.centre + self.scale * mean)
        growth = np.linalg.lstsq(plan.growth.loadings, location.T, rcond=None)[0].T
        return pack(spec, plan, Values(growth, None, random, gap if len(gap) else None, logit))

    def _reached(self) -> Array:
        """Share of scores that reach each category but the lowest."""
        raw = self.plan.rows.values
        seen = ~np.isnan(raw)
        weight = seen * self.plan.rows.count[:, None]
        return np.array([np.sum(weight * (np.nan_to_num(raw) >= c)) / weight.sum() for c in self.plan.categories[1:]])


def _spread(effects: int, sd: float) -> list[list[float]] | None:
    """Return a root of random effects that are independent and spread alike; None without any."""
    return [None, [[sd]], [[sd], [0.0, sd]]][effects]


def _latent(scores: NDArray[np.float64], reached: Array, mean: Array) -> tuple[Array, Array]:
    """Return gaps between thresholds that fit the overall shares, and the locations whose expected score is `mean`."""
    reached = np.clip(reached, 1e-4, 1 - 1e-4)
    cut = -np.log(reached / (1 - reached))
    # Within classes scores spread less than over all: thresholds lie further apart.
    gap = np.maximum(1.3 * np.diff(cut), 0.1)
    threshold = np.concatenate([[0.0], np.cumsum(gap)])
    grid = np.linspace(-8.0, threshold[-1] + 8.0, 400)
    expected = scores[0] + (expit(grid[:, None] - threshold) * np.diff(scores)).sum(axis=1)
    return gap, np.interp(mean, expected, grid)
