"""What is said in words is what the draws carry, and what the checks leave of it."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from bayespanel.inference.checks import COMPUTATION, DATA, FIT, Check, table
from bayespanel.summaries import conclusions, sayings
from bayespanel.summaries.conclusions import conclude
from bayespanel.summaries.kinds import kind_of, kinds_with
from bayespanel.summaries.odds import ODDS, RATES
from bayespanel.summaries.summary import summarise
from tests.summaries.fake import draws

GOOD = Check("R-hat", 1.001, 1.01, True, "", about=COMPUTATION)
FITS = Check("RMSEA", 0.02, 0.05, True, "", about=FIT)

SIZES = {"beyond": (0.2, 0.02), "sign": (0.05, 0.015), "inside": (0.005, 0.008), "open": (0.01, 0.06)}
"""Verdict -> mean and SD of draws that say so beside a region of 0.03 to either side."""


def evidence(
    *pathways: tuple[str, float, float], kind: str = "direct", rope: float = 0.03, **attrs: object
) -> xr.Dataset:
    """Evidence of pathways of one kind, named "x -> y", with normal draws of exactly these means and SDs."""
    rng = np.random.default_rng(5)
    mean, sd = (np.array([one[i] for one in pathways]) for i in (1, 2))
    names = [one[0] for one in pathways]
    ends = [re.split(r" -> |: ", name) for name in names]
    noise = rng.normal(size=(4, 1000, len(names)))
    noise = (noise - noise.mean((0, 1))) / noise.std((0, 1))
    values = draws(
        mean + sd * noise,
        pathway=names,
        kind=[kind] * len(names),
        source=[end[0] for end in ends],
        target=[end[-1] for end in ends],
        via=["age"] * len(names),
        against=["low"] * len(names),
    )
    found = summarise(values, rope=rope)
    return found.assign_attrs(**({"intercepts": 1} if kind == "direct" else {}), **attrs)


def said(found: xr.Dataset, *rows: Check) -> str:
    return " ".join(conclude(found, table([*rows] or [GOOD, FITS])).sentences)


def of(verdict: str, name: str = "x -> y") -> tuple[str, float, float]:
    return (name, *SIZES[verdict])


def test_a_sure_and_large_pathway_is_said_with_its_size_and_certainty() -> None:
    text = said(evidence(of("beyond")))
    assert text.startswith(
        "Within pupils, one SD more x was followed by 0.200 SD more y at the next wave (95 % interval "
    )
    assert "the probability that this is positive is more than 99.9 %" in text
    assert "beyond the region of practical equivalence (-0.03 to 0.03) more than 99.9 %" in text
    assert "not causes" in text
    assert "one SD more x was followed by 0.200 SD less y" in said(evidence(("x -> y", -0.2, 0.02)))


def test_of_a_small_one_the_sign_is_known_and_its_size_is_open() -> None:
    text = said(evidence(of("sign")))
    assert "0.050 SD more y" in text
    assert "whether more than practically none is there is open" in text


def test_practically_none_is_said_only_inside_of_the_region() -> None:
    assert "followed by practically no more or less y" in said(evidence(of("inside")))
    for verdict in ("beyond", "sign", "open"):
        assert "practically no " not in said(evidence(of(verdict)))


def test_an_open_sign_is_no_finding_of_nothing() -> None:
    text = said(evidence(of("open")))
    assert re.search(r"followed by between 0\.1\d? SD less and 0\.1\d? SD more y", text)
    assert "whether this is positive or negative is open (positive with 5" in text
    assert "which is not the finding that there is none" in text


@pytest.mark.parametrize("verdict", SIZES)
def test_without_a_region_nothing_is_said_of_one(verdict: str) -> None:
    found = evidence(of(verdict))
    del found.attrs["rope"]
    found = found.drop_vars([name for name in found if "rope" in str(name)])
    text = said(found)
    assert "region" not in text
    assert "practically" not in text
    assert ("is open" in text) == (verdict in ("open", "inside"))


def test_a_region_without_0_makes_nothing_practically_none() -> None:
    found = evidence(of("beyond")).assign_attrs(rope=(0.1, 0.3))
    assert "practically" not in said(found)


def test_what_is_not_known_is_said() -> None:
    found = evidence(of("beyond"), of("open", "y -> x"))
    missing = xr.DataArray([True, False], dims="pathway")
    assert "Of x -> y nothing is known: its draws are not numbers." in said(found.where(~missing))
    bare = found.assign(prob_direction=found["prob_direction"] * np.nan)
    assert "(95 % interval" in said(bare)
    assert "probability" not in said(bare)


def test_a_verdict_waits_for_its_monte_carlo_error() -> None:
    found = evidence(("x -> y", 0.0, 0.03 / 1.99))  # 95.3 % inside
    frame = found.to_dataframe().reset_index()
    assert frame["prob_rope"][0] > 0.95
    for error, verdict in ((0.02, "open"), (0.0, "inside")):
        assert sayings.verdict(frame.assign(mcse_prob_rope=error).loc[0], found.attrs) == verdict


def test_failed_checks_are_said_first_and_make_the_rest_provisional() -> None:
    bad = Check("R-hat", 1.08, 1.01, False, "Draw longer.", about=COMPUTATION)
    found = conclude(evidence(of("beyond")), table([bad, FITS]))
    assert found.grave
    assert found.sentences[0].startswith(
        "These numbers cannot be trusted: 1 of 2 checks of draws and data failed (R-hat 1.08"
    )
    assert found.said[0].startswith("Provisional: Within pupils")
    empty = Check("chains describe the same classes", 1.2, 1.01, False, "", about=DATA)
    assert "cannot be trusted" in said(evidence(of("beyond")), empty, FITS)


def test_misfit_is_said_beside_the_result() -> None:
    bad = Check("RMSEA", 0.09, 0.05, False, "Free the loadings.", about=FIT)
    found = conclude(evidence(of("beyond")), table([GOOD, bad]))
    assert found.doubt.startswith("The model does not fit the data (RMSEA 0.09, limit 0.05)")
    assert found.said[0].startswith("Under this model, which does not fit: Within pupils")
    doubtful = Check("RMSEA", 0.06, 0.05, False, "", grave=False, about=FIT)
    found = conclude(evidence(of("beyond")), table([GOOD, doubtful]))
    assert not found.grave
    assert found.doubt == "The data give reason to doubt the model (RMSEA 0.06, limit 0.05), and so what follows."
    assert found.said[0].startswith("Within pupils")
    unknown = Check("absolute fit", np.nan, np.nan, False, "", grave=False, about=FIT)
    assert "How well the model fits is not known (absolute fit)." in said(evidence(of("beyond")), GOOD, unknown)
    rows = [Check(f"p of {i}", 1e-9, 0.01, False, "", about=FIT) for i in range(5)]
    assert "(p of 0 below 0.001, limit 0.01; p of 1 below 0.001, limit 0.01; and 3 more)" in said(
        evidence(of("beyond")), *rows
    )
    both = said(evidence(of("beyond")), Check("R-hat", 1.1, 1.01, False, "", about=COMPUTATION), bad)
    assert both.index("cannot be trusted") < both.index("does not fit") < both.index("Provisional: Within")


def test_a_model_without_stable_parts_says_what_it_mixes() -> None:
    text = said(evidence(of("beyond")).assign_attrs(intercepts=0))
    assert text.startswith("One SD more x")
    assert "mix differences between pupils with changes within them" in text


def test_many_pathways_are_counted_and_the_largest_of_the_sure_ones_said() -> None:
    names = ["a -> b", "b -> a", "a -> c", "c -> a", "b -> c", "c -> b"]
    verdicts = ["open", "beyond", "inside", "sign", "beyond", "open"]
    found = evidence(*(of(verdict, name) for verdict, name in zip(verdicts, names, strict=True)))
    first, *others = conclude(found, table([GOOD, FITS])).said
    assert first.startswith("Of 6 cross-lags, 2 are outside of the region")
    assert "(b -> a: positive; b -> c: positive)" in first
    assert "1 has a known sign, and may or may not be more than practically none" in first
    assert "1 is practically none, inside of the region" in first
    assert "2 have not even a known sign, which is not the finding that there is none (a -> b; c -> b;" in first
    assert len(others) == conclusions.LEADING
    assert all("0.200 SD more" in one and "lies beyond the region more than" in one for one in others)
    every = evidence(*(of("open", name) for name in names))
    assert len(conclude(every, table([GOOD, FITS])).said) == 1
    assert "and 2 more" in said(every)


@pytest.mark.parametrize(("mean", "sd"), [(0.019, 0.002), (0.4, 0.02)])
def test_what_counts_per_unit_of_a_moderator_has_no_verdict_of_a_region(mean: float, sd: float) -> None:
    """Per year or per month of age: the same effect lies within or beyond any region, as its unit is chosen."""
    text = said(evidence(("small: mood", mean, sd), kind="moderation"))
    assert "region of practical equivalence" not in text
    assert "practically" not in text
    assert "the probability that this is positive is more than 99" in text


@pytest.mark.parametrize(
    ("kind", "name", "words"),
    [
        (
            "effect",
            "intervention: reading",
            "Pupils of the intervention arm scored 0.200 SD higher in reading than the",
        ),
        (
            "effect",
            "small: reading",
            "Pupils of the arm small scored 0.200 SD higher in reading than the reference arm",
        ),
        (
            "family",
            "small: mood",
            "Over the outcomes of the family mood, pupils of the arm small scored on average",
        ),
        ("moderation", "small: mood", "Per unit of age, what pupils of the arm small scored more in mood than the"),
        ("odds", "fear: victim", "One SD more fear went with 1.222 times the odds of being in the class victim rather"),
        (
            "programme",
            "arm: victim",
            "In the intervention arm, the odds of being in the class victim were 1.222 times t",
        ),
        ("predictor", "sex -> y", "One SD more sex went with 0.200 SD more of what is stable in y"),
        ("growth_predictor", "sex -> y", "One SD more sex went with 0.200 SD more growth in y"),
        (
            "distal",
            "stable: x -> grade",
            "One SD more of what is stable in stable went with 0.200 SD more grade after the",
        ),
        ("carry_over", "x -> x", "One SD more x was followed by 0.200 SD more x at the next wave"),
        ("share", "share: victim", "20 % of the pupils are in the class victim (95 % interval 16 % to 24 %)."),
    ],
)
def test_every_kind_has_its_words(kind: str, name: str, words: str) -> None:
    found = evidence((name, 0.2, 0.02), kind=kind)
    assert said(found).startswith(words), said(found)


def test_odds_are_said_as_ratios() -> None:
    wide = said(evidence(("fear: victim", 0.0, 0.3), kind="odds", rope=0.18))
    assert re.search(r"went with between 0\.[56]\d? and 1\.[78]\d? times the odds", wide)
    assert "whether this is above 1 or below 1 is open (" in wide
    none = said(evidence(("fear: victim", 0.0, 0.05), kind="odds", rope=0.18))
    assert "went with practically the same odds of being" in none
    assert "inside of the region of practical equivalence (odds ratios 0.835 to 1.2) is more than 99" in none
    assert "need not be a cause" in none


def test_groups_intervals_and_time_are_named() -> None:
    found = evidence(of("beyond"))
    grouped = found.assign_coords(group=("pathway", ["girls"]), interval=("pathway", ["1-2"]))
    assert said(grouped).startswith("Within pupils of the group girls, one SD more x")
    assert "y over the interval 1-2 (" in said(grouped)
    assert "y 6 units of time later (" in said(found.assign_attrs(per=6.0))


def test_no_kind_that_studies_decide_on_is_left_unsaid() -> None:
    found = evidence(("a thing", 0.2, 0.02), kind="effect")
    row = found.to_dataframe().reset_index().assign(kind="nobody knows").loc[0]
    assert sayings.sentence(row, found.attrs).startswith("a thing: 0.200")
    assert all(kind_of(name).saying for name in kinds_with(lambda kind: kind.decided))


def test_probabilities_have_the_digits_that_their_error_allows() -> None:
    def written(value: float, error: float) -> str:
        return sayings.chance(pd.Series({"p": value, "mcse_p": error}), "p")

    assert written(0.9871, 0.001) == "98.7 %"
    assert written(0.9871, 0.01) == "99 %"
    assert written(0.997, 0.01) == "more than 99 %"
    assert written(1.0, 0.001) == "more than 99.9 %"
    assert written(0.0, 0.001) == "less than 0.1 %"
    assert written(0.62, 0.2) == "60 %"
    assert written(0.62, np.nan) == "62.0 %"


def test_whatever_the_draws_say_no_more_is_said() -> None:
    """A hundred pathways of any size: words of a verdict stand only where the shares of the draws allow them."""
    rng = np.random.default_rng(9)
    sizes = zip(rng.normal(0, 0.06, 100), rng.uniform(0.003, 0.06, 100), strict=True)
    found = evidence(*((f"x{i} -> y", mean, sd) for i, (mean, sd) in enumerate(sizes)))
    seen, frame = set(), found.to_dataframe().reset_index()
    for i in range(100):
        row = frame.loc[i]
        text, verdict = sayings.sentence(row, found.attrs), sayings.verdict(row, found.attrs)
        seen.add(verdict)
        assert ("practically no more" in text) == (verdict == "inside")
        if "practically no more" in text:
            assert row["prob_rope"] >= 0.95
        if "lies beyond" in text:
            assert max(row["prob_above_rope"], row["prob_below_rope"]) >= 0.95
        if re.search(r"followed by [\d.]+ SD", text):
            assert row["prob_direction"] >= 0.975 or verdict == "beyond"
            assert ("SD more y" in text) == (row["mean"] > 0)
        assert "effect" not in text
        assert "cause" not in text
    assert seen == {"beyond", "sign", "inside", "open"}


@pytest.mark.parametrize("prob", [0.1, 0.25, 0.5, 0.79])
def test_narrow_intervals_make_nothing_surer(prob: float) -> None:
    row = {"mean": 0.02, "prob_direction": 0.7, "prob_rope": 0.6, "prob_above_rope": 0.35, "prob_below_rope": 0.05}
    attrs = {"prob": prob, "rope": (-0.03, 0.03)}
    for likely in (row, row | {"prob_rope": 0.75, "prob_above_rope": 0.2}, row | {"prob_direction": 0.89}):
        assert sayings.verdict(pd.Series(likely), attrs) == sayings.OPEN
    assert sayings.verdict(pd.Series(row | {"prob_rope": 0.81}), attrs) == sayings.INSIDE
    assert sayings.verdict(pd.Series(row | {"prob_direction": 0.91}), attrs) == sayings.SIGN


def test_a_standard_deviation_says_of_what_it_is() -> None:
    found = evidence(("full: events", 0.5, 0.01), kind="effect")
    assert "0.500 SD higher in events" in said(found)
    assert "SD of the logarithm of the count higher in events" in said(found.assign_attrs(raw=RATES))
    assert "SD of the score behind the categories higher in events" in said(found.assign_attrs(raw=ODDS))


def test_a_class_is_called_one_once() -> None:
    found = evidence(("share: class 1", 0.5, 0.02), kind="share")
    assert "50 % of the pupils are in class 1 (" in said(found)
    assert "odds of being in class 1 rather" in said(evidence(("fear: class 1", 0.5, 0.02), kind="odds"))
