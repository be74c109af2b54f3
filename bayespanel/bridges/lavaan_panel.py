"""The formulas of a panel model in lavaan's language, section by section."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations_with_replacement

from bayespanel.bridges.columns import Columns, distinct, in_comment, r_name
from bayespanel.bridges.item_columns import behind, items_of, mean_is_free
from bayespanel.bridges.lavaan_groups import InGroups
from bayespanel.bridges.lavaan_trial import TWO_LEVELS
from bayespanel.bridges.panel_models import kind_of
from bayespanel.families.panel.components import (
    accumulates,
    component,
    has_loadings,
    mean_dims,
    predicted,
    reaching,
    starting,
)
from bayespanel.families.panel.groups import freed
from bayespanel.families.panel.process import process
from bayespanel.families.panel.spec import RICLPM

Names = Mapping[str, str]


def panel_syntax(spec: RICLPM, columns: Columns) -> str:
    """Return the text; see `bayespanel.bridges.lavaan.to_lavaan`."""
    level = next(iter(spec.cluster_levels), None)
    observed, columns = columns, behind(spec, columns)
    short = factor_names(spec, columns, observed)
    own = InGroups(len(columns.groups), freed(spec))
    within = [*_items(spec, observed, short, own), *_within(spec, columns, short, own)]
    lines = _head(spec, observed, level)
    means = ["# Means", *own("mean", _means(spec, columns, short))]
    if level is None:
        return "\n".join([*lines, "", *within, "", *means, ""])
    between = _between(spec, columns, short, level)
    body = [*within, "", f"level: 2  # {level}", *between, "", *means]
    return "\n".join([*lines, "", "level: 1  # pupil", *body, ""])


def _head(spec: RICLPM, columns: Columns, level: str | None) -> list[str]:
    lines = [
        f"# {kind_of(spec)}, written by bayespanel. In R, with this text in `model`, and in `data` a row per pupil:",
        "#   library(lavaan)",
    ]
    if columns.groups:
        values = ", ".join(f'"{value}"' for value in columns.groups.values())
        lines += [
            f'#   fit <- lavaan(model, data = data, group = "{columns.grouping}", group.label = c({values}),',
            '#                 missing = "fiml", information = "observed")',
        ]
    elif level is None:
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
    for number, (name, value) in enumerate(columns.groups.items(), 1):
        lines.append(f"# group g{number} = {value}, {in_comment(name)}")
    if spec.covariates:
        lines.append(
            "# Means are those at covariates of 0: centre covariates first to have ours, at average covariates."
        )
    return lines


def factor_names(spec: RICLPM, columns: Columns, observed: Columns | None = None) -> dict[str, str]:
    """Return the names of factors, and of variables within labels ("stem"), all different.

    `observed` are the columns of the table where some variables are behind items.
    """
    taken = [*columns.all, *(observed or columns).all, *spec.cluster_levels, columns.grouping]
    stems = distinct({name: r_name(name).replace(".", "_") for name in columns.cells})  # labels are joined by dots
    wishes = {f"stem {name}": stem for name, stem in stems.items()}
    factors = {f"w {column}": f"w_{column}" for group in columns.cells.values() for column in group}
    for name, stem in stems.items():
        factors[f"RI {name}"] = f"RI_{stem}"
        factors |= {f"slope {name}": f"S_{stem}"} if spec.slopes else {}
        factors |= {f"{level} {name}": f"{level}_{stem}" for level in spec.cluster_levels}
    if spec.item_effects:
        factors |= {f"item {item}": f"own_{r_name(item)}" for own in spec.indicators.values() for item in own}
    return wishes | distinct(factors, taken)


def _items(spec: RICLPM, columns: Columns, short: Names, own: InGroups) -> list[str]:
    """Loadings, residuals and intercepts of items, and what they have of their own that lasts."""
    if not spec.indicators:
        return []
    each = [one for wave in items_of(spec, columns) for one in wave]
    lines = ["# Items: the first of a variable has the loading 1"]
    for factor in dict.fromkeys(one.factor for one in each):
        terms = [
            "1*" + one.column if one.first else f"load.{one.loading}*{one.column}" if one.loading else one.column
            for one in each
            if one.factor == factor
        ]
        lines += own("item_loading", [f"{factor} =~ " + " + ".join(terms)])
    lines += ["# What is an item's own at a wave", *own("item", [f"{one.column} ~~ {one.column}" for one in each])]
    intercepts = [f"{one.column} ~ {f'at.{one.intercept}*' if one.intercept else ''}1" for one in each]
    lines += ["# Intercepts of items", *own("item_intercept", intercepts)]
    if spec.item_effects:
        lines += ["# What an item has of its own at all waves"]
        for item in dict.fromkeys(one.item for one in each):
            name = short[f"item {item}"]
            lines.append(f"{name} =~ " + " + ".join(f"1*{column}" for column in columns.cells[item]))
            lines += own("item_effect", [f"{name} ~~ {name}"])
    return lines


def _within(spec: RICLPM, columns: Columns, short: Names, own: InGroups) -> list[str]:
    cells = columns.cells
    factor = {name: [short[f"w {column}"] for column in group] for name, group in cells.items()}
    waves = range(len(columns.waves))
    stems = [short[f"stem {name}"] for name in cells]
    stable = _lasting(spec, columns, short)
    lines = _stable(spec, columns, short, factor, own)
    what = "Scores around their means" if accumulates(spec) else "Deviations within pupils"
    lines += [f"# {what}"]
    lines += [f"{short[f'w {c}']} =~ 1*{c}" for group in cells.values() for c in group]
    errors = [part for part in spec.components() if part.anew]
    if not errors:
        lines += [f"{c} ~~ 0*{c}" for group in cells.values() for c in group]
    for part in errors:
        lines += [f"# Occasion errors, of {'free' if part.over else 'equal'} variance over waves"]
        for t in waves:
            here = [group[t] for group in cells.values()]
            label = ["" if part.over else f"error.{stem}.{stem}*" for stem in stems]
            alone = [f"{column} ~~ {label[v]}{column}" for v, column in enumerate(here)]
            lines += own("error", _covariances(here, "error", stems) if part.correlated else alone)
    innovation = component(spec, "innovation")
    lines += _outcomes(spec, columns, stable, [group[-1] for group in factor.values()])
    lines += _lags(spec, list(factor.values()), stems, own)
    start = starting(spec)
    if start is not None:
        sources = [[one] for one in stable] if start.start == "own" else [stable] * len(stems)
        pairs = zip(factor.values(), sources, strict=True)
        lines += ["# First wave, on what lasts"]
        lines += own("first_loading", [f"{group[0]} ~ {' + '.join(of)}" for group, of in pairs])
    lines += ["# First wave"]
    lines += own("initial", _covariances([group[0] for group in factor.values()]))
    lines += [f"# Innovations, {'equal' if innovation.stable else 'free'} over waves"]
    for t in waves[1:]:
        prefix = "innovation" if innovation.stable else ""
        lines += own("innovation", _covariances([group[t] for group in factor.values()], prefix, stems))
    if spec.covariates:
        effects = " + ".join(columns.covariates[name] for name in spec.covariates)
        what = "on what lasts" if predicted(spec) is not None else "for each wave and variable"
        targets = stable if predicted(spec) is not None else [c for group in cells.values() for c in group]
        lines += [f"# Covariates, with an effect {what}"]
        lines += own("covariate_effect", [f"{target} ~ {effects}" for target in targets])
    return lines


def _lasting(spec: RICLPM, columns: Columns, short: Names) -> list[str]:
    """Return the factors of what lasts in pupils."""
    kinds = ("RI", "slope") if spec.slopes else ("RI",) if spec.intercepts else ()
    return [short[f"{kind} {name}"] for kind in kinds for name in columns.cells]


def _stable(
    spec: RICLPM, columns: Columns, short: Names, factor: Mapping[str, Sequence[str]], own: InGroups
) -> list[str]:
    """Loadings and covariances of what lasts: on scores, or, where it accumulates, on what lags carry on."""
    inside, first = accumulates(spec), 0 if starting(spec) is None else 1
    loaded = {name: list(enumerate(factor[name] if inside else group))[first:] for name, group in columns.cells.items()}
    lines: list[str] = []
    if spec.intercepts:
        waves = "every wave after the first" if first else "every wave"
        what = f"what enters {waves}" if inside else "stable differences between pupils"
        lines += [f"# Random intercepts: {what}"]
        later = "" if has_loadings(spec) and not first else "1*"
        for name, group in loaded.items():
            terms = [f"{later if t else '1*'}{column}" for t, column in group]
            lines += own("intercept_loading", [f"{short[f'RI {name}']} =~ " + " + ".join(terms)])
        if spec.slopes:
            lines += ["# Random linear slopes, per wave"]
            for name, group in loaded.items():
                terms = [f"{t}*{column}" for t, column in group]
                lines.append(f"{short[f'slope {name}']} =~ " + " + ".join(terms))
        lines += own("growth" if spec.slopes else "intercept", _covariances(_lasting(spec, columns, short)))
    return lines


def _lags(spec: RICLPM, factor: Sequence[Sequence[str]], stems: Sequence[str], own: InGroups) -> list[str]:
    """Regressions of every wave on the one before, and on the one before that where lags reach so far."""
    lag = process(spec)

    def on(t: int, back: int, prefix: str) -> list[str]:
        lines = []
        for y, target in enumerate(factor):
            label = [f"{prefix}.{stems[y]}.{stem}*" if prefix else "" for stem in stems]
            lines.append(f"{target[t]} ~ " + " + ".join(f"{label[x]}{w[t - back]}" for x, w in enumerate(factor)))
        return lines

    waves, lines = range(1, len(factor[0])), []
    if lag.apart:
        lines += ["# Lags from the first to the second wave, which start the process"]
        lines += own("first_lag", on(1, 1, ""))
    lines += [f"# Lags, {lag.word} over intervals"]
    for t in waves[1:] if lag.apart else waves:
        lines += own("lag", on(t, 1, "" if lag.by_interval else "lag"))
    if lag.second:
        lines += [f"# Lags over two intervals, {lag.word}"]
        for t in waves[1:]:
            lines += own("lag_2", on(t, 2, "" if lag.by_interval else "lag_2"))
    return lines


def _outcomes(spec: RICLPM, columns: Columns, stable: Sequence[str], last: Sequence[str]) -> list[str]:
    """Regressions of outcomes after the last wave on what lasts, and on deviations of the last wave."""
    lines = ["# Outcomes after the last wave"] if spec.distal else []
    for name in spec.distal:
        column = columns.covariates[name]
        on = [*stable, *(last if name in reaching(spec) else ())]
        lines += [f"{column} ~ {' + '.join(on)}", f"{column} ~~ {column}", f"{column} ~ 1"]
    return lines


def _between(spec: RICLPM, columns: Columns, short: Names, level: str) -> list[str]:
    if not component(spec, level).stable:
        flat = [c for group in columns.cells.values() for c in group]
        return [f"# Effects of each {level}, one per wave and variable", *_covariances(flat)]
    lines = [f"# Effects of each {level}, stable over waves"]
    for name, group in columns.cells.items():
        lines.append(f"{short[f'{level} {name}']} =~ " + " + ".join(f"1*{c}" for c in group))
    lines += _covariances([short[f"{level} {name}"] for name in columns.cells])
    return lines + [f"{c} ~~ 0*{c}" for group in columns.cells.values() for c in group]


def _means(spec: RICLPM, columns: Columns, short: Names) -> list[str]:
    if "growth_factor" in mean_dims(spec):
        factors = [short[f"{kind} {name}"] for kind in ("RI", "slope") for name in columns.cells]
        return [
            *(f"{name} ~ 1" for name in factors),
            *(f"{c} ~ 0*1" for group in columns.cells.values() for c in group),
        ]
    label = {name: f"mean.{short[f'stem {name}']}*" if spec.means == "equal" else "" for name in columns.cells}
    return [
        f"{c} ~ {label[name] if mean_is_free(spec, name, t) else '0*'}1"
        for name, group in columns.cells.items()
        for t, c in enumerate(group)
    ]


def _covariances(names: Sequence[str], prefix: str = "", stems: Sequence[str] = ()) -> list[str]:
    """Variances and covariances, each labelled where a prefix is given."""
    out = []
    for i, j in combinations_with_replacement(range(len(names)), 2):
        label = f"{prefix}.{stems[i]}.{stems[j]}*" if prefix else ""
        out.append(f"{names[i]} ~~ {label}{names[j]}")
    return out
