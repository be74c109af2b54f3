"""Names are plain text of one line at every door, and two of a model can be told apart."""

from __future__ import annotations

import contextlib

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st

import bayespanel as bp
from bayespanel.language.errors import BayespanelError, DataError, SpecError
from bayespanel.language.plain_names import (
    require_distinct_names,
    require_distinct_pathways,
    require_plain_names,
)
from tests.hostile import NAMES, REFUSED

DOORS = {
    "RICLPM": lambda name: bp.RICLPM(variables=["a", name]),
    "RICLPM covariates": lambda name: bp.RICLPM(variables=["a"], covariates=[name]),
    "Triangle": lambda name: bp.Triangle(child=[name], parent=["b"]),
    "ClusterTrial": lambda name: bp.ClusterTrial(outcomes=["a", name]),
    "ClusterTrial covariates": lambda name: bp.ClusterTrial(outcomes=["a"], covariates=[name]),
    "families": lambda name: bp.ClusterTrial(outcomes=["a", "b"], families={name: ["a", "b"]}),
    "Trajectories": lambda name: bp.Trajectories(name),
    "predictors": lambda name: bp.Trajectories("a", predictors=[name]),
    "classes": lambda name: bp.Trajectories("a", classes=("low", name)),
    "columns": lambda name: panel({"a": ["a1", "a2"], name: ["b1", "b2"]}),
    "waves": lambda name: panel({"a": ["a1", "a2"]}, waves=["1", name]),
    "long variable": lambda name: long(name, "K", "s"),
    "long wave": lambda name: long("y", name, "s"),
    "outcome": lambda name: trial(outcome=name),
    "arm": lambda name: trial(arm=name),
    "category": lambda name: trial(category=name),
    "summary": lambda name: bp.Panel.from_summary(
        mean=np.zeros(4), cov=np.eye(4), n=50, variables=["a", name], waves=["1", "2"]
    ),
}
"""Where a name comes in -> reading it."""

CLUSTERS = {"school": lambda name: long("y", "K", name), "trial's school": lambda name: trial(school=name)}
"""Doors of names that stand in no figure, and may be long."""


CLEANED = ("waves", "long wave", "arm", "category")
"""Doors of labels, whose blanks and invisible signs make no difference."""


def panel(columns: dict[str, list[str]], **options: object) -> bp.Panel:
    rng = np.random.default_rng(1)
    names = [name for group in columns.values() for name in group]
    return bp.Panel.from_wide(
        pd.DataFrame(rng.normal(size=(30, len(names))), columns=names), columns=columns, **options
    )


def long(variable: str, wave: str, school: str) -> bp.Panel:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"id": np.repeat(np.arange(40), 2), variable: rng.normal(size=80)})
    frame["wave"] = pd.Categorical(np.tile(["0", wave], 40), ["0", wave], ordered=True)
    frame["school"] = np.repeat(["first", school], 40)
    return bp.Panel.from_long(frame, pupil="id", wave="wave", variables=[variable], school="school")


def trial(*, outcome: str = "y", arm: str = "taught", category: str = "girl", school: str = "s0") -> bp.Trial:
    rng = np.random.default_rng(1)
    schools = np.repeat([school, *(f"t{k}" for k in range(7))], 10)
    frame = pd.DataFrame({outcome: rng.normal(size=80), "school": schools})
    frame["arm"] = np.repeat([arm, "as usual"], 40)
    frame["sex"] = np.tile([category, "a boy"], 40)
    return bp.Trial.from_frame(
        frame, arm="arm", control="as usual", outcomes=[outcome], school="school", covariates=["sex"]
    )


def names_in(read: object) -> list[str]:
    """Return every name that data carry."""
    fields = ("waves", "variables", "outcomes", "arms", "covariate_names", "class_names", "school_names")
    return [name for field in fields for name in getattr(read, field, ())]


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.filterwarnings("ignore::bayespanel.language.errors.DataWarning")
def test_a_name_that_is_no_plain_text_is_refused_at_every_door(door: str) -> None:
    for kind, name in REFUSED.items():
        try:
            read = DOORS[door](name)
        except BayespanelError as error:
            refused = str(error)
        else:  # blanks and invisible signs of labels in cells are cleaned away
            assert door in CLEANED, kind
            assert all(name.isprintable() for name in names_in(read)), kind
            continue
        assert refused.isprintable(), kind
        assert len(refused) < 600, kind


@pytest.mark.parametrize("door", CLUSTERS)
@pytest.mark.filterwarnings("ignore::bayespanel.language.errors.DataWarning")
def test_a_cluster_with_codes_in_its_name_is_cleaned_or_refused(door: str) -> None:
    for kind in REFUSED.keys() - {"nothing"}:
        with contextlib.suppress(DataError):
            assert all(name.isprintable() for name in names_in(CLUSTERS[door](REFUSED[kind]))), kind
    for kind in ("escape code", "eight-bit escape code", "bell"):
        with pytest.raises(DataError, match="plain text"):
            CLUSTERS[door](REFUSED[kind])
    assert CLUSTERS[door](REFUSED["300 letters"])


@pytest.mark.parametrize("door", DOORS | CLUSTERS)
@pytest.mark.filterwarnings("ignore::bayespanel.language.errors.DataWarning")
def test_every_other_name_passes_every_door(door: str) -> None:
    for name in NAMES:
        if door == "classes" and ": " in name:  # which stands between an arm and its class
            continue
        assert (DOORS | CLUSTERS)[door](name) is not None


def test_half_a_letter_is_no_name() -> None:
    with pytest.raises(SpecError, match="plain text"):
        bp.RICLPM(variables=["a", "b\ud83d"])


@given(st.text(min_size=1, max_size=20))
def test_a_name_that_passes_is_one_line_for_every_program(name: str) -> None:
    with contextlib.suppress(SpecError):
        require_plain_names([name], "variable")
        assert len(name.splitlines()) == 1
        assert name.strip()
        name.encode("utf-8")


def test_letters_joined_by_invisible_ones_stay() -> None:
    require_plain_names(
        ["\U0001f468\u200d\U0001f469\u200d\U0001f467", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"], "variable"
    )


@pytest.mark.parametrize(
    ("one", "other"), [("peer_support", "peer support"), ("a  b", "a b"), ("\ufb01t", "fit"), ("e\u0301", "\u00e9")]
)
def test_names_that_look_the_same_are_refused(one: str, other: str) -> None:
    with pytest.raises(SpecError, match="look the same"):
        require_distinct_names([one, other], "variable")


@pytest.mark.parametrize("arrow", ["a->b", "a => b"])
def test_arrows_are_the_pathways_own(arrow: str) -> None:
    with pytest.raises(SpecError, match="without an arrow"):
        bp.RICLPM(variables=["a", arrow])


def test_two_pathways_never_share_a_name() -> None:
    with pytest.raises(SpecError, match="name of its own"):
        require_distinct_pathways(["a: b", "a: b"])
    with pytest.raises(SpecError, match="'a ~ b ~ c'"):
        bp.RICLPM(variables=["a", "a ~ b", "b ~ c", "c"])
    with pytest.raises(SpecError, match="'family mood'"):
        bp.ClusterTrial(outcomes=["a", "b", "family mood"], families={"mood": ["a", "b"]})
    frame = pd.DataFrame({"b: c": np.arange(80.0), "c": np.arange(80.0) ** 2, "school": np.arange(80) // 8})
    frame["arm"] = frame["school"].map(lambda k: ["usual", "a", "a: b"][k % 3])
    with pytest.raises(DataError, match="'a: b: c'"):
        bp.Trial.from_frame(frame, arm="arm", control="usual", outcomes=["b: c", "c"], school="school")
