"""Missing outcomes of trials that are not missing at random: coefficients, known shifts, and refusals."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

import bayespanel as bp
from bayespanel.families.trial import delta_adjustment as room
from bayespanel.language.errors import SpecError

SAMPLING = bp.Sampling(draws=200, tune=200, chains=2)


def pupils(seed: int = 1, *, shift: float = 0.0, schools: int = 40, each: int = 40) -> pd.DataFrame:
    """Draw pupils of two arms in schools; a third lacks y in the intervention, a tenth in control, more among girls.

    Those who lack y have `shift` SDs more of it than their other scores say. `whole` is y of everybody.
    """
    rng = np.random.default_rng(seed)
    school = np.repeat(np.arange(schools), each)
    arm, n = school % 2, len(school)
    girl = rng.integers(0, 2, n)
    before = rng.normal(size=n)
    y = 0.3 * arm + 0.4 * girl + 0.5 * before + 0.3 * rng.normal(size=schools)[school] + 0.8 * rng.normal(size=n)
    lacks = rng.random(n) < np.where(arm == 1, 0.25, 0.05) + 0.1 * girl
    whole = y + shift * lacks
    return pd.DataFrame(
        {
            "arm": np.where(arm == 1, "programme", "control"),
            "school": school,
            "girl": girl,
            "before": before,
            "y": np.where(lacks, np.nan, whole),
            "z": rng.normal(size=n),
            "whole": whole,
        }
    )


def trial(frame: pd.DataFrame, **roles: Any) -> bp.Trial:
    fields: dict[str, Any] = {
        "outcomes": ["y", "z"],
        "covariates": ["girl"],
        "baseline": {"y": "before"},
        "school": "school",
        "control": "control",
    }
    return bp.Trial.from_frame(frame, arm="arm", **(fields | roles))


def spec(**changes: Any) -> bp.ClusterTrial:
    fields: dict[str, Any] = {"levels": ("pupil", "school"), "covariates": ("girl",), "adjustment": "covariate"}
    return bp.ClusterTrial(("y", "z"), **(fields | changes))


@cache
def fitted(**changes: Any) -> bp.Fit:
    return bp.fit(spec(**changes), trial(pupils()), seed=1, sampling=SAMPLING, retry=False, progress=False)


def adjusted(fit: bp.Fit, **how: Any) -> Any:
    return bp.delta_adjustment(fit, progress=False, **how)


@pytest.mark.parametrize("moderators", [(), ("girl",)])
def test_coefficients_are_those_of_a_regression_on_pupils(moderators: tuple[str, ...]) -> None:
    frame, model = pupils(), spec(moderators=moderators)
    data = trial(frame).moments()
    found = room.coefficients(model, data, room.shifts(model, data, bp.MissingScores()))
    arm, girl = (frame["arm"] == "programme").to_numpy(float), frame["girl"] - frame["girl"].mean()
    columns = [np.ones(len(frame)), arm, girl, frame["before"] - frame["before"].mean()]
    columns += [arm * girl] if moderators else []
    by = np.linalg.lstsq(np.column_stack(columns), frame["y"].isna().to_numpy(float), rcond=None)[0]
    by = by * data.sums.scale[0]
    assert np.allclose([found["mean"][0], found["effect"][0], found["covariate_effect"][0, 0]], by[:3], atol=1e-10)
    assert np.isclose(found["baseline_effect"][0], by[3], atol=1e-10)
    assert np.allclose(found["effect"][1], 0.0, atol=1e-10)  # nothing of z is missing
    if moderators:
        assert np.isclose(found["moderation"][0, 0], by[4], atol=1e-10)


def test_no_shift_is_the_fit_itself() -> None:
    fit = fitted()
    found, table = adjusted(fit).sel(delta=0.0), bp.evidence(fit, rope=0.1).to_dataframe()
    for name in found["pathway"].values:
        assert float(found["mean"].sel(pathway=name)) == pytest.approx(table.loc[name, "mean"], abs=1e-12)
    assert adjusted(fit).attrs["found"] == 1.0


@pytest.mark.parametrize("shift", [-0.6, 0.4])
def test_a_known_shift_is_undone_at_that_shift(shift: float) -> None:
    """The effect of all pupils is found at the delta by which those who left differ; at 0 it is not."""
    frame = pupils(5, shift=shift, schools=100)
    fit = bp.fit(spec(), trial(frame), seed=1, sampling=SAMPLING, retry=False, progress=False)
    scale = fit.data.sums.scale[0]
    found = adjusted(fit, deltas=(shift / scale,))
    whole = frame.drop(columns="y").rename(columns={"whole": "y"})
    everybody = bp.fit(spec(), trial(whole), seed=1, sampling=SAMPLING, retry=False, progress=False)
    target = float(everybody.posterior["effect"].sel(outcome="y").mean())
    by = float(fit.posterior["total_sd"].sel(outcome="y").mean())
    error = float(fit.posterior["effect"].sel(outcome="y").std())
    at = [by * float(found["mean"].sel(pathway="y", delta=delta)) for delta in (0.0, shift / scale)]
    assert abs(at[1] - target) < 0.5 * error
    assert abs(at[1] - target) < abs(at[0] - target)


def test_a_selection_moves_by_the_variance_that_is_left() -> None:
    """Of one outcome without baselines that is the residual variance within schools: equation (40)."""
    frame = pupils()
    model = bp.ClusterTrial(("y",), levels=("pupil", "school"))
    fit = bp.fit(model, trial(frame, outcomes=["y"]), seed=1, sampling=SAMPLING, progress=False)
    data, few = fit.data, fit.posterior.isel(draw=slice(3))
    shift = room.shifts(model, data, bp.MissingScores())
    found = room.tilts(model, data, shift, few)
    variance = np.square(few["residual_sd"].values.reshape(-1))
    lacks = ~data.sums.observed[:, 0]
    assert np.allclose(found[:, lacks, 0], variance[:, None] / data.sums.scale[0])
    assert (found[:, ~lacks] == 0).all()
    moved = adjusted(fit, deltas=(0.5,), mechanism="selection")
    by_shift = adjusted(fit, deltas=(0.5,))
    assert 0 < float(moved["mean"].diff("delta")[0, 0]) < float(by_shift["mean"].diff("delta")[0, 0])


def test_the_variance_that_is_left_counts_other_outcomes() -> None:
    fit = fitted()
    few = fit.posterior.isel(draw=slice(2))
    found = room.tilts(fit.spec, fit.data, room.shifts(fit.spec, fit.data, bp.MissingScores()), few)
    sums, sd = fit.data.sums, few["residual_sd"].stack(s=("chain", "draw")).transpose("s", ...).values
    corr = few["residual_corr"].stack(s=("chain", "draw")).transpose("s", ...).values[:, 0, 1]
    kind = int(np.flatnonzero(~sums.observed[:, 0] & sums.observed[:, 1])[0])
    expected = sd[:, 0] ** 2 * (1 - corr**2) / sums.scale[0]
    assert np.allclose(found[:, kind, 0], expected)


def test_one_arm_alone_moves_by_its_share_of_missing_outcomes() -> None:
    model = spec(covariates=(), adjustment="none")
    frame = pupils()
    data = trial(frame).moments()
    scores = bp.MissingScores(variables="y", groups="programme")
    found = room.coefficients(model, data, room.shifts(model, data, scores))
    share = frame.loc[frame["arm"] == "programme", "y"].isna().mean()
    assert np.isclose(found["effect"][0], share * data.sums.scale[0])
    assert np.isclose(found["mean"][0], 0.0, atol=1e-12)


def test_a_figure_and_tipping_points_are_made() -> None:
    found = adjusted(fitted(), deltas=(-2.0, -1.0, 1.0, 2.0))
    assert list(bp.tipping_points(found).index) == ["y", "z"]
    assert found.attrs["shifted"] == pytest.approx(pupils()["y"].isna().mean() / 2, abs=1e-12)
    assert bp.plot_delta_adjustment(found, labels={"y": "Bullying"}).axes


@pytest.mark.parametrize("mechanism", ["shift", "selection"])
def test_what_stands_below_the_curves_fits_the_figure(mechanism: str) -> None:
    found = adjusted(fitted(), mechanism=mechanism).isel(pathway=[0])
    figure = bp.plot_delta_adjustment(found)
    figure.draw_without_rendering()
    for text in (figure._supxlabel, figure._suptitle):  # type: ignore[attr-defined]  # no public way to them
        box = text.get_window_extent()
        assert box.x0 >= 0
        assert box.x1 <= figure.bbox.width


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"variables": "q"}, "variables of the fit"),
    ({"groups": "q"}, "groups of the fit"),
    ({"variables": "z"}, "none of the outcomes|None of the outcomes"),
    ({"waves": "1"}, "one wave"),
    ({"after_last": True}, "one wave"),
]


def test_another_mechanism_is_refused() -> None:
    with pytest.raises(SpecError, match="mechanism"):
        adjusted(fitted(), mechanism="probit")


@pytest.mark.parametrize(("scores", "words"), WRONG)
def test_what_cannot_be_shifted_is_refused(scores: dict[str, Any], words: str) -> None:
    with pytest.raises(SpecError, match=words):
        adjusted(fitted(), scores=bp.MissingScores(**scores))


def test_models_without_a_regression_of_their_own_are_refused() -> None:
    pooled = spec(families={"all": ("y", "z")})
    with pytest.raises(SpecError, match="families"):
        room.require_shiftable(pooled, trial(pupils()).moments())
    ordered = bp.ClusterTrial(("y",), link="logit", levels=("pupil", "school"))
    with pytest.raises(SpecError, match="link"):
        room.require_shiftable(ordered, trial(pupils()).moments())
