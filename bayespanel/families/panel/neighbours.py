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

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.linalg import block_diag

from bayespanel.data import Moments
from bayespanel.families.panel import predictors
from bayespanel.families.panel.component import Component
from bayespanel.families.panel.components import clusters, further, joint, mean_dims, mean_loading, mean_units
from bayespanel.families.panel.continuous import wave_times
from bayespanel.families.panel.formed_anew import formed_anew
from bayespanel.families.panel.groups import alone, each, grouped, has_groups, labels_of, untagged
from bayespanel.families.panel.item_neighbours import at_means, behind_items, loadings_of, split
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

KIN = {"first_lag": "lag", "growth_cov": "intercept_cov"}
"""Block of a neighbour -> that of the model whose values it takes: all of them, or those of its own corner."""

LARGEST = 1000
"""Parameters of a neighbour beyond which it is passed over."""

SMALL = 0.02
"""Variance, as a share of the variable's, at which a search for one begins that the model does not have."""


@dataclass(frozen=True, eq=False)
class Own:
    """The fitted model itself, for maximum likelihood.

    Attributes
    ----------
    structure, statistics
        Model and data.
    start : [parameter]
        Posterior mean, in units of the structure.
    covariance : [parameter, parameter]
        Of the posterior.
    draws : [draw, parameter]
        Of it.
    log_likelihood
        At the start, where it is known.
    """

    structure: Structure
    statistics: Statistics
    start: Array
    covariance: Array
    draws: Array
    log_likelihood: float = float("nan")


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


def lifted(
    fitted: Own,
    vector: Array,
    freed: Structure,
    means: Array | None = None,
    of: Mapping[str, NDArray[np.int64]] | None = None,
) -> tuple[Array, Array]:
    """Return a start, the model itself, and about how uncertain the parameters of a neighbour are.

    What is freed into m copies is as uncertain as if each had an m-th of the data; what is new starts small. `means`
    [wave, mean] is how the means of the model act on those of a neighbour, in their units; None where both have as
    many, or the model one. `of` says of the entries of a block of the neighbour which of the model's each was before.
    """
    before = {block.name: (block, place) for block, place in _places(fitted.structure)}
    rows = np.zeros((freed.size, fitted.structure.size))
    extra = np.zeros((freed.size, freed.size))
    constant = np.zeros(freed.size)
    following = fitted.structure.following(fitted.structure.arrays(vector))
    for block, place in _places(freed):
        base = untagged(block.name)[0]
        known = block.name if block.name in before else base
        carried_on = [
            value for name, value in following.items() if name == block.name or untagged(name)[0] == block.name
        ]
        if base == "mean" and carried_on and "wave" in block.dims:  # lags carried them on; now each wave has its own
            constant[place] = (carried_on[0] / block.unit)[block.free]
            extra[place, place] = SMALL**2 * np.eye(block.size)
            continue
        kin = next(
            (name for name in (block.name.replace(base, KIN.get(base, base)), KIN.get(base)) if name in before), ""
        )
        if known not in before and kin:
            _of_kin(rows, extra, (block, place), before[kin], fitted.covariance)
            continue
        if known not in before:
            if base == "intercept_loading":
                constant[place] = 1.0
            entries = np.arange(place.start, place.stop)
            variances = before.get(block.name.replace("_cov", "_variance"))
            if variances is not None:  # which now may correlate
                own = entries[np.equal(*np.nonzero(block.free))]
                rows[own, np.arange(variances[1].start, variances[1].stop)] = 1.0
                extra[entries, entries] = SMALL**2
                continue
            if block.name in following:
                constant[place] = (following[block.name] / block.unit)[block.free]
            elif block.symmetric:
                constant[place] = (SMALL * (np.eye(block.start.shape[-1]) + 0 * block.start))[block.free]
            extra[entries, entries] = SMALL**2
            continue
        there = before[known][1]
        was = before[known][0]
        if untagged(block.name)[0] == predictors.NAME and block.dims != was.dims:
            # Effects on what lasts, which now act on the scores of every wave: there they are what it carries.
            load = np.kron(predictors.carried(fitted.structure, vector), np.eye(block.start.shape[-1]))
            rows[place, there] = load * was.unit.ravel() / block.unit.reshape(-1, 1)
            wide = block.start.shape[0]
            one = slice(there.start, there.start + block.size // wide)
            extra[place, place] = np.kron(wide * np.eye(wide) - 1.0, fitted.covariance[one, one])
            continue
        if of and base in of:
            number = of[base]
            rows[place, there] = np.eye(there.stop - there.start)[number]
            same = number[:, None] == number
            apart = same * (same.sum(axis=1) * np.eye(len(number)) - 1.0)
            extra[place, place] = apart * fitted.covariance[there, there][np.ix_(number, number)]
            continue
        size = there.stop - there.start
        copies = block.size // size
        if base == "mean" and means is not None:
            k = block.start.shape[-1]
            rows[place, there] = np.kron(means, np.eye(k))
            apart = len(means) * (np.eye(len(means)) - means @ np.linalg.pinv(means))
            extra[place, place] = np.kron(apart, fitted.covariance[there, there][:k, :k])
            continue
        rows[place, there] = np.tile(np.eye(size), (copies, 1))
        first = block.name.replace("lag", "first_lag", 1)
        if base == "lag" and first in before and copies > 1:  # the first interval had its own
            rows[place.start : place.start + size, there] = 0.0
            rows[place.start : place.start + size, before[first][1]] = np.eye(size)
        apart = copies * np.eye(copies) - 1.0
        if known != block.name:  # shared by the groups before
            apart = apart + np.eye(copies)
        extra[place, place] = np.kron(apart, fitted.covariance[there, there])
    return rows @ vector + constant, rows @ fitted.covariance @ rows.T + extra


def _of_kin(rows: Array, extra: Array, new: tuple[Block, slice], was: tuple[Block, slice], uncertain: Array) -> None:
    """Let a new block begin with the values of its kin; what is new of a larger matrix starts small."""
    (block, place), (old, there) = new, was
    if not block.symmetric:
        rows[place, there] = np.eye(old.size)
        extra[place, place] = uncertain[there, there]
        return
    side, known = np.nonzero(block.free), np.nonzero(old.free)
    entries = np.arange(place.start, place.stop)
    for column, pair in enumerate(zip(*known, strict=True)):
        rows[entries[(side[0] == pair[0]) & (side[1] == pair[1])], there.start + column] = 1.0
    fresh = entries[np.maximum(*side) >= old.start.shape[-1]]
    extra[fresh, fresh] = SMALL**2


def _places(model: Structure) -> Iterator[tuple[Block, slice]]:
    """Blocks, and where their parameters stand in the vector."""
    at = 0
    for block in model.blocks:
        yield block, slice(at, at + block.size)
        at += block.size


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
