"""Covariates that are modelled, and outcomes after the last wave, as a graph: equations (20) and (21) of `further`."""

from __future__ import annotations

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from numpy.typing import NDArray
from pytensor.tensor.variable import TensorVariable

from bayespanel.data import Moments
from bayespanel.families.panel.component import Component
from bayespanel.families.panel.components import joint, predicted, reaching
from bayespanel.families.panel.continuous import wave_times
from bayespanel.families.panel.further import effect_dims, lasting
from bayespanel.families.panel.places import further_centre, further_sd
from bayespanel.families.panel.spec import RICLPM
from bayespanel.inference.parameters import covariance, deviation, location


class Further:
    """The parameters of the further cells of a model, made within its context, and what they do to its moments.

    Parameters
    ----------
    spec, moments
        Model and data.
    scale : [variable]
        Standard deviations of the variables.
    """

    def __init__(self, spec: RICLPM, moments: Moments, scale: TensorVariable) -> None:
        self.spec, self.times, self.k = spec, wave_times(moments), len(spec.variables)
        self.waves = len(self.times)
        self.m, self.q = len(joint(spec)), len(spec.distal)
        size = self.m + self.q
        self.centre = pt.specify_shape(pm.Data("further_centre", further_centre(spec, moments)), (size,))
        sd = pt.specify_shape(pm.Data("further_sd", further_sd(spec, moments)), (size,))
        self.mean: list[TensorVariable] = []
        if self.m:
            self._covariates(sd[: self.m])
        if self.q:
            self._outcomes(sd[self.m :], scale)

    def _covariates(self, sd: TensorVariable) -> None:
        spec, m = self.spec, self.m
        self.mean += [
            location("covariate_mean", spec.prior("covariate_mean"), self.centre[:m], sd, (m,), ("covariate",))
        ]
        corr = spec.prior("covariate_corr") if m > 1 else None
        side = ("covariate", "covariate_")
        row = spec.prior("covariate_sd")
        self.phi = covariance("covariate", row, corr, sd, (m,), ("covariate",), side=side)[0]

    def _outcomes(self, sd: TensorVariable, scale: TensorVariable) -> None:
        spec, q, k, part = self.spec, self.q, self.k, lasting(self.spec)
        row = spec.prior("distal_mean")
        self.mean += [location("distal_mean", row, self.centre[self.m :], sd, (q,), ("distal",))]
        shape = (q, *part.sd_shape(self.waves, k))
        wide = pt.tile(scale, part.copies(self.waves)) * part.factor(self.times, k)
        unit = (sd[:, None] / wide[None, :]).reshape(shape)
        self.effect = location("distal_effect", spec.prior("distal_effect"), 0.0, unit, shape, effect_dims(spec))
        self.flat = self.effect.reshape((q, part.size(self.waves, k)))
        self.deviations = pt.zeros((q, k))
        if reaching(spec):
            at = [list(spec.distal).index(name) for name in reaching(spec)]
            name, dims = "distal_deviation_effect", ("distal_both", "variable")
            each = sd[at][:, None] / scale[None, :]
            found = location(name, spec.prior(name), 0.0, each, (len(at), k), dims)
            self.deviations = pt.as_tensor(np.eye(q)[:, at]) @ found
        self.sd = deviation("distal_sd", spec.prior("distal_sd"), sd, (q,), ("distal",), signed=False)

    def moving(self, sigma: TensorVariable) -> TensorVariable:
        """Return J W J' from W, the covariance of the process."""
        p = self.waves * self.k
        rows = [pt.eye(p), pt.zeros((self.m, p))]
        if self.q:
            rows.append(self.deviations @ np.eye(p)[p - self.k :])
        j = pt.concatenate(rows)
        return j @ sigma @ j.T

    def loading(self, part: Component, load: TensorVariable | NDArray[np.float64]) -> TensorVariable:
        """Return the loading of a part on all cells from that on scores [cell, effect]."""
        size = part.size(self.waves, self.k)
        rows = [pt.as_tensor(load), pt.zeros((self.m, size))]
        if self.q:
            rows.append(self.flat if part.level == "pupil" else pt.zeros((self.q, size)))
        return pt.concatenate(rows)

    def mask(self, mask: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return where a part adds to the covariance of all cells."""
        return np.pad(mask, (0, self.m + self.q), constant_values=1.0)

    def whole(self, sigma: TensorVariable, on_scores: TensorVariable | None) -> TensorVariable:
        """Add covariates that are modelled, whose effects on scores are given, and residuals of outcomes."""
        p = self.waves * self.k
        if self.m:
            assert on_scores is not None
            rows = [on_scores, pt.eye(self.m)]
            if self.q:
                rows.append(self._through() if predicted(self.spec) is not None else pt.zeros((self.q, self.m)))
            e = pt.concatenate(rows)
            sigma = sigma + e @ self.phi @ e.T
        if self.q:
            last = np.eye(p + self.m + self.q)[:, p + self.m :]
            sigma = sigma + last @ pt.diag(self.sd**2) @ last.T
        return sigma

    def coefficients(self) -> TensorVariable:
        """Return the rows [further, regressor]: means from the data's centre, and effects of known covariates."""
        mean = (pt.concatenate(self.mean) - self.centre)[:, None]
        if self.m or not self.spec.covariates:
            return mean
        return pt.concatenate([mean, self._through()], axis=1)

    def _through(self) -> TensorVariable:
        """B Gamma [outcome, covariate]."""
        gamma = pm.modelcontext(None)["covariate_effect"]
        return self.flat @ gamma.reshape((self.flat.type.shape[1], len(self.spec.covariates)))
