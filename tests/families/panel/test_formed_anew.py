"""Panel models of classes that are formed anew every school year: likelihood, maxima, checks, worlds, refusals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import bayespanel as bp
from bayespanel.families.panel import formed_anew
from bayespanel.families.panel.leave_out import densities
from bayespanel.families.panel.moments import implied
from bayespanel.families.panel.predictive import _by_cluster, _replicates
from bayespanel.families.panel.simulate import simulate
from bayespanel.families.panel.statistics import data_for, statistics
from bayespanel.families.panel.structure import saturated, structure
from bayespanel.families.panel.truth import observed, truth
from bayespanel.families.panel.world import PanelWorld
from bayespanel.inference.maximum_likelihood import maximise
from bayespanel.language.errors import DataError, SpecError
from bayespanel.likelihood.dense import log_likelihood
from bayespanel.likelihood.kernels import nested_normal

YEARS = (0, 0, 1, 1)
LAG = np.array([[0.3, 0.0], [0.1, 0.3]])


def world(**changes: Any) -> PanelWorld:
    fields: dict[str, Any] = {
        "variables": ("x", "y"),
        "months": (0, 6, 12, 18),
        "lag": LAG,
        "initial_sd": np.ones(2),
        "innovation_sd": np.full(2, 0.9),
        "intercept_sd": np.full(2, 0.8),
        "class_sd": np.array([0.5, 0.4]),
        "school_sd": np.array([0.3, 0.3]),
        "schools": 12,
        "school_years": YEARS,
        "re_formed_classes": True,
        "missing_wave": 0.1,
    }
    return PanelWorld(**(fields | changes))


def spec(*levels: str, **options: Any) -> bp.RICLPM:
    return bp.RICLPM(("x", "y"), levels=("pupil", *levels), innovations="equal", **options)


@pytest.mark.parametrize("options", [{}, {"cluster_effects": {"school": "by_wave"}}], ids=["stable", "school by wave"])
@pytest.mark.parametrize("levels", [("class", "school"), ("class",)])
def test_the_likelihood_is_that_of_one_dense_normal(levels: tuple[str, ...], options: dict[str, Any]) -> None:
    if options and "school" not in levels:
        return
    model, own = spec(*levels, **options), world(schools=3, classes_per_school=(2, 2), pupils_per_class=(4, 6))
    panel = observed(model, own, simulate(own, 3))
    moments = data_for(model, panel)
    posterior = truth(model, own)["posterior"]
    arrays = {str(name): posterior[name].values[0, 0] for name in posterior.data_vars}
    if options:
        arrays["school_sd"] = np.tile(np.array([0.3, 0.3]), (4, 1))
        arrays["school_corr"] = np.full((8, 8), 0.5) + 0.5 * np.eye(8)
    point = implied(model, arrays, np.arange(4.0))
    packed = statistics(model, moments)
    clusters = [point.clusters[level] for level in levels] + [np.zeros((0, 0))] * (2 - len(levels))
    mean = (point.mean.ravel() - moments.centre)[None, :, None]
    ours = nested_normal(point.scores[None], mean, *clusters, packed.index, packed.value)[0]

    y = panel.values.reshape(panel.n_pupils, -1)
    one, effects = np.kron(np.ones((4, 1)), np.eye(2)), []
    assert panel.courses is not None
    for year in (0, 1):
        mask = (np.repeat(YEARS, 2) == year)[:, None]
        effects.append((panel.courses[panel.classroom, year], one * mask, point.clusters["class"]))
    if "school" in levels:
        load = np.eye(8) if options else one
        effects.append((panel.school, load, point.clusters["school"]))
    theirs = log_likelihood(
        y, np.ones((len(y), 1)), point.scores[None], point.mean.reshape(1, 8, 1), effects=tuple(effects)
    )
    assert ours == pytest.approx(theirs, rel=1e-9)


def test_maximum_likelihood_finds_the_truth_that_a_model_without_classes_misses() -> None:
    own = world(schools=60)
    frame = simulate(own, 5)
    found = bp.maximum_likelihood(spec("class", "school"), observed(spec("class", "school"), own, frame))
    true = truth(spec("class", "school"), own)["posterior"]
    table = bp.parameter_estimates(found)
    assert found.converged
    lags = table[table["parameter"] == "lag"]
    away = (lags["estimate"].to_numpy() - true["lag"].values.ravel()) / lags["standard_error"].to_numpy()
    assert np.abs(away).max() < 3
    classes = table[(table["parameter"] == "class_cov") & table["at"].isin(["x, x", "y, y"])]
    away = (classes["estimate"].to_numpy() - [0.25, 0.16]) / classes["standard_error"].to_numpy()
    assert np.abs(away).max() < 3


def test_leaving_out_a_school_adds_up_to_the_whole() -> None:
    model, own = spec("class", "school"), world(schools=5)
    panel = observed(model, own, simulate(own, 4))
    moments = data_for(model, panel)
    posterior = truth(model, own)["posterior"]
    parts, names = densities(model, posterior, moments, panel, "school")
    arrays = {str(name): posterior[name].values[0, 0] for name in posterior.data_vars}
    point, packed = implied(model, arrays, np.arange(4.0)), statistics(model, moments)
    mean = (point.mean.ravel() - moments.centre)[None, :, None]
    clusters = point.clusters["class"], point.clusters["school"]
    whole = nested_normal(point.scores[None], mean, *clusters, packed.index, packed.value)[0]
    assert len(names) == 5
    assert parts.sum() == pytest.approx(whole, rel=1e-9)


def test_replicated_classes_vary_as_the_model_says() -> None:
    model, own = spec("class", "school"), world(schools=100, missing_wave=0.0)
    moments = data_for(model, observed(model, own, simulate(own, 6)))
    posterior = truth(model, own)["posterior"]
    posterior = xr.concat([posterior] * 30, dim="draw")
    made = _replicates(model, posterior, moments, seed=1, draws=30)
    seen = moments.observed[moments.block_kind] * moments.block_n[:, None]
    scores = _by_cluster(moments, "class", seen)
    spread = [np.var(_by_cluster(moments, "class", blocks) / scores, axis=0) for blocks in made.blocks]
    pupils = np.median(scores) / 2
    two_waves = made.drawn[0].scores.reshape(4, 2, 4, 2)[:2, :, :2].mean(axis=(0, 2)).diagonal()
    expected = np.array([0.25, 0.16]) + 0.09 + two_waves / pupils
    np.testing.assert_allclose(np.mean(spread, axis=0), expected, rtol=0.1)


def test_beside_saturated_means_and_covariances_of_pupils_classes_keep_their_effects() -> None:
    model, own = spec("class", "school"), world()
    moments = data_for(model, observed(model, own, simulate(own, 7)))
    free = saturated(model, moments)
    top = maximise(free, statistics(model, moments, free=True))
    ours = maximise(structure(model, moments), statistics(model, moments))
    assert top.converged
    assert top.log_likelihood > ours.log_likelihood


def test_a_world_forms_classes_anew_within_schools_and_cohorts() -> None:
    frame = simulate(world(cohorts=2, schools=6), 2)
    first, later = (frame[frame["wave"] == wave].set_index("pupil") for wave in (1, 3))
    both = first.join(later.add_suffix("_later"), how="inner")
    assert (both["school"] == both["school_later"]).all()
    assert 0.3 < (both["class"] != both["class_later"]).mean() < 0.9
    assert (both.groupby("class_later")["school"].nunique() == 1).all()
    same_year = frame[frame["wave"] == 2].set_index("pupil")["class"]
    assert (first["class"].reindex(same_year.index) == same_year).all()
    sizes = [frame[frame["wave"] == wave].groupby("class").size() for wave in (1, 2)]
    pd.testing.assert_series_equal(*sizes)


def test_what_such_classes_cannot_have_is_refused() -> None:
    own = world(schools=3)
    panel = observed(spec("class"), own, simulate(own, 1))
    with pytest.raises(SpecError, match="one effect per variable in its year"):
        data_for(spec("class", cluster_effects="by_wave"), panel)
    with pytest.raises(DataError, match="one class for each pupil"):
        bp.lavaan_data(spec("class"), panel)
    with pytest.raises(DataError, match="one class for each pupil"):
        bp.build(bp.Trajectories("x", classes=2, levels=("pupil", "class")), panel)


def test_schools_that_movers_tie_together_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    own = world(schools=8)
    frame = simulate(own, 1)
    moved = frame.groupby("school")["pupil"].first()  # one pupil of each school is in the next one later
    for school, pupil in moved.items():
        other = frame[(frame["school"] == school % 8 + 1) & (frame["wave"] == 3)]
        here = (frame["pupil"] == pupil) & (frame["wave"] >= 3)
        frame.loc[here, ["school", "class"]] = other[["school", "class"]].iloc[0].to_numpy()
    roles: dict[str, Any] = {"variables": ["x", "y"], "classroom": "class", "school": "school", "school_years": YEARS}
    panel = bp.Panel.from_long(frame, pupil="pupil", wave="wave", movers="first", **roles)
    assert data_for(spec("class", "school"), panel).n_pupils == panel.n_pupils
    monkeypatch.setattr(formed_anew, "MOST_EFFECTS", 40)
    with pytest.raises(DataError, match="that pupils tie together") as error:
        data_for(spec("class", "school"), panel)
    assert "movers='drop'" in error.value.action
