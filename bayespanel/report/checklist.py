"""The points of two reporting guidelines, and where a report answers them."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

BARG, WAMBS = "BARG", "WAMBS"

POINTS = (
    (BARG, "Why Bayesian: what the posterior answers that the question asks", "question"),
    (BARG, "The question, and which quantity answers it", "question"),
    (BARG, "Data: who was observed, when, and what is missing", "data"),
    (BARG, "Likelihood and parameters in equations, each symbol explained", "model"),
    (BARG, "Every prior, with its reason", "priors"),
    (BARG, "What the priors imply before the data: a prior predictive check", "priors"),
    (BARG, "Software with versions, sampler and its settings", "record"),
    (BARG, "Convergence: R-hat and effective sample sizes of all parameters", "checks"),
    (BARG, "The model describes the data: a posterior predictive check", "fit"),
    (BARG, "Posterior: centre, interval, and its Monte Carlo error", "evidence"),
    (BARG, "Decisions: the region of practical equivalence, stated, and the mass in it", "evidence"),
    (BARG, "Bayes factors with the prior that they rest on", "evidence"),
    (BARG, "Other models, compared", "comparison"),
    (BARG, "Sensitivity of conclusions to the priors", "sensitivity"),
    (BARG, "Enough to repeat it: seed, data's fingerprint, specification", "record"),
    (WAMBS, "1 Are the priors understood, and is it known where they come from?", "priors"),
    (WAMBS, "2 Do the chains agree (trace plots, R-hat)?", "checks"),
    (WAMBS, "3 Do they still, with twice the draws?", "longer"),
    (WAMBS, "4 Are there enough effective draws for smooth histograms?", "checks"),
    (WAMBS, "5 Is autocorrelation low, in effective draws per draw?", "checks"),
    (WAMBS, "6 Do posteriors make sense in the units of the field?", "priors"),
    (WAMBS, "7 Do other priors of variances and correlations change results?", "sensitivity"),
    (WAMBS, "8 Does the prior have a notable effect against vague ones?", "sensitivity"),
    (WAMBS, "9 Are results stable under a sensitivity analysis?", "refits"),
    (WAMBS, "10 Is the Bayesian way of interpreting results used: probabilities, intervals, directions?", "evidence"),
)
"""(guideline, point, identifier of the section that answers it). The wording is ours.

BARG: Kruschke (2021), doi:10.1038/s41562-021-01177-7. WAMBS: Depaoli & van de Schoot (2017), doi:10.1037/met0000065.
"""

INSTEAD = {
    "longer": "Fit again with twice the draws and compare the tables: bp.fit(..., draws=2000).",
    "refits": "Make refits, bp.refits(fit), and give them to the report.",
    "comparison": "Compare models with bp.compare, and give the table to the report.",
    "fit": "Look at bp.predictive_check(fit).",
}
"""What to do where a section is missing."""


def checklist(answered: Mapping[str, str]) -> pd.DataFrame:
    """Return the points and where they are answered.

    Parameters
    ----------
    answered
        Identifier of a section (or "refits") -> its title, of those that a report has.

    Returns
    -------
    DataFrame
        guideline, point, where (the section's title, or what to do in its place), answered.
    """
    rows = []
    for guideline, point, place in POINTS:
        known = place in answered
        where = answered[place] if known else f"Not in this report. {INSTEAD.get(place, 'Add it by hand.')}"
        rows.append((guideline, point, where, known))
    return pd.DataFrame(rows, columns=["guideline", "point", "where", "answered"])
