"""Every combination of an analyst's choices, on data that are given."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import bayespanel as bp
from bayespanel.design import engine, store
from bayespanel.language.errors import SpecError
from tests.design.mock import HERE, mock

WORLD = bp.PanelWorld(
    variables=("x", "y"),
    months=(0, 12, 24, 36),
    lag=0.2 * np.eye(2),
    initial_sd=np.ones(2),
    innovation_sd=np.ones(2),
    intercept_sd=np.ones(2),
    schools=4,
)
FRAME = bp.simulate(WORLD, seed=1)


def panel(frame=FRAME, school="school"):
    return bp.Panel.from_long(frame, pupil="pupil", wave="wave", variables=["x", "y"], school=school)


@pytest.fixture
def multiverse(monkeypatch):
    """The verb with a mock in place of fits."""
    run = engine.run
    monkeypatch.setattr(engine, "run", lambda *given, **named: run(*given, **named, task=mock))

    def call(*given, running=HERE, **named):
        return bp.multiverse(*given, rope=0.03, running=running, **named)

    return call


SPEC = bp.RICLPM(variables=("x", "y"))
CHOICES = {
    "lags": ["equal", "free"],
    "levels": {"pupils": ("pupil",), "schools": ("pupil", "school")},
    "priors": {"default": (), "wide": (bp.Prior("lag", "Normal", (0, 2)),)},
}


def test_it_fits_every_combination_under_its_names(multiverse) -> None:
    found = multiverse(SPEC, panel(), CHOICES)
    assert found.sizes["specification"] == 8
    assert found.attrs["choices"] == ["lags", "levels", "priors"]
    assert set(zip(found["lags"].values, found["levels"].values, found["priors"].values, strict=True)) == {
        (lags, levels, priors)
        for lags in ("equal", "free")
        for levels in ("pupils", "schools")
        for priors in ("default", "wide")
    }
    assert found.attrs["impossible"] == []


def test_the_names_of_pathways_are_those_of_all_models(multiverse) -> None:
    names = list(multiverse(SPEC, panel(), CHOICES)["pathway"].values)
    assert "x -> y" in names  # of equal lags
    assert "x -> y [1-2]" in names  # of free ones
    assert "between: x ~ y (school)" in names


def test_combinations_that_break_a_rule_are_named_with_the_rule(multiverse) -> None:
    found = multiverse(SPEC, panel(school=None), CHOICES)
    assert found.sizes["specification"] == 4
    assert len(found.attrs["impossible"]) == 4
    assert "the data have no clusters" in found.attrs["impossible"][0]


def test_data_may_be_a_choice(multiverse, tmp_path) -> None:
    coarse = FRAME.assign(x=FRAME["x"].round())
    given = {"scores": panel(), "rounded": panel(coarse)}
    found = multiverse(SPEC, given, {"lags": ["equal", "free"]}, running=replace(HERE, store=tmp_path / "m.zarr"))
    assert found.attrs["choices"] == ["data", "lags"]
    assert list(found["data"].values) == ["scores", "scores", "rounded", "rounded"]
    kept = store.study_of(tmp_path / "m.zarr").data  # a store is whole: its data are inside
    assert {name: data.fingerprint() for name, data in kept.items()} == {
        name: of.moments().fingerprint() for name, of in given.items()
    }


def test_a_curve_is_one_pathway_in_order(multiverse) -> None:
    curve = bp.specification_curve(multiverse(SPEC, panel(), CHOICES), "between: x ~ y (pupil)")
    assert np.all(np.diff(curve["mean"].values) >= 0)
    assert curve.attrs["pathway"] == "between: x ~ y (pupil)"
    with pytest.raises(SpecError, match="'x -> z' is not known"):
        bp.specification_curve(multiverse(SPEC, panel(), CHOICES), "x -> z")


@pytest.mark.parametrize(
    ("choices", "words"),
    [
        ({"lag": ["equal"]}, "'lag' is not among them. Nearest: 'lags'"),
        ({"lags": []}, "'lags' has none"),
        ({"lags": ["sometimes"]}, "Some combination of the choices can be fitted"),
    ],
)
def test_choices_that_are_none_are_refused(multiverse, choices, words) -> None:
    with pytest.raises(SpecError, match=words):
        multiverse(SPEC, panel(), choices)


@pytest.mark.slow
def test_fits_in_a_multiverse_are_those_that_fit_gives() -> None:
    found = bp.multiverse(SPEC, panel(), {"lags": ["equal", "free"]}, rope=0.03, running=HERE)
    alone = bp.evidence(bp.fit(SPEC, panel(), seed=1, progress=False), rope=0.03)
    one = found.sel(specification="lags=equal", pathway="x -> y")
    # Two runs of some thousand draws each: within 4 Monte Carlo errors of their difference.
    error = 4 * np.sqrt(2) * float(alone["mcse_mean"].sel(pathway="x -> y"))
    assert abs(float(one["mean"]) - float(alone["mean"].sel(pathway="x -> y"))) < error
