"""From files and options to panels and moments: what is read, guessed, warned of and refused."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from bayespanel.catalogue import cards
from bayespanel.command import overview
from bayespanel.command.columns import Columns
from bayespanel.command.options import rope
from bayespanel.command.screen import spoken
from bayespanel.data import Moments
from bayespanel.language.errors import SpecError
from tests.command.lines import LONG, Run
from tests.data.tables import long_table

# ---- describe


def test_describe_without_columns_shows_them_and_a_line_to_complete(run: Run) -> None:
    code, out, _ = run("describe", "pupils.csv")
    assert code == 0
    line = out.strip().splitlines()[-1].strip()
    assert line == "bayespanel describe pupils.csv --pupil pupil --wave wave --school school --variables math,read"
    assert run(*line.split()[1:])[0] == 0
    columns = json.loads(run("describe", "pupils.csv", "--json")[1])["columns"]
    assert [column["column"] for column in columns] == ["pupil", "wave", "class", "school", "girl", "math", "read"]


def test_describe_says_what_a_panel_holds(run: Run) -> None:
    code, out, _ = run("describe", "pupils.csv", *LONG, "--variables", "math,read", "--covariates", "girl")
    assert code == 0
    assert "Panel of 12 pupils, 3 waves" in out
    described = json.loads(run("describe", "pupils.csv", *LONG, "--variables", "math", "--json")[1])
    assert [row["observed"] for row in described["scores"]] == [12, 12, 12]
    assert described["clusters"][0]["level"] == "school"


def test_columns_that_are_missing_are_named_with_the_nearest(run: Run) -> None:
    code, out, err = run("describe", "pupils.csv", *LONG, "--variables", "maths")
    assert (code, out) == (2, "")
    assert "'maths' (nearest: 'math')" in err
    assert "--variables math" in err
    code, _, err = run("describe", "pupils.csv", "--pupil", "pupils", "--wave", "wave", "--variables", "math")
    assert code == 2
    assert "Nearest: 'pupil'" in err


def test_a_wide_table_is_read_and_suggested(run: Run) -> None:
    wide = long_table().pivot(index="pupil", columns="wave", values=["math", "read"])
    wide.columns = pd.Index([f"{name}_{wave}" for name, wave in wide.columns])
    wide.reset_index().to_csv("wide.csv", index=False)
    line = run("describe", "wide.csv")[1].strip().splitlines()[-1]
    assert "--wide math=math_1,math_2,math_3 --wide read=read_1,read_2,read_3" in line
    out = run("describe", "wide.csv", "--wide", "math=math_1,math_2,math_3", "--waves", "a,b,c")[1]
    assert "3 waves (a, b, c)" in out
    assert run("describe", "wide.csv", "--wide", "math=math_1,math_2", "--wave", "wave")[0] == 2
    assert run("describe", "wide.csv", "--wide", "math")[0] == 2
    assert run("describe", "wide.csv", "--wide", "math=math_1", "--wide", "math=math_2")[0] == 2


def test_waves_that_words_name_are_put_in_the_order_given(run: Run) -> None:
    frame = long_table()
    frame["wave"] = frame["wave"].map({1: "start", 2: "1", 3: "2"})
    frame.to_csv("words.csv", index=False)
    arguments = ("describe", "words.csv", *LONG, "--variables", "math")
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert "--waves FIRST,SECOND" in err
    code, out, err = run(*arguments, "--waves", "start,1,2")
    assert ("(start, 1, 2)" in out, err) == (True, "")
    assert run(*arguments, "--waves", "start,1")[0] == 2


def test_codes_for_missing_are_asked_about_and_taken_out(run: Run) -> None:
    frame = long_table()
    frame.loc[::5, "math"] = -99
    frame.to_csv("codes.csv", index=False)
    arguments = ("describe", "codes.csv", *LONG, "--variables", "math")
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert "--missing=-99" in err
    assert "--accept codes" in err
    code, out, err = run(*arguments, "--missing=-99", "--json")
    assert (code, err) == (0, "")
    assert "-99" in json.loads(out)["notes"][0]
    assert min(row["min"] for row in json.loads(out)["scores"]) > 0


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("none.csv", None, "There is no file"),
        ("empty.csv", b"", "could not be read"),
        ("picture.png", b"\x89PNG", "ends in one of"),
        ("bad.parquet", b"nothing", "could not be read"),
        ("bad.nc", b"nothing", "not a complete file of moments"),
    ],
)
def test_a_bad_file_is_bad_input(run: Run, name: str, content: bytes | None, message: str) -> None:
    if content is not None:
        Path(name).write_bytes(content)
    code, out, err = run("describe", name)
    assert (code, out) == (2, "")
    assert message in err
    assert "Traceback" not in err


# ---- moments


def test_moments_make_the_round_trip_and_warn_of_small_blocks(run: Run) -> None:
    frame = long_table()
    frame.loc[0, "math"] = float("nan")  # the only pupil with this pattern
    frame.to_csv("pupils.csv", index=False)
    arguments = ("moments", "pupils.csv", "-o", "sums.nc", *LONG, "--variables", "math,read")
    code, out, _ = run(*arguments)
    assert code == 0
    assert "1 block of 3 holds 1 pupil, 0 2 pupils" in out
    assert Moments.load("sums.nc").n_pupils == 12
    assert "Moments of 12 pupils" in run("describe", "sums.nc")[1]
    assert run(*arguments)[0] == 2
    out = run(*arguments, "--force", "--min-block", "3")[1]
    assert "no block" in out
    assert Moments.load("sums.nc").n_pupils == 11
    assert run("moments", "sums.nc", "-o", "again.nc")[0] == 2
    assert run("moments", "pupils.csv", "-o", "sums.csv")[0] == 2
    assert run("moments", "pupils.csv", "-o", "no/sums.nc")[0] == 2
    assert run("describe", "sums.nc", "--pupil", "x")[0] == 2


# ---- words


def test_messages_for_python_are_told_in_options() -> None:
    assert spoken("write missing={'x': [9, 8], 'y': [9]}; those") == "write --missing x=9,x=8,y=9; those"
    assert spoken("write missing=[-1, -2] (on the command line --missing=-1,-2); or") == "write --missing=-1,-2; or"
    assert spoken("Name the column in school=... where") == "Name the column in --school where"
    assert spoken("Raise target_accept, to 0.995 say.") == "Raise --target-accept, to 0.995 say."
    assert spoken("Choose sampler='nuts', or 'auto'.") == "Choose --sampler nuts, or --sampler auto."
    assert spoken("Choose sampler='nuts'.") == "Choose --sampler nuts."
    assert spoken("a school = 3 stays, rope=0.03 not") == "a school = 3 stays, --rope 0.03 not"


def test_a_guess_offers_what_is_alike_only() -> None:
    frame = pd.DataFrame({"nr": [1, 1, 2], "t": [1, 2, 1], "maths": [5.5, 6, 7], "x 1": ["a", "b", "c"]})
    line = overview.suggestion("fit clpm", Path("a b.csv"), frame, Columns(), cards.card("clpm"))
    assert line == (
        "bayespanel fit clpm 'a b.csv' --pupil PUPIL --wave t "
        "--rename rejection=COLUMN,depression=COLUMN,victimisation=COLUMN"
    )


# ---- what a table leaves open


def test_questions_are_answered_on_the_command_line(run: Run) -> None:
    frame = long_table()
    frame["school"] = frame["school"].map({"east": "S01", "west": "s1"})
    frame["math"] = frame["math"].round().astype(object)
    frame.loc[3, "math"], frame.loc[7, "math"] = "#NULL!", "."
    frame.to_csv("open.csv", index=False)
    arguments = ("describe", "open.csv", *LONG, "--variables", "math,read")
    err = run(*arguments)[2]
    assert "--missing=#NULL!,." in err
    err = run(*arguments, "--missing", "#NULL!,.")[2]
    assert "--alike merge" in err
    code, out, err = run(*arguments, "--missing", "#NULL!,.", "--alike", "keep")
    assert (code, err) == (0, "")
    assert "They became missing, as you said." in out
    assert "They are different schools, as you said." in out


def test_codes_of_one_column_and_codes_that_are_scores(run: Run) -> None:
    frame = long_table(60)
    frame["math"] = frame["math"].round() % 5 + 1
    frame.loc[::9, "math"] = 99
    frame.loc[::11, "read"] = -8
    frame.to_csv("codes.csv", index=False)
    arguments = ("describe", "codes.csv", *LONG, "--variables", "math,read", "--json")
    err = run(*arguments)[2]
    assert "'math' holds 20 values of 99" in err
    assert "'read' holds 17 values of -8" in err
    code, out, _ = run(*arguments, "--missing", "math=99,read=-8")
    assert code == 0
    assert {row["max"] < 10 for row in json.loads(out)["scores"] if row["variable"] == "math"} == {True}
    code, out, _ = run(*arguments, "--missing=-8", "--keep-codes", "99")
    assert code == 0
    assert max(row["max"] for row in json.loads(out)["scores"] if row["variable"] == "math") == 99
    assert run(*arguments, "--accept", "codes")[0] == 0
    assert "questions that were looked at" in run(*arguments, "--accept", "everything")[2]
    assert "names columns or variables that are used" in run(*arguments, "--missing", "maths=99")[2]


def test_schools_and_classes_of_each_wave_are_named_and_suggested(run: Run) -> None:
    frame = long_table(40)
    frame.loc[(frame["pupil"] == "p4") & (frame["wave"] > 1), "school"] = "west"
    wide = frame.pivot(index="pupil", columns="wave", values=["math", "read", "school", "class"])
    wide.columns = pd.Index([f"{name}_t{wave}" for name, wave in wide.columns])
    wide.reset_index().to_csv("wide.csv", index=False)
    line = run("describe", "wide.csv")[1].strip().splitlines()[-1].strip()
    assert "--school school_t1,school_t2,school_t3" in line
    assert "--wide math=math_t1,math_t2,math_t3" in line
    code, _, err = run(*line.split()[1:])
    assert code == 2
    assert "--movers first" in err
    code, out, _ = run(*line.split()[1:], "--movers", "first")
    assert code == 0
    assert "1 pupil who changed school was counted" in out


@pytest.mark.parametrize("options", [("--waves", "1,1,2"), ("--waves", "3,2,1"), ("--waves", "1,2,3,4")])
def test_waves_that_cannot_be_are_refused(run: Run, options: tuple[str, ...]) -> None:
    code, out, err = run("describe", "pupils.csv", *LONG, "--variables", "math", *options)
    assert (code, out) == (2, "")
    assert "Rule:" in err


def test_labels_of_a_renamed_column_stay_with_it(run: Run) -> None:
    import pyreadstat

    frame = long_table(40)
    frame["math"] = frame["math"].round() % 5 + 1
    frame.loc[::9, "math"] = 8
    labels = {1: "never", 5: "always", 8: "weet niet"}
    pyreadstat.write_sav(frame, "t.sav", variable_value_labels={"math": labels})
    arguments = ("describe", "t.sav", *LONG, "--variables", "joy", "--rename", "joy=math")
    assert "'joy' holds 14 values of 8" in run(*arguments)[2]
    assert "became missing" in run(*arguments, "--missing", "labelled")[1]


@pytest.mark.parametrize("text", ["0,03", "0,3", "-0,02", ",05", "1,2"])
def test_a_decimal_comma_is_no_region_of_two_bounds(text: str) -> None:
    with pytest.raises(SpecError, match="decimal comma"):
        rope(text)


def test_a_region_wider_than_any_effect_is_refused() -> None:
    assert rope("0.03") == 0.03
    assert rope("-0.02,0.05") == (-0.02, 0.05)
    for text in ("3", "-3.0,0.5"):
        with pytest.raises(SpecError, match="between -1 and 1"):
            rope(text)


@pytest.mark.parametrize(
    "option", [("--arm", "arm"), ("--control", "0"), ("--randomised", "school"), ("--baseline", "math=pre")]
)
def test_options_of_trials_are_refused_for_the_card_of_a_panel(run: Run, option: tuple[str, str]) -> None:
    long_table().to_csv("long.csv", index=False)
    code, out, err = run("fit", "clpm", "long.csv", *LONG, "--rope", "0.1", *option)
    assert (code, out) == (2, "")
    assert f"Only trials have {option[0]}" in spoken(err)
    assert not Path("clpm").exists()
