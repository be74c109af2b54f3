"""A specification says what is wrong with it, and has a prior for every parameter."""

from __future__ import annotations

import pytest

import bayespanel as bp
from bayespanel.language.errors import SpecError

TWO = ("calm", "kind")

MISTAKES = [
    ({"outcomes": ()}, "A trial has outcomes.*None was named"),
    ({"outcomes": "calm"}, r"It is the text 'calm'.*Write outcomes=\['calm'\]"),
    ({"outcomes": ("calm", 3)}, "3 is not a text"),
    ({"outcomes": ("calm", "calm")}, "Twice: calm"),
    ({"adjustment": "ancova"}, "'adjustment' is one of none, covariate, constrained.*'ancova'"),
    ({"link": "logistic"}, "'link' is one of identity, logit, probit, log.*'logistic'"),
    ({"levels": ("pupil", "shcool")}, "'shcool' is not.*Nearest: 'school'"),
    ({"levels": ("school",)}, "Levels contain 'pupil'.*Given: school"),
    ({"levels": ("pupil", "school", "school")}, "Twice: school"),
    ({"levels": ()}, "Given: nothing"),
    ({"covariates": ("age",), "moderators": ("gae",)}, "A moderator is one of the covariates.*Nearest: 'age'"),
    ({"families": {"mood": ("calm", "kidn")}}, "'mood' names 'kidn'.*Nearest: 'kind'"),
    ({"families": {"mood": ("calm",)}}, "pools the effects of two or more.*'mood' has 1"),
    ({"families": {"mood": TWO, "again": TWO}}, "'calm' is in 'mood' and in 'again'"),
    ({"families": {"mood": "calm"}}, "families.mood"),
    ({"edges": {"clam": "school->parent"}}, "It names 'clam'.*Nearest: 'calm'"),
    ({"edges": {"calm": "school-parent"}}, "That of 'calm' is 'school-parent'"),
    ({"edges": {"calm": "school->pupil"}}, "An edge joins two of"),
    ({"link": "logit", "adjustment": "constrained"}, "constrained analysis is for Gaussian.*'logit'"),
    ({"priors": (bp.Prior("lag", "Normal", (0, 1)),)}, "lag"),
    ({"priors": (bp.Prior("effect", "HalfNormal", (1,)),)}, "effect"),
]


@pytest.mark.parametrize(("changes", "message"), MISTAKES)
def test_a_mistake_is_said(changes, message):
    with pytest.raises(SpecError, match=message):
        bp.ClusterTrial(**({"outcomes": TWO} | changes))


def test_levels_stand_in_order_from_the_pupil_outwards():
    assert bp.ClusterTrial(outcomes=TWO, levels=("school", "class", "pupil")).levels == ("pupil", "class", "school")


def test_there_are_priors_for_what_the_model_has_and_for_nothing_else():
    def rows(**changes: object) -> set[str]:
        spec = bp.ClusterTrial(**({"outcomes": ("calm",), "levels": ("pupil",)} | changes))  # type: ignore[arg-type]
        return {row.parameter for row in spec.default_priors()}

    plain = {"effect", "mean", "residual_sd"}
    assert rows() == plain
    assert rows(outcomes=TWO) == plain | {"residual_corr"}
    assert rows(adjustment="constrained") == plain | {"residual_corr"}
    assert rows(adjustment="covariate") == plain | {"baseline_effect", "baseline_missing_effect"}
    assert rows(covariates=("age",), moderators=("age",)) == plain | {"covariate_effect", "moderation"}
    assert rows(levels=("pupil", "school")) == plain | {"school_sd"}
    assert rows(link="logit") == {"effect", "threshold", "threshold_gap"}
    assert rows(outcomes=TWO, families={"mood": TWO}) >= {"family_effect", "family_sd"}


def test_a_row_that_is_given_replaces_the_default():
    row = bp.Prior("effect", "Normal", (0, 0.2))
    spec = bp.ClusterTrial(outcomes=TWO, priors=(row,))
    assert spec.prior("effect").arguments == (0, 0.2)
    assert spec.prior("mean").source == "default"


def test_unpooled_drops_the_families_and_their_priors():
    rows = (bp.Prior("family_sd", "HalfNormal", (0.1,)), bp.Prior("effect", "Normal", (0, 0.2)))
    spec = bp.ClusterTrial(outcomes=TWO, families={"mood": TWO}, priors=rows).unpooled()
    assert spec.families == {}
    assert [row.parameter for row in spec.priors] == ["effect"]
