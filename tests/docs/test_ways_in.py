"""What stands at the door: citation, recipe, container, forms, policies and what they say of the package."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml

import bayespanel as bp

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
CONDA_NAMES = {"matplotlib": "matplotlib-base"}
"""Names on PyPI -> names on conda-forge, where they differ."""


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def requirements() -> set[str]:
    """What the package needs, as conda writes it; an extra of a package is one more package."""
    out = {f"python {PROJECT['requires-python']}"}
    for line in PROJECT["dependencies"]:
        found = re.fullmatch(r"([\w-]+)(?:\[(\w+)\])?(.*)", line)
        assert found, line
        out.add(f"{CONDA_NAMES.get(found[1], found[1])} {found[3]}")
        out |= {found[2]} if found[2] else set()
    return out


def test_the_citation_has_what_its_format_asks_for() -> None:
    assert CITATION["cff-version"] == "1.2.0"
    assert CITATION["type"] == "software"
    assert CITATION["message"]
    assert CITATION["title"].startswith("bayespanel: ")
    assert [author["name"] for author in CITATION["authors"]] == [author["name"] for author in PROJECT["authors"]]


def test_one_version_is_said_everywhere() -> None:
    version = PROJECT["version"]
    assert str(CITATION["version"]) == version == bp.__version__
    assert f"(Version {version})" in text("docs/cite.md")
    assert f"version = {{{version}}}" in text("docs/cite.md")
    assert yaml.safe_load(text("conda/recipe.yaml"))["context"]["version"] == version
    assert set(re.findall(r"bayespanel-(\d+\.\d+\.\d+)-py3", text("docs/install.md"))) == {version}


def test_title_licence_and_keywords_of_the_citation_are_those_of_the_package() -> None:
    assert CITATION["title"].removeprefix("bayespanel: ") == PROJECT["description"]
    assert CITATION["license"] == PROJECT["license"]
    assert CITATION["keywords"] == PROJECT["keywords"]
    assert CITATION["title"] in re.sub(r"[{}*\n>]+ ?", " ", text("docs/cite.md")).replace("  ", " ")


def test_addresses_of_the_project_stand_in_one_place() -> None:
    """Whoever gives the project a home writes its address into pyproject.toml, and no page has to follow."""
    assert "urls" in PROJECT
    own = re.compile(r"https?://\S*(?:github|gitlab|codeberg|readthedocs)\S*/bayespanel|https?://bayespanel\.", re.I)
    files = [*ROOT.glob("*.md"), *ROOT.glob("*.cff"), *DOCS.glob("*.md"), *(ROOT / ".github").rglob("*.yml")]
    assert [path.name for path in files if own.search(path.read_text(encoding="utf-8"))] == []


def test_conda_asks_for_what_pip_asks_for() -> None:
    recipe = yaml.safe_load(text("conda/recipe.yaml"))
    run = {re.sub(r" $", "", line) for line in recipe["requirements"]["run"]}
    assert run == requirements()
    assert recipe["build"]["python"]["entry_points"] == [
        f"{name} = {where}" for name, where in tomllib.loads(text("pyproject.toml"))["project"]["scripts"].items()
    ]


def test_the_container_copies_what_is_there_and_no_more_is_sent() -> None:
    lines = re.sub(r"\\\n\s*", "", text("Dockerfile")).splitlines()
    copied = {name for line in lines if line.startswith("COPY") for name in line.split()[1:-1]}
    assert all((ROOT / name).exists() for name in copied)
    sent = {line.removeprefix("!") for line in text(".dockerignore").splitlines() if line.startswith("!")}
    assert copied == sent
    metadata = {PROJECT["readme"], *PROJECT["license-files"]}
    assert metadata <= copied
    assert any(line.startswith("USER ") and line != "USER root" for line in lines)


@pytest.mark.parametrize("path", sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("[0-9]*.yml")), ids=lambda p: p.stem)
def test_a_form_of_an_issue_has_what_the_host_asks_for(path: Path) -> None:
    form = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert form["name"]
    assert form["description"]
    kinds = {"markdown", "textarea", "input", "dropdown", "checkboxes"}
    assert {part["type"] for part in form["body"]} <= kinds
    asked = [part for part in form["body"] if part["type"] != "markdown"]
    assert len({part["id"] for part in asked}) == len(asked)
    assert all(part["attributes"]["label"] for part in asked)


def test_pages_that_forms_and_policies_name_exist() -> None:
    files = [*(ROOT / ".github").rglob("*.yml"), ROOT / "SECURITY.md", ROOT / "CODE_OF_CONDUCT.md"]
    named = {
        name for path in files for name in re.findall(r"`((?:docs/)?[\w-]+\.(?:md|toml))`", path.read_text("utf-8"))
    }
    assert named >= {"docs/troubleshooting.md", "docs/data.md", "SECURITY.md"}
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_what_machines_read_about_the_site_leads_somewhere() -> None:
    page = text("docs/llms.txt")
    assert page.startswith("# bayespanel\n\n> ")
    links = re.findall(r"\]\(([\w/-]+)\.html\)", page)
    written = ("cards/index", "reference/commands", "reference/names")  # by the site's own modules, at each build
    assert len(links) >= 15
    assert [link for link in links if link not in written and not (DOCS / f"{link}.md").exists()] == []
    names = set(re.findall(r"`bp\.(\w+)", page))
    assert names >= {"fit", "checks", "evidence"}
    assert names <= set(bp.__all__)


def test_the_sdist_holds_every_tracked_way_in() -> None:
    held = tomllib.loads(text("pyproject.toml"))["tool"]["hatch"]["build"]["targets"]["sdist"]["only-include"]
    assert {"CITATION.cff", "SECURITY.md", "CODE_OF_CONDUCT.md", "Dockerfile", "conda", ".github"} <= set(held)
    assert [name for name in held if not (ROOT / name).exists()] == []
