"""Draws of named pathways: effects with and without pooling, families, moderation, and shares of variance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr
from scipy.special import ndtr

from bayespanel.families.shared.pathways import (
    Pathway,
    Row,
    collected,
    refuse_intervals,
    require_same_names,
)
from bayespanel.families.trial.spec import ClusterTrial, varying_level
from bayespanel.summaries.odds import ODDS, RATES

STANDARDISATION = (
    "Effects are in total standard deviations of the outcome within arms, between clusters and within them, not "
    "adjusted for covariates (What Works Clearinghouse), for each draw. Intraclass correlations are shares of the "
    "variance that covariates leave; the region of practical equivalence does not speak of them."
)
"""The definition that goes with every number on the standardised scale."""

PUBLISHED = "Effects are in the standard deviations in which they were published."
"""The same for published effects."""

LATENT = (
    "Effects are in total standard deviations of the latent score behind the categories, between clusters and within "
    "them; raw effects are in {unit}. Intraclass correlations are shares of the latent variance that covariates leave; "
    "the region of practical equivalence does not speak of them."
)
"""The same for ordered categories."""

COUNTED = (
    "Effects are in total standard deviations of the logarithm of a count, between clusters and within them: of the "
    "rates of pupils and of chance, by the trigamma function (Nakagawa et al. 2017), averaged over the pupils of the "
    "arms; raw effects are log rate ratios. "
    "Intraclass correlations are shares of that variance that covariates leave; the region of practical equivalence "
    "does not speak of them."
)
"""The same for counts of events."""

VARYING = (
    " Effects vary between clusters ({level}): those in a new one are draws for one that was not in the trial, so that "
    "their probabilities are the shares of clusters that are to be expected; SDs and shares of clusters have none."
)
"""What is said beside where effects vary."""

RAW = {"logit": ODDS, "log": RATES}
"""Link -> what raw effects are, where these are logarithms."""

UNITS = {"logit": "log-odds", "probit": "probits"}


@dataclass(frozen=True)
class EffectPathway(Pathway):
    """A pathway from an arm, with the family of its outcome, and whether it comes from the model that pools it."""

    family: str = ""
    pooled: bool = False


def pathways(spec: ClusterTrial, posterior: xr.Dataset, *, unpooled: xr.Dataset | None = None) -> xr.Dataset:
    """Name the pathways of a trial and collect their draws.

    Parameters
    ----------
    spec
        The model.
    posterior
        Its draws.
    unpooled
        Draws of `spec.unpooled()`, whose effects are shown beside.

    Returns
    -------
    xr.Dataset
        `standardised` and `raw` [chain, draw, pathway], with coordinates of `Pathway` on `pathway`. Kinds, in order:

        - "effect": of each arm against the reference on each outcome, with average covariates;
        - "unpooled": the same where every outcome stands on its own;
        - "family": the mean effect that the outcomes of a family share;
        - "moderation": how much the effect changes per unit of a moderator;
        - "new_cluster", "effect_sd", "effect_mean_corr", "share_positive": where effects vary, the effect in a cluster
          that was not in the trial; the SD of effects between clusters; its correlation with their means, where there
          is one; the share of clusters whose effect is above 0;
        - "icc": share of the variance at each cluster level; raw is the variance.

    Raises
    ------
    FitError
        When the posterior is about other outcomes.
    """
    require_same_names(posterior, "outcome", spec.outcomes, "outcomes")
    rows = list(_effects(spec, posterior, "effect"))
    if unpooled is not None:
        rows += _effects(spec, unpooled, "unpooled")
    rows += _families(spec, posterior)
    rows += _moderation(spec, posterior)
    rows += _variation(spec, posterior)
    rows += _icc(spec, posterior)
    if "total_sd" not in posterior:  # effects that were published, without pupils
        return collected(EffectPathway, rows, posterior, PUBLISHED)
    scale = {"identity": STANDARDISATION, "log": COUNTED}.get(spec.link) or LATENT.format(unit=UNITS[spec.link])
    scale += VARYING.format(level=varying_level(spec)) if spec.varying_effects != "none" else ""
    return collected(EffectPathway, rows, posterior, scale).assign_attrs(raw=RAW.get(spec.link, ""))


def collect(spec: ClusterTrial, groups: Mapping[str, xr.Dataset], *, by_interval: bool) -> xr.Dataset:
    """Return the pathways of a fit from its groups of draws.

    Raises
    ------
    SpecError
        Rows by interval: a trial has none.
    """
    refuse_intervals(by_interval, "a trial")
    return pathways(spec, groups["posterior"], unpooled=groups.get("unpooled"))


def _effects(spec: ClusterTrial, posterior: xr.Dataset, kind: str) -> Iterator[Row]:
    family = {outcome: name for name, members in spec.families.items() for outcome in members}
    for arm in _arms(posterior["effect"]):
        for outcome in spec.outcomes:
            at = {"outcome": outcome} | ({"arm": arm} if arm else {})
            pooled = kind == "effect" and outcome in family
            name = f"{arm}: {outcome}" if arm else outcome
            path = EffectPathway(
                name if kind == "effect" else f"{name} (unpooled)",
                kind,
                arm or "intervention",
                outcome,
                edge=spec.edges.get(outcome, ""),
                family=family.get(outcome, ""),
                pooled=pooled,
            )
            yield path, posterior["effect_standardised"].sel(at).values, posterior["effect"].sel(at).values


def _families(spec: ClusterTrial, posterior: xr.Dataset) -> Iterator[Row]:
    for arm in _arms(posterior["effect"]) if spec.families else ():
        for family, members in spec.families.items():
            draws = posterior["family_effect"].sel({"family": family} | ({"arm": arm} if arm else {})).values
            edges = {spec.edges.get(outcome, "") for outcome in members}
            name = f"{arm}: family {family}" if arm else f"family {family}"
            edge = edges.pop() if len(edges) == 1 else ""
            source = arm or "intervention"
            path = EffectPathway(name, "family", source, family, edge=edge, family=family, pooled=True)
            yield path, draws, np.full_like(draws, np.nan)  # outcomes of several units have no common one


def _moderation(spec: ClusterTrial, posterior: xr.Dataset) -> Iterator[Row]:
    if "moderation" not in posterior:
        return
    for arm in _arms(posterior["effect"]):
        for outcome in spec.outcomes:
            for moderator in map(str, posterior["moderator"].values):
                at = {"outcome": outcome, "moderator": moderator} | ({"arm": arm} if arm else {})
                raw = posterior["moderation"].sel(at).values
                name = f"{outcome} by {moderator}"
                name, edge = f"{arm}: {name}" if arm else name, spec.edges.get(outcome, "")
                path = EffectPathway(name, "moderation", arm or "intervention", outcome, via=moderator, edge=edge)
                yield path, raw / posterior["total_sd"].sel(outcome=outcome).values, raw


def _variation(spec: ClusterTrial, posterior: xr.Dataset) -> Iterator[Row]:
    """How effects differ between clusters; nothing where the model has one for all."""
    level = varying_level(spec)
    if not level:
        return
    for arm in _arms(posterior["effect"]):
        for outcome in spec.outcomes:
            at = {"outcome": outcome} | ({"arm": arm} if arm else {})
            effect, sd, new = (posterior[name].sel(at).values for name in ("effect", "effect_sd", "effect_new"))
            total = posterior["total_sd"].sel(outcome=outcome).values
            name, source = f"{arm}: {outcome}" if arm else outcome, arm or "intervention"

            def path(called: str, kind: str, source: str = source, outcome: str = outcome) -> EffectPathway:
                edge = spec.edges.get(outcome, "")
                return EffectPathway(called, kind, source, outcome, edge=edge, level=level)

            yield path(f"{name} (new {level})", "new_cluster"), new / total, new
            yield path(f"sd of effects: {name}", "effect_sd"), sd / total, sd
            none = np.full_like(sd, np.nan)
            if spec.varying_effects == "correlated":
                corr = posterior[f"{level}_corr"].sel(term=outcome, term_=name if arm else f"effect: {outcome}").values
                yield path(f"corr of effect and mean: {name}", "effect_mean_corr"), corr, none
            with np.errstate(divide="ignore", invalid="ignore"):
                share = np.where(sd > 0, ndtr(effect / sd), effect > 0)
            yield path(f"positive effects: {name}", "share_positive"), share, none


def _icc(spec: ClusterTrial, posterior: xr.Dataset) -> Iterator[Row]:
    if "icc" not in posterior:
        return
    for outcome in spec.outcomes:
        for level in spec.cluster_levels:
            if "level_variance" in posterior:
                variance = posterior["level_variance"].sel(outcome=outcome, level=level).values
            else:
                sd = posterior[f"{level}_sd"]
                variance = sd.sel({sd.dims[2]: outcome}).values ** 2
            path = EffectPathway(f"icc: {outcome} ({level})", "icc", level, outcome, level=level)
            yield path, posterior["icc"].sel(outcome=outcome, level=level).values, variance


def _arms(effect: xr.DataArray) -> list[str]:
    return [str(arm) for arm in effect["arm"].values] if "arm" in effect.dims else [""]
