"""Student-t tails against a plain PyMC model of the same data, written without a look at the package; about 2 minutes.

Effects of classes are explicit there, and the scores of a pupil one multivariate Student-t. `python -m
tests.families.panel.test_tails_plain` prints means and standard deviations of both.
"""

from __future__ import annotations

import numpy as np
import pymc as pm
import pytensor.tensor as pt
import pytest

import bayespanel as bp
from bayespanel.families.door import family_of
from bayespanel.families.panel.world import PanelWorld

NAMES = ("x", "y")
SPEC = bp.RICLPM(NAMES, levels=("pupil", "class"), innovations="equal", means="equal", tails="student")


def panel() -> bp.Panel:
    """Return 160 pupils in 10 classes at three waves, with no missing scores."""
    world = PanelWorld(
        variables=NAMES,
        months=(0, 6, 12),
        lag=np.array([[0.3, 0.0], [0.2, 0.3]]),
        initial_sd=np.ones(2),
        innovation_sd=np.full(2, 0.9),
        intercept_sd=np.ones(2),
        class_sd=np.full(2, 0.4),
        schools=10,
        classes_per_school=(1, 1),
        pupils_per_class=(16, 16),
        tail_df=4.0,
    )
    return family_of(SPEC).truth.observed(SPEC, world, bp.simulate(world, 11))


def plain(data: bp.Panel) -> pm.Model:
    """Return the model in PyMC's own words: waves first, then variables."""
    scores = data.values  # [pupil, wave, variable]
    scale = data.moments().scale  # what priors count in
    centre = scores.reshape(-1, 2).mean(axis=0)
    classes = np.asarray(data.classroom)

    def correlated(name: str, sd: object) -> object:
        r = 2 * pm.Beta(f"{name}_r", 2, 2) - 1  # LKJ with shape 2, of two variables
        return pt.stack([pt.stack([sd[0] ** 2, r * sd[0] * sd[1]]), pt.stack([r * sd[0] * sd[1], sd[1] ** 2])])

    with pm.Model() as model:
        mean = pm.Normal("mean", centre, 5 * scale, shape=2)
        initial_sd = pm.HalfNormal("initial_sd", scale, shape=2)
        innovation_sd = pm.HalfNormal("innovation_sd", scale, shape=2)
        intercept_sd = pm.HalfNormal("intercept_sd", scale, shape=2)
        class_sd = pm.HalfNormal("class_sd", 0.5 * scale, shape=2)
        lag = pm.Normal("lag", 0, 0.5 * initial_sd[:, None] / initial_sd[None, :], shape=(2, 2))
        initial, innovation = correlated("initial", initial_sd), correlated("innovation", innovation_sd)
        intercept, between = correlated("intercept", intercept_sd), correlated("class", class_sd)
        variances = [initial]
        for _ in range(2):
            variances.append(lag @ variances[-1] @ lag.T + innovation)
        blocks = [[None] * 3 for _ in range(3)]
        for s in range(3):
            moved = variances[s]
            for t in range(s, 3):
                blocks[t][s] = moved + intercept
                blocks[s][t] = blocks[t][s].T
                moved = lag @ moved
        whole = pt.concatenate([pt.concatenate(row, axis=1) for row in blocks], axis=0)
        z = pm.Normal("z", shape=(10, 2))
        effects = z @ pt.linalg.cholesky(between).T
        df = pm.Deterministic("tail_df", 2 + pm.Exponential("beyond", scale=28))
        around = pt.tile(mean + effects[classes], (1, 3))
        pm.MvStudentT("scores", nu=df, mu=around, scale=whole * (df - 2) / df, observed=scores.reshape(len(scores), 6))
    return model


def both() -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]:
    """Return mean and SD of each parameter by the package, then by PyMC."""
    data = panel()
    ours = bp.fit(SPEC, data, seed=1, progress=False, sampling=bp.Sampling(draws=2000, tune=500)).posterior
    with plain(data):
        theirs = pm.sample(1000, tune=1000, chains=2, cores=2, random_seed=1, progressbar=False).posterior
    out = {}
    for name in ("lag", "mean", "initial_sd", "innovation_sd", "intercept_sd", "class_sd", "tail_df"):
        each = [one[name].values.reshape(-1, *one[name].shape[2:]) for one in (ours, theirs)]
        out[name] = (each[0].mean(axis=0), each[0].std(axis=0), each[1].mean(axis=0), each[1].std(axis=0))
    return out


@pytest.mark.slow
def test_a_plain_model_says_the_same() -> None:
    for name, (mean, sd, other, spread) in both().items():
        assert (np.abs(mean - other) < 0.15 * spread).all(), name
        assert (np.abs(np.log(sd / spread)) < 0.15).all(), name


if __name__ == "__main__":
    for name, row in both().items():
        print(name, *(np.round(np.ravel(each), 3) for each in row), sep="\n  ")
