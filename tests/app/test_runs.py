"""A run is a command of its own: it is followed, stopped, found again, and the only one."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from bayespanel.app import running
from bayespanel.app.runs import MESSAGES, RECORD, Progress, Runs
from bayespanel.app.session import _table
from bayespanel.app.work import State, Work
from bayespanel.command import drafting, intake
from bayespanel.command.columns import Columns
from bayespanel.language.errors import BayespanelError, DataError, FitError, SpecError
from tests.app import messy


@pytest.fixture
def work(tmp_path: Path) -> Work:
    """A folder of work with the messy table."""
    (tmp_path / "work").mkdir()
    made = Work(tmp_path / "work")
    made.take(messy.write(tmp_path), messy.NAME)
    return made


def test_a_fit_is_followed_and_stopped_and_leaves_nothing(work: Work) -> None:
    answers = {"missing": "-99"}
    card = drafting.read(str(drafting.form(Path(messy.NAME), intake.table(work.table), answers).text))
    work.change(sampling={**work.state.sampling, "draws": "90000"})
    runs = Runs(work.folder)
    text = card_text(work, answers)
    running.start(work, runs, text, card, Columns())
    with pytest.raises(FitError, match="One run goes on"):
        running.start(work, runs, text, card, Columns())
    deadline = time.monotonic() + 60
    while runs.progress() == Progress() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert runs.progress().what
    runs.stop()
    assert runs.last.phase == "stopping"  # type: ignore[union-attr]  # it was started
    runs.wait(60)
    assert (runs.last.phase, runs.last.code) == ("stopped", 130)  # type: ignore[union-attr]  # it was started
    assert "progress:" not in runs.messages()
    names = sorted(path.name for path in runs.place().iterdir())
    assert names == ["card.toml", "fit.py", "fit.sh", "messages.txt", "output-1.txt", "run.json"]
    assert Runs(work.folder).last == runs.last


def card_text(work: Work, answers: dict[str, str]) -> str:
    return str(drafting.form(Path(messy.NAME), intake.table(work.table), answers).text)


def test_commands_follow_one_another_and_a_run_is_found_again(tmp_path: Path) -> None:
    runs = Runs(tmp_path)
    assert runs.last is None
    runs.start("fit", [["--version"], ["models", "nothing-like-it"], ["--version"]], {"card.toml": "x"})
    runs.wait(30)
    assert (runs.place() / "output-1.txt").read_text(encoding="utf-8").startswith("bayespanel ")
    assert "'nothing-like-it' is neither" in runs.messages()
    assert not (runs.place() / "output-3.txt").exists()
    again = Runs(tmp_path)
    assert again.last == runs.last
    assert (again.last.number, again.last.phase) == (1, "failed")  # type: ignore[union-attr]  # it was found


def test_what_an_app_that_was_closed_left_counts_as_stopped(tmp_path: Path) -> None:
    (tmp_path / "run-10").mkdir()
    record = {"number": 10, "kind": "fit", "phase": "running", "code": None, "began": 1.0, "ended": None}
    (tmp_path / "run-10" / RECORD).write_text(json.dumps(record), encoding="utf-8")
    runs = Runs(tmp_path)
    assert (runs.last.number, runs.last.phase) == (10, "stopped")  # type: ignore[union-attr]  # it was found


@pytest.mark.parametrize(
    ("line", "far"),
    [
        ("progress: compiling (the first fit takes a minute)", Progress("compiling (the first fit takes a minute)")),
        ("progress: sampling 4 chains (120/6000)\na message", Progress("sampling 4 chains", 120, 6000)),
        ("a message", Progress()),
    ],
)
def test_progress_is_the_last_line_that_says_so(tmp_path: Path, line: str, far: Progress) -> None:
    runs = Runs(tmp_path)
    (tmp_path / "run-0").mkdir()
    (tmp_path / "run-0" / MESSAGES).write_text(line, encoding="utf-8")
    assert runs.progress() == far


def test_of_a_traceback_only_the_last_line_is_shown(tmp_path: Path) -> None:
    (tmp_path / "run-0").mkdir()
    said = 'a message\nprogress: x\nTraceback (most recent call last):\n  File "x.py"\nMemoryError: too large\n'
    (tmp_path / "run-0" / MESSAGES).write_text(said, encoding="utf-8")
    assert Runs(tmp_path).messages() == "a message\nMemoryError: too large"


def test_a_fit_prints_lines_of_progress_where_they_are_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from types import SimpleNamespace

    from bayespanel.inference.progress import progress_bar

    monkeypatch.setenv("BAYESPANEL_PROGRESS", "lines")
    with progress_bar(True) as (stage, advance):
        stage("compiling")
        for done in (1, 2, 10):
            advance([SimpleNamespace(finished_draws=done, total_draws=10, divergences=0)])  # type: ignore[misc]  # it shows
    assert capsys.readouterr().err == (
        "progress: compiling\nprogress: sampling 1 chains (1/10)\nprogress: sampling 1 chains (10/10)\n"
    )


def test_a_wrong_file_is_said_in_three_parts(work: Work, tmp_path: Path) -> None:
    broken = tmp_path / "broken.sav"
    broken.write_bytes(b"this is no file of SPSS")
    with pytest.raises(DataError, match=r"\.sav"):
        work.take(broken, "notes.docx")
    assert work.state.name == messy.NAME
    for name in ("broken.sav", "broken.xlsx", "broken.parquet", "broken.dta"):
        work.take(broken, name)
        assert isinstance(_table(work, work.state.file, None, None), BayespanelError)


def test_names_of_uploads_are_no_paths_and_the_work_is_found_again(work: Work, tmp_path: Path) -> None:
    work.take(messy.write(tmp_path), "../../evil.SAV")
    assert work.table.parent == work.folder
    assert work.state.file == "table-2.sav"
    work.change(answers={"pupil": "none"})
    assert Work(work.folder).state == work.state
    work.table.unlink()
    assert Work(work.folder).state.file == ""


def test_a_run_needs_a_card_a_region_and_whole_numbers(work: Work) -> None:
    with pytest.raises(DataError, match="Choose a file"):
        running.ready(None, Columns(), None)
    text = '\ntitle = "t"\nquestion = "q"\nfamily = "riclpm"\nvariables = ["a", "b"]\n'
    with pytest.raises(SpecError, match="rope = "):
        running.ready(drafting.read(text), Columns(), drafting.Reading())
    work.change(sampling={**work.state.sampling, "draws": "many"})
    with pytest.raises(SpecError, match="whole numbers"):
        running.start(work, Runs(work.folder), text, drafting.read(text), Columns())


def test_each_page_runs_the_table_that_it_shows(work: Work, tmp_path: Path) -> None:
    """Two pages of one folder: the other one takes a file, and this one still has its own."""
    shown, other = work.table, Work(work.folder)
    assert other.state == work.state
    second = tmp_path / "second.csv"
    second.write_text("pupil,dep_1\n1,2\n")
    other.take(second, "second.csv")
    other.change(sampling={**other.state.sampling, "draws": "50"})
    assert work.table == shown
    assert work.state.sampling["draws"] != "50"
    work.change(answers={"pupil": "none"})
    assert other.state.name == "second.csv"


@pytest.mark.parametrize(
    "text", ["", "[]", '{"file": 3}', '{"file": "x", "answers": null}', '{"answers": {"pupil": 3}}']
)
def test_a_state_that_cannot_be_read_begins_anew(tmp_path: Path, text: str) -> None:
    (tmp_path / "app.json").write_text(text)
    assert Work(tmp_path).state == State()


def test_what_else_lies_in_the_folder_is_none_of_the_runs(tmp_path: Path) -> None:
    record = {"number": 2, "kind": "fit", "phase": "done", "code": 0, "began": 0.0, "ended": 1.0}
    for name, text in {
        "run-2": json.dumps(record),
        "run-2 copy": json.dumps(record),
        "run-x": json.dumps(record),
        "run-3": "",
        "run-4": json.dumps(record)[:20],
        "run-5": json.dumps(record),  # a copy under another number
        "run-6": json.dumps(record | {"number": 6, "phase": "?"}),
    }.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").write_text(text)
    runs = Runs(tmp_path)
    assert runs.last is not None
    assert runs.last.number == 2
    run = runs.start("fit", [["--version"]], {})
    runs.wait()
    assert run.number == 7
    assert Runs(tmp_path).last == runs.last
