"""Does the model find what was put in? Slow: run with `make slow`; results are recorded in docs/calibration.md."""

from __future__ import annotations

import numpy as np
import pytest

from bayespanel import RICLPM, Panel
from bayespanel.families.panel.build import build, start
from bayespanel.families.panel.simulate import simulate
from bayespanel.families.panel.statistics import data_for
from bayespanel.families.panel.worlds import small_triangle
from bayespanel.inference.nuts import sample
from bayespanel.inference.posterior import compile_posterior
from bayespanel.inference.settings import Sampling, Settings
from bayespanel.inference.whiten import whitened, whitening

WORLDS = 100


@pytest.mark.slow
def test_90_percent_intervals_of_the_lags_cover_the_truth_at_their_rate(capsys: pytest.CaptureFixture[str]) -> None:
    world = small_triangle()
    truth = np.asarray(world.lag)
    spec = RICLPM(variables=world.variables, levels=("pupil", "class", "school"))
    compiled = None
    covered = np.zeros((WORLDS, *truth.shape), bool)
    errors = np.zeros(covered.shape)
    for seed in range(WORLDS):
        frame = simulate(world, seed)
        panel = Panel.from_long(
            frame, pupil="pupil", wave="wave", variables=world.variables, classroom="class", school="school"
        )
        moments = data_for(spec, panel)
        model, begin = build(spec, moments), start(spec, moments)
        posterior = compile_posterior(model, begin) if compiled is None else compiled.with_data(model, begin)
        compiled = compiled or posterior
        coordinates = whitening(posterior)
        tree = sample(
            whitened(posterior, coordinates),
            len(posterior.start),
            Settings(Sampling(draws=500, tune=300), seed, cores=2),
        )
        lag = posterior.constrain(coordinates.points(tree["posterior"].to_dataset()["z"].values))["lag"]
        low, high = np.quantile(lag, [0.05, 0.95], axis=(0, 1))
        covered[seed] = (low <= truth) & (truth <= high)
        errors[seed] = (lag.mean((0, 1)) - truth) / lag.std((0, 1))
    hits = covered.sum(0)
    with capsys.disabled():
        print(f"\ncovered of {WORLDS}, target by source:\n{hits}\nall lags: {covered.mean():.3f}")
        print(f"mean error in posterior SDs:\n{errors.mean(0).round(2)}")
    # Of 100 intervals of 90 %, 83 to 96 is where 98 % of the counts of a calibrated model lie.
    assert hits.min() >= 83
    assert hits.max() <= 96
