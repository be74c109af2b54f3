"""A panel model as an Mplus input."""

from __future__ import annotations

from bayespanel.bridges.columns import Columns
from bayespanel.bridges.item_columns import behind, mean_is_free
from bayespanel.bridges.mplus_groups import InGroups
from bayespanel.bridges.mplus_items import measurement
from bayespanel.bridges.mplus_text import (
    CLUSTER_NOTES,
    CLUSTERS,
    analysis,
    cluster_statement,
    covariances,
    head,
    level_title,
    mapping,
    section,
    short_names,
)
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


def panel_input(spec: RICLPM, data: str, columns: Columns) -> str:
    """Return the input; see `bayespanel.bridges.mplus.to_mplus`."""
    above = [CLUSTERS[level] for level in spec.cluster_levels]
    scores, x = cell_names(columns, above)
    grouping = list(
        short_names({"": columns.grouping}, [*scores.values(), *x.values()]).values() if columns.groups else ()
    )
    observed = [*scores.values(), *x.values(), *above, *grouping]
    items = measurement(spec, columns, scores, observed)
    columns, cell = behind(spec, columns), items.cells
    factor = _factors(spec, columns, [*observed, *cell.values()])
    variable = cluster_statement(spec.levels)
    variable += [f"WITHIN = {' '.join(x.values())};"] if x and above else []
    groups = short_names(columns.groups)
    codes = " ".join(f"{number} = {name}" for number, name in enumerate(groups.values(), 1))
    variable += [f"GROUPING = {grouping[0]} ({codes});"] if groups else []
    own = InGroups(list(groups.values()), freed(spec))
    notes = [
        "! Written by bayespanel; not run in Mplus. Labels: a = lag (target_source), b = lag over two intervals, "
        f"q = innovation, m = mean{', l = loading, i = intercept' if spec.indicators else ''}.",
        *CLUSTER_NOTES[len(spec.levels)],
        *(
            ["! Means are those at covariates of 0: centre covariates, or take mplus_data, which does."]
            if spec.covariates
            else []
        ),
        *mapping(scores),
        *mapping(x),
        *mapping(groups),
    ]
    model = [*items.statements]
    for level in spec.levels:
        model += level_title(level, spec.levels)
        model += (
            _within(spec, columns, cell, x, factor, own)
            if level == "pupil"
            else _between(spec, columns, cell, factor, level)
        )
        if level == spec.levels[-1]:
            model += ["! means", *own("mean", _means(spec, columns, cell, factor))]
    if groups:  # factors of later groups have free means by default
        at = {f"[{name}];" for name in factor.values()} & {*_means(spec, columns, cell, factor)}
        model += [f"[{name}@0];" for name in factor.values() if f"[{name}];" not in at]
    lines = [
        *head(f"{kind_of(spec)};", data, observed, variable, notes),
        *analysis(spec.levels),
        *section("MODEL", model),
        *(line for name, statements in own.each.items() for line in section(f"MODEL {name}", statements)),
        *section("OUTPUT", ["TECH1 CINTERVAL;"]),
    ]
    return "\n".join([*lines, ""])


def cell_names(columns: Columns, taken: list[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return the names of cells "variable@wave", wave by wave, and of covariates."""
    stems = short_names({name: name for name in columns.cells}, longest=7 - len(str(len(columns.waves))))
    given = {
        f"{name}@{wave}": group[t] for t, wave in enumerate(columns.waves) for name, group in columns.cells.items()
    }
    kept = short_names(given, taken)
    if list(kept.values()) != list(given.values()):  # too long, or not Mplus's: variable and number of the wave
        wishes = {
            f"{name}@{wave}": f"{stems[name]}{t + 1}" for t, wave in enumerate(columns.waves) for name in columns.cells
        }
        kept = short_names(wishes, taken)
    return kept, short_names({name: name for name in columns.covariates}, [*kept.values(), *taken])


def _factors(spec: RICLPM, columns: Columns, taken: list[str]) -> dict[str, str]:
    stems = short_names({name: name for name in columns.cells}, longest=6 - len(str(len(columns.waves))))
    wishes = {f"w {name} {t}": f"w_{stems[name]}{t + 1}" for t in range(len(columns.waves)) for name in columns.cells}
    wishes |= {f"RI {name}": f"RI_{stem}" for name, stem in stems.items()}
    wishes |= {f"slope {name}": f"S_{stem}" for name, stem in stems.items()} if spec.slopes else {}
    wishes |= {f"{level} {name}": f"{level[0]}_{stem}" for level in spec.cluster_levels for name, stem in stems.items()}
    return short_names(wishes, taken)


def _within(
    spec: RICLPM, columns: Columns, cell: dict[str, str], x: dict[str, str], factor: dict[str, str], own: InGroups
) -> list[str]:
    names, waves = list(columns.cells), columns.waves
    stable = _lasting(spec, columns, factor)
    out = _stable(spec, columns, cell, factor, own)
    out += ["! scores around their means" if accumulates(spec) else "! deviations within pupils"]
    out += [f"{factor[f'w {n} {t}']} BY {cell[f'{n}@{wave}']}@1;" for t, wave in enumerate(waves) for n in names]
    errors = [part for part in spec.components() if part.anew]
    if not errors:
        out += [f"{name}@0;" for name in cell.values()]
    for part in errors:
        out += [f"! occasion errors, of {'free' if part.over else 'equal'} variance over waves"]
        for wave in waves:
            here = [cell[f"{name}@{wave}"] for name in names]
            variances = [f"{column}{'' if part.over else f' (e{v + 1}_{v + 1})'};" for v, column in enumerate(here)]
            out += own("error", covariances(here, "e") if part.correlated else variances)
    innovation = component(spec, "innovation")
    out += _lags(spec, [[factor[f"w {name} {t}"] for t in range(len(waves))] for name in names], own)
    start = starting(spec)
    if start is not None:
        own_alone = dict(zip(names, stable, strict=False)) if start.start == "own" else {}
        pairs = [(name, source) for name in names for source in stable if own_alone.get(name, source) == source]
        out += ["! first wave, on what lasts"]
        out += own("first_loading", [f"{factor[f'w {name} 0']} ON {source};" for name, source in pairs])
    out += ["! first wave", *own("initial", covariances([factor[f"w {name} 0"] for name in names]))]
    out += [f"! innovations, {'equal' if innovation.stable else 'free'} over waves"]
    for t in range(1, len(waves)):
        rows = covariances([factor[f"w {n} {t}"] for n in names], "q" if innovation.stable else "")
        out += own("innovation", rows)
    given = [x[name] for name in spec.covariates]
    if given:
        targets = list(cell.values()) if predicted(spec) is None else stable
        rows = [f"{name} ON {covariate};" for name in targets for covariate in given]
        out += ["! covariates", *own("covariate_effect", rows)]
    last = [factor[f"w {name} {len(waves) - 1}"] for name in names]
    for name in spec.distal:
        out += [f"{x[name]} ON {source};" for source in (*stable, *(last if name in reaching(spec) else ()))]
        out += [f"{x[name]};", f"[{x[name]}];"]
    return out


def _lasting(spec: RICLPM, columns: Columns, factor: dict[str, str]) -> list[str]:
    """Return the factors of what lasts in pupils."""
    kinds = ("RI", "slope") if spec.slopes else ("RI",) if spec.intercepts else ()
    return [factor[f"{kind} {name}"] for kind in kinds for name in columns.cells]


def _stable(spec: RICLPM, columns: Columns, cell: dict[str, str], factor: dict[str, str], own: InGroups) -> list[str]:
    """Loadings and covariances of what lasts: on scores, or, where it accumulates, on what lags carry on."""
    if not spec.intercepts:
        return []
    inside, first = accumulates(spec), 0 if starting(spec) is None else 1
    loaded = {
        name: [
            (t, factor[f"w {name} {t}"] if inside else cell[f"{name}@{wave}"]) for t, wave in enumerate(columns.waves)
        ]
        for name in columns.cells
    }
    waves = "every wave after the first" if first else "every wave"
    out = ["! random intercepts" + (f": what enters {waves}" if inside else "")]
    for name, group in loaded.items():
        loadings = [f"{column}{'' if t and has_loadings(spec) and not first else '@1'}" for t, column in group[first:]]
        out += own("intercept_loading", [f"{factor[f'RI {name}']} BY {' '.join(loadings)};"])
    if spec.slopes:
        out += ["! random linear slopes, per wave"]
        for name, group in loaded.items():
            loadings = [f"{column}@{t}" for t, column in group[first:]]
            out.append(f"{factor[f'slope {name}']} BY {' '.join(loadings)};")
    return out + own("growth" if spec.slopes else "intercept", covariances(_lasting(spec, columns, factor)))


def _lags(spec: RICLPM, factor: list[list[str]], own: InGroups) -> list[str]:
    """Regressions of every wave on the one before, and on the one before that where lags reach so far."""
    lag = process(spec)

    def on(t: int, back: int, prefix: str) -> list[str]:
        pairs = [(y, x) for y in range(len(factor)) for x in range(len(factor))]
        label = {(y, x): f" ({prefix}{y + 1}_{x + 1})" if prefix else "" for y, x in pairs}
        return [f"{factor[y][t]} ON {factor[x][t - back]}{label[y, x]};" for y, x in pairs]

    waves, out = range(1, len(factor[0])), []
    if lag.apart:
        out += ["! lags from the first to the second wave", *own("first_lag", on(1, 1, ""))]
    out += [f"! lags, {lag.word} over intervals"]
    for t in waves[1:] if lag.apart else waves:
        out += own("lag", on(t, 1, "" if lag.by_interval else "a"))
    if lag.second:
        out += [f"! lags over two intervals, {lag.word}"]
        for t in waves[1:]:
            out += own("lag_2", on(t, 2, "" if lag.by_interval else "b"))
    return out


def _between(spec: RICLPM, columns: Columns, cell: dict[str, str], factor: dict[str, str], level: str) -> list[str]:
    if not component(spec, level).stable:
        return [f"! effects of each {level}, one per wave and variable", *covariances(list(cell.values()))]
    out = [f"! effects of each {level}, stable over waves"]
    out += [f"{factor[f'{level} {name}']} BY {_all_waves(name, columns, cell)};" for name in columns.cells]
    out += covariances([factor[f"{level} {name}"] for name in columns.cells])
    return out + [f"{name}@0;" for name in cell.values()]


def _all_waves(name: str, columns: Columns, cell: dict[str, str]) -> str:
    return " ".join(f"{cell[f'{name}@{wave}']}@1" for wave in columns.waves)


def _means(spec: RICLPM, columns: Columns, cell: dict[str, str], factor: dict[str, str]) -> list[str]:
    if "growth_factor" in mean_dims(spec):
        factors = [factor[f"{kind} {name}"] for kind in ("RI", "slope") for name in columns.cells]
        return [*(f"[{name}];" for name in factors), *(f"[{column}@0];" for column in cell.values())]
    label = {name: f" (m{k + 1})" if spec.means == "equal" else "" for k, name in enumerate(columns.cells)}
    return [
        f"[{cell[f'{name}@{wave}']}]{label[name]};" if mean_is_free(spec, name, t) else f"[{cell[f'{name}@{wave}']}@0];"
        for t, wave in enumerate(columns.waves)
        for name in columns.cells
    ]
