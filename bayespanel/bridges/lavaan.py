"""A panel model in lavaan's language, with the parameters of our likelihood.

    library(lavaan); fit <- lavaan(model, data = data, missing = "fiml")

gives `maximum_likelihood`: its log-likelihood, number of parameters, estimates and standard errors (lavaan 0.6-14,
looked at in 2026).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bayespanel.bridges.columns import settle
from bayespanel.bridges.lavaan_panel import panel_syntax
from bayespanel.bridges.lavaan_trial import trial_syntax
from bayespanel.bridges.panel_models import require_written
from bayespanel.bridges.trial_cells import with_levels
from bayespanel.catalogue.cards import Card, specification
from bayespanel.families.door import Spec
from bayespanel.families.panel.spec import RICLPM
from bayespanel.families.trial.spec import ClusterTrial
from bayespanel.language.errors import SpecError


def to_lavaan(
    spec: Spec | Card,
    *,
    waves: int | Sequence[object] | None = None,
    columns: Mapping[str, Sequence[str]] | None = None,
    groups: Sequence[object] | None = None,
    arms: Sequence[str] = ("control", "intervention"),
    baseline: Mapping[str, str] | None = None,
    randomised: str | None = None,
) -> str:
    """Write a model in lavaan's language. The first lines are comments with the R call that fits it.

    Priors are not used. The parameters are those of `maximum_likelihood`, so log-likelihood, estimates and standard
    errors agree. Chi-square and the indices that rest on it agree up to the point at which lavaan 0.6-14 (examined in
    2026) stops its search for the unrestricted model. With two levels the call names the optimiser, because the default
    of lavaan 0.7-2 (2026) fits another model if scores are missing.

    Parameters
    ----------
    spec
        An `RICLPM`, a `ClusterTrial` with Gaussian outcomes, or a card of one of them.
    waves
        For a panel: the number of waves, or their labels (`panel.waves`).
    columns
        For a panel: the columns of each variable in the order of the waves, as in `Panel.from_wide`. By default their
        names are the variable followed by the wave, such as "rejection1". `lavaan_data` makes a table with these
        columns.
    groups
        For a panel with groups of pupils: their names in order (`panel.group_names`). What differs between them has a
        label for each, `c(lag.x.y.g1, lag.x.y.g2)`.
    arms
        For a trial: the arms, the reference first.
    baseline
        For a trial with a constrained analysis: the baseline of each outcome.
    randomised
        For a trial: what was randomised: "pupil", "class" or "school". By default that of the card, or the outermost
        level. If the specification leaves the levels to the data, they are taken to be pupils and schools, because
        there are no data here.

    Returns
    -------
    str
        The text of the model.

    Raises
    ------
    SpecError
        The model has something that lavaan cannot express (latent classes, classes and schools at once, ordered
        outcomes), or an argument that is needed is missing.

    References
    ----------
    Rosseel (2012), doi:10.18637/jss.v048.i02; Mulder & Hamaker (2021), doi:10.1080/10705511.2020.1784738, for the
    RI-CLPM in lavaan.
    """
    model = specification(spec)
    if isinstance(model, ClusterTrial):
        model = with_levels(model)
    if len(getattr(model, "cluster_levels", ())) > 1 and isinstance(model, RICLPM | ClusterTrial):
        raise SpecError(
            "lavaan has two levels: pupils, and one kind of cluster.",
            f"The model has pupil, {', '.join(model.cluster_levels)}.",
            'Keep one: dataclasses.replace(spec, levels=("pupil", "school")); to_mplus writes three levels.',
        )
    if isinstance(model, RICLPM):
        require_written(model, "lavaan")
        least = 3 if model.intercepts else 2
        beside = (*model.covariates, *model.distal)
        given = settle(
            model.columns, beside, waves=waves, columns=columns, least=least, grouping=model.groups, groups=groups
        )
        return panel_syntax(model, given)
    if isinstance(model, ClusterTrial):
        hint = getattr(spec.data, "randomised", None) if isinstance(spec, Card) else None
        outermost = ("pupil", *model.cluster_levels)[-1]
        return trial_syntax(model, tuple(arms), dict(baseline or {}), randomised or hint or outermost)
    raise SpecError(
        "Models that are written for lavaan are panel models and trials.",
        f"You gave a {type(model).__name__}.",
        "lavaan has no latent classes: for those of Trajectories use to_mplus, which writes TYPE = MIXTURE.",
    )
