"""Compiling, whitening and sampling, on models whose answers are known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pymc as pm
import pytest

from bayespanel import SpecError
from bayespanel.inference.posterior import Posterior, compile_posterior
from bayespanel.inference.sampling import prepare
from bayespanel.inference.settings import Running, Sampling, Settings
from bayespanel.inference.whiten import whitening

COVARIANCE = np.array([[1.0, 0.9, 0.0], [0.9, 4.0, 0.5], [0.0, 0.5, 0.25]])
MEAN = np.array([10.0, -3.0, 0.5])


def normal_model(shift: float = 0.0) -> pm.Model:
    with pm.Model() as model:
        centre = pm.Data("centre", MEAN + shift)
        x = pm.Flat("x", shape=3)
        sd = pm.HalfNormal("sd", 2.0)
        share = pm.Beta("share", 2.0, 3.0, shape=2)
        pm.Potential("density", -0.5 * (x - centre) @ np.linalg.inv(COVARIANCE) @ (x - centre))
        assert sd.name
        assert share.name
    return model


@pytest.fixture(scope="module")
def posterior() -> Posterior:
    return compile_posterior(normal_model())


def test_the_density_and_its_gradient_are_those_of_the_model(posterior: Posterior) -> None:
    rng = np.random.default_rng(1)
    point = rng.normal(size=6)
    value, gradient = posterior(point)
    x, log_sd, logit = point[:3], point[3], point[4:]
    sd, share = np.exp(log_sd), 1 / (1 + np.exp(-logit))
    expected = -0.5 * (x - MEAN) @ np.linalg.inv(COVARIANCE) @ (x - MEAN)
    expected += 0.5 * np.log(2 / np.pi) - np.log(2.0) - 0.5 * (sd / 2) ** 2 + log_sd
    expected += (np.log(12.0) + 2 * np.log(share) + 3 * np.log1p(-share)).sum()  # Beta(2, 3) and its Jacobian
    # PyMC keeps the normalising constants of densities in single precision.
    assert value == pytest.approx(expected, rel=1e-8)
    h = 1e-5
    for i, unit in enumerate(np.eye(6)):
        numeric = (posterior(point + h * unit)[0] - posterior(point - h * unit)[0]) / (2 * h)
        assert gradient[i] == pytest.approx(numeric, rel=1e-6, abs=1e-6)


def test_other_data_need_no_other_compilation(posterior: Posterior) -> None:
    moved = posterior.with_data(normal_model(shift=1.0))
    point = np.linspace(-1, 1, 6)
    shifted = point - np.array([1, 1, 1, 0, 0, 0])
    assert moved(point)[0] == pytest.approx(posterior(shifted)[0], rel=1e-12)


def test_starting_values_can_be_given() -> None:
    model = normal_model()
    given = compile_posterior(model, {"x": np.array([1.0, 2.0, 3.0])})
    np.testing.assert_array_equal(given.start[:3], [1.0, 2.0, 3.0])


def test_whitened_coordinates_make_a_normal_standard(posterior: Posterior) -> None:
    found = whitening(posterior)
    # The centre is rounded to about a hundredth of an SD, an entry of the factor to 1/1024 of itself at most: a product
    # of two is off by 1/512 at most, and sums here do not cancel.
    np.testing.assert_allclose(found.centre[:3], MEAN, atol=0.011 * np.sqrt(COVARIANCE.diagonal().max()))
    np.testing.assert_allclose((found.factor @ found.factor.T)[:3, :3], COVARIANCE, rtol=4e-3, atol=1e-9)


def test_a_transform_that_is_not_known_is_refused() -> None:
    with pm.Model() as model:
        pm.Dirichlet("p", np.ones(3))
    with pytest.raises(SpecError, match="'p' has the transform"):
        compile_posterior(model)


def test_draws_have_the_moments_of_the_density_and_repeat_with_the_seed() -> None:
    settings = Settings(Sampling(tune=300, target_accept=0.95), seed=3, cores=2)
    first, second = (prepare(normal_model()).draw(settings) for _ in range(2))
    np.testing.assert_array_equal(first.free["x"], second.free["x"])
    x = first.free["x"].reshape(-1, 3)
    # 4,000 draws, nearly independent: four standard errors of a mean, and of a covariance.
    np.testing.assert_allclose(x.mean(0), MEAN, atol=4 * 2 / np.sqrt(4000))
    np.testing.assert_allclose(np.cov(x.T), COVARIANCE, atol=4 * 4 * np.sqrt(2 / 4000))
    assert first.free["share"].mean() == pytest.approx(2 / 5, abs=4 * 0.2 / np.sqrt(8000))
    assert not first.sample_stats["diverging"].any()


WRONG = {
    Sampling: {
        "chains": [1, 2.0, None, "4", True, np.nan, 10**10], "tune": [3, 0, -50, "many", 60.5],
        "draws": [0, 3, True, np.inf, [1000]], "target_accept": [0, 0.49, 1, 1.2, np.nan, np.inf, True, "0.9", -0.9],
        "sampler": ["NUTS", "", None, True, 1, ["nuts"]],
    },
    Running: {
        "workers": [-1, 1.5, True, "all", np.nan], "scheduler": ["", " ", 8786, True],
        "store": ["", 7, b"study.zarr", True], "progress": [None, 1, "no"],
    },
    Settings: {
        "seed": [-1, 1.5, 2**64, None, "1", True], "cores": [0, -1, 1.0, "2", False],
        "sampling": [None, {"draws": 9}, Running()],
    },
}  # fmt: skip
"""Record -> field -> values that are none."""


@pytest.mark.parametrize(
    ("record", "name", "value"),
    [(record, name, value) for record, fields in WRONG.items() for name, values in fields.items() for value in values],
)
def test_a_record_refuses_what_is_no_value_of_a_field(record: Any, name: str, value: object) -> None:
    given: dict[str, Any] = {"sampling": Sampling(), "seed": 1} if record is Settings else {}
    with pytest.raises(SpecError) as caught:
        record(**(given | {name: value}))
    assert name in caught.value.rule.lower()
    assert caught.value.given
    assert caught.value.action


@pytest.mark.parametrize("whole", [np.int64(60), np.uint16(60)])
def test_whole_numbers_of_numpy_are_whole_numbers(whole: Any) -> None:
    assert type(Sampling(draws=whole).draws) is int
    assert Sampling(draws=whole) == Sampling(draws=60)
    assert type(Sampling(target_accept=np.float32(0.75)).target_accept) is float


def test_workers_of_this_machine_and_of_a_scheduler_are_two_things() -> None:
    with pytest.raises(SpecError, match="one of 'scheduler' and 'workers'"):
        Running(scheduler="tcp://127.0.0.1:8786", workers=2)


def test_chains_that_begin_elsewhere_can_disagree() -> None:
    with pm.Model() as model:
        x = pm.Flat("x", shape=1)
        pm.Potential("two_hills", pm.math.logaddexp(-0.5 * ((x[0] - 20) / 0.5) ** 2, -0.5 * ((x[0] + 20) / 0.5) ** 2))
    begin = {"x": np.array([20.0])}
    settings = Settings(Sampling(draws=50, tune=100, chains=6), seed=1)
    alone = prepare(model, begin).draw(settings).free["x"]
    both = prepare(model, begin, elsewhere=[{"x": np.array([-20.0])}]).draw(settings).free["x"]
    np.testing.assert_allclose(alone.mean(axis=1), 20.0, atol=1.0)
    assert set(np.sign(both.mean(axis=(1, 2)))) == {-1.0, 1.0}
