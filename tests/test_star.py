"""The demo's data and card: what they hold, and the answer that was frozen with them."""

from __future__ import annotations

import pytest

import bayespanel as bp


def test_the_bundled_data_are_those_described() -> None:
    moments = bp.Moments.load(bp.card("star").path.with_suffix(".nc"))
    assert moments.n_pupils == 10_786
    assert moments.waves == ("K", "1", "2", "3")
    assert moments.variables == ("reading", "math")
    assert len(moments.school_names) == 80
    assert any("369 pupils who changed school" in note for note in moments.notes)


def test_maximum_likelihood_agrees_with_the_frozen_posterior() -> None:
    # With 10,786 pupils the priors hardly count: the estimates lie within 0.15 posterior SD of the posterior means
    # (0.1 for prior and skewness, 0.05 for the rounding of the frozen numbers and their Monte Carlo error), and the
    # standard errors within 5 % of the posterior SDs.
    card = bp.card("star")
    ml = bp.maximum_likelihood(card, bp.Moments.load(card.path.with_suffix(".nc")))
    assert ml.converged
    assert card.answer
    for row in card.answer:
        target, source = row.at
        where = {"target": target, "source": source}
        assert ml.estimates[row.parameter].sel(where).item() == pytest.approx(row.value, abs=0.15 * row.error)
        assert ml.standard_errors[row.parameter].sel(where).item() == pytest.approx(row.error, rel=0.05)
