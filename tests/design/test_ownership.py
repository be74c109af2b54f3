"""One process at a time begins, fills and leaves a store; what goes wrong meanwhile is named."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import zarr

from bayespanel.data.storage import write_whole
from bayespanel.design import engine, store
from bayespanel.files import partial
from bayespanel.language.errors import DataError, FitError
from tests.design.mock import HERE, mock
from tests.design.studies import study

ROOT = Path(__file__).parents[2]

BEGIN = """
import sys, time
from bayespanel.design import engine
from bayespanel.language.errors import FitError
from tests.design.mock import HERE, slow
from tests.design.studies import study
print("ready", flush=True)
sys.stdin.readline()
try:
    engine.run(study(12), sys.argv[1], HERE, task=slow)
    print("done")
except FitError as error:
    print("refused", error)
"""


def test_of_processes_that_begin_one_store_at_once_one_does_and_others_are_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "s.zarr"
    command = [sys.executable, "-c", BEGIN, str(path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    others = [subprocess.Popen(command, cwd=ROOT, text=True, **pipes) for _ in range(3)]
    for other in others:
        assert other.stdout is not None
        assert other.stdout.readline() == "ready\n"
    found = []
    for other in others:
        assert other.stdin is not None
        other.stdin.write("go\n")
        other.stdin.flush()
    for other in others:
        out, errors = other.communicate(timeout=120)
        assert errors == ""
        found.append(out.strip())
    assert "done" in found
    for line in found:
        assert line == "done" or line.startswith("refused Only one process at a time writes to a store."), line
    assert engine.missing(path, study(12)) == []
    assert [entry.name for entry in tmp_path.iterdir() if entry.name.endswith(".partial")] == []


def test_a_store_that_is_deleted_under_a_study_is_named(tmp_path: Path) -> None:
    path = tmp_path / "s.zarr"

    def deleting(*arguments: object) -> object:
        shutil.rmtree(path, ignore_errors=True)
        return mock(*arguments)  # type: ignore[arg-type]

    with pytest.raises(FitError, match=r"s.zarr' was moved or deleted meanwhile"):
        engine.run(study(3), path, HERE, task=deleting)
    assert not path.exists()  # and not made anew without what it held


FULL = """
import resource, sys
from bayespanel.design import engine
from bayespanel.language.errors import FitError
from tests.design.mock import HERE, mock
from tests.design.studies import study
def full(study, names, condition, number):
    if number == 2:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, resource.RLIM_INFINITY))
    return mock(study, names, condition, number)
try:
    engine.run(study(5), sys.argv[1], HERE, task=full)
except FitError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits of files are set on POSIX")
def test_where_nothing_more_can_be_written_the_study_stops_and_what_was_finished_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "s.zarr"
    found = subprocess.run(
        [sys.executable, "-c", FULL, str(path)], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert "could not be written (File too large)" in found.stdout
    assert "what was finished is kept" in found.stdout
    assert engine.missing(path, study(5)) == [(0, 2), (0, 3), (0, 4)]
    engine.run(study(5), path, HERE, task=mock)
    assert engine.missing(path, study(5)) == []


def test_a_file_that_cannot_be_written_is_named_and_the_old_one_kept(tmp_path: Path) -> None:
    def full(_: Path) -> None:
        raise OSError(28, "No space left on device")

    (tmp_path / "m.nc").write_text("old")
    with pytest.raises(DataError, match=r"m.nc' could not be written \(No space left on device\)"):
        write_whole(tmp_path / "m.nc", full)
    assert (tmp_path / "m.nc").read_text() == "old"


KILLED = """
import os, pathlib, sys
from bayespanel.files.partial import partial
with partial(pathlib.Path(sys.argv[1]), "s.zarr") as made:
    made.mkdir()
    (made / "half").write_text("half")
    os.kill(os.getpid(), 9)
"""


@pytest.mark.skipif(os.name != "posix", reason="whether a process lives is asked on POSIX")
def test_what_a_killed_process_left_is_cleared_up_by_the_next(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], cwd=ROOT, check=False)
    [left] = tmp_path.iterdir()
    assert left.name.endswith(".partial")
    ours = left.with_name(left.name.replace(left.name.split("-")[1], str(os.getpid())))
    ours.mkdir()  # of a process that lives
    elsewhere = tmp_path / f".s.zarr.00000000-1-{'0' * 16}.partial"
    elsewhere.mkdir()  # of another machine
    engine.run(study(2), tmp_path / "s.zarr", HERE, task=mock)
    assert not left.exists()
    assert ours.exists()
    assert elsewhere.exists()


def test_hidden_names_cannot_be_guessed(tmp_path: Path) -> None:
    with partial.partial(tmp_path, "a") as one, partial.partial(tmp_path, "a") as two:
        assert one != two
        assert len(one.name.split("-")[-1].removesuffix(".partial")) == 16


def edited(path: Path, **changes: object) -> None:
    zarr.open_group(path, mode="r+").attrs.update(changes)


@pytest.mark.parametrize(
    "change",
    [
        {"version": "two"}, {"version": 0}, {"version": None}, {"version": 99}, {"format": 3},
        {"study": "{"}, {"study": 7}, {"study": "[" * 100_000}, {"study": "{}"}, {"fingerprint": "0" * 64},
        {"fingerprint": None}, {"labels": "0" * 64},
    ],
    ids=lambda change: f"{next(iter(change))} {str(next(iter(change.values())))[:8]}",
)  # fmt: skip
def test_a_store_whose_attributes_were_edited_is_refused(tmp_path: Path, change: dict[str, object]) -> None:
    path = tmp_path / "s.zarr"
    engine.run(study(2), path, HERE, task=mock)
    edited(path, **change)
    with pytest.raises(FitError, match=r"s\.zarr'") as caught:
        store.opened(path)
    assert all(part.endswith(".") for part in (caught.value.rule, caught.value.given, caught.value.action))


@pytest.mark.parametrize(("name", "value"), [("seed", 999), ("replicates", 50), ("prob", 0.5), ("conditions", [])])
def test_a_store_whose_study_was_edited_is_refused(tmp_path: Path, name: str, value: object) -> None:
    path = tmp_path / "s.zarr"
    engine.run(study(2), path, HERE, task=mock)
    content = json.loads(str(zarr.open_group(path, mode="r").attrs["study"]))
    edited(path, study=json.dumps({**content, name: value}))
    for read in (store.opened, store.study_of):
        with pytest.raises(FitError, match="cannot be read as one"):
            read(path)


def test_labels_that_were_edited_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.zarr"
    engine.run(study(2), path, HERE, task=mock)
    names = zarr.open_group(path, mode="r+")["pathway"]
    names[:] = np.asarray(names[:])[::-1]  # type: ignore[index]  # an array
    with pytest.raises(FitError, match="labels were changed"):
        store.opened(path)


@pytest.mark.parametrize("file", ["zarr.json", "run/zarr.json", "statistics/zarr.json", "pathway/zarr.json"])
@pytest.mark.parametrize("damage", ["gone", "empty", "cut", "other"])
def test_a_store_with_damaged_records_is_refused(tmp_path: Path, file: str, damage: str) -> None:
    path = tmp_path / "s.zarr"
    engine.run(study(2), path, HERE, task=mock)
    content = (path / file).read_text()
    changed = {"empty": "", "cut": content[: len(content) // 2], "other": "[1, 2]"}
    (path / file).unlink() if damage == "gone" else (path / file).write_text(changed[damage])
    with pytest.raises(FitError, match=r"s\.zarr'"):
        store.opened(path)
