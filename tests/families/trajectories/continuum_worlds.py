"""Pupils of one continuum and pupils of three classes: numpy alone, knowing nothing of the package's models."""

from __future__ import annotations

import numpy as np

WAVES = 5
CUTS = (0.0, 1.2, 2.2, 3.2)
"""Between the categories 0 to 4, in logits."""

SHARES = (0.1, 0.2, 0.7)
COURSES = np.array([[2.6] * 5, [2.1, 1.7, 1.2, 0.8, 0.4], [0.3] * 5])
ORDERED_COURSES = np.array([[1.8] * 5, [1.2, 0.4, -0.6, -1.4, -2.2], [-2.6] * 5])
"""Stable high, decreasing, stable low: scores with residuals of SD 0.8, and logits."""


def one_continuum(seed: int, pupils: int, *, ordered: bool) -> np.ndarray:
    """Scores [pupil, wave] of pupils whose level and change are bivariate normal, correlated -.3.

    Scores: SDs 1 and 1, residuals of SD 0.6. Ordered: logits with SDs 2.5 and 1.5 around -2.1; about 75 % are 0.
    """
    rng = np.random.default_rng(seed)
    own = rng.multivariate_normal([0.0, 0.0], [[1.0, -0.3], [-0.3, 1.0]], pupils)
    time = np.linspace(0.0, 1.0, WAVES)
    if not ordered:
        return own[:, :1] + own[:, 1:] * time + 0.6 * rng.normal(size=(pupils, WAVES))
    latent = -2.1 + 2.5 * own[:, :1] + 1.5 * own[:, 1:] * time
    return np.searchsorted(CUTS, latent + rng.logistic(size=latent.shape)).astype(float)


def three_classes(
    seed: int, pupils: int, *, ordered: bool, within: float = 0.0, effect: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Scores [pupil, wave] and a predictor [pupil] of pupils in three classes.

    Parameters
    ----------
    within
        SD of the pupils' own levels around the course of their class.
    effect
        Log odds ratio of the first class against the second, per unit of a standard normal predictor.
    """
    rng = np.random.default_rng(seed)
    x = rng.normal(size=pupils)
    utility = np.log(SHARES) + np.outer(x, [effect, 0.0, -effect]) + rng.gumbel(size=(pupils, 3))
    which = utility.argmax(axis=1)
    own = within * rng.normal(size=(pupils, 1))
    if not ordered:
        return COURSES[which] + own + 0.8 * rng.normal(size=(pupils, WAVES)), x
    latent = ORDERED_COURSES[which] + own
    return np.searchsorted(CUTS, latent + rng.logistic(size=latent.shape)).astype(float), x
