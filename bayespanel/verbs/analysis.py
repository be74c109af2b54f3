"""One function per verb: build, fit, check, weigh. Each takes a value and returns a new one.

Heavy libraries are imported where they are needed, so that reading data and cards starts at once.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd
import xarray as xr

from bayespanel.catalogue.cards import Card, specification
from bayespanel.catalogue.spec_records import spec_of_fit, spec_to_dict
from bayespanel.catalogue.worlds import World, settled
from bayespanel.data import Moments, Panel, PanelRows, Trial, TrialCounts, TrialEstimates, TrialMoments
from bayespanel.data.guesses import said_of
from bayespanel.data.imputations import Imputations
from bayespanel.families.door import FAMILIES, Simulated, Spec, family_of, pathways_of, reduced, spaced
from bayespanel.inference.fit import Fit, load
from bayespanel.inference.record import cores_of, machine, versions
from bayespanel.inference.settings import Sampling, Settings
from bayespanel.language.errors import SpecError
from bayespanel.language.prior import merge, table, to_json
from bayespanel.verbs.checking import checks as checks
from bayespanel.verbs.fitting import careful, region_of, sampled

if TYPE_CHECKING:
    import numpy as np
    import pymc as pm
    from numpy.typing import NDArray

    from bayespanel.inference.maximum_likelihood import Estimates

Data = Panel | Moments | PanelRows | Trial | TrialMoments | TrialCounts | TrialEstimates


def priors(spec: Spec | Card) -> pd.DataFrame:
    """Return the table of all priors that a model uses.

    Parameters
    ----------
    spec
        A specification or a card.

    Returns
    -------
    pandas.DataFrame
        One row per parameter, with the columns `parameter`, `distribution`, `arguments`, `scale`, `reason` (why this
        prior was chosen) and `source` ("default", "card", "call", or a DOI).
    """
    model = specification(spec)
    return table(merge(model.default_priors(), model.priors))


def build(spec: Spec | Card, data: Data) -> pm.Model:
    """Build the model as a plain PyMC model, which you can read, change, or sample with any PyMC tool.

    Parameters
    ----------
    spec
        A specification or a card.
    data
        A panel or a trial, or the moments or counts made from it. All of them give the same model.

    Returns
    -------
    pymc.Model
        The model, with the data in it.

    Raises
    ------
    DataError, SpecError
        The data lack something that the model needs, or the model lacks something that the data contain, such as the
        unit of randomisation.
    """
    model = specification(spec)
    return family_of(model).build.build(model, data)


def fit(
    spec: Spec | Card,
    data: Data,
    *,
    seed: int,
    sampling: Sampling = Sampling(),
    retry: bool = True,
    cores: int | None = None,
    progress: bool = True,
) -> Fit:
    """Fit a model: draw samples from the posterior distribution of its parameters.

    Parameters
    ----------
    spec
        A specification or a card.
    data
        A panel or a trial; the moments or counts made from it, which give the same posterior; or published estimates.
    seed
        A whole number, 0 or more. The same seed gives the same draws.
    sampling
        Number and length of the chains, and target acceptance, such as `bp.Sampling(draws=2000)`. The default is 4
        chains of 500 warm-up draws and 1000 draws that are kept.
    retry
        Whether to sample a second time when the sampler diverges, when chains disagree, or when they move slowly. The
        second run rejects a tenth as many steps (an acceptance rate of 0.99 in place of 0.9), so its steps are smaller.
        If the chains were slow, they are also made up to eight times as long, and as many draws as before are kept from
        them. `provenance["again"]` then gives the reason.
    cores
        Number of chains that run at the same time. The default is the number of processors.
    progress
        Whether to show a progress bar on standard error.

    Returns
    -------
    Fit
        The draws and everything that is needed to repeat the fit. Look at `bp.checks(fit)` before anything else.

    Raises
    ------
    DataError, SpecError
        The data, the specification or a setting break a rule. This is found before any sampling.
    """
    from bayespanel.inference.progress import progress_bar

    asked = specification(spec)
    settings = Settings(sampling, seed, cores)  # before the data are reduced
    began = time.perf_counter()
    model_spec, read = reduced(asked, data)
    how = careful(sampling, model_spec)
    settings = replace(settings, sampling=how)
    with progress_bar(progress) as (stage, advance):
        found = sampled(
            model_spec, read, settings, retry=retry, pupils=data, stage=stage, progress=advance, beside_prior=True
        )
    provenance: dict[str, Any] = {
        "spec": spec_to_dict(model_spec),
        "card": spec.name if isinstance(spec, Card) else None,
        "rope": spec.rope if isinstance(spec, Card) else None,
        "seed": settings.seed,
        **asdict(how),
        "retry": retry,
        "again": found.again,
        "proposals": {group: proposal.record() for group, proposal in found.proposals.items()},
        "cores": cores_of(settings.cores, how.chains),
        "priors": to_json(merge(model_spec.default_priors(), model_spec.priors)),
        "overlap": found.overlap,
        "data": read.fingerprint(),
        "pupils": read.n_pupils,
        "notes": list(said_of(read)),
        "versions": versions(),
        "machine": machine(),
        "seconds": {**found.seconds, "total": time.perf_counter() - began},
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    recorded = family_of(model_spec).recorded
    if recorded is not None:
        provenance |= recorded(model_spec, found.groups["posterior"], data)
    return Fit(found.groups, model_spec, read, provenance)


def load_fit(path: str | os.PathLike[str]) -> Fit:
    """Read a fit from a file that `Fit.save` wrote.

    Parameters
    ----------
    path
        The file, such as "fit.nc".

    Returns
    -------
    Fit
        The fit as it was saved.

    Raises
    ------
    FitError
        The file does not exist, is not a fit, or was saved by a newer version of bayespanel.
    """
    return load(path, spec_of_fit)


def evidence(
    fit: Fit,
    *,
    rope: float | tuple[float, float] | None = None,
    prob: float = 0.95,
    interval: Literal["equal_tailed", "hdi"] = "equal_tailed",
    by_interval: bool = False,
    per: float | None = None,
    at_least: float | None = None,
    true_effect: float | None = None,
) -> xr.Dataset:
    """Summarise what a fit says about each pathway: its size, direction and practical relevance, and its Bayes factor.

    Parameters
    ----------
    fit
        The fit.
    rope
        Region of practical equivalence on the standardised scale: half its width, if it lies around 0, or its two
        bounds. By default it is the region that the fit's card states. If the card states none, you must give one.
    prob, interval
        Probability of the intervals (default 0.95), and their kind: "equal_tailed", or "hdi" for the shortest interval
        that contains this probability.
    by_interval
        Whether to give one row for each interval between waves, even if the lags are equal over intervals and one row
        would stand for all of them.
    per
        Of a model in continuous time: the length of the interval of which the pathways speak, in the unit of the times
        of the waves. By default it is that of the specification, or the median gap between waves.
    at_least
        A standardised effect, not 0. The result then also has the probability that the effect is at least this large
        or, if the number is negative, at most this number.
    true_effect
        A standardised effect, not 0. The result then also has the power, the type-S error (wrong sign) and the type-M
        error (exaggeration) of this design if the true effect had this size, and the sampling SD from which they
        follow. They are NaN for pathways whose sampling SD is not known, such as pooled effects.

    Returns
    -------
    xarray.Dataset
        Each variable has the dimension `pathway`. On the standardised scale: `mean`, `median`, `sd`, `lower`, `upper`,
        `prob_direction`, `prob_rope`, `prob_above_rope`, `prob_below_rope`, each with its Monte Carlo standard error
        `mcse_<name>`; in raw units: `raw_mean`, `raw_sd`, `raw_lower`, `raw_upper`. `log_bf10` is the natural logarithm
        of the Bayes factor for an effect against no effect. If it cannot be estimated it is NaN, and `log_bf10_above`
        is a number that it exceeds with probability 0.95. If no draws lie near 0, the model is compiled to compute the
        Bayes factor from its density. All variables are described at `bayespanel.summaries.summary.summarise` and
        `bayespanel.summaries.bayes_factors`. Of a fit to imputations there is also `fmi`, the fraction of missing
        information; `rhat` is the largest within an imputation, and Bayes factors come from the draws alone.

    Raises
    ------
    SpecError
        There is no region of practical equivalence, or what was given is not a region.

    References
    ----------
    Kruschke (2018), doi:10.1177/2515245918771304, on the region; Makowski, Ben-Shachar, Chen & Lüdecke
    (2019), doi:10.3389/fpsyg.2019.02767, on the direction; Gelman & Carlin (2014), doi:10.1177/1745691614551642, on
    type-S and type-M errors; Wagenmakers, Lodewyckx, Kuriyal & Grasman (2010), doi:10.1016/j.cogpsych.2009.12.001, on
    Bayes factors.
    """
    from bayespanel.summaries.summary import summarise
    from bayespanel.verbs.imputed_evidence import with_missing_information
    from bayespanel.verbs.weighing import factors

    fit = fit if per is None else replace(fit, spec=spaced(fit.spec, per))
    draws = pathways_of(fit.spec, fit.groups, by_interval=by_interval)
    found = summarise(
        draws,
        rope=region_of(fit.provenance, rope),
        prob=prob,
        interval=interval,
        at_least=at_least,
        true_effect=true_effect,
        sampling_sd=None if true_effect is None else sampling_sds(fit, draws),
    )
    found = found.assign(factors(fit, draws, by_interval=by_interval).data_vars)
    return found if fit.imputations == 1 else with_missing_information(found, fit, draws)


def sampling_sds(fit: Fit, draws: xr.Dataset) -> NDArray[np.float64]:
    """Return the standardised sampling SD [pathway] of a fit's design; NaN for pathways where it is not known.

    For a trial with Gaussian outcomes it is the SD of generalised least squares at the covariances of the posterior,
    for published effects it is the standard error. For everything else it is the posterior SD after the precision of a
    normal prior has been subtracted.
    """
    from bayespanel.summaries import precision

    family, data = family_of(fit.spec), fit.data
    if isinstance(data, Imputations):  # the design of one completed table knows nothing of what was missing
        data = data.each[0]
    elif family.sampling_sds is not None:
        found = family.sampling_sds(fit.spec, data, fit.groups, draws)
        if found is not None:
            return found
    rows = {row.parameter: row for row in merge(fit.spec.default_priors(), fit.spec.priors)}
    return precision.sampling_sds(draws, family.nulls.nulls(fit.spec, data, draws), rows)


def simulate(world: World | Simulated, seed: int) -> pd.DataFrame:
    """Simulate pupils from a population whose true values are known.

    Parameters
    ----------
    world
        A world from `bp.world` with one condition and a fixed truth; or a `PanelWorld`, `TrialWorld` or
        `TrajectoryWorld`.
    seed
        A whole number, 0 or more. The same seed gives the same pupils.

    Returns
    -------
    pandas.DataFrame
        For a panel or trajectories, one row per pupil and wave; for a trial, one row per pupil.

    Raises
    ------
    SpecError
        What was given is not a world, contains several conditions, or has a truth that is drawn anew for each data set;
        or the seed is not a whole number, 0 or more.
    """
    if isinstance(world, World):
        world = settled(world)
    for family in FAMILIES.values():
        if isinstance(world, family.world):
            return family.simulate.simulate(world, seed)
    raise SpecError(
        "Pupils are simulated from a world.",
        f"You gave {world!r}.",
        f"Give bp.world(name), or one of {', '.join(family.world.__name__ for family in FAMILIES.values())}.",
    )


def log_likelihood(spec: Spec | Card, data: Data, parameters: Mapping[str, Any]) -> float:
    """Return the exact log-likelihood of the data at given parameter values, with all constants.

    Parameters
    ----------
    spec, data
        The model and the data.
    parameters
        Values by their names in the posterior, in raw units. A covariance matrix may be given as `<name>_cov`, in place
        of `<name>_sd` and `<name>_corr`. You may also give a Dataset of estimates: its values are found by their
        labels, in whatever order these stand.

    Returns
    -------
    float
        The log-likelihood.

    Raises
    ------
    DataError, SpecError
        The data lack something that the model needs, a parameter has no value, or the likelihood of the model has no
        closed form.
    """
    model = specification(spec)
    return float(family_of(model).estimate.log_likelihood(model, data, dict(parameters)))


def maximum_likelihood(spec: Spec | Card, data: Data) -> Estimates:
    """Fit a model by maximum likelihood, to compare it with lavaan or Mplus. Priors are not used.

    Parameters
    ----------
    spec, data
        The model and the data.

    Returns
    -------
    Estimates
        `log_likelihood`, `aic`, `bic`; `estimates` and `standard_errors`, two Datasets in raw units; `converged` and
        `proper`. For a panel also `df`, `chi_square`, `cfi` and `rmsea`. `bp.summary`, `bp.parameter_estimates`,
        `bp.standardized_solution` and `bp.fit_measures` show it.

    Raises
    ------
    DataError, SpecError
        The data lack something that the model needs, or the likelihood of the model has no closed form.
    """
    model = specification(spec)
    return family_of(model).estimate.maximum_likelihood(model, data)
