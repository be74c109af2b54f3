"""From pupils of a trial to `TrialMoments`, in one pass."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bayespanel.data.missing_patterns import find_kinds
from bayespanel.data.moments import Moments
from bayespanel.data.summarise import clusters_of, sums_of
from bayespanel.data.sums import cross_products
from bayespanel.data.trial_moments import TrialMoments
from bayespanel.data.trial_table import TrialTable
from bayespanel.data.wording import counted
from bayespanel.language.errors import DataError

Array = NDArray[np.float64]
Codes = NDArray[np.int64]


def trial_moments(trial: TrialTable, min_block: int = 1) -> TrialMoments:
    """Reduce a trial to the sums that a model of Gaussian outcomes needs.

    As for a panel (see `summarise`), a block is published with its sums. A trial also contains the **cross-products**
    of every part (the pupils of one arm with the same missing scores in one outermost cluster), which disclose more
    about a few pupils than sums do. `min_block` leaves out the pupils of smaller blocks, so parts are at least as
    large.

    Parameters
    ----------
    trial
        The pupils.
    min_block
        Smallest block (pupils of one innermost cluster and arm with the same missing scores) that is kept (default 1:
        all).

    Raises
    ------
    DataError
        `min_block` is below 1, or leaves an arm without a score in some outcome or baseline.
    """
    trial = _in_large_blocks(trial, min_block)
    everyone = np.ones(trial.n_pupils, dtype=bool)
    clusters = clusters_of(trial, everyone)
    names, columns = regressors(trial)
    sums = sums_of(
        trial.values,
        columns,
        trial.arm,
        clusters,
        waves=("trial",),
        variables=trial.cells,
        covariate_names=names,
        notes=trial.notes,
        guesses=trial.guesses,
    )
    parts = _parts(trial, sums, columns, trial.school if trial.school is not None else trial.classroom)
    return TrialMoments(
        sums=replace(sums, scale=_scale_within_arms(sums)),
        outcomes=trial.outcomes,
        baseline=trial.baseline,
        arms=trial.arms,
        randomised=trial.randomised,
        covariates=trial.covariate_names,
        categories=trial.categories,
        **parts,
    )


def _in_large_blocks(trial: TrialTable, min_block: int) -> TrialTable:
    """Return the pupils who stand in blocks of at least `min_block`."""
    if min_block < 1:
        raise DataError("A block has at least one pupil.", f"min_block is {min_block}.", "Use 1 to keep all blocks.")
    if min_block == 1:
        return trial
    observed = ~np.isnan(trial.values)
    block, _, _ = find_kinds(trial.arm, observed)
    cluster = trial.classroom if trial.classroom is not None else trial.school
    if cluster is not None:
        block = block * (cluster.max(initial=0) + 1) + cluster
    _, code, size = np.unique(block, return_inverse=True, return_counts=True)
    keep = size[code] >= min_block
    if not all(observed[keep & (trial.arm == g)].any(axis=0).all() for g in range(len(trial.arms))):
        raise DataError(
            "Every outcome and baseline is observed in every arm.",
            f"With blocks of {min_block} or more pupils, {int(keep.sum())} of {trial.n_pupils} pupils remain and some "
            "arm has no score.",
            "Use a smaller min_block, or leave out a level, outcome or baseline.",
        )
    note = (
        f"{counted(int((~keep).sum()), 'pupil')} in blocks (cluster, arm and missing pattern) of fewer than "
        f"{min_block} left out, to protect them."
    )
    # The names go with their clusters.
    found = clusters_of(trial, keep)
    school = None if trial.school is None else np.unique(trial.school[keep], return_inverse=True)[1].astype(np.int64)
    classroom = None if trial.classroom is None else found.cluster
    return replace(
        trial,
        values=trial.values[keep],
        arm=trial.arm[keep],
        pupils=trial.pupils[keep],
        covariates=trial.covariates[keep],
        classroom=classroom,
        class_names=found.class_names,
        school=school,
        school_names=found.school_names,
        notes=trial.notes if keep.all() else (*trial.notes, note),
    )


def regressors(trial: TrialTable) -> tuple[tuple[str, ...], Array]:
    """Return covariates, baselines with the mean for what is missing, and indicators of what is."""
    names, columns = list(trial.covariate_names), [trial.covariates]
    pres = [trial.values[:, trial.cells.index(pre)] for _, pre in trial.baseline]
    for (_, pre), value in zip(trial.baseline, pres, strict=True):
        names.append(pre)
        columns.append(np.where(np.isnan(value), np.nanmean(value), value)[:, None])
    for (_, pre), value in zip(trial.baseline, pres, strict=True):
        if np.isnan(value).any():
            names.append(f"{pre} missing")
            columns.append(np.isnan(value).astype(float)[:, None])
    return tuple(names), np.hstack(columns)


def _scale_within_arms(sums: Moments) -> Array:
    """SD of each cell around the mean of its arm (divisor n), [cell]."""
    squares = np.zeros(sums.n_cells)
    for arm in np.unique(sums.group):
        here = sums.group == arm
        seen = sums.n[here] @ sums.observed[here]
        total = sums.sxy[here, 0].sum(0)
        squares += np.diagonal(sums.syy[here], axis1=1, axis2=2).sum(0)
        squares -= np.divide(total**2, seen, out=np.zeros_like(total), where=seen > 0)
    return np.asarray(np.sqrt(squares / (sums.n @ sums.observed)))


def _parts(trial: TrialTable, sums: Moments, columns: Array, cluster: Codes | None) -> dict[str, Any]:
    """Cross-products of each outermost cluster and kind."""
    observed = ~np.isnan(trial.values)
    m, p = sums.n_regressors, sums.n_cells
    if cluster is None:
        none = np.zeros(0, np.int64)
        shapes = {"part_sxx": (0, m, m), "part_sxy": (0, m, p), "part_syy": (0, p, p)}
        empty: dict[str, Any] = {name: np.zeros(shape) for name, shape in shapes.items()}
        return {"part_cluster": none, "part_kind": none, "part_n": none, **empty}
    pattern = {(int(g), row.tobytes()): r for r, (g, row) in enumerate(zip(sums.group, sums.observed, strict=True))}
    kind = np.array([pattern[int(g), row.tobytes()] for g, row in zip(trial.arm, observed, strict=True)])
    x = np.column_stack([np.ones(len(kind)), columns - sums.covariate_centre])
    y = np.where(observed, trial.values - sums.centre, 0.0)
    _, used = np.unique(cluster, return_inverse=True)
    size = len(sums.n)
    key, part = np.unique(used * size + kind, return_inverse=True)
    n = np.bincount(part).astype(np.int64)
    sxx, sxy, syy = cross_products(x, y, part, n)
    return {
        "part_cluster": key // size,
        "part_kind": key % size,
        "part_n": n,
        "part_sxx": sxx,
        "part_sxy": sxy,
        "part_syy": syy,
    }
