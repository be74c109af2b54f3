"""RI-CLPMs as people write them in lavaan's language become specifications, and nothing is dropped on the way."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings, strategies as st

import bayespanel as bp
from tests.bridges.mulder import riclpm
from tests.known_answers.published import moments

COLUMNS = {"x": tuple(f"x{t}" for t in range(1, 6)), "y": tuple(f"y{t}" for t in range(1, 6))}


def test_covariates_predict_random_intercepts_or_scores() -> None:
    read = bp.from_lavaan(riclpm(extra="RIx + RIy ~ z + girl"))
    assert read.spec.covariates == ("z", "girl")
    assert read.spec.covariate_effects == "stable"
    spec = bp.RICLPM(["x", "y"], covariates=["z", "girl"], covariate_effects="stable", lags="free")
    columns = {name: [f"{name}{t}" for t in range(1, 6)] for name in "xy"}
    text = bp.to_lavaan(spec, columns=columns)
    assert {"RI_x ~ z + girl", "RI_y ~ z + girl"} <= set(text.splitlines())
    assert bp.from_lavaan(text).spec == spec
    every = " + ".join(column for group in columns.values() for column in group)
    with pytest.raises(bp.SpecError, match=r"(?s)here on both.*RIx ~ z"):
        bp.from_lavaan(riclpm(extra=f"{every} ~ z\nRIx + RIy ~ z"))
    lines = {line.strip() for line in bp.to_mplus(spec, columns=columns).splitlines()}
    assert {"RI_x ON z;", "RI_x ON girl;", "RI_y ON z;"} <= lines
    later = bp.RICLPM(["x", "y"], distal={"grade": "stable", "calm": "both"})
    lines = set(bp.to_lavaan(later, columns=columns).splitlines())
    assert {"grade ~ RI_x + RI_y", "calm ~ RI_x + RI_y + w_x5 + w_y5", "calm ~~ calm", "grade ~ 1"} <= lines
    lines = {line.strip() for line in bp.to_mplus(later, columns=columns).splitlines()}
    assert {"grade ON RI_x;", "calm ON w_y5;", "calm;", "[grade];"} <= lines
    assert not any(line.startswith("grade ON w_") for line in lines)
    growing = bp.to_lavaan(bp.LCMSR(["x", "y"], covariates=["z"], covariate_effects="stable"), columns=columns)
    assert {"RI_x ~ z", "RI_y ~ z", "S_x ~ z", "S_y ~ z"} <= set(growing.splitlines())


@pytest.mark.parametrize("lags", ["equal", "free"])
@pytest.mark.parametrize("innovations", ["equal", "free"])
@pytest.mark.parametrize("means", ["equal", "free", "none"])
def test_the_published_patterns_are_read(lags: str, innovations: str, means: str) -> None:
    read = bp.from_lavaan(riclpm(lags=lags, innovations=innovations, means=means))
    wanted = "equal" if means == "equal" else "free"
    assert read.spec == bp.RICLPM(variables=["x", "y"], lags=lags, innovations=innovations, means=wanted)
    assert read.columns == COLUMNS
    assert read.covariates == {}


def test_what_was_read_has_the_log_likelihood_that_lavaan_published() -> None:
    spec = bp.from_lavaan(riclpm()).spec
    ml = bp.maximum_likelihood(spec, moments("mulder"))
    assert ml.log_likelihood == pytest.approx(531.7495, abs=1e-4)  # the digits of docs/agreement.md
    assert ml.df == 21


@pytest.mark.parametrize(("between", "within"), [("ri_", "within."), ("kappa_", "p"), ("Trait", "State"), ("B", "W")])
def test_factors_may_have_any_name(between: str, within: str) -> None:
    read = bp.from_lavaan(riclpm(between=between, within=within))
    assert read.columns == COLUMNS


def test_r_code_around_the_model_is_read_and_lines_are_counted_from_its_top() -> None:
    call = "fit <- lavaan(RICLPM, data = dat, missing = 'ML', meanstructure = T, int.ov.free = T)"
    code = f"library(lavaan)\nRICLPM <- '\n{riclpm()}\n'\n{call}\n"
    assert bp.from_lavaan(code).spec == bp.RICLPM(variables=["x", "y"], lags="free")
    broken = code.replace("wx2 ~~ wy2\n", "wx2 ~~ wy3\n")
    line = next(i for i, text in enumerate(broken.split("\n"), 1) if text == "wx2 ~~ wy3")
    with pytest.raises(bp.SpecError, match=f"Line {line}: wx2 ~~ wy3"):
        bp.from_lavaan(broken)


def test_errors_are_equal_over_waves_and_within_them() -> None:
    text = bp.to_lavaan(bp.RICLPM(("x", "y"), error="equal"), columns=COLUMNS)
    for old, new, rule in (
        ("x2 ~~ error.x.x*x2\n", "", "`x2 ~~ x2` is not written"),
        ("error.x.x*x2", "x2", "equal at all waves, or free at all"),
        ("x2 ~~ error.x.x*x2\n", "x2 ~~ error.x.x*x2\nx2 ~~ x3\n", "`x1 ~~ y1` is not written"),
        ("x2 ~~ error.x.x*x2\n", "x2 ~~ error.x.x*x2\nx2 ~~ 0*x3\n", ""),
    ):
        if rule:
            with pytest.raises(bp.SpecError, match=re.escape(rule) if "`" in rule else rule):
                bp.from_lavaan(text.replace(old, new))
        else:
            assert bp.from_lavaan(text.replace(old, new)).spec.error == "equal"


def test_fixed_zeros_that_change_nothing_are_read() -> None:
    extra = "x1 ~~ 0*x1\nRIx + RIy ~~ 0*wx1 + 0*wy1\nRIx ~ 0*1\nwx1 ~ 0"
    assert bp.from_lavaan(riclpm(extra=extra)).spec == bp.RICLPM(variables=["x", "y"], lags="free")


def test_a_cross_lagged_model_of_observed_scores_is_read() -> None:
    text = """
    mood2 + sleep2 ~ mood1 + sleep1
    mood3 + sleep3 ~ mood2 + sleep2
    mood1 ~~ mood1 + sleep1
    sleep1 ~~ sleep1
    mood2 ~~ mood2 + sleep2
    sleep2 ~~ sleep2
    mood3 ~~ mood3 + sleep3
    sleep3 ~~ sleep3
    """
    read = bp.from_lavaan(text)
    assert read.spec == bp.RICLPM(variables=["mood", "sleep"], lags="free", intercepts=False)
    assert read.columns == {"mood": ("mood1", "mood2", "mood3"), "sleep": ("sleep1", "sleep2", "sleep3")}


def test_blocks_of_two_levels_are_read() -> None:
    spec = bp.RICLPM(variables=["x", "y"], levels=("pupil", "school"), lags="free")
    text = bp.to_lavaan(spec, waves=3).replace("level: 1", "Level: within").replace("level: 2", "level:between")
    assert bp.from_lavaan(text).spec == spec
    assert bp.from_lavaan(text, level="class").spec.levels == ("pupil", "class")


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("wx3 ~ wx1", "from one wave to the next"),
        ("wx1 ~ wx2", "from one wave to the next"),
        ("wx2 ~ wx1", "written once"),
        ("wy1 ~~ wx1", "written once"),
        ("x1 ~~ x1", "has an error, all have"),
        ("x1 ~~ y1", "has an error, all have"),
        ("RIx ~~ wx1", "random intercepts are apart"),
        ("wx1 ~~ wx2", "joined by lags alone"),
        ("RIx ~ z", "A covariate predicts every random intercept, and `RIy ~ z` is not written"),
        ("RIx ~ 0.5*z", "effects of covariates are free"),
        ("z ~ RIx", "Random intercepts predict nothing"),
        ("y1 ~ x1", "scores on covariates"),
        ("RIx ~ 1", "Means are those of observed scores"),
        ("x1 ~ 3*1", "free, or equal over waves"),
        ("Fx =~ x1 + x2", "Loadings"),
        ("Fx =~ 1*RIx", "observed scores"),
        ("a == b", "=~, ~ and ~~"),
        ("ab := a*b", "=~, ~ and ~~"),
        ("x1 | t1", "=~, ~ and ~~"),
        ("group: 1", "Blocks"),
        ("z ~~ z", "factors and scores"),
        ("x1 ~ c(a,b)*z", "before `\\*`"),
    ],
)
def test_what_the_model_lacks_is_an_error_that_names_the_line(line: str, rule: str) -> None:
    text = riclpm(extra=line)
    number = len(text.split("\n"))
    with pytest.raises(bp.SpecError, match=rf"(?s){rule}.*Line {number}: {re.escape(line)}"):
        bp.from_lavaan(text)


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("wx3 ~~ wx3", "the variance of wx3"),
        ("wx3 ~~ wy3", "the covariance of wx3 and wy3"),
        ("RIx ~~ RIx", "the variance of RIx"),
    ],
)
def test_what_the_text_lacks_is_an_error_that_says_what_to_write(line: str, what: str) -> None:
    text = "\n".join(kept for kept in riclpm().split("\n") if kept != line)
    with pytest.raises(bp.SpecError, match=what):
        bp.from_lavaan(text)
    left, _, right = line.split(" ")
    with pytest.raises(bp.SpecError):
        bp.from_lavaan(text + f"\n{left} ~~ 0*{right}")  # fixed at 0 is lacking too


def test_labels_that_make_some_parameters_equal_are_refused() -> None:
    text = riclpm(lags="equal")
    with pytest.raises(bp.SpecError, match="some are equal, some not"):
        bp.from_lavaan(text.replace("wx5 ~ a*wx4", "wx5 ~ wx4"))
    with pytest.raises(bp.SpecError, match="'a' makes two of them equal"):
        bp.from_lavaan(text.replace("+ d*", "+ a*"))


def test_columns_whose_names_say_nothing_need_a_comment() -> None:
    spec = bp.RICLPM(variables=["mood", "sleep"], intercepts=False)
    columns = {"mood": ["a", "c"], "sleep": ["b", "d"]}
    text = bp.to_lavaan(spec, columns=columns)
    assert bp.from_lavaan(text).spec == spec
    bare = "\n".join(line for line in text.split("\n") if not line.startswith("#"))
    with pytest.raises(bp.SpecError, match="# variable x = x1, x2, x3"):
        bp.from_lavaan(bare)


LETTERS = st.characters(codec="utf-8", exclude_characters="=\r\n", exclude_categories=("C", "Z"))
NAMES = st.text(LETTERS, min_size=1).filter(lambda name: "->" not in name)  # no variable has an arrow in its name


@st.composite
def specs(draw: st.DrawFn) -> bp.RICLPM:
    names = draw(st.lists(NAMES, min_size=1, max_size=5, unique=True))
    split = draw(st.integers(1, len(names)))
    levels = draw(st.sampled_from([("pupil",), ("pupil", "class"), ("pupil", "school")]))
    error = draw(st.sampled_from(["none", "equal"]))
    return bp.RICLPM(
        variables=names[:split],
        covariates=names[split:],
        levels=levels,
        lags=draw(st.sampled_from(["equal", "free"])),
        innovations=draw(st.sampled_from(["equal", "free"])),
        means=draw(st.sampled_from(["equal", "free"])),
        intercepts=draw(st.booleans()),
        error=error,
        error_correlated=draw(st.booleans()) and error == "equal" and split > 1,
        cluster_effects=draw(st.sampled_from(["stable", "by_wave"])) if len(levels) > 1 else "stable",
    )


@settings(max_examples=150, deadline=None)
@given(specs(), st.integers(3, 12))
def test_what_was_written_is_read_back_exactly(spec: bp.RICLPM, waves: int) -> None:
    columns = {name: [f"v{k}_{t}" for t in range(waves)] for k, name in enumerate(spec.variables)}
    read = bp.from_lavaan(bp.to_lavaan(spec, columns=columns))
    assert read.spec == spec
    assert {name: list(group) for name, group in read.columns.items()} == columns


def test_names_that_joined_would_be_the_same_keep_their_own_labels() -> None:
    spec = bp.RICLPM(variables=["a.b", "c", "a", "b.c", "if", "naïve score"], covariates=["school", "x y"])
    assert bp.from_lavaan(bp.to_lavaan(spec, waves=["pre", "1", "2"])).spec == spec


def test_two_waves_are_read_back_too() -> None:
    for lags in ("equal", "free"):
        spec = bp.RICLPM(variables=["x", "y"], intercepts=False, lags=lags)
        assert bp.from_lavaan(bp.to_lavaan(spec, waves=2)).spec == spec
