"""Rows of checks about fit: whether the model fits at all, and whether what it holds equal differs.

Each is a likelihood-ratio test between maxima near the posterior (`neighbours`); priors play no part in them, and in
the row of posterior predictive p they do. With D_s twice the log-likelihood that draw s lacks to the model that frees
the pupil level, which has p* parameters, data replicated from the draw would have D_s' ~ chi-square(p*), so that::

    p_LR  = mean over draws of P(chi-square(p*) >= D_s)                                                      (16)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import xarray as xr
from scipy.special import chdtrc

from bayespanel.data import Moments
from bayespanel.families.panel.groups import labels_of, of_group
from bayespanel.families.panel.lifting import Own
from bayespanel.families.panel.measurement import of_constructs
from bayespanel.families.panel.mending import advice, steps
from bayespanel.families.panel.neighbours import GROWTH, LARGEST, Neighbour, neighbours, own
from bayespanel.families.panel.predictive import srmr
from bayespanel.families.panel.restrictions import RESTRICTIONS, Restriction, restriction
from bayespanel.families.panel.scale_scores import AGREES, agreement
from bayespanel.families.panel.spec import RICLPM
from bayespanel.inference.ascent import Ascent, ascend, is_proper
from bayespanel.inference.checks import FAILURES, FIT, Check, attempted, unknown
from bayespanel.inference.likelihood_ratio import SELDOM, UNLIKELY, LikelihoodRatio, row, size_row
from bayespanel.inference.maximum_likelihood import objective
from bayespanel.inference.structure import Array, Arrays

ABSOLUTE = "absolute fit, p of chi-square"
SIZE = "absolute fit, RMSEA"
PREDICTIVE = "absolute fit, posterior predictive p"
GROWING = RESTRICTIONS["slopes"].check

SEARCHED = ("error", "error_correlated", "loadings", "order")
"""Neighbours that add what few models have: a row says "look" seldom, and no maximum with negative variances counts."""

SHARE = 0.05
"""Share of a variable's variance from which shocks of classes or schools in single waves matter: an intraclass
correlation that no study of pupils ignores."""

MISFIT = 0.05
"""Posterior predictive p below which a row says "look"."""

DRAWS = 200
"""Draws in (16)."""

ITEMS = {
    "loadings of items": " between waves: a variable is not measured in one unit, and lags take changes of unit up",
    "intercepts of items": " between waves: means of the variables do not compare, though lags hardly hang on that",
}
"""What it means that items differ between waves."""

REPLICATES = 40
"""Draws from which data are replicated: enough to tell .05 from .5, in a fraction of a second."""


def fit_rows(spec: RICLPM, posterior: xr.Dataset, data: Moments) -> list[Check]:
    """Return the rows; what cannot be computed is said in the first one.

    Sums of ordered scores say nothing of fit: a fit records the rows of its categories, see `ordered_fit`.
    """
    if spec.augmented:
        return []
    try:
        fitted = own(spec, posterior, data)
        tests = dict(likelihood_ratios(spec, data, fitted))
    except FAILURES as error:
        return [unknown(ABSOLUTE, error)]
    if "pupil" not in tests:
        nothing = "no maximum of the likelihood was found near the posterior, or the model leaves none"
        return [unknown(ABSOLUTE, nothing), *(_freed(spec, data, name, *found) for name, found in tests.items())]
    whole = tests.pop("pupil")
    freed = {name: _freed(spec, data, name, *found) for name, found in tests.items()}
    mended, told = _path(spec, data, fitted, tests, whole)
    freed = {name: _explained(one, mended) if name not in spec.cluster_levels else one for name, one in freed.items()}
    rows = _absolute(spec, whole.test, told, [name for name, one in freed.items() if not one.passed])
    rows += attempted(PREDICTIVE, lambda: [_predictive(spec, posterior, data, fitted, whole.top)])
    if spec.indicators:
        rows += attempted(AGREES, lambda: [agreement(spec, data, fitted.structure, whole.base.vector)])
    return rows + list(freed.values())


class Found(NamedTuple):
    """A neighbour, its test, its maximum, and that of the model beside which it was found."""

    test: LikelihoodRatio
    one: Neighbour
    top: Ascent
    base: Ascent


def likelihood_ratios(spec: RICLPM, data: Moments, fitted: Own) -> Iterator[tuple[str, Found]]:
    """Neighbours by name, each with its test and its maximum, if both maxima were found."""
    beyond = ascend(fitted.structure, fitted.statistics, fitted.start, fitted.covariance)
    inside = None
    for i, one in enumerate(neighbours(spec, data, fitted, beyond.vector)):
        df = one.structure.size - fitted.structure.size
        if df <= 0 or one.structure.size > LARGEST:
            continue
        base, top = beyond, ascend(one.structure, one.statistics, one.start, one.covariance)
        tempted = one.name in SEARCHED and top.converged and not is_proper(one.structure, top.vector)
        if tempted or not (base.converged and top.converged):
            # Beyond positive definite covariances the likelihood may rise on for ever: then both stay among them.
            if inside is None:
                inside = ascend(fitted.structure, fitted.statistics, fitted.start, fitted.covariance, beyond=False)
            other = list(neighbours(spec, data, fitted, inside.vector))[i]
            base, top = inside, ascend(other.structure, other.statistics, other.start, other.covariance, beyond=False)
        if base.converged and top.converged:
            statistic = max(0.0, 2.0 * (top.log_likelihood - base.log_likelihood))
            yield one.name, Found(LikelihoodRatio(statistic, df, data.n_pupils, one.variances), one, top, base)


def _path(
    spec: RICLPM, data: Moments, fitted: Own, tests: dict[str, Found], whole: Found
) -> tuple[tuple[Restriction, ...], str]:
    """Return what has to be freed so that nothing but chance is left, () if nothing helps, and what to try in words."""
    if whole.test.p >= UNLIKELY:
        return (), ""
    here = replace(fitted, start=whole.base.vector, log_likelihood=whole.base.log_likelihood)
    known = {name: found.top for name, found in tests.items() if found.base is whole.base}
    try:
        found = steps(spec, data, here, whole.test, known)
    except FAILURES as error:
        return (), f"What mends it could not be computed ({type(error).__name__}). "
    mends = found and found[-1].left.p >= UNLIKELY
    return tuple(step.restriction for step in found if mends), f"{advice(found, whole.test)} "


def _explained(one: Check, mended: tuple[Restriction, ...]) -> Check:
    """Return the row of something else than what mends the whole misfit: it sees the same misfit, and is no failure."""
    if one.passed or not mended or one.check in {restriction.check for restriction in mended}:
        return one
    first = ", ".join(map(str, mended))
    return replace(one, grave=False, hint=f"{one.hint} But with {first} nothing beyond chance is left: try that first.")


def _absolute(spec: RICLPM, test: LikelihoodRatio, told: str, doubtful: list[str]) -> list[Check]:
    """Whether means and covariances of pupils are as the model says, by chance and by size."""
    what = f"Beside free means and covariances of a pupil's scores: {test}. {told}"
    held = dict.fromkeys(str(RESTRICTIONS[name]) for name in doubtful if name in spec.cluster_levels)
    if held:
        what += f"Clusters have rows of their own, which speak for {', '.join(held)}. "
    if GROWTH in doubtful:
        what += "Growth that differs between pupils may be part of it: see its row. "
    what += (
        "bp.predictive_check(fit) shows where observed and predicted differ. Until the model fits, its lags may be "
        "those of what it leaves out; no size of RMSEA is a promise that lags are right."
    )
    size = f"A discrepancy of a size that moves lags by .05 or more. The row '{ABSOLUTE}' says what to try."
    return [row(ABSOLUTE, test, what), size_row(SIZE, test, size)]


def _predictive(spec: RICLPM, posterior: xr.Dataset, data: Moments, fitted: Own, top: Ascent) -> Check:
    """Whether data that the posterior makes fit as badly as the observed ones: by likelihood ratio and by SRMR."""
    height = objective(fitted.structure, fitted.statistics)
    some = fitted.draws[:: max(1, len(fitted.draws) // DRAWS)]
    lacking = np.array([2.0 * (top.log_likelihood - height(vector)[0]) for vector in some])
    ratio = float(chdtrc(len(top.vector), lacking).mean())  # (16)
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
        about=FIT,
    )


def _freed(
    spec: RICLPM, data: Moments, name: str, test: LikelihoodRatio, one: Neighbour, top: Ascent, _base: Ascent
) -> Check:
    """Whether what the model holds equal, or at zero, is so."""
    arrays = one.structure.arrays(top.vector)
    labels = labels_of(spec, data)
    each = [of_group(arrays, label, labels) for label in labels]
    if name == GROWTH:
        return _growing(spec, data, test, arrays[GROWTH])
    matters, end = None, ""
    if name == "lags":
        widest = max((own["lag"] for own in each), key=lambda lag: float(np.ptp(lag, axis=0).max()))
        what, end = f"Lags differ: {_widest(spec, data, widest)}", ", and report lags by interval"
    elif name == "intercepts":
        what = "Pupils differ for good, and without random intercepts such differences are taken for lags"
    elif name in spec.cluster_levels:
        share = arrays[f"{name}_wave_cov"].ravel() / of_constructs(spec, data).scale ** 2
        worst = int(np.argmax(share))
        matters = bool(share[worst] >= SHARE)
        what = (
            f"Effects change from wave to wave: shocks of single waves, common to a {name}, have "
            f"{100 * share[worst]:.1f} % of the variance of '{spec.variables[worst]}', and the model leaves them to "
            "its pupils"
        )
    elif name.startswith("error"):
        largest = max(each, key=lambda own: float(np.abs(own.get("error_variance", np.zeros(1))).max()))
        what, end = _erring(spec, data, largest), ": lags are then those of true scores"
    elif name == "loadings":
        what = _weighing(spec, max((own["intercept_loading"] for own in each), key=lambda one: float(np.ptp(one))))
    elif name == "order":
        largest = max(each, key=lambda own: float(np.abs(own["lag_2"]).max()))
        what, end = _reaching(spec, data, largest["lag_2"]), ", and read lags as those beside what came before"
    elif name.endswith(" in groups"):
        what = f"Groups differ in what the model holds equal ({name.removesuffix(' in groups')})"
    else:
        what = f"{name.capitalize()} differ{ITEMS.get(name, '')}"
    held = restriction(spec, name)
    limit = SELDOM if name in SEARCHED else UNLIKELY
    return row(held.check, test, f"{what} ({test}). Fit with {held}{end}.", matters=matters, limit=limit)


def _widest(spec: RICLPM, data: Moments, lag: Array) -> str:
    """Say which lag [interval, target, source] differs most between intervals."""
    sd = of_constructs(spec, data).scale
    standard = lag * sd[None, None, :] / sd[None, :, None]
    wide = np.ptp(standard, axis=0)
    target, source = (int(i) for i in np.unravel_index(np.argmax(wide), wide.shape))
    values = standard[:, target, source]
    return (
        f"that of '{spec.variables[target]}' on '{spec.variables[source]}' goes from {values.min():.2f} to "
        f"{values.max():.2f} SDs over the intervals, and the model has one for all"
    )


def _weighing(spec: RICLPM, loading: Array) -> str:
    """Say how far loadings [wave, variable] of stable differences lie from the one that the model has."""
    worst = int(np.argmax(np.abs(loading - 1.0).max(axis=0)))
    turned = "" if loading[:, worst].min() > 0 else (
        "; a weight below 0 is no way to last: see first whether scores of a wave are coded in the other direction"
    )  # fmt: skip
    return (
        f"What lasts in pupils weighs otherwise as waves go by: in '{spec.variables[worst]}' from "
        f"{loading[:, worst].min():.2f} to {loading[:, worst].max():.2f} times what it weighs at the first wave, and "
        f"lags take it up{turned}"
    )


def _reaching(spec: RICLPM, data: Moments, lag: Array) -> str:
    """Say how large lags over two waves [span, target, source] would be."""
    standard = (lag * data.scale[None, None, :] / data.scale[None, :, None]).reshape(-1, *lag.shape[-2:])
    where = np.unravel_index(np.argmax(np.abs(standard)), standard.shape)
    _, target, source = (int(i) for i in where)
    return (
        f"Lags reach over two waves: that of '{spec.variables[target]}' on '{spec.variables[source]}' would be "
        f"{standard[where]:.2f} SDs, and the model leaves it to the lags over one"
    )


def _erring(spec: RICLPM, data: Moments, arrays: Arrays) -> str:
    """Say how large occasion errors would be, or that the data want what no error gives."""
    if "error_cov" in arrays:
        return "Errors of one wave go together, as where one informant answers for all variables"
    share = arrays["error_variance"].ravel() / of_constructs(spec, data).scale ** 2
    worst = int(np.argmax(np.abs(share)))
    if share[worst] < 0:
        return "Neighbouring waves differ more than the process allows, as negative errors would have it"
    size = f"{100 * share[worst]:.0f} % of the variance of '{spec.variables[worst]}'"
    return f"Scores have errors of single waves, {size}, and without them lags come out too small"


def _growing(spec: RICLPM, data: Moments, test: LikelihoodRatio, growth: Array) -> Check:
    """Whether pupils grow alike; `growth` [variable, part] over time from -1 to 1."""
    per_wave = growth[:, 0] / of_constructs(spec, data).scale ** 2 * (2.0 / (len(data.waves) - 1)) ** 2
    worst = int(np.argmax(np.abs(per_wave)))
    sd = np.sqrt(max(0.0, per_wave[worst]))
    what = (
        f"of '{spec.variables[worst]}' with an SD of about {sd:.2f} SDs a wave, and lags take it up"
        if sd
        else "or rather, pupils draw nearer to each other than the process allows"
    )
    return row(
        GROWING,
        test,
        f"Growth differs between pupils, {what} ({test}). Where the row of chi-square names it, or no other option "
        "mends it, fit with slopes=True: each pupil then has a line, and lags are those of deviations from it.",
        limit=SELDOM,
    )
