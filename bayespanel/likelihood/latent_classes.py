"""Latent classes: exact log-density and gradient with class membership summed out.

Model, for row i (a pupil, or several with the same data) of group g in cluster c, with K classes of which `allowed`
says which occur in its group::

    P(k | i)      = exp(eta_ik) / sum_j exp(eta_ij),   eta_ik = x_i' B_k + U_ck                            (1)
    log p(y_i, k) = log P(k | i) + phi_i' W_mk                                                              (2)
    log p(y_i)    = log sum_k p(y_i, k)                                                                     (3)

`phi` are features of the scores in which the log-density of every class is linear: scores and their products where it
is normal, indicators where scores are categories; W_mk are the class's coefficients for the row's pattern m of missing
waves. So one pass serves every kind of outcome, and whatever is integrated out within a class is in W. The gradients
are sums over rows weighted by the posterior probability of each class (McLachlan & Peel 2000, chapter 2,
doi:10.1002/0471721182).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bayespanel.likelihood.small import Array, compiled

Index = NDArray[np.int64]

# Columns of `place`.
PATTERN, CLUSTER, GROUP, COUNT = 0, 1, 2, 3


@compiled()
def features_of(phi: Array, i: int, used: Index) -> int:
    """Write which features of row i are not 0, and return how many: of indicators, most are."""
    n = 0
    for f in range(phi.shape[1]):
        if phi[i, f] != 0.0:
            used[n] = f
            n += 1
    return n


@compiled()
def classify(
    phi: Array, x: Array, place: Index, allowed: Index, w: Array, b: Array, u: Array, i: int, used: Index, n: int,
    prior: Array, post: Array,
) -> float:  # fmt: skip
    """Write the probabilities of the classes of row i before and after its scores, and return log p(y_i)."""
    classes = b.shape[0]
    m, c, g = place[i, PATTERN], place[i, CLUSTER], place[i, GROUP]
    top, best = -np.inf, -np.inf
    for k in range(classes):
        if allowed[g, k] == 0:
            continue
        eta = u[c, k]
        for p in range(x.shape[1]):
            eta += x[i, p] * b[k, p]
        joint = eta
        for q in range(n):
            joint += phi[i, used[q]] * w[m, k, used[q]]
        prior[k], post[k] = eta, joint
        top, best = max(top, eta), max(best, joint)
    total, evidence = 0.0, 0.0
    for k in range(classes):
        if allowed[g, k] == 0:
            prior[k], post[k] = 0.0, 0.0
            continue
        prior[k], post[k] = np.exp(prior[k] - top), np.exp(post[k] - best)
        total += prior[k]
        evidence += post[k]
    for k in range(classes):
        prior[k] /= total
        post[k] /= evidence
    return best + np.log(evidence) - top - np.log(total)


@compiled()
def evaluate(
    phi: Array, x: Array, place: Index, allowed: Index, w: Array, b: Array, u: Array, dw: Array, db: Array, du: Array
) -> float:
    """Log-density of all rows, gradients written into the last three.

    Parameters
    ----------
    phi : [row, feature]
    x : [row, regressor]
        Regressors of membership, the first of them 1.
    place : int64 [row, 4]
        Pattern of missing waves, cluster, group, and the number of pupils that the row stands for.
    allowed : int64 [group, class]
        1 where a class occurs in a group.
    w, dw : [pattern, class, feature]
    b, db : [class, regressor]
    u, du : [cluster, class]
    """
    classes, features, regressors = b.shape[0], phi.shape[1], x.shape[1]
    prior, post, used = np.zeros(classes), np.zeros(classes), np.zeros(features, np.int64)
    dw[:] = 0.0
    db[:] = 0.0
    du[:] = 0.0
    total = 0.0
    for i in range(len(phi)):
        count = float(place[i, COUNT])
        n = features_of(phi, i, used)
        total += count * classify(phi, x, place, allowed, w, b, u, i, used, n, prior, post)
        m, c = place[i, PATTERN], place[i, CLUSTER]
        for k in range(classes):
            r = count * post[k]
            d = r - count * prior[k]
            for q in range(n):
                dw[m, k, used[q]] += r * phi[i, used[q]]
            for p in range(regressors):
                db[k, p] += d * x[i, p]
            du[c, k] += d
    return total


@compiled()
def rows(
    phi: Array, x: Array, place: Index, allowed: Index, w: Array, b: Array, u: Array, logp: Array, post: Array
) -> None:
    """Write log p(y_i) [row] and the probabilities of the classes given all data of the row [row, class]."""
    prior, here, used = np.zeros(b.shape[0]), np.zeros(b.shape[0]), np.zeros(phi.shape[1], np.int64)
    for i in range(len(phi)):
        n = features_of(phi, i, used)
        logp[i] = classify(phi, x, place, allowed, w, b, u, i, used, n, prior, here)
        for k in range(len(here)):
            post[i, k] = here[k]
