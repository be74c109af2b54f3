"""Rates, biases and errors against their closed forms, on replicates whose posterior is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from scipy.stats import norm

import bayespanel as bp
from bayespanel.design.decisions import decision, decisions, reached, unknown
from bayespanel.design.kept_numbers import STATISTICS
from bayespanel.design.power import _ratio, power_study, table
from bayespanel.design.replicate import replicate
from bayespanel.design.shares import wilson
from bayespanel.language.errors import SpecError
from bayespanel.summaries.design_errors import design_errors
from bayespanel.verbs import weighing
from tests.design.mock import ERROR, gathered, mock, overconfident
from tests.design.studies import SPEC, study

REPLICATES = 2000
RULES = ("excludes 0", "rope > 0.5", "beyond rope > 0.9", "direction > 0.99", "width < 0.3", "width < 0.4")
PUPILS = [50, 100, 400]


@pytest.fixture(scope="module")
def found() -> xr.Dataset:
    of = study(REPLICATES, pupils=PUPILS)
    return table(gathered(of, mock), decisions(RULES), of)


@pytest.fixture(scope="module")
def errors() -> np.ndarray:
    """Standard error in each condition."""
    return ERROR * np.sqrt(100 / np.array(PUPILS))


def close(found: xr.DataArray, mcse: xr.DataArray, expected: np.ndarray) -> None:
    """Within 4 Monte Carlo errors, for 21 numbers at once: 1 in 700 sets of right ones would fail."""
    assert np.all(np.abs(found.values - expected[:, None]) <= 4 * mcse.values)


def test_power_is_that_of_a_normal_estimate(found, errors) -> None:
    z = norm.isf(0.025)
    power = norm.sf(z - 0.2 / errors) + norm.cdf(-z - 0.2 / errors)
    close(found["assurance"].sel(decision="excludes 0"), found["mcse_assurance"].sel(decision="excludes 0"), power)


def test_direction_and_rope_are_decided_as_normal_tails_say(found, errors) -> None:
    z = norm.ppf(0.99)
    direction = norm.sf(z - 0.2 / errors) + norm.cdf(-z - 0.2 / errors)
    each = found.sel(decision="direction > 0.99")
    close(each["assurance"], each["mcse_assurance"], direction)
    # Mass above 0.03 exceeds 0.9 where the estimate exceeds 0.03 + 1.28 standard errors; likewise below.
    reach = norm.isf(0.1)
    beyond = norm.sf(reach - 0.17 / errors) + norm.cdf(-reach - 0.23 / errors)
    each = found.sel(decision="beyond rope > 0.9")
    close(each["assurance"], each["mcse_assurance"], beyond)


def test_precision_is_decided_by_the_width(found, errors) -> None:
    width = 2 * norm.isf(0.025) * errors
    for limit in (0.3, 0.4):
        assert np.all(found["assurance"].sel(decision=f"width < {limit}").values == (width < limit)[:, None])


def test_bias_coverage_and_rmse_are_those_of_a_calibrated_estimate(found, errors) -> None:
    close(found["bias"], found["mcse_bias"], np.zeros(3))
    close(found["rmse"], found["mcse_rmse"], errors)
    close(found["coverage"], found["mcse_coverage"], np.full(3, 0.95))


def test_errors_of_sign_and_size_are_those_of_the_closed_form(found, errors) -> None:
    _, type_s, type_m = design_errors(0.2, errors)
    each = found.sel(decision="excludes 0")
    close(each["type_m"], each["mcse_type_m"], type_m)
    # Wrong signs are rare: 1 in 300 here at most, so their own error is of no use where none was seen.
    assert np.all(np.abs(each["type_s"].values - type_s[:, None]) < 0.02)


def test_conditions_carry_their_labels(found) -> None:
    assert list(found["pupils"].values) == PUPILS
    assert found.attrs["truth"] == "fixed"


def test_overconfidence_shows_in_the_coverage() -> None:
    of = study(500)
    shown = table(gathered(of, overconfident), decisions("excludes 0"), of)
    # An interval of half its width covers in 2 Phi(0.98) - 1 = 67 % of cases.
    assert np.all(np.abs(shown["coverage"].values - (2 * norm.cdf(norm.isf(0.025) / 2) - 1)) < 4 * 0.021)


def test_wilson_is_the_published_example() -> None:
    # 15 of 148: Newcombe (1998), Statistics in Medicine 17, 857-872, table I: .0624 to .1605.
    low, high = wilson(xr.DataArray(15 / 148), xr.DataArray(148))
    assert (round(float(low), 4), round(float(high), 4)) == (0.0624, 0.1605)


@pytest.mark.parametrize("number", [1, 7, 20, 37, 1000])
def test_wilson_ends_at_0_and_1(number: int) -> None:
    for share in (0.0, 1.0):
        low, high = (float(end) for end in wilson(xr.DataArray(share), xr.DataArray(number)))
        assert 0 <= low < high <= 1
        assert share in (low, high)


@pytest.mark.parametrize("text", ["excludes zero", "rope", "rope > x", "bf10 >= 3", "", "rope > 0.9 and width < 1"])
def test_a_rule_that_is_none_is_refused_with_those_that_are(text) -> None:
    with pytest.raises(SpecError, match="A decision is one of these"):
        decision(text)


def test_a_rule_is_read_whatever_its_spaces() -> None:
    assert decision("  beyond rope>0.95 ") == decision("beyond rope>0.95")
    assert decision("bf10 < 0.1").threshold == 0.1


def test_nothing_is_decided_where_nothing_is_known() -> None:
    from bayespanel.design.kept_numbers import STATISTICS

    statistics = xr.DataArray(np.full((2, len(STATISTICS)), np.nan), dims=("replicate", "statistic"))
    statistics = statistics.assign_coords(statistic=list(STATISTICS))
    for rule in RULES:
        assert reached(decision(rule), statistics).isnull().all()


@pytest.mark.parametrize(
    ("text", "estimate", "above", "expected", "is_open"),
    [
        ("bf10 < 0.1", np.nan, -3.5, np.nan, True),  # above 0.03: nothing is said of 0.1
        ("bf10 < 0.1", np.nan, -2.0, 0.0, False),  # above 0.135
        ("bf10 > 10", np.nan, -3.5, np.nan, True),
        ("bf10 > 10", np.nan, 2.0, np.nan, True),  # above 7.4
        ("bf10 > 10", np.nan, 2.5, 1.0, False),  # above 12
        ("bf10 > 10", 2.5, np.nan, 1.0, False),
        ("bf10 < 0.1", -3.5, np.nan, 1.0, False),
        ("bf10 < 0.1", np.nan, np.nan, np.nan, False),
        ("excludes 0", np.nan, -3.5, np.nan, False),
    ],
)
def test_a_bound_decides_only_where_it_binds(text, estimate, above, expected, is_open) -> None:
    from bayespanel.design.decisions import unknown
    from bayespanel.design.kept_numbers import STATISTICS

    values = np.full((1, len(STATISTICS)), np.nan)
    values[0, STATISTICS.index("log_bf10")] = estimate
    values[0, STATISTICS.index("log_bf10_above")] = above
    found = xr.DataArray(values, dims=("replicate", "statistic"), coords={"statistic": list(STATISTICS)})
    np.testing.assert_equal(reached(decision(text), found).values, [expected])
    assert unknown(decision(text), found).values.tolist() == [is_open]


def test_an_older_store_cannot_tell_bounds_from_factors_and_decides_nothing_by_them() -> None:
    from bayespanel.design.decisions import unknown
    from bayespanel.design.kept_numbers import STATISTICS

    older = [name for name in STATISTICS if name != "log_bf10_above"]
    assert list(STATISTICS[: len(older)]) == older  # which is why a store that was begun earlier can be continued
    found = xr.DataArray(np.full((2, len(older)), -4.0), dims=("replicate", "statistic"), coords={"statistic": older})
    assert reached(decision("bf10 < 0.1"), found).isnull().all()
    assert not unknown(decision("bf10 < 0.1"), found).any()


def test_what_is_unknown_is_a_column_and_not_a_no() -> None:
    """Ten replicates: four reach bf10 > 10, three do not, two are left open, one failed."""
    from bayespanel.design.decisions import decision as rule
    from bayespanel.design.kept_numbers import STATISTICS
    from bayespanel.design.power import _decided

    values = np.full((1, 10, 1, len(STATISTICS)), 0.3)
    values[0, :, 0, STATISTICS.index("log_bf10")] = [3, 3, 3, 3, 1, 1, 1, np.nan, np.nan, np.nan]
    values[0, :, 0, STATISTICS.index("log_bf10_above")] = [*[np.nan] * 7, 0.5, -3, np.nan]
    values[0, 9] = np.nan
    dims = ("condition", "replicate", "pathway", "statistic")
    found = xr.DataArray(values, dims=dims, coords={"statistic": list(STATISTICS)})
    finished = xr.DataArray(np.ones((1, 10), bool), dims=("condition", "replicate"))
    value = {name: found.sel(statistic=name, drop=True) for name in ("truth", "mean", "lower", "upper")}
    known = xr.DataArray(np.ones((1, 1), bool), dims=("condition", "pathway"))
    out = _decided(rule("bf10 > 10"), found, finished, value["mean"] - value["truth"], value, known)
    assert out["assurance"].item() == 4 / 8
    assert out["unknown"].item() == 2 / 10


def test_a_study_knows_the_bayes_factors_that_its_rules_ask_for() -> None:
    world = bp.world("mulder-2023", {"waves": 3, "pupils": 100})
    rules = decisions(["excludes 0", "bf10 > 10", "bf10 < 0.1", "bf10 > 10.0", "bf10 > 0", "bf10 > -1"])
    asked, plain = (power_study(SPEC, world, replicates=10, seed=1, rope=0.03, rules=some) for some in (rules, ()))
    assert asked.factors == (0.1, 10.0)
    assert plain.factors == ()
    assert asked.fingerprint() == plain.fingerprint()  # another decision goes on in the same store


@pytest.mark.parametrize(("factors", "asks"), [((), False), ((1.2,), False), ((1e12,), True), (None, True)])
def test_the_density_of_the_model_is_computed_where_a_rule_needs_it(factors, asks, monkeypatch) -> None:
    # Lags of .25 with 1,500 pupils: no draw comes near 0, so that their factors have lower bounds.
    of = replace(study(10, pupils=1500, waves=5), factors=factors)
    called = []

    def counted(*given):
        called.append(sorted(given[-1]))
        return {}

    monkeypatch.setattr(weighing._Model, "log_densities", counted)
    names = ("x -> x", "y -> y")
    record = replicate(of, names, 0, 0)
    assert not record.message
    assert bool(called) is asks
    at = [STATISTICS.index(name) for name in ("log_bf10", "log_bf10_above")]
    assert np.isfinite(record.statistics[:, at]).any(axis=1).all()


def test_no_share_is_without_an_error() -> None:
    """Coverage and wrong signs of 8 replicates that agree are not known exactly."""
    of = study(8, pupils=[400])
    each = table(gathered(of, mock), decisions(RULES), of)
    shares = {"coverage": each, "type_s": each.sel(decision="excludes 0")}
    for name, one in shares.items():
        value, error = one[name], one[f"mcse_{name}"]
        assert (error.where(value.notnull(), 1.0) > 0).all()
        at_end = (value == 0) | (value == 1)
        assert at_end.any()


def test_exaggeration_has_a_mean_where_truths_are_drawn() -> None:
    """Single factors |estimate| / |truth| have none where truths lie around 0: their mean never settles."""
    rng = np.random.default_rng(1)
    drawn = xr.DataArray(rng.normal(0, 0.5, (40, 500)), dims=("set", "replicate"))
    estimates = drawn + rng.normal(0, 0.1, drawn.shape)
    ratio, error = _ratio(abs(estimates), abs(drawn))
    assert float(ratio.std()) < 0.02
    assert float(ratio.std()) == pytest.approx(float(error.mean()), rel=0.3)


def test_a_search_leaves_out_what_a_table_leaves_out() -> None:
    """Replicates in which a Bayes factor is but bounded count neither as yes nor as no, in both."""
    rule = decisions("bf10 > 3")[0]
    values = np.full((6, len(STATISTICS)), np.nan)
    values[:, [STATISTICS.index(name) for name in ("mean", "lower", "upper")]] = 0.1
    values[:4, STATISTICS.index("log_bf10")] = 5.0
    values[4, STATISTICS.index("log_bf10")] = -1.0
    values[5, STATISTICS.index("log_bf10_above")] = 0.5
    one = xr.DataArray(values, dims=("replicate", "statistic"), coords={"statistic": list(STATISTICS)})
    held, opened = reached(rule, one), unknown(rule, one)
    assert held.fillna(0.0).where(~opened, 0.0).sum() == 4
    assert int(opened.sum()) == 1
