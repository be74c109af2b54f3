"""Imputations that stand below each other in one table: read one by one; what does not belong together is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import bayespanel as bp
from bayespanel.data.imputations import Imputations, require_imputations
from tests.data.trial_tables import build as build_trial, table as trial_table

COLUMNS = {"math": ["m1", "m2", "m3"]}
NUMBERS = ".imp"


def stacked(imputations: int = 3, *, original: bool = True, pupils: int = 12) -> pd.DataFrame:
    """A wide table as mice stacks it: the incomplete one, numbered 0, above its imputations."""
    rng = np.random.default_rng(2)
    whole = pd.DataFrame(rng.normal(5, 1, (pupils, 3)), columns=COLUMNS["math"]).assign(id=np.arange(100, 100 + pupils))
    gap = np.zeros((pupils, 4), bool)
    gap[[1, 4, 7], [1, 2, 2]] = True
    parts = [whole.mask(gap).assign(**{NUMBERS: 0})] if original else []
    for number in range(1, imputations + 1):
        parts.append(whole.mask(gap, whole + rng.normal(0, 0.5, whole.shape)).assign(**{NUMBERS: number}))
    return pd.concat(parts, ignore_index=True)


def wide(rows: pd.DataFrame) -> bp.Panel:
    return bp.Panel.from_wide(rows, pupil="id", columns=COLUMNS)


def long(rows: pd.DataFrame) -> bp.Panel:
    return bp.Panel.from_long(rows, pupil="id", wave="wave", variables=["math"])


def melted(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.rename(columns={f"m{t}": f"{t}" for t in (1, 2, 3)}).melt(
        [NUMBERS, "id"], var_name="wave", value_name="math"
    )


def test_a_wide_table_gives_a_panel_for_each_imputation_and_says_what_became_of_the_incomplete_one() -> None:
    frame = stacked()
    found = bp.read_imputed(frame, wide, imputation=NUMBERS)
    assert len(found) == 3
    for number, panel in enumerate(found, start=1):
        rows = frame[frame[NUMBERS] == number]
        np.testing.assert_array_equal(panel.values[:, :, 0], rows[COLUMNS["math"]].to_numpy())
        (guess,) = [one for one in panel.guesses if one.about == "imputations"]
        assert "holds 0 in 12 rows" in guess.seen
        assert guess.done == "They were left out."


def test_a_long_table_in_any_order_gives_the_same_panels() -> None:
    frame = stacked()
    shuffled = melted(frame).sample(frac=1, random_state=1)
    for one, other in zip(
        bp.read_imputed(frame, wide, imputation=NUMBERS),
        bp.read_imputed(shuffled, long, imputation=NUMBERS),
        strict=True,
    ):
        place = [other.pupils.tolist().index(pupil) for pupil in one.pupils]
        np.testing.assert_array_equal(one.values, other.values[place])


def test_spss_names_its_column_otherwise_and_numbers_of_text_files_are_text() -> None:
    frame = stacked().rename(columns={NUMBERS: "Imputation_"})
    frame["Imputation_"] = frame["Imputation_"].astype(str)
    assert len(bp.read_imputed(frame, wide, imputation="Imputation_")) == 3


def test_labels_of_an_spss_file_are_known_in_every_imputation(tmp_path: Path) -> None:
    import pyreadstat

    labels = {"m1": {5.0: "five"}}
    pyreadstat.write_sav(
        stacked().rename(columns={NUMBERS: "Imputation_"}), tmp_path / "a.sav", variable_value_labels=labels
    )
    seen: list[object] = []

    def read(rows: pd.DataFrame) -> bp.Panel:
        seen.append(rows.attrs["value_labels"])
        return wide(rows)

    bp.read_imputed(bp.read_table(tmp_path / "a.sav"), read, imputation="Imputation_")
    assert seen == [labels] * 4


def test_without_the_incomplete_table_nothing_is_guessed() -> None:
    found = bp.read_imputed(stacked(original=False), wide, imputation=NUMBERS)
    assert not [one for panel in found for one in panel.guesses if one.about == "imputations"]


def test_an_incomplete_table_that_cannot_be_read_is_left_out_and_that_is_said() -> None:
    frame = stacked().assign(age=10.0)
    frame["age"] = np.where(frame["id"] % 2, 10.0, 11.0)
    frame.loc[(frame[NUMBERS] == 0) & (frame["id"] == 101), "age"] = np.nan
    found = bp.read_imputed(
        frame,
        lambda rows: bp.Panel.from_wide(rows, pupil="id", columns=COLUMNS, covariates=["age"]),
        imputation=NUMBERS,
    )
    (guess,) = [one for one in found[0].guesses if one.about == "imputations"]
    assert "was not looked at" in guess.done


def test_trials_are_read_likewise() -> None:
    frame = trial_table()
    both = pd.concat([frame.assign(imp=1), frame.assign(imp=2)], ignore_index=True)
    found = bp.read_imputed(both, build_trial, imputation="imp")
    assert [type(one) for one in found] == [bp.Trial, bp.Trial]


def without_a_pupil(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[(frame[NUMBERS] != 2) | (frame["id"] != 103)]


def without_a_score(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.mask((frame[NUMBERS].eq(2) & frame["id"].eq(101)).to_numpy()[:, None] & (frame.columns == "m2"))


def changed(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(m1=np.where((frame[NUMBERS] == 3) & (frame["id"] == 105), frame["m1"] + 1, frame["m1"]))


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (without_a_pupil, "1 pupil is not in imputation 2, for example 103"),
        (without_a_score, "1 score of imputation 1 or of imputation 2 is missing in one of the two"),
        (changed, "1 observed score is another in imputation 3: for example, pupil 105 has"),
        (lambda frame: frame[frame[NUMBERS] < 2], "Column '.imp' holds '0', '1'; 0 stands for"),
        (lambda frame: frame.assign(**{NUMBERS: frame[NUMBERS] + 0.5}), "holds 0.5 in row 0; 48 rows hold no such"),
        (
            lambda frame: frame.assign(**{NUMBERS: frame[NUMBERS].where(frame.index > 0)}),
            "holds nan in row 0; 1 row holds no such",
        ),
        (lambda frame: frame.drop(columns=NUMBERS), "'imputation' names '.imp', which is not there"),
    ],
)
def test_what_does_not_belong_together_is_refused(spoil: Callable[[pd.DataFrame], pd.DataFrame], says: str) -> None:
    with pytest.raises(bp.DataError) as caught:
        bp.read_imputed(spoil(stacked()), wide, imputation=NUMBERS)
    assert says in caught.value.given
    assert caught.value.rule
    assert caught.value.action


def test_pupils_of_the_incomplete_table_are_in_every_imputation() -> None:
    frame = stacked()
    with pytest.raises(bp.DataError, match="1 pupil of the table before it was imputed is not in imputation 1"):
        bp.read_imputed(frame[(frame[NUMBERS] == 0) | (frame["id"] != 103)], wide, imputation=NUMBERS)


def test_an_error_names_the_imputation_in_which_it_is() -> None:
    frame = stacked()
    frame.loc[(frame[NUMBERS] == 2) & (frame["id"] == 101), "m2"] = np.inf
    with pytest.raises(bp.DataError, match=r"Imputation 2: Column 'm2' holds 1 infinite value"):
        bp.read_imputed(frame, wide, imputation=NUMBERS)


def test_what_reads_the_rows_makes_a_panel_or_a_trial() -> None:
    with pytest.raises(bp.DataError, match="It returned DataFrame"):
        bp.read_imputed(stacked(), lambda rows: rows, imputation=NUMBERS)  # type: ignore[type-var]  # what is refused


def panels() -> list[bp.Panel]:
    return bp.read_imputed(stacked(), wide, imputation=NUMBERS)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda data: data[:1], "You gave 1"),
        (lambda data: data[0], "You gave Panel"),
        (lambda data: str(len(data)), "You gave str"),
        (lambda data: [data[0], data[1].moments()], "Imputation 1 is a Panel, imputation 2 a Moments"),
        (lambda data: [data[0], replace(data[1], waves=("1", "2", "4"))], "Their 'waves' differ"),
        (lambda data: [data[0], replace(data[1], variables=("read",))], "Their 'variables' differ"),
        (lambda data: [data[0], replace(data[1], times=np.arange(3.0))], "Their 'times' differ: None in imputation 1"),
        (lambda data: [data[0].moments(), replace(data[1], pupils=data[1].pupils[:9], values=data[1].values[:9],
                                                   covariates=data[1].covariates[:9]).moments()],
         "Imputation 1 has 12 pupils, imputation 2 has 9"),
    ],
)  # fmt: skip
def test_lists_of_what_does_not_belong_together_are_refused(
    spoil: Callable[[list[bp.Panel]], object], says: str
) -> None:
    with pytest.raises(bp.DataError) as caught:
        require_imputations(spoil(panels()))
    assert says in caught.value.given


def test_imputations_answer_for_none_of_them_alone() -> None:
    data = Imputations(tuple(panel.moments() for panel in panels()))
    assert len(data) == 3
    assert data.n_pupils == 12
    assert len({data.fingerprint(), *(one.fingerprint() for one in data)}) == 4
    assert not hasattr(data, "describe")
    assert "3 imputations; the first of them:" in repr(data)
    with pytest.raises(bp.DataError, match=r"'syy' of its data was asked for. Ask it of one of them: bp.imputation"):
        _ = data.syy
