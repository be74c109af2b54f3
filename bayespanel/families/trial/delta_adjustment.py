"""Effects of a trial where missing outcomes are higher or lower than those seen predict.

With m = 1 for a pupil whose outcome is missing, s the SD of the outcome within arms and X what the model regresses the
outcome on (arms, covariates, baselines, moderators), all outcomes are y + delta s m, with y as under missing at random.
Their regression on X has the coefficients of the fit and, beside them::

    delta s (X'X)^-1 X'm                                                                                         (39)

where the sums are over all pupils: without covariates, the difference between arms in the share of missing outcomes.
Standard deviations, in which effects are standardised, stay those of the fit. A pattern-mixture model: Little (1994),
doi:10.1093/biomet/81.3.471. In a selection model delta is the log odds of being missing per SD of the unseen outcome,
and s m becomes V (1 / s), with V the covariance within clusters of what a pupil lacks given what is seen: equation (40)
of panels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bayespanel.data import TrialMoments
from bayespanel.families.shared.missing_scores import MissingScores, chosen
from bayespanel.families.trial.covariances import from_scales, normal
from bayespanel.families.trial.design import Design, design
from bayespanel.families.trial.leave_out import parameters
from bayespanel.families.trial.moments import dimensions, terms
from bayespanel.families.trial.pathways import pathways
from bayespanel.families.trial.spec import ClusterTrial
from bayespanel.families.trial.statistics import Reduced
from bayespanel.language.errors import SpecError

Array = NDArray[np.float64]

KINDS = ("effect", "moderation")
"""Pathways that move with the missing outcomes."""


def require_shiftable(spec: ClusterTrial, data: Reduced) -> None:
    """Refuse the models for which missing outcomes are not shifted.

    Raises
    ------
    SpecError
        Which part of the model is in the way.
    """
    others = {f"link={spec.link!r}": spec.link != "identity", "families": spec.families}
    other = next((name for name, given in others.items() if given), "")
    if other or not isinstance(data, TrialMoments):
        raise SpecError(
            "Missing outcomes are shifted in trials of pupils whose outcomes are numbers, each with its own effect.",
            f"The fit has {other}." if other else "These are published effects.",
            f"Fit the model without {other} and shift in that, or discuss missing outcomes in words."
            if other
            else "Ask the authors for the pupils.",
        )


def pupils(data: TrialMoments) -> NDArray[np.int64]:
    """Return the number of pupils of each kind [kind]."""
    return data.sums.n


def shifts(spec: ClusterTrial, data: TrialMoments, scores: MissingScores) -> Array:
    """Return what one delta adds to the missing outcomes of each kind of pupils [kind, outcome], raw units.

    Parameters
    ----------
    spec, data
        Of the fit.
    scores
        Which missing outcomes are shifted; its groups are arms.

    Raises
    ------
    SpecError
        A name is unknown, waves are named, or the pupils lack none of these outcomes.
    """
    if scores.waves is not None or scores.after_last:
        raise SpecError(
            "Outcomes of a trial are of one wave.",
            f"You gave {scores!r}.",
            "Choose outcomes by variables=... and arms by groups=...",
        )
    sheet = design(spec, data)
    whose = chosen("variables", scores.variables, sheet.outcomes)
    arms = chosen("groups", scores.groups, sheet.arms)[data.sums.group]
    lacks = ~_seen(sheet, data)[:, : len(sheet.outcomes)]
    out = np.where(lacks & whose & arms[:, None], sheet.scale[: len(sheet.outcomes)], 0.0)
    if not out.any():
        raise SpecError(
            "A shift is of outcomes that pupils lack.",
            "None of the outcomes that you chose is missing." if lacks.any() else "No outcome is missing.",
            "Choose other outcomes or arms. Pupils without any outcome or baseline are not among the data.",
        )
    return np.asarray(out)


def _seen(sheet: Design, data: TrialMoments) -> NDArray[np.bool_]:
    """Return which cells of the model the pupils of each kind of the data have [kind, cell].

    The design itself leaves out who has none of them: the likelihood learns nothing from these pupils.
    """
    return data.sums.observed[:, [data.sums.variables.index(cell) for cell in sheet.cells]]


def tilts(spec: ClusterTrial, data: TrialMoments, shift: Array, posterior: xr.Dataset) -> Array:
    """Return what one delta of a selection model adds to missing outcomes [draw, kind, outcome].

    Parameters
    ----------
    spec, data
        Of the fit.
    shift : [kind, outcome]
        From `shifts`.
    posterior
        Draws of the parameters.
    """
    sheet = design(spec, data)
    sigma = normal(spec, sheet, from_scales(spec, sheet, parameters(spec, sheet, posterior)))[0]
    each, seen = sigma[:, data.sums.group], _seen(sheet, data)  # [draw, kind, cell, cell]
    both = seen[:, :, None] & seen[:, None, :]
    precision = np.where(both, np.linalg.inv(np.where(both, each, np.eye(seen.shape[1]) * ~seen[:, :, None])), 0.0)
    left = each - each @ precision @ each
    outcomes = len(sheet.outcomes)
    moved = np.einsum("dkij,kj->dki", left[..., :outcomes, :outcomes], shift / np.square(sheet.scale[:outcomes]))
    return np.where(seen[:, :outcomes], 0.0, moved)


def coefficients(spec: ClusterTrial, data: TrialMoments, shift: Array) -> dict[str, Array]:
    """Return what one delta adds to each parameter of the mean [..., its shape], by its name: equation (39).

    Parameters
    ----------
    spec, data
        Of the fit.
    shift : [..., kind, outcome]
        From `shifts` or `tilts`.
    """
    sheet = design(spec, data)
    maps, at, group = terms(sheet), list(sheet.regressors), data.sums.group
    ends = np.cumsum([value.shape[-1] for value in maps.values()])
    whole = np.concatenate([value.reshape(*value.shape[:3], -1) for value in maps.values()], axis=3)
    sxx = data.sums.sxx[:, at][:, :, at]
    total = np.zeros((int(ends[-1]), *shift.shape[:-2]))
    for o in range(len(sheet.outcomes)):
        each = whole[group, o]  # [kind, regressor, entry]
        normal = np.einsum("kra,krs,ksb->ab", each, sxx, each)
        right = np.einsum("kra,kr,...k->a...", each, sxx[:, 0], shift[..., o])
        own = np.flatnonzero(np.diagonal(normal) > 0)
        found = np.linalg.lstsq(normal[np.ix_(own, own)], right[own].reshape(len(own), -1), rcond=None)[0]
        total[own] += found.reshape(right[own].shape)
    labels, parts = sheet.coordinates(), np.split(np.moveaxis(total, 0, -1), ends[:-1], axis=-1)
    shapes = {name: tuple(len(labels[dim]) for dim in dims) for name, dims in dimensions(sheet).items()}
    return {name: part.reshape(*shift.shape[:-2], *shapes[name]) for name, part in zip(maps, parts, strict=True)}


def adjusted(
    spec: ClusterTrial,
    posterior: xr.Dataset,
    data: TrialMoments,
    shift: Array,
    deltas: Sequence[float],
    said: Callable[[], None] = lambda: None,
    *,
    selection: bool = False,
) -> xr.Dataset:
    """Return the effects of draws under each delta.

    Parameters
    ----------
    spec, posterior, data
        The model, some draws of its parameters, and the data.
    shift : [kind, outcome]
        From `shifts`.
    deltas
        Values of delta, among them 0.
    said
        Is called once for each draw.
    selection
        Whether delta is a log odds of being missing, and not a shift.

    Returns
    -------
    xarray.Dataset
        `standardised` and `raw` [draw, delta, pathway], and `nearest` [draw, delta], which is true throughout: nothing
        has to be searched for.
    """
    chains, length = posterior.sizes["chain"], posterior.sizes["draw"]
    more = coefficients(spec, data, tilts(spec, data, shift, posterior) if selection else shift)
    moved = {}
    for name in (name for name in KINDS if name in posterior):
        lead = ("chain", "draw") if selection else ()
        value = more[name].reshape(chains, length, *more[name].shape[1:]) if selection else more[name]
        moved[name] = xr.DataArray(value, dims=(*lead, *posterior[name].transpose("chain", "draw", ...).dims[2:]))
    found = []
    for delta in deltas:
        one = posterior.assign({name: posterior[name] + delta * step for name, step in moved.items()})
        by = posterior["total_sd"]
        one["effect_standardised"] = posterior["effect_standardised"] + delta * moved["effect"] / by
        ways = pathways(spec, one)
        ways = ways.isel(pathway=np.isin(ways["kind"], KINDS))
        found.append(ways[["standardised", "raw"]].stack(sample=("chain", "draw")).transpose("sample", "pathway"))
    names, draws = found[0]["pathway"].values, found[0].sizes["sample"]
    for _ in range(draws):
        said()
    each = {name: np.stack([one[name].values for one in found], axis=1) for name in ("standardised", "raw")}
    return xr.Dataset(
        {name: (("draw", "delta", "pathway"), value) for name, value in each.items()}
        | {"nearest": (("draw", "delta"), np.ones((draws, len(deltas)), bool))},
        coords={"delta": list(deltas), "pathway": names},
    )
