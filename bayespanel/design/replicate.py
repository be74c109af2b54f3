"""One replicate of a study: a truth, its pupils, a fit, and the numbers that are kept of it."""

from __future__ import annotations

import time
import warnings
from typing import Any

import numpy as np
import xarray as xr

from bayespanel.catalogue.worlds import made
from bayespanel.design.decisions import Decision, decided
from bayespanel.design.kept_numbers import DONE, FAILED, RUN, STATISTICS, UNCONVERGED, Array, Record, pathway_statistics
from bayespanel.design.pathways import named, true_groups
from bayespanel.design.study import Condition, Study
from bayespanel.families.door import Spec, family_of, pathways_of
from bayespanel.inference.settings import Settings
from bayespanel.language.errors import BayespanelError, DataWarning, DecisionError
from bayespanel.verbs.analysis import simulate
from bayespanel.verbs.fitting import careful, sampled
from bayespanel.verbs.weighing import weighed

RHAT, ESS = 1.01, 400
"""Limits beyond which a replicate counts as not converged; those of `checks`, asked of every pathway."""


def replicate(study: Study, names: tuple[str, ...], condition: int, number: int) -> Record:
    """Run one replicate of a study.

    Parameters
    ----------
    study
        The study.
    names
        Its pathways, in the order in which their statistics are returned.
    condition, number
        Which replicate of which condition.

    Returns
    -------
    Record
        A replicate that could not be simulated or fitted is a record with the status "failed" and the reason.

    Raises
    ------
    DecisionError
        A function that decides does not.
    """
    began = time.perf_counter()
    try:
        return _run(study, names, condition, number, began)
    except DecisionError:  # of the user's own function, on every replicate alike
        raise
    except Exception as error:  # whatever else goes wrong is counted, and the study goes on
        words = str(error) if isinstance(error, BayespanelError) else f"{type(error).__name__}: {error}"
        run = measures(status=FAILED, seconds=time.perf_counter() - began)
        return Record(np.full((len(names), len(study.statistics)), np.nan), run, words)


def measures(**values: float) -> Array:
    """Return the numbers of a run by their names in `RUN`, NaN where not given; `finished` is now."""
    known = {**values, "finished": time.time()}
    return np.array([known.get(name, np.nan) for name in RUN])


def _run(study: Study, names: tuple[str, ...], condition: int, number: int, began: float) -> Record:
    cell = study.conditions[condition]
    spec = cell.spec
    seeds = study.seeds(condition, number)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)  # doubts about a file, which simulated pupils do not deserve
        data, reduced, truth = _data(study, cell, seeds)
    ready = time.perf_counter()
    calibrates = study.kind == "calibration"
    found = sampled(
        spec,
        reduced,
        # Chains run one after the other, so that cores serve other replicates.
        Settings(careful(study.sampling, spec), seeds[2], 1),
        retry=study.sampling.target_accept is None,
        pupils=data,
        only=("posterior",) if calibrates else None,
    )
    fitted = time.perf_counter()
    groups = dict(found.groups)
    in_order = family_of(spec).in_order
    if calibrates and in_order is not None:
        groups["posterior"] = in_order(spec, groups["posterior"])
    draws = named(spec, groups, parameters=calibrates)
    table = pathway_statistics(
        names,
        draws,
        _true_values(spec, truth, parameters=calibrates),
        None if calibrates else weighed(spec, reduced, groups, pathways_of(spec, groups), thresholds=study.factors),
        rope=study.rope,
        prob=study.prob,
    )
    table = np.column_stack([table, *(_decided(rule, names, draws) for rule in study.functions)])
    worst = {name: table[:, STATISTICS.index(name)] for name in ("rhat", "ess_bulk", "ess_tail")}
    rhat = _extreme(worst["rhat"], np.max)
    ess = min(_extreme(worst["ess_bulk"], np.min), _extreme(worst["ess_tail"], np.min))
    divergences = sum(int(value["diverging"].sum()) for name, value in groups.items() if "sample_stats" in name)
    settled = rhat < RHAT and ess > ESS and divergences == 0
    run = measures(
        status=DONE if settled else UNCONVERGED,
        rhat=rhat,
        ess=ess,
        divergences=divergences,
        by_nuts=float(found.by_nuts),
        seconds_data=ready - began,
        seconds_fit=fitted - ready,
        seconds=time.perf_counter() - began,
    )
    return Record(table, run)


def _decided(rule: Decision, names: tuple[str, ...], draws: xr.Dataset) -> Array:
    """Return what a function decides [pathway], NaN for pathways that the model lacks."""
    here = dict(zip(map(str, draws["pathway"].values), decided(rule, draws).tolist(), strict=True))
    return np.array([here.get(name, np.nan) for name in names])


def _data(study: Study, cell: Condition, seeds: tuple[int, int, int]) -> tuple[Any, Any, dict[str, xr.Dataset]]:
    """Return the data of a replicate, what its model reads of them, and the truth as a posterior of one draw."""
    spec = cell.spec
    family = family_of(spec)
    reduce = family.statistics.data_for
    if study.world is None:
        return study.data[cell.data], reduce(spec, study.data[cell.data]), {}
    rng = np.random.default_rng(seeds[0])
    world = made(study.world, cell.values, rng)
    if study.kind != "calibration":
        data = family.truth.observed(spec, world, simulate(world, seeds[1]))
        return data, reduce(spec, data), family.truth.truth(spec, world)
    drawn, hidden = family.prior_world.prior_world(study.drawn_from or spec, world, rng, seeds[1])
    data = family.truth.observed(spec, drawn, simulate(drawn, seeds[1]))
    read = reduce(spec, data)
    in_units = read if family.in_units_of_truth is None else family.in_units_of_truth(spec, read)
    return data, in_units, true_groups(spec, drawn, hidden)


def _true_values(spec: Spec, truth: dict[str, xr.Dataset], *, parameters: bool) -> dict[str, tuple[float, float]]:
    if not truth:
        return {}
    found = named(spec, truth, parameters=parameters)
    both = (found[name].values[0, 0].tolist() for name in ("standardised", "raw"))
    return {str(name): pair for name, pair in zip(found["pathway"].values, zip(*both, strict=True), strict=True)}


def _extreme(values: Array, which: Any) -> float:
    known = values[np.isfinite(values)]
    return float(which(known)) if known.size else np.nan
