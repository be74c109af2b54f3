"""Maximum likelihood of panel models whose variables are measured by items: equation (25) of `measurement`."""

from __future__ import annotations

import numpy as np

from bayespanel.data import Moments
from bayespanel.families.panel.components import clusters, further
from bayespanel.families.panel.indicators import has_means
from bayespanel.families.panel.measurement import Measured, at_item, measured, of_constructs, returned, taken
from bayespanel.families.panel.spec import RICLPM
from bayespanel.inference.structure import Array, Arrays, Block, Normal, Structure

RESIDUAL = 0.3
"""Share of an item's variance with which the search for its residual variance starts."""

LASTING = 0.05
"""The same of what each level adds that is an item's own and lasts."""


def items_of(inner: Structure, spec: RICLPM, moments: Moments, shocked: str = "") -> Structure:
    """Return the structure of items from that of the variables behind them.

    Parameters
    ----------
    inner
        The structure of `constructs`, for the data of `of_constructs`.
    spec, moments
        The model, and the data of its items.
    shocked
        A level whose effects on the variables of `inner` differ between waves, whatever the model says.
    """
    plan = measured(spec, moments.waves)
    p, q, k = plan.waves * len(plan.items), plan.waves * plan.variables, plan.variables
    origin, free = of_constructs(spec, moments).centre, len(plan.loading_of)
    acting = plan.on_all(len(further(spec)))
    levels = [plan.on_all() if part.name == shocked else plan.of_cluster(part) for part in clusters(spec)]
    sizes = {"pupil": p} | {part.name: len(level.source) for part, level in zip(clusters(spec), levels, strict=True)}
    lasting = {level: plan.shares(each=size > len(plan.items)) for level, size in sizes.items()}
    at = {level: spec.item_effects.index(level) for level in spec.item_effects}
    blocks = [block for block in inner.blocks if block.name != "mean"]
    blocks[:0] = _blocks(spec, plan, moments)

    def means(a: Arrays) -> Arrays:
        whole = np.zeros((plan.waves, k), a["item_intercept"].dtype)
        if has_means(spec):
            whole[1:] = a["mean"]
        return a | {"mean": whole}

    def own(a: Arrays, level: str) -> Array | float:
        """Return the covariance of effects that items of a level have of their own."""
        if level not in at:
            return 0.0
        return np.tensordot(a["item_effect_variance"][at[level]].ravel(), lasting[level], axes=1)

    def behind(a: Arrays) -> list[Array]:
        sigma, rows, *covariances = inner.forward(means(a))
        rows = rows[0].copy()
        rows[:q, 0] += origin
        return [sigma[0], rows, *covariances]

    def forward(a: Arrays) -> Normal:
        sigma, rows, *covariances = behind(a)
        load = taken(a["item_loading"], acting.number, 1.0)
        whole = acting.carried(sigma, load)
        whole[:p, :p] += np.diag(taken(a["item_variance"].ravel(), plan.residual_at, 0.0)) + own(a, "pupil")
        seen = load[:, None] * rows[acting.source]
        seen[:p, 0] += a["item_intercept"][plan.intercept_at.ravel()] - moments.centre
        for i, level in enumerate(levels):
            carried = level.carried(covariances[i], taken(a["item_loading"], level.number, 1.0))
            covariances[i] = carried + own(a, spec.cluster_levels[i])
        return whole[None], seen[None], covariances[0], covariances[1]

    def adjoint(a: Arrays, g: Normal) -> Arrays:
        sigma, rows, *covariances = behind(a)
        load = taken(a["item_loading"], acting.number, 1.0)
        d_sigma, d_load = acting.back(sigma, load, g[0][0])
        d_load = d_load + (g[1][0] * rows[acting.source]).sum(axis=1)
        d_rows = np.eye(len(sigma))[acting.source].T @ (load[:, None] * g[1][0])
        d_free, back = returned(d_load, acting.number, free), list(g[2:])
        for i, level in enumerate(levels):
            back[i], d = level.back(covariances[i], taken(a["item_loading"], level.number, 1.0), g[2 + i])
            d_free = d_free + returned(d, level.number, free)
        out = inner.adjoint(means(a), (d_sigma[None], d_rows[None], back[0], back[1]))
        mean = out.pop("mean")
        if has_means(spec):
            out["mean"] = mean[1:]
        shape = a["item_variance"].shape
        out["item_variance"] = returned(np.diag(g[0][0])[:p], plan.residual_at, a["item_variance"].size).reshape(shape)
        if at:
            whole = {"pupil": g[0][0][:p, :p]} | dict(zip(spec.cluster_levels, g[2:], strict=False))
            shared = [np.einsum("ijk,jk->i", lasting[level], whole[level]) for level in spec.item_effects]
            out["item_effect_variance"] = np.array(shared)[..., None, None]
        out["item_loading"] = d_free
        out["item_intercept"] = returned(g[1][0][:p, 0], plan.intercept_at, len(plan.intercept_of))
        return out

    return Structure(tuple(blocks), forward, adjoint, inner.constants)


def _blocks(spec: RICLPM, plan: Measured, moments: Moments) -> list[Block]:
    """Return the blocks of items, and of the means of variables where they have any."""
    sd = moments.scale
    marker = of_constructs(spec, moments).scale
    centre = moments.centre.reshape(plan.waves, -1)
    out = []
    if has_means(spec):
        unit = np.tile(marker, (plan.waves - 1, 1))
        out.append(Block("mean", ("later_wave", "variable"), np.zeros(unit.shape), unit))
    each = [centre[plan.intercept_at == i].mean() for i in range(len(plan.intercept_of))]
    out.append(Block("item_intercept", ("intercept_of",), np.array(each), sd[at_item(plan.intercept_at)]))
    ratio = (sd / marker[plan.owner])[at_item(plan.loading_at)]
    out.append(Block("item_loading", ("loading_of",), ratio, ratio))
    variance = np.tile(sd[plan.several] ** 2, (plan.waves, 1))[..., None, None]
    dims = ("wave", "indicator", "one", "one_")
    out.append(Block("item_variance", dims, RESIDUAL * variance, variance, symmetric=True, beyond=True))
    if spec.item_effects:
        variance = np.tile(sd[plan.several] ** 2, (len(spec.item_effects), 1))[..., None, None]
        dims = ("item_level", "indicator", "one", "one_")
        out.append(Block("item_effect_variance", dims, LASTING * variance, variance, symmetric=True, beyond=True))
    return out
