"""A published table of means and covariances is as good as complete data."""

from __future__ import annotations

import numpy as np
import pytest

from bayespanel.data import Panel
from bayespanel.language.errors import DataError
from tests.data.tables import random_panel

COV = np.array([[4.0, 1, 1, 0], [1, 9, 0, 2], [1, 0, 4, 1], [0, 2, 1, 9]])
TABLE = {"mean": [1.0, 2, 3, 4], "cov": COV, "n": 100, "variables": ["a", "b"], "waves": [1, 2]}


@pytest.mark.parametrize(("divisor", "ddof"), [("n-1", 1), ("n", 0)])
def test_the_table_of_complete_data_gives_the_moments_of_the_data(divisor: str, ddof: int) -> None:
    panel = random_panel(np.random.default_rng(2), 60, 3, 2, 0, (), 0.0)
    flat = panel.values.reshape(60, 6)
    published = Panel.from_summary(
        mean=flat.mean(axis=0),
        cov=np.cov(flat.T, ddof=ddof),
        n=60,
        variables=panel.variables,
        waves=panel.waves,
        divisor=divisor,  # type: ignore[arg-type]
    )
    direct = panel.moments()
    for name in ("centre", "scale", "syy", "n", "observed", "sxx"):
        assert np.allclose(getattr(published, name), getattr(direct, name), rtol=1e-10, atol=1e-10), name
    # From raw scores the cross-products with 1 vanish up to rounding; from a table they are zero.
    assert np.abs(direct.sxy).max() < 1e-10
    assert not published.sxy.any()


def test_means_may_come_as_a_table_of_waves_and_variables() -> None:
    flat = Panel.from_summary(**TABLE)  # type: ignore[arg-type]
    square = Panel.from_summary(**{**TABLE, "mean": [[1, 2], [3, 4]]})  # type: ignore[arg-type]
    assert np.array_equal(flat.centre, square.centre)
    assert flat.n_pupils == 100
    assert "100 pupils (divisor n-1)" in flat.notes[0]


def test_a_table_of_ones_on_the_diagonal_is_noted() -> None:
    moments = Panel.from_summary(mean=[0, 0], cov=[[1, 0.5], [0.5, 1]], n=9, variables=["a"], waves=["1", "2"])
    assert "correlations" in moments.notes[1]


@pytest.mark.parametrize(
    ("change", "rule", "given"),
    [
        ({"mean": [1, 2, 3]}, "one finite value per wave and variable", "shape (3,)"),
        ({"mean": [1, 2, 3, np.nan]}, "one finite value", "missing"),
        ({"cov": COV[:3, :3]}, "4 by 4", "shape (3, 3)"),
        ({"cov": np.tril(COV)}, "symmetric", "lower triangle only"),
        ({"cov": COV + np.triu(np.ones((4, 4)), 1)}, "symmetric", "differ by 1"),
        ({"cov": COV - 5 * np.eye(4)}, "positive definite", "eigenvalue is -"),
        ({"cov": np.ones((4, 4))}, "positive definite", "eigenvalue"),
        ({"cov": np.where(COV == 9, np.nan, COV)}, "finite", "2 entries"),
        ({"n": 1}, "at least 2", "1"),
        ({"n": 10.5}, "number of pupils", "10.5"),
        ({"divisor": "N"}, "divided by", "'N'"),
        ({"waves": [1]}, "two waves", "'1'"),
        ({"waves": [1, 1]}, "named once", "'1', '1'"),
        ({"variables": "ab"}, "list", "'ab'"),
    ],
)
def test_a_wrong_table_is_refused(change: dict[str, object], rule: str, given: str) -> None:
    with pytest.raises(DataError) as caught:
        Panel.from_summary(**{**TABLE, **change})  # type: ignore[arg-type]
    assert rule in caught.value.rule
    assert given in caught.value.given
    assert caught.value.action.endswith(".")


def test_waves_of_a_published_table_are_in_the_order_of_time() -> None:
    table = {"mean": np.zeros(3), "cov": np.eye(3) + 0.1, "n": 50, "variables": ["a"]}
    with pytest.raises(DataError, match="order of time"):
        Panel.from_summary(waves=[1, 3, 2], **table)
    assert Panel.from_summary(waves=["spring", "summer 2", "later"], **table).waves == ("spring", "summer 2", "later")


def test_a_published_table_of_too_few_pupils_is_refused() -> None:
    with pytest.raises(DataError, match="more than 3 pupils"):
        Panel.from_summary(mean=np.zeros(3), cov=np.eye(3) + 0.1, n=3, variables=["a"], waves=[1, 2, 3])
