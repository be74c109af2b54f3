"""Effects that vary between schools, variances of arms, arms without classes: data, rules, pathways and rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy.stats import norm

import bayespanel as bp
from bayespanel.families.trial.draws import posterior
from bayespanel.families.trial.fit_rows import fit_rows
from bayespanel.families.trial.influence import influence
from bayespanel.families.trial.leave_out import densities
from bayespanel.families.trial.pathways import collect
from bayespanel.families.trial.simulate import simulate
from bayespanel.families.trial.truth import observed, truth
from bayespanel.families.trial.world import TrialWorld
from bayespanel.language.errors import DataError, SpecError

LEVELS = ("pupil", "class", "school")
TERMS = np.array([[1, 0.3, 0.5, 0], [0.3, 1, 0.1, 0.2], [0.5, 0.1, 1, 0.4], [0, 0.2, 0.4, 1]])


def world(**changes: object) -> TrialWorld:
    fields: dict[str, object] = {
        "outcomes": ("x", "y"),
        "effect": [0.3, 0.1],
        "residual_sd": [0.9, 1.0],
        "class_sd": [0.2, 0.3],
        "school_sd": [0.4, 0.5],
        "effect_sd": [0.3, 0.4],
        "school_corr": TERMS,
        "randomised": "class",
        "schools_per_arm": (30,),
        "classes_per_school": (4, 4),
        "pupils_per_class": (15, 15),
    }
    return TrialWorld(**(fields | changes))  # type: ignore[arg-type]  # by name


def means(frame: pd.DataFrame, outcome: str) -> pd.DataFrame:
    return frame.groupby(["school", "arm"])[outcome].mean().unstack("arm")


def test_simulated_effects_have_their_sd_and_their_correlation_with_the_means_of_schools() -> None:
    sizes = {"class_sd": None, "residual_sd": [1e-6, 1e-6], "schools_per_arm": (4000,), "pupils_per_class": (1, 1)}
    frame = simulate(world(**sizes), 1)
    x, y = means(frame, "x"), means(frame, "y")
    parts = np.stack([x["control"], y["control"], x["intervention"] - x["control"], y["intervention"] - y["control"]])
    sd = np.array([0.4, 0.5, 0.3, 0.4])
    np.testing.assert_allclose(np.cov(parts), sd[:, None] * TERMS * sd, atol=0.01)
    np.testing.assert_allclose(parts[2:].mean(axis=1), [0.3, 0.1], atol=0.02)


def test_a_world_without_varying_effects_gives_the_pupils_that_it_gave() -> None:
    still = simulate(world(effect_sd=None, school_corr=TERMS[:2, :2]), 3)
    moving = simulate(world(effect_sd=[0.0, 0.0], school_corr=TERMS[:2, :2]), 3)
    pd.testing.assert_frame_equal(still, moving)


def test_sds_of_arms_are_those_of_their_pupils() -> None:
    changes = {"residual_sd": [[0.5, 1.0], [1.5, 1.0]], "class_sd": [[0, 0], [0.7, 0.2]], "effect_sd": None}
    made = world(**changes, school_corr=None, school_sd=None, schools_per_arm=(800,))
    frame = simulate(made, 2)
    within = frame.groupby("class")[["x", "y"]].var().join(frame.groupby("class")["arm"].first())
    np.testing.assert_allclose(within.groupby("arm").mean().to_numpy(), [[0.25, 1], [2.25, 1]], rtol=0.05)
    by_class = frame.groupby("class")[["x", "y"]].mean().join(frame.groupby("class")["arm"].first())
    expected = [[0.25 / 15, 1 / 15], [0.49 + 2.25 / 15, 0.04 + 1 / 15]]
    np.testing.assert_allclose(by_class.groupby("arm").var().to_numpy(), expected, rtol=0.1)


@pytest.mark.parametrize("varying", ["correlated", "uncorrelated"])
def test_a_huge_trial_tells_the_truth(varying: str) -> None:
    corr = TERMS if varying == "correlated" else None
    made = world(schools_per_arm=(3000,), school_corr=corr)
    spec = bp.ClusterTrial(outcomes=("x", "y"), varying_effects=varying)
    found = bp.maximum_likelihood(spec, observed(spec, made, simulate(made, 5))).standardised
    known = truth(spec, made)["posterior"].isel(chain=0, draw=0)
    for name in ("effect_standardised", "icc", "school_corr"):
        np.testing.assert_allclose(found[name].values, known[name].values, atol=0.05, err_msg=name)


@pytest.mark.parametrize("nested", [(), ("control",)])
def test_a_huge_trial_tells_the_variances_of_arms(nested: tuple[str, ...]) -> None:
    made = TrialWorld(
        outcomes=("x",),
        effect=[0.3],
        residual_sd=[[0.9], [1.2]],
        class_sd=[[0.0 if nested else 0.3], [0.5]],
        school_sd=[[0.3], [0.5]],
        schools_per_arm=(1500, 1500),
        classes_per_school=(3, 5),
        pupils_per_class=(10, 20),
    )
    spec = bp.ClusterTrial(outcomes=("x",), variances="by_arm", arms_without_classes=nested)
    found = bp.maximum_likelihood(spec, observed(spec, made, simulate(made, 5)))
    known = truth(spec, made)["posterior"].isel(chain=0, draw=0)
    for name in ("residual", "class", "school"):
        sd = np.sqrt(np.diagonal(found.estimates[f"{name}_cov"].values, axis1=-2, axis2=-1))
        np.testing.assert_allclose(sd, known[f"{name}_sd"].values, atol=0.03, err_msg=name)
    np.testing.assert_allclose(found.standardised["icc"].values, known["icc"].values, atol=0.01)


def test_what_differs_between_arms_has_no_true_value_in_a_model_with_one() -> None:
    made = world(residual_sd=[[0.9, 1.0], [0.9, 1.1]])
    known = truth(bp.ClusterTrial(outcomes=("x", "y"), levels=LEVELS), made)["posterior"]["residual_sd"]
    assert known.sel(cell="x").item() == 0.9
    assert np.isnan(known.sel(cell="y").item())


def drawn(spec: bp.ClusterTrial, data: bp.TrialMoments, draws: int = 200) -> xr.Dataset:
    """Draws that scatter widely, by the names of the model's free variables."""
    rng = np.random.default_rng(4)
    k, lead = len(spec.outcomes), (2, draws)
    terms = 2 * k if spec.varying_effects == "correlated" else k
    free = {
        "mean": rng.normal(size=(*lead, k)),
        "effect": rng.normal(0.2, 0.1, size=(*lead, k)),
        "residual_sd": 1 + 0.1 * rng.random((*lead, k)),
        "class_scale": rng.normal(size=(*lead, k)) / 4,
        "school_scale": rng.normal(size=(*lead, k)) / 2,
        "effect_scale": rng.normal(size=(*lead, k)) / 3,
    }
    free |= {f"{name}_partial": rng.beta(3, 3, (*lead, k * (k - 1) // 2)) for name in ("residual", "class")}
    free["school_partial"] = rng.beta(3, 3, (*lead, terms * (terms - 1) // 2))
    return posterior(spec, data, free)


def test_pathways_say_how_effects_vary() -> None:
    spec = bp.ClusterTrial(
        outcomes=("x", "y"), levels=LEVELS, varying_effects="correlated", edges={"x": "school->child"}
    )
    data = observed(spec, world(), simulate(world(), 1)).moments()
    draws = drawn(spec, data)
    rows = collect(spec, {"posterior": draws}, by_interval=False)
    x = rows.sel(pathway="sd of effects: x")
    total, sd = (draws[name].sel(outcome="x").values for name in ("total_sd", "effect_sd"))
    np.testing.assert_allclose(x["standardised"].values, sd / total)
    share = norm.cdf(draws["effect"].sel(outcome="x").values / sd)
    np.testing.assert_allclose(rows.sel(pathway="positive effects: x")["standardised"].values, share)
    corr = draws["school_corr"].sel(term="y", term_="effect: y").values
    np.testing.assert_allclose(rows.sel(pathway="corr of effect and mean: y")["standardised"].values, corr)
    new = rows.sel(pathway="x (new school)")
    assert str(new["edge"].values) == "school->child"
    # The share of draws above 0 is the mean share of schools: 400 draws know it to a fortieth.
    assert float((new["raw"] > 0).mean()) == pytest.approx(share.mean(), abs=0.06)
    assert "vary between clusters (school)" in rows.attrs["standardisation"]


def test_the_total_variance_is_averaged_over_the_pupils_of_the_arms() -> None:
    spec = bp.ClusterTrial(outcomes=("x", "y"), levels=LEVELS, varying_effects="correlated")
    data = observed(spec, world(), simulate(world(), 1)).moments()
    draws = drawn(spec, data, 3)
    share = data.sums.n[data.sums.group == 1].sum() / data.sums.n.sum()
    at = {"chain": 1, "draw": 2}
    school, effect = (draws[f"{name}_sd"].isel(at).values[0] for name in ("school", "effect"))
    corr = draws["school_corr"].isel(at).sel(term="x", term_="effect: x").item()
    varied = school**2 + share * (effect**2 + 2 * corr * school * effect)
    assert draws["level_variance"].isel(at).sel(level="school", outcome="x").item() == pytest.approx(varied)
    others = [draws[f"{name}_sd"].isel(at).values[0] ** 2 for name in ("residual", "class")]
    assert draws["total_sd"].isel(at).values[0] == pytest.approx(np.sqrt(varied + sum(others)))


@pytest.mark.parametrize("varying", ["correlated", "uncorrelated"])
def test_what_schools_add_to_the_density_is_that_of_the_whole(varying: str) -> None:
    spec = bp.ClusterTrial(outcomes=("x", "y"), levels=LEVELS, varying_effects=varying)
    made = world(schools_per_arm=(8,))
    data = observed(spec, made, simulate(made, 1)).moments()
    draws = drawn(spec, data, 3)
    found, names = densities(spec, draws, data, None, "school")
    assert len(names) == 8
    first = {str(name): value for name, value in draws.isel(chain=0, draw=0, drop=True).data_vars.items()}
    # Schools are independent, so that what each adds sums to the whole.
    assert found[0, 0].sum() == pytest.approx(bp.log_likelihood(spec, data, first), rel=1e-9)
    assert np.isfinite(influence(spec, draws, data)["shift"]).all()


def test_the_row_about_one_effect_speaks_of_models_with_one() -> None:
    made = world(effect_sd=[0.8, 0.0], school_corr=None)
    frame = simulate(made, 1)
    one = bp.ClusterTrial(outcomes=("x", "y"), levels=LEVELS)
    varying = bp.ClusterTrial(outcomes=("x", "y"), levels=LEVELS, varying_effects="uncorrelated")
    data = observed(one, made, frame).moments()
    draws = drawn(varying, data)
    row = next(row for row in fit_rows(one, draws, data) if "spread of the effect" in row.check)
    assert not row.passed
    assert "varying_effects='correlated'" in row.hint
    assert not [row for row in fit_rows(varying, draws, data) if "effect" in row.check]


def small(**changes: object) -> bp.Trial:
    made = world(schools_per_arm=(6,), pupils_per_class=(4, 4))
    arguments: dict[str, object] = {"arm": "arm", "control": "control", "outcomes": ["x"], "randomised": "class"}
    arguments |= {"classroom": "class", "school": "school"}
    return bp.Trial.from_frame(simulate(made, 1), **(arguments | changes))  # type: ignore[arg-type]  # by name


RULES = [
    ({"varying_effects": "correlated", "levels": ("pupil",)}, "Effects vary between the clusters of a level"),
    ({"varying_effects": "correlated", "levels": ("pupil", "class")}, "the outermost is 'class', and classes were"),
    ({"arms_without_classes": ("contrl",)}, "names arms of the trial.*Nearest: 'control'"),
    ({"arms_without_classes": ("control", "intervention")}, "Arms without classes belong to a model with classes"),
    ({"arms_without_classes": ("control",), "levels": ("pupil", "school")}, "Add 'class' to 'levels'"),
    ({"varying_effects": "correlated", "link": "logit"}, "are for Gaussian outcomes.*'logit', beside varying_effects"),
    ({"variances": "by_arm", "link": "probit"}, "are for Gaussian outcomes"),
]


@pytest.mark.parametrize(("changes", "message"), RULES)
def test_models_that_cannot_be_are_refused_in_three_parts(changes: dict[str, object], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        bp.maximum_likelihood(bp.ClusterTrial(outcomes=("x",), **changes), small())  # type: ignore[arg-type]  # by name


def test_effects_do_not_vary_between_schools_of_one_arm() -> None:
    made = TrialWorld(outcomes=("x",), effect=[0.1], residual_sd=[1.0], schools_per_arm=(4, 4))
    spec = bp.ClusterTrial(outcomes=("x",), varying_effects="correlated")
    with pytest.raises(SpecError, match=r"hold several arms.*schools were randomised.*variances='by_arm'"):
        observed(spec, made, simulate(made, 1))


def test_published_estimates_have_none_of_it() -> None:
    estimates = bp.Trial.from_estimates(effect=[0.2], standard_error=[0.1], outcome=["x"])
    with pytest.raises(SpecError, match="variances='by_arm'"):
        bp.fit(bp.ClusterTrial(outcomes=("x",), variances="by_arm"), estimates, seed=1)


@pytest.mark.parametrize("changes", [{"varying_effects": "correlated"}, {"variances": "by_arm"}])
def test_other_programs_get_models_with_one_effect_and_one_covariance(changes: dict[str, str]) -> None:
    spec = bp.ClusterTrial(outcomes=("x",), levels=("pupil", "school"), **changes)  # type: ignore[arg-type]  # by name
    with pytest.raises(SpecError, match="one effect and one covariance for all arms"):
        bp.to_lavaan(spec, arms=("control", "intervention"))


def pairs() -> pd.DataFrame:
    """Twelve pairs of schools that differ much between pairs and little within them."""
    rng = np.random.default_rng(1)
    rows = []
    for pair in range(12):
        level = 0.8 * rng.normal()
        for arm in ("control", "programme"):
            school = level + 0.2 * rng.normal() + 0.3 * (arm == "programme")
            rows += [(pair, f"{pair}{arm}", arm, school + rng.normal()) for _ in range(20)]
    return pd.DataFrame(rows, columns=["pair", "school", "arm", "y"])


def paired(**changes: object) -> bp.Trial:
    arguments: dict[str, object] = {"arm": "arm", "control": "control", "outcomes": ["y"], "school": "school"}
    return bp.Trial.from_frame(pairs(), **(arguments | {"covariates": ["pair"], "strata": ["pair"]} | changes))  # type: ignore[arg-type]  # by name


def test_numbers_of_pairs_are_labels_and_schools_are_compared_within_them() -> None:
    found = bp.maximum_likelihood(bp.ClusterTrial(outcomes=("y",), covariates=("pair",)), paired())
    table = pairs().groupby(["pair", "arm"])["y"].mean().unstack()
    within = table["programme"] - table["control"]
    assert found.estimates["effect"].item() == pytest.approx(within.mean(), rel=1e-8)
    # The error is that of the differences, or of pupils where these differ by less than their pupils say.
    assert found.standard_errors["effect"].item() == pytest.approx(within.std(ddof=0) / np.sqrt(12), rel=0.05)
    assert len(found.estimates["covariate"]) == 11


def test_strata_are_covariates_with_several_arms() -> None:
    with pytest.raises(DataError, match=r"Strata are covariates.*Nearest: 'pair'"):
        paired(strata=["pari"])
    with pytest.raises(DataError, match="2 strata of 'arms' hold one arm"):
        bp.Trial.from_frame(
            pairs().assign(arms=lambda frame: frame["arm"] + "s"), arm="arm", control="control", outcomes=["y"],
            school="school", covariates=["arms"], strata=["arms"],
        )  # fmt: skip
