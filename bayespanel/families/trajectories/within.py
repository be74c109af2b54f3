"""Whether pupils of one class share one course: a score test of a random effect beside the classes.

A model without random effects says that, given the class, scores are independent over waves. Let u ~ N(0, omega) add
z_t u to the location of pupil i at wave t. At omega = 0 (Cox 1983, doi:10.1093/biomet/70.1.269; Commenges &
Jacqmin-Gadda 1997, doi:10.1111/1467-9868.00061)::

    d log p(y_i | k) / d omega = ((z' g_ik)^2 + z' H_ik z) / 2,   g, H: first and second derivative for location (1)
    s_i = sum_k P(k | i, y_i) d log p(y_i | k) / d omega                                                   (2)
    S   = sum_i s_i,   V = sum_i (s_i - what the scores of the model's own parameters tell of it)^2        (3)
    z   = S / sqrt(V),   omega is about S / V                                                              (4)

Where a class is a mixture of components (see `components`), k runs over these: their shares do not hang on omega. So
the question costs one pass over the rows at the maximum of the likelihood, for scores with a link too, where the model
with u has no closed form. A large z says that pupils of one class have courses of their own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from bayespanel.data import PanelRows
from bayespanel.families.trajectories.components import gathered, without_clusters
from bayespanel.families.trajectories.counts import count_slopes
from bayespanel.families.trajectories.maxima import maxima
from bayespanel.families.trajectories.plan import Array, Plan, plan
from bayespanel.families.trajectories.spec import Trajectories
from bayespanel.families.trajectories.unbounded_vector import (
    Values,
    component_locations,
    n_random,
    sizes,
    unpack,
    weights,
)

STEP = 1e-30
"""Of complex steps."""


@dataclass(frozen=True)
class Within:
    """How courses differ within a class.

    Attributes
    ----------
    what
        "level" or "slope": that which differs most clearly.
    z
        Of the score test: standard normal where they do not differ.
    sd
        Its SD by one step from 0, in raw units or those of the link; 0 where the scores speak against it.
    """

    what: str
    z: float
    sd: float


def within(spec: Trajectories, rows: PanelRows) -> Within | None:
    """Test for random effects that the model leaves out; None where it leaves out none, or waves are too few."""
    effects, layout = n_random(spec), plan(spec, rows)
    if effects == 2 or len(rows.waves) < 2 + effects:
        return None
    vector = maxima(spec, rows).summit.vector
    values = unpack(spec, layout, vector)
    post = without_clusters(layout, weights(np, spec, layout, values), values.logit)
    own = own_scores(spec, layout, vector, values, post)
    count = layout.rows.count.astype(float)
    time = layout.random_loadings[:, 1]
    directions = {"level": np.ones(len(time)), "slope": time - time.mean()}
    found = []
    for what in ("level", "slope")[effects:] if len(time) > 2 else ("level",):
        s = np.sum(post * _direction(layout, values, directions[what]), axis=1)
        root = np.sqrt(count)[:, None]
        told = np.linalg.lstsq(root * own, root[:, 0] * s, rcond=None)[0]
        total, variance = float(count @ s), float(count @ (s - own @ told) ** 2)
        omega = total / variance if variance > 0 else 0.0
        sd = np.sqrt(max(omega, 0.0)) * layout.unit
        found.append(Within(what, float(total / np.sqrt(variance)) if variance > 0 else 0.0, float(sd)))
    return max(found, key=lambda one: one.z)


def own_scores(spec: Trajectories, layout: Plan, vector: Array, values: Values, post: Array) -> Array:
    """Derivatives of the log-density of each row for the model's own parameters, [row, parameter]."""
    n_logit = sizes(spec, layout)["logit"]
    pattern = layout.place[:, 0]
    out = np.empty((len(post), len(vector)))
    for j in range(len(vector) - n_logit):
        moved = vector.astype(complex)
        moved[j] += STEP * 1j
        slope = weights(np, spec, layout, unpack(spec, layout, moved)).imag / STEP
        for m in range(len(slope)):
            here = pattern == m
            out[here, j] = np.sum(post[here] * (layout.phi[here] @ slope[m].T), axis=1)
    eta = layout.x @ values.logit.T
    prior = np.exp(eta - eta.max(axis=1, keepdims=True)) * layout.allowed[layout.group]
    apart = (gathered(layout, post, 1) - prior / prior.sum(axis=1, keepdims=True)) @ layout.contrasts
    out[:, len(vector) - n_logit :] = (apart[:, :, None] * layout.x[:, None, :]).reshape(len(post), -1)
    return out


def _direction(layout: Plan, values: Values, z: Array) -> Array:
    """Equation (1), [row, component]."""
    return _gaussian(layout, values, z) if layout.link == "identity" else _linked(layout, values, z)


def _gaussian(layout: Plan, values: Values, z: Array) -> Array:
    """Equation (1) with g = V^-1 (y - mu) and H = -V^-1, V the covariance of the observed waves."""
    mean = np.asarray(values.growth @ layout.growth.loadings.T)
    y = (layout.rows.values - layout.centre) / layout.scale
    out = np.empty((len(y), layout.classes))
    for m, seen in enumerate(layout.observed.astype(bool)):
        here = np.flatnonzero(layout.place[:, 0] == m)
        for k in range(layout.classes):
            covariance = np.diag(values.variance[k, seen])
            if values.root is not None:  # a random intercept
                covariance += values.root[0][0] ** 2
            a = np.linalg.solve(covariance, z[seen])
            out[here, k] = 0.5 * (((y[here][:, seen] - mean[k, seen]) @ a) ** 2 - z[seen] @ a)
    return out


def _linked(layout: Plan, values: Values, z: Array) -> Array:
    """Equation (1) with the derivatives of what the log-density is linear in, wave by wave."""
    first, second = location_slopes(layout, values)
    g = np.einsum("rtf,ktf,t->rk", features_by_wave(layout), first, z)
    h = np.einsum("rtf,ktf,t->rk", features_by_wave(layout), second, z**2)
    return np.asarray(0.5 * (g**2 + h))


def features_by_wave(layout: Plan) -> Array:
    """Features of the scores that go with the location of a wave [row, wave, feature]."""
    waves = len(layout.rows.waves)
    if layout.link == "logit":
        return np.asarray(layout.phi.reshape(len(layout.phi), waves, -1))
    return np.asarray(layout.phi[:, : 3 * waves].reshape(len(layout.phi), 3, waves).swapaxes(1, 2))


def location_slopes(layout: Plan, values: Values) -> tuple[Array, Array]:
    """First and second derivative of W for the location, [component, wave, feature] each.

    Of ordered scores log P(y = c) = log F(eta - tau_c) + log F(tau_{c+1} - eta) + constant.
    """
    mean = component_locations(np, layout, values)
    if layout.link == "log":
        return count_slopes(mean, values.cv, values.excess)
    gaps = np.zeros(0) if values.gap is None else values.gap
    cut = np.concatenate([[-np.inf], [0.0], np.cumsum(gaps), [np.inf]])
    below = expit(mean[:, :, None] - cut[None, None, :-1])
    above = expit(cut[None, None, 1:] - mean[:, :, None])
    return (1.0 - below) - (1.0 - above), -below * (1.0 - below) - above * (1.0 - above)
