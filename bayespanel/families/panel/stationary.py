"""A process that has settled when it is first seen: innovations follow from its lags and its covariance.

With V the covariance of deviations, the same at all waves, A the lags, and in continuous time D the drift::

    Q = V - A V A',              of innovations between two waves                                           (24)
    G = -(D V + V D'),           of what arrives in a unit of time, the diffusion                           (25)

These are the Lyapunov equations of the stationary covariance, solved for what arrives: V stands among the parameters,
in whose standard deviations lags count, and nothing has to be inverted. Every stationary process is reached in this
way: if Q or G is positive definite, V is the covariance that these lags and innovations settle at, and lags or drift
are stable (Lyapunov's theorem; Lütkepohl, 2005, doi:10.1007/978-3-540-27752-1, section 2.1). Elsewhere there is no
such process, and the likelihood is zero.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bayespanel.inference.structure import Arrays

Array = NDArray[np.float64]


def arriving(lag: Any, covariance: Any) -> Any:
    """Return Q [..., variable, variable] by (24), from lags and V of these dimensions."""
    return covariance - lag @ covariance @ np.swapaxes(lag, -1, -2)


def diffusing(drift: Any, covariance: Any) -> Any:
    """Return G [..., variable, variable] by (25), from drifts and V of these dimensions."""
    half = drift @ covariance
    return -(half + np.swapaxes(half, -1, -2))


def following(arrays: Arrays) -> Arrays:
    """Return what follows from the blocks lag or drift and initial_cov of a structure, by the name of its block."""
    initial = arrays["initial_cov"]
    if "drift" in arrays:
        return {"diffusion_cov": diffusing(arrays["drift"], initial)[None]}
    return {"innovation_cov": arriving(arrays["lag"][:1], initial)}


def adjoint(arrays: Arrays, gradient: Arrays) -> Arrays:
    """Return the gradient for these blocks from that for what follows from them too."""
    out, initial = dict(gradient), arrays["initial_cov"]
    name = "diffusion_cov" if "drift" in arrays else "innovation_cov"
    whole = out.pop(name).sum(axis=0)
    g = 0.5 * (whole + whole.T)
    if "drift" in arrays:
        drift = arrays["drift"]
        half = g @ drift
        out["drift"] = out["drift"] - 2.0 * g @ initial
        out["initial_cov"] = out["initial_cov"] - half - half.T
        return out
    lag = arrays["lag"][0]
    out["lag"] = out["lag"] - (2.0 * g @ lag @ initial)[None]
    out["initial_cov"] = out["initial_cov"] + g - lag.T @ g @ lag
    return out


def exists(arriving: Array) -> NDArray[np.bool_]:
    """Return whether there is a process in which these covariances [..., variable, variable] arrive."""
    return np.asarray(np.linalg.eigvalsh(np.real(arriving)).min(axis=-1) > 0)


def completed(posterior: xr.Dataset, initial: Array, *, continuous: bool) -> xr.Dataset:
    """Return draws with the standard deviations and correlations of what arrives, from V [chain, draw, ., .]."""
    name, own = ("diffusion", "drift") if continuous else ("innovation", "lag")
    matrix = posterior[own].transpose("chain", "draw", ...).values
    covariance = diffusing(matrix, initial) if continuous else arriving(matrix, initial)
    with np.errstate(invalid="ignore", divide="ignore"):  # a truth may be without variance
        sd = np.sqrt(np.einsum("...ii->...i", covariance))
        corr = covariance / sd[..., :, None] / sd[..., None, :]
    new: dict[str, tuple[tuple[str, ...], Array]] = {f"{name}_sd": (("chain", "draw", "variable"), sd)}
    if sd.shape[-1] > 1:
        new[f"{name}_corr"] = (("chain", "draw", "variable", "variable_"), corr)
    return posterior.assign(new)
