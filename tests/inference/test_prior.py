"""Draws from a prior are those of the model, and what depends on another variable follows it."""

from __future__ import annotations

import numpy as np
import pymc as pm
from scipy.stats import ks_2samp

import bayespanel as bp
from bayespanel.inference.prior import DISTRIBUTIONS, prior_free
from tests.families.panel.data import moments
from tests.plain import PLAIN


def test_draws_have_the_distribution_of_other_draws_of_the_model() -> None:
    levels = ("pupil", "class", "school")
    model = bp.build(bp.RICLPM(variables=["v0", "v1"], levels=levels), moments())
    many = prior_free(model, draws=1000, seed=1)
    single = pm.draw(model.free_RVs, draws=500, random_seed=2, mode=PLAIN)
    assert list(many) == [rv.name for rv in model.free_RVs]
    for name, value in zip(many, single, strict=True):
        assert many[name].shape == (1, 1000, *value.shape[1:])
        for ours, theirs in zip(many[name][0].reshape(1000, -1).T, value.reshape(500, -1).T, strict=True):
            assert ks_2samp(ours, theirs).pvalue > 1e-4, name


def every_distribution() -> pm.Model:
    """Each distribution of a prior; its arguments are numbers, vectors, or another variable of fewer dimensions."""
    with pm.Model() as model:
        scale = pm.HalfNormal("scale", np.array([0.5, 2.0]), shape=2)
        pm.Normal("normal", np.array([[1.0], [-1.0], [0.0]]), scale, shape=(3, 2))
        pm.StudentT("student", nu=4.0, mu=scale.sum(), sigma=scale, shape=(3, 2))
        pm.HalfStudentT("half_student", nu=5.0, sigma=scale, shape=2)
        pm.Laplace("laplace", mu=1.0, b=scale, shape=(3, 2))
        pm.Exponential("exponential", scale=scale, shape=2)
        pm.Beta("beta", 2.0, np.array([1.0, 3.0]), shape=2)
    return model


def test_each_distribution_is_the_one_of_pymc() -> None:
    model = every_distribution()
    assert {rv.owner.op.name for rv in model.free_RVs} == set(DISTRIBUTIONS)
    ours = prior_free(model, draws=4000, seed=1)
    theirs = dict(zip(ours, pm.draw(model.free_RVs, draws=1000, random_seed=2, mode=PLAIN), strict=True))
    for name, values in ours.items():
        assert values.shape == (1, 4000, *theirs[name].shape[1:])
        for one, other in zip(values[0].reshape(4000, -1).T, theirs[name].reshape(1000, -1).T, strict=True):
            assert ks_2samp(one, other).pvalue > 1e-4, name


def test_a_variable_follows_the_one_on_which_it_depends_draw_by_draw() -> None:
    with pm.Model() as model:
        scale = pm.HalfNormal("scale", 1.0, shape=2)
        above = pm.Normal("above", 10.0 * scale, 0.01, shape=(3, 2))
        pm.Normal("top", above.sum(axis=0), 0.01)
    drawn = prior_free(model, draws=300, seed=3)
    scale, above, top = (drawn[name][0] for name in ("scale", "above", "top"))
    np.testing.assert_allclose(above, np.repeat(10 * scale[:, None], 3, axis=1), atol=0.06)
    np.testing.assert_allclose(top, above.sum(axis=1), atol=0.06)
    assert scale.std() > 0.4
    assert not np.allclose(above[:, 0], above[:, 1], atol=1e-6)  # entries are drawn apart


def test_a_seed_gives_the_same_draws_and_another_one_others() -> None:
    with pm.Model() as model:
        pm.Normal("x", shape=3)
    first, again, other = (prior_free(model, draws=5, seed=seed)["x"] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).all()
