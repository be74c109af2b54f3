"""What a report leaves of an earlier one in its folder: nothing that the earlier page named, and all else."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from bayespanel.page.document import Page, Section, TablePart, remove, write


def page(*names: str) -> Page:
    tables = tuple(TablePart(pd.DataFrame({"a": [1]}), name, name=name) for name in names)
    return Page("A study", "", (Section("data", "Data", tables),), "2026-12-01", "0.1.0")


def test_tables_of_the_earlier_report_go_and_other_files_stay(tmp_path: Path) -> None:
    write(page("first", "second"), tmp_path)
    (tmp_path / "tables" / "mine.csv").write_text("mine", encoding="utf-8")
    write(page("second", "third"), tmp_path)
    assert {path.name for path in (tmp_path / "tables").iterdir()} == {"second.csv", "third.csv", "mine.csv"}


def test_a_report_is_removed_with_its_files_only(tmp_path: Path) -> None:
    write(page("first"), tmp_path / "own")
    write(page("first"), tmp_path / "kept")
    (tmp_path / "kept" / "note.txt").write_text("mine", encoding="utf-8")
    other = tmp_path / "other" / "index.html"
    other.parent.mkdir()
    other.write_text("<code>tables/first.csv</code>", encoding="utf-8")
    for folder in ("own", "kept", "other"):
        remove(tmp_path / folder)
    assert not (tmp_path / "own").exists()
    assert [path.name for path in (tmp_path / "kept").iterdir()] == ["note.txt"]
    assert other.exists()
