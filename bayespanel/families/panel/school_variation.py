"""Whether paths vary between schools: a score test while the pupils are at hand, kept as a few numbers beside a fit.

Schools are independent given the parameters. With g_s the derivative of the log-likelihood of school s in one lag, and
I_s minus its second derivative, both at the posterior mean, a lag that varies between schools with SD tau has::

    T = sum_s g_s^2,   expected  sum_s I_s - sum_s I_s^2 / sum_s I_s  + tau^2 sum_s I_s^2                        (20)

where the second term is due to the lag itself, which is estimated. Without variation T is about a scaled chi-square
with the scale sum I_s^2 / sum I_s and (sum I_s)^2 / sum I_s^2 - 1 degrees of freedom (Satterthwaite). Source of score
tests of a variance that is zero: Lin (1997), doi:10.1093/biomet/84.2.309.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.special import chdtrc

from bayespanel.data import Panel
from bayespanel.families.panel.components import accumulates, further
from bayespanel.families.panel.continuous import wave_times
from bayespanel.families.panel.moments import Implied, implied
from bayespanel.families.panel.places import regressors
from bayespanel.families.panel.process import process
from bayespanel.families.panel.spec import RICLPM
from bayespanel.families.panel.statistics import data_for, statistics
from bayespanel.families.panel.varying import FEWEST
from bayespanel.inference.checks import FIT, Check
from bayespanel.inference.likelihood_ratio import UNLIKELY
from bayespanel.likelihood.kernels import nested_normal

Array = NDArray[np.float64]

CHECK = "paths equal in all schools, p"

STEP = 1e-4
"""Step of the central differences in a lag, in standard deviations of the variables."""


def recorded(spec: RICLPM, posterior: xr.Dataset, data: Any) -> list[dict[str, Any]]:
    """Return path, p and SD between schools of every lag; nothing where the question does not arise.

    Parameters
    ----------
    spec, posterior
        Of the fit.
    data
        What was fitted: the pupils are needed, as sums over all schools do not tell schools apart.
    """
    lags = process(spec)
    plain = not (
        lags.second
        or lags.continuous
        or accumulates(spec)
        or further(spec)
        or spec.groups
        or spec.varying
        or spec.augmented
    )
    if (
        not plain
        or "school" not in spec.cluster_levels
        or not isinstance(data, Panel)
        or data.school is None
        or len(data.school_names) < FEWEST
    ):
        return []
    moments = data.by_school().moments()
    if moments.variables != spec.variables:
        moments = moments.select(variables=spec.variables)
    fitted = data_for(spec, data)
    times, packed, schools = wave_times(moments), statistics(spec, moments), len(moments.group_names)
    mean = posterior.mean(("chain", "draw"))
    arrays = {str(name): np.asarray(mean[name].values, float) for name in mean.data_vars if _needed(str(name))}

    def slopes(lag: Array, away: Array) -> Array:
        """g_s [school] in the direction of `away`, where all lags are `lag`."""
        point = implied(spec, arrays | {"lag": lag}, times)
        ahead, behind = (implied(spec, arrays | {"lag": lag + sign * away}, times).scores for sign in (1, -1))
        none = np.zeros((0, 0))
        inner, outer = [*(point.clusters[level] for level in spec.cluster_levels), none][:2]
        sigma = np.tile(point.scores, (schools, 1, 1))
        rows = np.tile(_coefficients(spec, point, moments, fitted.covariate_centre), (schools, 1, 1))
        d_sigma = nested_normal(sigma, rows, inner, outer, packed.index, packed.value)[1]
        return np.asarray(np.einsum("sij,ij->s", d_sigma, ahead - behind) / 2)

    out = []
    for y, target in enumerate(spec.variables):
        for x, source in enumerate(spec.variables):
            ratio = moments.scale[y] / moments.scale[x]
            away = np.zeros_like(arrays["lag"])
            away[..., y, x] = STEP * ratio
            lag = arrays["lag"]
            slope, above, below = (slopes(at, away) / STEP for at in (lag, lag + away, lag - away))
            p_value, sd = score_test(slope, np.maximum((below - above) / (2 * STEP), 0.0))
            out.append({"path": f"{source} -> {target}", "p": p_value, "sd": sd})
    return out


def score_test(slope: Array, information: Array) -> tuple[float, float]:
    """Return p, and the SD between schools by moments, from g_s and I_s [school]; equation (20)."""
    whole, squares = float(information.sum()), float((information**2).sum())
    if not squares > 0:
        return 1.0, 0.0
    scale, freedom = squares / whole, whole**2 / squares - 1.0
    if not freedom > 1e-9:  # one school has all the information
        return 1.0, 0.0
    total = float((slope**2).sum())
    variance = (total - (whole - squares / whole)) / squares
    return float(chdtrc(freedom, total / scale)), float(np.sqrt(max(variance, 0.0)))


def rows(found: Sequence[Mapping[str, Any]]) -> Iterator[Check]:
    """Return the row of what `recorded` found."""
    if not found:
        return
    worst = min(found, key=lambda one: float(one["p"]))
    p = min(1.0, len(found) * float(worst["p"]))  # Bonferroni
    yield Check(
        CHECK,
        p,
        UNLIKELY,
        p >= UNLIKELY,
        f"'{worst['path']}' seems to differ between schools, with a standard deviation of about "
        f"{float(worst['sd']):.2f} SDs: the interval of the mean path is then too narrow. Fit with "
        f"varying=({worst['path']!r},). But shocks of schools at single waves look alike: where 'school effects stable "
        'over waves\' fails, mend that first, by cluster_effects = "by_wave".',
        grave=False,
        about=FIT,
    )


def _needed(name: str) -> bool:
    return name in ("mean", "lag", "covariate_effect", "intercept_loading") or name.endswith(("_sd", "_corr"))


def _coefficients(spec: RICLPM, point: Implied, moments: Any, zero: Array) -> Array:
    """Coefficients [cell, regressor] as the data of these moments count them."""
    at = regressors(spec, moments)[1:]
    effect = point.covariate_effect.reshape(moments.n_cells, -1)
    shift = moments.covariate_centre[[one - 1 for one in at]] - zero[[one - 1 for one in at]]
    mean = point.mean.ravel() - moments.centre + effect @ shift
    return np.column_stack([mean, effect])
