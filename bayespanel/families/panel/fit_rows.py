"""Rows of checks about fit: whether the model fits at all, and whether what it holds equal differs.

Each is a likelihood-ratio test between maxima near the posterior (`neighbours`); priors play no part in them, and in
the row of posterior predictive p they do. With D_s twice the log-likelihood that draw s lacks to the model that frees
the pupil level, which has p* parameters, data replicated from the draw would have D_s' ~ chi-square(p*), so that::

    p_LR  = mean over draws of P(chi-square(p*) >= D_s)                                                      (16)
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import xarray as xr
from scipy.stats import chi2

from bayespanel.data import Moments
from bayespanel.families.panel.neighbours import Neighbour, Own, neighbours, own
from bayespanel.families.panel.predictive import srmr
from bayespanel.families.panel.restrictions import RESTRICTIONS
from bayespanel.families.panel.spec import RICLPM
from bayespanel.inference.ascent import Ascent, ascend
from bayespanel.inference.checks import Check
from bayespanel.inference.likelihood_ratio import LikelihoodRatio, row
from bayespanel.inference.maximum_likelihood import objective
from bayespanel.inference.structure import Array
from bayespanel.language.errors import BayespanelError

ABSOLUTE = "absolute fit, p of chi-square"
PREDICTIVE = "absolute fit, posterior predictive p"

SHARE = 0.05
"""Share of a variable's variance from which shocks of classes or schools in single waves matter: an intraclass
correlation that no study of pupils ignores."""

MISFIT = 0.05
"""Posterior predictive p below which a row says "look"."""

DRAWS = 200
"""Draws in (16)."""

REPLICATES = 40
"""Draws from which data are replicated: enough to tell .05 from .5, in a fraction of a second."""

LARGEST = 1000
"""Parameters of a neighbour beyond which it is passed over."""

FAILURES = (BayespanelError, ArithmeticError, LookupError, ValueError, np.linalg.LinAlgError)
"""What may go wrong in an extra: it costs its own row and nothing else."""


def fit_rows(spec: RICLPM, posterior: xr.Dataset, data: Moments) -> list[Check]:
    """Return the rows; what cannot be computed is said in the first one."""
    try:
        fitted = own(spec, posterior, data)
        tests = dict(likelihood_ratios(spec, data, fitted))
    except FAILURES as error:
        return [_unknown(f"{type(error).__name__}: {error}")]
    freed = {name: _freed(spec, data, name, *found) for name, found in tests.items() if name != "pupil"}
    doubtful = [name for name, one in freed.items() if not one.passed]
    rows = []
    if "pupil" in tests:
        test, _, top = tests["pupil"]
        rows.append(_absolute(test, doubtful))
        try:
            rows.append(_predictive(spec, posterior, data, fitted, top))
        except FAILURES as error:
            rows.append(_unknown(f"{type(error).__name__}: {error}", PREDICTIVE))
    else:
        rows.append(_unknown("no maximum of the likelihood was found near the posterior, or the model leaves none"))
    return rows + list(freed.values())


Found = tuple[LikelihoodRatio, Neighbour, Ascent]


def likelihood_ratios(spec: RICLPM, data: Moments, fitted: Own) -> Iterator[tuple[str, Found]]:
    """Neighbours by name, each with its test and its maximum, if both maxima were found."""
    beyond = ascend(fitted.structure, fitted.statistics, fitted.start, fitted.covariance)
    inside = None
    for i, one in enumerate(neighbours(spec, data, fitted, beyond.vector)):
        df = one.structure.size - fitted.structure.size
        if df <= 0 or one.structure.size > LARGEST:
            continue
        base, top = beyond, ascend(one.structure, one.statistics, one.start, one.covariance)
        if not (base.converged and top.converged):
            # Beyond positive definite covariances the likelihood may rise on for ever: then both stay among them.
            if inside is None:
                inside = ascend(fitted.structure, fitted.statistics, fitted.start, fitted.covariance, beyond=False)
            other = list(neighbours(spec, data, fitted, inside.vector))[i]
            base, top = inside, ascend(other.structure, other.statistics, other.start, other.covariance, beyond=False)
        if base.converged and top.converged:
            statistic = max(0.0, 2.0 * (top.log_likelihood - base.log_likelihood))
            yield one.name, (LikelihoodRatio(statistic, df, data.n_pupils, one.variances), one, top)


def _absolute(test: LikelihoodRatio, doubtful: list[str]) -> Check:
    """Whether means and covariances of pupils are as the model says."""
    what = f"Beside free means and covariances of a pupil's scores: {test}. "
    if doubtful:
        options = ", ".join(dict.fromkeys(str(RESTRICTIONS[name]) for name in doubtful))
        what += f"The rows below say what to free first: {options}. "
    what += (
        "bp.predictive_check(fit) shows where observed and predicted differ. Growth that differs between pupils, and "
        "effects over two waves, look like this and make lags that are not there; no size of RMSEA is a promise that "
        "lags are right."
    )
    return row(ABSOLUTE, test, what)


def _predictive(spec: RICLPM, posterior: xr.Dataset, data: Moments, fitted: Own, top: Ascent) -> Check:
    """Whether data that the posterior makes fit as badly as the observed ones: by likelihood ratio and by SRMR."""
    height = objective(fitted.structure, fitted.statistics)
    some = fitted.draws[:: max(1, len(fitted.draws) // DRAWS)]
    lacking = np.array([2.0 * (top.log_likelihood - height(vector)[0]) for vector in some])
    ratio = float(chi2.sf(lacking, len(top.vector)).mean())  # (16)
    observed, again = srmr(spec, posterior, data, seed=0, draws=REPLICATES)
    residual = float((again >= observed).mean())
    least = min(ratio, residual)
    return Check(
        PREDICTIVE,
        least,
        MISFIT,
        least >= MISFIT,
        f"The smaller of two: {residual:.2g} for the SRMR ({observed.mean():.3f}, of replicated data "
        f"{again.mean():.3f}) and {ratio:.2g} for the likelihood ratio. Data that the posterior makes fit it better "
        "than the observed data do. If the row of chi-square is ok, priors pull the model away from the data: look at "
        "bp.sensitivity(fit). If it is not, that row says what to do.",
        grave=False,
    )


def _freed(spec: RICLPM, data: Moments, name: str, test: LikelihoodRatio, one: Neighbour, top: Ascent) -> Check:
    """Whether what the model holds equal, or at zero, is so."""
    arrays = one.structure.arrays(top.vector)
    matters, end = None, ""
    if name == "lags":
        what, end = f"Lags differ: {_widest(spec, data, arrays['lag'])}", ", and report lags by interval"
    elif name == "intercepts":
        what = "Pupils differ for good, and without random intercepts such differences are taken for lags"
    elif name in spec.cluster_levels:
        share = arrays[f"{name}_wave_cov"].ravel() / data.scale**2
        worst = int(np.argmax(share))
        matters = bool(share[worst] >= SHARE)
        what = (
            f"Effects change from wave to wave: shocks of single waves, common to a {name}, have "
            f"{100 * share[worst]:.1f} % of the variance of '{spec.variables[worst]}', and the model leaves them to "
            "its pupils"
        )
    else:
        what = f"{name.capitalize()} differ"
    held = RESTRICTIONS[name]
    return row(held.check, test, f"{what} ({test}). Fit with {held}{end}.", matters=matters)


def _widest(spec: RICLPM, data: Moments, lag: Array) -> str:
    """Say which lag [interval, target, source] differs most between intervals."""
    standard = lag * data.scale[None, None, :] / data.scale[None, :, None]
    wide = np.ptp(standard, axis=0)
    target, source = (int(i) for i in np.unravel_index(np.argmax(wide), wide.shape))
    values = standard[:, target, source]
    return (
        f"that of '{spec.variables[target]}' on '{spec.variables[source]}' goes from {values.min():.2f} to "
        f"{values.max():.2f} SDs over the intervals, and the model has one for all"
    )


def _unknown(why: str, check: str = ABSOLUTE) -> Check:
    return Check(
        check,
        float("nan"),
        float("nan"),
        False,
        f"It could not be computed ({why}). Look at bp.predictive_check(fit) instead.",
        grave=False,
    )
