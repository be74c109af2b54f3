"""What lavaan makes of our syntax, held against `maximum_likelihood`: `make agreement`, or `python -m tests.agreement`.

Where Rscript and lavaan are there, every case is simulated, written with `to_lavaan`, and fitted by both programs;
`--write` freezes the numbers in tests/known_answers/lavaan_syntax.csv. Elsewhere the frozen table is shown.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import tempfile
from collections.abc import Collection
from datetime import UTC, datetime
from io import StringIO
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

import bayespanel as bp
from bayespanel.bridges.columns import Columns, settle
from bayespanel.bridges.item_columns import behind, items_of
from bayespanel.bridges.lavaan import to_lavaan
from bayespanel.bridges.lavaan_panel import factor_names
from bayespanel.bridges.lavaan_trial import trial_names
from bayespanel.bridges.wide_tables import lavaan_data
from bayespanel.families.panel.groups import moves
from bayespanel.families.panel.indicators import HELD, has_means
from tests.agreement_cases import SEED, Case, cases

TABLE = Path(__file__).parent / "known_answers" / "lavaan_syntax.csv"

R = r"""
suppressMessages(library(lavaan))
args <- commandArgs(TRUE)
model <- paste(readLines(args[1]), collapse = "\n")
data <- read.csv(args[2])
options <- eval(parse(text = args[3]))
fit <- tryCatch(do.call(lavaan, c(list(model, data = data), options)),
                error = function(e) { message(conditionMessage(e)); NULL })
if (is.null(fit) || !lavInspect(fit, "converged")) { cat("no maximum\n"); quit(status = 0) }
pe <- parameterEstimates(fit, remove.nonfree = FALSE)
if (is.null(pe$level)) pe$level <- 1
if (is.null(pe$group)) pe$group <- 1
write.csv(pe[c("level", "group", "lhs", "op", "rhs", "est", "se")], args[4], row.names = FALSE)
fm <- fitMeasures(fit)
want <- c("logl", "unrestricted.logl", "npar", "df", "chisq", "cfi", "rmsea")
write.csv(data.frame(quantity = want, value = fm[want]), args[5], row.names = FALSE)
cat(as.character(packageVersion("lavaan")), as.character(getRversion()), "\n")
"""


Key = tuple[int, int, str, str, str]
"""Level, group, left side, operator and right side of a row of lavaan's table."""


def keys(spec: Any, data: Any) -> list[tuple[str, tuple[str, ...], Key]]:
    """Return our parameters with their labels, and the row of lavaan's table that each is."""
    if isinstance(spec, bp.ClusterTrial):
        return trial_keys(spec, data)
    out = []
    for number, label in enumerate(data.group_names or ("",), 1):
        for parameter, at, (level, *row) in keys_of_one(spec, data):
            moving = bool(spec.groups) and moves(spec, parameter)
            if number == 1 or moving:
                out.append((parameter, (label, *at) if moving else at, (level, number, *row)))
    return out


def keys_of_one(spec: bp.RICLPM, data: bp.Panel) -> list[tuple[str, tuple[str, ...], tuple[int, str, str, str]]]:
    """Return those of one group of pupils, without the number of the group."""
    observed = settle(spec.columns, spec.covariates, waves=data.waves, columns=None, least=2)
    columns = behind(spec, observed)
    short = factor_names(spec, columns, observed)
    cells = columns.cells
    top = 1 + len(spec.cluster_levels)
    out: list[tuple[str, tuple[str, ...], tuple[int, str, str, str]]] = []

    def add(parameter: str, at: tuple[str, ...], level: int, lhs: str, op: str, rhs: str = "") -> None:
        out.append((parameter, at, (level, lhs, op, rhs)))

    def symmetric(parameter: str, names: list[str], factors: list[str], level: int, *before: str) -> None:
        for i in range(len(names)):
            for j in range(i, len(names)):
                add(parameter, (*before, names[j], names[i]), level, factors[i], "~~", factors[j])

    names, waves = list(cells), data.waves
    factor = {name: [short[f"w {c}"] for c in group] for name, group in cells.items()}
    stable = {name: short[f"RI {name}"] for name in names}
    if spec.slopes:
        stable = {f"intercept of {name}": value for name, value in stable.items()}
        stable |= {f"slope of {name}": short[f"slope {name}"] for name in names}
    if spec.indicators:
        out += keys_of_items(spec, observed)
    for t, wave in enumerate(waves if spec.means == "free" else waves[:1]):
        later = spec.indicators if has_means(spec) and t else ()
        for name in later if spec.indicators else names:
            add("mean", (wave, name) if spec.means == "free" else (name,), top, cells[name][t], "~1")
    apart = spec.order == 2 and spec.lags == "equal"
    for t, (a, b) in enumerate(pairwise(waves)):
        at = (f"{a}-{b}",)
        for y, x in product(names, names):
            if apart and t == 0:
                add("first_lag", (y, x), 1, factor[y][1], "~", factor[x][0])
            elif spec.lags == "free" or t == (1 if apart else 0):
                label = (*(at if spec.lags == "free" else ()), y, x)
                add("lag", label, 1, factor[y][t + 1], "~", factor[x][t])
            if spec.order == 2 and (spec.lags == "free" or t == 1) and t:
                span = (f"{waves[t - 1]}-{b}",) if spec.lags == "free" and len(waves) > 3 else ()
                add("lag_2", (*span, y, x), 1, factor[y][t + 1], "~", factor[x][t - 1])
        if t == 0:
            symmetric("initial_cov", names, [factor[name][0] for name in names], 1)
        if spec.innovations == "free" or t == 0:
            now = [factor[name][t + 1] for name in names]
            symmetric("innovation_cov", names, now, 1, *(at if spec.innovations == "free" else ()))
    if spec.covariates and spec.covariate_effects == "stable":
        for (name, value), x in product(stable.items(), spec.covariates):
            add("covariate_effect", (name, x), 1, value, "~", columns.covariates[x])
    elif spec.covariates:
        for (t, wave), name, x in product(enumerate(waves), names, spec.covariates):
            add("covariate_effect", (wave, name, x), 1, cells[name][t], "~", columns.covariates[x])
    for t, name in product(range(len(waves)) if spec.error != "none" else (), names):
        if spec.error == "free":
            add("error_variance", (f"{name}@{waves[t]}",), 1, cells[name][t], "~~", cells[name][t])
        elif t == 0:
            add("error_variance", (name,), 1, cells[name][t], "~~", cells[name][t])
    if spec.accumulating:
        for name, (other, value) in product(names, stable.items()):
            add("first_loading", (name, other), 1, factor[name][0], "~", value)
    if spec.intercepts:
        symmetric("growth_cov" if spec.slopes else "intercept_cov", list(stable), list(stable.values()), 1)
    for level in spec.cluster_levels:
        if spec.effects_of(level) == "stable":
            symmetric(f"{level}_cov", names, [short[f"{level} {name}"] for name in names], 2)
        else:
            labels = {f"{name}@{wave}": cells[name][t] for name in names for t, wave in enumerate(waves)}
            symmetric(f"{level}_cov", list(labels), list(labels.values()), 2)
    return out


def keys_of_items(spec: bp.RICLPM, columns: Columns) -> list[tuple[str, tuple[str, ...], tuple[int, str, str, str]]]:
    """Return those of what measures variables."""
    waves, single = columns.waves, [name for name in spec.variables if name not in spec.indicators]
    out: dict[tuple[str, tuple[str, ...]], tuple[int, str, str, str]] = {}
    for t, wave in enumerate(items_of(spec, columns)):
        for one in wave:
            alone = f"{one.item}@{waves[t]}"
            if not one.first:
                out.setdefault(("item_loading", (one.loading or alone,)), (1, one.factor, "=~", one.column))
            out.setdefault(("item_intercept", (one.intercept or alone,)), (1, one.column, "~1", ""))
            out["item_variance", (waves[t], one.item)] = (1, one.column, "~~", one.column)
    for name, t in product(single if "intercept" in HELD[spec.invariance] else (), (0,)):
        out["item_intercept", (name,)] = (1, columns.cells[name][t], "~1", "")
    for level, own in product(spec.item_effects, spec.indicators.values()):
        out |= {("item_effect_variance", (level, item)): (1, f"own_{item}", "~~", f"own_{item}") for item in own}
    return [(name, at, key) for (name, at), key in out.items()]


def trial_keys(spec: bp.ClusterTrial, data: bp.Trial) -> list[tuple[str, tuple[str, ...], Key]]:
    """As `keys`, for a trial in schools with two arms."""
    name, arm, _ = trial_names(spec, data.arms, dict(data.baseline))
    out: list[tuple[str, tuple[str, ...], Key]] = []
    labels = list(name)
    out += [("mean", (cell,), (2, 1, name[cell], "~1", "")) for cell in labels]
    out += [("effect", (cell,), (2, 1, name[cell], "~", next(iter(arm.values())))) for cell in spec.outcomes]
    for level, parameter in ((1, "residual_cov"), (2, "school_cov")):
        for i, a in enumerate(labels):
            out += [(parameter, (b, a), (level, 1, name[a], "~~", name[b])) for b in labels[i:]]
    return out


def value_at(estimates: xr.Dataset, parameter: str, at: tuple[str, ...]) -> float:
    """Return one of our numbers."""
    array = estimates[parameter]
    return float(array.sel(dict(zip(map(str, array.dims), at, strict=True))))


def compare_at(case: Case, parameter: str, at: str) -> tuple[str, ...]:
    """Return the labels of a parameter from the table's text."""
    return next(
        labels for name, labels, _ in keys(case.spec, case.data) if (name, ", ".join(labels)) == (parameter, at)
    )


def ask_lavaan(case: Case) -> tuple[pd.DataFrame, pd.Series[float], str] | None:
    """Return lavaan's estimates, its indices of fit, and its version; None where it finds no maximum."""
    spec, data = case.spec, case.data
    text = (
        to_lavaan(spec, arms=data.arms, baseline=dict(data.baseline) if spec.adjustment != "none" else None)
        if isinstance(spec, bp.ClusterTrial)
        else to_lavaan(spec, waves=data.waves, groups=data.group_names or None)
    )
    frame = lavaan_data(spec, data)
    has_holes = bool(frame.isna().any().any())
    # Standard errors of a trial's effects are those of generalised least squares: the expected information.
    kind = "expected" if isinstance(spec, bp.ClusterTrial) else "observed"
    options = [f'information = "{kind}"']
    options += [f'cluster = "{level}", optim.method = "nlminb"' for level in spec.cluster_levels]
    if getattr(spec, "groups", ""):
        values = ", ".join(f'"{name}"' for name in data.group_names)
        options += [f'group = "{spec.groups}", group.label = c({values})']
    options += ['missing = "fiml"'] if has_holes or not spec.cluster_levels else []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        (path / "model.txt").write_text(text)
        (path / "run.R").write_text(R)
        frame.to_csv(path / "data.csv", index=False)
        arguments = [
            path / "model.txt",
            path / "data.csv",
            f"list({', '.join(options)})",
            path / "pe.csv",
            path / "fm.csv",
        ]
        done = subprocess.run(
            ["Rscript", str(path / "run.R"), *map(str, arguments)], capture_output=True, text=True, check=True
        )
        if "no maximum" in done.stdout:
            return None
        pe = pd.read_csv(path / "pe.csv", keep_default_na=False, na_values=["NA"])
        fm = pd.read_csv(path / "fm.csv").set_index("quantity")["value"]
        return pe, fm, done.stdout.strip()


def compare(case: Case) -> list[dict[str, Any]]:
    """Return the rows of the table for one case."""
    asked = ask_lavaan(case)
    ours = bp.maximum_likelihood(case.spec, case.data)
    row = {"case": case.name, "parameter": "", "at": ""}
    if asked is None:
        return [
            row
            | {
                "quantity": "log_likelihood",
                "lavaan": np.nan,
                "bayespanel": ours.log_likelihood,
                "versions": "no maximum",
            }
        ]
    pe, fm, versions = asked
    rows = [
        row | {"quantity": "log_likelihood", "lavaan": fm["logl"], "bayespanel": ours.log_likelihood},
        row | {"quantity": "n_parameters", "lavaan": fm["npar"], "bayespanel": ours.n_parameters},
    ]
    if hasattr(ours, "df"):
        for theirs, name in (("df", "df"), ("chisq", "chi_square"), ("cfi", "cfi"), ("rmsea", "rmsea")):
            rows.append(row | {"quantity": name, "lavaan": fm[theirs], "bayespanel": getattr(ours, name)})
        top = ours.chi_square / 2 + ours.log_likelihood
        rows.append(
            row | {"quantity": "unrestricted_log_likelihood", "lavaan": fm["unrestricted.logl"], "bayespanel": top}
        )
    table = pe.set_index(["level", "group", "lhs", "op", "rhs"])
    for parameter, at, key in keys(case.spec, case.data):
        found = table.loc[key]
        here = {"case": case.name, "parameter": parameter, "at": ", ".join(at)}
        mine = value_at(ours.estimates, parameter, at), value_at(ours.standard_errors, parameter, at)
        rows.append(here | {"quantity": "estimate", "lavaan": found["est"], "bayespanel": mine[0]})
        if parameter in ("mean", "effect") or isinstance(case.spec, bp.RICLPM):
            rows.append(here | {"quantity": "standard_error", "lavaan": found["se"], "bayespanel": mine[1]})
    return [r | {"versions": versions} for r in rows]


def run(names: Collection[str] = ()) -> pd.DataFrame:
    """Return the table of the cases that are named, or of all."""
    rows = []
    for case in (case for case in cases() if not names or case.name in names):
        rows += compare(case)
        print(f"{case.name}: {rows[-1]['versions']}", flush=True)
    table = pd.DataFrame(rows)
    table["difference"] = table["bayespanel"] - table["lavaan"]
    version = table.pop("versions").str.split(" ", expand=True).replace({"no": None, "maximum": None})
    table["program"] = "lavaan " + version[0].ffill().bfill() + ", R " + version[1].ffill().bfill()
    table = table.assign(date=datetime.now(UTC).date().isoformat(), seed=str(SEED))
    table.loc[table["quantity"] != "log_likelihood", ["program", "date", "seed"]] = ""  # once for each case
    return table


def write(table: pd.DataFrame) -> None:
    """Freeze the rows of these cases; those of other cases stay as they are."""
    known = pd.read_csv(TABLE, dtype=str, keep_default_na=False)
    fresh = pd.read_csv(StringIO(table.to_csv(index=False, float_format="%.12g")), dtype=str, keep_default_na=False)
    pd.concat([known[~known["case"].isin(fresh["case"])], fresh]).to_csv(TABLE, index=False)


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """Return the worst difference of each case: estimates in standard errors, standard errors relative."""
    rows = []
    for name, part in table.groupby("case", sort=False):
        row: dict[str, Any] = {"case": name}
        single = part[part["parameter"].isna() | (part["parameter"] == "")].set_index("quantity")["difference"]
        row |= {key: single.get(key, np.nan) for key in ("log_likelihood", "n_parameters", "df", "chi_square")}
        wide = part[part["parameter"].fillna("") != ""]
        if len(wide):
            wide = wide.pivot(index=["parameter", "at"], columns="quantity", values=["lavaan", "difference"])
            error = wide["lavaan"]["standard_error"]
            row["estimates"] = (wide["difference"]["estimate"] / error).abs().max()
            row["standard_errors"] = (wide["difference"]["standard_error"] / error).abs().max()
        rows.append(row)
    return pd.DataFrame(rows)


def main() -> None:
    """Compare where lavaan is there, and show the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="freeze the numbers")
    parser.add_argument("names", nargs="*", help="cases; others stay as they are frozen")
    options = parser.parse_args()
    ask = 'quit(status = !requireNamespace("lavaan", quietly = TRUE))'
    there = shutil.which("Rscript") and subprocess.run(["Rscript", "-e", ask], capture_output=True).returncode == 0
    if there:
        table = run(options.names)
        if options.write:
            write(table)
    else:
        print(f"No Rscript with lavaan here: the numbers frozen in {TABLE.name}.\n")
        table = pd.read_csv(TABLE)
    print(summary(table).to_string(index=False, float_format=lambda value: f"{value:.1e}"))


if __name__ == "__main__":
    main()
