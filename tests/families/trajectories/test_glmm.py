"""One class of ordered scores and of numbers of events, against maximum likelihood by R's ordinal, MASS, pscl and lme4.

The numbers and their recipe: tests/known_answers/trajectories_glmm.csv.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

import bayespanel as bp
from bayespanel.families.trajectories.plan import plan
from bayespanel.families.trajectories.statistics import data_for
from bayespanel.families.trajectories.unbounded_vector import objective
from tests.families.trajectories.glmm_table import table

KNOWN = pd.read_csv(Path(__file__).parents[2] / "known_answers" / "trajectories_glmm.csv")
MODELS: dict[str, tuple[str, dict[str, Any]]] = {
    "ordered": ("ordered", {"link": "logit"}),
    "ordered with intercepts": ("ordered", {"link": "logit", "random": "intercept"}),
    "counts": ("counts", {"link": "log"}),
    "counts with zeros": ("zeros", {"link": "log", "zero_inflated": True}),
}


def known(model: str) -> dict[str, float]:
    rows = KNOWN[KNOWN["model"] == model]
    return dict(zip(rows["name"], rows["estimate"], strict=True))


def panel_of(name: str) -> bp.Panel:
    return bp.Panel.from_long(table(name), pupil="pupil", wave="wave", variables=["y"])


@pytest.mark.parametrize("name", MODELS)
def test_maximum_likelihood_is_that_of_other_programs(name: str) -> None:
    data, options = MODELS[name]
    found = bp.maximum_likelihood(bp.Trajectories("y", classes=1, **options), panel_of(data))
    here = {"log_likelihood": found.log_likelihood}
    here |= dict(zip(("level", "slope"), found.estimates["growth"].values[0], strict=True))
    errors = dict(zip(("level", "slope"), found.standard_errors["growth"].values[0], strict=True))
    if "threshold" in found.estimates:
        here["gap"] = float(found.estimates["threshold"][1])
    for short, value in {"random_sd": "random_sd", "zero_inflation": "zero_inflation"}.items():
        if value in found.estimates:
            here[short] = float(found.estimates[value].values.ravel()[0])
    if "rate_cv" in found.estimates:
        here["dispersion"] = float(found.estimates["rate_cv"]) ** 2
    answer = known(name)
    assert answer.keys() == here.keys()
    assert here["log_likelihood"] == pytest.approx(answer["log_likelihood"], abs=1e-5)
    for key, value in answer.items():
        assert here[key] == pytest.approx(value, abs=1e-3 * errors.get(key, 0.1)), key


def test_random_intercepts_of_counts_are_those_of_adaptive_quadrature() -> None:
    """The dispersion is held: lme4 seeks it with an approximation alone."""
    answer = known("counts with intercepts (dispersion held)")
    spec = bp.Trajectories("y", classes=1, link="log", random="intercept")
    rows = data_for(spec, panel_of("counts"))
    layout = plan(spec, rows)
    function, held = objective(spec, layout), 0.5 * np.log(answer["dispersion"])

    def negative(free: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = function(np.append(free, held))
        return -value, -gradient[:3]

    found = minimize(negative, [0.0, 0.0, 0.5], jac=True, method="L-BFGS-B", options={"ftol": 1e-14, "gtol": 1e-8}).x
    assert found[0] + layout.centre == pytest.approx(answer["level"], abs=1e-4)  # a thousandth of a standard error
    assert found[1] == pytest.approx(answer["slope"], abs=1e-4)
    assert abs(found[2]) == pytest.approx(answer["random_sd"], abs=1e-4)
