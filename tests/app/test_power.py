"""Sliders become the command line of a design study, and its JSON becomes a table."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import bayespanel as bp
from bayespanel.app import power
from bayespanel.app.runs import Run as Job, Runs
from bayespanel.design import engine
from bayespanel.language.errors import SpecError
from tests.command.lines import CARD, Run
from tests.design.mock import mock


@pytest.mark.parametrize("name", bp.worlds())
def test_every_number_of_a_world_has_a_slider_that_holds_it(name: str) -> None:
    world = bp.world(name)
    for slider in power.sliders(world):
        assert slider.low <= slider.value <= slider.high
        assert (slider.value - slider.low) / slider.step == pytest.approx(
            round((slider.value - slider.low) / slider.step)
        )
    assert name not in power.USUAL or bp.card(power.USUAL[name]).family == world.family


def test_only_what_was_moved_is_said() -> None:
    world = bp.world("small-triangle")
    asked = power.words(world, "spillover-depression", {"schools": 30.0, "waves": 4.0}, replicates="50", seed="7")
    assert asked == [
        *("power", "small-triangle", "spillover-depression", "-o", "study.zarr", "--replicates", "50", "--seed", "7"),
        *("--set", "schools=30"),
    ]
    with pytest.raises(SpecError, match="whole numbers"):
        power.words(world, "clpm", {}, replicates="some", seed="7")


def test_what_a_study_counted_is_a_table(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    real = engine.run
    monkeypatch.setattr(engine, "run", lambda *given, **named: real(*given, **{"task": mock, **named}))
    card = CARD.replace('"reading"', '"x"').replace('"math"', '"y"').replace('["pupil", "school"]', '["pupil"]')
    Path("card.toml").write_text(card, encoding="utf-8")
    asked = power.words(bp.world("mulder-2023"), "card.toml", {}, replicates="3", seed="1")
    assert asked.count("--set") == 2  # of its grid, one design
    monkeypatch.setenv("BAYESPANEL_PROGRESS", "lines")
    code, out, err = run(*asked, "--json", "--workers", "0")
    assert code == 0
    assert "progress: replicates (3/3)" in err
    runs = Runs(tmp_path)
    runs.place(1).mkdir()
    (runs.place(1) / "output-1.txt").write_text(out, encoding="utf-8")
    (runs.place(1) / power.SHELL).write_text("#!/bin/sh\nbayespanel power mulder-2023\n", encoding="utf-8")
    shown = str(power.studied(runs, Job(1, "power", "done", 0, 1.0, 2.0)))
    assert len(json.loads(out)["rows"]) == shown.count("<tr>") - 1
    assert "x -&gt; y" in shown
    assert "<code>bayespanel power mulder-2023</code>" in shown
    assert "power.sh" in shown
    assert "assurance" in shown
