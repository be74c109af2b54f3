"""The simulator draws what its world says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from bayespanel import SpecError, simulate
from bayespanel.families.trajectories.world import Arm, Course, TrajectoryWorld
from bayespanel.families.trajectories.worlds import PREDICTORS, persistent_victims


def test_the_design_is_that_of_the_study() -> None:
    frame = simulate(persistent_victims(ordinal=True), 1)
    pupils = frame.drop_duplicates("pupil")
    assert pupils["programme"].value_counts().to_dict() == {1: 6142, 0: 2980}
    assert frame["school"].nunique() == 99
    assert frame.groupby("school")["programme"].nunique().max() == 1
    assert frame.groupby("class")["school"].nunique().max() == 1
    assert 15 < pupils.groupby("class").size().mean() < 28
    assert set(frame["victimisation"].dropna()) == {0, 1, 2, 3, 4}
    assert frame.groupby("pupil")["victimisation"].count().min() >= 1
    shares = pupils[pupils["programme"] == 1]["trajectory"].value_counts(normalize=True)
    improved = shares["decreasing"] / (shares["decreasing"] + shares["persistent"])
    assert 0.75 < improved < 0.85  # four in five
    assert set(pupils.loc[pupils["programme"] == 0, "trajectory"]) == {"persistent", "low"}


def test_courses_and_odds_are_those_of_the_world() -> None:
    world = replace(persistent_victims(control=False, school_sd=0.0, missing_wave=0.0), leaves={})
    frame = pd.concat([simulate(world, seed) for seed in range(5)])
    assert not frame["victimisation"].isna().any()
    for course in world.intervention.courses:
        here = frame[frame["trajectory"] == course.name]
        mean = here.groupby("wave")["victimisation"].mean()
        assert np.abs(mean.to_numpy() - course.mean).max() < 4.5 * world.residual_sd / np.sqrt(len(here) / 5)
        residual = here["victimisation"] - here["wave"].map(dict(enumerate(course.mean, start=1)))
        assert residual.std() == pytest.approx(world.residual_sd, rel=0.04)
    x = frame[frame["wave"] == 1][list(PREDICTORS)]
    np.testing.assert_allclose(x.corr(), world.predictor_corr, atol=0.03)
    # Odds by hand: among pupils within a narrow band of every predictor's mean but one, the slope is the log odds.
    first = frame[frame["wave"] == 1]
    victims = first[first["trajectory"] != "low"]
    y = (victims["trajectory"] == "persistent").to_numpy(float)
    design = np.column_stack([np.ones(len(victims)), victims[list(PREDICTORS)]])
    beta = np.zeros(design.shape[1])
    for _ in range(20):  # iteratively reweighted least squares
        p = 1 / (1 + np.exp(-design @ beta))
        beta += np.linalg.solve((design * (p * (1 - p))[:, None]).T @ design, design.T @ (y - p))
    p = 1 / (1 + np.exp(-design @ beta))
    error = np.sqrt(np.diag(np.linalg.inv((design * (p * (1 - p))[:, None]).T @ design)))
    true = [world.log_odds_ratio(name, "persistent", "decreasing") for name in PREDICTORS]
    assert (np.abs(beta[1:] - true) < 4 * error[1:]).all()


def test_ordered_scores_have_the_probabilities_of_their_cut_points() -> None:
    world = TrajectoryWorld("y", 2, None, Arm(20000, 4, (Course("only", 0.0, (0.5, 1.5)),)), cuts=(0.0, 1.0))
    y = simulate(world, 3).pivot_table(index="pupil", columns="wave", values="y").to_numpy()
    for wave, mean in enumerate((0.5, 1.5)):
        above = [(y[:, wave] >= c).mean() for c in (1, 2)]
        np.testing.assert_allclose(above, 1 / (1 + np.exp(-(mean - np.array([0.0, 1.0])))), atol=0.015)


def test_the_same_seed_gives_the_same_pupils_and_others_others() -> None:
    world = persistent_victims(schools=3, pupils=303)
    pd.testing.assert_frame_equal(simulate(world, 1), simulate(world, 1))
    assert not simulate(world, 1)["victimisation"].equals(simulate(world, 2)["victimisation"])
    with pytest.raises(SpecError, match="whole number"):
        simulate(world, -1)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"predictor_corr": np.ones((5, 5))}, "correlation matrix"),
        ({"residual_sd": -1.0}, "0 or more"),
        ({"missing_wave": 1.0}, "below 1"),
        ({"cuts": (1.0, 0.0)}, "Put them in order"),
        ({"waves": 4}, "there are 4 waves"),
        ({"control": Arm(1, 2, (Course("a", 0.0, (0.0,) * 5),))}, "at least one of each"),
        ({"control": Arm(9, 2, (Course("a", 1.0, (0.0,) * 5),))}, "Set them to 0"),
        ({"predictors": (), "predictor_corr": None}, "Effects are those of predictors"),
    ],
)
def test_an_impossible_world_is_refused(change: dict, said: str) -> None:
    with pytest.raises(SpecError, match=said):
        replace(persistent_victims(), **change)


def test_numbers_of_events_have_the_moments_of_their_distribution() -> None:
    world = TrajectoryWorld("y", 2, None, Arm(60000, 4, (Course("only", 0.0, (0.0, 1.0)),)), events=0.5, pupil_sd=0.4)
    for excess in (0.0, 0.3):
        frame = simulate(replace(world, excess_zeros=excess), 1).pivot(index="pupil", columns="wave", values="y")
        mu = np.exp([0.0, 1.0]) * np.exp(0.08)  # half of the pupils' variance
        mean = (1 - excess) * mu
        square = (1 - excess) * (mu + 1.5 * mu**2 * np.exp(0.16))  # E y^2 = E mu + (1 + a) E mu^2
        np.testing.assert_allclose(frame.mean(), mean, rtol=0.03)
        np.testing.assert_allclose((frame**2).mean(), square, rtol=0.08)
        assert (frame == frame.round()).all().all()
    by_wave = simulate(replace(world, events=0.0, pupil_sd=0.0), 2).groupby("wave")["y"]
    np.testing.assert_allclose(by_wave.var(), by_wave.mean(), rtol=0.05)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"events": -1.0}, "'events'"),
        ({"events": 0.5, "cuts": (0.0, 1.0)}, "ordered categories or counts"),
        ({"excess_zeros": 0.2}, "'events' is not given"),
    ],
)
def test_what_is_no_count_is_refused(fields: dict, said: str) -> None:
    with pytest.raises(SpecError, match=said):
        TrajectoryWorld("y", 2, None, Arm(10, 2, (Course("only", 0.0, (0.0, 1.0)),)), **fields)
