"""Pathways are products of lags with names; on the standardised scale the waves in the middle cancel."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from bayespanel.families.panel.derive import derive
from bayespanel.families.panel.moments import within_covariance
from bayespanel.families.panel.pathways import pathways
from bayespanel.families.panel.spec import RICLPM
from bayespanel.language.errors import FitError, SpecError
from bayespanel.language.triangle import Triangle
from tests.families.panel.posteriors import random_posterior

TRIANGLE = Triangle(parent=["warmth"], child=["anger"], school=["conflict"])


def paths(spec, waves=4, seed=1, **options):
    draws = derive(spec, random_posterior(spec, waves, seed))
    return draws, pathways(spec, draws, **options)


def within_sd(draws, spec):
    """Within-person SDs [chain, draw, wave, variable] by the equations of `moments`."""
    k = len(spec.variables)

    def covariance(name):
        sd = draws[f"{name}_sd"].values
        corr = draws[f"{name}_corr"].values if k > 1 else 1.0
        return sd[..., :, None] * corr * sd[..., None, :]

    def over(values):
        return values if values.ndim == 5 else np.stack([values] * (draws.sizes["wave"] - 1), axis=2)

    v = within_covariance(over(draws["lag"].values), covariance("initial"), over(covariance("innovation")))
    return np.sqrt(np.einsum("...ttvv->...tv", v))


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6), lags=st.sampled_from(["equal", "free"]), horizon=st.integers(2, 4))
def test_standardised_products_are_raw_products_times_the_ratio_of_the_first_and_last_sd(seed, lags, horizon):
    spec = RICLPM(variables=["a", "b", "c"], lags=lags)
    draws, rows = paths(spec, 5, seed, horizon=horizon, by_interval=True)
    sd = within_sd(draws, spec)
    assert set(rows["lag"].values) == {0, 1, 2, horizon}
    for name in rows["pathway"].values[rows["level"].values == "within"]:
        row = rows.sel(pathway=name)
        x, y = (spec.variables.index(str(row[end].item())) for end in ("source", "target"))
        first, last = (int(wave) - 1 for wave in row["interval"].item().split("-"))
        ratio = sd[:, :, first, x] / sd[:, :, last, y]
        np.testing.assert_allclose(row["standardised"].values, row["raw"].values * ratio, rtol=1e-9, atol=1e-12)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6), lags=st.sampled_from(["equal", "free"]), by_interval=st.booleans())
def test_a_total_over_two_waves_is_its_indirect_and_persisting_parts(seed, lags, by_interval):
    spec = RICLPM(variables=["a", "b", "c", "d"], lags=lags)
    draws, rows = paths(spec, 4, seed, by_interval=by_interval)
    lag = draws["lag_standardised"].values
    for x, y in itertools.permutations(range(4), 2):
        source, target = spec.variables[x], spec.variables[y]
        mine = (rows["source"] == source) & (rows["target"] == target)
        total = rows["standardised"].values[..., (mine & (rows["kind"] == "total")).values]
        indirect = rows["standardised"].values[..., (mine & (rows["kind"] == "indirect")).values]
        persisting = np.stack(
            [
                lag[:, :, t + 1, y, y] * lag[:, :, t, y, x] + lag[:, :, t + 1, y, x] * lag[:, :, t, x, x]
                for t in range(2)
            ],
            axis=-1,
        )
        if total.shape[-1] == 1:
            parts = indirect.sum(axis=-1) + persisting.mean(axis=-1)
        else:
            parts = indirect.reshape(*indirect.shape[:2], 2, 2).sum(axis=-1) + persisting
        np.testing.assert_allclose(total.squeeze(), parts.squeeze(), rtol=1e-9, atol=1e-12)


def test_an_indirect_pathway_is_the_product_of_its_legs():
    spec = RICLPM(triangle=TRIANGLE)
    draws, rows = paths(spec, 3)
    row = rows.sel(pathway="warmth -> anger -> conflict")
    lag = draws["lag_standardised"].values
    np.testing.assert_allclose(row["standardised"].values, lag[:, :, 1, 2, 1] * lag[:, :, 0, 1, 0], rtol=1e-12)
    np.testing.assert_allclose(
        row["raw"].values, (draws["lag"][..., 2, 1] * draws["lag"][..., 1, 0]).values, rtol=1e-12
    )
    assert (row["via"], row["edge"], row["kind"], row["lag"]) == ("anger", "parent->school", "indirect", 2)


def test_averaged_rows_are_means_of_the_rows_by_interval():
    spec = RICLPM(variables=["a", "b", "c"])
    _, averaged = paths(spec, 5)
    _, by_interval = paths(spec, 5, by_interval=True)
    assert set(averaged["interval"].values) == {""}
    for name in averaged["pathway"].values:
        rows = [p for p in by_interval["pathway"].values if p == name or p.startswith(f"{name} [")]
        assert len(rows) == (1 if name.startswith("between") else 4 if name.count("->") == 1 and ":" not in name else 3)
        for scale in ("standardised", "raw"):
            mean = by_interval[scale].sel(pathway=rows).mean("pathway")
            np.testing.assert_allclose(averaged[scale].sel(pathway=name).values, mean.values, rtol=1e-12)
    assert "mean of its standardised value over all intervals" in averaged.attrs["averaging"]
    assert by_interval.attrs["averaging"] == ""


@pytest.mark.parametrize("level", ["pupil", "class", "school"])
def test_associations_between_persons_are_correlations_of_their_level(level):
    spec = RICLPM(variables=["a", "b", "c"], levels=("pupil", "class", "school"))
    draws, rows = paths(spec)
    name = "intercept" if level == "pupil" else level
    row = rows.sel(pathway=f"between: a ~ c ({level})")
    np.testing.assert_allclose(row["standardised"].values, draws[f"{name}_corr"].values[..., 0, 2], rtol=1e-12)
    sd = draws[f"{name}_sd"].values
    np.testing.assert_allclose(row["raw"].values, row["standardised"].values * sd[..., 0] * sd[..., 2], rtol=1e-12)


def test_effects_by_wave_are_associated_by_their_averages():
    spec = RICLPM(variables=["a", "b"], levels=("pupil", "school"), cluster_effects="by_wave")
    draws, rows = paths(spec, 3)
    sd = draws["school_sd"].values.reshape(2, 3, 6)
    cov = sd[..., :, None] * draws["school_corr"].values * sd[..., None, :]
    a, b = np.array([1, 0, 1, 0, 1, 0]) / 3, np.array([0, 1, 0, 1, 0, 1]) / 3
    corr = (a @ cov @ b) / np.sqrt((a @ cov @ a) * (b @ cov @ b))
    np.testing.assert_allclose(rows["standardised"].sel(pathway="between: a ~ b (school)").values, corr, rtol=1e-12)


def test_seven_variables_have_as_many_rows_as_they_should():
    spec = RICLPM(variables=list("abcdefg"), levels=("pupil", "school"))
    _, rows = paths(spec, 4)
    kinds = {
        kind: int((rows["kind"] == kind).sum()) for kind in ("carry_over", "direct", "indirect", "total", "between")
    }
    assert kinds == {"carry_over": 7, "direct": 42, "indirect": 210, "total": 42, "between": 42}
    assert len(set(rows["pathway"].values)) == rows.sizes["pathway"]
    assert np.isfinite(rows["standardised"]).all()
    assert np.isfinite(rows["raw"]).all()


def test_free_lags_have_a_row_per_interval_and_span():
    spec = RICLPM(triangle=TRIANGLE, lags="free")
    _, rows = paths(spec, 4)
    names = set(rows["pathway"].values)
    assert {"warmth -> anger [1-2]", "warmth -> anger [3-4]", "warmth -> anger -> conflict [2-4]"} <= names
    assert {"total: warmth -> conflict (2 waves) [1-3]", "anger -> anger [2-3]"} <= names
    assert len(names) == rows.sizes["pathway"] == 3 * 3 + 3 * 6 + 2 * 6 + 2 * 6 + 3


def test_coordinates_say_what_a_row_is():
    _, rows = paths(RICLPM(triangle=TRIANGLE, levels=("pupil", "school")), 3)
    total = rows.sel(pathway="total: conflict -> warmth (2 waves)")
    assert [str(total[c].item()) for c in ("kind", "source", "target", "via", "edge", "interval", "lag", "level")] == [
        "total", "conflict", "warmth", "", "school->parent", "", "2", "within",
    ]  # fmt: skip
    between = rows.sel(pathway="between: warmth ~ anger (school)")
    assert [str(between[c].item()) for c in ("edge", "level", "lag")] == ["parent~child", "school", "0"]
    assert "within-person standard deviations implied by the model" in rows.attrs["standardisation"]


def test_without_a_triangle_there_are_no_edges():
    _, rows = paths(RICLPM(variables=["a", "b"]))
    assert set(rows["edge"].values) == {""}


def test_one_variable_only_carries_over():
    _, rows = paths(RICLPM(variables=["a"], levels=("pupil", "school"), cluster_effects="by_wave"))
    assert list(rows["pathway"].values) == ["a -> a"]


def test_two_waves_have_no_pathways_of_two_steps():
    _, rows = paths(RICLPM(variables=["a", "b", "c"], intercepts=False), 2)
    assert set(rows["kind"].values) == {"carry_over", "direct"}


def test_kinds_can_be_chosen_even_none():
    _, rows = paths(RICLPM(variables=["a", "b"]), kinds=["total", "direct"])
    assert list(rows["kind"].values) == ["total", "total", "direct", "direct"]
    _, none = paths(RICLPM(variables=["a", "b"]), kinds=[])
    assert none.sizes["pathway"] == 0


def test_rows_survive_a_file(tmp_path):
    import xarray as xr

    _, rows = paths(RICLPM(triangle=TRIANGLE, lags="free"))
    rows.to_netcdf(tmp_path / "rows.nc", engine="h5netcdf")
    with xr.open_dataset(tmp_path / "rows.nc", engine="h5netcdf") as back:
        xr.testing.assert_identical(back.load().astype(rows.dtypes), rows)


def test_an_unknown_kind_and_a_horizon_beyond_the_waves_are_refused():
    spec = RICLPM(variables=["a", "b"])
    with pytest.raises(SpecError, match="Nearest: 'indirect'"):
        paths(spec, kinds=["indirct"])
    for horizon in (1, 4):
        with pytest.raises(SpecError, match="at most 3"):
            paths(spec, 4, horizon=horizon)
    with pytest.raises(FitError, match="'lag_standardised' is not among"):
        pathways(spec, random_posterior(spec, 3, 1))
