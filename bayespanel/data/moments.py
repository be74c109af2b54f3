"""Moments: what a model needs of the data, as sums that can be saved and shared instead of the pupils."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bayespanel.data.description import Description, describe_moments
from bayespanel.data.guesses import Guess
from bayespanel.data.layouts import MOMENTS
from bayespanel.data.rules import validate
from bayespanel.data.selection import select
from bayespanel.data.storage import digest_of, read, write
from bayespanel.language.errors import DataError
from bayespanel.language.plain_names import require_plain_parts


@dataclass(frozen=True, eq=False)
class Moments:
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
    group : int64 [kind]
        Group of each kind; 0 for a panel.
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
    notes : tuple of str
        Everything that was done to the data, one sentence each.
    guesses : tuple of Guess
        Everything that the table did not make clear, and how it was decided.
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

    def __post_init__(self) -> None:
        validate(self)
        require_plain_parts(self, error=DataError)

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
        return describe_moments(self)

    def fingerprint(self) -> str:
        """Return a SHA-256 of everything on which a posterior depends: arrays, names of axes and levels.

        The names of classes and schools and the notes are not part of it.
        """
        words = json.dumps([self.waves, self.variables, self.covariates, self.levels]).encode()
        return hashlib.sha256(words + digest_of(self, MOMENTS.arrays)).hexdigest()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the moments to a netCDF file. The file appears whole or not at all.

        Parameters
        ----------
        path
            The file. If it exists, it is replaced.

        Raises
        ------
        DataError
            The folder does not exist.
        """
        write(self, path)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Moments:
        """Read a file that `save` wrote. All numbers are the same to the last bit.

        Raises
        ------
        DataError
            The file does not exist, is not a file of moments, is incomplete, or was written by a newer version.
        """
        found: Moments = read("Moments", path)
        return found
