"""Is every option of panel models calibrated? Ranks of true values drawn from the priors, at reduced size.

By hand, and recorded in docs/calibration.md: python -m tests.families.panel.study_options REPLICATES TABLE [OPTION ...]

Each line of TABLE is an option: how many quantities were ranked, how many leave their 95 % band, and the smallest p.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import bayespanel as bp
from bayespanel.families.panel.world import PanelWorld
from tests.families.ranks import add_lines, line

ITEMS = {"x": ("x1", "x2", "x3"), "y": ("y1", "y2", "y3")}
SCHOOLS = ("pupil", "school")
BY_PUPIL: dict[str, Any] = {"pupils": 200, "schools": 10, "classes_per_school": (1, 1), "pupils_per_class": (20, 20)}
BY_SCHOOL: dict[str, Any] = {"pupils": 400, "schools": 20, "classes_per_school": (2, 2), "pupils_per_class": (10, 10)}
OPTIONS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "continuous time": ({"time": "continuous", "innovations": "equal"}, {"months": (0, 5, 12, 17)}),
    "settled at the first wave": ({"initial": "stationary", "innovations": "equal"}, {}),
    "order 2": ({"order": 2}, {}),
    "slopes": ({"slopes": True}, {}),
    "free loadings of intercepts": ({"loadings": "free"}, {}),
    "occasion errors": ({"error": "equal", "innovations": "equal"}, {}),
    "unit effects that accumulate": ({"accumulating": True}, {}),
    "moving averages": ({"moving_average": "own", "accumulating": True, "innovations": "equal"}, {}),
    "groups": ({"groups": "sex", "free": ("mean", "lag")}, {"groups": {"girl": 0.5, "boy": 0.5}, "grouping": "sex"}),
    "stable covariates": ({"covariates": ("z",), "covariate_effects": "stable"}, {}),
    "missing covariates": (
        {"covariates": ("z",), "covariate_effects": "stable", "missing_covariates": "modelled"},
        {"covariate_missing": 0.3},
    ),
    "an outcome after the last wave": ({"distal": {"grade": "both"}}, {}),
    "items": ({"indicators": ITEMS, "invariance": "scalar"}, {}),
    "single items": ({"indicators": ITEMS, "levels": SCHOOLS, "item_effects": ("pupil", "school")}, BY_SCHOOL),
    "common shrinkage": ({"shrinkage": "common"}, {}),
    "classes formed anew": (
        {"levels": ("pupil", "class", "school")},
        {**BY_SCHOOL, "school_years": (0, 0, 1, 1), "re_formed_classes": True},
    ),
    "ordered scores": (
        {"levels": SCHOOLS, "innovations": "equal", "ordered": ("x", "y")},
        {**BY_SCHOOL, "ordinal": {"x": (0.0, 1.0, 2.0), "y": (0.0,)}},
    ),
    "Student-t tails": ({"levels": SCHOOLS, "innovations": "equal", "tails": "student"}, BY_SCHOOL),
    "a path that varies": ({"levels": SCHOOLS, "varying": ("x -> y",)}, BY_SCHOOL),
}
"""Name -> options of the model, and fields of the design."""

SAMPLING = bp.Sampling(draws=250, tune=250, chains=2, sampler="nuts")
PRIORS = {
    "covariate_effect": bp.Prior("covariate_effect", "Normal", (0, 1), scale="raw"),
    "distal_mean": bp.Prior("distal_mean", "Normal", (0, 2), scale="raw"),
    "distal_effect": bp.Prior("distal_effect", "Normal", (0, 1), scale="raw"),
    "distal_deviation_effect": bp.Prior("distal_deviation_effect", "Normal", (0, 1), scale="raw"),
    "distal_sd": bp.Prior("distal_sd", "HalfNormal", (1,), scale="raw"),
}
"""Rows that count in standard deviations of data, which calibration has none of: in raw units instead."""

ORDERED = (
    bp.Prior("mean", "Normal", (0, 0.7)),
    bp.Prior("lag", "Normal", (0, 0.3)),
    bp.Prior("threshold_gap", "HalfNormal", (1,), scale="raw"),
)
"""Rows under which every category is chosen by some of the pupils."""


def design(fields: dict[str, Any]) -> PanelWorld:
    """Return a world whose sizes, waves and missing scores are those of the study; its parameters are drawn anew."""
    return PanelWorld(
        **{
            "variables": ("x", "y"),
            "months": (0, 1, 2, 3),
            "lag": 0.2 * np.eye(2),
            "initial_sd": np.ones(2),
            "innovation_sd": np.ones(2),
            "missing_wave": 0.1,
            **BY_PUPIL,
            **fields,
        }
    )


def model(options: dict[str, Any]) -> bp.RICLPM:
    """Return the model with an option, and priors whose units are known before the data."""
    if "ordered" in options:
        return bp.RICLPM(("x", "y"), **options, priors=ORDERED)
    spec = bp.RICLPM(("x", "y"), **options)
    rows = [PRIORS[row.parameter] for row in spec.default_priors() if row.parameter in PRIORS]
    return bp.RICLPM(("x", "y"), **options, priors=tuple(rows if options.keys() & {"distal", "covariates"} else ()))


def ranked(name: str, replicates: int) -> dict[str, Any]:
    """Return a line of the table."""
    options, fields = OPTIONS[name]
    return line(name, model(options), design(fields), replicates, SAMPLING)


if __name__ == "__main__":
    add_lines(OPTIONS, ranked)
