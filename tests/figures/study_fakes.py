"""Stores of design studies with known content, without a fit: from them come real tables and calibrations."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import xarray as xr
from scipy.stats import norm

from bayespanel.design.calibration import calibration
from bayespanel.design.decisions import decisions
from bayespanel.design.kept_numbers import DONE, FAILED, RANKED, RUN, STATISTICS, UNCONVERGED
from bayespanel.design.power import table
from bayespanel.design.study import Condition, Study
from tests.figures.fakes import TRIANGLES, lag

USUAL = {"schools": 40, "pupils": 20, "waves": 4}
"""Sizes with which a posterior has an SD of 0.06."""


@dataclass(frozen=True)
class Named:
    """What a table reads of a world."""

    name: str = "spillover"
    drawn: tuple[str, ...] = ()


def pathways(variables: int) -> dict[str, tuple[str, float]]:
    """Carry-over, direct effects and a sum of them: name -> (kind, truth)."""
    names = TRIANGLES[variables].variables
    out = {
        f"{x} -> {y}": ("carry_over" if x == y else "direct", lag(variables, y, x))
        for x, y in itertools.product(names, names)
    }
    return out | {f"{names[0]} => {names[1]}": ("total", 0.1)}


def study(grid=None, *, kind="power", replicates=200, drawn=(), prob=0.95) -> Study:
    """A study over the combinations of a grid's values."""
    grid = grid or {}
    labels = [dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values())]
    conditions = tuple(Condition(label, None) for label in labels)
    return Study(kind, conditions, replicates, 7, world=Named(drawn=drawn), card="spillover-depression", prob=prob)


def found(of: Study, variables: int = 3, *, spoilt: bool = True) -> xr.Dataset:
    """A store as it is opened: estimates around the truth, more precise with more schools, pupils and waves.

    Where it is spoilt, in the first condition two replicates failed and three did not converge.
    """
    known = pathways(variables)
    rng = np.random.default_rng(3)
    truth = np.array([value for _, value in known.values()])
    shape = (len(of.conditions), of.replicates, len(known))
    values = np.full((*shape, len(STATISTICS)), np.nan)
    run = np.ones((*shape[:2], len(RUN)))
    for i, condition in enumerate(of.conditions):
        sizes = [float(condition.labels.get(name, usual)) / usual for name, usual in USUAL.items()]
        sd = 0.06 / np.sqrt(np.prod(sizes))
        mean = truth + sd * rng.normal(size=shape[1:])
        columns = {
            "truth": np.broadcast_to(truth, mean.shape), "mean": mean, "sd": np.full(mean.shape, sd),
            "lower": mean - 1.96 * sd, "upper": mean + 1.96 * sd, "prob_direction": norm.cdf(np.abs(mean) / sd),
            "prob_rope": norm.cdf((0.03 - mean) / sd) - norm.cdf((-0.03 - mean) / sd),
            "prob_above_rope": norm.sf((0.03 - mean) / sd),
            "prob_below_rope": norm.cdf((-0.03 - mean) / sd),
            "rank": rng.integers(0, RANKED + 1, size=mean.shape).astype(float),
        }  # fmt: skip
        for name, column in columns.items():
            values[i, :, :, STATISTICS.index(name)] = column
    if spoilt:
        run[0, :2, 0], run[0, 2:5, 0] = FAILED, UNCONVERGED
        values[0, :2] = np.nan
        assert DONE == 1.0
    return xr.Dataset(
        {
            "statistics": (("condition", "replicate", "pathway", "statistic"), values),
            "run": (("condition", "replicate", "measure"), run),
        },
        coords={
            "condition": [condition.name for condition in of.conditions],
            "replicate": np.arange(of.replicates),
            "pathway": list(known),
            "kind": ("pathway", [kind for kind, _ in known.values()]),
            "statistic": list(STATISTICS),
            "measure": list(RUN),
        },
        attrs={"prob": of.prob},
    )


def power(grid=None, rules="excludes 0", variables: int = 3, **changes) -> xr.Dataset:
    """The table of such a study."""
    of = study(grid, drawn=changes.pop("drawn", ()))
    return table(found(of, variables, **changes), decisions(rules), of)


def calibrated(variables: int = 3, *, wrong: int = 0, spoilt: bool = True) -> xr.Dataset:
    """Uniform ranks; of the first `wrong` quantities they come from posteriors that are too narrow."""
    of = study(kind="calibration", replicates=300)
    store = found(of, variables, spoilt=spoilt)
    ranks = np.random.default_rng(1).beta(0.6, 0.6, size=(of.replicates, wrong))
    at = STATISTICS.index("rank")
    fine = np.isfinite(store["statistics"].values[0, :, 0, at])
    store["statistics"].values[0, fine, :wrong, at] = np.floor(ranks[fine] * (RANKED + 1))
    return calibration(store, of)


def curve(specifications: int = 100, *, failed: int = 2, unconverged: int = 3) -> xr.Dataset:
    """Estimates of one pathway under many choices, in order; failed fits last."""
    options = {
        "data": ["all pupils", "complete"],
        "levels": ["pupil", "pupil, class", "pupil, class, school"],
        "lags": ["equal", "free"],
        "means": ["equal", "free"],
        "intercepts": ["True", "False"],
        "priors": ["default", "wide", "half as wide as those of the protocol, in SD"],
    }
    rows = list(itertools.product(*options.values()))[:specifications]
    rng = np.random.default_rng(4)
    mean = np.array([0.05 + 0.06 * (row[4] == "False") - 0.05 * (row[0] == "complete") for row in rows])
    mean = mean + rng.normal(scale=0.02, size=len(rows))
    half = rng.uniform(0.03, 0.06, size=len(rows))
    status = np.ones(len(rows))
    status[:failed], status[failed : failed + unconverged] = FAILED, UNCONVERGED
    mean[:failed] = np.nan
    out = xr.Dataset(
        {
            "mean": ("specification", mean),
            "lower": ("specification", mean - half),
            "upper": ("specification", mean + half),
            "prob_direction": ("specification", np.where(np.isnan(mean), np.nan, norm.cdf(2 * np.abs(mean) / half))),
            "status": ("specification", status),
        },
        coords={name: ("specification", [row[i] for row in rows]) for i, name in enumerate(options)},
        attrs={
            "choices": list(options), "rope": [-0.03, 0.03], "prob": 0.95, "card": "spillover",
            "pathway": "parental_rejection -> depressive_symptoms",
        },
    )  # fmt: skip
    return out.isel(specification=np.argsort(mean))
