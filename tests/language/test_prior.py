"""A row of the table of priors: three ways to write it, and what is refused."""

from __future__ import annotations

import pickle
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from bayespanel.language.errors import SpecError
from bayespanel.language.prior import ARGUMENTS, Prior, to_json


@pytest.mark.parametrize("distribution", ARGUMENTS)
def test_arguments_in_order_by_name_and_as_a_list_give_one_row(distribution: str) -> None:
    names = ARGUMENTS[distribution]
    values = [1.5 + k for k in range(len(names))]
    row = Prior("x", distribution, tuple(values))
    assert row.arguments == tuple(values)
    assert Prior("x", distribution, *values) == row
    assert Prior("x", distribution, **dict(zip(reversed(names), reversed(values), strict=True))) == row
    assert Prior("x", distribution, values) == Prior("x", distribution, np.array(values)) == row
    assert Prior(parameter="x", distribution=distribution, arguments=values) == row


def test_labels_follow_the_arguments_or_are_named() -> None:
    row = Prior("lag", "Normal", (0, 0.3), "raw", "small", "a source")
    assert Prior("lag", "Normal", 0, 0.3, "raw", "small", source="a source") == row
    assert Prior("lag", "Normal", sigma=0.3, mu=0, scale="raw", reason="small", source="a source") == row
    assert Prior("school_sd", "Exponential", 0.5, scale="raw") == Prior("school_sd", "Exponential", (0.5,), "raw")
    assert Prior("school_sd", "Exponential", scale=0.5).scale == "standardised"


def test_a_row_is_the_same_after_a_file_and_a_change() -> None:
    row = Prior("lag", "StudentT", nu=3, mu=0, sigma=0.3)
    assert Prior(**to_json([row])[0]) == pickle.loads(pickle.dumps(row)) == eval(repr(row)) == row
    assert replace(row, arguments=(4, 0, 0.3)) == Prior("lag", "StudentT", 4, 0, 0.3)


@pytest.mark.parametrize(
    ("values", "named", "words"),
    [
        ((), {"mu": 0, "sigam": 0.3}, "'sigam'. Nearest: 'sigma'"),
        ((), {"mu": 0, "sigma": 1, "resaon": "small"}, "'resaon'. Nearest: 'reason'"),
        ((), {"mu": 0}, "lacks sigma"),
        ((), {"mu": 0, "sigma": 1, "eta": 2}, "takes the argument(s) mu, sigma"),
        ((), {"mu": 0, "sigma": 0.3, "scale": 2.0}, "'scale'"),
        ((0,), {"sigma": 0.3}, "given once"),
        (((0, 0.3),), {"arguments": (0, 0.3)}, "given once"),
        ((0, 0.3, "raw", "small", "call", "more"), {}, "given once"),
        ((0, 0.3, 1), {}, "takes 2 argument(s): mu, sigma"),
        ((), {}, "has 0"),
        (((0, 0.3), 1), {}, "list of numbers"),
        ((0, "0.3"), {}, "has 1"),
        ((0, 0), {}, "positive"),
        ((float("inf"), 1), {}, "finite"),
        ((), {"mu": "0", "sigma": 0.3}, "list of numbers"),
        ((0, 0.3, "rwa"), {}, "Nearest: 'raw'"),
    ],
)
def test_other_arguments_are_refused(values: Any, named: dict[str, Any], words: str) -> None:
    with pytest.raises(SpecError) as caught:
        Prior("lag", "Normal", *values, **named)
    assert words in str(caught.value)
    assert all((caught.value.rule, caught.value.given, caught.value.action))
