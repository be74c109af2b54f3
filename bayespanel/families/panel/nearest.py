"""The parameters of a model that are nearest to given moments, by Kullback-Leibler divergence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from bayespanel.data import Moments
from bayespanel.families.panel.spec import RICLPM
from bayespanel.families.panel.statistics import statistics
from bayespanel.inference.maximum_likelihood import hessian, maximise, objective
from bayespanel.inference.structure import Structure

Array = NDArray[np.float64]

PUPILS = 1_000_000
"""In which moments are written: so many that one more or less does not count."""

SETTLED = 1e-8
"""Gradient per pupil, in standard errors of one pupil, at which a nearest point counts as found."""

ROUNDING = 100
"""Times that, within which it is accepted where rounding ends the search."""


@dataclass(frozen=True, eq=False)
class Nearest:
    """Finds the parameters nearest to moments, in coordinates in which the likelihood is about round."""

    model: Structure
    vector: Array
    root: Array

    @classmethod
    def around(cls, spec: RICLPM, model: Structure, moments: Moments) -> Nearest:
        """Find the maximum for a first set of moments, and the shape of the likelihood there."""
        known = statistics(spec, moments)
        top = maximise(model, known)
        information = -hessian(objective(model, known), top.vector) / PUPILS
        values, vectors = np.linalg.eigh(information)
        return cls(model, top.vector, vectors / np.sqrt(np.maximum(values, 1e-6 * values.max())))

    def to(self, spec: RICLPM, moments: Moments, begin: Array) -> tuple[Array, bool]:
        """Return the parameters nearest to moments, and whether they are."""
        likelihood = objective(self.model, statistics(spec, moments))
        zero = likelihood(begin)[0]

        def depth(step: Array) -> tuple[float, Array]:
            value, gradient = likelihood(begin + self.root @ step)
            if not np.isfinite(value):
                return np.inf, np.zeros_like(step)
            return (zero - value) / PUPILS, -(gradient @ self.root) / PUPILS

        found = minimize(
            depth, np.zeros(len(begin)), jac=True, method="BFGS", options={"gtol": SETTLED, "maxiter": 500}
        )
        return begin + self.root @ found.x, bool(np.abs(depth(found.x)[1]).max() < ROUNDING * SETTLED)
