"""Codes for "missing" are found wherever they stand, real scores are left in peace, and answers are obeyed."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given, strategies as st
from numpy.typing import NDArray

from bayespanel.data.code_answers import CodeAnswers, require_answered_columns, require_code_answers
from bayespanel.data.code_labels import absence_in
from bayespanel.data.codes import settle_codes
from bayespanel.data.guesses import Guess
from bayespanel.language.errors import DataError
from tests.data.code_tables import CONVENTIONS, NARROW, ORDINARY, SCALES, WIDE, coded, ordinary_columns

Array = NDArray[np.float64]
NO_ANSWER = require_code_answers(None, None, ())
likert = np.repeat([1.0, 2, 3, 4, 5], 20)
percent = np.arange(0.0, 101)


def settle(
    *columns: Sequence[float] | Array,
    labels: Mapping[float, str] | None = None,
    answers: CodeAnswers = NO_ANSWER,
) -> tuple[list[Array], tuple[Guess, ...]]:
    """Settle one variable 'x' with columns 'x1', 'x2', ...."""
    named = {f"x{k}": np.asarray(column, dtype=float) for k, column in enumerate(columns, start=1)}
    scores, guesses = settle_codes({"x": named}, value_labels={name: labels or {} for name in named}, answers=answers)
    return list(scores["x"].values()), guesses


def verdict(*columns: Sequence[float] | Array, labels: Mapping[float, str] | None = None) -> str:
    try:
        _, guesses = settle(*columns, labels=labels)
    except DataError:
        return "refused"
    return "doubtful" if any(guess.doubtful for guess in guesses) else "silent"


def asked(*columns: Sequence[float] | Array, labels: Mapping[float, str] | None = None) -> set[float]:
    """Return the values that the error says to name in missing=[...]."""
    with pytest.raises(DataError) as caught:
        settle(*columns, labels=labels)
    return {float(value) for value in caught.value.action.split("missing=[")[1].split("]")[0].split(",")}


@pytest.mark.parametrize("scale", SCALES)
def test_every_convention_is_asked_about_by_name(scale: str) -> None:
    narrow = NARROW if scale.startswith(("1-5", "0-4")) else ()
    for k, codes in enumerate((*CONVENTIONS, *narrow)):
        # A long table has one column, a wide one a column per wave.
        rng, waves = np.random.default_rng(k), (1, 4)[k % 2]
        columns = [coded(rng, SCALES[scale](rng, 1600 // waves), codes, 0.02) for _ in range(waves)]
        assert asked(*columns) == set(codes) & set(np.concatenate(columns)), (scale, codes)


@pytest.mark.parametrize("scale", WIDE)
def test_most_conventions_are_asked_about_on_wide_scales(scale: str) -> None:
    found = Counter[str]()
    for k, codes in enumerate(CONVENTIONS):
        rng = np.random.default_rng([k, 1])
        found[verdict(*(coded(rng, WIDE[scale](rng, 400), codes, 0.02) for _ in range(4)))] += 1
    # What is left are codes from 66 to 99 among scores from 0 to 100, where they can be scores.
    assert found["refused"] >= 0.85 * len(CONVENTIONS), found
    assert found["silent"] <= 0.1 * len(CONVENTIONS), found


def test_one_code_in_three_hundred_is_not_silent() -> None:
    found = Counter[str]()
    for k, codes in enumerate(CONVENTIONS):
        for name in list(SCALES)[k % 3 :: 3]:
            draw, rng = SCALES[name], np.random.default_rng([k, len(name)])
            columns = [coded(rng, draw(rng, 600), codes, 0.003) for _ in range(4)]
            found[verdict(*columns)] += 1
    assert found["silent"] == 0, found
    assert found["refused"] >= 0.98 * found.total(), found


def test_ordinary_columns_are_never_refused_and_seldom_doubted() -> None:
    found = Counter(verdict(column) for _, column in ordinary_columns(2026, (40, 100, 300, 800, 2000)))
    assert found.total() >= 5 * 40
    assert found["refused"] == 0
    assert found["doubtful"] <= 0.03 * found.total(), found


@pytest.mark.parametrize(("pupils", "waves"), [(60, 3), (250, 4)])
def test_ordinary_variables_of_several_waves_are_never_refused(pupils: int, waves: int) -> None:
    for name, draw in ORDINARY.items():
        for seed in range(4):
            rng = np.random.default_rng([seed, len(name)])
            assert verdict(*(draw(rng, pupils) for _ in range(waves))) != "refused", (name, seed)


@pytest.mark.parametrize(
    ("values", "codes"),
    [
        ([*likert, 9], {9}),
        ([*likert, 8, 8, 8, 8, 8, 9], {8, 9}),
        ([*likert, -1, -1, -1, -1, -1], {-1}),
        ([*likert, -99, 999], {-99, 999}),
        ([*np.repeat(np.arange(1.0, 8), 9), 9, 9, 9, 9, 9], {9}),
        ([*percent, 999, 999], {999}),
        ([*percent, -9], {-9}),
        ([*percent, -99], {-99}),
        ([0.0, 1] * 10 + [9.0], {9}),
        ([*np.linspace(200, 800, 100), 8888, 9999], {8888, 9999}),
        ([*likert, np.nan, 99], {99}),
        ([1.0] * 50 + [999.0] * 9, {999}),
        ([*likert, *[55.0] * 6], {55}),
        (np.append(np.random.default_rng(1).normal(size=300), [-1.0] * 6), {-1}),
        (np.append(np.random.default_rng(1).normal(size=300), [-10.0, -11] * 3), {-10, -11}),
        (np.append(np.round(np.random.default_rng(1).lognormal(6.3, 0.4, 300)), [-99.0] * 3), {-99}),
    ],
)
def test_codes_that_stand_apart_are_found(values: Sequence[float], codes: set[float]) -> None:
    assert asked(values) == codes


@pytest.mark.parametrize(
    "values",
    [
        percent,
        percent[:100],
        np.arange(1.0, 10),
        np.arange(0.0, 10),
        [-1.0, 1.0] * 30,
        [-1.0, 0.0, 1.0] * 30,
        np.arange(-9.0, 10),
        [-1.0, 0, 1, 2, 3, 4] * 9,
        np.linspace(400, 999, 300),
        [9.0, 9.0],
        [],
        [np.nan],
        np.repeat([1.0, 3, 5, 7, 9], 20),
        np.full(30, 1e30),
        [-2.0, -1, 1, 2] * 20,
        [*range(-10, -1), *range(0, 11)] * 3,
        [1.0, 1.3, 1.7, 2.0, 2.3, 2.7, 3.0, 3.3, 3.7, 4.0] * 8 + [5.0] * 6,
        [1.5e18, 1.6e18, 1.7e18],
    ],
)
def test_real_scores_are_left_in_peace(values: Sequence[float]) -> None:
    assert verdict(values) == "silent"


@given(st.integers(0, 2**32 - 1), st.sampled_from([1.0, 10.0, 15.0]))
def test_rounded_normal_scores_are_not_refused(seed: int, sd: float) -> None:
    assert verdict(np.round(np.random.default_rng(seed).normal(100, sd, 300))) != "refused"


@given(st.integers(0, 2**32 - 1), st.sampled_from([1.0, 2.0, 4.0]))
def test_counts_are_not_refused(seed: int, mean: float) -> None:
    assert verdict(np.random.default_rng(seed).poisson(mean, 1000).astype(float)) != "refused"


@given(st.sampled_from([777.0, -888, 999, -7777, 8888, 9999, -77777, 99999]), st.integers(0, 2**32 - 1))
def test_a_far_code_is_found_among_scores(code: float, seed: int) -> None:
    assert asked(np.append(np.random.default_rng(seed).normal(50, 10, 100), code)) == {code}


@pytest.mark.parametrize(
    "values",
    [
        [*np.repeat(likert, 5), 55.0],  # mistyped, once
        [*np.repeat(percent, 3), *[99.0] * 25],  # a score, but so often
        [*np.repeat([1.0, 2, 3, 4, 5], 80), 6, 6],  # one step beyond the scale
        [*np.repeat([1.0, 2, 3, 4, 5], 80), 0, 0],
    ],
)
def test_what_may_be_a_slip_is_doubted_and_kept(values: Sequence[float]) -> None:
    scores, guesses = settle(values)
    assert scores[0] is not None
    assert not np.isnan(scores[0]).any()
    assert [guess.doubtful for guess in guesses] == [True]


def test_a_wave_that_was_not_asked_is_found() -> None:
    asked_waves = [np.random.default_rng(k).permutation(likert) for k in range(3)]
    assert asked(*asked_waves, np.full(100, 9.0)) == {9}
    assert asked(*asked_waves, np.full(100, 6.0)) == {6}


def test_a_code_of_one_wave_only_is_found() -> None:
    waves = [np.random.default_rng(k).permutation(percent) for k in range(3)]
    waves[1][:3] = -9
    assert asked(*waves) == {-9}


def test_a_code_within_the_scale_of_another_wave_is_found() -> None:
    rng = np.random.default_rng(3)
    assert asked(coded(rng, np.round(rng.normal(20, 5, 400)), (99,), 0.03), np.round(rng.normal(90, 15, 400))) == {99}


def test_waves_with_scales_of_their_own_are_left_in_peace() -> None:
    rng = np.random.default_rng(3)
    assert verdict(rng.integers(1, 4, 200).astype(float), rng.integers(7, 10, 200).astype(float)) == "silent"
    assert verdict(np.round(rng.normal(20, 3, 300)), np.round(rng.normal(90, 5, 300))) == "silent"


def test_a_stray_value_that_recurs_in_another_variable_is_asked_about() -> None:
    once = np.append(np.repeat(likert, 5), 55.0)
    with pytest.raises(DataError, match="in several variables"):
        settle_codes({"x": {"x": once}, "y": {"y": once}}, value_labels={}, answers=NO_ANSWER)


def test_one_error_names_everything_and_says_what_to_write() -> None:
    scores = {
        "read": {"read1": np.append(likert, [-1.0, -2]), "read2": np.append(likert, [-1.0, -1])},
        "math": {"math1": np.append(percent, [999.0] * 3)},
    }
    with pytest.raises(DataError) as caught:
        settle_codes(scores, value_labels={}, answers=NO_ANSWER)
    assert caught.value.given == (
        "Columns 'read1', 'read2' of 'read' hold 1 value of -2 and 3 values of -1 (far from the others); the others "
        "run from 1 to 5. Column 'math1' holds 3 values of 999 (far from the others); the others run from 0 to 100."
    )
    assert "missing=[-2, -1, 999] (on the command line --missing=-2,-1,999)" in caught.value.action
    assert "keep_codes=[-2, -1, 999]" in caught.value.action
    assert "accept=['codes']" in caught.value.action


def test_a_code_that_is_a_score_elsewhere_is_to_be_named_by_variable() -> None:
    scores = {"x": {"x": np.append(likert, [9.0] * 6)}, "y": {"y": percent}}
    with pytest.raises(DataError, match=r"missing=\{'x': \[9\]\}"):
        settle_codes(scores, value_labels={}, answers=NO_ANSWER)


@pytest.mark.parametrize("missing", [[-1, -2], ["-1", "-2"], {"x": [-1, -2]}, {"x1": (-1, -2)}, np.array([-1, -2])])
def test_codes_that_are_named_become_missing_with_a_record(missing: object) -> None:
    column = np.append(likert, [-1.0, -1, -2])
    scores, guesses = settle(column, answers=require_code_answers(missing, None, ()))
    np.testing.assert_array_equal(scores[0], np.append(likert, [np.nan] * 3))
    assert [(g.about, g.doubtful) for g in guesses] == [("codes", False)]
    assert guesses[0].seen == "Column 'x1' holds codes for 'missing': -2 (1), -1 (2)."
    assert guesses[0].done == "3 values of 103 became missing."


def test_naming_one_code_does_not_answer_for_another() -> None:
    with pytest.raises(DataError, match="1 value of -2"):
        settle(np.append(likert, [-1.0, -2]), answers=require_code_answers([-1], None, ()))


def test_a_named_number_that_occurs_nowhere_is_a_doubt() -> None:
    _, guesses = settle(likert, np.append(likert, -8.0), answers=require_code_answers([-8, -9], None, ()))
    assert [g.seen for g in guesses if g.doubtful] == ["'missing' names -9, which no column holds."]


@pytest.mark.parametrize("answers", [(None, True, ()), (None, [9], ()), (None, None, ("codes",))])
def test_codes_that_are_kept_are_scores_with_a_record(answers: tuple[object, object, tuple[str, ...]]) -> None:
    column = np.append(likert, [9.0] * 6)
    scores, guesses = settle(column, answers=require_code_answers(*answers))
    assert scores[0] is column
    assert [g.done for g in guesses] == ["They were kept as scores, as you said."]
    assert not guesses[0].doubtful


@pytest.mark.parametrize(
    ("missing", "keep"),
    [(True, None), ({1: [9]}, None), ([[1]], None), (b"x", None), (None, "x"), (None, {"x": [1]}), ([9], [9])],
)
def test_answers_that_are_none_are_refused_in_three_parts(missing: object, keep: object) -> None:
    with pytest.raises(DataError) as caught:
        require_code_answers(missing, keep, ())
    assert all(part.endswith(".") for part in (caught.value.rule, caught.value.given, caught.value.action))


def test_answers_are_sorted_into_numbers_and_text() -> None:
    answers = require_code_answers({"read": ["#NULL!", "-9", 99], "y": "."}, [5], ())
    assert answers.numbers_for("read1", "read") == {-9, 99}
    assert answers.texts_for("read1", "read") == {"#NULL!"}
    assert answers.texts_for("y") == {"."}
    assert answers.texts_for("z") == frozenset()
    assert answers.keeps(5)
    assert not answers.keeps(6)
    with pytest.raises(DataError, match="'raed' is not one of them"):
        require_answered_columns(require_code_answers({"raed": 9}, None, ()), ["read", "y"])


@pytest.mark.parametrize(
    "label",
    ["Refused", "REFUSED TO ANSWER", "-9: No answer", "[99] Don’t know", "Don't know / refused", "Not asked in wave 2",
     "Missing: form lost", "not applicable (no siblings)", "N/A", "n.v.t.", "weiß nicht", "Weiss nicht, keine Angabe",
     "k.A.", "Nicht erhoben", "ontbreekt", "Geen antwoord", "Weet niet", "Sans réponse", "Ne sait pas", "Refusé",
     "Non risponde", "No sabe/No contesta", "NS/NC", "Não sabe", "NÃO RESPONDE", "Vet ej", "Ved ikke",
     "Ønsker ikke å svare", "En osaa sanoa", "Brak danych", "Nie wiem", "Neodpověděl", "Nem válaszolt", "Не знаю",
     "无回答"],
)  # fmt: skip
def test_labels_that_say_missing(label: str) -> None:
    assert absence_in(label)


@pytest.mark.parametrize(
    "label",
    ["Agree", "Refused to obey", "often missing at school", "I don't know anybody here", "none", "nobody", "nein",
     "never", "trifft nicht zu", "keine", "absent", "not present", "0", "", "-1", "Nasal", "no", "non", "neither nor",
     "misses one day", "skips school", "unbekannte Wörter"],
)  # fmt: skip
def test_labels_that_name_a_score(label: str) -> None:
    assert absence_in(label) is None


def test_a_label_makes_a_value_within_the_scale_a_code() -> None:
    assert asked(likert, labels={3: "keine Angabe"}) == {3}
    assert verdict(likert, labels={3: "don't know"}) == "doubtful"
    assert asked(likert, labels={5: "don't know"}) == {5}
    assert verdict(likert, labels={9: "refused"}) == "silent"  # a value that does not occur


def test_labels_that_say_missing_can_be_the_answer() -> None:
    answers = require_code_answers("labelled", None, ())
    column = np.append(likert, [8.0, 9, 9])
    scores, _ = settle(column, labels={1: "never", 5: "always", 8: "weet niet", 9: "Refused"}, answers=answers)
    np.testing.assert_array_equal(scores[0], np.append(likert, [np.nan] * 3))
    only = require_code_answers({"x1": "labelled"}, None, ())
    assert np.isnan(settle(column, labels={8: "weet niet", 9: "Refused"}, answers=only)[0][0]).sum() == 3


def test_values_that_alone_have_labels_are_asked_about() -> None:
    ten = np.repeat(np.arange(1.0, 11), 10)
    assert asked(np.append(likert, [6.0, 7]), labels={6: "filter a", 7: "filter b"}) == {6, 7}
    assert asked(np.append(np.repeat(np.arange(0.0, 11), 10), -1), labels={-1: "x"}) == {-1}
    assert verdict(ten, labels={10: "ten or more"}) == "silent"
    assert verdict(ten, labels={1: "low", 10: "high"}) == "silent"
    assert verdict(ten, labels=dict.fromkeys(range(1, 11), "x")) == "silent"
    # The labels of the items, on their mean.
    means = np.append(np.repeat([1, 1.2, 2.4, 3.2, 4.4, 5], 9), 3.0)
    assert verdict(means, labels={1: "not at all", 5: "very much"}) == "silent"


def test_a_million_rows_are_settled_at_once() -> None:
    rng = np.random.default_rng(1)
    columns = {f"x{k}": {f"x{k}": rng.normal(size=1_000_000)} for k in range(6)}
    start = time.process_time()
    settle_codes(columns, value_labels={}, answers=NO_ANSWER)
    # 0.5 to 0.9 s where this was written; five times that is another algorithm.
    assert time.process_time() - start < 5
