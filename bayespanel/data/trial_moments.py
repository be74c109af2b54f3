"""TrialMoments: what a Gaussian trial needs of its pupils, as sums that can be saved and shared instead."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bayespanel.data.guesses import Guess
from bayespanel.data.missing_patterns import find_kinds
from bayespanel.data.moments import Moments
from bayespanel.data.rules import validate
from bayespanel.data.storage import fingerprint, read, write
from bayespanel.data.summarise import clusters_of, cross_products, sums_of
from bayespanel.data.trial_description import TrialDescription, describe_trial
from bayespanel.data.wording import counted
from bayespanel.language.errors import DataError

if TYPE_CHECKING:
    from bayespanel.data.trial import Trial

Array = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class TrialMoments:
    """The sums over the pupils of a trial that a model of Gaussian outcomes needs: sufficient statistics.

    Attributes
    ----------
    sums : Moments
        There is one "wave". The variables are the cells: the outcomes, then the baselines. The groups are the arms. The
        covariates are those of the trial, then each baseline, with the mean in place of missing values, and then, for
        each baseline with missing values, a column "<baseline> missing" (0 or 1). Under randomisation this keeps all
        pupils in an analysis of covariance without bias (White & Thompson, 2005, doi:10.1002/sim.1981). The scale is
        the SD within arms, so that an effect does not inflate its own unit.
    outcomes, baseline, arms, randomised, covariates, categories
        As in `Trial`.
    part_cluster, part_kind, part_n : int64 [part]
        A part is the set of pupils of one kind in one outermost cluster: the cluster, the kind and the number of
        pupils.
    part_sxx : float64 [part, x, x]
    part_sxy : float64 [part, x, cell]
    part_syy : float64 [part, cell, cell]
        Cross-products of each part, from which a cluster can be left out; empty without clusters.
    """

    sums: Moments
    outcomes: tuple[str, ...]
    baseline: tuple[tuple[str, str], ...]
    arms: tuple[str, ...]
    randomised: str
    covariates: tuple[str, ...]
    categories: tuple[tuple[str, tuple[str, ...]], ...]
    part_cluster: Codes
    part_kind: Codes
    part_n: Codes
    part_sxx: Array
    part_sxy: Array
    part_syy: Array

    def __post_init__(self) -> None:
        validate(self)

    @property
    def n_pupils(self) -> int:
        """Number of pupils (parents, teachers) in the sums."""
        return self.sums.n_pupils

    @property
    def levels(self) -> tuple[str, ...]:
        """Levels of clusters, from the inside."""
        return self.sums.levels

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes."""
        return self.sums.class_names

    @property
    def school_names(self) -> tuple[str, ...]:
        """Names of the schools."""
        return self.sums.school_names

    @property
    def notes(self) -> tuple[str, ...]:
        """Everything that was done to the data, one sentence each."""
        return self.sums.notes

    @property
    def guesses(self) -> tuple[Guess, ...]:
        """Everything that the table did not make clear, and how it was decided."""
        return self.sums.guesses

    def describe(self) -> TrialDescription:
        """Describe arms, outcomes and baselines in tables."""
        return describe_trial(self)

    def fingerprint(self) -> str:
        """Return a SHA-256 of everything on which a posterior depends."""
        return fingerprint(self)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a netCDF file. The file appears whole or not at all."""
        write(self, path)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> TrialMoments:
        """Read a file that `save` wrote.

        Raises
        ------
        DataError
            The file does not exist, is of another kind, is incomplete, or was written by a newer version.
        """
        found: TrialMoments = read("TrialMoments", path)
        return found

    def without(self, cluster: int) -> TrialMoments:
        """Return the moments without one outermost cluster; centres and scale stay as they are.

        Raises
        ------
        DataError
            There are no clusters, or not this one; or an arm has no scores without it.
        """
        sums = self.sums
        names = sums.school_names if "school" in sums.levels else sums.class_names
        if not 0 <= cluster < len(names):
            raise DataError(
                "Only a cluster of the data can be left out.",
                f"It is number {cluster}; there are {len(names)}, counted from 0.",
                "Give a number in this range.",
            )
        here = self.part_cluster == cluster
        n, sxx, sxy, syy = sums.n.copy(), sums.sxx.copy(), sums.sxy.copy(), sums.syy.copy()
        for total, part in ((n, self.part_n), (sxx, self.part_sxx), (sxy, self.part_sxy), (syy, self.part_syy)):
            np.subtract.at(total, self.part_kind[here], part[here])
        outer = sums.parent[sums.block_cluster] if len(sums.levels) == 2 else sums.block_cluster
        stay, kinds = outer != cluster, n > 0
        for g, arm in enumerate(self.arms):
            if not sums.observed[kinds & (sums.group == g)].any(axis=0).all():
                raise DataError(
                    "Every outcome and baseline is observed in every arm.",
                    f"Without {names[cluster]!r} nobody in arm {arm!r} has some of them.",
                    "Keep this cluster.",
                )
        renumbered = np.cumsum(kinds) - 1
        inner, block_cluster = np.unique(sums.block_cluster[stay], return_inverse=True)
        parent = sums.parent
        if len(sums.levels) == 2:
            parent = parent[inner] - (parent[inner] > cluster)
        others = tuple(name for i, name in enumerate(names) if i != cluster)
        classes = tuple(sums.class_names[i] for i in inner) if "class" in sums.levels else ()
        return replace(
            self,
            sums=replace(
                sums,
                group=sums.group[kinds],
                observed=sums.observed[kinds],
                n=n[kinds],
                sxx=sxx[kinds],
                sxy=sxy[kinds],
                syy=syy[kinds],
                block_kind=renumbered[sums.block_kind[stay]],
                block_cluster=block_cluster.astype(np.int64),
                block_n=sums.block_n[stay],
                block_sx=sums.block_sx[stay],
                block_sy=sums.block_sy[stay],
                parent=parent,
                class_names=classes,
                school_names=others if "school" in sums.levels else (),
            ),
            part_cluster=self.part_cluster[~here] - (self.part_cluster[~here] > cluster),
            part_kind=renumbered[self.part_kind[~here]],
            part_n=self.part_n[~here],
            part_sxx=self.part_sxx[~here],
            part_sxy=self.part_sxy[~here],
            part_syy=self.part_syy[~here],
        )


def trial_moments(trial: Trial, min_block: int = 1) -> TrialMoments:
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


def _in_large_blocks(trial: Trial, min_block: int) -> Trial:
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


def regressors(trial: Trial) -> tuple[tuple[str, ...], Array]:
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


def _parts(trial: Trial, sums: Moments, columns: Array, cluster: Codes | None) -> dict[str, Any]:
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
