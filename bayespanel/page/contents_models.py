"""The section "Which model?" of a report: several models of the same scores, side by side, and what hangs on them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from bayespanel.figures import gallery
from bayespanel.inference.checks import FAILED
from bayespanel.page.cells import Format
from bayespanel.page.document import Notice, Part, Section, TablePart, Text
from bayespanel.page.undrawn import picture
from bayespanel.summaries.kinds import kind_of, kinds_with

TITLE = "Which model?"

GRADES = (
    (1.0, "hardly tell it apart from"),
    (3.0, "speak for it, though not strongly, against"),
    (5.0, "speak strongly for it against"),
    (np.inf, "speak very strongly for it against"),
)
"""Log Bayes factor below which the data do this: Kass & Raftery (1995), doi:10.1080/01621459.1995.10476572."""

SAME, ZERO, SIGN, DIFFERENT, ALONE = "sign, away from 0", "interval with 0", "sign alone", "nothing", "one has it"
"""What models agree on: intervals lie on one side of 0; all include 0; means are on one side; none of these."""


def models(tree: xr.Dataset) -> Section:
    """Which models were compared, how likely each is, how each fits, and what hangs on the choice."""
    parts: list[Part] = [*_notices(tree), Text((_likeliest(tree), *_stacking(tree), _average(tree)))]
    parts += [
        _table(tree),
        picture(
            lambda: gallery.plot_family_tree(tree),
            "Each pathway's interval under every model and that of their average; the table of averaged pathways has "
            "the numbers.",
            "Each pathway under every model, and on average.",
            "models",
        ),
        _pathways(tree),
    ]
    return Section("models", TITLE, tuple(parts))


def _notices(tree: xr.Dataset) -> list[Part]:
    bad = [str(name) for name in tree["model"].values[tree["fit_state"].values == FAILED]]
    best = str(tree["model"].values[int(np.argmax(tree["probability"].values))])
    out: list[Part] = []
    if best in bad:
        every = "None of the models fits" if len(bad) == tree.sizes["model"] else f"{best}, the likeliest, does not fit"
        out.append(
            Notice(
                f"{every} the data. The best of models that do not fit is a model that does not fit: neither its "
                "pathways nor the average are to be believed before one does.",
                "error",
            )
        )
    out += [Notice(str(note), "warning") for note in np.atleast_1d(tree.attrs.get("notes", []))]
    return out


def _likeliest(tree: xr.Dataset) -> str:
    order = np.argsort(-tree["log_marginal_likelihood"].values)
    names = [str(name) for name in tree["model"].values[order]]
    ordered = tree.isel(model=order)
    behind, share = ordered["log_bf"].values, ordered["probability"].values
    errors = np.hypot(ordered["mcse"].values, ordered["mcse"].values[0])
    words = next(said for least, said in GRADES if behind[1] < least)
    sure = "" if behind[1] > 2 * errors[1] else " Which of the two is ahead is within the error of the estimates."
    return (
        f"If one of these {len(names)} models is right, and each was as likely as the others before the data, it is "
        f"{names[0]} with probability {_share(share[0])}. The data {words} the next, {names[1]}: probability "
        f"{_share(share[1])}, log Bayes factor {behind[1]:.1f} (Monte Carlo error {errors[1]:.2f}).{sure} "
        "Probabilities depend on the priors, and say nothing about models that are not here."
    )


def _stacking(tree: xr.Dataset) -> list[str]:
    unit = tree.attrs.get("left_out", "")
    if not unit:
        return []
    order = np.argsort(-tree["stacking_weight"].values)
    weights = [
        f"{tree['model'].values[i]} {float(tree['stacking_weight'][i]):.2f}"
        for i in order
        if float(tree["stacking_weight"][i]) >= 0.005
    ]
    told = f"They are {', '.join(weights)}." if len(weights) > 1 else f"All of it is on {weights[0].rsplit(' ', 1)[0]}."
    return [
        f"Stacking weights answer another question: which mixture of these models best predicts a {unit} that was left "
        f"out, whether or not one of them is right. {told} A model without weight need not be "
        "wrong: another says what it says, and predicts a little better."
    ]


def _average(tree: xr.Dataset) -> str:
    kinds = kinds_with(lambda kind: kind.cross_lag, tree["kind"].values)
    rows = tree.isel(pathway=np.flatnonzero(tree["kind"].isin(kinds).values))
    if not rows.sizes["pathway"]:
        return "The average of a pathway is over the models that have it, by their probabilities."
    said = [agreement(rows.isel(pathway=i)) for i in range(rows.sizes["pathway"])]
    names = rows["pathway"].values.astype(str)
    told = []
    for words, of in (
        ("on the sign, and that it is not 0", SAME),
        ("that the interval includes 0", ZERO),
        ("on the sign, but not on whether the interval includes 0", SIGN),
        ("on nothing", DIFFERENT),
    ):
        here = [name for name, one in zip(names, said, strict=True) if one == of]
        if here:
            told.append(f"{words}: {', '.join(here).replace('->', '→')}")
    heard = f"The models agree {'; '.join(told)}. " if told else ""
    return (
        f"{heard}A pathway on which models disagree hangs on the choice among them: read their rows in the figure, and "
        "report it under several models, since an average of two answers may be neither. One on which they agree does "
        "not hang on the choice among these."
    )


def agreement(pathway: xr.Dataset) -> str:
    """Return what the models that have a pathway agree on."""
    has = np.isfinite(pathway["mean"].values)
    mean, lower, upper = (pathway[name].values[has] for name in ("mean", "lower", "upper"))
    if len(mean) < 2:
        return ALONE
    if (lower > 0).all() or (upper < 0).all():
        return SAME
    if ((lower <= 0) & (upper >= 0)).all():
        return ZERO
    return SIGN if (mean > 0).all() or (mean < 0).all() else DIFFERENT


def _share(value: float) -> str:
    return "above .99" if value > 0.99 else "below .01" if value < 0.01 else f"{value:.2f}".lstrip("0")


def _two(value: float) -> str:
    return f"{round(value, 2) + 0.0:.2f}"


def _table(tree: xr.Dataset) -> TablePart:
    over = [name for name in tree.data_vars if tree[name].dims == ("model",)]
    frame = tree[over].to_dataframe().reset_index().sort_values("log_marginal_likelihood", ascending=False)
    shown = {
        "model": "Model",
        "probability": "Probability",
        "stacking_weight": "Stacking weight",
        "fit_state": "Fit",
        "rmsea": "RMSEA",
        "log_marginal_likelihood": "Log marginal likelihood (error)",
        "log_bf": "Log BF of the first",
        "elpd_diff": "Elpd less the best (SE)",
        "state": "All checks",
    }
    formats: dict[str, Format] = {
        "probability": lambda row: _share(row["probability"]),
        "stacking_weight": ".2f",
        "rmsea": ".3f",
        "log_marginal_likelihood": lambda row: f"{row['log_marginal_likelihood']:.2f} ({row['mcse']:.2f})",
        "log_bf": ".1f",
        "elpd_diff": lambda row: f"{row['elpd_diff'] + 0.0:.1f} ({row['dse']:.1f})",
    }
    unit, left = tree.attrs.get("left_out", ""), ""
    if unit:
        left = (
            f" Stacking weight: share in the mixture that best predicts left-out {unit}s (doi:10.1214/17-BA1091); "
            f"elpd: expected log predictive density of these {unit}s."
        )
    else:
        shown = {name: head for name, head in shown.items() if name not in ("stacking_weight", "elpd_diff")}
    apart = np.abs(frame["log_marginal_likelihood"] - frame["log_marginal_likelihood_importance"]).max()
    return TablePart(
        frame,
        "The models, the likeliest first.",
        formats={name: how for name, how in formats.items() if name in shown},
        columns=shown,
        note="Probability: that this is the right model, if one of these is. Fit, RMSEA: the worst of the checks that "
        "ask whether the model fits the data, and the size of misfit. Log marginal likelihood: natural logarithm, by "
        f"bridge sampling, with its Monte Carlo error; importance sampling differs by {apart:.2f} at most "
        f"(doi:10.1016/j.jmp.2017.09.005).{left}",
        name="models",
    )


def _pathways(tree: xr.Dataset) -> TablePart:
    over = ["kind", *(name for name in tree.data_vars if tree[name].dims == ("pathway",))]
    frame = tree[over].to_dataframe().reset_index()
    with np.errstate(invalid="ignore"):
        frame["lowest"], frame["highest"] = (getattr(tree["mean"], by)("model").values for by in ("min", "max"))
    frame["agree"] = [agreement(tree.isel(pathway=i)) for i in range(tree.sizes["pathway"])]
    frame["kind"] = frame["kind"].map(lambda kind: kind_of(kind).heading)
    percent = f"{100 * tree.attrs['prob']:g} %"
    low, high = (f"{bound:g}" for bound in tree.attrs["rope"])

    def interval(row: pd.Series) -> str:
        return f"[{_two(row['averaged_lower'])}, {_two(row['averaged_upper'])}]"

    return TablePart(
        frame,
        "Pathways averaged over the models that have them.",
        formats={
            "averaged_mean": lambda row: _two(row["averaged_mean"]),
            "averaged_lower": interval,
            "averaged_prob_direction": ".3f",
            "averaged_prob_rope": ".3f",
            "included": lambda row: _share(row["included"]),
            "lowest": lambda row: f"{_two(row['lowest'])} to {_two(row['highest'])}",
        },
        filters=("kind", "agree"),
        columns={
            "pathway": "Pathway",
            "averaged_mean": "Mean",
            "averaged_lower": f"{percent} interval",
            "averaged_prob_direction": "P(direction)",
            "averaged_prob_rope": f"P({low} to {high})",
            "included": "P(models that have it)",
            "lowest": "Means of single models",
            "agree": "Models agree on",
        },
        note="Averages weigh the models by their probabilities (doi:10.1214/ss/1009212519). Models agree on the sign, "
        "away from 0, where every interval lies on the same side of 0.",
        name="averaged",
    )
