"""Checks of trials alone: few clusters, unlike arms, an effect that depends on one school or on its prior."""

from __future__ import annotations

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy import stats

from bayespanel.data import TrialCounts, TrialEstimates, TrialMoments
from bayespanel.data.trial_description import ADJUSTABLE, BALANCED
from bayespanel.families.trial.influence import influence
from bayespanel.families.trial.prior_pull import pulls
from bayespanel.families.trial.spec import ClusterTrial
from bayespanel.inference.checks import Check
from bayespanel.language.prior import Prior

FEW = 10
"""Randomised clusters per arm below which the prior on the cluster SD has a say in the width of an interval."""

SHIFT = 1.0
"""How far, in posterior SDs, an effect may move without one cluster."""

PULL = 0.2
"""How far, in posterior SDs, its prior may move an effect unsaid: a twentieth of the length of a 95 % interval."""


def checks(spec: ClusterTrial, posterior: xr.Dataset, data: object) -> list[Check]:
    """Return the rows for a fit."""
    rows = []
    if isinstance(data, TrialMoments | TrialCounts | TrialEstimates):
        rows += _prior_pull(spec, posterior, data)
    if isinstance(data, TrialMoments | TrialCounts):
        rows += _few_clusters(spec, posterior, data)
    if isinstance(data, TrialMoments):
        rows += _balance(spec, data)
        if data.levels and min(clusters_per_arm(data).values(), default=0) >= 3:
            rows += _one_cluster(spec, posterior, data)
    return rows


def clusters_per_arm(data: TrialMoments | TrialCounts) -> dict[str, int]:
    """Return the number of randomised clusters in each arm; empty where pupils were randomised."""
    if data.randomised == "pupil" or data.randomised not in data.levels:
        return {}
    if isinstance(data, TrialMoments):
        arm, cluster, parent = data.sums.group[data.sums.block_kind], data.sums.block_cluster, data.sums.parent
    else:
        arm, cluster, parent = data.arm, data.cluster, data.parent
    if data.randomised == "school" and data.levels == ("class", "school"):
        cluster = parent[cluster]
    return {name: len(np.unique(cluster[arm == g])) for g, name in enumerate(data.arms)}


def _prior_pull(
    spec: ClusterTrial, posterior: xr.Dataset, data: TrialMoments | TrialCounts | TrialEstimates
) -> list[Check]:
    """Whether an effect hangs on its prior; nothing where all effects are pooled and nothing else has a prior."""
    found = pulls(spec, posterior, data)
    if not found:
        return []
    worst = max(found, key=lambda one: abs(one.moved))
    moved, row = abs(worst.moved), worst.row
    unit = " SD" if row.scale != "raw" else " in raw units"
    prior = f"{row.distribution}({', '.join(f'{a:g}' for a in row.arguments)})"
    said = (
        f"data alone have {worst.estimate:.2f}{unit}, the posterior mean is {worst.mean:.2f}"
        if np.isfinite(moved)
        else f"data say less than a quarter of what the prior does; the posterior mean is {worst.mean:.2f}{unit}"
    )
    return [
        Check(
            "effects without their prior, shift in posterior SDs",
            moved,
            PULL,
            moved <= PULL,
            f"Of '{worst.name}' the {said}: its prior, {prior}{unit}, has a say. Give the prior and its reason beside "
            f"the effect, and show the effect under others: bp.refits(fit), or bayespanel report --refits.",
            grave=False,
        )
    ]


def _few_clusters(spec: ClusterTrial, posterior: xr.Dataset, data: TrialMoments | TrialCounts) -> list[Check]:
    number = clusters_per_arm(data)
    if not number or data.randomised not in spec.cluster_levels:
        return []
    arm = min(number, key=lambda name: number[name])
    level = data.randomised
    row = spec.prior(f"{level}_sd")
    wider = widening(spec, posterior, data, row)
    return [
        Check(
            f"randomised clusters per arm ({level})",
            number[arm],
            FEW,
            number[arm] >= FEW,
            f"The arm '{arm}' has {number[arm]}, so the prior on the {level} SD ({row.distribution} of "
            f"{row.arguments[-1]:g}) has a say: with twice that scale the widest change of an effect's SD would be "
            f"{100 * (wider - 1):+.0f} %. Say so, and show the effect under both priors.",
            grave=False,
        )
    ]


def widening(spec: ClusterTrial, posterior: xr.Dataset, data: TrialMoments | TrialCounts, row: Prior) -> float:
    """Return how much wider an effect's posterior would be with twice the scale in a cluster SD's prior.

    The draws are reweighted by the ratio of the two prior densities; the largest ratio of SDs over effects counts.
    """
    sd = posterior[f"{data.randomised}_sd"].transpose(
        "chain", "draw", ..., "cell" if spec.link == "identity" else "outcome"
    )
    size = sd.sizes["chain"] * sd.sizes["draw"]
    values = sd.values.reshape(size, -1, sd.shape[-1])[..., : len(spec.outcomes)]  # [draw, arm or 1, outcome]
    if row.scale == "raw" or isinstance(data, TrialCounts):
        unit = np.ones(len(spec.outcomes)) * (1 if row.scale == "raw" else {"logit": np.pi / 3**0.5}.get(spec.link, 1))
    else:
        unit = data.sums.scale[[data.sums.variables.index(name) for name in spec.outcomes]]
    effect = posterior["effect"].transpose("chain", "draw", ...).values
    effect = effect.reshape(size, -1, len(spec.outcomes))
    worst = 1.0
    for o in range(len(spec.outcomes)):
        own = values[..., o] / unit[o]
        log_weight = (_log_prior(row, own, 2) - _log_prior(row, own, 1)).sum(axis=1)
        weight = np.exp(log_weight - log_weight.max())
        weight /= weight.sum()
        for draws in effect[:, :, o].T:
            moved = np.sqrt(weight @ (draws - weight @ draws) ** 2)
            worst = max(worst, float(moved / draws.std()))
    return worst


def _log_prior(row: Prior, value: NDArray[np.float64], factor: float) -> NDArray[np.float64]:
    scale = row.arguments[-1] * factor
    if row.distribution == "HalfStudentT":
        return np.asarray(stats.t.logpdf(value / scale, row.arguments[0]) - np.log(scale))
    if row.distribution == "Exponential":
        return np.asarray(-value / scale - np.log(scale))
    return np.asarray(-0.5 * (value / scale) ** 2 - np.log(scale))


def _balance(spec: ClusterTrial, data: TrialMoments) -> list[Check]:
    pairs = [(post, pre) for post, pre in data.baseline if post in spec.outcomes]
    if not pairs:
        return []
    gaps = {(pre, data.arms[g]): _gap(data, pre, g) for _, pre in pairs for g in range(1, len(data.arms))}
    (pre, arm), gap = max(gaps.items(), key=lambda item: abs(item[1]))
    limit = BALANCED if spec.adjustment == "none" else ADJUSTABLE
    hint = f"'{pre}' differs by {gap:+.2f} SD between '{arm}' and '{data.arms[0]}'. " + (
        "Beyond 0.25 SD arms are not equivalent, whatever is adjusted for: say so beside the effect."
        if abs(gap) > ADJUSTABLE
        else "Beyond 0.05 SD adjust for it: adjustment='covariate' or 'constrained'."
    )
    return [Check("largest baseline difference, SD", abs(gap), limit, abs(gap) <= limit, hint, grave=False)]


def _gap(data: TrialMoments, pre: str, arm: int) -> float:
    """Difference of a baseline between an arm and the reference, in SDs within arms."""
    sums = data.sums
    cell = sums.variables.index(pre)
    means = []
    for g in (0, arm):
        here = (sums.group == g) & sums.observed[:, cell]
        means.append(sums.sxy[here, 0, cell].sum() / sums.n[here].sum())
    return float((means[1] - means[0]) / sums.scale[cell])


def _one_cluster(spec: ClusterTrial, posterior: xr.Dataset, data: TrialMoments) -> list[Check]:
    found = influence(spec, posterior, data)
    worst = found.iloc[0]
    same = found[(found["arm"] == worst["arm"]) & (found["outcome"] == worst["outcome"])]
    size = abs(float(worst["shift_in_sd"]))
    return [
        Check(
            "effect without any one cluster, shift in posterior SDs",
            size,
            SHIFT,
            size <= SHIFT,
            f"Without '{worst['cluster']}' the effect of '{worst['arm']}' on '{worst['outcome']}' would be "
            f"{worst['effect']:.2f} SD; leaving out one cluster at a time it ranges from {same['effect'].min():.2f} to "
            f"{same['effect'].max():.2f}. Look at this cluster, and report the range.",
            grave=False,
        )
    ]
