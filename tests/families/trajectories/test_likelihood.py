"""The likelihood against its slow, obvious twin: every pupil, every class, scipy's densities."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
import xarray as xr
from scipy import stats
from scipy.special import expit, logsumexp

from bayespanel import SpecError, Trajectories, log_likelihood
from bayespanel.families.trajectories.build import build
from bayespanel.families.trajectories.draws import draws_of
from bayespanel.families.trajectories.plan import plan
from bayespanel.families.trajectories.statistics import data_for
from bayespanel.families.trajectories.unbounded_vector import objective, pack, unpack
from tests.families.trajectories.tables import TIMES, small_panel

BY_ARM = {"control": ("high", "low"), "intervention": ("high", "mid", "low")}
BASE: dict[str, Any] = {"outcome": "victimisation", "times": TIMES}
MODELS: dict[str, dict[str, Any]] = {
    "growth": {},
    "free by class": {"growth": "free", "residual": "free"},
    "by class": {"residual": "by_class", "growth": "quadratic", "predictors": ("anxiety",)},
    "intercept": {"random": "intercept", "residual": "by_wave"},
    "slope": {"random": "slope", "predictors": ("anxiety",), "arm": "programme", "levels": ("pupil", "school")},
    "by arm": {
        "classes": BY_ARM, "arm": "programme", "predictors": ("anxiety",), "levels": ("pupil", "class", "school"),
    },
    "ordinal": {"link": "logit", "predictors": ("anxiety",)},
    "one class": {"classes": 1, "link": "logit"},
    "ordinal, intercept": {"link": "logit", "random": "intercept", "predictors": ("anxiety",), "classes": 2},
    "ordinal, slope": {"link": "logit", "random": "slope", "classes": 1},
    "counts": {"link": "log", "predictors": ("anxiety",), "arm": "programme", "levels": ("pupil", "school")},
    "counts, zeros": {"link": "log", "zero_inflated": True, "growth": "quadratic"},
    "counts, intercept": {"link": "log", "random": "intercept", "zero_inflated": True, "classes": 2},
    "counts, slope": {"link": "log", "random": "slope", "classes": 1},
}  # fmt: skip


LINKED = [name for name in MODELS if name.startswith(("ordinal,", "counts"))]


def spec_of(name: str) -> Trajectories:
    return Trajectories(**BASE | MODELS[name])


def truth(spec: Trajectories, seed: int) -> dict[str, xr.DataArray]:
    """Any values of the parameters, labelled."""
    panel = small_panel(link=spec.link)
    layout = plan(spec, data_for(spec, panel))
    labels = {name: list(values) for name, values in layout.coordinates(spec).items()}
    rng = np.random.default_rng(seed)

    def draw(*dims: str, low: float = -1.0, high: float = 1.0) -> xr.DataArray:
        shape = [len(labels[d]) for d in dims]
        return xr.DataArray(rng.uniform(low, high, shape), dims=dims, coords={d: labels[d] for d in dims})

    out = {"growth": draw("trajectory", "coefficient", low=-1.5, high=2.0)}
    dims = {"equal": (), "by_wave": ("wave",), "by_class": ("trajectory",), "free": ("trajectory", "wave")}
    if spec.link == "identity":
        out["residual_sd"] = draw(*dims[spec.residual], low=0.4, high=1.2)
    if spec.random != "none":
        out["random_sd"] = xr.DataArray([0.7, 0.5][: 1 if spec.random == "intercept" else 2], dims="random")
    if spec.random == "slope":
        out["random_corr"] = xr.DataArray([[1.0, -0.4], [-0.4, 1.0]], dims=("random", "random_"))
    if spec.link == "logit":
        out["threshold"] = xr.DataArray([0.0, 1.3], dims="boundary")
    if spec.link == "log":
        out["rate_cv"] = xr.DataArray(0.8)
    if spec.zero_inflated:
        out["zero_inflation"] = xr.DataArray(-0.9)
    if len(spec.trajectories) > 1:
        for name, *dims_ in (
            ("membership_intercept", "trajectory"),
            *([("membership_effect", "trajectory", "predictor")] if spec.predictors else []),
            *([("programme_effect", "trajectory")] if spec.arm and not spec.by_arm else []),
            *((f"{level}_effect", "trajectory", level) for level in spec.cluster_levels),
        ):
            value = draw(*dims_)
            for own in spec.allowed:  # centred within the classes of an arm
                here = np.flatnonzero(own)
                value[here] = value[here] - value[here].mean("trajectory")
            out[name] = value
    return out


def linked(spec: Trajectories, values: dict[str, xr.DataArray], y: np.ndarray, location: np.ndarray) -> np.ndarray:
    """Log-density of the seen scores of a pupil [point], given locations [point, wave]."""
    if spec.link == "logit":
        cut = np.array([-np.inf, *values["threshold"].values, np.inf])
        p = expit(cut[y.astype(int) + 1] - location) - expit(cut[y.astype(int)] - location)
        return np.log(p).sum(axis=1)
    size = float(values["rate_cv"]) ** -2
    p = stats.nbinom.pmf(y, size, size / (size + np.exp(location)))
    if spec.zero_inflated:
        none = expit(float(values["zero_inflation"]))
        p = (1 - none) * p + none * (y == 0)
    return np.log(p).sum(axis=1)


def twin(spec: Trajectories, panel: Any, values: dict[str, xr.DataArray]) -> float:
    """Pupil by pupil."""
    total = 0.0
    time = (np.array(TIMES) - TIMES[0]) / (TIMES[-1] - TIMES[0])
    powers = {"linear": 2, "quadratic": 3}
    loadings = np.eye(4) if spec.growth == "free" else np.vander(time, powers[spec.growth], increasing=True)
    z = np.column_stack([np.ones(4), time])[:, : {"none": 0, "intercept": 1, "slope": 2}[spec.random]]
    names = list(spec.trajectories)
    centre = {name: panel.covariates[:, panel.covariate_names.index(name)].mean() for name in spec.predictors}
    for i in range(panel.n_pupils):
        y = panel.values[i, :, 0]
        seen = ~np.isnan(y)
        covariate = dict(zip(panel.covariate_names, panel.covariates[i], strict=True))
        own = names
        if spec.by_arm:
            arm = "intervention" if covariate["programme"] == 1 else "control"
            own = [name for name in names if name.startswith(arm)]
        eta, density = [], []
        for name in own:
            at = {"trajectory": name}
            logit = float(values["membership_intercept"].sel(at)) if len(names) > 1 else 0.0
            for predictor in spec.predictors:
                effect = float(values["membership_effect"].sel(at | {"predictor": predictor}))
                logit += effect * (covariate[predictor] - centre[predictor])
            if "programme_effect" in values:
                logit += float(values["programme_effect"].sel(at)) * covariate["programme"]
            if "class" in spec.levels:
                logit += float(values["class_effect"].sel(at | {"class": panel.class_names[panel.classroom[i]]}))
            if "school" in spec.levels:
                logit += float(values["school_effect"].sel(at | {"school": panel.school_names[panel.school[i]]}))
            eta.append(logit)
            mean = loadings @ values["growth"].sel(at).values
            if spec.link != "identity":  # a Gauss-Hermite rule of 60 points for each effect
                nodes, weight = np.polynomial.hermite_e.hermegauss(60)
                points = np.array(list(product(nodes, repeat=z.shape[1]))).reshape(60 ** z.shape[1], z.shape[1])
                share = np.array([np.prod(w) for w in product(weight / weight.sum(), repeat=z.shape[1])])
                root = np.zeros((0, 0))
                if z.shape[1]:
                    s = values["random_sd"].values
                    corr = values["random_corr"].values if spec.random == "slope" else np.eye(1)
                    root = np.linalg.cholesky(s[:, None] * corr * s)
                given = linked(spec, values, y[seen], (mean + points @ root.T @ z.T)[:, seen])
                density.append(logsumexp(given, b=share))
                continue
            sd = values["residual_sd"]
            sd = sd.sel(at) if "trajectory" in sd.dims else sd
            covariance = np.diag(np.broadcast_to(sd.values, 4) ** 2).astype(float)
            if z.shape[1]:
                s = values["random_sd"].values
                corr = values["random_corr"].values if spec.random == "slope" else np.eye(1)
                covariance += z @ (s[:, None] * corr * s) @ z.T
            density.append(stats.multivariate_normal(mean[seen], covariance[np.ix_(seen, seen)]).logpdf(y[seen]))
        total += logsumexp(np.array(eta) + np.array(density)) - logsumexp(eta)
    return total


@pytest.mark.parametrize("name", MODELS)
def test_the_likelihood_is_that_of_the_twin(name: str) -> None:
    spec = spec_of(name)
    panel = small_panel(link=spec.link)
    values = truth(spec, 3)
    exact = 1e-10
    if spec.link != "identity":  # points of random effects; these values lie far from the data
        exact = {"none": 1e-10, "intercept": 1e-7, "slope": 5e-6}[spec.random]
    assert log_likelihood(spec, panel, values) == pytest.approx(twin(spec, panel, values), rel=exact)


@pytest.mark.parametrize("name", [n for n in MODELS if "levels" not in MODELS[n]])
def test_the_gradient_of_the_vector_is_that_of_differences(name: str) -> None:
    spec = spec_of(name)
    layout = plan(spec, data_for(spec, small_panel(link=spec.link)))
    draws = draws_of(spec, layout, xr.Dataset(truth(spec, 5)).expand_dims(chain=1, draw=1))
    vector = pack(spec, layout, draws.values(0))
    np.testing.assert_allclose(
        pack(spec, layout, unpack(spec, layout, vector)), vector, rtol=1e-12, atol=1e-12
    )  # there and back
    function = objective(spec, layout)
    _, gradient = function(vector)
    step = 1e-5
    for j in range(len(vector)):
        move = np.eye(len(vector))[j] * step
        difference = (function(vector + move)[0] - function(vector - move)[0]) / (2 * step)
        assert gradient[j] == pytest.approx(difference, rel=1e-5, abs=1e-4)


@pytest.mark.parametrize("name", ["slope", "by arm", "ordinal", "free by class", "one class", *LINKED])
def test_the_model_has_the_same_likelihood(name: str) -> None:
    """The graph of the model at the point that the values stand for, compiled without numba."""
    import pytensor
    from pytensor.compile.mode import Mode

    spec = spec_of(name)
    panel = small_panel(link=spec.link)
    rows = data_for(spec, panel)
    layout = plan(spec, rows)
    values = truth(spec, 4)
    free = draws_of(spec, layout, xr.Dataset(values).expand_dims(chain=1, draw=1)).free
    expected = log_likelihood(spec, panel, values)
    model = build(spec, rows)
    given = {}
    for variable in model.free_RVs:
        if variable.name in free:
            given[variable] = free[variable.name][0]
        elif variable.name.endswith("_standard"):
            level = variable.name.removesuffix("_standard")
            effects = values[f"{level}_effect"].transpose(level, "trajectory").values
            given[variable] = effects @ layout.contrasts * np.sqrt(2.0) / 0.5
        else:
            given[variable] = np.array(0.5)  # the SDs of clusters
    function = pytensor.function(
        [], model["log_likelihood"], givens={rv: np.asarray(v) for rv, v in given.items()}, mode=Mode("py", None)
    )
    assert float(function()) == pytest.approx(expected, rel=1e-9)


def test_a_missing_parameter_is_named() -> None:
    with pytest.raises(SpecError, match="Not given: residual_sd, membership_intercept"):
        log_likelihood(spec_of("growth"), small_panel(), {"growth": np.zeros((3, 2))})
