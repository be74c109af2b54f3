"""Reports of real fits: what they hold, what they refuse, and how they behave in a browser."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import bayespanel as bp
from bayespanel.catalogue.cards import folder
from bayespanel.families.trajectories.simulate import simulate
from bayespanel.page import contents_models
from bayespanel.page.bibliography import REFERENCES
from bayespanel.page.checklist import POINTS, checklist
from bayespanel.page.methods import methods
from bayespanel.page.report import TITLES
from bayespanel.summaries.conclusions import conclude
from tests.families.trajectories.tables import TIMES, panel_of, small_world
from tests.figures.test_family_tree import side_by_side
from tests.page.test_browser import CHROMIUM, WIDTHS, browser

__all__ = ["browser"]  # a fixture


@pytest.fixture(scope="module")
def star() -> bp.Fit:
    """The demo's model and data, sampled shortly: its checks may fail, and the page says so."""
    sums = bp.Moments.load(folder() / "star.nc")
    return bp.fit(bp.card("star"), sums, seed=1, sampling=bp.Sampling(draws=150, tune=150), progress=False)


@pytest.fixture(scope="module")
def trial() -> bp.Fit:
    sums = bp.TrialMoments.load(folder() / "class-size.nc")
    return bp.fit(bp.card("class-size"), sums, seed=1, sampling=bp.Sampling(draws=150, tune=150), progress=False)


@pytest.fixture(scope="module")
def classes() -> bp.Fit:
    spec = bp.Trajectories(
        "victimisation", classes=("decreasing", "low"), times=TIMES, link="logit", predictors=("anxiety",),
        arm="programme", levels=("pupil", "school"), edges={"anxiety": "child->child", "programme": "school->child"},
    )  # fmt: skip
    panel = panel_of(simulate(small_world(link="logit"), 2))
    fit = bp.fit(spec, panel, seed=1, sampling=bp.Sampling(draws=150, tune=150), progress=False)
    return replace(fit, provenance={**fit.provenance, "rope": 0.18})


@pytest.fixture(scope="module")
def pages(star: bp.Fit, trial: bp.Fit, classes: bp.Fit, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    place = tmp_path_factory.mktemp("reports")
    frame = (
        bp.evidence(star)
        .to_dataframe()
        .reset_index()[["pathway", "kind", "mean", "lower", "upper", "prob_direction", "prob_rope"]]
    )
    refits = pd.concat([frame.assign(change="as fitted"), frame.assign(change="wide lags")], ignore_index=True)
    own = {"data": [star.data.fingerprint()], "spec": repr(star.spec)}
    refits.attrs = {"rope": [-0.03, 0.03], "prob": 0.95} | own
    hypotheses = ["reading -> math > math -> reading"]
    out = {
        "star": bp.report(star, place / "star", hypotheses=hypotheses, refits=refits, tree=weighed(star)),
        "trial": bp.report(trial, place / "trial"),
        "classes": bp.report(classes, place / "classes", title="Who stays a victim", question="Who?"),
    }
    return out | {"all": bp.report({"trial": trial, "classes": classes}, place / "all")}


def weighed(fit: bp.Fit) -> xr.Dataset:
    """Return a fit and two that nobody made beside it, as `family_tree` would: the first has no associations."""
    found = side_by_side(bp.evidence(fit), ("CLPM", "RI-CLPM", "LCM-SR"))
    return found.assign_attrs(data=fit.data.fingerprint())


def words(page: Path) -> str:
    return re.sub(r"<[^>]+>", " ", page.read_text(encoding="utf-8"))


def test_the_models_have_a_section_whose_words_are_hedged(pages: dict[str, Path]) -> None:
    text = words(pages["star"])
    assert "Which model?" in text
    assert "If one of these 3 models is right" in text
    assert "say nothing about models that are not here" in text
    assert "RI-CLPM, the likeliest, does not fit the data" in text
    assert "weighed by their marginal likelihoods" in text
    assert "Hoeting" in text
    assert (pages["star"].parent / "tables" / "models.csv").exists()
    assert (pages["star"].parent / "tables" / "averaged.csv").exists()
    assert "If one of these" not in words(pages["trial"])


def test_what_models_agree_on() -> None:
    def of(lower: list[float], upper: list[float]) -> str:
        middle = (np.array(lower) + np.array(upper)) / 2
        named = {"mean": middle, "lower": np.array(lower), "upper": np.array(upper)}
        return contents_models.agreement(xr.Dataset({name: ("model", value) for name, value in named.items()}))

    assert of([0.1, 0.2], [0.3, 0.4]) == "sign, away from 0"
    assert of([-0.1, -0.2], [0.3, 0.1]) == "interval with 0"
    assert of([0.1, -0.1], [0.3, 0.4]) == "sign alone"
    assert of([0.1, -0.4], [0.3, 0.1]) == "nothing"
    assert of([0.1, np.nan], [0.3, np.nan]) == "one has it"


def test_a_page_has_every_section_and_stands_alone(pages: dict[str, Path]) -> None:
    for name, page in pages.items():
        text = page.read_text(encoding="utf-8")
        assert len(text) < 5_000_000
        found = re.findall(r'<section[^>]* id="([a-z-]+)"', text) or re.findall(r'id="([a-z-]+)"', text)
        if name == "star":
            assert set(TITLES) <= set(found)
        if name == "trial":
            assert "dynamics" not in found
        assert not re.findall(r'(?:src|href)="https?://[^"]*\.(?:js|css|png|svg)"', text)
        assert list((page.parent / "tables").glob("*.csv"))
    assert "synthesis" in pages["all"].read_text()
    assert {"trial-evidence", "classes-evidence"} <= set(re.findall(r'id="([a-z-]+)"', pages["all"].read_text()))


def test_a_page_answers_first(pages: dict[str, Path], star: bp.Fit) -> None:
    for name, said in (("star", "was followed by"), ("trial", "than the reference arm"), ("classes", "times")):
        page = pages[name].read_text(encoding="utf-8")
        assert 0 < page.index('id="question"') < page.index(said) < page.index('id="data"')
    text = words(pages["star"])
    assert text.index("The model does not fit the data") < text.index("was followed by")
    for sentence in conclude(bp.evidence(star), bp.checks(star)).said:
        assert sentence in text.replace("→", "->")
    both = words(pages["all"])
    assert both.index("What trial says") < both.index("What classes says") < both.index("Edges of the triangle")


def test_failed_checks_come_first_and_in_words(pages: dict[str, Path], star: bp.Fit) -> None:
    failed = bp.checks(star)["passed"].eq(False).sum()
    text = words(pages["star"])
    if failed:
        assert text.index("checks failed") < text.index("Scores by wave")
        assert "CHECKS FAILED" in text
    assert "Who stays a victim" in words(pages["classes"])


def test_tables_beside_the_page_have_all_digits(pages: dict[str, Path], star: bp.Fit) -> None:
    found = pd.read_csv(pages["star"].parent / "tables" / "evidence.csv")
    np.testing.assert_allclose(found["mean"], bp.evidence(star)["mean"].values)


def test_a_report_is_about_something(star: bp.Fit, tmp_path: Path) -> None:
    nothing = replace(star, provenance={**star.provenance, "rope": None})
    with pytest.raises(bp.SpecError, match="ROPE"):
        bp.report(nothing, tmp_path)
    with pytest.raises(bp.SpecError, match="None was given"):
        bp.report({}, tmp_path)
    with pytest.raises(bp.SpecError, match="belong to one study"):
        bp.report({"a": star, "b": star}, tmp_path, hypotheses=["reading -> math > 0"])
    with pytest.raises(bp.SpecError, match="Nearest"):
        bp.report(star, tmp_path, hypotheses=["reding -> math > 0"])
    assert not (tmp_path / "index.html").exists()


def test_methods_cite_what_they_name(star: bp.Fit, trial: bp.Fit, classes: bp.Fit) -> None:
    for fit in (star, trial, classes):
        texts, keys = methods(fit, bp.checks(fit), bp.evidence(fit), ("dynamics", "sensitivity", "comparison"))
        assert set(keys) <= set(REFERENCES)
        assert len(keys) == len(set(keys))
        text = " ".join(texts)
        assert f"{fit.data.n_pupils:,} pupils" in text
        assert f"seed {fit.provenance['seed']}" in text
        for key in keys:
            year = re.search(r"\d{4}", key).group(0)
            name = re.match(r"[a-z]+", key).group(0)
            said = {"wwc": "What Works", "abrilpla": "Abril-Pla"}.get(name, name.capitalize())
            assert said.lower() in text.lower(), key
            assert year in text, key
        bad = bp.checks(fit).assign(state="FAILED")
        assert "CHECKS FAILED" in " ".join(methods(fit, bad, bp.evidence(fit))[0])


def test_checklists_say_what_is_missing() -> None:
    table = checklist({"data": "Data"})
    assert len(table) == len(POINTS)
    assert table["answered"].sum() == sum(place == "data" for *_, place in POINTS)
    assert table.loc[~table["answered"], "where"].str.startswith("Not in this report.").all()
    assert set(table["guideline"]) == {"BARG", "WAMBS"}


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: reports were not opened (apt install chromium)")
@pytest.mark.parametrize("name", ["star", "trial", "classes", "all"])
def test_reports_work_in_a_browser(browser, pages: dict[str, Path], name: str) -> None:  # type: ignore[no-untyped-def]
    complaints: list[str] = []
    for width in WIDTHS:
        tab = browser.new_page(viewport={"width": width, "height": 900})
        tab.on("console", lambda message: complaints.append(message.text))
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.on("requestfailed", lambda request: complaints.append(request.url))
        tab.goto(pages[name].as_uri())
        tab.wait_for_timeout(200)
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
        cut = tab.evaluate(
            """() => [...document.querySelectorAll("h1, h2, h3, p, figcaption, caption, math")].filter(e => {
                 const r = e.getBoundingClientRect();
                 return r.width && (r.left < -1 || r.right > innerWidth + 1) && !e.closest(".scroll, [tabindex='0']");
               }).map(e => e.textContent.slice(0, 40))"""
        )
        assert cut == []
        if width == max(WIDTHS):
            sort_and_filter(tab)
        tab.close()
    assert complaints == []


def sort_and_filter(tab) -> None:  # type: ignore[no-untyped-def]
    """Sort the first table that can be filtered by its means, choose an edge, and undo it."""
    table = tab.locator("table:has(button)", has_text="Evidence for each pathway").first
    button = table.locator("thead button", has_text="Mean").first
    button.click()
    column = table.locator("thead th").all_inner_texts()
    at = next(i for i, text in enumerate(column) if text.strip().startswith("Mean"))

    def means() -> list[float]:
        rows = table.locator("tbody tr:visible").all()
        cells = (row.locator("th, td").nth(at).inner_text() for row in rows)
        return [float(cell.replace("\N{MINUS SIGN}", "-").replace("\N{EN DASH}", "nan")) for cell in cells]

    first = means()
    steps = np.diff(first)  # rows are in the order of all digits, and these are rounded
    assert (steps > -0.011).all() or (steps < 0.011).all()
    button.click()
    assert sorted(means()) == sorted(first)
    assert means() != first
    selects = table.locator("xpath=preceding::select[1]/ancestor::*[.//select][1]//select")
    choice = selects.first
    options = [option.get_attribute("value") for option in choice.locator("option").all()]
    choice.select_option(options[-1])
    assert 0 < len(means()) <= len(first)
