"""Items as a graph: equation (25) of `measurement`."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from pytensor.tensor.variable import TensorVariable

from bayespanel.data import Moments
from bayespanel.families.panel.component import Component
from bayespanel.families.panel.front import Front
from bayespanel.families.panel.measurement import Acting, Index, at_item, measured
from bayespanel.families.panel.spec import RICLPM
from bayespanel.inference.parameters import deviation, location


class Items:
    """The parameters of the items of a model, made within its context, and what they do to its moments.

    Parameters
    ----------
    spec, moments
        The model, and the data of its items.
    scale : [variable]
        Standard deviations of the variables, in whose units loadings count.
    centre : [cell]
        Means of the items, from which the data count.
    front
        Which parameters differ between groups.
    """

    def __init__(
        self, spec: RICLPM, moments: Moments, scale: TensorVariable, centre: TensorVariable, front: Front
    ) -> None:
        self.plan, self.centre = measured(spec, moments.waves), centre
        plan, number = self.plan, len(self.plan.items)
        sd = pt.specify_shape(pm.Data("item_scale", moments.scale), (number,))
        overall = centre.reshape((plan.waves, number)).mean(axis=0)
        at = at_item(plan.intercept_at)
        placed = front("item_intercept", (len(at),), ("intercept_of",))
        location("item_intercept", spec.prior("item_intercept"), overall[at], sd[at], *placed)
        at = at_item(plan.loading_at)
        unit = sd[at] / scale[plan.owner[at]]
        placed = front("item_loading", (len(at),), ("loading_of",))
        location("item_loading", spec.prior("item_loading"), 0.0, unit, *placed)
        shape, dims = front("item", (plan.waves, len(plan.several)), ("wave", "indicator"))
        deviation("item_sd", spec.prior("item_sd"), sd[plan.several], shape, dims, signed=False)
        self.lasting: dict[str, TensorVariable] = {}
        if spec.item_effects:
            shape, dims = (len(spec.item_effects), len(plan.several)), ("item_level", "indicator")
            row = spec.prior("item_effect_sd")
            scale = deviation("item_effect_scale", row, sd[plan.several], shape, dims, signed=True)
            pm.Deterministic("item_effect_sd", pt.abs(scale), dims=dims)
            self.lasting = {level: scale[i] ** 2 for i, level in enumerate(spec.item_effects)}

    def whole(self, sigma: TensorVariable, given: Mapping[str, TensorVariable], further: int) -> TensorVariable:
        """Return the covariance of all cells of a pupil from that of variables, and of `further` cells beside them."""
        out = _carried(self.plan.on_all(further), sigma, given)
        residual = _taken(given["item_sd"].ravel() ** 2, self.plan.residual_at, 0.0)
        out = out + pt.diag(pt.concatenate([residual, pt.zeros(further)]))
        return out + self._own("pupil", len(self.plan.residual_at), further)

    def coefficients(self, rows: TensorVariable, given: Mapping[str, TensorVariable], further: int) -> TensorVariable:
        """Return the coefficients [cell, regressor] of all cells from those of variables, counted from nothing."""
        acting = self.plan.on_all(further)
        out = _taken(given["item_loading"], acting.number, 1.0)[:, None] * rows[acting.source]
        own = given["item_intercept"][self.plan.intercept_at.ravel()] - self.centre
        own = pt.concatenate([own, pt.zeros(further)])[:, None]
        return pt.concatenate([out[:, :1] + own, out[:, 1:]], axis=1)

    def cluster(self, part: Component, psi: TensorVariable, given: Mapping[str, TensorVariable]) -> TensorVariable:
        """Return the covariance of the effects of a class or school on items from that on variables."""
        acting = self.plan.of_cluster(part)
        return _carried(acting, psi, given) + self._own(part.name, len(acting.source), 0)

    def _own(self, level: str, cells: int, further: int) -> TensorVariable | float:
        """Return the covariance [cell, cell] of effects of a level that items have of their own."""
        if level not in self.lasting:
            return 0.0
        shares = self.plan.shares(each=cells > len(self.plan.items))
        shares = np.pad(shares, [(0, 0), (0, further), (0, further)])
        return pt.tensordot(self.lasting[level], pt.as_tensor(shares), axes=1)


def _carried(acting: Acting, covariance: TensorVariable, given: Mapping[str, TensorVariable]) -> TensorVariable:
    load = _taken(given["item_loading"], acting.number, 1.0)
    return load[:, None] * covariance[acting.source[:, None], acting.source[None, :]] * load[None, :]


def _taken(values: TensorVariable, number: Index, otherwise: float) -> TensorVariable:
    """Return values by their numbers; another one where the number is -1."""
    last = values.type.shape[0]
    assert last is not None
    return pt.concatenate([values, pt.as_tensor(np.array([otherwise]))])[np.where(number < 0, last, number)]
