"""Options of a model as a card writes them, for messages that speak of them as Python does."""

from __future__ import annotations

import re

KEYS = (
    *("accumulating", "adjustment", "categories", "classes", "cluster_effects", "covariate_effects", "distal"),
    *("error", "error_correlated", "free", "groups", "growth", "indicators", "initial", "innovations", "intercepts"),
    *("invariance", "item_effects", "lags", "levels", "link", "loadings", "means", "missing_covariates", "moderators"),
    *("moving_average", "order", "ordered", "per", "random", "released", "reliability", "residual", "shrinkage"),
    *("slopes", "tails", "time", "variances", "varying", "varying_effects", "zero_inflated"),
)
"""Fields of specifications of which messages speak; a card has them under the same names."""

INNER = r"(?:[^()\[\]{}]|\([^()]*\)|\[[^\[\]]*\]|\{[^{}]*\})*"
GIVEN = re.compile(
    rf"(?<![\w.=,-])(?<!--set )(?<!--find )({'|'.join(KEYS)})="
    rf"('[^']*'|\"[^\"]*\"|True\b|False\b|-?\d+(?:\.\d+)?(?![\d:])|\({INNER}\)|\[{INNER}\]|\{{{INNER}\}})"
)
"""`name=value`, where the value is a text, a number, a truth value, or a tuple, list or dict that holds these."""


def as_in_cards(text: str) -> str:
    """Return a message with `levels = ["pupil"]` in place of `levels=("pupil",)`."""
    return GIVEN.sub(lambda found: f"{found[1]} = {_toml(found[2])}", text)


def _toml(value: str) -> str:
    value = re.sub(r"'([^']*)'", r'"\1"', value)
    value = re.sub(r",?\)", "]", value.replace("(", "["))
    value = re.sub(r"\bTrue\b", "true", re.sub(r"\bFalse\b", "false", value))
    if value.startswith("{"):
        value = re.sub(r"(\"[^\"]*\"|\d+|\w+): ", r"\1 = ", f"{{ {value[1:-1].strip()} }}")
    return value
