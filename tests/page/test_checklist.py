"""The points of two guidelines, and where a page answers them."""

from __future__ import annotations

import re

import pytest

import bayespanel as bp
from bayespanel.page.checklist import INSTEAD, POINTS, checklist

SECTIONS = ("question", "data", "model", "priors", "checks", "evidence", "fit", "sensitivity", "comparison", "record")
"""Of a page; "methods" is the one in which the list stands."""

EVERY = {name: name.title() for name in (*SECTIONS, "methods")}


def test_both_guidelines_are_there_with_all_their_steps():
    table = checklist(EVERY)
    assert list(table.columns) == ["guideline", "point", "where", "answered"]
    assert set(table["guideline"]) == {"BARG", "WAMBS"}
    assert table["point"].is_unique
    wambs = table.loc[table["guideline"] == "WAMBS", "point"]
    assert [int(point.split()[0]) for point in wambs] == list(range(1, 11))
    barg = table.loc[table["guideline"] == "BARG", "point"]
    assert {point[0] for point in barg if point[0].isdigit()} == set("123456")


@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_answers_its_points_and_its_absence_asks_for_it(section):
    own = [point for _, point, place in POINTS if place == section]
    with_it, without = checklist({section: "Title"}), checklist({k: v for k, v in EVERY.items() if k != section})
    assert own
    assert with_it.loc[with_it["answered"], "point"].tolist() == own
    assert with_it.loc[with_it["answered"], "where"].eq("Title").all()
    mine = without[without["point"].isin(own)]
    assert not mine["answered"].any()
    assert mine["where"].eq(f"Not in this report. {INSTEAD[section]}").all()


def test_answered_is_what_a_page_takes_for_truth():
    assert checklist(EVERY)["answered"].dtype == bool
    assert checklist({})["answered"].dtype == bool


def test_what_no_section_can_answer_is_not_claimed():
    missing = checklist(EVERY).query("~answered")["where"]
    assert missing.str.contains("twice the draws").sum() == 1
    assert missing.str.contains("Deposit script").sum() == 1
    assert missing.str.contains("bp.refits").sum() == 3
    made = {"longer": "A second fit", "deposit": "An address", "refits": "Refits"}
    assert checklist(EVERY | made)["answered"].all()


def test_every_point_has_something_to_do_and_names_what_exists():
    assert {place for *_, place in POINTS} == set(INSTEAD)
    for action in INSTEAD.values():
        for name in re.findall(r"bp\.(\w+)", action):
            assert hasattr(bp, name), name
