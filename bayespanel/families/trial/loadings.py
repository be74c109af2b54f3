"""How the arms of a Gaussian trial load on what clusters have.

A pupil of arm g in cluster c has the deviation L[g] u[c] of its cluster, where u[c] ~ N(0, Psi)::

    common      L[g] = I            Psi: covariance of the cells                                          (15)
    by arm      L[g] = e[g]' x I    Psi: one such covariance for each arm, for clusters that lie in one arm   (16)
    varying     L[g] = (I, S[g])    Psi: covariance of means and of effects, of which S[g] picks those of g  (17)
    no classes  L[g] = 0            in arms whose pupils are in no class                                    (18)

Uncorrelated effects have a diagonal block of their own in (17). The reference arm has no effect, S[0] = 0, so that the
means of clusters are those of its pupils.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from bayespanel.families.trial.spec import ClusterTrial, split_levels, varying_level

Array = NDArray[np.float64]


def loadings(spec: ClusterTrial, arms: Sequence[str], cells: int, apart: Collection[str]) -> list[Array]:
    """Return L of each level, innermost first, [cell, effect] or [arm, cell, effect]: equations (15) to (18).

    Parameters
    ----------
    spec
        The model.
    arms
        All arms, the reference first.
    cells
        Number of cells: the outcomes, and baselines behind them.
    apart
        Levels whose clusters lie wholly in one arm.
    """
    number, outcomes = len(arms), len(spec.outcomes)
    split, varying = split_levels(spec, apart), varying_level(spec)
    one: Array = np.eye(cells)
    out: list[Array] = []
    for level in spec.cluster_levels:
        loading: Array = one
        if level in split:
            loading = np.zeros((number, cells, number, cells))
            for g in range(number):
                loading[g, :, g] = one
            loading = loading.reshape(number, cells, -1)
        elif level == varying:
            picked = np.zeros((number, cells, number - 1, outcomes))
            for g in range(1, number):
                picked[g, :outcomes, g - 1] = np.eye(outcomes)
            loading = np.concatenate([np.repeat(one[None], number, axis=0), picked.reshape(number, cells, -1)], axis=2)
        if level == "class" and spec.arms_without_classes:
            there = np.array([arm not in spec.arms_without_classes for arm in arms])
            loading = loading * there[:, None, None]
        out.append(loading)
    return out
