"""Classes and, within each, the points of its random effects: the components of a mixture.

A class with random effects that are summed over points is a mixture of as many components as there are points, whose
shares are known (Hedeker & Gibbons 1994, doi:10.2307/2533433), and the kernel of `likelihood.latent_classes` takes
components for classes. Without random effects, or where a Gaussian outcome integrates them in closed form, each class
is one component.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from bayespanel.families.trajectories.plan import Array, Plan
from bayespanel.likelihood.kernels import latent_class_rows, latent_classes


def of_components(layout: Plan, b: Any, u: Any) -> tuple[Any, Any]:
    """Return logits of components B [class x point, regressor] and U [cluster, class x point] from those of classes."""
    number = len(layout.points.log_share)
    if number == 1:
        return b, u
    share = np.zeros((1, number, layout.x.shape[1]))
    share[0, :, 0] = layout.points.log_share
    b = (b[:, None, :] + share).reshape((-1, layout.x.shape[1]))
    return b, (u[:, :, None] + np.zeros((1, 1, number))).reshape((-1, layout.classes * number))


def gathered(layout: Plan, values: Array, axis: int) -> Array:
    """Add up components to their classes along an axis."""
    number = len(layout.points.log_share)
    if number == 1:
        return values
    axis %= values.ndim
    shape = (*values.shape[:axis], layout.classes, number, *values.shape[axis + 1 :])
    return np.asarray(values.reshape(shape).sum(axis=axis + 1))


def density(layout: Plan, w: Array, b: Array, u: Array) -> tuple[float, Array, Array]:
    """Return the log-density of all rows and its gradients for W [pattern, component, feature] and B of classes.

    Parameters
    ----------
    layout
        The plan.
    w, b, u
        W of components; logits of classes and effects of clusters on them.
    """
    b, u = of_components(layout, b, u)
    logl, dw, db, _ = latent_classes(layout.phi, layout.x, layout.place, layout.allowed_components, w, b, u)
    return float(logl), dw, gathered(layout, db, 0)


def rows_of(layout: Plan, w: Array, b: Array, u: Array, rows: Any = slice(None)) -> tuple[Array, Array]:
    """Return the log-density [row] and the probability of each component given all data [row, class x point]."""
    b, u = of_components(layout, b, u)
    place, allowed = layout.place[rows], layout.allowed_components
    return latent_class_rows(layout.phi[rows], layout.x[rows], place, allowed, w, b, u)


def without_clusters(layout: Plan, w: Array, b: Array) -> Array:
    """Return the probability of each component given all data [row, class x point], effects of clusters left out."""
    place = layout.place.copy()
    place[:, 1] = 0
    b, u = of_components(layout, b, np.zeros((1, layout.classes)))
    return latent_class_rows(layout.phi, layout.x, place, layout.allowed_components, w, b, u)[1]
