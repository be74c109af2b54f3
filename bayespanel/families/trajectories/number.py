"""How many classes: one model after the other, by information criterion and by cross-validation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from bayespanel.data import PanelRows
from bayespanel.families.trajectories.against_continuum import beside, problem, sentence
from bayespanel.families.trajectories.draws import draws_of
from bayespanel.families.trajectories.estimate import ClassEstimates, maximum_likelihood
from bayespanel.families.trajectories.number_table import SENTENCE, NumberOfClasses
from bayespanel.families.trajectories.plan import Array, plan
from bayespanel.families.trajectories.spec import Trajectories
from bayespanel.inference.maximum_likelihood import Estimates
from bayespanel.language.errors import FitError

DRAWS = 1000
"""Draws by which pupils are left out."""

BAD = 0.7
"""Pareto k above which leaving a pupil out by weights is not to be trusted (Vehtari et al. 2024, arXiv:1507.02646)."""


def pointwise(spec: Trajectories, posterior: xr.Dataset, rows: PanelRows) -> NDArray[np.float64]:
    """Return the log-density of each distinct row by each draw [chain, draw, row], membership summed out.

    Effects of clusters are given: the score is for a new pupil of the same schools.
    """
    chains = posterior.sizes["chain"]
    thinned = posterior.isel(draw=slice(None, None, max(1, posterior.sizes["draw"] * chains // DRAWS)))
    layout = plan(spec, rows)
    draws = draws_of(spec, layout, thinned)
    scores = (~np.isnan(rows.values)).sum(axis=1) * np.log(layout.unit)
    density = np.stack([draws.classify(d)[0] - scores for d in range(len(draws.growth))])
    return np.asarray(density.reshape(chains, -1, density.shape[1]))


def leave_one_out(density: Array) -> tuple[Array, Array]:
    """Return elpd and Pareto k of each distinct row: a pupil of it left out.

    References
    ----------
    Vehtari, Gelman & Gabry (2017), doi:10.1007/s11222-016-9696-4.
    """
    arviz_stats: Any = import_module("arviz_stats")
    dims = ("chain", "draw", "row")
    coords = {name: np.arange(size) for name, size in zip(dims, density.shape, strict=True)}
    tree = xr.DataTree.from_dict(
        {
            "posterior": xr.Dataset({"x": (dims[:2], density[:, :, 0])}, {d: coords[d] for d in dims[:2]}),
            "log_likelihood": xr.Dataset({"y": (dims, density)}, coords),
        }
    )
    found = arviz_stats.loo(tree, var_name="y", pointwise=True, reff=1.0)
    return np.asarray(found.elpd_i.values), np.asarray(found.pareto_k.values)


def compare(
    spec: Trajectories,
    rows: PanelRows,
    classes: list[int],
    sample: Callable[[Trajectories, PanelRows], tuple[xr.Dataset, bool]] | None,
) -> NumberOfClasses:
    """Return a row per number of classes; see `bayespanel.number_of_classes`."""
    table: list[dict[str, Any]] = []
    elpd: dict[int, Array] = {}
    differences: dict[int, float] = {}
    random = ""
    for number in classes:
        model = spec.with_classes(number)
        single = _without_clusters(model)
        own = _rows_of(single, rows)
        try:
            alone = maximum_likelihood(single, own)
        except FitError as error:  # what was found for fewer classes is kept
            table.append({"classes": number, "problem": error.given})
            continue
        said = _problems(alone)
        compared = beside(single, own)
        if compared is not None:
            differences[number], random = compared
            if number > 1:
                said = [said_of for said_of in (problem(*compared), *said) if said_of]
        row = _row(number, alone, said) | {"continuum_difference": np.nan if compared is None else compared[0]}
        if sample is not None:
            own = _rows_of(model, rows)
            posterior, passed = sample(model, own)
            elpd[number], k = leave_one_out(pointwise(model, posterior, own))
            row |= {
                "elpd": float(elpd[number] @ rows.count),
                "bad_k": int(rows.count[k > BAD].sum()),
                "checks_passed": passed,
            }
        table.append(row)
    frame = NumberOfClasses(table)
    frame["bic_difference"] = frame["bic"] - frame["bic"].min()
    if elpd:
        best = max(elpd, key=lambda number: float(elpd[number] @ rows.count))
        gaps = {number: found - elpd[best] for number, found in elpd.items()}
        frame["elpd_difference"] = frame["classes"].map({n: float(gap @ rows.count) for n, gap in gaps.items()})
        frame["difference_se"] = frame["classes"].map({n: _sum_error(gap, rows.count) for n, gap in gaps.items()})
    if any(number > 1 for number in differences):
        frame.attrs[SENTENCE] = sentence(spec, differences, random)
    return frame


def _row(number: int, alone: ClassEstimates, said: list[str]) -> dict[str, Any]:
    """Return what maximum likelihood says of a number of classes."""
    return {
        "classes": number,
        "log_likelihood": alone.log_likelihood,
        "parameters": alone.n_parameters,
        "bic": alone.bic,
        "entropy": alone.entropy,
        "smallest": float(alone.estimates["share"].min()),
        "starts": int(alone.maxima["starts"].iloc[0]),
        "converged": alone.converged,
        "boundary": alone.boundary,
        "proper": alone.proper,
        "problem": " ".join(said),
    }


def _problems(found: Estimates) -> list[str]:
    """Return the sentences that say what is wrong with a maximum."""
    said = found.verdict.sentences
    wrong = (not found.converged, found.boundary, not found.proper)
    return [sentence for sentence, here in zip(said, wrong, strict=True) if here]


def _sum_error(values: Array, count: NDArray[np.int64]) -> float:
    """Return the standard error of a sum over pupils."""
    mean = values @ count / count.sum()
    return float(np.sqrt(count @ (values - mean) ** 2))


def _without_clusters(spec: Trajectories) -> Trajectories:
    kept = tuple(row for row in spec.priors if row.parameter not in ("class_sd", "school_sd"))
    return replace(spec, levels=("pupil",), priors=kept)


def _rows_of(spec: Trajectories, rows: PanelRows) -> PanelRows:
    """Return the same rows, one for one, with the covariates and clusters of a model that may have less of them."""
    at = [rows.covariates.index(name) for name in spec.covariates]
    kept = replace(rows, covariates=spec.covariates, x=np.ascontiguousarray(rows.x[:, at]))
    if spec.cluster_levels == rows.levels:
        return kept
    return replace(kept, levels=(), cluster=np.zeros_like(rows.cluster), parent=np.zeros(0, np.int64), class_names=(),
                   school_names=())  # fmt: skip
