"""A report with names that are out to break it says them letter by letter, and has what can be drawn."""

from __future__ import annotations

import csv
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import bayespanel as bp
from bayespanel.data.spreadsheet import FORMULA, NUMBER
from bayespanel.language.errors import OutputWarning
from bayespanel.page import contents_evidence
from bayespanel.page.report import _addresses
from tests.hostile import NAMES
from tests.unsampled import unsampled

VARIABLES = (NAMES[0], NAMES[1], NAMES[2] + NAMES[3])
COVARIATE = NAMES[5]


class Read(HTMLParser):
    """Tags, attributes and words of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.words += data


def read(path: Path) -> Read:
    found = Read()
    found.feed(path.read_text(encoding="utf-8"))
    return found


def require_harmless(page: Path) -> str:
    """Check that a page runs and loads nothing but its own, and that no table is a formula; return its words."""
    found = read(page)
    assert found.tags.count("script") == 1
    assert not [name for name, _ in found.attributes if name.startswith("on")]
    sources = [value or "" for name, value in found.attributes if name in ("src", "data", "action")]
    assert all(value.startswith("data:image/") for value in sources)
    assert {"iframe", "object", "embed", "form", "base"}.isdisjoint(found.tags)
    for file in page.parent.rglob("*.csv"):
        with file.open(encoding="utf-8", newline="") as lines:
            cells = [cell for row in csv.reader(lines) for cell in row]
        assert not [cell for cell in cells if FORMULA.match(cell) and not NUMBER.fullmatch(cell)], file
    names = [str(path.relative_to(page.parent)) for path in page.parent.rglob("*")]
    assert all(re.fullmatch(r"[a-z0-9./-]+", name) for name in names)
    return " ".join(found.words.split())


@pytest.fixture(scope="module")
def panel_fit() -> bp.Fit:
    rng = np.random.default_rng(1)
    columns = {name: [f"{k} {t}" for t in range(3)] for k, name in enumerate(VARIABLES)}
    flat = [*(column for group in columns.values() for column in group), COVARIATE]
    frame = pd.DataFrame(rng.normal(size=(90, len(flat))), columns=flat)
    frame.iloc[0, 0] = np.nan
    frame["school"] = [f"{NAMES[k % 9]} {k % 9}" for k in range(90)]
    panel = bp.Panel.from_wide(
        frame, columns=columns, covariates=[COVARIATE], school="school", waves=["1", NAMES[7], NAMES[10]]
    )
    spec = bp.RICLPM(
        triangle=bp.Triangle(child=VARIABLES[:1], parent=VARIABLES[1:2], school=VARIABLES[2:]),
        covariates=[COVARIATE],
        levels=("pupil", "school"),
    )
    made = bp.fit(spec, panel, seed=1, sampling=bp.Sampling(draws=60, tune=60, chains=2), cores=1, progress=False)
    return replace(made, provenance={**made.provenance, "rope": 0.03})


@pytest.mark.filterwarnings("ignore::bayespanel.language.errors.DataWarning")
def test_a_page_of_a_panel_shows_names_letter_by_letter(panel_fit: bp.Fit, tmp_path: Path) -> None:
    hypothesis = f"{VARIABLES[0]} -> {VARIABLES[1]} > 0"
    page = bp.report(panel_fit, tmp_path / "page", hypotheses=[hypothesis], title=NAMES[1], question=NAMES[2])
    words = require_harmless(page)
    for name in (*VARIABLES, COVARIATE, NAMES[7], NAMES[2]):
        assert " ".join(name.split()) in words, name
    assert (page.parent / "figures").is_dir()


@pytest.mark.filterwarnings("ignore::bayespanel.language.errors.DataWarning")
def test_what_cannot_be_drawn_or_made_is_a_notice_on_the_page(
    panel_fit: bp.Fit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("<b>no ink</b>")

    monkeypatch.setattr(contents_evidence.gallery, "plot_forest", broken)
    monkeypatch.setattr(contents_evidence, "fit_to_data", broken)
    monkeypatch.setattr(contents_evidence.category_probabilities, "found", broken)
    with pytest.warns(OutputWarning) as caught:
        page = bp.report(panel_fit, tmp_path / "page")
    said = [str(warning.message) for warning in caught if warning.category is OutputWarning]
    assert len(said) == 3
    words = require_harmless(page)
    assert "could not be drawn: RuntimeError: <b>no ink</b>" in words
    assert "could not be made: RuntimeError: <b>no ink</b>" in words
    assert "The table of categories could not be made" in words
    assert "Methods" in words


@pytest.mark.filterwarnings("ignore::bayespanel.language.errors.DataWarning")
def test_a_page_of_a_trial_shows_names_letter_by_letter(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    outcomes, arms = (NAMES[0], NAMES[4]), (NAMES[1], NAMES[8], NAMES[3])
    frame = pd.DataFrame(rng.normal(size=(240, 2)), columns=list(outcomes))
    frame["school"] = [f"{NAMES[9]} {k // 10}" for k in range(240)]
    frame["arm"] = [arms[(k // 10) % 3] for k in range(240)]
    frame["sex"] = np.where(rng.random(240) < 0.5, "-m", "=f")
    data = bp.Trial.from_frame(
        frame, arm="arm", control=arms[0], outcomes=outcomes, school="school", covariates=["sex"]
    )
    spec = bp.ClusterTrial(
        outcomes=outcomes, covariates=["sex"], families={NAMES[5]: outcomes}, levels=("pupil", "school")
    )
    page = bp.report(unsampled(spec, data, draws=60), tmp_path / "page", rope=0.1)
    words = require_harmless(page)
    for name in (*outcomes, *arms, NAMES[5]):
        assert " ".join(name.split()) in words, name


def test_addresses_of_studies_are_letters_and_digits_and_none_begins_another() -> None:
    names = [*NAMES, "a", "A", "a-b", "a b", "../../etc/passwd", "con", ""]
    found = _addresses(names)
    assert len(set(found)) == len(names)
    assert all(re.fullmatch(r"[a-z][a-z0-9-]*", address) for address in found)
    for one in found:
        assert not [other for other in found if other != one and f"{other}-".startswith(f"{one}-")]
