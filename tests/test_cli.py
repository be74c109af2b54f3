"""The command line: what it prints, where it writes, and with which code it leaves. Sampling is mocked."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from bayespanel.catalogue import cards
from bayespanel.command import demonstration
from bayespanel.inference.fit import Fit
from bayespanel.verbs import analysis
from tests.command.lines import CARD, LONG, READ, Run, fake_fit
from tests.data.tables import long_table


def interrupted(*_: Any, **__: Any) -> Fit:
    raise KeyboardInterrupt


# ---- start


NUMERICAL = {
    "numpy", "scipy", "pandas", "xarray", "pymc", "pytensor", "arviz", "arviz_stats", "nutpie", "numba", "matplotlib",
    "h5netcdf", "h5py", "pyarrow", "pyreadstat", "jinja2",
}  # fmt: skip
"""Libraries that numbers, files or figures need; each takes longer to import than all that the commands below do."""

WORDS = {"pydantic", "rich"}
"""Libraries for reading cards and options, and for colour."""


@pytest.mark.parametrize(
    ("arguments", "absent"),
    [
        (["--help"], NUMERICAL | WORDS),
        (["--version"], NUMERICAL | WORDS),
        (["fit", "--help"], NUMERICAL | {"rich"}),
        (["models"], NUMERICAL | {"rich"}),
        (["models", "spillover"], NUMERICAL | {"rich"}),
        (["models", "class-size"], NUMERICAL | {"rich"}),
        (["models", "persistent-victims", "--json"], NUMERICAL | {"rich"}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_needs_no_numbers_starts_without_the_libraries_for_them(arguments: list[str], absent: set[str]) -> None:
    code = f"""
import sys
from bayespanel.cli import main
try: main({arguments!r})
except SystemExit as left: assert not left.code
print(*sorted(set(sys.modules) & {absent!r}), file=sys.stderr)"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == ""
    assert done.stdout.strip()


def test_the_package_runs_as_a_module() -> None:
    done = subprocess.run([sys.executable, "-m", "bayespanel", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("bayespanel ")


@pytest.mark.parametrize("command", ["models", "describe", "fit", "evidence", "moments", "report", "rerun", "demo"])
def test_the_help_of_every_command_has_examples(run: Run, command: str) -> None:
    code, out, _ = run(command, "--help")
    assert code == 0
    assert f"bayespanel {command}" in out.split("Examples:")[1]


def test_a_misspelt_option_is_bad_input(run: Run) -> None:
    for arguments in (["fit", "two.toml"], ["describe", "pupils.csv", "--pupl", "x"], ["nothing"]):
        assert run(*arguments)[0] == 2
    assert run("fit", "two.toml", "pupils.csv", "--draws", "1")[0] == 2


# ---- models


def test_models_lists_the_shipped_cards(run: Run) -> None:
    code, out, _ = run("models")
    assert code == 0
    assert all(name in out for name in cards.cards())
    listed = json.loads(run("models", "--json")[1])
    assert [card["name"] for card in listed] == list(cards.cards())
    assert all(card["question"] and card["title"] for card in listed)


def test_models_shows_all_of_one_card(run: Run) -> None:
    out = run("models", "spillover")[1]
    for part in ("parent  warmth, rejection", "pupil, class, school", "lag ", "-0.03 to 0.03", "doi:10.1037/a0038889"):
        assert part in out
    card = json.loads(run("models", "star", "--json")[1])
    assert card["spec"]["cluster_effects"] == "by_wave"
    assert {"school_sd", "lag"} <= {row["parameter"] for row in card["priors"]}


def test_an_unknown_card_is_answered_in_three_parts(run: Run) -> None:
    code, out, err = run("models", "spilover")
    assert (code, out) == (2, "")
    rule, given, action = err.strip().splitlines()
    assert rule.startswith("Rule:")
    assert given.startswith("Given:")
    assert "Nearest: 'spillover'" in given
    assert action.startswith("Do:")


# ---- fit


@pytest.mark.usefixtures("sampled")
def test_fit_writes_and_prints_everything(run: Run) -> None:
    code, out, err = run("fit", "two.toml", "pupils.csv", *LONG, *READ)
    assert code == 0, err
    assert sorted(p.name for p in Path("two").iterdir()) == [
        "checks.csv", "evidence.csv", "fit.nc", "pathways.png", "triangle.png",
    ]  # fmt: skip
    assert "R-hat" in out
    assert "reading -> math" in out
    assert out.index("In words") < out.index("\nCarry-over")
    assert "The data give reason to doubt the model" in out
    assert "was followed by" in out
    assert "Panel of 12 pupils" in err
    assert {"math -> reading", "reading -> reading"} <= set(pd.read_csv("two/evidence.csv")["pathway"])
    assert analysis.load_fit("two/fit.nc").provenance["rope"] == 0.03


@pytest.mark.usefixtures("sampled")
def test_fit_prints_one_json_document(run: Run) -> None:
    code, out, _ = run("fit", "two.toml", "pupils.csv", *LONG, *READ, "-o", "new/deep", "--json", "--rope=-0.02,0.1")
    content = json.loads(out)
    assert (code, content["passed"]) == (0, True)
    assert content["evidence"]["rope"] == [-0.02, 0.1]
    assert "was followed by" in " ".join(content["answer"])
    assert all(Path(file).is_file() for file in content["files"])


def test_a_failed_check_comes_first_and_has_its_own_code(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analysis, "fit", fake_fit(20))
    code, out, err = run("fit", "two.toml", "pupils.csv", *LONG, *READ)
    assert code == 3
    lines = out.splitlines()
    assert lines[1].strip().startswith("FAILED")
    assert "--tune and --draws" in out
    assert "FAILED (R-hat" in err
    code, out, err = run("fit", "two.toml", "pupils.csv", *LONG, *READ, "-o", "quiet", "--quiet")
    assert (code, out) == (3, "")
    assert len(err.strip().splitlines()) == 1
    assert "FAILED (R-hat" in run("evidence", "two", "--json")[2]


@pytest.mark.usefixtures("sampled")
def test_a_fit_is_replaced_only_when_asked(run: Run) -> None:
    arguments = ("fit", "two.toml", "pupils.csv", *LONG, *READ)
    run(*arguments)
    before = Path("two/fit.nc").read_bytes()
    Path("two/mine.txt").write_text("notes", encoding="utf-8")
    Path("two/triangle-9.png").touch()
    code, _, err = run(*arguments)
    assert (code, len(err.strip().splitlines())) == (2, 3)
    assert "--force" in err
    assert Path("two/fit.nc").read_bytes() == before
    assert run(*arguments, "--force", "--rope", "0.1")[0] == 0
    assert analysis.load_fit("two/fit.nc").provenance["rope"] == 0.1
    assert sorted(p.name for p in Path("two").iterdir()) == [
        "checks.csv", "evidence.csv", "fit.nc", "mine.txt", "pathways.png", "triangle.png",
    ]  # fmt: skip
    assert run(*arguments, "-o", "pupils.csv")[0] == 2


@pytest.mark.parametrize("existing", [False, True])
def test_an_interrupted_fit_leaves_nothing(run: Run, monkeypatch: pytest.MonkeyPatch, existing: bool) -> None:
    if existing:
        Path("new/deep").mkdir(parents=True)
    before = sorted(Path().rglob("*"))
    arguments = ("fit", "two.toml", "pupils.csv", *LONG, *READ, "-o", "new/deep")
    monkeypatch.setattr(analysis, "fit", interrupted)
    code, out, err = run(*arguments)
    assert (code, out) == (130, "")
    assert "Interrupted: nothing was written." in err
    assert sorted(Path().rglob("*")) == before


def test_an_interruption_that_sampling_swallows_is_not_forgotten(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    sample = fake_fit(20)

    def deaf(*arguments: Any, **settings: Any) -> Fit:
        with contextlib.suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        return sample(*arguments, **settings)

    monkeypatch.setattr(analysis, "fit", deaf)
    assert run("fit", "two.toml", "pupils.csv", *LONG, *READ)[0] == 130
    assert not Path("two").exists()


def test_fit_shows_the_columns_when_options_are_missing(run: Run) -> None:
    code, out, err = run("fit", "two.toml", "pupils.csv", "--school", "school")
    assert (code, out) == (2, "")
    assert "--pupil, --wave not given." in err
    assert "'reading' (nearest: 'read')" in err
    line = err.strip().splitlines()[-1].strip()
    assert line.startswith("bayespanel fit two.toml pupils.csv --pupil pupil --wave wave")
    assert "--rename reading=read" in line
    assert not Path("two").exists()


@pytest.mark.usefixtures("sampled")
def test_hints_of_a_card_are_used_and_said(run: Run) -> None:
    hints = '\n[data]\npupil = "pupil"\nwave = "wave"\nschool = "school"\n'
    Path("two.toml").write_text(CARD + hints, encoding="utf-8")
    code, _, err = run("fit", "two.toml", "pupils.csv", *READ)
    assert code == 0
    assert "From the card: --pupil pupil, --wave wave, --school school" in err


@pytest.mark.usefixtures("sampled")
def test_fit_takes_moments_and_their_names(run: Run) -> None:
    run("moments", "pupils.csv", "-o", "sums.nc", *LONG, "--variables", "math,read")
    code, _, err = run("fit", "two.toml", "sums.nc")
    assert code == 2
    assert "'reading' (nearest: 'read')" in err
    assert run("fit", "two.toml", "sums.nc", "--rename", "reading=reed")[0] == 2
    assert run("fit", "two.toml", "sums.nc", *READ)[0] == 0


def test_fit_wants_a_region_of_practical_equivalence(run: Run) -> None:
    Path("two.toml").write_text(CARD.replace("rope = 0.03\n", ""), encoding="utf-8")
    assert "--rope 0.03" in run("fit", "two.toml", "pupils.csv", *LONG, *READ)[2]
    for wrong in ("x", "1,2,3", "0.1,-0.1", "0"):
        assert run("fit", "two.toml", "pupils.csv", *LONG, *READ, "--rope", wrong)[0] == 2


def test_a_pupil_who_moves_is_explained_in_options(run: Run) -> None:
    frame = long_table()
    frame.loc[0, "school"] = "west"
    frame.to_csv("pupils.csv", index=False)
    code, _, err = run("describe", "pupils.csv", *LONG, "--variables", "math")
    assert code == 2
    assert "--movers first" in err
    assert "who changed school" in run("describe", "pupils.csv", *LONG, "--variables", "math", "--movers", "first")[1]


# ---- evidence


@pytest.mark.usefixtures("sampled")
def test_evidence_weighs_a_saved_fit_again(run: Run) -> None:
    run("fit", "two.toml", "pupils.csv", *LONG, *READ)
    code, out, err = run("evidence", "two", "--kinds", "direct", "--rope", "0.2", "--prob", "0.9")
    assert (code, "FAILED" in err) == (0, False)  # the draws are made up, so that their fit is something to look at
    assert "P(> 0.2)" in out
    assert "90 % interval" in out
    assert "Carry-over" not in out
    assert "In words" not in out
    assert run("evidence", "two")[1].startswith("In words")
    content = json.loads(run("evidence", "two/fit.nc", "--json", "--by-interval")[1])
    assert content["rope"] == [-0.03, 0.03]
    assert "math -> reading [1-2]" in {row["pathway"] for row in content["pathways"]}
    rows = run("evidence", "two", "--csv", "--kinds", "direct")[1].splitlines()
    assert (len(rows), rows[0].split(",")[0]) == (3, "pathway")
    assert run("evidence", "two", "--csv", "--json")[0] == 2
    assert run("evidence", "nowhere")[0] == 2
    code, _, err = run("evidence", "two", "--kinds", "dirct")
    assert (code, "Nearest: 'direct'" in err) == (2, True)


@pytest.mark.usefixtures("sampled")
def test_evidence_writes_a_table_for_a_paper_and_replaces_none_unasked(run: Run) -> None:
    assert run("fit", "two.toml", "pupils.csv", *LONG, *READ)[0] in (0, 3)
    code, out, err = run("evidence", "two", "--table", "paper.xlsx", "--kinds", "direct")
    assert code == 0
    assert "math -> reading" in out
    assert "Written: paper.xlsx" in err
    assert run("evidence", "two", "--table", "paper.xlsx")[0] == 2
    assert run("evidence", "two", "--table", "paper.xlsx", "--force")[0] == 0
    assert ".docx" in run("evidence", "two", "--table", "paper.pdf")[2]


# ---- demo


@pytest.mark.usefixtures("sampled")
def test_the_demo_replaces_its_own_results_and_no_others(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(2):
        monkeypatch.setattr(demonstration, "page", lambda _saved, _keeping: None)
        code, out, _ = run("demo")
        assert code == 0
        assert "What it does not say" in out
        assert "bayespanel evidence demo" in out
    assert not Path("demo/triangle.png").exists()  # both variables sit on the child
    run("fit", "two.toml", "pupils.csv", *LONG, *READ)
    assert run("demo", "-o", "two")[0] == 2
    Path("demo/fit.nc").write_bytes(b"damaged")
    assert run("demo")[0] == 2
