"""The page in a real browser: sorting, choosing, small screens, paper, and not one request to anywhere."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path

import pytest

from bayespanel.page.document import write
from tests.page.sample_page import page

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium here: the report page was not opened in a browser (apt install chromium)"
)

QUIET = (
    "--no-sandbox",  # root has none
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",  # the browser's own requests, not the page's
    "--disable-component-update",
    "--disable-sync",
)

WIDTHS = (1280, 390)
"""Of a laptop and of a phone, in pixels."""

EVIDENCE = "#Table-3"


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="no playwright here: run `make setup`")
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    return write(page(), tmp_path_factory.mktemp("report")).as_uri()


@pytest.fixture
def show(browser, address):
    """Open the page at a width; at the end nothing may have been asked of the network, and nothing complained of."""
    contexts, requests, complaints = [], [], []

    def open_at(width=1280, **options):
        contexts.append(browser.new_context(viewport={"width": width, "height": 800}, **options))
        tab = contexts[-1].new_page()
        tab.on("request", lambda request: requests.append(request.url))
        tab.on("requestfailed", lambda request: complaints.append(f"failed: {request.url}"))
        tab.on("console", lambda message: complaints.append(message.text))
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.goto(address)
        tab.wait_for_timeout(100)  # observers of sizes run after the first frame
        return tab

    yield open_at
    for context in contexts:
        context.close()
    assert complaints == []
    assert [url for url in requests if url != address and not url.startswith("data:")] == []


def rows(tab, column, table=EVIDENCE):
    """Texts of a column's cells that can be seen, from top to bottom."""
    cells = tab.locator(f"{table} tbody tr:visible > :nth-child({column + 1})")
    return [text.strip() for text in cells.all_inner_texts()]


def numbers(texts):
    return [float(text.replace("−", "-")) for text in texts]


def heading(tab, name, table=EVIDENCE):
    return tab.locator(f"{table} th", has=tab.get_by_role("button", name=name, exact=True))


def test_a_click_sorts_up_then_down_then_as_before(show):
    tab = show()
    before = rows(tab, 0)
    mean = heading(tab, "Mean")
    orders = []
    for _ in range(3):
        mean.get_by_role("button").click()
        orders.append((mean.get_attribute("aria-sort"), rows(tab, 0), numbers(rows(tab, 1))))
    (up, _, rising), (down, _, falling), (none, after, _) = orders
    assert (up, down, none) == ("ascending", "descending", None)
    assert rising == sorted(rising)
    assert falling == sorted(rising, reverse=True)
    assert after == before
    assert tab.locator("th[aria-sort]").count() == 0


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_the_keyboard_sorts_and_the_change_is_said(show, key):
    tab = show()
    heading(tab, "Pathway").get_by_role("button").focus()
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.textContent") == "Mean"
    assert tab.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    tab.keyboard.press(key)
    assert heading(tab, "Mean").get_attribute("aria-sort") == "ascending"
    assert numbers(rows(tab, 1)) == sorted(numbers(rows(tab, 1)))
    assert tab.locator(f"{EVIDENCE} [role=status]").inner_text() == "Sorted by Mean, ascending."


def test_probabilities_sort_by_their_value_not_by_the_bound_that_is_shown(show):
    tab = show()
    heading(tab, "P(direction)").get_by_role("button").click()
    shown = rows(tab, 5)
    bounds = [text.startswith(">") for text in shown]
    assert True in bounds
    assert bounds == sorted(bounds)  # what is beyond .999 comes last


def test_what_failed_stays_on_top_and_what_is_missing_at_the_end(show):
    tab = show()
    value = heading(tab, "Value", "#Table-2")
    for _ in range(2):
        value.get_by_role("button").click()
        shown = rows(tab, 1, "#Table-2")
        assert shown[0] == "12"
        assert shown[-1] == "–"


def test_what_failed_is_shown_whatever_is_chosen(show):
    tab = show()
    checks = tab.locator("#Table-2")
    checks.get_by_role("combobox").select_option("model")
    assert len(rows(tab, 0, "#Table-2")) == 2
    assert "divergences" in rows(tab, 0, "#Table-2")[0]
    assert checks.get_by_role("status").inner_text() == "2 of 4 rows shown; 1 of them because it failed."
    checks.get_by_label("Search").fill("nothing has this")
    assert ["divergences" in row for row in rows(tab, 0, "#Table-2")] == [True]


def test_rows_are_chosen_by_edge_kind_and_text(show):
    tab = show()
    status = tab.locator(f"{EVIDENCE} [role=status]")
    everything = rows(tab, 0)
    edge, kind = tab.locator(f"{EVIDENCE} select").all()
    assert tab.get_by_label("Edge").get_attribute("data-filter") == "0"
    edge.select_option("parent->child")
    assert rows(tab, 0) == ["rejection → depression"]
    assert status.inner_text() == "1 of 9 rows shown."
    edge.select_option("")
    kind.select_option("carry_over")
    assert len(rows(tab, 0)) == 3
    tab.locator(EVIDENCE).get_by_label("Search").fill("VICTIM")
    assert rows(tab, 0) == ["victimisation → victimisation"]
    tab.locator(EVIDENCE).get_by_role("button", name="Show all").click()
    assert rows(tab, 0) == everything
    assert status.inner_text() == "All 9 rows shown."
    tab.locator(EVIDENCE).get_by_label("Search").fill("-> depression")
    assert len(rows(tab, 0)) == 3


def test_without_scripts_the_page_is_whole(browser, address):
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(address)
    assert tab.locator(f"{EVIDENCE} tbody tr:visible").count() == 9
    assert tab.locator(".filters:visible, button:visible").count() == 0
    context.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_wider_than_the_screen(show, width):
    tab = show(width)
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    cut = tab.evaluate(
        """() => [...document.querySelectorAll('body *')]
            .filter(e => e.clientWidth && getComputedStyle(e).display !== 'inline')
            .filter(e => !e.closest('.scroll, pre, math, svg, select, .skip'))
            .filter(e => e.scrollWidth > e.clientWidth + 1)
            .map(e => e.outerHTML.slice(0, 100))"""
    )
    assert cut == []


BOXES = "h1, h2, h3, p, nav, .scroll, .filters, img, figcaption, pre, .notice, button.small, footer"

MEASURE = """boxes => {
    const all = [...document.querySelectorAll(boxes)];
    return all.map((e) => {
        const { left, top, right, bottom } = e.getBoundingClientRect();
        const within = all.map((other, i) => other !== e && other.contains(e) ? i : -1);
        return { name: e.tagName + e.textContent.trim().slice(0, 30), left, top, right, bottom, within };
    });
}"""


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_overlaps(show, width):
    boxes = show(width).evaluate(MEASURE, BOXES)
    seen = [(i, box) for i, box in enumerate(boxes) if box["right"] > box["left"] and box["bottom"] > box["top"]]
    assert len(seen) > 20
    for (i, a), (j, b) in itertools.combinations(seen, 2):
        if i in b["within"] or j in a["within"]:
            continue
        wide = min(a["right"], b["right"]) - max(a["left"], b["left"])
        high = min(a["bottom"], b["bottom"]) - max(a["top"], b["top"])
        assert wide <= 1 or high <= 1, (a["name"], b["name"])


def test_on_a_phone_a_wide_table_scrolls_in_its_box_by_keyboard_and_a_figure_can_be_enlarged(show):
    tab = show(390)
    box = tab.locator(f"{EVIDENCE} .scroll")
    assert box.evaluate("e => e.scrollWidth > e.clientWidth")
    assert box.get_attribute("tabindex") == "0"
    assert box.get_attribute("role") == "region"
    box.focus()
    for _ in range(3):
        tab.keyboard.press("ArrowRight")
    tab.wait_for_function("e => e.scrollLeft > 0", arg=box.element_handle())
    image, frame = tab.locator("#Figure-1 img"), tab.locator("#Figure-1 .frame")
    assert image.bounding_box()["width"] <= 390
    tab.get_by_role("button", name="Enlarge").click()
    assert image.bounding_box()["width"] == float(image.get_attribute("width"))
    assert frame.bounding_box()["width"] <= 390


def test_on_a_laptop_nothing_that_fits_is_a_stop_of_the_tab_key(show):
    tab = show(1280)
    assert tab.locator("#Table-1 .scroll").get_attribute("tabindex") is None
    assert tab.get_by_role("button", name="Enlarge").count() == 0


def test_the_first_stop_of_the_tab_key_leads_past_the_contents(show):
    tab = show()
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.textContent") == "Skip to the report"
    assert tab.evaluate("document.activeElement.getBoundingClientRect().left") >= 0
    tab.keyboard.press("Enter")
    assert tab.evaluate("document.activeElement.id") == "Main"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_follows_the_reader_s_light_or_dark(show, scheme):
    tab = show(color_scheme=scheme)
    ground = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == {"light": "rgb(255, 255, 255)", "dark": "rgb(22, 24, 27)"}[scheme]


def test_it_prints_on_a4_without_what_only_a_screen_needs(show, tmp_path: Path):
    tab = show(color_scheme="dark")
    printed = tab.pdf(path=tmp_path / "report.pdf", prefer_css_page_size=True)
    assert printed.startswith(b"%PDF")
    tab.emulate_media(media="print")
    assert tab.locator("nav:visible, .filters:visible, .skip:visible, button.small:visible").count() == 0
    assert tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    tab.set_viewport_size({"width": 680, "height": 1000})  # 180 mm: A4 within its margins
    assert tab.evaluate("document.documentElement.scrollWidth") <= 680
