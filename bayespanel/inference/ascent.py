"""The nearest maximum of a likelihood from a start that is close to it, such as a posterior mean, by gradients alone.

`maximum_likelihood` finds maxima from afar and judges them with exact second derivatives. A check of a fit asks for
less: the height of the likelihood, to a hundredth, of the model and of its neighbours, in a fraction of a second. With
the covariance of the posterior as a first inverse of the information, a few dozen quasi-Newton steps arrive (BFGS;
Nocedal & Wright 2006, doi:10.1007/978-0-387-40065-5, equation 6.17).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bayespanel.inference.faces import Face, cone
from bayespanel.inference.maximum_likelihood import objective
from bayespanel.inference.structure import Array, Structure
from bayespanel.likelihood.packed_sums import Statistics

GAIN = 1e-4
"""Log-likelihood that a further step may still promise at a maximum: a likelihood ratio is then right to 0.001."""

STEPS = 500
"""Quasi-Newton steps, at most."""

SHORTEST = 1e-8
"""Shortest share of a step that is tried."""

SUFFICIENT = 1e-4
"""Share of the promised rise that a step has to bring."""

INWARD = 0.1
"""Share by which a covariance is drawn to a diagonal one before the climb: at the boundary a factor has no slope."""

LEAST = 1e-3
"""Variance, as a share of the data's, that is added to every one before the climb, for the same reason."""

PROPER = 1e-6
"""Size of a negative eigenvalue, variances counted in those of the data, that is rounding."""

RIDGE = 1e-3
"""Added to every variance, as a share of it, so that no direction is shut out by few draws."""


@dataclass(frozen=True, eq=False)
class Ascent:
    """Where a climb ended.

    Attributes
    ----------
    log_likelihood
        With every constant.
    vector
        Parameters, in units of the structure.
    converged
        Whether it is a maximum as far as gradients tell.
    """

    log_likelihood: float
    vector: Array
    converged: bool


def ascend(
    structure: Structure, statistics: Statistics, start: Array, covariance: Array, *, beyond: bool = True
) -> Ascent:
    """Climb from a start to the nearest maximum.

    Parameters
    ----------
    structure, statistics
        Model and data.
    start : [parameter]
        In units of the structure; its covariances may lie on the boundary.
    covariance : [parameter, parameter]
        About how uncertain the parameters are. It decides how fast the climb is, not where it ends.
    beyond
        Whether covariances that the model lets beyond the positive definite ones may go there.
    """
    natural = objective(structure, statistics)
    held = tuple(part for part in cone(structure).factored if not (beyond and part[0].beyond))
    face = Face(structure.size, held)

    def along(x: Array) -> tuple[float, Array]:
        logl, gradient = natural(face.vector(x))
        return float(logl), np.asarray(face.pull(x, gradient))

    x = face.coordinates(_inside(face, start))
    back = np.linalg.inv(face.jacobian(x))
    inverse = back @ (covariance + RIDGE * np.diag(np.diag(covariance))) @ back.T
    logl, gradient = along(x)
    for _ in range(STEPS if np.isfinite(logl) else 0):
        ahead = inverse @ gradient
        promise = float(gradient @ ahead)
        if 0.5 * promise < GAIN:
            return Ascent(logl, face.vector(x), True)
        share = 1.0
        new, new_gradient = along(x + ahead)
        while not new >= logl + SUFFICIENT * share * promise:
            share *= 0.5
            if share < SHORTEST:
                return Ascent(logl, face.vector(x), False)
            new, new_gradient = along(x + share * ahead)
        step, change = share * ahead, gradient - new_gradient
        x, logl, gradient = x + step, new, new_gradient
        inverse = _updated(inverse, step, change)
    return Ascent(logl, face.vector(x), False)


def is_proper(structure: Structure, vector: Array) -> bool:
    """Return whether every covariance of a vector is one: none has a negative eigenvalue."""
    arrays = structure.arrays(vector)
    return all(
        float(np.linalg.eigvalsh(arrays[block.name] / block.unit).min()) >= -PROPER
        for block in structure.blocks
        if block.symmetric
    )


def _inside(face: Face, vector: Array) -> Array:
    """Return a vector whose factored covariances are positive definite."""
    out = vector.copy()
    for matrix, _, _ in face.factored:
        here = matrix.of(vector)
        apart = here - np.diag(np.diag(here))
        out[matrix.place] = here - INWARD * apart + LEAST * np.eye(len(here))
    return out


def _updated(inverse: Array, step: Array, change: Array) -> Array:
    """Return the inverse information after a step along which the gradient fell by `change`."""
    curvature = float(step @ change)
    if curvature <= 1e-12 * float(np.linalg.norm(step) * np.linalg.norm(change)):
        return inverse  # the likelihood curves upward along this step: it says nothing about a maximum
    moved = inverse @ change
    factor = (1.0 + float(change @ moved) / curvature) / curvature
    cross = np.outer(moved, step) / curvature
    return inverse + factor * np.outer(step, step) - cross - cross.T  # (6.17)
