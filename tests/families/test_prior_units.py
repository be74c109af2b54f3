"""Priors say the same in other units and for variables in another order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pymc as pm
import pytensor
import pytest

import bayespanel as bp
from bayespanel.families.panel import nulls
from bayespanel.families.panel.draws import posterior
from bayespanel.families.panel.pathways import pathways
from bayespanel.inference.prior import prior_free
from bayespanel.summaries.nulls import location_at_zero
from tests.plain import PLAIN

UNITS = {"v0": 100.0, "v1": 0.01, "age": 365.25, "score": 15.0, "likes": 1.0}
"""What each variable is multiplied by."""

Values = Mapping[str, np.ndarray]


def rows(model: pm.Model) -> Callable[[Values], dict[str, float]]:
    """Log-densities of a model's priors by name, at values of its free variables."""
    terms = {rv.name: model.logp(vars=[rv], jacobian=False, sum=True) for rv in model.free_RVs}
    held = [model.rvs_to_values[rv] for rv in model.free_RVs]
    function = pytensor.function(held, list(terms.values()), mode=PLAIN, on_unused_input="ignore")

    def at(values: Values) -> dict[str, float]:
        found = function(*[_held(model, rv, values[rv.name]) for rv in model.free_RVs])
        return dict(zip(terms, map(float, found), strict=True))

    return at


def _held(model: pm.Model, rv: Any, value: np.ndarray) -> np.ndarray:
    transform = model.rvs_to_transforms[rv]
    if transform is None:
        return value
    return np.log(value) if transform.name == "log" else np.log(value) - np.log1p(-value)


def assert_same_but_for_units(one: pm.Model, other: pm.Model, mapped: Callable[[str, np.ndarray], np.ndarray]) -> None:
    """The densities of corresponding points differ by the same at all points: by the change of variables."""
    free = prior_free(one, draws=6, seed=3)
    first, second = rows(one), rows(other)
    gaps: dict[str, list[float]] = {}
    for draw in range(6):
        point = {name: value[0, draw] for name, value in free.items()}
        before, after = first(point), second({name: mapped(name, value) for name, value in point.items()})
        for name in before:
            gaps.setdefault(name, []).append(after[name] - before[name])
    for name, found in gaps.items():
        np.testing.assert_allclose(found, found[0], atol=1e-7, err_msg=name)


def in_other_units(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(**{name: frame[name] * unit for name, unit in UNITS.items() if name in frame})


@pytest.mark.parametrize("lags", ["equal", "free"])
@pytest.mark.parametrize("effects", ["stable", "by_wave"])
def test_priors_of_a_panel_say_the_same_in_other_units(lags: str, effects: str) -> None:
    spec = bp.RICLPM(("v0", "v1"), levels=("pupil", "school"), lags=lags, cluster_effects=effects, covariates=("age",))
    given, other = (_panel(changed) for changed in (False, True))
    unit = np.array([UNITS["v0"], UNITS["v1"]])
    sizes = {"lag": unit[:, None] / unit, "covariate_effect": unit[:, None] / UNITS["age"], "mean": unit}

    def mapped(name: str, value: np.ndarray) -> np.ndarray:
        if name.endswith("_partial"):
            return value
        return value * sizes.get(name, np.tile(unit, 4) if value.shape[-1] == 8 else unit)

    assert_same_but_for_units(bp.build(spec, given), bp.build(spec, other), mapped)


def _panel(changed: bool) -> bp.Panel:
    frame = panel_frame()
    return bp.Panel.from_long(
        in_other_units(frame) if changed else frame,
        pupil="pupil", wave="wave", variables=["v0", "v1"], school="school", covariates=["age"],
    )  # fmt: skip


def panel_frame(stable: float = 1.0) -> pd.DataFrame:
    """Eighty pupils in six schools at four waves; `stable` is the SD of v0 between pupils."""
    rng, pupils, waves = np.random.default_rng(4), 80, 4
    scores = rng.normal(size=(pupils, 1, 2)) * [stable, 1.0] + rng.normal(size=(pupils, waves, 2)).cumsum(1)
    return pd.DataFrame(
        {
            "pupil": np.repeat(np.arange(pupils), waves),
            "wave": np.tile(np.arange(1, waves + 1), pupils),
            "school": np.repeat(np.arange(pupils) % 6, waves),
            "age": np.repeat(rng.normal(10, 1, pupils), waves),
            "v0": scores[:, :, 0].ravel(),
            "v1": scores[:, :, 1].ravel(),
        }
    )


@pytest.mark.parametrize(("outcome", "link"), [("score", "identity"), ("likes", "logit")])
def test_priors_of_a_trial_say_the_same_in_other_units(outcome: str, link: str) -> None:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(
        {
            "pupil": np.arange(160),
            "school": np.arange(160) % 8,
            "arm": np.where(np.arange(160) % 8 < 4, "control", "programme"),
            "age": rng.choice([9.0, 10.0, 11.0, 12.5], 160),
            "score": rng.normal(50, 10, 160),
            "likes": rng.integers(0, 3, 160),
        }
    )
    spec = bp.ClusterTrial((outcome,), levels=("pupil", "school"), link=link, covariates=("age",), moderators=("age",))
    unit, age = UNITS[outcome], UNITS["age"]
    sizes = {"covariate_effect": unit / age, "moderation": unit / age}

    def mapped(name: str, value: np.ndarray) -> np.ndarray:
        return value if name.endswith(("_partial", "_standard")) else value * sizes.get(name, unit)

    models = [
        bp.build(
            spec,
            bp.Trial.from_frame(
                table, pupil="pupil", arm="arm", control="control", outcomes=[outcome], school="school",
                randomised="school", covariates=["age"],
            ),
        )
        for table in (frame, in_other_units(frame))
    ]  # fmt: skip
    assert_same_but_for_units(*models, mapped)


def test_the_prior_of_lags_is_the_same_in_both_directions_whatever_is_stable() -> None:
    """And the Bayes factor's prior density is that of the draws on which it is taken."""
    data = bp.Panel.from_long(panel_frame(stable=9), pupil="pupil", wave="wave", variables=["v0", "v1"]).moments()
    spec = bp.RICLPM(("v0", "v1"))
    free = prior_free(bp.build(spec, data), draws=4000, seed=1)
    draws = pathways(spec, posterior(spec, data, free))
    found = nulls.nulls(spec, data, draws)
    for name in ("v0 -> v1", "v1 -> v0", "v0 -> v0"):
        at = list(draws["pathway"].values).index(name)
        assert found.scale[at] == "initial"
        assert found.log_prior[at] == pytest.approx(location_at_zero(spec.prior("lag")))
        assert float(draws["initial"][0, :, at].std()) == pytest.approx(0.5, rel=0.05)


def test_a_row_may_count_as_it_did_before() -> None:
    data = _panel(False).moments()
    row = bp.Prior("lag", "Normal", (0, 0.5), scale="total")
    spec = bp.RICLPM(("v0", "v1"), priors=(row,))
    free = prior_free(bp.build(spec, data), draws=4000, seed=1)
    ratio = data.scale[:, None] / data.scale
    np.testing.assert_allclose(free["lag"][0].std(0), 0.5 * ratio, rtol=0.05)
