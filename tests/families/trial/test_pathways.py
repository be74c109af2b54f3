"""Named rows of a trial: standardised in closed form, pooled and unpooled, with their edges."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import bayespanel as bp
from bayespanel.families.trial.draws import posterior
from bayespanel.families.trial.pathways import LATENT, PUBLISHED, STANDARDISATION, collect, pathways
from bayespanel.language.errors import FitError, SpecError
from bayespanel.summaries.summary import summarise
from tests.families.trial.tables import table, trial

TWO = ("calm", "kind")
LEAD = (2, 4)


def draws(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(*LEAD, *shape))


def spec_of(**changes: object) -> bp.ClusterTrial:
    fields = {"outcomes": TWO, "levels": ("pupil", "class", "school")}
    return bp.ClusterTrial(**(fields | changes))  # type: ignore[arg-type]


def free_of(*, covariate: bool = False) -> dict[str, np.ndarray]:
    shapes = {"mean": (2,), "effect": (2, 2), "covariate_effect": (2, 1), "moderation": (2, 2, 1)}
    out = {name: draws(*shape, seed=i) for i, (name, shape) in enumerate(shapes.items())}
    if not covariate:
        del out["covariate_effect"], out["moderation"]
    sd = {"residual_sd": 8.0, "class_scale": -3.0, "school_scale": 4.0}  # the sign of a scale has no meaning
    return out | {name: np.full((*LEAD, 2), value) for name, value in sd.items()}


def test_effects_are_divided_by_the_total_sd_within_arms():
    free = free_of()
    found = posterior(spec_of(), trial(table()), free)
    total = (8.0**2 + 3.0**2 + 4.0**2) ** 0.5
    assert found["effect_standardised"].values == pytest.approx(free["effect"] / total)
    assert found["icc"].sel(level="class").values == pytest.approx(9 / total**2)
    assert found["class_sd"].values == pytest.approx(3.0)


def test_what_covariates_explain_within_arms_belongs_to_the_total_sd_but_not_to_the_icc():
    frame = table().dropna().reset_index(drop=True)
    free = free_of(covariate=True)
    data = trial(frame, covariates=["age"], baseline={})
    found = posterior(spec_of(covariates=("age",), moderators=("age",)), data, free)
    explained = np.zeros((*LEAD, 2))
    for g, arm in enumerate(data.arms):
        here = frame.loc[frame["arm"] == arm, "age"]
        slope = free["covariate_effect"][..., 0] + (free["moderation"][:, :, g - 1, :, 0] if g else 0)
        explained += len(here) / len(frame) * slope**2 * here.var(ddof=0)
    random = 8.0**2 + 3.0**2 + 4.0**2
    assert found["total_sd"].values == pytest.approx(np.sqrt(random + explained))
    assert found["icc"].sel(level="school").values == pytest.approx(16 / random)
    rows = pathways(spec_of(covariates=("age",), moderators=("age",)), found)
    row = rows.sel(pathway="both: kind by age")
    assert row["raw"].values == pytest.approx(free["moderation"][:, :, 0, 1, 0])
    assert row["standardised"].values == pytest.approx(row["raw"].values / found["total_sd"].values[..., 1])


def two_arms() -> xr.Dataset:
    content = {
        "effect": (("outcome",), draws(2)),
        "effect_standardised": (("outcome",), draws(2, seed=1)),
        "school_sd": (("cell",), np.full((*LEAD, 2), 0.5)),
        "total_sd": (("outcome",), np.full((*LEAD, 2), 1.5)),
        "icc": (("level", "outcome"), 1 / (2 + draws(1, 2) ** 2)),
        "family_effect": (("family",), draws(1, seed=2)),
    }
    return xr.Dataset(
        {name: (("chain", "draw", *dims), value) for name, (dims, value) in content.items()},
        coords={"outcome": list(TWO), "cell": list(TWO), "level": ["school"], "family": ["mood"]},
    )


def pooled() -> bp.ClusterTrial:
    edges = dict.fromkeys(TWO, "school->parent")
    return spec_of(levels=("pupil", "school"), families={"mood": TWO}, edges=edges)


def test_pooled_rows_come_with_unpooled_ones_and_with_their_family():
    rows = pathways(pooled(), two_arms(), unpooled=two_arms())
    names = ["calm", "kind", "calm (unpooled)", "kind (unpooled)", "family mood", "icc: calm (school)"]
    assert list(rows["pathway"].values) == [*names, "icc: kind (school)"]
    assert list(rows["pooled"].values) == [True, True, False, False, True, False, False]
    assert list(rows["family"].values) == ["mood"] * 5 + [""] * 2
    assert list(rows["source"].values)[:5] == ["intervention"] * 5
    assert collect(pooled(), {"posterior": two_arms()}, by_interval=False).sizes["pathway"] == 5


def test_rows_carry_the_edge_of_their_outcome_and_families_that_of_all():
    rows = pathways(pooled(), two_arms())
    assert list(rows["edge"].values) == ["school->parent"] * 3 + [""] * 2
    apart = spec_of(levels=("pupil", "school"), families={"mood": TWO}, edges={"calm": "school->parent"})
    assert pathways(apart, two_arms())["edge"].sel(pathway="family mood") == ""


def test_published_effects_have_their_own_definition() -> None:
    effects = bp.Trial.from_estimates(effect=[0.4, 0.1], standard_error=[0.1, 0.1], outcome=list(TWO), clusters=27)
    free = {"effect": np.full((*LEAD, 2), 0.2)}
    found = pathways(spec_of(levels=("pupil",)), posterior(bp.ClusterTrial(TWO), effects, free))
    assert found.attrs["standardisation"] == PUBLISHED


def test_the_definition_of_the_unit_goes_with_the_numbers():
    assert pathways(pooled(), two_arms()).attrs["standardisation"] == STANDARDISATION
    ordered = spec_of(levels=("pupil", "school"), families={"mood": TWO}, link="logit")
    assert pathways(ordered, two_arms()).attrs["standardisation"] == LATENT.format(unit="log-odds")


def test_shares_of_variance_have_a_mean_but_no_probability_of_a_direction():
    rows = summarise(pathways(pooled(), two_arms()), rope=0.1)
    share, effect = rows.sel(pathway="icc: calm (school)"), rows.sel(pathway="calm")
    assert np.isfinite(share["mean"])
    for name in [str(name) for name in rows.data_vars if str(name).startswith("prob_")]:
        assert np.isnan(share[name]).all()
        assert np.isfinite(effect[name]).all()


def test_a_posterior_of_other_outcomes_is_refused():
    with pytest.raises(FitError, match="The posterior's are calm, kind; the specification's kind, calm"):
        pathways(spec_of(outcomes=("kind", "calm")), two_arms())


def test_rows_by_interval_are_refused():
    with pytest.raises(SpecError, match="This is a trial"):
        collect(pooled(), {"posterior": two_arms()}, by_interval=True)
