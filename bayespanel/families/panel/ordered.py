"""Ordered scores: which variables are, their categories, and the scale of the scores behind them.

The category of a pupil is that of a score behind it, between thresholds that are the same at all waves. The first
threshold is 0, and the standard deviation within pupils at the first wave is 1, so that origin and unit are known; all
else is as in the model of scores that are numbers (McCullagh 1980, doi:10.1111/j.2517-6161.1980.tb01109.x).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bayespanel.data import Moments, Panel
from bayespanel.data.missing_patterns import find_kinds
from bayespanel.data.moments import moved
from bayespanel.data.summarise import clusters_of
from bayespanel.data.wording import listed
from bayespanel.families.panel.spec import RICLPM
from bayespanel.language.errors import DataError

Array = NDArray[np.float64]
Index = NDArray[np.int64]

MOST = 12
"""Categories of an ordered variable at most: with more, its scores are as good as numbers."""


def is_ordered(spec: RICLPM) -> NDArray[np.bool_]:
    """Return which variables [variable] are ordered."""
    return np.isin(spec.variables, spec.ordered)


def in_latent_units(spec: RICLPM, moments: Moments) -> Moments:
    """Return moments that count ordered scores from 0 in ones, as priors of the scores behind them do."""
    if not spec.ordered:
        return moments
    known = is_ordered(spec)
    centre = np.where(np.tile(known, len(moments.waves)), 0.0, moments.centre)
    return replace(moved(moments, centre), scale=np.where(known, 1.0, moments.scale))


@dataclass(frozen=True, eq=False)
class Scores:
    """The pupils of a model that reads them one by one.

    Attributes
    ----------
    values : [pupil, cell]
        Scores; NaN where missing. Of ordered variables the number of the category, from 0.
    x : [pupil, regressor]
        1 and the covariates of the model, less their means.
    kind : [pupil]
        As in the moments.
    cluster : [pupil]
        Innermost cluster of the model; all 0 without clusters.
    categories : [variable]
        Values of the categories of each ordered variable; none of the others.
    """

    values: Array
    x: Array
    kind: Index
    cluster: Index
    categories: tuple[Array, ...]


def scores_of(spec: RICLPM, moments: Moments, data: object) -> Scores:
    """Return the pupils of a panel in the order of its table.

    Parameters
    ----------
    spec, moments
        The model, and the moments that `data_for` made of the panel.
    data
        The panel.

    Raises
    ------
    DataError
        These are moments, which do not tell the categories of pupils; or an ordered variable has one category, or more
        than `MOST`.
    """
    if not isinstance(data, Panel):
        raise DataError(
            "A model of ordered scores or Student-t tails reads the pupils: sums tell neither who is in which category "
            "nor who is far off.",
            f"You gave a {type(data).__name__}.",
            "Give the Panel itself.",
        )
    at = [data.variables.index(name) for name in spec.variables]
    values = data.values[:, :, at].reshape(data.n_pupils, -1)
    keep = ~np.isnan(values).all(axis=1)
    values, known = values[keep], ~np.isnan(data.covariates[keep])
    kind, _, _ = find_kinds(np.zeros(len(values), np.int64), np.hstack([~np.isnan(values), known]))
    places = [data.covariate_names.index(name) for name in spec.covariates]
    centre = moments.covariate_centre[[moments.covariates.index(name) for name in spec.covariates]]
    x = np.column_stack([np.ones(len(values)), data.covariates[keep][:, places] - centre])
    cluster = np.zeros(len(values), np.int64)
    if spec.cluster_levels:
        found = clusters_of(data, keep)
        assert found.cluster is not None
        outer = spec.cluster_levels[0] != found.levels[0]
        cluster = found.parent[found.cluster] if outer else found.cluster
    codes, values_of = coded(spec, values.reshape(len(values), -1, len(spec.variables)))
    return Scores(codes.reshape(values.shape), x, kind, cluster, values_of)


def coded(spec: RICLPM, values: Array) -> tuple[Array, tuple[Array, ...]]:
    """Return scores [pupil, wave, variable] with categories as numbers from 0, and the values of the categories.

    Raises
    ------
    DataError
        An ordered variable has one category, or more than `MOST`.
    """
    found, out = [], values.copy()
    for number, name in enumerate(spec.variables):
        own = out[:, :, number]
        have = ~np.isnan(own)
        distinct = np.unique(own[have])
        if name not in spec.ordered:
            found.append(distinct[:0])
            continue
        if not 2 <= len(distinct) <= MOST:
            some = listed([f"{value:g}" for value in distinct[:5]]) + (" and more" if len(distinct) > 5 else "")
            raise DataError(
                f"An ordered variable has 2 to {MOST} categories.",
                f"{name!r} has {len(distinct)}: {some}.",
                f"Join categories, or take {name!r} out of ordered: its scores are then read as numbers.",
            )
        own[have] = np.searchsorted(distinct, own[have])
        found.append(distinct)
    return out, tuple(found)


def categories(spec: RICLPM, posterior: xr.Dataset, scores: Array) -> Array:
    """Return the categories, as numbers from 0, of scores [draw, pupil, wave, variable] behind them."""
    out, threshold = scores.copy(), posterior["threshold"]
    for number, name in enumerate(spec.variables):
        if name in spec.ordered:
            own = [str(label).rsplit(" ", 1)[0] == name for label in threshold["boundary"].values]
            edges = threshold.values[..., own].reshape(len(scores), -1)
            out[..., number] = (scores[..., number, None] > edges[:, None, None, :]).sum(axis=-1)
    return out
