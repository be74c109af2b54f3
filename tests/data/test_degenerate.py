"""Scores that no model can tell apart are named before anything is sampled; ordinary ones pass."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
from hypothesis import given, strategies as st
from numpy.typing import NDArray

from bayespanel.data.degenerate import refuse_degenerate, refuse_degenerate_outcome
from bayespanel.data.guesses import Guess
from bayespanel.language.errors import DataError
from tests.data.code_tables import ORDINARY

Array = NDArray[np.float64]


def panel(*variables: Array) -> Array:
    """Stack variables [pupil, wave] into [pupil, wave, variable]."""
    return np.stack(variables, axis=2)


def check(values: Array, schools: NDArray[np.int64] | None = None, labels: tuple[str, ...] = ()) -> tuple[Guess, ...]:
    names = [f"v{k}" for k in range(values.shape[2])]
    pupils = [f"p{i}" for i in range(len(values))]
    return refuse_degenerate(values, variables=names, pupils=pupils, schools=schools, school_labels=labels)


def scores(seed: int, pupils: int = 60, waves: int = 4) -> Array:
    """Return correlated scores [pupil, wave] with gaps."""
    rng = np.random.default_rng(seed)
    values = rng.normal(50, 5, (pupils, 1)) + rng.normal(0, 5, (pupils, waves))
    values[rng.random(values.shape) < 0.1] = np.nan
    return values


@pytest.mark.parametrize(
    ("of", "said"),
    [
        (lambda x: x, "'v1' is a copy of 'v0'"),
        (lambda x: 10 * x, "'v1' is 10 times 'v0'"),
        (lambda x: 6 - x, "'v1' is -1 times 'v0' + 6"),
        (lambda x: x / 3 + 2, "'v1' is 0.333333 times 'v0' + 2"),
        (lambda x: 2 * x + np.arange(4), "'v1' is 2 times 'v0' plus a constant of each wave"),
        (lambda x: 1e-30 * x, "'v1' is 1e-30 times 'v0'"),
        (lambda x: x + 1e6, "'v1' is 'v0' + 1e+06"),
    ],
)
@pytest.mark.parametrize("pupils", [4, 60])
def test_a_linear_function_of_another_variable_is_refused(of: Callable[[Array], Array], said: str, pupils: int) -> None:
    x = scores(1, pupils)
    with pytest.raises(DataError) as caught:
        check(panel(x, of(x)))
    assert said in caught.value.given


@given(st.integers(0, 2**32 - 1))
def test_any_linear_function_is_refused(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, z = scores(seed), scores(seed + 1)
    slope, shift = rng.normal(0, 10 ** rng.uniform(-6, 6)), rng.normal(0, 100)
    y = slope * x + shift * slope
    y[rng.random(y.shape) < 0.2] = np.nan
    with pytest.raises(DataError, match=r"'v2' is .*'v0'"):
        check(panel(x, z, y))


def test_a_function_at_one_wave_or_of_another_wave_is_refused() -> None:
    x, y = scores(1), scores(2)
    one = y.copy()
    one[:, 2] = 2 * x[:, 2] - 1
    with pytest.raises(DataError, match="'v1' at wave '3' is 2 times 'v0' at wave '3' - 1"):
        check(panel(x, one))
    carried = x.copy()
    carried[:, 3] = carried[:, 2]
    with pytest.raises(DataError, match=r"'v0' at wave '4' is a copy of 'v0' at wave '3'.*carried forward"):
        check(panel(carried, y))
    lagged = np.column_stack([y[:, 0], x[:, :-1]])
    with pytest.raises(DataError, match="'v1' at wave '2' is a copy of 'v0' at wave '1'"):
        check(panel(x, lagged))
    with pytest.raises(DataError, match=r"'v0' at wave '2' is 'v0' at wave '1' \+ 0\.5"):
        check(panel(x[:, :1] + 0.5 * np.arange(4), y))


@pytest.mark.parametrize(
    ("of", "said"),
    [
        (lambda a, b, _: (a, b, a + b), r"'v2' is 'v0' \+ 'v1', plus a constant"),
        (lambda a, b, c: (a, b, c, a - b), r"'v0' is 'v1' \+ 'v3', plus|'v3' is 'v0' - 'v1', plus"),
        (lambda a, b, c: (a, b, c, a + b + c + 7), r"'v3' is 'v0' \+ 'v1' \+ 'v2', plus a constant"),
        (lambda a, b, _: (a, b, (a + 2 * b) / 3), "'v2' is 0.333333 times 'v0' . 0.666667 times 'v1'"),
    ],
)
def test_a_sum_of_others_is_refused(of: Callable[[Array, Array, Array], tuple[Array, ...]], said: str) -> None:
    with pytest.raises(DataError, match=said):
        check(panel(*of(scores(1), scores(2), scores(3))))


def test_nearly_the_same_measure_is_a_doubt() -> None:
    x = scores(1)
    guesses = check(panel(x, np.round(10 * x)))
    assert [guess.doubtful for guess in guesses] == [True]
    assert "'v1' and 'v0' correlate 0.9999" in guesses[0].seen


def test_a_stable_trait_is_refused() -> None:
    trait = np.where(np.isnan(scores(3)), np.nan, np.random.default_rng(4).normal(0, 1, (60, 1)))
    with pytest.raises(DataError, match=r"'v1' has one value at all waves of every pupil.*covariates=\["):
        check(panel(scores(1), trait))
    sex = np.repeat(np.random.default_rng(5).integers(0, 2, (60, 1)), 4, axis=1).astype(float)
    with pytest.raises(DataError, match="'v1' has one value"):
        check(panel(scores(1), sex))


def test_a_number_of_pupils_or_rows_is_refused() -> None:
    rows = np.repeat(np.arange(60.0)[:, None], 4, axis=1)
    with pytest.raises(DataError, match="'v1' counts the pupils or repeats their labels"):
        check(panel(scores(1), rows))
    labels = [str(7 * i % 61) for i in range(60)]
    same = np.repeat(np.array(labels, dtype=float)[:, None], 4, axis=1)
    with pytest.raises(DataError, match="'id' counts the pupils or repeats their labels"):
        refuse_degenerate(panel(same), variables=["id"], pupils=labels)


def test_a_score_of_schools_is_refused() -> None:
    school = np.arange(60)[:, None] % 6
    labels = tuple(str(10 + s) for s in range(6))
    level = np.random.default_rng(1).normal(size=(6, 4))[school[:, 0]]
    with pytest.raises(DataError, match=r"'v1' is the same for all pupils of a school at every wave\."):
        check(panel(scores(1), level), school, labels)
    number = np.repeat(10.0 + school, 4, axis=1)
    with pytest.raises(DataError, match="it is the number of the school"):
        check(panel(scores(1), number), np.repeat(school, 4, axis=1), labels)
    # One pupil per school has nobody to differ from.
    assert check(panel(scores(1)), np.arange(60)[:, None], tuple(map(str, range(60)))) == ()


@pytest.mark.parametrize("scale", [1e-310, 1e-200, 1e-120, 1e120, 1e155, 1e305])
def test_an_extreme_scale_is_refused_without_a_warning(scale: float) -> None:
    with pytest.raises(DataError, match=r"standard deviation of 'v1' is about 1e.*Divide it by"):
        check(panel(scores(1), scale * scores(2)))


@pytest.mark.parametrize("scale", [1e-80, 1e-9, 1e9, 1e80])
def test_an_unusual_scale_passes(scale: float) -> None:
    assert check(panel(scores(1), scale * scores(2))) == ()


def test_a_mean_that_eats_the_digits_is_refused() -> None:
    with pytest.raises(DataError, match=r"mean of 'v0' is about .* times its standard deviation"):
        check(panel(scores(1) + 1e12))
    assert check(panel(scores(1) + 1e7)) == ()


@pytest.mark.parametrize("pupils", [3, 5, 12, 40, 300])
def test_ordinary_panels_pass(pupils: int) -> None:
    names = list(ORDINARY)
    school = np.arange(pupils)[:, None] % max(2, pupils // 10)
    labels = tuple(map(str, range(int(school.max()) + 1)))
    for k, first in enumerate(names):
        rng = np.random.default_rng([pupils, k])
        drawn = [ORDINARY[name](rng, 4 * pupils) for name in (first, names[k - 1], names[k - 2])]
        values = panel(*(column.astype(float).reshape(pupils, 4) for column in drawn))
        values[rng.random(values.shape) < 0.15] = np.nan
        assert check(values, school, labels) == (), (first, pupils)


def test_items_of_yes_and_no_pass() -> None:
    for seed, pupils, share in product(range(20), (3, 8, 20, 60), (0.03, 0.3, 0.5)):
        rng = np.random.default_rng(seed)
        trait = rng.normal(size=(pupils, 1, 1))
        limit = np.quantile(rng.normal(0, 1.5, 4000), 1 - share)
        values = (trait + rng.normal(0, 1, (pupils, 3, 3)) > limit).astype(float)
        assert check(values, np.arange(pupils)[:, None] % 3, ("a", "b", "c")) == ()


def test_outcomes_of_a_trial_are_held_to_the_same() -> None:
    x, y = scores(1)[:, 0], scores(2)[:, 0]
    names = ["post", "pre"]
    assert refuse_degenerate_outcome(np.column_stack([x, y]), variables=names) == ()
    with pytest.raises(DataError, match="'pre' is 10 times 'post'"):
        refuse_degenerate_outcome(np.column_stack([x, 10 * x]), variables=names)
    with pytest.raises(DataError, match="'pre' counts the pupils"):
        refuse_degenerate_outcome(np.column_stack([x, np.arange(60.0)]), variables=names)
    labels = np.arange(60) ** 2
    with pytest.raises(DataError, match="'pre' counts the pupils or repeats their labels"):
        refuse_degenerate_outcome(np.column_stack([x, labels.astype(float)]), variables=names, pupils=labels.tolist())
    with pytest.raises(DataError, match="standard deviation of 'post'"):
        refuse_degenerate_outcome(np.column_stack([1e200 * x, y]), variables=names)
    school = np.arange(60) % 6
    with pytest.raises(DataError, match="'pre' is the same for all pupils of a school"):
        refuse_degenerate_outcome(np.column_stack([x, school**2.0]), variables=names, schools=school)


def test_a_million_pupils_take_ten_times_as_long_as_a_tenth_of_them() -> None:
    rng = np.random.default_rng(1)
    values = rng.normal(size=(1_000_000, 4, 3))
    school = rng.integers(0, 1000, (1_000_000, 1))
    taken = []
    for number in (100_000, 1_000_000):
        start = time.process_time()
        refuse_degenerate(values[:number], variables="abc", pupils=range(number), schools=school[:number])
        taken.append(time.process_time() - start)
    # Caches make it 12 rather than 10 times; another algorithm, which compares pupils with each other, would take 100.
    assert taken[1] < 30 * taken[0]


def test_courses_that_are_determined_are_refused() -> None:
    rng = np.random.default_rng(8)
    pupils = [str(i) for i in range(60)]
    x = rng.normal(3, 1, (60, 4))
    line = rng.normal(size=(60, 1)) + np.arange(4) * rng.normal(size=(60, 1))
    shifted = 2.5 * x + rng.normal(size=(60, 1)) + np.array([0, 1, 5, 2])
    lines, changes = "'y' moves along a straight line", "'y' changes by 2.5 times what 'x' does"
    for second, words in ((line, lines), (shifted, changes)):
        values = np.stack([x, second], axis=2)
        values[rng.random((60, 4)) < 0.2] = np.nan
        values[:2] = np.stack([x, second], axis=2)[:2]
        with pytest.raises(DataError, match=words):
            refuse_degenerate(values, variables=("x", "y"), pupils=pupils)
    noisy = np.stack([x, shifted + rng.normal(0, 1e-3, x.shape)], axis=2)
    refuse_degenerate(noisy, variables=("x", "y"), pupils=pupils)
