"""`bayespanel rerun`: what it prints and with which code it leaves. Sampling is mocked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bayespanel.verbs import analysis
from tests.command.lines import Run
from tests.verbs.test_reproduction import saved


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "done").mkdir()
    saved().save(tmp_path / "done" / "fit.nc")
    return tmp_path / "done"


def test_identical_draws_are_said_to_be(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analysis, "fit", lambda *_, **__: saved())
    code, out, err = run("rerun", str(folder))
    assert (code, err) == (0, "")
    assert out.strip() == "The same: every draw is identical to the last bit."
    assert run("rerun", str(folder / "fit.nc"))[0] == 0


def test_agreement_is_a_success_and_shows_the_largest_differences(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(analysis, "fit", lambda *_, **__: saved(seed=2))
    code, out, _ = run("rerun", str(folder))
    assert code == 0
    assert "within Monte Carlo error" in out
    assert "No recorded version differs" in out
    assert "lag[" in out
    assert len(run("rerun", str(folder), "--quiet")[1].strip().splitlines()) == 1


def test_disagreement_has_its_own_code(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = saved(seed=2, shift=0.2)
    other.provenance["versions"]["pymc"] = "7.0"
    monkeypatch.setattr(analysis, "fit", lambda *_, **__: other)
    code, out, _ = run("rerun", str(folder))
    assert code == 3
    assert "NOT the same" in out
    assert "7.0" in out
    code, out, _ = run("rerun", str(folder), "--json")
    content = json.loads(out)
    assert (code, content["agrees"], content["identical"]) == (3, False, False)
    assert content["differing"][0]["what"] == "pymc"
    assert len(content["table"]) == 10


def test_what_is_no_fit_is_bad_input(run: Run, tmp_path: Path) -> None:
    assert run("rerun", str(tmp_path / "nowhere"))[0] == 2
