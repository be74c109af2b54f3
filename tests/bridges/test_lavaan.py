"""What is written in lavaan's language: as many free parameters as ours, and refusals of what lavaan cannot express."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest

import bayespanel as bp
from bayespanel.bridges.lavaan_text import rows_of
from tests.families.panel.data import panel
from tests.families.trial.tables import table, trial

PANEL = panel(variables=2)


def free_parameters(text: str) -> int:
    """Count the free parameters of a text: every label once, and every row without label or number."""
    free = [row for row in rows_of(text) if row.fixed is None]
    return len({row.label for row in free if row.label}) + sum(row.label is None for row in free)


def expected(spec: bp.RICLPM, waves: int) -> int:
    """Count them by hand, from what the specification says."""
    k = len(spec.variables)
    triangle, intervals = k * (k + 1) // 2, waves - 1
    count = triangle + (k * waves if spec.means == "free" else k) + k * waves * len(spec.covariates)
    count += k * k * (intervals if spec.lags == "free" else 1)
    count += triangle * (intervals if spec.innovations == "free" else 1) + (triangle if spec.intercepts else 0)
    for level in spec.cluster_levels:
        size = k * waves if spec.effects_of(level) == "by_wave" else k
        count += size * (size + 1) // 2
    return count


@pytest.mark.parametrize("intercepts", [True, False])
@pytest.mark.parametrize("effects", [None, "stable", "by_wave"])
def test_a_panel_has_as_many_free_parameters_as_its_specification(intercepts: bool, effects: str | None) -> None:
    for lags, innovations, means, x in product(*[("equal", "free")] * 3, ((), ("age", "sex"))):
        spec = bp.RICLPM(
            variables=["x", "y", "z"],
            lags=lags,
            innovations=innovations,
            means=means,
            covariates=x,
            intercepts=intercepts,
            levels=("pupil", "school") if effects else ("pupil",),
            cluster_effects=effects or "stable",
        )
        assert free_parameters(bp.to_lavaan(spec, waves=4)) == expected(spec, 4)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"covariate_effects": "stable"},
        {"covariate_effects": "stable", "slopes": True},
        {"covariates": [], "distal": {"age": "both"}},
    ],
)
def test_the_count_is_that_of_maximum_likelihood(options: dict[str, Any]) -> None:
    spec = bp.RICLPM(variables=PANEL.variables, **({"covariates": ["age"]} | options))
    text = bp.to_lavaan(spec, waves=PANEL.waves)
    assert free_parameters(text) == bp.maximum_likelihood(spec, PANEL).n_parameters


def test_the_text_says_how_to_fit_it() -> None:
    plain = bp.to_lavaan(bp.RICLPM(variables=["x"]), waves=3)
    assert 'lavaan(model, data = data, missing = "fiml", information = "observed")' in plain
    two = bp.to_lavaan(bp.RICLPM(variables=["x"], levels=("pupil", "class")), waves=3)
    assert 'cluster = "class"' in two
    assert 'optim.method = "nlminb"' in two
    assert "0.7-2" in two
    trial = bp.to_lavaan(bp.ClusterTrial(outcomes=["calm"]))
    assert 'cluster = "school", optim.method = "nlminb"' in trial
    assert "nlminb" not in bp.to_lavaan(bp.ClusterTrial(outcomes=["calm"], levels=("pupil",)), randomised="pupil")
    assert two.index("level: 1") < two.index("level: 2") < two.index("x1 ~ 1")


def test_columns_get_names_that_r_can_read() -> None:
    text = bp.to_lavaan(bp.RICLPM(variables=["peer rejection", "x1"]), waves=["2012", "spring", "3"])
    assert "# variable peer rejection = peer_rejection2012, peer_rejection_spring, peer_rejection3" in text
    assert "# variable x1 = x1_2012, x1_spring, x1_3" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "wave by wave"),
        ({"waves": 2}, "at least 3 waves"),
        ({"waves": "3"}, "'waves' is a number"),
        ({"waves": ["1", "1", "2"]}, "every wave once"),
        ({"columns": {"x": ["x1", "x2", "x3"]}}, "lacks 'y'"),
        ({"columns": {"x": ["x1", "x2", "x3"], "y": ["y1", "y2"]}}, "one column for every wave"),
        ({"columns": {"x": ["x1", "x2", "x3"], "y": ["y1", "y 2", "y3"]}}, "that R can read"),
        ({"columns": {"x": ["x1", "x2", "x3"], "y": ["y1", "x2", "y3"]}}, "stands twice"),
    ],
)
def test_waves_and_columns_are_checked(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(bp.SpecError, match=message):
        bp.to_lavaan(bp.RICLPM(variables=["x", "y"]), **arguments)  # type: ignore[arg-type]


def test_two_cells_of_one_name_are_refused() -> None:
    with pytest.raises(bp.SpecError, match="both be called"):
        bp.to_lavaan(bp.RICLPM(variables=["a", "a_b"]), waves=["1", "b1", "c1"])


@pytest.mark.parametrize("name", ["spillover", "spillover-depression", "class-size", "involvement-pupils"])
def test_classes_in_schools_are_refused(name: str) -> None:
    with pytest.raises(bp.SpecError, match=r"two levels.*to_mplus writes three"):
        bp.to_lavaan(bp.card(name), waves=5)


def test_latent_classes_are_refused() -> None:
    with pytest.raises(bp.SpecError, match=r"to_mplus, which writes TYPE = MIXTURE"):
        bp.to_lavaan(bp.card("persistent-victims"), waves=5)


def test_every_card_of_one_cluster_level_is_written() -> None:
    for name in bp.cards():
        card = bp.card(name)
        if len(card.spec.levels) < 3 and card.family != "trajectories":
            assert "~~" in bp.to_lavaan(card, waves=5)


def test_a_trial_has_as_many_free_parameters_as_ours() -> None:
    data = trial(table(arms=2), control="both", covariates=["age"])
    two = ("pupil", "school")
    spec = bp.ClusterTrial(outcomes=["calm", "kind"], levels=two, adjustment="constrained", covariates=["age"])
    text = bp.to_lavaan(spec, arms=data.arms, baseline=dict(data.baseline))
    assert free_parameters(text) == bp.maximum_likelihood(spec, data).n_parameters
    assert f"# arm: 1 in the arm {data.arms[1]}, 0 elsewhere" in text


@pytest.mark.parametrize(
    ("changes", "arguments", "message"),
    [
        ({"link": "logit"}, {}, "The link is 'logit'"),
        ({"adjustment": "covariate"}, {}, "constrained"),
        ({"covariates": ["age"], "moderators": ["age"]}, {}, "moderators age"),
        ({"adjustment": "constrained"}, {}, "Give baseline="),
        ({}, {"baseline": {"calmness": "pre"}}, "outcomes of the model"),
        ({}, {"arms": ["one"]}, "two arms or more"),
        ({}, {"randomised": "class"}, "is a level of the model"),
    ],
)
def test_trials_that_are_not_written_are_refused(
    changes: dict[str, object], arguments: dict[str, object], message: str
) -> None:
    spec = bp.ClusterTrial(outcomes=["calm"], **changes)  # type: ignore[arg-type]
    for write in (bp.to_lavaan, bp.to_mplus):
        with pytest.raises(bp.SpecError, match=message):
            write(spec, **arguments)  # type: ignore[arg-type]


def test_three_arms_make_two_columns_and_pupils_may_be_randomised() -> None:
    spec = bp.ClusterTrial(outcomes=["calm"])
    assert "calm ~ arm_both + arm_parents" in bp.to_lavaan(spec, arms=["usual", "both", "parents"])
    text = bp.to_lavaan(spec, randomised="pupil")
    assert text.index("calm ~ arm") < text.index("level: 2")


def test_the_table_of_a_panel_has_the_columns_of_the_text() -> None:
    spec = bp.RICLPM(variables=["v1", "v0"], levels=("pupil", "school"), covariates=["age"])
    frame = bp.lavaan_data(spec, PANEL)
    assert list(frame)[:2] == ["v1_1", "v0_1"]
    assert list(frame)[-2:] == ["age", "school"]
    again = bp.Panel.from_wide(
        frame, columns=bp.from_lavaan(bp.to_lavaan(spec, waves=4)).columns, school="school", covariates=["age"]
    )
    scored = ~np.isnan(PANEL.values).all(axis=(1, 2))
    np.testing.assert_array_equal(again.values, PANEL.values[scored][:, :, ::-1])
    np.testing.assert_array_equal(again.school, PANEL.school[scored])  # type: ignore[index]


def test_the_table_of_a_trial_has_arms_as_columns_of_0_and_1() -> None:
    data = trial(table(), covariates=["age"])
    frame = bp.lavaan_data(bp.ClusterTrial(outcomes=["kind"], covariates=["age"]), data)
    assert list(frame) == ["kind", "arm_both", "arm_parents", "age", "school"]
    assert frame["age"].mean() == pytest.approx(0.0, abs=1e-12)  # centred among those with a score
    assert set(pd.unique(frame["arm_both"])) == {0.0, 1.0}


def test_a_table_needs_pupils_and_what_the_model_names() -> None:
    spec = bp.RICLPM(variables=["v0"])
    with pytest.raises(bp.DataError, match="needs the pupils of a Panel"):
        bp.lavaan_data(spec, PANEL.moments())  # type: ignore[arg-type]
    with pytest.raises(bp.DataError, match="lack 'v7'"):
        bp.lavaan_data(bp.RICLPM(variables=["v7"]), PANEL)
    with pytest.raises(bp.DataError, match="needs the pupils of a Trial"):
        bp.lavaan_data(bp.ClusterTrial(outcomes=["calm"]), PANEL)
