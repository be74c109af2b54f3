"""What maximum likelihood and the log-likelihood say of odd cases."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import bayespanel as bp
from tests.families.panel.data import moments


def test_a_school_variance_of_zero_is_improper_and_still_a_maximum() -> None:
    rng = np.random.default_rng(1)
    scores = rng.normal(size=(200, 1)) + rng.normal(size=(200, 4))
    school = np.arange(200) % 20
    for s in range(20):  # every school has the same mean at every wave: no variance between schools
        scores[school == s] -= scores[school == s].mean(0)
    frame = pd.DataFrame(scores, columns=list("abcd")).assign(school=school)
    panel = bp.Panel.from_wide(frame, columns={"v": list("abcd")}, school="school")
    found = bp.maximum_likelihood(bp.RICLPM(variables=["v"], levels=("pupil", "school")), panel)
    assert found.converged
    assert not found.proper
    assert found.estimates["school_cov"].item() == pytest.approx(0, abs=1e-5)
    alone = bp.maximum_likelihood(bp.RICLPM(variables=["v"]), panel)
    assert found.log_likelihood == pytest.approx(alone.log_likelihood, abs=1e-4)


def test_labels_decide_whatever_the_order() -> None:
    data = moments()
    ml = bp.maximum_likelihood(bp.RICLPM(variables=["v0", "v1"]), data)
    turned = bp.RICLPM(variables=["v1", "v0"])
    assert bp.log_likelihood(turned, data, ml.estimates) == pytest.approx(ml.log_likelihood, rel=1e-12)
    flipped = ml.estimates.transpose("source", "target", ...)
    assert bp.log_likelihood(turned, data, flipped) == pytest.approx(ml.log_likelihood, rel=1e-12)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"laag": np.eye(2)}, "'laag' is not one of them. Nearest: 'lag'"),
        ({"school_cov": np.eye(2)}, "'school_cov' is not one of them"),
        ({"initial_cov": np.array([[1.0, 0.9], [0.0, 1.0]])}, "'initial_cov' is not"),
    ],
)
def test_values_that_do_not_fit_the_model_are_refused(change: dict[str, np.ndarray], message: str) -> None:
    data = moments()
    spec = bp.RICLPM(variables=["v0", "v1"])
    estimates = {str(k): v for k, v in bp.maximum_likelihood(spec, data).estimates.items()}
    with pytest.raises(bp.SpecError, match=message):
        bp.log_likelihood(spec, data, estimates | change)


@pytest.mark.parametrize(
    "field", [{"intercepts": "no"}, {"covariates": ("x", "x")}, {"variables": ["a", 1]}, {"levels": ("school",)}]
)
def test_specifications_that_make_no_sense_are_refused(field: dict[str, object]) -> None:
    with pytest.raises(bp.SpecError):
        bp.RICLPM(**({"variables": ["a", "b"]} | field))
