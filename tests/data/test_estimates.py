"""A published table of effects comes in whole, or is refused with the reason."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bayespanel.data import Trial, TrialEstimates
from bayespanel.language.errors import DataError

TABLE: dict[str, Any] = {"effect": [0.2, -0.1], "standard_error": [0.1, 0.2], "outcome": ["read", "worry"]}


def build(**changes: Any) -> TrialEstimates:
    return Trial.from_estimates(**(TABLE | changes))


def test_a_table_comes_in_as_it_is() -> None:
    estimates = build(clusters=[20, 12])
    assert estimates.outcomes == ("read", "worry")
    assert estimates.effect.tolist() == [0.2, -0.1]
    assert estimates.standard_error.tolist() == [0.1, 0.2]
    assert estimates.clusters.tolist() == [20, 12]
    assert estimates.df.tolist() == [18, 10]
    assert estimates.n_pupils == 0


def test_one_outcome_may_be_given_without_lists() -> None:
    estimates = Trial.from_estimates(effect=0.2, standard_error=0.1, outcome="read", clusters=20)
    assert estimates.outcomes == ("read",)
    assert estimates.effect.shape == estimates.standard_error.shape == estimates.clusters.shape == (1,)


def test_one_number_of_clusters_holds_for_all_outcomes() -> None:
    assert build(clusters=20).clusters.tolist() == [20, 20]


def test_without_clusters_the_degrees_of_freedom_are_infinite() -> None:
    assert build().clusters.tolist() == [0, 0]
    assert np.isinf(build().df).all()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"effect": [0.2]}, r"2 outcomes, and 'effect' has shape \(1,\)"),
        ({"standard_error": 0.1}, r"'standard_error' has shape \(1,\)"),
        ({"outcome": "read"}, r"1 outcomes, and 'effect' has shape \(2,\)"),
        ({"effect": [0.2, np.nan]}, "'effect' is not for 'worry'"),
        ({"standard_error": [np.inf, 0.1]}, "'standard_error' is not for 'read'"),
        ({"standard_error": [0.1, -0.2]}, "That of 'worry' is -0.2"),
        ({"standard_error": [0.0, 0.2]}, "That of 'read' is 0"),
        ({"outcome": ["read", "read"]}, "more than once: 'read'"),
        ({"clusters": 3}, "You gave 3"),
        ({"clusters": [20, 2]}, "at least 4"),
        ({"clusters": [20, 12.5]}, "whole numbers"),
        ({"clusters": [20, 12, 8]}, "one per outcome"),
        ({"clusters": [20, np.nan]}, "at least 4"),
    ],
)
def test_a_table_that_cannot_be_right_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(DataError, match=words) as caught:
        build(**changes)
    assert all((caught.value.rule, caught.value.given, caught.value.action))


def test_the_fingerprint_is_that_of_the_numbers() -> None:
    assert build().fingerprint() == build().fingerprint()
    for changes in ({"effect": [0.2, 0.1]}, {"standard_error": [0.1, 0.3]}, {"outcome": ["a", "b"]}, {"clusters": 20}):
        assert build(**changes).fingerprint() != build().fingerprint()
