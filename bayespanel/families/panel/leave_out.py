"""Log-densities of the parts of a panel that are left out: whole schools, or pupils where they stand alone.

Given the parameters, schools are independent, and the exact likelihood of a school is that of a panel which holds its
pupils only. The same is true of pupils in a model without clusters; with them, a pupil left out of a class that stays
is another question (its score would be conditional), and it is not answered here.
"""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bayespanel.data import Moments, Panel
from bayespanel.data.moments_alike import alike
from bayespanel.families.panel.augmented import refuse_augmented
from bayespanel.families.panel.components import further, joint
from bayespanel.families.panel.continuous import times_of
from bayespanel.families.panel.front import PARAMETERS
from bayespanel.families.panel.groups import each, labels_of
from bayespanel.families.panel.implied_further import needed
from bayespanel.families.panel.indicators import columns
from bayespanel.families.panel.moments import Implied, implied
from bayespanel.families.panel.places import further_centre, regressors
from bayespanel.families.panel.spec import RICLPM
from bayespanel.families.panel.statistics import data_for, statistics
from bayespanel.families.panel.varying import refuse_varying
from bayespanel.language.errors import DataError, SpecError
from bayespanel.likelihood.kernels import nested_normal

Array = NDArray[np.float64]
LOG_2PI = float(np.log(2 * np.pi))
Points = dict[str, list[Implied]]
"""Group -> implied moments of every draw; one group without a name where the model has none."""


def densities(
    spec: RICLPM,
    posterior: xr.Dataset,
    data: Moments,
    panel: Panel | None,
    by: str,
    *,
    only: int | None = None,
    fitted: Moments | None = None,
) -> tuple[Array, list[str]]:
    """Return log-densities [chain, draw, unit] of what is left out, and its names.

    Parameters
    ----------
    spec, posterior, data
        Of the fit.
    panel
        The pupils of the fit: sums over all schools do not tell what one of them adds.
    by
        "school" or "pupil".
    only
        Number of the unit to compute; the others are 0.
    fitted
        The data behind the posterior, where these are not all.

    Raises
    ------
    DataError
        No panel, one without schools, or not that of the fit.
    SpecError
        Pupils one by one in a model with clusters.
    """
    refuse_varying(spec, "Leaving out schools or pupils")
    refuse_augmented(spec, "Leaving out schools or pupils")
    rule = f"A panel is left out {by} by {by} from the table of its pupils."
    if not isinstance(panel, Panel):
        raise DataError(
            rule, "You gave sums over pupils, or nothing.", "Give the Panel that was fitted, beside the fit."
        )
    if not alike(data_for(spec, panel), data):
        raise DataError(
            rule, "The panel is not the one that was fitted: their sums differ.", "Give the same pupils and waves."
        )
    drawn = points_by_group(spec, posterior)
    zero = (data if fitted is None else fitted).covariate_centre
    shape = (posterior.sizes["chain"], posterior.sizes["draw"])
    if by == "school":
        found, names = _schools(spec, panel, drawn, zero, only)
    else:
        found, names = _pupils(spec, panel, drawn, zero, only)
    return found.reshape(*shape, -1), names


def points(spec: RICLPM, posterior: xr.Dataset) -> list[Implied]:
    """Return the implied moments of every draw."""
    times, waves = times_of(posterior), tuple(map(str, posterior["wave"].values))
    known = {*PARAMETERS, *needed(spec)}
    names = [n for n in map(str, posterior.data_vars) if n in known or n.endswith(("_sd", "_corr"))]
    arrays = {name: posterior[name].transpose("chain", "draw", ...).values for name in names}
    chains, draws = posterior.sizes["chain"], posterior.sizes["draw"]
    return [
        implied(spec, {name: value[c, d] for name, value in arrays.items()}, times, waves)
        for c in range(chains)
        for d in range(draws)
    ]


def points_by_group(spec: RICLPM, posterior: xr.Dataset) -> Points:
    """Return group -> the implied moments of every draw; of a model without groups, one whose name is empty."""
    return {label: points(one, own) for label, one, own in each(spec, posterior)}


def _schools(spec: RICLPM, panel: Panel, drawn: Points, zero: Array, only: int | None) -> tuple[Array, list[str]]:
    if panel.school is None:
        raise DataError(
            "Schools can be left out only if the panel contains them.",
            "This panel has no schools.",
            'Name the column in school=... where the table is read, or leave out pupils: by="pupil".',
        )
    out = np.zeros((number_of(drawn), len(panel.school_names)))
    for s in range(len(panel.school_names)) if only is None else (only,):
        here = panel.school == s
        if not here.any():
            continue
        with np.errstate(invalid="ignore"):  # a cell that nobody of the school has is centred at nothing
            part = data_for(spec, panel.of_pupils(here), some=True)
        out[:, s] = log_likelihoods(spec, drawn, part, zero)
    return out, list(panel.school_names)


def number_of(drawn: Points) -> int:
    """Return the number of draws."""
    return len(next(iter(drawn.values())))


def log_likelihoods(spec: RICLPM, drawn: Points, data: Moments, zero: Array | None = None) -> Array:
    """Return the exact log-likelihood [draw] of data at every draw.

    Parameters
    ----------
    spec, drawn
        The model, and its implied moments at every draw, from `points_by_group`.
    data
        The data, as the model reads them.
    zero : [covariate]
        Where the covariates of the draws count from; by default where those of the data do.
    """
    packed = statistics(spec, data)
    centre = np.nan_to_num(np.concatenate([data.centre, further_centre(spec, data)]))
    shift = data.covariate_centre - (data.covariate_centre if zero is None else zero)
    used = [at - 1 for at in regressors(spec, data)[1:]]
    out = np.empty(number_of(drawn))
    for i in range(len(out)):
        here = [drawn[label][i] for label in labels_of(spec, data)]
        coefficients = []
        for point in here:
            mean = point.expected + point.effect @ shift[used] - centre
            coefficients.append(np.hstack([mean[:, None], point.effect]))
        clusters = [here[0].clusters[level] for level in spec.cluster_levels]
        inner, outer = (*clusters, np.zeros((0, 0)), np.zeros((0, 0)))[:2]
        sigma = np.stack([point.pupil for point in here])
        out[i] = nested_normal(sigma, np.stack(coefficients), inner, outer, packed.index, packed.value)[0]
    return out


def density_of(
    spec: RICLPM, posterior: xr.Dataset, data: Moments, panel: Panel, by: str, unit: int, fitted: Moments
) -> Array:
    """Return the log-density [chain, draw] of one unit, under a posterior that was fitted to the data without it."""
    return densities(spec, posterior, data, panel, by, only=unit, fitted=fitted)[0][..., unit]


def scored(spec: RICLPM, data: Moments) -> tuple[object, ...]:
    """Return which scores are predicted, whatever clusters and covariates are used."""
    return sorted((*columns(spec), *further(spec))), data.waves, data.n_pupils


def _pupils(spec: RICLPM, panel: Panel, drawn: Points, zero: Array, only: int | None) -> tuple[Array, list[str]]:
    if spec.cluster_levels:
        raise SpecError(
            "Pupils can be left out one by one only in models without classes and schools.",
            f"The model has the levels {', '.join(spec.levels)}: pupils of a school share its effect.",
            'Leave out whole schools: by="school".',
        )
    at = [panel.variables.index(name) for name in columns(spec)]
    y = panel.values[:, :, at].reshape(panel.n_pupils, -1)
    scored = _scored(spec, panel)
    chosen = np.flatnonzero(scored)
    if only is not None:
        chosen = chosen[[only]]
    y = y[chosen]
    used = [panel.covariate_names.index(name) for name in (() if joint(spec) else spec.covariates)]
    x = panel.covariates[chosen][:, used] - zero[used]
    y = np.hstack([y, panel.covariates[chosen][:, [panel.covariate_names.index(name) for name in further(spec)]]])
    patterns, pattern = np.unique(~np.isnan(y), axis=0, return_inverse=True)
    out = np.empty((number_of(drawn), len(y)))
    group = np.zeros(len(y), np.int64) if panel.group is None or "" in drawn else panel.group[chosen]
    names_of = ("",) if "" in drawn else panel.group_names
    for i, g in np.ndindex(len(out), len(names_of)):
        point = drawn[names_of[g]][i]
        mean = point.expected + x @ point.effect.T
        for m, seen in enumerate(patterns):
            here = (pattern.ravel() == m) & (group == g)
            root = np.linalg.cholesky(point.pupil[np.ix_(seen, seen)])
            z = np.linalg.solve(root, (y[here] - mean[here])[:, seen].T)
            out[i, here] = -0.5 * (z**2).sum(axis=0) - np.log(np.diag(root)).sum() - 0.5 * seen.sum() * LOG_2PI
    names = [str(label) for label in panel.pupils[scored]]
    if only is None:
        return out, names
    return np.insert(np.zeros((len(out), len(names) - 1)), only, out[:, 0], axis=1), names


def without(spec: RICLPM, panel: Panel, unit: int, by: str) -> Panel:
    """Return the panel without one of the units that `densities` names."""
    if by == "school":
        return panel.of_pupils(np.asarray(panel.school) != unit)
    keep = np.ones(panel.n_pupils, bool)
    keep[np.flatnonzero(_scored(spec, panel))[unit]] = False
    return panel.of_pupils(keep)


def _scored(spec: RICLPM, panel: Panel) -> NDArray[np.bool_]:
    """Whether a pupil has a score in the variables of the model."""
    at = [panel.variables.index(name) for name in columns(spec)]
    return np.asarray(~np.isnan(panel.values[:, :, at]).all(axis=(1, 2)))
