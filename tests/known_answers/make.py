"""Make the known answers in this folder: python tests/known_answers/make.py <shared>.

`shared` is the folder with data/ and known_answers/ that README.md describes. The original data are needed, so this
runs by hand, never in the tests; what it writes is committed. Numbers are copied as text, digit for digit.
"""

from __future__ import annotations

import csv
import re
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from bayespanel import Panel, Trial

HERE = Path(__file__).parent

LAVAAN = "lavaan 0.6-14, R 4.2.2"
STAN = "rstan 2.21, R 4.2.2, seed 20240607"
TRIALS = ("starK_math_cltype_ml", "starK_read_cltype_ml")
"""lme4's fits of the class-size trial that are maximum likelihood with class and school effects."""
SPEC = ("levels", "lags", "innovations", "means", "intercepts", "cluster_effects")
BASIC = {
    "levels": "pupil", "lags": "free", "innovations": "free", "means": "free", "intercepts": "TRUE",
    "cluster_effects": "stable",
}  # fmt: skip
SCHOOLS = {"levels": "pupil school", "cluster_effects": "by_wave"}
MODELS: dict[str, tuple[str, str, str, dict[str, str]]] = {
    "mulder_riclpm_free": ("mulder", "riclpm", "01", {}),
    "mulder_riclpm_equal_lags": ("mulder", "riclpm", "01", {"lags": "equal"}),
    "mulder_riclpm_equal_means": ("mulder", "riclpm", "01", {"means": "equal"}),
    "mulder_riclpm_equal_lags_innov": ("mulder", "riclpm", "01", {"lags": "equal", "innovations": "equal"}),
    "mulder_riclpm_all_equal": (
        "mulder", "riclpm", "01", {"lags": "equal", "innovations": "equal", "means": "equal"},
    ),
    "mulder_clpm_free": ("mulder", "riclpm", "01", {"intercepts": "FALSE"}),
    "mulder_clpm_equal_lags": ("mulder", "riclpm", "01", {"intercepts": "FALSE", "lags": "equal"}),
    "mulder_riclpm_free_fiml_mar": ("mulder_mar", "riclpm", "01", {}),
    "mulder_riclpm_equal_lags_innov_fiml_mar": (
        "mulder_mar", "riclpm", "01", {"lags": "equal", "innovations": "equal"},
    ),
    "star_riclpm_free_fiml": ("star", "riclpm", "10", {}),
    "star_riclpm_equal_lags_fiml": ("star", "riclpm", "10", {"lags": "equal"}),
    "star_clpm_free_fiml": ("star", "riclpm", "10", {"intercepts": "FALSE"}),
    "jsp_riclpm_single_level_fiml": ("jsp", "riclpm", "04", {}),
    "jsp_riclpm_equal_lags_single_level_fiml": ("jsp", "riclpm", "04", {"lags": "equal"}),
    "jsp_riclpm_twolevel_between_saturated_listwise": (
        "jsp_complete_schools", "riclpm", "04", {"lags": "equal", **SCHOOLS},
    ),
    "jsp_saturated_twolevel_listwise": ("jsp_complete_schools", "saturated", "04", SCHOOLS),
}  # fmt: skip
"""lavaan model -> data, kind of model, recipe, and what its specification changes in `BASIC`."""

# Data -> the names of the waves, and lavaan's first and second variable with ours.
NAMES = {
    "mulder": ("12345", {"x": "x", "y": "y"}),
    "mulder_mar": ("12345", {"x": "x", "y": "y"}),
    "star": ("K123", {"read": "reading", "math": "math"}),
    "jsp": ("012", {"math": "math", "english": "english"}),
    "jsp_complete_schools": ("012", {"math": "math", "english": "english"}),
}
LABELS = ("interval", "wave", "target", "source", "variable", "variable_", "cell", "cell_")
LME4 = ("model", "part", "term", "group", "est", "se")
ORDINAL = ("parameter", "mean", "mcse", "sd", "q2.5", "q25", "q50", "q75", "q97.5", "n_eff", "Rhat", "draws", "prior")
Row = dict[str, str]


def panels(data: Path) -> dict[str, Panel]:
    """Read the panels as the recipes prepare them."""
    out = {}
    for name in ("mulder", "mulder_mar"):
        columns = {v: [f"{v}{t}" for t in range(1, 6)] for v in "xy"}
        out[name] = Panel.from_wide(pd.read_csv(data / f"riclpm_{name}.csv"), columns=columns)
    jsp = pd.read_csv(data / "jsp_wide.csv")
    columns = {v: [f"{v}{t}" for t in range(3)] for v in ("math", "english")}
    cells = [c for group in columns.values() for c in group]
    jsp[cells] /= 10
    out["jsp"] = Panel.from_wide(jsp, columns=columns, pupil="pid", waves="012")
    complete = jsp.dropna(subset=cells)
    out["jsp_complete_schools"] = Panel.from_wide(complete, columns=columns, pupil="pid", waves="012", school="school")
    star = pd.read_csv(data / "star_mlmrev.csv.gz").rename(columns={"read": "reading"})
    star["gr"] = pd.Categorical(star["gr"].astype(str), categories=list("K123"), ordered=True)
    star[["reading", "math"]] /= 10
    out["star"] = Panel.from_long(star, pupil="id", wave="gr", variables=["reading", "math"])
    return out


def trials(data: Path) -> dict[str, Trial]:
    """Read the trials; classes and schools get numbers for names."""
    star = pd.read_csv(data / "star_mlmrev.csv.gz", dtype={"gr": str}).rename(columns={"read": "reading"})
    star = star[(star["gr"] == "K") & star["cltype"].notna()].dropna(subset=["reading", "math"], how="all")
    tvsfp = pd.read_csv(data / "tvsfp.csv")
    tvsfp["arm"] = 2 * tvsfp["cc"] + tvsfp["tv"]
    for frame, classroom, school in ((star, "tch", "sch"), (tvsfp, "class", "school")):
        for column, letter in ((classroom, "c"), (school, "s")):
            frame[column] = [f"{letter}{code + 1:03d}" for code in pd.factorize(frame[column], sort=True)[0]]
    return {
        "star_k": Trial.from_frame(
            star, arm="cltype", control="reg", randomised="class", outcomes=["reading", "math"], classroom="tch",
            school="sch",
        ),
        "star_k_small": Trial.from_frame(
            star.assign(small=np.where(star["cltype"] == "small", "small", "other")), arm="small", control="other",
            randomised="class", outcomes=["reading", "math"], classroom="tch", school="sch",
        ),
        "tvsfp": Trial.from_frame(
            tvsfp, arm="arm", randomised="school", outcomes=["thksord"], covariates=["thkspre"], classroom="class",
            school="school",
        ),
    }  # fmt: skip


def rows_of(path: Path) -> list[Row]:
    """Read a CSV file, every cell as text."""
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def write(name: str, columns: tuple[str, ...], rows: list[Row]) -> None:
    """Write a CSV file beside this one; what a row lacks stays empty."""
    with (HERE / name).open("w", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def fits(answers: Path) -> list[Row]:
    """One row for each lavaan model: what it is, and how it fits."""
    published = {
        row["file"]: row for study in ("mulder", "star", "jsp") for row in rows_of(answers / f"{study}_fit.csv")
    }
    out = []
    for model, (data, kind, recipe, changes) in MODELS.items():
        found = published[f"{model}.csv"]
        row = {"model": model, "data": data, "kind": kind, **BASIC, **changes}
        row |= {to: found[of] for of, to in MEASURES.items()}
        out.append({**row, "software": LAVAAN, "recipe": recipe})
    return out


MEASURES = {
    "npar": "n_parameters", "logl": "log_likelihood", "unrestricted.logl": "unrestricted_log_likelihood",
    "chisq": "chi_square", "df": "df", "pvalue": "p_value", "cfi": "cfi", "rmsea": "rmsea", "aic": "aic", "bic": "bic",
    "ntotal": "n_pupils", "proper": "proper",
}  # fmt: skip
"""lavaan's name of a measure -> ours."""


def estimates(answers: Path) -> list[Row]:
    """One row for each free parameter of each lavaan model."""
    out = []
    for model, (data, kind, _, _) in MODELS.items():
        seen: set[str] = set()
        for row in rows_of(answers / f"{model}.csv"):
            free = row["op"] != "=~" and float(row["se"] or 0) > 0
            if not free or (shared(row) and row["label"] in seen):
                continue
            seen.add(row["label"])
            place = named(row, data, saturated=kind == "saturated")
            out.append({"model": model, **place, "est": row["est"], "se": row["se"]})
    return out


def standardised(answers: Path) -> list[Row]:
    """Read lavaan's completely standardised lags, and correlations, of the models of recipe 01."""
    out = []
    for model, (_, _, recipe, _) in MODELS.items():
        for row in rows_of(answers / f"{model}.csv") if recipe == "01" else ():
            left, right = (re.fullmatch(r"(RI|w?)([xy])([1-5]?)", row[side]) for side in ("lhs", "rhs"))
            if left is None or right is None or (left[2] == right[2] and row["op"] != "~") or row["op"] == "=~":
                continue
            key = {"model": model, "std": row["std.all"]}
            if row["op"] == "~":
                names = {"parameter": "lag_standardised", "target": left[2], "source": right[2]}
                out.append({**key, **names, "interval": f"{right[3]}-{left[3]}"})
            elif left[1] == "RI":
                out.append({**key, "parameter": "intercept_corr"})
            elif left[3] == "1":
                out.append({**key, "parameter": "initial_corr"})
            else:
                interval = f"{int(left[3]) - 1}-{left[3]}"
                out.append({**key, "parameter": "innovation_corr", "interval": interval})
    return out


def shared(row: Row) -> bool:
    """Whether a parameter is equal over waves: its label is "axx", not "axx2"."""
    return row["label"] != "" and not row["label"][-1].isdigit()


def named(row: Row, data: str, *, saturated: bool) -> Row:
    """Our parameter and labels for a row of lavaan's table."""
    waves, variables = NAMES[data]
    names = list(variables.values())
    left, right = row["lhs"], row["rhs"]

    def cell(observed: str) -> tuple[str, str]:
        stem, wave = re.fullmatch(r"([a-z]+)(.)", observed).groups()
        return variables[stem], wave.upper()

    def component(latent: str) -> tuple[str, int]:
        letter, number = re.fullmatch(r"w([xy])(\d)", latent).groups()
        return names["xy".index(letter)], int(number)

    if row["op"] == "~1":
        variable, wave = cell(left)
        return {"parameter": "mean", "variable": variable, "wave": "" if shared(row) else wave}
    if row["op"] == "~~" and left.startswith("RI"):
        pair = [names["xy".index(latent[2])] for latent in (left, right)]
        return {"parameter": "intercept_cov", "variable": pair[0], "variable_": pair[1]}
    if row["op"] == "~~" and (saturated or row["level"] == "2"):
        pair = ["@".join(cell(observed)) for observed in (left, right)]
        name = {"1": "pupil_cov", "2": "school_cov"}[row["level"]]
        return {"parameter": name, "cell": pair[0], "cell_": pair[1]}
    (first, later), (second, _) = component(left), component(right)
    interval = "" if shared(row) or later == 1 else f"{waves[later - 2]}-{waves[later - 1]}"
    if row["op"] == "~":
        return {"parameter": "lag", "interval": interval, "target": first, "source": second}
    name = "initial_cov" if later == 1 else "innovation_cov"
    return {"parameter": name, "interval": interval, "variable": first, "variable_": second}


def posterior(answers: Path) -> list[Row]:
    """Stan's posterior of the two Mulder data sets, a row for each parameter."""
    data = {"mulder_equal_lags_innov": "mulder", "mulder_mar_equal_lags_innov": "mulder_mar"}
    out = []
    for row in rows_of(answers / "stan_riclpm_mulder.csv"):
        kept = {c: row[c] for c in ("mean", "mcse", "sd", "q2.5", "q25", "q50", "q75", "q97.5", "n_eff", "Rhat")}
        place = stan_name(row["parameter"])
        out.append(
            {
                "data": data[row["model"]],
                **place,
                **kept,
                "draws": row["draws"],
                "prior": row["prior"],
                "software": STAN,
            }
        )
    return out


def stan_name(parameter: str) -> Row:
    """Our parameter and labels for a parameter of the Stan program."""
    name, *index = re.findall(r"\w+", parameter)
    at = ["xy"[(int(i) - 1) % 2] for i in index]
    block = {"ri": "intercept", "1": "initial", "e": "innovation"}
    if name == "mu":
        return {"parameter": "mean", "wave": str((int(index[0]) + 1) // 2), "variable": at[0]}
    if name == "A":
        return {"parameter": "lag", "target": at[0], "source": at[1]}
    kind, of, *rest = name.split("_")
    if kind == "sd":
        return {"parameter": f"{block[of]}_sd", "variable": at[0]}
    pair = (rest * 2) or ["x", "y"]
    return {"parameter": f"{block[of]}_{'corr' if kind == 'r' else 'cov'}", "variable": pair[0], "variable_": pair[1]}


def write_trials(shared: Path) -> None:
    """Write the sums and tables of the trials."""
    found = trials(shared / "data")
    found["star_k"].moments().save(HERE / "star_k.nc")
    found["star_k_small"].moments().save(HERE / "star_k_small.nc")
    found["tvsfp"].counts().save(HERE / "tvsfp.nc")
    answers = shared / "known_answers"
    rows = [row for row in rows_of(answers / "trial" / "lme4.csv") if row["model"] in TRIALS]
    write("trial_lme4.csv", LME4, [{name: row[name] for name in LME4} for row in rows])
    rows = rows_of(answers / "trial" / "lme4_random_slopes.csv")
    write("trial_lme4_slopes.csv", LME4, [{name: row[name] for name in LME4} for row in rows])
    rows = rows_of(answers / "bayes" / "rstanarm_star_reading.csv")
    write("trial_rstanarm.csv", ("parameter", "mean", "sd", "note"), rows)
    rows = rows_of(answers / "bayes" / "stan_trial_ordinal.csv")
    rows = [row for row in rows if row["model"] == "tvsfp_ordinal_logit_3level"]
    write("trial_stan_ordinal.csv", ORDINAL, [{name: row[name] for name in ORDINAL} for row in rows])


def plas(data: Path) -> Panel:
    """Read the depression scores of the tidySEM example, six waves of 978 pupils."""
    columns = [f"scl{t}" for t in range(1, 7)]
    frame = pd.read_csv(data / "plas_depression_boxcox.csv")
    return Panel.from_wide(frame, columns={"depression": columns})


def powers(folder: Path) -> list[dict[str, str]]:
    """Choose the designs whose power is simulated again: two variables over 3 and 4 waves, and a trial in schools."""
    names = {"wx2": "x", "wy2": "y", "wx1": "x", "wy1": "y"}
    out = []
    for row in rows_of(folder / "riclpm_asymptotic.csv"):
        waves = ("3", "4") if row["constraints"] == "equal" else ("4",)
        designed = row["set"].startswith("Mulder") and row["ICC"] == "0.3" and row["N"] in ("300", "700")
        if designed and row["T"] in waves:
            path = f"{names[row['predictor']]} -> {names[row['outcome']]}"
            path += " [1-2]" if row["constraints"] == "free" else ""
            study = f"riclpm-{row['constraints']}"
            out.append({"study": study, "waves": row["T"], "units": row["N"], "pathway": path, "power": row["power"]})
    design = {"rho2": "0.05", "rho3": "0.06", "n": "20", "J": "2", "n_school_cov": "0"}
    for row in rows_of(folder / "three_level_trial_closed_form.csv"):
        if all(row[name] == value for name, value in design.items()) and row["K"] in ("20", "40"):
            known = {"study": "trial", "waves": "", "units": row["K"], "pathway": "score"}
            out.append({**known, "power": row["power_es0.30"]})
    return out


def main(shared: Path) -> None:
    """Write every file of this folder."""
    found = powers(shared / "known_answers" / "power")
    write("power.csv", ("study", "waves", "units", "pathway", "power"), found)
    rows = rows_of(shared / "known_answers" / "trajectories" / "plas_lcga_em.csv")
    write("trajectories_em.csv", ("model", "classes", "parameter", "class", "est"), rows)
    for name, panel in panels(shared / "data").items():
        moments = panel.moments()
        moments.save(HERE / f"{name}.nc")
        print(name, moments.n_pupils, "pupils", moments.n_kinds, "kinds", moments.n_blocks, "blocks")
    write_trials(shared)
    found = fits(shared / "known_answers" / "riclpm")
    write("riclpm_fit.csv", ("model", "data", "kind", *SPEC, *MEASURES.values(), "software", "recipe"), found)
    free = estimates(shared / "known_answers" / "riclpm")
    for row in found:
        if sum(other["model"] == row["model"] for other in free) != int(row["n_parameters"]):
            raise ValueError(f"{row['model']}: not every free parameter was found, or too many.")
    write("riclpm_estimates.csv", ("model", "parameter", *LABELS, "est", "se"), free)
    columns = ("model", "parameter", "interval", "target", "source", "std")
    write("riclpm_standardised.csv", columns, standardised(shared / "known_answers" / "riclpm"))
    numbers = (
        "mean",
        "mcse",
        "sd",
        "q2.5",
        "q25",
        "q50",
        "q75",
        "q97.5",
        "n_eff",
        "Rhat",
        "draws",
        "prior",
        "software",
    )
    labels = ("wave", "target", "source", "variable", "variable_")
    write("stan_riclpm.csv", ("data", "parameter", *labels, *numbers), posterior(shared / "known_answers" / "bayes"))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
