"""Moments of some of the variables or waves, from the moments of all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bayespanel.data.columns import require_names
from bayespanel.data.missing_patterns import find_kinds
from bayespanel.data.wording import counted, listed
from bayespanel.language.errors import DataError, nearest

if TYPE_CHECKING:
    from bayespanel.data.moments import Moments


def select(
    moments: Moments, variables: Sequence[str] | None, waves: Sequence[str] | None, *, recentre: bool = True
) -> Moments:
    """Return the moments of the panel restricted to some variables and waves; see `Moments.select`.

    The centre of a cell is the mean over the pupils that have the cell, so it stays valid. The centre of a covariate is
    the mean over all pupils, so it moves when pupils without any score left are taken out, unless `recentre` is false.
    """
    variable_at = _positions(variables, moments.variables, "variables")
    wave_at = _positions(waves, moments.waves, "waves")
    if waves is not None and (len(wave_at) < 2 or np.any(np.diff(wave_at) < 0)):
        raise DataError(
            "A panel has at least two waves, in their order in time.",
            f"You chose {listed([moments.waves[t] for t in wave_at])}.",
            f"Choose two or more of {listed(moments.waves)} without changing their order.",
        )
    cells = (wave_at[:, None] * len(moments.variables) + variable_at).ravel()
    observed = moments.observed[:, cells]
    scored = observed.any(axis=1)
    notes = moments.notes
    lost = int(moments.n[~scored].sum())
    if lost:
        notes = (*notes, f"{counted(lost, 'pupil')} without a score in the selected cells left out.")

    # Kinds that no longer differ are added up.
    merged = np.full(len(scored), -1, np.int64)
    merged[scored], group, patterns = find_kinds(moments.group[scored], observed[scored])
    kinds = len(group)
    n = _added(moments.n[scored], merged[scored], kinds)
    sxx = _added(moments.sxx[scored], merged[scored], kinds)
    sxy = _added(moments.sxy[scored][:, :, cells], merged[scored], kinds)
    syy = _added(moments.syy[scored][:, cells[:, None], cells], merged[scored], kinds)

    # So are blocks.
    here = scored[moments.block_kind]
    used, cluster = np.unique(moments.block_cluster[here], return_inverse=True)
    size = max(len(used), 1)
    key, block = np.unique(merged[moments.block_kind[here]] * size + cluster, return_inverse=True)
    block_n = _added(moments.block_n[here], block, len(key))
    block_sx = _added(moments.block_sx[here], block, len(key))
    block_sy = _added(moments.block_sy[here][:, cells], block, len(key))

    # x has a leading 1, so shifting the covariates to their new mean is a linear map of x.
    shift = sxx[:, 0, 1:].sum(axis=0) / n.sum() * recentre
    turn = np.eye(moments.n_regressors)
    turn[1:, 0] = -shift
    class_names, school_names, parent = _clusters(moments, used)
    return replace(
        moments,
        waves=tuple(moments.waves[t] for t in wave_at),
        variables=tuple(moments.variables[k] for k in variable_at),
        centre=moments.centre[cells],
        covariate_centre=moments.covariate_centre + shift,
        scale=pooled_scale(n, patterns, syy, len(variable_at)),
        group=group,
        observed=patterns,
        n=n,
        sxx=turn @ sxx @ turn.T,
        sxy=turn @ sxy,
        syy=syy,
        block_kind=key // size,
        block_cluster=key % size,
        block_n=block_n,
        block_sx=block_sx @ turn.T,
        block_sy=block_sy,
        parent=parent,
        class_names=class_names,
        school_names=school_names,
        notes=notes,
    )


def moved(moments: Moments, centre: NDArray[np.float64]) -> Moments:
    """Return the same moments with every y counted from another centre [cell], raw units."""
    shift = np.where(moments.observed, moments.centre - centre, 0.0)  # [kind, cell]
    sx, sy = moments.sxx[:, 0], moments.sxy[:, 0]
    cross = shift[:, :, None] * sy[:, None, :]
    square = moments.n[:, None, None] * shift[:, :, None] * shift[:, None, :]
    return replace(
        moments,
        centre=centre,
        sxy=moments.sxy + sx[:, :, None] * shift[:, None, :],
        syy=moments.syy + cross + np.swapaxes(cross, 1, 2) + square,
        block_sy=moments.block_sy + moments.block_n[:, None] * shift[moments.block_kind],
    )


def pooled_scale(
    n: NDArray[np.int64], observed: NDArray[np.bool_], syy: NDArray[np.float64], variables: int
) -> NDArray[np.float64]:
    """Return the root of each variable's variance (divisor n), averaged over waves, [variable].

    Parameters
    ----------
    n : [kind]
    observed : [kind, cell]
    syy : [kind, cell, cell]
        Centred on the mean of each cell.
    variables
        Number of variables.
    """
    squares = np.diagonal(syy, axis1=1, axis2=2).sum(axis=0)
    variance = squares / (n @ observed.astype(np.int64))
    return np.asarray(np.sqrt(variance.reshape(-1, variables).mean(axis=0)))


def _positions(chosen: Sequence[str] | None, known: tuple[str, ...], argument: str) -> NDArray[np.int64]:
    """Return where the chosen names stand."""
    if chosen is None:
        return np.arange(len(known))
    names = require_names(chosen, argument)
    for name in names:
        if name not in known:
            raise DataError(
                f"Only {argument} of the data can be selected.",
                f"There is no {name!r}. {nearest(str(name), list(known))}",
                "Correct the name.",
            )
    return np.array([known.index(name) for name in names], np.int64)


def _added[Number: (np.float64, np.int64)](
    array: NDArray[Number], code: NDArray[np.int64], size: int
) -> NDArray[Number]:
    """Return the sums of the rows that share a code, [code, ...]."""
    total = np.zeros((size, *array.shape[1:]), dtype=array.dtype)
    np.add.at(total, code, array)
    return total


def _clusters(moments: Moments, used: NDArray[np.int64]) -> tuple[tuple[str, ...], tuple[str, ...], NDArray[np.int64]]:
    """Return the names of the classes and schools that still have pupils, and the school of each class."""
    if moments.levels == ("class", "school"):
        schools, parent = np.unique(moments.parent[used], return_inverse=True)
        classes = tuple(moments.class_names[c] for c in used)
        return classes, tuple(moments.school_names[s] for s in schools), parent.astype(np.int64)
    classes = tuple(moments.class_names[c] for c in used) if moments.levels == ("class",) else ()
    names = tuple(moments.school_names[c] for c in used) if moments.levels == ("school",) else ()
    return classes, names, moments.parent
