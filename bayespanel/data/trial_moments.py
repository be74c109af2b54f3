"""TrialMoments: what a Gaussian trial needs of its pupils, as sums that can be saved and shared instead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bayespanel.data.guesses import Guess, said_of
from bayespanel.data.moments import Moments
from bayespanel.data.rules import validate
from bayespanel.data.storage import Stored, fingerprint
from bayespanel.data.trial_description import ADJUSTABLE, BALANCED, TrialDescription
from bayespanel.data.wording import counted
from bayespanel.language.errors import DataError

Array = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True, eq=False, repr=False)
class TrialMoments(Stored):
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

    def without(self, cluster: int) -> TrialMoments:
        """Return the moments without one outermost cluster; centres and scale stay as they are.

        Raises
        ------
        DataError
            There are no clusters, or not this one; or an arm has no scores without it.
        """
        sums, names = self.sums, self._require(cluster)
        here = self.part_cluster == cluster
        totals = [sums.n.copy(), sums.sxx.copy(), sums.sxy.copy(), sums.syy.copy()]
        for total, part in zip(totals, self._parts(here), strict=True):
            np.subtract.at(total, self.part_kind[here], part)
        for g, arm in enumerate(self.arms):
            if not sums.observed[(totals[0] > 0) & (sums.group == g)].any(axis=0).all():
                raise DataError(
                    "Every outcome and baseline is observed in every arm.",
                    f"Without {names[cluster]!r} nobody in arm {arm!r} has some of them.",
                    "Keep this cluster.",
                )
        sums, parts = self._of(totals, np.arange(len(names)) != cluster)
        return replace(self, sums=sums, **parts)

    def of_cluster(self, cluster: int, cells: Sequence[str]) -> tuple[Moments, Codes] | None:
        """Return the sums of one outermost cluster alone; centres and scale stay as they are.

        Parameters
        ----------
        cluster
            Its number.
        cells
            Pupils who have none of these scores are left out.

        Returns
        -------
        (Moments, int64 vector) or None
            The sums, whose groups are the arms that the cluster has, and the numbers of these arms. None where nobody
            is left.

        Raises
        ------
        DataError
            There are no clusters, or not this one.
        """
        names, sums = self._require(cluster), self.sums
        scored = sums.observed[:, [sums.variables.index(cell) for cell in cells]].any(axis=1)
        here = (self.part_cluster == cluster) & scored[self.part_kind]
        if not here.any():
            return None
        totals = [np.zeros_like(total) for total in (sums.n, sums.sxx, sums.sxy, sums.syy)]
        for total, part in zip(totals, self._parts(here), strict=True):
            np.add.at(total, self.part_kind[here], part)
        return self._of(totals, np.arange(len(names)) == cluster)[0], np.unique(sums.group[totals[0] > 0])

    def _require(self, cluster: int) -> tuple[str, ...]:
        """Return the names of the outermost clusters, among which one must be."""
        names = self.school_names if "school" in self.levels else self.class_names
        if not 0 <= cluster < len(names):
            raise DataError(
                "Only a cluster of the data can be left out.",
                f"It is number {cluster}; there are {len(names)}, counted from 0.",
                "Give a number in this range.",
            )
        return names

    def _parts(self, here: NDArray[np.bool_]) -> list[NDArray[Any]]:
        """Return numbers of pupils and cross-products of some parts."""
        return [part[here] for part in (self.part_n, self.part_sxx, self.part_sxy, self.part_syy)]

    def _of(self, totals: list[NDArray[Any]], kept: NDArray[np.bool_]) -> tuple[Moments, dict[str, Any]]:
        """Return the sums of some outermost clusters, given those by kind, and their parts; arms numbered anew."""
        sums = self.sums
        outer = sums.parent[sums.block_cluster] if len(sums.levels) == 2 else sums.block_cluster
        kinds = totals[0] > 0
        stay, here = kept[outer] & kinds[sums.block_kind], kept[self.part_cluster] & kinds[self.part_kind]
        kind, number = np.cumsum(kinds) - 1, np.cumsum(kept) - 1
        inner, block_cluster = np.unique(sums.block_cluster[stay], return_inverse=True)
        n, sxx, sxy, syy = (total[kinds] for total in totals)
        part_n, part_sxx, part_sxy, part_syy = self._parts(here)
        schools = [name for name, k in zip(sums.school_names, kept, strict=True) if k] if sums.school_names else []
        some = replace(
            sums,
            group=np.unique(sums.group[kinds], return_inverse=True)[1],
            observed=sums.observed[kinds],
            n=n,
            sxx=sxx,
            sxy=sxy,
            syy=syy,
            block_kind=kind[sums.block_kind[stay]],
            block_cluster=block_cluster.astype(np.int64),
            block_n=sums.block_n[stay],
            block_sx=sums.block_sx[stay],
            block_sy=sums.block_sy[stay],
            parent=number[sums.parent[inner]] if len(sums.levels) == 2 else sums.parent,
            class_names=tuple(sums.class_names[i] for i in inner) if "class" in sums.levels else (),
            school_names=tuple(schools),
        )
        return some, {
            "part_cluster": number[self.part_cluster[here]],
            "part_kind": kind[self.part_kind[here]],
            "part_n": part_n,
            "part_sxx": part_sxx,
            "part_sxy": part_sxy,
            "part_syy": part_syy,
        }


def describe_trial(moments: TrialMoments) -> TrialDescription:
    """Describe a trial from its moments."""
    return TrialDescription(
        title=(
            f"Trial of {counted(moments.n_pupils, 'pupil')} in {counted(len(moments.arms), 'arm')} "
            f"({', '.join(moments.arms)}), randomised by {moments.randomised}, "
            f"{counted(len(moments.outcomes), 'outcome')} ({', '.join(moments.outcomes)})"
        ),
        arms=_arms(moments),
        outcomes=_outcomes(moments),
        baseline=_baseline(moments),
        notes=said_of(moments),
    )


def _arms(moments: TrialMoments) -> pd.DataFrame:
    sums = moments.sums
    rows = []
    for g, name in enumerate(moments.arms):
        row: dict[str, object] = {"arm": name}
        here = sums.group[sums.block_kind] == g
        inner = np.bincount(sums.block_cluster[here], weights=sums.block_n[here]).astype(int)
        inner = inner[inner > 0]
        number = {sums.levels[0]: len(inner)} if sums.levels else {}
        if sums.levels == ("class", "school"):
            number["school"] = len(np.unique(sums.parent[sums.block_cluster[here]]))
        pupils = int(sums.n[sums.group == g].sum())
        row["randomised"] = number.get(moments.randomised, pupils)
        row |= {{"class": "classes", "school": "schools"}[level]: number[level] for level in sums.levels[::-1]}
        row["pupils"] = pupils
        if sums.levels:
            row |= {"min": int(inner.min()), "median": float(np.median(inner)), "max": int(inner.max())}
        rows.append(row)
    return pd.DataFrame(rows)


def _outcomes(moments: TrialMoments) -> pd.DataFrame:
    sums = moments.sums
    rows = []
    for c, cell in enumerate(sums.variables):
        for g, arm in enumerate(moments.arms):
            here = sums.group == g
            seen = int(sums.n[here] @ sums.observed[here, c])
            total, squares = sums.sxy[here, 0, c].sum(), sums.syy[here, c, c].sum()
            spread = (squares - total**2 / seen) / (seen - 1) if seen > 1 else np.nan
            share = 1 - seen / sums.n[here].sum()
            mean = sums.centre[c] + total / seen if seen else np.nan
            rows.append((cell, arm, seen, share, mean, np.sqrt(spread)))
    return pd.DataFrame(rows, columns=["cell", "arm", "observed", "missing", "mean", "sd"])


def _baseline(moments: TrialMoments) -> pd.DataFrame:
    """Differences of baselines and covariates between each arm and the reference."""
    sums = moments.sums
    rows = []
    for _, pre in moments.baseline:
        c = sums.variables.index(pre)
        means = []
        for g in range(len(moments.arms)):
            here = sums.group == g
            means.append(sums.sxy[here, 0, c].sum() / max(sums.n[here] @ sums.observed[here, c], 1))
        rows += [(pre, arm, (m - means[0]) / sums.scale[c]) for arm, m in zip(moments.arms[1:], means[1:], strict=True)]
    for j, name in enumerate(moments.covariates, start=1):
        squares, means = 0.0, []
        for g in range(len(moments.arms)):
            sxx = sums.sxx[sums.group == g].sum(0)
            means.append(sxx[0, j] / sxx[0, 0])
            squares += sxx[j, j] - sxx[0, j] ** 2 / sxx[0, 0]
        sd = np.sqrt(squares / sums.n_pupils)
        rows += [(name, arm, (m - means[0]) / sd) for arm, m in zip(moments.arms[1:], means[1:], strict=True)]
    table = pd.DataFrame(rows, columns=["what", "arm", "difference"])
    size = table["difference"].abs()
    table["verdict"] = np.select([size <= BALANCED, size <= ADJUSTABLE], ["balanced", "adjust"], "not equivalent")
    return table
