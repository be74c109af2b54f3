"""Trials whose truth is drawn from the priors of a model, for its calibration; units are 1 and the origin is 0."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import xarray as xr
from scipy.special import expit

from bayespanel.data import TrialMoments
from bayespanel.data.moments import moved
from bayespanel.families.trial.design import APART
from bayespanel.families.trial.levels import settled_for
from bayespanel.families.trial.pooling import placement
from bayespanel.families.trial.spec import ClusterTrial, split_levels, varying_level
from bayespanel.families.trial.statistics import Reduced
from bayespanel.families.trial.truth import LATENT_SD
from bayespanel.families.trial.world import TrialWorld
from bayespanel.language.errors import SpecError
from bayespanel.language.prior_draws import drawn, drawn_correlation


def prior_world(
    spec: ClusterTrial, world: TrialWorld, rng: np.random.Generator, _seed: int = 0
) -> tuple[TrialWorld, xr.Dataset]:
    """Return a world with the design of another world and true values drawn from the priors.

    Beside it are the true values of the families of outcomes, which a world does not hold.

    Raises
    ------
    SpecError
        The model has covariates or baselines, whose distribution no prior describes, or lacks the unit of
        randomisation; or worlds do not have what it draws: correlations of each arm, effects that vary between classes.
    """
    if spec.covariates or spec.adjustment != "none":
        raise SpecError(
            "A trial is calibrated by drawing all that is random in it from the priors.",
            "The model has covariates or a baseline, whose distribution is not part of it.",
            "Calibrate the same card without them.",
        )
    spec = settled_for(spec, world)
    if spec.variances == "by_arm" and len(spec.outcomes) > 1:
        raise SpecError(
            "Simulated arms with variances of their own share the correlations of outcomes.",
            f"The model has variances='by_arm' and {len(spec.outcomes)} outcomes, with correlations of each arm.",
            "Calibrate it with one outcome.",
        )
    if varying_level(spec) == "class":
        raise SpecError(
            "Simulated effects vary between schools.",
            "The outermost level of the model is 'class'.",
            "Calibrate it with schools.",
        )
    gaussian, counts = spec.link == "identity", spec.link == "log"
    unit = 1.0 if gaussian else LATENT_SD.get(spec.link, 1.0)
    k, arms = len(spec.outcomes), len(world.arms) - 1
    effect, several = np.empty((arms, k)), (arms, len(spec.families))
    centre = drawn(spec.prior("family_effect"), rng, several) if spec.families else np.zeros(several)
    spread = drawn(spec.prior("family_sd"), rng, several) if spec.families else np.zeros(several)
    members, family, single = placement(spec)
    for a in range(arms):
        if single:
            effect[a, single] = drawn(spec.prior("effect"), rng, (len(single),), unit=unit)
        if members:
            effect[a, members] = rng.normal(centre[a, family], spread[a, family]) * unit
    every, by_arm = len(world.arms), spec.variances == "by_arm"
    of_families = {"family_effect": centre, "family_sd": spread} if spec.families else {}
    dims, labels = (("arm", "family"), {"arm": list(world.arms[1:])}) if arms > 1 else (("family",), {})
    hidden = xr.Dataset(
        {name: (dims, value if arms > 1 else value[0]) for name, value in of_families.items()},
        coords=labels | ({"family": list(spec.families)} if spec.families else {}),
    )
    changes: dict[str, object] = {
        "outcomes": spec.outcomes,
        "effect": effect,
        "mean": drawn(spec.prior("mean" if gaussian else "log_mean"), rng, (k,)) if gaussian or counts else np.zeros(k),
        "residual_sd": drawn(spec.prior("residual_sd"), rng, (every, k) if by_arm else (k,))
        if gaussian
        else np.full(k, unit),
        "residual_corr": drawn_correlation(spec.prior("residual_corr"), rng, k) if gaussian and k > 1 else None,
        "baseline": {},
        "baseline_mean": None,
        "missing_baseline": 0.0,
        "dropout_slope": 0.0,
        "girls": None,
        "girl_effect": None,
        "moderation": None,
        "link": "logistic" if spec.link == "logit" else "normal",
    }
    apart = split_levels(spec, APART[world.randomised])
    for level in ("class", "school"):
        inside = level in spec.cluster_levels
        shape = (every, k) if level in apart else (k,)
        sd = drawn(spec.prior(f"{level}_sd"), rng, shape, unit=unit) if inside else None
        terms = every * k if level == varying_level(spec) and spec.varying_effects == "correlated" else k
        matrix = (
            drawn_correlation(spec.prior(f"{level}_corr"), rng, terms) if inside and gaussian and terms > 1 else None
        )
        if sd is not None and level == "class" and spec.arms_without_classes:
            there = np.array([arm not in spec.arms_without_classes for arm in world.arms])
            sd = np.broadcast_to(sd, (every, k)) * there[:, None]
        changes[f"{level}_sd"], changes[f"{level}_corr"] = sd, matrix
    varies = varying_level(spec) != ""
    changes["effect_sd"] = drawn(spec.prior("effect_sd"), rng, (arms, k), unit=unit) if varies else None
    changes["ordinal"] = changes["events"] = changes["excess_zeros"] = {}
    if counts:
        spread = drawn(spec.prior("rate_cv"), rng, (k,)) ** 2
        changes["events"] = dict(zip(spec.outcomes, spread.tolist(), strict=True))
        if spec.zero_inflated:
            zeros = expit(drawn(spec.prior("zero_inflation"), rng, (k,)))
            changes["excess_zeros"] = dict(zip(spec.outcomes, zeros.tolist(), strict=True))
    elif not gaussian:
        cuts = {}
        for name in spec.outcomes:
            number = len(world.ordinal[name]) if name in world.ordinal else 2
            first = drawn(spec.prior("threshold"), rng, unit=unit)
            gaps = drawn(spec.prior("threshold_gap"), rng, (number - 1,), unit=unit)
            cuts[name] = tuple(np.cumsum([float(first), *gaps.tolist()]).tolist())
        changes["ordinal"] = cuts
    return replace(world, **changes), hidden  # type: ignore[arg-type]  # each by its name


def in_units_of_truth(_spec: ClusterTrial, data: Reduced) -> Reduced:
    """Return the same data as a model reads them whose priors count in ones from zero."""
    if not isinstance(data, TrialMoments):
        return data  # latent units do not depend on the data
    zero = np.zeros(data.sums.n_cells)
    sums = moved(data.sums, zero)
    # The parts of the kinds are counted from the same place as the kinds.
    shift = np.where(data.sums.observed, data.sums.centre - zero, 0.0)[data.part_kind]
    cross = shift[:, :, None] * data.part_sxy[:, 0][:, None, :]
    square = data.part_n[:, None, None] * shift[:, :, None] * shift[:, None, :]
    return replace(
        data,
        sums=replace(sums, scale=np.ones(len(sums.variables))),
        part_sxy=data.part_sxy + data.part_sxx[:, 0][:, :, None] * shift[:, None, :],
        part_syy=data.part_syy + cross + np.swapaxes(cross, 1, 2) + square,
    )
