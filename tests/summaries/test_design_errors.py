"""Power and the errors of sign and size are those of repeated studies."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from bayespanel.language.errors import SpecError
from bayespanel.summaries.design_errors import design_errors
from bayespanel.summaries.summary import summarise
from tests.summaries.fake import draws, normal


@pytest.mark.parametrize(("effect", "error"), [(0.1, 3.28), (0.2, 0.15), (-0.2, 0.1), (0.5, 0.1)])
@pytest.mark.parametrize("alpha", [0.05, 0.01])
def test_closed_forms_agree_with_simulated_studies(effect: float, error: float, alpha: float) -> None:
    studies = np.random.default_rng(1).normal(effect, error, 2_000_000)
    found = studies[abs(studies) > stats.norm.isf(alpha / 2) * error]
    wrong, factor = np.sign(found) != np.sign(effect), abs(found / effect)
    power, type_s, type_m = design_errors(effect, error, alpha)
    n = len(found)
    # 4 standard errors of the simulation; 3 / n where no study, or next to none, has the wrong sign
    assert power == pytest.approx(n / len(studies), abs=4 * (power * (1 - power) / len(studies)) ** 0.5)
    assert type_s == pytest.approx(wrong.mean(), abs=4 * (type_s * (1 - type_s) / n) ** 0.5 + 3 / n)
    assert type_m == pytest.approx(factor.mean(), abs=4 * factor.std() / n**0.5)


def test_a_hopeless_design_is_wrong_in_sign_and_size() -> None:
    """An effect of 0.1 with a standard error of 3.28."""
    power, type_s, _ = design_errors(0.1, 3.28)
    assert power == pytest.approx(0.05, abs=0.005)
    assert type_s == pytest.approx(0.46, abs=0.005)


def test_a_precise_design_finds_the_effect_as_it_is() -> None:
    power, type_s, type_m = design_errors(1.0, 0.05)
    assert power == pytest.approx(1)
    assert type_s == pytest.approx(0)
    assert type_m == pytest.approx(1)


def test_without_an_effect_to_speak_of_power_is_alpha_and_the_sign_a_coin() -> None:
    power, type_s, _ = design_errors(1e-9, 1.0, 0.1)
    assert power == pytest.approx(0.1)
    assert type_s == pytest.approx(0.5)


def test_only_the_size_of_the_effect_matters_and_arrays_go_through() -> None:
    errors = np.array([[0.1, 0.2], [0.3, np.nan]])
    for up, down in zip(design_errors(0.2, errors), design_errors(-0.2, errors), strict=True):
        assert up.shape == (2, 2)
        assert np.array_equal(up, down, equal_nan=True)
        assert np.isnan(up).tolist() == [[False, False], [False, True]]


@pytest.mark.parametrize("effect", [0.0, np.nan, np.inf])
def test_an_effect_that_does_not_exist_is_refused(effect: float) -> None:
    with pytest.raises(SpecError, match="true effect that is not 0"):
        design_errors(effect, 0.1)


def test_a_summary_takes_the_sampling_sd_that_it_is_given_and_no_other() -> None:
    given = draws(normal(3, mean=0.3, sd=0.2))
    errors = np.array([0.1, 0.5, np.nan])
    out = summarise(given, rope=0.1, true_effect=0.2, sampling_sd=errors)
    for name, expected in zip(("power", "type_s", "type_m"), design_errors(0.2, errors), strict=True):
        np.testing.assert_array_equal(out[name], expected)
    np.testing.assert_array_equal(out["sampling_sd"], errors)
    assert out.attrs["true_effect"] == 0.2
    assert "sampling SD" in out.attrs["design"]
    assert np.isnan(summarise(given, rope=0.1, true_effect=0.2)["power"]).all()
    assert "power" not in summarise(given, rope=0.1)


@pytest.mark.parametrize(("level", "expected"), [(0.2, stats.norm.sf(-0.5)), (-0.2, stats.norm.cdf(-2.5))])
def test_a_summary_says_how_probable_a_wanted_effect_is(level: float, expected: float) -> None:
    out = summarise(draws(normal(50, mean=0.3, sd=0.2)), rope=0.1, at_least=level)
    z = (out["prob_at_least"] - expected) / out["mcse_prob_at_least"]
    assert abs(float(z.mean())) < 0.6  # 4 / sqrt(50)
    assert out.attrs["at_least"] == level


@pytest.mark.parametrize("level", [0.0, np.nan, np.inf])
def test_a_wanted_effect_of_zero_is_refused(level: float) -> None:
    with pytest.raises(SpecError, match="at_least"):
        summarise(draws(normal(1, mean=0.3, sd=0.2)), rope=0.1, at_least=level)
