"""`bayespanel missing`: tipping points of a saved fit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.command.lines import Run
from tests.families.panel.test_delta_adjustment import fit

SHORT = ("--delta", "-0.3,0.3", "--draws", "20", "--quiet")


@pytest.fixture
def saved(run: Run) -> Run:
    Path("two").mkdir()
    fit().save(Path("two/fit.nc"))
    return run


def test_a_table_says_where_conclusions_tip(saved: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    code, out, err = saved("missing", "two", *SHORT, "--figure", "tips.png")
    assert (code, err) == (0, "")
    assert "% of the scores are missing and shifted, by -0.3 to 0.3 standard deviations" in " ".join(out.split())
    assert "  x -> y" in out
    assert max(map(len, out.splitlines())) <= 80
    assert Path("tips.png").stat().st_size > 1000
    code, _, err = saved("missing", "two", *SHORT, "--figure", "tips.png")
    assert code == 2
    assert "add --force" in err


def test_it_is_written_for_other_programs_too(saved: Run) -> None:
    _, out, _ = saved("missing", "two", *SHORT, "--json")
    found = json.loads(out)
    assert found["prob"] == 0.95
    assert {row["pathway"] for row in found["pathways"]} >= {"x -> y", "y -> x"}
    _, out, _ = saved("missing", "two", *SHORT, "--csv", "--variables", "x", "--after-last")
    assert out.splitlines()[0] == "pathway,mean,lower,upper,excludes_0,tipping_below,tipping_above,known"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (("--delta", "much"), "with commas between them"),
        (("--variables", "z"), "'z' is none of them"),
        (("--json", "--csv"), "choose one of"),
    ],
)
def test_wrong_wishes_are_refused(saved: Run, wrong: tuple[str, ...], said: str) -> None:
    code, _, err = saved("missing", "two", "--quiet", *wrong)
    assert code == 2
    assert said in " ".join(err.split())
