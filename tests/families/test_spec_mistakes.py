"""Every wrong value of a field is refused in three parts, by specifications of all families, triangles and priors.

Each field is given values of every kind that Python has. Which of them are wrong follows from the type of the field, so
that a new field is tried without a line here. The others may be taken, or refused for what they say of the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from fractions import Fraction
from numbers import Integral, Real
from typing import Any

import numpy as np
import pandas as pd
import pytest

import bayespanel as bp
from bayespanel.catalogue.spec_records import spec_from_dict, spec_to_dict
from bayespanel.families.door import FAMILIES
from bayespanel.language.errors import SpecError

NAN, INF, HUGE = float("nan"), float("inf"), 10**5000
ROW = bp.Prior("lag", "Normal", (0, 0.3))

GOOD: dict[type, dict[str, Any]] = {
    bp.RICLPM: {"variables": ("x", "y"), "covariates": ("age",), "levels": ("pupil", "school")},
    bp.ClusterTrial: {"outcomes": ("x", "y"), "covariates": ("age",), "families": {"mood": ("x", "y")}},
    bp.Trajectories: {"outcome": "x", "predictors": ("age",), "arm": "programme", "levels": ("pupil", "school")},
    bp.Triangle: {"parent": ("x",), "child": ("y",)},
    bp.Prior: {"parameter": "lag", "distribution": "Normal", "arguments": (0, 0.3)},
}
"""Class -> fields of an object that is good."""

SINGLE: tuple[Any, ...] = (
    None, True, False, np.bool_(True), 0, 1, 2, -3, 1.5, NAN, INF, -INF, HUGE, Fraction(1, 2), 1j, np.float64(2.0),
    np.int64(2), "", " ", "x", "y", "z", "age", "equal", "linear", "a\nb", "a->b", "\u202ex", "x" * 5000, b"x",
    object(), int, len, Ellipsis, ROW, bp.Triangle(child=("x",)), pd.Timestamp(2026, 11, 27), pd.NA, pd.NaT,
    slice(3), range(0),
)  # fmt: skip
"""Values that are no lists and no tables."""

MEMBERS = (*SINGLE, ("x",), ["x", "y"], (), {}, {"x": "y"}, np.zeros(2))
LISTS: tuple[Any, ...] = (
    (), *((one,) for one in MEMBERS), *(("x", one) for one in MEMBERS), *((1.0, one) for one in MEMBERS),
    (ROW, ROW), ("x", "x"), ("pupil", "school", "school"), ("a_b", "a b"), (3, 1), (0, 0.3, 1), range(3),
)  # fmt: skip
ARRAYS: tuple[Any, ...] = (
    np.array("x"), np.array(2.0), np.array([]), np.zeros(2), np.arange(2), np.zeros((2, 2)), np.array(["x", "y"]),
    np.array([["x", "y"]]), np.array([None, "x"]), np.array([True, False]), np.array([1j, 2]),
    pd.Series(["x", "y"]), pd.Series([1.0, 2.0]), pd.Index(["x"]), pd.DataFrame({"x": [1], "y": [2]}),
    pd.DataFrame(), {"x", "y"}, frozenset(),
)  # fmt: skip
TABLES: tuple[Any, ...] = (
    {}, *({"x": one} for one in MEMBERS), *({one: "x"} for one in (3, None, "", "a\nb", ("x",), True)),
    *({"school": one} for one in MEMBERS), *({"control": one, "intervention": 2} for one in MEMBERS),
    {"control": 2}, {"x": "parent->child", "y": "parent"}, {"mood": ("x", "y"), 3: ("z",)},
    {"level": (1, 1), "s": (0,)},
)  # fmt: skip
VALUES = (*SINGLE, *LISTS, *ARRAYS, *TABLES)


def is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and abs(value) < 1e308


def is_name(value: Any) -> bool:
    return isinstance(value, str) and value.strip() != "" and value.isprintable() and len(value) <= 120


def is_list(value: Any, fits: Callable[[Any], bool]) -> bool:
    """Return whether a value is a list in some order, of one dimension, whose members fit."""
    known = list | tuple | range | pd.Series | pd.Index
    flat = isinstance(value, np.ndarray) and value.ndim == 1
    return (flat or isinstance(value, known)) and all(map(fits, value))


def are_names(value: Any) -> bool:
    return is_list(value, is_name) and len(set(value)) == len(value)


def is_table(value: Any, fits: Callable[[Any], bool]) -> bool:
    return isinstance(value, Mapping) and all(map(is_name, value)) and all(map(fits, value.values()))


def are_classes(value: Any) -> bool:
    return (isinstance(value, Integral) and is_number(value)) or are_names(value)


FITS: dict[str, Callable[[Any], bool]] = {
    "str": lambda value: isinstance(value, str),
    "int": lambda value: isinstance(value, Integral) and not isinstance(value, bool),
    "float": is_number,
    "bool": lambda value: isinstance(value, bool | np.bool_),
    "tuple[str, ...]": are_names,
    "tuple[float, ...]": lambda value: is_list(value, is_number),
    "tuple[Prior, ...]": lambda value: is_list(value, lambda row: isinstance(row, bp.Prior)),
    "Triangle": lambda value: isinstance(value, bp.Triangle),
    "None": lambda value: value is None,
    "Mapping[str, float]": lambda value: is_table(value, is_number),
    "Mapping[str, str]": lambda value: is_table(value, lambda one: isinstance(one, str)),
    "Items": lambda value: is_table(value, are_names),
    "Outcomes": lambda value: are_names(value) or is_table(value, lambda one: isinstance(one, str)),
    "Mapping[str, tuple[str, ...]]": lambda value: is_table(value, are_names),
    "Mapping[str, Sequence[str]]": lambda value: is_table(value, are_names),
    "Classes": lambda value: are_classes(value) or is_table(value, are_classes),
    "Growth": lambda value: isinstance(value, str) or is_table(value, lambda one: is_list(one, is_number)),
}
"""Type of a field -> whether a value is of it, as a reader would say."""


def fits(kind: str, value: Any) -> bool:
    return any(FITS[one](value) for one in kind.split(" | "))


def assert_three_parts(error: SpecError) -> None:
    assert all(part.strip() and part[-1] in ".:)" for part in (error.rule, error.given, error.action)), error
    assert len(str(error)) < 2000


def test_specifications_of_all_families_are_tried() -> None:
    assert {family.specification for family in FAMILIES.values()} < set(GOOD)


@pytest.mark.parametrize(
    ("kind", "field"),
    [pytest.param(kind, item, id=f"{kind.__name__}.{item.name}") for kind in GOOD for item in fields(kind)],
)
def test_a_wrong_value_is_refused_in_three_parts(kind: type, field: Any) -> None:
    taken = []
    for number, value in enumerate(VALUES):
        try:
            made = kind(**(GOOD[kind] | {field.name: value}))
        except SpecError as error:
            assert_three_parts(error)
            continue
        except Exception as error:  # every other one is a traceback for the user
            pytest.fail(f"value {number}, {type(value).__name__} {str(value)[:80]!r}: {error!r}")
        if not fits(field.type, value):
            taken.append((number, value))
        elif kind in {family.specification for family in FAMILIES.values()}:
            assert spec_from_dict(spec_to_dict(made)) == made
    assert not taken


Wrong = list[dict[str, Any]]

TOGETHER: dict[str, dict[type, Wrong | None]] = {
    "a column has one role": {
        bp.RICLPM: [{"covariates": ("x",)}],
        bp.ClusterTrial: [{"covariates": ("y",)}],
        bp.Trajectories: [{"predictors": ("x",)}, {"arm": "x"}, {"arm": "age"}],
    },
    "names that look alike, arrows": {
        bp.RICLPM: [{"variables": ("a_b", "a b")}, {"covariates": ("a_b", "a b")}, {"variables": ("x->y", "y")}],
        bp.ClusterTrial: [{"outcomes": ("a_b", "a b"), "families": {}}, {"covariates": ("x=>y",)},
                          {"families": {"mood->x": ("x", "y")}}],
        bp.Trajectories: [{"predictors": ("a_b", "a b")}, {"outcome": "x->y"}, {"arm": "x=>y"},
                          {"classes": ("a_b", "a b")}, {"growth": {"x->y": (1, 1)}}],
    },
    "pathways with one name": {
        bp.RICLPM: [{"variables": ("a", "b ~ c", "a ~ b", "c")}],
        bp.ClusterTrial: [{"outcomes": ("x", "x by age"), "covariates": ("age",), "moderators": ("age",)},
                          {"outcomes": ("family mood", "y"), "families": {"mood": ("family mood", "y")}}],
        bp.Trajectories: None,  # each pathway names one predictor
    },
    "levels": {
        kind: [{"levels": levels} for levels in ((), ("school",), ("pupil", "pupil"), ("pupil", "scool"), "pupil")]
        for kind in (bp.RICLPM, bp.ClusterTrial, bp.Trajectories)
    },
    "priors": {
        kind: [{"priors": rows} for rows in (
            (bp.Prior("no parameter", "Normal", 0, 1),), (bp.Prior(name, "LKJ", 2),),
            (bp.Prior(name, "Normal", 0, 1), bp.Prior(name, "Normal", 0, 2)), bp.Prior(name, "Normal", 0, 1))]
        for kind, name in ((bp.RICLPM, "lag"), (bp.ClusterTrial, "effect"), (bp.Trajectories, "growth_level"))
    },
    "edges": {
        bp.RICLPM: None,  # the triangle says them
        bp.ClusterTrial: [{"edges": {name: edge}} for name, edge in (("q", "parent->child"), ("x", "parent"),
                          ("x", "a->b"), ("age", "parent->child"), ("x", "parent->child->school"))],
        bp.Trajectories: [{"edges": {name: edge}} for name, edge in (("q", "parent->child"), ("age", "parent"),
                          ("age", "a->b"), ("x", "parent->child"), ("age", "parent->child->school"))],
    },
}  # fmt: skip
"""Mistake -> specification -> fields that make it; None: it has no such fields."""


@pytest.mark.parametrize("mistake", TOGETHER)
@pytest.mark.parametrize("family", FAMILIES)
def test_what_one_family_refuses_all_refuse(mistake: str, family: str) -> None:
    kind = FAMILIES[family].specification
    for changes in TOGETHER[mistake][kind] or ():
        with pytest.raises(SpecError) as caught:
            kind(**(GOOD[kind] | changes))
        assert_three_parts(caught.value)
