"""The natural parameters of a Gaussian trial for maximum likelihood: means, effects and covariances."""

from __future__ import annotations

import numpy as np

from bayespanel.families.trial.design import Array, Design
from bayespanel.families.trial.moments import coefficients, dimensions, shapes, terms, units
from bayespanel.families.trial.spec import ClusterTrial
from bayespanel.inference.structure import Arrays, Block, Normal, Structure


def structure(spec: ClusterTrial, design: Design, between: float = 0.1) -> Structure:
    """Return the structure of a Gaussian trial, with a start of this share of the variance at each cluster level.

    Families and priors play no part.
    """
    dims, shape, unit, linear = dimensions(design), shapes(design), units(design), terms(design)
    variance = design.scale**2
    blocks = [
        Block(
            name,
            dims[name],
            np.array(design.sums.centre) if name == "mean" else np.zeros(shape[name]),
            np.array(unit[name], float),
        )
        for name in dims
    ]
    names = ["residual", *spec.cluster_levels]
    shares = [1.0 - between * len(spec.cluster_levels), *[between] * len(spec.cluster_levels)]
    outer = np.outer(design.scale, design.scale)
    for name, share in zip(names, shares, strict=True):
        blocks.append(Block(f"{name}_cov", ("cell", "cell_"), share * np.diag(variance), outer, symmetric=True))

    def forward(a: Arrays) -> Normal:
        sigma = np.repeat(a["residual_cov"][None], len(design.arms), axis=0)
        inner, outer = cluster_covariances(spec, a)
        return sigma, coefficients(design, a, linear), inner, outer

    def adjoint(_: Arrays, g: Normal) -> Arrays:
        out = {name: np.einsum("gcxk,gcx->k", linear[name], g[1]).reshape(shape[name]) for name in dims}
        out["residual_cov"] = g[0].sum(0)
        for level, gradient in zip(spec.cluster_levels, g[2:], strict=False):
            out[f"{level}_cov"] = gradient
        return out

    return Structure(tuple(blocks), forward, adjoint)


def cluster_covariances(spec: ClusterTrial, arrays: Arrays) -> tuple[Array, Array]:
    """Return the covariances of the inner and the outer level; empty where there is none."""
    found = [arrays[f"{level}_cov"] for level in spec.cluster_levels]
    found += [np.zeros((0, 0))] * (2 - len(found))
    return found[0], found[1]
