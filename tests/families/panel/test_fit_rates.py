"""How often the rows of fit speak: of models that are right, and of realities that they are not (slow)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from bayespanel import RICLPM, Panel
from bayespanel.families.panel.fit_rows import fit_rows, likelihood_ratios
from bayespanel.families.panel.lifting import Own
from bayespanel.families.panel.statistics import data_for, statistics
from bayespanel.families.panel.structure import structure
from bayespanel.inference.compiled import Compiled
from bayespanel.inference.settings import Sampling, Settings
from bayespanel.verbs.fitting import sampled
from tests.families.panel import realities

pytestmark = pytest.mark.slow

DESIGNS = {"200 pupils, 3 waves": (200, 3, 0), "405 pupils, 4 waves, 20 schools": (405, 4, 20)}


def spec_of(schools: int) -> RICLPM:
    return RICLPM(variables=("x", "y"), levels=("pupil", "school") if schools else ("pupil",))


def ratios_of(spec: RICLPM, panel: Panel) -> dict[str, tuple[float, float]]:
    """p and RMSEA of each likelihood ratio; where the search starts does not matter, so no posterior is drawn."""
    moments = data_for(spec, panel)
    model = structure(spec, moments)
    start = model.start()
    fitted = Own(model, statistics(spec, moments), start, 0.01 * np.eye(len(start)), start[None])
    return {name: (one.test.p, one.test.rmsea) for name, one in likelihood_ratios(spec, moments, fitted)}


@pytest.mark.parametrize("design", DESIGNS)
def test_models_that_are_right_seldom_raise_an_alarm(design: str) -> None:
    pupils, waves, schools = DESIGNS[design]
    spec, memory, found = spec_of(schools), Compiled(), []
    for seed in range(100):
        moments = data_for(spec, realities.panel(seed, pupils, waves, schools=schools))
        settings = Settings(Sampling(draws=400, tune=300, chains=2, target_accept=0.9), seed, cores=1)
        posterior = sampled(spec, moments, settings, compiled=memory).groups["posterior"]
        found.append({row.check: row.state for row in fit_rows(spec, posterior, moments)})
    states = pd.DataFrame(found)
    print(f"\n{design}\n{states.apply(pd.Series.value_counts).fillna(0).astype(int).T}")
    # A row that speaks in 1 of 100 data sets does so in at most 5 of these 100 with probability .999; the posterior
    # predictive one, of 1 in 20 at most, in at most 12.
    assert not (states == "FAILED").to_numpy().any()
    speaks = (states != "ok").sum()
    assert (speaks.drop("absolute fit, posterior predictive p") <= 5).all()
    assert speaks["absolute fit, posterior predictive p"] <= 12


SEEN = 40
"""Data sets of each reality."""

WRONG: dict[str, dict[str, float]] = {
    "lags .1 apart from their middle": {"apart": 0.1},
    "lags .2 apart": {"apart": 0.2},
    "shocks of schools, 2 % of the variance": {"shock_sd": 0.2},
    "shocks of schools, 5 % of the variance": {"shock_sd": 0.33},
    "growth, slope SD .15": {"slope_sd": 0.15},
    "growth, slope SD .3": {"slope_sd": 0.3},
    "carry-over over two waves, .2": {"second": 0.2},
    "measurement error, as large as what varies within pupils": {"error_sd": 1.0},
}


@pytest.mark.parametrize(("pupils", "waves", "schools"), [(405, 4, 20), (1000, 4, 40)])
def test_what_the_rows_see_and_what_they_do_not(pupils: int, waves: int, schools: int) -> None:
    spec, out = spec_of(schools), {}
    for name, reality in WRONG.items():
        panels = (realities.panel(seed, pupils, waves, schools=schools, **reality) for seed in range(SEEN))
        found = [ratios_of(spec, panel) for panel in panels]
        p = pd.DataFrame([{row: one[row][0] for row in one} for one in found])
        size = np.median([one["pupil"][1] for one in found])
        out[name] = {**(p < 0.01).mean().to_dict(), **(p < 0.001).mean().add_suffix(" .001").to_dict(), "RMSEA": size}
    table = pd.DataFrame(out).T
    print(f"\n{pupils} pupils, {waves} waves, {schools} schools\n{table.round(3).to_string()}")
    assert table.loc["shocks of schools, 5 % of the variance", "school"] > 0.95
    assert table.loc["measurement error, as large as what varies within pupils", "pupil"] < 0.06
    if pupils >= 1000:
        assert table.loc["lags .2 apart", "lags"] > 0.8
