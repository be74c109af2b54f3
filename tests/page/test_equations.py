"""Equations say what the specification says, explain their symbols, and fit on a telephone."""

from __future__ import annotations

import itertools
import shutil
from dataclasses import replace
from xml.etree import ElementTree

import pytest

import bayespanel as bp
from bayespanel.page.document import Page, Section, write
from bayespanel.page.equations import equations

THREE = bp.Triangle(parent=["rejection"], child=["depression"], school=["victimisation"])
EVERY = ("pupil", "class", "school")
NASTY = "<script>alert(\"x\")</script> & 'y'"
"""A name that would break a page, or an XML parser."""

ADJUSTED = {"adjustment": "covariate", "covariates": ["girl", "age"], "moderators": ["girl"]}

SPECS = {
    "panel": bp.RICLPM(triangle=THREE),
    "free panel": bp.RICLPM(
        triangle=THREE, levels=EVERY, lags="free", cluster_effects={"school": "by_wave"}, covariates=["age", "girl"]
    ),
    "ordered": bp.RICLPM(triangle=THREE, levels=("pupil", "school"), ordered=("victimisation",)),
    "CLPM": bp.RICLPM(variables=("a", "b"), intercepts=False, innovations="equal", means="equal", levels=EVERY),
    "one variable": bp.RICLPM(variables=("a",), levels=("pupil", "school")),
    "one variable by wave": bp.RICLPM(variables=("a",), levels=("pupil", "school"), cluster_effects="by_wave"),
    "trial": bp.ClusterTrial(outcomes=("a", "b"), levels=("pupil", "school")),
    "adjusted trial": bp.ClusterTrial(outcomes=("a", "b"), levels=EVERY, families={"f": ["a", "b"]}, **ADJUSTED),
    "constrained trial": bp.ClusterTrial(
        outcomes=("a",), levels=("pupil", "school"), **(ADJUSTED | {"adjustment": "constrained"})
    ),
    "varying trial": bp.ClusterTrial(outcomes=("a", "b"), levels=EVERY, varying_effects="correlated"),
    "trial of unlike arms": bp.ClusterTrial(
        outcomes=("a",), levels=EVERY, varying_effects="uncorrelated", variances="by_arm", arms_without_classes=("c",)
    ),
    "pupils randomised": bp.ClusterTrial(outcomes=("a",), levels=("pupil",)),
    "logit": bp.ClusterTrial(outcomes=("a", "b"), levels=EVERY, link="logit", **ADJUSTED),
    "probit": bp.ClusterTrial(
        outcomes=("a", "b"), levels=("pupil", "school"), families={"f": ["a", "b"]}, link="probit"
    ),
    "courses": bp.Trajectories("y", classes=("high", "falling", "low"), predictors=("x", "z"), times=(0, 5, 12)),
    "growth mixture": bp.Trajectories(
        "y", growth="cubic", random="slope", residual="free", arm="programme", predictors=("x",), levels=EVERY
    ),
    "classes by arm": bp.Trajectories(
        "y", classes={"control": ("a", "b"), "intervention": ("a", "c", "b")}, growth="free", arm="g", link="logit"
    ),
    "steps": bp.Trajectories("y", classes=1, growth={"level": [1, 1], "step": [0, 1]}, random="intercept"),
    "flat": bp.Trajectories("y", classes=2, growth="constant", residual="by_class", link="identity", random="slope"),
}


def written(spec, **options):
    """Text of all equations, without marks, and their words."""
    found = equations(spec, **options)
    texts = ["".join(ElementTree.fromstring(one.mathml).itertext()) for one in found]
    return " ; ".join(texts), " ".join(one.words for one in found)


def symbols(mathml):
    """Letters of an equation that are not an index."""
    root = ElementTree.fromstring(mathml)
    below = set()
    for node in root.iter():
        if node.tag in ("msub", "msup", "msubsup", "munder"):
            below |= {inner for script in list(node)[1:] for inner in script.iter()}
    return {str(node.text) for node in root.iter("mi") if node not in below}


@pytest.mark.parametrize("name", SPECS)
def test_every_symbol_is_explained_where_it_comes_first(name):
    said = ""
    for one in equations(SPECS[name]):
        said += " " + "".join(letter if letter.isalnum() else " " for letter in one.words)
        assert symbols(one.mathml) <= set(said.split()), one


@pytest.mark.parametrize("name", SPECS)
def test_indices_are_among_those_that_words_name(name):
    words = written(SPECS[name])[1]
    for index, stands_for in {"s": "school s", "c": "class"}.items():
        level = {"s": "school", "c": "class"}[index]
        if level in SPECS[name].levels:
            assert stands_for in words


@pytest.mark.parametrize(
    ("name", "present", "absent"),
    [
        ("panel", ["𝐲it=𝛍t+𝐫i+𝐰it", "𝐰it=𝐀𝐰i,t−1+𝐮it", "𝐮it∼N(𝟎,𝐐t−1)", "𝐫i∼N(𝟎,𝛀)"], ["𝚪", "𝚿", "𝐀t−1"]),
        (
            "free panel",
            ["+𝚪t𝐱i+𝐛c+𝐚st", "𝐰it=𝐀t−1𝐰i,t−1+𝐮it", "𝐛c∼N(𝟎,𝚿c)", "𝐚s1,…,𝐚sT∼N(𝟎,𝚿s)", "𝐀t∗=𝐃t+1−1𝐀t𝐃t"],
            [],
        ),
        ("CLPM", ["𝐲it=𝛍+𝐛c+𝐚s+𝐰it", "𝐮it∼N(𝟎,𝐐)"], ["𝐫", "𝛀", "𝛍t"]),
        ("one variable", ["𝐲it=𝛍t+𝐚s+𝐫i+𝐰it"], ["𝐑"]),
        ("one variable by wave", ["𝚿s", "𝐑"], []),
        ("trial", ["𝐲i=𝛍+𝛅g+𝐚s+𝐞i", "𝐚s∼N(𝟎,𝚿s)", "dgo=δgovovo=veo+vso", "ρso=vsoveo+vso"], ["𝛃", "𝚪", "θ", "xo"]),
        ("adjusted trial", ["𝚫g𝐳i", "𝚪𝐱i", "𝛃∘𝐩i", "𝛌∘𝐦i", "δgo=σo(θgf+φgfζgo)", "vxo"], ["(𝐲i,𝐩i)"]),
        ("constrained trial", ["(𝐲i,𝐩i)=𝛍+(𝛅g+𝚫g𝐳i,𝟎)", "𝐑"], ["𝛃"]),
        ("pupils randomised", ["𝐲i=𝛍+𝛅g+𝐞i", "vo=veo"], ["ρ", "𝚿", "𝐑"]),
        ("logit", ["P(yio≤k)=F(κok−ηio)", "𝛄o⊤𝐱i", "βopio", "λomio", "bco∼N(0,vco)"], ["Φ", "𝐞"]),
        ("probit", ["P(yio≤k)=Φ(κok−ηio)", "ηio=δgo+aso", "θgf"], ["F"]),
        ("courses", ["ηik=αk+𝛄k⊤𝐱i", "mkt=βk0+βk1τt", "yit=mkt+eit", "eit∼N(0,σ2)", "λq="], ["r", "δ", "ξ"]),
        ("growth mixture", ["δkgi+bck", "bck−bcj∼N(0,ψc2)", "βk3τt3", "(ri0,ri1)∼N(𝟎,𝛀)", "σkt2", "ξk="], ["κ"]),
        ("classes by arm", ["P(yit≥c|k)=F(mkt−κc)", "0=κ1<κ2<…", "mkt=βkt", "ξk="], ["δ", "σ"]),
        ("steps", ["mkt=∑jℓtjβkj", "yit=mkt+ri0+eit", "ri0∼N(0,ω)"], ["π", "η"]),
        ("flat", ["mkt=βk0", "σk2"], ["λ"]),
    ],
)
def test_equations_follow_the_specification(name, present, absent):
    text = written(SPECS[name])[0]
    assert [part for part in present if part not in text] == []
    assert [part for part in absent if part in text] == []


def test_every_option_has_equations():
    panels = itertools.product(
        ("equal", "free"), ("free", "equal"), ("free", "equal"), (True, False), ("stable", "by_wave"), ((), ("age",))
    )
    for lags, innovations, means, intercepts, effects, covariates in panels:
        fields = {"lags": lags, "innovations": innovations, "means": means, "intercepts": intercepts}
        assert equations(
            bp.RICLPM(variables=("a", "b"), levels=EVERY, cluster_effects=effects, covariates=covariates, **fields)
        )
    for residual, random, growth in itertools.product(
        ("equal", "by_wave", "by_class", "free"), ("none", "intercept", "slope"), ("constant", "linear", "free")
    ):
        assert equations(bp.Trajectories("y", residual=residual, random=random, growth=growth))


def test_words_name_variables_options_and_classes():
    words = written(SPECS["free panel"])[1]
    assert "row victimisation and column rejection is the effect of rejection on victimisation" in words
    assert "covariates 𝐱 (age, girl)" in words
    assert "the effect of school s at the wave" in words
    assert "the effect of class c, the same at all waves that it lasts" in words
    assert "belonging to u (high) rather than v (falling)" in written(SPECS["courses"])[1]
    assert "0, 5, 12" in written(SPECS["courses"])[1]
    assert "step: 0, 1" in written(SPECS["steps"])[1]
    assert "1.81 logits" in written(SPECS["logit"])[1]
    assert "stable differences" in written(SPECS["CLPM"])[1]


def test_baselines_of_a_constrained_analysis_are_outcomes_and_not_centred():
    words = written(SPECS["constrained trial"])[1]
    assert "Counted from their means: 𝐱." in words
    assert "Counted from their means: 𝐱, 𝐩, 𝐦." in written(SPECS["adjusted trial"])[1]


def test_published_estimates_have_a_likelihood_of_their_own():
    text, words = written(SPECS["adjusted trial"], published=True)
    assert "ho∼tν(do,εo)" in text
    assert "do=σo(θf+φfζo)" in text
    assert "𝐞" not in text
    assert "clusters less 2" in words


def test_classes_by_arm_that_only_bear_numbers_are_not_compared():
    numbered = replace(SPECS["classes by arm"], classes={"control": 2, "intervention": 3}, contrast=())
    assert "ξ" not in written(numbered)[0]


def test_names_are_escaped_and_long_ones_shortened():
    long = "a_name_that_is_longer_than_a_telephone_is_wide"
    first, *_ = equations(bp.RICLPM(variables=(NASTY, long)))
    text = "".join(ElementTree.fromstring(first.mathml).itertext())
    assert "<script" not in first.mathml
    assert "\u202e" not in first.mathml
    assert "a_name_that…_is_wide" in text
    assert long in first.words


def test_of_many_variables_some_are_left_out_and_words_have_all():
    names = tuple(f"v{i}" for i in range(20))
    first, *_ = equations(bp.RICLPM(variables=names))
    text = "".join(ElementTree.fromstring(first.mathml).itertext())
    assert "v5⋮v19" in text
    assert "v6" not in text
    assert ", ".join(names) in first.words


CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: equations were not looked at in a browser")
def test_no_equation_is_wider_than_a_telephone(tmp_path):
    playwright = pytest.importorskip("playwright.sync_api", reason="no playwright here: run `make setup`")
    sections = [Section(f"s{i}", name, equations(spec)) for i, (name, spec) in enumerate(SPECS.items())]
    sections.append(Section("published", "published", equations(SPECS["probit"], published=True)))
    address = write(Page("Equations", "", tuple(sections), "2026-11-25", "0.1.0"), tmp_path).as_uri()
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        for width in (1280, 390):
            tab = browser.new_page(viewport={"width": width, "height": 800})
            tab.goto(address)
            tab.wait_for_timeout(100)
            wide = tab.evaluate(
                "[...document.querySelectorAll('.equation .scroll')].filter(e => e.scrollWidth > e.clientWidth)"
                ".map(e => e.textContent)"
            )
            assert wide == []
            assert tab.evaluate("document.documentElement.scrollWidth") <= width
            heights = tab.evaluate("[...document.querySelectorAll('math')].map(e => e.getBoundingClientRect().height)")
            assert min(heights) > 15
        browser.close()
