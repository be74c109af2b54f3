"""What follows a fit with groups: pathways and contrasts, their priors at zero, figures, checks, predictions."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import xarray as xr
from scipy import stats
from scipy.integrate import quad

import bayespanel as bp
from bayespanel import RICLPM, Prior
from bayespanel.data.group_moments import of_group
from bayespanel.families.panel.groups import alone, select
from bayespanel.families.panel.leave_out import densities
from bayespanel.families.panel.nulls import nulls
from bayespanel.families.panel.pathways import pathways
from bayespanel.language.errors import SpecError
from bayespanel.summaries.groups import groups_in, of_one_group
from bayespanel.summaries.nulls import difference_at_zero, difference_of_correlations_at_zero
from bayespanel.summaries.table import text
from tests.families.panel.test_groups import grouped
from tests.unsampled import unsampled, weighed

VARIABLES = ["v0", "v1"]


@cache
def fitted(free: str | tuple[str, ...] = "all", **options: Any) -> bp.Fit:
    return unsampled(RICLPM(VARIABLES, groups="sex", free=free, **options), grouped().moments())


@pytest.mark.parametrize("options", [{}, {"lags": "free"}, {"order": 2}, {"levels": ("pupil", "school")}])
def test_each_group_has_the_pathways_of_a_model_of_one_group(options: dict[str, Any]) -> None:
    fit = fitted(**options)
    found = pathways(fit.spec, fit.posterior)
    for label in ("boy", "girl"):
        own = pathways(alone(fit.spec), select(fit.posterior, label))
        for name in map(str, own["pathway"].values):
            named = name if "(school)" in name else f"{name} [{label}]"
            here, there = found.sel(pathway=named), own.sel(pathway=name)
            np.testing.assert_array_equal(here["standardised"].values, there["standardised"].values)
            assert here["group"].item() == ("" if "(school)" in name else label)
    assert len(set(found["pathway"].values)) == found.sizes["pathway"]


def test_contrasts_are_the_later_group_minus_the_earlier_one() -> None:
    found = pathways(fitted().spec, fitted().posterior)
    contrasts = found.isel(pathway=np.flatnonzero(found["kind"].isin(["contrast", "contrast_between"])))
    assert contrasts.sizes["pathway"] == 4 + 1
    for name in map(str, contrasts["pathway"].values):
        base = name.removesuffix(" [girl - boy]")
        for scale in ("standardised", "raw"):
            difference = found[scale].sel(pathway=f"{base} [girl]") - found[scale].sel(pathway=f"{base} [boy]")
            np.testing.assert_allclose(found[scale].sel(pathway=name), difference)


@pytest.mark.parametrize(
    ("free", "by_group", "contrasts"),
    [
        ("none", set(), 0),
        (("mean",), set(), 0),
        (("lag",), {"carry_over", "direct", "total"}, 4),
        (("innovation",), {"carry_over", "direct", "total"}, 0),
        (("intercept",), {"between"}, 1),
    ],
)
def test_what_groups_share_stands_once(free: str | tuple[str, ...], by_group: set[str], contrasts: int) -> None:
    found = pathways(fitted(free).spec, fitted(free).posterior)
    kinds = found["kind"].values
    single = ~np.isin(kinds, ["contrast", "contrast_between"])
    assert set(kinds[single & (found["group"].values != "")].tolist()) == by_group
    assert int((~single).sum()) == contrasts
    assert set(groups_in(found)) == ({"boy", "girl"} if by_group else set())


def test_three_groups_have_three_contrasts() -> None:
    data = replace(grouped(), group=np.arange(120) % 3, group_names=("a", "b", "c"))
    fit = unsampled(RICLPM(VARIABLES, groups="sex", free="lag"), data.moments())
    names = pathways(fit.spec, fit.posterior)["pathway"].values.tolist()
    assert {f"v0 -> v1 [{pair}]" for pair in ("b - a", "c - a", "c - b")} <= set(names)


@pytest.mark.parametrize(
    "row",
    [
        Prior("lag", "Normal", (0.1, 0.3)),
        Prior("lag", "StudentT", (4, 0.0, 0.3)),
        Prior("lag", "Normal", (0, 2), scale="raw"),
    ],
)
def test_the_prior_of_a_difference_at_zero_is_the_integral_of_the_squared_density(row: Prior) -> None:
    *freedom, mu, sigma = row.arguments
    spread = sigma * (1.0 if row.scale == "raw" else 1.7)
    law = stats.t(freedom[0], mu, spread) if freedom else stats.norm(mu, spread)
    expected = quad(lambda x: law.pdf(x) ** 2, -np.inf, np.inf)[0]
    assert difference_at_zero(row, 1.7) == pytest.approx(np.log(expected), abs=1e-7)


@pytest.mark.parametrize("size", [2, 3, 5])
def test_the_prior_of_a_difference_of_correlations_too(size: int) -> None:
    shape = 2.0 + size / 2 - 1
    expected = quad(lambda r: stats.beta.pdf(r, shape, shape, -1, 2) ** 2, -1, 1)[0]
    row = Prior("intercept_corr", "LKJ", (2,))
    assert difference_of_correlations_at_zero(row, size) == pytest.approx(np.log(expected), abs=1e-9)
    assert np.isnan(difference_of_correlations_at_zero(Prior("intercept_corr", "LKJ", (0.4,)), 2))


def test_contrasts_have_the_prior_of_a_difference_and_products_that_of_their_group() -> None:
    fit = fitted(levels=("pupil", "school"))
    found = pathways(fit.spec, fit.posterior)
    made = nulls(fit.spec, fit.data, found)
    at = {name: i for i, name in enumerate(map(str, found["pathway"].values))}
    contrast = at["v0 -> v1 [girl - boy]"]
    assert made.scale[contrast] == "initial"
    assert made.log_prior[contrast] == pytest.approx(stats.norm.logpdf(0, 0, 0.5 * np.sqrt(2)))
    assert made.scale[at["between: v0 ~ v1 (pupil) [girl - boy]"]] == "standardised"
    assert np.isfinite(made.log_prior[at["between: v0 ~ v1 (school)"]])


def test_lags_that_groups_share_have_the_draws_on_which_their_prior_counts() -> None:
    fit = fitted(("initial",))
    found = pathways(fit.spec, fit.posterior)
    middle = np.exp(np.log(fit.posterior["initial_sd"].values).mean(axis=2))
    expected = fit.posterior["lag"].values[..., 1, 0] * middle[..., 0] / middle[..., 1]
    for label in ("boy", "girl"):
        np.testing.assert_allclose(found["initial"].sel(pathway=f"v0 -> v1 [{label}]").values, expected)


@pytest.mark.parametrize("name", ["plot_triangle", "plot_path_diagram", "plot_lag_matrix"])
def test_figures_of_lags_draw_one_group(name: str) -> None:
    evidence = weighed(fitted())
    plot = getattr(bp, name)
    assert plot(evidence, group="girl") is not None
    for wrong in (None, "girls", 3):
        with pytest.raises(SpecError, match="one group of pupils"):
            plot(evidence, group=wrong)
    with pytest.raises(SpecError, match="no groups"):
        plot(weighed(unsampled(RICLPM(VARIABLES), grouped().moments())), group="girl")


def test_evidence_of_one_group_holds_what_groups_share_and_no_contrasts() -> None:
    evidence = weighed(fitted(levels=("pupil", "school")))
    girls = of_one_group(evidence, "girl", "A figure")
    assert set(girls["group"].values.tolist()) == {"girl", ""}
    assert not girls["kind"].isin(["contrast", "contrast_between"]).any()
    assert "Differences between groups" in text(evidence)
    assert set(bp.table(evidence, kinds=["contrast"])["group"]) == {"girl - boy"}


def test_the_dynamics_of_a_group_are_those_of_its_lags() -> None:
    fit = fitted()
    found = bp.dynamics(fit, waves=3, group="girl")
    one = replace(fit, spec=alone(fit.spec), groups={"posterior": select(fit.posterior, "girl")})
    xr.testing.assert_allclose(found["response"], bp.dynamics(one, waves=3)["response"])
    with pytest.raises(SpecError, match="one group of pupils"):
        bp.dynamics(fit, waves=3)


def test_checks_test_each_block_that_groups_hold_equal() -> None:
    checks = {row.check for row in bp.checks(fitted(("mean",))).itertuples()}
    assert {f"{name} equal in all groups, p" for name in ("lag", "initial", "innovation", "intercept")} <= checks
    assert not any("equal in all groups" in row.check for row in bp.checks(fitted()).itertuples())


def test_predictions_are_made_for_each_group() -> None:
    for table in bp.predictive_check(fitted()).values():
        assert set(table["group"]) == {"boy", "girl"}
        assert table.columns[0] == "group"


def test_pupils_left_out_have_the_density_of_their_group() -> None:
    data, fit = grouped(), fitted()
    found, names = densities(fit.spec, fit.posterior, fit.data, data, "pupil")
    girls = [i for i, name in enumerate(names) if data.group[list(map(str, data.pupils)).index(name)] == 1]
    own = replace(data.of_pupils(data.group == 1), group=None, group_names=(), grouping="")
    alone_fit = alone(fit.spec)
    theirs, _ = densities(
        alone_fit, select(fit.posterior, "girl"), own.moments(), own, "pupil", fitted=of_group(fit.data, "girl")
    )
    np.testing.assert_allclose(found[..., girls], theirs, rtol=1e-9)


def test_schools_left_out_add_up_whatever_groups_they_have() -> None:
    data = grouped()
    school = np.asarray(data.school)
    data = replace(data, group=np.where(school == 0, 1, data.group))  # one school has girls alone
    spec = RICLPM(VARIABLES, levels=("pupil", "school"), groups="sex")
    fit = unsampled(spec, data.moments(), draws=4)
    found, names = densities(fit.spec, fit.posterior, fit.data, data, "school")
    assert len(names) == 6
    values = {str(name): array.isel(chain=0, draw=0) for name, array in fit.posterior.data_vars.items()}
    assert found[0, 0].sum() == pytest.approx(bp.log_likelihood(spec, data, values), rel=1e-9)
