"""Ready worlds of the toy."""

from __future__ import annotations

from bayespanel.families.shared.ready import ready
from tests.families.toy.world import ToyWorld


@ready
def tiny_toy(*, effect: float = 0.3, pupils: int = 60) -> ToyWorld:
    """Return a world of two waves.

    Parameters
    ----------
    effect
        Change of the score per unit of the covariate, which is per SD.
    pupils
        Number of pupils.
    """
    return ToyWorld(mean=2.0, effect=effect, pupils=pupils)
