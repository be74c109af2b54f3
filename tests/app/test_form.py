"""Questions become fields and answers become cards, by the same functions as on the command line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import bayespanel as bp
from bayespanel.app import scripts
from bayespanel.app.fields import ORDER, Value, kind_of, text_of, value_of
from bayespanel.command import drafting, intake
from bayespanel.command.columns import Columns
from bayespanel.command.new_model import LAST, QUESTIONS
from tests.app import messy

CLICKED = {"scores": "pesten,dep", "vertices": "pesten=school,dep=child", "missing": "-99", "rope": "0.05"}


@pytest.fixture(scope="module")
def sav(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return messy.write(tmp_path_factory.mktemp("messy"))


@pytest.fixture(scope="module")
def frame(sav: Path) -> pd.DataFrame:
    return intake.table(sav)


def test_without_answers_the_columns_propose_everything(sav: Path, frame: pd.DataFrame) -> None:
    form = drafting.form(sav, frame, {})
    assert form.trouble is None
    assert form.answers["pupil"] == "Leerlingnr"
    assert form.answers["school"] == "Schoolcode"
    assert "Written by bayespanel new from Mijn school (2).sav." in str(form.text)
    assert drafting.read(str(form.text)).spec.variables == ("dep", "pesten")


def test_answers_make_the_card_and_the_table_is_read_with_it(sav: Path, frame: pd.DataFrame) -> None:
    card = drafting.read(str(drafting.form(sav, frame, CLICKED).text))
    assert card.spec == bp.RICLPM(triangle=bp.Triangle(child=["dep"], school=["pesten"]), levels=("pupil", "school"))
    assert card.rope == 0.05
    assert drafting.tried(card, sav, Columns()).trouble is None
    suspect = drafting.read(str(drafting.form(sav, frame, {}).text))
    trouble = drafting.tried(suspect, sav, Columns()).trouble
    assert trouble is not None
    assert "-99" in trouble.given


def test_a_wrong_answer_is_said_and_the_questions_before_it_stay(sav: Path, frame: pd.DataFrame) -> None:
    form = drafting.form(sav, frame, {"scores": "dep=T1_dep,T2_dep"})
    assert form.text is None
    assert form.trouble is not None
    assert "3 or more" in form.trouble.rule
    assert [one.name for one in form.questions] == ["question", "wave", "pupil", "scores"]


def test_answers_of_another_kind_of_question_are_left_out(sav: Path, frame: pd.DataFrame) -> None:
    form = drafting.form(sav, frame, {"question": "trajectories", "scores": "dep", "control": "1", "vertices": "none"})
    assert form.trouble is None
    assert drafting.read(str(form.text)).family == "trajectories"


def test_the_form_has_a_place_for_every_question() -> None:
    asked = {"scores" if name in ("score", "outcomes") else name for name in QUESTIONS}
    assert set(ORDER) == {*asked, "question", "title", "about", "rope"}
    assert len(LAST) == 2


def test_what_a_field_holds_and_the_text_of_its_option_are_one(sav: Path, frame: pd.DataFrame) -> None:
    form = drafting.form(sav, frame, {})
    kinds = set()
    for question in form.questions:
        answer = form.answers[question.name]
        value = value_of(question, answer)
        again = drafting.form(sav, frame, {question.name: text_of(question, value)})
        assert again.text == form.text, question.name
        kinds.add(kind_of(question))
    assert kinds == {"one", "several", "parts", "free"}


def test_scores_are_ticked_or_written(sav: Path, frame: pd.DataFrame) -> None:
    (question,) = [one for one in drafting.form(sav, frame, {}).questions if one.name == "scores"]
    value = value_of(question, "somber=T1_dep,T3_dep,T2_dep; pesten=pesten_t1,pesten_t2,pesten_t3")
    assert value == Value("somber=T1_dep,T3_dep,T2_dep", ("pesten",))
    assert text_of(question, value) == "pesten; somber=T1_dep,T3_dep,T2_dep"
    assert text_of(question, Value()) == "none"


@pytest.mark.parametrize("name", bp.cards())
def test_a_specification_in_python_is_the_one_of_the_card(name: str) -> None:
    spec = bp.card(name).spec
    assert eval(scripts.specification(spec), {"bp": bp}) == spec


def test_the_script_reads_what_the_card_reads(sav: Path, frame: pd.DataFrame) -> None:
    card = drafting.read(str(drafting.form(sav, frame, CLICKED).text))
    received = drafting.tried(card, sav, Columns()).data
    table = bp.read_table(sav)
    made = eval(scripts.data(card, Columns()), {"bp": bp, "frame": table})
    assert str(made.describe()) == str(received.describe())
    sampling = {"seed": "1", "chains": "2", "tune": "50", "draws": "20"}
    text = scripts.python(card, "a 'name'.sav", Columns(), sampling, "0" * 64)
    compile(text, "fit.py", "exec")
    assert "seed=1" in text


def test_the_script_reads_a_trial_and_a_long_table() -> None:
    rows = {"pupil": [1, 1, 2, 2], "wave": [1, 2, 1, 2], "y": [1.0, 2.5, 3.0, 2.0]}
    text = '[{0}]\ntitle = "t"\nquestion = "q"\nfamily = "trajectories"\nrope = 0.1\noutcome = "y"\nclasses = 1\n'
    card = drafting.read(text.removeprefix("[{0}]\n") + '[data]\npupil = "pupil"\nwave = "wave"\n')
    long = eval(scripts.data(card, Columns()), {"bp": bp, "frame": pd.DataFrame(rows)})
    assert long.variables == ("y",)
    scores = np.random.default_rng(1).normal(size=(40, 2)).round(2)
    trial = pd.DataFrame(scores, columns=["y_post", "y_pre"]).assign(arm=["a", "b"] * 20, school=list("wxyz") * 10)
    card = drafting.read(str(drafting.form(Path("t.csv"), trial, {"control": "a"}).text))
    made = eval(scripts.data(card, Columns()), {"bp": bp, "frame": trial})
    assert "40 pupils" in made.describe().title
