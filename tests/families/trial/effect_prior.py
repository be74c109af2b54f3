"""Which prior of an effect, and of the school SD: bias, coverage, false alarms and Bayes factors by simulation.

    python -m tests.families.trial.effect_prior [TRIALS]

Written are docs/calibration/effect-prior.csv and school-sd-prior.csv; the tables of docs/trial.md and
docs/calibration.md are printed. 1,000 trials of each kind, 300 for priors of the school SD, take ten minutes on one
processor.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from bayespanel.language.prior import Prior
from bayespanel.summaries.design_errors import design_errors
from tests.families.trial.quadrature import likelihood, posterior, trials

SEED = 2026
PUPILS = 20
SCHOOLS = (2, 3, 6, 14)
ICCS = (0.02, 0.10, 0.25)
EFFECTS = (0.0, 0.2, 0.5, 1.0)
FOLDER = Path(__file__).parents[3] / "docs" / "calibration"


def row(parameter: str, distribution: str, *arguments: float) -> Prior:
    """Return a standardised prior."""
    return Prior(parameter, distribution, arguments)


CANDIDATES: dict[str, Prior | None] = {
    "Normal(0, 0.5)": row("effect", "Normal", 0, 0.5),
    "StudentT(3, 0, 0.5)": row("effect", "StudentT", 3, 0, 0.5),
    "Normal(0, 1)": row("effect", "Normal", 0, 1),
    "StudentT(3, 0, 1)": row("effect", "StudentT", 3, 0, 1),
    "Normal(0, 2)": row("effect", "Normal", 0, 2),
    "flat": None,
}

SCHOOL_SDS = {
    "HalfNormal(0.25)": row("school_sd", "HalfNormal", 0.25),
    "HalfNormal(0.5)": row("school_sd", "HalfNormal", 0.5),
    "HalfNormal(1)": row("school_sd", "HalfNormal", 1),
    "HalfStudentT(3, 0.5)": row("school_sd", "HalfStudentT", 3, 0.5),
}


def study(
    number: int,
    effects: Iterable[float],
    candidates: Mapping[str, Prior | None],
    school_sd: Prior,
    *,
    schools: Iterable[int] = SCHOOLS,
    iccs: Iterable[float] = ICCS,
) -> Iterator[dict[str, object]]:
    """Yield what each candidate does to so many trials of each kind; all candidates see the same trials."""
    for per_arm, icc, baseline in product(schools, iccs, (False, True)):
        for true in effects:
            rng = np.random.default_rng([SEED, per_arm, round(100 * icc), baseline])
            given = likelihood(trials(number, per_arm, PUPILS, icc, true, baseline=baseline, rng=rng), school_sd)
            for name, prior in candidates.items():
                found = posterior(given, prior)
                yield {
                    "schools": f"{per_arm} + {per_arm}",
                    "icc": icc,
                    "baseline": baseline,
                    "effect": true,
                    "prior": name,
                    "mean": found.mean.mean(),
                    "sd": found.sd.mean(),
                    "coverage_95": np.mean((found.lower <= true) & (true <= found.upper)),
                    "excludes_0": np.mean((found.lower > 0) | (found.upper < 0)),
                    "log_bf10": np.median(found.log_bf10) if true < 1 else np.nan,
                    "bf10_above_3": np.mean(found.log_bf10 > np.log(3)) if prior else np.nan,
                    "bf10_below_third": np.mean(found.log_bf10 < -np.log(3)) if prior else np.nan,
                }


def markdown(columns: list[str], rows: Iterable[Iterable[object]]) -> str:
    """Return a table."""
    lines = [columns, ["---"] * len(columns), *(list(map(str, one)) for one in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def by_candidate(frame: pd.DataFrame) -> str:
    """Return the table of docs/trial.md: candidates at an ICC of .10 without a baseline."""
    part = frame[(frame["icc"] == 0.1) & ~frame["baseline"]].set_index(["schools", "prior", "effect"]).sort_index()
    rows = []
    for schools, prior in product(dict.fromkeys(frame["schools"]), CANDIDATES):
        at = part.loc[(schools, prior)]
        factors = ["-"] * 3 if prior == "flat" else [
            f"{100 * at.loc[0.0, 'bf10_below_third']:.0f} %",
            f"{100 * at.loc[0.2, 'bf10_below_third']:.0f} %",
            f"{100 * at.loc[0.5, 'bf10_above_3']:.0f} %",
        ]  # fmt: skip
        rows.append(
            [
                schools,
                prior,
                *(f"{at.loc[true, 'mean']:.2f}" for true in (0.2, 0.5, 1.0)),
                *(f"{100 * at.loc[true, 'coverage_95']:.0f} %" for true in (0.5, 1.0)),
                f"{100 * at.loc[0.0, 'excludes_0']:.1f} %",
                *factors,
            ]
        )
    columns = ["schools", "prior", "mean at .2", "at .5", "at 1", "coverage at .5", "at 1", "type I"]
    return markdown([*columns, "BF < 1/3 at 0", "BF < 1/3 at .2", "BF > 3 at .5"], rows)


def by_design(frame: pd.DataFrame, old: str, new: str) -> str:
    """Return the table of docs/calibration.md: two priors in every design."""
    part = frame.set_index(["schools", "icc", "baseline", "prior", "effect"]).sort_index()
    rows = []
    for schools, icc, baseline in product(dict.fromkeys(frame["schools"]), ICCS, (False, True)):
        cells = []
        for name in (old, new):
            at = part.loc[(schools, icc, baseline, name)]
            cells += [
                f"{at.loc[1.0, 'mean']:.2f}",
                *(f"{100 * at.loc[true, 'coverage_95']:.0f} %" for true in (0.2, 0.5, 1.0)),
                f"{100 * at.loc[0.0, 'excludes_0']:.1f} %",
            ]
        rows.append([schools, f"{icc:.2f}".lstrip("0"), "yes" if baseline else "no", *cells])
    columns = [f"{name}: mean at 1 | coverage at .2 | .5 | 1 | type I" for name in (old, new)]
    return markdown(["schools", "ICC", "baseline", *columns[0].split(" | "), *columns[1].split(" | ")], rows)


def by_school_sd(frame: pd.DataFrame) -> str:
    """Return the table of priors of the school SD, without a baseline."""
    part = frame[~frame["baseline"]].set_index(["schools", "icc", "school_sd", "effect"]).sort_index()
    rows = [
        [
            schools,
            f"{icc:.2f}".lstrip("0"),
            *(
                f"{100 * part.loc[(schools, icc, name, 0.0), 'excludes_0']:.1f} %, "
                f"{100 * part.loc[(schools, icc, name, 0.5), 'coverage_95']:.0f} %, "
                f"{part.loc[(schools, icc, name, 0.5), 'sd']:.2f}"
                for name in SCHOOL_SDS
            ),
        ]
        for schools, icc in product(dict.fromkeys(frame["schools"]), ICCS)
    ]
    return markdown(["schools", "ICC", *SCHOOL_SDS], rows)


def by_precision(number: int) -> str:
    """Return the table of type M at 0.2 (median over trials without a baseline), by the posterior SD and by ours."""
    rows = []
    for per_arm, icc in product(SCHOOLS, ICCS):
        rng = np.random.default_rng([SEED, per_arm, round(100 * icc), 0])
        drawn = trials(number, per_arm, PUPILS, icc, 0.2, baseline=False, rng=rng)
        given = likelihood(drawn, SCHOOL_SDS["HalfNormal(0.5)"])
        cells = []
        for name in ("Normal(0, 0.5)", "Normal(0, 1)"):
            found = posterior(given, CANDIDATES[name])
            cells += [np.median(design_errors(0.2, sd)[2]) for sd in (found.sd, found.sampling_sd)]
        true = np.sqrt(2 * (icc + (1 - icc) / PUPILS) / per_arm)
        right = float(design_errors(0.2, true)[2])
        rows.append([f"{per_arm} + {per_arm}", f"{icc:.2f}".lstrip("0"), *(f"{one:.1f}" for one in (right, *cells))])
    columns = [
        f"{prior}: by {of} SD" for prior in ("Normal(0, 0.5)", "Normal(0, 1)") for of in ("posterior", "sampling")
    ]
    return markdown(["schools", "ICC", "type M of the design", *columns], rows)


def main(arguments: list[str]) -> None:
    """Run the study."""
    number = int(arguments[0]) if arguments else 1000
    effect = pd.DataFrame(study(number, EFFECTS, CANDIDATES, SCHOOL_SDS["HalfNormal(0.5)"]))
    effect.round(4).to_csv(FOLDER / "effect-prior.csv", index=False)
    print(by_candidate(effect), by_design(effect, "Normal(0, 0.5)", "Normal(0, 1)"), sep="\n\n")
    chosen = {"Normal(0, 1)": CANDIDATES["Normal(0, 1)"]}
    parts = [
        pd.DataFrame(study(3 * number // 10, (0.0, 0.5), chosen, prior)).assign(school_sd=name)
        for name, prior in SCHOOL_SDS.items()
    ]
    spread = pd.concat(parts, ignore_index=True)
    spread.round(4).to_csv(FOLDER / "school-sd-prior.csv", index=False)
    print(by_school_sd(spread), by_precision(number), sep="\n\n")


if __name__ == "__main__":
    main(sys.argv[1:])
