"""A suggestion names as scores what can be scores, and knows columns by their Dutch and German names."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bayespanel.command.columns import Columns
from bayespanel.command.overview import suggestion

PUPILS, WAVES = 40, 3


def messy(pupil: str = "leerlingnr", wave: str = "meting", school: str = "brin") -> pd.DataFrame:
    """A long table with everything beside two scores that is a number too."""
    rng = np.random.default_rng(7)
    who = np.repeat(np.arange(PUPILS), WAVES)
    rows = PUPILS * WAVES
    return pd.DataFrame(
        {
            "rownumber": np.arange(rows),
            "record": rng.permutation(rows) + 100_000,
            pupil: who + 1001,
            wave: np.tile(np.arange(WAVES), PUPILS),
            school: who // 5 + 1,
            "klas_id": who // 3 + 1,
            "birth": 2000 + who % 7,
            "girl": who % 2,
            "test_date": 20_200_000 + rng.integers(0, 9, rows),
            "somber": rng.normal(size=rows).round(2),
            "gepest": rng.integers(1, 6, rows),
        }
    )


def line(frame: pd.DataFrame, **given: object) -> str:
    return suggestion("describe", Path("p.csv"), frame, Columns(**given))  # type: ignore[arg-type]  # options as typed


@pytest.mark.parametrize(
    ("pupil", "wave", "school"),
    [("leerlingnr", "meting", "brin"), ("Schüler_ID", "Welle", "Schule"), ("élève", "vague", "école")],
)
def test_names_of_columns_are_known_in_dutch_german_and_french(pupil: str, wave: str, school: str) -> None:
    said = line(messy(pupil, wave, school))
    assert all(
        f"--{role} {name}" in said.replace("'", "")
        for role, name in (("pupil", pupil), ("wave", wave), ("school", school))
    )


def test_only_what_can_be_a_score_is_proposed() -> None:
    assert "--variables somber,gepest" in line(messy())


def test_without_a_known_pupil_numbers_of_rows_are_no_scores_either() -> None:
    said = line(messy(pupil="xyz"))
    assert "record" not in said
    assert "klas_id" not in said


def test_scores_of_few_rows_may_all_differ() -> None:
    frame = pd.DataFrame({"id": [1, 1, 2, 2, 3, 3], "wave": [1, 2] * 3, "read": [3, 5, 9, 7, 4, 6]})
    assert "--variables read" in line(frame)


def test_dates_and_numbers_of_a_wide_table_are_no_scores() -> None:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"id": np.arange(30)})
    for stem in ("date", "mood", "klas_nr"):
        for wave in (1, 2, 3):
            frame[f"{stem}{wave}"] = rng.integers(0, 50, 30)
    said = line(frame)
    assert "mood=mood1,mood2,mood3" in said
    assert "date" not in said
    assert "klas_nr=" not in said


def test_a_typo_in_an_option_is_mended_in_the_suggestion() -> None:
    said = line(messy(), pupil="leerlngnr", wave="metin", school=("brn",))
    assert "--pupil leerlingnr --wave meting --school brin" in said


def test_a_misspelt_column_is_known_again() -> None:
    assert "--pupil leerlignnr --wave metting" in line(messy(pupil="leerlignnr", wave="metting"))


def test_constants_blanks_weights_and_another_number_of_items_are_no_scores() -> None:
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"id": np.arange(30)})
    for wave in (1, 2, 3):
        frame[f"T{wave}_pesten"] = rng.integers(0, 5, 30)
        frame[f"somber_w{wave}"] = rng.normal(size=30)
        frame[f"leeg{wave}"] = np.nan
        frame[f"versie{wave}"] = 1.0
        frame[f"gewicht{wave}"] = rng.uniform(1, 2, 30)
        frame[f"jaar_t{wave}"] = 2010 + rng.integers(0, 2, 30)
    for item in range(1, 11):
        frame[f"rses{item}"] = rng.integers(1, 5, 30)
    said = line(frame)
    assert "--wide somber=somber_w1,somber_w2,somber_w3 --wide pesten=T1_pesten,T2_pesten,T3_pesten" in said
    assert said.count("--wide") == 2
