"""Rows of statistics below a table are no pupils; pupils are no rows of statistics."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bayespanel.data import read_table
from bayespanel.language.errors import DataError

NAMES = ["read1", "read2", "math1", "math2"]
STATISTICS: dict[str, Callable[[pd.Series], float]] = {
    "mean": lambda column: column.mean(),
    "sd": lambda column: column.std(),
    "min": lambda column: column.min(),
    "max": lambda column: column.max(),
    "n": lambda column: float(column.count()),
}


def table(path: Path, words: dict[str, str], digits: int = 2) -> Path:
    """Write scores of 60 pupils with rows of statistics (statistic -> the word for it) below."""
    rng = np.random.default_rng(3)
    scores = pd.DataFrame(rng.normal(5, 2, size=(60, 4)).round(1), columns=NAMES)
    below = [[word, *(round(STATISTICS[what](scores[name]), digits) for name in NAMES)] for what, word in words.items()]
    scores.insert(0, "id", [f"p{pupil}" for pupil in range(60)])
    whole = pd.concat([scores, pd.DataFrame(below, columns=scores.columns)], ignore_index=True)
    whole.to_csv(path / "t.csv", index=False)
    return path / "t.csv"


@pytest.mark.parametrize(
    "words",
    [
        {"mean": "M", "sd": "SD"},
        {"mean": "MW", "sd": "SD", "n": "N"},
        {"mean": "Mean", "sd": "SD", "min": "Min", "max": "Max"},
        {"mean": "Mittelwert", "sd": "Standardabweichung"},
        {"mean": "", "sd": ""},
        {"mean": "class 1", "sd": "class 2"},
        {"sd": "spread"},
        {"n": "valid", "mean": "average of all", "sd": "its spread", "min": "least", "max": "most"},
    ],
)
@pytest.mark.parametrize("digits", [2, 3, 12])
def test_rows_of_statistics_are_refused(tmp_path: Path, words: dict[str, str], digits: int) -> None:
    with pytest.raises(DataError, match="looks like a total") as caught:
        read_table(table(tmp_path, words, digits))
    assert "below the scores" in caught.value.action


def test_pupils_are_read(tmp_path: Path) -> None:
    for seed in range(200):
        rng = np.random.default_rng(seed)
        rows, columns = int(rng.integers(3, 40)), int(rng.integers(1, 6))
        frame = pd.DataFrame(np.round(rng.normal(3, 1, size=(rows, columns)), int(rng.integers(0, 3))))
        frame = frame.set_axis([f"y{at}" for at in range(columns)], axis=1).assign(
            sex=rng.choice(["M", "F", "N"], rows)
        )
        frame["y0"] = frame["y0"].mask(rng.random(rows) < 0.2)
        frame.to_csv(tmp_path / "t.csv", index=False)
        assert len(read_table(tmp_path / "t.csv")) == rows
