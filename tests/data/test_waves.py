"""The order of waves is right, or it is a question; it is never wrong in silence."""

from __future__ import annotations

import itertools
import re
from random import Random

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from bayespanel.data.label_text import natural
from bayespanel.data.waves import (
    WaveOrder,
    order_of_waves,
    require_labels,
    require_order_of_columns,
    require_order_of_names,
)
from bayespanel.language.errors import DataError
from tests.data.wave_spellings import DOUBTFUL, ORDINARY, days

DRAWS = 12
"""Sets of labels drawn for each spelling: 1,900 in all, in a few seconds."""


def order(
    labels: list[str],
    *,
    numeric: bool = False,
    ordered: list[str] | None = None,
    waves: list[object] | None = None,
    accept: tuple[str, ...] = (),
) -> WaveOrder:
    return order_of_waves(labels, column="wave", numeric=numeric, ordered=ordered, given=waves, accept=accept)


def question(labels: list[str], **kwargs: object) -> DataError:
    with pytest.raises(DataError) as caught:
        order(labels, **kwargs)  # type: ignore[arg-type]
    assert "accept=['order']" in caught.value.action
    return caught.value


def draws(name: str, spelling: dict[str, object]) -> list[tuple[list[str], list[str]]]:
    """Return true orders and the same labels in the order in which a table might hold them."""
    found = []
    for seed in range(DRAWS):
        rng = Random(f"{name} {seed}")
        truth = spelling[name](rng)  # type: ignore[operator]
        if len(set(truth)) == len(truth):
            found.append((truth, rng.sample(truth, len(truth))))
    return found


@pytest.mark.parametrize("name", DOUBTFUL)
def test_the_order_of_a_spelling_is_right_or_a_question(name: str) -> None:
    for truth, labels in draws(name, DOUBTFUL):
        try:
            found = order(labels)
        except DataError:
            continue
        assert list(found.labels) == truth


@pytest.mark.parametrize("name", ORDINARY)
def test_an_ordinary_spelling_is_read_without_a_question(name: str) -> None:
    for truth, labels in draws(name, ORDINARY):
        assert list(order(labels).labels) == truth


@pytest.mark.parametrize("around", ["wave {}", "t_{}", "{} math", "({})", "Zeit: {}", "{}_2"])
def test_a_shared_word_around_the_labels_makes_no_wrong_order(around: str) -> None:
    for name in (*DOUBTFUL, *ORDINARY):
        table = DOUBTFUL if name in DOUBTFUL else ORDINARY
        for truth, labels in draws(name, table)[:3]:
            try:
                found = order([around.format(label) for label in labels])
            except DataError:
                continue
            assert list(found.labels) == [around.format(label) for label in truth]


def test_that_is_asserted_of_enough_spellings() -> None:
    assert len(DOUBTFUL) >= 40
    assert len(ORDINARY) >= 30


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_the_result_does_not_depend_on_the_order_of_appearance(data: st.DataObject) -> None:
    table = DOUBTFUL | ORDINARY
    name = data.draw(st.sampled_from(sorted(table)))
    labels = list(dict.fromkeys(table[name](Random(data.draw(st.integers(0, 10_000))))))
    found = set()
    for again in (labels, data.draw(st.permutations(labels))):
        try:
            found.add(order(list(again)))
        except DataError as error:
            found.add(WaveOrder((error.given,)))
    assert len(found) == 1


@settings(max_examples=300, deadline=None)
@given(st.lists(st.text(max_size=12), unique=True, max_size=6), st.booleans())
def test_any_text_is_an_order_of_the_same_labels_or_a_question(labels: list[str], numeric: bool) -> None:
    try:
        found = order(labels, numeric=numeric)
    except DataError:
        found = order(labels, numeric=numeric, accept=("order",))
        assert list(found.labels) == labels
    assert sorted(found.labels) == sorted(labels)


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (["2018.9", "2018.12"], ["numbers", "year.month"]),
        (["1.9", "1.10"], ["numbers", "numbered parts"]),
        (["0918", "0319"], ["numbers", "month and year without a mark"]),
        (["w-10", "w-5"], ["with a minus", "after a hyphen"]),
        (["Sep", "Jan"], ["January to December", "school year"]),
        (["y1s1", "y1s2", "y2s1"], ["the first counts most", "the last counts most"]),
        (["5 weeks before", "1 week before"], ["numbers", "counting down"]),
        (["1", "1.0", "2"], ["two of them are the same wave"]),
        (["start", "1", "2"], ["cannot be read from these labels"]),
    ],
)
def test_a_question_names_the_possible_orders_and_how_they_are_read(labels: list[str], words: list[str]) -> None:
    error = question(labels)
    assert error.rule == "The order of the waves must be known."
    assert "'wave'" in error.given
    assert all(word in error.given for word in words)
    assert "waves=[first, second, ...], or --waves" in error.action


def test_labels_of_any_length_are_a_question_that_can_be_read() -> None:
    error = question(["1" + "0" * 5000, "w" * 5000, "1"])
    assert len(error.given + error.action) < 700


def test_an_accepted_order_is_that_of_appearance_and_is_recorded() -> None:
    found = order(["1", "start", "2"], accept=("order",))
    assert found.labels == ("1", "start", "2")
    assert [guess.about for guess in found.guesses] == ["order"]
    assert "'1', 'start', '2'" in found.guesses[0].done


def test_a_certain_order_is_not_changed_by_accepting_a_doubtful_one() -> None:
    assert order(["w2", "w1"], accept=("order",)).labels == ("w1", "w2")


def test_what_a_label_was_read_as_is_recorded() -> None:
    (guess,) = order(["Mar 2019", "Sep 2018"]).guesses
    assert "months with their years" in guess.done
    assert "'Sep 2018', 'Mar 2019'" in guess.seen
    assert not guess.doubtful


@pytest.mark.parametrize("labels", [["2", "10"], ["2018-09-01", "2018-10-01"], ["5.5", "6"], ["-1", "0"], ["1"], []])
def test_numbers_and_iso_dates_need_no_record(labels: list[str]) -> None:
    assert order(labels[::-1]) == WaveOrder(tuple(labels))


@pytest.mark.parametrize(
    "truth",
    [
        ["1", "2", "10"],
        ["-3", "0", "4"],
        ["5.5", "6", "6.5"],
        ["0", "0.25", "1.5"],
        ["2018", "2019", "2022"],
        ["0", "30", "112", "240"],
        ["90", "180", "270", "365"],
        ["0", "3", "6", "12"],
        ["1.5", "1.25"][::-1],
        ["201809", "201903"],
        ["20180901", "20190301"],
        ["2018-03-01", "2018-09-01T10:30:00"],
        ["1e-05", "2", "1000000"],
    ],
)
def test_a_column_of_numbers_or_dates_has_an_order(truth: list[str]) -> None:
    assert order(truth[::-1], numeric=True) == WaveOrder(tuple(truth))


@pytest.mark.parametrize(
    "pattern", ["{d.month}.{d.year}", "{d:%m%Y}", "{d:%d%m%Y}", "{d:%m%d%Y}", "{d:%d%m%y}", "{d:%m%y}"]
)
def test_dates_hidden_in_numbers_are_right_or_a_question(pattern: str) -> None:
    for seed in range(60):
        rng = Random(f"{pattern} {seed}")
        truth = [f"{float(pattern.format(d=d)):.12g}" for d in days(rng)]
        try:
            found = order(rng.sample(truth, len(truth)), numeric=True)
        except DataError:
            continue
        assert list(found.labels) == truth


def test_only_an_ordered_categorical_has_an_order() -> None:
    assert order(["1", "start", "2"], ordered=["start", "1", "2", "3"]).labels == ("start", "1", "2")
    question(["1", "start", "2"])


def test_categories_against_the_numbers_are_a_question() -> None:
    assert "categories" in question(["w1", "w2"], ordered=["w2", "w1"]).given


@pytest.mark.parametrize(
    "labels", [["1", "2", "3", "4"], ["2018-09", "2019-03"], ["w1", "w2", "w10"], ["Sep 2018", "Mar 2019"]]
)
def test_waves_against_numbers_or_dates_are_a_question(labels: list[str]) -> None:
    assert order(labels, waves=list(labels)) == WaveOrder(tuple(labels))
    error = question(labels, waves=labels[::-1])
    assert error.rule == "The waves are given in the order of time."
    found = order(labels, waves=labels[::-1], accept=("order",))
    assert found.labels == tuple(labels[::-1])
    assert [guess.about for guess in found.guesses] == ["order"]


def test_waves_answer_what_the_labels_leave_open() -> None:
    assert order(["1", "start", "2"], waves=["start", 1, 2.0]) == WaveOrder(("start", "1", "2"))
    assert order(["2018.12", "2018.9"], waves=["2018.9", "2018.12"]) == WaveOrder(("2018.9", "2018.12"))
    assert order(["pre", "post"], waves=["post", "pre"]) == WaveOrder(("post", "pre"))


def test_waves_are_matched_as_text_first_and_then_as_numbers() -> None:
    assert require_labels(["1.1", "1.10"], ["1.10", "1.1"], column="wave") == ("1.1", "1.10")
    assert require_labels([1, 2.0, "03"], ["3", "1.0", "02"], column="wave") == ("1.0", "02", "3")
    assert require_labels(np.array([2, 1]), ["1", "2"], column="wave") == ("2", "1")
    assert require_labels(["wave\u00a01 ", "wave 2"], ["wave 2", "wave 1"], column="wave") == ("wave 1", "wave 2")
    assert require_labels(pd.to_datetime(["2018-09-01"]), ["2018-09-01"], column="wave") == ("2018-09-01",)


@pytest.mark.parametrize(
    ("waves", "said"),
    [
        (["1", "1", "2"], "Name '1' once."),
        (["1", "1.0", "2"], "Name '1' once."),
        (["1", "2", "3"], "Correct '3': no row has this wave."),
        (["2"], "Add '1', or leave out its rows first."),
        ([], "Add '1', or leave out its rows first."),
        ("12", "Give a list"),
        (12, "Give a list"),
        ({"1", "2"}, "Give a list"),
    ],
)
def test_waves_name_every_wave_once(waves: object, said: str) -> None:
    with pytest.raises(DataError) as caught:
        order(["1", "2"], waves=waves)  # type: ignore[arg-type]
    assert caught.value.rule == "'waves' names every wave of the table once, in the order of time."
    assert said in caught.value.action


@pytest.mark.parametrize(
    "columns",
    [
        {"x": ["x1", "x3", "x2"]},
        {"x": ["x3", "x2", "x1"]},
        {"x": ["math_9", "math_10", "math_8"]},
        {"x": ["x_post", "x_pre"]},
        {"x": ["w2x", "w1x"], "y": ["w2y", "w1y"]},
        {"x": ["x2019", "x2018"]},
        {"x": ["x_Mar2019", "x_Sep2018"]},
        {"x": ["x1", "x2", "x3"], "y": ["y1", "y3", "y2"]},
        {"x": ["x_k", "x_one"], "y": ["y_one", "y_k"]},
        {"x": ["x1", "x2", "x3"], "y": ["y2", "y3", "y4"]},
        {"x": ["x1", "x2"], "y": ["y_02", "y_03"]},
    ],
)
def test_columns_against_their_names_are_a_question(columns: dict[str, list[str]]) -> None:
    with pytest.raises(DataError, match="order") as caught:
        require_order_of_columns(columns, accept=())
    assert "accept=['order']" in caught.value.action
    assert {guess.about for guess in require_order_of_columns(columns, accept=("order",))} == {"order"}


@pytest.mark.parametrize(
    "columns",
    [
        {"x": ["x1", "x2", "x3"], "y": ["y_1", "y_2", "y_3"]},
        {"x": ["x1", "x2", "x4"], "y": ["y1", "y3", "y4"]},
        {"x": ["x_pre", "x_post"], "y": ["before_y", "after_y"]},
        {"read": ["read_k", "read_1", "read_2"], "math": ["math_k", "math_1", "math_2"]},
        {"x": ["q3", "z1"], "y": ["a", "b"]},
        {"x": ["rej98", "rej99", "rej00"]},
        {"x": ["pre2", "pre1"]},
        {"x": ["x_c", "x_a"]},
        {"x": ["v1", "v3", "v5"], "y": ["v2", "v4", "v6"]},
        {"x": ["math8_w1", "math8_w2"], "y": ["read8_w1", "read8_w2"]},
        {"x": ["x.8", "x.9", "x.10"]},
        {"x": ["x1"]},
        {"x": ["x1", "x1"]},
    ],
)
def test_columns_in_order_or_without_an_order_are_no_question(columns: dict[str, list[str]]) -> None:
    assert require_order_of_columns(columns, accept=()) == ()


DATES = [
    name for name in DOUBTFUL if re.match(r"[mdy/.-]+(,|$)|ddMON|M|years? ", name) and not name.startswith("years ago")
]
"""Spellings of dates, which a sort by letters or numbers often puts into another order than that of time."""


@pytest.mark.parametrize("name", DATES)
def test_columns_that_were_sorted_by_name_are_a_question_where_they_are_dates(name: str) -> None:
    for truth, _ in draws(name, DOUBTFUL):
        columns = tuple(f"dep_{label}" for label in truth)
        for given_order in {tuple(sorted(columns)), tuple(sorted(columns, key=natural))} - {columns}:
            with pytest.raises(DataError, match="order"):
                require_order_of_columns({"dep": given_order}, accept=())


@pytest.mark.parametrize(
    ("columns", "asked"),
    [
        (["dep_0319", "dep_0320", "dep_0918", "dep_0919"], True),
        (["dep_0918", "dep_0319", "dep_0919", "dep_0320"], False),
        (["dep_00", "dep_01", "dep_98", "dep_99"], True),
        (["dep_98", "dep_99", "dep_00", "dep_01"], False),
        (["mrt19", "mrt20", "sep18", "sep19"], True),
        (["d_03_19", "d_03_20", "d_09_18", "d_09_19"], True),
        (["18_12", "18_9", "19_3", "19_9"], True),
        (["apr", "dec", "jan", "sep"], True),
        (["w1.10", "w1.5", "w1.9"], True),
        (["cbcl_09", "cbcl_10", "cbcl_11"], False),
        (["dep_0", "dep_5", "dep_12", "dep_24"], False),
        (["item1_1", "item1_2", "item2_1", "item2_2"], False),
    ],
)
def test_an_order_in_which_names_differ_is_asked_about_where_it_may_be_that_of_a_sort(
    columns: list[str], asked: bool
) -> None:
    if not asked:
        assert require_order_of_columns({"x": columns}, accept=()) == ()
        return
    with pytest.raises(DataError, match="Read as") as caught:
        require_order_of_columns({"x": columns}, accept=())
    assert "accept=['order']" in caught.value.action


@pytest.mark.parametrize("permuted", list(itertools.permutations(["x8", "x9", "x10", "x11"]))[1:])
def test_every_other_order_of_numbered_columns_is_a_question(permuted: tuple[str, ...]) -> None:
    with pytest.raises(DataError):
        require_order_of_columns({"x": permuted}, accept=())


def test_names_of_waves_that_descend_are_a_question() -> None:
    with pytest.raises(DataError, match="names of the waves"):
        require_order_of_names(["3", "2", "1"], accept=())
    assert len(require_order_of_names(["3", "2", "1"], accept=("order",))) == 1
    for names in (["1", "2"], ["spring 1", "autumn 1", "spring 2"], ["post", "pre"], ["a", "c", "b"]):
        assert require_order_of_names(names, accept=()) == ()


def test_kindergarten_comes_before_the_first_grade() -> None:
    assert order(["1", "K", "3", "2"]).labels == ("K", "1", "2", "3")
    assert order(["1", "PK", "K"]).labels == ("PK", "K", "1")
    assert order(["1", "K"]).guesses[0].about == "order"
    question(["K", "L", "1"])
