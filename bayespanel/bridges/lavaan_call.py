"""What a call is told beside the model: understood, of no meaning for the model, or refused by name."""

from __future__ import annotations

import re
from typing import NoReturn

from bayespanel.bridges.lavaan_code import Call, Script
from bayespanel.language.errors import SpecError

NO_MEANING = (
    *("data", "sample.cov", "sample.mean", "sample.nobs", "ov.order", "representation", "do.fit", "start", "control"),
    *("h1", "baseline", "implied", "loglik", "verbose", "warn", "debug", "parallel", "ncpus", "cl", "iseed", "parser"),
)
"""Arguments that say where the data are, how the maximum is found and what is kept."""

NO_MEANING_BEGIN = ("optim.", "em.", "check.", "store.")
"""What others of these begin with, as optim.method."""

OFF = ("false", "f", "null", "", "none", "default", "character(0)", "c()")
"""Values that take an argument back."""

ON = ("true", "t", "default")

ALLOWED: dict[str, tuple[str, ...]] = {
    "missing": ("ml", "fiml", "direct"),
    "meanstructure": ON,
    "fixed.x": ON,
    "sample.cov.rescale": ON,
    "int.ov.free": (*ON, *OFF),
    "estimator": ("ml", "default"),
    "likelihood": ("normal", "default"),
    "se": ("standard", *OFF),
    "test": ("standard", *OFF),
    "information": ("observed", "expected", "default"),
    "observed.information": ("hessian", "default"),
    "h1.information": ("structured", "default"),
    "mimic": ("lavaan", "default"),
    "model.type": ("sem", "lavaan"),
}
"""Argument -> its values that are our model. Every other argument may be switched off, with a value of `OFF`."""

WHY = {
    "group": "Every group would have parameters of its own. Take it away to read one model for all, or give each group "
    "its own model and data.",
    "constraints": "Say that parameters are equal by giving them the same label in the model.",
    "ordered": "Scores are measurements here. Fit ordered scores in lavaan.",
    "sampling.weights": "Pupils count equally here.",
    "missing": 'Here every pupil enters with what was observed, as with missing = "fiml". To leave pupils out, leave '
    "them out of the table, and take the argument away.",
    "cluster": "One column of clusters goes with blocks `level: 1` and `level: 2`; without these lavaan makes standard "
    "errors robust, and ours are not. Add the blocks, or take it away.",
    "estimator": 'Ours is maximum likelihood with standard errors of the information. Write estimator = "ML".',
    "se": "Standard errors are those of the information here. Take it away.",
    "test": "Chi-square is the likelihood-ratio statistic here. Take it away.",
    "auto": "It adds parameters that are not written. Write them into the model.",
    "bounds": "Nothing is bounded here. Take it away.",
    "optim.bounds": "Nothing is bounded here. Take it away.",
    "sample": "Every group would have parameters of its own. Give one covariance matrix, and one number of pupils.",
    "fixed.x": "Covariates are given here, and have no distribution. Take it away.",
    "meanstructure": "Means are in the model here. Take it away.",
    "int.lv.free": "Factors have means of 0 here. Take it away.",
    "std.lv": "Loadings are 1 and factors have free variances. Take it away.",
}
"""Argument, or what it begins with -> why it is refused, and what to do."""

_RULE = "What lavaan is told beside the model is in our model too, or has no meaning for it."


def argument(call: Call, name: str) -> str | None:
    """Return the value of an argument as it was written, in small letters and without quotes; None without."""
    found = [text for given, text in call.arguments if given == name]
    return re.sub(r"^(['\"])(.*)\1$", r"\2", found[-1]).lower() if found else None


def judge(script: Script, *, two_levels: bool, means: bool) -> tuple[str, ...]:
    """Judge every call of a script, and return what is worth saying of those that are read.

    Parameters
    ----------
    script
        The code.
    two_levels
        Whether the model has blocks of levels.
    means
        Whether the model names the means.

    Raises
    ------
    SpecError
        An argument that our model does not have, or one that is not known; it is named, with the line.
    """
    notes: list[str] = []
    for call in script.calls:
        _require_lavaan(call)
        model = _arguments(call, two_levels)
        if model is not None and script.name is not None and model != script.name:
            raise SpecError(
                "The call fits the model that is read.",
                f"Line {call.line} fits {model}; the text in quotes is '{script.name}'.",
                "Give the model that the call fits, written out.",
            )
        _require_means(call, means)
        if argument(call, "missing") is None:
            notes.append(
                f'Line {call.line} does not say missing = "fiml": lavaan then leaves out every pupil with a missing '
                "score; here all enter with what was observed."
            )
        elif two_levels and argument(call, "optim.method") != "nlminb":
            notes.append(
                f'Line {call.line} does not say optim.method = "nlminb": lavaan 0.7-2 then takes EM, which puts 1e-4 '
                "in the place of variances at 0, and so fits another model than this."
            )
        if argument(call, "information") == "expected":
            notes.append(f"Line {call.line}: standard errors are from the observed information here.")
    return tuple(notes)


def _require_lavaan(call: Call) -> None:
    if call.function == "lavaan":
        return
    what = {
        "do.call": "Write the call of lavaan() with its arguments.",
        "update": "Write the model that was fitted in the end, and one call of lavaan().",
    }
    default = (
        f"{call.function}() may add parameters that are not written, such as covariances of factors and variances of "
        "scores: write all of them, those at 0 too, and call lavaan()."
    )
    raise SpecError(
        "A model is read as lavaan() reads it: what is not written is not in it.",
        f"Line {call.line} calls {call.function}().",
        what.get(call.function, default),
    )


def _arguments(call: Call, two_levels: bool) -> str | None:
    """Judge the arguments of a call, and return the text of the one that is the model."""
    model: str | None = None
    places = [name for name in ("model", "data") if name not in [given for given, _ in call.arguments]]
    for given, text in call.arguments:
        name = given or (places.pop(0) if places else "")
        if not name:
            _refuse(call, text, "The place of an argument says nothing here. Give it by its name.")
        if name == "model":
            model = None if re.match(r"[rR]?['\"]", text) else text
        elif name == "cluster" and argument(call, name) not in OFF:
            if not two_levels or not re.fullmatch(r"(['\"])[^'\"]+\1", text):
                _refuse(call, f"cluster = {text}", WHY["cluster"])
        elif name.startswith("sample.") and re.match(r"list\(|c\(.*,", text) and name != "sample.mean":
            _refuse(call, f"{name} = {text}", WHY["sample"])
        elif name == "optim.bounds" or not (name in NO_MEANING or name.startswith(NO_MEANING_BEGIN)):
            value = argument(call, name)
            if value not in ALLOWED.get(name, OFF):
                known = WHY.get(name) or WHY.get(name.split(".")[0])
                _refuse(call, f"{name} = {text}", known or "It is not read. Take it away, or fit the model in lavaan.")
    return model


def _require_means(call: Call, means: bool) -> None:
    """Refuse a call that fixes at 0 the means that nobody wrote."""
    free = argument(call, "int.ov.free") in ("true", "t")
    needed = argument(call, "meanstructure") in ("true", "t") or argument(call, "missing") is not None
    if not means and not free and needed:
        raise SpecError(
            "Means of scores are free here.",
            f"Line {call.line}: the model names no means, and lavaan() fixes at 0 what is not written.",
            "Write them, `x1 + x2 + x3 ~ 1`, or add int.ov.free = TRUE.",
        )


def _refuse(call: Call, what: str, action: str) -> NoReturn:
    raise SpecError(_RULE, f"Line {call.line}: {call.function}() is given {what}.", action)
