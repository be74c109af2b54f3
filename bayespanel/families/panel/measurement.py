"""How items measure the variables of a panel model: from what the model implies of variables to items.

With eta_t the scores of the variables at wave t, which a model without items would take for observed, the items are::

    x_t = nu_t + Lambda_t eta_t + d_t,     d_t ~ N(0, diag(theta_t)), independent over waves                   (25)

so that a pupil's items have the covariance Lambda Sigma Lambda' + Theta, and the effects of a class or school on
variables, with the loading L and the covariance Psi, become effects on items with the covariance Lambda L Psi L'
Lambda'. What an item has of its own at all waves, in a pupil, class or school (`item_effects`), adds a variance omega
to all of its cells. The first item of a variable has the loading 1. A variable without items is its own, with the
loading 1 and no residual. Cells beside the scores (see `further`) are left as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bayespanel.data import Moments
from bayespanel.data.moments import select
from bayespanel.families.panel.component import Component
from bayespanel.families.panel.continuous import wave_times
from bayespanel.families.panel.indicators import HELD, INVARIANCE, columns, read
from bayespanel.families.panel.spec import RICLPM
from bayespanel.inference.structure import Array

Index = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Measured:
    """How items measure variables at certain waves.

    Attributes
    ----------
    items
        The columns of the data, those of one variable after those of another.
    owner : [item]
        Number of the variable that each measures.
    several : [indicator]
        Numbers of the items whose variable has several: those with residuals.
    loading_of, intercept_of
        Labels of the free loadings and of the intercepts: an item, or "item@wave" where it has one of its own.
    loading_at, intercept_at : [wave, item]
        Number of the loading and of the intercept of an item at a wave; -1 for a loading of 1.
    variables
        Number of variables.
    """

    items: tuple[str, ...]
    owner: Index
    several: Index
    loading_of: tuple[str, ...]
    loading_at: Index
    intercept_of: tuple[str, ...]
    intercept_at: Index
    variables: int

    @property
    def waves(self) -> int:
        """Number of waves."""
        return len(self.loading_at)

    @property
    def steady(self) -> bool:
        """Whether every item has one loading for all waves."""
        return bool((self.loading_at == self.loading_at[0]).all())

    def on_all(self, further: int = 0) -> Acting:
        """Return how the scores of variables act on all cells of a pupil, those beside the scores last."""
        cells = self.waves * self.variables + np.arange(further)
        by_wave = self.variables * np.arange(self.waves)[:, None] + self.owner
        none = np.full(further, -1)
        return Acting(np.concatenate([by_wave.ravel(), cells]), np.concatenate([self.loading_at.ravel(), none]))

    def of_cluster(self, part: Component) -> Acting:
        """Return how the effects of a class or school on variables act on those on items; see `cluster_loading`."""
        if not part.stable:
            return self.on_all()
        if self.steady:
            return Acting(self.owner, self.loading_at[0])
        return Acting(np.tile(self.owner, self.waves), self.loading_at.ravel())

    @property
    def residual_at(self) -> Index:
        """Number of the residual of every cell of items, among those [wave, indicator]; -1 for none."""
        out = np.full(self.loading_at.shape, -1)
        out[:, self.several] = np.arange(self.waves * len(self.several)).reshape(self.waves, -1)
        return out.ravel()

    def shares(self, *, each: bool) -> Array:
        """Return which cells have something that lasts of an item in common [indicator, cell, cell]: 1, else 0.

        Parameters
        ----------
        each
            Whether for every cell, wave by wave, or once for every item.
        """
        item = np.tile(np.arange(len(self.items)), self.waves if each else 1)
        own = self.several[:, None] == item
        return np.asarray(own[:, :, None] & own[:, None, :], np.float64)


@dataclass(frozen=True, eq=False)
class Acting:
    """How something of variables acts on items, one for one.

    Attributes
    ----------
    source : [cell]
        Which of the variables' acts on each item.
    number : [cell]
        Number of the free loading by which it acts; -1 for 1.
    """

    source: Index
    number: Index

    def carried(self, covariance: Array, load: Array) -> Array:
        """Return the covariance of items from that of variables, and the loadings [cell]."""
        return np.asarray(load[:, None] * covariance[np.ix_(self.source, self.source)] * load)

    def back(self, covariance: Array, load: Array, gradient: Array) -> tuple[Array, Array]:
        """Return the gradients for both arguments of `carried` from that, symmetric, for its result."""
        select = np.eye(len(covariance))[self.source]
        scaled = load[:, None] * gradient * load
        return select.T @ scaled @ select, 2 * (gradient * covariance[np.ix_(self.source, self.source)]) @ load


def taken(values: Array, number: Index, otherwise: float) -> Array:
    """Return values by their numbers; another one where the number is -1."""
    return np.append(values, otherwise)[number]


def returned(gradient: Array, number: Index, size: int) -> Array:
    """Return the gradient for `values` from that for what was taken."""
    out = np.zeros(size + 1, gradient.dtype)
    np.add.at(out, number.ravel(), np.ravel(gradient))
    return out[:size]


def measured(spec: RICLPM, waves: Sequence[str]) -> Measured:
    """Return how the items of a model measure its variables at waves of these names."""
    items, held = columns(spec), HELD[spec.invariance]
    owner = np.repeat(np.arange(len(spec.variables)), [len(spec.indicators.get(name, " ")) for name in spec.variables])
    first = np.array([i == 0 or owner[i] != owner[i - 1] for i in range(len(items))])
    apart = {part: np.full((len(waves), len(items)), part not in held) for part in ("loading", "intercept")}
    for name in spec.released:
        parts, item, wave = read(name, spec.indicators)
        for part in parts:
            apart[part][list(waves).index(wave) if wave else slice(None), items.index(item)] = True
    loading_of, loading_at = _numbered(items, waves, apart["loading"], ~first)
    intercept_of, intercept_at = _numbered(items, waves, apart["intercept"], np.ones(len(items), bool))
    several = np.flatnonzero([spec.variables[k] in spec.indicators for k in owner])
    return Measured(items, owner, several, loading_of, loading_at, intercept_of, intercept_at, len(spec.variables))


def _numbered(
    items: Sequence[str], waves: Sequence[str], apart: NDArray[np.bool_], free: NDArray[np.bool_]
) -> tuple[tuple[str, ...], Index]:
    """Number parameters: those that items have at several waves, then those of single waves, wave by wave."""
    at, labels = np.full(apart.shape, -1), list[str]()
    for i in np.flatnonzero(free & ~apart.all(axis=0)).tolist():
        at[~apart[:, i], i] = len(labels)
        labels.append(items[i])
    for t, i in np.argwhere(apart & free).tolist():
        at[t, i] = len(labels)
        labels.append(f"{items[i]}@{waves[t]}")
    return tuple(labels), at


def constructs(spec: RICLPM) -> RICLPM:
    """Return the model of the variables alone, as if they were observed, with means of every wave."""
    alone = {"indicators": {}, "invariance": INVARIANCE[0], "released": (), "item_effects": ()}
    return replace(spec, **alone, means="free", priors=())  # type: ignore[arg-type]  # each by its name


def of_constructs(spec: RICLPM, moments: Moments) -> Moments:
    """Return the data that give variables their units: the first item of each, under the name of the variable."""
    if not spec.indicators:
        return moments
    first = [spec.indicators.get(name, (name,))[0] for name in spec.variables]
    scale = moments.scale[[moments.variables.index(name) for name in first]]
    return replace(select(moments, first, None, recentre=False), variables=spec.variables, scale=scale)


def cluster_loading(spec: RICLPM, part: Component, moments: Moments) -> Array:
    """Return how the effects of a class or school, as the likelihood has them, act on scores [cell, effect].

    Of variables that items measure, these are effects on items, equal over waves or one for each cell.
    """
    times = wave_times(moments)
    if not spec.indicators:
        return part.loading(times, len(spec.variables))
    plan = measured(spec, moments.waves)
    cells = plan.waves * len(plan.items)
    if plan.steady and part.stable:
        return np.asarray(np.kron(np.ones((plan.waves, 1)), np.eye(len(plan.items))), np.float64)
    return np.eye(cells)


def at_item(at: Index) -> Index:
    """Return the item of each parameter from the numbers [wave, item] of parameters."""
    number = int(at.max()) + 1
    return np.array([np.nonzero(at == i)[1][0] for i in range(number)], np.int64)
