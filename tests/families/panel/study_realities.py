"""When an option of a panel model matters: realities that it was made for, with it and without it.

By hand, and recorded in docs/calibration.md: python -m tests.families.panel.study_realities 200 800

In each reality x moves y and y does not move x. Pupils are drawn in numpy without a look at the package; models are
fitted by maximum likelihood, whose intervals are those of a posterior with flat priors.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.linalg import expm
from scipy.stats import norm

import bayespanel as bp
from bayespanel.families.panel.statistics import data_for, regressed_lags, statistics
from bayespanel.families.panel.structure import structure
from bayespanel.inference.maximum_likelihood import maximise
from tests.families.panel.realities import LAG, TOGETHER, scores

WAVES = 5
DRIFT = np.array([[-0.2, 0.0], [0.05, -0.2]])
"""[target, source], per month."""

Array = np.ndarray
NINETY = norm.ppf(0.95)


@dataclass(frozen=True)
class Reality:
    """A way in which pupils change.

    Attributes
    ----------
    draw
        Random numbers and pupils -> scores [pupil, wave, variable].
    options
        Of the model that was made for it, beside those of the plain one.
    lags : [interval, target, source]
        True lags.
    months
        When waves take place, where they are not equally spaced.
    """

    draw: Callable[[np.random.Generator, int], Array]
    options: dict[str, Any]
    lags: Array
    months: tuple[float, ...] | None = None


def wrong(**how: Any) -> Callable[[np.random.Generator, int], Array]:
    """Return what draws scores of `realities.scores` with a departure from the plain model."""
    return lambda rng, pupils: scores(rng, pupils, WAVES, **how)


def with_error(shares: tuple[float, float], corr: float = 0.0) -> Callable[[np.random.Generator, int], Array]:
    """Return what draws scores with occasion errors: shares of the observed variance, and their correlation."""

    def draw(rng: np.random.Generator, pupils: int) -> Array:
        true = scores(rng, pupils, WAVES)
        share = np.array(shares)
        sd = np.sqrt(2.0 * share / (1.0 - share))  # true scores have a variance of about 2
        root = np.linalg.cholesky(np.array([[1.0, corr], [corr, 1.0]])).T
        return true + rng.normal(size=true.shape) @ root * sd

    return draw


def over_months(months: tuple[float, ...]) -> Callable[[np.random.Generator, int], Array]:
    """Return what draws scores of a process in time, in steps of a twentieth of a month."""

    def draw(rng: np.random.Generator, pupils: int) -> Array:
        root, step = np.linalg.cholesky(TOGETHER).T, 0.05
        stable = rng.normal(size=(pupils, 1, 2)) @ np.linalg.cholesky(np.array([[1.0, 0.4], [0.4, 1.0]])).T
        now = rng.normal(size=(pupils, 2)) @ root
        seen, keep, arrives = [now], np.eye(2) + DRIFT * step, np.sqrt(0.4 * step)
        for gap in np.diff(months):
            for _ in range(round(gap / step)):
                now = now @ keep.T + arrives * rng.normal(size=(pupils, 2)) @ root
            seen.append(now)
        return stable + np.stack(seen, axis=1)

    return draw


EQUAL = np.tile(LAG, (WAVES - 1, 1, 1))
GAPS = {"0/3/12/15/24": (0.0, 3.0, 12.0, 15.0, 24.0), "0/1/12/13/24": (0.0, 1.0, 12.0, 13.0, 24.0)}
ALTERNATING = np.stack([LAG + np.array([[0.1, 0.0], [0.1, 0.1]]) * (-1) ** t for t in range(1, WAVES)])
REALITIES = {
    "growth that differs, SD .10 per wave": Reality(wrong(slope_sd=0.10), {"slopes": True}, EQUAL),
    "growth that differs, SD .15 per wave": Reality(wrong(slope_sd=0.15), {"slopes": True}, EQUAL),
    "error, .2 of both": Reality(with_error((0.2, 0.2)), {"error": "equal"}, EQUAL),
    "error, .4 of both": Reality(with_error((0.4, 0.4)), {"error": "equal"}, EQUAL),
    "error, .4 of x": Reality(with_error((0.4, 0.0)), {"error": "equal"}, EQUAL),
    "error, .2 of both, correlated .5": Reality(
        with_error((0.2, 0.2), 0.5), {"error": "equal", "error_correlated": True}, EQUAL
    ),
    "known reliability .8 of both": Reality(with_error((0.2, 0.2)), {"reliability": {"x": 0.8, "y": 0.8}}, EQUAL),
    **{
        f"months {name}": Reality(
            over_months(months),
            {"time": "continuous", "innovations": "equal"},
            np.stack([expm(DRIFT * gap) for gap in np.diff(months)]),
            months,
        )
        for name, months in GAPS.items()
    },
    "lags that alternate": Reality(lambda rng, pupils: alternating(rng, pupils), {"lags": "free"}, ALTERNATING),
    "stable differences that grow by .4": Reality(wrong(drift=0.4), {"loadings": "free"}, EQUAL),
    "order 2, .2 over two waves": Reality(wrong(second=0.2), {"order": 2}, EQUAL),
}
"""Name -> reality."""


def alternating(rng: np.random.Generator, pupils: int) -> Array:
    """Draw scores whose lags differ between one interval and the next."""
    root = np.linalg.cholesky(TOGETHER).T
    stable = rng.normal(size=(pupils, 1, 2)) @ np.linalg.cholesky(np.array([[1.0, 0.4], [0.4, 1.0]])).T
    process = [rng.normal(size=(pupils, 2)) @ root]
    for lag in ALTERNATING:
        process.append(process[-1] @ lag.T + np.sqrt(0.85) * rng.normal(size=(pupils, 2)) @ root)
    return stable + np.stack(process, axis=1)


def data(y: Array, months: tuple[float, ...] | None) -> bp.Moments:
    """Return scores as moments."""
    n = len(y)
    flat = y.reshape(n, -1)
    cov = np.cov(flat.T, bias=True)
    return bp.Panel.from_summary(
        mean=flat.mean(axis=0), cov=cov, n=n, variables=["x", "y"], waves="12345", times=months, divisor="n"
    )


def judged(reality: Reality, moments: bp.Moments, options: dict[str, Any]) -> dict[str, tuple[float, bool]] | None:
    """Return, for x -> y and y -> x, the mean error and whether the interval holds the truth; None where none is."""
    spec = bp.RICLPM(("x", "y"), **options)
    model, read = structure(spec, data_for(spec, moments)), statistics(spec, moments)
    found = maximise(model, read, [structure(spec, moments, regressed_lags(spec, moments)).start()])
    if not found.verdict.converged:
        return None
    name, truth = ("drift", DRIFT[None]) if options.get("time") == "continuous" else ("lag", reality.lags)
    if options.get("order") == 2:
        truth = truth[1:]
    est, se = (np.asarray(model.named(vector)[name][1]) for vector in (found.vector, found.errors()))
    est, se = (array if array.ndim == 3 else array[None] for array in (est, se))
    inside = np.abs(est - truth) <= NINETY * se
    away = est - truth
    return {
        "x -> y": (float(away[:, 1, 0].mean()), float(inside[:, 1, 0].mean())),
        "y -> x": (float(away[:, 0, 1].mean()), float(inside[:, 0, 1].mean())),
    }


def study(name: str, samples: int, pupils: int, seed: int = 2026) -> pd.DataFrame:
    """Return a row for the model with the option and one for the plain model: coverage, bias and false positives."""
    reality, rows = REALITIES[name], []
    for label, options in (("with the option", reality.options), ("plain", {})):
        rng = np.random.default_rng(seed)
        each = [judged(reality, data(reality.draw(rng, pupils), reality.months), options) for _ in range(samples)]
        known = [one for one in each if one is not None]
        if not known:
            continue
        cover = {path: np.mean([one[path][1] for one in known]) for path in ("x -> y", "y -> x")}
        bias = {path: np.mean([one[path][0] for one in known]) for path in ("x -> y", "y -> x")}
        rows.append(
            (name, label, cover["x -> y"], bias["x -> y"], 1 - cover["y -> x"], bias["y -> x"], samples - len(known))
        )
    columns = ["reality", "model", "covered x -> y", "bias x -> y", "false y -> x", "bias y -> x", "no maximum"]
    return pd.DataFrame(rows, columns=columns)


@pytest.mark.slow
@pytest.mark.parametrize("name", REALITIES)
def test_intervals_cover_with_the_option(name: str) -> None:
    row = study(name, 100, 800).set_index("model").loc["with the option"]
    assert 0.80 <= row["covered x -> y"] <= 0.98  # 100 samples: .85 to .95, and two Monte Carlo errors of .03
    assert row["false y -> x"] <= 0.20


if __name__ == "__main__":
    SAMPLES, PUPILS = int(sys.argv[1]), int(sys.argv[2])
    for one in sys.argv[3:] or REALITIES:
        print(study(one, SAMPLES, PUPILS).to_string(index=False), flush=True)
