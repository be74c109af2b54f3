"""What the interpreter computes is what PyTensor computes: for all families, and for graphs made at random."""

from __future__ import annotations

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest

from bayespanel.inference.graphs import graph_of, initial_values
from bayespanel.inference.parameters import pivots
from bayespanel.inference.posterior import compile_posterior
from bayespanel.inference.program import Untranslatable, program_of
from tests.families.test_fields import FAMILIES, VALUES, bases, built, changed, models
from tests.plain import PLAIN


@pytest.mark.parametrize("family", FAMILIES)
def test_models_of_all_families_have_the_density_and_the_gradient_of_their_graphs(family: str) -> None:
    rng = np.random.default_rng(2)
    for base in bases(family):
        for spec in models(base).values():
            model = built(spec, family)
            for name, start in initial_values(model).items():
                np.testing.assert_allclose(start, model.initial_point()[name], rtol=1e-12)
            posterior = compile_posterior(model)
            point = posterior.start + 0.1 * rng.normal(size=len(posterior.start))
            value, gradient = posterior(point)

            values = [model.rvs_to_values[rv] for rv in model.free_RVs]
            logp = model.logp()
            plain = pytensor.function(values, [logp, *pt.grad(logp, values)], mode=PLAIN, on_unused_input="ignore")
            edges = np.cumsum([int(np.prod(shape)) for shape in posterior.shapes])[:-1]
            parts = [part.reshape(shape) for part, shape in zip(np.split(point, edges), posterior.shapes, strict=True)]
            truth, *slopes = plain(*parts)
            np.testing.assert_allclose(value, truth, rtol=1e-10)
            slope = np.concatenate([np.ravel(one) for one in slopes])
            np.testing.assert_allclose(gradient, slope, rtol=1e-7, atol=1e-8 * np.abs(slope).max())


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
def test_every_value_of_every_field_has_instructions(family: str) -> None:
    for base in bases(family):
        for field, values in VALUES[family].items():
            for value in values:
                spec = changed(base, field, value, family)
                for variant in models(spec).values() if spec is not None and spec != base else ():
                    posterior = compile_posterior(built(variant, family))
                    assert np.isfinite(posterior(posterior.start)[0]), (field, value)


def both(outputs: list[pt.TensorVariable], point: pt.TensorVariable, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return what the interpreter and what PyTensor computes at points [n, dimension]."""
    program = program_of(graph_of(point, outputs), {})
    plain = pytensor.function([point], outputs, mode=PLAIN, on_unused_input="ignore")
    truth = [np.concatenate([np.ravel(one).astype(float) for one in plain(row)]) for row in at]
    return program(at), np.array(truth)


UNARY = [
    pt.neg, pt.exp, pt.log, pt.log1p, pt.expm1, pt.sigmoid, pt.softplus, pt.sqr, pt.sqrt, pt.abs, pt.sign,
    pt.reciprocal, pt.tanh, pt.isnan, pt.isinf, pt.gammaln, pt.erf, pt.erfc, lambda x: pt.log1mexp(-pt.abs(x) - 1e-3),
    lambda x: pt.invert(pt.lt(x, 0.3)), lambda x: x.astype("float64"), lambda x: pt.second(pt.exp(x), x),
]  # fmt: skip
BINARY = [
    pt.add, pt.sub, pt.mul, pt.true_div, pt.pow, pt.maximum, pt.minimum, pt.lt, pt.le, pt.gt, pt.ge, pt.eq, pt.neq,
    lambda x, y: pt.and_(pt.lt(x, y), pt.lt(y, 1.0)), lambda x, y: pt.or_(pt.lt(x, y), pt.lt(y, 1.0)),
    lambda x, y: pt.switch(pt.lt(x, y), x, 2.0 * y),
]  # fmt: skip
EDGES = np.array([-800.0, -40.0, -2.0, -0.5, 0.0, 0.3, 1.0, 17.9, 18.1, 34.0, 800.0, np.inf])


@pytest.mark.filterwarnings("ignore:.*encountered in:RuntimeWarning")
@pytest.mark.parametrize("operation", UNARY)
def test_an_operation_on_one_number_is_numpys_even_at_the_edges(operation) -> None:
    point = pt.TensorType("float64", shape=(len(EDGES),))("point")
    np.testing.assert_allclose(*both([operation(point)], point, EDGES[None, :]), rtol=1e-12)


@pytest.mark.filterwarnings("ignore:.*encountered in:RuntimeWarning")
@pytest.mark.parametrize("operation", BINARY)
def test_an_operation_on_two_numbers_is_numpys_and_broadcasts(operation) -> None:
    point = pt.TensorType("float64", shape=(len(EDGES),))("point")
    outputs = [operation(point[:, None], point[None, ::-1]), operation(point, 1.0), operation(2.0, point[3])]
    np.testing.assert_allclose(*both(outputs, point, EDGES[None, :]), rtol=1e-12)


def moved(rng: np.random.Generator, x: pt.TensorVariable) -> pt.TensorVariable:
    """Do something to a matrix of 3 by 4 that keeps it one."""
    rows, columns = rng.permutation(3), rng.permutation(4)
    twice = rng.integers(0, 3, 5)
    return [
        lambda: x[rows][:, columns],
        lambda: x[::-1, 1:].T.reshape((3, 3)).dot(x),
        lambda: pt.concatenate([x[1:], x[:1] * 2.0], axis=0),
        lambda: pt.stack([x[0], x[2], x[1]]),
        lambda: pt.set_subtensor(x[1, 2:], x[0, :2]),
        lambda: pt.set_subtensor(x[rows[:2], columns[:2]], 3.0),
        lambda: pt.inc_subtensor(x[:, 1], x[:, 0]),
        lambda: x[twice].sum(0) + pt.zeros((3, 4)),
        lambda: pt.inc_subtensor(pt.zeros((3, 4))[twice], x[twice]),
        lambda: pt.alloc(x.sum(1), 4, 3).T,
        lambda: x - x.mean(axis=0, keepdims=True) / x.shape[0],
        lambda: pt.diag(x[:, :3])[:, None] * x,
        lambda: pt.matmul(pt.stack([x[:, :3], x[:, 1:]]), x).sum(0),
        lambda: x.max(axis=1)[:, None] - x.min(axis=0),
        lambda: pt.split(x, [1, 2], n_splits=2)[1].sum() * x,
    ][rng.integers(15)]()  # fmt: skip


@pytest.mark.parametrize("seed", range(60))
def test_graphs_made_at_random_have_their_values_and_gradients(seed: int) -> None:
    rng = np.random.default_rng(seed)
    point = pt.TensorType("float64", shape=(12,))("point")
    x = point.reshape((3, 4))
    for _ in range(4):
        x = pt.tanh(moved(rng, x)) if rng.random() < 0.5 else moved(rng, pt.sigmoid(x))
    gradient = pt.grad((x * rng.normal(size=(3, 4))).sum(), point, disconnected_inputs="ignore")
    at = rng.normal(size=(3, 12))
    np.testing.assert_allclose(*both([x, gradient], point, at), rtol=1e-9, atol=1e-12)


def test_data_are_read_where_they_are_and_other_data_make_another_program() -> None:
    point = pt.TensorType("float64", shape=(2,))("point")
    data = pytensor.shared(np.array([1.0, 2.0, 3.0]), name="data")
    graph = graph_of(point, [point * data.sum(), data * point[0]])
    once, again = (program_of(graph, {"data": np.array(numbers)}) for numbers in ([1.0, 2.0, 3.0], [5.0, 7.0]))
    np.testing.assert_array_equal(once(np.array([1.0, 10.0])), [6.0, 60.0, 1.0, 2.0, 3.0])
    np.testing.assert_array_equal(again(np.array([1.0, 10.0])), [12.0, 120.0, 5.0, 7.0])
    assert again.shapes == ((2,), (2,))


def test_what_has_no_instruction_is_said() -> None:
    point = pt.TensorType("float64", shape=(4,))("point")
    with pytest.raises(Untranslatable, match="Cholesky"):
        program_of(graph_of(point, [pt.linalg.cholesky(point.reshape((2, 2)))]), {})


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_pivots_say_whether_a_matrix_is_positive_definite_and_have_no_gradient(size: int) -> None:
    point = pt.TensorType("float64", shape=(size * size,))("point")
    matrix = point.reshape((size, size))
    rng = np.random.default_rng(size)
    roots = rng.normal(size=(40, size, size))
    tried = roots @ np.swapaxes(roots, 1, 2) - rng.choice([0.0, 0.5, 2.0], 40)[:, None, None] * np.eye(size)
    found = program_of(graph_of(point, [pivots(matrix)]), {})(tried.reshape(40, -1))
    definite = np.linalg.eigvalsh(tried).min(axis=1) > 0
    assert (found > 0).all(axis=1).tolist() == definite.tolist()
    assert 0 < definite.sum() < 40
    assert not pt.grad(pivots(matrix).sum() + 0.0 * point.sum(), point).eval({point: np.ones(size * size)}).any()
