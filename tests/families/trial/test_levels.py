"""The levels of a model follow the data, and the unit of randomisation is never left out."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import bayespanel as bp
from bayespanel.catalogue.spec_records import spec_from_dict, spec_to_dict
from bayespanel.cli import main
from bayespanel.design.calibration import calibration_study
from bayespanel.design.power import power_study
from bayespanel.families.trial.build import build
from bayespanel.families.trial.levels import settled, settled_for
from bayespanel.families.trial.prior_world import prior_world
from bayespanel.families.trial.truth import truth
from bayespanel.families.trial.world import TrialWorld
from bayespanel.language.errors import DataError, SpecError

SPEC = bp.ClusterTrial(outcomes=("y",))
EFFECT = bp.Prior("class_sd", "HalfNormal", (0.2,))


def pupils(
    unit: str, *, schools: int = 20, classes: int = 4, size: int = 20, class_sd: float = 12.0, seed: int = 1
) -> pd.DataFrame:
    """Return pupils with residuals of 14, in classes that differ, in schools that differ by 5; half of them in an arm
    with an effect of 3."""
    rng = np.random.default_rng(seed)
    room = np.repeat(np.arange(schools * classes), size)
    school = room // classes
    arm = {"school": school % 2, "class": room % 2, "pupil": np.arange(len(room)) % 2}[unit]
    score = 50 + 3 * arm + 5 * rng.normal(size=schools)[school] + class_sd * rng.normal(size=room.max() + 1)[room]
    return pd.DataFrame({"school": school, "class": room, "arm": arm, "y": score + 14 * rng.normal(size=len(room))})


def trial(frame: pd.DataFrame, unit: str, **changes: object) -> bp.Trial:
    given: dict[str, object] = {"classroom": "class", "school": "school"}
    return bp.Trial.from_frame(frame, arm="arm", outcomes=["y"], randomised=unit, **(given | changes))  # type: ignore[arg-type]


def error(data: bp.Trial, spec: bp.ClusterTrial = SPEC) -> float:
    return float(bp.maximum_likelihood(spec, data).standard_errors["effect"].squeeze())


def test_randomised_classes_have_the_error_of_classes():
    """An effect of classes has the variance 2 (class + residual / size) / classes per arm; as if pupils had been
    allocated one by one, it is 2 (class + residual) / pupils per arm, which is far too small."""
    frame = pupils("class")
    expected = np.sqrt(2 * (12**2 + 14**2 / 20) / 40)  # 2.77
    # 40 classes per arm know this error to 1 / sqrt(2 x 60), or 9 %.
    assert error(trial(frame, "class")) == pytest.approx(expected, rel=0.2)
    naive = np.sqrt(2 * (12**2 + 14**2) / 800)  # 0.92
    # What the table without its classes gives to those who say that pupils were randomised.
    assert error(trial(frame, "pupil", classroom=None)) == pytest.approx(naive, rel=0.2)


def test_the_error_of_randomised_classes_is_that_of_repeated_samples():
    found = [bp.maximum_likelihood(SPEC, trial(pupils("class", seed=seed), "class").moments()) for seed in range(30)]
    spread = np.std([float(one.estimates["effect"].squeeze()) for one in found])
    # 30 samples know their SD to 13 %.
    assert np.mean([float(one.standard_errors["effect"].squeeze()) for one in found]) == pytest.approx(spread, rel=0.3)


@pytest.mark.parametrize("unit", ["school", "class", "pupil"])
@pytest.mark.parametrize(
    ("columns", "levels"),
    [
        ({}, ("pupil", "class", "school")),
        ({"classroom": None}, ("pupil", "school")),
        ({"school": None}, ("pupil", "class")),
        ({"classroom": None, "school": None}, ("pupil",)),
    ],
)
def test_levels_that_are_left_out_follow_the_data(unit, columns, levels):
    if unit not in levels:
        return  # a table cannot be read without its unit of randomisation
    frame = pupils(unit, schools=6, size=3)
    ordered = frame.assign(y=(frame["y"] > 50).astype(int))
    for data in (trial(frame, unit, **columns).moments(), trial(ordered, unit, **columns).counts()):
        found = settled(SPEC, data)
        assert found.levels == levels
        assert {f"{level}_sd" for level in levels[1:]} <= {row.parameter for row in found.default_priors()}


def test_a_level_that_says_the_same_as_another_is_left_out():
    # Two classes a school, of which the smaller is left out to protect it.
    frame = pupils("school", classes=2, schools=30)
    small = (frame["class"] % 2 == 1) & (frame.groupby("class").cumcount() >= 3)
    data = trial(frame[~small], "school").moments(min_block=5)
    assert settled(SPEC, data).levels == ("pupil", "school")
    assert settled(SPEC, replace(data, randomised="class")).levels == ("pupil", "class")
    by_either = bp.ClusterTrial(outcomes=("y",), levels=("pupil", "school"))
    assert settled(by_either, replace(data, randomised="class")) == by_either
    world = TrialWorld(("y",), (0.2,), (1.0,), classes_per_school=(1, 1))
    assert settled_for(SPEC, world).levels == ("pupil", "school")
    assert settled_for(SPEC, replace(world, pupils_per_class=(1, 1))).levels == ("pupil",)


def refused(found: str, lacks: str) -> str:
    return f"(?si)unit of randomisation is a level of the model.*{found}.*Write levels=.*{lacks}"


@pytest.mark.parametrize(
    ("unit", "levels"),
    [("class", ("pupil", "school")), ("class", ("pupil",)), ("school", ("pupil", "class")), ("school", ("pupil",))],
)
def test_a_model_without_the_unit_of_randomisation_is_refused(unit, levels):
    spec = bp.ClusterTrial(outcomes=("y",), levels=levels)
    data = trial(pupils(unit), unit)
    for given in (data, data.moments()):
        for ask in (build, bp.build, bp.maximum_likelihood, lambda s, d: bp.fit(s, d, seed=1)):
            with pytest.raises(SpecError, match=refused({"class": "classes", "school": "schools"}[unit], unit)):
                ask(spec, given)
        with pytest.raises(SpecError, match=refused({"class": "classes", "school": "schools"}[unit], unit)):
            bp.log_likelihood(spec, given, {})
    with pytest.raises(SpecError, match=refused({"class": "classes", "school": "schools"}[unit], unit)):
        bp.multiverse(spec, data, {"adjustment": ["none"]}, rope=0.1)


@pytest.mark.parametrize("link", ["logit", "probit"])
def test_ordered_outcomes_are_no_exception(link):
    spec = bp.ClusterTrial(outcomes=("y",), levels=("pupil", "school"), link=link)
    frame = pupils("class")
    frame["y"] = (frame["y"] > 50).astype(int)
    with pytest.raises(SpecError, match=refused("Classes were randomised", "class")):
        bp.fit(spec, trial(frame, "class"), seed=1)


def test_arms_that_schools_share_were_allocated_to_schools_whatever_is_said():
    frame = pupils("school")
    spec = bp.ClusterTrial(outcomes=("y",), levels=("pupil", "class"))
    for said in ("pupil", "class"):
        with pytest.warns(bp.DataWarning, match="Every school is wholly in one arm"):
            data = trial(frame, said)
        with pytest.raises(SpecError, match=refused("the arm is the same for everybody in a school", "school")):
            bp.build(spec, data)
    # A few classes, most of them the only one of their school, may share an arm by chance.
    few = pupils("class", schools=12, classes=1)
    few.loc[few["school"] == 11, "school"] = 9
    assert bp.build(spec, trial(few, "class")).free_RVs


@pytest.mark.parametrize("levels", [("pupil", "school"), ("pupil",)])
def test_studies_of_a_design_refuse_it_before_they_begin(levels):
    world = TrialWorld(("y",), (0.2,), (1.0,), randomised="class", class_sd=(0.3,), schools_per_arm=(10,))
    spec = bp.ClusterTrial(outcomes=("y",), levels=levels)
    for ask in (
        lambda: power_study(spec, world, replicates=10, seed=1, rope=0.1),
        lambda: calibration_study(spec, world, replicates=10, seed=1),
        lambda: prior_world(spec, world, np.random.default_rng(1)),
        lambda: truth(spec, world),
    ):
        with pytest.raises(SpecError, match=refused("classes are randomised", "class")):
            ask()
    assert settled_for(SPEC, world).levels == ("pupil", "class", "school")
    assert power_study(SPEC, world, replicates=10, seed=1, rope=0.1).conditions[0].spec.levels is not None


def test_the_command_line_refuses_a_card_without_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pupils("class").to_csv(tmp_path / "pupils.csv", index=False)
    card = tmp_path / "card.toml"
    words = 'title = "T"\nquestion = "Q?"\nfamily = "trial"\nrope = 0.1\noutcomes = ["y"]\n\n[model]\n'
    hints = '\n[data]\narm = "arm"\nrandomised = "class"\nclassroom = "class"\nschool = "school"\n'
    card.write_text(words + 'levels = ["pupil", "school"]\n' + hints)
    with pytest.raises(SystemExit) as ended:
        main(["fit", str(card), str(tmp_path / "pupils.csv"), "--output", str(tmp_path / "out")])
    assert ended.value.code == 2
    shown = capsys.readouterr().err
    for part in ("Rule:", "Given:", "Do:", "unit of randomisation"):
        assert part in shown
    card.write_text(words + hints)
    assert bp.card(card).spec.levels is None


def test_levels_left_to_the_data_survive_json():
    for spec in (SPEC, bp.ClusterTrial(outcomes=("y",), levels=("pupil", "class", "school"))):
        assert spec_from_dict(json.loads(json.dumps(spec_to_dict(spec)))) == spec


def test_a_prior_for_a_level_that_the_data_lack_is_refused():
    spec = bp.ClusterTrial(outcomes=("y",), priors=(EFFECT,))
    assert settled(spec, trial(pupils("class"), "class").moments()).prior("class_sd") == EFFECT
    with pytest.raises(SpecError, match="'class_sd' is not one of its parameters"):
        bp.build(spec, trial(pupils("school"), "school", classroom=None))


def test_published_estimates_have_effects_alone():
    estimates = bp.Trial.from_estimates(effect=[0.2], standard_error=[0.1], outcome="y")
    assert settled(SPEC, estimates).levels == ("pupil",)
    for changes, said in (
        ({"levels": ("pupil", "school")}, "levels"),
        ({"adjustment": "covariate"}, "adjustment"),
        ({"covariates": ("age",)}, "covariates"),
    ):
        with pytest.raises(SpecError, match=f"Leave {said} out"):
            bp.build(bp.ClusterTrial(outcomes=("y",), **changes), estimates)
    with pytest.raises(SpecError, match="row for 'residual_sd': published estimates are effects alone"):
        bp.build(bp.ClusterTrial(outcomes=("y",), priors=(bp.Prior("residual_sd", "HalfNormal", (2,)),)), estimates)


def test_moments_that_do_not_know_their_unit_are_refused():
    data = replace(trial(pupils("school"), "school", classroom=None).moments(), randomised="class")
    with pytest.raises(DataError, match=r"They know school.*classroom="):
        bp.build(SPEC, data)
