"""From a fitted model to a start in a model that holds it: the model itself, and how uncertain its parameters are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bayespanel.families.panel import predictors
from bayespanel.families.panel.groups import untagged
from bayespanel.inference.structure import Array, Block, Structure
from bayespanel.likelihood.packed_sums import Statistics

KIN = {"first_lag": "lag", "growth_cov": "intercept_cov"}
"""Block of a neighbour -> that of the model whose values it takes: all of them, or those of its own corner."""

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
    before = {block.name: (block, place) for block, place in places(fitted.structure)}
    rows = np.zeros((freed.size, fitted.structure.size))
    extra = np.zeros((freed.size, freed.size))
    constant = np.zeros(freed.size)
    following = fitted.structure.following(fitted.structure.arrays(vector))
    for block, place in places(freed):
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


def places(model: Structure) -> Iterator[tuple[Block, slice]]:
    """Blocks, and where their parameters stand in the vector."""
    at = 0
    for block in model.blocks:
        yield block, slice(at, at + block.size)
        at += block.size
