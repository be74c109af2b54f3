"""A store survives whatever happens to it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from bayespanel.design import engine, store
from bayespanel.design.decisions import decisions
from bayespanel.design.power import table
from bayespanel.design.progress import progress
from bayespanel.language.errors import FitError
from tests.design.mock import HERE, mock, some_fail
from tests.design.studies import study


def chunks(path: Path, array: str) -> list[Path]:
    return sorted(file for file in (path / array / "c").rglob("*") if file.is_file())


def test_a_store_can_be_opened_with_xarray_alone(tmp_path) -> None:
    engine.run(study(4, pupils=[100, 200]), tmp_path / "s.zarr", HERE, task=mock)
    with xr.open_zarr(tmp_path / "s.zarr", consolidated=False, chunks=None) as found:
        assert dict(found.sizes) == {"condition": 2, "replicate": 4, "pathway": 7, "statistic": 21, "measure": 9}
        assert list(found["condition"].values) == ["pupils=100", "pupils=200"]
        assert np.isfinite(found["statistics"].sel(statistic="mean")).all()


def test_it_can_be_opened_while_it_is_written(tmp_path) -> None:
    with store.writing(tmp_path / "s.zarr", study(4)) as writer:
        names = store.pathway_names(tmp_path / "s.zarr")
        writer.write(0, 2, mock(writer.study, names, 0, 2))
        found = store.opened(tmp_path / "s.zarr")
    assert list(np.isfinite(found["run"].values[0, :, 0])) == [False, False, True, False]


def test_a_second_process_is_refused_with_the_id_of_the_first(tmp_path) -> None:
    code = (
        "import sys; from bayespanel.design import store; from tests.design.studies import study\n"
        "try:\n    store.writing(sys.argv[1], study(4)).__enter__()\n"
        "except Exception as error:\n    print(error)"
    )
    with store.writing(tmp_path / "s.zarr", study(4)):
        other = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / "s.zarr")], capture_output=True, text=True, check=True
        )
    assert "Only one process at a time writes to a store." in other.stdout
    assert f"process {os.getpid()} on " in other.stdout


def test_a_store_of_another_study_is_refused_and_left_alone(tmp_path) -> None:
    engine.run(study(2), tmp_path / "s.zarr", HERE, task=mock)
    before = store.opened(tmp_path / "s.zarr")
    with pytest.raises(FitError, match="What differs: world"):
        engine.run(study(2, pupils=200), tmp_path / "s.zarr", HERE, task=mock)
    xr.testing.assert_identical(store.opened(tmp_path / "s.zarr"), before)


def test_a_store_of_another_version_is_refused(tmp_path, monkeypatch) -> None:
    engine.run(study(2), tmp_path / "s.zarr", HERE, task=mock)
    monkeypatch.setattr("bayespanel.design.study.version", lambda _: "99.0")
    with pytest.raises(FitError, match="version of bayespanel"):
        engine.run(study(2), tmp_path / "s.zarr", HERE, task=mock)


@pytest.mark.parametrize("array", ["statistics", "run"])
@pytest.mark.parametrize("damage", ["cut", "flip", "gone"])
def test_a_damaged_chunk_is_seen_and_run_again(tmp_path, array, damage) -> None:
    path = tmp_path / "s.zarr"
    engine.run(study(5), path, HERE, task=mock)
    whole = store.opened(path)["statistics"].values
    chunk = chunks(path, array)[-1]
    content = bytearray(chunk.read_bytes())
    if damage == "cut":
        chunk.write_bytes(content[: len(content) // 2])
    elif damage == "flip":
        content[len(content) // 3] ^= 0xFF
        chunk.write_bytes(content)
    else:
        chunk.unlink()
    assert engine.missing(path, study(5)) == [(0, 4)]
    engine.run(study(5), path, HERE, task=mock)
    assert store.opened(path)["statistics"].values.tobytes() == whole.tobytes()


def test_more_replicates_extend_a_store(tmp_path) -> None:
    path = tmp_path / "s.zarr"
    engine.run(study(3), path, HERE, task=mock)
    first = store.opened(path)["statistics"].values
    engine.run(study(6), path, HERE, task=mock)
    assert store.opened(path)["statistics"].values[:, :3].tobytes() == first.tobytes()
    engine.run(study(4), path, HERE, task=mock)  # fewer than are there: nothing to do
    assert store.opened(path).sizes["replicate"] == 6


def test_what_is_no_store_is_refused(tmp_path) -> None:
    with pytest.raises(FitError, match="cannot be read as one"):
        store.study_of(tmp_path / "nowhere.zarr")
    (tmp_path / "file.txt").write_text("x")
    with pytest.raises(FitError, match="cannot be read as one"):
        store.study_of(tmp_path / "file.txt")
    xr.Dataset({"a": ("x", [1.0])}).to_zarr(tmp_path / "other.zarr", consolidated=False)
    with pytest.raises(FitError, match="another kind of store"):
        store.study_of(tmp_path / "other.zarr")


def test_failures_are_counted_named_and_never_dropped(tmp_path) -> None:
    path = tmp_path / "s.zarr"
    engine.run(study(10), path, HERE, task=some_fail)
    assert store.failures(path) == {(0, 0): "The data were refused.", (0, 5): "The data were refused."}
    assert engine.missing(path, study(10)) == []  # a failure is a result
    found = table(store.opened(path), decisions("excludes 0"), study(10))
    assert [found[name].item() for name in ("finished", "failed", "unconverged")] == [10, 2, 2]
    held = store.opened(path)["statistics"].sel(statistic="lower", pathway="x -> x") > 0
    assert found["assurance"].sel(pathway="x -> x").item() == int(held.sum()) / 10  # of all ten


def test_status_says_how_far_a_study_is(tmp_path) -> None:
    path = tmp_path / "s.zarr"
    engine.run(study(10), path, HERE, task=some_fail, only=[(0, r) for r in range(6)])
    found = progress(path)
    assert (found.finished, found.wanted, found.failed, found.unconverged, found.writer) == (6, 10, 2, 1, "")
    assert found.failures == {"The data were refused.": 2}
    assert "finished     6 of 10" in str(found)
    assert "2 x The data were refused." in str(found)
    with store.writing(path, study(10)):
        assert f"process {os.getpid()}" in progress(path).writer
