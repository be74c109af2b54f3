"""Moments are the sums over pupils that a slow obvious loop finds."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from bayespanel.data import Moments, Panel
from bayespanel.data.layouts import MOMENTS
from bayespanel.language.errors import DataError
from tests.data.tables import build, long_table, random_panel

LEVELS = [(), ("class",), ("school",), ("class", "school")]


@st.composite
def panels(draw: st.DrawFn) -> Panel:
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return random_panel(
        rng,
        pupils=draw(st.integers(2, 25)),
        waves=draw(st.integers(2, 4)),
        variables=draw(st.integers(1, 3)),
        covariates=draw(st.integers(0, 2)),
        levels=draw(st.sampled_from(LEVELS)),
        missing=draw(st.sampled_from([0.0, 0.2, 0.6])),
    )


def slowly(panel: Panel) -> dict[str, object]:
    """Sum over pupils one by one, into dictionaries by pattern and by cluster and pattern."""
    p = len(panel.waves) * len(panel.variables)
    rows = [pupil.reshape(p) for pupil in panel.values]
    centre = np.array([np.mean([row[c] for row in rows if not np.isnan(row[c])]) for c in range(p)])
    variance = np.array([np.var([row[c] for row in rows if not np.isnan(row[c])]) for c in range(p)])
    x_centre = panel.covariates.mean(axis=0)
    kinds: dict[tuple[bool, ...], dict[str, object]] = {}
    blocks: dict[tuple[tuple[bool, ...], int], list[object]] = {}
    for i, row in enumerate(rows):
        seen = tuple(bool(s) for s in ~np.isnan(row))
        y = np.array([row[c] - centre[c] if seen[c] else 0.0 for c in range(p)])
        x = np.array([1.0, *(panel.covariates[i] - x_centre)])
        kind = kinds.setdefault(seen, {"n": 0, "sxx": 0.0, "sxy": 0.0, "syy": 0.0})
        for name, part in (("n", 1), ("sxx", np.outer(x, x)), ("sxy", np.outer(x, y)), ("syy", np.outer(y, y))):
            kind[name] = kind[name] + part
        cluster = panel.classroom if panel.classroom is not None else panel.school
        if cluster is not None:
            block = blocks.setdefault((seen, int(cluster[i])), [0, 0.0, 0.0])
            block[:] = [block[0] + 1, block[1] + x, block[2] + y]
    order = sorted(kinds, key=lambda seen: (-sum(seen), [not s for s in seen]))
    scale = np.sqrt(variance.reshape(len(panel.waves), -1).mean(axis=0))
    return {"centre": centre, "scale": scale, "x_centre": x_centre, "kinds": kinds, "blocks": blocks, "order": order}


def close(a: object, b: object, size: float = 1.0) -> bool:
    # Sums of at most 25 products in another order differ by some dozen roundings of their largest term, near `size`.
    return np.allclose(np.asarray(a, float), np.asarray(b, float), rtol=1e-12, atol=1e-11 * size)


def same_moments(a: Moments, b: Moments) -> None:
    size = float(max(np.abs(a.syy).max(), np.abs(a.sxy).max(), np.abs(a.sxx).max(), np.abs(a.centre).max()))
    for name in (*MOMENTS.names, *MOMENTS.arrays):
        if name == "notes":
            continue
        one, two = getattr(a, name), getattr(b, name)
        if one is None or two is None:
            assert one is two, name
        elif name in MOMENTS.arrays and MOMENTS.arrays[name].dtype == "<f8":
            assert one.shape == two.shape, name
            assert close(one, two, size), name
        else:
            assert np.array_equal(one, two), name


@given(panels())
@settings(max_examples=150, deadline=None)
def test_moments_equal_a_loop_over_pupils(panel: Panel) -> None:
    moments, slow = panel.moments(), slowly(panel)
    size = float(np.nanmax(np.abs(panel.values)))
    assert close(moments.centre, slow["centre"], size)
    assert close(moments.covariate_centre, slow["x_centre"])
    assert close(moments.scale, slow["scale"], size)
    assert [tuple(row) for row in moments.observed.tolist()] == slow["order"]
    for r, seen in enumerate(slow["order"]):
        kind = slow["kinds"][seen]
        assert moments.n[r] == kind["n"]
        for name in ("sxx", "sxy", "syy"):
            assert close(getattr(moments, name)[r], kind[name], 100 * size), name
    found = list(zip(moments.block_kind, moments.block_cluster, strict=True))
    assert found == sorted(found)
    assert {(slow["order"][r], int(c)) for r, c in found} == set(slow["blocks"])
    for at, (r, c) in enumerate(found):
        n, sx, sy = slow["blocks"][slow["order"][r], int(c)]
        assert moments.block_n[at] == n
        assert close(moments.block_sx[at], sx, 100)
        assert close(moments.block_sy[at], sy, 100 * size)


@given(panels())
@settings(max_examples=50, deadline=None)
def test_blocks_add_up_to_their_kinds(panel: Panel) -> None:
    moments = panel.moments()
    if not moments.levels:
        assert moments.n_blocks == 0
        return
    added = np.zeros(moments.n_kinds, np.int64)
    np.add.at(added, moments.block_kind, moments.block_n)
    assert np.array_equal(added, moments.n)
    sums = np.zeros_like(moments.sxy[:, 0])
    np.add.at(sums, moments.block_kind, moments.block_sy)
    assert close(sums, moments.sxy[:, 0], 1e4)


@given(panels(), st.data())
@settings(max_examples=150, deadline=None)
def test_selecting_equals_the_moments_of_the_restricted_panel(panel: Panel, data: st.DataObject) -> None:
    variables = data.draw(st.permutations(panel.variables))[: data.draw(st.integers(1, len(panel.variables)))]
    waves = sorted(data.draw(st.permutations(panel.waves))[: data.draw(st.integers(2, len(panel.waves)))])
    chosen = panel.moments().select(variables=variables, waves=waves)

    values = panel.values[:, [panel.waves.index(w) for w in waves]]
    values = values[:, :, [panel.variables.index(v) for v in variables]]
    restricted = replace(panel, values=values, waves=tuple(waves), variables=tuple(variables))
    same_moments(chosen, restricted.moments())


def test_selecting_everything_changes_nothing() -> None:
    panel = random_panel(np.random.default_rng(3), 40, 3, 2, 1, ("class", "school"), 0.3)
    moments = panel.moments()
    same_moments(moments.select(), moments)


def test_pupils_without_a_selected_score_are_counted_in_the_notes() -> None:
    frame = long_table()
    frame.loc[frame["pupil"] == "p3", "math"] = np.nan
    moments = build(frame).moments().select(variables=["math"])
    assert moments.n_pupils == 11
    assert "1 pupil without a score in the selected cells" in moments.notes[-1]


@pytest.mark.parametrize(
    ("arguments", "given"),
    [
        ({"variables": ["maths"]}, "Nearest: 'math'"),
        ({"variables": ["math", "math"]}, "more than once"),
        ({"variables": []}, "empty"),
        ({"variables": "math"}, "'math'"),
        ({"waves": ["2"]}, "'2'"),
        ({"waves": ["2", "1"]}, "'2', '1'"),
    ],
)
def test_a_wrong_selection_is_refused(arguments: dict[str, list[str]], given: str) -> None:
    with pytest.raises(DataError) as caught:
        build(long_table()).moments().select(**arguments)  # type: ignore[arg-type]
    assert given in caught.value.given


def test_the_complete_pattern_comes_first_then_fewer_and_fewer_cells() -> None:
    frame = long_table()
    frame.loc[(frame["pupil"] == "p0") & (frame["wave"] == 1), "math"] = np.nan
    frame.loc[(frame["pupil"] == "p1") & (frame["wave"] == 3), "read"] = np.nan
    frame.loc[(frame["pupil"] == "p2") & (frame["wave"] > 1), ["math", "read"]] = np.nan
    moments = build(frame).moments()
    words = ["".join("x" if seen else "." for seen in row) for row in moments.observed]
    assert words == ["xxxxxx", "xxxxx.", ".xxxxx", "xx...."]
    assert moments.n.tolist() == [9, 1, 1, 1]


def test_more_cells_than_bits_in_a_number_are_told_apart() -> None:
    panel = random_panel(np.random.default_rng(0), 50, 20, 4, 0, (), 0.0)
    panel.values[7, 19, 3] = np.nan
    panel.values[9, 0, 0] = np.nan
    assert panel.moments().n.tolist() == [48, 1, 1]


def test_a_large_offset_does_not_cost_digits() -> None:
    panel = random_panel(np.random.default_rng(0), 200, 2, 1, 0, (), 0.0)
    far = replace(panel, values=panel.values + 2.0**30)
    # Adding a power of two loses about 1e-7 of each score, once; squares of uncentred scores would lose everything.
    assert np.allclose(far.moments().syy, panel.moments().syy, rtol=1e-6)


def test_small_blocks_are_left_out_and_counted() -> None:
    frame = long_table(24)
    frame.loc[(frame["pupil"] == "p0") & (frame["wave"] == 1), "math"] = np.nan
    panel = build(frame, classroom="class", school="school")
    moments = panel.moments(min_block=2)
    assert moments.n_pupils == 23
    assert moments.block_n.min() >= 2
    assert "1 pupil in blocks" in moments.notes[-1]
    same_moments(moments, build(frame[frame["pupil"] != "p0"], classroom="class", school="school").moments())


def test_without_clusters_the_minimum_holds_for_kinds() -> None:
    frame = long_table()
    frame.loc[(frame["pupil"] == "p0") & (frame["wave"] == 1), "math"] = np.nan
    assert build(frame).moments(min_block=2).n.tolist() == [11]


def test_clusters_emptied_by_the_minimum_are_gone() -> None:
    frame = long_table(12)
    lone = frame[frame["pupil"] == "p0"].assign(pupil="lone", school="north")
    panel = build(pd.concat([frame, lone], ignore_index=True), school="school")
    assert panel.school_names == ("east", "north", "west")
    moments = panel.moments(min_block=2)
    assert moments.school_names == ("east", "west")
    assert set(moments.block_cluster.tolist()) == {0, 1}


@pytest.mark.parametrize(("minimum", "given"), [(0, "min_block is 0"), (100, "0 of 12 pupils")])
def test_an_impossible_minimum_is_refused(minimum: int, given: str) -> None:
    with pytest.raises(DataError) as caught:
        build(long_table()).moments(min_block=minimum)
    assert given in caught.value.given


def test_a_class_in_two_schools_is_refused() -> None:
    panel = random_panel(np.random.default_rng(0), 30, 2, 1, 0, ("class", "school"), 0.0)
    assert panel.school is not None
    panel.school[0] = 1 - panel.school[0]
    with pytest.raises(DataError) as caught:
        panel.moments()
    assert "one school" in caught.value.rule
    assert "1 pupil" in caught.value.given


def test_arrays_that_do_not_fit_are_refused() -> None:
    moments = build(long_table()).moments()
    with pytest.raises(DataError) as caught:
        replace(moments, centre=np.zeros(5))
    assert "'centre' has shape (5,), not (6,)" in caught.value.given


def test_the_fingerprint_follows_the_content_and_not_the_notes() -> None:
    moments = build(long_table(), school="school").moments()
    assert moments.fingerprint() == replace(moments, notes=("another",)).fingerprint()
    assert moments.fingerprint() == replace(moments, sxy=np.where(moments.sxy == 0, -0.0, moments.sxy)).fingerprint()
    changed = moments.syy.copy()
    changed[0, 0, 0] = np.nextafter(changed[0, 0, 0], np.inf)
    assert moments.fingerprint() != replace(moments, syy=changed).fingerprint()
    assert moments.fingerprint() != replace(moments, waves=("a", "b", "c")).fingerprint()


def test_the_description_of_moments_agrees_with_that_of_the_panel() -> None:
    frame = long_table(24)
    frame.loc[::7, "math"] = np.nan
    panel = build(frame, classroom="class", school="school", covariates=["girl"])
    from_panel, from_moments = panel.describe(), panel.moments().describe()
    columns = ["observed", "missing", "mean", "sd"]
    assert np.allclose(from_panel.scores[columns], from_moments.scores[columns], rtol=1e-12)
    assert sorted(from_panel.patterns["pattern"]) == sorted(from_moments.patterns["pattern"])
    assert from_panel.clusters.equals(from_moments.clusters)
    assert np.allclose(from_panel.covariates[["mean", "sd"]], from_moments.covariates[["mean", "sd"]], rtol=1e-12)
    assert from_moments.to_dict()["scores"][0]["min"] is None
    json.dumps(from_moments.to_dict(), allow_nan=False)
    assert "min" not in str(from_moments).split("Missing patterns")[0]
