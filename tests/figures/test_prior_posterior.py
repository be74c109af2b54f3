"""Prior and posterior: densities that integrate to what is seen of them, and dots whose ratio is the Bayes factor."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from bayespanel.figures.gallery import plot_prior_posterior
from bayespanel.language.errors import SpecError
from tests.figures.drawn import legible, named
from tests.figures.fakes import TRIANGLES, panel_draws, prior_draws
from tests.summaries.fake import draws, normal


def panels(figure):
    return [axes for axes in figure.axes if axes.axison]


def known(mean=0.1, sd=0.1, prior_sd=0.3):
    after = draws(normal(1, mean=mean, sd=sd, length=2000), pathway=["x -> y"])
    before = draws(normal(1, sd=prior_sd, length=2000, seed=2), pathway=["x -> y"])
    return after, before


def test_densities_are_those_of_the_draws():
    figure = plot_prior_posterior(*known())
    for gid, density in (("prior line", norm(0, 0.3)), ("posterior line", norm(0.1, 0.1))):
        (line,) = named(figure, gid)
        # 8000 draws: a kernel estimate errs by some percent of the largest density
        np.testing.assert_allclose(
            line.get_ydata(), density.pdf(line.get_xdata()), atol=0.06 * density.pdf(density.mean())
        )


def test_dots_stand_where_the_effect_is_zero():
    figure = plot_prior_posterior(*known())
    heights = [float(named(figure, f"{name} at 0")[0].get_ydata()[0]) for name in ("prior", "posterior")]
    assert heights == pytest.approx([norm.pdf(0, 0, 0.3), norm.pdf(0, 0.1, 0.1)], rel=0.08)


@pytest.mark.parametrize("prior_sd", [0.02, 0.3, 50.0])
def test_a_panel_shows_zero_and_the_whole_posterior_however_wide_the_prior(prior_sd):
    after, before = known(mean=0.5, prior_sd=prior_sd)
    low, high = plot_prior_posterior(after, before).axes[0].get_xlim()
    inside = (after["standardised"] > low) & (after["standardised"] < high)
    assert low < 0 < high
    assert float(inside.mean()) > 0.995
    assert high - low < 8  # the posterior's range is about 0.6


def test_first_steps_are_chosen_by_default_and_others_by_name():
    posterior, prior = panel_draws(3), prior_draws(3)
    titles = [axes.get_title() for axes in panels(plot_prior_posterior(posterior, prior))]
    assert len(titles) == 9
    assert titles[1] == "parental rejection\n-> depression"
    chosen = ["between: depression ~ victimisation (pupil)", "depression -> victimisation"]
    (one, two) = panels(plot_prior_posterior(posterior, prior, pathways=chosen))
    assert [one.get_title(), two.get_title()] == [
        "between: depression ~\nvictimisation (pupil)",
        "depression\n-> victimisation",
    ]


def test_evidence_of_other_kinds_is_drawn_whole():
    posterior, prior = (x.sel(pathway=x["kind"] == "between") for x in (panel_draws(3), prior_draws(3)))
    assert len(panels(plot_prior_posterior(posterior, prior))) == 3


def test_what_is_known_exactly_is_a_line():
    after, before = known()
    figure = plot_prior_posterior(after * 0 + 0.2, before)
    (line,) = named(figure, "posterior")
    assert list(line.get_xdata()) == [0.2, 0.2]


@pytest.mark.parametrize("n", TRIANGLES)
def test_texts_are_legible(n):
    assert not legible(plot_prior_posterior(panel_draws(n), prior_draws(n)))


def test_a_pathway_that_the_prior_lacks_is_refused():
    with pytest.raises(SpecError, match=r"'depression -> parental_rejection' is not in the prior"):
        plot_prior_posterior(panel_draws(2), prior_draws(2).isel(pathway=[0, 1, 3]))
    with pytest.raises(SpecError, match=r"'nothing' is not in the posterior"):
        plot_prior_posterior(panel_draws(2), prior_draws(2), pathways=["nothing"])


def test_what_are_no_draws_is_refused():
    with pytest.raises(SpecError, match="The prior holds nothing"):
        plot_prior_posterior(panel_draws(2), prior_draws(2).drop_vars("standardised"))
    with pytest.raises(SpecError, match="None was given"):
        plot_prior_posterior(panel_draws(2), prior_draws(2), pathways=[])
