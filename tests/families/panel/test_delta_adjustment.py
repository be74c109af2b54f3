"""Missing scores that are shifted: against the same model in pupils whose scores were shifted by hand, and refusals."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import bayespanel as bp
from bayespanel.catalogue.spec_records import spec_to_dict
from bayespanel.families.panel.components import coordinates
from bayespanel.families.panel.delta_adjustment import _Seen, adjusted, shifts
from bayespanel.families.panel.leave_out import points_by_group
from bayespanel.families.panel.simulate import simulate
from bayespanel.families.panel.standardised import derived
from bayespanel.families.panel.statistics import data_for, statistics
from bayespanel.families.panel.structure import structure
from bayespanel.families.panel.truth import truth
from bayespanel.families.panel.world import PanelWorld
from bayespanel.inference.maximum_likelihood import maximise
from bayespanel.language.errors import SpecError
from bayespanel.verbs.missing_scores import _tipping

LAG = np.array([[0.4, 0.1], [0.15, 0.3]])
DELTA = 0.5


def world(**changes: Any) -> PanelWorld:
    fields: dict[str, Any] = {
        "variables": ("x", "y"),
        "months": (0, 1, 2, 3),
        "lag": LAG,
        "initial_sd": np.ones(2),
        "innovation_sd": np.full(2, 0.9),
        "intercept_sd": np.full(2, 0.8),
        "schools": 60,
        "classes_per_school": (2, 2),
        "pupils_per_class": (50, 50),
    }
    return PanelWorld(**(fields | changes))


def leavers(frame: pd.DataFrame, seed: int) -> np.ndarray:
    """Return whether a pupil has left by each wave [pupil, wave]: likelier after a high x, as missing at random has."""
    x = frame.pivot(index="pupil", columns="wave", values="x").to_numpy()
    left = np.zeros(x.shape, bool)
    draw = np.random.default_rng(seed)
    for t in range(1, x.shape[1]):
        left[:, t] = left[:, t - 1] | (draw.uniform(size=len(x)) < 1 / (1 + np.exp(1.8 - 0.8 * x[:, t - 1])))
    return left


def panel(frame: pd.DataFrame, levels: tuple[str, ...]) -> bp.Panel:
    roles = {"classroom": "class" if "class" in levels else None, "school": "school" if "school" in levels else None}
    return bp.Panel.from_long(frame, pupil="pupil", wave="wave", variables=["x", "y"], **roles)


@pytest.mark.parametrize("levels", [("pupil",), ("pupil", "school"), ("pupil", "class", "school")], ids=len)
def test_lags_move_as_in_pupils_whose_scores_were_shifted_by_hand(levels: tuple[str, ...]) -> None:
    sds = {f"{level}_sd": np.full(2, 0.3) for level in levels[1:]}
    own = world(**sds)
    frame = simulate(own, 1)
    left = leavers(frame, 1).ravel()
    seen = frame.copy()
    seen.loc[left, ["x", "y"]] = np.nan
    spec = bp.RICLPM(("x", "y"), levels=levels, lags="equal", innovations="equal")
    data = data_for(spec, panel(seen, levels))
    point = truth(spec, own)["posterior"]
    shift = shifts(spec, data, bp.MissingScores())
    found = adjusted(spec, point, data, shift, [-DELTA, 0.0, DELTA])
    assert found["nearest"].all()
    lags = found["raw"].isel(draw=0).sel(pathway=["x -> x", "y -> x", "x -> y", "y -> y"])
    moved = (lags - lags.sel(delta=0.0)).transpose("delta", "pathway").values
    # The yardstick has all scores, those of leavers shifted, and its lags are those of maximum likelihood.
    by_hand = []
    for delta in (-DELTA, 0.0, DELTA):
        whole = frame.copy()
        whole.loc[left, ["x", "y"]] += delta * data.scale
        by_hand.append(bp.maximum_likelihood(spec, panel(whole, levels)).estimates["lag"].values.ravel())
    expected = np.array(by_hand) - by_hand[1]
    assert np.abs(expected).max() > 0.04
    assert moved == pytest.approx(expected, abs=0.012)


def test_a_selection_is_the_shift_that_tilts_what_is_missing() -> None:
    """Where all pupils lack one score or none, exp(delta y / s) moves it by delta V / s, equation (40)."""
    own = world()
    frame = simulate(own, 3)
    gone = (frame["wave"] == 4) & (np.random.default_rng(1).random(len(frame)) < 0.4)
    frame.loc[gone, "y"] = np.nan
    spec = bp.RICLPM(("x", "y"), lags="equal", innovations="equal")
    data = data_for(spec, panel(frame, ("pupil",)))
    point = truth(spec, own)["posterior"]
    shift = shifts(spec, data, bp.MissingScores())
    sigma = points_by_group(spec, point)[""][0].pupil
    variance = sigma[-1, -1] - sigma[-1, :-1] @ np.linalg.solve(sigma[:-1, :-1], sigma[:-1, -1])
    grid = np.linspace(-12, 12, 20_001)
    tilted = np.exp(-0.5 * grid**2 / variance + 0.7 * grid / data.scale[1])
    mean = (grid * tilted).sum() / tilted.sum()
    by_tilt = adjusted(spec, point, data, shift, [0.0, 0.7], selection=True)
    by_shift = adjusted(spec, point, data, shift, [0.0, mean / data.scale[1]])
    assert by_tilt["raw"].values == pytest.approx(by_shift["raw"].values, abs=1e-7)


def test_scores_that_are_missing_by_themselves_are_found_by_their_log_odds() -> None:
    """Dropout by the unseen score, drawn in numpy: the mean of all pupils comes back, nearly, at its log odds."""
    own, rng = world(), np.random.default_rng(8)
    frame = simulate(own, 4)
    wide = frame.pivot(index="pupil", columns="wave", values="y").to_numpy()
    log_odds = 1.2
    lost = rng.random(len(wide)) < 1 / (
        1 + np.exp(0.8 - log_odds * (wide[:, 3] - wide[:, 3].mean()) / wide[:, 3].std())
    )
    seen = frame.copy()
    seen.loc[(seen["wave"] == 4) & lost[seen["pupil"] - 1], "y"] = np.nan
    spec = bp.RICLPM(("x", "y"), innovations="equal")
    data = data_for(spec, panel(seen, ("pupil",)))
    mean = structure(spec, data)
    top = maximise(mean, statistics(spec, data))
    labels = {name: list(values) for name, values in coordinates(spec, data).items()}
    block = mean.arrays(top.vector)
    point = derived(spec, [block], labels, data).expand_dims("chain")
    point = point.assign(mean=(("chain", "draw", "wave", "variable"), block["mean"][None, None]))
    seen_model = _Seen(spec, data, shifts(spec, data, bp.MissingScores()), selection=True)
    drawn = points_by_group(spec, point)[""][0]
    moved = seen_model.moved([drawn])[0]
    at_random = drawn.expected[-1]
    error = 2 * wide[:, 3].std() / np.sqrt(len(wide))
    assert abs(at_random - wide[:, 3].mean()) > 3 * error
    assert abs(at_random + log_odds * moved.mean[-1] - wide[:, 3].mean()) < 1.5 * error


def near_estimates(spec: bp.RICLPM, data: Any, number: int) -> xr.Dataset:
    """Return a posterior of so many draws of the normal distribution around the estimates of maximum likelihood."""
    model = structure(spec, data)
    top = maximise(model, statistics(spec, data))
    noise = np.random.default_rng(5).multivariate_normal(np.zeros(model.size), top.covariance, number - 1)
    blocks = [model.arrays(top.vector + step) for step in (np.zeros(model.size), *noise)]
    labels = {name: list(values) for name, values in coordinates(spec, data).items()}
    found = derived(spec, blocks, labels, data).expand_dims("chain")
    front = ("group",) if spec.groups else ()
    names = [f"mean[{name}]" for name in data.group_names] if spec.groups else ["mean"]
    mean = np.stack([[block[name] for name in names] for block in blocks])[None]
    mean = mean if spec.groups else mean[:, :, 0]
    return found.assign(mean=(("chain", "draw", *front, "wave", "variable"), mean))


@cache
def fit(**options: Any) -> bp.Fit:
    frame = simulate(world(schools=10, pupils_per_class=(25, 25)), 2)
    frame.loc[leavers(frame, 2).ravel(), ["x", "y"]] = np.nan
    spec = bp.RICLPM(("x", "y"), lags="equal", innovations="equal", **options)
    data = data_for(spec, panel(frame, ()))
    posterior = near_estimates(spec, data, 160)
    flat = xr.DataArray(np.zeros((1, 160)), dims=("chain", "draw"))
    sampler = xr.Dataset({"diverging": flat > 9, "depth": flat + 3, "energy": flat})
    provenance = {"seed": 1, "spec": spec_to_dict(spec)}
    return bp.Fit({"posterior": posterior, "sample_stats": sampler}, spec, data, provenance)


def test_delta_zero_is_the_fit_to_the_last_digit_and_points_tip_between_deltas() -> None:
    found = bp.delta_adjustment(fit(), deltas=(-0.3, 0.3), draws=40, progress=False)
    assert found["delta"].values.tolist() == [-0.3, 0.0, 0.3]
    evidence = bp.evidence(fit(), rope=0.05).sel(pathway=found["pathway"])
    for name in ("mean", "lower", "upper"):
        assert found[name].sel(delta=0.0).values == pytest.approx(evidence[name].values, rel=1e-12)
    assert 0 < found.attrs["shifted"] < 1
    table = bp.tipping_points(found)
    assert list(table.index) == found["pathway"].values.tolist()
    assert list(table) == ["mean", "lower", "upper", "excludes_0", "tipping_below", "tipping_above", "known"]


def test_tipping_points_are_where_an_interval_begins_or_ceases_to_contain_zero() -> None:
    deltas = np.array([0.0, 0.2, 0.4])
    assert _tipping(np.array([0.3, 0.1, -0.1]), np.array([0.5, 0.5, 0.5]), deltas) == pytest.approx(0.3)
    assert _tipping(np.array([-0.5, -0.5, -0.5]), np.array([-0.1, -0.1, 0.1]), deltas) == pytest.approx(0.3)
    assert _tipping(np.array([-0.1, 0.3, 0.5]), np.array([0.5, 0.6, 0.7]), deltas) == pytest.approx(0.05)
    assert _tipping(np.array([-0.4, -0.2, 0.2])[::-1], np.ones(3), -deltas[::-1]) == pytest.approx(-0.3)
    assert np.isnan(_tipping(np.full(3, 0.1), np.ones(3), deltas))
    # From one side of 0 to the other between two deltas: 0 is in it from where the nearer bound has come to 0.
    assert _tipping(np.array([0.1, -0.3, -0.5]), np.array([0.3, -0.1, -0.3]), deltas) == pytest.approx(0.05)
    assert _tipping(np.array([-0.3, 0.1, 0.5]), np.array([-0.1, 0.3, 0.7]), deltas) == pytest.approx(0.05)
    assert np.isnan(_tipping(np.array([0.1, np.nan, -1.0]), np.ones(3), deltas))


def test_only_what_is_chosen_is_shifted() -> None:
    frame = pd.DataFrame({"pupil": np.repeat([1, 2, 3, 4], 3), "wave": [1, 2, 3] * 4})
    frame["x"] = [1.0, np.nan, 3, 2, np.nan, np.nan, 1, 2, 4, 3, 5, 1]
    frame["y"] = [1.0, 2, np.nan, np.nan, 3, 4, 1, 2, 0, 4, 1, 1]
    data = bp.Panel.from_long(frame, pupil="pupil", wave="wave", variables=["x", "y"]).moments()
    spec = bp.RICLPM(("x", "y"))

    def where(**chosen: Any) -> set[tuple[str, str]]:
        some = shifts(spec, data, bp.MissingScores(**chosen)).reshape(-1, 3, 2)
        return {(str(data.waves[t]), data.variables[k]) for _, t, k in np.argwhere(some > 0)}

    assert where() == {("2", "x"), ("3", "x"), ("3", "y"), ("1", "y")}
    assert where(after_last=True) == {("2", "x"), ("3", "x"), ("3", "y")}  # pupil 2 lacks x from wave 2 on
    assert where(variables=["y"]) == {("3", "y"), ("1", "y")}
    assert where(waves=["2"]) == {("2", "x")}
    with pytest.raises(SpecError, match="None of the scores that you chose is missing"):
        where(waves=["1"], variables=["x"])
    with pytest.raises(SpecError, match="'z' is none of them"):
        where(variables=["z"])
    with pytest.raises(SpecError, match="It has none"):
        where(groups=["girls"])


def test_a_group_of_its_own_moves_alone() -> None:
    frame = simulate(world(schools=6, pupils_per_class=(30, 30)), 3)
    frame.loc[leavers(frame, 3).ravel(), ["x", "y"]] = np.nan
    frame["sex"] = np.where(frame["pupil"] % 2, "boy", "girl")
    people = bp.Panel.from_long(frame, pupil="pupil", wave="wave", variables=["x", "y"], group="sex")
    spec = bp.RICLPM(("x", "y"), lags="equal", innovations="equal", groups="sex")
    data = data_for(spec, people)
    point = near_estimates(spec, data, 1)
    shift = shifts(spec, data, bp.MissingScores(groups="girl"))
    found = adjusted(spec, point, data, shift, [0.0, 0.4])["standardised"].isel(draw=0)
    moved = (found.sel(delta=0.4) - found.sel(delta=0.0)).to_series()
    boys, girls = (moved[[name for name in moved.index if name.endswith(f"[{sex}]")]] for sex in ("boy", "girl"))
    assert len(boys) == len(girls) > 3
    assert np.abs(boys).max() < 1e-4 < 0.01 < np.abs(girls).max()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"deltas": ()}, "not 0 alone"),
        ({"deltas": (9,)}, "at most 3"),
        ({"deltas": ("a lot",)}, "number of standard deviations"),
        ({"draws": 3}, "from 20 to all 160"),
        ({"draws": 20.5}, "whole number"),
        ({"prob": 95}, "between 0 and 1"),
        ({"scores": "x"}, "said by a record"),
        ({"scores": bp.MissingScores(waves="9")}, "'9' is none of them"),
    ],
)
def test_wrong_wishes_are_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(SpecError, match=said):
        bp.delta_adjustment(fit(), progress=False, **wrong)


def test_what_has_no_shift_says_so() -> None:
    with pytest.raises(SpecError, match="those of `delta_adjustment`"):
        bp.tipping_points(bp.evidence(fit(), rope=0.1))
    with pytest.raises(SpecError, match="found"):
        bp.plot_delta_adjustment(bp.evidence(fit(), rope=0.1))


@pytest.mark.parametrize(
    "wrong", [{"variables": 3}, {"waves": ["w1", 2]}, {"groups": ("a", "a")}, {"after_last": "yes"}]
)
def test_a_record_of_missing_scores_refuses_what_is_no_name(wrong: dict[str, Any]) -> None:
    with pytest.raises(SpecError):
        bp.MissingScores(**wrong)
