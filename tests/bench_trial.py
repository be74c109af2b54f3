"""How fast trials are: the rows that `make bench` prints for them."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

Row = Callable[..., None]
KNOWN = Path(__file__).parent / "known_answers"


def trial_rows(row: Row, microseconds: Callable[[Callable[[], object], int], float]) -> None:
    """Measure and print: STAR reading beside rstanarm, and ordered outcomes of few and of many pupils."""
    import arviz_stats

    import bayespanel as bp

    moments = bp.TrialMoments.load(KNOWN / "star_k.nc")
    reading = next(name for name in moments.outcomes if name.startswith("read"))
    spec = bp.ClusterTrial(outcomes=(reading,), levels=("pupil", "class", "school"))
    fit = bp.fit(spec, moments, seed=1, sampling=bp.Sampling(draws=2000, sampler="nuts"), progress=False)
    names = ["mean", "effect", "residual_sd", "class_sd", "school_sd"]
    ess = min(float(values.min()) for values in arviz_stats.ess(fit.posterior[names]).data_vars.values())
    seconds = fit.provenance["seconds"]["sample"]
    row(
        "STAR reading, 5,789 pupils, 3 levels: 4 x (500 + 2000)",
        f"{seconds:.1f} s; ESS {ess:.0f} = {ess / seconds:.0f} per s",
        "> 1000 per s",
        "rstanarm 221 s, ESS 299 = 1.35 per s",
    )
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "bayespanel", "fit", "class-size", "-o", str(Path(folder, "out")), "--quiet"]
        times = []
        for _ in range(2):
            began = time.perf_counter()
            subprocess.run([*command, "--force"], check=True, capture_output=True)
            times.append(time.perf_counter() - began)
    row("bayespanel fit class-size, the whole warm command", f"{min(times):.1f} s", "<= 20 s")
    taken, least, steps = _with_covariate()
    row(
        "ordered outcome, 2,500 pupils, continuous covariate, 100 classes: 4 x (500 + 1000)",
        f"{taken:.0f} s of processors; least ESS {least:.0f} = {least / taken:.0f} per s; {steps:.0f} steps",
        "< 130 s of processors",
    )
    few, many = (_ordinal_gradient(classmates, microseconds) for classmates in (1, 10))
    row(
        "ordered outcome, 2,510 pupils: log-density and gradient; 25,100",
        f"{few:.0f} us; {many:.0f} us = {many / few:.2f} x",
        "<= 1.2 x",
    )


def _with_covariate() -> tuple[float, float, float]:
    """Processor seconds of a fit of 2,500 pupils with an ordered outcome and a continuous covariate; ESS; steps."""
    import arviz_stats
    import pandas as pd

    import bayespanel as bp

    rng = np.random.default_rng(1)
    of_class = np.repeat(np.arange(100), 25)
    school, x = of_class // 4, rng.normal(size=2500)
    latent = 0.3 * (school % 2) + 0.5 * x + rng.normal(0, 0.5, 100)[of_class] + rng.normal(0, 0.4, 25)[school]
    frame = pd.DataFrame(
        {"arm": np.where(school % 2, "programme", "control"), "x": x, "class": of_class, "school": school}
    )
    frame["y"] = np.digitize(latent + rng.logistic(size=2500), [0.5, 1.2, 2.0, 3.0])
    roles: dict[str, Any] = {"arm": "arm", "control": "control", "classroom": "class", "school": "school"}
    trial = bp.Trial.from_frame(frame, outcomes=["y"], covariates=["x"], **roles)
    spec = bp.ClusterTrial(outcomes=("y",), levels=("pupil", "class", "school"), link="logit", covariates=("x",))
    began = time.process_time()
    fit = bp.fit(spec, trial, seed=1, progress=False)
    taken = time.process_time() - began
    names = ["threshold", "effect", "covariate_effect", "class_sd", "school_sd"]
    least = min(float(values.min()) for values in arviz_stats.ess(fit.posterior[names]).data_vars.values())
    return taken, least, float(fit.sample_stats["n_steps"].mean())


def _ordinal_gradient(times: int, microseconds: Callable[[Callable[[], object], int], float]) -> float:
    """Microseconds for the same 27 schools and their classes, with so many times the pupils."""
    import pandas as pd

    import bayespanel as bp
    from bayespanel.families.trial.build import build, start
    from bayespanel.families.trial.worlds import involvement
    from bayespanel.inference.posterior import compile_posterior

    # Ten times as many pupils in the same classes make classes that the data layer rightly wonders at.
    warnings.simplefilter("ignore", bp.DataWarning)
    frame = bp.simulate(involvement("pupils", victimisation_ordinal=True), 1)
    rng = np.random.default_rng(1)
    more = pd.concat([frame] * times, ignore_index=True)
    # Each copy answers anew, with the shares of its arm, lest counts be multiples of one another.
    for arm in more["arm"].unique():
        here = more["arm"] == arm
        more.loc[here, "victimisation"] = rng.choice(frame.loc[frame["arm"] == arm, "victimisation"], here.sum())
    trial = bp.Trial.from_frame(
        more, arm="arm", control="control", outcomes=["victimisation"], classroom="class", school="school"
    )
    spec = bp.ClusterTrial(outcomes=("victimisation",), levels=("pupil", "class", "school"), link="logit")
    posterior = compile_posterior(build(spec, trial), start(spec, trial))
    return microseconds(lambda: posterior(posterior.start), 200)
