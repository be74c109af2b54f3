"""Hypotheses: what is understood, what is refused, and answers that are known."""

from __future__ import annotations

from math import factorial, log

import numpy as np
import pytest

from bayespanel.language.errors import SpecError
from bayespanel.summaries.hypotheses import parse, weigh
from tests.summaries.fake import draws

NAMES = ["a -> b", "b -> a", "a -> c", "total: a -> b (2 waves)"]


def of(values, n=4):
    return draws(values, pathway=NAMES[:n])


def prior(n=4, size=20_000, seed=9):
    return of(np.random.default_rng(seed).normal(size=(1, size, n)), n)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a -> d > 0", "Nearest: 'a -> c'"),
        ("a -> b", "compares nothing"),
        ("a -> b > ", "empty"),
        ("a -> b > b -> a and b -> a > a -> b", "greater than itself"),
        ("a -> b > 0.2 and a -> b < 0.1", "greater than itself"),
        ("a -> b > a -> b", "greater than itself"),
        ("", "compares nothing"),
    ],
)
def test_what_makes_no_sense_is_refused(text, said):
    with pytest.raises(SpecError) as caught:
        parse(text, NAMES)
    assert said in str(caught.value)
    assert caught.value.action


def test_names_hold_signs_and_blanks():
    chain = parse("total: a -> b (2 waves) > a -> b > 0 and |b -> a| < 0.1", NAMES)
    assert len(chain) == 3
    assert chain[2].right.absolute
    assert len(parse("a  ->  b > 0 and a -> b < 0.5", NAMES)) == 2


def test_names_may_hold_words_of_the_grammar():
    names = ["share: high and rising", "x > y", "a -> b"]
    found = parse("share: high and rising > 0.2 and x > y > a -> b", names)
    assert [c.left.pathway for c in found] == names[:2]
    assert found[1].right.pathway == "a -> b"


def test_what_the_prior_decides_is_no_hypothesis():
    after = of(np.random.default_rng(1).normal(0, 1, (4, 500, 4)))
    with pytest.raises(SpecError, match="Every one of 20000 prior draws"):
        weigh("|a -> b| > -1", after, prior())


@pytest.mark.parametrize("k", [2, 3, 4])
def test_the_order_of_independent_normals_has_probability_one_over_k_factorial(k):
    """The posterior far in the order: the factor against no constraint is k!, within its error, 200 times."""
    text, z = " > ".join(NAMES[:k]), []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        after = of(rng.normal(10.0 * np.arange(k)[::-1], 1, (4, 250, k)), k)
        found = weigh(text, after, prior(k, 2000, seed))
        assert found["is_bound"]
        before = found["prior_mass"] - 1 / factorial(k)
        z.append(float(before / found["mcse_prior_mass"]))
    assert 0.90 <= np.mean(np.abs(z) < 1.96) <= 0.99


def test_order_factors_cover_the_truth_at_their_rate():
    """Exchangeable posterior and prior: every order is as likely as before, so the factors are 1."""
    unconstrained, complement = [], []
    for seed in range(200):
        rng = np.random.default_rng(1000 + seed)
        found = weigh("a -> b > b -> a > a -> c", of(rng.normal(size=(4, 250, 3)), 3), prior(3, 2000, seed))
        unconstrained.append(float(found["log_bf_unconstrained"] / found["mcse_log_bf_unconstrained"]))
        complement.append(float(found["log_bf_complement"] / found["mcse_log_bf_complement"]))
    for z in (unconstrained, complement):
        assert 0.90 <= np.mean(np.abs(z) < 1.96) <= 0.99


def test_equality_is_within_the_region_and_needs_one():
    after = of(np.random.default_rng(1).normal(0, 0.02, (4, 500, 4)))
    found = weigh("a -> b = b -> a", after, prior(), rope=(-0.1, 0.1))
    assert found["posterior_mass"] > 0.99
    assert found["log_bf_unconstrained"] == pytest.approx(log(float(found["posterior_mass"] / found["prior_mass"])))
    with pytest.raises(SpecError, match="Neither the call"):
        weigh("a -> b = 0", after, prior())


def test_a_prior_mass_that_nobody_can_judge_is_refused():
    after = of(np.random.default_rng(1).normal(0, 1, (4, 500, 4)))
    with pytest.raises(SpecError, match="of 20000 prior draws are in"):
        weigh("a -> b > 3.5", after, prior())
    with pytest.raises(SpecError, match="are outside"):
        weigh("a -> b > -3.5", after, prior())


@pytest.mark.parametrize("rope", [(-0.1, 0.4), (-0.4, 0.1)])
def test_two_pathways_are_equal_whichever_is_named_first(rope: tuple[float, float]) -> None:
    after = of(np.random.default_rng(1).normal([0.3, 0.0, 0, 0], 0.02, (4, 500, 4)))
    names = [str(name) for name in after["pathway"].values[:2]]
    for one, other in (names, names[::-1]):
        assert weigh(f"{one} = {other}", after, prior(), rope=rope)["posterior_mass"] < 0.01
    # beside a number the region is that of the pathway, on whichever side it stands
    masses = [
        float(weigh(text, after, prior(), rope=rope)["posterior_mass"])
        for text in (f"{names[0]} = 0", f"0 = {names[0]}")
    ]
    assert masses == [float(rope[1] > 0.3)] * 2


def test_a_region_on_one_side_makes_no_two_pathways_equal() -> None:
    after = of(np.random.default_rng(1).normal(0, 0.02, (4, 500, 4)))
    with pytest.raises(SpecError, match="room on both sides of 0"):
        weigh("a -> b = b -> a", after, prior(), rope=(0.0, 0.1))
