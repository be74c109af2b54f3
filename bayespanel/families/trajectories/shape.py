"""Whether the mean courses of classes, and the spread around them, have the shape that the model gives them.

Let delta[k, t] move the mean of class k at wave t, and kappa[k, t] add to its residual variance. At 0 (Rao 1948,
doi:10.1017/S0305004100023987), with V the covariance of a pupil's scores in class k and a = V^-1 (y - mu)::

    s = P(k | y) a[t]   for delta,     s = P(k | y) (a[t]^2 - V^-1[t, t]) / 2   for kappa                 (1)
    S = sum over pupils of s,   C = sum of r r',   r what scores of the model's own parameters tell not of s   (2)
    S' C^- S ~ chi-square(rank of C)                                                                        (3)

Of scores with a link a[t] is the derivative of the log-probability for the location, a class with random effects is the
mixture of its `components`, and there is no kappa. So a straight
course that is bent, or one residual variance where classes or waves differ, is seen at the maximum of the likelihood
without another fit; and scores that are missing at random bend nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2

from bayespanel.data import PanelRows
from bayespanel.families.trajectories.components import gathered, without_clusters
from bayespanel.families.trajectories.maxima import maxima
from bayespanel.families.trajectories.plan import Array, Plan, plan
from bayespanel.families.trajectories.spec import Trajectories
from bayespanel.families.trajectories.unbounded_vector import Values, n_random, unpack, weights
from bayespanel.families.trajectories.within import features_by_wave, location_slopes, own_scores

RANK = 1e-7
"""Share of the largest eigenvalue of C, its diagonal at 1, from which a direction is not the model's own."""


@dataclass(frozen=True)
class Shape:
    """A score test over classes and waves.

    Attributes
    ----------
    p, square, df
        Probability by chance, (3), and its degrees of freedom.
    where
        Class and wave of the clearest entry.
    size
        By how much it would move, by one step from 0: a mean in SDs of all scores, a variance as a share of itself.
    """

    p: float
    square: float
    df: int
    where: str
    size: float


def shapes(spec: Trajectories, rows: PanelRows) -> dict[str, Shape]:
    """Return "course" and, of Gaussian scores, "spread"; without a test that has no degrees of freedom."""
    layout = plan(spec, rows)
    vector = maxima(spec, rows).summit.vector
    values = unpack(spec, layout, vector)
    post = without_clusters(layout, weights(np, spec, layout, values), values.logit)
    own = own_scores(spec, layout, vector, values, post)
    gaussian = layout.link == "identity"
    entries = _gaussian(spec, layout, values) if gaussian else {"course": _linked(layout, values)}
    out = {}
    for name, slopes in entries.items():
        found = _tested(layout, own, gathered(layout, post[:, :, None] * slopes, 1))
        if found is not None:
            square, df, (k, t), size = found
            unit = float(values.variance[k, t]) if name == "spread" else 1.0 if gaussian else layout.scale
            where = f"'{spec.trajectories[k]}' at {layout.rows.waves[t]}"
            out[name] = Shape(float(chi2.sf(square, df)), square, df, where, size / unit)
    return out


def _tested(layout: Plan, own: Array, slopes: Array) -> tuple[float, int, tuple[int, int], float] | None:
    """Return (3), its degrees of freedom, the entry [class, wave] that is clearest, and its step from 0."""
    count = layout.rows.count.astype(float)
    s = slopes.reshape(len(slopes), -1)
    root = np.sqrt(count)[:, None]
    rest = root * s - root * own @ np.linalg.lstsq(root * own, root * s, rcond=None)[0]
    total, spread = count @ s, rest.T @ rest  # (2)
    size = np.sqrt(np.einsum("ei,ei->i", root * s, root * s))
    free = np.sqrt(np.diag(spread)) > 1e-6 * np.maximum(size, 1e-300)
    if not free.any():
        return None
    total, spread = total[free], spread[np.ix_(free, free)]
    unit = 1.0 / np.sqrt(np.diag(spread))
    values, vectors = np.linalg.eigh(spread * np.outer(unit, unit))
    known = values > RANK * values[-1]
    square = float(np.sum((vectors[:, known].T @ (unit * total)) ** 2 / values[known]))  # (3)
    clear = int(np.argmax(np.abs(unit * total)))
    at = divmod(int(np.flatnonzero(free)[clear]), len(layout.rows.waves))
    return square, int(known.sum()), at, float(total[clear] * unit[clear] ** 2)


def _gaussian(spec: Trajectories, layout: Plan, values: Values) -> dict[str, Array]:
    """Equation (1) without P, [row, class, wave]."""
    mean = np.asarray(values.growth @ layout.growth.loadings.T)
    y = (layout.rows.values - layout.centre) / layout.scale
    course, spread = np.zeros((2, len(y), *mean.shape))
    effects = n_random(spec)
    loadings = layout.random_loadings[:, :effects]
    root = np.zeros((effects, effects))
    for i, row in enumerate(values.root or []):
        root[i, : i + 1] = row
    between = loadings @ root @ root.T @ loadings.T
    for m, seen in enumerate(layout.observed.astype(bool)):
        here = np.flatnonzero(layout.place[:, 0] == m)
        at = np.flatnonzero(seen)
        for k in range(layout.classes):
            inverse = np.linalg.inv(np.diag(values.variance[k, seen]) + between[np.ix_(seen, seen)])
            a = (y[np.ix_(here, at)] - mean[k, seen]) @ inverse
            course[np.ix_(here, [k], at)] = a[:, None, :]
            spread[np.ix_(here, [k], at)] = 0.5 * (a**2 - np.diag(inverse))[:, None, :]
    return {"course": course, "spread": spread}


def _linked(layout: Plan, values: Values) -> Array:
    """Equation (1) without P, [row, component, wave]."""
    first, _ = location_slopes(layout, values)
    return np.asarray(np.einsum("rtf,ktf->rkt", features_by_wave(layout), first))
