"""Fixtures of the command line, how hypothesis looks for examples, and the order in which files are tested."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

from tests.command.lines import CARD, Run, fake_fit
from tests.data.tables import long_table

# PyTensor notes which lines of code made a variable, for its own messages: an eighth of the time that a model takes.
os.environ["PYTENSOR_FLAGS"] = ",".join(filter(None, (os.environ.get("PYTENSOR_FLAGS"), "traceback__limit=0")))

# How long an example takes says how busy the machine is: no test is about that.
settings.register_profile("patient", parent=settings(), deadline=None)
settings.load_profile("patient")

LONGEST = (
    "families/test_fields.py",
    "design/test_ownership.py",
    "families/test_family.py",
    "app/test_in_browser.py",
    "page/test_report.py",
    "verbs/test_appraisal.py",
    "families/trajectories/test_fit.py",
    "figures/test_hostile_figures.py",
    "summaries/test_leave_out.py",
    "page/test_hostile_pages.py",
    "families/panel/test_known_answers.py",
    "families/trial/test_known_answers.py",
    "verbs/test_fitting.py",
    "page/test_methods.py",
    "test_cli.py",
    "command/test_studies.py",
)
"""Files that take longest, which begin first, so that neither of two cores waits long for the other at the end.

The second and the third need no kernels: while they run, the first has those compiled that all others need.
"""


@pytest.fixture(autouse=True)
def width(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make tables as wide as where no terminal says how wide it is: workers of tests say 80 columns."""
    monkeypatch.setenv("COLUMNS", "120")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files that take longest first, and leave the others in their order."""
    place = {Path(__file__).parent / name: rank for rank, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path, len(place)))


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
