"""Maximum likelihood from several starts, by Newton steps with exact derivatives of the exact likelihood."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import xarray as xr
from scipy.optimize import minimize

from bayespanel.inference.faces import Face, cone, face_at, matrices, outward
from bayespanel.inference.structure import Array, Structure
from bayespanel.inference.verdict import GAIN, Verdict, judge
from bayespanel.language.errors import FitError
from bayespanel.language.shown import Shown
from bayespanel.likelihood.kernels import nested_normal
from bayespanel.likelihood.packed_sums import Statistics

Objective = Callable[[Any], tuple[Any, Any]]
"""From a vector to the log-likelihood and its gradient."""

COMPLEX = 1e-30
"""Of complex steps: no difference is taken, so nothing cancels."""

STEP = 1e-4
"""Of differences, in units of a parameter. They lead the climb alone; what is reported comes from complex steps."""

AGREE = 1e-3
"""Starts whose log-likelihoods differ by less have ended at the same maximum."""

MORE = 4
"""Further starts where the first do not agree, or none of them found a maximum."""

SPREAD = 0.3
"""Of further starts about the first, in units of lags and of roots of covariances."""

SEED = 1922
"""Of further starts: the same data give the same maximum."""

POLISH = 8
"""Newton steps with the exact information, at most: each doubles the correct digits."""

SHARES = (1.0, 0.5, 0.25, 0.125)
"""Shares of a Newton step that are tried, until one does not lead down: in a narrow valley the whole step may."""


@dataclass(frozen=True, eq=False, repr=False)
class Estimates(Shown):
    """Maximum likelihood estimates of a model.

    Attributes
    ----------
    log_likelihood
        With every constant.
    n_parameters, n_pupils
        Free parameters; pupils with any score.
    estimates, standard_errors : xr.Dataset
        In raw units, covariances as `<name>_cov` in place of `<name>_sd` and `<name>_corr`. Standard errors are NaN
        where there is no maximum, and for what lies on the boundary; those of the rest hold it there.
    verdict
        How the point was judged; `str(estimates)` says it in three sentences.
    standardised, standardised_errors : xr.Dataset
        What has no unit, with standard errors by the delta method: standardised lags or effects, correlations, and
        intraclass correlations. Empty for models without any.
    scores
        Each score with its means and its standard deviation: maxima of the same data have the same.
    """

    log_likelihood: float
    n_parameters: int
    n_pupils: int
    estimates: xr.Dataset
    standard_errors: xr.Dataset
    verdict: Verdict
    standardised: xr.Dataset = field(default_factory=xr.Dataset, kw_only=True)
    standardised_errors: xr.Dataset = field(default_factory=xr.Dataset, kw_only=True)
    scores: Mapping[str, tuple[float, ...]] = field(default_factory=dict, kw_only=True)

    @property
    def aic(self) -> float:
        """Akaike's information criterion."""
        return 2 * self.n_parameters - 2 * self.log_likelihood

    @property
    def bic(self) -> float:
        """Schwarz's information criterion; it counts pupils."""
        return float(np.log(self.n_pupils)) * self.n_parameters - 2 * self.log_likelihood

    @property
    def converged(self) -> bool:
        """Whether the point is a maximum: no step from it that the model allows raises the likelihood."""
        return self.verdict.converged

    @property
    def boundary(self) -> bool:
        """Whether it lies on the boundary: a variance of zero, a correlation of one, a parameter at its limit."""
        return bool(self.verdict.boundary)

    @property
    def proper(self) -> bool:
        """Whether every covariance is positive definite, with no direction of less than 1e-5 of the data's variance.

        If not, a variance is at zero, or beyond it within pupils, or a correlation is one: other programs warn of a
        Heywood case or a singular fit.
        """
        return not self.verdict.improper

    def brief(self) -> tuple[str, ...]:
        """Say in a few lines what was found."""
        return (*str(self).splitlines(), "bp.summary shows measures of fit and the estimates")

    def __str__(self) -> str:
        counts = f"{self.n_parameters} parameters, {self.n_pupils} pupils"
        first = f"Maximum likelihood: log-likelihood {self.log_likelihood:.4f}, {counts}."
        return "\n".join((first, *self.verdict.sentences))


@dataclass(frozen=True, eq=False)
class Maximum:
    """A maximum of the likelihood.

    Attributes
    ----------
    log_likelihood
        With every constant.
    vector
        Parameters, in units of the structure.
    face
        Free coordinates: those of the face of the boundary on which it lies.
    information : [coordinate, coordinate]
        Observed information in them.
    covariance : [parameter, parameter]
        Of the parameters, in units; NaN where there is no maximum.
    verdict
        How the point was judged.
    """

    log_likelihood: float
    vector: Array
    face: Face
    information: Array
    covariance: Array
    verdict: Verdict

    @property
    def converged(self) -> bool:
        """Whether it is a maximum."""
        return self.verdict.converged

    @property
    def boundary(self) -> bool:
        """Whether it lies on the boundary."""
        return bool(self.verdict.boundary)

    def errors(self, apart: int = 0) -> Array:
        """Standard errors [parameter]; the first `apart` and the rest as if they were independent."""
        covariance = self.covariance
        if apart and self.converged:
            inverse = np.zeros_like(self.information)
            for part in (slice(None, apart), slice(apart, None)):
                inverse[part, part] = np.linalg.inv(self.information[part, part])
            covariance = _of_parameters(self.face, self.face.coordinates(self.vector), inverse)
        out = np.sqrt(np.maximum(np.diag(covariance), 0.0))
        for matrix, _, _ in self.face.factored:
            out[matrix.place] = np.nan
        return np.asarray(out)


def objective(structure: Structure, statistics: Statistics) -> Objective:
    """Return the function from a vector, real or complex, to the log-likelihood and its gradient."""

    def value_and_gradient(vector: Any) -> tuple[Any, Any]:
        arrays = structure.arrays(vector)
        logl, *gradient = nested_normal(*structure.forward(arrays), statistics.index, statistics.value)
        if not np.isfinite(logl):
            return -np.inf, np.zeros(structure.size)
        d_sigma, d_b, d_inner, d_outer = gradient
        return logl, structure.gradient(structure.adjoint(arrays, (d_sigma, d_b, d_inner, d_outer)))

    return value_and_gradient


def hessian(value_and_gradient: Objective, vector: Array) -> Array:
    """Second derivatives by complex steps of the gradient, exact to rounding."""
    out = np.empty((len(vector), len(vector)))
    for i in range(len(vector)):
        moved = vector.astype(complex)
        moved[i] += COMPLEX * 1j
        out[i] = value_and_gradient(moved)[1].imag / COMPLEX
    return 0.5 * (out + out.T)


def differences(value_and_gradient: Objective, vector: Array) -> Array:
    """Second derivatives by central differences of the gradient; zero where a side leaves the domain."""
    out = np.zeros((len(vector), len(vector)))
    for i in range(len(vector)):
        step = np.zeros(len(vector))
        step[i] = STEP
        (up, g_up), (down, g_down) = value_and_gradient(vector + step), value_and_gradient(vector - step)
        if np.isfinite(up) and np.isfinite(down):
            out[i] = (g_up - g_down) / (2 * STEP)
    return 0.5 * (out + out.T)


def maximise(
    structure: Structure,
    statistics: Statistics,
    others: Sequence[Array] = (),
    outside: Callable[[Array], Sequence[Array]] = lambda _: (),
) -> Maximum:
    """Maximise the likelihood of a structure.

    From each start the maximum among positive semidefinite covariances is sought, in Cholesky factors, which cannot
    leave them. Where it lies on the boundary of covariances that the model lets beyond it, the climb goes on there (an
    improper solution within pupils); if it arrives at no maximum, as where the likelihood rises on for ever, the one on
    the boundary stands. Where the starts do not agree more are tried, and the highest maximum is returned.

    Parameters
    ----------
    structure, statistics
        The model and the data.
    others
        Starting vectors besides that of the structure; those where the likelihood is zero are passed over.
    outside
        From where the search ended, if that is no proper maximum, to starting vectors whose covariances lie beyond the
        cone and are not reached by a climb through its boundary.

    Raises
    ------
    FitError
        When the likelihood is zero at the starting values.
    """
    natural = objective(structure, statistics)
    start = structure.start()
    if not np.isfinite(natural(start)[0]):
        raise FitError(
            "The likelihood is positive at the starting values.",
            "It is zero there: a covariance is not positive definite.",
            "Look for variables that are nearly copies of each other, and leave one of them out.",
        )
    units = max(float(statistics.value[: statistics.index[0]].sum()), 1.0)
    climb = _Climb(structure, natural, units)
    inside = cone(structure)
    possible = [vector for vector in others if np.isfinite(natural(vector)[0])]
    begin = [inside.coordinates(vector) for vector in (start, *possible)]
    ends = [climb.end(inside, x) for x in begin]
    if not all(end.converged and abs(end.log_likelihood - ends[0].log_likelihood) < AGREE for end in ends):
        rng = np.random.default_rng(SEED)
        further = [begin[i % len(begin)] + SPREAD * rng.normal(size=len(begin[0])) for i in range(MORE)]
        ends += [climb.end(inside, x) for x in further if np.isfinite(natural(inside.vector(x))[0])]
    best = max([end for end in ends if end.converged] or ends, key=lambda end: end.log_likelihood)
    if best.verdict.improper or best.boundary or not best.converged:
        ends += [climb.outside(vector) for vector in outside(best.vector) if np.isfinite(natural(vector)[0])]
    arrived = [end for end in ends if end.converged]
    best = max(arrived or ends, key=lambda end: end.log_likelihood)
    alike = sum(abs(end.log_likelihood - best.log_likelihood) < AGREE for end in ends)
    rise = climb.highest - best.log_likelihood
    verdict = replace(best.verdict, starts=len(ends), agreeing=alike, higher=rise if rise > AGREE else 0.0)
    return replace(best, verdict=verdict)


class _Climb:
    """The way from one start after the other to where it ends; remembers the highest point of all."""

    def __init__(self, structure: Structure, natural: Objective, units: float) -> None:
        self.structure, self.natural, self.units = structure, natural, units
        self.highest = -np.inf
        self.seen: list[tuple[float, Maximum]] = []

    def end(self, inside: Face, x: Array) -> Maximum:
        """Climb among positive semidefinite covariances, then beyond where the model allows it."""
        first = minimize(
            self._negative(inside),
            x,
            jac=True,
            method="L-BFGS-B",
            options={"maxiter": 1000, "maxfun": 2000, "ftol": 1e-13, "gtol": 1e-7},
        )
        within = self._arrive(inside.vector(self._newton(inside, first.x)), beyond=False)
        for logl, end in self.seen:
            if within.converged and abs(logl - within.log_likelihood) < AGREE:
                return end
        out = within
        if any(matrix.beyond for matrix, _, _ in within.face.factored):
            face = face_at(self.structure, within.vector, beyond=True)
            point = self._newton(face, face.coordinates(within.vector))
            further = self._arrive(face.vector(point), beyond=True)
            if further.converged or not within.converged:
                out = further
        self.seen.append((within.log_likelihood, out))
        return out

    def outside(self, vector: Array) -> Maximum:
        """Climb from a point beyond the cone, to where the model lets covariances go."""
        face = face_at(self.structure, vector, beyond=True)
        return self._arrive(face.vector(self._newton(face, face.coordinates(vector))), beyond=True)

    def _negative(self, face: Face) -> Callable[[Array], tuple[float, Array]]:
        def negative(x: Array) -> tuple[float, Array]:
            logl, gradient = self.natural(face.vector(x))
            return -logl / self.units, -face.pull(x, gradient) / self.units

        return negative

    def _newton(self, face: Face, x: Array) -> Array:
        """Newton steps in a trust region, led by differences."""
        function = self._negative(face)
        found = minimize(
            function,
            x,
            jac=True,
            hess=lambda point: differences(function, point),
            method="trust-exact",
            options={"gtol": 1e-9, "maxiter": 100},
        )
        return np.asarray(found.x) if np.isfinite(found.fun) else x

    def _arrive(self, vector: Array, *, beyond: bool) -> Maximum:
        """Take the last steps on the face where a point lies with the exact information, and judge the point there."""
        face = face_at(self.structure, vector, beyond=beyond)

        def along(x: Any) -> tuple[Any, Any]:
            logl, gradient = self.natural(face.vector(x))
            return logl, face.pull(x, gradient)

        x = face.coordinates(vector)
        logl, gradient = along(x)
        for _ in range(POLISH):
            information = -hessian(along, x)
            _, gain, covariance = judge(gradient, information, -np.inf, self.units)
            if not GAIN * GAIN < gain < np.inf:
                break
            for share in SHARES:
                ahead = x + share * covariance @ gradient
                new, new_gradient = along(ahead)
                if new >= logl - GAIN * GAIN * abs(logl):
                    break
            else:
                break
            x, logl, gradient = ahead, new, new_gradient
        else:
            information = -hessian(along, x)
        vector = face.vector(x)
        self.highest = max(self.highest, float(logl))
        rise = outward(face, vector, self.natural(vector)[1])
        converged, gain, covariance = judge(gradient, information, rise, self.units)
        edge = [f"{matrix.name} has a variance of zero or a correlation of one" for matrix, _, _ in face.factored]
        improper = [matrix.name for matrix in matrices(self.structure) if matrix.improper(vector)]
        verdict = Verdict(
            converged=converged,
            boundary=tuple(edge),
            improper=tuple(f"{name} is not positive definite" for name in improper),
            gain=gain,
            gradient=float(np.abs(gradient).max(initial=0.0)) / self.units,
        )
        return Maximum(float(logl), vector, face, information, _of_parameters(face, x, covariance), verdict)


def _of_parameters(face: Face, x: Array, covariance: Array) -> Array:
    """Carry a covariance of coordinates to the parameters (delta method)."""
    jacobian = face.jacobian(x)
    return np.asarray(jacobian @ covariance @ jacobian.T)
