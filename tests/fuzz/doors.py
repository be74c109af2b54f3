"""The public doors through which a malformed input comes in."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from unittest import mock

import pandas as pd

from tests.fuzz.judge import Answer, Usage, words_of
from tests.fuzz.tables import of_moments, of_panel, of_trial

Give = Callable[[Path], Answer]


def long_frame(frame: pd.DataFrame, how: Mapping[str, Any]) -> Give:
    """A table in memory, through `Panel.from_long`."""

    def give(_: Path) -> Answer:
        import bayespanel as bp

        panel = bp.Panel.from_long(frame.copy(), **how)
        return Answer(of_panel(panel), words_of(panel))

    return give


def wide_frame(frame: pd.DataFrame, how: Mapping[str, Any]) -> Give:
    """A table in memory, through `Panel.from_wide`."""

    def give(_: Path) -> Answer:
        import bayespanel as bp

        panel = bp.Panel.from_wide(frame.copy(), **how)
        return Answer(of_panel(panel), words_of(panel))

    return give


def trial_frame(frame: pd.DataFrame, how: Mapping[str, Any]) -> Give:
    """A table in memory, through `Trial.from_frame`."""

    def give(_: Path) -> Answer:
        import bayespanel as bp

        trial = bp.Trial.from_frame(frame.copy(), **how)
        return Answer(of_trial(trial), words_of(trial))

    return give


def from_file(data: bytes | str | Callable[[Path], object], how: Mapping[str, Any], *, name: str = "pupils.csv",
              kind: str = "long") -> Give:  # fmt: skip
    """A file, through `read_table` and then the reader of a kind of table."""
    reader = {"long": long_frame, "wide": wide_frame, "trial": trial_frame}[kind]

    def give(folder: Path) -> Answer:
        import bayespanel as bp

        path = folder / name
        if callable(data):
            data(path)
        else:
            path.write_bytes(data.encode() if isinstance(data, str) else data)
        frame = bp.read_table(path)
        answer = reader(frame, how)(folder)
        kept = tuple(str(word) for value in frame.attrs.values() if isinstance(value, tuple | list) for word in value)
        return Answer(answer.content, answer.words + kept)

    return give


def command(arguments: list[str], files: Mapping[str, bytes | str] | None = None, *, result: str | None = None) -> Give:
    """A command line in an empty folder; what it wrote, if it is moments, is its content, else what it printed."""

    def give(folder: Path) -> Answer:
        said = _ran(arguments, folder, files)
        if result is None:
            return Answer(said, (), (said,))
        import bayespanel as bp

        sums = bp.Moments.load(folder / result)
        return Answer(of_moments(sums), words_of(sums), (said,))

    return give


class Reached(BaseException):
    """A command came as far as its sampling, which is not done here."""


def up_to_sampling(arguments: list[str], files: Mapping[str, bytes | str] | None = None) -> Give:
    """A command line of `fit`, `power` or `calibrate`, up to its sampling: what would be sampled is its content."""

    def give(folder: Path) -> Answer:
        from bayespanel.command import results, study_results
        from bayespanel.design.study import to_dict
        from bayespanel.verbs import analysis

        reached: dict[str, Any] = {}

        def fit(card: Any, data: Any, **settings: Any) -> None:
            reached.update(data=_content(data), words=words_of(data), settings=repr(settings), card=repr(card.spec))

        def save(*_: Any, rope: Any, **__: Any) -> None:
            reached["rope"] = rope
            raise Reached

        def finish_study(_: Path, study: Any, *_given: Any, **__: Any) -> None:
            reached["study"] = json.dumps(to_dict(study), default=str)
            raise Reached

        with mock.patch.object(analysis, "fit", fit), mock.patch.object(results, "save", save), \
             mock.patch.object(study_results, "finish", finish_study):  # fmt: skip
            said = _ran(arguments, folder, files)
        words = reached.pop("words", ())
        return Answer(reached or said, words, (said,))

    return give


def _content(data: Any) -> Any:
    kind = type(data).__name__
    if kind == "Panel":
        return of_panel(data)
    return of_trial(data) if kind == "Trial" else (kind, data.fingerprint())


def _ran(arguments: list[str], folder: Path, files: Mapping[str, bytes | str] | None) -> str:
    """Run a command line in a folder with some files, and return what it said."""
    for name, data in (files or {}).items():
        (folder / name).write_bytes(data.encode() if isinstance(data, str) else data)
    code, said = run_command(arguments, folder)
    if code == 2:
        if re.search(r"Rule:|Error:", said) is None:
            raise RuntimeError(f"left without a word: {said[-200:]}")
        raise Usage(said.strip()[-300:])
    if code not in (0, 3):
        raise RuntimeError(f"exit code {code}: {said.strip()[-200:]}")
    return said


def sums_of(frame: pd.DataFrame, how: Mapping[str, Any]) -> Callable[[], Any]:
    """Return what computes the content of the moments of a clean long table."""

    def compute() -> Any:
        import bayespanel as bp

        return of_moments(bp.Panel.from_long(frame, **how).moments())

    return compute


def run_command(arguments: list[str], folder: Path) -> tuple[int, str]:
    """Run the command line within this process; return its exit code and what it said."""
    from bayespanel import cli

    before, screen = Path.cwd(), io.StringIO()
    os.chdir(folder)
    try:
        with contextlib.redirect_stdout(screen), contextlib.redirect_stderr(screen):
            cli.main(arguments)
    except Reached:
        return 0, screen.getvalue()
    except SystemExit as left:
        code = left.code if isinstance(left.code, int) else (0 if left.code is None else 1)
        return code, screen.getvalue()
    finally:
        os.chdir(before)
    return 0, screen.getvalue()
