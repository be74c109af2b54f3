"""Rows of lavaan's language sorted by what they are in an RI-CLPM: loadings, lags, covariances, means, covariates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bayespanel.bridges.lavaan_text import Row, refuse
from bayespanel.language.errors import SpecError

Pair = frozenset[str]


@dataclass(frozen=True, eq=False)
class Parts:
    """The parameters of a model.

    Attributes
    ----------
    intercepts, clusters
        Factors with loadings of 1 on all waves, of pupils and at level 2 -> their columns in order.
    deviations
        Factor with a loading on one column -> the column. In a CLPM of observed scores each column is its own.
    lags, covariates, predictors, means
        Free parameters by (target, source), (column, covariate), (random intercept, covariate), column.
    within, between, errors, cluster
        Free (co)variances of deviations, of random intercepts, of scores beside both (occasion errors), and at level 2,
        by the two names.
    two_levels
        Whether there is a level 2.
    """

    intercepts: dict[str, tuple[str, ...]]
    clusters: dict[str, tuple[str, ...]]
    deviations: dict[str, str]
    lags: dict[tuple[str, str], Row]
    covariates: dict[tuple[str, str], Row]
    predictors: dict[tuple[str, str], Row]
    means: dict[str, Row]
    within: dict[Pair, Row]
    between: dict[Pair, Row]
    errors: dict[Pair, Row]
    cluster: dict[Pair, Row]
    two_levels: bool


def sort_rows(rows: Sequence[Row]) -> Parts:
    """Sort the rows of a model.

    Raises
    ------
    SpecError
        A row that has no place in an RI-CLPM, or one parameter twice; the line is named.
    """
    _once(rows)
    two_levels = any(row.level == 2 for row in rows)
    factors = _factors([row for row in rows if row.level < 2])
    clusters = _factors([row for row in rows if row.level == 2])
    intercepts = {name: group for name, group in factors.items() if len(group) > 1}
    deviations = {name: group[0] for name, group in factors.items() if len(group) == 1}
    if not factors:  # a CLPM of observed scores: what has a variance, or is regressed on
        named = [row.left for row in rows if row.operator == "~" and row.right != "1" and row.level < 2]
        named += [name for row in rows if row.operator == "~~" and row.level < 2 for name in (row.left, row.right)]
        deviations = {name: name for name in dict.fromkeys(named)}
    parts = Parts(intercepts, clusters, deviations, {}, {}, {}, {}, {}, {}, {}, {}, two_levels)
    for row in rows:
        if row.level == 2 and len(parts.clusters.get(row.left, (1, 2))) == 1:
            refuse(row, "A factor of level 2 has loadings of 1 on all waves of its variable.", "Write them all.")
        if row.operator == "~" and row.right == "1":
            _mean(row, parts)
        elif row.operator == "~":
            _regression(row, parts)
        elif row.operator == "~~":
            _covariance(row, parts) if row.level < 2 else _cluster_covariance(row, parts)
    return parts


def _once(rows: Sequence[Row]) -> None:
    seen: set[tuple[int, str, object]] = set()
    for row in rows:
        names: object = frozenset((row.left, row.right)) if row.operator == "~~" else (row.left, row.right)
        key = (row.level, row.operator, names)
        if key in seen:
            refuse(row, "A parameter is written once.", f"Remove one of the lines with {row.left} and {row.right}.")
        seen.add(key)


def _factors(rows: Sequence[Row]) -> dict[str, tuple[str, ...]]:
    """Return factor -> indicators, all with a loading of 1."""
    out: dict[str, tuple[str, ...]] = {}
    loadings = [row for row in rows if row.operator == "=~"]
    names = {row.left for row in loadings}
    for row in loadings:
        if row.right in names:
            refuse(row, "Factors load on observed scores.", "Several indicators per wave are not in our model.")
        if row.fixed != 1:
            refuse(
                row,
                "Loadings of random intercepts and of deviations are 1.",
                f"Write 1*{row.right}, or fit it in lavaan.",
            )
        out[row.left] = (*out.get(row.left, ()), row.right)
    return out


def _columns(parts: Parts) -> set[str]:
    groups = [*parts.intercepts.values(), *parts.clusters.values()]
    return {*parts.deviations.values(), *(column for group in groups for column in group)}


def _mean(row: Row, parts: Parts) -> None:
    latent = {*parts.intercepts, *parts.clusters, *parts.deviations} - _columns(parts)
    if row.left in latent or (parts.two_levels and row.level == 1):
        if row.fixed != 0:
            what = "Means are those of observed scores, at level 2 where there are two levels."
            refuse(row, what, f"Fix it, `{row.left} ~ 0*1`, or leave it out.")
        return
    if row.left not in _columns(parts) or row.fixed is not None:
        refuse(row, "Means of the scores are free, or equal over waves by a label.", "Correct or remove the line.")
    parts.means[row.left] = row


def _regression(row: Row, parts: Parts) -> None:
    nodes, columns = parts.deviations, _columns(parts)
    if row.fixed is not None:
        refuse(row, "Lags and effects of covariates are free.", "Take the number away, or fit the model in lavaan.")
    if row.level == 2:
        what = "At level 2 nothing is regressed."
        if row.right in parts.clusters or row.right in columns:
            refuse(row, what, f"An outcome of clusters is not in our model: remove {row.left}, or fit it in lavaan.")
        refuse(row, what, "Move what predicts scores to level 1, as a property of pupils.")
    if row.left in nodes and row.right in nodes:
        parts.lags[row.left, row.right] = row
    elif row.left in columns and row.right not in {*nodes, *columns, *parts.intercepts}:
        parts.covariates[row.left, row.right] = row
    elif row.left in parts.intercepts and row.right not in {*nodes, *columns, *parts.intercepts}:
        parts.predictors[row.left, row.right] = row
    else:
        refuse(row, *_misplaced(row, parts, columns))


def _misplaced(row: Row, parts: Parts, columns: set[str]) -> tuple[str, str]:
    """Return the rule and the advice for a regression that has no place, in the direction in which it was written."""
    ours = {*parts.deviations, *columns, *parts.intercepts}
    if row.right in parts.intercepts and row.left not in ours:
        what = "Random intercepts predict nothing."
        return what, f"{row.left} is an outcome of {row.right}: remove it, and name it in distal={{...}} of RICLPM."
    if row.left in parts.intercepts or row.right in parts.intercepts:
        return "Random intercepts neither predict nor are predicted.", "Remove the line, or fit the model in lavaan."
    if row.left in parts.deviations and row.right not in ours:
        column = parts.deviations[row.left]
        return "Covariates predict scores, and lags deviations.", f"Write `{column} ~ {row.right}`."
    if row.left not in ours:
        what = "Deviations are regressed on deviations, and scores on covariates."
        return what, f"{row.left} is an outcome, and outcomes are not in our model: remove it, or fit it in lavaan."
    return "Deviations are regressed on deviations, and scores on covariates.", "Correct the names."


def _covariance(row: Row, parts: Parts) -> None:
    pair = frozenset((row.left, row.right))
    nodes, intercepts, columns = parts.deviations, parts.intercepts, _columns(parts)
    if row.fixed not in (None, 0):
        refuse(row, "Variances and covariances are free, or 0.", "Take the number away.")
    inside = next((known for known in (nodes, intercepts) if pair <= set(known)), None)
    if inside is None:
        if not pair <= {*nodes, *intercepts, *columns}:
            refuse(row, "Covariances are those of the model's factors and scores.", "Correct the names.")
        if row.fixed is None and not pair <= columns:
            what = "What no deviation carries does not vary: random intercepts are apart from deviations and scores."
            refuse(row, what, f"Fix it, `{row.left} ~~ 0*{row.right}`, or leave it out.")
        if row.fixed is None:
            parts.errors[pair] = row
        return
    if row.fixed == 0:
        if len(pair) == 1:
            refuse(row, "Deviations and random intercepts have variances.", "Take the 0 away, or leave the factor out.")
        return  # as if it were not written
    (parts.within if inside is nodes else parts.between)[pair] = row


def _cluster_covariance(row: Row, parts: Parts) -> None:
    pair = frozenset((row.left, row.right))
    columns = set(parts.deviations.values())
    if row.fixed not in (None, 0):
        refuse(row, "Variances and covariances are free, or 0.", "Take the number away.")
    if not pair <= {*parts.clusters, *columns}:
        refuse(row, "Covariances at level 2 are those of its factors and of scores.", "Correct the names.")
    if row.fixed == 0:
        return
    if parts.clusters and not pair <= set(parts.clusters):
        what = "Effects of clusters are stable, or free at every wave: not both."
        refuse(row, what, f"Fix it, `{row.left} ~~ 0*{row.right}`, or leave the factors out.")
    parts.cluster[pair] = row


def missing(what: str, formula: str) -> SpecError:
    """Return the error for a parameter that our model has and the text has not."""
    return SpecError(
        "An RI-CLPM has every lag between neighbouring waves, and every mean, variance and covariance within a wave.",
        f"The text lacks {what}.",
        f"Write `{formula}`: what is not written, or fixed at 0, is not in the model.",
    )
