"""Cards give specifications; what is wrong in one is said with its line."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from bayespanel.catalogue import cards as module
from bayespanel.catalogue.cards import card, cards, panel_of, specification
from bayespanel.catalogue.spec_records import spec_from_dict, spec_to_dict
from bayespanel.families.panel.spec import RICLPM
from bayespanel.families.trajectories.spec import Trajectories
from bayespanel.families.trial.spec import ClusterTrial
from bayespanel.language.errors import SpecError
from bayespanel.language.prior import Prior
from bayespanel.language.triangle import Triangle

TEXT = """\
title = "Two at home"
question = "Who?"
family = "riclpm"
rope = 0.1
references = [
  "one",
  "two",
]

[triangle]
parent = ["warmth"]
school = [
  "victimisation",
  "rejection",
]

[model]
levels = ["pupil", "class", "school"]
lags = "free"
intercepts = true

[model.cluster_effects]
class = "by_wave"
school = "stable"

[data]
pupil = "id"
movers = "first"

[[priors]]
parameter = "lag"
distribution = "Normal"
arguments = [0, 0.3]
reason = "earlier waves"

[[priors]]
parameter = "class_sd"
distribution = "Exponential"
arguments = [0.2]
scale = "raw"

[[answer]]
parameter = "lag"
at = ["rejection", "warmth"]
value = 0.05
error = 0.01
source = "another program, version 1"
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


@pytest.mark.parametrize("name", cards())
def test_every_shipped_card_is_a_sourced_record(name: str) -> None:
    record = card(name)
    assert record.name == name
    assert (record.family, record.rope) in (("riclpm", 0.03), ("trial", 0.1), ("trajectories", 0.18))
    assert record.question.endswith((".", "?"))
    assert sum("doi:10." in reference for reference in record.references) >= 2
    assert record.notes
    assert spec_from_dict(json.loads(json.dumps(spec_to_dict(record.spec)))) == record.spec


def test_the_shipped_cards_specify_what_they_promise() -> None:
    trials = ("involvement-parents", "involvement-pupils", "involvement-teachers")
    victims = ("persistent-victims", "persistent-victims-by-arm")
    spillovers = ("spillover", "spillover-depression", "spillover-months", "spillover-ordered")
    assert cards() == ("class-size", "clpm", *trials, *victims, *spillovers, "star")
    assert card("class-size").spec == ClusterTrial(
        outcomes=("reading", "math"),
        levels=("pupil", "class", "school"),
        edges={"reading": "school->child", "math": "school->child"},
    )
    for name in trials:
        spec = card(name).spec
        assert isinstance(spec, ClusterTrial)
        assert set(spec.edges) == set(spec.outcomes)  # each outcome sits on an edge
        assert spec.families
    for name in victims:
        spec = card(name).spec
        assert isinstance(spec, Trajectories)
        assert set(spec.edges) == set(spec.covariates)  # each predictor, and the programme, sits on an edge
        assert spec.contrast == ("persistent", "decreasing")
        assert (spec.link, spec.levels) == ("logit", ("pupil", "school"))
    assert [len(names) for names in card(victims[0]).spec.names] == [3]
    assert [len(names) for names in card(victims[1]).spec.names] == [2, 3]
    spillover = card("spillover").spec
    assert spillover.triangle == Triangle(
        parent=["warmth", "rejection"],
        child=["depression", "anxiety", "externalising", "bullying"],
        school=["victimisation"],
    )
    assert spillover.levels == ("pupil", "class", "school")
    clpm = card("clpm").spec
    assert clpm.variables == card("spillover-depression").spec.variables == ("rejection", "depression", "victimisation")
    assert (clpm.intercepts, clpm.levels) == (False, ("pupil",))
    months = card("spillover-months")
    assert (months.spec.time, months.spec.per, months.spec.variables) == ("continuous", 6, clpm.variables)
    assert tuple(months.data.times) == (0, 5, 12, 17, 24)
    assert card("star").spec.levels == ("pupil", "school")


def test_a_card_of_ones_own_says_all_that_a_specification_can(tmp_path: Path) -> None:
    record = card(write(tmp_path, TEXT))
    assert record.spec == RICLPM(
        triangle=Triangle(parent=["warmth"], school=["victimisation", "rejection"]),
        levels=("pupil", "class", "school"),
        lags="free",
        cluster_effects={"class": "by_wave", "school": "stable"},
        priors=(
            Prior("lag", "Normal", (0, 0.3), reason="earlier waves", source="card"),
            Prior("class_sd", "Exponential", (0.2,), scale="raw", source="card"),
        ),
    )
    assert (record.name, record.rope, record.references) == ("mine", 0.1, ("one", "two"))
    assert (record.data.pupil, record.data.movers, record.data.wave) == ("id", "first", None)
    assert record.answer[0].at == ("rejection", "warmth")


def test_a_card_is_found_by_its_path_as_text_and_with_a_byte_order_mark(tmp_path: Path) -> None:
    assert card(str(write(tmp_path, "\ufeff" + TEXT))).title == "Two at home"


def test_a_card_without_a_triangle_names_its_variables(tmp_path: Path) -> None:
    spec = card(write(tmp_path, 'title="a"\nquestion="b"\nfamily="riclpm"\nvariables=["x", "y"]\n')).spec
    assert spec == RICLPM(variables=("x", "y"))


# What is replaced in TEXT by what; the part of the new text on whose line the error must be; the message.
MISTAKES = [
    ("lags =", "lgas =", "lgas", "keys of [model] are levels, lags.*'lgas' is not among them. Nearest: 'lags'"),
    ("title =", "titel =", "titel", "'titel' is not among them. Nearest: 'title'"),
    ("[triangle]", "[triangel]", "[triangel]", "Nearest: 'triangle'"),
    ('question = "Who?"\n', "", "title", "The key 'question' of a card must be given"),
    ('"free"', '"fre"', "lags", "'model.lags' is one of equal, free.*It is 'fre'"),
    ('"riclpm"', '"network"', "family", "'family' is one of riclpm, trial"),
    ('"class", "school"]', '"class", "shcool"]', "shcool", "one of pupil, class, school.*Nearest: 'school'"),
    ("rope = 0.1", 'rope = "0.1"', "rope", "'rope' is a number, without quotes"),
    ("rope = 0.1", "rope = 0", "rope", "'rope' is greater than 0"),
    ("rope = 0.1", "rope = nan", "rope", "'rope' is a finite number"),
    ("intercepts = true", 'intercepts = "true"', "intercepts", "is true or false, without quotes"),
    ('parent = ["warmth"]', 'parent = "warmth"', "parent", "'triangle.parent' is a list"),
    ('  "rejection",', "  3,", "school = [", "'triangle.school.2' is a text in quotes"),
    ('  "two"', '  ""', '""', "'references.2' is a text that is not empty"),
    (
        'class = "by_wave"',
        'class = "wave"',
        'class = "wave"',
        "'model.cluster_effects.class' is one of stable, by_wave",
    ),
    ('class = "by_wave"', 'clas = "by_wave"', "[model.cluster_effects]", "cluster levels"),
    ('parent = ["warmth"]', 'parent = ["rejection"]', "[triangle]", "sits on one vertex"),
    ('levels = ["pupil", ', 'levels = ["school", ', "levels", "each once"),
    ("rope = 0.1", 'variables = ["x"]', "variables", "the triangle names them"),
    ('arguments = [0.2]\nscale = "raw"', 'arguments = [0.2]\nscale = "rwa"', "rwa", "'priors.2.scale' is one of"),
    ("scale =", "scael =", "scael", "keys of a row of [[priors]] are"),
    ('distribution = "Exponential"\n', "", '[[priors]]\nparameter = "class_sd"', "'distribution' of a row"),
    ('"Exponential"', '"Exponental"', '"Exponental"', "Nearest: 'Exponential'"),
    ('"Exponential"', '"Normal"', "arguments = [0.2]", "Normal takes 2 argument"),
    (
        '"Normal"\narguments = [0, ',
        '"HalfNormal"\narguments = [',
        '"HalfNormal"',
        "prior of 'lag' is one of Normal, StudentT",
    ),
    ("[0.2]", "[-0.2]", "[-0.2]", "is positive and finite"),
    ('"class_sd"', '"clas_sd"', '"clas_sd"', "names a parameter of the model"),
    (
        'parameter = "class_sd"',
        'parameter = "lag"',
        'lag"\ndistribution = "Exponential"',
        "has one prior.*'lag' has two rows",
    ),
    ("error = 0.01", "error = -1", "error", "'answer.1.error' is greater than or equal to 0"),
    ('"Two at home"', '"Two at home', "title", "written in TOML"),
    ('lags = "free"', 'lags = "free"\nlags = "equal"', 'lags = "equal"', "written in TOML"),
]


@pytest.mark.parametrize(("old", "new", "at", "message"), MISTAKES, ids=[new or old for old, new, *_ in MISTAKES])
def test_a_mistake_is_said_with_its_line(tmp_path: Path, old: str, new: str, at: str, message: str) -> None:
    assert TEXT.count(old) >= 1
    text = TEXT.replace(old, new, 1)
    path = write(tmp_path, text)
    with pytest.raises(SpecError, match=message.replace("[", r"\[").replace("]", r"\]")) as error:
        card(path)
    assert f"{path}, line {line_of(text, at)}" in error.value.given


def test_several_mistakes_are_said_together(tmp_path: Path) -> None:
    text = TEXT.replace('"free"', '"fre"').replace("rope = 0.1", "rope = 0").replace('"first"', '"frist"')
    with pytest.raises(SpecError, match=r"line 4: .* Then see lines 19, 28\.$"):
        card(write(tmp_path, text))


def test_rows_of_priors_are_written_as_tables_of_their_own(tmp_path: Path) -> None:
    text = TEXT[: TEXT.index("[[priors]]")] + '[priors]\nparameter = "lag"\n'
    with pytest.raises(SpecError, match=r"line 30: .*Write \[\[priors\]\]"):
        card(write(tmp_path, text))


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "latin.toml"
    path.write_bytes('title = "a"\nquestion = "é"\n'.encode("latin-1"))
    with pytest.raises(SpecError, match=r"latin\.toml, line 2: it has a byte that is not UTF-8"):
        card(path)


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(SpecError, match="Nearest: 'spillover'"):
        card("spilover")
    with pytest.raises(SpecError, match=r"nowhere/mine\.toml: No such file"):
        card("nowhere/mine.toml")


@pytest.mark.parametrize(
    ("years", "read"),
    [("[1, 1, 2, 2]", ("1", "1", "2", "2")), ("12", ("12",)), ('["1", "2"]', ("1", "2")), ("[0.5, 1]", ("0.5", "1"))],
)
def test_numbers_in_the_hints_of_a_card_need_no_quotes(tmp_path: Path, years: str, read: tuple[str, ...]) -> None:
    path = tmp_path / "own.toml"
    text = 'title = "T"\nquestion = "Q?"\nfamily = "riclpm"\nvariables = ["x"]\n[data]\n'
    path.write_text(f'{text}school_years = {years}\nmissing = [-9, "NA"]\n', encoding="utf-8")
    found = panel_of(card(path))[1]
    assert (tuple(found.school_years), tuple(found.missing)) == (read, ("-9", "NA"))
    path.write_text(f"{text}school_years = [true]\n", encoding="utf-8")
    with pytest.raises(SpecError, match="a text in quotes"):
        card(path)


def test_a_card_names_one_form_of_its_table(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    text = 'title = "T"\nquestion = "Q?"\nfamily = "riclpm"\nvariables = ["x"]\n'
    path.write_text(text + '[data]\nwave = "t"\nwide = {x = ["a", "b"]}\n', encoding="utf-8")
    with pytest.raises(SpecError, match="either 'wide' or 'wave'"):
        card(path)


@pytest.mark.parametrize("order", ["3", "true", '"2"'])
def test_a_number_that_is_none_of_the_choices_is_told_them(tmp_path: Path, order: str) -> None:
    path = tmp_path / "own.toml"
    path.write_text(
        f'title = "T"\nquestion = "Q?"\nfamily = "riclpm"\nvariables = ["x"]\n[model]\norder = {order}\n',
        encoding="utf-8",
    )
    with pytest.raises(SpecError, match=r"'model\.order' is one of 1, 2\."):
        card(path)


def test_an_installed_package_carries_its_cards_inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for place in ("models", "bayespanel/models"):
        (tmp_path / place).mkdir(parents=True)
    (tmp_path / "models" / "foreign.toml").touch()
    write(tmp_path / "bayespanel" / "models", TEXT)
    monkeypatch.setattr(module, "__file__", str(tmp_path / "bayespanel" / "catalogue" / "cards.py"))
    assert cards() == ("mine",)
    assert card("mine").title == "Two at home"


def test_pydantic_waits_until_a_card_is_read() -> None:
    code = "import sys, bayespanel.catalogue.cards; sys.exit('pydantic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=Path(__file__).parents[2]).returncode == 0


def test_a_card_and_its_specification_are_both_accepted() -> None:
    record = card("clpm")
    assert specification(record) is specification(record.spec) is record.spec
    with pytest.raises(SpecError, match=r"Write bp\.card\('clpm'\)"):
        specification("clpm")  # type: ignore[arg-type]


@given(
    levels=st.sampled_from([("pupil",), ("pupil", "school"), ("pupil", "class", "school")]),
    lags=st.sampled_from(["equal", "free"]),
    innovations=st.sampled_from(["equal", "free"]),
    means=st.sampled_from(["equal", "free"]),
    intercepts=st.booleans(),
    by_level=st.booleans(),
    effects=st.sampled_from(["stable", "by_wave"]),
    covariates=st.sampled_from([(), ("girl", "age")]),
    on_triangle=st.booleans(),
    sigma=st.floats(1e-300, 1e300),
)
def test_a_specification_survives_json(
    levels: tuple[str, ...],
    lags: str,
    innovations: str,
    means: str,
    intercepts: bool,
    by_level: bool,
    effects: str,
    covariates: tuple[str, ...],
    on_triangle: bool,
    sigma: float,
) -> None:
    spec = RICLPM(
        variables=() if on_triangle else ("y", "x"),
        triangle=Triangle(child=["x"], school=["y"]) if on_triangle else None,
        levels=levels,
        lags=lags,
        innovations=innovations,
        means=means,
        intercepts=intercepts,
        # Without clusters nothing is by wave.
        cluster_effects=dict.fromkeys(levels[1:], effects) if by_level or not levels[1:] else effects,
        covariates=covariates,
        priors=(Prior("lag", "StudentT", (3, 0.1, sigma), reason="é", source="doi:10.1/x"),),
    )
    assert spec_from_dict(json.loads(json.dumps(spec_to_dict(spec)))) == spec


def test_an_older_file_has_defaults_and_a_newer_one_is_refused() -> None:
    found = spec_from_dict({"family": "riclpm", "variables": ["x", "y"]})
    assert replace(found, priors=()) == RICLPM(variables=("x", "y"))  # priors: see test_spec_records
    with pytest.raises(SpecError, match=r"family riclpm, trial.*'network'"):
        spec_from_dict({"family": "network"})
    with pytest.raises(SpecError, match="'tides' is not among them"):
        spec_from_dict({"family": "riclpm", "variables": ["x"], "tides": "high"})
    with pytest.raises(SpecError, match="fields of a saved Prior"):
        spec_from_dict({"family": "riclpm", "variables": ["x"], "priors": [{"name": "lag"}]})
