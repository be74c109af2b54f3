"""How fast the models of the panel family are: log-density and gradient, 3 variables at 5 waves, without clusters.

Run by `make bench`, or alone as `python -m tests.bench_models`.
"""

from __future__ import annotations

import numpy as np

import bayespanel as bp

NAMES = ("x", "y", "z")
TIMES = (0.0, 5.0, 12.0, 17.0, 24.0)
MODELS = {
    "RI-CLPM": bp.RICLPM(NAMES),
    "RI-CLPM, equal innovations": bp.RICLPM(NAMES, innovations="equal"),
    "the same in continuous time": bp.RICLPM(NAMES, time="continuous", innovations="equal"),
    "CLPM": bp.CLPM(NAMES),
    "STARTS": bp.STARTS(NAMES),
    "LCM-SR": bp.LCMSR(NAMES),
    "free loadings": bp.RICLPM(NAMES, loadings="free"),
    "order 2": bp.RICLPM(NAMES, order=2),
    "DPM": bp.DPM(NAMES),
    "ALT": bp.ALT(NAMES),
    "GCLM": bp.GCLM(NAMES),
}
"""Name -> specification."""


def data() -> bp.Moments:
    """Moments of 1,000 complete pupils whose scores correlate over waves and variables."""
    within = 0.3 ** np.abs(np.subtract.outer(np.arange(5), np.arange(5)))
    covariance = np.kron(within + 0.5, 0.3 + 0.7 * np.eye(3)) + 0.2 * np.eye(15)
    return bp.Panel.from_summary(
        mean=np.zeros(15), cov=covariance, n=1000, variables=NAMES, waves="12345", times=list(TIMES)
    )


def gradients() -> dict[str, float]:
    """Microseconds of one log-density and gradient, priors included, of each model."""
    from bayespanel.families.panel.build import build, start
    from bayespanel.inference.posterior import compile_posterior
    from tests.bench import microseconds

    out, moments = {}, data()
    for name, spec in MODELS.items():
        posterior = compile_posterior(build(spec, moments), start(spec, moments))
        out[name] = microseconds(lambda posterior=posterior: posterior(posterior.start), 200)
    return out


def main() -> None:
    """Print one line per model."""
    for name, found in gradients().items():
        print(f"{f'3 variables, 5 waves, {name}: log-density and gradient':70s} {found:8.1f} us   <= 60 us")


if __name__ == "__main__":
    main()
