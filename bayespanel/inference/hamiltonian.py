"""Hamiltonian steps in whitened coordinates, for a density that changes between them: that of a data augmentation.

What the sampler of a whole posterior learns from its own past draws holds only as long as the density stays the same.
Here the data are drawn anew between steps, and each step is short: a few leapfrogs, whose number is drawn at random.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

LENGTH = 1.5
"""Length of a trajectory, on average: a quarter of the period of a standard normal is 1.57."""

MOST = 30
"""Leapfrogs of a step at most."""

DIVERGENT = 1000.0
"""Loss of energy that leapfrogs cannot make where the density is smooth."""


@dataclass
class Step:
    """One Hamiltonian step.

    Attributes
    ----------
    point : [coordinate]
        Where it ended.
    logp
        The log-density there.
    accept
        Probability of accepting what was proposed.
    leapfrogs
        How many.
    energy
        At its begin.
    diverging
        Whether the energy was lost.
    """

    point: Array
    logp: float
    accept: float
    leapfrogs: int
    energy: float
    diverging: bool


def hamiltonian_step(
    density: Callable[[Array], tuple[float, Array]], point: Array, size: float, rng: np.random.Generator
) -> Step:
    """Move a point by leapfrogs, and accept or stay.

    Parameters
    ----------
    density
        Returns the log-density and its gradient at a point [coordinate].
    point : [coordinate]
        Where to begin.
    size
        Size of a leapfrog.
    rng
        Random numbers.

    References
    ----------
    Neal (2011), MCMC using Hamiltonian dynamics, doi:10.1201/b10905-6.
    """
    number = int(np.clip(np.ceil(rng.uniform(0.6, 1.4) * LENGTH / size), 1, MOST))
    momentum = rng.standard_normal(len(point))
    logp, gradient = density(point)
    before = logp - 0.5 * float(momentum @ momentum)
    there, slope, moving = point, gradient, momentum
    after = height = -np.inf
    for _ in range(number):
        moving = moving + 0.5 * size * slope
        there = there + size * moving
        height, slope = density(there)
        if not np.isfinite(height):
            break
        moving = moving + 0.5 * size * slope
    else:
        after = height - 0.5 * float(moving @ moving)
    gain = after - before
    accept = float(np.exp(min(0.0, gain))) if np.isfinite(gain) else 0.0
    moved = rng.random() < accept
    return Step(there if moved else point, height if moved else logp, accept, number, -before, gain < -DIVERGENT)


class StepSize:
    """The size of leapfrogs, adapted in the warm-up by dual averaging (Hoffman & Gelman 2014, JMLR 15, section 3.2)."""

    def __init__(self, size: float, target: float) -> None:
        self.size, self.target = size, target
        self._centre, self._error, self._average, self._steps = np.log(10 * size), 0.0, 0.0, 0

    def learn(self, accept: float) -> None:
        """Take notice of a probability of acceptance."""
        self._steps += 1
        weight = 1.0 / (self._steps + 10.0)
        self._error = (1.0 - weight) * self._error + weight * (self.target - accept)
        logarithm = self._centre - np.sqrt(self._steps) / 0.05 * self._error
        share = self._steps**-0.75
        self._average = share * logarithm + (1.0 - share) * self._average
        self.size = float(np.exp(np.clip(logarithm, -7.0, 1.0)))

    def settle(self) -> None:
        """Take the average of the sizes that were tried."""
        if self._steps:
            self.size = float(np.exp(np.clip(self._average, -7.0, 1.0)))
