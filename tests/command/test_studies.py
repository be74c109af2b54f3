"""Design studies from the command line: what is written, said and kept, with a fit that takes no time."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

import bayespanel as bp
from bayespanel.cli import main
from bayespanel.command.study_options import MOST, changes, sought, world_of
from bayespanel.design import engine, ownership, store
from bayespanel.language.errors import SpecError
from tests.command.lines import Run
from tests.design.mock import mock, some_fail

CARD = """\
title = "Two variables"
question = "Which comes first?"
family = "riclpm"
rope = 0.03

[triangle]
child = ["x"]
school = ["y"]
"""

SMALL = ("--set", "waves=3", "--draws", "100", "--tune", "50", "--quiet", "--workers", "0")
POWER = ("power", "mulder-2023", "two.toml", "-o", "s.zarr", *SMALL)
TWO = (*POWER, "--replicates", "6", "--set", "pupils=100,200")
FIND = (*POWER, "--replicates", "100", "--find", "pupils=100:300:50", "--pathway", "x -> y")


@pytest.fixture
def run(tmp_path, monkeypatch, capsys) -> Run:
    """Run a command line in a folder with a card; fits are those of the mock."""
    monkeypatch.chdir(tmp_path)
    Path("two.toml").write_text(CARD, encoding="utf-8")
    real = engine.run
    monkeypatch.setattr(engine, "run", lambda *given, **named: real(*given, **{"task": mock, **named}))

    def line(*arguments: str) -> tuple[int, str, str]:
        code = 0
        try:
            main(arguments)
        except SystemExit as left:
            code = int(left.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    return line


def stopping(monkeypatch, after: int) -> None:
    """Let Ctrl-C be pressed at a replicate."""
    real, calls = engine.run, iter(range(1, 10_000))

    def stops(*given):
        if next(calls) > after:
            raise KeyboardInterrupt
        return mock(*given)

    monkeypatch.setattr(engine, "run", lambda *given, **named: real(*given, **named, task=stops))


def test_one_command_leads_from_a_question_to_a_table_and_a_figure(run) -> None:
    code, out, _ = run(*TWO)
    assert code == 0
    assert "Decision: excludes 0." in out
    assert "12 replicates finished; 0 failed" in out
    assert "\n4 were sampled by NUTS:" in out  # every fourth, in the mock
    assert "Written: s.zarr, s.csv, s.png" in out
    rows = pd.read_csv("s.csv")
    assert set(rows["condition"]) == {"pupils=100", "pupils=200"}
    assert rows["assurance"].between(0, 1).all()
    assert Path("s.png").read_bytes().startswith(b"\x89PNG")


def test_where_samplers_are_a_choice_it_is_said_how_often_it_was_nuts(run) -> None:
    assert "NUTS" not in run(*TWO, "--sampler", "nuts")[1]
    assert "by_nuts" not in pd.read_csv("s.csv")
    again = [("t.zarr" if part == "s.zarr" else part) for part in TWO]
    assert "\n4 were sampled by NUTS:" in run(*again)[1]
    assert set(pd.read_csv("t.csv")["by_nuts"]) == {2}
    line = ("calibrate", "mulder-2023", "two.toml", "-o", "c.zarr", "--set", "waves=3", "--set", "pupils=100")
    said = run(*line, "--replicates", "60", "--quiet", "--workers", "0", "--sampler", "auto")[1]
    assert "15 were sampled by NUTS:" in said


def test_json_is_one_document_with_a_row_per_pathway(run) -> None:
    _, out, _ = run(*TWO, "--json")
    found = json.loads(out)
    assert found["files"] == ["s.zarr", "s.csv", "s.png"]
    assert {row["condition"] for row in found["rows"]} == {"pupils=100", "pupils=200"}


def test_the_same_store_can_be_asked_another_question(run) -> None:
    run(*TWO)
    _, out, _ = run(*TWO, "--decision", "width < 0.4", "--decision", "rope > 0.5")
    assert "width < 0.4" in out
    assert store.asked("s.zarr")["decisions"] == ["width < 0.4", "rope > 0.5"]


def test_what_was_interrupted_is_kept_counted_and_continued(run, monkeypatch) -> None:
    with monkeypatch.context() as pressed:
        stopping(pressed, 5)
        code, out, err = run(*TWO)
    assert (code, out) == (130, "")
    assert err == "\nInterrupted: what was finished is kept. Continue with: bayespanel resume s.zarr\n"
    assert "finished     5 of 12" in run("status", "s.zarr")[1]
    assert run("resume", "s.zarr", "--quiet", "--workers", "0")[0] == 0
    kept = store.opened("s.zarr")["statistics"].values
    run(*TWO[:4], "undisturbed.zarr", *TWO[5:])
    assert kept.tobytes() == store.opened("undisturbed.zarr")["statistics"].values.tobytes()


def test_resume_adds_replicates(run) -> None:
    run(*TWO)
    _, out, _ = run("resume", "s.zarr", "--replicates", "9", "--quiet", "--workers", "0")
    assert "18 replicates finished" in out


def test_a_search_is_interrupted_and_continued(run, monkeypatch) -> None:
    with monkeypatch.context() as pressed:
        stopping(pressed, 60)
        assert run(*FIND)[0] == 130
    assert "finished     60 so far; a search ends when it knows enough" in run("status", "s.zarr")[1]
    code, out, _ = run("resume", "s.zarr", "--quiet", "--workers", "0")
    assert code == 0
    assert "'excludes 0' of 'x -> y' with assurance 0.8 needs about" in " ".join(out.split())
    assert json.loads(run("status", "s.zarr", "--json")[1])["wanted"] is None


def test_a_goal_out_of_reach_is_said_with_the_most_that_was_asked(run) -> None:
    _, out, _ = run(*POWER, "--replicates", "50", "--find", "pupils=100:110:5", "--pathway", "x -> y")
    assert "needs more pupils than the 110 that were asked about at most: surely" in " ".join(out.split())


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        (("--set", "pupils"), "--set names a field of the world once"),
        (("--set", "pupls=100"), "'pupls' is not among them. Nearest: 'pupils'"),
        (("--set", "pupils=100,100"), "of its own"),
        (("--decision", "rope above 1"), "A decision is one of these"),
        (("--find", "pupils=5"), "--find has a field of the world"),
        (("--find", f"pupils=100:{101 + MOST}"), "Give a step: --find pupils=100:"),
        (("--find", "pupils=100:110", "--pathway", "x -> z"), "'x -> z' is not known"),
        (("--find", "pupils=100:110", "--goal", "2"), "'goal' is a number between 0 and 1"),
        (("--find", "waves=3:4", "--set", "pupils=100,200"), "They also differ in 'pupils'."),
    ],
)
def test_a_wrong_option_is_said_in_three_parts_and_leaves_nothing(run, extra, words) -> None:
    line = POWER if extra[0] != "--find" or "waves=3:4" not in extra else (*POWER[:5], *POWER[7:])
    code, out, err = run(*line, *extra)
    assert (code, out) == (2, "")
    assert words in err
    assert [row.split(":")[0] for row in err.splitlines()] == ["Rule", "Given", "Do"]
    assert not Path("s.zarr").exists()


def test_errors_speak_of_commands_not_of_python(run) -> None:
    _, _, err = run("power", "school-trial", "two.toml", "-o", "s.zarr")
    assert "bayespanel worlds names them" in err
    _, _, err = run("calibrate", "mulder-2023", "two.toml", "-o", "s.zarr")
    assert "Choose one value of each field: --set field=value." in err


def test_a_store_beside_which_the_table_has_no_name_is_refused(run) -> None:
    code, _, err = run(*POWER[:4], "study.csv", *SMALL)
    assert code == 2
    assert "Write -o study.zarr." in err


def test_a_file_or_another_study_in_the_way_is_refused_and_left_alone(run) -> None:
    Path("file.zarr").write_text("mine", encoding="utf-8")
    assert "cannot be read as one" in run(*TWO[:4], "file.zarr", *TWO[5:])[2]
    assert Path("file.zarr").read_text(encoding="utf-8") == "mine"
    run(*TWO)
    code, _, err = run(*TWO, "--seed", "5")
    assert code == 2
    assert "What differs: seed" in err
    assert "bayespanel resume s.zarr" in err


def test_a_second_process_is_told_who_writes(run, tmp_path, monkeypatch) -> None:
    import subprocess
    import sys

    monkeypatch.setattr(ownership, "GRACE", 0.1)
    run(*TWO)
    code = (
        "import sys; from filelock import FileLock; lock = FileLock(sys.argv[1]); lock.acquire()\n"
        "print('held', flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / ".s.zarr.lock")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        (tmp_path / ".s.zarr.owner").write_text('{"pid": 77, "host": "there", "since": 0}', encoding="utf-8")
        code_left, _, err = run(*TWO)
        said = run("status", "s.zarr")[1]
        other.communicate(b"\n")
    assert code_left == 2
    assert "is being written by process 77 on there" in err
    assert "written by   process 77 on there" in said


def test_failures_are_counted_with_their_reason(run, monkeypatch) -> None:
    real = engine.run
    monkeypatch.setattr(engine, "run", lambda *given, **named: real(*given, **{**named, "task": some_fail}))
    assert "12 replicates finished; 4 failed, 2 did not converge." in run(*TWO)[1]
    assert "4 x The data were refused." in run("status", "s.zarr")[1]


def test_a_condition_that_always_fails_stays_in_the_table(run, monkeypatch) -> None:
    def fails(study, names, condition, number):
        if condition == 1:
            return engine.failed((len(names), len(study.statistics)), "never")
        return mock(study, names, condition, number)

    real = engine.run
    monkeypatch.setattr(engine, "run", lambda *given, **named: real(*given, **{**named, "task": fails}))
    run(*TWO)
    rows = pd.read_csv("s.csv").set_index("condition")
    assert (rows.loc["pupils=200", "assurance"] == 0).all()
    assert (rows.loc["pupils=200", "failed"] == 6).all()


def test_curves_and_intervals_are_drawn(run) -> None:
    run(*TWO)
    assert run("curve", "s.zarr", "-o", "power.png")[1] == "Written: power.png\n"
    assert "Add for example --condition 'pupils=100'" in run("curve", "s.zarr", "--intervals", "-o", "zip.png")[2]
    chosen = ("--pathway", "x -> y", "--condition", "pupils=200")
    assert run("curve", "s.zarr", "--intervals", *chosen, "-o", "zip.png")[0] == 0
    assert all(Path(name).exists() for name in ("power.png", "zip.png"))
    assert "Nearest: 'pupils=100'" in run("curve", "s.zarr", "--intervals", "--condition", "pupils=10")[2]


def test_a_calibration_passes_and_leaves_its_bands(run) -> None:
    line = ("calibrate", "mulder-2023", "two.toml", "-o", "c.zarr", "--set", "waves=3", "--set", "pupils=100")
    code, out, _ = run(*line, "--replicates", "60", "--quiet", "--workers", "0")
    assert code == 0
    assert "uniform, as far as these replicates tell" in out
    assert {"p_value", "coverage_90"} <= set(pd.read_csv("c.csv"))


def test_worlds_are_listed_and_shown(run) -> None:
    assert "school-trial (trial)" in run("worlds")[1]
    assert "classes_per_school = [2, 2]" in run("worlds", "school-trial")[1]  # as --set takes it
    assert json.loads(run("worlds", "school-trial", "--json")[1])["family"] == "trial"


def test_options_mean_what_they_say() -> None:
    assert changes(["a=1,2", "b=0.5", "c=[2, 3]", "d=word"]) == {"a": [1, 2], "b": 0.5, "c": (2, 3), "d": "word"}
    one = bp.Search("pupils", (100, 200), pathway="x -> y", decision="bf10 > 10", goal=0.9)
    assert sought("pupils=100:200", "x -> y", ["bf10 > 10"], 0.9) == one
    assert sought("pupils = 100:200:20", "x -> y", ["bf10 > 10"], 0.9) == replace(one, step=20)
    with pytest.raises(SpecError):
        sought("pupils=100:x", "x -> y", ["bf10 > 10"], 0.9)


@pytest.mark.parametrize("change", ["effect=0,3", "effect=1,2", "school_icc=0,1"])
def test_whole_numbers_for_a_field_that_has_none_may_be_decimal_commas(change: str) -> None:
    with pytest.raises(SpecError, match="decimal comma"):
        world_of("involvement-trial", [change])


def test_conditions_with_decimal_points_and_of_whole_fields_stay() -> None:
    assert world_of("involvement-trial", ["effect=0.0,0.3", "schools=20,40"]).grid == {
        "effect": (0.0, 0.3),
        "schools": (20, 40),
    }
