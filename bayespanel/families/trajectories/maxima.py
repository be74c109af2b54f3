"""Maxima of the likelihood, from many starts: the best, and how often each was reached."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from scipy.optimize import minimize

from bayespanel.data import PanelRows
from bayespanel.families.trajectories.em import EM, Start
from bayespanel.families.trajectories.plan import Array, Plan, plan
from bayespanel.families.trajectories.spec import Trajectories
from bayespanel.families.trajectories.summit import Objective, Summit, limits, summit
from bayespanel.families.trajectories.unbounded_vector import n_random, objective, pack, unpack
from bayespanel.language.errors import FitError

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

OWN = 30
"""Starts of the model's own likelihood, where the one of EM is another: ordered categories, random effects."""

FOLLOWED = 6
"""Best different ones of these that are followed."""

SHORT = 15
"""Quasi-Newton steps of each of them before the best are followed."""

FEW = 10
"""Starts of either kind where the same search is made of many samples, so that what it misses it misses in all."""

BEST = 3
"""Best different ones of these that are followed."""


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
    summit
        The best, as it was judged there.
    emptied
        Random divisions of which a class emptied on the way.
    starts
        Random divisions.
    """

    vectors: list[Array]
    log_likelihoods: Array
    reached: Array
    summit: Summit
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
            "Every class keeps some pupils during the search.",
            f"From {STARTS} random starts, {layout.classes} classes never remained.",
            "Ask for fewer classes, or a simpler course.",
        )
    function = objective(spec, layout)
    ends = [(*_climb(spec, layout, em.vector(spec, start), function), n) for start, n in _kinds(layout, found)]
    ends += [(*_climb(spec, layout, vector, function), 0) for vector in fewer]
    ends += _own(spec, layout, em, function, rng)
    ends += [(*_climb(spec, layout, vector, function), 0) for vector in _wider(spec, layout, em, found)]
    ends.sort(key=lambda end: -end[0])
    top = summit(spec, layout, function, ends[0][1])
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
    # The order of the classes changes that of the parameters: what is kept is judged where it is kept.
    best = ordered(spec, layout, top.vector)
    if not np.array_equal(best, top.vector):
        top = summit(spec, layout, function, best)
    vectors[0], logls[0] = top.vector, top.log_likelihood
    verdict = replace(top.verdict, starts=sum(reached), agreeing=reached[0])
    return Maxima(
        vectors=vectors,
        log_likelihoods=np.array(logls),
        reached=np.array(reached),
        summit=replace(top, verdict=verdict),
        emptied=sum(start is None for start in tried),
        starts=len(tried),
    )


def highest(spec: Trajectories, rows: PanelRows) -> tuple[float, Array]:
    """Return the highest log-likelihood that few starts find, and where: for many samples that are set side by side.

    Raises
    ------
    FitError
        Every start lost a class.
    """
    layout = plan(spec, rows)
    em, function, rng = EM(spec, layout), objective(spec, layout), np.random.default_rng(SEED)
    tried = [em.run(rng, STEPS) for _ in range(FEW if layout.classes > 1 else 1)]
    found = sorted((s for s in tried if s is not None), key=lambda start: -start.log_likelihood)
    starts = _kinds(layout, found)[:BEST]
    ends = [_climb(spec, layout, em.vector(spec, start), function) for start, _ in starts]
    ends += [(value, vector) for value, vector, _ in _own(spec, layout, em, function, rng, FEW, BEST)]
    if not ends:
        raise FitError(
            "Every class keeps some pupils during the search.",
            f"From {FEW} random starts, {layout.classes} classes never remained.",
            "Ask for fewer classes, or a simpler course.",
        )
    return max(ends, key=lambda end: end[0])


def _own(
    spec: Trajectories,
    layout: Plan,
    em: EM,
    function: Objective,
    rng: np.random.Generator,
    starts: int = OWN,
    followed: int = FOLLOWED,
) -> list[tuple[float, Array, int]]:
    """Return where starts of the model's own likelihood end, and how many led there; none where EM's is the same."""
    if layout.classes < 2 or not (layout.link != "identity" or n_random(spec)):
        return []
    rough = [em.rough(rng, ranked=bool(i % 2)) for i in range(starts)]
    near = [_climb(spec, layout, em.vector(spec, start), function, SHORT) for start in rough if start is not None]
    near.sort(key=lambda end: -end[0])
    apart: list[tuple[float, Array, int]] = []
    for value, vector in near:
        if apart and apart[-1][0] - value < ALIKE:
            apart[-1] = (*apart[-1][:2], apart[-1][2] + 1)
        else:
            apart.append((value, vector, 1))
    return [(*_climb(spec, layout, vector, function), n) for _, vector, n in apart[:followed]]


def _wider(spec: Trajectories, layout: Plan, em: EM, found: list[Start]) -> list[Array]:
    """Return starts of one class whose random effects are summed over points: with twice their spread."""
    if layout.classes > 1 or len(layout.points.log_share) == 1:
        return []
    values = [unpack(spec, layout, em.vector(spec, start)) for start in found]
    return [pack(spec, layout, replace(one, root=[[2.0 * x for x in row] for row in one.root])) for one in values]


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
        growth, logit = values.growth[twice], np.zeros((len(twice), layout.x.shape[1]))
        if before.classes > 1:  # one class has no predictors
            logit[:] = values.logit[twice]
        apart = 0.05 * layout.growth.flat  # little, so that next to nothing of the likelihood is lost at the start
        growth[k], growth[-1] = growth[k] + apart, growth[-1] - apart
        logit[[k, -1], 0] -= np.log(2.0)
        variance = None if values.variance is None else values.variance[twice]
        centred = logit - logit.mean(axis=0)
        out.append(pack(spec, layout, replace(values, growth=growth, variance=variance, logit=centred)))
    return out


def _climb(
    spec: Trajectories, layout: Plan, vector: Array, function: Objective, steps: int = 500
) -> tuple[float, Array]:
    """Follow a start of the model to its maximum."""
    return climb(function, vector, limits(spec, layout), layout.rows.n_pupils, steps)


def climb(
    function: Objective, vector: Array, bounds: list[tuple[float, float]], pupils: int, steps: int = 500
) -> tuple[float, Array]:
    """Follow a start to its maximum by quasi-Newton steps."""
    n = float(pupils)
    options = {"maxiter": steps, "maxcor": 30, "ftol": 1e-13, "gtol": 1e-7}

    def negative(point: Array) -> tuple[float, Array]:
        value, gradient = function(point)
        return -value / n, -gradient / n

    found = minimize(negative, vector, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
    return -float(found.fun) * n, found.x


def ordered(spec: Trajectories, layout: Plan, vector: Array) -> Array:
    """Return the vector with the classes of each group from the highest average to the lowest."""
    values = unpack(spec, layout, vector)
    average = (values.growth @ layout.growth.loadings.T).mean(axis=1)
    order = np.concatenate(
        [own[np.argsort(-average[own], kind="stable")] for own in map(np.flatnonzero, layout.allowed)]
    )
    variance = None if values.variance is None else values.variance[order]
    kept = replace(values, growth=values.growth[order], variance=variance, logit=values.logit[order])
    return pack(spec, layout, kept)
