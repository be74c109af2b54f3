"""The equation of the toy."""

from __future__ import annotations

from bayespanel.families.shared.equations import Equation
from tests.families.toy.spec import Toy


def equations(spec: Toy) -> tuple[Equation, ...]:
    """Return the one equation."""
    words = f"y: {spec.variable} of pupil i at wave t; μ, its mean; β, the effect of x, {spec.covariate}; N: a normal "
    return (Equation("y_{it} ∼ N(μ + β x_i, σ^2)", words + "distribution with the variance σ^2."),)
