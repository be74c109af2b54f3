"""B1, B2: stores of studies that were edited, cut, or are held or left by another process."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from tests.fuzz import scratch
from tests.fuzz.judge import Answer, Case

NOT_DONE = r"not done|of 12|damag|missing"


@cache
def store_of() -> Path:
    """Return a whole store of a power study of two conditions, six replicates each."""
    from bayespanel.design import engine, store
    from tests.design.mock import HERE, some_fail
    from tests.design.studies import study

    path = scratch.folder() / "study.zarr"
    engine.run(study(6, pupils=[100, 200]), path, HERE, task=some_fail)
    with store.writing(path, study(6, pupils=[100, 200])):
        store.ask(path, {"decisions": ["excludes 0"]})
    return path


def content(path: Path) -> tuple[Any, tuple[str, ...]]:
    """Return all that a store says, and how much of it is not done."""
    import bayespanel as bp
    from bayespanel.design import store
    from bayespanel.design.decisions import decisions
    from bayespanel.design.power import table
    from bayespanel.design.study import to_dict

    opened = bp.load(path)
    study = store.study_of(path)
    asked = store.asked(path)
    numbers = (
        table(opened, decisions(asked.get("decisions", ["excludes 0"])), study)
        .to_dataframe()
        .sort_index(axis=1)
        .to_csv()
    )
    # How long a replicate took, and when it was done, differs with each run.
    lasting = opened.drop_sel(measure=["seconds_data", "seconds_fit", "seconds", "finished"])
    arrays = [np.asarray(lasting[name].values).tobytes() for name in ("statistics", "run")]
    labels = [[str(v) for v in opened[name].values] for name in ("condition", "pathway", "statistic", "measure")]
    done = int(np.isfinite(opened["run"].values[..., 0]).sum())
    words = (f"{done} of 12 replicates are done, others are missing or damaged.",) if done < 12 else ()
    store.failures(path)  # reasons are words: a lost one changes no number, and must not be in the way of the rest
    return (arrays, labels, numbers, asked, json.dumps(to_dict(study), default=str)), words


def changed(change: Callable[[Path], object]) -> Any:
    """Return the door of a store that was changed after it was written."""

    def give(folder: Path) -> Answer:
        path = folder / "study.zarr"
        shutil.copytree(store_of(), path)
        change(path)
        said, words = content(path)
        return Answer(said, words)

    return give


@cache
def truth() -> Any:
    """Compute the content of the whole store."""
    return content(store_of())[0]


def attributes(edit: Callable[[dict[str, Any]], object], *, within: str = "") -> Callable[[Path], object]:
    """Return what edits the attributes of a group or an array."""

    def change(path: Path) -> None:
        file = path / within / "zarr.json"
        record = json.loads(file.read_text())
        edit(record["attributes"] if not within else record)
        file.write_text(json.dumps(record))

    return change


def study(edit: Callable[[dict[str, Any]], object]) -> Callable[[Path], object]:
    """Return what edits the study that a store keeps."""

    def change(attributes: dict[str, Any]) -> None:
        record = json.loads(attributes["study"])
        edit(record)
        attributes["study"] = json.dumps(record)

    return attributes(change)


def chunk(array: str, change: Callable[[bytes], bytes | None], at: int = 0) -> Callable[[Path], object]:
    """Return what changes a chunk; None takes it away."""

    def edit(path: Path) -> None:
        files = sorted(file for file in (path / array / "c").rglob("*") if file.is_file())
        data = change(files[at].read_bytes())
        files[at].unlink() if data is None else files[at].write_bytes(data)

    return edit


def _flipped(data: bytes, at: float = 0.5) -> bytes:
    i = int(at * (len(data) - 1))
    return data[:i] + bytes([data[i] ^ 4]) + data[i + 1 :]


def cases(rng: np.random.Generator) -> Iterator[Case]:
    """Every case of this kind."""
    yield Case("store", "whole", changed(lambda _: None), truth, ordinary=True)
    for name, change in EDITS.items():
        yield Case("store", name, changed(change), truth, NOT_DONE)
    for array in ("statistics", "run", "message"):
        for k in range(3):
            at, place = int(rng.integers(3)), float(rng.random())
            give = changed(chunk(array, lambda data, p=place: _flipped(data, p), at))
            yield Case("store", f"{array}: a flipped byte {k} at {place:.2f}", give, truth, NOT_DONE)
        yield Case("store", f"{array}: a chunk cut", changed(chunk(array, lambda d: d[: len(d) // 2])), truth, NOT_DONE)
        yield Case("store", f"{array}: a chunk empty", changed(chunk(array, lambda _: b"")), truth, NOT_DONE)
        yield Case("store", f"{array}: a chunk gone", changed(chunk(array, lambda _: None)), truth, NOT_DONE)
        yield Case(
            "store",
            f"{array}: all chunks gone",
            changed(lambda p, a=array: shutil.rmtree(p / a / "c")),
            truth,
            NOT_DONE,
        )
        yield Case("store", f"{array}: gone", changed(lambda p, a=array: shutil.rmtree(p / a)), truth, NOT_DONE)
        yield Case(
            "store",
            f"{array}: its record garbled",
            changed(lambda p, a=array: (p / a / "zarr.json").write_text("{")),
            truth,
        )
        yield Case(
            "store",
            f"{array}: another fill value",
            changed(attributes(lambda r: r.update(fill_value=0), within=array)),
            truth,
        )
    yield from places()


EDITS: dict[str, Callable[[Path], object]] = {
    "version 99": attributes(lambda a: a.update(version=99)),
    "version in words": attributes(lambda a: a.update(version="one")),
    "no version": attributes(lambda a: a.pop("version")),
    "another format": attributes(lambda a: a.update(format="zarr")),
    "no format": attributes(lambda a: a.pop("format")),
    "no study": attributes(lambda a: a.pop("study")),
    "no fingerprint": attributes(lambda a: a.pop("fingerprint")),
    "another fingerprint": attributes(lambda a: a.update(fingerprint="0" * 64)),
    "study cut": attributes(lambda a: a.update(study=a["study"][:100])),
    "study that is a list": attributes(lambda a: a.update(study="[]")),
    "study 2,000 deep": attributes(lambda a: a.update(study="[" * 2000 + "]" * 2000)),
    "question cut": attributes(lambda a: a.update(question="{")),
    "question that is a list": attributes(lambda a: a.update(question='["x"]')),
    "question of an unknown rule": attributes(lambda a: a.update(question='{"decisions": ["bigger"]}')),
    "replicates -1": study(lambda s: s.update(replicates=-1)),
    "replicates 100": study(lambda s: s.update(replicates=100)),
    "replicates in words": study(lambda s: s.update(replicates="six")),
    "another kind": study(lambda s: s.update(kind="calibration")),
    "an unknown kind": study(lambda s: s.update(kind="strength")),
    "no conditions": study(lambda s: s.update(conditions=[])),
    "a condition less": study(lambda s: s["conditions"].pop()),
    "another seed": study(lambda s: s.update(seed=99)),
    "a rope turned round": study(lambda s: s.update(rope=[0.05, -0.05])),
    "another rope": study(lambda s: s.update(rope=[-0.3, 0.3])),
    "a probability of 95": study(lambda s: s.update(prob=95)),
    "no world": study(lambda s: s.update(world=None)),
    "another world": study(lambda s: s["world"].update(fields={"waves": 5})),
    "a field less": study(lambda s: s.pop("tune")),
    "a field too many": study(lambda s: s.update(magic=1)),
    "no record": lambda path: (path / "zarr.json").unlink(),
    "an empty record": lambda path: (path / "zarr.json").write_text(""),
    "a record that is a list": lambda path: (path / "zarr.json").write_text("[]"),
    "a record of another version of Zarr": lambda path: (path / "zarr.json").write_text(
        '{"zarr_format": 9, "node_type": "group"}'
    ),
    "no pathways": lambda path: shutil.rmtree(path / "pathway"),
    "no conditions' names": lambda path: shutil.rmtree(path / "condition"),
    "statistics of another shape": attributes(lambda r: r.update(shape=[2, 6, 3, 20]), within="statistics"),
    "statistics of another type": attributes(lambda r: r.update(data_type="int32"), within="statistics"),
    "run of fewer replicates": attributes(lambda r: r.update(shape=[2, 4, 8]), within="run"),
    "one condition": attributes(lambda r: r.update(shape=[1, 6, 8]), within="run"),
    "no checksum": attributes(
        lambda r: r.update(codecs=[c for c in r["codecs"] if c["name"] != "crc32c"]), within="run"
    ),
    "an empty folder": lambda path: (shutil.rmtree(path), path.mkdir()),
    "a file": lambda path: (shutil.rmtree(path), path.write_text("x")),
    "gone": shutil.rmtree,
    "a link to itself": lambda path: (shutil.rmtree(path), path.symlink_to(path)),
    "a store within a store": lambda path: shutil.copytree(path, path / "study.zarr"),
    "files of a file manager": lambda path: (path / ".DS_Store").write_bytes(b"\0\1"),
    "a note of an owner that is garbled": lambda path: path.with_name(".study.zarr.owner").write_text("{"),
    "a note of an owner that is a list": lambda path: path.with_name(".study.zarr.owner").write_text("[1]"),
    "a note of an owner who is gone": lambda path: path.with_name(".study.zarr.owner").write_text(
        '{"pid": 99999999, "host": "x", "since": "y"}'
    ),
    "a lock that is a folder": lambda path: (
        path.with_name(".study.zarr.lock").mkdir(),
        path.with_name(".study.zarr.owner").write_text("{}"),
    ),
}
"""What is wrong with a store -> how it came about."""


def places() -> Iterator[Case]:
    """Studies that are continued where they can be, and where they cannot."""
    from bayespanel.design import engine

    def resumed(
        before: Callable[[Path], object], after: Callable[[Path], object] = lambda _: None, *, number: int = 6
    ) -> Any:
        def give(folder: Path) -> Answer:
            from tests.design.mock import HERE, some_fail
            from tests.design.studies import study

            path = folder / "study.zarr"
            shutil.copytree(store_of(), path)
            before(path)
            engine.run(study(number, pupils=[100, 200]), path, HERE, task=some_fail)
            left = sorted(file.name for file in folder.iterdir() if file.name.endswith((".partial", ".owner")))
            said, words = content(path)
            after(path)
            return Answer((said, left), words)

        return give

    def whole() -> Any:
        return truth(), []

    def unasked() -> Any:
        arrays, labels, numbers, _, record = truth()
        return (arrays, labels, numbers, {}, record), []

    yield Case("store", "resumed: whole", resumed(lambda _: None), whole, ordinary=True)
    yield Case("store", "resumed: with fewer replicates", resumed(lambda _: None, number=3), whole, ordinary=True)
    for array in ("statistics", "run"):
        yield Case(
            "store", f"resumed: a chunk of {array} gone", resumed(chunk(array, lambda _: None)), whole, ordinary=True
        )
        yield Case(
            "store", f"resumed: a chunk of {array} flipped", resumed(chunk(array, _flipped)), whole, ordinary=True
        )
        yield Case("store", f"resumed: {array} gone", resumed(lambda p, a=array: shutil.rmtree(p / a)), whole)
    yield Case("store", "resumed: a folder that is empty", resumed(EDITS["an empty folder"]), whole)
    yield Case("store", "resumed: a file", resumed(EDITS["a file"]), whole)
    yield Case("store", "resumed: gone", resumed(shutil.rmtree), unasked)
    yield Case("store", "resumed: another fingerprint", resumed(EDITS["another fingerprint"]), whole)
    yield Case(
        "store", "resumed: a folder that may not be written", resumed(_read_only, lambda p: p.chmod(0o755)), whole
    )
    for odd in (None, 3, "", "nowhere.zarr", "\0", ["study.zarr"]):
        yield Case("store", f"called {odd!r}", lambda _, o=odd: Answer(content(o)))


def _read_only(path: Path) -> None:
    for folder in (path, *(p for p in path.rglob("*") if p.is_dir())):
        folder.chmod(0o555)
