"""Maximum likelihood against lavaan's, frozen in tests/known_answers.

Tolerances. lavaan's tables carry 8 decimals of a log-likelihood and 15 digits of an estimate, so what separates two
programs is how far each of them climbed. That is measured, not guessed: the Newton decrement d = g' I^-1 g at lavaan's
estimates (g the gradient, I the observed information) says that the maximum lies d / 2 higher, and that no estimate is
more than sqrt(d) standard errors from it. The largest d of all models is 7e-8; the bound below, 1e-6, gives 5e-7 for
log-likelihoods and 1e-3 standard errors for estimates.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import bayespanel as bp
from bayespanel.families.panel.estimate import MaximumLikelihood
from bayespanel.families.panel.statistics import statistics
from bayespanel.families.panel.structure import saturated, structure
from bayespanel.inference.maximum_likelihood import Maximum, hessian, maximise, objective
from bayespanel.inference.structure import Structure
from bayespanel.likelihood.packed_sums import Statistics
from tests.known_answers.published import Published, moments, names, published

DECREMENT = 1e-6
LOGL = 1e-6  # half the decrement, and the rounding of the published 8 decimals
ESTIMATE = DECREMENT**0.5  # in standard errors

# Our information is exact, by complex steps. lavaan 0.6-14 takes differences of its analytic gradient, at estimates as
# near to the maximum as it climbed: below 2.1e-6 with one level, improper model included, 5e-5 with two levels.
STANDARD_ERROR = 5e-6
TWO_LEVELS = 1e-4

# How far lavaan's unrestricted log-likelihood lies below the maximum. Without missing scores there is a closed form.
# With them lavaan stops an EM algorithm: by chance late enough for JSP and STAR. With two levels EM stops far off.
SHORTFALL = {"mulder_mar": 3e-6, "jsp_complete_schools": 3e-4}

every_model = pytest.mark.parametrize("name", names())


@cache
def fitted(name: str) -> MaximumLikelihood:
    model = published(name)
    return bp.maximum_likelihood(model.spec, moments(model.data))


def decrement(model: Structure, packed: Statistics, vector: np.ndarray) -> float:
    function = objective(model, packed)
    gradient = function(vector)[1]
    return float(gradient @ np.linalg.solve(-hessian(function, vector), gradient))


@every_model
def test_the_log_likelihood_at_lavaans_estimates_is_lavaans(name):
    model = published(name)
    found = bp.log_likelihood(model.spec, moments(model.data), model.arrays("est"))
    assert found == pytest.approx(model.fit["log_likelihood"], abs=LOGL, rel=0)


@every_model
def test_lavaans_estimates_are_a_maximum_of_our_likelihood(name):
    model = published(name)
    data = moments(model.data)
    ours = structure(model.spec, data)
    values = {key: value.values for key, value in model.arrays("est").items()}
    vector = ours.vector_of({block.name: values[block.name].reshape(block.start.shape) for block in ours.blocks})
    assert 0 <= decrement(ours, statistics(model.spec, data), vector) < DECREMENT


@every_model
def test_the_maximum_is_as_high_as_lavaans(name):
    ml = fitted(name)
    assert ml.converged
    assert ml.log_likelihood == pytest.approx(published(name).fit["log_likelihood"], abs=LOGL, rel=0)


@every_model
def test_every_estimate_is_lavaans(name):
    model, ml = published(name), fitted(name)
    errors = model.arrays("se")
    assert set(errors) == set(ml.estimates)
    for key, theirs in model.arrays("est").items():
        ours = ml.estimates[key]
        assert ours.dims == theirs.dims
        for dim in ours.dims:
            assert list(ours[dim].values) == list(theirs[dim].values)
        np.testing.assert_array_less(np.abs(ours - theirs) / errors[key], ESTIMATE, err_msg=key)


@every_model
def test_every_standard_error_is_lavaans(name):
    ml = fitted(name)
    limit = TWO_LEVELS if published(name).spec.cluster_levels else STANDARD_ERROR
    for key, theirs in published(name).arrays("se").items():
        np.testing.assert_allclose(ml.standard_errors[key], theirs, rtol=limit, err_msg=key)


@every_model
def test_parameters_pupils_and_degrees_of_freedom_are_counted_as_lavaan_counts_them(name):
    ml, fit = fitted(name), published(name).fit
    assert (ml.n_parameters, ml.df, ml.n_pupils) == (fit["n_parameters"], fit["df"], fit["n_pupils"])


@every_model
def test_an_improper_solution_is_flagged_where_lavaan_flags_it(name):
    assert fitted(name).proper == published(name).fit["proper"]


def test_the_improper_solution_has_a_covariance_that_is_not_positive_definite():
    (name,) = [name for name in names() if not published(name).fit["proper"]]
    assert name == "jsp_riclpm_single_level_fiml"
    ml = fitted(name)
    smallest = {key: float(np.linalg.eigvalsh(ml.estimates[key]).min()) for key in ml.estimates if key.endswith("_cov")}
    assert min(smallest.values()) < 0
    assert ml.converged


@every_model
def test_our_unrestricted_maximum_is_lavaans_or_higher_by_what_its_em_left(name):
    ml, model = fitted(name), published(name)
    ours = ml.log_likelihood + ml.chi_square / 2
    gain = ours - model.fit["unrestricted_log_likelihood"]
    assert -LOGL < gain < SHORTFALL.get(model.data, 0) + LOGL


@every_model
def test_fit_indices_are_lavaans(name):
    ml, model = fitted(name), published(name)
    fit = model.fit
    assert ml.chi_square == pytest.approx(fit["chi_square"], abs=2 * (SHORTFALL.get(model.data, 0) + LOGL), rel=0)
    # In these the error of chi-square is divided by hundreds, or multiplied by a density below 0.1.
    for index in ("p_value", "cfi", "rmsea"):
        assert getattr(ml, index) == pytest.approx(fit[index], abs=1e-6, rel=0), index
    for index in ("aic", "bic"):
        assert getattr(ml, index) == pytest.approx(fit[index], abs=2 * LOGL, rel=0), index


@cache
def saturated_two_level() -> tuple[Published, Structure, Statistics, Maximum]:
    """The saturated two-level model of JSP: lavaan's answer, our structure and data, and their maximum."""
    (name,) = names("saturated")
    theirs = published(name)
    data = moments(theirs.data)
    model, packed = saturated(theirs.spec, data), statistics(theirs.spec, data, free=True)
    return theirs, model, packed, maximise(model, packed)


def saturated_arrays(theirs: Published, column: str) -> dict[str, np.ndarray]:
    """Lay lavaan's table out as the blocks of `saturated`, whose means count from the cells' own."""
    found = {name: array.values for name, array in theirs.arrays(column).items()}
    centre = moments(theirs.data).centre if column == "est" else 0.0
    found["coefficients"] = (found.pop("mean").ravel() - centre)[:, None]
    return found


def test_lavaans_saturated_two_level_estimates_are_a_maximum_of_our_likelihood():
    theirs, model, packed, _ = saturated_two_level()
    vector = model.vector_of(saturated_arrays(theirs, "est"))
    assert objective(model, packed)(vector)[0] == pytest.approx(theirs.fit["log_likelihood"], abs=LOGL, rel=0)
    assert 0 <= decrement(model, packed, vector) < DECREMENT


def test_our_saturated_two_level_maximum_is_lavaans_fitted_one_not_its_unrestricted_one():
    theirs, model, _, maximum = saturated_two_level()
    assert maximum.converged
    assert model.size == theirs.fit["n_parameters"]
    assert maximum.log_likelihood == pytest.approx(theirs.fit["log_likelihood"], abs=LOGL, rel=0)
    assert maximum.log_likelihood > theirs.fit["unrestricted_log_likelihood"] + 2e-4


def test_saturated_two_level_estimates_and_standard_errors_are_lavaans():
    theirs, model, _, maximum = saturated_two_level()
    ours, our_errors = model.arrays(maximum.vector), model.arrays(maximum.errors())
    errors = saturated_arrays(theirs, "se")
    for name, estimate in saturated_arrays(theirs, "est").items():
        np.testing.assert_array_less(np.abs(ours[name] - estimate) / errors[name], ESTIMATE, err_msg=name)
        np.testing.assert_allclose(our_errors[name], errors[name], rtol=TWO_LEVELS, err_msg=name)


def test_chi_square_with_two_levels_is_against_the_saturated_two_level_maximum():
    maximum = saturated_two_level()[-1]
    ml = fitted("jsp_riclpm_twolevel_between_saturated_listwise")
    assert ml.log_likelihood + ml.chi_square / 2 == pytest.approx(maximum.log_likelihood, abs=LOGL, rel=0)


@pytest.mark.parametrize(
    ("variables", "lags", "df"), [(2, "free", 21), (2, "equal", 33), (3, "free", 48), (3, "equal", 75)]
)
def test_five_waves_leave_the_degrees_of_freedom_of_the_textbook(variables, lags, df):
    rng = np.random.default_rng(1)
    stable = rng.normal(size=(300, variables))
    within = [rng.normal(size=(300, variables))]
    for _ in range(4):
        within.append(0.3 * within[-1] + rng.normal(size=(300, variables)))
    columns = {f"v{k}": [f"v{k}_{t}" for t in range(5)] for k in range(variables)}
    frame = pd.DataFrame({f"v{k}_{t}": (stable + within[t])[:, k] for k in range(variables) for t in range(5)})
    panel = bp.Panel.from_wide(frame, columns=columns)
    ml = bp.maximum_likelihood(bp.RICLPM(variables=tuple(columns), lags=lags), panel)
    assert ml.df == df
    assert ml.converged


@pytest.mark.parametrize("divisor", ["n", "n-1"])
def test_a_table_of_means_and_covariances_says_the_same_as_its_pupils(divisor):
    name = "mulder_riclpm_equal_lags"
    data = moments("mulder")
    n = data.n_pupils
    cov = data.syy[0] / (n if divisor == "n" else n - 1)
    summary = bp.Panel.from_summary(
        mean=data.centre, cov=cov, n=n, variables=data.variables, waves=data.waves, divisor=divisor
    )
    spec, pupils = published(name).spec, fitted(name)
    parameters = dict(pupils.estimates)
    # Two ways to the same sums: only rounding may differ.
    at = [bp.log_likelihood(spec, source, parameters) for source in (data, summary)]
    assert at[0] == pytest.approx(at[1], abs=1e-6, rel=0)
    table = bp.maximum_likelihood(spec, summary)
    assert table.log_likelihood == pytest.approx(pupils.log_likelihood, abs=1e-6, rel=0)
    for key, estimate in pupils.estimates.items():
        difference = np.abs(table.estimates[key] - estimate) / pupils.standard_errors[key]
        np.testing.assert_array_less(difference, 1e-6, err_msg=str(key))


STANDARDISED = pd.read_csv(Path(__file__).parents[2] / "known_answers" / "riclpm_standardised.csv", dtype=str)


@pytest.mark.parametrize("name", sorted(set(STANDARDISED["model"])))
def test_the_standardised_solution_is_lavaans(name):
    """Of numbers near 0.3 with standard errors near 0.02, `ESTIMATE` standard errors are 2e-5."""
    table = bp.standardized_solution(fitted(name)).set_index(["parameter", "at"])["estimate"]
    theirs = STANDARDISED[STANDARDISED["model"] == name].fillna("")
    for row in theirs.itertuples():
        labels = (row.interval, row.target, row.source) if row.target else (row.interval, "y", "x")
        at = ", ".join(label for label in labels if label)
        if (row.parameter, at) not in table.index:  # one for all intervals
            at = "y, x"
        assert table[row.parameter, at] == pytest.approx(float(row.std), abs=2e-5, rel=0)
