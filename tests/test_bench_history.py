"""What benchmarks remember: figures are read from words, files come back, and a slower machine is no slower library."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.bench_history import BenchRun, compared, last, run_of, save, yardstick

ROWS = [
    ("a gradient", "17.2 us"),
    ("a posterior", "0.5 s; ESS lags 11701, all 9994; R-hat 1.005"),
    ("pupils", "1,373 us = 1.35 x (13151 blocks for 5481)"),
    ("a study", "12.34 per s; R-hat < 1.01 in 98 %"),
    ("no walk", "NUTS: too few of its proposals are accepted (efficiency 0.02)"),
]


@pytest.fixture
def run() -> BenchRun:
    return run_of(ROWS, 0.05)


def test_the_first_time_in_the_words_of_a_row_is_its_figure(run: BenchRun) -> None:
    assert run.figures == pytest.approx({"a gradient": 17.2e-6, "a posterior": 0.5, "pupils": 1.373e-3})
    assert run.words == dict(ROWS)
    assert run.memory > 0.01
    assert run.versions["numpy"]


def test_a_run_that_was_saved_comes_back_and_the_newest_is_the_last(run: BenchRun, tmp_path: Path) -> None:
    assert last(tmp_path) is None
    save(run, tmp_path)
    newer = replace(run, when="2999-01-01T00:00:00+00:00", memory=9.0)
    save(newer, tmp_path)
    assert last(tmp_path) == newer
    assert len(list(tmp_path.iterdir())) == 2


def test_a_figure_that_moves_as_the_machine_does_is_not_named(run: BenchRun) -> None:
    slower = replace(run, yardstick=0.1, figures={name: 2 * value for name, value in run.figures.items()})
    said = compared(slower, run)
    assert "takes 2.00 x as long here (100 ms for 50 ms)" in said[0]
    assert said[1:] == ["No figure of 3 changed by more than 25 %."]


def test_figures_that_changed_are_named_with_both_words(run: BenchRun) -> None:
    now = replace(
        run,
        figures={**run.figures, "a gradient": 34.4e-6, "a posterior": 0.25},
        versions={**run.versions, "numpy": "9"},
        words={name: words for name, words in run.words.items() if name != "a study"},
    )
    said = compared(now, run)
    assert said[1] == f"Versions: numpy {run.versions['numpy']} -> 9."
    assert said[2].startswith("   2.00 x  a gradient: 17.2 us (before: 17.2 us)")
    assert said[3].startswith("   0.50 x  a posterior")
    assert said[4:] == ["Not in this run: 1 rows."]


def test_the_yardstick_takes_time() -> None:
    assert 0.001 < yardstick(1) < 30
