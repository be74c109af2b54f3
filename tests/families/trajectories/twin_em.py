"""The slow, obvious twin of maximum likelihood: expectation-maximisation, one pupil and one wave after the other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm


@dataclass
class Twin:
    log_likelihood: float
    share: np.ndarray
    growth: np.ndarray
    variance: np.ndarray
    entropy: float


def fit(y: np.ndarray, loadings: np.ndarray, classes: int, *, by_wave: bool, starts: int = 8) -> Twin:
    """Latent class growth of y [pupil, wave], NaN missing; residual variances equal over classes, maybe over waves."""
    rng = np.random.default_rng(1)
    return max((_one(y, loadings, classes, by_wave, rng) for _ in range(starts)), key=lambda t: t.log_likelihood)


def _one(y: np.ndarray, loadings: np.ndarray, classes: int, by_wave: bool, rng: np.random.Generator) -> Twin:
    seen = ~np.isnan(y)
    average = np.nanmean(y, axis=1)
    # A start: pupils belong to the nearest of some pupils' averages, half and half with chance.
    centres = rng.choice(average, classes, replace=False)
    post = np.eye(classes)[np.abs(average[:, None] - centres).argmin(axis=1)] + rng.dirichlet(np.ones(classes), len(y))
    post /= post.sum(axis=1, keepdims=True)
    variance, before = np.full(y.shape[1], np.nanvar(y)), -np.inf
    while True:
        share, growth = post.mean(axis=0), np.empty((classes, loadings.shape[1]))
        for k in range(classes):
            weight = (post[:, [k]] * seen / variance).ravel()
            design = np.tile(loadings, (len(y), 1))
            root = np.sqrt(weight)[:, None]
            growth[k] = np.linalg.lstsq(root * design, root[:, 0] * np.nan_to_num(y).ravel(), rcond=None)[0]
        mean = growth @ loadings.T
        squares = np.array([[(post[:, k] * seen[:, t] * np.nan_to_num(y[:, t] - mean[k, t]) ** 2).sum()
                             for t in range(y.shape[1])] for k in range(classes)]).sum(axis=0)  # fmt: skip
        variance = squares / seen.sum(axis=0) if by_wave else np.full(y.shape[1], squares.sum() / seen.sum())
        joint = np.log(share) + np.stack(
            [np.where(seen, norm.logpdf(y, mean[k], np.sqrt(variance)), 0.0).sum(axis=1) for k in range(classes)],
            axis=1,
        )
        top = joint.max(axis=1, keepdims=True)
        evidence = top[:, 0] + np.log(np.exp(joint - top).sum(axis=1))
        post = np.exp(joint - evidence[:, None])
        if evidence.sum() - before < 1e-9:
            break
        before = evidence.sum()
    order = np.argsort(-mean.mean(axis=1))
    entropy = 1.0 + (post * np.log(post + 1e-300)).sum() / (len(y) * np.log(classes))
    return Twin(float(evidence.sum()), share[order], growth[order], variance, float(entropy))
