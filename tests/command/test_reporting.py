"""The report command: which fits, which folder, and what it refuses. The page itself is tested with the report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bayespanel.page import report as page
from bayespanel.verbs import prior_appraisal
from tests.command.lines import LONG, READ, Run


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, Path, dict[str, Any]]]:
    """Reports that were asked for; none is written."""
    found: list[tuple[Any, Path, dict[str, Any]]] = []

    def write(fit: Any, folder: Path, **options: Any) -> Path:
        found.append((fit, Path(folder), options))
        return Path(folder) / "index.html"

    monkeypatch.setattr(page, "report", write)
    return found


@pytest.mark.usefixtures("sampled")
def test_one_fit_has_its_page_in_its_own_folder(run: Run, asked: list[Any]) -> None:
    run("fit", "two.toml", "pupils.csv", *LONG, *READ)
    code, out, _ = run("report", "two", "--rope", "0.1", "--hypothesis", "math -> reading > 0")
    assert code == 0
    assert "two/report/index.html" in out
    fit, folder, options = asked[0]
    assert fit.provenance["rope"] == 0.03
    assert folder == Path("two/report")
    assert (options["rope"], options["hypotheses"], options["refits"]) == (0.1, ("math -> reading > 0",), None)


@pytest.mark.usefixtures("sampled")
def test_several_fits_are_studies(run: Run, asked: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("one", "other"):
        run("fit", "two.toml", "pupils.csv", *LONG, *READ, "-o", name)
    assert run("report", "one", "other/fit.nc", "-q")[:2] == (0, "")
    fits, folder, _ = asked[0]
    assert list(fits) == ["one", "fit"]
    assert folder == Path("report")
    code, _, err = run("report", "one", "one")
    assert (code, "Two folders are called 'one'" in err) == (2, True)
    code, _, err = run("report", "one", "other", "--refits")
    assert (code, "Refits belong to one study" in err) == (2, True)
    monkeypatch.setattr(prior_appraisal, "refits", lambda *_, **__: "table")
    run("report", "one", "--refits", "-o", "elsewhere")
    assert asked[1][2]["refits"] == "table"
    assert asked[1][1] == Path("elsewhere")


@pytest.mark.usefixtures("sampled")
def test_what_is_no_fit_is_refused(run: Run) -> None:
    code, _, err = run("report", "nowhere")
    assert (code, "Rule:" in err) == (2, True)
