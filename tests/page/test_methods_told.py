"""What a methods section says of options that change the model: none of them goes without a word."""

from __future__ import annotations

import numpy as np

import bayespanel as bp
from bayespanel.families.panel import sentences
from bayespanel.families.panel.equations import equations
from tests.families.panel.data import panel
from tests.families.trial.tables import table, trial
from tests.page.test_methods import fake, said


def test_lags_that_vary_between_schools_and_what_predicts_them_are_told():
    spec = bp.RICLPM(
        ("v0", "v1"), levels=("pupil", "school"), varying=["v0 -> v1"],
        moderators={"v0 -> v1": ["programme"]},
    )  # fmt: skip
    told = " ".join(sentences.model(spec, panel().moments(), lambda *_: ""))
    assert "Lags of each school varied around their mean" in told
    assert "That of v0 -> v1 depended on programme of the school" in told
    assert any("α_s" in one.text for one in equations(spec))


def test_classes_that_are_formed_anew_are_told():
    spec = bp.RICLPM(("v0", "v1"), levels=("pupil", "class", "school"))
    moments = panel().moments()
    moments.__dict__["courses"] = np.zeros((len(moments.class_names), 2), dtype=np.int64)
    told = " ".join(sentences.model(spec, moments, lambda *_: ""))
    assert "formed anew every school year, there was one for each variable in its year" in told
    assert "Of random effects of schools, there was one for each variable, the same at all waves" in told


def test_outcomes_with_and_without_a_baseline_are_told_apart():
    data = trial(table(), baseline={"calm": "calm_pre"})
    text = said(fake(bp.ClusterTrial(outcomes=("calm", "kind"), adjustment="covariate"), data))
    assert "calm was adjusted for its own baseline" in text
    assert "Each outcome was adjusted" not in text


def test_counts_do_not_say_that_no_outcome_was_missing():
    frame = table()
    frame["calm"] = (frame["calm"] > frame["calm"].median()).astype(float).where(frame.index % 4 > 0)
    data = trial(frame, outcomes=["calm"], baseline={"calm": "calm_pre"})
    text = said(fake(bp.ClusterTrial(outcomes=("calm",), link="logit"), data))
    assert "None of the outcomes was missing" not in text
    assert "without an outcome were left out" in text
