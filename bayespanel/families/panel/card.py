"""Cards of panel models.

This module imports pydantic; it is imported only when a card is read.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

from bayespanel.families.panel.spec import RICLPM
from bayespanel.families.shared import card
from bayespanel.families.shared.card import DataTable, Level, Table, Text, priors_of
from bayespanel.families.shared.hints import DataHints
from bayespanel.language.errors import SpecError
from bayespanel.language.text_positions import Source
from bayespanel.language.triangle import Triangle

Stability = Literal["stable", "by_wave"]


class TriangleTable(Table):
    """[triangle]: the variables on each vertex."""

    parent: list[Text] = []
    child: list[Text] = []
    school: list[Text] = []


class ModelTable(Table):
    """[model]: the options of the specification; see `RICLPM`."""

    levels: list[Level] = ["pupil"]
    lags: Literal["equal", "free"] = "equal"
    order: Annotated[Literal[1, 2], BeforeValidator(lambda given: f"{given}".lower() if given is True else given)] = 1
    moving_average: Literal["none", "own", "cross"] = "none"
    shrinkage: Literal["none", "horseshoe", "common"] = "none"
    time: Literal["discrete", "continuous"] = "discrete"
    per: float | None = None
    initial: Literal["free", "stationary"] = "free"
    innovations: Literal["free", "equal"] = "free"
    means: Literal["free", "equal", "linear"] = "free"
    intercepts: bool = True
    slopes: bool = False
    loadings: Literal["one", "first", "free"] = "one"
    accumulating: bool = False
    error: Literal["none", "equal", "free"] = "none"
    error_correlated: bool = False
    reliability: dict[str, float] = {}
    ordered: list[Text] = []
    tails: Literal["normal", "student"] = "normal"
    cluster_effects: Stability | dict[str, Stability] = "stable"
    covariates: list[Text] = []
    groups: str = ""
    free: str | list[Text] = "all"
    covariate_effects: Literal["by_wave", "stable"] = "by_wave"
    missing_covariates: Literal["refused", "modelled"] = "refused"
    distal: dict[str, Literal["both", "stable"]] = {}
    varying: list[Text] = []
    moderators: dict[str, list[Text]] = {}
    indicators: dict[str, list[Text]] = {}
    invariance: Literal["metric", "configural", "scalar"] = "metric"
    released: list[Text] = []
    item_effects: list[Level] = []


class CardTable(card.CardTable):
    """A card of a panel."""

    variables: list[Text] | None = None
    triangle: TriangleTable | None = None
    model: ModelTable = ModelTable()
    data: DataTable = DataTable()


def specification(table: CardTable, source: Source) -> RICLPM:
    """Make the specification of a panel's card, one rule at a time, so that each error finds its line."""
    vertices, model = table.triangle, table.model
    triangle = None
    if vertices is not None:
        triangle = source.build(("triangle",), lambda: Triangle(vertices.parent, vertices.child, vertices.school))
    names = ("triangle",) if table.variables is None and triangle else ("variables",)
    beside: dict[str, Any] = {
        "covariates": tuple(model.covariates),
        "distal": dict(model.distal),
    }  # a triangle may name them
    beside |= {"covariate_effects": "stable"} if model.covariates and model.distal else {}
    named = source.build(names, lambda: RICLPM(tuple(table.variables or ()), triangle, **beside))
    levelled = source.build(("model", "levels"), lambda: replace(named, levels=tuple(model.levels)))
    spec = source.build(
        ("model", "cluster_effects"),
        lambda: replace(levelled, **model.model_dump()),
    )
    return replace(spec, priors=priors_of(table.priors, spec.default_priors(), source))


def hints(table: CardTable) -> DataHints:
    """Return how the table that the card was made for is read."""
    return DataHints(**table.data.model_dump())


def require(table: CardTable, spec: RICLPM, path: Path) -> None:
    """Check that the answers of a card are about parameters of its model, and of its variables where they are lags."""
    known = {row.parameter for row in spec.default_priors()}
    for answer in table.answer:
        labels = tuple(answer.at)
        lag = answer.parameter == "lag" and (len(labels) not in (2, 3) or not set(labels[:2]) <= set(spec.variables))
        if answer.parameter not in known or lag:
            raise SpecError(
                "An answer names a parameter of the model, and where in it: of a lag, the target and the source.",
                f"{path} has {answer.parameter!r} at {', '.join(map(repr, labels))}.",
                "Correct the answer.",
            )


def _stable_parts(spec: RICLPM) -> str:
    if not spec.intercepts:
        return "none (a CLPM)"
    loaded = {"one": "", "first": ", with loadings on the first wave", "free": ", with free loadings"}
    also = ", and linear slopes" if spec.slopes else loaded[spec.loadings]
    return f"of pupils, random{also}{', accumulating' if spec.accumulating else ''}"


def _measured(spec: RICLPM) -> list[str]:
    if not spec.indicators:
        return []
    held = f"{spec.invariance} invariance" + (f", but for {', '.join(spec.released)}" if spec.released else "")
    own = [f"  effects on single items of {', '.join(spec.item_effects)}"] if spec.item_effects else []
    return [*(f"  {name} by {', '.join(items)}" for name, items in spec.indicators.items()), f"  {held}", *own]


def _acting(spec: RICLPM) -> str:
    how = ", on what lasts in pupils" if spec.covariate_effects == "stable" else ""
    how += ", modelled where they are missing" if spec.missing_covariates == "modelled" else ""
    on = {"both": "what lasts and deviations", "stable": "what lasts"}
    later = "".join(f"\nLater       {name}, on {on[what]}" for name, what in spec.distal.items())
    return how + later


def chosen(spec: RICLPM) -> list[str]:
    """Return the options of a model in words."""
    effects = [f"{level} effects {spec.effects_of(level).replace('_', ' ')}" for level in spec.cluster_levels]
    options = [f"{spec.lags} lags", f"{spec.innovations} innovations", f"{spec.means} means", *effects]
    if spec.time == "continuous":
        interval = "the median gap" if spec.per is None else f"{spec.per:g}"
        options[:2] = [f"continuous time, {spec.innovations} diffusion", f"evidence per interval of {interval}"]
    options += ["settled at the first wave"] if spec.initial == "stationary" else []
    options += ["lags over two waves beside those over one"] if spec.order == 2 else []
    again = {"none": [], "own": ["moving averages of each variable"], "cross": ["moving averages"]}
    options += again[spec.moving_average]
    shrunk = {"common": "cross-lags with a common SD", "horseshoe": "cross-lags under a horseshoe"}
    options += [shrunk[spec.shrinkage]] if spec.shrinkage != "none" else []
    options += [f"occasion errors, {spec.error} over waves"] if spec.error != "none" else []
    options += [f"reliability of {name} {share:g}" for name, share in spec.reliability.items()]
    options += ["correlated within waves"] if spec.error_correlated else []
    options += ["Student-t tails"] if spec.tails == "student" else []
    options += [f"ordered categories of {', '.join(spec.ordered)}"] if spec.ordered else []
    options += [f"paths that vary between schools: {', '.join(spec.varying)}"] if spec.varying else []
    if spec.groups:
        free = spec.free if isinstance(spec.free, str) else ", ".join(spec.free)
        options += [f"groups by {spec.groups}, free between them: {free}"]
    return options


def described(spec: RICLPM) -> list[str]:
    """Say what a model is in paragraphs of text, for the command line."""
    vertices = {v: getattr(spec.triangle, v) for v in ("parent", "child", "school")} if spec.triangle else {}
    variables = [f"  {vertex:<7} {', '.join(names)}" for vertex, names in vertices.items() if names]
    return [
        "Variables\n" + "\n".join([*(variables or [f"  {', '.join(spec.variables)}"]), *_measured(spec)]),
        f"Levels      {', '.join(spec.levels)}\nModel       {', '.join(chosen(spec))}\n"
        f"Intercepts  {_stable_parts(spec)}\n"
        f"Covariates  {', '.join(spec.covariates) or 'none'}{_acting(spec)}",
    ]
