"""Outcomes after the last wave on the standardised scale.

With d, B, C, sigma and what lasts as in `further`, Omega* the whole covariance of what lasts (`predictors`), and V_T
that of deviations at the last wave::

    U = B Omega* B' + C V_T C' + diag(sigma^2)                                                              (24)
    B[d, e] sqrt(Omega*[e, e] / U[d, d]),    C[d, x] sqrt(V_T[x, x] / U[d, d])

So effects count in total SDs of the outcome per SD of what lasts, or of deviations.
"""

from __future__ import annotations

import numpy as np
import xarray as xr

from bayespanel.families.panel.components import predicted, reaching
from bayespanel.families.panel.derive import draws_of, level_covariance, within_covariances
from bayespanel.families.panel.further import effect_dims, lasting
from bayespanel.families.panel.predictors import NAME, spread_draws
from bayespanel.families.panel.spec import RICLPM
from bayespanel.inference.structure import Array


def with_outcomes(spec: RICLPM, posterior: xr.Dataset, phi: Array | None) -> xr.Dataset:
    """Add standardised effects on outcomes after the last wave, by (24).

    Parameters
    ----------
    spec, posterior
        Model and draws of its parameters; without such outcomes, nothing is added.
    phi : [covariate, covariate]
        Covariance over pupils of covariates that are not modelled.
    """
    if not spec.distal:
        return posterior
    effect = draws_of(posterior, "distal_effect")
    b = effect.reshape(*effect.shape[:3], -1)
    omega = level_covariance(posterior, lasting(spec).name)
    if predicted(spec) is not None:
        gamma = draws_of(posterior, NAME)
        flat = gamma.reshape(*gamma.shape[:2], -1, gamma.shape[-1])
        omega = omega + flat @ spread_draws(spec, posterior, phi) @ np.swapaxes(flat, -1, -2)
    last = within_covariances(posterior)[:, :, -1, -1]
    c = np.zeros((*b.shape[:3], last.shape[-1]))
    if reaching(spec):
        at = [list(spec.distal).index(name) for name in reaching(spec)]
        c[:, :, at] = draws_of(posterior, "distal_deviation_effect")
    whole = draws_of(posterior, "distal_sd") ** 2
    whole = whole + np.einsum("abde,abef,abdf->abd", b, omega, b) + np.einsum("abdx,abxy,abdy->abd", c, last, c)
    sd = np.sqrt(whole)[..., None]
    scaled = b * np.sqrt(np.einsum("abee->abe", omega))[:, :, None] / sd
    dims = ("chain", "draw", *effect_dims(spec))
    out = {"distal_effect_standardised": (dims, scaled.reshape(effect.shape))}
    if reaching(spec):
        moving = (c * np.sqrt(np.einsum("abxx->abx", last))[:, :, None] / sd)[:, :, at]
        out["distal_deviation_effect_standardised"] = (("chain", "draw", "distal_both", "variable"), moving)
    return posterior.assign(out)
