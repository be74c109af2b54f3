"""Another program's EM of a public data set, and posteriors with flat priors beside it.

The pupils' scores are not ours to pass on, so these are slow tests, run by hand where the data are::

    BAYESPANEL_KNOWN_DATA=<folder with plas_depression_boxcox.csv> make slow ARGS=tests/families/trajectories
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import bayespanel as bp
from tests.known_answers.make import HERE, plas

FOLDER = os.environ.get("BAYESPANEL_KNOWN_DATA")
ANSWERS = pd.read_csv(HERE / "trajectories_em.csv")
COURSE = {"i": (1, 1, 1, 1, 1, 1), "step": (0, 1, 1, 1, 1, 1), "s": (0, 0, 1, 2, 3, 4)}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(FOLDER is None, reason="BAYESPANEL_KNOWN_DATA does not name the folder of the original data"),
]


def spec_of(classes: int, **fields: object) -> bp.Trajectories:
    return bp.Trajectories("depression", classes=classes, growth=COURSE, residual="by_wave", **fields)


def answers(classes: int) -> tuple[pd.Series, np.ndarray, np.ndarray, np.ndarray]:
    """Whole-model numbers; growth [class, coefficient], shares [class] and variances [wave], highest class first."""
    rows = ANSWERS[ANSWERS["classes"] == classes]
    whole = rows[rows["class"].isna()].set_index("parameter")["est"]
    table = rows.dropna(subset="class").pivot(index="class", columns="parameter", values="est")
    growth = table[list(COURSE)].to_numpy()
    order = np.argsort(-(growth @ np.array(list(COURSE.values()))).mean(axis=1))
    variances = whole[[f"resid_var_{t}" for t in range(1, 7)]].to_numpy()
    return whole, growth[order], table["proportion"].to_numpy()[order], variances


@pytest.fixture(scope="module")
def panel() -> bp.Panel:
    return plas(Path(str(FOLDER)))


@pytest.mark.parametrize("classes", sorted(ANSWERS["classes"].unique()))
def test_the_best_maximum_is_that_of_the_other_program(panel: bp.Panel, classes: int) -> None:
    whole, growth, share, variances = answers(classes)
    found = bp.maximum_likelihood(spec_of(classes), panel)
    assert found.log_likelihood == pytest.approx(whole["logLik"], abs=1e-3)
    assert found.n_parameters == whole["npar"]
    assert found.bic == pytest.approx(whole["BIC"], abs=2e-3)
    assert found.entropy == pytest.approx(whole["entropy"], abs=1e-3)
    np.testing.assert_allclose(found.estimates["share"], share, atol=5e-4)
    np.testing.assert_allclose(found.estimates["growth"], growth, atol=5e-4)
    np.testing.assert_allclose(found.estimates["residual_sd"] ** 2, variances, atol=5e-4)


@pytest.mark.parametrize("classes", [2, 3])
def test_flat_priors_give_its_estimates_within_their_errors(
    panel: bp.Panel, classes: int, capsys: pytest.CaptureFixture[str]
) -> None:
    flat = [
        bp.Prior("growth_level", "Normal", (0, 30)),
        bp.Prior("growth_change", "Normal", (0, 30)),
        bp.Prior("residual_sd", "HalfNormal", (30,)),
        bp.Prior("membership_intercept", "Normal", (0, 10)),
    ]
    spec = spec_of(classes, priors=flat)
    _, growth, share, _ = answers(classes)
    error = bp.maximum_likelihood(spec, panel).standard_errors
    posterior = bp.fit(spec, panel, seed=1, progress=False).posterior
    for name, estimate in (("growth", growth), ("share", share)):
        mean = posterior[name].mean(("chain", "draw")).values
        off = np.abs(mean - estimate) / error[name].values
        with capsys.disabled():
            print(f"\n{classes} classes, {name}: at most {off.max():.2f} standard errors", flush=True)
        assert off.max() < 1
