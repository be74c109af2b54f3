"""The report command: which fits, which folder, and what it refuses. The page itself is tested with the report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bayespanel.page import report as page
from bayespanel.verbs import family_tree as trees, prior_appraisal
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
def test_other_models_of_the_same_data_make_a_section(
    run: Run, asked: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "plain", "more"):
        run("fit", "two.toml", "pupils.csv", *LONG, *READ, "-o", name)
    weighed: list[tuple[list[str], Any]] = []

    def weigh(models: Any, **options: Any) -> str:
        weighed.append((list(models), options["rope"]))
        return "tree"

    monkeypatch.setattr(trees, "family_tree", weigh)
    assert run("report", "one", "--models", "plain", "--models", "more", "--rope", "0.1", "-q")[0] == 0
    assert weighed == [(["one", "plain", "more"], 0.1)]
    assert asked[0][2]["tree"] == "tree"
    run("report", "one", "-q")
    assert asked[1][2]["tree"] is None
    code, _, err = run("report", "one", "plain", "--models", "more")
    assert (code, "Models are compared on the data of one study" in err) == (2, True)
    code, _, err = run("report", "one", "--models", "one")
    assert (code, "Two folders are called 'one'" in err) == (2, True)


@pytest.mark.usefixtures("sampled")
def test_what_is_no_fit_is_refused(run: Run) -> None:
    code, _, err = run("report", "nowhere")
    assert (code, "Rule:" in err) == (2, True)
