"""Every public name, card and command has its place in the documentation."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

import bayespanel as bp
from bayespanel.cli import app
from bayespanel.language.names import DIMENSIONS, PARAMETERS

DOCS = Path(__file__).parents[2] / "docs"
API = (DOCS / "api.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module", autouse=True)
def extensions() -> None:
    """The site's own modules."""
    sys.path.insert(0, str(DOCS / "_extensions"))


def listed() -> list[str]:
    """Names in the tables of the page about the interface, in order."""
    return [line.strip() for line in API.splitlines() if re.fullmatch(r"   [A-Za-z_]+", line)]


@pytest.mark.parametrize("name", bp.__all__)
def test_every_public_name_is_on_the_page_of_the_interface(name: str) -> None:
    assert listed().count(name) == 1, f"Put {name!r} under its task in docs/api.md, once."


def test_the_page_of_the_interface_names_nothing_else() -> None:
    assert set(listed()) == set(bp.__all__)


@pytest.mark.parametrize("name", bp.cards())
def test_every_card_gets_a_page_with_its_question_priors_and_notes(name: str) -> None:
    from card_pages import card_page

    card = bp.card(name)
    page = card_page(card)
    for part in (card.title, card.question.strip(), *card.notes):
        assert part in page
    for heading in ("Diagram", "Equations", "Priors", "What the numbers mean", "What would fool you", "References"):
        assert f"## {heading}\n" in page
    assert "<svg" in page
    assert "<math" in page
    for parameter in bp.priors(card)["parameter"]:
        assert f"| `{parameter}` |" in page


def test_every_card_is_in_the_list_of_cards() -> None:
    from card_pages import overview

    page = overview([bp.card(name) for name in bp.cards()])
    assert all(f"[`{name}`]({name}.md)" in page for name in bp.cards())


def test_every_world_is_on_the_page_of_worlds_with_its_fields_and_notes() -> None:
    from world_page import worlds

    page = worlds()
    for name in bp.worlds():
        record = bp.world(name)
        assert f"## {name}\n\n{record.title}." in page
        assert all(f"| `{field}` |" in page for field in (*record.fields, *record.grid))
        assert all(note in page for note in record.notes)
    assert "| `direct` | `0.03` | Lag from parental rejection to victimisation" in page


def test_every_card_is_where_one_chooses_a_model() -> None:
    choose = (DOCS / "choose.md").read_text(encoding="utf-8")
    assert [name for name in bp.cards() if f"cards/{name}.md" not in choose] == []


def test_every_command_and_option_is_on_the_page_of_the_command_line() -> None:
    from command_page import commands, help_of

    page = commands()
    for command in app.registered_commands:
        name = command.name or command.callback.__name__  # type: ignore[union-attr]
        assert f"## `bayespanel {name}`" in page
        assert help_of(name) in page


def test_every_name_in_results_is_explained() -> None:
    from name_page import names

    page = names()
    assert all(f"| `{name}` | {meaning} |" in page for name, meaning in (PARAMETERS | DIMENSIONS).items())


def test_every_page_can_be_reached() -> None:
    lists = [DOCS / f"{name}.md" for name in ("index", "guide", "reference", "trust", "project")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in lists)
    written = set(re.findall(r"^([\w/-]+)$", text, re.MULTILINE))
    assert {path.stem for path in DOCS.glob("*.md")} - {"index"} <= written


def test_every_notebook_is_in_the_list_of_notebooks() -> None:
    page = (DOCS / "notebooks" / "index.md").read_text(encoding="utf-8")
    notebooks = sorted((DOCS.parent / "notebooks").glob("*.ipynb"))
    assert [path.stem for path in notebooks if f"\n{path.stem}\n" not in page] == []


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    from checked_links import broken

    (tmp_path / "a.html").write_text('<a href="b.html#here">b</a> <a id="there" href="#there">c</a>')
    (tmp_path / "b.html").write_text('<a href="c.html">c</a> <script src="https://cdn.example/x.js"></script>')
    found = broken(tmp_path)
    assert len(found) == 3
    assert any("no such place" in line for line in found)
    assert any("is not there" in line for line in found)
    assert any("from elsewhere" in line for line in found)
