"""What our model does not have is refused by name, wherever it stands; what means nothing changes nothing."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given, settings, strategies as st

import bayespanel as bp
from tests.bridges.mulder import riclpm

VALID = riclpm(lags="equal", innovations="equal", means="free")
PLAIN = bp.RICLPM(variables=["x", "y"], lags="equal", innovations="equal", means="free")

LINES = {
    "wx5 <~ x1 + x2": "`<~` forms a variable",
    "x1 ~*~ x1": "`~*~` scales an ordered score",
    "x1 | t1 + t2": "`|` sets thresholds",
    "total := a*b": "`:=` computes",
    "a == d": "`==` constrains",
    "vx > 0": "`>` bounds",
    "vx < 10": "`<` bounds",
    "group: 1": "`group:` is not read",
    "class: 1": "`class:` is not read",
    "block: 1": "`block:` is not read",
    "level: 1": "'level: 1' and 'level: 2'",
    "level: 2": "'level: 1' and 'level: 2'",
    "level: school": "'level: 1' and 'level: 2'",
    'efa("e")*f =~ x1 + x2': "`efa(...)` rotates",
    "f =~ x1 + x2": "Loadings",
    "f =~ 1*wx1 + 1*wx2": "Factors load on observed scores",
    "x1 ~~ vy*x1": "Where one score has an error, all have",
    "z2 ~ RIx": "z2 is an outcome of RIx",
    "RIx ~ z": "`RIy ~ z` is not written",
    "RIx ~ RIy": "neither predict nor are predicted",
    "wx2 ~ z": "x2 ~ z",
    "z ~ x5": "z is an outcome",
    "z ~ wx5": "z is an outcome",
    "x1 ~ z:girl": "`:` begins a block",
    "wx3 ~ wx1": "from one wave to the next",
    "RIx ~~ wx1": "random intercepts are apart",
    "wx1 ~~ 0.2*wx2": "free, or 0",
    "x1 %in% x2": "`%` is not read",
    "fit <- lavaan(model, data = dat)": "the model stands in quotes",
    "nothing": "The right side of a formula holds names",  # lavaan joins it to the line before
}
"""Line -> what the error says of it."""

TERMS = {
    "c(a, b)*{}": "`c(...)` gives each group",
    "c(0, NA)*{}": "`c(...)` gives each group",
    "start(c(0.1, 0.2))*{}": "`c(...)` gives each group",
    'equal("wx2~wx1")*{}': "`equal(...)` says",
    "lower(0)*{}": "`lower(...)` bounds",
    "upper(1)*{}": "`upper(...)` bounds",
    'prior("normal(0,1)")*{}': "`prior(...)` is blavaan's",
    'rv("s")*{}': "`rv(...)` lets",
    "sqrt(2)*{}": "`sqrt(...)` is not read",
    "0.5*{}": "Take the number away",
    "0.5*k*{}": "Correct the term",
    "j*k*{}": "Correct the term",
    "TRUE*{}": "Correct `TRUE`",
    "(k)*{}": "Correct `(k)`",
    "1/2*{}": "Correct `1/2`",
    "{} - wy1": "Correct the term",
}
"""A term, with a place for its name -> what the error says of it."""

ARGUMENTS = (
    *('group = "girl"', 'group.equal = c("regressions")', 'group.partial = "a"', 'group.label = c("b", "g")'),
    *('constraints = "a == d"', 'ordered = c("x1", "x2")', "ordered = TRUE", 'sampling.weights = "w"'),
    *('cluster = "school"', 'missing = "listwise"', 'missing = "pairwise"', 'missing = "two.stage"', "missing = how"),
    *("auto.var = TRUE", "auto.cov.lv.x = TRUE", "auto.cov.y = TRUE", "auto.fix.first = TRUE", "auto.th = TRUE"),
    *("std.lv = TRUE", "std.ov = TRUE", "orthogonal = TRUE", "int.lv.free = TRUE", "meanstructure = FALSE"),
    *("fixed.x = FALSE", "conditional.x = TRUE", "effect.coding = TRUE", 'estimator = "MLR"', 'estimator = "WLSMV"'),
    *('se = "robust"', 'se = "bootstrap"', 'test = "satorra.bentler"', 'bounds = "standard"', 'likelihood = "wishart"'),
    *('mimic = "Mplus"', 'model.type = "growth"', 'link = "probit"', "WLS.V = W", "NACOV = G", 'rotation = "oblimin"'),
    *('parameterization = "theta"', "correlation = TRUE", "slotOptions = o", "new.option = 3", "group.w.free = T"),
    *('level.label = "l"', "sample.th = t", 'information = "first.order"', "sample.cov = list(one, two)"),
    *("sample.nobs = c(100, 200)", "sample.nobs = list(100, 200)", "optim.bounds = list(lower = 1)", 'grou = "girl"'),
)

NOTHING = (
    *("verbose = TRUE", 'optim.method = "nlminb"', "control = list(iter.max = 1000)", "start = old", "h1 = FALSE"),
    *("group = NULL", "ordered = FALSE", "auto.var = FALSE", "std.lv = F", 'estimator = "ML"', 'se = "standard"'),
    *("meanstructure = TRUE", "int.ov.free = T", "fixed.x = TRUE", 'missing = "fiml"', 'information = "observed"'),
    *("cluster = NULL", "sample.cov = S", "sample.nobs = 100", "sample.mean = c(1, 2)", "optim.bounds = NULL"),
    *("check.gradient = FALSE", 'mimic = "lavaan"', "baseline = FALSE", "constraints = ''", "warn = FALSE"),
)


def code(arguments: str = "", function: str = "lavaan", model: str = VALID) -> str:
    """Return an R script that fits a model."""
    return f"library(lavaan)\nRICLPM <- '\n{model}\n'\nfit <- {function}(RICLPM, data = dat{arguments})\nsummary(fit)\n"


def refused(text: str, what: str) -> bp.SpecError:
    """Return the error, after a look at its three parts."""
    with pytest.raises(bp.SpecError) as found:
        bp.from_lavaan(text)
    error = found.value
    assert what in str(error)
    assert all(part.strip().endswith((".", "'", ")")) or part is error.given for part in (error.rule, error.action))
    assert error.given
    return error


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("line", LINES)
def test_a_foreign_line_is_refused_wherever_it_stands(line: str, seed: int) -> None:
    lines = re.sub(r"\+\n", "+", VALID).split("\n")
    place = random.Random(seed * 1000 + len(line)).randrange(2, len(lines))
    lines.insert(place, line)
    error = refused("\n".join(lines), LINES[line])
    assert line in error.given or line.split("~")[0].strip() in str(error) or "level" in line


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("term", TERMS)
def test_a_foreign_modifier_is_refused_in_every_lag_and_variance(term: str, seed: int) -> None:
    lines = riclpm(means="free").split("\n")
    places = [i for i, line in enumerate(lines) if re.match(r"w[xy]\d( \+ w[xy]\d)? ~", line) and "=~" not in line]
    place = random.Random(seed).choice(places)
    head, _, last = lines[place].split("#")[0].strip().rpartition(" ")
    lines[place] = f"{head} {term.format(last or head)}".strip()
    assert refused("\n".join(lines), TERMS[term]).given.startswith(f"Line {place + 1}:")


@pytest.mark.parametrize("argument", ARGUMENTS)
def test_an_argument_that_our_model_lacks_is_refused_by_name(argument: str) -> None:
    for before in ("", ", verbose = TRUE"):
        error = refused(code(f"{before}, {argument}"), argument.split(" = ")[0])
        assert f"Line {code().count(chr(10)) - 1}" in error.given
        refused(code(f", {argument}").replace("lavaan(R", "lavaan::lavaan(model = R"), argument.split(" = ")[0])


@pytest.mark.parametrize("argument", NOTHING)
def test_an_argument_without_meaning_for_the_model_changes_nothing(argument: str) -> None:
    assert bp.from_lavaan(code(f", {argument}")).spec == PLAIN


@pytest.mark.parametrize("function", ["sem", "cfa", "growth", "lavaan::sem", "bsem", "sem.mi", "update", "efa"])
def test_functions_that_add_parameters_are_refused(function: str) -> None:
    refused(code(function=function), f"calls {function.rpartition(':')[2]}()")


def test_other_ways_to_change_a_model_are_refused() -> None:
    refused(code().replace("lavaan(RICLPM", "do.call(lavaan, list(RICLPM"), "uses it in list()")
    refused(code().replace("lavaan(RICLPM", "do.call(lavaan, list(model"), "do.call()")
    refused(code().replace("lavaan(RICLPM", "lavaan(paste(RICLPM, more)"), "uses it in paste()")
    refused(code().replace("lavaan(RICLPM", "lavaan(other"), "fits other")
    refused(code().replace("fit <-", "RICLPM <- sub('a', 'b', RICLPM)\nfit <-"), "another value")
    refused(code().replace("fit <-", "more <- 'wx1 ~~ wx2'\nfit <-"), "One model")
    refused(code(", 'x1'"), "its name")
    fits = code() + 'two <- lavaan(RICLPM, data = dat, group = "girl")\n'
    refused(fits, "group")


OTHER_USES = {
    "fit <- RICLPM |> lavaan(data = d)": "uses it elsewhere",
    "fit <- RICLPM %>% lavaan(data = d, group = 'g')": "uses it elsewhere",
    "fit <- my_fit(RICLPM, d, group = 'g')": "my_fit()",
    "fits <- lapply(sets, lavaan, model = RICLPM, group = 'g')": "lapply()",
    "measEq.syntax(configural.model = RICLPM, data = d, group = 'g')": "measEq.syntax()",
    "assign('RICLPM', gsub('a', 'b', RICLPM))": "gsub()",
    "RICLPM = sub('a', 'b', RICLPM)": "another value",
    "other <- RICLPM": "uses it elsewhere",
    "both <- c(RICLPM, more)": "c()",
    "parts <- RICLPM[1]": "uses it elsewhere",
    "f <- function(d) {\n  RICLPM\n}": "uses it elsewhere",
}
"""What else R code does with a model -> what the error says of it."""


@pytest.mark.parametrize("line", OTHER_USES)
def test_a_model_that_is_given_to_anything_but_a_fit_is_refused(line: str) -> None:
    for call in ("fit <-", "# fit <-"):
        error = refused(code().replace("fit <-", f"{line}\n{call}"), OTHER_USES[line])
        assert line.split("\n")[-2 if "{" in line else 0].strip() in error.given


def test_a_model_may_be_shown_and_fitted_more_than_once() -> None:
    text = code() + "cat(RICLPM)\nparts <- lapply(sets, function(d) { lavaan(RICLPM, data = d) })\n"
    assert bp.from_lavaan(text).spec == PLAIN
    assert bp.from_lavaan(text.replace("RICLPM <- '", "'").replace("'\nfit", "' -> RICLPM\nfit")).spec == PLAIN
    equals = text.replace("RICLPM <- '", "RICLPM = '")
    assert bp.from_lavaan(equals).spec == PLAIN


def test_comments_of_code_are_no_calls() -> None:
    assert bp.from_lavaan(code() + '# old <- sem(RICLPM, dat, group = "girl")\n').spec == PLAIN


def test_means_that_nobody_wrote_are_zero_in_the_call_and_free_in_the_text_alone() -> None:
    bare = riclpm()
    assert bp.from_lavaan(bare).spec.means == "free"
    refused(code(', missing = "ml"', model=bare), "Means of scores are free")
    refused(code(", meanstructure = TRUE", model=bare), "int.ov.free = TRUE")
    assert bp.from_lavaan(code(', missing = "ml", int.ov.free = TRUE', model=bare)).spec.means == "free"


def test_what_the_call_does_to_the_data_is_noted() -> None:
    assert 'missing = "fiml"' in bp.from_lavaan(code()).notes[0]
    assert bp.from_lavaan(code(', missing = "fiml"')).notes == ()
    assert "observed information" in bp.from_lavaan(code(', missing = "ml", information = "expected"')).notes[0]


def test_the_optimiser_that_fits_another_model_is_noted() -> None:
    text = bp.to_lavaan(bp.RICLPM(variables=["x", "y"], levels=("pupil", "class")), waves=3)
    call = ', cluster = "class", missing = "fiml"'
    for more in ("", ', optim.method = "em"'):
        (note,) = bp.from_lavaan(code(call + more, model=text)).notes
        assert "1e-4" in note
        assert "0.7-2" in note
    assert bp.from_lavaan(code(f'{call}, optim.method = "nlminb"', model=text)).notes == ()


def test_a_plus_with_nothing_beside_it_is_named() -> None:
    for wrong in ("wx2 + wy2 ~ + wx1 + wy1", "wx2 + wy2 ~ wx1 + + wy1"):
        refused(re.sub(r"wx2 \+ wy2 ~ [^\n]*", wrong, riclpm(means="free")), "Take away a `+`")


def test_a_label_may_stand_in_quotes() -> None:
    text = riclpm(lags="equal", means="free")
    assert bp.from_lavaan(re.sub(r"([abcd])\*w", r"'\1'*w", text)).spec == bp.from_lavaan(text).spec


def test_clusters_go_with_blocks_of_levels() -> None:
    spec = bp.RICLPM(variables=["x", "y"], levels=("pupil", "class"))
    text = bp.to_lavaan(spec, waves=3)
    assert bp.from_lavaan(code(', cluster = "class"', model=text)).spec == spec
    refused(code(', cluster = c("class", "school")', model=text), "cluster")
    body = text[text.index("level: 1") :]
    one, two = body.split("level: 2")
    refused(f"level: 2 {two}\n{one}", "in this order")
    refused(text.replace("level: 1  # pupil", ""), "'level: 1' and 'level: 2'")
    refused(one, "The second is not there")


def squeeze(line: str, rng: random.Random) -> str:
    """Put spaces, a line's end or none where lavaan does not mind them."""
    bare = line.split("#")[0].strip()
    out = re.sub(r" ?(=~|~~|~|\*|\+) ?", lambda m: f"{' ' * rng.randrange(3)}{m[1]}{' ' * rng.randrange(3)}", bare)
    if rng.random() < 0.3:
        out = re.sub(r"\+", "+\n   ", out)
    elif rng.random() < 0.3:
        head, operator, tail = re.split(r"(=~|~~|~)", out, maxsplit=1)
        out = head + operator + re.sub(r"\+", "\n  +", tail)
    return f"{' ' * rng.randrange(4)}{out}{rng.choice(['', '  # a note', ' ! group: 1', chr(9), ' # c(a, b)'])}"


MODELS = [
    riclpm(lags=lags, innovations=innovations, means=means)
    for lags in ("equal", "free")
    for innovations in ("equal", "free")
    for means in ("equal", "free", "none")
]
MODELS += [bp.to_lavaan(bp.RICLPM(variables=["x", "y", "z"], intercepts=False, covariates=["age"]), waves=4)]


@settings(max_examples=150, deadline=None)
@given(st.randoms(use_true_random=False), st.sampled_from(MODELS))
def test_spaces_comments_ends_of_lines_and_the_order_of_lines_change_nothing(rng: random.Random, model: str) -> None:
    lines = [line.split("#")[0] for line in re.sub(r"\+\s*\n\s*", "+ ", model).split("\n")]
    formulas = [part.strip() for line in lines for part in line.split(";") if part.strip()]
    rng.shuffle(formulas)
    text = "".join(squeeze(formula, rng) + rng.choice(["\n", "\n\n", "\r\n", "\n# note\n"]) for formula in formulas)
    read, plain = bp.from_lavaan(text), bp.from_lavaan("\n".join(lines))
    assert set(read.spec.variables) == set(plain.spec.variables)
    for name in ("lags", "innovations", "means", "intercepts", "covariates", "levels", "cluster_effects"):
        assert getattr(read.spec, name) == getattr(plain.spec, name)
    assert read.columns == plain.columns


def test_loadings_in_any_order_have_the_waves_of_the_lags() -> None:
    text = VALID.replace("1*x1 + 1*x2 + 1*x3 +\n      1*x4 + 1*x5", "1*x4 + 1*x1 + 1*x5 + 1*x3 + 1*x2")
    assert text != VALID
    assert bp.from_lavaan(text).columns["x"] == ("x1", "x2", "x3", "x4", "x5")


def test_where_to_start_means_nothing() -> None:
    for before in ("start(0.3)*", "0.3?", "NA*", "start(-.3)*", "NA * "):
        read = bp.from_lavaan(riclpm(means="free").replace("~ wx1 + wy1", f"~ {before}wx1 + wy1", 1))
        assert read.spec == bp.RICLPM(variables=["x", "y"], lags="free")
