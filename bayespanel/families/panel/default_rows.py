"""The default priors of panel models: weakly informative rows, one for each parameter that a specification has."""

from __future__ import annotations

from typing import Any

from bayespanel.families.panel.distal import priors_of_distal, priors_of_modelled
from bayespanel.families.panel.indicators import has_means, priors_of_items
from bayespanel.language.prior import Prior


def default_priors(spec: Any) -> tuple[Prior, ...]:
    """Return the default, weakly informative priors of the parameters that a specification has."""
    rows = []
    if has_means(spec):
        about = "zero, the mean of the first wave" if spec.indicators else "the variable's overall mean"
        rows.append(Prior("mean", "Normal", (0, 5), reason=f"five SDs around {about}", source="default"))
    if spec.means == "linear" and spec.accumulating:
        reason = "five SDs around the variable's overall mean"
        rows.append(Prior("first_mean", "Normal", (0, 5), reason=reason, source="default"))
    rows += priors_of_items(spec)
    if spec.ordered:
        reason = "next thresholds lie within 4 within-person SDs of each other, mostly"
        rows.append(Prior("threshold_gap", "HalfNormal", (2,), scale="raw", reason=reason, source="default"))
    if spec.tails == "student":
        reason = "beyond 2; from very heavy tails to those of a normal distribution"
        rows.append(Prior("tail_df", "Exponential", (28,), scale="raw", reason=reason, source="default"))
    if spec.time == "continuous":
        reason = "of deviations .37 is left after the usual gap, give or take a factor of 2; effects are as wide"
        rows.append(Prior("drift", "Normal", (0, 0.7), reason=reason, source="default"))
    else:
        reason = "effects beyond 1 within-person SD per SD are rare"
        rows.append(Prior("lag", "Normal", (0, 0.5), reason=reason, source="default"))
    if spec.shrinkage == "common":
        reason = "most cross-lags are below .4 within-person SDs per SD"
        rows.append(Prior("cross_lag_sd", "HalfNormal", (0.2,), reason=reason, source="default"))
    if spec.shrinkage == "horseshoe":
        doi = "default; doi:10.1214/17-EJS1337SI"
        reason = "most cross-lags are below .05, unless the data say otherwise"
        rows.append(Prior("cross_lag_sd", "HalfStudentT", (1, 0.05), reason=reason, source=doi))
        reason = "the horseshoe: some cross-lags are far larger than the others"
        rows.append(Prior("cross_lag_local", "HalfStudentT", (1, 1), reason=reason, source=doi))
    if spec.order == 2:
        reason = "effects over two waves, beside those over one, are smaller"
        rows.append(Prior("lag_2", "Normal", (0, 0.3), reason=reason, source="default"))
        if spec.lags == "equal":
            reason = "as lags; here of the first interval alone, which has none of two waves"
            rows.append(Prior("first_lag", "Normal", (0, 0.5), reason=reason, source="default"))
    if spec.varying:
        reason = "a school's path is mostly within .3 of the mean path"
        rows.append(Prior("lag_school_sd", "HalfNormal", (0.15,), reason=reason, source="default"))
    if spec.moderators:
        reason = "a property of schools changes a path by less than .4 per SD, mostly"
        rows.append(Prior("lag_moderation", "Normal", (0, 0.2), reason=reason, source="default"))
    if spec.moving_average != "none":
        reason = "what innovations do once more, beside what lags carry on, is smaller"
        rows.append(Prior("moving_average", "Normal", (0, 0.3), reason=reason, source="default"))
    if spec.covariates:
        reason = "one SD of the variable per SD of the covariate"
        rows.insert(
            bool(rows[0].parameter == "mean"),
            Prior("covariate_effect", "Normal", (0, 1), reason=reason, source="default"),
        )
    rows += priors_of_distal(spec.distal) + priors_of_modelled(spec.missing_covariates, spec.covariates)
    if spec.loadings == "free":
        reason = "stable differences grow or shrink by less than a half, mostly"
        rows.append(Prior("intercept_loading", "Normal", (1, 0.3), reason=reason, source="default"))
    if spec.accumulating and spec.loadings != "free":
        reason = "what enters every wave has been entering before the first, about once or twice"
        rows.append(Prior("first_loading", "Normal", (0, 2), reason=reason, source="default"))
    parts = [part for part in spec.components() if part.estimated]
    rows += [part.sd_prior() for part in parts]
    return (*rows, *(part.corr_prior() for part in parts if part.correlates(len(spec.variables))))
