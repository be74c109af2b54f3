"""Strata, pairs and districts: blocks within which units were randomised."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bayespanel.data.wording import counted
from bayespanel.language.errors import DataError, nearest


def require_listed(strata: Sequence[str], covariates: Sequence[str]) -> None:
    """Check that strata are covariates of the trial.

    Raises
    ------
    DataError
        One is none of them.
    """
    for name in strata:
        if name not in covariates:
            raise DataError(
                "Strata are covariates whose values are labels.",
                f"{name!r} is none of them. {nearest(name, list(covariates)) if covariates else 'There are none.'}",
                "Name it in 'covariates' too, and in the model: covariates=[...].",
            )


def require_arms_within(name: str, written: NDArray[np.float64], arm: NDArray[np.int64], arms: Sequence[str]) -> None:
    """Check that every block holds several arms: what one block says of an effect is their difference.

    Parameters
    ----------
    name
        The column.
    written : [pupil, block - 1]
        1 for the pupils of each block but the first.
    arm : [pupil]
        Arm of each pupil.
    arms
        Labels of the arms.

    Raises
    ------
    DataError
        A block holds one arm.
    """
    block = (written @ np.arange(1, written.shape[1] + 1)).astype(np.int64)
    alone = [b for b in range(written.shape[1] + 1) if np.unique(arm[block == b]).size == 1]
    if alone:
        here = block == alone[0]
        only = arms[int(arm[here][0])]
        raise DataError(
            "A stratum holds several arms, which are compared within it.",
            f"{counted(len(alone), 'stratum', 'strata')} of {name!r} {'holds' if len(alone) == 1 else 'hold'} one arm, "
            f"for example one of {counted(int(here.sum()), 'pupil')}, all in {only!r}.",
            "Join it with a stratum that is like it, or leave it out of 'strata' if units were not randomised within.",
        )
