"""The data of a trial as its model reads them, checked."""

from __future__ import annotations

from collections.abc import Sequence

from bayespanel.data import Trial, TrialCounts, TrialEstimates, TrialMoments
from bayespanel.data.trial_counts import MOST
from bayespanel.families.trial.levels import settled
from bayespanel.families.trial.spec import ClusterTrial
from bayespanel.language.errors import DataError, SpecError, nearest

Reduced = TrialMoments | TrialCounts | TrialEstimates
"""Data as a model of a trial reads them."""

Data = Trial | Reduced
"""Data that may be given for a trial."""


def data_for(spec: ClusterTrial, data: Data) -> Reduced:
    """Return the data as the model reads them, after checking that they have what it needs.

    Raises
    ------
    DataError
        Data of another kind; outcomes, baselines, covariates or levels that they lack.
    SpecError
        A model without the unit of randomisation, or with a field that has no effect on these data.
    """
    if isinstance(data, TrialEstimates):
        _require(spec.outcomes, data.outcomes, "outcome")
        if spec.link != "identity":
            raise SpecError(
                "Published effects are standardised mean differences.",
                f"The model has link='{spec.link}'.",
                "Use link='identity'.",
            )
        settled(spec, data)
        return data
    wanted: tuple[type, ...] = (Trial, TrialMoments) if spec.link == "identity" else (Trial, TrialCounts)
    if not isinstance(data, wanted):
        raise DataError(
            f"A trial with link='{spec.link}' is fitted to {' or '.join(kind.__name__ for kind in wanted)}.",
            f"You gave a {type(data).__name__}.",
            "Make one with Trial.from_frame, Trial.from_estimates or load.",
        )
    reduced = data.moments() if isinstance(data, Trial) and spec.link == "identity" else data
    reduced = reduced.counts(spec.outcomes, events=spec.link == "log") if isinstance(reduced, Trial) else reduced
    assert isinstance(reduced, TrialMoments | TrialCounts)  # for the type checker: checked above
    if isinstance(reduced, TrialCounts):
        _require_categories(spec, reduced)
    _require(spec.outcomes, reduced.outcomes, "outcome")
    expanded(spec.covariates, reduced.covariates)
    if spec.adjustment != "none" and not any(post in spec.outcomes for post, _ in reduced.baseline):
        raise DataError(
            f"adjustment='{spec.adjustment}' needs a baseline.",
            "The data name none for these outcomes.",
            "Give baseline={outcome: column} where the data are read, or use adjustment='none'.",
        )
    settled(spec, reduced)
    return reduced


def _require_categories(spec: ClusterTrial, data: TrialCounts) -> None:
    """Check that counts are those of the model: of few categories, or of every number of events."""
    for name, labels in zip(data.outcomes, data.categories, strict=True):
        if name in spec.outcomes and spec.link == "log" and labels != tuple(map(str, range(len(labels)))):
            raise DataError(
                "Counts of events are stored for every number from 0 on.",
                f"The categories of {name!r} are {', '.join(labels[:5])}{', ...' if len(labels) > 5 else ''}.",
                "Make them with Trial.counts(events=True), or give the trial itself.",
            )
        if name in spec.outcomes and spec.link != "log" and len(labels) > MOST:
            raise DataError(
                f"An ordered outcome has at most {MOST} categories.",
                f"{name!r} has {len(labels)}: counts of events.",
                "Use link='log', the model of counts of events.",
            )


def is_hierarchical(spec: ClusterTrial) -> bool:
    """Return whether the sampler needs small steps: pooled effects make a funnel, those of clusters do not."""
    return bool(spec.families)


def expanded(names: Sequence[str], known: Sequence[str]) -> tuple[str, ...]:
    """Write out categorical covariates: "sex" becomes its columns "sex[M]", ...

    Raises
    ------
    DataError
        A covariate that the data lack.
    """
    out: list[str] = []
    for name in names:
        columns = [column for column in known if column == name or column.startswith(f"{name}[")]
        if not columns:
            _require([name], known, "covariate")
        out += columns
    return tuple(out)


def _require(names: Sequence[str], known: Sequence[str], what: str) -> None:
    for name in names:
        if name not in known:
            raise DataError(
                f"The data hold every {what} of the model.",
                f"They lack {name!r}. {nearest(name, list(known)) if known else 'They have none.'}",
                "Name the column where the data are read, or correct the name in the model.",
            )
