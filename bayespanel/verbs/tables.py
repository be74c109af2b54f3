"""Results as tables and as text, whatever they are."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeGuard

import pandas as pd
import xarray as xr

from bayespanel.inference.fit import Fit
from bayespanel.language.errors import SpecError
from bayespanel.language.shown import prose
from bayespanel.summaries import table as evidence_table
from bayespanel.summaries.conclusions import conclude
from bayespanel.summaries.credibility import reanalysis_text
from bayespanel.summaries.effects import Effects, effects_text
from bayespanel.summaries.synthesis import Synthesis
from bayespanel.verbs import analysis
from bayespanel.verbs.fitting import told_sampling
from bayespanel.verbs.imputed_evidence import missing_information_text
from bayespanel.verbs.parameters import fit_measures, parameter_estimates

if TYPE_CHECKING:
    from bayespanel.inference.maximum_likelihood import Estimates

    Result = xr.Dataset | Effects | Synthesis | Fit | Estimates | pd.DataFrame

TOP = 10
"""Pathways of a kind in a summary."""

SHOWN = "evidence (bp.evidence), effects (bp.effects), a synthesis, a fit, or maximum likelihood"


def table(result: Result, *, kinds: Sequence[str] | None = None) -> pd.DataFrame:
    """Return a result as a data frame.

    Parameters
    ----------
    result
        Evidence gives one row per pathway; the effects of a trial one row per outcome; a synthesis one row per edge and
        study; a fit or maximum likelihood one row per parameter, as `bp.parameter_estimates` does.
    kinds
        For evidence: the kinds of pathway to show, in this order; all by default.

    Returns
    -------
    pandas.DataFrame
        The rows. For evidence the columns are `pathway`, its coordinates (`kind`, `edge`, `source`, `target`, ...), and
        every number of the evidence.

    Raises
    ------
    SpecError
        The evidence has no pathway of a kind, or what was given is no result.
    """
    if _is_evidence(result):
        return evidence_table.table(result, kinds=kinds)
    if isinstance(result, Effects):
        return result.frame
    if isinstance(result, Synthesis):
        return result.edges
    return parameter_estimates(_fitted(result))


def text(result: Result, *, kinds: Sequence[str] | None = None, top: int | None = None, raw: bool = False) -> str:
    """Return a result as text, ready to print. No digit is below its Monte Carlo error.

    Parameters
    ----------
    result
        Evidence is sorted by kind, the largest mean first; the effects of a trial by informant and family; a reanalysis
        by outcome and prior, with a sentence per outcome; `bp.missing_information` as it is. For a fit or maximum
        likelihood the text is its `bp.summary`.
    kinds, top
        For evidence: the kinds of pathway to show, in this order, and the largest number of each; all by default. The
        text says how many are left out.
    raw
        For evidence: whether raw units stand beside the standardised scale, in place of the shares of the region of
        practical equivalence.

    Returns
    -------
    str
        A table, and below the table what the numbers mean.

    Raises
    ------
    SpecError
        The evidence has no pathway of a kind, or what was given is no result.
    """
    if _is_evidence(result):
        return evidence_table.text(result, kinds=kinds, top=top, raw=raw)
    if isinstance(result, pd.DataFrame) and "caveat" in result.attrs:
        return missing_information_text(result)
    if isinstance(result, xr.Dataset) and "target" in result.attrs:
        return reanalysis_text(result)
    if isinstance(result, Effects):
        return effects_text(result)
    return summary(_fitted(result))


def _size(data: Any) -> str:
    return f"{data.n_pupils:,} pupils" if data.n_pupils else "effects that were published"


def _length(fit: Fit) -> str:
    sizes = {"chains": fit.posterior.sizes["chain"], "draws": fit.posterior.sizes["draw"]}
    known = sizes | {name: fit.provenance[name] for name in sizes if fit.imputations > 1}
    return f"{known['chains']} chains of {known['draws']:,} draws"


def summary(fitted: Fit | Estimates, *, rope: float | tuple[float, float] | None = None, raw: bool = False) -> str:
    """Return the main results of a fit on one screen: model and data, checks, and what is known about each pathway.

    Parameters
    ----------
    fitted
        From `bp.fit` or `bp.maximum_likelihood`.
    rope
        Region of practical equivalence, as for `bp.evidence`. If neither the call nor the fit gives one, the parameters
        are shown in place of the evidence.
    raw
        Whether raw units stand beside the standardised scale of the evidence, as for `bp.text`.

    Returns
    -------
    str
        For a fit: the model, the data and the sampler; every check that is not ok, with its hint; the result in a few
        sentences; then the ten largest pathways of each kind, as `bp.text` shows them. For maximum likelihood: whether
        a maximum was found, measures of fit, and the estimates.

    Raises
    ------
    SpecError
        What was given is neither.
    """
    if not isinstance(fitted, Fit):
        estimates = parameter_estimates(fitted)
        shown = estimates.drop(columns=["converged", "boundary", "proper"])
        return "\n\n".join((str(fitted), _frame(fit_measures(fitted)), _frame(shown)))
    read, record = fitted.data, fitted.provenance
    checks = analysis.checks(fitted)
    found = checks[checks["state"] != "ok"]
    of_each = f"{fitted.imputations} imputations, of each " if fitted.imputations > 1 else ""
    said = [
        f"{type(fitted.spec).__name__} of {', '.join(map(str, fitted.spec.variables))}: {_size(read)}.",
        f"{of_each}{_length(fitted)}, seed {record.get('seed', 'not recorded')}.",
        *told_sampling(record),
        f"Checks: {len(checks) - len(found)} of {len(checks)} are ok.",
        *(f"  {row['state']}: {row['check']}. {row['hint']}" for _, row in found.iterrows()),
    ]
    lines = [
        line for one in said for line in textwrap.wrap(one, prose(), subsequent_indent="    " * one.startswith(" "))
    ]
    if rope is None and record.get("rope") is None:
        return "\n".join([*lines, "", _frame(parameter_estimates(fitted))])
    evidence = analysis.evidence(fitted, rope=rope)
    words = [line for one in conclude(evidence, checks).sentences for line in textwrap.wrap(one, prose())]
    return "\n".join([*lines, "", *words, "", evidence_table.text(evidence, top=TOP, raw=raw)])


def _is_evidence(result: object) -> TypeGuard[xr.Dataset]:
    return isinstance(result, xr.Dataset) and "rope" in result.attrs and "pathway" in result.dims


def _frame(frame: pd.DataFrame) -> str:
    return frame.to_string(index=False, float_format=lambda value: f"{value:.4g}")


def _fitted(given: object) -> Fit | Estimates:
    from bayespanel.inference.maximum_likelihood import Estimates

    if isinstance(given, Fit | Estimates):
        return given
    raise SpecError(f"Only results can be shown: {SHOWN}.", f"You gave {type(given).__name__}.", "Give one of these.")
