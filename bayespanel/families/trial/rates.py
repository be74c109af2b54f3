"""Counts of events: negative binomial around an expected number, with a share of zeros beside it where asked for.

A pupil's rate is the expected number mu times a gamma variable with mean 1 and coefficient of variation c::

    log mu = log_mean + eta,   eta = effect[arm] + covariates + class effect + school effect
    P(y) = Gamma(y + 1/a) / (y! Gamma(1/a)) (1 + a mu)^(-1/a) (a mu / (1 + a mu))^y,   a = c^2              (10)
    zero-inflated: P(0) = w + (1 - w) P(0), and (1 - w) P(y) of any other number                            (11)

so that the variance is mu + a mu^2, and a = 0 is the Poisson distribution. Since log(Gamma(y + 1/a) / Gamma(1/a)) +
y log a is the sum of log(1 + j a) over j < y, the log-likelihood needs of each row the number of pupils with and
without events and their sum, and of each outcome how many pupils had more than j events; it is exact for a near 0 too.

References
----------
Cameron & Trivedi (2013), Regression Analysis of Count Data, doi:10.1017/CBO9781139013567, equations (3.26) and (4.48).
"""

from __future__ import annotations

from dataclasses import dataclass

import pytensor.tensor as pt
from pytensor.tensor.variable import TensorVariable

from bayespanel.families.trial.counted import Counted
from bayespanel.families.trial.spec import ClusterTrial
from bayespanel.inference.parameters import deviation, location


@dataclass(frozen=True, eq=False)
class Rates:
    """Parameters [outcome] of counts of events.

    Attributes
    ----------
    log_mean
        Logarithm of the expected number in the reference arm.
    dispersion
        a of equation (10).
    excess
        Log-odds of the share of zeros beside those of the negative binomial distribution; None where there is none.
    """

    log_mean: TensorVariable
    dispersion: TensorVariable
    excess: TensorVariable | None


def parameters(spec: ClusterTrial, plan: Counted) -> Rates:
    """Return the parameters of all outcomes, within a `pm.Model`."""
    shape, dims, one = (len(plan.outcomes),), ("outcome",), pt.ones(())
    log_mean = location("log_mean", spec.prior("log_mean"), 0.0, one, shape, dims)
    cv = deviation("rate_cv", spec.prior("rate_cv"), one, shape, dims, signed=False)
    excess = None
    if spec.zero_inflated:
        excess = location("zero_inflation", spec.prior("zero_inflation"), 0.0, one, shape, dims)
    return Rates(log_mean, cv**2, excess)


def log_likelihood(
    _spec: ClusterTrial, own: Rates, eta: TensorVariable, data: dict[str, TensorVariable]
) -> TensorVariable:
    """Return the log-likelihood at the linear predictors eta [row]."""
    at = data["row_outcome"]
    log_mu, a = own.log_mean[at] + eta, own.dispersion[at]
    grown = pt.log1p(a * pt.exp(log_mu))
    j = pt.arange(data["exceeding"].shape[1])
    factorials = data["exceeding"] * (pt.log1p(own.dispersion[:, None] * j) - pt.log(j + 1.0))
    some, total, zeros = data["row_some"], data["row_sum"], data["row_zeros"]
    out = factorials.sum() + (total * (log_mu - grown) - some * grown / a).sum()  # (10)
    if own.excess is None:
        return out - (zeros * grown / a).sum()
    inflated = own.excess[at]
    none = pt.logaddexp(inflated, -grown / a) - pt.softplus(inflated)  # (11)
    return out + (zeros * none - some * pt.softplus(inflated)).sum()
