"""Every field of every specification has an effect: another value changes the model or what is said, or is refused."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, fields, replace
from functools import cache, cached_property
from typing import Any

import numpy as np
import pandas as pd
import pymc as pm
import pytensor
import pytest

import bayespanel as bp
from bayespanel.families.door import FAMILIES, Spec, family_of, models, reduced
from bayespanel.families.panel import build as panel_build, spec as riclpm
from bayespanel.families.panel.statistics import data_for
from bayespanel.families.trajectories import maxima, spec as trajectories
from bayespanel.families.trajectories.growth import times_of
from bayespanel.families.trial import spec as trial
from bayespanel.inference.graphs import initial_values
from bayespanel.inference.prior import one_point
from bayespanel.language.errors import BayespanelError
from bayespanel.language.names import row_of
from tests.plain import PLAIN

VALUES: dict[str, dict[str, list[Any]]] = {
    "riclpm": {
        "variables": [("x", "y"), ("y", "z"), ("x", "y", "z")],
        "triangle": [None, bp.Triangle(parent=("x",), child=("y",)), bp.Triangle(parent=("y",), child=("x",))],
        "levels": [("pupil",), ("pupil", "school"), ("pupil", "class", "school")],
        "intercepts": [True, False],
        "error_correlated": [False, True],
        "slopes": [False, True],
        "order": [1, 2],
        "per": [None, 6.0],
        "accumulating": [False, True],
        "reliability": [{}, {"x": 0.8}, {"y": 0.7}],
        "covariates": [(), ("age",), ("age", "programme")],
        "groups": ["", "sex"],
        "free": ["all", ("mean", "lag"), "none"],
        "distal": [{}, {"grade": "stable"}, {"grade": "both"}, ("age",)],
        "ordered": [(), ("x",), ("y", "z")],
        "varying": [(), ("x -> y",), ("y -> x", "x -> x")],
        "moderators": [{}, {"x -> y": ("fees",)}, {"y -> x": ("fees",)}],
        "indicators": [{}, {"y": ("p", "q", "r")}, {"y": ("q", "p")}],
        "released": [(), ("q@2",), ("loading r",)],
        "item_effects": [(), ("pupil",), ("school",)],
        "priors": [(), (bp.Prior("lag", "Normal", (0, 0.1)),)],
        **{name: list(choices) for name, choices in riclpm.CHOICES.items()},
    },
    "trial": {
        "outcomes": [("x",), ("x", "y"), ("y", "x")],
        "levels": [None, ("pupil", "school"), ("pupil",)],
        "covariates": [(), ("age",), ("age", "sex")],
        "moderators": [(), ("age",)],
        "families": [{}, {"mood": ("x", "y")}],
        "edges": [{}, {"x": "school->parent"}],
        "arms_without_classes": [(), ("0",)],
        "zero_inflated": [False, True],
        "priors": [(), (bp.Prior("effect", "Normal", (0, 0.1)),)],
        **{name: list(choices) for name, choices in trial.CHOICES.items()},
    },
    "trajectories": {
        "outcome": ["x", "y"],
        "classes": [2, 1, 3, ("high", "low"), {"control": 1, "intervention": 2}, {"control": 1, "intervention": 1}],
        "growth": ["linear", "constant", "free", {"level": (1, 1, 1, 1), "step": (0, 1, 1, 1)}],
        "times": [(), (0, 5, 12, 17)],
        "categories": [(), (0, 1, 2, 3, 4)],
        "predictors": [(), ("age",)],
        "arm": [None, "programme"],
        "levels": [("pupil",), ("pupil", "school"), ("pupil", "class", "school")],
        "contrast": [(), ("class 2", "class 1")],
        "zero_inflated": [False, True],
        "edges": [{}, {"age": "parent->child"}],
        "priors": [(), (bp.Prior("growth_change", "Normal", (0, 0.1)),), (bp.Prior("school_sd", "HalfNormal", (2,)),)],
        **{name: list(choices) for name, choices in trajectories.CHOICES.items()},
    },
}
"""Family -> field -> values that mean different things. A new field needs a row."""

NEEDED: dict[str, list[dict[str, Any]]] = {
    "riclpm": [
        {"levels": ("pupil", "school"), "varying": ("x -> y",), "moderators": {"x -> y": ("fees",)}},
        {"levels": ("pupil", "school"), "indicators": {"y": ("p", "q", "r")}, "item_effects": ("school",)},
        {"covariates": ("age", "programme"), "missing_covariates": "modelled"},
    ],
    "trial": [{"levels": ("pupil", "school"), "link": "log"}],
    "trajectories": [{"link": "log"}, {"link": "logit", "random": "intercept"}],
}
"""Family -> fields that the first specification lacks and random ones seldom have together."""

BASES = 7
"""Specifications of each family whose fields are changed one by one: the first values, needed and random ones."""


def pupils() -> pd.DataFrame:
    """Return 144 pupils with scores 0 to 3 of three variables at four waves, in two classes of each of six schools."""
    rng = np.random.default_rng(3)
    pupil = np.arange(144)
    school = pupil % 6
    frame = pd.DataFrame({"pupil": pupil, "school": school, "class": 2 * school + (pupil // 6) % 2})
    frame["age"], frame["sex"] = rng.normal(10, 1, 144), rng.integers(0, 2, 144)
    frame["programme"], frame["fees"] = (pupil // 12) % 2, school**2 / 10
    stable = rng.normal(size=(144, 3))
    frame["grade"] = 5 + stable[:, 0] + np.random.default_rng(4).normal(size=144)
    for t in range(4):
        for k, name in enumerate("xyz"):
            frame[f"{name}{t}"] = np.clip(np.rint(1.5 + stable[:, k] + rng.normal(size=144)), 0, 3)
    for t in range(4):
        for number, name in enumerate("pqr"):
            own = np.random.default_rng(10 * t + number).normal(size=144)
            frame[f"{name}{t}"] = stable[:, 1] * (1 + number / 4) + own
    frame.loc[[3, 8, 40], ["x0", "y1"]] = np.nan
    return frame


@cache
def data_of(family: str) -> Any:
    frame = pupils()
    if family == "trial":
        return bp.Trial.from_frame(
            frame.rename(columns={"x3": "x", "y3": "y"}),
            arm="programme",
            outcomes=["x", "y"],
            baseline={"x": "x0", "y": "y0"},
            covariates=["age", "sex"],
            randomised="pupil",
            classroom="class",
            school="school",
        )
    return bp.Panel.from_wide(
        frame,
        columns={name: [f"{name}{t}" for t in range(4)] for name in "xyzpqr"},
        times=[0, 5, 12, 17],
        pupil="pupil",
        classroom="class",
        school="school",
        covariates=["age", "programme", "grade", "fees"],
        group="sex",
    )


def bases(family: str) -> list[Spec]:
    """Return the specification of all first values, the needed ones, and random ones that are allowed, all settled.

    A random one is the end of a walk from the first, which tries one random value of every field in random order and
    keeps what is allowed. Drawing all fields at once would be refused a thousand times for each that is allowed.
    """
    rng = np.random.default_rng(6)
    kind = FAMILIES[family].specification
    first = kind(**{name: values[0] for name, values in VALUES[family].items()})
    out = [settled(replace(first, **fields), family) for fields in ({}, *NEEDED.get(family, ()))]
    while len(out) < BASES:
        spec = out[0]
        for name in rng.permutation(list(VALUES[family])).tolist():
            values = VALUES[family][name]
            spec = changed(spec, name, values[rng.integers(len(values))], family) or spec
        out.append(spec)
    return out


def settled(spec: Spec, family: str) -> Spec:
    found, _ = reduced(spec, data_of(family))
    return found


@dataclass(frozen=True, eq=False)
class Model:
    """A model at a point that hangs on the names of its free variables alone; and what chains draw beside these."""

    model: pm.Model
    point: dict[str, np.ndarray]
    beside: frozenset[str]

    @property
    def free(self) -> tuple[Any, ...]:
        return tuple((name, np.shape(value)) for name, value in self.point.items())

    @cached_property
    def prior(self) -> float:
        """The log-prior, for which most comparisons have no need."""
        return self._sum(self.model.free_RVs)

    @cached_property
    def likelihood(self) -> float:
        return self._sum(self.model.potentials)

    def _sum(self, variables: list[Any]) -> float:
        values = self.model.value_vars
        term = sum(part.sum() for part in self.model.logp(vars=variables, sum=False))
        found = pytensor.function(values, term, mode=PLAIN, on_unused_input="ignore")
        return float(found(*(self.point[value.name] for value in values)))


def models_of(spec: Spec, family: str) -> list[Model]:
    """Return the models that a fit samples: pooled effects are shown beside unpooled ones."""
    return [model_of(variant, family) for variant in models(spec).values()]


def differ(base: list[Model], other: list[Model]) -> bool:
    """Return whether data or prior say something else of the same parameters, or data of other ones."""
    if len(base) != len(other):
        return True
    return any(
        one.beside != two.beside
        or one.likelihood != two.likelihood
        or (one.free == two.free and one.prior != two.prior)
        for one, two in zip(base, other, strict=True)
    )


def model_of(spec: Spec, family: str) -> Model:
    model = built(spec, family)
    point = {}
    for name, start in initial_values(model).items():
        point[name] = start + 0.1 * np.random.default_rng(zlib.crc32(name.encode())).normal(size=np.shape(start))
    return Model(model, point, beside(spec))


def beside(spec: Spec) -> frozenset[str]:
    """Return the rows of priors of what chains draw that no PyMC model has."""
    return frozenset({"threshold_gap", "tail_df"} & {row.parameter for row in spec.default_priors()})


def built(spec: Spec, family: str) -> pm.Model:
    """Return the model of a specification; where something unseen is drawn beside the parameters, that given it."""
    if getattr(spec, "augmented", False):
        return panel_build.model_of(spec, data_for(spec, data_of(family)))
    return bp.build(spec, data_of(family))


def said_of(spec: Spec, family: str) -> tuple[Any, ...]:
    """Return what evidence will speak of: pathways with their kinds, edges and intervals; and the axis of figures."""
    reduced = family_of(spec).statistics.data_for(spec, data_of(family))
    groups = {}
    for group, variant in models(spec).items():
        model = built(variant, family)
        groups[group] = family_of(spec).draws.posterior(variant, reduced, one_point(model))
    with np.errstate(invalid="ignore", divide="ignore"):
        found = family_of(spec).pathways.collect(spec, groups, by_interval=False)
    times = times_of(spec, reduced.waves).tolist() if isinstance(spec, bp.Trajectories) else []
    said = (str(found[name].values.tolist()) for name in found.coords if "pathway" in found[name].dims)
    return (*said, found.attrs.get("averaging", ""), times)


def changed(base: Spec, field: str, value: Any, family: str) -> Spec | None:
    """Return the specification with another value, settled by the data; None where it is refused in three parts."""
    try:
        return settled(replace(base, **{field: value}), family)
    except BayespanelError as error:
        return None if all((error.rule, error.given, error.action)) else pytest.fail(f"{error} is not in three parts")


@pytest.mark.parametrize("family", FAMILIES)
def test_every_field_has_values_to_try(family):
    assert set(VALUES[family]) == {field.name for field in fields(FAMILIES[family].specification)}


@pytest.mark.parametrize("family", FAMILIES)
def test_a_changed_field_changes_the_model_or_is_refused(family, monkeypatch):
    monkeypatch.setattr(maxima, "STARTS", 3)  # what evidence speaks of does not hang on the best maximum
    idle = []
    for base in bases(family):
        before = models_of(base, family)
        said: tuple[Any, ...] | None = None  # of the base, once it is asked for
        for field, values in VALUES[family].items():
            for value in values:
                spec = changed(base, field, value, family)
                if spec is None or spec == base:  # refused, or the same value as before
                    continue
                if differ(before, models_of(spec, family)):
                    continue
                said = said_of(base, family) if said is None else said
                if said_of(spec, family) == said:
                    idle.append((field, value, base))
    assert not idle


@pytest.mark.parametrize("family", FAMILIES)
def test_every_prior_that_is_given_is_used_or_refused(family):
    for base in bases(family):
        spec = changed(base, "priors", (), family)
        if spec is None:
            continue
        rows = {row.parameter: row for row in spec.default_priors()}
        used = set()
        for variant in models(spec).values():
            known = {row.parameter for row in variant.default_priors()}
            used |= {row_of(rv.name, known) for rv in built(variant, family).free_RVs}
            used |= beside(variant)
        for parameter in rows.keys() - used:
            assert changed(base, "priors", (rows[parameter],), family) is None, (parameter, base)
