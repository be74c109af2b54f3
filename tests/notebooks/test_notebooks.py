"""Every notebook runs from top to bottom, keeps no output, imports public names, and says what it set out to say."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SHOWN = ROOT / "docs" / "notebooks"
"""Run copies, made by docs/run_notebooks.py."""

SAID: dict[str, tuple[str, ...]] = {
    "10_which_model": ("RI-CLPM, free lags", "continuous time: log marginal likelihood", "after 12 months"),
    "1_first_fit": ("reading -> math", "CFI = "),
    "2_spillover": ("rejection -> depression -> victimisation", "Half-life of a deviation", "assumed 0.08"),
    "3_school_trial": ("checks passed", "teacher_effort", "type_m", "prob_at_least"),
    "4_persistent_victims": ("bic_difference", "anxiety: persistent vs decreasing", "odds_ratio"),
    "5_triangle": ("prob_any", "school->parent", "rejection -> depression"),
    "6_how_many_schools": ("type_m", "all of them count", "assurance 0", "needs"),
    "7_priors": ("prior_5", "likelihood_sensitivity", "sceptical"),
    "8_reanalysis": ("chi-square(21) = 25.8", "x -> y [4-5]", "sceptical", "family"),
    "9_sharing_moments": ("fingerprints equal: True", "blocks are one pupil", "smallest block now: 5"),
}
"""Notebook -> what it must print, with few draws too."""

LIBRARIES = {"os", "dataclasses", "bayespanel", "numpy", "pandas", "matplotlib.pyplot"}
"""What a notebook may import; of bayespanel the public names alone."""

every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def test_every_notebook_is_expected_to_say_something() -> None:
    assert {path.stem for path in NOTEBOOKS} == set(SAID)


@every_notebook
def test_a_notebook_keeps_no_output(path: Path) -> None:
    for cell in nbformat.read(path, as_version=4).cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


@every_notebook
def test_a_notebook_imports_public_names(path: Path) -> None:
    found = set()
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code":
            lines = [line for line in cell.source.splitlines() if not line.startswith("%")]
            for node in ast.walk(ast.parse("\n".join(lines))):
                if isinstance(node, ast.Import):
                    found |= {alias.name for alias in node.names}
                elif isinstance(node, ast.ImportFrom):
                    found.add(str(node.module))
    assert found <= LIBRARIES


@every_notebook
def test_a_notebook_begins_with_a_question_and_ends_with_what_may_be_concluded(path: Path) -> None:
    cells = nbformat.read(path, as_version=4).cells
    assert "**Question.**" in cells[0].source
    assert "## What may be concluded" in cells[-1].source
    assert "may *not* be concluded" in cells[-1].source


# Jupyter's own libraries close their sockets late and warn about it; that says nothing about the notebook.
@pytest.mark.pages
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")
@every_notebook
def test_a_notebook_runs(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BAYESPANEL_DRAWS", "100")
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    printed = "".join(output.get("text", "") or output.get("data", {}).get("text/plain", "") for output in outputs)
    for words in SAID[path.stem]:
        assert words in printed
    assert any("image/png" in output.get("data", {}) for output in outputs)


@every_notebook
def test_the_site_shows_the_notebook_as_it_is_with_results(path: Path) -> None:
    shown = nbformat.read(SHOWN / path.name, as_version=4).cells
    assert [cell.source for cell in shown[:-1]] == [cell.source for cell in nbformat.read(path, as_version=4).cells]
    assert shown[-1].source.startswith("---\nRun in full on "), "Run docs/run_notebooks.py for this notebook."


def test_what_the_site_shows_of_notebooks_stays_small() -> None:
    assert sum(path.stat().st_size for path in SHOWN.glob("*.ipynb")) < 1_000_000


ELSEWHERE = {
    "5_triangle": {"1.2": "the region of the card of courses, 0.18 on the scale of log odds"},
    "8_reanalysis": {"25.806": "chi-square of lavaan"},
}
"""Notebook -> numbers with a decimal point in its words that no output has, and where they are from."""

NUMBER = re.compile(r"(?<![\w./])[-−]?\d*\.?\d+(?![\w/]|\.\d)")


def numbers(text: str) -> list[str]:
    """Return the numbers of a text, those of addresses left out."""
    return NUMBER.findall(re.sub(r"https?://\S+|doi:\S+|10\.\d{4,}/\S+", " ", text.replace(",", "")))


@every_notebook
def test_numbers_in_the_words_are_those_of_the_results(path: Path) -> None:
    """Each number with a decimal point stands in an output or in code, as it is or with more digits."""
    cells = nbformat.read(SHOWN / path.name, as_version=4).cells
    shown = [cell.source for cell in cells if cell.cell_type == "code"]
    for output in (output for cell in cells for output in cell.get("outputs", [])):
        data = output.get("data", {})
        shown += [output.get("text", ""), data.get("text/plain", ""), re.sub("<[^>]+>", " ", data.get("text/html", ""))]
    known = [abs(float(number.replace("−", "-"))) for text in shown for number in numbers(text)]
    words = [number for cell in cells[:-1] if cell.cell_type == "markdown" for number in numbers(cell.source)]
    lost = []
    for number in words:
        digits = len(number.partition(".")[2])
        value = abs(float(number.replace("−", "-")))
        if digits and not any(abs(one - value) <= 0.5 * 10**-digits + 1e-12 for one in known):
            lost.append(number)
    assert set(lost) == set(ELSEWHERE.get(path.stem, ())), lost
