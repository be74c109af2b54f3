"""What is true in a simulated trial, by the names of the posterior; and its table as the model's data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from bayespanel.data import Trial
from bayespanel.families.trial.pooling import placement
from bayespanel.families.trial.spec import ClusterTrial
from bayespanel.families.trial.world import Array, TrialWorld

LATENT_SD = {"logit": float(np.pi / np.sqrt(3.0)), "probit": 1.0}
"""SD of a pupil's latent score, in the units of a link."""


def observed(spec: ClusterTrial, world: TrialWorld, frame: pd.DataFrame) -> Trial:
    """Return simulated pupils as the data of a model."""
    return Trial.from_frame(
        frame,
        arm="arm",
        control=world.arms[0],
        outcomes=list(spec.outcomes),
        randomised=world.randomised,  # type: ignore[arg-type]  # a world checks it
        baseline={post: pre for post, pre in world.baseline.items() if post in spec.outcomes},
        covariates=list(spec.covariates),
        classroom="class" if "class" in spec.levels else None,
        school="school" if "school" in spec.levels or world.randomised == "school" else None,
        pupil="pupil",
    )


def truth(spec: ClusterTrial, world: TrialWorld) -> dict[str, xr.Dataset]:
    """Return the truth of a world as a posterior of one draw; NaN for what has no true value in it.

    Effects are those on the scores behind categories, if there are any: in total SDs of these, and raw in the units of
    the link. Where categories are taken as numbers, raw effects have no true value. The effect of a family is the
    mean of its outcomes' standardised effects.
    """
    known = set(spec.outcomes) <= set(world.outcomes)
    at = np.array([world.outcomes.index(name) if known else 0 for name in spec.outcomes])
    arms = len(world.arms) - 1
    girls = world.girls or 0.0
    difference = np.zeros((arms, len(at))) if world.moderation is None else world.moderation[:, at]
    effect = world.effect[:, at] + girls * difference
    variance = {"pupil": world.residual_sd[at] ** 2}
    for level in ("class", "school"):
        sd = getattr(world, f"{level}_sd")
        variance[level] = np.zeros(len(at)) if sd is None else sd[at] ** 2
    # Girls and boys differ by their arm: the variance within arms is averaged over the arms.
    gap = np.vstack([np.zeros((1, len(at))), difference])
    gap = gap + (0.0 if world.girl_effect is None else world.girl_effect[at])
    random = np.sum(list(variance.values()), axis=0)
    total = np.sqrt(random + girls * (1 - girls) * np.mean(gap**2, axis=0))
    ordinal = np.array([name in world.ordinal for name in spec.outcomes])
    unit = np.where(ordinal, np.nan, 1.0)  # of raw numbers
    if spec.link != "identity":
        unit = np.where(ordinal, LATENT_SD[spec.link] / np.sqrt(variance["pupil"]), np.nan)
    content: dict[str, tuple[tuple[str, ...], Array]] = {}
    lead = ("arm",) if arms > 1 else ()

    def by_arm(values: Array) -> Array:
        return values if arms > 1 else values[0]

    standardised = effect / total
    content["effect"] = ((*lead, "outcome"), by_arm(effect * unit))
    content["effect_standardised"] = ((*lead, "outcome"), by_arm(standardised))
    content["total_sd"] = (("outcome",), total * unit)
    mean = np.zeros(len(at)) if world.mean is None else world.mean[at]
    content["mean"] = (("cell",), mean * np.where(ordinal, np.nan, 1.0))
    for level in ("residual", *spec.cluster_levels):
        corr = getattr(world, f"{level}_corr")
        if spec.link == "identity" and len(at) > 1:
            matrix = np.eye(len(at)) if corr is None else corr[at[:, None], at]
            content[f"{level}_corr"] = (("cell", "cell_"), matrix)
    content["residual_sd"] = (("cell",), np.sqrt(variance["pupil"]) * unit)
    if spec.moderators:
        slopes = np.stack([difference * unit if name == "girl" else difference * np.nan for name in spec.moderators], 2)
        content["moderation"] = ((*lead, "outcome", "moderator"), by_arm(slopes))
    if spec.families:
        members, family, _ = placement(spec)
        mean = [standardised[:, [m for m, g in zip(members, family, strict=True) if g == f]].mean(axis=1)
                for f in range(len(spec.families))]  # fmt: skip
        content["family_effect"] = ((*lead, "family"), by_arm(np.stack(mean, axis=1)))
    for level in spec.cluster_levels:
        content[f"{level}_sd"] = (("cell",), np.sqrt(variance[level]) * unit)
    if spec.cluster_levels:
        content["icc"] = (("level", "outcome"), np.stack([variance[level] / random for level in spec.cluster_levels]))
    labels = {
        "outcome": spec.outcomes,
        "cell": spec.outcomes,
        "cell_": spec.outcomes,
        "arm": world.arms[1:],
        "family": tuple(spec.families),
    }
    labels |= {"moderator": spec.moderators, "level": spec.cluster_levels}
    used = {dim for dims, _ in content.values() for dim in dims}
    dataset = xr.Dataset(
        {
            name: (("chain", "draw", *dims), (value if known else value * np.nan)[None, None])
            for name, (dims, value) in content.items()
        },
        coords={"chain": [0], "draw": [0], **{n: list(v) for n, v in labels.items() if n in used}},
    )
    return {"posterior": dataset} | ({"unpooled": dataset} if spec.families else {})
