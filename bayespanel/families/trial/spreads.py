"""Covariances of a Gaussian trial as parameters of a `pm.Model`; see `loadings` for what they are."""

from __future__ import annotations

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from pytensor.tensor.variable import TensorVariable

from bayespanel.families.trial.covariances import effect_shape
from bayespanel.families.trial.design import Array, Design
from bayespanel.families.trial.spec import ClusterTrial, split_levels, varying_level
from bayespanel.inference.parameters import correlated, covariance, deviation


def spreads(
    spec: ClusterTrial, plan: Design, scale: TensorVariable
) -> tuple[TensorVariable, TensorVariable, TensorVariable]:
    """Return sigma [arm, cell, cell] and the inner and the outer covariance [effect, effect], within a `pm.Model`.

    Parameters
    ----------
    spec, plan
        The model and its design.
    scale : [cell]
        What standardised rows count in.
    """
    arms, split = len(plan.arms), split_levels(spec, plan.apart)
    residual = _level(spec, plan, "residual", scale)
    sigma = residual if "residual" in split else pt.stack([residual[0]] * arms)
    levels = []
    for level in spec.cluster_levels:
        if level == varying_level(spec):
            levels.append(_with_effects(spec, plan, level, scale))
        else:
            psi = _level(spec, plan, level, scale)
            levels.append(_side_by_side(psi, arms, len(plan.cells)) if level in split else psi[0])
    inner, outer = (*levels, pt.zeros((0, 0)), pt.zeros((0, 0)))[:2]
    return sigma, inner, outer


def spreads_start(spec: ClusterTrial, plan: Design) -> dict[str, Array]:
    """Return where signed scales start: off zero, where their gradient vanishes."""
    arms, split = len(plan.arms), split_levels(spec, plan.apart)
    out = {
        f"{level}_scale": np.tile(0.3 * plan.scale, (arms, 1)) if level in split else 0.3 * plan.scale
        for level in spec.cluster_levels
    }
    if varying_level(spec):
        out["effect_scale"] = np.broadcast_to(0.1 * plan.scale[: len(plan.outcomes)], effect_shape(plan)).copy()
    return out


def _level(spec: ClusterTrial, plan: Design, name: str, scale: TensorVariable) -> TensorVariable:
    """Covariances [arm or 1, cell, cell] of one level."""
    cells = len(plan.cells)
    front, dims = ((len(plan.arms),), ("every_arm",)) if name in split_levels(spec, plan.apart) else ((), ())
    return covariance(
        name,
        spec.prior(f"{name}_sd"),
        spec.prior(f"{name}_corr") if cells > 1 else None,
        scale,
        (*front, cells),
        (*dims, "cell"),
        side=("cell", "cell_"),
        signed=name != "residual",
    )


def _with_effects(spec: ClusterTrial, plan: Design, level: str, scale: TensorVariable) -> TensorVariable:
    """Covariance [term, term] of the means of clusters and of the effects in them."""
    cells, shape = len(plan.cells), effect_shape(plan)
    lead = ("arm",) if len(shape) > 1 else ()
    unit = scale[: len(plan.outcomes)]
    effect = deviation("effect_scale", spec.prior("effect_sd"), unit, shape, (*lead, "outcome"), signed=True)
    pm.Deterministic("effect_sd", pt.abs(effect), dims=(*lead, "outcome"))
    terms = cells + int(np.prod(shape))
    if spec.varying_effects == "correlated":
        mean = deviation(f"{level}_scale", spec.prior(f"{level}_sd"), scale, (cells,), ("cell",), signed=True)
        pm.Deterministic(f"{level}_sd", pt.abs(mean), dims="cell")
        both = pt.concatenate([mean, effect.ravel()])
        return correlated(level, both, spec.prior(f"{level}_corr"), (terms,), ("term", "term_"), signed=True)[0]
    means = _level(spec, plan, level, scale)[0]
    return pt.set_subtensor(pt.diag(pt.concatenate([pt.zeros(cells), effect.ravel() ** 2]))[:cells, :cells], means)


def _side_by_side(psi: TensorVariable, arms: int, cells: int) -> TensorVariable:
    """Write the covariance of each arm [arm, cell, cell] along the diagonal of one matrix."""
    apart = psi[:, :, None, :] * np.eye(arms)[:, None, :, None]
    return apart.reshape((arms * cells, arms * cells))
