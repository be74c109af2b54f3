"""The one table of kinds of pathways: what each is called, what its numbers count in, and where it is shown.

Whatever reads pathways asks this table at the moment it reads them. So a kind that is added here appears in every
table, figure, sentence and study without another edit; a kind that is not here is refused (`require_known_kinds`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from bayespanel.language.errors import FitError, nearest
from bayespanel.summaries import saying


@dataclass(frozen=True)
class Kind:
    """A kind of pathways.

    Attributes
    ----------
    name
        In the coordinate `kind` of evidence.
    heading, words
        Above its rows in tables and figures; and in a sentence.
    models
        The models that have it, in the help of the command line.
    scale
        What its standardised draws count in.
    prior
        Row of the table of priors that it depends on first; "" for none.
    single
        Whether it is one quantity of the model: no product, no sum, and not the same once more.
    loop
        Whether it goes from a variable to the same variable.
    on_edge
        What the synthesis does with it on an edge of the triangle: nothing; it is "shown", although it repeats others,
        or is made of them; it is also "counted"; and the mean of its pathways is taken too ("pooled").
    product
        Whether it has the Bayes factor of its weaker leg.
    in_shares
        Whether its raw draws are differences in shares, although its standardised draws are log odds.
    page
        What it is on the page of effects: the effect on an "outcome", the same "alone" (not pooled), or the "mean" of a
        family.
    difference
        Whether it is the difference of one pathway between two groups of pupils, or between schools. Figures show such
        kinds, and single ones, unless others are asked for.
    per_unit
        Whether it counts per unit of something whose unit the data chose: a region of practical equivalence, stated
        for other effects, does not speak of it in conclusions.
    saying
        How a conclusion says it; None where none is about it.
    """

    name: str
    heading: str
    words: str
    models: str = ""
    scale: Literal[
        "within SD",
        "total SD",
        "stable SD",
        "log odds",
        "correlation",
        "share of variance",
        "share of pupils",
        "spread",
        "share of clusters",
        "",
    ] = ""
    prior: str = ""
    single: bool = False
    loop: bool = False
    on_edge: Literal["", "shown", "counted", "pooled"] = ""
    product: bool = False
    in_shares: bool = False
    page: Literal["", "outcome", "alone", "mean"] = ""
    difference: bool = False
    per_unit: bool = False
    saying: saying.Saying | None = None

    @property
    def lag(self) -> bool:
        """Whether it leads from one wave to the next, and so to an arrow or a node in figures of panels."""
        return self.single and self.scale == "within SD"

    @property
    def cross_lag(self) -> bool:
        """Whether it leads from one variable to another in one step: an arrow of the triangle."""
        return self.lag and not self.loop

    @property
    def drawn(self) -> bool:
        """Whether figures of all pathways show it unless others are asked for."""
        return self.single or self.difference

    @property
    def decided(self) -> bool:
        """Whether a decision about it means something by itself: what studies of power show first."""
        return self.single and not self.loop

    @property
    def effect(self) -> bool:
        """Whether it has a direction, and a region of practical equivalence speaks of it: not shares and SDs."""
        return self.scale not in ("share of variance", "share of pupils", "spread", "share of clusters")

    @property
    def bounded(self) -> bool:
        """Whether it cannot exceed 1."""
        return self.scale == "correlation" or not (self.effect or self.scale == "spread")


KINDS: tuple[Kind, ...] = (
    Kind(
        "carry_over", "Carry-over", "carry-over", "panels", "within SD", "lag", single=True, loop=True,
        saying=saying.CARRY_OVER,
    ),
    Kind(
        "direct", "Direct effects", "direct effects", "panels", "within SD", "lag", single=True, on_edge="pooled",
        saying=saying.CROSS_LAG,
    ),
    Kind(
        "delayed", "Effects over two waves, beside those over one", "effects over two waves", "panels", "within SD",
        "lag_2",
    ),
    Kind(
        "short_run", "Short-run effects, beside those that last", "short-run effects", "panels", "within SD",
        "moving_average",
    ),
    Kind("indirect", "Indirect effects", "indirect effects", "panels", "within SD", on_edge="shown", product=True),
    Kind("total", "Total effects", "total effects", "panels", "within SD"),
    Kind("between", "Associations between persons", "associations between persons", "panels", "correlation"),
    Kind(
        "predictor", "Predictors of stable differences", "predictors of stable differences", "panels", "stable SD",
        "covariate_effect", single=True, on_edge="pooled",
        saying=saying.PREDICTOR,
    ),
    Kind(
        "growth_predictor", "Predictors of growth", "predictors of growth", "panels", "stable SD", "covariate_effect",
        single=True, on_edge="shown",
        saying=saying.GROWTH_PREDICTOR,
    ),
    Kind(
        "distal", "Effects on later outcomes", "effects on later outcomes", "panels", "total SD", "distal_effect",
        single=True, on_edge="shown",
        saying=saying.DISTAL,
    ),
    Kind(
        "path_moderation", "What predicts how paths vary between schools", "predictors of paths that vary", "panels",
        "within SD", "lag_moderation", difference=True,
    ),
    Kind(
        "contrast", "Differences between groups", "differences between groups", "panels", "within SD", "lag",
        difference=True,
    ),
    Kind(
        "contrast_between", "Differences between groups in associations between persons",
        "differences between groups in associations between persons", "panels", difference=True,
    ),
    Kind(
        "effect", "Effects", "effects of the arms", "trials", "total SD", "effect",
        single=True, on_edge="pooled", page="outcome",
        saying=saying.EFFECT,
    ),
    Kind(
        "unpooled", "Effects, each outcome on its own", "the same without pooling", "trials", "total SD", "effect",
        page="alone",
    ),
    Kind(
        "family", "Families of outcomes", "mean effects on families of outcomes", "trials", "total SD", "family_effect",
        single=True, on_edge="shown", page="mean",
        saying=saying.FAMILY,
    ),
    Kind(
        "moderation", "Moderation: change of the effect per unit", "differences of effects by moderators", "trials",
        "total SD", "moderation", single=True, per_unit=True,
        saying=saying.MODERATION,
    ),
    Kind(
        "new_cluster", "Effects in a new school", "effects in a school that was not in the trial", "trials", "total SD",
        "effect_sd",
    ),
    Kind(
        "effect_sd", "SDs of effects between schools", "SDs of effects between schools", "trials", "spread",
        "effect_sd",
    ),
    Kind(
        "effect_mean_corr", "Effects and means of schools", "correlations of effects with the means of schools",
        "trials", "correlation",
    ),
    Kind(
        "share_positive", "Schools with a positive effect", "shares of schools with a positive effect", "trials",
        "share of clusters",
    ),
    Kind("icc", "Intraclass correlations", "intraclass correlations", "trials", "share of variance"),
    Kind(
        "odds", "Who belongs to the class in question: log odds ratios",
        "predictors of belonging to the class in question rather than the other", "trajectories", "log odds",
        "membership_effect", single=True, on_edge="pooled",
        saying=saying.ODDS,
    ),
    Kind(
        "odds_other", "Other pairs of classes: log odds ratios", "predictors of other pairs of classes", "trajectories",
        "log odds", "membership_effect",
    ),
    Kind(  # without a mean: a programme moves one class at the expense of another
        "programme", "Programme: log odds of each class", "effects of the programme on sizes of classes",
        "trajectories", "log odds", "programme_effect", single=True, on_edge="counted", in_shares=True,
        saying=saying.PROGRAMME,
    ),
    Kind("share", "Sizes of the classes", "sizes of classes", "trajectories", "share of pupils"),
)  # fmt: skip
"""All kinds, in the order in which tables and help list them."""


def kind_of(name: str) -> Kind:
    """Return a kind by its name; of another name, a kind of which nothing but the name is known."""
    return next((kind for kind in KINDS if kind.name == name), Kind(name, name, name))


def kinds_with(has: Callable[[Kind], bool], among: Iterable[object] | None = None) -> list[str]:
    """Return the names of the kinds that have a property, in the table's order; of those `among` others if given."""
    known = None if among is None else set(map(str, among))
    return [kind.name for kind in KINDS if has(kind) and (known is None or kind.name in known)]


def priors_of_kinds() -> set[str]:
    """Return the rows of the table of priors that some kind depends on first."""
    return {kind.prior for kind in KINDS if kind.prior}


def kinds_listed() -> str:
    """Return all kinds by model: "carry_over, direct (panels); effect (trials)"."""
    models: dict[str, list[str]] = {}
    for kind in KINDS:
        models.setdefault(kind.models, []).append(kind.name)
    return "; ".join(f"{', '.join(own)} ({model})" for model, own in models.items())


def require_known_kinds(found: Iterable[object]) -> None:
    """Refuse pathways of a kind that is not in the table, with which no table or figure would know what to do.

    Raises
    ------
    FitError
        There is one.
    """
    known = [kind.name for kind in KINDS]
    for name in dict.fromkeys(map(str, found)):
        if name not in known:
            raise FitError(
                "Kinds of pathways are those of the table KINDS in bayespanel.summaries.kinds.",
                f"A family made pathways of the kind {name!r}. {nearest(name, known)}",
                "Correct the name in the family's pathways, or add the kind to the table.",
            )
