"""Moments: what a model needs of the data, as sums that can be saved and shared instead of the pupils."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bayespanel.data.columns import require_names
from bayespanel.data.description import Description, describe
from bayespanel.data.groups import sizes_said
from bayespanel.data.guesses import Guess, said_of
from bayespanel.data.layouts import MOMENTS
from bayespanel.data.moment_parts import merged
from bayespanel.data.rules import validate
from bayespanel.data.school_years import sizes_of_classes
from bayespanel.data.storage import Stored, digest_of
from bayespanel.data.wording import counted, listed
from bayespanel.language.errors import DataError, nearest


@dataclass(frozen=True, eq=False, repr=False)
class Moments(Stored):
    """The sums over the pupils of a panel that a model needs: sufficient statistics.

    With T waves and K variables there are p = T K cells, cell = wave K + variable; x = (1, covariates) has
    m = 1 + number of covariates entries. A *kind* is the set of pupils of one group who have the same missing cells; a
    *block* is the set of pupils of one kind in one class (or in one school, if there are no classes).

    Attributes
    ----------
    waves, variables, covariates : tuple of str
        Names, in order.
    levels : tuple of str
        Levels of clusters, from the inside: (), ("class",), ("school",) or ("class", "school").
    centre : float64 [cell]
        Mean of each cell over the pupils who have it, raw units. It is already subtracted from every y below.
    covariate_centre : float64 [covariate]
        Mean of each covariate. It is already subtracted from every x below.
    scale : float64 [variable]
        Square root of the variance (divisor n) averaged over waves, raw units.
    times : float64 [wave] or None
        When the waves took place, in one unit such as months; None where it is not known.
    group : int64 [kind]
        Group of each kind: of a trial its arm, of a panel with groups the position in `group_names`; else 0.
    observed : bool [kind, cell]
        Whether the pupils of a kind have a score in a cell.
    n : int64 [kind]
        Number of pupils.
    sxx : float64 [kind, x, x]
    sxy : float64 [kind, x, cell]
    syy : float64 [kind, cell, cell]
        Cross-products, summed over pupils; zero for a missing cell.
    block_kind, block_cluster, block_n : int64 [block]
        Kind, innermost cluster and number of pupils of each block, sorted by kind, then by cluster; empty without
        levels.
    block_sx : float64 [block, x]
    block_sy : float64 [block, cell]
        Sums over the pupils of a block.
    parent : int64 [class]
        School of each class if there are both levels, otherwise empty.
    class_names, school_names : tuple of str
        Labels of the classes and of the schools.
    covariate_observed : bool [kind, covariate] or None
        Whether the pupils of a kind have a covariate; None where all have all. The sums of what is missing are 0. Kinds
        then differ in these, too.
    notes : tuple of str
        Everything that was done to the data, one sentence each.
    guesses : tuple of Guess
        Everything that the table did not make clear, and how it was decided.
    group_names : tuple of str
        Labels of the groups of a panel; empty without groups.
    grouping : str
        Name of the column that told them.
    school_years : int64 [wave] or None
        School year of each wave, counted from 0, where classes are formed anew every year.
    courses : int64 [class, school year] or None
        Where classes are formed anew: a "class" of the blocks is then a course, the pupils who went through the same
        classes, and this holds the number of its class in each year; -1 where its pupils have no score. Courses are
        smaller than classes, so that more blocks hold one pupil alone.
    """

    waves: tuple[str, ...]
    variables: tuple[str, ...]
    covariates: tuple[str, ...]
    levels: tuple[str, ...]
    centre: NDArray[np.float64]
    covariate_centre: NDArray[np.float64]
    scale: NDArray[np.float64]
    group: NDArray[np.int64]
    observed: NDArray[np.bool_]
    n: NDArray[np.int64]
    sxx: NDArray[np.float64]
    sxy: NDArray[np.float64]
    syy: NDArray[np.float64]
    block_kind: NDArray[np.int64]
    block_cluster: NDArray[np.int64]
    block_n: NDArray[np.int64]
    block_sx: NDArray[np.float64]
    block_sy: NDArray[np.float64]
    parent: NDArray[np.int64]
    class_names: tuple[str, ...]
    school_names: tuple[str, ...]
    notes: tuple[str, ...] = ()
    guesses: tuple[Guess, ...] = ()
    times: NDArray[np.float64] | None = None
    group_names: tuple[str, ...] = ()
    grouping: str = ""
    covariate_observed: NDArray[np.bool_] | None = None
    school_years: NDArray[np.int64] | None = None
    courses: NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        validate(self)

    @property
    def n_pupils(self) -> int:
        """Number of pupils in the sums."""
        return int(self.n.sum())

    @property
    def n_cells(self) -> int:
        """Number of cells p: waves times variables."""
        return len(self.waves) * len(self.variables)

    @property
    def n_regressors(self) -> int:
        """Number of entries m of x: 1 and the covariates."""
        return 1 + len(self.covariates)

    @property
    def covariate_n(self) -> NDArray[np.int64]:
        """Number of pupils who have each covariate [covariate]."""
        known = self.covariate_observed
        return np.full(len(self.covariates), self.n_pupils) if known is None else self.n @ known.astype(np.int64)

    @property
    def n_kinds(self) -> int:
        """Number of kinds R."""
        return len(self.n)

    @property
    def n_blocks(self) -> int:
        """Number of blocks; 0 without levels."""
        return len(self.block_n)

    def select(self, *, variables: Sequence[str] | None = None, waves: Sequence[str] | None = None) -> Moments:
        """Return the moments of some of the variables or waves.

        Parameters
        ----------
        variables, waves
            Names to keep; None keeps all. Variables are put in the order given, waves stay in the order of time.

        Returns
        -------
        Moments
            Kinds and blocks that no longer differ are merged. Pupils who have no score left are removed, with a note.

        Raises
        ------
        DataError
            A name is unknown or repeated, the waves are not in order, or there are fewer than two waves.
        """
        return select(self, variables, waves)

    def describe(self) -> Description:
        """Describe scores, missing patterns and clusters in tables, as far as the sums show them."""
        sizes: dict[str, NDArray[np.int64]] = {}
        if self.levels:
            inner = np.bincount(self.block_cluster, weights=self.block_n).astype(np.int64)
            sizes[self.levels[0]] = inner if self.courses is None else sizes_of_classes(self.courses, inner)
            if self.levels == ("class", "school"):
                sizes["school"] = np.bincount(self.parent, weights=inner).astype(np.int64)
        squares, within = (np.diagonal(array, axis1=1, axis2=2).sum(axis=0) for array in (self.syy, self.sxx))
        number, away = self.n @ self.observed.astype(np.int64), self.sxy[:, 0].sum(axis=0)
        mean, squares = self.centre + away / number, squares - away**2 / number  # the centre need not be the mean
        return describe(
            f"Moments of {counted(self.n_pupils, 'pupil')}",
            (self.waves, self.variables),
            scores=(number, mean, squares),
            patterns=(self.observed, self.n),
            sizes=sizes,
            covariates=(self.covariates, self.covariate_centre, within[1:]),
            covariate_n=self.covariate_n,
            notes=(*sizes_said(self.grouping, self.group_names, self.group, self.n), *said_of(self)),
        )

    def fingerprint(self) -> str:
        """Return a SHA-256 of everything on which a posterior depends: arrays, names of axes and levels.

        The names of classes and schools and the notes are not part of it.
        """
        groups = [self.grouping, self.group_names] if self.group_names else []
        words = json.dumps([self.waves, self.variables, self.covariates, self.levels, *groups]).encode()
        return hashlib.sha256(words + digest_of(self, MOMENTS.arrays)).hexdigest()


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
    return replace(
        moments,
        waves=tuple(moments.waves[t] for t in wave_at),
        variables=tuple(moments.variables[k] for k in variable_at),
        centre=moments.centre[cells],
        times=None if moments.times is None else moments.times[wave_at],
        **merged(
            moments,
            moments.observed[:, cells],
            moments.sxy[:, :, cells],
            moments.syy[:, cells[:, None], cells],
            moments.block_sy[:, cells],
            len(variable_at),
            wave_at,
            recentre=recentre,
        ),
    )


def mixed(
    moments: Moments,
    variables: Sequence[str],
    centre: NDArray[np.float64],
    turn: NDArray[np.float64],
    observed: NDArray[np.bool_],
) -> Moments:
    """Return the moments of other variables, which are linear combinations of the scores.

    Parameters
    ----------
    moments, variables
        The moments, and the names of the other variables.
    centre : [new cell]
        From where they count.
    turn : [kind, new cell, cell]
        What they are of the scores of a kind, each counted from its centre; 0 for scores that are missing.
    observed : [kind, new cell]
        Whether pupils of a kind have them.
    """
    back = np.swapaxes(turn, 1, 2)
    sums = np.einsum("bpq,bq->bp", turn[moments.block_kind], moments.block_sy)
    own = merged(
        moments,
        observed,
        moments.sxy @ back,
        turn @ moments.syy @ back,
        sums,
        len(variables),
        np.arange(len(moments.waves)),
        recentre=False,
    )
    return replace(moments, variables=tuple(variables), centre=centre, **own)


def moved(moments: Moments, centre: NDArray[np.float64]) -> Moments:
    """Return the same moments with every y counted from another centre [cell], raw units."""
    shift = np.where(moments.observed, moments.centre - centre, 0.0)  # [kind, cell]
    sx, sy = moments.sxx[:, 0], moments.sxy[:, 0]
    # Products of two cells, and sums of a product and its transpose, are symmetric to the last bit; in another order
    # of operations they would not be.
    cross = shift[:, :, None] * sy[:, None, :]
    square = moments.n[:, None, None] * (shift[:, :, None] * shift[:, None, :])
    return replace(
        moments,
        centre=centre,
        sxy=moments.sxy + sx[:, :, None] * shift[:, None, :],
        syy=moments.syy + (cross + np.swapaxes(cross, 1, 2) + square),
        block_sy=moments.block_sy + moments.block_n[:, None] * shift[moments.block_kind],
    )


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


def scores_of(moments: Moments) -> dict[str, tuple[float, ...]]:
    """Return variable -> its means at the waves and its standard deviation."""
    means = moments.centre.reshape(len(moments.waves), len(moments.variables))
    return {name: (*means[:, k].tolist(), float(moments.scale[k])) for k, name in enumerate(moments.variables)}
