"""When an option of a panel model matters: realities that it was made for, with it and without it.

By hand, and recorded in docs/calibration.md: python -m tests.families.panel.study_realities 200 800 > realities.csv

In each reality x moves y and y does not move x. Pupils are drawn in numpy without a look at the package, and so is the
whole population of them. Models are fitted by maximum likelihood, whose intervals are those of a posterior with flat
priors; where errors are estimated, whose maximum often lies on the boundary, by a posterior with the default priors.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.linalg import expm
from scipy.stats import norm

import bayespanel as bp
from bayespanel.families.panel.statistics import data_for, statistics
from bayespanel.families.panel.structure import structure
from bayespanel.inference.maximum_likelihood import maximise
from tests.families.panel.realities import LAG, TOGETHER, scores

WAVES = 5
DRIFT = np.array([[-0.2, 0.0], [0.05, -0.2]])
"""[target, source], per month."""

APART = np.array([[1.0, 0.4], [0.4, 1.0]])
"""Covariance of the stable parts."""

GROUPS = ("girl", "boy")
NINETY = norm.ppf(0.95)
MANY = 2000
"""Pupils, or more, for which the population stands: so many that no maximum is in doubt."""

SAMPLING = bp.Sampling(draws=500, tune=400, chains=2, sampler="nuts")

Array = np.ndarray
Draw = Callable[[Any, int], Array]
"""Random numbers and pupils -> scores [pupil, wave, variable], linear in the numbers."""


@dataclass(frozen=True)
class Reality:
    """A way in which pupils change.

    Attributes
    ----------
    draws
        What draws the scores of the pupils, of each group its own.
    options
        Of the model that was made for it, beside those of the plain one.
    lags : [interval, target, source] or [group, interval, target, source]
        True lags.
    months
        When waves take place, where they are not equally spaced.
    posterior
        Whether the model with the option is fitted by a posterior instead of maximum likelihood.
    """

    draws: tuple[Draw, ...]
    options: dict[str, Any]
    lags: Array
    months: tuple[float, ...] | None = None
    posterior: bool = False


def wrong(**how: Any) -> tuple[Draw]:
    """Return what draws scores of `realities.scores` with a departure from the plain model."""
    return (lambda rng, pupils: scores(rng, pupils, WAVES, **how),)


def with_error(shares: tuple[float, float], corr: float = 0.0) -> tuple[Draw]:
    """Return what draws scores with occasion errors: shares of the observed variance, and their correlation."""

    def draw(rng: Any, pupils: int) -> Array:
        true = scores(rng, pupils, WAVES)
        share = np.array(shares)
        sd = np.sqrt(2.0 * share / (1.0 - share))  # true scores have a variance of about 2
        root = np.linalg.cholesky(np.array([[1.0, corr], [corr, 1.0]])).T
        return true + rng.normal(size=true.shape) @ root * sd

    return (draw,)


def over_months(months: tuple[float, ...]) -> tuple[Draw]:
    """Return what draws scores of a process in time, in steps of a twentieth of a month."""

    def draw(rng: Any, pupils: int) -> Array:
        root, step = np.linalg.cholesky(TOGETHER).T, 0.05
        stable = rng.normal(size=(pupils, 1, 2)) @ np.linalg.cholesky(APART).T
        now = rng.normal(size=(pupils, 2)) @ root
        seen, keep, arrives = [now], np.eye(2) + DRIFT * step, np.sqrt(0.4 * step)
        for gap in np.diff(months):
            for _ in range(round(gap / step)):
                now = now @ keep.T + arrives * rng.normal(size=(pupils, 2)) @ root
            seen.append(now)
        return stable + np.stack(seen, axis=1)

    return (draw,)


def by_interval(lags: Array) -> Draw:
    """Return what draws scores whose lags [interval, target, source] are those given."""

    def draw(rng: Any, pupils: int) -> Array:
        root = np.linalg.cholesky(TOGETHER).T
        stable = rng.normal(size=(pupils, 1, 2)) @ np.linalg.cholesky(APART).T
        process = [rng.normal(size=(pupils, 2)) @ root]
        for lag in lags:
            process.append(process[-1] @ lag.T + np.sqrt(0.85) * rng.normal(size=(pupils, 2)) @ root)
        return stable + np.stack(process, axis=1)

    return draw


EQUAL = np.tile(LAG, (WAVES - 1, 1, 1))
GAPS = {"0/3/12/15/24": (0.0, 3.0, 12.0, 15.0, 24.0), "0/1/12/13/24": (0.0, 1.0, 12.0, 13.0, 24.0)}
ALTERNATING = np.stack([LAG + np.array([[0.1, 0.0], [0.1, 0.1]]) * (-1) ** t for t in range(1, WAVES)])
OF_GROUPS = np.stack([EQUAL + np.array([[0.0, 0.0], [apart, 0.0]]) for apart in (0.1, -0.1)])
STARTS = {"error": "equal", "innovations": "equal"}
REALITIES = {
    "growth that differs, SD .10 per wave": Reality(wrong(slope_sd=0.10), {"slopes": True}, EQUAL),
    "growth that differs, SD .15 per wave": Reality(wrong(slope_sd=0.15), {"slopes": True}, EQUAL),
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
    "lags that alternate": Reality((by_interval(ALTERNATING),), {"lags": "free"}, ALTERNATING),
    "stable differences that grow by .4": Reality(wrong(drift=0.4), {"loadings": "free"}, EQUAL),
    "order 2, .2 over two waves": Reality(wrong(second=0.2), {"order": 2}, EQUAL),
    "groups with other lags": Reality(tuple(map(by_interval, OF_GROUPS)), {"groups": "sex"}, OF_GROUPS),
    "error, .2 of both": Reality(with_error((0.2, 0.2)), STARTS, EQUAL, posterior=True),
    "error, .4 of both": Reality(with_error((0.4, 0.4)), STARTS, EQUAL, posterior=True),
    "error, .4 of x": Reality(with_error((0.4, 0.0)), STARTS, EQUAL, posterior=True),
    "error, .2 of both, correlated .5": Reality(
        with_error((0.2, 0.2), 0.5), {**STARTS, "error_correlated": True}, EQUAL, posterior=True
    ),
}
"""Name -> reality."""

COLUMNS = (
    *("reality", "model", "way", "samples", "no maximum"),
    *("covered x -> y", "false y -> x", "covered carry-over", "contrast x -> y", "contrast y -> x"),
    *(f"{what} {lag}" for what in ("bias", "population") for lag in ("x -> y", "y -> x", "carry-over")),
)
"""Of the table: intervals of 90 %, mean errors, and mean errors where the moments are those of the population."""


@dataclass
class OneNumberEach:
    """In place of random numbers: of the numbers from which pupil i is drawn, the i-th is 1 and the rest are 0."""

    used: int = field(default=0)

    def normal(self, size: tuple[int, ...]) -> Array:
        """Return the next numbers of every pupil, who come first in the shape."""
        pupils, each = size[0], int(np.prod(size[1:]))
        out = np.zeros((pupils, each))
        here = np.arange(self.used, min(self.used + each, pupils))
        out[here, here - self.used] = 1.0
        self.used += each
        return out.reshape(size)


def population(draw: Draw) -> Array:
    """Return pupils whose means are 0 and whose covariance is that of all pupils who could be drawn, exactly."""
    counting = OneNumberEach()
    draw(counting, 1)
    each = np.sqrt(counting.used) * draw(OneNumberEach(), counting.used)
    return np.tile(np.concatenate([each, -each]), (-(-MANY // (2 * counting.used)), 1, 1))


def data(groups: list[Array], months: tuple[float, ...] | None) -> bp.Moments:
    """Return the scores of the pupils of each group as moments."""
    y = np.concatenate(groups)
    several: dict[str, Any] = {}
    if len(groups) > 1:
        group = np.repeat(np.arange(len(groups)), [len(one) for one in groups])
        several = {"group": group, "group_names": GROUPS, "grouping": "sex"}
    pupils = np.arange(len(y)).astype(object)
    times = None if months is None else np.array(months)
    panel = bp.Panel(y, tuple("12345"), ("x", "y"), pupils, np.zeros((len(y), 0)), times=times, **several)
    return panel.moments()


def by_maximum(spec: bp.RICLPM, moments: bp.Moments) -> Array | None:
    """Return estimates and standard errors [2, group, interval, target, source] of lags or drift; None: no maximum."""
    model, read = structure(spec, data_for(spec, moments)), statistics(spec, data_for(spec, moments))
    found = maximise(model, read)
    if not found.verdict.converged:
        return None
    name = "drift" if spec.time == "continuous" else "lag"
    names = [f"{name}[{label}]" for label in GROUPS] if spec.groups else [name]
    of_both = []
    for vector in (found.vector, found.errors()):
        arrays = [np.asarray(model.named(vector)[one][1]) for one in names]
        of_both.append([array if array.ndim == 3 else array[None] for array in arrays])
    return np.array(of_both)


def by_posterior(spec: bp.RICLPM, moments: bp.Moments, seed: int) -> Array:
    """Return mean and both limits of 90 % [3, 1, 1, target, source] of equal lags."""
    lag = bp.fit(spec, moments, seed=seed, sampling=SAMPLING, progress=False).posterior["lag"]
    limits = [lag.quantile(share, ("chain", "draw")).values for share in (0.05, 0.95)]
    return np.stack([lag.mean(("chain", "draw")).values, *limits])[:, None, None]


def truth_of(reality: Reality, spec: bp.RICLPM) -> Array:
    """Return what the estimates of a model are held against [group, interval, target, source]."""
    if spec.time == "continuous":
        return DRIFT[None, None]
    lags = reality.lags if reality.lags.ndim == 4 else reality.lags[None]
    return lags[:, 1:] if spec.order == 2 else lags


def judged(reality: Reality, moments: bp.Moments, options: dict[str, Any], seed: int) -> dict[str, float] | None:
    """Return mean errors, and how many of the intervals hold the truth; None without a maximum."""
    spec = bp.RICLPM(("x", "y"), **options)
    truth, apart = truth_of(reality, spec), {}
    if reality.posterior and options:
        mean, low, high = by_posterior(spec, moments, seed)
    else:
        found = by_maximum(spec, moments)
        if found is None:
            return None
        mean, error = found
        low, high = mean - NINETY * error, mean + NINETY * error
        if spec.groups:  # all of both groups is free, so that their estimates are independent
            of_contrast = np.abs(np.diff(mean - truth, axis=0)) <= NINETY * np.hypot(*error)
            apart = {"contrast x -> y": of_contrast[..., 1, 0].mean(), "contrast y -> x": of_contrast[..., 0, 1].mean()}
    inside = (low <= truth) & (truth <= high)
    away = mean - truth
    return {
        "covered x -> y": inside[..., 1, 0].mean(),
        "bias x -> y": away[..., 1, 0].mean(),
        "false y -> x": 1.0 - inside[..., 0, 1].mean(),
        "bias y -> x": away[..., 0, 1].mean(),
        "covered carry-over": inside[..., [0, 1], [0, 1]].mean(),
        "bias carry-over": away[..., [0, 1], [0, 1]].mean(),
        **apart,
    }


def in_population(reality: Reality, options: dict[str, Any]) -> dict[str, float]:
    """Return what the mean errors are where the moments are those of the population."""
    spec = bp.RICLPM(("x", "y"), **options)
    found = by_maximum(spec, data([population(draw) for draw in reality.draws], reality.months))
    away = np.full((2, 2), np.nan) if found is None else (found[0] - truth_of(reality, spec)).mean(axis=(0, 1))
    return dict(
        zip(
            ("population x -> y", "population y -> x", "population carry-over"),
            (away[1, 0], away[0, 1], away.diagonal().mean()),
            strict=True,
        )
    )


def study(name: str, samples: int, pupils: int, seed: int = 2026) -> pd.DataFrame:
    """Return a row for the model with the option and one for the plain model: coverage, bias and false positives."""
    reality, rows = REALITIES[name], []
    size = pupils // len(reality.draws)
    for label, options in (("with the option", reality.options), ("plain", {})):
        rng, known = np.random.default_rng(seed), []
        for number in range(samples):
            moments = data([draw(rng, size) for draw in reality.draws], reality.months)
            known.append(judged(reality, moments, options, number))
        found = [one for one in known if one is not None]
        way = "posterior" if reality.posterior and options else "maximum"
        row = {"reality": name, "model": label, "way": way, "samples": samples, "no maximum": samples - len(found)}
        rows.append(row | pd.DataFrame(found).mean().to_dict() | in_population(reality, options))
    return pd.DataFrame(rows, columns=COLUMNS)


@pytest.mark.slow
@pytest.mark.parametrize("name", REALITIES)
def test_intervals_cover_with_the_option(name: str) -> None:
    row = study(name, 100, 800).set_index("model").loc["with the option"]
    assert 0.80 <= row["covered x -> y"] <= 0.98  # 100 samples: .85 to .95, and two Monte Carlo errors of .03
    assert row["false y -> x"] <= 0.20


def main() -> None:
    """Print a table, line by line as the realities are done."""
    samples, pupils, *names = sys.argv[1:]
    for number, one in enumerate(names or REALITIES):
        found = study(one, int(samples), int(pupils))
        print(found.round(4).to_csv(index=False, header=number == 0), end="", flush=True)


if __name__ == "__main__":
    main()
