"""Mplus inputs: short names, short lines, and as many free parameters as ours. Mplus itself is not at hand."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest

import bayespanel as bp
from tests.bridges.test_lavaan import expected
from tests.families.panel.data import panel
from tests.families.trajectories.tables import small_panel
from tests.families.trial.tables import table, trial


def statements(text: str, command: str) -> list[str]:
    """Return the statements of a command, comments gone."""
    plain = "\n".join(line.split("!")[0] for line in text.split("\n"))
    body = re.search(rf"(?ms)^{command}:\n(.*?)(?=^[A-Z]+:|\Z)", plain)
    assert body is not None
    return [re.sub(r"\s+", " ", part).strip() for part in body[1].split(";") if part.strip()]


def free_parameters(text: str) -> int:
    """Count the free parameters of MODEL: every label once, every statement without label and @, and every loading."""
    labels, alone = set(), 0
    for statement in statements(text, "MODEL"):
        body = re.sub(r"^(%[^%]+% )+", "", statement)
        label = re.search(r"\((\w+)\)", body)
        if " BY " in body and not label:
            alone += sum("@" not in word for word in body.split(" BY ")[1].split())
        if not body or body.startswith("%") or "@" in body or (" BY " in body and not label):
            continue
        if label:
            labels.add(label[1])
        else:
            alone += 1
    return len(labels) + alone


def check_layout(text: str) -> None:
    assert all(len(line) <= 90 for line in text.split("\n"))
    assert text.isascii()
    names = [part for s in statements(text, "VARIABLE") if s.startswith("NAMES") for part in s.split("= ")[1].split()]
    factors = re.findall(r"(\w+) BY", text)
    lower = [name.lower() for name in (*names, *dict.fromkeys(factors))]
    assert len(set(lower)) == len(lower)
    assert all(re.fullmatch(r"[a-z]\w{0,7}", name) for name in lower)
    order = [text.index(f"{command}:\n") for command in ("TITLE", "DATA", "VARIABLE", "ANALYSIS", "MODEL", "OUTPUT")]
    assert order == sorted(order)
    for statement in statements(text, "MODEL"):
        assert statement.count("(") <= 1


@pytest.mark.parametrize(
    ("levels", "effects"),
    [
        (("pupil",), "stable"),
        *product([("pupil", "class"), ("pupil", "class", "school")], ["stable", "by_wave"]),
    ],
)
def test_a_panel_has_as_many_free_parameters_as_its_specification(levels: tuple[str, ...], effects: str) -> None:
    for lags, innovations, means, x, intercepts in product(*[("equal", "free")] * 3, ((), ("age",)), (True, False)):
        spec = bp.RICLPM(
            variables=["peer rejection", "peer reports", "naïveté"],
            lags=lags,
            innovations=innovations,
            means=means,
            covariates=x,
            intercepts=intercepts,
            levels=levels,
            cluster_effects=effects,
        )
        text = bp.to_mplus(spec, waves=3)
        check_layout(text)
        assert free_parameters(text) == expected(spec, 3)


def test_levels_choose_the_type_of_analysis() -> None:
    for levels, kind in (
        (("pupil",), "TYPE = GENERAL"),
        (("pupil", "school"), "TYPE = TWOLEVEL"),
        (("pupil", "class", "school"), "TYPE = THREELEVEL"),
    ):
        text = bp.to_mplus(bp.RICLPM(variables=["x"], levels=levels), waves=3)
        assert kind in statements(text, "ANALYSIS")
    assert "CLUSTER = schoolid classid" in statements(text, "VARIABLE")
    assert "%BETWEEN classid%" in text


def test_equal_lags_share_a_label_and_free_ones_have_none() -> None:
    equal = statements(bp.to_mplus(bp.RICLPM(variables=["x", "y"]), waves=4), "MODEL")
    lags = [s for s in equal if " ON " in s]
    assert len(lags) == 12
    assert sorted({s.split("(")[1] for s in lags}) == ["a1_1)", "a1_2)", "a2_1)", "a2_2)"]
    assert "w_y2 ON w_x1 (a2_1)" in lags
    free = statements(bp.to_mplus(bp.RICLPM(variables=["x", "y"], lags="free"), waves=4), "MODEL")
    assert not [s for s in free if " ON " in s and "(" in s]


def test_long_names_are_shortened_and_the_comments_say_how() -> None:
    text = bp.to_mplus(bp.card("spillover"), waves=5)
    check_layout(text)
    assert "! reject1 = rejection@1" in text
    own = bp.to_mplus(bp.RICLPM(variables=["rejection"]), columns={"rejection": ["rej1", "rej2", "rej3"]})
    assert "NAMES = rej1 rej2 rej3" in statements(own, "VARIABLE")


def test_many_waves_keep_their_names_apart() -> None:
    text = bp.to_mplus(bp.RICLPM(variables=["x1", "x", "externalising", "externalised"]), waves=12)
    check_layout(text)


def test_every_card_is_written_but_classes_by_arm_and_continuous_time() -> None:
    refused = {"persistent-victims-by-arm": "one input for each arm", "spillover-months": "continuous time"}
    refused |= {"spillover-ordered": "closed form"}
    for name in bp.cards():
        if name in refused:
            with pytest.raises(bp.SpecError, match=refused[name]):
                bp.to_mplus(bp.card(name), waves=5)
        else:
            check_layout(bp.to_mplus(bp.card(name), waves=5))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"residual": "by_wave"},
        {"residual": "by_class", "random": "intercept"},
        {"residual": "free", "random": "slope", "growth": "quadratic"},
        {"growth": "free", "classes": 3},
        {"growth": {"level": [1, 1, 1, 1], "step": [0, 1, 1, 1]}},
        {"predictors": ("anxiety",), "arm": "programme"},
        {"classes": 1},
    ],
)
def test_trajectories_have_as_many_free_parameters_as_ours(changes: dict[str, object]) -> None:
    from bayespanel.families.trajectories.plan import plan
    from bayespanel.families.trajectories.statistics import rows_for
    from bayespanel.families.trajectories.unbounded_vector import sizes

    spec = bp.Trajectories(**({"outcome": "victimisation", "classes": 2} | changes))  # type: ignore[arg-type]
    rows = rows_for(spec, small_panel())
    text = bp.to_mplus(spec, waves=rows.waves)
    check_layout(text)
    assert free_parameters(text) == sum(sizes(spec, plan(spec, rows)).values())
    assert "TYPE = MIXTURE" in text


def test_ordered_categories_have_thresholds_that_are_equal_over_waves_and_classes() -> None:
    spec = bp.Trajectories(outcome="y", classes=3, link="logit", categories=(0, 1, 2, 3), predictors=("x",))
    text = bp.to_mplus(spec, waves=4)
    check_layout(text)
    assert "CATEGORICAL = y1 y2 y3 y4" in statements(text, "VARIABLE")
    assert free_parameters(text) == 3 * 2 + 2 + 2 * 2  # courses, thresholds beyond the first, membership
    with pytest.raises(bp.SpecError, match="Give for example categories"):
        bp.to_mplus(bp.Trajectories(outcome="y", link="logit"), waves=4)


def test_counts_have_one_dispersion_and_random_effects_with_a_link_are_integrated() -> None:
    counts = bp.Trajectories(outcome="y", classes=2, link="log", predictors=("x",))
    text = bp.to_mplus(counts, waves=4)
    check_layout(text)
    assert "COUNT = y1 (nb) y2 (nb) y3 (nb) y4 (nb)" in statements(text, "VARIABLE")
    assert "INTEGRATION" not in text
    assert free_parameters(text) == 2 * 2 + 1 + 2  # courses, dispersion, membership
    for link in ("log", "logit"):
        known = {"categories": (0, 1, 2)} if link == "logit" else {}
        text = bp.to_mplus(replace(counts, link=link, random="intercept", **known), waves=4)  # type: ignore[arg-type]
        check_layout(text)
        assert "ALGORITHM = INTEGRATION" in text
        assert free_parameters(text) == 2 * 2 + 1 + 1 + 2  # a dispersion or a threshold, and the variance of intercepts
    with pytest.raises(bp.SpecError, match="zero_inflated is True"):
        bp.to_mplus(replace(counts, zero_inflated=True), waves=4)


def test_clusters_of_trajectories_are_said_to_be_another_model() -> None:
    text = bp.to_mplus(bp.card("persistent-victims"), waves=5)
    assert "TYPE = COMPLEX MIXTURE" in text
    assert "! Not the same model" in text


@pytest.mark.parametrize("randomised", ["pupil", "class", "school"])
def test_a_trial_has_as_many_free_parameters_as_ours(randomised: str) -> None:
    data = trial(table(), covariates=["age"])
    levels = ("pupil", "class", "school")
    spec = bp.ClusterTrial(outcomes=["calm", "kind"], levels=levels, adjustment="constrained", covariates=["age"])
    text = bp.to_mplus(spec, arms=data.arms, baseline=dict(data.baseline), randomised=randomised)
    check_layout(text)
    cells = 4
    assert free_parameters(text) == cells + 2 * 2 + cells + 3 * (cells * (cells + 1) // 2)
    assert ("BETWEEN = (" in text) == (randomised != "pupil")


def test_the_data_file_has_the_columns_of_names_in_their_order(tmp_path: Path) -> None:
    spec = bp.RICLPM(variables=["v1", "v0"], levels=("pupil", "class", "school"), covariates=["age"])
    data = panel(variables=2)
    bp.mplus_data(spec, data, tmp_path / "pupils.dat")
    numbers = np.loadtxt(tmp_path / "pupils.dat")
    names = next(s for s in statements(bp.to_mplus(spec, waves=data.waves), "VARIABLE") if s.startswith("NAMES"))
    assert names.split("= ")[1].split() == [f"v{k}_{t}" for t in range(1, 5) for k in (1, 0)] + [
        "age",
        "classid",
        "schoolid",
    ]
    assert numbers.shape[1] == 11
    seen = numbers[:, 0] != -999
    scored = ~np.isnan(data.values).all(axis=(1, 2))
    np.testing.assert_allclose(numbers[seen, 0], data.values[scored][seen, 0, 1], rtol=1e-9)  # ten digits are written
    assert (np.isnan(data.values[scored][:, 0, 1]) == ~seen).all()
    assert numbers[:, -1].min() == 1


def test_a_score_that_means_missing_is_refused(tmp_path: Path) -> None:
    data = panel(variables=2)
    data.values[0, 0, 0] = -999.0
    with pytest.raises(bp.DataError, match="stands for a missing score"):
        bp.mplus_data(bp.RICLPM(variables=["v0"]), data, tmp_path / "pupils.dat")
