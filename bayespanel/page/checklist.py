"""The points of two reporting guidelines, and where a report answers them."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

BARG, WAMBS = "BARG", "WAMBS"

LONGER = "longer"
"""What no section answers: a second fit with more draws."""

POINTS = (
    (BARG, "Why Bayesian: what a posterior answers that the question asks", "question"),
    (BARG, "Goal: what the analysis is to find out", "question"),
    (BARG, "1A Data: what was measured, of whom, when, and what is missing", "data"),
    (BARG, "1B Likelihood: the model in equations, levels and parameters explained", "model"),
    (BARG, "1C Priors: each of them, with its reason", "priors"),
    (BARG, "1D Formal specification: model and priors so that another could build them", "record"),
    (BARG, "1E Prior predictive: what the priors imply in terms of the field", "priors"),
    (BARG, "2A Software, with versions", "record"),
    (BARG, "2B Convergence: R-hat of all parameters", "checks"),
    (BARG, "2C Resolution: effective sample sizes, of parameters and of what is reported", "checks"),
    (BARG, "3A Posterior predictive: what the model predicts beside what was observed", "fit"),
    (BARG, "3B Posterior: a centre and an interval for every quantity of interest", "evidence"),
    (BARG, "3C Bayes factors, and the priors under which they hold", "evidence"),
    (BARG, "3C Other models, compared on the same data", "comparison"),
    (BARG, "4 Decisions: the limits used, stated beforehand, and the estimate beside every verdict", "evidence"),
    (BARG, "5 Sensitivity of estimates, intervals and verdicts to the priors", "sensitivity"),
    (BARG, "5 The same under other priors, broader and narrower ones, by fitting again", "refits"),
    (BARG, "6 To be repeated: settings, seed, fingerprint of the data", "record"),
    (BARG, "6 Open to others: script and data at a lasting address", "deposit"),
    (WAMBS, "1 Are the priors understood: their distributions, and where they come from?", "priors"),
    (WAMBS, "2 Did the chains converge, in trace plots and in numbers?", "checks"),
    (WAMBS, "3 Do results stay when there are twice as many draws?", LONGER),
    (WAMBS, "4 Do draws suffice to show the shape of every posterior?", "checks"),
    (WAMBS, "5 Are successive draws not too alike?", "checks"),
    (WAMBS, "6 Do posteriors make sense: sign, size and spread in units of the field?", "evidence"),
    (WAMBS, "7 Do other priors of covariance matrices change results?", "refits"),
    (WAMBS, "8 How much do results differ from those under priors that say little?", "refits"),
    (WAMBS, "9 Are results stable when priors are varied around those in use?", "sensitivity"),
    (WAMBS, "10 Are results told as what they are: probabilities, intervals, priors named?", "methods"),
)
"""(guideline, point, identifier of what answers it), in words of our own; numbers are those of the guidelines.

BARG: Kruschke (2021), doi:10.1038/s41562-021-01177-7. WAMBS: Depaoli & van de Schoot (2017), doi:10.1037/met0000065.
"""

INSTEAD = {
    "question": "State the question, and why a posterior answers it.",
    "data": "Describe the data: print(panel.describe()).",
    "model": "Give the equations of the model.",
    "priors": "Show bp.priors(spec) and bp.prior_check(fit).",
    "record": "Give fit.provenance.",
    "checks": "Show bp.checks(fit) and traces of the chains.",
    "fit": "Look at bp.predictive_check(fit).",
    "evidence": "Show bp.evidence(fit, rope=...).",
    "comparison": "Compare models with bp.compare, and give the table to the report.",
    "sensitivity": "Look at bp.sensitivity(fit).",
    "refits": "Fit again under other priors with bp.refits(fit), and give the table to the report.",
    "methods": "Write down what was done, and how results are to be read.",
    "deposit": "Deposit script and data, or moments in place of pupils, and give the address.",
    LONGER: "Fit again with twice the draws, and compare the evidence: bp.fit(..., sampling=bp.Sampling(draws=2000)).",
}
"""What to do where an answer is missing."""


def checklist(answered: Mapping[str, str]) -> pd.DataFrame:
    """Return the points and where they are answered.

    Parameters
    ----------
    answered
        Identifier of a section -> its title, of those that a report has; besides sections, "refits", "longer" and
        "deposit", if these were made. Leave out a section that only says what it would need.

    Returns
    -------
    DataFrame
        A row per point: guideline, point, where (the section's title, or what to do in its place), answered.
    """
    rows = []
    for guideline, point, place in POINTS:
        known = place in answered
        where = (answered[place] or place) if known else f"Not in this report. {INSTEAD[place]}"
        rows.append((guideline, point, where, known))
    return pd.DataFrame(rows, columns=["guideline", "point", "where", "answered"])
