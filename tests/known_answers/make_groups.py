"""Make groups_fit.csv, groups_estimates.csv and the moments behind them; see README.

Run as `python -m tests.known_answers.make_groups DATA FOLDER`. DATA holds the tables of pupils; FOLDER the answers:
fit.csv and a table of parameters for each model as lavaan's `parameterEstimates` writes them, and those of models with
schools that groups share, by twolevel.py.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pandas as pd

from bayespanel import Panel
from tests.known_answers.make_family import parts

HERE = Path(__file__).parent
MULDER = {
    "b0_groups_free": "",
    "b1_groups_equal_lags": "lag",
    "b2_groups_equal_lags_innov": "lag innovation",
    "b3_groups_all_but_means": "lag innovation initial intercept",
    "b4_groups_all_equal": "lag innovation initial intercept mean",
    "b5_groups_free_wavelags": "",
    "b6_groups_equal_wavelags": "lag",
}
JSP = {
    "b0_groups_free": "",
    "b1_groups_lag": "lag",
    "b2_groups_lag_innov": "lag innovation",
    "b4_groups_lag_innov_init_ri": "lag innovation initial intercept",
    "j1_groups_free": "",
    "j2_groups_equal_lags": "lag",
    "j3_groups_equal_lags_innov": "lag innovation",
    "j4_groups_all_but_means": "lag innovation initial intercept",
    "j5_groups_free_no_schools": "",
}
"""Model -> the blocks that are equal in both groups."""

MODELS = {
    **{f"mulder_{name}": ("mulder_groups", equal) for name, equal in MULDER.items()},
    **{f"mulder_{name}_mar": ("mulder_mar_groups", equal) for name, equal in list(MULDER.items())[:4]},
    **{f"jsp_{name}": ("jsp_groups", equal) for name, equal in JSP.items()},
}
"""Model -> its moments, and the blocks that are equal in both groups."""

LAVAANS = {"mulder_groups": ("1", "0"), "mulder_mar_groups": ("1", "0"), "jsp_groups": ("girl", "boy")}
"""Moments -> names of the groups in lavaan's order, which is that of appearance."""

NAMES = {"x": "math", "y": "english"}
PARAMETERS = {"init": "initial_cov", "innov": "innovation_cov", "ri": "intercept_cov", "school": "school_cov"}
LAVAAN, OWN = "lavaan 0.6-14, R 4.2.2", "twolevel.py, numpy 2.5.5"
Place = tuple[str, str]


def panels(data: Path, answers: Path) -> dict[str, Panel]:
    """Read the panels as the recipes prepare them."""
    out = {}
    sex = pd.read_csv(answers / "data" / "mulder_columns.csv")["g"]
    for name in ("mulder", "mulder_mar"):
        frame = pd.read_csv(data / f"riclpm_{name}.csv").assign(g=sex)
        columns = {v: [f"{v}{t}" for t in range(1, 6)] for v in "xy"}
        out[f"{name}_groups"] = Panel.from_wide(frame, columns=columns, group="g")
    jsp = pd.read_csv(data / "jsp_wide.csv")
    columns = {v: [f"{v}{t}" for t in range(3)] for v in ("math", "english")}
    jsp[[c for group in columns.values() for c in group]] /= 10
    out["jsp_groups"] = Panel.from_wide(
        jsp, columns=columns, pupil="pid", waves=list("012"), group="gender", school="school"
    )
    return out


def main(data: Path, answers: Path) -> None:
    """Write moments and both tables."""
    for name, panel in panels(data, answers).items():
        panel.moments().save(HERE / f"{name}.nc")
    lavaan = pd.read_csv(answers / "fit.csv").set_index("file")
    own = pd.read_csv(answers / "fit_two_level_groups.csv").set_index("file")
    fits, estimates = [], []
    for model, (moments, equal) in MODELS.items():
        table = pd.read_csv(answers / f"{model}.csv")
        if "_j" in model:
            row, found = own.loc[f"{model}.csv"], ours_of_own(table, equal)
            known = (row["logl"], row["npar"], None, None, row["n"], OWN)
        else:
            row, found = lavaan.loc[f"{model}.csv"], ours(table, equal, LAVAANS[moments], "wavelags" in model)
            known = (row["logl"], row["npar"], row["df"], row["chi2"], row["n"], LAVAAN)
        schools = "_j" in model and "no_schools" not in model
        if len(found) != row["npar"]:
            raise SystemExit(f"{model} has {row['npar']} parameters; {len(found)} were found.")
        fits.append((model, moments, "school" if schools else "", "wavelags" in model, equal, *known))
        estimates.append(found.assign(model=model))
    columns = ["model", "data", "level", "free_lags", "equal", "log_likelihood", "n_parameters", "df", "chi_square"]
    pd.DataFrame(fits, columns=[*columns, "n_pupils", "software"]).to_csv(HERE / "groups_fit.csv", index=False)
    every = pd.concat(estimates)[["model", "parameter", "at", "estimate", "standard_error"]]
    every.to_csv(HERE / "groups_estimates.csv", index=False)


def ours(table: pd.DataFrame, equal: str, groups: tuple[str, ...], by_wave: bool) -> pd.DataFrame:
    """Return lavaan's free parameters by our names and labels, what groups share once."""
    rows = []
    for row in table[table["se"] > 0].itertuples(index=False):
        parameter, at = place(row.lhs, row.op, row.rhs, jsp="girl" in groups, by_wave=by_wave)
        rows.append((*shared(parameter, at, groups[row.group - 1], equal), row.est, row.se))
    return once(rows)


def ours_of_own(table: pd.DataFrame, equal: str) -> pd.DataFrame:
    """Return the parameters of twolevel.py by our names and labels, what groups share once."""
    rows = []
    for name, estimate, error in table[["parameter", "est", "se"]].itertuples(index=False):
        kind, wave, pair, group = re.fullmatch(r"([a-z]+)(\d?)_(\w\w)(?:_g(\d))?", name).groups()  # type: ignore[union-attr]  # or it fails
        first, second = pair
        if kind == "mean":
            parameter, at = "mean", f"{int(second) - 1}, {NAMES[first]}"
        elif kind == "lag":
            parameter, at = "lag", f"{NAMES[first]}, {NAMES[second]}"
        else:
            interval = f"{int(wave) - 2}-{int(wave) - 1}, " if wave else ""
            parameter, at = PARAMETERS[kind], f"{interval}{NAMES[second]}, {NAMES[first]}"
        label = "" if group is None else ("boy", "girl")[int(group)]
        rows.append((*shared(parameter, at, label, equal), estimate, error))
    return once(rows)


def once(rows: list[tuple[str, str, float, float]]) -> pd.DataFrame:
    found = pd.DataFrame(rows, columns=["parameter", "at", "estimate", "standard_error"])
    return found.drop_duplicates(["parameter", "at"])


def shared(parameter: str, at: str, group: str, equal: str) -> Place:
    """Return name and labels, the group first unless the parameter is equal in all."""
    return parameter, at if not group or parameter.removesuffix("_cov") in equal.split() else f"{group}, {at}"


def place(lhs: str, op: str, rhs: object, *, jsp: bool, by_wave: bool) -> Place:
    """Return our name and labels of one of lavaan's parameters; the JSP's waves count from 0, its factors from 1."""
    if op == "~1":
        return "mean", f"{lhs[-1]}, {lhs[:-1]}"
    (kind, one, wave), (_, two, _) = parts(lhs, ""), parts(str(rhs), "")
    names = NAMES if jsp else {"x": "x", "y": "y"}

    def interval(end: str) -> str:
        return f"{int(end) - 1 - jsp}-{int(end) - jsp}, "

    if op == "~":
        return "lag", f"{interval(wave) if by_wave else ''}{names[one]}, {names[two]}"
    pair = ", ".join(names[name] for name in sorted((one, two), reverse=True))
    if kind == "RI":
        return "intercept_cov", pair
    return ("initial_cov", pair) if wave == "1" else ("innovation_cov", f"{interval(wave)}{pair}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
