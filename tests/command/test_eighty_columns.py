"""Every table of the command line fits a screen of 80 columns, with long names too."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import bayespanel as bp
from bayespanel.catalogue import worlds
from bayespanel.cli import app
from bayespanel.command import repeating, screen
from bayespanel.design import engine
from bayespanel.families.trial.simulate import involvement, simulate
from bayespanel.inference.checks import FIT, Check, table
from bayespanel.verbs.reproduction import Rerun
from tests.command.lines import CARD, LONG, Run
from tests.data.tables import long_table
from tests.design.mock import mock

WIDTH = 80

SHOWN = {
    "models",
    "describe",
    "new",
    "fit",
    "evidence",
    "moments",
    "power",
    "calibrate",
    "resume",
    "status",
    "worlds",
    "rerun",
}
"""Commands that are run here; `missing`, `app` and `draws` have tests of their own, the others print no table."""

READING, MATH = "reading_comprehension_as_teachers_report", "mathematics_in_the_standard_test_of_spring"
"""Names of 40 letters and more."""

NAMED = CARD.replace('"reading"', f'"{READING}"').replace('"math"', f'"{MATH}"')

SMALL = ("--set", "waves=3", "--draws", "100", "--tune", "50", "--quiet", "--workers", "0", "--replicates", "20")


@pytest.fixture
def narrow(run: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A command line on a screen of 80 columns; what it shows must fit."""
    monkeypatch.setenv("COLUMNS", str(WIDTH))
    long_table().rename(columns={"read": READING, "math": MATH}).to_csv("pupils.csv", index=False)
    Path("two.toml").write_text(NAMED, encoding="utf-8")

    def call(*arguments: str) -> tuple[int, str, str]:
        code, out, err = run(*arguments)
        assert code in (0, 3), err
        fits(out)
        return code, out, err

    return call


def fits(text: str) -> None:
    """Check the width of a text; a command that is there to be copied stays in one line."""
    wide = [line for line in text.splitlines() if len(line) > WIDTH and not line.startswith("  bayespanel ")]
    assert wide == []


def test_no_command_is_forgotten() -> None:
    commands = {str(one.name or getattr(one.callback, "__name__", "")) for one in app.registered_commands}
    assert commands - SHOWN == {"report", "curve", "demo", "missing", "app", "draws"}


def test_a_card_by_asking(narrow: Run) -> None:
    _, _, err = narrow("new", "pupils.csv", "--yes")
    fits(err)


def test_cards_and_worlds(narrow: Run) -> None:
    narrow("models")
    narrow("worlds")
    for name in (*bp.cards(), "two.toml"):
        narrow("models", name)
    for name in worlds.worlds():
        narrow("worlds", name)


@pytest.mark.usefixtures("sampled")
def test_a_fit_and_its_evidence(narrow: Run) -> None:
    narrow("fit", "two.toml", "pupils.csv", *LONG)
    narrow("evidence", "two", "--by-interval")
    narrow("evidence", "two", "--raw")


def test_data(narrow: Run) -> None:
    narrow("describe", "pupils.csv")
    narrow("describe", "pupils.csv", *LONG, "--variables", f"{READING},{MATH}")
    narrow("moments", "pupils.csv", *LONG, "--variables", f"{READING},{MATH}", "-o", "sums.nc")
    narrow("describe", "sums.nc")
    trial = simulate(involvement("teachers"), 1)
    renamed = {name: f"{name}_in_all_schools_of_the_city" for name in trial if name.startswith("parents")}
    trial.rename(columns=renamed).to_csv("trial.csv", index=False)
    outcomes = ",".join(renamed.values())
    narrow("describe", "trial.csv")
    narrow(
        "describe", "trial.csv", "--arm", "arm", "--control", "control", "--outcomes", outcomes, "--school", "school"
    )


def test_design_studies(narrow: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    real = engine.run
    monkeypatch.setattr(engine, "run", lambda *given, **named: real(*given, **{"task": mock, **named}))
    card = CARD.replace('"reading"', '"x"').replace('"math"', '"y"').replace('["pupil", "school"]', '["pupil"]')
    Path("xy.toml").write_text(card, encoding="utf-8")
    narrow("power", "mulder-2023", "xy.toml", "-o", "s.zarr", *SMALL, "--set", "pupils=100,200")
    narrow("status", "s.zarr")
    narrow("resume", "s.zarr", "--quiet", "--workers", "0")
    narrow("calibrate", "mulder-2023", "xy.toml", "-o", "c.zarr", *SMALL, "--set", "pupils=100")


def test_checks_of_any_length(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(WIDTH))
    name = "chains describe the same classes (R-hat of sizes and courses) in every one of the arms of the trial"
    screen.show_checks(table([Check(name, 123456.789, 0.012345678, False, "Do this. " * 30, about=FIT)]))
    shown = capsys.readouterr().out
    fits(shown)
    assert " ".join(shown.split()).count("in every one of the arms") == 1


def test_a_repetition(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(WIDTH))
    numbers = pd.DataFrame(
        {
            "quantity": [f"lag[{READING}, {MATH}] {of}" for of in ("mean", "SD")],
            **{name: [123.456789, 0.000012345] for name in ("saved", "again", "difference", "error", "errors")},
        }
    )
    versions = pd.DataFrame({"what": ["machine"], "saved": ["a processor " * 6], "again": ["another processor " * 4]})
    found = Rerun(None, numbers, False, False, 4.2, versions, True)  # type: ignore[arg-type]  # its fit is not shown
    text = repeating.text(found)
    fits(text)
    assert " ".join(text.split()).count("processor") == 10


def test_a_table_of_many_columns_goes_on_below(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(WIDTH))
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(
        {"pathway": [f"{READING} -> {MATH}"] * 3} | {f"number_{i}": rng.normal(size=3) for i in range(12)}
    )
    shown = screen.table_text(frame)
    fits(shown)
    for i in range(12):
        assert f"number_{i}" in shown
        assert f"{frame[f'number_{i}'][2]:g}" in shown
