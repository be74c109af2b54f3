"""An edited, cut or damaged file is refused by name: no traceback, no crash, no changed number."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import xarray as xr

from bayespanel.data import Moments, TrialCounts, TrialMoments, storage
from bayespanel.data.container import CHECKSUM, UNSEALED, seal
from bayespanel.data.layouts import LAYOUTS
from bayespanel.families.panel.spec import RICLPM
from bayespanel.families.panel.statistics import data_for
from bayespanel.language.errors import DataError
from bayespanel.language.triangle import Triangle
from tests.data.spoiled import edits, flipped, read_raw, stored_values

VALUES = stored_values()

INVISIBLE = {
    "Moments": ("centre", "covariate_centre", "sxx", "class_names", "school_names", "parent"),
    "TrialMoments": ("centre", "covariate_centre", "scale", "class_names", "school_names"),
    "TrialCounts": ("x", "pre", "counts", "outcome", "arm", "cluster", "parent", "n_pupils", "pre_missing"),
    "PanelRows": ("values", "x", "cluster", "count", "parent"),
    "TrialEstimates": ("effect", "standard_error", "clusters"),
}
"""Arrays of which sums and counts do not show every edit; a file with a checksum shows all."""

WORDS = ("variables", "covariates", "notes", "arms", "waves", "attribute plain")
"""Names can be edited into other names."""


def same(one: Any, two: Any) -> bool:
    """Say whether two values are equal to the last bit."""
    if type(one) is not type(two):
        return False
    layout = LAYOUTS[type(one).__name__]
    words = all(getattr(one, name) == getattr(two, name) for name in layout.words)
    arrays = [(np.asarray(getattr(one, name)), np.asarray(getattr(two, name))) for name in layout.arrays]
    equal = words and all(
        (a.shape, a.dtype, a.tobytes()) == (b.shape, b.dtype, b.tobytes()) for a, b in arrays
    )  # fmt: skip
    return equal and (not layout.sums or same(one.sums, two.sums))


def written(value: Any, folder: Path) -> Path:
    storage.write_sealed(folder / "good.nc", storage.to_dataset(value))
    return folder / "good.nc"


def answer(read: Callable[[], Any]) -> Any:
    """Return what is read, or the error that refuses it."""
    try:
        return read()
    except DataError as error:
        return error


def is_refused(path: Path, value: Any) -> bool:
    """Say whether a file is refused in three parts; if it is read, it holds what was written."""
    found = answer(lambda: storage.read_any(path))
    if isinstance(found, DataError):
        assert all(part.endswith(".") for part in (found.rule, found.given, found.action)), found
        assert str(path) in found.given
        return True
    assert same(found, value)
    return False


@pytest.mark.parametrize("kind", VALUES)
def test_without_a_checksum_an_edit_is_refused_or_one_that_nothing_shows(kind: str, tmp_path: Path) -> None:
    stored = read_raw(written(VALUES[kind], tmp_path))
    del stored.attrs[CHECKSUM]
    refused = 0
    for what, edit in list(edits(stored))[::2]:
        edited = edit(stored.copy(deep=True))
        found = answer(lambda e=edited: storage.from_dataset(e, tmp_path / "edited.nc", UNSEALED))
        if isinstance(found, DataError):
            assert all(part.endswith(".") for part in (found.rule, found.given, found.action)), what
            refused += 1
        else:
            assert same(found, VALUES[kind]) or what.startswith((*INVISIBLE[kind], *WORDS)), what
    assert refused > 20


@pytest.mark.parametrize("kind", VALUES)
def test_with_a_checksum_every_edit_is_refused(kind: str, tmp_path: Path) -> None:
    stored = read_raw(written(VALUES[kind], tmp_path))
    path = tmp_path / "edited.nc"
    for _, edit in list(edits(stored))[::15]:
        changed = edit(stored.copy(deep=True))
        path.unlink(missing_ok=True)
        changed.to_netcdf(path, engine="h5netcdf")
        assert is_refused(path, VALUES[kind]) or changed.identical(stored)


@pytest.mark.parametrize("kind", ["Moments", "TrialCounts"])
def test_the_file_says_that_it_was_changed(kind: str, tmp_path: Path) -> None:
    path = written(VALUES[kind], tmp_path)
    name = {"Moments": "centre", "TrialCounts": "pre"}[kind]
    with h5py.File(path, "r+") as file:
        file[name][0] = file[name][0] + 1e-9
    with pytest.raises(DataError, match="The file was changed after it was written"):
        storage.read_any(path)


@pytest.mark.parametrize("kind", VALUES)
def test_a_flipped_byte_changes_nothing_in_silence(kind: str, tmp_path: Path) -> None:
    content = written(VALUES[kind], tmp_path).read_bytes()
    rng = np.random.default_rng(8)
    refused = 0
    for at in rng.choice(len(content), 20, replace=False):
        (tmp_path / "flipped.nc").write_bytes(flipped(content, int(at)))
        refused += is_refused(tmp_path / "flipped.nc", VALUES[kind])
    assert refused > 2


FLIPS = """
import sys, pathlib, numpy as np
from tests.data.test_spoiled_files import VALUES, flipped, is_refused, written
kind, folder = sys.argv[1], pathlib.Path(sys.argv[2])
content = written(VALUES[kind], folder).read_bytes()
for at in np.random.default_rng(int(sys.argv[3])).choice(len(content), 200, replace=False):
    (folder / "flipped.nc").write_bytes(flipped(content, int(at)))
    is_refused(folder / "flipped.nc", VALUES[kind])
"""


@pytest.mark.slow
@pytest.mark.parametrize("kind", VALUES)
def test_no_flipped_byte_crashes_the_process(kind: str, tmp_path: Path) -> None:
    found = subprocess.run(
        [sys.executable, "-c", FLIPS, kind, str(tmp_path), "5"], capture_output=True, text=True,
        cwd=Path(__file__).parents[2], timeout=600,
    )  # fmt: skip
    assert found.returncode == 0, found.stderr[-2000:]


@pytest.mark.slow
@pytest.mark.parametrize("kind", VALUES)
def test_no_edit_of_a_file_passes(kind: str, tmp_path: Path) -> None:
    stored = read_raw(written(VALUES[kind], tmp_path))
    path = tmp_path / "edited.nc"
    for what, edit in edits(stored):
        changed = edit(stored.copy(deep=True))
        path.unlink(missing_ok=True)
        changed.to_netcdf(path, engine="h5netcdf")
        assert is_refused(path, VALUES[kind]) or changed.identical(stored), what


def test_a_file_of_the_first_versions_has_no_checksum_and_is_read(tmp_path: Path) -> None:
    path = written(VALUES["Moments"], tmp_path)
    with h5py.File(path, "r+") as file:
        del file.attrs[CHECKSUM]
    assert same(Moments.load(path), VALUES["Moments"])


def test_a_copy_made_by_another_program_is_read(tmp_path: Path) -> None:
    value = VALUES["TrialMoments"]
    with xr.open_dataset(written(value, tmp_path), engine="h5netcdf", decode_cf=False) as opened:
        opened.to_netcdf(tmp_path / "copy.nc", engine="h5netcdf")
    assert same(TrialMoments.load(tmp_path / "copy.nc"), value)


def test_what_is_no_file_of_ours_is_refused(tmp_path: Path) -> None:
    xr.Dataset({"a": ("x", np.arange(3.0))}).to_netcdf(tmp_path / "other.nc", engine="h5netcdf")
    (tmp_path / "empty.nc").write_bytes(b"")
    (tmp_path / "folder.nc").mkdir()
    for name in ("other.nc", "empty.nc", "folder.nc", "nowhere.nc"):
        with pytest.raises(DataError, match=name):
            Moments.load(tmp_path / name)


def spoil_linked(file: h5py.File) -> None:
    del file["n"]
    file["n"] = h5py.ExternalLink("/etc/hostname", "/n")


def spoil_soft(file: h5py.File) -> None:
    del file["n"]
    file["n"] = h5py.SoftLink("/group")


def spoil_endless(file: h5py.File) -> None:
    file.create_group("deep")["deeper"] = file["/"]


def spoil_huge(file: h5py.File) -> None:
    file.create_dataset("bomb", shape=(2**40,), dtype="f8", chunks=(1024,))


def spoil_opaque(file: h5py.File) -> None:
    file.create_dataset("code", data=np.array([b"cos\nsystem"]).astype("V10"))


def spoil_records(file: h5py.File) -> None:
    file.create_dataset("records", data=np.zeros(3, dtype=[("a", "f8"), ("b", "i4")]))


@pytest.mark.parametrize(
    "spoil",
    [spoil_linked, spoil_soft, spoil_endless, spoil_huge, spoil_opaque, spoil_records],
    ids=lambda f: f.__name__,
)
def test_a_file_holds_numbers_and_text_of_its_own(spoil: Any, tmp_path: Path) -> None:
    path = written(VALUES["Moments"], tmp_path)
    with h5py.File(path, "r+") as file:
        del file.attrs[CHECKSUM]
        spoil(file)
    with pytest.raises(DataError):
        Moments.load(path)


def test_nobody_can_write_to_the_arrays_of_a_value() -> None:
    with pytest.raises(ValueError, match="read-only"):
        VALUES["Moments"].group[0] = 10**6  # native code would read at this position


def test_sums_of_a_trial_are_no_panel() -> None:
    moments = VALUES["Moments"]
    groups = replace(moments, group=np.arange(moments.n_kinds))
    with pytest.raises(DataError, match="one group"):
        data_for(RICLPM(triangle=Triangle(child=moments.variables), intercepts=False), groups)


def test_a_checksum_is_the_same_for_the_same_content(tmp_path: Path) -> None:
    found = []
    for name in ("a.nc", "b.nc"):
        VALUES["TrialCounts"].save(tmp_path / name)
        seal(tmp_path / name)  # a second time changes nothing
        with h5py.File(tmp_path / name) as file:
            found.append(file.attrs[CHECKSUM])
    assert found[0] == found[1]
    assert isinstance(TrialCounts.load(tmp_path / "a.nc"), TrialCounts)
