"""The page: whole, safe, readable by all, and nothing in it asks the network for anything."""

from __future__ import annotations

import base64
import hashlib
import itertools
import re
from collections import Counter
from html.parser import HTMLParser
from importlib.resources import files

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from bayespanel.language.errors import FitError, SpecError
from bayespanel.page import document as module
from bayespanel.page.document import (
    Code,
    Equation,
    FigurePart,
    Notice,
    Page,
    Section,
    TablePart,
    Text,
    render,
    write,
)
from tests.page.sample_page import NASTY, checks_part, page

ASSETS = files("bayespanel.page").joinpath("assets")


class Tags(HTMLParser):
    """Every tag with its attributes, and the text within."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.open, self.text = [], [], {}
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.open.append(len(self.tags) - 1)

    def handle_endtag(self, tag):
        while self.open and self.tags[self.open.pop()][0] != tag:
            pass

    def handle_data(self, data):
        for i in self.open:
            self.text[i] = self.text.get(i, "") + data

    def all(self, tag):
        return [(attrs, self.text.get(i, "").strip()) for i, (name, attrs) in enumerate(self.tags) if name == tag]


def of(*parts, **options):
    return page(sections=(Section("only", "Only", parts),), **options)


def figure():
    drawn = Figure(figsize=(2, 2))
    drawn.add_subplot().plot([0, 1], [0, 1])
    return drawn


def frame(rows=3):
    return pd.DataFrame({"name": [f"row {i}" for i in range(rows)], "size": np.arange(rows) / 7})


@pytest.fixture(scope="module")
def html():
    return render(page())


@pytest.fixture(scope="module")
def tags(html):
    return Tags(html)


def test_nothing_is_loaded_from_anywhere(tags):
    for tag, attrs in tags.tags:
        for name in ("src", "srcset", "poster", "data", "action"):
            assert str(attrs.get(name, "data:")).startswith("data:"), (tag, attrs)
        if tag == "link":
            assert attrs["href"] == "data:,"
    style = ASSETS.joinpath("page.css").read_text()
    assert "url(" not in style
    assert "@import" not in style
    assert not re.search(r"\b(fetch|XMLHttpRequest|import)\b", ASSETS.joinpath("page.js").read_text())


def test_its_security_policy_forbids_every_request_and_names_its_own_style_and_script(html, tags):
    policy = next(attrs["content"] for tag, attrs in tags.tags if attrs.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'; img-src data:;")
    for tag in ("style", "script"):
        content = re.search(rf"<{tag}>(.*?)</{tag}>", html, flags=re.DOTALL)[1]
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_what_comes_from_data_is_text_and_never_markup(html, tags):
    assert "<script>alert" not in html
    assert [text for _, text in tags.all("script") if "alert" in text] == []
    assert any(NASTY in text for _, text in tags.all("th"))  # a name of a row
    assert any(NASTY in text for _, text in tags.all("p"))
    names = render(of(TablePart(frame().assign(edge=['" onclick="x', "<b>", "c"]), "Rows.", filters=("edge",))))
    options = {attrs["value"] for attrs, _ in Tags(names).all("option")}
    assert options == {"", '" onclick="x', "<b>", "c"}
    assert not any("onclick" in attrs for _, attrs in Tags(names).tags)


def test_addresses_in_text_become_links_without_the_full_stop_after_them():
    text = "See doi:10.1037/a0038889. Or https://doi.org/10.1000/(a)b, and <http://x.org/?a=1&b=2>."
    links = {
        attrs["href"]: shown for attrs, shown in Tags(render(of(Text((text,))))).all("a") if "://" in attrs["href"]
    }
    assert links == {
        "https://doi.org/10.1037/a0038889": "doi:10.1037/a0038889",
        "https://doi.org/10.1000/(a)b": "https://doi.org/10.1000/(a)b",
        "http://x.org/?a=1&b=2": "http://x.org/?a=1&b=2",
    }


def test_headings_go_down_one_step_at_a_time_and_begin_with_the_title(tags):
    levels = [int(tag[1]) for tag, _ in tags.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_landmarks_language_and_a_way_past_the_contents(tags):
    assert tags.all("html")[0][0]["lang"] == "en-GB"
    found = Counter(tag for tag, _ in tags.tags)
    assert [found[tag] for tag in ("header", "nav", "main", "footer")] == [1, 1, 1, 1]
    first = next(attrs for tag, attrs in tags.tags if tag == "a")
    assert first["href"] == "#Main"
    assert tags.all("main")[0][0]["id"] == "Main"


def test_every_link_within_the_page_leads_somewhere_and_no_address_is_given_twice(tags):
    ids = [attrs["id"] for _, attrs in tags.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    inside = [attrs["href"][1:] for attrs, _ in tags.all("a") if attrs["href"].startswith("#")]
    labels = [attrs["aria-labelledby"] for _, attrs in tags.tags if "aria-labelledby" in attrs]
    assert {*inside, *labels} <= set(ids)


def test_tables_have_captions_and_headers_with_a_scope_and_figures_a_text(tags):
    assert len(tags.all("caption")) == len(tags.all("table")) == 3
    assert all(attrs.get("scope") in ("col", "row") for attrs, _ in tags.all("th"))
    assert [attrs["alt"] for attrs, _ in tags.all("img")] == ["Nine effects; the largest is 0.4."]


def test_failed_rows_come_first_in_red_and_with_the_word(html):
    rows = re.findall(r"<tr( class=\"failed\")?[^>]*>\s*<th scope=\"row\"[^>]*>(.*?)</th>", html, flags=re.DOTALL)
    failed, name = next(row for row in rows if "divergences" in row[1])
    assert failed
    assert '<span class="badge">failed</span>' in name
    only = render(of(checks_part()))
    names = re.findall(r"<th scope=\"row\"[^>]*>(.*?)</th>", only, flags=re.DOTALL)
    assert ["divergences" in name for name in names] == [True, False, False, False]
    assert "1 of 4 failed." in only


def test_numbers_are_sorted_by_what_they_are_and_shown_as_asked():
    table = pd.DataFrame(
        {"name": ["a", "b", "c"], "size": [-0.5, np.nan, np.inf], "n": [1, 2, 3], "yes": [True, False, True]}
    )
    cells = Tags(render(of(TablePart(table, "Rows.", formats={"size": "+.1f"})))).all("td")
    assert [shown for _, shown in cells] == ["−0.5", "1", "yes", "–", "2", "no", "+inf", "3", "yes"]
    assert [attrs.get("data-key") for attrs, _ in cells][:3] == ["-0.5", "1.0", None]
    assert [attrs.get("data-key") for attrs, _ in cells][6] == "Infinity"
    plain = Tags(render(of(TablePart(table, "Rows."))))
    assert [shown for _, shown in plain.all("td")][:1] == ["−0.500"]
    aligned = TablePart(table.head(1), "Rows.", formats={"size": lambda row: f"{row['size']:.1f}  "})
    assert "−0.5\u2007\u2007</td>" in render(of(aligned))  # spaces as wide as digits


def test_a_long_table_shows_its_first_rows_and_those_that_failed_and_says_so():
    long = frame(2500).assign(failed=[i == 2400 for i in range(2500)])
    html = render(of(TablePart(long, "Rows.", failed="failed")))
    assert html.count('<th scope="row"') == 1000
    assert "row 2400" in html
    assert "The first 1000 of 2500 rows." in html


def test_a_choice_of_one_is_none():
    html = render(of(TablePart(frame().assign(edge="a", kind=["x", "y", "x"]), "Rows.", filters=("edge", "kind"))))
    assert [text.split()[0] for _, text in Tags(html).all("label")] == ["Kind", "Search"]


def test_the_same_page_gives_the_same_bytes(html):
    assert render(page()) == html


def test_it_is_small_and_what_would_be_too_large_is_refused(html):
    assert len(html.encode()) < 500_000
    with pytest.raises(SpecError, match="at most 5 MB"):
        render(of(Code("x" * 5_100_000)))


def test_a_figure_of_very_many_lines_becomes_a_picture_of_dots():
    crowded = Figure(figsize=(4, 3))
    crowded.add_subplot().plot(np.random.default_rng(1).normal(size=(200, 200)))
    source = Tags(render(of(FigurePart(crowded, "Noise.", "Noise.")))).all("img")[0][0]["src"]
    assert source.startswith("data:image/png")
    assert len(source) < 1_000_000


def test_the_folder_holds_the_page_its_figures_and_all_digits_of_its_tables(tmp_path):
    path = write(page(), tmp_path / "out")
    names = {str(found.relative_to(tmp_path / "out")) for found in (tmp_path / "out").rglob("*") if found.is_file()}
    figures = {"figures/evidence-1.svg", "figures/evidence-1.png"}
    assert names == {"index.html", *figures, "tables/priors-1.csv", "tables/checks-2.csv", "tables/evidence.csv"}
    assert path.read_text(encoding="utf-8") == render(page())
    pd.testing.assert_frame_equal(
        pd.read_csv(tmp_path / "out/tables/checks-2.csv"), checks_part().frame.replace("", np.nan)
    )


def test_a_report_replaces_a_report_and_nothing_else(tmp_path):
    write(page(), tmp_path)
    (tmp_path / "mine.txt").write_text("mine")
    write(of(Text(("new",))), tmp_path)
    assert "new" in (tmp_path / "index.html").read_text()
    assert (tmp_path / "mine.txt").read_text() == "mine"
    (tmp_path / "index.html").write_text("<title>Somebody's page</title>")
    with pytest.raises(FitError, match="no other page"):
        write(page(), tmp_path)
    assert "Somebody" in (tmp_path / "index.html").read_text()


def test_when_a_file_cannot_be_written_there_is_no_page(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "write_csv", full)
    with pytest.raises(FitError, match="No space left"):
        write(page(), tmp_path / "out")
    assert [found for found in (tmp_path / "out").rglob("*") if found.is_file()] == []


@pytest.mark.parametrize(
    ("make", "rule"),
    [
        (lambda: Equation("<math><mi>x</mi>", "x"), "well-formed"),
        (lambda: Equation("<math><script>x</script></math>", "x"), "'script'"),
        (lambda: Equation('<math href="http://x.org"><mi>x</mi></math>', "x"), "'href'"),
        (lambda: Equation("<math><!-- x --></math>", "x"), "comment"),
        (lambda: Equation("<mrow></mrow>", "x"), "'mrow'"),
        (lambda: Equation("<math><mi>x</mi></math>", " "), "in words"),
        (lambda: Text("x"), "tuple of paragraphs"),
        (lambda: FigurePart(figure(), "", "Line."), "cannot see"),
        (lambda: TablePart(frame(), ""), "what it shows"),
        (lambda: TablePart(frame(), "Rows.", filters=("edge",)), "name columns"),
        (lambda: TablePart(frame(), "Rows.", failed="size"), "booleans"),
        (lambda: Notice("x", "fatal"), "A notice is one of"),
        (lambda: of(TablePart(frame(), "Rows.", name="../x")), "small letters"),
        (lambda: page(sections=(Section("a", "A", ()), Section("a", "B", ()))), "same name"),
        (lambda: of(*[TablePart(frame(), "Rows.", name="x")] * 2), "same name"),
    ],
)
def test_a_part_that_breaks_a_rule_says_which(make, rule):
    with pytest.raises(SpecError, match=rule):
        make()


def test_a_page_may_be_empty():
    assert "<h1>Empty</h1>" in render(Page("Empty", "", (), "today", "0"))


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))  # relative luminance, WCAG 2.2


@pytest.mark.parametrize("scheme", [0, 1, 2], ids=["light", "dark", "print"])
@pytest.mark.parametrize(
    ("text", "ground"),
    [
        ("text", "ground"),
        ("text", "raised"),
        ("faint", "ground"),
        ("faint", "raised"),
        ("link", "ground"),
        ("failed-text", "failed-ground"),
        ("failed-text", "ground"),
        ("warning-text", "warning-ground"),
        ("info-text", "info-ground"),
    ],
)
def test_text_can_be_told_from_its_ground(scheme, text, ground):
    block = re.findall(r":root \{(.*?)\}", ASSETS.joinpath("page.css").read_text(), flags=re.DOTALL)[scheme]
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block))
    high, low = sorted((luminance(colours[text]), luminance(colours[ground])), reverse=True)
    assert (high + 0.05) / (low + 0.05) >= 4.5
