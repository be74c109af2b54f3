"""What a published effect says under each prior, and the prior at which the verdict turns."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import xarray as xr
from scipy import integrate, stats

from bayespanel.data import Trial
from bayespanel.language.errors import SpecError
from bayespanel.summaries.credibility import reanalyse, reanalysis_text

Z = stats.norm.isf(0.025)


def one(effect: float, error: float, clusters: int | None = None, **options: Any) -> xr.Dataset:
    estimates = Trial.from_estimates(effect=effect, standard_error=error, outcome="contact", clusters=clusters)
    return reanalyse(estimates, **options).isel(outcome=0)


def test_a_normal_estimate_has_the_conjugate_posterior() -> None:
    row = one(0.3, 0.1, community=(0.1, 0.2)).sel(prior="community")
    expected = stats.norm((0.3 / 0.01 + 0.1 / 0.04) / 125, 125**-0.5)
    assert row["mean"] == pytest.approx(expected.mean(), abs=1e-12)
    assert row["sd"] == pytest.approx(expected.std(), abs=1e-12)
    assert row["lower"] == pytest.approx(expected.ppf(0.025), abs=1e-12)
    assert row["upper"] == pytest.approx(expected.ppf(0.975), abs=1e-12)
    assert row["prob_direction"] == pytest.approx(expected.sf(0), abs=1e-12)
    assert row["prob_above_rope"] == pytest.approx(expected.sf(0.1), abs=1e-12)
    assert row["prob_below_rope"] == pytest.approx(expected.cdf(-0.1), abs=1e-12)
    assert row["prob_at_least_target"] == pytest.approx(expected.sf(0.2), abs=1e-12)


@pytest.mark.parametrize("error", [0.02, 0.1, 1.0])
@pytest.mark.parametrize(("mean", "sd"), [(0.0, 0.12), (-0.4, 0.05), (0.3, 50.0)])
def test_with_very_many_clusters_it_is_the_conjugate_posterior(mean: float, sd: float, error: float) -> None:
    # In the worst conflict, 14 prior SDs, the t density with 1e14 degrees of freedom is off the normal by 1e-9.
    few = one(0.3, error, 10**14, community=(mean, sd)).sel(prior="community")
    precision = 1 / error**2 + 1 / sd**2
    exact = stats.norm((0.3 / error**2 + mean / sd**2) / precision, precision**-0.5)
    assert few["mean"] == pytest.approx(exact.mean(), abs=1e-8)
    assert few["sd"] == pytest.approx(exact.std(), abs=1e-8)
    assert few["lower"] == pytest.approx(exact.ppf(0.025), abs=1e-8)
    assert few["upper"] == pytest.approx(exact.ppf(0.975), abs=1e-8)
    assert few["prob_above_rope"] == pytest.approx(exact.sf(0.1), abs=1e-8)


@pytest.mark.parametrize(("x", "s", "df"), [(0.3, 0.1, 2), (2.0, 0.1, 6), (-0.5, 0.4, 30)])
@pytest.mark.parametrize(("mean", "sd"), [(0.0, 0.12), (0.2, 1.5)])
def test_with_few_clusters_it_agrees_with_adaptive_integration(
    x: float, s: float, df: int, mean: float, sd: float
) -> None:
    row = one(x, s, df + 2, community=(mean, sd)).sel(prior="community")

    def moment(power: int, upper: float) -> float:
        def integrand(at: float) -> float:
            return float(at**power * stats.t.pdf(at, df, x, s) * stats.norm.pdf(at, mean, sd))

        knots = sorted({-20.0, *(k for k in (mean - sd, mean, x - s, x, x + s, 0.5) if k < upper), upper})
        return sum(integrate.quad(integrand, *part, epsabs=0, epsrel=1e-11, limit=200)[0] for part in pairwise(knots))

    total = moment(0, 20.0)
    assert row["mean"] == pytest.approx(moment(1, 20.0) / total, abs=1e-8)
    assert row["sd"] == pytest.approx((moment(2, 20.0) / total - row["mean"].item() ** 2) ** 0.5, abs=1e-8)
    assert row["prob_above_rope"] == pytest.approx(1 - moment(0, 0.1) / total, abs=1e-8)
    assert moment(0, row["lower"].item()) / total == pytest.approx(0.025, abs=1e-8)
    assert moment(0, row["upper"].item()) / total == pytest.approx(0.975, abs=1e-8)


def test_under_a_flat_prior_the_posterior_is_the_estimate() -> None:
    few, many = one(0.3, 0.1, 10).sel(prior="flat"), one(0.3, 0.1).sel(prior="flat")
    assert few["upper"] == pytest.approx(0.3 + 0.1 * stats.t.isf(0.025, 8))
    assert many["upper"] == pytest.approx(0.3 + 0.1 * Z)
    assert not np.isfinite(few["prior_mean"])
    assert not np.isfinite(few["prior_sd"])


def test_four_clusters_leave_the_flat_sd_infinite_and_the_others_finite() -> None:
    sd = one(0.3, 0.1, 4)["sd"]
    assert np.isinf(sd.sel(prior="flat"))
    assert np.isfinite(sd.drop_sel(prior="flat")).all()


def test_five_percent_of_the_sceptics_prior_exceed_the_target_and_of_the_enthusiasts_fall_below_zero() -> None:
    row = one(0.3, 0.1, target=0.4)
    mean, sd = row["prior_mean"], row["prior_sd"]
    assert stats.norm.sf(0.4, mean.sel(prior="sceptical"), sd.sel(prior="sceptical")) == pytest.approx(0.05)
    assert stats.norm.cdf(0, mean.sel(prior="enthusiastic"), sd.sel(prior="enthusiastic")) == pytest.approx(0.05)


def test_the_community_prior_is_there_only_where_given() -> None:
    assert one(0.3, 0.1)["prior"].values.tolist() == ["flat", "sceptical", "enthusiastic"]
    assert one(0.3, 0.1, community=(0.1, 0.1))["prior"].values[-1] == "community"


@pytest.mark.parametrize("clusters", [None, 12])
def test_turning_estimate_and_target_around_turns_everything_around(clusters: int | None) -> None:
    up, down = one(0.3, 0.1, clusters), one(-0.3, 0.1, clusters, target=-0.2)
    # 1e-10: roots and quantiles are found to 1e-12, relative
    np.testing.assert_allclose(down["mean"], -up["mean"], atol=1e-10)
    np.testing.assert_allclose(down["lower"], -up["upper"], atol=1e-10)
    np.testing.assert_allclose(down["prob_below_rope"], up["prob_above_rope"], atol=1e-10)
    for name in ("prob_direction", "prob_at_least_target", "sceptical_limit"):
        np.testing.assert_allclose(down[name], up[name], atol=1e-10)


def test_the_shares_of_the_region_sum_to_one() -> None:
    row = one(0.3, 0.1, 12, rope=(-0.05, 0.15))
    total = row["prob_below_rope"] + row["prob_rope"] + row["prob_above_rope"]
    np.testing.assert_allclose(total, 1, atol=1e-14)
    assert row.attrs["rope"] == [-0.05, 0.15]


@pytest.mark.parametrize("effect", [0.3, -0.3])
def test_the_sceptical_limit_of_a_normal_estimate_has_its_closed_form(effect: float) -> None:
    row = one(effect, 0.1)
    low, high = 0.3 - Z * 0.1, 0.3 + Z * 0.1
    assert row["sceptical_limit"] == pytest.approx((high - low) ** 2 / (4 * (low * high) ** 0.5))
    assert row["prior_needed_mean"] == 0
    assert row["prior_needed_sd"] == pytest.approx(row["sceptical_limit"].item() / Z)
    assert np.isnan(row["advocacy_limit"])


@pytest.mark.parametrize("effect", [0.15, -0.15])
def test_the_advocacy_limit_of_a_normal_estimate_has_its_closed_form(effect: float) -> None:
    row = one(effect, 0.1)
    low, high = effect - Z * 0.1, effect + Z * 0.1
    assert row["advocacy_limit"] == pytest.approx(-(high + low) / (2 * low * high) * (high - low) ** 2)
    assert row["prior_needed_mean"] == pytest.approx(row["advocacy_limit"].item() / 2)
    assert np.isnan(row["sceptical_limit"])
    assert np.isnan(row["credible_on_its_own"])


@pytest.mark.parametrize("prob", [0.9, 0.95])
@pytest.mark.parametrize("clusters", [None, 4, 8, 60])
@pytest.mark.parametrize("effect", [-0.9, -0.12, 0.05, 0.21, 0.3, 0.5])
def test_under_the_prior_needed_the_interval_just_touches_zero(
    effect: float, clusters: int | None, prob: float
) -> None:
    row = one(effect, 0.1, clusters, prob=prob)
    prior = row["prior_needed_mean"].item(), row["prior_needed_sd"].item()
    under = one(effect, 0.1, clusters, prob=prob, community=prior).sel(prior="community")
    # roots are found to 1e-12, relative; the widest advocate's prior here is some 10 SD
    assert under["lower" if effect > 0 else "upper"] == pytest.approx(0, abs=1e-9)
    half = stats.norm.isf((1 - prob) / 2) * prior[1]
    flat = row.sel(prior="flat")
    if flat["lower"] * flat["upper"] > 0:
        assert row["sceptical_limit"] == pytest.approx(half)
    else:  # one limit of the advocate's prior is 0
        assert abs(prior[0]) == pytest.approx(half)
        assert row["advocacy_limit"] == pytest.approx(2 * prior[0])


def test_a_narrower_sceptical_prior_leaves_doubt_and_a_wider_one_does_not() -> None:
    sd = one(0.3, 0.1, 12)["prior_needed_sd"].item()
    assert one(0.3, 0.1, 12, community=(0, 0.9 * sd)).sel(prior="community")["lower"] < 0
    assert one(0.3, 0.1, 12, community=(0, 1.1 * sd)).sel(prior="community")["lower"] > 0


def test_a_narrower_advocacy_prior_convinces_and_a_wider_one_does_not() -> None:
    sd = one(0.15, 0.1, 12)["prior_needed_sd"].item()
    assert one(0.15, 0.1, 12, community=(Z * 0.9 * sd, 0.9 * sd)).sel(prior="community")["lower"] > 0
    assert one(0.15, 0.1, 12, community=(Z * 1.1 * sd, 1.1 * sd)).sel(prior="community")["lower"] < 0


def test_a_normal_estimate_is_credible_on_its_own_from_the_root_of_the_golden_ratio_on() -> None:
    # With r = estimate / (1.96 s), (3) asks for r^2 (r^2 - 1) > 1: r^2 is the golden ratio, p = 0.0127.
    edge = Z * 0.1 * ((1 + 5**0.5) / 2) ** 0.5
    assert one(edge * 1.001, 0.1)["credible_on_its_own"] == 1
    assert one(edge * 0.999, 0.1)["credible_on_its_own"] == 0


def test_few_clusters_leave_a_sceptic_more_room() -> None:
    assert one(0.3, 0.1, 12)["sceptical_limit"] > one(0.3, 0.1)["sceptical_limit"]


def test_an_estimate_of_zero_has_no_such_prior() -> None:
    row = one(0.0, 0.1)
    for name in ("sceptical_limit", "credible_on_its_own", "advocacy_limit", "prior_needed_mean", "prior_needed_sd"):
        assert np.isnan(row[name])


def test_the_text_says_what_one_would_have_had_to_believe() -> None:
    estimates = Trial.from_estimates(
        effect=[0.3, 0.21, -0.15, 0.0], standard_error=[0.1] * 4, outcome=["contact", "reading", "worry", "none"]
    )
    shown = " ".join(
        reanalysis_text(reanalyse(estimates, community=(0.1, 0.2))).split()
    )  # however its lines are wrapped
    limit = one(0.3, 0.1)["sceptical_limit"].item()
    assert "To remain unconvinced of 'contact' one would have had to believe beforehand" in shown
    assert f"effects beyond +-{limit:.2f} SD are implausible (95 %)" in shown
    assert "The estimate, 0.30, lies beyond" in shown
    assert "The estimate, 0.21, lies within" in shown
    assert "To be convinced of 'worry' one would have had to believe beforehand" in shown
    assert "For 'none' no" in shown
    assert shown.count("enthusiastic") >= 4


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"target": 0.0}, "target is an effect"),
        ({"target": np.inf}, "target is an effect"),
        ({"prob": 1.0}, "probability of an interval"),
        ({"rope": -0.1}, "region of practical equivalence"),
        ({"community": (0.1, 0.0)}, "community prior"),
        ({"community": (np.nan, 0.1)}, "community prior"),
        ({"community": 0.1}, "community prior"),
    ],
)
def test_what_is_no_question_is_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(SpecError, match=words):
        one(0.3, 0.1, **options)
