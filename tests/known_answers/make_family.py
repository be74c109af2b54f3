"""Make family_fit.csv and family_estimates.csv from lavaan's tables of estimates; see README.

Run as `python -m tests.known_answers.make_family FOLDER DATA`, where FOLDER holds fit.csv and a table of parameters for
each model, as lavaan's `parameterEstimates` writes them, and DATA the original data. The moments of data with further
columns, data/mulder_columns.csv of FOLDER, are written too.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pandas as pd

from bayespanel import Panel

HERE = Path(__file__).parent
MODELS = {
    "mulder_c1_starts_x": "starts",
    "mulder_c2_starts_y": "starts",
    "mulder_c3_starts_bivariate": "starts",
    "mulder_c6_starts_bivariate_ecov": "starts, correlated errors",
    "mulder_c1_starts_x_mar": "starts",
    "mulder_c2_starts_y_mar": "starts",
    "mulder_c3_starts_bivariate_mar": "starts",
    "mulder_d1_lcmsr": "slopes, means on a line",
    "mulder_d1_lcmsr_mar": "slopes, means on a line",
    "mulder_d2_random_slopes_free_means": "slopes",
    "mulder_d2_random_slopes_free_means_mar": "slopes",
    "mulder_h1_free_ri_loadings": "free loadings",
    "mulder_h1_free_ri_loadings_mar": "free loadings",
    "mulder_h2_free_ri_loadings_wavelags": "free loadings and lags",
    "mulder_e1_lag2_equal": "order 2",
    "mulder_e1_lag2_equal_mar": "order 2",
    "mulder_e2_lag2_free": "order 2, free lags",
    "mulder_f1_dpm": "dpm",
    "mulder_f1_dpm_mar": "dpm",
    "mulder_f7_dpm_free_lags": "dpm, free lags",
    "jsp_f1_dpm": "dpm",
    "mulder_f2_alt": "alt",
    "mulder_f2_alt_mar": "alt",
    "mulder_f3_gclm": "gclm",
    "mulder_f3_gclm_mar": "gclm",
    "mulder_f4_gclm_ma_only": "gclm, own moving averages",
    "mulder_f5_gclm_no_ma": "gclm, no moving averages",
    "mulder_f6_gclm_free_loadings": "gclm, free loadings",
    "mulder_a1_zc_to_ri": "stable effects: zc",
    "mulder_a1_zc_to_ri_mar": "stable effects: zc",
    "mulder_a2_zb_to_ri": "stable effects: zb",
    "mulder_a2_zb_to_ri_mar": "stable effects: zb",
    "mulder_a3_zc_every_wave": "effects by wave: zc",
    "mulder_a3_zc_every_wave_mar": "effects by wave: zc",
    "mulder_a6_zc_to_ri_free_lags": "stable effects, free lags: zc",
    "mulder_a7_zc_stable_on_observed": "stable effects: zc",
    "mulder_a4_distal_on_ri": "distal effects:",
    "mulder_a4_distal_on_ri_mar": "distal effects:",
    "mulder_a5_zc_zb_to_ri_and_distal": "distal effects: zc zb",
    "mulder_a5_zc_zb_to_ri_and_distal_mar": "distal effects: zc zb",
    "jsp_a1_raven_girl_to_ri": "stable effects: rav girl",
    "jsp_a3_raven_every_wave": "effects by wave: rav girl",
}
"""Model -> what it is, for `tests/families/panel/test_family_known_answers.py`."""


COLUMNS = ["lhs", "op", "rhs", "label", "est", "se"]


def main(folder: Path, data: Path) -> None:
    """Write both tables, and moments with further columns."""
    for name, panel in panels(folder, data).items():
        panel.moments().save(HERE / f"{name}.nc")
    fit = pd.read_csv(folder / "fit.csv").set_index("file")
    fits, estimates = [], []
    for model, kind in MODELS.items():
        row = fit.loc[f"{model}.csv"]
        table = ours(in_xy(pd.read_csv(folder / f"{model}.csv")), kind)
        names = sorted(set(table["at"][table["parameter"] == "lag"].str[-1]))
        more = "effects" in kind or model.startswith("jsp")
        data = f"{model.split('_')[0]}{'_columns' * more}{'_mar' * model.endswith('_mar')}"
        known = (row["logl"], row["npar"], row["df"], row["chi2"], row["n"], row["proper"])
        fits.append((model, data, kind, " ".join(names), *known, "lavaan 0.6-14, R 4.2.2"))
        estimates.append(table.assign(model=model))
    columns = ["model", "data", "kind", "variables", "log_likelihood", "n_parameters", "df", "chi_square", "n_pupils"]
    pd.DataFrame(fits, columns=[*columns, "proper", "software"]).to_csv(HERE / "family_fit.csv", index=False)
    every = pd.concat(estimates)[["model", "parameter", "at", "estimate", "standard_error"]]
    every.to_csv(HERE / "family_estimates.csv", index=False)


def panels(folder: Path, data: Path) -> dict[str, Panel]:
    """Read the panels that have further columns, with variables x and y."""
    out = {}
    more = pd.read_csv(folder / "data" / "mulder_columns.csv")[["zc", "zb", "dist"]]
    for end in ("", "_mar"):
        frame = pd.read_csv(data / f"riclpm_mulder{end}.csv").assign(**more)
        columns = {v: [f"{v}{t}" for t in range(1, 6)] for v in "xy"}
        out[f"mulder_columns{end}"] = Panel.from_wide(frame, columns=columns, covariates=list(more))
    jsp = pd.read_csv(data / "jsp_wide.csv")
    columns = {v: [f"{name}{t}" for t in range(3)] for v, name in (("x", "math"), ("y", "english"))}
    cells = [c for group in columns.values() for c in group]
    jsp[cells] /= 10
    jsp = jsp[jsp[cells].notna().any(axis=1)].assign(girl=lambda t: t["gender"] == "girl")
    jsp = jsp.assign(girl=jsp["girl"].astype(int), rav=(jsp["raven"] - 25) / 5)
    out["jsp_columns"] = Panel.from_wide(
        jsp, columns=columns, pupil="pid", waves=list("123"), covariates=["rav", "girl"]
    )
    return out


def in_xy(table: pd.DataFrame) -> pd.DataFrame:
    """Return lavaan's table with mathematics 0, 1, 2 called x1, x2, x3, and English y."""

    def renamed(name: object) -> object:
        found = re.fullmatch(r"(math|english)(\d)", str(name))
        return f"{'x' if found[1] == 'math' else 'y'}{int(found[2]) + 1}" if found else name

    return table.assign(lhs=table["lhs"].map(renamed), rhs=table["rhs"].map(renamed))


def ours(table: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Return lavaan's free parameters by our names and labels, what is equal over waves once."""
    alone = table["rhs"].dropna()[table["op"] == "=~"].str[0].iloc[0]  # factors of one variable do not name it
    rows = []
    free = table[table["se"] > 0]
    correlated, by_wave = "correlated" in kind, "lags" in kind
    slopes = bool(free["lhs"].str.startswith("S").any())
    for lhs, op, rhs, label, estimate, error in free[COLUMNS].itertuples(index=False):
        if lhs == "dist":
            at = outcome(op, rhs, lone=kind.endswith(":"))
            rows += [(*at, estimate, error)] if at[0] else []
            continue
        if kind.partition(": ")[2] and (op == "~1" or rhs in kind.split(": ")[1].split()):
            at = predictor(lhs, op, rhs, everywhere=not pd.isna(label) or lhs[:2] == "RI")
            rows += [(*at, estimate, error)] if at[0] else []
            continue
        names = (lhs, op, lhs if pd.isna(rhs) else rhs, alone)
        if "order 2" in kind and lhs[:1] == rhs_of(lhs, rhs)[:1] == "w":
            at = second_order(lhs, op, rhs_of(lhs, rhs), by_wave=by_wave)
            rows += [(*at, estimate, error)] if at[0] else []
            continue
        if "dpm" in kind:
            at = unit_effects(*names, by_wave=by_wave)
            rows += [(*at, estimate, error)] if at[0] else []
            continue
        if "alt" in kind:
            at = entering(*names)
            rows += [(*at, estimate, error)] if at[0] else []
            continue
        if "gclm" in kind:
            at = impulses(*names)
            rows += [(*at, estimate, error)] if at[0] else []
            continue
        at = growth(*names) if slopes and lhs[0] in "RS" else place(*names, correlated=correlated, by_wave=by_wave)
        rows.append((*at, estimate, error))
    found = pd.DataFrame(rows, columns=["parameter", "at", "estimate", "standard_error"])
    if "own" in kind:
        here = found["parameter"] == "moving_average"
        found.loc[here, "at"] = found.loc[here, "at"].str[0]
    return found.drop_duplicates(["parameter", "at"])


def predictor(lhs: str, op: str, rhs: str, *, everywhere: bool) -> tuple[str, str]:
    """Return our name and labels of an effect of a covariate; none of means, which lavaan has at covariates of 0."""
    if op == "~1":
        return "", ""
    variable, wave = (lhs[2], "") if lhs[:2] == "RI" else (lhs[0], lhs[1])
    return "covariate_effect", f"{'' if everywhere else f'{wave}, '}{variable}, {rhs}"


def outcome(op: str, rhs: object, *, lone: bool) -> tuple[str, str]:
    """Return our name and labels of a parameter of the outcome after the last wave; `lone`: without covariates."""
    if op == "~1":  # ours is the mean, lavaan's that at random intercepts of 0: with covariates, at covariates of 0
        return "distal_mean" if lone else "", "dist" if lone else ""
    return ("distal_effect", f"dist, {str(rhs)[2]}") if op == "~" else ("distal_variance", "dist")


def growth(lhs: str, op: str, rhs: str, alone: str) -> tuple[str, str]:
    """Return our name and labels of a mean or (co)variance of lavaan's factors RI and S."""
    terms = [({"RI": "intercept", "S": "slope"}[found[0]], found[1]) for found in (parts(n, alone) for n in (lhs, rhs))]
    if op == "~1":
        return "mean", ", ".join(terms[0])
    order = [("intercept", "x"), ("intercept", "y"), ("slope", "x"), ("slope", "y")]
    one, two = sorted(terms, key=order.index, reverse=True)
    return "growth_cov", f"{one[0]} of {one[1]}, {two[0]} of {two[1]}"


def rhs_of(lhs: str, rhs: object) -> str:
    """Return the right-hand side of a row, which a mean does not have."""
    return lhs if pd.isna(rhs) else str(rhs)


def second_order(lhs: str, op: str, rhs: str, *, by_wave: bool) -> tuple[str, str]:
    """Return our name and labels of a parameter within pupils; none of the second wave, regressed on the first."""
    (here, target), (there, source) = ((int(name[2]), name[1]) for name in (lhs, rhs))
    if op == "~":
        at = f"{there}-{here}, " if by_wave else ""
        return ("lag_2" if here - there == 2 else "lag"), f"{at}{target}, {source}"
    pair = ", ".join(sorted((target, source), reverse=True))
    if (here, there) == (1, 1):
        return "initial_cov", pair
    return ("innovation_cov", f"{here - 1}-{here}, {pair}") if min(here, there) > 2 else ("", "")


def unit_effects(lhs: str, op: str, rhs: str, _alone: str, *, by_wave: bool) -> tuple[str, str]:
    """Return our name and labels of a parameter of a DPM; none where we have another one in its place.

    Instead of covariances with the first wave we have effects on it, and instead of intercepts of later waves their
    means.
    """
    if ("1" in lhs + rhs and op == "~~") or (op == "~1" and lhs[1] != "1"):
        return "", ""
    if op == "~1":
        return "mean", f"{lhs[1]}, {lhs[0]}"
    if op == "~":
        return "lag", f"{f'{rhs[1]}-{lhs[1]}, ' if by_wave else ''}{lhs[0]}, {rhs[0]}"
    if lhs[0] == "A":
        return "intercept_cov", ", ".join(sorted((lhs[1], rhs[1]), reverse=True))
    return "innovation_cov", f"{int(lhs[1]) - 1}-{lhs[1]}, {', '.join(sorted((lhs[0], rhs[0]), reverse=True))}"


def entering(lhs: str, op: str, rhs: str, alone: str) -> tuple[str, str]:
    """Return our name and labels of a parameter of an ALT model, whose lines I and S enter waves after the first.

    Instead of (co)variances of the first wave we have effects on it.
    """
    if lhs[0] in "IS" and rhs[0] in "IS":
        return growth(lhs.replace("I", "RI"), op, rhs.replace("I", "RI"), alone)
    if op == "~1":
        return "first_mean", lhs[0]
    return unit_effects(lhs, op, rhs, alone, by_wave=False)


def impulses(lhs: str, op: str, rhs: str, _alone: str) -> tuple[str, str]:
    """Return our name and labels of a parameter of a GCLM, whose factors u and v are innovations of x and y.

    Instead of intercepts of later waves we have their means.
    """
    ours = {"u": "x", "v": "y"}
    if op == "~1":
        return ("mean", f"1, {lhs[0]}") if lhs[1] == "1" else ("", "")
    if op == "=~":
        return ("first_loading", rhs[0]) if rhs[1] == "1" else ("intercept_loading", f"{rhs[1]}, {rhs[0]}")
    if op == "~":
        return ("moving_average" if rhs[0] in ours else "lag"), f"{lhs[0]}, {ours.get(rhs[0], rhs[0])}"
    if lhs[0] == "U":
        return "intercept_cov", ", ".join(sorted((lhs[1], rhs[1]), reverse=True))
    pair = ", ".join(sorted((ours[lhs[0]], ours[rhs[0]]), reverse=True))
    return ("initial_cov", pair) if lhs[1] == "1" else ("innovation_cov", f"{int(lhs[1]) - 1}-{lhs[1]}, {pair}")


def place(lhs: str, op: str, rhs: str, alone: str, *, correlated: bool, by_wave: bool) -> tuple[str, str]:
    """Return our name and labels of one of lavaan's parameters."""
    here, there = parts(lhs, alone), parts(rhs, alone)
    if op == "~1":
        return "mean", f"{here[2]}, {here[1]}"
    if op == "=~":
        return "intercept_loading", f"{there[2]}, {there[1]}"
    if op == "~":
        interval = f"{there[2]}-{here[2]}, " if by_wave else ""
        return "lag", f"{interval}{here[1]}, {there[1]}"
    pair = ", ".join(sorted((here[1], there[1]), reverse=True))
    if here[0] == "RI":
        return "intercept_cov", pair
    if here[0] == "w":
        wave = int(here[2])
        return ("initial_cov", pair) if wave == 1 else ("innovation_cov", f"{wave - 1}-{wave}, {pair}")
    return ("error_cov", pair) if correlated else ("error_variance", here[1])


def parts(name: str, alone: str) -> tuple[str, str, str]:
    """Return what a name of lavaan's is of ("RI", "S", "w" or nothing), its variable and its wave."""
    found = re.fullmatch(r"(RI|S|w)?([xy]?)(\d?)", name)
    assert found is not None, name
    return found[1] or "", found[2] or alone, found[3]


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
