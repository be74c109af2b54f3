"""The models beside an RI-CLPM that free what it holds equal, each with a start that is the model itself.

A neighbour holds the model as a special case, so its maximum of the likelihood is higher by chance alone, or because
what is held equal is not. They are::

    lags, innovations, means    free over intervals or waves, where they are equal
    random intercepts           a free covariance, where there are none
    occasion errors             of each variable, or their correlations, where there are none
    loadings of intercepts      free over waves, where they are one
    order                       lags over two waves, where there are none
    growth                      of a pupil's own:  diag(v) (x) tt' + diag(c) (x) (t1' + 1t'), t the centred waves   (17)
    effects of a cluster level  stable ones, and shocks of single waves:  Psi (x) 11' + diag(delta) (x) I      (15)
    the pupil level             free means, and a free covariance of all cells, beside the model's cluster levels

(15) is part of what `cluster_effects="by_wave"` allows, with one variance delta >= 0 for each variable in place of a
free matrix over waves: a test with few parameters, which sees the departures that are usual, and can be computed with
few schools. (17) is that of a latent growth model whose slopes have variances v and go with their own variable's
intercepts alone: two parameters for each variable see growth that a test of all covariances at once misses.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import xarray as xr
from scipy.linalg import block_diag

from bayespanel.data import Moments
from bayespanel.families.panel import predictors
from bayespanel.families.panel.component import Component
from bayespanel.families.panel.components import clusters, further, joint, mean_dims, mean_loading, mean_units
from bayespanel.families.panel.continuous import wave_times
from bayespanel.families.panel.formed_anew import formed_anew
from bayespanel.families.panel.groups import alone, each, grouped, has_groups, labels_of, untagged
from bayespanel.families.panel.item_neighbours import at_means, behind_items, loadings_of, split
from bayespanel.families.panel.lifting import SMALL, Own, lifted
from bayespanel.families.panel.measurement import cluster_loading
from bayespanel.families.panel.moments import covariance
from bayespanel.families.panel.places import further_at, further_sd, regressors
from bayespanel.families.panel.restrictions import of_pupils, saturating
from bayespanel.families.panel.spec import RICLPM
from bayespanel.families.panel.statistics import statistics
from bayespanel.families.panel.structure import saturated, structure
from bayespanel.inference.packing import packed
from bayespanel.inference.structure import Array, Arrays, Block, Normal, Structure
from bayespanel.likelihood.packed_sums import Statistics

DRAWS = 1000
"""Draws, at most, from which a start and its uncertainty are taken."""

GROWTH = "growth"
"""Name of the neighbour with growth that differs between pupils: of `slopes` what few parameters see."""


LARGEST = 1000
"""Parameters of a neighbour beyond which it is passed over."""


@dataclass(frozen=True, eq=False)
class Neighbour:
    """A model that holds the fitted one as a special case.

    Attributes
    ----------
    name
        What it frees: "pupil", a name of `restrictions.RESTRICTIONS`, or `GROWTH`.
    structure, statistics, start, covariance
        As of `Own`.
    variances
        Number of variances that are zero in the fitted model, the boundary of what they may be; its other parameters
        lie inside.
    """

    name: str
    structure: Structure
    statistics: Statistics
    start: Array
    covariance: Array
    variances: int = 0


def own(spec: RICLPM, posterior: xr.Dataset, moments: Moments) -> Own:
    """Return the fitted model with its posterior mean and covariance."""
    model = structure(spec, moments)
    chains, draws = posterior.sizes["chain"], posterior.sizes["draw"]
    thinned = posterior.isel(draw=slice(None, None, max(1, chains * draws // DRAWS)))
    labels = labels_of(spec, moments)
    of = {
        label: {str(name): _flat(array) for name, array in own.data_vars.items()}
        for label, _, own in each(spec, thinned)
    }
    arrays = {}
    parts = {part.block: part for part in spec.components()}
    for block in model.blocks:
        name, label = untagged(block.name)
        part, flat = parts.get(name), of[label or labels[0]]
        values = of_block(name, flat) if part is None else covariance(flat, part)
        if part is not None and not part.correlated:
            values = np.einsum("...ii->...i", values)
        arrays[block.name] = values.reshape(len(values), *block.start.shape)
    vectors = np.stack([model.vector_of({name: a[d] for name, a in arrays.items()}) for d in range(len(values))])
    uncertain = np.atleast_2d(np.cov(vectors.T))
    return Own(model, statistics(spec, moments), vectors.mean(axis=0), uncertain, vectors)


def neighbours(spec: RICLPM, moments: Moments, fitted: Own, vector: Array) -> Iterator[Neighbour]:
    """Return the neighbours of a fitted model, the one that frees the pupil level first.

    Parameters
    ----------
    spec, moments, fitted
        Model and data.
    vector
        Where the search for their maxima starts: the model's own maximum.
    """
    unrestricted = _pupil_level(spec, moments, fitted, vector)
    yield unrestricted
    times, k = wave_times(moments), len(spec.variables)
    waves, normal = len(times), fitted.structure.forward(fitted.structure.arrays(vector))
    for name, restriction in of_pupils(spec, times):
        if name == "slopes":  # `GROWTH` speaks for it, with fewer parameters
            continue
        freed = structure(restriction.freed(spec), moments)
        start, uncertain = lifted(fitted, vector, freed, of=split(spec, restriction.freed(spec), moments))
        start = at_means(spec, restriction.freed(spec), moments, normal[1], freed, start)
        yield Neighbour(name, freed, fitted.statistics, start, uncertain)
    grown = behind_items(spec, moments, fitted.structure, _growth)
    steady = any(part.name == "intercept" and part.stable for part in spec.components())
    if steady and waves > 2 and grown.size <= unrestricted.structure.size:
        yield Neighbour(GROWTH, grown, fitted.statistics, *lifted(fitted, vector, grown))
    parts = clusters(spec)
    for i, part in enumerate(parts):
        if part.stable and waves > 1 and not formed_anew(moments, part.level):
            shocked = partial(_shocks, part, i)
            freed = behind_items(spec, moments, fitted.structure, shocked, part.name)
            cells = [np.eye(moments.n_cells) if o is part else cluster_loading(spec, o, moments) for o in parts]
            cells = [np.pad(one, ((0, len(further(spec))), (0, 0))) for one in cells]
            at = regressors(spec, moments), further_at(spec, moments)
            read = packed(moments, spec.cluster_levels, cells, *at)
            yield Neighbour(part.name, freed, read, *lifted(fitted, vector, freed), variances=k)


def _flat(array: xr.DataArray) -> Array:
    values = array.transpose("chain", "draw", ...).values
    return np.asarray(values.reshape(-1, *values.shape[2:]), float)


def _shocks(part: Component, level: int, base: Structure, moments: Moments) -> Structure:
    """The model with shocks of single waves at a cluster level, (15)."""
    waves, k = len(moments.waves), len(moments.variables)
    load = part.loading(wave_times(moments), k)
    unit = (moments.scale**2)[:, None, None]
    name = f"{part.name}_wave_cov"
    block = Block(name, ("variable", "one", "one_"), SMALL * unit, unit, symmetric=True)

    def forward(a: Arrays) -> Normal:
        normal = list(base.forward(a))
        shocks = np.tile(a[name].ravel(), waves)
        normal[2 + level] = load @ normal[2 + level] @ load.T + np.diag(shocks)
        return normal[0], normal[1], normal[2], normal[3]

    def adjoint(a: Arrays, g: Normal) -> Arrays:
        whole = g[2 + level]
        own_g = [*g[:2], *(load.T @ d @ load if i == level else d for i, d in enumerate(g[2:]))]
        shocks = np.diag(whole).reshape(waves, k).sum(axis=0)[:, None, None]
        return base.adjoint(a, (own_g[0], own_g[1], own_g[2], own_g[3])) | {name: shocks}

    return Structure((*base.blocks, block), forward, adjoint, base.constants)


def _growth(base: Structure, moments: Moments) -> Structure:
    """The model with growth that differs between pupils, (17): of each variable a variance, and one with its level."""
    waves, k = len(moments.waves), len(moments.variables)
    time = wave_times(moments)
    time = 2.0 * (time - time[0]) / (time[-1] - time[0]) - 1.0
    forms = np.stack([np.outer(time, time), time[:, None] + time[None, :]])
    unit = np.repeat(moments.scale[:, None] ** 2, 2, axis=1)
    block = Block(GROWTH, ("variable", "part"), np.zeros((k, 2)), unit)

    def forward(a: Arrays) -> Normal:
        normal = base.forward(a)
        added = np.einsum("vp,pst->svt", a[GROWTH], forms)
        whole = np.einsum("svt,vw->svtw", added, np.eye(k)).reshape(waves * k, waves * k)
        whole = np.pad(whole, (0, normal[0].shape[-1] - waves * k))
        return normal[0] + whole, normal[1], normal[2], normal[3]

    def adjoint(a: Arrays, g: Normal) -> Arrays:
        own_g = np.einsum("svtv->vst", g[0].sum(axis=0)[: waves * k, : waves * k].reshape(waves, k, waves, k))
        return base.adjoint(a, g) | {GROWTH: np.einsum("vst,pst->vp", own_g, forms)}

    return Structure((*base.blocks, block), forward, adjoint, base.constants)


def _pupil_level(spec: RICLPM, moments: Moments, fitted: Own, vector: Array) -> Neighbour:
    """The model with free means and a free covariance of a pupil's cells."""
    if spec.distal:
        return _saturated(spec, moments, fitted, vector)
    base = structure(saturating(alone(spec)), moments)
    times = wave_times(moments)
    sd = np.concatenate([np.tile(moments.scale, len(times)), further_sd(spec, moments)])
    straight = "growth_factor" in mean_dims(spec)
    lines = mean_loading(spec, times) * mean_units(spec, times) if straight else None
    process = (
        "lag",
        "drift",
        "intercept_loading",
        "first_loading",
        "lag_2",
        "first_lag",
        "moving_average",
        *("item_loading", "item_variance"),
        *(("covariate_cov", predictors.NAME) if joint(spec) else ()),
        *(part.block for part in spec.components() if part.name not in spec.cluster_levels),
    )
    kept = [block for block in base.blocks if block.name not in process]
    still = base.constants | {block.name: block.start for block in base.blocks if block.name in process}
    still |= loadings_of(fitted.structure.arrays(vector))
    free = Block("pupil_cov", ("cell", "cell_"), np.diag(sd**2), np.outer(sd, sd), symmetric=True, beyond=True)

    def forward(a: Arrays) -> Normal:
        normal = base.forward(still | a)
        return a["pupil_cov"][None], normal[1], normal[2], normal[3]

    def adjoint(a: Arrays, g: Normal) -> Arrays:
        return base.adjoint(still | a, g) | {"pupil_cov": g[0][0]}

    freed = Structure((*kept, free), forward, adjoint)
    model = Structure((*kept,), base.forward, base.adjoint)
    if has_groups(spec):  # pupils of each group have means and covariances of their own
        labels = moments.group_names
        freed, model = (
            grouped(one, labels, ("mean", "item_intercept", "covariate_effect", "pupil")) for one in (freed, model)
        )
    normal = fitted.structure.forward(fitted.structure.arrays(vector))
    begin, uncertain = lifted(fitted, vector, model, lines, split(spec, saturating(spec), moments))
    begin = at_means(spec, saturating(spec), moments, normal[1], model, begin)
    at = np.nonzero(free.free)
    begins, spreads = [begin], [uncertain]
    for g, sigma in enumerate(normal[0]):
        s = sigma / np.outer(sd, sd)
        pairs = s[np.ix_(at[0], at[0])] * s[np.ix_(at[1], at[1])] + s[np.ix_(at[0], at[1])] * s[np.ix_(at[1], at[0])]
        begins.append(s[free.free])
        spreads.append(pairs / (moments.n[moments.group == g].sum() if has_groups(spec) else moments.n_pupils))
    return Neighbour("pupil", freed, fitted.statistics, np.concatenate(begins), block_diag(*spreads))


def _saturated(spec: RICLPM, moments: Moments, fitted: Own, vector: Array) -> Neighbour:
    """The same where outcomes after the last wave are among the cells, and covariates act on all of them."""
    freed = saturated(spec, moments)
    normal = fitted.structure.forward(fitted.structure.arrays(vector))
    coefficients, cov = freed.blocks
    at = [0, *(1 + moments.covariates.index(name) for name in spec.covariates)][: coefficients.start.shape[1]]
    squares = np.diag(moments.sxx.sum(axis=0))[at]
    errors = np.diag(normal[0][0])[:, None] / squares / coefficients.unit**2
    s = normal[0][0] / cov.unit
    rows = np.nonzero(cov.free)
    pairs = s[np.ix_(rows[0], rows[0])] * s[np.ix_(rows[1], rows[1])]
    pairs = pairs + s[np.ix_(rows[0], rows[1])] * s[np.ix_(rows[1], rows[0])]
    start = freed.vector_of({"coefficients": normal[1][0], "pupil_cov": normal[0][0]})
    uncertain = block_diag(np.diag(errors.ravel()), pairs / moments.n_pupils)
    return Neighbour("pupil", freed, fitted.statistics, start, uncertain)


def of_block(name: str, flat: dict[str, Array]) -> Array:
    """Return the draws of a block that is no component, from those of the posterior."""
    if name in ("distal_variance", "item_variance"):
        return flat[name.replace("_variance", "_sd")] ** 2
    if name == "covariate_cov":
        return covariance(flat, Component("covariate", None, None, 1, ""))
    return flat[name]
