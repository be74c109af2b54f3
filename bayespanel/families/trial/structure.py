"""The natural parameters of a Gaussian trial for maximum likelihood: means, effects and covariances."""

from __future__ import annotations

import numpy as np

from bayespanel.families.trial.covariances import effect_shape, normal, sides, to_names
from bayespanel.families.trial.design import Design
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
    levels = len(spec.cluster_levels)
    outcome = variance[: len(design.outcomes)]
    effects = np.broadcast_to(outcome, effect_shape(design))
    for name, side in sides(spec, design).items():
        share = 1.0 - between * levels if name == "residual" else between
        size, part = variance, np.full(len(variance), share)
        if "term" in side:
            size = np.concatenate([variance, effects.ravel()])
            part = np.append(part, np.full(effects.size, 0.5 * share))
        full = (len(design.arms), len(size), len(size)) if "every_arm" in side else (len(size), len(size))
        begin = np.broadcast_to(np.diag(part * size), full).copy()
        unit_of = np.broadcast_to(np.sqrt(np.outer(size, size)), full)
        blocks.append(Block(f"{name}_cov", side, begin, unit_of, symmetric=True))
    if spec.varying_effects == "uncorrelated":
        lead = ("arm",) if len(design.arms) > 2 else ()
        own = effects[..., None, None].copy()
        blocks.append(
            Block("effect_variance", (*lead, "outcome", "one", "one_"), 0.5 * between * own, own, symmetric=True)
        )

    def forward(a: Arrays) -> Normal:
        sigma, inner, outer = normal(spec, design, _numbers(a))
        return sigma, coefficients(design, a, linear), inner, outer

    def adjoint(_: Arrays, g: Normal) -> Arrays:
        out = {name: np.einsum("gcxk,gcx->k", linear[name], g[1]).reshape(shape[name]) for name in dims}
        found = to_names(spec, design, g[0], g[2], g[3])
        if "effect_variance" in found:
            found["effect_variance"] = found["effect_variance"][..., None, None]
        return out | found

    return Structure(tuple(blocks), forward, adjoint)


def _numbers(arrays: Arrays) -> Arrays:
    """Return the arrays with variances that are searched as matrices of one row as numbers."""
    if "effect_variance" not in arrays:
        return arrays
    return arrays | {"effect_variance": arrays["effect_variance"][..., 0, 0]}
