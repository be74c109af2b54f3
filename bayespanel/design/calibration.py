"""Is a model calibrated? Simulation-based calibration of parameters and pathways.

A truth is drawn from the priors, data are simulated from the truth, and the posterior is sampled. If model, simulator
and sampler are right, the rank of the truth among the draws is uniform (Talts, Betancourt, Simpson, Vehtari & Gelman,
2018, arXiv:1804.06788; Modrák et al., 2023, doi:10.1214/23-BA1404). Ranks are compared with simultaneous bands of their
empirical distribution (Säilynoja, Bürkner & Vehtari, 2022, doi:10.1007/s11222-022-10090-6).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.stats import binom

from bayespanel.catalogue.cards import Card, specification
from bayespanel.catalogue.worlds import World, conditions, of_simulated
from bayespanel.design.kept_numbers import FAILED, RANKED, UNCONVERGED, number_by_nuts
from bayespanel.design.power import completed, require_family, settled_in
from bayespanel.design.study import Condition, Study
from bayespanel.families.door import Simulated, Spec
from bayespanel.inference.settings import Running, Sampling
from bayespanel.language.errors import FitError, SpecError

Array = NDArray[np.float64]

POINTS = 20
"""Points at which the distribution of ranks is held against its bands: beyond that a band hardly changes."""

SIMULATED = 20_000
"""Simulated sets of uniform ranks, from which bands and p-values come: a p-value of .001 is then known to 22 %."""

LOST = 0.1
"""Share of replicates that may have failed: those that are left of more are a selection, of which uniform ranks say
nothing about the model."""

RANKS = Sampling(tune=300, draws=500)
"""How the fits of a calibration are sampled: of the draws, 99 are ranked."""

LEVEL = 0.05
"""Of the bands, and of the verdict over all quantities together."""


def calibration_study(
    card: Card | Spec,
    world: World | Simulated,
    *,
    replicates: int,
    seed: int,
    drawn_from: Card | Spec | None = None,
    sampling: Sampling = RANKS,
) -> Study:
    """Return the study of a model's calibration on the design of a world.

    Raises
    ------
    SpecError
        Model and world are of different families, the world is a grid, or the priors cannot be drawn from.
    """
    spec = specification(card)
    record = world if isinstance(world, World) else of_simulated(world)
    require_family(spec, record)
    if len(conditions(record)) > 1:
        raise SpecError(
            "A model is calibrated on one design.",
            f"The world {record.name!r} has {len(conditions(record))} conditions.",
            "Choose one value of each field: bp.world(name, {field: value}), or --set field=value.",
        )
    condition = conditions(record)[0]
    return Study(
        "calibration",
        (Condition({}, settled_in(spec, record, condition), condition),),
        replicates,
        seed,
        world=replace(record, drawn=()),
        card=card.name if isinstance(card, Card) else "",
        drawn_from=None if drawn_from is None else settled_in(specification(drawn_from), record, condition),
        sampling=sampling,
    )


def calibrate(
    card: Card | Spec,
    world: World | Simulated,
    *,
    replicates: int = 200,
    seed: int = 2012,
    drawn_from: Card | Spec | None = None,
    sampling: Sampling = RANKS,
    running: Running = Running(),
) -> xr.Dataset:
    """Test by simulation whether the posterior of a model contains the true values as often as it claims.

    Truths are drawn from the priors of the model, data are simulated from each, and the model is fitted to them. If
    everything is right, the rank of the truth among the posterior draws is uniform.

    Parameters
    ----------
    card
        The model. Its priors are the population from which truths are drawn.
    world
        The design: pupils, classes, schools, waves, missing waves. The world's own true values are not used.
    replicates
        Number of simulated data sets. The default 200 shows errors of a fifth of a posterior SD.
    seed
        The same seed gives the same ranks.
    drawn_from
        Another model, from whose priors the truths are drawn. Use it to see what a wrong model looks like.
    sampling
        Number and length of the chains of each fit. The default is 4 chains of 300 warm-up draws and 500 draws that are
        kept.
    running
        Where the study runs and is kept, as in `assurance`.

    Returns
    -------
    xarray.Dataset
        Over `pathway` (pathways and parameters): the ranks, `ecdf_difference` with its bands, `p_value`, `inside`, and
        `coverage_50` and `coverage_90` with their Monte Carlo errors. The attribute `passed` says whether the
        smallest p value, with a Bonferroni correction, is at least .05, and no more than a tenth of the replicates
        failed. `bayespanel.design.calibration.calibration` describes
        all of them; `bp.plot_calibration` draws them.

    Raises
    ------
    SpecError
        Model and world are of different families, the world is a grid of conditions, or the priors cannot be drawn
        from.
    FitError
        The store contains another study, another process writes to it, or no replicate could be fitted.

    References
    ----------
    Talts, Betancourt, Simpson, Vehtari & Gelman (2018), arXiv:1804.06788; Modrák et al. (2023), doi:10.1214/23-BA1404;
    Säilynoja, Bürkner & Vehtari (2022), doi:10.1007/s11222-022-10090-6.
    """
    study = calibration_study(
        card, world, replicates=replicates, seed=seed, drawn_from=drawn_from, sampling=sampling
    )  # fmt: skip
    return calibration(completed(study, running), study)


def calibration(found: xr.Dataset, study: Study) -> xr.Dataset:
    """Compare the ranks in the store of a study with uniform ones.

    Parameters
    ----------
    found
        What `store.opened` returns.
    study
        The study.

    Returns
    -------
    xarray.Dataset
        Over `pathway` (pathways and parameters) and `point`, a share of the posterior:

        - `rank` [pathway, replicate]: the number of draws below the truth, of 99;
        - `ecdf_difference`: the share of the ranks up to a point, minus the point;
        - `band_lower`, `band_upper` [point]: the band within which the whole line of uniform ranks lies in 95 % of
          cases;
        - `p_value`: the probability that uniform ranks give a line at least as far from 0;
        - `coverage_50`, `coverage_90`: of central intervals, with `mcse_...`;
        - `inside`: whether the line stays within the bands; if some replicates gave no rank, within the bands for the
          smaller number of ranks.

        In the attributes: `uniform`, whether the smallest p value times the number of quantities is at least .05
        (Bonferroni); `passed`, whether this is so and no more than a tenth of the replicates failed;
        `smallest_p_value`; and the numbers of replicates `finished`, `failed` and `unconverged`; with
        `sampler="auto"` also `by_nuts`, of those for which independence sampling was not good enough.

    Raises
    ------
    FitError
        No replicate could be fitted.
    """
    run = found["run"].isel(condition=0, drop=True)
    status = run.sel(measure="status", drop=True)
    used = _ranks(found)
    values = used.values
    number = np.isfinite(values).sum(axis=1)
    points = np.arange(1, POINTS + 1) / POINTS
    # A truth has one of 100 ranks, and below a point lie `at` of them.
    at = np.round(points * (RANKED + 1)).astype(int)[:-1]
    count = np.stack([(values < limit).sum(axis=1) for limit in at], axis=1)
    n = int(number.max())
    # A quantity that has no rank in some replicates is held against sets of as many ranks as it has.
    nulls = {int(total): _null(int(total), at) for total in np.unique(number)}
    shares = at / (RANKED + 1)
    rarity = np.array([_rarity(row, int(total), shares) for row, total in zip(count, number, strict=True)])
    simulated = np.array(
        [(1 + (nulls[int(total)][1] <= own).sum()) / (1 + SIMULATED) for own, total in zip(rarity, number, strict=True)]
    )
    # Simulated sets know no p-value below 1 in their number, the sum over the points does: it is never too small.
    p_value = np.minimum(simulated, len(shares) * rarity)
    threshold = np.array([nulls[int(total)][0] for total in number])
    lower, upper = _band(n, shares, nulls[n][0])
    out: dict[str, tuple[tuple[str, ...], NDArray[np.generic]]] = {
        "rank": (("pathway", "replicate"), values),
        "ecdf_difference": (("pathway", "point"), count / number[:, None] - shares),
        "band_lower": (("point",), lower / n - shares),
        "band_upper": (("point",), upper / n - shares),
        "p_value": (("pathway",), p_value),
        "inside": (("pathway",), rarity >= threshold),
    }
    for percent in (50, 90):
        out[f"coverage_{percent}"] = (("pathway",), _coverage(values, percent) / number)
        out[f"mcse_coverage_{percent}"] = (("pathway",), np.sqrt(percent / 100 * (1 - percent / 100) / number))
    smallest = float(p_value.min())
    uniform = smallest * len(values) >= LEVEL
    failed, finished = int((status == FAILED).sum()), int(status.notnull().sum())
    coords = {name: used[name] for name in used.coords if used[name].dims == ("pathway",)}
    return xr.Dataset(
        out,
        coords={**coords, "replicate": used["replicate"].values, "point": shares},
        attrs={
            "card": study.card, "world": study.world.name if study.world else "", "seed": study.seed,
            "finished": finished, "failed": failed,
            "unconverged": int((status == UNCONVERGED).sum()), "smallest_p_value": smallest,
            "uniform": int(uniform), "passed": int(uniform and failed <= LOST * finished),
            **({"by_nuts": int(number_by_nuts(run))} if study.sampling.sampler == "auto" else {}),
        },
    )  # fmt: skip


def _ranks(found: xr.Dataset) -> xr.DataArray:
    """Return the ranks [pathway, replicate] of a store, without quantities and replicates that have none."""
    ranks = found["statistics"].isel(condition=0, drop=True).sel(statistic="rank", drop=True)
    used = ranks.where(ranks.notnull().any("replicate"), drop=True)
    used = used.where(used.notnull().any("pathway"), drop=True).transpose("pathway", "replicate")
    if used.sizes["replicate"] == 0:
        raise FitError(
            "A calibration ranks truths among draws.",
            "No replicate has been fitted.",
            "Look at bayespanel status, which says why they failed.",
        )
    return used


def _coverage(ranks: Array, percent: int) -> NDArray[np.int64]:
    """Return how many truths [pathway] lie in the central interval of so many percent."""
    tail = (RANKED + 1) * (100 - percent) // 200
    return np.asarray(((ranks >= tail) & (ranks < RANKED + 1 - tail)).sum(axis=1))


def _rarity(count: Array, number: int, shares: Array) -> float:
    """Return the smallest two-sided probability of the counts [point] under uniform ranks."""
    below, above = binom.cdf(count, number, shares), binom.sf(count - 1, number, shares)
    return float(np.minimum(1.0, 2 * np.minimum(below, above)).min())


def _null(number: int, at: NDArray[np.int64]) -> tuple[float, Array]:
    """Return the pointwise level that gives simultaneous bands, and the rarities of simulated uniform ranks."""
    rng = np.random.default_rng(1)
    shares = at / (RANKED + 1)
    # Counts up to the points are sums of multinomial counts between them.
    between = np.diff(np.concatenate([[0.0], shares, [1.0]]))
    counts = rng.multinomial(number, between, size=SIMULATED).cumsum(axis=1)[:, :-1]
    every = np.arange(number + 1)
    tables = [np.minimum(1.0, 2 * np.minimum(binom.cdf(every, number, p), binom.sf(every - 1, number, p)))
              for p in shares]  # fmt: skip
    minima = np.min([table[counts[:, i]] for i, table in enumerate(tables)], axis=0)
    return float(np.quantile(minima, LEVEL)), minima


def _band(number: int, shares: Array, level: float) -> tuple[Array, Array]:
    """Return the smallest and largest count [point] that is not rarer than the level."""
    every = np.arange(number + 1)
    lower, upper = [], []
    for share in shares:
        rarity = np.minimum(1.0, 2 * np.minimum(binom.cdf(every, number, share), binom.sf(every - 1, number, share)))
        held = every[rarity >= level]
        lower.append(held[0])
        upper.append(held[-1])
    return np.array(lower, float), np.array(upper, float)
