"""Moments come back from disk to the last bit, or not at all."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from bayespanel.data import Moments, Panel
from bayespanel.data.layouts import MOMENTS
from bayespanel.language.errors import DataError
from tests.data.tables import build, long_table, random_panel


@pytest.mark.parametrize("levels", [(), ("class",), ("school",), ("class", "school")])
@pytest.mark.parametrize("covariates", [0, 2])
def test_every_bit_survives(tmp_path: Path, levels: tuple[str, ...], covariates: int) -> None:
    moments = random_panel(np.random.default_rng(5), 30, 3, 2, covariates, levels, 0.3).moments()
    moments = replace(moments, times=np.array([0.0, 0.1 + 0.2, 5.0]))
    moments.save(tmp_path / "moments.nc")
    back = Moments.load(tmp_path / "moments.nc")
    for name in MOMENTS.names:
        assert getattr(back, name) == getattr(moments, name), name
    for name in MOMENTS.arrays:
        one, two = getattr(moments, name), getattr(back, name)
        if one is None:  # what only moments with missing covariates have
            assert two is None
            continue
        assert one.dtype == two.dtype, name
        assert one.shape == two.shape, name
        assert one.tobytes() == two.tobytes(), name
    assert back.fingerprint() == moments.fingerprint()


def test_names_in_any_script_survive(tmp_path: Path) -> None:
    frame = long_table()
    frame["school"] = frame["school"].replace({"east": "Schule Ö; 1", "west": "学校"})
    moments = build(frame, school="school").moments()
    moments.save(tmp_path / "m.nc")
    back = Moments.load(tmp_path / "m.nc")
    assert back.school_names == moments.school_names


def test_a_published_table_survives(tmp_path: Path) -> None:
    moments = Panel.from_summary(mean=[1, 2], cov=[[2, 1], [1, 3]], n=50, variables=["a"], waves=[1, 2])
    moments.save(tmp_path / "m.nc")
    assert Moments.load(tmp_path / "m.nc").fingerprint() == moments.fingerprint()


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "m.nc"
    moments = build(long_table()).moments()
    moments.save(path)
    before = path.read_bytes()

    def half(_: xr.Dataset, target: Path, **_options: object) -> None:
        Path(target).write_bytes(b"half a fi")
        raise OSError("no space left on device")

    monkeypatch.setattr(xr.Dataset, "to_netcdf", half)
    with pytest.raises(DataError, match="no space"):
        moments.save(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_the_file_appears_by_a_single_rename(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        build(long_table()).moments().save(tmp_path / "m.nc")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        build(long_table()).moments().save(tmp_path / "nowhere" / "m.nc")
    assert "nowhere" in caught.value.given


def _edit(path: Path, **attributes: object) -> None:
    with xr.open_dataset(path, engine="h5netcdf", decode_cf=False) as opened:
        stored = opened.load()
    stored.attrs.update(attributes)
    path.unlink()
    stored.to_netcdf(path, engine="h5netcdf")


def test_a_newer_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.nc"
    build(long_table()).moments().save(path)
    _edit(path, version=99)
    with pytest.raises(DataError) as caught:
        Moments.load(path)
    assert "has version 99" in caught.value.given
    assert "newer bayespanel" in caught.value.action


def test_another_netcdf_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.nc"
    build(long_table()).moments().save(path)
    _edit(path, format="something else")
    with pytest.raises(DataError) as caught:
        Moments.load(path)
    assert "something else" in caught.value.given


def test_an_incomplete_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.nc"
    build(long_table()).moments().save(path)
    with xr.open_dataset(path, engine="h5netcdf", decode_cf=False) as opened:
        stored = opened.load()
    path.unlink()
    stored.drop_vars("syy").to_netcdf(path, engine="h5netcdf")
    with pytest.raises(DataError) as caught:
        Moments.load(path)
    assert "'syy' is absent" in caught.value.given


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_a_truncated_file_is_refused(tmp_path: Path, share: float) -> None:
    path = tmp_path / "m.nc"
    build(long_table()).moments().save(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(DataError) as caught:
        Moments.load(path)
    assert "not a complete file" in caught.value.given


def test_a_file_that_is_not_netcdf_or_not_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text("a,b\n1,2\n")
    with pytest.raises(DataError) as caught:
        Moments.load(tmp_path / "table.csv")
    assert "cannot be read as netCDF" in caught.value.given
    with pytest.raises(DataError) as caught:
        Moments.load(tmp_path / "absent.nc")
    assert "absent.nc" in caught.value.given
