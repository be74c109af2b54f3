"""Sentences about other programs: where they stand, and whether they say which version was looked at, and when."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

PEERS = (
    *("lavaan", "blavaan", "semTools", "OpenMx", "ctsem", "Mplus", "SPSS", "Stata", "HLM", "MLwiN", "JASP", "jamovi"),
    *("brms", "Stan", "rstan", "rstanarm", "Bambi", "lme4", "nlme", "glmmTMB", "mixor", "SuperMix", "OpenBUGS"),
    *("powRICLPM", "riclpmr", "panelr", "lcmm", "crimCV", "flexmix", "tidySEM", "dynr", "metafor", "Excel"),
)
"""Programs that users may have in place of ours. Those that ours is made of are not among them."""

_PEER = re.compile(rf"(?<![\w./_])({'|'.join(PEERS)})(?![\w(])")
_VERSION = r"\d+\.\d+(?:[.-]\d+)*|\d(?:st|nd|rd|th) edition"
_DATE = re.compile(r"\b20\d\d\b")
_VERB = re.compile(
    r"\b(?:is|are|was|were|do|does|did|has|have|had|takes?|took|gives?|gave|finds?|found|fixe[sd]|stops?|stopped|drops?|"
    r"leaves?|left|puts?|counts?|reports?|reported|wants?|numbers(?= [a-z])|adds?|added|replaces?|replaced|"
    r"converge[sd]?|widens?|scales?|mixe[sd]|mixes|needs?|uses?|used|cannot|can|must|may|makes?|made|calls?|called|goes|went|"
    r"creeps?|stores?|declares?|ends?|fits?|fitted|drew|agree[sd]?|differs?|reads?|writes?|requires?|ignores?|treats?|merges?|"
    r"joins?|supports?|lacks?|knows?|expects?|shows?|prints?|estimates?|computes?|refuse[sd]?)\b"
)
_NUMBER = re.compile(r"(?<![\w.(-])(?!(?:19|20)\d\d\b)\d[\d,]*(?:\.\d+)?(?:e-?\d+)?(?![\w-])")
_END = re.compile(r"(?<=[.!?:;])\*{0,2}\)?\s+(?=[A-Za-z`*\"'(\[])")
_BEGIN = re.compile(r"\s*(?:[-*]|\d+\.) |#|>|:|\s*-{4,}|\w+$")


@dataclass(frozen=True)
class Passage:
    """A sentence, a row of a table, or a heading.

    Attributes
    ----------
    place
        File, and the line on which its paragraph begins.
    section
        Number of its section within the file; 0 before the first heading of second order.
    text
        What it says.
    """

    place: str
    section: int
    text: str

    @property
    def stated(self) -> set[str]:
        """The programs of which it says something: a verb after the name, or a number beside it."""
        bare = re.sub(rf"\b({'|'.join(PEERS)}|R) (?:{_VERSION})", r"\1", _bare(self.text))
        wide = len(bare) if bare.lstrip().startswith("|") else 0
        out = set()
        for found in _PEER.finditer(bare):
            after = bare[found.end() : found.end() + max(wide, 60)]
            before = bare[max(0, found.start() - max(wide, 30)) : found.start()]
            if _VERB.search(after) or _NUMBER.search(after) or _NUMBER.search(before):
                out.add(found[1])
        return out

    @property
    def dated(self) -> set[str]:
        """The programs whose version it says, with a date."""
        bare = _bare(self.text)
        if not _DATE.search(bare):
            return set()
        found = {m[1] for m in _PEER.finditer(bare) if re.match(rf"[^.|]{{0,60}}?(?:{_VERSION})", bare[m.end() :])}
        return found | ({"Stan"} if "rstan" in found else set())


def _bare(text: str) -> str:
    """Return a passage without code, addresses, and names of languages and packages, which state nothing."""
    text = re.sub(r"`[^`]*`|\]\([^)]*\)|https?://\S+|doi:\S+", " ", text)
    text = re.sub(r"\b[Ll]anguages? of lavaan and Mplus", " ", text)
    text = re.sub(r"\b(?:lavaan's (?:or|and) Mplus's|lavaan's|Mplus's)( own)? (?:languages?|words?)\b", " ", text)
    return re.sub(r"R packages? \[?\w+\]?|SuperMix examples|'s \w*numbers\b", " ", text)


def undated(passages: list[Passage]) -> list[str]:
    """Return what says something of a program that neither its section nor the head of its page dates."""
    out = []
    for passage in passages:
        known = set().union(*(p.dated for p in passages if p.section in (0, passage.section)))
        if passage.stated - known:
            out.append(f"{passage.place}: {', '.join(sorted(passage.stated - known))}: {passage.text}")
    return out


def of_markdown(text: str, place: str) -> list[Passage]:
    """Return the passages of a page; code in fences is none."""
    fence = re.compile(r"^( *)(```|~~~).*?^ *\2[^\n]*$", re.DOTALL | re.MULTILINE)
    lines = fence.sub(lambda m: "\n" * m[0].count("\n"), text).split("\n")
    out: list[Passage] = []
    section, buffer, began = 0, "", 0
    for number, line in enumerate([*lines, ""], 1):
        alone = line.lstrip().startswith(("|", "#"))
        if buffer and (alone or not line.strip() or _BEGIN.match(line)):
            out += [Passage(f"{place}:{began}", section, part) for part in _END.split(buffer)]
            buffer = ""
        if alone:
            section += line.startswith("## ")
            out.append(Passage(f"{place}:{number}", section, line))
        elif line.strip():
            began = began if buffer else number
            buffer = f"{buffer} {line.strip()}".strip()
    return out


def of_notebook(path: Path) -> list[Passage]:
    """Return the passages of a notebook's text."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    text = "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    return of_markdown(text, path.name)


def of_module(path: Path, place: str) -> Iterator[list[Passage]]:
    """Return the passages of each docstring of a module, and of each text that explains a name."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            found = of_markdown(node.value.value, place)
            yield [Passage(f"{place}:{node.lineno}", 0, passage.text) for passage in found]


def everything() -> dict[str, list[list[Passage]]]:
    """Return the passages of each page, notebook and module; only those of one list date each other."""
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "tests" / "known_answers" / "README.md"]
    out: dict[str, list[list[Passage]]] = {}
    for page in (*pages, *sorted((ROOT / "docs").glob("*.md"))):
        name = page.relative_to(ROOT).as_posix()
        out[name] = [of_markdown(page.read_text(encoding="utf-8"), name)]
    for notebook in sorted((ROOT / "notebooks").glob("*.ipynb")):
        out[notebook.relative_to(ROOT).as_posix()] = [of_notebook(notebook)]
    for module in sorted((ROOT / "bayespanel").rglob("*.py")):
        name = module.relative_to(ROOT).as_posix()
        out[name] = list(of_module(module, name))
    return out
