"""Every known answer: other programs' frozen numbers beside ours, which are computed where that is cheap."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from marks import NOTE, table

import bayespanel as bp
from tests.known_answers.published import DIMS, HERE, Published, moments, names, published

INTRODUCTION = """\
# Every known answer

Written when the site was built, from the tables in `tests/known_answers/`: *theirs* is copied digit for digit from the
other program, *ours* was computed on the way here, by maximum likelihood of the same model on the same data. Nothing in
this page is typed by hand. What is compared by posterior draws takes longer than a page should; there *ours* is empty,
and the test that compares it on every run is named. [Agreement](../agreement.md) says what is compared, how close it
has to be, and why where we differ. Programs: lavaan 0.6-14, lme4 1.1-31, rstan 2.21 and rstanarm 2.21.3 on R 4.2.2,
frozen from 2026-11-23 to 2026-11-26.
"""

FIT = {
    "log-likelihood": ("log_likelihood", 8),
    "chi-square": ("chi_square", 5),
    "CFI": ("cfi", 8),
    "RMSEA": ("rmsea", 8),
    "AIC": ("aic", 5),
    "BIC": ("bic", 5),
}
"""Quantity -> its name in both, and decimals that are shown."""


def answers() -> str:
    """Return the page."""
    return "\n".join([NOTE, INTRODUCTION, *_lavaan(), *_lme4(), *_posteriors(), *_em()])


def _lavaan() -> Iterator[str]:
    counts, fits, details = [], [], []
    for name in names():
        model = published(name)
        ml = bp.maximum_likelihood(model.spec, moments(model.data))
        at = bp.log_likelihood(model.spec, moments(model.data), model.arrays("est"))
        label = f"`{name}`"
        fits.append((label, "log-likelihood at their estimates", *_pair(model.fit["log_likelihood"], at, 8)))
        for quantity, (key, digits) in FIT.items():
            ours = getattr(ml, key)
            if pd.notna(model.fit[key]) and np.isfinite(ours):
                fits.append((label, quantity, *_pair(model.fit[key], ours, digits)))
        counts.append((label, model.data, _what(model), ml.n_parameters, ml.df, ml.n_pupils))
        details.append(_estimates(model, ml.estimates, ml.standard_errors))
    yield "## lavaan: panels by maximum likelihood\n\nModels, with their parameters, degrees of freedom and pupils, "
    yield "which are the same in both programs:\n"
    yield table(("model", "data", "what", "parameters", "df", "pupils"), counts, numbers=(3, 4, 5))
    yield "Fit:\n"
    yield table(("model", "quantity", "theirs", "ours", "ours − theirs"), fits, numbers=(2, 3, 4))
    yield "### Every estimate of lavaan\n\nThe last column is the difference of the estimates in standard errors.\n"
    yield from details


def _what(model: Published) -> str:
    row = model.fit
    kind = "RI-CLPM" if row["intercepts"] else "CLPM"
    shown = [f"{row['lags']} lags", f"{row['innovations']} innovations", f"{row['means']} means"]
    levels = row["levels"].split()
    return f"{kind}, {', '.join(shown)}" + (f", {' and '.join(levels)}, {row['cluster_effects']}" if levels[1:] else "")


def _pair(theirs: float, ours: float, digits: int) -> tuple[str, str, str]:
    return f"{theirs:.{digits}f}", f"{ours:.{digits}f}", f"{ours - theirs:.1e}"


def _estimates(model: Published, estimates: object, errors: object) -> str:
    rows = []
    for row in model.table.itertuples():
        at = {dim: getattr(row, dim) for dim in DIMS if hasattr(row, dim) and pd.notna(getattr(row, dim))}
        at |= {"variable_": row.variable_} if pd.notna(row.variable_) else {}
        at |= {"cell_": row.cell_} if pd.notna(row.cell_) else {}
        ours = float(estimates[row.parameter].sel(at))  # type: ignore[index]
        error = float(errors[row.parameter].sel(at))  # type: ignore[index]
        away = (ours - row.est) / row.se if row.se > 0 else np.nan
        place = ", ".join(map(str, at.values()))
        rows.append(
            (
                f"`{row.parameter}[{place}]`",
                f"{row.est:.7g}",
                f"{ours:.7g}",
                f"{row.se:.5g}",
                f"{error:.5g}",
                f"{away:.0e}",
            )
        )
    head = ("parameter", "theirs", "ours", "their SE", "our SE", "difference")
    return f"#### {model.name}\n\n" + table(head, rows, numbers=(1, 2, 3, 4, 5))


def _lme4() -> Iterator[str]:
    frame = pd.read_csv(HERE / "trial_lme4.csv", dtype=str, keep_default_na=False)
    data = bp.TrialMoments.load(HERE / "star_k.nc")
    places = {
        "(Intercept)": ("mean", {}),
        "cltypesmall": ("effect", {"arm": "small"}),
        "cltypereg+A": ("effect", {"arm": "reg+A"}),
    }
    groups = {"tch": "class_cov", "sch": "school_cov", "Residual": "residual_cov"}
    rows = []
    for model, outcome in (("starK_math_cltype_ml", "math"), ("starK_read_cltype_ml", "reading")):
        ml = bp.maximum_likelihood(bp.ClusterTrial(outcomes=(outcome,), levels=("pupil", "class", "school")), data)
        for row in frame[frame["model"] == model].itertuples():
            if row.part == "fixed":
                name, at = places[row.term]
                rows.append((model, row.term, row.est, f"{float(ml.estimates[name].sel(at).squeeze()):.8g}"))
                rows.append(
                    (model, f"{row.term}, SE", row.se, f"{float(ml.standard_errors[name].sel(at).squeeze()):.8g}")
                )
            elif row.part == "variance":
                shown = f"variance, {row.group}"
                rows.append((model, shown, row.est, f"{float(ml.estimates[groups[row.group]].squeeze()):.8g}"))
            elif row.term == "logLik":
                rows.append((model, "log-likelihood", row.est, f"{ml.log_likelihood:.8g}"))
            elif row.term == "nobs":
                rows.append((model, "pupils", row.est, f"{ml.n_pupils}"))
    yield "## lme4: a trial by maximum likelihood\n"
    yield table(("model", "quantity", "theirs", "ours"), [(f"`{m}`", q, t, o) for m, q, t, o in rows], numbers=(2, 3))


def _posteriors() -> Iterator[str]:
    yield "## Stan: posterior of the RI-CLPM\n\nCompared by `tests/families/panel/test_posterior_known.py`.\n"
    stan = pd.read_csv(HERE / "stan_riclpm.csv", dtype={"wave": str})
    dims = ["wave", "target", "source", "variable", "variable_"]
    rows = []
    for row in stan.itertuples():
        place = ", ".join(str(getattr(row, dim)) for dim in dims if pd.notna(getattr(row, dim)))
        rows.append((row.data, f"`{row.parameter}[{place}]`", f"{row.mean:.5f}", f"{row.mcse:.5f}", f"{row.sd:.5f}"))
    yield table(("data", "parameter", "mean", "its error", "SD"), rows, numbers=(2, 3, 4))
    yield "## rstanarm and Stan: posteriors of trials\n\nCompared by `tests/families/trial/test_known_answers.py`.\n"
    rows = []
    for file, what in (("trial_rstanarm", "STAR reading"), ("trial_stan_ordinal", "TVSFP, ordered")):
        for row in pd.read_csv(HERE / f"{file}.csv").itertuples():
            rows.append((what, row.parameter, f"{row.mean:.4g}", f"{row.sd:.3g}" if pd.notna(row.sd) else ""))
    yield table(("data", "parameter", "mean", "SD"), rows, numbers=(2, 3))


def _em() -> Iterator[str]:
    yield "## EM: latent class growth\n"
    yield "Compared by `tests/families/trajectories/test_known_answers.py`, which needs the scores.\n"
    frame = pd.read_csv(HERE / "trajectories_em.csv", dtype=str, keep_default_na=False)
    rows = [
        (one.classes, one.parameter + (f", class {one[4]}" if one[4] else ""), one.est) for one in frame.itertuples()
    ]
    yield table(("classes", "quantity", "theirs"), rows, numbers=(2,))
