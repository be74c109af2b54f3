"""From a specification and data to what the likelihood reads."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bayespanel.data import Moments, Panel
from bayespanel.data.moments import moved
from bayespanel.families.panel.augmented import require_lasting_classes
from bayespanel.families.panel.components import clusters, further
from bayespanel.families.panel.continuous import require_times, wave_times
from bayespanel.families.panel.formed_anew import formed_anew, require_years
from bayespanel.families.panel.group_data import of_groups, require_groups
from bayespanel.families.panel.identification import require_identified
from bayespanel.families.panel.indicators import columns
from bayespanel.families.panel.item_data import require_items
from bayespanel.families.panel.measurement import cluster_loading, of_constructs
from bayespanel.families.panel.ordered import in_latent_units
from bayespanel.families.panel.places import further_at, regressors, require_continuous, require_known
from bayespanel.families.panel.spec import RICLPM
from bayespanel.families.panel.varying import by_school, school_values
from bayespanel.inference.packing import packed
from bayespanel.language.errors import DataError, nearest
from bayespanel.likelihood.packed_sums import Statistics


def data_for(spec: RICLPM, data: Panel | Moments, *, some: bool = False) -> Moments:
    """Return the moments of the specification's variables, after checking that the data have what it needs.

    Parameters
    ----------
    spec, data
        The model and the data.
    some
        Whether these are some of the pupils to whom the model was fitted: of these, groups may be small or absent.

    Raises
    ------
    DataError
        Fewer than 3 waves (2 for a CLPM), or variables, covariates, groups or cluster levels that the data lack.
    SpecError
        A part of the model that so few waves cannot tell from the others.
    """
    if not isinstance(data, Panel | Moments):
        raise DataError(
            "A panel model is fitted to a Panel or to Moments.",
            f"You gave a {type(data).__name__}.",
            "Make one with Panel.from_long, Panel.from_wide, Panel.from_summary or Moments.load.",
        )
    for variable in columns(spec):
        if variable not in data.variables:
            raise DataError(
                "The data hold every variable of the model, and every item.",
                f"They lack {variable!r}. {nearest(variable, list(data.variables))}",
                "Rename the column, or name the variable as in the data.",
            )
    names = data.covariate_names if isinstance(data, Panel) else data.covariates
    for covariate in (*spec.covariates, *spec.distal):
        if covariate not in names:
            raise DataError(
                "The data hold every covariate of the model.",
                f"They lack {covariate!r}. {nearest(covariate, list(names)) if names else 'They have none.'}",
                "Name it in covariates=[...] where the data are read.",
            )
    least = 3 if spec.intercepts else 2
    if len(data.waves) < least:
        raise DataError(
            f"{'An RI-CLPM' if spec.intercepts else 'A CLPM'} needs at least {least} waves.",
            f"The data have {len(data.waves)} ({', '.join(data.waves)}).",
            "Use intercepts=False (in a card: intercepts = false), or add a wave."
            if spec.intercepts
            else "Add a wave.",
        )
    require_times(spec, data)
    require_identified(spec, wave_times(data))
    data = by_school(spec, data)
    moments = data.moments() if isinstance(data, Panel) else data
    require_known(spec, moments)
    require_continuous(spec, moments, data if isinstance(data, Panel) else None)
    moments = moments if spec.varying else of_groups(spec, moments)
    school_values(spec, moments)
    # The likelihood would read parameters of a group that the model does not have.
    if moments.group.any() and not moments.group_names:
        raise DataError(
            "A panel model has one group.",
            f"The moments have {moments.group.max() + 1}: they are those of a trial.",
            "Fit a trial, or reduce the panel itself.",
        )
    if moments.variables != columns(spec):
        moments = moments.select(variables=columns(spec))
    require_items(spec, moments)
    moments = in_latent_units(spec, moments)
    if not some:
        require_groups(spec, moments)
    require_years(spec, moments)
    require_lasting_classes(spec, moments)
    for level in spec.cluster_levels:
        if level not in moments.levels:
            argument = "classroom" if level == "class" else level
            raise DataError(
                "The data contain the cluster of every pupil at each level of the model.",
                f"The model has the level '{level}'; the data have {', '.join(moments.levels) or 'no clusters'}.",
                f"Name the column in {argument}=... where the data are read, or take '{level}' out of 'levels'.",
            )
    return moments


def is_hierarchical(_spec: RICLPM) -> bool:
    """Return whether the sampler needs small steps: not where a path varies, as its signed scale makes no funnel."""
    return False


def statistics(spec: RICLPM, moments: Moments, *, free: bool = False) -> Statistics:
    """Pack the moments for the likelihood of a specification.

    Parameters
    ----------
    spec, moments
        As checked by `data_for`.
    free
        Give every cluster level an effect for each cell, whatever the specification says: for saturated models. Classes
        that are formed anew keep theirs, as no class is seen in two school years.
    """
    parts = clusters(spec)
    every = [free and not formed_anew(moments, part.level) for part in parts]
    loadings = [
        np.eye(moments.n_cells) if each else cluster_loading(spec, part, moments)
        for each, part in zip(every, parts, strict=True)
    ]
    loadings = [np.pad(one, ((0, len(further(spec))), (0, 0))) for one in loadings]  # further cells have no clusters
    used = regressors(spec, moments), further_at(spec, moments)
    return packed(moments, spec.cluster_levels, loadings, *used, fixed=not spec.augmented)


def covariate_sd(spec: RICLPM, moments: Moments) -> NDArray[np.float64]:
    """Return the SD [covariate] of each of the model's covariates over pupils; 1 for one that is flat."""
    at = [1 + moments.covariates.index(name) for name in spec.covariates]
    total, number = moments.sxx.sum(axis=0), moments.covariate_n[[one - 1 for one in at]]
    mean = total[0, at] / number
    square = total[at, at] / number
    variance = square - mean**2
    return np.sqrt(np.where(variance > 1e-12 * square, variance, 1.0))


def regressed_lags(spec: RICLPM, moments: Moments) -> NDArray[np.float64]:
    """Return the lags [interval, target, source] of a regression on the wave before, raw units: where to start.

    It takes stable differences for lags, so it is no estimate. But where lags are large, a search that starts at none
    can end at a likelihood that is only locally the highest, and one that starts here does not.
    """
    moments = of_constructs(spec, moments)
    k, steps = len(spec.variables), len(moments.waves) - 1
    seen = moments.observed.astype(float)
    pairs = np.einsum("r,rc,rd->cd", moments.n.astype(float), seen, seen)
    mean = moments.sxy[:, 0].sum(axis=0) / pairs.diagonal()  # not 0 where the centre is none, as in calibration
    syy = moved(moments, moments.centre + mean).syy
    covariance = syy.sum(axis=0) / np.maximum(pairs, 1.0)
    largest = 1.5 * moments.scale[:, None] / moments.scale[None, :]
    found = []
    for step in range(steps):
        before, after = (slice((step + i) * k, (step + i + 1) * k) for i in (0, 1))
        slopes = np.linalg.lstsq(covariance[before, before], covariance[before, after], rcond=None)[0].T
        found.append(np.clip(slopes, -largest, largest))
    return np.array(found)
