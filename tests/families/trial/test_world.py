"""A trial's world refuses what cannot be, and says what to do."""

from __future__ import annotations

import numpy as np
import pytest

from bayespanel.families.trial.simulate import TrialWorld, involvement, simulate, small_trial
from bayespanel.language.errors import SpecError


def world(**changes: object) -> TrialWorld:
    """Return a trial with two outcomes, of which the first has a pre-test, or with the parts given instead."""
    fields: dict[str, object] = {
        "outcomes": ("calm", "kind"),
        "effect": np.array([0.5, -0.3]),
        "residual_sd": np.array([1.0, 2.0]),
        "baseline": {"calm": "calm_pre"},
    }
    return TrialWorld(**(fields | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"outcomes": ()}, "1 or more outcomes"),
        ({"outcomes": ("calm", "calm")}, "each once. Twice: calm"),
        ({"outcomes": ("calm", "arm")}, "'arm'. Rename"),
        ({"baseline": {"calm": "girl"}}, "'girl'. Rename"),
        ({"arms": ("control",)}, "2 or more arms"),
        ({"baseline": {"clam": "pre"}}, "Nearest: 'calm'"),
        ({"baseline": {"calm": "kind"}}, "Rename the pre-test"),
        ({"outcomes": "calm"}, "'outcomes' is a list of names"),
        ({"arms": ("control", "")}, "'arms' is a list of names"),
        ({"baseline": {"calm": 3}}, "names of pre-tests"),
        ({"baseline": ["calm"]}, "'baseline' maps"),
        ({"ordinal": ["kind"]}, "'ordinal' maps"),
        ({"ordinal": {"kind": 0.5}}, "Put them in order"),
        ({"ordinal": {"kind": ("low", "high")}}, "Put them in order"),
        ({"schools_per_arm": (6.5, 6)}, "'schools_per_arm' is a tuple of whole numbers"),
        ({"schools_per_arm": 12}, r"It is 12\."),
        ({"classes_per_school": (1.5, 2)}, "'classes_per_school' is a pair of whole numbers"),
        ({"pupils_per_class": None}, "'pupils_per_class' is a pair"),
        ({"pupils_per_class": (18, 20, 25)}, "a smallest and a largest"),
        ({"pupils": 1500.5}, "'pupils' is a whole number"),
        ({"girls": True}, "'girls' is a number"),
        ({"baseline_corr": None}, "'baseline_corr' is a number"),
        ({"missing_outcome": "0.1"}, "'missing_outcome' is a number"),
        ({"effect": ["strong", "weak"]}, "'effect' holds numbers"),
        ({"effect": None}, "has 'effect'"),
        ({"effect": np.zeros(3)}, r"\[arm - 1, outcome\] = \(1, 2\) or \[outcome\] = \(2,\)"),
        ({"arms": ("a", "b", "c"), "schools_per_arm": (5, 5, 5)}, r"'effect' has the shape .* = \(2, 2\)\. It"),
        ({"effect": np.array([np.nan, 0])}, "finite"),
        ({"residual_sd": np.array([1.0, -1.0])}, "'residual_sd' holds -1"),
        ({"mean": np.zeros(3)}, "'mean' has the shape"),
        ({"residual_corr": np.array([[1, 0.2], [0.1, 1]])}, "symmetric"),
        ({"residual_corr": np.array([[1, 1.2], [1.2, 1]])}, "smallest eigenvalue of 'residual_corr' is -0.2"),
        ({"school_corr": np.eye(2)}, "'school_corr' is given without 'school_sd'"),
        ({"randomised": "clas"}, "Nearest: 'class'"),
        ({"schools_per_arm": (5,)}, "one number per arm"),
        ({"schools_per_arm": (5, 0)}, "at least 1"),
        ({"schools_per_arm": (), "randomised": "pupil"}, "means 30 schools"),
        ({"classes_per_school": None, "class_sd": np.ones(2)}, "'class_sd' is given, and there are no classes"),
        ({"classes_per_school": (0, 0), "randomised": "class"}, "need a class level"),
        ({"classes_per_school": (0, 2)}, "'classes_per_school' is a smallest"),
        ({"pupils_per_class": (20, 10)}, "'pupils_per_class' is a smallest"),
        ({"pupils": 10}, "hold 1080 to 3000 pupils, not 10"),
        (
            {"pupils": 41, "schools_per_arm": (1, 1), "classes_per_school": (1, 3), "pupils_per_class": (18, 20)},
            "no number of classes of 18 to 20",
        ),
        ({"randomised": "class", "schools_per_arm": (1,), "classes_per_school": (1, 1)}, "Each arm receives"),
        ({"baseline_corr": 1.5}, "'baseline_corr' is a correlation"),
        ({"baseline_cluster_corr": float("nan")}, "'baseline_cluster_corr' is a correlation"),
        ({"baseline": {}, "missing_baseline": 0.1}, "belong to a pre-test"),
        ({"baseline": {}, "baseline_mean": np.zeros(2)}, "belong to a pre-test"),
        ({"girl_effect": np.ones(2)}, "need girls"),
        ({"girls": 1.2}, "'girls' is a probability"),
        ({"missing_outcome": 1.0}, "'missing_outcome' is a probability"),
        ({"missing_baseline": -0.1}, "'missing_baseline' is a probability"),
        ({"dropout_slope": float("inf")}, "finite"),
        ({"dropout_slope": 1.0}, "a positive missing_outcome"),
        ({"dropout_slope": 1.0, "missing_outcome": 0.1, "baseline": {}}, "or no slope"),
        ({"link": "probit"}, "one of normal, logistic"),
        ({"ordinal": {"kin": (0,)}}, "Nearest: 'kind'"),
        ({"ordinal": {"kind": (1, 0)}}, "Put them in order"),
        ({"ordinal": {"kind": ()}}, "Put them in order"),
    ],
)
def test_a_world_that_cannot_be_is_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        world(**changes)


@pytest.mark.parametrize("seed", [-1, 1.5, True])
def test_a_seed_is_a_whole_number(seed: object) -> None:
    with pytest.raises(SpecError, match="whole number"):
        simulate(world(), seed)  # type: ignore[arg-type]


def test_ready_worlds_know_their_informants_and_outcomes() -> None:
    with pytest.raises(SpecError, match="Nearest: 'parents'"):
        involvement("parent")
    with pytest.raises(SpecError, match="'bullying' is not one of them"):
        involvement("parents", effects={"bullying": 0.1})
    with pytest.raises(SpecError, match="outcome of pupils"):
        involvement("teachers", victimisation_ordinal=True)
    with pytest.raises(SpecError, match="need a class level"):
        involvement("teachers", class_icc=0.1)
    with pytest.raises(SpecError, match="leave some within classes"):
        small_trial(school_icc=0.6, class_icc=0.4)


def test_a_world_keeps_its_own_copies() -> None:
    effect = np.array([0.5, -0.3])
    of = world(effect=effect)
    effect[0] = 9
    assert of.effect.tolist() == [[0.5, -0.3]]
    with pytest.raises(ValueError, match="read-only"):
        of.effect[0, 0] = 9
