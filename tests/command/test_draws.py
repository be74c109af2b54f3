"""`bayespanel draws`: a table of draws, written whole and never over another file unasked."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tests.command.lines import Run
from tests.verbs.test_reproduction import saved


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "done").mkdir()
    saved().save(tmp_path / "done" / "fit.nc")
    return tmp_path / "done"


def test_every_draw_has_a_row(run: Run, folder: Path) -> None:
    fit = saved()
    code, out, err = run("draws", str(folder), "-o", "draws.csv")
    sizes = fit.posterior.sizes
    assert (code, err) == (0, "")
    assert out.strip() == f"{sizes['chain']} x {sizes['draw']} draws are in draws.csv."
    table = pd.read_csv("draws.csv")
    assert list(table.columns[:3]) == [".chain", ".iteration", ".draw"]
    assert len(table) == sizes["chain"] * sizes["draw"]
    assert run("draws", str(folder / "fit.nc"), "-o", "again.csv")[0] == 0
    assert Path("again.csv").read_bytes() == Path("draws.csv").read_bytes()


def test_another_file_is_replaced_only_if_asked(run: Run, folder: Path) -> None:
    Path("draws.csv").write_text("mine")
    code, _, err = run("draws", str(folder))
    assert code == 2
    assert "not replaced unless you ask" in err
    assert Path("draws.csv").read_text() == "mine"
    assert run("draws", str(folder), "--force")[0] == 0
    assert Path("draws.csv").read_text() != "mine"


@pytest.mark.parametrize(("name", "word"), [("draws.nc", "ends in .csv"), ("nowhere/draws.csv", "folder that exists")])
def test_a_place_where_no_table_can_be_is_refused(run: Run, folder: Path, name: str, word: str) -> None:
    code, _, err = run("draws", str(folder), "-o", name)
    assert code == 2
    assert word in err


def test_a_folder_without_a_fit_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    code, _, err = run("draws", "empty", "-o", "x.csv")
    assert code == 2
    assert "Rule:" in err
    assert not Path("x.csv").exists()
