"""How often classes are found, and a continuum is said, where there is one, three classes, or courses that vary within.

Results are in docs/calibration.md. Searches for maxima begin at few starts, so that a study takes minutes.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import bayespanel as bp
from bayespanel.families.trajectories import maxima as searching
from bayespanel.families.trajectories.against_continuum import CLEAR
from bayespanel.families.trajectories.continuum import continuum
from bayespanel.families.trajectories.fit_rows import DIFFER
from bayespanel.families.trajectories.maxima import highest
from bayespanel.families.trajectories.scores_alone import scores_alone
from bayespanel.families.trajectories.statistics import data_for
from bayespanel.families.trajectories.within import within
from tests.families.trajectories.continuum_worlds import one_continuum, three_classes
from tests.families.trajectories.tables import wide_panel

pytestmark = pytest.mark.slow

TIMES = (0.0, 1.0, 2.0, 3.0, 4.0)
MOST = 5
"""Classes at most."""

SETS = 20
"""Data sets of a world in which numbers of classes are compared."""

EFFECT = 0.5
"""True log odds ratio of the first class against the second, per SD of a predictor."""

SAMPLES = 19
"""Samples of each data set that is weighed: the least with which a p value reaches .05."""

Scores = Callable[[int], np.ndarray]


def spec_of(ordered: bool, classes: int = 3, **more: object) -> bp.Trajectories:
    return bp.Trajectories("y", classes=classes, times=TIMES, link="logit" if ordered else "identity", **more)  # type: ignore[arg-type]


def continuum_differences(spec: bp.Trajectories, scores: np.ndarray) -> dict[int, float]:
    """BIC of each number of classes less that of one continuum."""
    rows = data_for(spec, wide_panel(scores))
    out = {}
    for number in range(1, MOST + 1):
        alone, own = scores_alone(spec.with_classes(number), rows)
        logl, vector = highest(alone, own)
        out[number] = np.log(own.n_pupils) * len(vector) - 2 * logl - continuum(alone, own).bic
    return out


@pytest.mark.parametrize(
    ("ordered", "pupils", "world", "random", "least"),
    [
        (False, 500, lambda seed: one_continuum(seed, 500, ordered=False), "none", 0.9),
        (True, 1000, lambda seed: one_continuum(seed, 1000, ordered=True), "none", 0.9),
        (False, 500, lambda seed: three_classes(seed, 500, ordered=False)[0], "none", -0.9),
        (True, 1000, lambda seed: three_classes(seed, 1000, ordered=True)[0], "none", -0.9),
        (False, 500, lambda seed: three_classes(seed, 500, ordered=False, within=0.5)[0], "none", -0.7),
        (False, 500, lambda seed: three_classes(seed, 500, ordered=False, within=0.5)[0], "intercept", -0.9),
        (True, 1000, lambda seed: three_classes(seed, 1000, ordered=True, within=0.5)[0], "none", -0.7),
    ],
    ids=["normal", "ordered", "classes", "ordered classes", "SD .5", "SD .5, random intercept", "ordered, SD .5"],
)
def test_a_continuum_is_said_where_there_is_one(
    ordered: bool, pupils: int, world: Scores, random: str, least: float, capsys: pytest.CaptureFixture[str]
) -> None:
    """`least`: share of data sets in which a continuum is not excluded, or, below 0, in which classes are said."""
    chosen, gaps, zeros = [], [], []
    for seed in range(SETS):
        scores = world(seed)
        found = continuum_differences(spec_of(ordered, random=random), scores)
        best = min(found, key=found.__getitem__)
        chosen.append(best)
        gaps.append(min(found[number] for number in range(2, MOST + 1)))
        zeros.append(float((scores == 0).mean()))
    gap = np.array(gaps)
    with capsys.disabled():
        print(
            f"\nordered={ordered} pupils={pupils} random={random} zeros={np.mean(zeros):.2f}: BIC chose "
            f"{np.bincount(chosen)[1:]} (1, 2, ... classes); continuum clearly better {np.mean(gap > CLEAR):.2f}, "
            f"open {np.mean(np.abs(gap) <= CLEAR):.2f}, classes {np.mean(gap < -CLEAR):.2f}; "
            f"difference {gap.min():.0f} to {gap.max():.0f}"
        )
    assert np.mean(gap > -CLEAR if least > 0 else gap < -CLEAR) >= abs(least)


@pytest.mark.parametrize(
    ("ordered", "pupils", "sd", "sets"),
    [
        (False, 1000, 0.0, 40),
        (False, 1000, 0.25, 40),
        (False, 1000, 0.5, 40),
        (True, 3000, 0.0, 20),
        (True, 3000, 0.5, 20),
        (True, 3000, 1.0, 20),
    ],
)
def test_courses_that_differ_within_classes_are_seen(
    ordered: bool,
    pupils: int,
    sd: float,
    sets: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in (("STARTS", 8), ("FINISHED", 2), ("OWN", 4), ("FOLLOWED", 1)):
        monkeypatch.setattr(searching, name, value)
    """Intervals of an odds ratio are counted for Gaussian scores; ordered ones have few distinct rows without x."""
    z, estimates, errors, sds = [], [], [], []
    spec = spec_of(ordered, predictors=() if ordered else ("x",))
    for seed in range(sets):
        scores, x = three_classes(seed, pupils, ordered=ordered, within=sd, effect=0.0 if ordered else EFFECT)
        rows = data_for(spec, wide_panel(scores, **({} if ordered else {"x": x})))
        tested = within(spec, rows)
        assert tested is not None
        z.append(tested.z)
        sds.append(tested.sd)
        if not ordered:
            effect = bp.maximum_likelihood(spec, rows).estimates["membership_effect"].values[:, 0]
            estimates.append(effect[0] - effect[1])
            errors.append(_error(spec, rows))
    covered = np.abs(np.array(estimates) - EFFECT) <= 1.96 * np.array(errors)
    with capsys.disabled():
        print(
            f"\nordered={ordered} pupils={pupils} SD={sd}: z {np.mean(z):.2f} (SD {np.std(z):.2f}), look "
            f"{np.mean(np.array(z) > DIFFER):.3f}, SD by one step {np.mean(sds):.2f}"
            + (
                f"; log odds ratio {EFFECT}: mean {np.mean(estimates):.3f}, 95 % interval covers {np.mean(covered):.3f}"
                if estimates
                else ""
            )
        )
    if sd == 0:
        assert np.mean(np.array(z) > DIFFER) <= 0.1
    if sd >= 0.5 and not ordered:
        assert np.mean(np.array(z) > DIFFER) >= 0.9


def _error(spec: bp.Trajectories, rows: bp.PanelRows) -> float:
    """Standard error of the log odds ratio of the first class against the second."""
    from bayespanel.families.trajectories.plan import plan
    from bayespanel.families.trajectories.unbounded_vector import sizes

    layout, top = plan(spec, rows), searching.maxima(spec, rows).summit
    direction = np.zeros(len(top.vector))
    free = len(top.vector) - sizes(spec, layout)["logit"]
    # Logits are contrasts [class, free] times free values [free, 1 + regressor].
    difference = layout.contrasts[0] - layout.contrasts[1]
    direction[free:] = np.outer(difference, [0.0, 1.0 / layout.x_sd[0]]).ravel()
    return float(np.sqrt(direction @ top.covariance @ direction))


@pytest.mark.parametrize(
    ("ordered", "pupils", "is_continuum", "sets"),
    [(False, 300, True, 10), (False, 300, False, 10), (True, 500, True, 5), (True, 500, False, 5)],
)
def test_samples_weigh_classes_against_a_continuum(
    ordered: bool, pupils: int, is_continuum: bool, sets: int, capsys: pytest.CaptureFixture[str]
) -> None:
    verdicts = []
    for seed in range(sets):
        world = one_continuum if is_continuum else lambda *args, **more: three_classes(*args, **more)[0]
        panel = wide_panel(world(seed, pupils, ordered=ordered))
        found = bp.continuum(spec_of(ordered), panel, seed=seed, samples=SAMPLES, progress=False)
        verdicts.append(found.verdict)
    counts = {name: verdicts.count(name) for name in ("classes", "continuum", "undecided", "neither")}
    with capsys.disabled():
        print(f"\nordered={ordered} pupils={pupils} continuum={is_continuum}: {counts}")
    assert counts["classes" if is_continuum else "continuum"] <= max(1, 0.2 * sets)
