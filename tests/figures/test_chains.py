"""Chains: those that agree stay in the band, those that do not leave it, and the worst are shown first."""

from __future__ import annotations

import numpy as np
import pytest

from bayespanel.figures.chains import band, differences
from bayespanel.figures.gallery import plot_chains
from bayespanel.language.errors import SpecError
from tests.figures.drawn import legible, named, words
from tests.figures.fakes import fit
from tests.summaries.fake import autocorrelated, normal


def outside(draws):
    """Return whether any chain leaves the band; draws [chain, draw]."""
    return bool(np.abs(differences(draws)).max() > band(draws))


@pytest.mark.parametrize("phi", [0.0, 0.7])
def test_chains_that_agree_stay_in_the_band(phi):
    found = [
        outside(
            autocorrelated(1, phi, length=300, seed=seed)[..., 0] if phi else normal(1, length=300, seed=seed)[..., 0]
        )
        for seed in range(100)
    ]
    # at most 5 of 100 are expected; more than 11 have a probability below 0.01
    assert sum(found) <= 11


def test_a_chain_that_stands_apart_leaves_the_band():
    draws = normal(1, length=300)[..., 0]
    draws[2] += 0.5
    assert outside(draws)


def test_chains_that_stand_far_apart_do_not_widen_the_band():
    draws = normal(1, length=300)[..., 0]
    assert band(draws + 100 * np.arange(4)[:, None]) == pytest.approx(band(draws))


def test_a_chain_that_never_moves_is_drawn_outside():
    draws = normal(1, length=300)[..., 0]
    draws[1] = 0.5
    assert outside(draws)
    assert np.isfinite(band(draws * 0 + np.arange(4)[:, None]))


def test_autocorrelation_widens_the_band():
    assert band(autocorrelated(1, 0.9)[..., 0]) > 2 * band(normal(1)[..., 0])


def test_differences_of_a_chain_that_is_all_above_are_known():
    draws = np.arange(20.0).reshape(2, 10)
    found = differences(draws)
    at = np.arange(11) / 10
    # half of the ranks belong to the lower chain: its distribution rises twice as fast
    np.testing.assert_allclose(found[0], np.minimum(2 * at, 1) - at)
    np.testing.assert_allclose(found[1], np.maximum(2 * at - 1, 0) - at)


def test_the_worst_come_first():
    figure = plot_chains(fit(apart=2.0))
    titles = [axes.get_title(loc="left") for axes in figure.axes[::2]]
    assert titles[0] == "lag[b, a]"
    assert len(titles) == 4
    assert any("4 worst of 6" in text for text in words(figure))  # 4 lags, a correlation, a radius


def test_names_choose_parameters_or_entries_in_their_order():
    figure = plot_chains(fit(), ["spectral_radius", "lag[b, a]", "lag"])
    titles = [axes.get_title(loc="left") for axes in figure.axes[::2]]
    assert titles == ["spectral_radius", "lag[b, a]", "lag[a, a]", "lag[a, b]", "lag[b, b]"]


def test_divergences_are_marked():
    figure = plot_chains(fit(), ["spectral_radius"])
    (ticks,) = named(figure, "divergence")
    assert list(ticks.get_xdata()) == [20, 100]
    assert "divergence" in words(figure)


def test_draws_and_convergence_are_those_of_the_fit():
    one = fit()
    figure = plot_chains(one, ["spectral_radius"])
    traces = [line.get_ydata() for line in named(figure, "trace")]
    np.testing.assert_array_equal(traces, one.posterior["spectral_radius"].values)
    assert any(text.startswith("R-hat 1.0") for text in words(figure))


def test_one_chain_has_no_rhat():
    figure = plot_chains(fit(chains=1), ["lag"])
    assert any(text.startswith("R-hat -;") for text in words(figure))


@pytest.mark.parametrize("names", [None, ["lag", "initial_corr", "spectral_radius"], ["spectral_radius"]])
def test_texts_are_legible(names):
    assert not legible(plot_chains(fit(apart=1.0), names))


def test_unknown_and_constant_parameters_are_refused():
    with pytest.raises(SpecError, match=r"'lags' is not known. Nearest: 'lag'"):
        plot_chains(fit(), ["lags"])
    with pytest.raises(SpecError, match="'known' never varies"):
        plot_chains(fit(), ["known"])
