"""Clusters that units cross: effects of a whole component, such as a school with all its classes, as one dense block.

A class that lasts one school year has an effect in that year alone, and pupils cross classes inside a school. Clusters
of the blocks are then *courses*: units that shared all their classes. With f the effects of all classes and schools of
a component, u_c = A_c f what the units of course c feel, M_c and v_c what they know of it::

    M = sum_c A_c' M_c A_c,   v = sum_c A_c' v_c,   Phi = R R' the block-diagonal prior covariance of f,   G = I + R'M R
    log-density   -1/2 log|G| + 1/2 v' V v,         V = R G^-1 R'
    posterior     mean m = V v and covariance V of f; of u_c, A_c m and A_c V A_c'
    dl/dPhi       1/2 ( w w' - N ),                 w = v - M m,   N = M - M V M,   R'NR = I - G^-1

A_c picks: every coordinate of u_c is one effect of a class (or school) plus, with two levels, one of a school. Such a
pair is a *place*. Many courses share it, so that M and v are added up over places first, and V is looked up there.
Derived in docs/likelihood.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from bayespanel.likelihood.packed_sums import Index
from bayespanel.likelihood.small import Array, cholesky, cholesky_semidefinite, compiled, inverse_from_cholesky

WEAK = 1e-4
"""Least M_ii R_ii^2, what data say of an effect beside its prior, from which I - G^-1 has digits enough to give N."""


@compiled()
def _gather(information: Array, vector: Array, courses: Index, place: Index, m: Array, v: Array) -> None:
    """Add what the courses of one component know to the lower triangle of M [place, place] and to v [place]."""
    q = vector.shape[1]
    for c in courses:
        own = place[c]
        at = 0
        for a in range(q):
            i = own[a]
            v[i] += vector[c, a]
            for b in range(a):
                x, j = information[c, at], own[b]
                if i == j:
                    x += x
                m[max(i, j), min(i, j)] += x
                at += 1
            m[i, i] += information[c, at]
            at += 1


@compiled()
def _of_effects(at_places: Array, v_places: Array, inner: Index, outer: Index, both: bool, m: Array, v: Array) -> None:
    """Add S' M S and S' v of places to M [effect, effect] and v [effect]; S names the effects of each place."""
    for x in range(len(inner)):
        i, k, above = inner[x], outer[x], v_places[x]
        v[i] += above
        for y in range(x):
            f, j = at_places[x, y], inner[y]
            m[i, j] += f
            m[j, i] += f
        m[i, i] += at_places[x, x]
        if both:
            v[k] += above
            for y in range(x):
                f, j, h = at_places[x, y], inner[y], outer[y]
                m[k, j] += f
                m[j, k] += f
                m[i, h] += f
                m[h, i] += f
                m[k, h] += f
                m[h, k] += f
            f = at_places[x, x]
            m[k, i] += f
            m[i, k] += f
            m[k, k] += f


@compiled()
def _root_times(m: Array, size: int, split: int, inner: Array, outer: Array, transposed: bool, out: Array) -> None:
    """Write R m, or R' m, into `out` [effect, column]."""
    k0, k1 = len(inner), len(outer)
    for level in range(2):
        root, k, first, last = (inner, k0, 0, split) if level == 0 else (outer, k1, split, size)
        for start in range(first, last, max(k, 1)):
            for b in range(k):
                row = out[start + b]
                for j in range(size):
                    row[j] = 0.0
                for a in range(b, k) if transposed else range(b + 1):
                    f = root[a, b] if transposed else root[b, a]
                    for j in range(size):
                        row[j] += f * m[start + a, j]


@compiled()
def _turn(m: Array, size: int, out: Array) -> None:
    """Write m' into `out`."""
    for i in range(size):
        for j in range(size):
            out[j, i] = m[i, j]


@compiled()
def _forward(factor: Array, size: int, y: Array) -> None:
    """Replace y [effect, column] by L^-1 y."""
    for i in range(size):
        row = y[i]
        for k in range(i):
            f, other = factor[i, k], y[k]
            for j in range(size):
                row[j] -= f * other[j]
        f = 1.0 / factor[i, i]
        for j in range(size):
            row[j] *= f


@compiled()
def _slopes(
    m: Array, y: Array, w: Array, size: int, split: int, k0: int, k1: int, d_inner: Array, d_outer: Array
) -> None:
    """Add 1/2 (w w' - N), N = M - Y'Y, of every class and school to the gradient of its covariance."""
    for level in range(2):
        k, first, last, out = (k0, 0, split, d_inner) if level == 0 else (k1, split, size, d_outer)
        for start in range(first, last, max(k, 1)):
            for a in range(k):
                for b in range(a + 1):
                    i, j = start + a, start + b
                    total = w[i] * w[j] - m[i, j]
                    for h in range(size):
                        total += y[h, i] * y[h, j]
                    out[a, b] += 0.5 * total
                    if b < a:
                        out[b, a] += 0.5 * total


@compiled()
def _whitened_slopes(
    g_inverse: Array, w: Array, size: int, split: int, k0: int, k1: int, inner: Array, outer: Array,
    d_inner: Array, d_outer: Array,
) -> None:  # fmt: skip
    """Add 1/2 w w' of every class and school to the gradient of its covariance, and - R'NR to what is whitened."""
    for level in range(2):
        k, first, last = (k0, 0, split) if level == 0 else (k1, split, size)
        whitened, out = (inner, d_inner) if level == 0 else (outer, d_outer)
        for start in range(first, last, max(k, 1)):
            for a in range(k):
                whitened[a, a] -= 1.0
                for b in range(k):
                    whitened[a, b] += g_inverse[start + a, start + b]
                    out[a, b] += 0.5 * w[start + a] * w[start + b]


@compiled()
def _add_unwhitened(matrix: Array, root: Array, out: Array) -> None:
    """Add R^-T X R^-1 / 2 to the gradient of a covariance R R'; X is spoilt."""
    k = len(root)
    for j in range(k):  # R^-T X
        for i in range(k - 1, -1, -1):
            for h in range(i + 1, k):
                matrix[i, j] -= root[h, i] * matrix[h, j]
            matrix[i, j] /= root[i, i]
    for i in range(k):  # (.) R^-1
        for j in range(k - 1, -1, -1):
            for h in range(j + 1, k):
                matrix[i, j] -= matrix[i, h] * root[h, j]
            matrix[i, j] /= root[j, j]
            out[i, j] += 0.5 * matrix[i, j]


@compiled()
def _at_places(centre: Array, v: Array, inner: Index, outer: Index, both: bool, mean: Array, cov: Array) -> None:
    """Write the posterior mean and covariance (its lower triangle) of what is felt at the places: S m and S V S'."""
    for x in range(len(inner)):
        i, k = inner[x], outer[x]
        mean[x] = centre[i] + centre[k] if both else centre[i]
        for y in range(x + 1):
            j, h = inner[y], outer[y]
            cov[x, y] = v[i, j] + v[i, h] + v[k, j] + v[k, h] if both else v[i, j]


@compiled()
def _scatter(felt: Array, spread: Array, courses: Index, place: Index, mean: Array, cov: Array) -> None:
    """Write the posterior mean and covariance of what the units of each course feel."""
    q = mean.shape[1]
    for c in courses:
        own = place[c]
        at = 0
        for a in range(q):
            i = own[a]
            mean[c, a] = felt[i]
            for b in range(a + 1):
                j = own[b]
                cov[c, at] = spread[max(i, j), min(i, j)]
                at += 1


@compiled(inline="always")
def integrate(
    information: Array, vector: Array, psi_inner: Array, psi_outer: Array, d: Any, mean: Array, cov: Array,
    d_inner: Array, d_outer: Array,
) -> float:  # fmt: skip
    """Integrate all effects out, component by component, and bring their posterior back; as `tree.climb`.

    Parameters
    ----------
    information : [course, lower triangle of basis x basis], vector : [course, basis]
        What the units of a course know about what they feel.
    psi_inner, psi_outer : [effect, effect]
        Covariances of the effects of one class, and of one school.
    d
        Tables of the data: who is in which component, and where the effects stand that each course feels.
    mean, cov
        Receive the posterior mean and covariance of what the units feel, in the layout of `vector` and `information`.
    d_inner, d_outer : [effect, effect]
        Zeros; receive the gradients with respect to the covariances.

    Returns
    -------
    float
        The clusters' part of the log-density, -inf where a covariance is none.
    """
    k0, k1 = len(psi_inner), len(psi_outer)
    inner_root, outer_root = psi_inner.copy(), psi_outer.copy()
    if not (cholesky_semidefinite(inner_root, k0) and cholesky_semidefinite(outer_root, k1)):
        return -np.inf
    components = len(d.component_inner)
    largest, places = 1, 0
    for g in range(components):
        largest = max(largest, k0 * d.component_inner[g] + k1 * d.component_outer[g])
        places = max(places, d.place_start[g + 1] - d.place_start[g])
    m, spread, g_factor, work, inverse, half, turned = np.empty((7, largest, largest))
    v, centre, w = np.empty(largest), np.empty(largest), np.empty(largest)
    at_places, felt = np.empty((places, places)), np.empty(places)
    x_inner, x_outer, whitened = np.zeros((k0, k0)), np.zeros((k1, k1)), False
    logp = 0.0
    for g in range(components):
        split = k0 * d.component_inner[g]
        size = split + k1 * d.component_outer[g]
        courses = d.component_course[d.component_start[g] : d.component_start[g + 1]]
        inner = d.place_inner[d.place_start[g] : d.place_start[g + 1]]
        outer = d.place_outer[d.place_start[g] : d.place_start[g + 1]]
        for i in range(size):
            v[i] = 0.0
            for j in range(size):
                m[i, j] = 0.0
        for i in range(len(inner)):
            felt[i] = 0.0
            for j in range(i + 1):
                at_places[i, j] = 0.0
        _gather(information, vector, courses, d.course_place, at_places, felt)
        _of_effects(at_places, felt, inner, outer, k1 > 0, m, v)
        _root_times(m, size, split, inner_root, outer_root, True, spread)  # R'M
        _turn(spread, size, work)
        _root_times(work, size, split, inner_root, outer_root, True, g_factor)
        weakest = np.inf
        for i in range(size):
            pivot = inner_root[i % k0, i % k0] if i < split else outer_root[(i - split) % k1, (i - split) % k1]
            weakest = min(weakest, m[i, i] * pivot * pivot)
            g_factor[i, i] += 1.0
        logdet = cholesky(g_factor, size)
        if logdet == -np.inf:
            return -np.inf
        inverse_from_cholesky(g_factor, size, work, inverse)
        _root_times(inverse, size, split, inner_root, outer_root, False, half)
        _turn(half, size, turned)
        _root_times(turned, size, split, inner_root, outer_root, False, work)  # V
        quadratic = 0.0
        for i in range(size):
            total = 0.0
            for j in range(size):
                total += work[i, j] * v[j]
            centre[i] = total
            quadratic += total * v[i]
        for i in range(size):
            total = v[i]
            for j in range(size):
                total -= m[i, j] * centre[j]
            w[i] = total
        logp += 0.5 * (quadratic - logdet)
        if weakest > WEAK:
            _whitened_slopes(inverse, w, size, split, k0, k1, x_inner, x_outer, d_inner, d_outer)
            whitened = True
        else:
            _forward(g_factor, size, spread)  # Y = L^-1 R'M
            _slopes(m, spread, w, size, split, k0, k1, d_inner, d_outer)
        _at_places(centre, work, inner, outer, k1 > 0, felt, at_places)
        _scatter(felt, at_places, courses, d.course_place, mean, cov)
    if whitened:
        _add_unwhitened(x_inner, inner_root, d_inner)
        _add_unwhitened(x_outer, outer_root, d_outer)
    return logp
