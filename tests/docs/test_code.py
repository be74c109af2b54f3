"""The code on the pages runs, block after block, as a reader would run it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from inspect import signature
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import pytest

import bayespanel as bp
from tests.docs.blocks import Block, blocks, pages
from tests.docs.reader import QUICK, STUDIES, STUDY_OPTIONS, lend, prepare

LANGUAGES = ("", "text", "python", "sh", "toml", "r", "console", "eval", "powershell", "bibtex")
"""Of fenced blocks; what is neither Python, a command nor a card is shown and not run."""

DONE = (0, 3)
"""Exit codes of a command that did its work: with few draws checks may fail."""

LONG = ("--refits",)
"""Options that multiply the work; tests/command runs them on a small fit."""

MINUTES = ("sampling", "trajectories")
"""Pages that take minutes: other tools compile the model anew, and four numbers of classes are sampled. `make slow`."""


def runnable(page: Path) -> list[Block]:
    return [block for block in blocks(page) if block.language in ("python", "sh", "toml")]


@pytest.fixture(scope="session")
def fits(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The demo and a trial, fitted once for all pages."""
    folder = tmp_path_factory.mktemp("fits")
    out = {}
    for name, kind in (("star", bp.Moments), ("class-size", bp.TrialMoments)):
        card = bp.card(name)
        out[name] = folder / f"{name}.nc"
        bp.fit(card, kind.load(card.path.with_suffix(".nc")), seed=1, **QUICK).save(out[name])
    return out


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files of which the pages speak, and verbs that take little time.

    Fits draw little. A report is checked for its arguments and not written, a fit is repeated once in place of six
    times, a comparison leaves out no school by a new fit: tests/page and tests/verbs do all of that.
    Design studies have few replicates, in this process.
    """
    import sys

    from bayespanel.verbs import analysis

    prepare(tmp_path)
    monkeypatch.chdir(tmp_path)
    sample, write, refits = analysis.fit, bp.report, bp.refits
    # It fits by itself: fifty draws are too few for a marginal likelihood.
    tree = partial(bp.family_tree, sampling=bp.Sampling(draws=150, tune=150, chains=2), progress=False)

    def few(spec: Any, data: Any, *, seed: int, **_: Any) -> bp.Fit:
        return sample(spec, data, seed=seed, **QUICK)

    def named(*given: Any, **words: Any) -> Path:
        signature(write).bind(*given, **words)
        return tmp_path / "index.html"

    def once(fit: bp.Fit) -> Any:
        return refits(fit, dict(islice(bp.prior_changes(fit.spec).items(), 1)), progress=False)

    monkeypatch.setattr(analysis, "fit", few)
    monkeypatch.setattr(bp, "fit", few)
    monkeypatch.setattr(bp, "report", named)
    monkeypatch.setattr(sys.modules["bayespanel.page.report"], "report", named)
    monkeypatch.setattr(bp, "refits", once)
    for name, little in STUDIES.items():
        monkeypatch.setattr(bp, name, _with(getattr(bp, name), little))
    monkeypatch.setattr(bp, "compare", partial(bp.compare, refit=0))
    monkeypatch.setattr(bp, "family_tree", tree)
    return tmp_path


def _with(verb: Callable[..., Any], little: dict[str, Any]) -> Callable[..., Any]:
    """Return a verb that is told to do little in this process, whatever the page says; stores stay where they are."""

    def told(*given: Any, running: bp.Running | None = None, **words: Any) -> Any:
        asked = [replace(one, replicates=3) if isinstance(one, bp.Search) else one for one in given]
        here = replace(running or bp.Running(), workers=0, scheduler=None, progress=False)
        return verb(*asked, running=here, **words | little)

    return told


@pytest.fixture
def other_tools(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let PyMC and nutpie draw little as well."""
    import nutpie
    import pymc as pm

    sample, draw = pm.sample, nutpie.sample
    monkeypatch.setattr(
        pm, "sample", lambda **given: sample(20, tune=20, chains=2, cores=1, progressbar=False, **given)
    )
    little = {"tune": 50, "draws": 20, "chains": 2}
    # `bp.fit` samples by nutpie too, and says itself how much.
    monkeypatch.setattr(nutpie, "sample", lambda model, **given: draw(model, **(little | given)))


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.stem)
def test_every_block_is_of_a_known_language(page: Path) -> None:
    assert {block.language for block in blocks(page)} <= set(LANGUAGES)


# Few draws warn about themselves, figures about fonts; neither is about the page.
@pytest.mark.pages
@pytest.mark.filterwarnings("ignore")
@pytest.mark.usefixtures("other_tools")
@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, id=page.stem, marks=[pytest.mark.slow] if page.stem in MINUTES else [])
        for page in pages()
        if runnable(page)
    ],
)
def test_the_code_of_a_page_runs(page: Path, reader: Path, fits: dict[str, Path]) -> None:
    lend(reader, fits, page.stem)
    namespace: dict[str, Any] = {"__name__": "page"}
    for block in runnable(page):
        if block.language == "toml":
            (reader / block.file()).write_text(block.text, encoding="utf-8")
        elif block.language == "python":
            exec(block.compiled(), namespace)
        else:
            for arguments in block.commands():
                run(block, arguments)


def run(block: Block, arguments: list[str]) -> None:
    from bayespanel.cli import main

    if not set(LONG) & set(arguments):
        with pytest.raises(SystemExit) as left:
            main(little(arguments))
        assert (left.value.code or 0) in DONE, f"{block.page}, line {block.line}: bayespanel {' '.join(arguments)}"


def little(arguments: list[str]) -> list[str]:
    """Return the words of a command with the small numbers of a test in place of those of the page.

    An option that is given twice is refused, so what the page says of it goes.
    """
    options = STUDY_OPTIONS.get(arguments[0], ())
    told = [option for option, number in pairwise(options) if not number.startswith("--")]
    pairs = zip(arguments, ["", *arguments], strict=False)
    return [word for word, before in pairs if word not in told and before not in told] + list(options)
