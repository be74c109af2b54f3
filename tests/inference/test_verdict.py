"""Maximum likelihood says of itself what is true of the point that it returns."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import bayespanel as bp
from bayespanel.families.panel.statistics import data_for, statistics
from bayespanel.families.panel.structure import structure
from bayespanel.inference.faces import Face, Matrix, cone, face_at, matrices
from bayespanel.inference.maximum_likelihood import Estimates, differences, hessian, objective
from bayespanel.inference.verdict import Verdict, judge
from tests.families.panel.data import moments


def strong_lags(seed: int) -> tuple[bp.RICLPM, bp.Panel]:
    """400 pupils at four waves whose lags of .9 hardly let a random intercept be told from the process."""
    rng = np.random.default_rng(seed)
    lag = np.array([[0.9, 0.1], [0.1, 0.9]])
    within, stable = 0.7 * np.array([[1.0, 0.3], [0.3, 1.0]]), 0.3 * np.array([[1.0, 0.5], [0.5, 1.0]])
    innovation = within - lag @ within @ lag.T
    innovation += (0.02 - np.linalg.eigvalsh(innovation)[0]) * np.eye(2)
    w = [rng.multivariate_normal(np.zeros(2), within, 400)]
    for _ in range(3):
        w.append(w[-1] @ lag.T + rng.multivariate_normal(np.zeros(2), innovation, 400))
    r = rng.multivariate_normal(np.zeros(2), stable, 400)
    frame = pd.DataFrame({f"v{k}_{t}": (w[t] + r)[:, k] for t in range(4) for k in range(2)})
    panel = bp.Panel.from_wide(frame, columns={f"v{k}": [f"v{k}_{t}" for t in range(4)] for k in range(2)})
    return bp.RICLPM(variables=["v0", "v1"], lags="free"), panel


def trial(seed: int, outcomes: int) -> bp.Trial:
    """480 pupils in two classes of each of 12 schools, classes without effect; two outcomes have opposite schools'."""
    rng = np.random.default_rng(seed)
    school = np.repeat(np.arange(12), 40)
    frame = pd.DataFrame({"school": school, "class": school * 2 + np.tile(np.repeat([0, 1], 20), 12)})
    frame["arm"] = np.array(["c", "i"])[school % 2]
    effect = rng.normal(0, 0.3, 12)[school]
    for j in range(outcomes):
        frame[f"y{j}"] = rng.normal(size=480) + (-1) ** j * effect
    names = [f"y{j}" for j in range(outcomes)]
    return bp.Trial.from_frame(frame, outcomes=names, arm="arm", control="c", classroom="class", school="school")


def projected_gradient(spec: bp.RICLPM, panel: bp.Panel, ml: Estimates) -> float:
    """Largest gradient per pupil along the face on which estimates lie, by the compiled kernel alone."""
    data = data_for(spec, panel)
    model = structure(spec, data)
    found = {str(name): ml.estimates[name].values for name in ml.estimates}
    vector = model.vector_of({b.name: found[b.name].reshape(b.start.shape) for b in model.blocks})
    face = face_at(model, vector, beyond=not ml.boundary)
    gradient = objective(model, statistics(spec, data))(vector)[1]
    return float(np.abs(face.pull(face.coordinates(vector), gradient)).max()) / data.n_pupils


@pytest.mark.parametrize("seed", [0, 3, *(pytest.param(s, marks=pytest.mark.slow) for s in (1, 5, 7, 8, 9))])
def test_what_calls_itself_converged_has_no_gradient_left_and_has_standard_errors(seed: int) -> None:
    """Of each of these a start once stopped after 100 steps with a gradient per pupil up to .24.

    For seeds 1, 3, 7, 8 and 9 that point was returned, without standard errors, and for all but 1 called converged.
    """
    spec, panel = strong_lags(seed)
    ml = bp.maximum_likelihood(spec, panel)
    assert ml.converged
    # A Newton decrement of 2e-6, over an information per pupil whose largest entries are some 1e4.
    assert projected_gradient(spec, panel, ml) < 1e-4
    assert np.isfinite(ml.standard_errors["lag"]).all()
    assert ml.verdict.starts > 2  # the first two did not agree


@pytest.mark.parametrize("seed", [0, 1, 2, 7, 8, 11, 12])
def test_a_class_variance_of_zero_is_a_maximum_on_the_boundary(seed: int) -> None:
    data = trial(seed, 1)
    levels = ("pupil", "class", "school")
    ml = bp.maximum_likelihood(bp.ClusterTrial(outcomes=("y0",), levels=levels), data)
    zero = "school" if seed == 0 else "class"
    assert (ml.converged, ml.boundary, ml.proper) == (True, True, False)
    assert float(ml.estimates[f"{zero}_cov"].squeeze()) == pytest.approx(0, abs=1e-9)
    assert np.isnan(ml.standard_errors[f"{zero}_cov"]).all()
    assert f"{zero}_cov has a variance of zero" in ml.verdict.sentences[1]
    if zero == data.randomised:
        return  # a model without the unit of randomisation is refused
    # The same as the model without this level.
    rest = tuple(level for level in levels if level != zero)
    without = bp.maximum_likelihood(bp.ClusterTrial(outcomes=("y0",), levels=rest), data)
    assert (without.converged, without.boundary, without.proper) == (True, False, True)
    assert ml.log_likelihood == pytest.approx(without.log_likelihood, abs=1e-8)
    for name in ("effect", "mean"):
        np.testing.assert_allclose(ml.standard_errors[name], without.standard_errors[name], rtol=1e-6)


@pytest.mark.parametrize("seed", [0, 2, 9])
def test_a_correlation_of_minus_one_is_on_the_boundary_and_not_proper(seed: int) -> None:
    ml = bp.maximum_likelihood(bp.ClusterTrial(outcomes=("y0", "y1"), levels=("pupil", "school")), trial(seed, 2))
    cov = ml.estimates["school_cov"].values
    assert cov[0, 1] / np.sqrt(cov[0, 0] * cov[1, 1]) == pytest.approx(-1, abs=1e-9)
    assert (ml.converged, ml.boundary, ml.proper) == (True, True, False)
    assert np.isfinite(ml.standard_errors["effect"]).all()


def test_a_correlation_of_nearly_one_is_not_proper_whatever_the_variances() -> None:
    place = np.array([[0, 1], [1, 2]])
    matrix = Matrix("school_cov", place, beyond=False)
    assert matrix.improper(np.array([4.0, -3.99999, 4.0]))
    assert matrix.improper(np.array([4.0, 0.0, 0.0]))
    assert not matrix.improper(np.array([4.0, -3.9, 4.0]))


def test_coordinates_of_a_face_turn_back_and_carry_the_gradient() -> None:
    data, spec = moments(), bp.RICLPM(variables=["v0", "v1"], lags="free")
    model = structure(spec, data)
    natural = objective(model, statistics(spec, data))
    start = model.start()
    whole = cone(model)
    np.testing.assert_allclose(whole.vector(whole.coordinates(start)), start, atol=1e-12)
    last = matrices(model)[-1]
    single = start.copy()
    single[last.place] = [[0.09, -0.12], [-0.12, 0.16]]  # of rank one
    face = face_at(model, single, beyond=False)
    assert [(matrix.name, rank) for matrix, _, rank in face.factored] == [(last.name, 1)]
    np.testing.assert_allclose(face.vector(face.coordinates(single)), single, atol=1e-12)
    assert not face_at(model, single, beyond=True).factored
    for one in (whole, face):
        x = one.coordinates(start if one is whole else single)
        jacobian = one.jacobian(x)
        gradient = natural(one.vector(x))[1]
        np.testing.assert_allclose(one.pull(x, gradient), jacobian.T @ gradient, rtol=1e-9, atol=1e-7)


def test_second_derivatives_by_complex_steps_are_those_that_differences_approach() -> None:
    data, spec = moments(), bp.RICLPM(variables=["v0", "v1"], lags="free")
    model = structure(spec, data)
    natural = objective(model, statistics(spec, data))
    exact, near = hessian(natural, model.start()), differences(natural, model.start())
    # Central differences with a step of 1e-4: an error of the order of 1e-8, times derivatives of fourth order.
    np.testing.assert_allclose(near, exact, rtol=1e-5, atol=1e-5 * np.abs(exact).max())


def test_a_saddle_a_slope_and_a_rise_inward_are_no_maxima() -> None:
    peak, none = np.diag([1.0, 1e-8]), np.zeros(2)
    assert judge(none, peak, -np.inf, 100.0)[0]
    assert not judge(none, np.diag([1.0, -1.0]), -np.inf, 100.0)[0]
    assert not judge(np.array([0.1, 0.0]), peak, -np.inf, 100.0)[0]
    assert not judge(none, peak, 1.0, 100.0)[0]
    assert not judge(np.array([0.0, 1e-5]), peak, -np.inf, 100.0)[0]  # little slope, and far to go


def test_each_flag_has_one_sentence() -> None:
    good = Verdict(True, (), (), 0.0, 0.0, starts=2, agreeing=2)
    assert [text.split(":")[0] for text in good.sentences] == ["Converged", "Not on the boundary", "Proper"]
    bad = Verdict(False, ("school_cov has a variance of zero",), ("school_cov is not positive definite",), np.inf, 0.05)
    assert [text.split(":")[0] for text in bad.sentences] == ["Not converged", "On the boundary", "Improper"]
    assert "5.0e-02" in bad.sentences[0]
    assert all(text.count(".") >= 1 and text.endswith(".") for text in (*good.sentences, *bad.sentences))


def test_flags_stay_with_the_numbers_in_a_table_and_its_csv() -> None:
    ml = bp.maximum_likelihood(bp.ClusterTrial(outcomes=("y0",), levels=("pupil", "class", "school")), trial(1, 1))
    table = bp.parameter_estimates(ml)
    assert {"converged", "boundary", "proper"} <= set(table.to_csv(index=False).splitlines()[0].split(","))
    assert table["boundary"].all()
    assert table.attrs["verdict"] == list(ml.verdict.sentences)
    assert str(ml).splitlines()[1:] == list(ml.verdict.sentences)


def test_a_face_without_factors_is_the_vector_itself() -> None:
    x = np.arange(3.0)
    face = Face(3, ())
    np.testing.assert_array_equal(face.vector(x), x)
    np.testing.assert_array_equal(face.coordinates(x), x)
