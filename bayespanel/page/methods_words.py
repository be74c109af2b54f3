"""Words of a methods section: what parameters, distributions and libraries are called, and citations in the text."""

from __future__ import annotations

import re

from bayespanel.page.bibliography import REFERENCES
from bayespanel.page.references import FIELD

Texts = tuple[str, ...]

PARAMETERS = {
    "mean": "means",
    "first_mean": "means at the first wave",
    "lag": "lags",
    "lag_2": "lags over two waves",
    "first_lag": "lags from the first wave to the second",
    "lag_school_sd": "standard deviations of lags between schools",
    "lag_moderation": "effects of properties of schools on lags",
    "moving_average": "moving averages",
    "drift": "drifts",
    "cross_lag_sd": "the standard deviation of cross-lags",
    "cross_lag_local": "how far single cross-lags go",
    "covariate_effect": "effects of covariates",
    "covariate_mean": "means of covariates",
    "covariate_sd": "standard deviations of covariates",
    "covariate_corr": "correlations of covariates",
    "distal_mean": "means of later outcomes",
    "distal_effect": "effects of what lasts on later outcomes",
    "distal_deviation_effect": "effects of deviations on later outcomes",
    "distal_sd": "residual standard deviations of later outcomes",
    "initial_sd": "standard deviations within pupils at the first wave",
    "innovation_sd": "standard deviations of innovations",
    "diffusion_sd": "standard deviations of diffusions",
    "intercept_sd": "standard deviations of random intercepts",
    "intercept_loading": "loadings of random intercepts",
    "first_loading": "effects on the first wave of what accumulates",
    "growth_sd": "standard deviations of random intercepts and slopes",
    "item_loading": "loadings of items",
    "item_intercept": "intercepts of items",
    "item_sd": "residual standard deviations of items",
    "item_effect_sd": "standard deviations of what items have of their own that lasts",
    "error_sd": "standard deviations of occasion errors",
    "class_sd": "standard deviations between classes",
    "school_sd": "standard deviations between schools",
    "residual_sd": "residual standard deviations",
    "initial_corr": "correlations at the first wave",
    "innovation_corr": "correlations of innovations",
    "diffusion_corr": "correlations of diffusions",
    "intercept_corr": "correlations of random intercepts",
    "growth_corr": "correlations of random intercepts and slopes",
    "error_corr": "correlations of occasion errors",
    "class_corr": "correlations between classes",
    "school_corr": "correlations between schools",
    "residual_corr": "residual correlations",
    "effect": "effects on single outcomes",
    "family_effect": "mean effects of families of outcomes",
    "family_sd": "standard deviations of effects within families",
    "threshold": "first thresholds",
    "threshold_gap": "distances between thresholds",
    "tail_df": "degrees of freedom beyond 2",
    "log_mean": "logarithms of expected numbers of events",
    "rate_cv": "coefficients of variation of rates",
    "zero_inflation": "log odds of zeros beside the distribution",
    "baseline_effect": "effects of baselines",
    "baseline_missing_effect": "differences of pupils without a baseline",
    "moderation": "differences of effects by moderators",
    "effect_sd": "standard deviations of effects between schools",
    "growth_level": "levels of courses",
    "growth_change": "changes over the study",
    "random_sd": "standard deviations within latent classes",
    "random_corr": "the correlation of level and slope",
    "membership_intercept": "sizes of latent classes",
    "membership_effect": "effects of predictors on membership",
    "programme_effect": "effects of the programme on membership",
}
"""Row of the table of priors -> what it speaks of."""

DISTRIBUTIONS = {
    "Normal": "normal with mean {:g} and standard deviation {:g}",
    "StudentT": "Student-t with {:g} degrees of freedom, location {:g} and scale {:g}",
    "HalfNormal": "half-normal with scale {:g}",
    "HalfStudentT": "half-Student-t with {:g} degrees of freedom and scale {:g}",
    "Exponential": "exponential with mean {:g}",
    "LKJ": "LKJ with shape {:g}",
}

SOFTWARE = {
    "bayespanel": "bayespanel",
    "pymc": "PyMC",
    "numba": "Numba",
    "nutpie": "nutpie",
    "arviz-stats": "ArviZ",
    "xarray": "xarray",
}
"""Library -> its name in the text."""

OF_ONE_TABLE = {
    "predictive": "what the model predicts",
    "sensitivity": "power-scaling",
    "comparison": "comparisons of models",
    "influence": "pathways without single clusters",
}
"""Parts that read scores, and are of one imputation, in words."""

SENTENCES: dict[str, tuple[str, Texts]] = {
    "dynamics": (
        "Responses over waves to an impulse of one within-pupil standard deviation were followed by powers of the lag "
        "matrix, and divided exactly into what never left two variables and what went by way of each other one.",
        (),
    ),
    "predictive": ("What the model predicts was set beside what was observed.", ()),
    "sensitivity": (
        "How much each pathway hangs on the priors and on the data was measured by power-scaling, with Pareto-smoothed "
        "importance weights{}.",
        ("kallioinen2024", "vehtari2024"),
    ),
    "refits": ("The model was fitted again under other priors, as is advised{}.", ("depaoli2017",)),
    "comparison": (
        "Models were compared by the expected log predictive density of what was left out, by Pareto-smoothed "
        "importance sampling{}.",
        ("vehtari2017", "vehtari2024"),
    ),
    "models": (
        "Models of the same scores were weighed by their marginal likelihoods, by bridge sampling and importance "
        "sampling, each as likely as the others beforehand, and pathways were averaged over the models that have them "
        "by the probabilities of these{}.",
        ("gronau2017", "hoeting1999"),
    ),
    "stacking": (
        "Beside them stand stacking weights, of the mixture of models that best predicts what was left out{}.",
        ("yao2018",),
    ),
    "influence": (
        "Every pathway was computed again without each cluster in turn, by Pareto-smoothed importance sampling{}.",
        ("vehtari2024",),
    ),
    "hypotheses": (
        "Hypotheses about the order and the size of pathways were weighed by Bayes factors from the share of posterior "
        "and of prior draws for which they hold.",
        (),
    ),
    "synthesis": (
        "Studies were set side by side on the edges of the triangle; nothing was pooled across different units.",
        (),
    ),
}
"""Optional parts of a report -> what the methods say of them, and whom they cite there."""


class Citations:
    """Citations in the text, in the style of APA, and the keys of all that were made."""

    def __init__(self) -> None:
        self.keys: dict[str, None] = {}

    def __call__(self, *keys: str) -> str:
        """Return " (Hoffman & Gelman, 2014; Vehtari et al., 2017, 2024)"; the works of one author stand together."""
        self.keys |= dict.fromkeys(keys)
        years: dict[str, list[str]] = {}
        for author, year in sorted(map(_author_and_year, keys)):
            years.setdefault(author, []).append(year)
        return f" ({'; '.join(f'{author}, {", ".join(found)}' for author, found in years.items())})" if keys else ""


def _author_and_year(key: str) -> tuple[str, str]:
    """Return "Hoffman & Gelman" and "2014": one author, two, or the first of more."""
    found = dict(FIELD.findall(REFERENCES[key]))
    people = [re.sub(r"[{}]", "", name).split(", ")[0] for name in re.split(r"\s+and\s+", found["author"])]
    return (f"{people[0]} et al." if len(people) > 2 else " & ".join(people)), found["year"]


TOTAL = {
    "lag": " in standard deviations of the variables as observed",
    "covariate_effect": " per unit of the covariate",
    "moderation": " per unit of the moderator",
}
"""What a row on the scale "total" counts in, where that differs from the others."""
