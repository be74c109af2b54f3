"""A model compiled before serves other data of the same design, and nothing else."""

from __future__ import annotations

import numpy as np
import pymc as pm

from bayespanel.inference.compiled import Compiled, remembered
from bayespanel.inference.posterior import compile_posterior
from bayespanel.inference.sampling import prepare
from bayespanel.inference.settings import Sampling, Settings


def model(shift: float = 0.0, *, sd: float = 2.0, rows: int = 3, effects: int = 2, names: str = "x") -> pm.Model:
    """A regression whose data are containers: rows may differ in number, effects are parameters."""
    with pm.Model() as out:
        y = pm.Data("y", np.linspace(0, 1, rows) + shift)
        at = pm.Data("at", np.arange(rows) % effects)
        x = pm.Normal(names, 0.0, sd, shape=effects)
        pm.Potential("density", -0.5 * ((y - x[at]) ** 2).sum())
    return out


def test_other_data_of_the_same_design_are_served_exactly() -> None:
    memory = Compiled()
    memory.posterior(model())
    rng = np.random.default_rng(1)
    for other in (model(0.7), model(0.2, rows=5)):  # more rows, the same parameters
        served, anew = memory.posterior(other), compile_posterior(other)
        for _ in range(3):
            point = rng.normal(size=2)
            for ours, theirs in zip(served(point), anew(point), strict=True):
                np.testing.assert_array_equal(ours, theirs)  # to the last bit: it is the same code
    assert memory.compilations == 1


def test_what_was_served_before_keeps_its_own_data() -> None:
    memory = Compiled()
    first = memory.posterior(model())
    before = first(np.ones(2))[0]
    memory.posterior(model(3.0))
    assert first(np.ones(2))[0] == before


def test_another_prior_design_or_name_is_another_model() -> None:
    memory = Compiled()
    point = np.array([0.3, -0.4, 0.1])
    for count, other in enumerate((model(), model(sd=1.0), model(effects=3), model(names="z")), 1):
        served = memory.posterior(other)
        assert memory.compilations == count
        own = point[: len(served.start)]
        assert served(own)[0] == compile_posterior(other)(own)[0]
    memory.posterior(model(0.1, sd=1.0))
    assert memory.compilations == 4  # the earlier ones are still known


def test_a_process_that_fits_again_compiles_nothing() -> None:
    settings = Settings(Sampling(draws=20, tune=50, chains=2), seed=1)
    first = prepare(model()).draw(settings).free["x"]
    known = remembered().compilations
    again, other = (prepare(model(shift)).draw(settings).free["x"] for shift in (0.0, 3.0))
    assert remembered().compilations == known
    np.testing.assert_array_equal(again, first)
    assert (other != first).any()  # from its own data


def test_a_scale_that_has_come_to_zero_has_no_density() -> None:
    # PyMC's check of the scale raises, and no exception leaves a native function: it went on with its last value.
    with pm.Model() as model:
        scale = pm.HalfNormal("scale")
        pm.Normal("effect", 0.0, scale)
    posterior = compile_posterior(model)
    usual = posterior(np.array([0.0, 0.3]))
    value, gradient = posterior(np.array([-800.0, 0.3]))
    assert np.isfinite(usual[0])
    assert value == -np.inf
    assert (gradient == 0).all()


def observed(*, noise: float = 1.0, seen: float = 0.0, start: float | None = None, sign: bool = False) -> pm.Model:
    """A model with an observed variable, a start of its own, and a positive or a free variable."""
    with pm.Model() as out:
        y = pm.Data("y", np.linspace(0, 1, 4))
        x = (pm.Normal if sign else pm.HalfNormal)("x", sigma=2.0, initval=start)
        pm.Normal("fixed", x, noise, observed=np.full(2, seen))
        pm.Normal("seen", x, noise, observed=y)
    return out


def test_what_was_observed_where_a_variable_starts_and_how_it_is_bounded_make_another_model() -> None:
    memory = Compiled()
    memory.posterior(observed())
    memory.posterior(observed())
    assert memory.compilations == 1
    others = (observed(noise=2.0), observed(seen=1.0), observed(start=0.5), observed(start=0.6), observed(sign=True))
    for count, other in enumerate(others, 2):
        served, anew = memory.posterior(other), compile_posterior(other)
        assert memory.compilations == count
        assert served(np.array([0.4]))[0] == anew(np.array([0.4]))[0]
        np.testing.assert_array_equal(served.start, anew.start)
    assert memory.posterior(observed(start=0.6)).start == compile_posterior(observed(start=0.6)).start
    assert memory.compilations == len(others) + 1
