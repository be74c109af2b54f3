"""How deviations within pupils go on from wave to wave: from parameters and waves to a matrix for each interval.

Deviations follow a vector autoregression around what is stable, equation (1) of `moments` (Hamaker, Kuiper & Grasman
2015, doi:10.1037/a0038889)::

    w_{t+1} = A_t w_t + u_t,     A_t = A, equal over intervals, or one A_t for each interval, free

The innovations u_t have a covariance of their own, a row of `components`. Of second order, B_t acts beside A_t::

    w_{t+1} = A_t w_t + B_t w_{t-1} + u_t,     t > 1

and the first two waves start it: from the first to the second wave lags are of their own, A_1. With moving averages M
innovations act once more a wave later, and the deviations of the first wave count as innovations, u_0 = w_1 (Zyphur et
al. 2020, doi:10.1177/1094428119847278)::

    w_{t+1} = A_t w_t + M u_{t-1} + u_t

In continuous time A_t and the covariance of u_t follow from a drift and a diffusion, see `continuous`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from bayespanel.families.panel.spec import RICLPM

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Process:
    """Lags of a model.

    Attributes
    ----------
    by_interval
        Whether each interval between waves has lags of its own, or all share them.
    order
        How many waves back lags reach: 1 or 2.
    continuous
        Whether lags of all intervals follow from one drift in continuous time; see `continuous`.
    average
        What innovations do once more a wave later: "none", each something to its "own" variable, or to all, "cross".
    stationary
        Whether deviations have settled at the first wave, so that innovations follow; see `stationary`.
    """

    by_interval: bool
    order: int = 1
    continuous: bool = False
    average: str = "none"
    stationary: bool = False

    @property
    def wide(self) -> bool:
        """Whether what comes next depends on more than deviations of one wave; see `state`."""
        return self.second or self.averages

    @property
    def averages(self) -> bool:
        """Whether innovations act once more, `moving_average`."""
        return self.average != "none"

    @property
    def average_dims(self) -> tuple[str, ...]:
        """Return the dimensions of moving averages in model and posterior."""
        return ("variable",) if self.average == "own" else ("target", "source")

    @property
    def second(self) -> bool:
        """Whether there are lags over two intervals, `lag_2`."""
        return self.order == 2

    @property
    def apart(self) -> bool:
        """Whether the first interval has lags of its own, `first_lag`, and the others share theirs."""
        return self.second and not self.by_interval

    def second_number(self, waves: int) -> int:
        """Return how many matrices of lags over two intervals there are."""
        return waves - 2 if self.by_interval else 1

    def second_dims(self, waves: int) -> tuple[str, ...]:
        """Return the dimensions of lags over two intervals in model and posterior."""
        return (*(("span",) if self.second_number(waves) > 1 else ()), "target", "source")

    def second_shape(self, waves: int, variables: int) -> tuple[int, ...]:
        """Return the shape of lags over two intervals in model and posterior."""
        lead = (waves - 2,) if self.second_number(waves) > 1 else ()
        return (*lead, variables, variables)

    @property
    def row(self) -> str:
        """Name of what is estimated, and of its row of priors: "lag", or "drift", from which lags follow."""
        return "drift" if self.continuous else "lag"

    @property
    def word(self) -> str:
        """What lags are over intervals: "free" or "equal"."""
        return "free" if self.by_interval else "equal"

    def number(self, waves: int) -> int:
        """Return how many matrices of lags there are."""
        return waves - 1 if self.by_interval or self.continuous else 1

    def lead(self, waves: int) -> tuple[str, ...]:
        """Return ("interval",) where there is more than one matrix; else nothing."""
        return ("interval",) if self.number(waves) > 1 else ()

    def dims(self, waves: int) -> tuple[str, ...]:
        """Return the dimensions of the lags in model and posterior."""
        return (*self.lead(waves), "target", "source")

    def shape(self, waves: int, variables: int) -> tuple[int, ...]:
        """Return the shape of the lags in model and posterior."""
        return (*((waves - 1,) if self.lead(waves) else ()), variables, variables)

    def pooled(self, lag: Array) -> Array:
        """Return lags [interval, target, source] as the model has them: all, or [1, target, source], their mean."""
        return lag if self.by_interval else lag.mean(axis=0, keepdims=True)


def process(spec: RICLPM) -> Process:
    """Return the process of a model."""
    settled = spec.initial == "stationary"
    return Process(spec.lags == "free", spec.order, spec.time == "continuous", spec.moving_average, settled)


def average_matrix(average: Array, variables: int, *, own: bool) -> Array:
    """Return moving averages as matrices [..., target, source], from those or from their diagonals [..., variable]."""
    return average[..., None] * np.eye(variables) if own else average


def over_intervals(values: Array, intervals: int) -> Array:
    """Repeat draws of a matrix [chain, draw, ., .] for every interval, unless they have that dimension."""
    if values.ndim == 5:
        return values
    return np.broadcast_to(values[:, :, None], (*values.shape[:2], intervals, *values.shape[2:]))
