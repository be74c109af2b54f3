"""Tables show what was computed and no digit below its Monte Carlo error."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, strategies as st

from bayespanel.language.errors import SpecError
from bayespanel.summaries.summary import summarise
from bayespanel.summaries.table import decimals, log_bayes_factor, number, probability, table, text
from tests.summaries.fake import draws, normal


def evidence(**options):
    values = normal(4, sd=0.05, length=1000) + np.array([0.1, -0.4, 0.02, 0.3])
    kinds = ["direct", "direct", "direct", "carry_over"]
    return summarise(draws(values, kind=kinds, pathway=["a -> b", "b -> a", "a -> c", "a -> a"]), rope=0.05, **options)


@given(error=st.floats(1e-8, 10))
def test_no_digit_is_below_the_error_and_none_above_it_is_lost(error):
    places = decimals(error)
    assert 10.0**-places >= error * (1 - 1e-6) or places == 0
    assert places == 3 or 10.0 ** -(places + 1) < error * (1 + 1e-6)


@pytest.mark.parametrize(
    ("value", "error", "shown"),
    [
        (0.12345, 0.001, "0.123"),
        (0.12345, 0.0011, "0.12"),
        (-0.003, 0.01, "0.00"),
        (12.3, 2, "12"),
        (0.5, math.nan, "0.500"),
    ],
)
def test_numbers_are_cut_at_their_error(value, error, shown):
    assert number(value, error).strip() == shown


@pytest.mark.parametrize(
    ("value", "error", "shown"),
    [
        (1.0, 0.0004, ">0.999"),
        (0.0, 0.004, "<0.01"),
        (0.9996, 0.0004, ">0.999"),
        (0.975, 0.001, "0.975"),
        (1.0, 0.2, "1.0"),
        (0.51, 0.12, "0.5"),
        (0.36, 0.3, "0.4"),
        (0.51, 0.9, "0.5"),
    ],
)
def test_certainty_is_shown_as_a_bound(value, error, shown):
    assert probability(value, error).strip() == shown


def test_the_frame_has_a_row_per_pathway_and_all_numbers():
    ev = evidence()
    frame = table(ev)
    assert list(frame["pathway"]) == list(ev["pathway"].values)
    assert set(frame.columns) == {*map(str, ev.coords), *map(str, ev.data_vars)}
    assert list(table(ev, kinds=["carry_over", "direct"])["kind"]) == ["carry_over"] + ["direct"] * 3


def test_the_text_sorts_by_kind_and_size():
    shown = text(evidence(), kinds=["carry_over", "direct"])
    rows = re.findall(r"^  (\w -> \w)", shown, flags=re.M)
    assert rows == ["a -> a", "b -> a", "a -> b", "a -> c"]
    assert shown.index("Carry-over") < shown.index("Direct effects")


def test_the_text_ends_with_its_definitions():
    shown = text(evidence(prob=0.9, interval="hdi"))
    assert "Scale: In known units." in shown
    assert "-0.05 to 0.05" in shown
    assert "highest-density" in shown
    assert "90 % interval" in shown
    assert "Largest R-hat" in shown


def test_decimal_points_stand_below_each_other():
    shown = text(evidence())
    places = {line.index(".", 10) for line in shown.splitlines() if line.startswith("  ") and "->" in line}
    assert len(places) == 1


def test_what_is_left_out_is_counted():
    shown = text(evidence(), kinds=["direct"], top=1)
    assert "b -> a" in shown
    assert "a -> b" not in shown
    assert "... and 2 more" in shown


def test_constant_pathways_are_shown_and_said_to_be_so():
    ev = summarise(draws(np.full((2, 10, 1), 0.25)), rope=0.05)
    shown = text(ev)
    assert "0.250" in shown
    assert "1 pathway(s) have no R-hat" in shown


def test_a_kind_that_is_not_there_is_refused():
    with pytest.raises(SpecError, match="'total' is not among them"):
        text(evidence(), kinds=["total"])
    with pytest.raises(SpecError, match="'total' is not among them"):
        table(evidence(), kinds=["total"])


def test_a_bound_is_written_as_one_and_a_bound_below_0_as_not_known():
    assert log_bayes_factor(2.34, 0.05) == "2.3"
    assert log_bayes_factor(np.nan, np.nan, 4.89) == ">4.8"
    assert log_bayes_factor(np.nan, np.nan, -0.8) == "?"
    assert log_bayes_factor(np.nan, np.nan) == "-"
    ev = summarise(draws(np.random.default_rng(1).normal(size=(2, 100, 2))), rope=0.05)
    ev["log_bf10"] = ("pathway", [1.0, np.nan])
    ev["mcse_log_bf10"] = ("pathway", [0.05, np.nan])
    ev["log_bf10_above"] = ("pathway", [np.nan, -0.8])
    shown = text(ev)
    assert re.search(r"p1 .* \?  ", shown)
    assert "> is a lower bound, ? is not known" in " ".join(shown.split())


@pytest.mark.parametrize(("columns", "widest"), [("80", 80), ("60", 80), ("200", 200)])
def test_the_text_fits_the_terminal(monkeypatch: pytest.MonkeyPatch, columns: str, widest: int):
    monkeypatch.setenv("COLUMNS", columns)
    names = ["total: school_victimisation -> parental_rejection (2 waves)", "a -> b", "b -> a", "a -> a"]
    values = normal(4, sd=0.05, length=1000) + np.array([0.1, -0.4, 0.02, 0.3])
    found = summarise(draws(values, kind=["direct"] * 4, pathway=names), rope=0.05)
    for shown in (text(found), text(found, top=1)):
        assert max(map(len, shown.splitlines())) <= widest
        assert names[0] in shown or "more" in shown
    assert ("P(dir)" in text(found)) == (widest == 80)


def test_raw_units_stand_beside_the_standardised_scale() -> None:
    values = normal(2, sd=0.05, length=1000) + np.array([0.1, -0.4])
    given = draws(values, kind=["direct", "direct"], pathway=["a -> b", "b -> a"])
    found = summarise(
        given.assign(raw=given["standardised"] * xr.DataArray([200.0, np.nan], dims="pathway")), rope=0.05
    )
    lines = text(found, raw=True).splitlines()
    first, second = (next(line for line in lines if name in line) for name in ("a -> b", "b -> a"))
    assert "raw mean" in lines[0]
    assert "ROPE)" not in lines[0]
    mean, low, high = (float(found[name][0]) for name in ("raw_mean", "raw_lower", "raw_upper"))
    assert f" {mean:.0f}  " in first
    assert f"[{low:.0f}, {high:.0f}]" in first
    assert second.count(" - ") >= 2
    assert "Raw mean and its interval: in raw units" in text(found, raw=True)
