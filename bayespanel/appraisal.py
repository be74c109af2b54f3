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
from bayespanel.errors import DataError, SpecError
from bayespanel.families.door import family_of

if TYPE_CHECKING:
    from bayespanel.evidence.leave_out import LeftOut
    from bayespanel.evidence.synthesis import Synthesis
    from bayespanel.families.family import RefitRoom
    from bayespanel.inference.fit import Fit

DRAWS = 1000
"""Draws by which parts of the data are left out."""

UNITS = ("school", "pupil")


def pathway_draws(fit: Fit, *, by_interval: bool = False) -> xr.Dataset:
    """Return the draws of every pathway: `standardised` and `raw` [chain, draw, pathway]."""
    return family_of(fit.spec).pathways.collect(fit.spec, fit.groups, by_interval=by_interval)


def hypothesis(
    fit: Fit,
    text: str,
    *,
    rope: float | tuple[float, float] | None = None,
    by_interval: bool = False,
    prior_draws: int = 20_000,
    seed: int = 0,
) -> xr.Dataset:
    """Weigh a hypothesis about pathways against its complement and against no constraint at all.

    Parameters
    ----------
    fit
        The fit.
    text
        Pathways by name, or numbers, with `>`, `<`, `=` (within the region of practical equivalence) between spaces,
        `|pathway|` for its size, joined by "and": "rejection -> depression > depression -> rejection > 0".
    rope
        What `=` means; left out, the region of the fit's card.
    by_interval
        Whether pathways are those of single intervals.
    prior_draws, seed
        Draws from the prior, and their seed.

    Returns
    -------
    xr.Dataset
        `posterior_mass`, `prior_mass`, `log_bf_complement` and `log_bf_unconstrained`, natural logarithms, each with
        `mcse_`, and `is_bound`; see `bayespanel.evidence.hypotheses`.

    Raises
    ------
    SpecError
        A pathway that the fit does not have (the nearest are named), constraints that contradict each other, or a
        prior mass too small to judge.
    """
    from bayespanel.evidence.hypotheses import parse, weigh
    from bayespanel.evidence.summary import rope_bounds
    from bayespanel.prior_appraisal import prior_pathways

    posterior = pathway_draws(fit, by_interval=by_interval)
    parse(text, [str(name) for name in posterior["pathway"].values])  # before the prior is drawn
    region = fit.provenance.get("rope") if rope is None else rope
    prior = prior_pathways(fit, draws=prior_draws, seed=seed, by_interval=by_interval)
    return weigh(text, posterior, prior, None if region is None else rope_bounds(region))


def dynamics(fit: Fit, *, waves: int | None = None, prob: float = 0.95) -> xr.Dataset:
    """Say what follows over waves if a variable rises by one within-person SD.

    Parameters
    ----------
    fit
        Of an RI-CLPM or CLPM.
    waves
        How many waves onwards; by default 10 with equal lags, otherwise as many as there are.
    prob
        Probability of the intervals.

    Returns
    -------
    xr.Dataset
        Each variable [statistic, ...] with statistics mean, median, lower, upper, mcse_mean:

        - `response` [step, target, source]; it is the sum of `direct` (what never left source and target) and `via`
          [step, mediator, target, source], exactly;
        - `returned` [variable]: of an impulse, what comes back to it through others, summed over the waves, in SDs;
          `returned_share`, that as a share of all that it does to itself;
        - `spectral_radius`, `half_life` in waves (infinite where an impulse grows); `stationary_corr`, within persons,
          where equal lags settle.

        In the attributes: `prob_settles`, the share of draws whose radius is below 1.

    Raises
    ------
    SpecError
        Another family, fewer than one wave, or more waves than lags by interval know.
    """
    summarise = family_of(fit.spec).dynamics
    if summarise is None:
        raise SpecError(
            "Responses over waves are those of cross-lagged panel models.",
            f"The fit is of a {type(fit.spec).__name__}.",
            "Give the fit of an RICLPM.",
        )
    by_interval = "interval" in fit.posterior["lag"].dims
    if waves is None:
        waves = fit.posterior.sizes["interval"] if by_interval else 10
    if isinstance(waves, bool) or not isinstance(waves, int) or waves < 1:
        raise SpecError("Responses are followed over one wave or more.", f"Given was {waves!r}.", "Write waves=10.")
    if not 0 < prob < 1:
        raise SpecError(
            "The probability of an interval lies between 0 and 1.", f"Given was {prob!r}.", "Write prob=0.95."
        )
    return summarise(fit.spec, fit.posterior, waves=waves, prob=prob)


def influence(fit: Fit, panel: Panel | None = None) -> pd.DataFrame:
    """Return every pathway without each school in turn, from one fit, the largest shift first.

    Parameters
    ----------
    fit
        Of a panel with schools, or of a Gaussian trial with clusters.
    panel
        The pupils that were fitted: sums over all schools do not tell what one of them adds. A trial needs none.

    Returns
    -------
    DataFrame
        unit, pathway, mean (without the unit) and its mcse, shift, shift_in_sd (posterior SDs), and pareto_k: above 0.7
        the weights do not reach so far, and the model has to be fitted again without the unit.

    Raises
    ------
    DataError, SpecError
        Data without clusters, or a family whose cluster effects are draws.
    """
    from bayespanel.evidence import leave_out

    thinned, left = _leave_out(fit, panel, "school")
    draws = family_of(fit.spec).pathways.collect(fit.spec, {"posterior": thinned}, by_interval=False)
    return leave_out.influence(draws, left)


def compare(fits: Mapping[str, Fit], panel: Panel | None = None, *, by: str = "school", refit: int = 5) -> pd.DataFrame:
    """Compare models by how well they predict what was left out: whole schools, or pupils.

    Parameters
    ----------
    fits
        Models of the same data, by name.
    panel
        The pupils that were fitted; trials and trajectories need none.
    by
        "school": the exact marginal likelihood of each school. "pupil", where nothing but the parameters joins pupils.
    refit
        Units at most, of each model, that are left out by fitting again because Pareto's k is above 0.7.

    Returns
    -------
    DataFrame
        ArviZ's table, a row per model, best first: elpd, its difference from the best with standard error, weight, and
        `not_trusted`, units whose k is above 0.7 and that were not refitted.

    Raises
    ------
    SpecError
        Fewer than two models, models of different data, or a unit that cannot be left out.
    """
    from bayespanel.evidence.leave_out import BAD, comparison

    if len(fits) < 2:
        raise SpecError("A comparison is between two models or more.", f"Given: {len(fits)}.", "Name another fit.")
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
    return table.assign(not_trusted=pd.Series(doubtful).reindex(table.index))


def predictive_check(fit: Fit, *, seed: int = 0) -> dict[str, pd.DataFrame]:
    """Set what the model predicts beside what was observed.

    Returns
    -------
    dict of DataFrame
        Of a panel: "fit" (SRMR with a posterior predictive p; without clusters Bayesian RMSEA and CFI), "residuals"
        (means, SDs and correlations, largest difference first), "missing" (missing patterns and how far their means lie
        from the model's), and "clusters" (variance of cluster means, observed and replicated). Of a trial "means", by
        arm and outcome; of trajectories "means", by wave.

    Raises
    ------
    FitError
        A fit saved before draws of the model's own variables were kept.
    DataError
        Data that are no pupils: published estimates.
    """
    from bayespanel.prior_appraisal import densities

    predictive = family_of(fit.spec).predictive.predictive
    return predictive(fit.spec, fit.posterior, fit.data, lambda: densities(fit)[1], seed)


def synthesise(fits: Mapping[str, Fit], *, prob: float = 0.95) -> Synthesis:
    """Join the evidence of several studies on the triangle: panels, trials, trajectories.

    Parameters
    ----------
    fits
        Study -> fit. Each is weighed against the region of practical equivalence of its card, or that it was given
        (`fit.provenance["rope"]`).
    prob
        Probability of the intervals.

    Returns
    -------
    Synthesis
        `evidence`, all pathways with the coordinate `study`, and `edges`: per edge and study, and for all studies, the
        probability that any, all, and the pooled pathway lie beyond the region. Pooling never crosses units.

    Raises
    ------
    SpecError
        A study without a region, two studies of the same data, or no pathway on an edge.
    """
    from bayespanel import verbs
    from bayespanel.evidence.synthesis import synthesise as join

    if not fits:
        raise SpecError("A synthesis joins studies.", "None was given.", 'Give {"panel": fit, ...}.')
    data = [fit.provenance.get("data") for fit in fits.values()]
    if len(set(data)) < len(data):
        raise SpecError(
            "Studies that are joined are of different pupils: their probabilities multiply.",
            "Two of the fits have the same data.",
            "Keep one of them; bp.compare sets models of the same data side by side.",
        )
    return join({name: (verbs.evidence(fit, prob=prob), pathway_draws(fit)) for name, fit in fits.items()})


def _scored(fit: Fit, panel: Panel | None) -> str:
    """What must be the same in all models that are compared: the scores, whatever clusters and covariates are used."""
    return repr((*family_of(fit.spec).leave_out.scored(fit.spec, fit.data), panel is None))


def _words(fit: Fit) -> str:
    return f"{', '.join(fit.spec.variables)} of {fit.data.n_pupils:,} pupils, data {fit.provenance['data'][:8]}"


def _leave_out(fit: Fit, panel: Panel | None, by: str) -> tuple[xr.Dataset, LeftOut]:
    """Return thinned draws, and their weights without each unit."""
    from bayespanel.evidence.leave_out import leave_out

    if by not in UNITS:
        raise SpecError(f"What is left out is one of {', '.join(UNITS)}.", f"Given was {by!r}.", "Choose one of these.")
    posterior = fit.posterior
    every = max(1, posterior.sizes["chain"] * posterior.sizes["draw"] // DRAWS)
    thinned = posterior.isel(draw=slice(None, None, every))
    density, names = family_of(fit.spec).leave_out.densities(fit.spec, thinned, fit.data, panel, by)
    return thinned, leave_out(density, names)


def _refitted(fit: Fit, room: RefitRoom[Any, Any], panel: Panel | None, unit: int, by: str) -> float:
    """Log predictive density of a unit, by a model fitted without it."""
    from scipy.special import logsumexp

    from bayespanel import verbs

    if panel is None:
        raise DataError("A refit needs the pupils.", "None were given.", "Give the panel.")
    settings = {name: fit.provenance[name] for name in ("seed", "chains", "tune", "draws", "target_accept")}
    again = verbs.fit(fit.spec, room.without(fit.spec, panel, unit, by), **settings, progress=False)
    found = room.density_of(fit.spec, again.posterior, fit.data, panel, by, unit, again.data)
    return float(logsumexp(found) - np.log(found.size))
