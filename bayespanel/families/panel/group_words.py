"""What is said of the groups of a model: which parameters differ between them, in words and in symbols."""

from __future__ import annotations

from bayespanel.families.panel.blocks import BLOCKS
from bayespanel.families.panel.groups import freed
from bayespanel.families.panel.spec import RICLPM

WORDS = {
    "mean": "means",
    "covariate_effect": "effects of covariates",
    "lag": "lags from wave to wave",
    "initial": "covariances at the first wave",
    "innovation": "covariances of innovations",
    "intercept": "covariances of what is stable in pupils",
    "loading": "loadings",
    "error": "variances of errors",
    "measurement": "loadings and residuals of items",
}
"""Block of parameters -> its words."""

SYMBOLS = {
    "mean": "𝛍",
    "first_mean": "𝛍",
    "covariate_effect": "𝚪",
    "lag": "𝐀",
    "lag_2": "𝐁",
    "moving_average": "𝐂",
    "initial": "𝐒",
    "innovation": "𝐐",
    "intercept": "𝛀",
    "growth": "𝛀",
    "intercept_loading": "𝐋",
    "first_loading": "𝐋",
    "error": "𝚯",
    "item_intercept": "𝛎",
    "item_loading": "𝚲",
    "item": "𝛉",
}
"""Parameter -> the symbol that it has in the equations."""


def freed_words(spec: RICLPM) -> list[str]:
    """Return the blocks that differ between groups, in words."""
    free = freed(spec)
    return [WORDS[block] for block, own in BLOCKS.items() if free & set(own)]


def freed_symbols(spec: RICLPM) -> list[str]:
    """Return the symbols that have values of their own in each group."""
    free = freed(spec)
    return list(dict.fromkeys(symbol for name, symbol in SYMBOLS.items() if name in free))
