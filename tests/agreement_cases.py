"""Models and simulated data of which lavaan's numbers and ours are held against each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

import bayespanel as bp
from bayespanel.families.panel.worlds import small_triangle
from bayespanel.families.trial.worlds import involvement, small_trial

SEED = 2012


@dataclass(frozen=True, eq=False)
class Case:
    """A model and its data, and what lavaan is asked beside `information`."""

    name: str
    spec: Any
    data: Any
    options: str = ""


def panel(
    *,
    variables: int = 3,
    missing: float = 0.0,
    by_wave: bool = False,
    schools: int = 40,
    groups: bool = False,
    slopes: bool = False,
    errors: bool = False,
) -> bp.Panel:
    """Simulate 800 pupils at four waves (with slopes or errors, six) in schools, and a covariate that shifts scores."""
    size = {"pupils": 800, "schools": schools, "waves": 6 if slopes or errors else 4}
    world = small_triangle(missing_wave=missing, class_icc=0.0, school_icc=0.12, **size)
    frame = bp.simulate(world, SEED)
    rng = np.random.default_rng(SEED)
    age = rng.normal(9.0, 1.0, frame["pupil"].max() + 1)
    frame["age"] = age[frame["pupil"]]
    names = list(world.variables[:variables])
    for k, name in enumerate(names):
        frame[name] += 2.0 + k + 0.2 * (frame["age"] - 9.0) * (1 + 0.3 * frame["wave"])
        if by_wave:
            moved = rng.normal(0.0, 0.3, (schools + 1, 5))
            frame[name] += moved[frame["school"], frame["wave"]]
        if slopes:
            frame[name] += rng.normal(0.0, 0.5, len(age))[frame["pupil"]] * frame["wave"]
        if errors:
            frame[name] += rng.normal(0.0, 0.4 + 0.1 * frame["wave"])
        if groups:
            frame[name] += 0.3 * (frame["pupil"] % 2) * (1 + k * frame["wave"])
    frame["sex"] = np.where(frame["pupil"] % 2, "girl", "boy")
    read = {"pupil": "pupil", "wave": "wave", "school": "school", "covariates": ["age"]}
    return bp.Panel.from_long(frame, variables=names, group="sex" if groups else None, **read)


def trial(world: bp.TrialWorld, covariates: tuple[str, ...] = ()) -> bp.Trial:
    """Simulate a trial in schools."""
    baseline = dict(world.baseline)
    return bp.Trial.from_frame(
        bp.simulate(world, SEED),
        arm="arm",
        control=world.arms[0],
        randomised="school",
        outcomes=list(world.outcomes),
        baseline=baseline or None,
        covariates=list(covariates),
        school="school",
    )


def cases() -> Iterator[Case]:
    """Return every case, its data simulated when it is asked for."""
    complete, missing = panel(), panel(missing=0.15)
    names = complete.variables
    basic = bp.RICLPM(variables=names)
    yield Case("card clpm", bp.card("clpm").spec, complete)
    yield Case("card clpm, missing waves", bp.card("clpm").spec, missing)
    small = replace(bp.card("spillover-depression").spec, levels=("pupil",))
    yield Case("card spillover-depression, pupils only", small, complete)
    for lags in ("equal", "free"):
        for innovations in ("equal", "free"):
            for means in ("equal", "free"):
                if (lags, innovations, means) == ("equal", "free", "free"):
                    continue  # as the case before
                spec = replace(basic, lags=lags, innovations=innovations, means=means)
                yield Case(f"lags {lags}, innovations {innovations}, means {means}", spec, complete)
    yield Case("covariate", replace(basic, covariates=("age",)), complete)
    yield Case("missing waves", basic, missing)
    yield Case("missing waves, lags free", replace(basic, lags="free"), missing)
    yield Case("missing waves, covariate", replace(basic, covariates=("age",)), missing)
    yield Case("clpm, lags free", replace(basic, intercepts=False, lags="free"), complete)
    yield from shapes()
    yield from items()
    two = panel(variables=2)
    pair = bp.RICLPM(variables=two.variables, levels=("pupil", "school"))
    yield Case("two levels, stable", pair, two)
    yield Case("two levels, stable, lags free", replace(pair, lags="free"), two)
    yield Case("two levels, stable, covariate", replace(pair, covariates=("age",)), two)
    yield Case("two levels, stable, clpm", replace(pair, intercepts=False), two)
    wide = panel(variables=2, by_wave=True)
    star = wide_star(wide)
    yield Case("card star, complete", bp.card("star").spec, star)
    holes = panel(variables=2, missing=0.15)
    yield Case("two levels, stable, missing waves", pair, holes)
    wide_holes = panel(variables=2, missing=0.15, by_wave=True)
    yield Case("two levels, by wave, missing waves", replace(pair, cluster_effects="by_wave"), wide_holes)
    for informant in ("teachers", "parents"):
        spec = bp.card(f"involvement-{informant}").spec
        yield Case(f"card involvement-{informant}", spec, trial(involvement(informant)))
        larger = replace(
            involvement(informant, school_icc=0.15), schools_per_arm=(50, 50), pupils=None, pupils_per_class=(8, 12)
        )
        yield Case(f"card involvement-{informant}, 100 schools", spec, trial(larger))
    world = small_trial(baseline=True, schools=(15, 15))
    constrained = bp.ClusterTrial(outcomes=world.outcomes, levels=("pupil", "school"), adjustment="constrained")
    yield Case("trial, constrained", constrained, trial(world))


ITEMS = {"x": ("x1", "x2", "x3"), "y": ("y1", "y2", "y3")}


def measured(*, missing: float = 0.0, groups: bool = False) -> bp.Panel:
    """Simulate 900 pupils at four waves whose two variables have three items each, with something that is an item's."""
    rng = np.random.default_rng(SEED)
    n, waves, loads = 900, 4, np.array([1.0, 0.8, 1.2])
    stable, now = rng.normal(0.0, 0.8, (n, 2)), rng.normal(size=(n, 2))
    lasting, sex = rng.normal(0.0, 0.4, (n, 2, 3)), rng.integers(0, 2, n)
    table: dict[str, Any] = {"pupil": np.arange(n), "sex": np.where(sex, "girl", "boy")}
    for t in range(waves):
        now = now @ np.array([[0.4, 0.1], [0.15, 0.3]]) + rng.normal(0.0, 0.8, (n, 2)) if t else now
        scores = stable + now + 0.1 * t + 0.3 * groups * sex[:, None]
        for k, name in enumerate("xy"):
            for j, load in enumerate(loads):
                noise = rng.normal(0.0, 0.6, n) + lasting[:, k, j]
                table[f"{name}{j + 1}_{t + 1}"] = np.where(
                    rng.random(n) < missing, np.nan, 2.0 + 0.2 * j + load * scores[:, k] + noise
                )
    names = [item for own in ITEMS.values() for item in own]
    columns = {item: [f"{item}_{t + 1}" for t in range(waves)] for item in names}
    return bp.Panel.from_wide(
        pd.DataFrame(table), columns=columns, pupil="pupil", group="sex" if groups else None, covariates=[]
    )


def items() -> Iterator[Case]:
    """Return the cases of variables that items measure."""
    basic = bp.RICLPM(("x", "y"), indicators=ITEMS)
    complete = measured()
    own = replace(basic, item_effects=("pupil",))
    yield Case("items, what an item has of its own", own, complete)
    yield Case("items, configural", replace(own, invariance="configural"), complete)
    released = replace(own, invariance="scalar", released=("x2@3", "intercept y3"))
    yield Case("items, scalar, released, missing items", released, measured(missing=0.1))
    beside = bp.RICLPM(("x", "y1"), indicators={"x": ITEMS["x"]}, invariance="scalar", innovations="equal")
    yield Case("items, a variable beside", beside, complete)
    grouped = replace(own, groups="sex", free=("mean", "lag"), innovations="equal", invariance="scalar")
    yield Case("items, groups", grouped, measured(groups=True))


def shapes() -> Iterator[Case]:
    """Return the cases of order 2, of what accumulates, and of groups of pupils."""
    two, holes = panel(variables=2), panel(variables=2, missing=0.15)
    pair = bp.RICLPM(variables=two.variables)
    yield Case("order 2", replace(pair, order=2), two)
    yield Case("order 2, lags free, missing waves", replace(pair, order=2, lags="free"), holes)
    dynamic = replace(pair, accumulating=True)
    yield Case("dpm", dynamic, two)
    yield Case("dpm, lags free, means equal, missing waves", replace(dynamic, lags="free", means="equal"), holes)
    yield Case("dpm, stable covariate", replace(dynamic, covariates=("age",), covariate_effects="stable"), two)
    yield Case("alt", replace(dynamic, slopes=True), panel(variables=2, slopes=True))
    starts = replace(pair, innovations="equal", error="free")
    yield Case("errors free, missing waves", starts, panel(variables=2, errors=True, missing=0.1))
    several, gaps = panel(variables=2, groups=True), panel(variables=2, groups=True, missing=0.15)
    grouped = replace(pair, groups="sex")
    yield Case("groups, all free", grouped, several)
    yield Case("groups, all equal", replace(grouped, free="none"), several)
    some = replace(grouped, free=("mean", "innovation", "intercept"), innovations="equal", covariates=("age",))
    yield Case("groups, lags equal, covariate, missing waves", some, gaps)
    yield Case("groups, dpm, lags differ", replace(grouped, accumulating=True, free=("mean", "lag")), several)
    yield Case("groups, order 2, loadings equal", replace(grouped, order=2, free=("mean", "lag")), several)


def wide_star(panel: bp.Panel) -> bp.Panel:
    """Give a panel the names of the card star."""
    return replace(panel, variables=("reading", "math"))
