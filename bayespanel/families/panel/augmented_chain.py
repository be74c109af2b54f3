"""One chain of a model whose scores, or weights of pupils, are unseen: these, effects and parameters in turn.

Each sweep draws, given all else,

1. the effects of classes and schools, from their normal distribution;
2. the scores behind categories, cell by cell, from normals between thresholds; with Student-t tails the degrees of
   freedom, and then the weight of each pupil, see `tails`;
3. the parameters, given scores and weights, from the density in which pupils, classes and schools are integrated out,
   by Hamiltonian steps: weights enter its sums;
4. the thresholds of each ordered variable together with its scores, which keep their places between them: thresholds
   move by a random walk on the logarithms of their gaps g, a score y in category c to t'_c + (y - t_c) g'_c / g_c, and
   above the last threshold by as much as it does. What is accepted is::

       p(y' | parameters) / p(y | parameters)  x  prior(g') / prior(g)  x  prod_c (g'_c / g_c)^(n_c + 1)            (31)

   with n_c scores in category c: thresholds given scores alone would hardly move among thousands of pupils
   (Liu & Sabatti 2000, doi:10.1093/biomet/87.2.353).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from bayespanel.families.panel.augmented_sums import Pupils
from bayespanel.families.panel.ordered_units import Units
from bayespanel.families.panel.tails import Tails, draw_weights
from bayespanel.inference.hamiltonian import Step, StepSize, hamiltonian_step
from bayespanel.inference.likelihood_inputs import Reader
from bayespanel.inference.positive import log_density, slope
from bayespanel.inference.posterior import Posterior
from bayespanel.inference.whiten import Coordinates
from bayespanel.language.prior import Prior
from bayespanel.likelihood.effect_draws import draw_effects
from bayespanel.likelihood.truncated import draw_scores, truncated_normal

Array = NDArray[np.float64]
Index = NDArray[np.int64]

AIM = 0.3
"""Share of moves of thresholds that are to be accepted."""


@dataclass
class Chain:
    """Where a chain is.

    Attributes
    ----------
    pupils
        The data.
    posterior
        The density of the parameters given the scores, on statistics of its own.
    read
        What the likelihood reads at a point.
    rows
        The priors of the gaps between thresholds, in units of their variable, and of the degrees of freedom, of as many
        of the two as the model has.
    units
        How parameters count in the units of ordered variables.
    rng
        Random numbers.
    scores : [pupil, cell]
        Scores, drawn or observed, less their centre; 0 where missing.
    weights : [pupil]
        By how much smaller the covariance of a pupil is than that of the model; 1 where tails are normal.
    tails
        How degrees of freedom move; None where tails are normal.
    df
        The degrees of freedom.
    gaps
        Gaps between the thresholds of each variable, the first of which is 0; none of variables that are numbers.
    point : [dimension]
        The parameters, in the units of ordered variables: these are 1.
    walks
        How far the random walk of the gaps of each variable goes.
    coordinates, step_size
        Those in which parameters move, and how far in one leapfrog; set before parameters are moved.
    """

    pupils: Pupils
    posterior: Posterior
    read: Reader
    rows: dict[str, Prior]
    units: Units
    rng: np.random.Generator
    scores: Array
    weights: Array
    tails: Tails | None
    df: float
    gaps: list[Array]
    point: Array
    walks: list[float]
    coordinates: Coordinates = field(init=False)
    step_size: StepSize = field(init=False)

    def fill(self) -> None:
        """Give the density the scores and weights as they are."""
        self.pupils.fill(self.posterior.data["value"], self.scores, None if self.tails is None else self.weights)

    def thresholds(self, variable: int) -> Array:
        """Return the thresholds of a variable."""
        return np.concatenate([[0.0], np.cumsum(self.gaps[variable])])

    def bounds(self) -> tuple[Array, Array]:
        """Return between which thresholds each score [pupil, cell] lies; infinite ones where it is no category."""
        edges = [np.array([-np.inf, np.inf])]
        for variable, categories in enumerate(self.pupils.categories):
            if len(categories):
                edges.append(np.concatenate([[-np.inf], self.thresholds(variable), [np.inf]]))
        table = np.concatenate(edges)
        return np.take(table, self.pupils.edge), np.take(table, self.pupils.edge + 1)

    def beside(self) -> Array:
        """Return what is drawn beside the parameters and kept: gaps between thresholds, then degrees of freedom."""
        return np.concatenate([*self.gaps, [] if self.tails is None else [self.df]])

    def draw_latent(self) -> None:
        """Draw effects of clusters, and then the scores behind categories, or weights."""
        pupils = self.pupils
        sigma, coefficients, inner, outer = self.read(self.point)
        patterns = np.zeros((len(pupils.kinds), pupils.code.shape[1]), bool)
        for r, kind in enumerate(pupils.kinds):
            patterns[r, kind.cells] = True
        both = patterns[:, :, None] & patterns[:, None, :]
        precision = np.linalg.inv(np.where(both, sigma[0], np.eye(sigma.shape[1])[None])) * both
        mean = pupils.x @ coefficients[0].T
        if pupils.clustered is not None:
            rest = np.where(pupils.observed, self.scores - mean, 0.0) * self.weights[:, None]
            sums, sizes = (np.add.reduceat(each, pupils.first, axis=0) for each in (rest, self.weights))
            clustered = replace(pupils.clustered, size=sizes)
            effects = draw_effects(clustered, precision, sums, inner, outer, self.rng)
            mean = mean + effects[pupils.cluster]
        away = np.where(pupils.observed, self.scores - mean, 0.0)
        if self.tails is not None:
            self._draw_weights(self.tails, away, precision)
        if pupils.cells:
            uniform = self.rng.random((len(pupils.cells), len(mean)))
            draw_scores(away, mean, pupils.kind, precision, self.bounds(), pupils.cells, uniform)
            self.scores = np.where(pupils.code >= 0, mean + away, pupils.numbers)
        self.fill()

    def _draw_weights(self, tails: Tails, away: Array, precision: Array) -> None:
        """Draw tails, scale and weights given what pupils are away from their means [pupil, cell]."""
        each = [(away[kind.pupils] @ precision[r] * away[kind.pupils]).sum(axis=1)
                for r, kind in enumerate(self.pupils.kinds)]  # fmt: skip
        squares, scores = np.concatenate(each), self.pupils.observed.sum(axis=1).astype(float)
        self.point, self.df, squares = tails.move(self.point, self.df, squares, scores, self.rng)
        self.weights = draw_weights(squares, scores, self.df, self.rng)

    def move_parameters(self, *, learn: bool) -> Step:
        """Move the parameters by a Hamiltonian step in whitened coordinates."""
        centre, factor = self.coordinates.centre, self.coordinates.factor
        z = np.linalg.solve(factor, self.point - centre)

        def density(at: Array) -> tuple[float, Array]:
            inner = centre + factor @ at
            height, slope = self.units.density(self.posterior, inner)
            more, along = self.of_gaps(self.units.of(inner))
            slope[self.units.at] += along[self.units.ordered]
            return height + more, factor.T @ slope

        step = hamiltonian_step(density, z, self.step_size.size, self.rng)
        if learn:
            self.step_size.learn(step.accept)
        self.settle(centre + factor @ step.point)
        return step

    def of_gaps(self, unit: Array) -> tuple[float, Array]:
        """Return the log-density of the gaps where variables have these units, and its slope over their logarithms."""
        total, along = 0.0, np.zeros(len(unit))
        for variable, gaps in enumerate(self.gaps):
            if len(gaps):
                row, there = self.rows["threshold_gap"], gaps / unit[variable]
                total += float(log_density(row, there).sum()) - len(gaps) * np.log(unit[variable])
                along[variable] = -float(slope(row, there).sum()) - len(gaps)
        return total, along

    def settle(self, inner: Array) -> None:
        """Go to parameters in units of their own, and count everything in these."""
        unit = self.units.of(inner)
        self.point = self.units.settled(inner)
        self.scores = self.scores / unit[self.pupils.variable]
        self.gaps = [gaps / own for gaps, own in zip(self.gaps, unit, strict=True)]
        self.fill()

    def move_thresholds(self, *, learn: bool) -> None:
        """Move the thresholds of each variable with its scores, equation (31)."""
        height, value = self.posterior(self.point)[0], self.posterior.data["value"]
        for variable, gaps in enumerate(self.gaps):
            if not len(gaps):
                continue
            ratio = np.exp(self.walks[variable] * self.rng.standard_normal(len(gaps)))
            before, scores, sums = self.thresholds(variable), self.scores, value.copy()
            self.gaps[variable] = gaps * ratio
            self.scores, counts = self._stretched(variable, before, ratio)
            self.fill()
            found = self.posterior(self.point)[0]
            row = self.rows["threshold_gap"]
            gain = found - height + float((log_density(row, gaps * ratio) - log_density(row, gaps)).sum())
            gain += float((counts + 1) @ np.log(ratio))
            accept = float(np.exp(min(0.0, gain))) if np.isfinite(gain) else 0.0
            if self.rng.random() < accept:
                height = found
            else:
                self.gaps[variable], self.scores = gaps, scores
                value[:] = sums
            if learn:
                self.walks[variable] *= np.exp(0.2 * (accept - AIM))

    def _stretched(self, variable: int, before: Array, ratio: Array) -> tuple[Array, Index]:
        """Return all scores with those of one variable moved with its thresholds, and how many lie in each gap."""
        cells = np.flatnonzero(self.pupils.variable == variable)
        after, factor = self.thresholds(variable), np.append(ratio, 1.0)
        code, scores = self.pupils.code[:, cells], self.scores.copy()
        own, place = scores[:, cells], np.maximum(code - 1, 0)
        scores[:, cells] = np.where(code > 0, after[place] + (own - before[place]) * factor[place], own)
        return scores, np.bincount(code[code > 0] - 1, minlength=len(ratio) + 1)[:-1]


def first_scores(pupils: Pupils, gaps: list[Array], means: Array, sds: Array, rng: np.random.Generator) -> Array:
    """Return scores [pupil, cell] to begin with: normal ones with these means and SDs [cell], within their category."""
    scores = pupils.numbers.copy()
    for cell, who in pupils.cells:
        edges = np.concatenate([[-np.inf, 0.0], np.cumsum(gaps[pupils.variable[cell]]), [np.inf]])
        code = pupils.code[who, cell]
        low, high = ((edges[code + i] - means[cell]) / sds[cell] for i in (0, 1))
        scores[who, cell] = means[cell] + sds[cell] * truncated_normal(rng.random(len(who)), low, high)
    return scores
