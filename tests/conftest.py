"""Fixtures of the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.command.lines import CARD, Run, fake_fit
from tests.data.tables import long_table


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command line in an empty folder with a table and a card; return code, output, errors."""
    from bayespanel.cli import main

    monkeypatch.chdir(tmp_path)
    long_table().to_csv("pupils.csv", index=False)
    Path("two.toml").write_text(CARD, encoding="utf-8")

    def call(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main(list(arguments))
        out, err = capsys.readouterr()
        return int(left.value.code or 0), out, err

    return call


@pytest.fixture
def sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    from bayespanel.verbs import analysis

    monkeypatch.setattr(analysis, "fit", fake_fit(1000))
