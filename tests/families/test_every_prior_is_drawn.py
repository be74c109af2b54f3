"""A truth is drawn from every row of priors that a model has: one left out would be calibrated against itself at 0."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import bayespanel as bp
from bayespanel.families.door import Spec, family_of
from bayespanel.families.panel.prior_world import prior_world
from bayespanel.families.trajectories.worlds import PREDICTORS, persistent_victims
from bayespanel.families.trial.worlds import small_trial
from bayespanel.language import prior_draws
from tests.families.panel.study_options import OPTIONS, design, model

CLASSES = bp.Trajectories("victimisation", classes=3, predictors=PREDICTORS, arm="programme", link="logit",
                          categories=(0, 1, 2, 3, 4), levels=("pupil", "school"))  # fmt: skip
COUNTS = replace(CLASSES, link="log", categories=(), priors=(bp.Prior("growth_level", "Normal", (0, 1), scale="raw"),))
OUTCOMES = small_trial().outcomes
CASES: dict[str, tuple[Spec, Any]] = {
    **{f"panel, {name}": (model(options), design(fields)) for name, (options, fields) in OPTIONS.items()},
    "classes": (CLASSES, persistent_victims(ordinal=True, schools=9)),
    "classes, random intercepts": (replace(CLASSES, random="intercept"), persistent_victims(ordinal=True, schools=9)),
    "classes, counts": (
        replace(COUNTS, zero_inflated=True, random="intercept"),
        persistent_victims(ordinal=True, schools=9),
    ),
    **{
        f"trial, {link}": (bp.ClusterTrial(OUTCOMES, link=link, zero_inflated=link == "log"), small_trial())
        for link in ("logit", "probit", "log")
    },
    "trial": (bp.ClusterTrial(OUTCOMES), small_trial()),
    "trial, effects that vary": (
        bp.ClusterTrial(OUTCOMES[:1], levels=("pupil", "class", "school"), varying_effects="correlated"),
        replace(small_trial(), randomised="class"),
    ),
}
UNDRAWN = {"covariate_mean", "covariate_sd", "covariate_corr"}
"""Rows of how covariates are spread that are modelled: worlds have one way, and these have no truth."""

OTHERWISE = {"panel, common shrinkage": {"lag"}}
"""Rows whose numbers are used without `drawn`: of lags whose spread is drawn itself."""


@pytest.mark.parametrize("name", CASES)
def test_every_row_is_drawn(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    spec, world = CASES[name]
    used: set[str] = set()
    for function in (prior_draws.drawn, prior_draws.drawn_correlation):

        def recording(row: bp.Prior, *given: Any, _function: Any = function, **named: Any) -> Any:
            used.add(row.parameter)
            return _function(row, *given, **named)

        for module in list(sys.modules.values()):
            if getattr(module, "__name__", "").startswith("bayespanel") and function.__name__ in vars(module):
                monkeypatch.setattr(module, function.__name__, recording)
    room: Any = family_of(spec)
    room.prior_world.prior_world(spec, world, np.random.default_rng(1), 1)
    assert {row.parameter for row in spec.default_priors()} - used <= UNDRAWN | OTHERWISE.get(name, set())


def test_what_no_world_has_is_refused() -> None:
    spec = bp.RICLPM(("x", "y"), levels=("pupil", "school"), varying=("x -> y",), moderators={"x -> y": ("fees",)})
    with pytest.raises(bp.SpecError, match="schools have no properties"):
        prior_world(spec, CASES["panel, a path that varies"][1], np.random.default_rng(1))
