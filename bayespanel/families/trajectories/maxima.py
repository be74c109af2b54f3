"""Maxima of the likelihood, from many starts: the best, and how often each was reached."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.optimize import minimize

from bayespanel.data import PanelRows
from bayespanel.errors import FitError
from bayespanel.families.trajectories.em import EM, FLOOR, Start
from bayespanel.families.trajectories.plan import Array, Plan, plan
from bayespanel.families.trajectories.spec import Trajectories
from bayespanel.families.trajectories.vector import Values, objective, pack, sizes, unpack
from bayespanel.inference.maximum_likelihood import hessian

Objective = Callable[[Array], tuple[float, Array]]
"""The log-likelihood of a vector and its gradient."""

STARTS = 60
"""Random divisions, each improved by a few steps of EM."""

STEPS = 40
"""Of each of them."""

FINISHED = 12
"""Best different ones that are followed to their maximum."""

ALIKE = 0.1
"""Grid of shares, and half that of average scores in SDs, on which starts are the same division of the pupils."""

SEED = 1999
"""Of the divisions: the same data give the same maxima."""

SAME = 1e-2
"""Log-likelihoods nearer than this are one maximum."""

REGULAR = 1e-10
"""Least curvature, as a share of the largest, at which a maximum is one in every direction."""

NEWTON = 20
"""Newton steps at most."""

FARTHEST = 100.0
"""Bound of coefficients in units of the plan: a class of pupils who all chose the lowest category has no maximum."""


@dataclass(frozen=True, eq=False)
class Maxima:
    """Where the likelihood is largest.

    Attributes
    ----------
    vectors : list of vectors
        Distinct maxima, the best first; classes in order, from the highest average to the lowest.
    log_likelihoods : [maximum]
    reached : int [maximum]
        How many of the random starts ended there; 0 where only the best model with a class less, one of whose classes
        was split, led there.
    converged
        Whether gradient and curvature at the best say that it is a maximum.
    information : [parameter, parameter]
        Observed information at the best.
    emptied
        Random divisions of which a class emptied on the way.
    starts
        Random divisions.
    """

    vectors: list[Array]
    log_likelihoods: Array
    reached: Array
    converged: bool
    information: Array
    emptied: int
    starts: int


@lru_cache(maxsize=16)
def maxima(spec: Trajectories, rows: PanelRows) -> Maxima:
    """Find the maxima of the likelihood; effects of clusters are left out.

    Raises
    ------
    FitError
        Every start lost a class.
    """
    layout = plan(spec, rows)
    em = EM(spec, layout)
    rng = np.random.default_rng(SEED)
    tried = [em.run(rng, STEPS) for _ in range(STARTS if layout.classes > 1 else 1)]
    found = sorted((s for s in tried if s is not None), key=lambda start: -start.log_likelihood)
    fewer = _split(spec, layout)
    if not found and not fewer:
        raise FitError(
            "Every class keeps some pupils while classes are sought.",
            f"From none of {STARTS} random divisions did {layout.classes} classes remain.",
            "Ask for fewer classes, or a simpler course.",
        )
    function = objective(spec, layout)
    ends = [(*_climb(spec, layout, em.vector(spec, start), function), n) for start, n in _kinds(layout, found)]
    ends += [(*_climb(spec, layout, vector, function), 0) for vector in fewer]
    ends.sort(key=lambda end: -end[0])
    best = _newton(function, ends[0][1])
    information = -hessian(function, best)
    logl, gradient = function(best)
    values = np.linalg.eigvalsh(information)
    regular = bool(values[0] > REGULAR * values[-1])
    decrement = float(gradient @ np.linalg.solve(information, gradient)) if regular else np.inf
    vectors: list[Array] = []
    logls: list[float] = []
    reached: list[int] = []
    for value, vector, random in ends:
        if logls and logls[-1] - value < SAME:
            reached[-1] += random
            continue
        vectors.append(ordered(spec, layout, vector))
        logls.append(value)
        reached.append(random)
    # The order of the classes changes that of the parameters: the information is computed where it is kept.
    vectors[0], logls[0] = ordered(spec, layout, best), logl
    if not np.array_equal(vectors[0], best):
        information = -hessian(function, vectors[0])
    return Maxima(
        vectors=vectors,
        log_likelihoods=np.array(logls),
        reached=np.array(reached),
        converged=regular and abs(decrement) < 1e-4,
        information=information,
        emptied=sum(start is None for start in tried),
        starts=len(tried),
    )


def _kinds(layout: Plan, starts: list[Start]) -> list[tuple[Start, int]]:
    """Return the best start of each division of the pupils, best first, and how many starts led to it."""
    kinds: dict[tuple[int, ...], list[Start]] = {}
    for start in starts:
        average = (start.growth @ layout.growth.loadings.T).mean(axis=1)
        order = np.concatenate([own[np.argsort(-average[own])] for own in map(np.flatnonzero, layout.allowed)])
        grid = np.concatenate([start.share[order] / ALIKE, average[order] / (2 * ALIKE)])
        kinds.setdefault(tuple(np.rint(grid).astype(int).tolist()), []).append(start)
    return [(alike[0], len(alike)) for alike in list(kinds.values())[:FINISHED]]


def _split(spec: Trajectories, layout: Plan) -> list[Array]:
    """Return starts from the best model with a class less, each of its classes split in turn.

    So a likelihood never falls with the number of classes.
    """
    if spec.by_arm or layout.classes < 2:
        return []
    fewer = spec.with_classes(layout.classes - 1)
    before = plan(fewer, layout.rows)
    values = unpack(fewer, before, maxima(fewer, layout.rows).vectors[0])
    out = []
    for k in range(before.classes):
        twice = np.append(np.arange(before.classes), k)
        growth, logit = values.growth[twice], values.logit[twice]
        apart = 0.05 * layout.growth.flat  # little, so that next to nothing of the likelihood is lost at the start
        growth[k], growth[-1] = growth[k] + apart, growth[-1] - apart
        logit[[k, -1], 0] -= np.log(2.0)
        variance = None if values.variance is None else values.variance[twice]
        centred = logit - logit.mean(axis=0)
        out.append(pack(spec, layout, Values(growth, variance, values.root, values.gap, centred)))
    return out


def _climb(spec: Trajectories, layout: Plan, vector: Array, function: Objective) -> tuple[float, Array]:
    """Follow a start to its maximum by quasi-Newton steps."""
    n = float(layout.rows.n_pupils)
    bounds: list[tuple[float, float]] = []
    for name, size in sizes(spec, layout).items():
        low, high = {"variance": (np.log(FLOOR), 5.0), "gap": (-6.0, 6.0)}.get(name, (-FARTHEST, FARTHEST))
        bounds += [(low, high)] * size
    options = {"maxiter": 500, "maxcor": 30, "ftol": 1e-13, "gtol": 1e-7}

    def negative(point: Array) -> tuple[float, Array]:
        value, gradient = function(point)
        return -value / n, -gradient / n

    found = minimize(negative, vector, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
    return -float(found.fun) * n, found.x


def _newton(function: Objective, vector: Array) -> Array:
    """Take Newton steps while they gain."""
    value, gradient = function(vector)
    for _ in range(NEWTON):
        information = -hessian(function, vector)
        curvature = np.linalg.eigvalsh(information)
        if curvature[0] <= REGULAR * curvature[-1]:
            break
        step = np.linalg.solve(information, gradient)
        if np.abs(vector + step).max() > FARTHEST:
            break
        new = function(vector + step)
        if not new[0] >= value:
            break
        vector, (value, gradient) = vector + step, new
        if gradient @ step < 1e-10:
            break
    return vector


def ordered(spec: Trajectories, layout: Plan, vector: Array) -> Array:
    """Return the vector with the classes of each group from the highest average to the lowest."""
    values = unpack(spec, layout, vector)
    average = (values.growth @ layout.growth.loadings.T).mean(axis=1)
    order = np.concatenate(
        [own[np.argsort(-average[own], kind="stable")] for own in map(np.flatnonzero, layout.allowed)]
    )
    variance = None if values.variance is None else values.variance[order]
    return pack(spec, layout, Values(values.growth[order], variance, values.root, values.gap, values.logit[order]))
