"""What a model implies for the cells beside the scores, each line with its equation; see `moments` for the scores.

z ~ N(mu, Phi),  f = Gamma z + f*                                               covariates that are modelled
d = nu + B f + C w_T + e,  e ~ N(0, diag(sigma^2))                              outcomes after the last wave
cov(d, y) = B Omega L' + C cov(w_T, w),  var(d) = B Omega B' + C V_T C' + diag(sigma^2), given z         (22)
cov(z, (y, d)) = Phi E',  cov(y, d) = that given z + E Phi E',  E = (Gamma_t or L Gamma, B Gamma)        (23)
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from bayespanel.families.panel.components import joint, predicted, reaching
from bayespanel.families.panel.spec import RICLPM
from bayespanel.language.errors import SpecError

Array = NDArray[np.float64]


def needed(spec: RICLPM) -> list[str]:
    """Return the names of means and effects without which nothing follows."""
    out = ["covariate_mean"] if joint(spec) else []
    out += ["distal_mean", "distal_effect"] if spec.distal else []
    return out + (["distal_deviation_effect"] if reaching(spec) else [])


def spreads(spec: RICLPM) -> list[str]:
    """Return the names of variances, covariances and correlations, of which some suffice."""
    out = ["covariate_sd", "covariate_corr", "covariate_cov"] if joint(spec) else []
    return out + (["distal_sd", "distal_variance"] if spec.distal else [])


def joined(
    spec: RICLPM,
    given: Mapping[str, Array],
    scores: Array,
    within: Array,
    lasting: tuple[Array, Array],
    effect: Array,
    phi: Array,
) -> tuple[Array, Array, Array]:
    """Return the covariance of all cells, and mean and effects of the further ones.

    Parameters
    ----------
    spec, given
        The model and its values by name.
    scores, within : [cell, cell]
        Covariance of the scores given covariates, and that of the process alone.
    lasting
        Loading [cell, effect] and covariance [effect, effect] of what lasts in pupils.
    effect : [wave, variable, covariate]
        Effects of covariates on scores.
    phi : [covariate, covariate]
        Covariance of covariates that are modelled; empty without these.
    """
    m, q, k = len(phi), len(spec.distal), len(spec.variables)
    load, omega = lasting
    p = len(scores)
    mean = [given["covariate_mean"]] if m else []
    cov, on_all = scores, effect.reshape(p, -1)
    if q:
        b, c = given["distal_effect"].reshape(q, -1), np.zeros((q, k))
        if b.shape[1] != load.shape[1]:
            raise SpecError(
                "An outcome after the last wave has an effect of all that lasts in a pupil.",
                f"'distal_effect' has {b.shape[1]} for each outcome, not {load.shape[1]}.",
                "Give one value per entry.",
            )
        for row, name in enumerate(reaching(spec)):
            c[list(spec.distal).index(name)] = given["distal_deviation_effect"][row]
        last = slice(p - k, p)
        to_scores = b @ omega @ load.T + c @ within[last]  # (22)
        own = b @ omega @ b.T + c @ within[last, last] @ c.T + np.diag(_variances(given, q))
        cov = np.block([[scores, to_scores.T], [to_scores, own]])
        mean.append(given["distal_mean"].reshape(q))
        gamma = given["covariate_effect"] if predicted(spec) is not None else np.zeros((load.shape[1], on_all.shape[1]))
        on_all = np.concatenate([on_all, b @ gamma.reshape(load.shape[1], -1)])
    if m:
        cov = cov + on_all @ phi @ on_all.T  # (23)
        across = on_all @ phi
        order = [*range(p), *range(p + q, p + q + m), *range(p, p + q)]  # covariates before outcomes
        cov = np.block([[cov, across], [across.T, phi]])[np.ix_(order, order)]
        on_all = np.zeros((p + m + q, 0))
    return cov, np.concatenate([*mean, np.zeros(0)]), on_all[p:]


def _variances(given: Mapping[str, Array], outcomes: int) -> Array:
    if "distal_variance" in given:
        return np.asarray(given["distal_variance"]).reshape(outcomes)
    if "distal_sd" not in given:
        raise SpecError("Every parameter of the model has a value.", "'distal_sd' is missing.", "Add it.")
    return np.asarray(given["distal_sd"]).reshape(outcomes) ** 2
