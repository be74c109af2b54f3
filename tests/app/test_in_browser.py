"""The app in a real browser: from a messy SPSS file to the page and the script, which repeats it to the same draws."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest

from bayespanel.app.scripts import PYTHON
from bayespanel.verbs.analysis import load_fit
from tests.app import messy
from tests.page.test_browser import CHROMIUM, QUIET

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium here: the app was not opened in a browser (apt install chromium)"
)

SECONDS = 240
"""Patience with a fit on a machine that has other work."""


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """The app, as somebody starts it."""
    words = [sys.executable, "-m", "bayespanel", "app", "--no-browser", "--folder", str(tmp_path / "work")]
    server = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield server.stdout.readline().strip()  # type: ignore[union-attr]  # it is a pipe
    finally:
        server.send_signal(signal.SIGINT)
        _, said = server.communicate(timeout=60)
        assert server.returncode == 0, said
        assert f"bayespanel{os.sep}app" not in said.partition("Traceback")[2], said  # one of Shiny's own may be there


@pytest.fixture
def tab(address: str) -> Iterator[Any]:
    """A page of a browser; at the end nothing may have been asked of the network, nor failed."""
    playwright = pytest.importorskip("playwright.sync_api", reason="no playwright here: run `make setup`")
    requests: list[str] = []
    complaints: list[str] = []
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        opened = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
        opened.set_default_timeout(60_000)
        opened.on("request", lambda request: requests.append(request.url))
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        yield opened
        browser.close()
    assert complaints == []
    assert {urlsplit(url).netloc for url in requests if url.startswith(("http", "ws"))} == {urlsplit(address).netloc}


def tabbed_to(tab: Any, label: str) -> None:
    """Go to a control by the Tab key alone, and see that the focus can be seen."""
    for _ in range(80):
        tab.keyboard.press("Tab")
        named = tab.evaluate("(e => (e.labels?.[0] ?? e).textContent)(document.activeElement)")
        if label in named:
            assert tab.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
            return
    raise AssertionError(f"{label!r} is not reached")


def written(tab: Any, name: str, vertex: str) -> None:
    """Wait until the card has a variable on a vertex: what is typed before would be written over."""
    tab.wait_for_function(f"""/{vertex} = .*"{name}"/.test(document.querySelector('#card').value)""")


def test_from_a_messy_file_to_the_page_and_the_same_draws_by_the_script(tab: Any, address: str, tmp_path: Path) -> None:
    table = messy.write(tmp_path)
    tab.goto(address)
    assert "token" not in tab.url
    assert tab.goto(address.partition("?")[0]).status == 200  # the cookie has it
    tab.get_by_text("No file yet.").wait_for()

    wrong = tmp_path / "wrong.sav"
    wrong.write_bytes(b"no file of SPSS")
    tab.set_input_files("#file", wrong)
    tab.locator("#found .trouble").wait_for()
    assert "Rule:" in tab.locator("#found").inner_text()
    tab.set_input_files("#file", table)
    tab.get_by_text("120 rows and").wait_for()
    tab.locator("#read .trouble").wait_for()
    assert "-99" in tab.locator("#read").inner_text()

    tab.get_by_label("Values that stand for").focus()
    tab.keyboard.type("-99")
    tab.keyboard.press("Tab")
    tab.get_by_text("The table as it is read").wait_for()
    tab.get_by_label("Title --title").fill("Pesten & <dep>")
    tab.get_by_label("Region of practical").fill("0.05")
    tab.keyboard.press("Tab")
    for name, vertex in (("pesten", "school"), ("dep", "parent")):
        tab.locator(".chip", has_text=name).drag_to(tab.locator(f".corner.{vertex}"))
        assert tab.get_by_label(name, exact=True).input_value() == vertex
        written(tab, name, vertex)
    tab.get_by_label("dep", exact=True).select_option("child")  # the keyboard's way; the board follows
    assert tab.locator(".corner.child .chip").all_inner_texts() == ["dep"]
    written(tab, "dep", "child")
    tab.wait_for_function("document.querySelector('#card').value.includes('rope = 0.05')")
    assert "Pesten & <dep>" in tab.locator("#card").input_value()

    card = tab.locator("#card").input_value()
    tab.locator("#card").fill(card.replace("[model]", "[modle]"))
    tab.locator("#card").blur()
    tab.locator("#checked .trouble").wait_for()
    assert "modle" in tab.locator("#checked").inner_text()
    tab.locator("#card").fill(card.replace('"pupil", "school"', '"pupil"'))  # what runs is the text that is shown
    tab.locator("#card").blur()
    tab.locator("#checked .diagram").wait_for()

    sampled(tab, draws="90000")
    tab.get_by_label("Chains").focus()
    tabbed_to(tab, "Run the fit")
    tab.keyboard.press("Enter")
    tab.get_by_text("Run 1 goes on").wait_for()
    tab.get_by_role("button", name="Run the fit").click()
    tab.get_by_text("One run goes on at a time").wait_for()
    tab.get_by_text("Sampling 2 chains").wait_for(timeout=SECONDS * 1000)
    # The model is compiled now: the last bits of draws may change when that is done anew (docs/reproducibility.md).
    tab.get_by_role("button", name="Stop it").click()
    tab.get_by_text("Run 1 was stopped").wait_for()
    tab.get_by_text("Nothing was written").wait_for()
    assert not (tmp_path / "work" / "run-1" / "result").exists()

    sampled(tab, draws="20")
    tab.get_by_role("button", name="Run the fit").click()
    tab.get_by_text("Run 2 goes on").wait_for()
    tab.reload()
    tab.get_by_text("Run 2 goes on").wait_for()
    tab.get_by_text("Run 2 is finished").wait_for(timeout=SECONDS * 1000)
    assert "[modle]" not in tab.locator("#card").input_value()
    tab.get_by_role("link", name="The page of the report").wait_for()
    assert tab.locator("#phase_fit").evaluate("e => e.closest('[aria-live]').getAttribute('aria-live')") == "polite"

    for width in (1280, 390):
        tab.set_viewport_size({"width": width, "height": 900})
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
    unnamed = "e => !e.labels?.length && !e.getAttribute('aria-label') && !e.textContent.trim()"
    inputs = tab.locator("input:visible:not([readonly]), select:visible, textarea:visible, button:visible").all()
    assert [one.get_attribute("id") for one in inputs if one.evaluate(unnamed)] == []

    with tab.expect_popup() as beside:
        tab.get_by_role("link", name="The page of the report").click()
    assert beside.value.locator("h1").inner_text() == "Pesten & <dep>"
    with tab.expect_download() as kept:
        tab.get_by_role("link", name="Everything in one file").click()
    taken = tmp_path / "taken"
    shutil.unpack_archive(kept.value.path(), taken, "zip")
    assert (taken / "result" / "report" / "index.html").is_file()
    shutil.copy(table, taken)
    done = subprocess.run([sys.executable, PYTHON], cwd=taken, capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 0, done.stderr
    ours, again = (load_fit(path).posterior for path in (taken / "result" / "fit.nc", taken / "fit.nc"))
    assert "school_sd" not in ours
    for name in ours:
        np.testing.assert_array_equal(ours[name], again[name])


@pytest.mark.slow
def test_a_study_by_sliders_outlives_a_reload_and_says_what_it_was_asked(tab: Any, address: str) -> None:
    tab.goto(address)
    tab.get_by_text("No file yet.").wait_for()
    tab.get_by_label("Data sets to simulate").fill("3")
    tab.get_by_label("Sampler").select_option("auto")
    tab.get_by_role("slider", name="pupils").focus()
    tab.keyboard.press("ArrowRight")
    tab.wait_for_function("Shiny.shinyapp.$inputValues['slide_pupils'] === 610")
    tab.get_by_role("button", name="Run the study").click()
    tab.get_by_text("Run 1 goes on.").wait_for()
    tab.reload()
    tab.get_by_text("What the study counted").wait_for(timeout=1000 * SECONDS)
    for words in ("--replicates 3 --seed 2012 --sampler auto --set pupils=610", "rejection -> depression"):
        assert words in tab.locator("#studied").inner_text()
    for width in (1280, 390):
        tab.set_viewport_size({"width": width, "height": 900})
        assert tab.evaluate("document.documentElement.scrollWidth") <= width


def sampled(tab: Any, draws: str) -> None:
    """Say how much is drawn."""
    for label, number in (("Draws kept", draws), ("Warm-up", "50"), ("Chains", "2")):
        tab.get_by_label(label).fill(number)
        tab.keyboard.press("Tab")
