"""A fit from end to end: evidence, checks, memberships, tables, figures; and posteriors beside maximum likelihood."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import bayespanel as bp
from bayespanel.families.trajectories.checks import checks as own_checks
from bayespanel.families.trajectories.simulate import simulate
from bayespanel.families.trajectories.statistics import data_for
from tests.families.trajectories.tables import TIMES, panel_of, small_panel, small_world, wide_panel

NAMES = ("decreasing", "low")
SPEC = bp.Trajectories(
    "victimisation",
    classes=NAMES,
    times=TIMES,
    link="logit",
    predictors=("anxiety",),
    arm="programme",
    levels=("pupil", "school"),
    edges={"anxiety": "child->child", "programme": "school->child"},
)


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return simulate(small_world(link="logit"), 2)


@pytest.fixture(scope="module")
def panel(frame: pd.DataFrame) -> bp.Panel:
    return panel_of(frame)


@pytest.fixture(scope="module")
def fit(panel: bp.Panel) -> bp.Fit:
    return bp.fit(SPEC, panel, seed=1, sampling=bp.Sampling(draws=400, tune=300), progress=False)


@pytest.fixture(scope="module")
def evidence(fit: bp.Fit) -> xr.Dataset:
    return bp.evidence(fit, rope=0.18)


def test_the_truth_lies_in_the_posterior(fit: bp.Fit) -> None:
    found = fit.posterior
    assert found["trajectory"].values.tolist() == list(NAMES)
    effect = found["membership_effect"].sel(predictor="anxiety")
    odds = effect.sel(trajectory="decreasing") - effect.sel(trajectory="low")
    assert abs(float(odds.mean()) - 1.0) < 3 * float(odds.std())
    np.testing.assert_allclose(found["threshold"].mean(("chain", "draw")), [0.0, 1.5], atol=0.4)
    np.testing.assert_allclose(found["membership_effect"].sum("trajectory"), 0.0, atol=1e-9)
    np.testing.assert_allclose(found["share"].sum("trajectory"), 1.0)
    course = found["expected"].mean(("chain", "draw")).sel(trajectory="decreasing")
    assert (np.diff(course) < 0).all()


def test_pathways_lie_on_their_edges(evidence: xr.Dataset) -> None:
    kinds = list(dict.fromkeys(evidence["kind"].values.tolist()))
    assert kinds == ["odds", "programme", "share"]
    names = evidence["pathway"].values.tolist()
    assert names[:3] == ["anxiety: decreasing vs low", "programme: decreasing", "programme: low"]
    edges = dict(zip(names, evidence["edge"].values.tolist(), strict=True))
    assert edges["anxiety: decreasing vs low"] == "child->child"
    assert edges["programme: low"] == "school->child"
    shares = evidence.sel(pathway=evidence["kind"] == "share")
    assert np.isnan(shares["prob_rope"]).all()
    assert "descriptions of courses" in bp.text(evidence)


def test_the_programme_moves_both_classes_by_the_same_shares(evidence: xr.Dataset) -> None:
    moved = evidence["raw_mean"].sel(pathway=["programme: decreasing", "programme: low"]).values
    assert moved[0] == pytest.approx(-moved[1])


def test_odds_ratios_are_exponentials(evidence: xr.Dataset) -> None:
    table = bp.odds_ratios(evidence)
    row = table.iloc[0]
    found = evidence.sel(pathway="anxiety: decreasing vs low")
    assert row["odds_ratio"] == pytest.approx(np.exp(float(found["median"])))
    assert row["odds_ratio_per_unit_lower"] == pytest.approx(np.exp(float(found["raw_lower"])))
    assert np.isnan(row["share_difference"])
    assert table.iloc[1]["share_difference"] == pytest.approx(float(evidence["raw_mean"].values[1]))
    assert table.attrs["rope"] == pytest.approx([np.exp(-0.18), np.exp(0.18)])
    with pytest.raises(bp.SpecError, match="Odds ratios are those of trajectories"):
        bp.odds_ratios(evidence.sel(pathway=evidence["kind"] == "share"))


def test_checks_hold(fit: bp.Fit) -> None:
    table = bp.checks(fit).set_index("check")
    for name in ("starts that reached the best maximum", "smallest class, share of pupils"):
        assert table.loc[name, "passed"]
    assert table.loc["probability that 'decreasing' is what it says", "value"] == 1.0


def test_pupils_are_placed_where_they_were_drawn_from(fit: bp.Fit, panel: bp.Panel, frame: pd.DataFrame) -> None:
    table = bp.membership(fit, panel)
    assert table["pupil"].tolist() == panel.pupils.tolist()
    np.testing.assert_allclose(table[list(NAMES)].sum(axis=1), 1.0)
    truth = frame.drop_duplicates("pupil").set_index("pupil")["trajectory"].loc[table["pupil"]]
    right = (table["most_likely"].to_numpy() == "decreasing") == (truth.to_numpy() == "high")
    assert right.mean() > 0.85
    # Probabilities mean what they say: on average they are right as often as they promise.
    assert right.mean() == pytest.approx(table["probability"].mean(), abs=0.05)


def test_other_pupils_are_placed_in_the_units_of_the_fit(fit: bp.Fit, panel: bp.Panel) -> None:
    some = np.arange(panel.n_pupils) < 7
    few = replace(
        panel, values=panel.values[some], pupils=panel.pupils[some], covariates=panel.covariates[some],
        classroom=panel.classroom[some], school=panel.school[some],
    )  # fmt: skip
    pd.testing.assert_frame_equal(bp.membership(fit, few), bp.membership(fit, panel).iloc[:7])
    elsewhere = replace(few, school_names=("new", *few.school_names[1:]), school=0 * few.school)
    with pytest.raises(bp.DataError, match="'new' is not in it"):
        bp.membership(fit, elsewhere)
    odd = replace(few, values=np.where(few.values == 0, 9.0, few.values))
    with pytest.raises(bp.DataError, match="9 is not"):
        bp.membership(fit, odd)
    with pytest.raises(bp.DataError, match="the fit 1, 2, 3, 4"):
        bp.membership(fit, replace(few, waves=("a", "b", "c", "d")))


def test_tables_and_figures_show_sizes_and_bands(fit: bp.Fit) -> None:
    course = bp.mean_trajectories(fit, prob=0.9)
    assert course["mean"].dims == ("trajectory", "wave")
    assert (course["lower"] < course["mean"]).all()
    table = bp.class_table(fit)
    assert table["arm"].tolist() == ["control", "control", "intervention", "intervention"]
    np.testing.assert_allclose(table.groupby("arm")["share"].sum(), 1.0)
    figure = bp.plot_trajectories(fit, lines=30)
    labels = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert [label.split(":")[0] for label in labels] == list(NAMES)
    assert re.search(r"control \d+\.\d % \[", labels[0])
    assert len(figure.axes[0].lines) == 30 + 2 * 2
    assert [float(t) for t in figure.axes[0].get_xticks()] == list(TIMES)


def test_a_fit_is_saved_and_read(fit: bp.Fit, tmp_path: Path, panel: bp.Panel) -> None:
    fit.save(tmp_path / "fit.nc")
    again = bp.load(tmp_path / "fit.nc")
    assert again.spec == fit.spec
    assert again.data.fingerprint() == fit.data.fingerprint() == data_for(SPEC, panel).fingerprint()
    pd.testing.assert_frame_equal(bp.checks(again), bp.checks(fit))
    pd.testing.assert_frame_equal(bp.membership(again, panel), bp.membership(fit, panel))


def test_verbs_of_trajectories_refuse_other_models() -> None:
    with pytest.raises(bp.SpecError, match="Only models of trajectories have latent classes"):
        bp.number_of_classes(bp.RICLPM(("x", "y")), None, seed=1)  # type: ignore[arg-type]


def fake(spec: bp.Trajectories, *, apart: float = 0.0, **attrs: object) -> xr.Dataset:
    """A posterior whose chains differ by so much in the sizes of the classes."""
    rng = np.random.default_rng(1)
    share = 0.4 + 0.01 * rng.normal(size=(4, 100)) + apart * np.array([0, 0, 1, 1])[:, None]
    course = rng.normal(scale=0.01, size=(4, 100, 2, 3)) + np.array([[2.0, 1.5, 1.0], [0.0, 0.0, 0.0]])
    return xr.Dataset(
        {
            "share": (("chain", "draw", "trajectory"), np.stack([share, 1 - share], axis=2)),
            "expected": (("chain", "draw", "trajectory", "wave"), course),
        },
        coords={"trajectory": list(spec.trajectories), "wave": ["1", "2", "3"]},
        attrs={"maxima": [-10.0, -18.0], "reached": [8, 4], "relabelled": 0.0, "emptied": 0, "starts": 12} | attrs,
    )


@pytest.mark.parametrize(
    ("posterior", "failed", "said"),
    [
        ({"apart": 0.2}, "chains describe the same classes", "divide the pupils in different ways"),
        ({"reached": [1, 11]}, "starts that reached the best maximum", "1 of 12 random starts"),
        ({"maxima": [-10.0, -12.0]}, "other maxima within 5", "in more than one way"),
        ({"emptied": 9}, "random starts that lost a class", "9 of 12 starts"),
        ({"relabelled": 0.2}, "labels had to change", "Classes changed places"),
        ({"apart": -0.399}, "", ""),
    ],
)
def test_what_a_mixture_can_have_wrong_is_a_failed_check(posterior: dict, failed: str, said: str) -> None:
    spec = bp.Trajectories("victimisation", classes=("decreasing", "low"), times=TIMES)
    rows = data_for(spec, small_panel())
    table = own_checks(spec, fake(spec, **posterior), rows)
    wrong = [row for row in table if not row.passed]
    if failed:
        assert len(wrong) == 1
        assert failed in wrong[0].check
        assert said in wrong[0].hint
    assert [row.check for row in own_checks(spec, fake(spec), rows) if not row.passed] == []


def test_a_name_that_does_not_fit_and_an_empty_class_are_failed_checks() -> None:
    spec = bp.Trajectories("victimisation", classes=("increasing", "low"), times=TIMES)
    rows = data_for(spec, small_panel())
    posterior = fake(spec)
    posterior["share"] = posterior["share"] * [0.01, 1.0]
    wrong = [row for row in own_checks(spec, posterior, rows) if not row.passed]
    assert [row.check for row in wrong] == [
        "smallest class, share of pupils", "probability that 'increasing' is what it says",
    ]  # fmt: skip
    assert "holds about 2 pupils: it empties" in wrong[0].hint


def test_another_division_of_the_pupils_is_followed_and_reported() -> None:
    """Three equal groups and two classes: most starts join the upper two, and the others are not forgotten."""
    rng = np.random.default_rng(0)
    score = 5.0 * np.repeat([0, 1, 2], 60)[:, None] + rng.normal(size=(180, 4))
    control = 5.0 * np.repeat([0, 2], 60)[:, None] + rng.normal(size=(120, 4))
    arm = np.repeat([1.0, 0.0], [180, 120])
    panel = wide_panel(np.vstack([score, control]), arm=arm)
    both = {"control": ["high", "low"], "intervention": ["high", "low"]}
    spec = bp.Trajectories("y", classes=both, arm="arm", growth="constant")
    found = bp.maximum_likelihood(spec, panel).maxima
    assert len(found) >= 2
    assert found["starts"].iloc[1] > 5
    assert found["log_likelihood"].iloc[0] - found["log_likelihood"].iloc[1] < 5
    fit = bp.fit(spec, panel, seed=1, sampling=bp.Sampling(draws=200, tune=200), progress=False)
    table = bp.checks(fit).set_index("check")
    assert not table.loc["other maxima within 5 of the best log-likelihood", "passed"]


@pytest.fixture(scope="module")
def by_arm(panel: bp.Panel) -> bp.Fit:
    spec = bp.Trajectories(
        "victimisation",
        classes={"control": NAMES, "intervention": NAMES},
        times=TIMES,
        link="logit",
        predictors=("anxiety",),
        arm="programme",
        levels=("pupil", "school"),
    )
    return bp.fit(spec, panel, seed=1, sampling=bp.Sampling(draws=300, tune=300), progress=False)


def test_a_programme_by_arm_is_about_more_schools_than_those_seen(by_arm: bp.Fit, panel: bp.Panel) -> None:
    """Shares are averaged over new schools; the twin draws them, a thousand for some draws."""
    posterior, rng = by_arm.posterior, np.random.default_rng(1)
    x = panel.covariates[:, 0] - panel.covariates[:, 0].mean()
    arm = panel.covariates[:, 1]
    for d in (0, 100, 200):
        one = posterior.isel(chain=1, draw=d)
        for a, name in enumerate(("control", "intervention")):
            pair = [f"{name}: {label}" for label in NAMES]
            logit = [
                float(one["membership_intercept"].sel(trajectory=label))
                + float(one["membership_effect"].sel(trajectory=label, predictor="anxiety")) * x[arm == a]
                for label in pair
            ]
            # The effects of the two classes differ by school_sd z, as do those that the prior speaks of.
            z = float(one["school_sd"]) * rng.normal(size=(1000, 1))
            twin = (1 / (1 + np.exp(-(logit[0] - logit[1] + z)))).mean()
            assert float(one["share_population"].sel(trajectory=pair[0])) == pytest.approx(twin, abs=0.012)
    narrow = (posterior["share"].sel(trajectory="control: low")).std()
    assert float(posterior["share_population"].sel(trajectory="control: low").std()) > 1.2 * float(narrow)
    evidence = bp.evidence(by_arm, rope=0.18)
    assert (evidence["kind"] == "programme").sum() == 2
    assert "not adjusted for predictors" in evidence.attrs["standardisation"]


def test_pupils_of_no_arm_are_not_placed(by_arm: bp.Fit, panel: bp.Panel) -> None:
    for code in (2.0, -1.0, 0.5):
        other = panel.covariates.copy()
        other[3, 1] = code
        with pytest.raises(bp.DataError, match="0 in control and 1 in the intervention"):
            bp.membership(by_arm, replace(panel, covariates=other))
    other = panel.covariates.copy()
    other[3, 0] = np.nan
    with pytest.raises(bp.DataError, match="A predictor is known for every pupil with a score"):
        bp.membership(by_arm, replace(panel, covariates=other))
    for table in (None, panel.values, by_arm.data, "panel"):
        with pytest.raises(bp.DataError, match="which a Panel has"):
            bp.membership(by_arm, table)


def test_classes_by_number_and_arms_of_one_class_have_no_programme(panel: bp.Panel) -> None:
    def kinds(classes: dict[str, object]) -> list[str]:
        spec = bp.Trajectories(
            "victimisation", classes=classes, times=TIMES, link="logit", predictors=("anxiety",), arm="programme",
            levels=("pupil", "school"),
        )  # fmt: skip
        fit = bp.fit(spec, panel, seed=1, sampling=bp.Sampling(draws=100, tune=100), progress=False)
        return list(dict.fromkeys(bp.evidence(fit, rope=0.18)["kind"].values.tolist()))

    assert kinds({"control": 2, "intervention": 2}) == ["odds", "odds_other", "share"]
    assert kinds({"control": ["high", "low"], "intervention": ["low"]}) == ["odds", "share"]


def test_flat_priors_give_maximum_likelihood_within_its_errors() -> None:
    wide = [
        bp.Prior("growth_level", "Normal", (0, 20)),
        bp.Prior("growth_change", "Normal", (0, 20)),
        bp.Prior("residual_sd", "HalfNormal", (20,)),
        bp.Prior("membership_intercept", "Normal", (0, 10)),
    ]
    panel = small_panel()
    spec = bp.Trajectories("victimisation", classes=2, times=TIMES, priors=wide)
    ml = bp.maximum_likelihood(spec, panel)
    posterior = bp.fit(spec, panel, seed=3, sampling=bp.Sampling(draws=1000), progress=False).posterior
    for name in ("growth", "residual_sd", "share"):
        mean = posterior[name].mean(("chain", "draw"))
        off = np.abs(mean - ml.estimates[name]) / ml.standard_errors[name]
        assert float(off.max()) < 0.25
        ratio = posterior[name].std(("chain", "draw")) / ml.standard_errors[name]
        assert float(ratio.min()) > 0.9
        assert float(ratio.max()) < 1.1


def test_numbers_of_classes_are_compared_by_two_scores() -> None:
    panel = small_panel()
    spec = bp.Trajectories("victimisation", times=TIMES)
    table = bp.number_of_classes(
        spec, panel, classes=(1, 2), seed=1, sampling=bp.Sampling(draws=250, tune=200), progress=False
    )
    assert table["classes"].tolist() == [1, 2]
    assert table["elpd_difference"].tolist()[1] == 0.0
    assert table["elpd_difference"][0] < -4 * table["difference_se"][0]
    assert table["bic_difference"][0] > 100
    # Leaving out costs about as much as parameters: elpd lies somewhat below the log-likelihood.
    gap = (table["log_likelihood"] - table["elpd"]) / table["parameters"]
    assert gap.between(0.3, 2.5).all()
    assert (table["bad_k"] == 0).all()
    quick = bp.number_of_classes(spec, panel, classes=(1, 2, 3), seed=1, loo=False)
    assert "elpd" not in quick
    assert quick["log_likelihood"].is_monotonic_increasing
    assert len(bp.plot_number_of_classes(table).axes) == 2
    assert len(bp.plot_number_of_classes(quick).axes) == 1
    for wrong in ((), (0, 1), (1.5,)):
        with pytest.raises(bp.SpecError, match="from 1 to 10"):
            bp.number_of_classes(spec, panel, classes=wrong, seed=1)
    with pytest.raises(bp.SpecError, match="Compare within each arm"):
        bp.number_of_classes(
            bp.Trajectories("victimisation", classes={"control": 1, "intervention": 2}, arm="programme"), panel, seed=1
        )


def test_one_class_has_a_course_and_no_evidence() -> None:
    panel = small_panel(link="logit")
    spec = bp.Trajectories("victimisation", classes=1, times=TIMES, link="logit")
    fit = bp.fit(spec, panel, seed=1, sampling=bp.Sampling(draws=200, tune=200), progress=False)
    assert bp.mean_trajectories(fit).sizes["trajectory"] == 1
    assert bp.class_table(fit)["share"].tolist() == [1.0]
    assert len(bp.plot_trajectories(fit, lines=5).axes[0].lines) == 7
    assert bp.evidence(fit, rope=0.1)["pathway"].values.tolist() == ["share: class 1"]
    assert bp.checks(fit)["passed"].iloc[3]
