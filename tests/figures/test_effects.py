"""A trial on one page: the table, its text, its figure, from draws with known answers."""

import io

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import bayespanel as bp
from bayespanel.language.errors import SpecError
from bayespanel.summaries.summary import summarise

RAW_SD = 4.0
"""Standard deviation of every fake outcome in its own units."""

PARENTS = {
    "behaviour": ("hyperactivity", "conduct", "peer problems", "prosocial"),
    "well-being": ("mood", "sleep", "school liking", "self-esteem"),
}


def fake_trial(
    outcomes: tuple[str, ...],
    families: dict[str, tuple[str, ...]] | None = None,
    *,
    arms: tuple[str, ...] = ("intervention",),
    unpooled: bool = True,
    rope: float = 0.1,
    seed: int = 1,
    **asked: float,
) -> xr.Dataset:
    """Evidence of a trial with effects 0.1, 0.2, ... times an alternating sign, unpooled 1.5 times these."""
    rng = np.random.default_rng(seed)
    family = {outcome: name for name, members in (families or {}).items() for outcome in members}
    rows: list[tuple[str, str, str, str, str, bool, float, float, float]] = []
    for arm in arms:
        for i, outcome in enumerate(outcomes):
            mean, inside = 0.1 * (1 + i % 3) * (-1) ** i, outcome in family
            edge, home = "school->child", family.get(outcome, "")
            rows.append((f"{arm}: {outcome}", "effect", arm, outcome, edge, inside, mean, 0.08, RAW_SD))
            if unpooled:
                rows.append((f"{arm}: {outcome} u", "unpooled", arm, outcome, edge, False, 1.5 * mean, 0.12, RAW_SD))
            family[outcome] = home
        for name in families or {}:
            rows.append((f"{arm}: family {name}", "family", arm, name, "", True, -0.05, 0.06, 1.0))
            family[name] = name
    for outcome in outcomes:
        rows.append((f"icc: {outcome}", "icc", "class", outcome, "", False, 0.1, 0.02, RAW_SD))
    names, kind, source, target, edge_of, pooled, mean_of, sd, scale = map(np.array, zip(*rows, strict=True))
    values = mean_of + sd * rng.standard_normal((4, 1000, len(rows)))
    dims = ("chain", "draw", "pathway")
    coords = {"kind": kind, "source": source, "target": target, "edge": edge_of, "pooled": pooled.astype(bool)}
    coords["family"] = np.array([family[name] for name in target])
    draws = xr.Dataset(
        {"standardised": (dims, values), "raw": (dims, values * scale)},
        coords={"pathway": names, **{name: ("pathway", value) for name, value in coords.items()}},
        attrs={"standardisation": "Effects are in standard deviations of this fake trial."},
    )
    return summarise(draws, rope=rope, sampling_sd=np.where(pooled, np.nan, sd), **asked)


@pytest.fixture(scope="module")
def school() -> dict[str, xr.Dataset]:
    outcomes = tuple(outcome for members in PARENTS.values() for outcome in members)
    return {
        "Pupils": fake_trial(("bullying", "victimisation", "empathy", "school bonding"), seed=1),
        "Parents": fake_trial(outcomes, PARENTS, seed=2),
        "Teachers": fake_trial(("aggression", "prosocial", "attention", "achievement"), seed=3),
    }


def table_of(evidence: xr.Dataset) -> pd.DataFrame:
    return bp.table(bp.effects(evidence))


def text_of(evidence: xr.Dataset) -> str:
    return bp.text(bp.effects(evidence))


def picked(frame: pd.DataFrame, outcome: str, arm: str = "intervention") -> pd.Series:
    (found,) = (row for _, row in frame[(frame["outcome"] == outcome) & (frame["arm"] == arm)].iterrows())
    return found


def test_every_outcome_is_a_row_and_families_come_last(school: dict[str, xr.Dataset]) -> None:
    frame = bp.table(bp.effects(school))
    assert frame["informant"].value_counts().to_dict() == {"Parents": 10, "Pupils": 4, "Teachers": 4}
    parents = frame[frame["informant"] == "Parents"]
    assert parents["outcome"].tolist()[-2:] == ["family behaviour", "family well-being"]
    assert parents["kind"].tolist() == ["effect"] * 8 + ["family"] * 2


def test_numbers_are_those_of_the_evidence(school: dict[str, xr.Dataset]) -> None:
    one = school["Parents"]
    row = picked(bp.table(bp.effects(one)), "mood")
    pooled, alone = one.sel(pathway="intervention: mood"), one.sel(pathway="intervention: mood u")
    assert row["informant"] == ""
    for name in ("mean", "lower", "upper", "prob_direction", "prob_rope", "prob_above_rope", "prob_below_rope"):
        assert row[name] == float(pooled[name])
        assert row[f"mcse_{name}"] == float(pooled[f"mcse_{name}"])
        assert row[f"unpooled_{name}"] == float(alone[name])
        assert row[f"mcse_unpooled_{name}"] == float(alone[f"mcse_{name}"])
    assert row["raw_lower"] == float(pooled["raw_lower"])
    assert row["icc_class"] == float(one.sel(pathway="icc: mood")["mean"])
    # raw draws are exactly RAW_SD times the standardised ones; the rest is rounding
    assert row["mcse_raw_mean"] == pytest.approx(RAW_SD * row["mcse_mean"])


def test_without_families_both_columns_agree() -> None:
    row = picked(table_of(fake_trial(("a", "b"), unpooled=False)), "b")
    assert row["unpooled_mean"] == row["mean"]
    assert row["mcse_unpooled_lower"] == row["mcse_lower"]


def test_pooled_effects_without_the_unpooled_model_have_nothing_beside() -> None:
    frame = table_of(fake_trial(("a", "b", "c"), {"f": ("a", "b")}, unpooled=False))
    assert np.isnan(picked(frame, "a")["unpooled_mean"])
    assert picked(frame, "c")["unpooled_mean"] == picked(frame, "c")["mean"]


def test_a_family_has_no_raw_units() -> None:
    row = picked(table_of(fake_trial(("a", "b"), {"f": ("a", "b")})), "family f")
    assert row[["raw_mean", "mcse_raw_mean", "unpooled_mean", "icc_class"]].isna().all()


def test_arms_stand_apart() -> None:
    evidence = fake_trial(("a", "b"), {"f": ("a", "b")}, arms=("light", "full"))
    frame = bp.table(bp.effects(evidence))
    assert frame["arm"].tolist() == ["light", "light", "full", "full", "light", "full"]
    assert picked(frame, "a", "full")["mean"] == float(evidence.sel(pathway="full: a")["mean"])
    assert "full, family f" in bp.text(bp.effects(evidence)).splitlines()


def test_what_was_asked_for_goes_along() -> None:
    evidence = fake_trial(("a", "b"), at_least=0.2, true_effect=0.15)
    row, text = picked(bp.table(bp.effects(evidence)), "a"), bp.text(bp.effects(evidence))
    assert {"prob_at_least", "type_m", "type_s"} <= set(row.index)
    assert "P(>= 0.2)" in text
    assert "were the effect 0.15" in " ".join(text.split())
    assert "prob_at_least" not in table_of(fake_trial(("a",)))


def test_a_precise_design_exaggerates_nothing_and_errs_in_sign_almost_never() -> None:
    (line,) = (line for line in text_of(fake_trial(("a",), true_effect=2.0)).splitlines() if " a " in line[:4])
    assert line.split()[-3:-1] == ["1.00", "<0.01"]


def test_the_text_heads_informants_and_families_and_defines_its_scale(school: dict[str, xr.Dataset]) -> None:
    text = bp.text(bp.effects(school))
    assert {"Pupils", "Parents, family behaviour", "Parents, family well-being", "Teachers"} <= set(text.splitlines())
    assert "Scale: Effects are in standard deviations of this fake trial." in text
    assert "-0.1 to 0.1" in text
    # 4000 independent draws with standard deviation 0.08: the Monte Carlo error is 0.0013, so two decimals
    (line,) = (line for line in text.splitlines() if line.startswith("  mood "))
    assert f"{picked(bp.table(bp.effects(school['Parents'])), 'mood')['mean']:.2f} " in line
    assert all(line == line.rstrip() for line in text.splitlines())


def test_definitions_that_differ_name_their_informants(school: dict[str, xr.Dataset]) -> None:
    teachers = school["Teachers"].assign_attrs(standardisation="Latent units.")
    assert "Scale (Teachers): Latent units." in bp.text(bp.effects({**school, "Teachers": teachers}))


def test_informants_with_different_regions_do_not_share_a_page(school: dict[str, xr.Dataset]) -> None:
    with pytest.raises(SpecError, match=r"'rope' is \[-0\.1, 0\.1\] for Pupils and \[-0\.2, 0\.2\] for Parents"):
        bp.plot_effects({"Pupils": school["Pupils"], "Parents": fake_trial(("a",), rope=0.2)})


def test_evidence_of_a_panel_is_refused(school: dict[str, xr.Dataset]) -> None:
    panel = school["Pupils"].sel(pathway=school["Pupils"]["kind"] == "icc")
    with pytest.raises(SpecError, match="That of Pupils holds icc"):
        bp.table(bp.effects({"Pupils": panel}))
    with pytest.raises(SpecError, match="mapping is empty"):
        bp.table(bp.effects({}))


def test_the_figure_marks_pooled_unpooled_and_families(school: dict[str, xr.Dataset]) -> None:
    figure = bp.plot_effects(school)
    axes = figure.axes[0]
    marked = [artist.get_gid() for artist in axes.get_children()]
    assert (marked.count("effect"), marked.count("unpooled"), marked.count("family")) == (16, 8, 2)
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names[0] == "Pupils"
    assert names[names.index("behaviour") + 1 : names.index("well-being")] == [*PARENTS["behaviour"], "family mean"]
    width, height = figure.get_size_inches()
    assert (width, height) <= (8.27, 11.69)
    figure.savefig(io.BytesIO(), format="pdf")


def test_a_figure_without_families_explains_no_pooling() -> None:
    (legend,) = bp.plot_effects(fake_trial(("a", "b"))).legends
    assert not any("pool" in words.get_text() or "amily" in words.get_text() for words in legend.get_texts())


def test_outcomes_without_a_family_come_before_families() -> None:
    evidence = fake_trial(("a", "b", "c"), {"f": ("a", "b")})
    names = [label.get_text() for label in bp.plot_effects(evidence).axes[0].get_yticklabels()]
    assert names == ["c", "f", "a", "b", "family mean"]
    text = bp.text(bp.effects(evidence))
    assert text.index("  c ") < text.index("family f")
