"""One function per verb: build, fit, check, weigh. Each takes a value and returns a new one.

Heavy libraries are imported where they are needed, so that reading data and cards starts at once.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd
import xarray as xr

from bayespanel.catalogue import Card, specification
from bayespanel.data import Moments, Panel, PanelRows, Trial, TrialCounts, TrialEstimates, TrialMoments
from bayespanel.data.guesses import said_of
from bayespanel.errors import SpecError
from bayespanel.families.door import FAMILIES, Simulated, Spec, family_of, models, reduced
from bayespanel.fitting import STATISTICS_OF, careful, sampled
from bayespanel.inference.fit import Fit, load
from bayespanel.inference.record import cores_of, machine, versions
from bayespanel.priors import merge, table, to_json
from bayespanel.spec_records import spec_of_fit, spec_to_dict
from bayespanel.world_catalogue import World, settled

if TYPE_CHECKING:
    import numpy as np
    import pymc as pm
    from numpy.typing import NDArray

    from bayespanel.inference.maximum_likelihood import Estimates

Data = Panel | Moments | PanelRows | Trial | TrialMoments | TrialCounts | TrialEstimates


def priors(spec: Spec | Card) -> pd.DataFrame:
    """Return every prior in use, a row each, with its reason and source."""
    model = specification(spec)
    return table(merge(model.default_priors(), model.priors))


def build(spec: Spec | Card, data: Data) -> pm.Model:
    """Build a plain `pm.Model`, to read, edit, or sample with any tool.

    Parameters
    ----------
    spec
        A specification, or a card.
    data
        A panel, a trial, or their moments or counts; each gives the same model.

    Raises
    ------
    DataError, SpecError
        When the data lack what the model needs, or the model what the data know.
    """
    model = specification(spec)
    return family_of(model).build.build(model, data)


def fit(
    spec: Spec | Card,
    data: Data,
    *,
    seed: int,
    chains: int = 4,
    tune: int = 500,
    draws: int = 1000,
    cores: int | None = None,
    target_accept: float | None = None,
    retry: bool = True,
    progress: bool = True,
) -> Fit:
    """Sample the posterior.

    Parameters
    ----------
    spec
        A specification, or a card.
    data
        A panel, a trial, or their moments or counts, which give the same posterior; or published estimates.
    seed
        Non-negative integer; the same seed gives the same draws.
    chains, tune, draws
        Number of chains, and of warm-up and kept draws in each.
    cores
        Chains that run at once; all processors by default.
    target_accept
        Acceptance rate that the sampler's step size aims at; by default 0.9, or 0.98 where effects are pooled or
        cluster effects explicit, whose posteriors narrow towards small standard deviations.
    retry
        Whether to sample a second time where the sampler diverges, or chains disagree or move slowly: with a tenth as
        many refusals (0.99 in place of 0.9), so with smaller steps; and where chains were slow, with chains up to eight
        times as long, of which as many draws are kept. `provenance["again"]` then says why.
    progress
        Whether to show a progress bar on standard error.

    Returns
    -------
    Fit
        Look at `checks(fit)` before anything else.

    Raises
    ------
    DataError, SpecError
        Before any sampling, when data, specification or settings break a rule.
    """
    from bayespanel.inference.progress import progress_bar
    from bayespanel.inference.settings import Settings

    asked = specification(spec)
    Settings(seed, chains, tune, draws, cores, target_accept or 0.8)  # before the data are reduced
    began = time.perf_counter()
    model_spec, read = reduced(asked, data)
    target = careful(model_spec) if target_accept is None else target_accept
    settings = Settings(seed, chains, tune, draws, cores, target)
    with progress_bar(progress) as (stage, sampling):
        found = sampled(model_spec, read, settings, retry=retry, stage=stage, progress=sampling)
    provenance: dict[str, Any] = {
        "spec": spec_to_dict(model_spec),
        "card": spec.name if isinstance(spec, Card) else None,
        "rope": spec.rope if isinstance(spec, Card) else None,
        **{name: getattr(settings, name) for name in ("seed", "chains", "tune", "draws", "target_accept")},
        "retry": retry,
        "again": found.again,
        "cores": cores_of(cores, chains),
        "priors": to_json(merge(model_spec.default_priors(), model_spec.priors)),
        "data": read.fingerprint(),
        "pupils": read.n_pupils,
        "notes": list(said_of(read)),
        "versions": versions(),
        "machine": machine(),
        "seconds": {**found.seconds, "total": time.perf_counter() - began},
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    return Fit(xr.DataTree.from_dict(found.groups), model_spec, read, provenance)


def load_fit(path: str | os.PathLike[str]) -> Fit:
    """Read a fit that `Fit.save` wrote.

    Raises
    ------
    FitError
        No such file, not a fit, or one saved by a newer version.
    """
    return load(path, spec_of_fit)


def checks(fit: Fit) -> pd.DataFrame:
    """Return what was checked of a fit.

    Returns
    -------
    pandas.DataFrame
        A row per check: check, value, limit, state, passed and hint. The state is "ok"; "look", for what is true of the
        data and to be reported (few clusters, a variance near zero); or "FAILED", for the computation and for a model
        that contradicts the data. `passed` is false for the last only.
    """
    from bayespanel.inference.checks import MAX_DEPTH, sampling_checks
    from bayespanel.inference.checks import table as check_table

    rows = []
    for group in models(fit.spec):
        found = sampling_checks(fit.groups[group], fit.groups[STATISTICS_OF[group]], MAX_DEPTH)
        rows += found if group == "posterior" else [replace(row, check=f"{row.check} ({group})") for row in found]
    return check_table(rows + family_of(fit.spec).checks.checks(fit.spec, fit.posterior, fit.data))


def evidence(
    fit: Fit,
    *,
    rope: float | tuple[float, float] | None = None,
    prob: float = 0.95,
    interval: Literal["equal_tailed", "hdi"] = "equal_tailed",
    by_interval: bool = False,
    at_least: float | None = None,
    true_effect: float | None = None,
) -> xr.Dataset:
    """Return what a fit says of each pathway.

    Parameters
    ----------
    fit
        The fit.
    rope
        Region of practical equivalence on the standardised scale: a half-width around 0, or two bounds. Left out, it
        is the one that the fit's card states; there is no other default.
    prob, interval
        Probability and kind of the intervals.
    by_interval
        One row for each interval between waves, where equal lags give one for all.
    at_least
        Adds the probability of an effect of at least this size, standardised.
    true_effect
        Adds power, type-S and type-M error of this design, should the true effect be of this size, standardised, with
        the sampling SD they follow from; NaN where it is not to be had, see `bayespanel.evidence.precision`.

    Returns
    -------
    xr.Dataset
        Over `pathway`; see `bayespanel.evidence.summary.summarise`, and `bayespanel.evidence.bayes_factors` for
        `log_bf10`, `mcse_log_bf10` and `log_bf10_above`. Where no draws come near 0, the model is compiled to
        compute Bayes factors from its density.

    Raises
    ------
    SpecError
        No region of practical equivalence, or not a region.
    """
    from bayespanel.evidence.summary import summarise
    from bayespanel.weighing import factors

    if rope is None:
        rope = fit.provenance.get("rope")
    if rope is None:
        raise SpecError(
            "Evidence is weighed against a stated region of practical equivalence (ROPE).",
            "Neither the call nor the fit's card states one.",
            "Give rope=0.03, say: 0.03, 0.07 and 0.12 are small, medium and large cross-lagged effects "
            "(Orth et al., 2024); rope=0.1 is usual for trials, 0.18 (an odds ratio of 1.2) for log odds.",
        )
    draws = family_of(fit.spec).pathways.collect(fit.spec, fit.groups, by_interval=by_interval)
    found = summarise(
        draws,
        rope=rope,
        prob=prob,
        interval=interval,
        at_least=at_least,
        true_effect=true_effect,
        sampling_sd=None if true_effect is None else sampling_sds(fit, draws),
    )
    return found.assign(factors(fit, draws, by_interval=by_interval).data_vars)


def sampling_sds(fit: Fit, draws: xr.Dataset) -> NDArray[np.float64]:
    """Return the SD [pathway] of the estimates of a fit's design, standardised; NaN where it is not to be had.

    Of a trial with Gaussian outcomes it is that of generalised least squares at the posterior's covariances, of
    published effects the standard error; of all else the posterior SD without the precision of a normal prior.
    """
    from bayespanel.evidence import precision

    family = family_of(fit.spec)
    found = None if family.sampling_sds is None else family.sampling_sds(fit.spec, fit.data, fit.groups, draws)
    if found is not None:
        return found
    rows = {row.parameter: row for row in merge(fit.spec.default_priors(), fit.spec.priors)}
    return precision.sampling_sds(draws, family.nulls.nulls(fit.spec, fit.data, draws), rows)


def simulate(world: World | Simulated, seed: int) -> pd.DataFrame:
    """Draw the pupils of a world: of a panel or of trajectories, a row per pupil and wave; of a trial, per pupil.

    Parameters
    ----------
    world
        From `bp.world`, with one condition and a fixed truth; or a PanelWorld, TrialWorld or TrajectoryWorld.
    seed
        The same seed gives the same pupils.

    Raises
    ------
    SpecError
        Not a world, a grid of them, one with design priors, or a seed that is not a whole number, 0 or more.
    """
    if isinstance(world, World):
        world = settled(world)
    for family in FAMILIES.values():
        if isinstance(world, family.world):
            return family.simulate.simulate(world, seed)
    raise SpecError(
        "Pupils are simulated from a world.",
        f"Given was {world!r}.",
        f"Give bp.world(name), or one of {', '.join(family.world.__name__ for family in FAMILIES.values())}.",
    )


def log_likelihood(spec: Spec | Card, data: Data, parameters: Mapping[str, Any]) -> float:
    """Return the exact log-likelihood at given values, every constant included.

    Parameters
    ----------
    spec, data
        Model and data.
    parameters
        Values by their names in the posterior, in raw units; a covariance may be given as `<name>_cov` in place of
        `<name>_sd` and `<name>_corr`. A Dataset of estimates will do: its labels are followed, whatever their order.
    """
    model = specification(spec)
    return float(family_of(model).estimate.log_likelihood(model, data, dict(parameters)))


def maximum_likelihood(spec: Spec | Card, data: Data) -> Estimates:
    """Fit by maximum likelihood, the bridge to lavaan and Mplus; priors play no part.

    Returns
    -------
    Estimates
        log_likelihood, aic, bic, estimates and standard_errors (Datasets), converged, proper; of a panel also df,
        chi_square, cfi and rmsea.
    """
    model = specification(spec)
    return family_of(model).estimate.maximum_likelihood(model, data)
