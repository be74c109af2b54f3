"""Evidence with fixed, known content for figures: panels of 2, 3 and 7 variables, trials, trajectories."""

from __future__ import annotations

import itertools
from functools import cache
from typing import Literal

import numpy as np
import pandas as pd
import xarray as xr

from bayespanel.data.trial import Trial
from bayespanel.families.panel.worlds import TRIANGLE_LAGS
from bayespanel.inference.fit import Fit
from bayespanel.language.triangle import Triangle
from bayespanel.summaries.summary import summarise
from tests.summaries.fake import draws, normal

TRIANGLES = {
    2: Triangle(parent=["parental_rejection"], child=["depression"]),
    3: Triangle(parent=["parental_rejection"], child=["depression"], school=["victimisation"]),
    7: Triangle(
        parent=["parental_warmth", "parental_rejection"],
        child=["depressive_symptoms", "social_anxiety", "externalising_problems", "own_bullying"],
        school=["victimisation"],
    ),
}

SMALL = {
    "parental_rejection": {"parental_rejection": 0.30, "depression": 0.02, "victimisation": -0.08},
    "depression": {"parental_rejection": 0.12, "depression": 0.25, "victimisation": 0.05},
    "victimisation": {"parental_rejection": 0.0, "depression": 0.07, "victimisation": 0.35},
}
"""Target -> source -> lag."""

WAVES = ("2012-05", "2012-10", "2013-05", "2013-10")


def lag(variables: int, target: str, source: str) -> float:
    """The mean of a lag: of 7 variables, the spillover world's, times 1.5."""
    if variables < 7:
        return SMALL[target][source]
    names, short = TRIANGLES[7].variables, list(TRIANGLE_LAGS)
    row = TRIANGLE_LAGS[short[names.index(target)]] | {"": 0.0}
    return 1.5 * row.get(short[names.index(source)], 0.0)


@cache
def panel_draws(variables: int, intervals: tuple[str, ...] = ("",), *, sd: float = 0.02, seed: int = 1) -> xr.Dataset:
    """Draws of carry-over, direct pathways and pupils' correlations, in this order."""
    triangle = TRIANGLES[variables]
    names = triangle.variables
    pairs = [(x, y, i) for i in intervals for x, y in itertools.product(names, names)]
    ends = [f"{x} -> {y}{f' [{i}]' if i else ''}" for x, y, i in pairs]
    rows = [("carry_over" if x == y else "direct", name, x, y, i) for (x, y, i), name in zip(pairs, ends, strict=True)]
    means = [lag(variables, y, x) + 0.03 * intervals.index(i) for x, y, i in pairs]
    for x, y in itertools.combinations(names, 2):
        rows.append(("between", f"between: {x} ~ {y} (pupil)", x, y, ""))
        means.append(0.35)
    values = np.array(means) + normal(len(rows), sd=sd, chains=2, length=400, seed=seed)
    kinds, pathway, source, target, interval = (list(column) for column in zip(*rows, strict=True))
    edges = [
        triangle.edge(x, y).replace("->", "~" if kind == "between" else "->")
        for kind, x, y in zip(kinds, source, target, strict=True)
    ]
    level = ["pupil" if kind == "between" else "within" for kind in kinds]
    coords = {"kind": kinds, "source": source, "target": target, "interval": interval, "edge": edges, "level": level}
    return draws(values, pathway=pathway, **coords)


@cache
def panel(variables: int, intervals: tuple[str, ...] = ("",), *, rope: float = 0.03, sd: float = 0.02) -> xr.Dataset:
    """Evidence from `panel_draws`."""
    return summarise(panel_draws(variables, intervals, sd=sd), rope=rope)


@cache
def responses(variables: int, waves: int = 5, *, sd: float = 0.02, prob: float = 0.95) -> xr.Dataset:
    """What `dynamics` says, of lags that differ between draws by `sd`."""
    names = list(TRIANGLES[variables].variables)
    k = len(names)
    mean = np.array([[lag(variables, y, x) for x in names] for y in names])
    lags = mean + sd * np.random.default_rng(1).normal(size=(500, k, k))
    course = [np.broadcast_to(np.eye(k), lags.shape)]
    for _ in range(waves):
        course.append(lags @ course[-1])
    found = np.stack(course, axis=1)  # [draw, step, target, source]
    lower, median, upper = np.quantile(found, [(1 - prob) / 2, 0.5, (1 + prob) / 2], axis=0)
    summary = np.stack([found.mean(0), median, lower, upper, found.std(0) / np.sqrt(500)])
    return xr.Dataset(
        {"response": (("statistic", "step", "target", "source"), summary)},
        coords={
            "statistic": ["mean", "median", "lower", "upper", "mcse_mean"],
            "step": np.arange(waves + 1),
            "target": names,
            "source": names,
        },
        attrs={
            "prob": prob,
            "unit": "Within-person standard deviations, averaged over waves, of the target per one of the source.",
        },
    )


@cache
def prior_draws(variables: int) -> xr.Dataset:
    """What goes with `panel_draws`: a standard deviation of 0.5 for every pathway."""
    out = panel_draws(variables)
    values = normal(out.sizes["pathway"], sd=0.5, chains=1, length=1000, seed=3)
    return xr.Dataset({"standardised": (("chain", "draw", "pathway"), values)}, coords=out["pathway"].coords)


CHANGES = ("lag: SD halved", "lag: SD doubled", "lag: Student t", "LKJ 1", "LKJ 4")


def delta_curves(variables: int) -> xr.Dataset:
    """Return pathways over shifts of missing scores, as from `delta_adjustment`: straight lines, one of which tips."""
    one, deltas = panel(variables), np.array([-0.4, 0.0, 0.4])
    curve = one["mean"] + xr.DataArray(0.1 * deltas, dims="delta", coords={"delta": deltas})
    tips = xr.where(np.arange(one.sizes["pathway"]) == 1, 0.2, np.nan)
    sides = {"tipping_below": ("pathway", np.full(one.sizes["pathway"], np.nan)), "tipping_above": ("pathway", tips)}
    return xr.Dataset({"mean": curve, "lower": curve - 0.08, "upper": curve + 0.08, **sides}).assign_attrs(prob=0.95)


def sensitivity(variables: int, changes: tuple[str, ...] = CHANGES) -> pd.DataFrame:
    """Intervals of a panel's lags that shrink, shift and widen by known amounts."""
    evidence = panel(variables)
    frame = evidence.sel(pathway=evidence["kind"] != "between").to_dataframe().reset_index()
    rows = []
    for i, change in enumerate(("as fitted", *changes)):
        factor, shift = 1 - 0.15 * i * (-1) ** i, 0.004 * i
        part = frame[["pathway", "kind", "prob_direction", "prob_rope"]].assign(change=change)
        part["mean"] = frame["mean"] + shift
        for end in ("lower", "upper"):
            part[end] = frame["mean"] + shift + factor * (frame[end] - frame["mean"])
        rows.append(part)
    out = pd.concat(rows, ignore_index=True)
    out.attrs = {"rope": (-0.03, 0.03), "prob": 0.95}
    return out


def _study(name: str, rows: list[tuple[str, str, str, float]], sd: float, rope: float, seed: int) -> xr.Dataset:
    """Evidence of a study from its pathways: name, kind, edge, mean."""
    names, kinds, edges, means = (list(column) for column in zip(*rows, strict=True))
    values = np.array(means) + normal(len(rows), sd=sd, chains=2, length=400, seed=seed)
    found = summarise(draws(values, pathway=names, kind=kinds, edge=edges), rope=rope)
    return found.assign_coords(study=("pathway", [name] * len(rows)))


@cache
def synthesis(variables: int = 7) -> xr.Dataset:
    """A panel's direct pathways; a trial on what school and parents do; predictors of a trajectory."""
    spillover = panel(variables)
    spillover = spillover.sel(pathway=spillover["kind"] != "between").drop_vars("level")
    spillover = spillover.assign_coords(study=("pathway", ["spillover panel"] * spillover.sizes["pathway"]))
    trial = _study(
        "parental involvement trial",
        [
            ("parents feel informed", "effect", "school->parent", 0.35),
            ("invited to meetings", "effect", "school->parent", 0.24),
            ("pupils' victimisation", "effect", "school->school", 0.0),
            ("pupils' well-being", "effect", "school->child", -0.03),
        ],
        0.08,
        0.1,
        5,
    )
    course = _study(
        "persistent victims",
        [
            ("social anxiety: persistent against decreasing", "odds", "child->school", 0.5),
            ("parental rejection: persistent against decreasing", "odds", "parent->school", 0.4),
            ("peer rejection: persistent against decreasing", "odds", "school->school", 0.9),
        ],
        0.12,
        0.1,
        6,
    )
    return xr.concat(
        [spillover, trial, course], "pathway", data_vars="minimal", coords="minimal", combine_attrs="override"
    )


def fit(*, apart: float = 0.0, chains: int = 4, length: int = 400, seed: int = 1) -> Fit:
    """A fit of which `lag[b, a]` has one chain that stands `apart` from the others; "known" never varies."""
    rng = np.random.default_rng(seed)
    lags = rng.normal(size=(chains, length, 2, 2)) + np.array([[0, 3], [6, 9]])
    lags[0, :, 1, 0] += apart
    corr = np.empty((chains, length, 2, 2))
    corr[..., 0, 0] = corr[..., 1, 1] = 1
    corr[..., 0, 1] = corr[..., 1, 0] = rng.uniform(-1, 1, size=(chains, length))
    posterior = xr.Dataset(
        {
            "lag": (("chain", "draw", "target", "source"), lags),
            "initial_corr": (("chain", "draw", "variable", "variable_"), corr),
            "spectral_radius": (("chain", "draw"), rng.normal(size=(chains, length))),
            "known": (("chain", "draw"), np.ones((chains, length))),
        },
        coords={name: ["a", "b"] for name in ("target", "source", "variable", "variable_")},
    )
    diverging = np.zeros((chains, length), bool)
    diverging[-1, [20, 100]] = True
    stats = xr.Dataset({"diverging": (("chain", "draw"), diverging)})
    return Fit({"posterior": posterior, "sample_stats": stats}, None, None, {})


def trial(
    arms: tuple[str, ...] = ("control", "intervention"),
    outcomes: tuple[str, ...] = ("victimisation", "school_well-being"),
    *,
    randomised: Literal["school", "class", "pupil"] = "school",
    classes: bool = True,
) -> Trial:
    """12 schools of 3 classes of 10 pupils: in each class the first lacks everything, the second the first outcome."""
    number = np.arange(360)
    school, classroom = number // 30, number // 10
    unit = {"school": school, "class": classroom, "pupil": number}[randomised]
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"school": school, "class": classroom, "arm": [arms[u % len(arms)] for u in unit]})
    for name in (*outcomes, "pre"):
        frame[name] = rng.normal(size=len(frame))
    frame.loc[number % 10 == 0, [*outcomes, "pre"]] = np.nan
    frame.loc[number % 10 == 1, outcomes[0]] = np.nan
    return Trial.from_frame(
        frame,
        arm="arm",
        control=arms[0],
        outcomes=outcomes,
        baseline={outcomes[0]: "pre"},
        school="school",
        classroom="class" if classes else None,
        randomised=randomised,
    )
