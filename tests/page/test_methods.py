"""What a paper's methods section says: the numbers of the fit, what was changed, what failed, and whom it cites."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import bayespanel as bp
from bayespanel.families.door import reduced
from bayespanel.families.panel.simulate import simulate as panel_pupils
from bayespanel.families.panel.worlds import small_triangle
from bayespanel.families.shared.sentences import joined, percent
from bayespanel.inference.fit import Fit
from bayespanel.page.bibliography import REFERENCES
from bayespanel.page.methods import methods
from bayespanel.page.methods_words import SENTENCES, Citations
from tests.families.trajectories.tables import TIMES, small_panel
from tests.families.trial.tables import table, trial

PROVENANCE = {
    "seed": 7,
    "chains": 4,
    "tune": 500,
    "draws": 1000,
    "target_accept": 0.8,
    "versions": {"nutpie": "0.16.11"},
}


@pytest.fixture(scope="module")
def panel() -> bp.Panel:
    names = ["rejection", "depression", "victimisation"]
    frame = panel_pupils(small_triangle(), 1)
    return bp.Panel.from_long(frame, pupil="pupil", wave="wave", variables=names, classroom="class", school="school")


def fake(spec, data, free: tuple[str, ...] = ()) -> Fit:
    """A fit that nobody sampled; without names of free variables, one of an early version."""
    one = xr.DataArray(np.zeros((2, 4)), dims=("chain", "draw"))
    groups = {"posterior": xr.Dataset({"lag": one})}
    groups |= {"free": xr.Dataset(dict.fromkeys(free, one))} if free else {}
    model, read = reduced(spec, data)
    return Fit(groups, model, read, dict(PROVENANCE))


def checks(**values: float) -> pd.DataFrame:
    """A table of checks; those named have failed with these values."""
    rows = {"R-hat": (1.0042, 1.01), "bulk ESS": (2345.6, 400), "tail ESS": (1234.5, 400), "divergences": (0, 0)}
    rows |= {"E-BFMI": (0.91, 0.3), "lags die out": (0.0, 0.05)}
    frame = pd.DataFrame(
        [(name, *row, "ok") for name, row in rows.items()], columns=["check", "value", "limit", "state"]
    )
    for name, value in values.items():
        at = frame["check"] == name.replace("_", " ").replace("R hat", "R-hat")
        frame.loc[at, "value"], frame.loc[at, "state"] = value, "look" if name == "lags_die_out" else "FAILED"
    return frame


def evidence(kinds=("direct",), *, rope=(-0.03, 0.03), bayes=None, bounds=0, **attrs) -> xr.Dataset:
    n = len(kinds)
    value, is_bound = np.full(n, np.nan if bayes is None else bayes), np.arange(n) < bounds
    content = {"log_bf10": np.where(is_bound, np.nan, value), "log_bf10_above": np.where(is_bound, value, np.nan)}
    coords = {"pathway": [f"p{i}" for i in range(n)], "kind": ("pathway", list(kinds))}
    attrs = {"rope": list(rope), "prob": 0.95, "interval": "equal_tailed", **attrs}
    return xr.Dataset({name: ("pathway", each) for name, each in content.items()}, coords=coords, attrs=attrs)


def said(fit, *, table=None, found=None, used=()) -> str:
    return " ".join(methods(fit, checks() if table is None else table, evidence() if found is None else found, used)[0])


def test_data_of_a_panel_are_counted(panel):
    text = said(fake(bp.RICLPM(variables=("rejection", "depression"), levels=("pupil", "class", "school")), panel))
    clusters = f"{len(panel.class_names)} classes and {len(panel.school_names)} schools"
    assert f"Scores of 600 pupils in {clusters} at 4 waves (1, 2, 3, 4)" in text
    assert "rejection and depression" in text
    values = panel.values[:, :, :2]
    assert f"Of the scores {100 * np.isnan(values).mean():.0f} % were missing" in text
    complete = ~np.isnan(values).any(axis=(1, 2))
    assert f"{100 * complete.mean():.0f} % of the pupils had all of them" in text
    assert "missing at random" in text


def test_clusters_that_the_model_leaves_out_are_named(panel):
    text = said(fake(bp.RICLPM(variables=("rejection",)), panel))
    assert "The data also know classes and schools; the model has no effects of these." in text
    assert "schools at 4 waves" not in text


def test_notes_about_the_data_are_repeated(panel):
    fit = fake(bp.RICLPM(variables=("rejection",)), replace(panel, notes=("Three pupils were left out.",)))
    assert "Three pupils were left out." in said(fit)


def test_a_published_table_has_no_missing_scores():
    moments = bp.Panel.from_summary(mean=np.zeros(6), cov=np.eye(6) + 0.1, n=200, variables=["a", "b"], waves=[1, 2, 3])
    text = said(fake(bp.RICLPM(variables=("a", "b")), moments))
    assert "None of the scores was missing." in text
    assert "Built from a table" in text


@pytest.mark.parametrize(
    ("options", "present", "absent"),
    [
        (
            {},
            ["random-intercept", "(Hamaker et al., 2015; Mulder & Hamaker, 2021)", "equal for all intervals"],
            ["covari"],
        ),
        ({"intercepts": False}, ["without random intercepts", "(Hamaker et al., 2015)"], ["Mulder", "integrated"]),
        ({"lags": "free", "innovations": "equal", "means": "equal"}, ["free to differ between intervals"], []),
        (
            {"levels": ("pupil", "school"), "cluster_effects": "by_wave"},
            [
                "one for each wave and variable, with a free covariance",
                "Random effects of pupils and schools were integ",
            ],
            [],
        ),
        ({"levels": ("pupil", "class")}, ["one for each variable, the same at all waves"], []),
    ],
)
def test_the_model_of_a_panel_is_told_with_its_options(panel, options, present, absent):
    fit = fake(bp.RICLPM(variables=("rejection", "depression"), **options), panel)
    model = methods(fit, checks(), evidence())[0][1]
    assert [part for part in present if part not in model] == []
    assert [part for part in absent if part in model.replace("covariances", "")] == []


@pytest.mark.parametrize(
    ("options", "present"),
    [
        ({"adjustment": "none"}, ["Baselines were not used.", "jointly"]),
        ({"adjustment": "covariate", "covariates": ["age"], "moderators": ["age"]}, ["own baseline", "differ by age"]),
        ({"adjustment": "constrained"}, ["outcomes on which arms have no effect"]),
        ({"families": {"mood": ["calm", "kind"]}}, ["(mood: calm and kind) were partially pooled", "without pooling"]),
    ],
)
def test_the_model_of_a_trial_is_told_with_its_options(options, present):
    fit = fake(bp.ClusterTrial(outcomes=("calm", "kind"), **options), trial(table()))
    text = said(fit)
    always = ["Outcomes of 42 pupils", "usual (the reference), both and parents", "2 in usual, 2 in both"]
    assert [part for part in (*always, *present) if part not in text] == []
    early = said(replace(fit, spec=replace(fit.spec, priors=(), levels=("pupil",))))  # which was not refused
    assert [("schools, so that its intervals are too narrow" in one) for one in (text, early)] == [False, True]


def test_ordered_outcomes_count_what_is_missing():
    frame = table()
    frame["calm"] = pd.cut(frame["calm"], [-99, 48, 56, 999], labels=["low", "mid", "high"])
    frame["kind"] = pd.cut(frame["kind"], [-99, 48, 999], labels=["low", "high"])
    data = trial(frame, baseline=None, covariates=[])
    text = said(fake(bp.ClusterTrial(outcomes=("calm", "kind"), link="probit"), data))
    scores = frame[["calm", "kind"]]
    seen = scores.notna().to_numpy()
    missing = 1 - seen.sum() / (2 * seen.any(axis=1).sum())
    assert f"Of the outcomes {100 * missing:.0f} % were missing" in text
    assert "cumulative probit" in text
    assert "standard deviations of the latent score within clusters" in text


def test_published_estimates_are_no_pupils():
    data = bp.Trial.from_estimates(effect=[0.4, 0.1], standard_error=[0.1, 0.1], outcome=["a", "b"], clusters=[27, 20])
    fit = fake(bp.ClusterTrial(outcomes=("a", "b")), data, free=("effect",))
    found = evidence(("effect",), standardisation="Effects are in total standard deviations.")
    paragraphs, keys = methods(fit, checks(), found)
    text = " ".join(paragraphs)
    assert "pupils were at hand" in text
    assert "Student-t distributed" in text
    assert "normally" not in text
    assert "total standard deviations" not in text
    assert "hedges2007" not in keys
    assert paragraphs[2].startswith("Priors were normal with mean 0 and standard deviation 1 for effects on single")
    assert ";" not in paragraphs[2]
    unknown = bp.Trial.from_estimates(effect=[0.4], standard_error=[0.1], outcome=["a"])
    assert "normally distributed, around" in said(fake(bp.ClusterTrial(outcomes=("a",)), unknown))


def test_the_model_of_trajectories_is_told_with_its_options():
    panel = small_panel()
    spec = bp.Trajectories(
        "victimisation", classes=("high", "low"), times=TIMES, predictors=("anxiety",), arm="programme",
        levels=("pupil", "class", "school"), random="slope",
    )  # fmt: skip
    paragraphs, keys = methods(fake(spec, panel), checks(), evidence(("odds", "share"), rope=(-0.18, 0.18)))
    text = " ".join(paragraphs)
    assert "A growth mixture model (Nagin, 1999)" in text
    assert "2 latent classes, with linear courses: high and low." in text
    assert "level and slope" in text
    assert "anxiety and programme in the same step (Vermunt, 2010)" in text
    assert "varied between classes and schools" in text
    assert "1.20" in text  # exp(0.18)
    assert {"nagin1999", "vermunt2010", "stephens2000"} <= set(keys)
    alone = bp.Trajectories("victimisation", classes=1, times=TIMES)
    paragraphs, keys = methods(fake(alone, panel), checks(), evidence(("share",), rope=(-0.18, 0.18)))
    assert "Membership" not in " ".join(paragraphs)
    assert "stephens2000" not in keys


def test_priors_are_told_in_words_and_changed_ones_named(panel):
    rows = [
        bp.Prior("lag", "StudentT", (3, 0, 0.3), reason="small effects are expected"),
        bp.Prior("innovation_sd", "HalfNormal", (1,), reason="the default, said again"),
        bp.Prior("mean", "Normal", (50, 10), scale="raw"),
    ]
    priors = methods(fake(bp.RICLPM(variables=("rejection",), priors=rows), panel), checks(), evidence())[0][2]
    assert "Student-t with 3 degrees of freedom, location 0 and scale 0.3 for lags" in priors
    assert "For lags that replaces the default, normal with mean 0 and standard deviation 0.5 (small effects" in priors
    assert "normal with mean 50 and standard deviation 10 in raw units for means" in priors
    assert "For means that replaces" in priors
    assert "said again" not in priors
    assert "All others are the defaults" in priors
    assert "LKJ" not in priors  # one variable has no correlations
    default = methods(fake(bp.RICLPM(variables=("rejection", "depression")), panel), checks(), evidence())[0][2]
    assert "All are the defaults" in default
    assert "LKJ with shape 2 (Lewandowski et al., 2009)" in default


def test_priors_that_the_model_has_no_variable_for_are_left_out():
    spec = bp.ClusterTrial(outcomes=("calm",), adjustment="covariate")
    free = ("mean", "effect", "residual_sd", "baseline_effect", "school_scale")
    some = methods(fake(spec, trial(table()), free), checks(), evidence())[0][2]
    every = methods(fake(spec, trial(table())), checks(), evidence())[0][2]
    assert "without a baseline" not in some
    assert "without a baseline" in every
    assert "standard deviations between schools" in some


def test_numbers_of_the_sampler_are_those_of_the_checks(panel):
    text = said(fake(bp.RICLPM(variables=("rejection",)), panel))
    assert "4 chains, each with 500 draws of warm-up and 1,000 kept, seed 7" in text
    assert "the largest R-hat was 1.0042" in text
    assert "bulk effective sample size 2,346" in text
    assert "tail effective sample size 1,234" in text
    assert "the number of divergent transitions 0" in text
    assert "nutpie 0.16.11 (Seyboldt et al., 2026)" in text
    assert "All 6 checks were passed." in text
    assert "FAILED" not in text


def test_of_two_models_the_worse_numbers_count(panel):
    both = checks()
    other = both.assign(check=both["check"] + " (unpooled)", value=both["value"] + [0.002, -1000, 5, 3, 1, 0])
    text = said(fake(bp.RICLPM(variables=("rejection",)), panel), table=pd.concat([both, other], ignore_index=True))
    assert "R-hat was 1.0062" in text
    assert "bulk effective sample size 1,346" in text
    assert "divergent transitions 3" in text


def test_failed_checks_are_told_with_their_numbers(panel):
    fit = fake(bp.RICLPM(variables=("rejection",)), panel)
    text = said(fit, table=checks(R_hat=1.0321, divergences=12))
    assert "CHECKS FAILED, 2 of 6 (R-hat: 1.032, limit 1.01; divergences: 12, limit 0)" in text
    assert "no result should be reported" in text
    text = said(fit, table=checks(lags_die_out=0.3))
    assert "None of 6 checks failed. To be reported with the results: lags die out: 0.3, limit 0.05." in text
    text = said(fit, table=checks(lags_die_out=0.3).replace("look", "FAILED"))
    assert "CHECKS FAILED, 1 of 6 (lags die out: 0.3, limit 0.05)" in text
    assert "R-hat was nan" in said(fit, table=checks(R_hat=np.nan))


@pytest.mark.parametrize(
    ("rope", "benchmark"),
    [((-0.03, 0.03), "small"), ((-0.12, 0.12), "large"), ((-0.03, 0.05), ""), ((-0.05, 0.05), "")],
)
def test_the_region_is_told_and_its_benchmark_only_where_it_is_one(panel, rope, benchmark):
    fit = fake(bp.RICLPM(variables=("rejection",)), panel)
    paragraphs, keys = methods(fit, checks(), evidence(rope=rope))
    assert f"{rope[0]:g} to {rope[1]:g}".replace("-", "−") in paragraphs[4]
    assert ("orth2024" in keys) == bool(benchmark)
    assert f"benchmark of a {benchmark}" in paragraphs[4] or not benchmark


def test_bayes_factors_are_told_where_there_are_any(panel):
    fit = fake(bp.RICLPM(variables=("rejection",)), panel)
    assert "Savage-Dickey" not in said(fit)
    text = said(fit, found=evidence(("direct", "indirect", "direct"), bayes=2.0, bounds=2))
    assert "Savage-Dickey ratios (Dickey, 1971; Wagenmakers et al., 2010)" in text
    assert "weaker leg" in text
    assert "For 2 pathways there is no estimate" in text


def test_definitions_and_options_of_the_evidence_are_told(panel):
    found = evidence(standardisation="Lags are standardised.", averaging="Means over intervals.", at_least=0.2)
    found.attrs |= {"interval": "hdi", "prob": 0.9, "true_effect": 0.1}
    text = said(fake(bp.RICLPM(variables=("rejection",)), panel), found=found)
    assert "Lags are standardised. Means over intervals." in text
    assert "90 % highest-density interval" in text
    assert "0.2 or beyond" in text
    assert "were the true effect 0.1" in text


@pytest.mark.parametrize("part", SENTENCES)
def test_an_optional_part_adds_its_sentence_and_its_references(panel, part):
    fit = fake(bp.RICLPM(variables=("rejection",)), panel)
    without, with_it = methods(fit, checks(), evidence()), methods(fit, checks(), evidence(), [part])
    assert len(with_it[0][-1]) > len(without[0][-1])
    assert with_it[0][:-1] == without[0][:-1]
    assert set(SENTENCES[part][1]) <= set(with_it[1])
    assert {"kruschke2021", "depaoli2017"} <= set(without[1])


def test_an_unknown_part_is_refused_with_the_nearest(panel):
    with pytest.raises(bp.SpecError, match="sensitivity"):
        methods(fake(bp.RICLPM(variables=("rejection",)), panel), checks(), evidence(), ["sensitivty"])


def test_citations_follow_apa():
    cite = Citations()
    assert cite("kruschke2018") == " (Kruschke, 2018)"
    assert cite("hoffman2014", "depaoli2017") == " (Depaoli & van de Schoot, 2017; Hoffman & Gelman, 2014)"
    assert cite("vehtari2024", "vehtari2017") == " (Vehtari et al., 2017, 2024)"
    assert cite("wwc2022", "abrilpla2023") == " (Abril-Pla et al., 2023; What Works Clearinghouse, 2022)"
    assert cite() == ""
    assert list(cite.keys)[:3] == ["kruschke2018", "hoffman2014", "depaoli2017"]


def test_every_key_is_cited_in_the_text_and_every_citation_has_its_key(panel):
    found = evidence(("direct", "effect"), bayes=1.0, standardisation="Standardised.")
    specs = [
        (bp.RICLPM(variables=("rejection", "depression")), panel),
        (bp.ClusterTrial(outcomes=("calm", "kind")), trial(table())),
        (bp.Trajectories("victimisation", times=TIMES, predictors=("anxiety",), link="identity"), small_panel()),
    ]
    for spec, data in specs:
        paragraphs, keys = methods(fake(spec, data), checks(), found, list(SENTENCES))
        assert len(set(keys)) == len(keys)
        assert set(keys) <= set(REFERENCES)
        one = Citations()
        expected = {one(key)[2:-1] for key in keys}
        cited = set()
        for group in re.findall(r"\(([^()]*, \d{4}[^()]*)\)", " ".join(paragraphs)):
            for entry in group.split("; "):
                author, *years = re.split(r", (?=\d{4})", entry)
                cited |= {f"{author}, {year}" for year in years}
        assert cited == expected


def test_text_is_clean(panel):
    for levels in (("pupil",), ("pupil", "class", "school")):
        fit = fake(bp.RICLPM(variables=("rejection", "depression"), levels=levels), panel)
        paragraphs, _ = methods(fit, checks(), evidence(bayes=1.0, bounds=1), list(SENTENCES))
        assert len(paragraphs) == 6
        for text in paragraphs:
            assert text[0].isupper()
            assert text.endswith(".")
            assert not re.search(r"  | [,.;:)]|\( |\.\.|None|nan|\{|\}", text), text


def test_words_of_lists_and_shares():
    assert joined([]) == ""
    assert joined(["a"]) == "a"
    assert joined(["a", "b", "c"]) == "a, b and c"
    assert [percent(x) for x in (0, 0.001, 0.43, 0.999, 1)] == [
        "0 %",
        "less than 1 %",
        "43 %",
        "more than 99 %",
        "100 %",
    ]


def test_a_fit_that_was_sampled_is_told(panel):
    variables = ("rejection", "depression")
    spec = bp.RICLPM(variables=variables, levels=("pupil", "school"), cluster_effects="by_wave")
    fit = bp.fit(spec, panel, seed=3, sampling=bp.Sampling(draws=100, tune=100), progress=False)
    table, found = bp.checks(fit), bp.evidence(fit, rope=0.03)
    paragraphs, keys = methods(fit, table, found, ["dynamics", "sensitivity"])
    values = table.set_index("check")["value"]
    assert f"R-hat was {values['R-hat']:.4f}" in paragraphs[3]
    assert f"bulk effective sample size {values['bulk ESS']:,.0f}" in paragraphs[3]
    assert ("CHECKS FAILED" in paragraphs[3]) == (not table["passed"].all())
    assert f"bayespanel {fit.provenance['versions']['bayespanel']} in PyMC" in paragraphs[3]
    assert "standard deviations between schools" in paragraphs[2]
    assert "correlations between schools" in paragraphs[2]
    assert "kallioinen2024" in keys
