"""What a maximum says about itself: converged, on the boundary, proper; one judgement for all families."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

GAIN = 1e-6
"""Log-likelihood that a further Newton step may still gain at a maximum: no estimate is then more than 1.4e-3 standard
errors away from it."""

FLAT = 1e-10
"""Least eigenvalue of the information, scaled to ones on its diagonal, at which the likelihood is curved everywhere."""

OUTWARD = 1e-6
"""Rise of the log-likelihood per unit and per data variance, from the boundary inward, that is none."""


@dataclass(frozen=True)
class Verdict:
    """Three flags on a point that was returned as a maximum, each judged there, and a sentence for each.

    Attributes
    ----------
    converged
        Whether the point is a maximum: along every free direction the gradient vanishes and the likelihood is curved
        downward, and from the boundary it does not rise into the inside.
    boundary : tuple of str
        What lies on the boundary, in words; empty inside.
    improper : tuple of str
        What has no proper value, such as covariances that are not positive definite; empty where all is proper.
    gain
        Log-likelihood that a further Newton step would gain; infinite where the likelihood is not curved downward.
    gradient
        Largest entry of the gradient along free directions, per pupil.
    starts, agreeing
        Starts that were followed, and how many of them ended here.
    higher
        How far the log-likelihood rose elsewhere without arriving at a maximum; 0 where it did not.
    """

    converged: bool
    boundary: tuple[str, ...]
    improper: tuple[str, ...]
    gain: float
    gradient: float
    starts: int = 1
    agreeing: int = 1
    higher: float = 0.0

    @property
    def sentences(self) -> tuple[str, str, str]:
        """One sentence on convergence, one on the boundary, one on properness."""
        return self._convergence(), self._boundary(), self._properness()

    def _convergence(self) -> str:
        if self.converged:
            ended = f"{self.agreeing} of {self.starts} starts ended here"
            above = ""
            if self.higher > 0:
                above = f"; elsewhere the log-likelihood rose {self.higher:.2g} higher without arriving at a maximum"
            return f"Converged: no step from this point raises the log-likelihood; {ended}{above}."
        rise = f"the gradient per pupil is still {self.gradient:.1e}"
        if not np.isfinite(self.gain):
            rise += " and the likelihood is not curved downward in every direction"
        return f"Not converged: this point is no maximum, {rise}; do not use estimates or standard errors."

    def _boundary(self) -> str:
        if not self.boundary:
            return "Not on the boundary: no parameter is held at the edge of what it may be."
        where = "; ".join(self.boundary)
        return f"On the boundary: {where}; standard errors of all else are computed with it held there."

    def _properness(self) -> str:
        if not self.improper:
            return "Proper: every estimate is a value that the model can have."
        return f"Improper: {'; '.join(self.improper)}."


def judge(gradient: Array, information: Array, outward: float, units: float) -> tuple[bool, float, Array]:
    """Judge a point by what the likelihood does there.

    Parameters
    ----------
    gradient : [coordinate], information : [coordinate, coordinate]
        Along the free directions: those of the face of the boundary on which the point lies.
    outward
        How fast the log-likelihood rises from that face into the inside.
    units
        Number of pupils.

    Returns
    -------
    converged
        Whether it is a maximum.
    gain
        Log-likelihood that a Newton step would gain; infinite where the information is not positive definite.
    covariance : [coordinate, coordinate]
        Inverse of the information; NaN where it is not positive definite.
    """
    if not len(gradient):
        return outward <= OUTWARD * units, 0.0, information
    diagonal = np.diag(information)
    regular = bool((diagonal > 0).all())
    if regular:
        scale = 1.0 / np.sqrt(diagonal)
        values, vectors = np.linalg.eigh(information * np.outer(scale, scale))
        regular = bool(values[0] > FLAT)
    if not regular:
        return False, np.inf, np.full_like(information, np.nan)
    covariance = (vectors / values) @ vectors.T * np.outer(scale, scale)
    gain = 0.5 * float(gradient @ covariance @ gradient)
    return gain < GAIN and outward <= OUTWARD * units, gain, covariance
