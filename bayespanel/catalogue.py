"""The catalogue: model cards by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from bayespanel.errors import SpecError, nearest
from bayespanel.families.door import FAMILIES, Spec
from bayespanel.families.riclpm.spec import RICLPM
from bayespanel.families.trajectories.spec import Trajectories
from bayespanel.families.trial.spec import ClusterTrial
from bayespanel.paths import path_of
from bayespanel.priors import ARGUMENTS, Prior, merge
from bayespanel.triangle import Triangle

if TYPE_CHECKING:
    from bayespanel.card_source import Source
    from bayespanel.card_tables import AnswerTable, CardTable, PriorTable, TrajectoriesCardTable, TrialCardTable


@dataclass(frozen=True)
class DataHints:
    """How `Panel.from_long` would read the table that a card was made for; None where the card is silent."""

    pupil: str | None = None
    wave: str | None = None
    classroom: str | None = None
    school: str | None = None
    movers: str | None = None


@dataclass(frozen=True)
class TrialHints:
    """How `Trial.from_frame` would read the table that a card was made for; None where the card is silent."""

    pupil: str | None = None
    arm: str | None = None
    control: str | None = None
    randomised: str | None = None
    classroom: str | None = None
    school: str | None = None
    baseline: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Answer:
    """A number that was found before: parameter, its labels, the value, its error (1 SD), and who found it how."""

    parameter: str
    at: tuple[str, ...]
    value: float
    error: float
    source: str


@dataclass(frozen=True)
class Card:
    """A record of a model: a question, the specification that asks it, and where both come from.

    Attributes
    ----------
    name
        Name of the file without its ending.
    title, question
        What the model is, and what it is to find out.
    family
        Kind of model: "riclpm", "trial" or "trajectories".
    spec
        The specification.
    rope
        Half-width of the region of practical equivalence, standardised; None when the card leaves it to the call.
    references
        Publications and data, with DOI.
    notes
        What to know before believing the answer.
    data
        How the table that the card was made for is read.
    answer
        Rows found before, to hold a new fit against.
    path
        The file.
    """

    name: str
    title: str
    question: str
    family: str
    spec: Spec
    rope: float | None
    references: tuple[str, ...]
    notes: tuple[str, ...]
    data: DataHints | TrialHints
    answer: tuple[Answer, ...]
    path: Path


def folder() -> Path:
    """Return the folder of the shipped cards: inside an installed package, beside it in a checkout."""
    package = Path(__file__).resolve().parent
    inside = package / "models"
    return inside if inside.is_dir() else package.parent / "models"


def cards() -> tuple[str, ...]:
    """Return the names of the shipped cards, in alphabetical order."""
    return tuple(sorted(path.stem for path in folder().glob("*.toml")))


def card(name: str | PathLike[str]) -> Card:
    """Read a card.

    Parameters
    ----------
    name
        Name of a shipped card, such as "spillover"; or the path of a file of one's own, which ends in ".toml".

    Returns
    -------
    Card
        Every function that takes a specification takes a card as well.

    Raises
    ------
    SpecError
        No such card or file; or the card breaks a rule: the error names the file, the key and the line.
    """
    path = path_of(name, "A card", error=SpecError)
    if isinstance(name, str) and path.suffix != ".toml" and path.name == name:
        if name not in cards():
            raise SpecError(
                "A card is one of the shipped ones, or a file that ends in '.toml'.",
                f"{name!r} is neither. {nearest(name, list(cards()))}",
                "Correct the name, or give the path of the file.",
            )
        path = folder() / f"{name}.toml"
    from bayespanel.card_tables import CardTable, TrialCardTable, read  # pydantic, only when needed

    table, source = read(path)
    spec = (
        _panel(table, source)
        if isinstance(table, CardTable)
        else _trial(table, source)
        if isinstance(table, TrialCardTable)
        else _trajectories(table, source)
    )
    hints = (TrialHints if isinstance(table, TrialCardTable) else DataHints)(**table.data.model_dump())
    if isinstance(spec, ClusterTrial) and isinstance(hints, TrialHints):
        _require_fitting(spec, hints, path)
    _require_answers(table.answer, spec, path)
    return Card(
        name=path.stem,
        title=table.title,
        question=table.question.strip(),
        family=table.family,
        spec=spec,
        rope=table.rope,
        references=tuple(table.references),
        notes=tuple(table.notes),
        data=hints,
        answer=tuple(Answer(row.parameter, tuple(row.at), row.value, row.error, row.source) for row in table.answer),
        path=path,
    )


def _require_fitting(spec: ClusterTrial, hints: TrialHints, path: Path) -> None:
    """Check that what a trial's card says of its data fits its model."""
    for post, pre in hints.baseline.items():
        if post not in spec.outcomes or pre in spec.outcomes:
            raise SpecError(
                "'baseline' maps outcomes of the model to columns from before the trial.",
                f"{path} says {post!r}: {pre!r}; the outcomes are {', '.join(spec.outcomes)}.",
                "Correct [data] baseline.",
            )
    if spec.levels is not None and hints.randomised not in (None, *spec.levels):
        raise SpecError(
            "The unit of randomisation is a level of the model.",
            f"{path} says randomised = {hints.randomised!r}; the levels are {', '.join(spec.levels)}.",
            "Add it to [model] levels, or leave 'levels' out.",
        )


def _require_answers(answers: Sequence[AnswerTable], spec: Spec, path: Path) -> None:
    """Check that the answers of a panel's card are about lags of its variables, where they are about lags."""
    if not isinstance(spec, RICLPM):
        return
    known = {row.parameter for row in spec.default_priors()}
    for answer in answers:
        labels = tuple(answer.at)
        lag = answer.parameter == "lag" and (len(labels) not in (2, 3) or not set(labels[:2]) <= set(spec.variables))
        if answer.parameter not in known or lag:
            raise SpecError(
                "An answer names a parameter of the model, and where in it: of a lag, the target and the source.",
                f"{path} has {answer.parameter!r} at {', '.join(map(repr, labels))}.",
                "Correct the answer.",
            )


def panel_of(card: Card) -> tuple[RICLPM | Trajectories, DataHints]:
    """Return the specification and the hints of a panel's card.

    Raises
    ------
    SpecError
        It is the card of a trial.
    """
    if not isinstance(card.spec, RICLPM | Trajectories) or not isinstance(card.data, DataHints):
        raise SpecError(
            "A panel is read for the card of a panel.",
            f"{card.name!r} is the card of a {card.family}.",
            "Choose a card of the family riclpm or trajectories: bayespanel models shows them.",
        )
    return card.spec, card.data


def trial_of(card: Card) -> tuple[ClusterTrial, TrialHints]:
    """Return the specification and the hints of a trial's card.

    Raises
    ------
    SpecError
        It is the card of a panel.
    """
    if not isinstance(card.spec, ClusterTrial) or not isinstance(card.data, TrialHints):
        raise SpecError(
            "A trial is read for the card of a trial.",
            f"{card.name!r} is the card of the family {card.family}.",
            "Choose a card of the family trial: bayespanel models shows them.",
        )
    return card.spec, card.data


def bundled(card: Card) -> Path | None:
    """Return the file of moments that lies beside a card, if there is one."""
    path = card.path.with_suffix(".nc")
    return path if path.is_file() else None


def specification(card_or_spec: Card | Spec) -> Spec:
    """Return the specification of a card, or the specification itself.

    Raises
    ------
    SpecError
        It is neither, such as the name of a card.
    """
    if isinstance(card_or_spec, Card):
        return card_or_spec.spec
    if isinstance(card_or_spec, tuple(family.specification for family in FAMILIES.values())):
        return card_or_spec
    action = f"Write bp.card({card_or_spec!r})." if isinstance(card_or_spec, str) else "Give one of these."
    raise SpecError("A model is given as a card or a specification.", f"It is {card_or_spec!r}.", action)


def _trial(table: TrialCardTable, source: Source) -> ClusterTrial:
    """Make the specification of a trial's card, one rule at a time."""
    model = table.model
    named = source.build(("outcomes",), lambda: ClusterTrial(tuple(table.outcomes)))
    levels = None if model.levels is None else tuple(model.levels)
    levelled = source.build(("model", "levels"), lambda: replace(named, levels=levels))
    adjusted = source.build(
        ("model", "adjustment"), lambda: replace(levelled, adjustment=model.adjustment, link=model.link)
    )
    moderated = source.build(
        ("model", "moderators"),
        lambda: replace(adjusted, covariates=tuple(model.covariates), moderators=tuple(model.moderators)),
    )
    pooled = source.build(("families",), lambda: replace(moderated, families=table.families))
    spec = source.build(("edges",), lambda: replace(pooled, edges=table.edges))
    return replace(spec, priors=_priors(table.priors, spec.default_priors(), source))


def _trajectories(table: TrajectoriesCardTable, source: Source) -> Trajectories:
    """Make the specification of a card of trajectories, one rule at a time."""
    model = table.model
    named = source.build(("classes",), lambda: Trajectories(table.outcome, classes=table.classes, arm=table.arm))
    grown = source.build(("model", "growth"), lambda: replace(named, growth=model.growth, times=tuple(model.times)))
    measured = source.build(
        ("model", "link"),
        lambda: replace(
            grown, residual=model.residual, random=model.random, link=model.link, categories=tuple(model.categories)
        ),
    )
    predicted = source.build(("predictors",), lambda: replace(measured, predictors=tuple(table.predictors)))
    levelled = source.build(("model", "levels"), lambda: replace(predicted, levels=tuple(model.levels)))
    asked = source.build(("model", "contrast"), lambda: replace(levelled, contrast=tuple(model.contrast)))
    spec = source.build(("edges",), lambda: replace(asked, edges=table.edges))
    return replace(spec, priors=_priors(table.priors, spec.default_priors(), source))


def _panel(table: CardTable, source: Source) -> RICLPM:
    """Make the specification of a panel's card, one rule at a time, so that each error finds its line."""
    vertices, model = table.triangle, table.model
    triangle = None
    if vertices is not None:
        triangle = source.build(("triangle",), lambda: Triangle(vertices.parent, vertices.child, vertices.school))
    names = ("triangle",) if table.variables is None and triangle else ("variables",)
    named = source.build(names, lambda: RICLPM(tuple(table.variables or ()), triangle))
    levelled = source.build(("model", "levels"), lambda: replace(named, levels=tuple(model.levels)))
    spec = source.build(
        ("model", "cluster_effects"),
        lambda: replace(
            levelled,
            lags=model.lags,
            innovations=model.innovations,
            means=model.means,
            intercepts=model.intercepts,
            cluster_effects=model.cluster_effects,
            covariates=tuple(model.covariates),
        ),
    )
    return replace(spec, priors=_priors(table.priors, spec.default_priors(), source))


def _priors(rows: Sequence[PriorTable], defaults: tuple[Prior, ...], source: Source) -> tuple[Prior, ...]:
    priors: list[Prior] = []
    free = {row.parameter for row in defaults}
    for i, row in enumerate(rows):
        key = "arguments" if row.distribution in ARGUMENTS else "distribution"
        priors.append(source.build(("priors", i, key), partial(_prior, row)))
        # A parameter that is unknown or taken is the parameter's fault; else only the kind can be wrong.
        key = "distribution" if row.parameter in free else "parameter"
        source.build(("priors", i, key), partial(merge, defaults, priors))
        free.discard(row.parameter)
    return tuple(priors)


def _prior(row: PriorTable) -> Prior:
    return Prior(row.parameter, row.distribution, tuple(row.arguments), row.scale, row.reason, row.source)
