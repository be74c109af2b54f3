"""`bayespanel new` writes a card that can be read, by options, by proposals and by answers at a terminal."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest

import bayespanel as bp
from bayespanel.command import asking
from bayespanel.families.door import reduced
from tests.command.lines import Run

PUPILS = 96

NEW = ("new", "breed.sav")


def wide() -> pd.DataFrame:
    """A wide table as it comes out of a school project: three scores at four waves, and much that is none."""
    rng = np.random.default_rng(5)
    school = np.arange(PUPILS) // 12
    own = rng.normal(size=PUPILS)
    table: dict[str, object] = {
        "Leerlingnr": 100_000.0 + rng.permutation(PUPILS),
        "Schoolcode": 4000.0 + school,
        "Klas": school * 10.0 + np.arange(PUPILS) % 2,
        "Geslacht": rng.integers(0, 2, PUPILS).astype(float),
        "GebDat": pd.Timestamp("2008-03-01") + pd.to_timedelta(rng.integers(0, 900, PUPILS), "D"),
        "invuldatum": 20_120_101.0 + rng.integers(0, 28, PUPILS),
        "opmerking": ["geen"] * PUPILS,
    }
    for t in (1, 2, 3, 4):
        table[f"T{t}_datum"] = pd.Timestamp(f"201{t}-05-01")
        table[f"pesten_t{t}"] = np.clip(np.round(2 + own + rng.normal(size=PUPILS)), 0, 4)
        table[f"T{t}_dep"] = np.round(rng.normal(size=PUPILS) + own / 2, 2)
        table[f"warmte{t}"] = np.round(rng.normal(size=PUPILS) + school / 6, 2)
        table[f"weegfactor_t{t}"] = rng.uniform(0.5, 2, PUPILS)
        table[f"versie{t}"] = 1.0
        table[f"volgnr_t{t}"] = rng.permutation(PUPILS) + 1.0
        table[f"leeg{t}"] = np.nan
    for item in range(1, 9):
        table[f"rses{item}"] = rng.integers(1, 5, PUPILS).astype(float)
    frame = pd.DataFrame(table)
    frame.loc[rng.random(PUPILS) < 0.1, "pesten_t3"] = np.nan
    return frame


def trial() -> pd.DataFrame:
    """A table of a trial, with German names."""
    rng = np.random.default_rng(6)
    school = np.arange(PUPILS) // 8
    return pd.DataFrame(
        {
            "Schüler_ID": np.arange(PUPILS) + 1,
            "Schule": school + 1,
            "Bedingung": np.where(school % 2, "Programm", "Kontrolle"),
            "Geschlecht": rng.integers(0, 2, PUPILS),
            "mobbing_vor": rng.normal(size=PUPILS).round(2),
            "mobbing_nach": rng.normal(size=PUPILS).round(2),
            "angst_pre": rng.normal(size=PUPILS).round(2),
            "angst_post": rng.normal(size=PUPILS).round(2),
        }
    )


@pytest.fixture
def there(run: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A command line in a folder with tables, where nobody can answer."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(asking, "at_terminal", lambda: False)
    labels = {"Geslacht": {0.0: "jongen", 1.0: "meisje"}, "pesten_t1": {0.0: "nooit", 4.0: "vaak"}}
    pyreadstat.write_sav(wide(), "breed.sav", variable_value_labels=labels)
    return run


@pytest.fixture
def answering(there: Run, monkeypatch: pytest.MonkeyPatch) -> Callable[[Iterable[str]], Run]:
    """Somebody at a terminal, who types these lines, and then takes what is proposed."""

    def typing(lines: Iterable[str]) -> Run:
        waiting = iter(lines)

        def typed_at(_: str) -> str:
            line = next(waiting, "")
            if line == "^C":
                raise KeyboardInterrupt
            return line

        monkeypatch.setattr(asking, "at_terminal", lambda: True)
        monkeypatch.setattr(asking, "typed_at", typed_at)
        return there

    return typing


def reads(card: str, data: str) -> bp.Card:
    """Return a card that reads its table by itself, as `fit` does."""
    from bayespanel.command.columns import Columns
    from bayespanel.command.options import OfTrial
    from bayespanel.command.reception import receive

    found = bp.card(card)
    received = receive(Path(data), Columns(), OfTrial(), f"fit {card}", found, quiet=True)
    reduced(found.spec, received)
    return found


def test_a_panel_by_proposals_alone(there: Run) -> None:
    code, out, _ = there(*NEW, "--yes")
    assert code == 0
    assert "bayespanel fit breed.toml breed.sav" in out
    card = reads("breed.toml", "breed.sav")
    assert card.spec == bp.RICLPM(
        triangle=bp.Triangle(parent=["warmte"], child=["dep"], school=["pesten"]),
        levels=("pupil", "class", "school"),
        covariates=("Geslacht",),
    )
    assert dict(card.data.wide) == {  # type: ignore[union-attr]  # a panel's card
        "pesten": [f"pesten_t{t}" for t in (1, 2, 3, 4)],
        "dep": [f"T{t}_dep" for t in (1, 2, 3, 4)],
        "warmte": [f"warmte{t}" for t in (1, 2, 3, 4)],
    }


def zero_heavy(lowest: int = 0) -> pd.DataFrame:
    """The table with a score of which most are 0, 99 where it is missing; and one of numbers beside it."""
    frame, rng = wide(), np.random.default_rng(8)
    for t in (1, 2, 3, 4):
        scores = lowest + rng.choice(4, PUPILS, p=[0.7, 0.15, 0.1, 0.05]).astype(float)
        frame[f"pesten_t{t}"] = np.where(rng.random(PUPILS) < 0.1, 99.0, scores)
    return frame


@pytest.mark.parametrize("lowest", [0, 1])
def test_a_card_says_which_scores_may_be_ordered_categories(there: Run, lowest: int) -> None:
    frame = zero_heavy(lowest)
    pyreadstat.write_sav(frame, "breed.sav")
    scores = frame[[f"pesten_t{t}" for t in (1, 2, 3, 4)]].to_numpy()
    code, _, _ = there(*NEW, "--yes", "--missing", "99")
    assert code == 0
    text = Path("breed.toml").read_text(encoding="utf-8")
    assert f"{100 * (scores == lowest).sum() / (scores != 99).sum():.0f} % of pesten" in text
    taken = text.replace('# ordered = ["pesten"]', 'ordered = ["pesten"]').replace("# innovations", "innovations")
    Path("breed.toml").write_text(taken, encoding="utf-8")
    found = reads("breed.toml", "breed.sav").spec
    assert (found.ordered, found.innovations) == (("pesten",), "equal")  # type: ignore[union-attr]  # a panel's


def test_a_card_of_trajectories_says_what_such_scores_call_for(there: Run) -> None:
    pyreadstat.write_sav(zero_heavy(), "breed.sav")
    for score, said in (("pesten", True), ("warmte", False)):
        asked = ("--question", "trajectories", "--scores", score, "--yes", "--missing", "99", "--force")
        assert there(*NEW, *asked)[0] == 0
        text = Path("breed.toml").read_text(encoding="utf-8")
        assert (f"Of {score}, " in text) == said
        for link in ("logit", "log") if said else ():
            other = text.replace('link = "identity"', f'link = "{link}"')
            Path("breed.toml").write_text(other, encoding="utf-8")
            assert reads("breed.toml", "breed.sav").spec.link == link  # type: ignore[union-attr]  # of trajectories


def test_a_card_is_silent_about_scores_that_are_numbers(there: Run) -> None:
    assert there(*NEW, "--yes")[0] == 0
    assert "ordered" not in Path("breed.toml").read_text(encoding="utf-8")


def test_a_panel_by_options_alone(there: Run) -> None:
    code, _, _ = there(
        *NEW, "--question", "panel", "--scores", "pest=pesten_t1,pesten_t2,pesten_t3", "--pupil", "leerlingnr",
        "--scores", "somber=T1_dep,T2_dep,T3_dep", "--school", "Schoolcode", "--times", "0,5,12", "--rope", "0.05",
        "--title", 'A "title"', "--about", "Which?", "-o", "mine",
    )  # fmt: skip
    assert code == 0
    card = reads("mine.toml", "breed.sav")
    assert card.spec == bp.RICLPM(["pest", "somber"], levels=("pupil", "school"))
    assert (card.title, card.question, card.rope, card.data.pupil) == ('A "title"', "Which?", 0.05, "Leerlingnr")


def test_a_trial(there: Run) -> None:
    trial().to_csv("versuch.csv", index=False)
    code, _, _ = there("new", "versuch.csv", "--yes")
    assert code == 0
    card = reads("versuch.toml", "versuch.csv")
    assert card.spec == bp.ClusterTrial(
        ["mobbing_nach", "angst_post"],
        levels=("pupil", "school"),
        adjustment="covariate",
        covariates=["Geschlecht"],
        edges={"mobbing_nach": "school->child", "angst_post": "school->child"},
    )
    assert card.data.arm == "Bedingung"  # type: ignore[union-attr]  # a trial's card
    assert card.data.control == "Kontrolle"  # type: ignore[union-attr]  # a trial's card
    assert card.data.baseline == {"mobbing_nach": "mobbing_vor", "angst_post": "angst_pre"}  # type: ignore[union-attr]  # a trial's card


def test_trajectories(there: Run) -> None:
    code, _, _ = there(*NEW, "--question", "trajectories", "--scores", "pesten", "--classes", "high,low", "--yes")
    assert code == 0
    card = reads("breed.toml", "breed.sav")
    assert card.spec == bp.Trajectories(
        "pesten",
        classes=["high", "low"],
        predictors=["Geslacht"],
        levels=("pupil", "class", "school"),
        edges={"Geslacht": "child->child"},
    )


def test_a_long_table(there: Run) -> None:
    code, _, _ = there("new", "pupils.csv", "--yes", "--vertices", "read=child,math=school")
    assert code == 0
    card = reads("pupils.toml", "pupils.csv")
    assert card.spec.levels[0] == "pupil"
    assert (card.data.pupil, card.data.wave) == ("pupil", "wave")  # type: ignore[union-attr]  # a panel's card
    assert {"read", "math"} <= set(card.spec.variables)


def test_without_a_terminal_the_option_that_lacks_is_named(there: Run) -> None:
    code, out, err = there(*NEW)
    assert (code, out) == (2, "")
    assert "Add --question panel, or --yes" in err
    code, _, err = there(*NEW, "--question", "panel")
    assert code == 2
    assert "--scores is not given" in err
    assert not Path("breed.toml").exists()


@pytest.mark.parametrize(
    ("options", "nearest"),
    [
        (("--question", "pannel"), "'panel'"),
        (("--question", "panel", "--pupil", "Leerlngnr"), "'Leerlingnr'"),
        (("--question", "panel", "--scores", "pest=pesten_t1,pesten_t2,pestent3"), "'pesten_t3'"),
        (("--yes", "--school", "schoolcod"), "'Schoolcode'"),
        (("--yes", "--levels", "pupil,shcool"), "'school'"),
        (("--yes", "--vertices", "pesten=schol"), "'school'"),
        (("--question", "panel", "--scores", "pesten,dep", "--arm", "x"), "--arm"),
    ],
)
def test_a_typo_in_an_option_is_answered_with_the_nearest_name(
    there: Run, options: tuple[str, ...], nearest: str
) -> None:
    code, _, err = there(*NEW, *options)
    assert code == 2
    assert re.search(r"Rule: .*\nGiven: .*\nDo: ", err)
    assert nearest in err
    assert not Path("breed.toml").exists()


@pytest.mark.parametrize(
    ("scores", "said"),
    [
        ("a=pesten_t1,pesten_t2", "3 or more"),
        ("a=pesten_t1,pesten_t2,opmerking", "holds text"),
        ("a=leeg1,leeg2,leeg3", "holds nothing"),
        ("a=T1_datum,T2_datum,T3_datum", "holds dates"),
        ("a=versie1,versie2,versie3", "holds 1 value"),
    ],
)
def test_what_is_no_score_is_refused(there: Run, scores: str, said: str) -> None:
    code, _, err = there(*NEW, "--question", "panel", "--scores", scores)
    assert code == 2
    assert said in err


def test_a_typo_at_the_terminal_is_asked_again(answering: Callable[[Iterable[str]], Run]) -> None:
    lines = ["pannel", "panel", "", "Leerlngnr", "", "pestn", "pesten, dep", "none", "none", "geslacht", "dep=parent"]
    code, out, err = answering(lines)(*NEW)
    assert code == 0, err
    assert "Nearest: 'panel'" in err
    assert "Nearest: 'Leerlingnr'" in err
    assert "Nearest: 'pesten'" in err
    assert "Written: breed.toml" in out
    spec = reads("breed.toml", "breed.sav").spec
    assert spec.levels == ("pupil",)
    assert spec == bp.RICLPM(triangle=bp.Triangle(parent=["dep"], school=["pesten"]), covariates=["Geslacht"])


def test_what_a_terminal_shows_fits_80_columns(answering: Callable[[Iterable[str]], Run]) -> None:
    _, out, err = answering([])(*NEW)
    assert [line for line in (out + err).splitlines() if len(line) > 80] == []


def test_ctrl_c_loses_no_answer_and_leaves_no_file(answering: Callable[[Iterable[str]], Run]) -> None:
    code, out, err = answering(["", "", "", "pesten", "^C"])(*NEW)
    assert (code, out) == (130, "")
    assert "--question panel --wave none --pupil Leerlingnr --scores pesten" in err
    assert sorted(path.name for path in Path().iterdir()) == ["breed.sav", "pupils.csv", "two.toml"]


def test_a_card_is_replaced_only_when_that_is_said(
    there: Run, answering: Callable[[Iterable[str]], Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("breed.toml").write_text("mine", encoding="utf-8")
    code, _, err = there(*NEW, "--yes")
    assert code == 2
    assert "--force" in err
    assert Path("breed.toml").read_text(encoding="utf-8") == "mine"
    asked = ("--question", "panel", "--scores", "pesten,dep", "--rope", "0.03", "-o", "breed.toml")
    code, out, _ = answering([*[""] * 10, "no", "other"])(*NEW, *asked)
    assert code == 0
    assert "Written: other.toml" in out
    assert Path("breed.toml").read_text(encoding="utf-8") == "mine"
    monkeypatch.setattr(asking, "at_terminal", lambda: False)
    assert there(*NEW, "--yes", "--force")[0] == 0
    assert Path("breed.toml").read_text(encoding="utf-8") != "mine"


def test_codes_for_missing_are_asked_for_and_kept(answering: Callable[[Iterable[str]], Run]) -> None:
    frame = wide()
    given = ("--scores", "pesten=pesten_t1,pesten_t3,pesten_t4", "--covariates", "none", "--vertices", "none")
    frame.loc[::9, "pesten_t3"] = -99.0
    frame.to_csv("codes.csv", index=False)
    code, _, err = answering([*[""] * 9, "-99"])("new", "codes.csv", "--question", "panel", *given)
    assert code == 0, err
    assert "cannot be read as the card says" in err
    assert list(reads("codes.toml", "codes.csv").data.missing) == ["-99"]


def test_every_card_is_commented(there: Run) -> None:
    there(*NEW, "--yes")
    text = Path("breed.toml").read_text(encoding="utf-8")
    assert tomllib.loads(text)["family"] == "riclpm"
    for key in ("rope", "levels", "lags", "[data]", "[data.wide]", "[triangle]"):
        before = text[: text.index(f"\n{key}")].splitlines()[-1]
        assert before.startswith("#"), key
    assert max(map(len, text.splitlines())) <= 160
