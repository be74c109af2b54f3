"""Studies joined on the triangle: within a study draws are joint, between studies they are independent."""

from __future__ import annotations

import numpy as np
import pytest

from bayespanel.language.errors import SpecError
from bayespanel.summaries.summary import summarise
from bayespanel.summaries.synthesis import ALL, synthesise
from tests.summaries.fake import draws


def study(values, *, prob=0.95, rope=0.1, **coords):
    n = np.asarray(values).shape[2]
    found = draws(values, via=[""] * n, lag=[1] * n, level=["within"] * n, **coords)
    return summarise(found, rope=rope, prob=prob), found


def panel(seed=1):
    rng = np.random.default_rng(seed)
    shared = rng.normal(0.1, 0.1, (4, 500))
    values = np.stack([shared, shared, rng.normal(0, 0.01, (4, 500))], axis=2)
    return study(
        values, pathway=["a -> b", "a -> c", "b -> a"], edge=["parent->child", "parent->child", "child->parent"],
        kind=["direct"] * 3,
    )  # fmt: skip


def trial():
    rng = np.random.default_rng(2)
    return study(
        rng.normal(0.1, 0.1, (4, 500, 2)), pathway=["warmth", "icc: warmth"], edge=["parent->child", ""],
        kind=["effect", "icc"],
    )  # fmt: skip


def test_pathways_of_one_study_share_their_draws():
    joined = synthesise({"panel": panel()})
    row = joined.edges.iloc[0]
    assert (row["edge"], row["pathways"]) == ("parent->child", 2)
    # Both pathways are the same draws: any, all and pooled are one event, which independence would get wrong.
    assert row["prob_any"] == row["prob_all"] == row["prob_pooled"]
    assert row["prob_any"] == pytest.approx(0.5 + 0.023, abs=0.04)
    assert set(joined.evidence["study"].values) == {"panel"}


def test_studies_multiply_and_are_never_pooled():
    joined = synthesise({"panel": panel(), "trial": trial()})
    table = joined.edges.set_index(["edge", "study"])
    p, t, both = (table.loc[("parent->child", name)] for name in ("panel", "trial", ALL))
    assert both["prob_any"] == pytest.approx(1 - (1 - p["prob_any"]) * (1 - t["prob_any"]))
    assert both["prob_all"] == pytest.approx(p["prob_all"] * t["prob_all"])
    assert np.isnan(both["pooled"])
    alone = table.loc[("child->parent", ALL)]
    assert alone["pooled"] == table.loc[("child->parent", "panel"), "pooled"]
    assert joined.evidence.sizes["pathway"] == 5
    assert "icc: warmth" in joined.evidence["pathway"].values
    assert t["pathways"] == 1  # a share of variance is on no edge


def test_what_has_no_mean_is_not_pooled_and_what_repeats_does_not_count():
    rng = np.random.default_rng(3)
    values = rng.normal(0.1, 0.1, (4, 500, 4))
    mixed = study(
        values, pathway=["u", "u by girl", "anxiety: a vs b", "programme: a"], edge=["school->child"] * 4,
        kind=["effect", "moderation", "odds", "programme"],
    )  # fmt: skip
    row = synthesise({"mixed": mixed}).edges.iloc[0]
    assert row["pathways"] == 3
    assert "by girl" not in row["names"]
    assert np.isnan(row["pooled"])
    assert np.isnan(row["prob_pooled"])


def test_what_cannot_be_joined_is_refused():
    with pytest.raises(SpecError, match="same probability"):
        synthesise(
            {"a": panel(), "b": study(np.ones((2, 5, 1)) + np.random.default_rng(1).normal(size=(2, 5, 1)), prob=0.9)}
        )
    bare = study(np.random.default_rng(1).normal(size=(2, 50, 2)))
    with pytest.raises(SpecError, match="No pathway of these studies"):
        synthesise({"a": bare})


def test_every_number_of_an_edge_has_its_error_and_none_is_certain() -> None:
    rng = np.random.default_rng(4)
    sure = study(
        rng.normal(0.5, 0.01, (4, 500, 2)),
        pathway=["a -> b", "a -> c"],
        edge=["parent->child"] * 2,
        kind=["direct"] * 2,
    )
    table = synthesise({"sure": sure, "panel": panel(), "trial": trial()}).edges.set_index(["edge", "study"])
    for name in ("prob_any", "prob_all", "prob_pooled"):
        given = table[table[name].notna()]
        assert (given[f"mcse_{name}"] > 0).all()
    assert table.loc[("parent->child", "sure"), "prob_all"] == 1.0
    # Independent draws: errors are those of shares of 2,000, and of a product.
    p, s, t, both = (table.loc[("parent->child", name)] for name in ("panel", "sure", "trial", ALL))
    share = p["prob_any"]
    assert p["mcse_prob_any"] == pytest.approx(np.sqrt(share * (1 - share) / 2000), rel=0.2)
    parts = [one["mcse_prob_all"] * both["prob_all"] / one["prob_all"] for one in (p, s, t)]
    assert both["mcse_prob_all"] == pytest.approx(np.linalg.norm(parts))
