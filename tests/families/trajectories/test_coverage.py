"""Do intervals of odds ratios cover at their rate, and those after hard assignment less?

Slow: run with `make slow`; results are recorded in docs/calibration.md.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from bayespanel import Panel, Trajectories, simulate
from bayespanel.families.trajectories.build import build, held, start
from bayespanel.families.trajectories.maxima import maxima
from bayespanel.families.trajectories.plan import plan
from bayespanel.families.trajectories.statistics import data_for
from bayespanel.families.trajectories.unbounded_vector import unpack, weights
from bayespanel.families.trajectories.worlds import PREDICTORS, persistent_victims
from bayespanel.inference.nuts import sample
from bayespanel.inference.posterior import Posterior, compile_posterior
from bayespanel.inference.settings import Sampling, Settings
from bayespanel.inference.whiten import whitened, whitening
from bayespanel.likelihood.kernels import latent_class_rows

WORLDS = 50
NORMAL_95 = 1.6448536269514722
Array = NDArray[np.float64]


def one_step(spec: Trajectories, panel: Panel, seed: int, compiled: Posterior | None) -> tuple[Array, Posterior]:
    """90 % intervals [predictor, 2] of log odds ratios, persistent against decreasing."""
    rows = data_for(spec, panel)
    model, begin = build(spec, rows), start(spec, rows)
    posterior = compile_posterior(model, begin) if compiled is None else compiled.with_data(model, begin)
    coordinates = whitening(posterior, held(spec))
    tree = sample(
        whitened(posterior, coordinates),
        len(posterior.start),
        Settings(Sampling(draws=400, tune=300, target_accept=0.9), seed, cores=2),
    )
    free = posterior.constrain(coordinates.points(tree["posterior"].to_dataset()["z"].values))
    # Classes are in order at the start, and well apart: no label changed in any of these worlds.
    logit = np.einsum("kf,cdfp->cdkp", plan(spec, rows).contrasts, free["membership_effect_free"])
    odds = (logit[:, :, 0] - logit[:, :, 1]).reshape(-1, len(PREDICTORS))
    return np.quantile(odds, [0.05, 0.95], axis=0).T, posterior


def hard(spec: Trajectories, panel: Panel) -> Array:
    """The published way: classes without predictors, each pupil to its likeliest, logistic regression, Wald's 90 %."""
    rows = data_for(spec, panel)
    alone = replace(spec, predictors=(), levels=("pupil",))
    bare = data_for(alone, panel)
    layout = plan(alone, bare)
    values = unpack(alone, layout, maxima(alone, bare).vectors[0])
    full = plan(spec, rows)
    place = full.place.copy()
    place[:, 1] = 0
    _, post = latent_class_rows(
        full.phi, np.ones((len(place), 1)), place, layout.allowed, weights(np, alone, layout, values), values.logit,
        np.zeros((1, layout.classes)),
    )  # fmt: skip
    likeliest = post.argmax(axis=1)
    here = likeliest < 2
    x, y, n = full.x[here], (likeliest[here] == 0).astype(float), full.place[here, 3]

    def negative(b: Array) -> tuple[float, Array]:
        eta = x @ b
        return float(n @ (np.logaddexp(0, eta) - y * eta)), x.T @ (n * (expit(eta) - y))

    b = minimize(negative, np.zeros(x.shape[1]), jac=True, method="BFGS").x
    p = expit(x @ b)
    error = np.sqrt(np.diag(np.linalg.inv((x * (n * p * (1 - p))[:, None]).T @ x)))
    return np.stack([b - NORMAL_95 * error, b + NORMAL_95 * error], axis=1)[1:]


@pytest.mark.slow
@pytest.mark.parametrize("ordinal", [True, False], ids=["ordinal", "gaussian"])
def test_true_odds_ratios_lie_in_90_percent_intervals(ordinal: bool, capsys: pytest.CaptureFixture[str]) -> None:
    world = persistent_victims(ordinal=ordinal, control=False)
    spec = Trajectories(
        "victimisation",
        classes=("persistent", "decreasing", "low"),
        times=(0, 5, 12, 17, 24),
        predictors=PREDICTORS,
        levels=("pupil", "school"),
        link="logit" if ordinal else "identity",
    )
    compiled: Posterior | None = None
    covered = {way: np.zeros((WORLDS, len(PREDICTORS)), bool) for way in ("one step", "hard")}
    bias = {way: np.zeros((WORLDS, len(PREDICTORS))) for way in covered}
    for seed in range(WORLDS):
        frame = simulate(world, seed)
        panel = Panel.from_long(
            frame, pupil="pupil", wave="wave", variables=["victimisation"], school="school", covariates=PREDICTORS
        )
        sd = panel.covariates.std(axis=0)
        truth = np.array([world.log_odds_ratio(name, "persistent", "decreasing") for name in PREDICTORS]) * sd
        found, compiled = one_step(spec, panel, seed, compiled)
        for way, intervals in (("one step", found), ("hard", hard(spec, panel))):
            covered[way][seed] = (intervals[:, 0] <= truth) & (truth <= intervals[:, 1])
            bias[way][seed] = (intervals.mean(axis=1) - truth) * np.sign(truth)
        if seed % 10 == 9:
            with capsys.disabled():
                print(
                    f"\n{seed + 1} worlds: {[covered[way][: seed + 1].mean().round(3) for way in covered]}", flush=True
                )
    with capsys.disabled():
        for way in covered:
            times = dict(zip(PREDICTORS, covered[way].sum(axis=0).tolist(), strict=True))
            print(f"\n{way}: covered of {WORLDS}: {times}, all {covered[way].mean():.3f}; mean error outwards "
                  f"{bias[way].mean():+.3f}")  # fmt: skip
    assert covered["one step"].mean() >= 43 / 50
    assert covered["hard"].mean() < covered["one step"].mean()
