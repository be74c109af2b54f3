"""A panel model in lavaan's language, with the parameters of our likelihood.

    library(lavaan); fit <- lavaan(model, data = data, missing = "fiml")

gives `maximum_likelihood`: its log-likelihood, number of parameters, estimates and standard errors (lavaan 0.6-14,
looked at in 2026).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations_with_replacement

from bayespanel.bridges.columns import Columns, distinct, in_comment, r_name, settle
from bayespanel.bridges.lavaan_trial import TWO_LEVELS, trial_syntax
from bayespanel.bridges.panel_models import require_written
from bayespanel.bridges.trial_cells import with_levels
from bayespanel.catalogue.cards import Card, specification
from bayespanel.families.door import Spec
from bayespanel.families.panel.components import component, has_loadings, mean_dims, predicted, reaching
from bayespanel.families.panel.process import process
from bayespanel.families.panel.spec import RICLPM
from bayespanel.families.trial.spec import ClusterTrial
from bayespanel.language.errors import SpecError


def to_lavaan(
    spec: Spec | Card,
    *,
    waves: int | Sequence[object] | None = None,
    columns: Mapping[str, Sequence[str]] | None = None,
    arms: Sequence[str] = ("control", "intervention"),
    baseline: Mapping[str, str] | None = None,
    randomised: str | None = None,
) -> str:
    """Write a model in lavaan's language. The first lines are comments with the R call that fits it.

    Priors are not used. The parameters are those of `maximum_likelihood`, so log-likelihood, estimates and standard
    errors agree. Chi-square and the indices that rest on it agree up to the point at which lavaan 0.6-14 (examined in
    2026) stops its search for the unrestricted model. With two levels the call names the optimiser, because the default
    of lavaan 0.7-2 (2026) fits another model if scores are missing.

    Parameters
    ----------
    spec
        An `RICLPM`, a `ClusterTrial` with Gaussian outcomes, or a card of one of them.
    waves
        For a panel: the number of waves, or their labels (`panel.waves`).
    columns
        For a panel: the columns of each variable in the order of the waves, as in `Panel.from_wide`. By default their
        names are the variable followed by the wave, such as "rejection1". `lavaan_data` makes a table with these
        columns.
    arms
        For a trial: the arms, the reference first.
    baseline
        For a trial with a constrained analysis: the baseline of each outcome.
    randomised
        For a trial: what was randomised: "pupil", "class" or "school". By default that of the card, or the outermost
        level. If the specification leaves the levels to the data, they are taken to be pupils and schools, because
        there are no data here.

    Returns
    -------
    str
        The text of the model.

    Raises
    ------
    SpecError
        The model has something that lavaan cannot express (latent classes, classes and schools at once, ordered
        outcomes), or an argument that is needed is missing.

    References
    ----------
    Rosseel (2012), doi:10.18637/jss.v048.i02; Mulder & Hamaker (2021), doi:10.1080/10705511.2020.1784738, for the
    RI-CLPM in lavaan.
    """
    model = specification(spec)
    if isinstance(model, ClusterTrial):
        model = with_levels(model)
    if len(getattr(model, "cluster_levels", ())) > 1 and isinstance(model, RICLPM | ClusterTrial):
        raise SpecError(
            "lavaan has two levels: pupils, and one kind of cluster.",
            f"The model has pupil, {', '.join(model.cluster_levels)}.",
            'Keep one: dataclasses.replace(spec, levels=("pupil", "school")); to_mplus writes three levels.',
        )
    if isinstance(model, RICLPM):
        require_written(model, "lavaan")
        least = 3 if model.intercepts else 2
        return _panel(
            model,
            settle(model.variables, (*model.covariates, *model.distal), waves=waves, columns=columns, least=least),
        )
    if isinstance(model, ClusterTrial):
        hint = getattr(spec.data, "randomised", None) if isinstance(spec, Card) else None
        outermost = ("pupil", *model.cluster_levels)[-1]
        return trial_syntax(model, tuple(arms), dict(baseline or {}), randomised or hint or outermost)
    raise SpecError(
        "Models that are written for lavaan are panel models and trials.",
        f"You gave a {type(model).__name__}.",
        "lavaan has no latent classes: for those of Trajectories use to_mplus, which writes TYPE = MIXTURE.",
    )


def _panel(spec: RICLPM, columns: Columns) -> str:
    level = next(iter(spec.cluster_levels), None)
    short = _short(spec, columns)
    within = _within(spec, columns, short)
    lines = _head(spec, columns, level)
    means = ["# Means", *_means(spec, columns, short)]
    if level is None:
        return "\n".join([*lines, "", *within, "", *means, ""])
    between = _between(spec, columns, short, level)
    body = [*within, "", f"level: 2  # {level}", *between, "", *means]
    return "\n".join([*lines, "", "level: 1  # pupil", *body, ""])


def _head(spec: RICLPM, columns: Columns, level: str | None) -> list[str]:
    kind = "Random-intercept cross-lagged" if spec.intercepts else "Cross-lagged"
    lines = [
        f"# {kind} panel model, written by bayespanel. In R, with this text in `model`, and in `data` a row per pupil:",
        "#   library(lavaan)",
    ]
    if level is None:
        lines += ['#   fit <- lavaan(model, data = data, missing = "fiml", information = "observed")']
    else:
        lines += [
            f'#   fit <- lavaan(model, data = data, cluster = "{level}", information = "observed",',
            '#                 optim.method = "nlminb")',
            *TWO_LEVELS,
        ]
    lines += ["# Not sem() or cfa(): they add parameters that are not written here."]
    for variable, group in columns.cells.items():
        lines.append(f"# variable {in_comment(variable)} = {', '.join(group)}")
    for covariate, column in columns.covariates.items():
        lines.append(f"# covariate {in_comment(covariate)} = {column}")
    if spec.covariates:
        lines.append(
            "# Means are those at covariates of 0: centre covariates first to have ours, at average covariates."
        )
    return lines


def _short(spec: RICLPM, columns: Columns) -> dict[str, str]:
    """Names of factors and of variables within labels, all different."""
    taken = [*columns.all, *spec.cluster_levels]
    stems = distinct({name: r_name(name).replace(".", "_") for name in columns.cells})  # labels are joined by dots
    wishes = {f"stem {name}": stem for name, stem in stems.items()}
    factors = {f"w {column}": f"w_{column}" for group in columns.cells.values() for column in group}
    for name, stem in stems.items():
        factors[f"RI {name}"] = f"RI_{stem}"
        factors |= {f"slope {name}": f"S_{stem}"} if spec.slopes else {}
        factors |= {f"{level} {name}": f"{level}_{stem}" for level in spec.cluster_levels}
    return wishes | distinct(factors, taken)


def _within(spec: RICLPM, columns: Columns, short: Mapping[str, str]) -> list[str]:
    cells = columns.cells
    factor = {name: [short[f"w {column}"] for column in group] for name, group in cells.items()}
    waves = range(len(columns.waves))
    lines: list[str] = []
    stable: list[str] = []
    if spec.intercepts:
        lines += ["# Random intercepts: stable differences between pupils"]
        later = "" if has_loadings(spec) else "1*"
        for name, group in cells.items():
            loadings = [f"{later if t else '1*'}{column}" for t, column in enumerate(group)]
            lines.append(f"{short[f'RI {name}']} =~ " + " + ".join(loadings))
        stable = [short[f"RI {name}"] for name in cells]
        if spec.slopes:
            lines += ["# Random linear slopes, per wave"]
            for name, group in cells.items():
                loadings = [f"{t}*{column}" for t, column in enumerate(group)]
                lines.append(f"{short[f'slope {name}']} =~ " + " + ".join(loadings))
            stable += [short[f"slope {name}"] for name in cells]
        lines += _covariances(stable)
    lines += ["# Deviations within pupils"]
    lines += [f"{short[f'w {c}']} =~ 1*{c}" for group in cells.values() for c in group]
    stems = [short[f"stem {name}"] for name in cells]
    errors = [part for part in spec.components() if part.anew]
    if not errors:
        lines += [f"{c} ~~ 0*{c}" for group in cells.values() for c in group]
    for part in errors:
        lines += ["# Occasion errors, of equal variance over waves"]
        for t in waves:
            rows = _covariances([group[t] for group in cells.values()], "error", stems)
            lines += [row for row in rows if part.correlated or row.split(" ~~ ")[0] == row.rsplit("*", 1)[1]]
    lag, innovation = process(spec), component(spec, "innovation")
    lines += _outcomes(spec, columns, stable, [group[-1] for group in factor.values()])
    lines += [f"# Lags, {lag.word} over intervals"]
    for t in waves[1:]:
        for target in cells:
            terms = []
            for source in cells:
                label = f"lag.{short[f'stem {target}']}.{short[f'stem {source}']}*" if not lag.by_interval else ""
                terms.append(f"{label}{factor[source][t - 1]}")
            lines.append(f"{factor[target][t]} ~ " + " + ".join(terms))
    lines += ["# First wave"]
    lines += _covariances([group[0] for group in factor.values()])
    lines += [f"# Innovations, {'equal' if innovation.stable else 'free'} over waves"]
    for t in waves[1:]:
        prefix = "innovation" if innovation.stable else ""
        lines += _covariances([group[t] for group in factor.values()], prefix, stems)
    if spec.covariates:
        effects = " + ".join(columns.covariates[name] for name in spec.covariates)
        if predicted(spec) is not None:
            lines += ["# Covariates, with an effect on what lasts"]
            lines += [f"{factor} ~ {effects}" for factor in stable]
            return lines
        lines += ["# Covariates, with an effect for each wave and variable"]
        lines += [f"{c} ~ {effects}" for group in cells.values() for c in group]
    return lines


def _outcomes(spec: RICLPM, columns: Columns, stable: Sequence[str], last: Sequence[str]) -> list[str]:
    """Regressions of outcomes after the last wave on what lasts, and on deviations of the last wave."""
    lines = ["# Outcomes after the last wave"] if spec.distal else []
    for name in spec.distal:
        column = columns.covariates[name]
        on = [*stable, *(last if name in reaching(spec) else ())]
        lines += [f"{column} ~ {' + '.join(on)}", f"{column} ~~ {column}", f"{column} ~ 1"]
    return lines


def _between(spec: RICLPM, columns: Columns, short: Mapping[str, str], level: str) -> list[str]:
    if not component(spec, level).stable:
        flat = [c for group in columns.cells.values() for c in group]
        return [f"# Effects of each {level}, one per wave and variable", *_covariances(flat)]
    lines = [f"# Effects of each {level}, stable over waves"]
    for name, group in columns.cells.items():
        lines.append(f"{short[f'{level} {name}']} =~ " + " + ".join(f"1*{c}" for c in group))
    lines += _covariances([short[f"{level} {name}"] for name in columns.cells])
    return lines + [f"{c} ~~ 0*{c}" for group in columns.cells.values() for c in group]


def _means(spec: RICLPM, columns: Columns, short: Mapping[str, str]) -> list[str]:
    if "growth_factor" in mean_dims(spec):
        factors = [short[f"{kind} {name}"] for kind in ("RI", "slope") for name in columns.cells]
        return [
            *(f"{name} ~ 1" for name in factors),
            *(f"{c} ~ 0*1" for group in columns.cells.values() for c in group),
        ]
    label = {name: f"mean.{short[f'stem {name}']}*" if spec.means == "equal" else "" for name in columns.cells}
    return [f"{c} ~ {label[name]}1" for name, group in columns.cells.items() for c in group]


def _covariances(names: Sequence[str], prefix: str = "", stems: Sequence[str] = ()) -> list[str]:
    """Variances and covariances, each labelled where a prefix is given."""
    out = []
    for i, j in combinations_with_replacement(range(len(names)), 2):
        label = f"{prefix}.{stems[i]}.{stems[j]}*" if prefix else ""
        out.append(f"{names[i]} ~~ {label}{names[j]}")
    return out
