"""What the scores and times of a panel say against its model is in its notes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from bayespanel.data import Panel
from tests.data.tables import build, long_table


def test_an_item_with_many_zeros_is_noted() -> None:
    frame = long_table(80)
    rng = np.random.default_rng(3)
    frame["math"] = rng.choice(5, len(frame), p=[0.75, 0.1, 0.07, 0.05, 0.03]).astype(float)
    share = (frame["math"] == 0).mean()
    (note,) = build(frame).notes
    assert note.startswith(f"'math' is 0, its lowest value, in {100 * share:.0f} % of the scores")
    assert "link='logit'" in note
    assert note in build(frame).describe().notes
    assert note in build(frame).moments().notes


def test_a_score_of_few_values_is_noted_and_others_are_not() -> None:
    frame = long_table(80)
    rng = np.random.default_rng(4)
    frame["math"] = rng.integers(1, 4, len(frame)).astype(float)
    assert "3 values ('1', '2', '3')" in build(frame).notes[0]
    for scores in (rng.integers(1, 8, len(frame)), rng.poisson(3, len(frame)), rng.normal(size=len(frame))):
        assert build(frame.assign(math=scores.astype(float))).notes == ()


@pytest.mark.parametrize(
    ("waves", "said"),
    [
        ([1, 2, 4], "(1, 2,"), ([2018, 2019, 2021], "(1, 2,"), (["w1", "w2", "w3"], None), ([1.0, 1.5, 2.0], None),
        (["2020-09-01", "2021-05-01", "2022-05-01"], "(1, 1.51,"), (["2020-09", "2021-09", "2022-09"], None),
        (["pre", "post", "follow-up"], None), (["grade 4", "grade 5", "grade 8"], "(1, 3,"),
        (["201809", "201903", "201909"], None),
    ],
)  # fmt: skip
def test_unequal_gaps_between_waves_are_noted(waves: list[object], said: str | None) -> None:
    frame = long_table()
    frame["wave"] = [waves[w - 1] for w in frame["wave"]]
    notes = build(frame).notes
    assert (said is None) == (notes == ())
    assert said is None or (said in notes[0] and "lags='free'" in notes[0] and "times=[...]" in notes[0])


def test_the_columns_of_a_wide_table_tell_the_gaps_too() -> None:
    wide = long_table().pivot(index="pupil", columns="wave", values="math")
    wide.columns = pd.Index(["math5", "math6", "math9"])
    columns = {"math": list(wide.columns)}
    assert "(1, 3," in Panel.from_wide(wide.reset_index(), columns=columns).notes[0]
    assert Panel.from_wide(wide.reset_index(), columns=columns, waves=["a", "b", "c"]).notes == ()


def test_classes_that_form_anew_are_noted() -> None:
    frame = long_table(60)
    frame["class"] = [f"{c}{w}" for c, w in zip(frame["class"], frame["wave"], strict=True)]
    with pytest.raises(ValueError, match="Classes change between waves: 100 % of the pupils"):
        build(frame, classroom="class", school="school")
    notes = build(frame, classroom="class", school="school", movers="first").notes
    assert any(note.startswith("Classes change between waves: 100 %") for note in notes)
