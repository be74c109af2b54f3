"""From a specification and checked data to named draws: what a fit and every replicate of a study have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np
import xarray as xr

from bayespanel.families.door import AnyFamily, Spec, family_of, models
from bayespanel.inference.settings import Sampling, Settings
from bayespanel.language.errors import SpecError

if TYPE_CHECKING:
    from bayespanel.inference.independence import Proposal
    from bayespanel.inference.sampling import Draws, Prepared

STATISTICS_OF = {"posterior": "sample_stats", "unpooled": "unpooled_sample_stats"}
"""Group of draws -> the group of what the sampler said of each."""

ENOUGH = 2000
"""Draws of all chains with which R-hat and effective sizes can pass; with fewer they may fail for want of draws."""

TOLD = 3
"""Imputations of which it is told how they were sampled, where that is unusual; the record has all."""

LONGEST = 8
"""How many times as long chains may be in a second run, where the first ones were slow."""


@dataclass(frozen=True, eq=False)
class Sampled:
    """What sampling a specification gave.

    Attributes
    ----------
    groups
        Draws by their names in the posterior, and what the sampler said of each: the groups of a fit.
    seconds
        Time taken by compiling, finding the mode, and sampling.
    again
        Group of draws -> why it was sampled a second time, and with which target acceptance.
    proposals
        Group of draws -> how independence sampling was judged, and which sampler it is of; empty where NUTS was asked
        for.
    overlap
        Parameter -> how far its posterior overlaps with its prior, where that is much; None where it was not asked for.
    """

    groups: dict[str, xr.Dataset]
    seconds: dict[str, float]
    again: dict[str, Again]
    proposals: dict[str, Proposal]
    overlap: dict[str, float] | None = None

    @property
    def by_nuts(self) -> bool:
        """Whether any draws are by NUTS."""
        return not self.proposals or any(each.sampler == "nuts" for each in self.proposals.values())


class Again(TypedDict):
    """Why a model was sampled a second time, and how.

    `because` has the checks of the first draws that failed, in words; of `every` so many draws one was kept.
    """

    because: list[str]
    target_accept: float
    every: int


def sampling_of(record: Mapping[str, Any]) -> Sampling:
    """Return how a fit was sampled, from its record."""
    known = {"sampler": "nuts", **record}  # files of before December 2026 do not tell
    return Sampling(**{field.name: known[field.name] for field in fields(Sampling)})


def region_of(record: Mapping[str, Any], rope: float | tuple[float, float] | None) -> float | tuple[float, float]:
    """Return the region of practical equivalence that a call gives, or that a fit was given.

    Raises
    ------
    SpecError
        There is none.
    """
    found = record.get("rope") if rope is None else rope
    if found is None:
        raise SpecError(
            "Evidence is weighed against a stated region of practical equivalence (ROPE).",
            "Neither the call nor the fit's card states one.",
            "Give for example rope=0.03: 0.03, 0.07 and 0.12 are small, medium and large cross-lagged effects "
            "(Orth et al., 2024); rope=0.1 is usual for trials, 0.18 (an odds ratio of 1.2) for log odds.",
        )
    return (found[0], found[1]) if isinstance(found, Sequence) else found


def careful(sampling: Sampling, spec: Spec) -> Sampling:
    """Return how to sample, with the target acceptance that a specification asks for where none was given.

    It is higher where effects narrow towards small SDs.
    """
    if sampling.target_accept is not None:
        return sampling
    return replace(sampling, target_accept=0.98 if family_of(spec).statistics.is_hierarchical(spec) else 0.9)


def sampled(
    spec: Spec,
    reduced: Any,
    settings: Settings,
    *,
    retry: bool,
    pupils: Any = None,
    only: Sequence[str] | None = None,
    stage: Callable[[str], None] | None = None,
    progress: Callable[[list[Any]], None] | None = None,
    beside_prior: bool = False,
) -> Sampled:
    """Sample every model that a fit of the specification consists of.

    Parameters
    ----------
    spec
        The specification.
    reduced
        Data as the model reads them; see `bayespanel.families.door.reduced`.
    settings
        How to sample.
    retry
        Whether to sample a second time where checks of the sampler fail; the first draws are then dropped. A tenth as
        many proposals are to be refused, so steps are smaller: 0.99 in place of 0.9. Where chains disagreed or moved
        slowly, they are longer too, and as many draws are kept as before; see `second_run`. Where draws of independence
        sampling, of which "auto" thought well, do not pass, NUTS samples in its place.
    pupils
        The data as they were given, which models without a closed likelihood read.
    only
        Groups of draws to sample; None for all.
    stage, progress
        Called with the name of each stage, and with the progress of the chains.
    beside_prior
        Whether to set parameters beside their priors; see `inference.overlap`.
    """
    from bayespanel.inference.fit import FREE, free_group
    from bayespanel.inference.overlap import PRIOR_DRAWS, overlaps

    say = stage or (lambda _: None)
    say("loading libraries")
    from bayespanel.inference.graphs import untraced
    from bayespanel.inference.prior import prior_free
    from bayespanel.inference.sampling import prepare

    family = family_of(spec)
    groups: dict[str, xr.Dataset] = {}
    again: dict[str, Again] = {}
    proposals: dict[str, Proposal] = {}
    known: dict[str, float] | None = None
    seconds = {"compile": 0.0, "mode": 0.0, "sample": 0.0}
    wanted = {name: model for name, model in models(spec).items() if only is None or name in only}
    for group, variant in wanted.items():
        say("finding where to start")
        start = family.build.start(variant, reduced)
        elsewhere = () if family.elsewhere is None else family.elsewhere(variant, reduced)
        rivals = () if family.rivals is None else family.rivals(variant, reduced)
        held = () if family.held is None else family.held(variant)
        say("compiling (the first fit on a machine takes about a minute)")
        prepared = None if family.augmented is None else family.augmented(variant, reduced, pupils)
        if prepared is None:
            with untraced():
                prepared = prepare(family.build.build(variant, reduced), start, held, elsewhere, rivals)
        named = partial(_named, family, variant, reduced)
        found, groups[group], how = _passing(prepared, named, settings, retry=retry, say=say, progress=progress)
        again |= {} if how is None else {group: how}
        proposals |= {} if found.proposal is None else {group: found.proposal}
        groups[STATISTICS_OF[group]] = found.sample_stats
        if group == "posterior":
            groups[FREE] = free_group(found.free)
            if beside_prior:
                rows = [row.parameter for row in variant.default_priors()]
                before = prior_free(prepared.model, draws=PRIOR_DRAWS, seed=settings.seed)
                known = overlaps(before, found.free, groups[group], rows)
        seconds = {name: seconds[name] + found.seconds[name] for name in seconds}
    return Sampled(groups, seconds, again, proposals, known)


def _passing(
    prepared: Prepared,
    named: Callable[[Draws], xr.Dataset],
    settings: Settings,
    *,
    retry: bool,
    say: Callable[[str], None],
    progress: Callable[[list[Any]], None] | None,
) -> tuple[Draws, xr.Dataset, Again | None]:
    """Draw, and with `retry` once more where the draws do not pass; return the draws, named, and why there are others.

    Parameters
    ----------
    prepared
        The model.
    named
        Gives draws their names in the posterior.
    settings, retry, say, progress
        See `sampled`.
    """

    def draw(how: Sampling, every: int) -> Draws:
        return prepared.draw(replace(settings, sampling=how), progress, every=every)

    how, spent = settings.sampling, 0.0
    found = draw(how, 1)
    say("naming the draws")
    group = named(found)
    failed = second_run(group, found.sample_stats, settings.target_accept) if retry else None
    if failed is not None and found.proposal is not None and found.proposal.sampler == "independence":
        if how.sampler == "independence":  # as it was asked; checks say that it fails
            return found, group, None
        say("sampling by NUTS")
        how, spent = replace(how, sampler="nuts"), found.seconds["sample"]
        because = f"its draws fail ({', '.join(failed['because'])})"
        found = replace(draw(how, 1), proposal=replace(found.proposal, sampler="nuts", because=because))
        group = named(found)
        failed = second_run(group, found.sample_stats, settings.target_accept)
    if failed is not None:
        say("sampling again with smaller steps")
        spent += found.seconds["sample"]
        smaller = replace(how, target_accept=failed["target_accept"], sampler="nuts")
        found = replace(draw(smaller, failed["every"]), proposal=found.proposal)
        group = named(found)
    found.seconds["sample"] += spent
    return found, group, failed


def told_sampling(provenance: Mapping[str, Any]) -> list[str]:
    """Say what is unusual about the draws of a fit: by which sampler they are, where that was a choice; second runs."""
    records = provenance.get("imputations")
    if records is None:
        return [text for text in (told_proposals(provenance), told_again(provenance)) if text]
    told = [" ".join(told_sampling({**_common(provenance), **one})) for one in records]
    unusual = [(number, text) for number, text in enumerate(told, start=1) if text]
    said = [f"Imputation {number}: {text}" for number, text in unusual[:TOLD]]
    more = len(unusual) - TOLD
    return [*said, *([f"So much is told of {more} more of the {len(records)} imputations."] if more > 0 else [])]


def _common(provenance: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in provenance.items() if name != "imputations"}


def told_proposals(provenance: Mapping[str, Any]) -> str:
    """Say in a sentence or more by which sampler draws are, and why; empty where NUTS was asked for."""
    said = []
    for group, found in provenance.get("proposals", {}).items():
        draws = "The draws" if group == "posterior" else f"The {group} draws"
        if found["sampler"] == "nuts":
            said.append(f"{draws} are by NUTS, not by independence sampling: {found['because']}.")
            continue
        if found["sampler"] == "augmentation":
            said.append(f"{draws} are by data augmentation, {found['every']} sweeps for each draw.")
            continue
        each = "one proposal" if found["every"] == 1 else f"{found['every']} proposals"
        k = "not finite" if found["pareto_k"] is None else f"{found['pareto_k']:.2f}"
        said.append(
            f"{draws} are by independence sampling, {each} for each draw: the efficiency of the proposal is "
            f"{found['efficiency']:.2f}, Pareto k of its weights {k}."
        )
    return " ".join(said)


def samplers(provenance: Mapping[str, Any]) -> set[str]:
    """Return by which samplers the draws of a fit are: "nuts", "independence", "augmentation"."""
    return {each["sampler"] for each in provenance.get("proposals", {}).values()} or {"nuts"}


def walked(provenance: Mapping[str, Any]) -> bool:
    """Return whether any draws of a fit come from a walk, with its warm-up and target acceptance."""
    return samplers(provenance) != {"independence"}


def _named(family: AnyFamily, spec: Spec, reduced: Any, found: Draws) -> xr.Dataset:
    named = family.draws.posterior(spec, reduced, found.free)
    return named if found.beside is None else named.merge(found.beside)


def told_again(provenance: Mapping[str, Any]) -> str:
    """Say in a sentence or more which draws of a fit were taken a second time, and why; empty where none were."""
    first = provenance.get("target_accept")
    return " ".join(
        f"{'The' if group == 'posterior' else f'The {group}'} draws were taken a second time, with a target acceptance "
        f"of {found['target_accept']:g}{_kept(found['every'])}: the first ones, with {first:g}, were dropped "
        f"({', '.join(found['because'])})."
        for group, found in provenance.get("again", {}).items()
    )


def _kept(every: int) -> str:
    return f" and chains {every} times as long, of which every {every}th draw is kept" if every > 1 else ""


def second_run(posterior: xr.Dataset, sample_stats: xr.Dataset, target_accept: float) -> Again | None:
    """Return how a model is to be sampled a second time; None where that is not called for, or would not help.

    Divergences call for smaller steps. Chains that disagree or move slowly call for longer ones besides: so much longer
    that the smallest effective size would be twice what is needed. With fewer than `ENOUGH` draws that check fails for
    want of draws, and with heavy tails (E-BFMI) another run would find the same.
    """
    from bayespanel.inference.checks import MAX_DEPTH, sampling_checks

    rows = {row.check: row for row in sampling_checks(posterior, sample_stats, MAX_DEPTH)}
    if "E-BFMI" in rows and not rows["E-BFMI"].passed:
        return None
    enough = posterior.sizes["chain"] * posterior.sizes["draw"] >= ENOUGH
    slow = [rows[name] for name in ("R-hat", "bulk ESS", "tail ESS") if enough and not rows[name].passed]
    failed = [*slow, *(rows[name] for name in ("divergences",) if name in rows and not rows[name].passed)]
    if not failed:
        return None
    size = rows["bulk ESS"]
    least = min(size.value, rows["tail ESS"].value)
    return Again(
        because=[f"{row.check} {row.value:.4g}" for row in failed],
        target_accept=round(1.0 - (1.0 - target_accept) / 10.0, 6),
        every=int(np.clip(np.ceil(2 * size.limit / least), 2, LONGEST)) if slow else 1,
    )
