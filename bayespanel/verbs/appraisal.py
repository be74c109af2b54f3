"""Verbs that appraise a fit: hypotheses, dynamics, prediction, comparison, influence, synthesis.

`verbs` fits and weighs; these ask what a reviewer asks. What a reviewer asks of priors is in `prior_appraisal`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr

from bayespanel.data import Panel
from bayespanel.families.door import family_of, pathways_of, spaced
from bayespanel.inference.imputed import require_one_table
from bayespanel.language.errors import DataError, SpecError
from bayespanel.verbs.fitting import sampling_of

if TYPE_CHECKING:
    from bayespanel.families.family import RefitRoom
    from bayespanel.inference.fit import Fit
    from bayespanel.summaries.leave_out import LeftOut
    from bayespanel.summaries.synthesis import Synthesis

DRAWS = 1000
"""Draws by which parts of the data are left out."""

UNITS = ("school", "pupil")


def pathway_draws(fit: Fit, *, by_interval: bool = False, per: float | None = None) -> xr.Dataset:
    """Return the posterior draws of every pathway.

    Parameters
    ----------
    fit
        The fit.
    by_interval
        Whether to give one pathway for each interval between waves, even if the lags are equal over intervals.
    per
        Length of the interval of which the pathways speak, as in `evidence`.

    Returns
    -------
    xarray.Dataset
        `standardised` and `raw` [chain, draw, pathway].

    Raises
    ------
    SpecError
        `per` is given, and time is not continuous or it is no positive number.
    """
    return pathways_of(spaced(fit.spec, per), fit.groups, by_interval=by_interval)


def hypothesis(
    fit: Fit,
    text: str,
    *,
    rope: float | tuple[float, float] | None = None,
    by_interval: bool = False,
    prior_draws: int = 20_000,
    seed: int = 0,
) -> xr.Dataset:
    """Compute Bayes factors of a hypothesis about pathways, against its complement and against no constraint.

    Parameters
    ----------
    fit
        The fit.
    text
        The hypothesis. It compares pathways, given by name, with each other or with numbers. The signs `>`, `<` and `=`
        need a space on both sides; `=` means that the difference lies in the region of practical equivalence.
        `|pathway|` is the absolute size of a pathway. Several comparisons are joined by "and", for example
        "rejection -> depression > depression -> rejection > 0".
    rope
        Region of practical equivalence for `=`, standardised. By default it is the region of the fit's card.
    by_interval
        Whether the pathways of the hypothesis are those of single intervals between waves.
    prior_draws, seed
        Number of draws from the prior, and the seed of these draws.

    Returns
    -------
    xarray.Dataset
        `posterior_mass` and `prior_mass`, the probability of the hypothesis under posterior and prior;
        `log_bf_complement` and `log_bf_unconstrained`, natural logarithms; each with its Monte Carlo standard error
        `mcse_<name>`. `is_bound` is true if all or none of the posterior draws satisfy the hypothesis: the Bayes
        factors are then bounds.

    Raises
    ------
    SpecError
        The fit does not have a pathway of this name (the error gives the nearest names), the constraints contradict
        each other, or the prior probability of the hypothesis is too small to be estimated.

    References
    ----------
    Klugkist, Laudy & Hoijtink (2005), doi:10.1037/1082-989X.10.4.477.
    """
    from bayespanel.summaries.hypotheses import parse, weigh
    from bayespanel.summaries.summary import rope_bounds
    from bayespanel.verbs.prior_appraisal import prior_pathways

    posterior = pathway_draws(fit, by_interval=by_interval)
    parse(text, [str(name) for name in posterior["pathway"].values])  # before the prior is drawn
    region = fit.provenance.get("rope") if rope is None else rope
    prior = prior_pathways(fit, draws=prior_draws, seed=seed, by_interval=by_interval)
    return weigh(text, posterior, prior, None if region is None else rope_bounds(region))


def dynamics(
    fit: Fit, *, waves: int | None = None, per: float | None = None, prob: float = 0.95, group: str | None = None
) -> xr.Dataset:
    """Follow what happens over the waves after a variable rises by one within-person standard deviation.

    Parameters
    ----------
    fit
        The fit of an RI-CLPM or a CLPM.
    waves
        Number of waves to follow. The default is 10 if the lags are equal over intervals, and otherwise the number of
        intervals of the data, because lags that are free are known for these only.
    per
        Of a model in continuous time, how far these waves lie apart, in the unit of the times, as in `evidence`. With
        small steps, such as per=1 and waves=24, the responses are curves over the length of an interval.
    prob
        Probability of the intervals.
    group
        Name of the group of pupils, if the model has several.

    Returns
    -------
    xarray.Dataset
        Each variable has the dimension `statistic` (mean, median, lower, upper, mcse_mean) and those named here:

        - `response` [step, target, source], in within-person SDs. It is exactly the sum of `direct`, the part that
          never passed through a third variable, and `via` [step, mediator, target, source], the part that did;
        - `returned` [variable], the part of a variable's rise that comes back to it through other variables, summed
          over the waves, in SDs; and `returned_share`, the same as a share of its whole effect on itself;
        - `spectral_radius`; `half_life` in waves (infinite if deviations grow); and, for equal lags that settle,
          `stationary_corr`, the correlations within persons in the long run.

        The attribute `prob_settles` is the share of draws with a spectral radius below 1.

    Raises
    ------
    SpecError
        The fit is not of a panel model; the model has groups and none was chosen; or the number of waves is below 1, or
        larger than the intervals for which the lags are known.
    """
    summarise = family_of(fit.spec).dynamics
    if summarise is None:
        raise SpecError(
            "Only cross-lagged panel models have responses over waves.",
            f"The fit is of a {type(fit.spec).__name__}.",
            "Give the fit of an RICLPM.",
        )
    spec = spaced(fit.spec, per)
    by_interval = "interval" in fit.posterior["lag"].dims and "drift" not in fit.posterior
    if waves is None:
        waves = fit.posterior.sizes["interval"] if by_interval else 10
    if isinstance(waves, bool) or not isinstance(waves, int) or waves < 1:
        raise SpecError("The number of waves to follow is 1 or more.", f"You gave {waves!r}.", "Write waves=10.")
    if not 0 < prob < 1:
        raise SpecError(
            "The probability of an interval lies between 0 and 1.", f"You gave {prob!r}.", "Write prob=0.95."
        )
    return summarise(spec, fit.posterior, waves=waves, prob=prob, group=group)


def influence(fit: Fit, panel: Panel | None = None) -> pd.DataFrame:
    """Return how every pathway would change if a school were left out, for each school in turn, without fitting again.

    Parameters
    ----------
    fit
        The fit of a panel with schools, or of a trial with Gaussian outcomes and clusters.
    panel
        The pupils that were fitted. A fit of a panel needs them, because its sums over all schools do not show what one
        school contributes. A trial does not need them.

    Returns
    -------
    pandas.DataFrame
        One row per school and pathway, the largest shift first: `unit`; `pathway`; `mean`, the posterior mean without
        the unit; `mcse`, its Monte Carlo standard error; `shift`, its difference from the mean of all units;
        `shift_in_sd`, the same in posterior SDs; and `pareto_k`. If `pareto_k` is above 0.7, the numbers of this row
        cannot be trusted, and the model must be fitted again without the unit.

    Raises
    ------
    DataError, SpecError
        The data have no clusters, or the model samples its cluster effects, as models of ordered outcomes do.

    References
    ----------
    Vehtari, Simpson, Gelman, Yao & Gabry (2024), Pareto smoothed importance sampling, JMLR 25(72).
    """
    from bayespanel.summaries import leave_out

    thinned, left = _leave_out(fit, panel, "school")
    draws = pathways_of(fit.spec, {"posterior": thinned})
    return leave_out.influence(draws, left)


def compare(fits: Mapping[str, Fit], panel: Panel | None = None, *, by: str = "school", refit: int = 5) -> pd.DataFrame:
    """Compare models by how well they predict data that were left out: whole schools, or single pupils.

    Parameters
    ----------
    fits
        The fits to compare, by name. All must be fits to the same data.
    panel
        The pupils that were fitted. Panel models need them; trials and trajectories do not.
    by
        "school" leaves out one school at a time, with its exact marginal likelihood. "pupil" leaves out one pupil at a
        time; this is possible only for models without cluster effects.
    refit
        A unit for which Pareto's k is above 0.7 is left out by fitting again, the worst ones first. This is the largest
        number of such fits per model.

    Returns
    -------
    pandas.DataFrame
        The comparison table of ArviZ with one row per model, the best model first: `elpd`, the expected log predictive
        density; its difference from the best model, with the standard error; `weight`, by stacking: the mixture of the
        models that best predicts what was left out; and `not_trusted`, the number of units whose k is above 0.7 and
        that were not fitted again.

    Raises
    ------
    SpecError
        There are fewer than two fits, they are of different data, or a unit cannot be left out.

    References
    ----------
    Vehtari, Gelman & Gabry (2017), doi:10.1007/s11222-016-9696-4; Yao, Vehtari, Simpson & Gelman (2018),
    doi:10.1214/17-BA1091, on stacking.
    """
    from bayespanel.summaries.leave_out import BAD, comparison

    if len(fits) < 2:
        raise SpecError("A comparison needs two models or more.", f"You gave {len(fits)}.", "Add another fit.")
    for fit in fits.values():
        require_one_table(fit)
    scored = {name: _scored(fit, panel) for name, fit in fits.items()}
    if len(set(scored.values())) > 1:
        raise SpecError(
            "Models are compared on the same scores of the same pupils.",
            "These differ: " + "; ".join(f"{name}: {_words(fit)}" for name, fit in fits.items()) + ".",
            "Fit all of them to the same table, with the same variables and waves.",
        )
    found, elpd, doubtful = {}, {}, {}
    for name, fit in fits.items():
        _, left = _leave_out(fit, panel, by)
        bad = np.flatnonzero(left.pareto_k > BAD)
        worst = bad[np.argsort(-left.pareto_k[bad])][:refit]
        exact = left.elpd.copy()
        room = family_of(fit.spec).refit
        doubtful[name] = len(bad)
        if room is not None:
            for unit in worst:
                exact[unit] = _refitted(fit, room, panel, int(unit), by)
            doubtful[name] -= len(worst)
        found[name], elpd[name] = left, exact
    table = comparison(found, elpd)
    table = table.assign(not_trusted=pd.Series(doubtful).reindex(table.index))
    table.attrs["data"] = sorted({fit.data.fingerprint() for fit in fits.values()})
    return table


def left_out(fit: Fit, panel: Panel | None = None, *, by: str) -> pd.DataFrame:
    """Return how well units are predicted that are left out, as rows of `fit_measures`."""
    from bayespanel.summaries.leave_out import BAD

    _, left = _leave_out(fit, panel, by)
    elpd = left.elpd.sum()
    rows = [
        ("elpd", elpd, float(np.sqrt(len(left.elpd) * left.elpd.var())),
         f"expected log predictive density of {len(left.units)} units, each a {by} that is left out"),
        ("p", left.within.sum() - elpd, np.nan, "effective number of parameters"),
        ("not trusted", (left.pareto_k > BAD).sum(), np.nan, f"units whose Pareto k is above {BAD}"),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["statistic", "value", "se", "meaning"])


def predictive_check(fit: Fit, *, seed: int = 0) -> dict[str, pd.DataFrame]:
    """Compare what the model predicts with what was observed.

    Parameters
    ----------
    fit
        The fit.
    seed
        The seed of the simulated data.

    Returns
    -------
    dict of pandas.DataFrame
        For a panel: "fit" (SRMR with its posterior predictive p value and, for models without clusters, Bayesian RMSEA
        and CFI); "residuals" (means, SDs and correlations, the largest difference first); "missing" (patterns of
        missing scores, and how far their means lie from those of the model); and "clusters" (variance of the cluster
        means, observed and simulated). For a trial: "means", by arm and outcome. For trajectories: "means", by wave.

    Raises
    ------
    DataError
        The fit is of published estimates, which contain no pupils.
    """
    require_one_table(fit)
    return family_of(fit.spec).predictive.predictive(fit.spec, fit.posterior, fit.data, seed)


def synthesise(
    fits: Mapping[str, Fit], *, rope: float | tuple[float, float] | None = None, prob: float = 0.95
) -> Synthesis:
    """Combine the evidence of several studies (panels, trials, trajectories) on the edges of the triangle.

    Parameters
    ----------
    fits
        The fits by the names of their studies.
    rope
        Region of practical equivalence, as of `evidence`, of all studies; by default that of the card of each.
    prob
        Probability of the intervals.

    Returns
    -------
    Synthesis
        `evidence` contains the pathways of all studies, with the coordinate `study`. `edges` contains, for each edge,
        by study and for all studies together, the probability that any pathway, that all pathways, and that the pooled
        pathway lies beyond the region. Pathways in different units are never pooled.

    Raises
    ------
    SpecError
        A study has no region of practical equivalence, two studies have the same data, or no pathway lies on an edge.
    """
    from bayespanel.summaries.synthesis import synthesise as join
    from bayespanel.verbs import analysis

    if not fits:
        raise SpecError("A synthesis needs the fits of studies.", "None was given.", 'Give {"panel": fit, ...}.')
    data = [fit.provenance.get("data") for fit in fits.values()]
    if len(set(data)) < len(data):
        raise SpecError(
            "Studies that are combined must have different pupils, because their probabilities are multiplied.",
            "Two of the fits have the same data.",
            "Keep one of them; bp.compare compares models of the same data.",
        )
    return join(
        {name: (analysis.evidence(fit, rope=rope, prob=prob), pathway_draws(fit)) for name, fit in fits.items()}
    )


def _scored(fit: Fit, panel: Panel | None) -> str:
    """What must be the same in all models that are compared: the scores, whatever clusters and covariates are used."""
    return repr((*family_of(fit.spec).leave_out.scored(fit.spec, fit.data), panel is None))


def _words(fit: Fit) -> str:
    return f"{', '.join(fit.spec.variables)} of {fit.data.n_pupils:,} pupils, data {fit.provenance['data'][:8]}"


def _leave_out(fit: Fit, panel: Panel | None, by: str) -> tuple[xr.Dataset, LeftOut]:
    """Return thinned draws, and their weights without each unit."""
    from bayespanel.summaries.leave_out import leave_out

    if by not in UNITS:
        raise SpecError(
            f"'by' is one of {', '.join(UNITS)}: the unit that is left out.",
            f"You gave {by!r}.",
            "Choose one of these.",
        )
    require_one_table(fit)
    posterior = fit.posterior
    every = max(1, posterior.sizes["chain"] * posterior.sizes["draw"] // DRAWS)
    thinned = posterior.isel(draw=slice(None, None, every))
    density, names = family_of(fit.spec).leave_out.densities(fit.spec, thinned, fit.data, panel, by)
    return thinned, leave_out(density, names)


def _refitted(fit: Fit, room: RefitRoom[Any, Any], panel: Panel | None, unit: int, by: str) -> float:
    """Log predictive density of a unit, by a model fitted without it."""
    from scipy.special import logsumexp

    from bayespanel.verbs import analysis

    if panel is None:
        raise DataError("A refit needs the pupils.", "None were given.", "Give the panel.")
    record, rest = fit.provenance, room.without(fit.spec, panel, unit, by)
    again = analysis.fit(fit.spec, rest, seed=record["seed"], sampling=sampling_of(record), progress=False)
    found = room.density_of(fit.spec, again.posterior, fit.data, panel, by, unit, again.data)
    return float(logsumexp(found) - np.log(found.size))
