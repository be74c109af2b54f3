"""Trajectories on the command line, sampled for once: a small world, from a table to a folder of results."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bayespanel.cli import main
from bayespanel.command.results import FAILED_CHECK
from bayespanel.families.trajectories.simulate import simulate
from bayespanel.verbs import analysis
from tests.families.trajectories.tables import small_world

CARD = """\
title = "Who stays a victim"
question = "Who stays a victim?"
family = "trajectories"
rope = 0.18
outcome = "victimisation"
classes = ["decreasing", "low"]
arm = "programme"
predictors = ["anxiety"]

[model]
times = [0, 5, 12, 17]
link = "logit"
categories = [0, 1, 2]
levels = ["pupil", "school"]

[edges]
anxiety = "child->child"
programme = "school->child"

[data]
pupil = "pupil"
wave = "wave"
school = "school"
"""


def left_with(*words: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(list(words))
    return int(ended.value.code or 0)


@pytest.fixture(autouse=True)
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pd.DataFrame:
    monkeypatch.chdir(tmp_path)
    frame = simulate(small_world(link="logit"), 2)
    frame.to_csv("pupils.csv", index=False)
    Path("victims.toml").write_text(CARD)
    return frame


def test_a_table_becomes_a_folder_of_results(capsys: pytest.CaptureFixture[str]) -> None:
    code = left_with("fit", "victims.toml", "pupils.csv", "--tune", "200", "--draws", "250", "-q")
    shown = capsys.readouterr()
    fitted = analysis.load_fit("victims/fit.nc")
    assert code == (0 if analysis.checks(fitted)["passed"].all() else FAILED_CHECK), shown.err
    assert sorted(path.name for path in Path("victims").iterdir()) == [
        "checks.csv", "classes.csv", "evidence.csv", "fit.nc", "odds.csv", "pathways.png", "trajectories.png",
    ]  # fmt: skip
    assert pd.read_csv("victims/classes.csv")["class"].tolist() == ["decreasing", "low"] * 2
    odds = pd.read_csv("victims/odds.csv")
    assert odds["pathway"].tolist() == ["anxiety: decreasing vs low", "programme: decreasing", "programme: low"]
    assert left_with("evidence", "victims", "--kinds", "odds", "--json") == 0
    rows = json.loads(capsys.readouterr().out)["pathways"]
    assert [row["edge"] for row in rows] == ["child->child"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda f: f.assign(victimisation=f["victimisation"] + 3), "categories"),
        (lambda f: f.assign(anxiety=1.0), "anxiety"),
        (lambda f: f.assign(anxiety=np.where(f["pupil"] == f["pupil"].iloc[0], np.nan, f["anxiety"])), "1 pupil"),
        (lambda f: f.assign(programme=2 * f["programme"]), "programme"),
        (lambda f: f[f["wave"] < 3], "wave"),
    ],
)
def test_tables_that_do_not_fit_are_refused_in_words(
    table: pd.DataFrame, change: object, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    change(table).to_csv("pupils.csv", index=False)  # type: ignore[operator]
    assert left_with("fit", "victims.toml", "pupils.csv") == 2
    shown = capsys.readouterr().err
    for part in ("Rule:", "Given:", "Do:", said):
        assert part in shown
    assert not Path("victims").exists()


def test_rows_that_were_saved_fit_again_and_are_no_description(
    table: pd.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    from bayespanel import card
    from bayespanel.families.trajectories.statistics import data_for
    from tests.families.trajectories.tables import panel_of

    rows = data_for(card("victims.toml").spec, panel_of(table))
    rows.save("rows.nc")
    assert left_with("describe", "rows.nc") == 2
    assert "rows of one model of trajectories" in capsys.readouterr().err
    left_with("fit", "victims.toml", "rows.nc", "--tune", "60", "--draws", "60", "-q")
    assert analysis.load_fit("victims/fit.nc").provenance["data"] == rows.fingerprint()
