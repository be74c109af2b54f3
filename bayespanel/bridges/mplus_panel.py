"""A panel model as an Mplus input."""

from __future__ import annotations

from bayespanel.bridges.columns import Columns
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
from bayespanel.families.panel.components import component, has_loadings, mean_dims, predicted, reaching
from bayespanel.families.panel.process import process
from bayespanel.families.panel.spec import RICLPM


def panel_input(spec: RICLPM, data: str, columns: Columns) -> str:
    """Return the input; see `bayespanel.bridges.mplus.to_mplus`."""
    above = [CLUSTERS[level] for level in spec.cluster_levels]
    cell, x = cell_names(columns, above)
    observed = [*cell.values(), *x.values(), *above]
    factor = _factors(spec, columns, observed)
    kind = "Random-intercept cross-lagged" if spec.intercepts else "Cross-lagged"
    variable = cluster_statement(spec.levels)
    variable += [f"WITHIN = {' '.join(x.values())};"] if x and above else []
    notes = [
        "! Written by bayespanel; not run in Mplus. Labels: a = lag (target_source), q = innovation, m = mean.",
        *CLUSTER_NOTES[len(spec.levels)],
        *(
            ["! Means are those at covariates of 0: centre covariates, or take mplus_data, which does."]
            if spec.covariates
            else []
        ),
        *mapping(cell),
        *mapping(x),
    ]
    model: list[str] = []
    for level in spec.levels:
        model += level_title(level, spec.levels)
        model += (
            _within(spec, columns, cell, x, factor)
            if level == "pupil"
            else _between(spec, columns, cell, factor, level)
        )
        if level == spec.levels[-1]:
            model += ["! means", *_means(spec, columns, cell, factor)]
    lines = [
        *head(f"{kind} panel model;", data, observed, variable, notes),
        *analysis(spec.levels),
        *section("MODEL", model),
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
    spec: RICLPM, columns: Columns, cell: dict[str, str], x: dict[str, str], factor: dict[str, str]
) -> list[str]:
    names, waves = list(columns.cells), columns.waves
    out: list[str] = []
    stable: list[str] = []
    if spec.intercepts:
        out += ["! random intercepts"]
        for name in names:
            group = [cell[f"{name}@{wave}"] for wave in waves]
            loadings = [f"{column}{'' if t and has_loadings(spec) else '@1'}" for t, column in enumerate(group)]
            out.append(f"{factor[f'RI {name}']} BY {' '.join(loadings)};")
        stable = [factor[f"RI {name}"] for name in names]
        if spec.slopes:
            out += ["! random linear slopes, per wave"]
            for name in names:
                loadings = [f"{cell[f'{name}@{wave}']}@{t}" for t, wave in enumerate(waves)]
                out.append(f"{factor[f'slope {name}']} BY {' '.join(loadings)};")
            stable += [factor[f"slope {name}"] for name in names]
        out += covariances(stable)
    out += ["! deviations within pupils"]
    out += [f"{factor[f'w {n} {t}']} BY {cell[f'{n}@{wave}']}@1;" for t, wave in enumerate(waves) for n in names]
    errors = [part for part in spec.components() if part.anew]
    if not errors:
        out += [f"{name}@0;" for name in cell.values()]
    for part in errors:
        out += ["! occasion errors, of equal variance over waves"]
        for wave in waves:
            here = [cell[f"{name}@{wave}"] for name in names]
            own = [f"{column} (e{v + 1}_{v + 1});" for v, column in enumerate(here)]
            out += covariances(here, "e") if part.correlated else own
    lag, innovation = process(spec), component(spec, "innovation")
    out += [f"! lags, {lag.word} over intervals"]
    for t in range(1, len(waves)):
        for y, target in enumerate(names):
            for s, source in enumerate(names):
                label = f" (a{y + 1}_{s + 1})" if not lag.by_interval else ""
                out.append(f"{factor[f'w {target} {t}']} ON {factor[f'w {source} {t - 1}']}{label};")
    out += ["! first wave", *covariances([factor[f"w {name} 0"] for name in names])]
    out += [f"! innovations, {'equal' if innovation.stable else 'free'} over waves"]
    for t in range(1, len(waves)):
        out += covariances([factor[f"w {n} {t}"] for n in names], "q" if innovation.stable else "")
    given = [x[name] for name in spec.covariates]
    if given:
        targets = list(cell.values()) if predicted(spec) is None else stable
        out += ["! covariates", *(f"{name} ON {covariate};" for name in targets for covariate in given)]
    last = [factor[f"w {name} {len(waves) - 1}"] for name in names]
    for name in spec.distal:
        out += [f"{x[name]} ON {source};" for source in (*stable, *(last if name in reaching(spec) else ()))]
        out += [f"{x[name]};", f"[{x[name]}];"]
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
    return [f"[{cell[f'{name}@{wave}']}]{label[name]};" for wave in columns.waves for name in columns.cells]
