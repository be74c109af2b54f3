"""Mistakes in every field of every world; `test_world_mistakes` tries them."""

from __future__ import annotations

from typing import Any

import numpy as np

from bayespanel.families.panel.world import PanelWorld
from bayespanel.families.trajectories.world import Arm, Course, TrajectoryWorld
from bayespanel.families.trial.world import TrialWorld

NAN, INF = float("nan"), float("inf")
NOT_DEFINITE = [[1.0, 0.9, 0.9], [0.9, 1.0, -0.9], [0.9, -0.9, 1.0]]


def arm(**changes: Any) -> Arm:
    courses = (Course("low", 0.0, (0.0, 0.0)), course())
    return Arm(**({"pupils": 60, "schools": 4, "courses": courses} | changes))


def course(**changes: Any) -> Course:
    return Course(**({"name": "high", "log_odds": -1.0, "mean": (2.0, 1.0), "effects": {"x": 0.5}} | changes))


GOOD: dict[type, dict[str, Any]] = {
    PanelWorld: {
        "variables": ("x", "y", "z"),
        "months": (0, 6),
        "lag": np.eye(3) / 3,
        "initial_sd": np.ones(3),
        "innovation_sd": np.ones(3),
    },
    TrialWorld: {
        "outcomes": ("x", "y", "z"),
        "effect": np.zeros(3),
        "residual_sd": np.ones(3),
        "baseline": {"x": "x0"},
    },
    TrajectoryWorld: {
        "outcome": "y",
        "waves": 2,
        "control": None,
        "intervention": arm(),
        "predictors": ("x", "v", "w"),
        "predictor_corr": np.eye(3),
    },
}
"""World -> fields of one that is good."""

IN_TIME: dict[str, Any] = {"lag": None, "innovation_sd": None, "drift": -np.eye(3), "diffusion_sd": np.ones(3)}
"""Fields of a good world of panels in continuous time."""

PREDICTED = {"intercept_sd": np.ones(3), "covariates": ("w", "v"), "covariate_effect": np.ones((3, 2))}
"""Fields of a world of panels with covariates."""

LATER = {"intercept_sd": np.ones(3), "distal": ("w", "v"), "distal_sd": np.ones(2), "distal_effect": np.ones((2, 3))}
"""Fields of a world of panels with outcomes after the last wave."""

MEASURED = {"indicators": {"x": ("w", "v")}, "item_sd": np.ones(2), "item_loading": np.ones(2)}
"""Fields of a world of panels whose variables are measured by items."""

Wrong = list[dict[str, Any]]
"""Sets of fields, each of which is the mistake."""


def each(name: str, *values: Any) -> Wrong:
    return [{name: value} for value in values]


def matrices(name: str, **others: Any) -> Wrong:
    broken: tuple[Any, ...] = (
        np.full((3, 3), 2.0), [[1, 1.2, 0], [1.2, 1, 0], [0, 0, 1]], NOT_DEFINITE, np.ones((3, 3)), np.zeros((3, 3)),
        np.eye(3) * 2, [[1, 0.2, 0], [0.1, 1, 0], [0, 0, 1]], np.eye(2), np.ones(3), 0.3, "high", [["a"] * 3] * 3,
        np.eye(3) * NAN, [[1, 0, 0], [0, 1]], {"x": 1.0}, np.eye(3, dtype=bool), np.eye(3, dtype=complex),
    )  # fmt: skip
    return [{name: value, **others} for value in broken]


def vectors(name: str) -> Wrong:
    return each(
        name, (1.0, 1.0), (1.0,) * 4, 1.0, (), "1", ("1", "1", "1"), (1.0, None, 1.0), (1.0, NAN, 1.0),
        (1.0, INF, 1.0), {"x": 1.0}, np.ones((3, 3, 3)), (True, True, True), (1, (1, 2), 3), object(), (1j, 1.0, 1.0),
    )  # fmt: skip


RATES = (-0.1, 1.0, 1.5, NAN, INF, None, "0.1", True, (0.1,), 10**400)
SDS = (-1.0, NAN, INF, None, "1", True, (1.0,), 10**400)
SIZES = ((20, 10), (0, 5), (-5, 5), (5,), (5, 6, 7), (), 5, None, "18", (18.5, 20), ("a", "b"), (True, 2), (NAN, 2),
         {1: 2}, (1, 10**12), (1, 10**400))  # fmt: skip
CUTS = ((1.0, 0.0), (0.0, 0.0), ("a", "b"), ("0", "1"), (0.0, NAN), (0.0, INF), None, 0.5, "01", {0.0: 1.0}, {0.0, 1.0},
        (0.0, None), (0.0, True))  # fmt: skip
NUMBERS_OF_PUPILS = (0, -5, 3, 10**9, 10**400, 60.5, "60", True, NAN, (60,))
NAMES = ("x", None, 3, (3, "y", "z"), ("", "y", "z"), ("x", "x", "z"), (None, "y", "z"), ("x\n", "y", "z"),
         (" ", "y", "z"), (("x",), "y", "z"), {"x": 1, "y": 2, "z": 3}, ("x" * 500, "y", "z"))  # fmt: skip

MISTAKES: dict[str, dict[type, Wrong | None]] = {
    "names": {
        PanelWorld: each("variables", *NAMES, ()),
        TrialWorld: each("outcomes", *NAMES, ()) + each("arms", *NAMES[:-1], (), ("control",)),
        TrajectoryWorld: each("predictors", *NAMES) + each("outcome", "", None, 3, ("y",), "y\n", " "),
    },
    "columns that describe the design": {
        PanelWorld: [{"variables": (name, "y", "z")} for name in ("pupil", "wave", "school", "class")],
        TrialWorld: [{"outcomes": (name, "y", "z"), "baseline": {}}
                     for name in ("pupil", "school", "class", "arm", "girl")]
        + [{"baseline": {"x": name}} for name in ("pupil", "arm", "y")] + [{"baseline": {"x": "a", "y": "a"}}],
        TrajectoryWorld: [{"outcome": name} for name in
                          ("pupil", "wave", "school", "class", "programme", "trajectory", "arm", "x")]
        + [{"predictors": (name, "v", "x")} for name in ("pupil", "programme", "trajectory", "y")],
    },
    "waves": {
        PanelWorld: each("months", (0,), (), (0, 0), (6, 0), (0, NAN), (0, INF), ("a", "b"), ("0", "6"), None, "06", 6),
        TrialWorld: None,  # before and after are no waves
        TrajectoryWorld: each("waves", 0, 1, -2, 3, 2.0, "2", None, NAN, True, 10**400),
    },
    "arrays": {
        PanelWorld: [row for name in ("initial_sd", "innovation_sd", "mean", "intercept_sd", "class_sd", "school_sd",
                                      "measurement_error_sd") for row in vectors(name)]
        + matrices("lag")[7:15] + each("lag", None) + each("initial_sd", None) + each("innovation_sd", None),
        TrialWorld: [row for name in ("effect", "residual_sd", "mean", "class_sd", "school_sd", "baseline_mean")
                     for row in vectors(name)] + each("effect", None) + each("residual_sd", None)
        + [{**row, "girls": 0.5} for name in ("girl_effect", "moderation") for row in vectors(name)]
        + [{**row, "randomised": "class"} for row in vectors("effect_sd")]
        + [{"effect_sd": np.ones(3)}, {"school_sd": np.ones((2, 3)), "randomised": "class"},
           {"class_sd": np.ones((2, 3)), "randomised": "pupil"},
           {"school_corr": np.eye(6), "school_sd": np.ones(3)}],
        TrajectoryWorld: None,  # its courses are lists of numbers, below
    },
    "standard deviations": {
        PanelWorld: [{name: (1.0, -1.0, 1.0)} for name in ("initial_sd", "innovation_sd", "intercept_sd", "class_sd",
                                                           "school_sd", "measurement_error_sd")],
        TrialWorld: [{name: (1.0, -1.0, 1.0)} for name in ("residual_sd", "class_sd", "school_sd")]
        + [{"effect_sd": (1.0, -1.0, 1.0), "randomised": "class"}],
        TrajectoryWorld: [row for name in ("residual_sd", "pupil_sd", "school_sd") for row in each(name, *SDS)],
    },
    "correlations": {
        PanelWorld: [row for name in ("initial", "innovation", "intercept", "class", "school", "measurement_error")
                     for row in matrices(f"{name}_corr", **{f"{name}_sd": np.ones(3)})],
        TrialWorld: [row for name in ("residual", "class", "school")
                     for row in matrices(f"{name}_corr", **{f"{name}_sd": np.ones(3)})]
        + [row for name in ("baseline_corr", "baseline_cluster_corr")
           for row in each(name, 1.1, -1.1, NAN, INF, None, "0.5", True, (0.5,), 10**400)],
        TrajectoryWorld: matrices("predictor_corr"),
    },
    "correlations without standard deviations": {
        PanelWorld: [{f"{name}_corr": np.eye(3)} for name in ("intercept", "class", "school", "measurement_error")],
        TrialWorld: [{f"{name}_corr": np.eye(3)} for name in ("class", "school")],
        TrajectoryWorld: None,  # predictors are standard normal
    },
    "growth of pupils": {
        PanelWorld: [{"slope_sd": np.ones(3), **more} for more in ({}, {"intercept_sd": np.ones(3),
                                                                        "intercept_corr": np.eye(3)})]
        + [{"growth_corr": np.eye(6), **more} for more in ({}, {"intercept_sd": np.ones(3)})]
        + matrices("growth_corr", slope_sd=np.ones(3), intercept_sd=np.ones(3))
        + [{**row, "intercept_sd": np.ones(3)} for row in vectors("slope_sd")]
        + [{"slope_sd": (1.0, -1.0, 1.0), "intercept_sd": np.ones(3)}]
        + [{**row, "intercept_sd": np.ones(3)} for row in vectors("intercept_loading")]
        + [{"intercept_loading": np.ones((2, 3))}, {"intercept_loading": 2 * np.ones((2, 3)),
                                                    "intercept_sd": np.ones(3)}]
        + [{"intercept_loading": np.ones((2, 3)), "intercept_sd": np.ones(3), "slope_sd": np.ones(3)}]
        + matrices("first_lag", lag_2=np.zeros((3, 3)))[7:15] + matrices("lag_2")[7:15] + [{"first_lag": np.eye(3)}]
        + matrices("moving_average")[7:15] + [{"moving_average": np.eye(3), "lag_2": np.eye(3)}]
        + [{"accumulating": True, "first_loading": np.eye(3), "intercept_sd": np.ones(3), "lag_2": np.eye(3)}]
        + [{"accumulating": True, "intercept_sd": np.ones(3)}, {"first_loading": np.eye(3)},
           {"accumulating": True, "intercept_sd": np.ones(3), "first_loading": np.eye(3),
            "intercept_loading": np.ones((2, 3))},
           {"first_loading": np.eye(3), "intercept_sd": np.ones(3)}, {"accumulating": True, "first_loading": np.eye(3)},
           {"accumulating": 2, "first_loading": np.eye(3), "intercept_sd": np.ones(3)},
           {"accumulating": True, "first_loading": np.eye(2), "intercept_sd": np.ones(3)}],
        TrialWorld: None,  # before and after are no course
        TrajectoryWorld: None,  # its courses are those of latent classes
    },
    "a process that has settled": {
        PanelWorld: [{"stationary": True, **row} for row in (
            {}, {"initial_sd": None, "lag": np.eye(3)},
            {"initial_sd": None, "lag": np.eye(3) / 3, "lag_2": np.eye(3) / 9},
            {"initial_sd": None, "initial_corr": 0.5 + 0.5 * np.eye(3), "lag": np.eye(3) / 3})]
        + [{"stationary": 2}, {"initial_sd": None}],
        TrialWorld: None,  # before and after alone
        TrajectoryWorld: None,  # courses are those of latent classes
    },
    "continuous time": {
        PanelWorld: [{**IN_TIME, **row} for row in (
            *vectors("diffusion_sd"), *matrices("diffusion_corr"), *matrices("drift")[7:15], {"diffusion_sd": None},
            {"lag": np.eye(3) / 3}, {"innovation_sd": np.ones(3)}, {"innovation_corr": np.eye(3)},
            {"lag_2": np.eye(3)}, {"moving_average": np.eye(3)}, {"diffusion_sd": (1.0, -1.0, 1.0)},
            {"accumulating": True, "first_loading": np.eye(3), "intercept_sd": np.ones(3)})]
        + [{"drift": -np.eye(3)}, {"diffusion_sd": np.ones(3)}],
        TrialWorld: None,  # before and after alone
        TrajectoryWorld: None,  # courses are those of latent classes
    },
    "covariates": {
        PanelWorld: [{**PREDICTED, **row} for row in each("covariates", *NAMES[:-1], ("w", "w"), ("w", "x"))
                     + each("covariates", ("wave", "v"))
                     + each("covariate_effect", np.ones((3, 3)), np.ones(3), np.ones((2, 3)), 1.0, "1", None,
                            np.full((3, 2), NAN), np.full((3, 2), INF), np.ones((2, 3, 2, 1)))
                     + each("covariate_shares", {"u": 0.5}, {"w": 0}, {"w": 1}, {"w": 1.5}, {"w": NAN}, {"w": None},
                            {"w": "0.5"}, {"w": True}, ("w",), 0.5, {1: 0.5})
                     + each("intercept_sd", None)]
        + [{**PREDICTED, **row} for row in each("covariate_missing", *RATES)]
        + [{"covariates": ("w",)}, {"covariate_effect": np.ones((3, 1))}, {"covariate_shares": {"w": 0.5}}],
        TrialWorld: None,  # it has girls
        TrajectoryWorld: None,  # it has predictors
    },
    "tails": {
        PanelWorld: [*each("tail_df", 2, 2.0, 0, -3, NAN, INF, "5", True, (5,), 10**400),
                     {"tail_df": 5, "measurement_error_sd": np.ones(3)}],
        TrialWorld: None,  # skew says it
        TrajectoryWorld: None,
    },
    "lags that differ between schools": {
        PanelWorld: [*each("lag_school_sd", np.full((3, 3), -0.1), np.ones(3), np.ones((2, 2)), 0.1, "high"),
                     {"lag_school_sd": np.ones((3, 3)), "lag_2": np.zeros((3, 3))}],
        TrialWorld: None,
        TrajectoryWorld: None,
    },
    "outcomes after the last wave": {
        PanelWorld: [{**LATER, **row} for row in each("distal", *NAMES[:-1], ("w", "w"), ("w", "x"), ("wave", "v"))
                     + each("distal_sd", np.ones(3), np.ones((2, 2)), (-1.0, 1.0), (NAN, 1.0), None, 1.0, "1")
                     + each("distal_mean", np.ones(3), (NAN, 1.0), 1.0, "1")
                     + each("distal_effect", np.ones((2, 2)), np.ones(3), np.full((2, 3), INF), "1")
                     + each("distal_deviation_effect", np.ones((3, 2)), np.full((2, 3), NAN), "1")
                     + each("distal_missing", *RATES) + each("intercept_sd", None)]
        + [{"distal": ("w",)}, {"distal_sd": np.ones(1)}, {"distal_mean": np.ones(1)}],
        TrialWorld: None,  # what comes after is all it has
        TrajectoryWorld: None,  # it has none
    },
    "items": {
        PanelWorld: [{**MEASURED, **row} for row in each("indicators", {"x": ("w",)}, {"u": ("w", "v")}, {"x": "wv"},
                        {"x": ("w", "w")}, {"x": ("w", "y")}, {"x": ("w", "wave")}, {"x": None}, ("w", "v"), 3, {})
                     + each("item_sd", np.ones(3), (-1.0, 1.0), (NAN, 1.0), None, 1.0, "1", np.ones((3, 2)))
                     + each("item_loading", np.ones(3), (2.0, 1.0), (1.0, NAN), 1.0, "1", np.ones((3, 2)))
                     + each("item_intercept", np.ones(3), (1.0, INF), 1.0, "1")
                     + each("item_pupil_sd", np.ones(3), (-1.0, 1.0), (NAN, 1.0), 1.0, "1", np.ones((3, 2)))
                     + each("item_class_sd", np.ones(3), (-1.0, 1.0), (INF, 1.0), "1")
                     + each("item_school_sd", np.ones(3), (-1.0, 1.0), "1")]
        + [{"indicators": {"x": ("w", "v")}}, {"item_sd": np.ones(2)}, {"item_loading": np.ones(2)}],
        TrialWorld: None,  # its outcomes are scores
        TrajectoryWorld: None,  # as are its courses
    },
    "schools": {
        PanelWorld: each("schools", 0, -3, 2.5, "4", None, True, NAN, (3,), 10**9, 10**400),
        TrialWorld: each("schools_per_arm", (0, 4), (4, -1), (4,), (4, 4, 4), (), 4, None, "44", (2.5, 4), (NAN, 4),
                         ("a", "b"), (True, 4), (10**9, 10**9), (10**400, 4), {4: 4}),
        TrajectoryWorld: [{"intervention": lambda n=n: arm(schools=n)}
                          for n in (0, -3, 2.5, "4", None, True, NAN, (3,), 61, 10**9)],
    },
    "sizes": {
        PanelWorld: each("classes_per_school", (0, 0), *SIZES) + each("pupils_per_class", *SIZES),
        TrialWorld: each("classes_per_school", *[size for size in SIZES if size is not None])
        + each("pupils_per_class", *SIZES),
        TrajectoryWorld: each("class_sizes", *SIZES[:-2]),  # classes larger than schools are whole schools
    },
    "pupils": {
        PanelWorld: [*each("pupils", *NUMBERS_OF_PUPILS), {"pupils": 27, "schools": 1, "classes_per_school": (1, 3)}],
        TrialWorld: [*each("pupils", *NUMBERS_OF_PUPILS),
                     {"pupils": 41, "schools_per_arm": (1, 1), "classes_per_school": (1, 3),
                      "pupils_per_class": (18, 20)}],
        TrajectoryWorld: [{"intervention": lambda n=n: arm(pupils=n)} for n in (*NUMBERS_OF_PUPILS, None)],
    },
    "probabilities": {
        PanelWorld: each("missing_wave", *RATES) + each("dropout", *RATES),
        TrialWorld: each("missing_outcome", *RATES) + each("missing_baseline", *RATES)
        + each("girls", -0.1, 1.5, NAN, INF, "0.5", True, (0.5,)),
        TrajectoryWorld: each("missing_wave", *RATES) + each("leaves", {1: 1.0}, {1: -0.1}, {1: NAN}, {1: "0.2"},
            {0: 0.2}, {2: 0.2}, {1.5: 0.2}, {"1": 0.2}, {1: None}, None, 0.2, (0.2,), "1", {1: True}),
    },
    "dropout": {
        PanelWorld: each("dropout_slope", 1.0, NAN, INF, None, "1", True)
        + each("dropout_variable", "q", 3, ("x",)) + [{"dropout_slope": 1.0, "dropout": 0.1}],
        TrialWorld: [*each("dropout_slope", 1.0, NAN, INF, None, "1", True),
                     {"dropout_slope": 1.0, "missing_outcome": 0.1, "baseline": {}}],
        TrajectoryWorld: None,  # pupils leave by age
    },
    "categories": {
        PanelWorld: [{"ordinal": {"x": cuts}} for cuts in (*CUTS, ())]
        + each("ordinal", {"q": (0.0,)}, {3: (0.0,)}, None, "x", ["x"], 0.5),
        TrialWorld: [{"ordinal": {"x": cuts}} for cuts in (*CUTS, ())]
        + each("ordinal", {"q": (0.0,)}, {3: (0.0,)}, None, "x", ["x"], 0.5)
        + each("link", "probit", None, 3, ("normal",), np.array(["normal", "logistic"]))
        + [{"events": {"x": wrong}} for wrong in (-0.1, NAN, INF, None, "1", True)]
        + each("events", {"q": 1.0}, {3: 1.0}, None, "x", ["x"])
        + [{"excess_zeros": {"x": 0.2}}, {"events": {"x": 1.0}, "ordinal": {"x": (0.0,)}}]
        + [{"events": {"x": 1.0}, "excess_zeros": {"x": wrong}} for wrong in (-0.1, 1.5, NAN, None, "1")]
        + [{"events": {"x": 1.0}, "residual_sd": np.full(3, 2.0)}],
        TrajectoryWorld: each("cuts", *CUTS) + each("events", -0.1, NAN, INF, "1", True, {"y": 1.0})
        + [{"events": 1.0, "cuts": (0.0,)}, {"excess_zeros": 0.2}]
        + [{"events": 1.0, "excess_zeros": wrong} for wrong in (-0.1, 1.5, NAN, None, "1")],
    },
    "skew": {
        PanelWorld: [{"skew": {"x": k}} for k in (0.0, -1.0, NAN, INF, None, "1", True)]
        + each("skew", {"q": 1.0}, {3: 1.0}, None, "x", ["x"]) + [{"skew": {"x": 1.0}, "ordinal": {"x": (0.0,)}}],
        TrialWorld: None,
        TrajectoryWorld: None,
    },
    "cohorts": {
        PanelWorld: each("cohorts", 0, -1, 3, 1.5, None, "2", True)
        + each("school_years", (0,), (1, 0), (-1, 0), (0.5, 1), ("a", "b"), "01", 3, (NAN, 1), (0, True))
        + [{"cohorts": 2, "school_years": (1, 2)}]
        + each("re_formed_classes", True, 1, "yes", None)
        + [{"re_formed_classes": True, "school_years": (0, 1), "class_sd": np.ones((2, 3))}],
        TrialWorld: None,
        TrajectoryWorld: None,  # `leaves`, above
    },
    "groups of pupils": {
        PanelWorld: [{"groups": wrong} for wrong in (
            {"girl": 1.0}, {"girl": 0.5, "boy": 0.6}, {"girl": 0.0, "boy": 1.0}, {"girl": "0.5", "boy": 0.5}, None, 3,
            {"girl": -0.5, "boy": 1.5}, {"a -> b": 0.5, "c": 0.5}, {"a b": 0.5, "a_b": 0.5}, ["girl", "boy"],
            {3: 0.5, "boy": 0.5}, {"girl": NAN, "boy": 0.5}, {"girl": True, "boy": 0.5}, "girl")]
        + [{"by_group": {"girl": {"mean": np.ones(3)}}}]
        + [{"groups": {"girl": 0.5, "boy": 0.5}, **wrong} for wrong in (
            *each("by_group", {"girls": {}}, None, 3, ["girl"], {"girl": 3}, {"girl": {"means": np.ones(3)}},
                  {"girl": {"mean": np.ones(2)}}, {"girl": {"initial_sd": (1.0, -1.0, 1.0)}}, {"girl": {"schools": 3}},
                  {"girl": {"school_sd": np.ones(3)}}, {"girl": {"intercept_corr": np.eye(3)}}, {3: {}}),
            *each("grouping", "x", "school", "", None, 3, ("sex",), "a\n"))],
        TrialWorld: None,  # arms, and girls
        TrajectoryWorld: None,
    },
    "arms": {
        PanelWorld: None,
        TrialWorld: [*each("randomised", "clas", "School", None, 3, ("school",), np.array(["school", "class"])),
                     {"classes_per_school": None, "class_sd": np.ones(3)},
                     {"classes_per_school": (0, 0), "randomised": "class"},
                     {"randomised": "class", "schools_per_arm": (1,), "classes_per_school": (1, 1)},
                     {"arms": ("a", "b", "c"), "schools_per_arm": (5, 5, 5)}],
        TrajectoryWorld: each("control", "all", 3, {}, ()) + each("intervention", None, "all", 3, {}, ()),
    },
    "pre-tests": {
        PanelWorld: None,
        TrialWorld: [*each("baseline", {"q": "x0"}, {"x": 3}, {"x": ""}, {"x": None}, ["x"], "x", None, {3: "x0"},
                           {"x": " "}, {"x": ["x0"]}),
                     {"baseline": {}, "missing_baseline": 0.1}, {"baseline": {}, "baseline_mean": np.zeros(3)}],
        TrajectoryWorld: None,
    },
    "girls": {
        PanelWorld: None,
        TrialWorld: each("girl_effect", np.ones(3)) + each("moderation", np.ones(3)),
        TrajectoryWorld: None,
    },
    "courses": {
        PanelWorld: None,
        TrialWorld: None,
        TrajectoryWorld: [{"intervention": lambda c=c: arm(courses=c)}
                          for c in ((), None, "low", ("low",), 3, (course(),), [[course()]])]
        + [{"intervention": lambda k=k, v=v: arm(courses=(Course("low", 0.0, (0.0, 0.0)), course(**{k: v})))}
           for k, values in {
               "name": ("low", "", None, 3, "a\n"),
               "log_odds": (NAN, INF, None, "1", True),
               "mean": ((1.0,), (1.0, NAN), (1.0, INF), (1.0, None), ("a", "b"), None, "12", 1.0, {1: 2.0}),
               "effects": ({"q": 1.0}, {"x": NAN}, {"x": None}, {"x": "1"}, None, ["x"], {3: 1.0}),
           }.items() for v in values],
    },
    "true or false": {
        PanelWorld: None,
        TrialWorld: None,
        TrajectoryWorld: each("symmetric", None, "yes", 1, 0.0),
    },
}  # fmt: skip
"""Mistake -> world -> fields that make it; None: the world has no such field."""
