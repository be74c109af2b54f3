"""Published effects: one normal estimate has a posterior in closed form."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import bayespanel as bp
from bayespanel.families.trial.build import build
from bayespanel.language.errors import DataError, SpecError
from tests.plain import PLAIN


def estimates(clusters: int | None = None) -> bp.TrialEstimates:
    return bp.Trial.from_estimates(effect=[0.3], standard_error=[0.2], outcome=["calm"], clusters=clusters)


def test_one_normal_estimate_has_the_conjugate_posterior():
    prior = bp.Prior("effect", "Normal", (0, 0.5))
    spec = bp.ClusterTrial(outcomes=("calm",), levels=("pupil",), priors=(prior,))
    draws = (
        bp.fit(spec, estimates(), seed=4, sampling=bp.Sampling(draws=2000, chains=2), cores=2, progress=False)
        .posterior["effect"]
        .values
    )
    precision = 1 / 0.2**2 + 1 / 0.5**2
    mean, sd = 0.3 / 0.2**2 / precision, precision**-0.5
    assert draws.mean() == pytest.approx(mean, abs=0.08 * sd)  # 4,000 draws, more than 1,000 of them effective
    assert draws.std() == pytest.approx(sd, rel=0.08)


def test_an_estimate_from_few_clusters_is_student_t():
    model = build(bp.ClusterTrial(outcomes=("calm",), levels=("pupil",)), estimates(clusters=8))
    logp = model.compile_logp(vars=model.observed_RVs, mode=PLAIN)({"effect": np.array([0.1])})
    assert float(logp) == pytest.approx(stats.t.logpdf(0.3, 6, 0.1, 0.2), rel=1e-12)


def test_what_published_effects_cannot_do_is_said():
    with pytest.raises(SpecError, match=r"standardised mean differences.*link='logit'"):
        build(bp.ClusterTrial(outcomes=("calm",), link="logit"), estimates())
    with pytest.raises(DataError, match="'kind'"):
        build(bp.ClusterTrial(outcomes=("kind",)), estimates())
    with pytest.raises(SpecError, match="You gave published estimates"):
        bp.maximum_likelihood(bp.ClusterTrial(outcomes=("calm",)), estimates())
