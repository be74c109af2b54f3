"""Leaving out by weights: closed forms, and refits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import bayespanel as bp
from bayespanel.families.panel.leave_out import densities, without
from bayespanel.families.panel.worlds import small_triangle
from bayespanel.summaries.leave_out import influence, leave_out, ranges
from tests.summaries.fake import draws

VARIABLES = ["rejection", "depression"]


def normal_data(seed: int, n: int = 15):
    """y ~ N(theta, 1) with a flat prior: posterior, log-densities, and the mean and density without each y."""
    rng = np.random.default_rng(seed)
    y = rng.normal(0.5, 1, n)
    theta = rng.normal(y.mean(), 1 / np.sqrt(n), (4, 500))
    density = stats.norm.logpdf(y, theta[..., None], 1)
    means = (y.sum() - y) / (n - 1)
    return theta, density, means, stats.norm.logpdf(y, means, np.sqrt(1 + 1 / (n - 1)))


def test_weights_give_the_mean_and_the_density_without_a_unit() -> None:
    z, elpd = [], []
    for seed in range(60):
        theta, density, means, exact = normal_data(seed)
        left = leave_out(density, [str(i) for i in range(15)])
        table = influence(draws(theta[..., None]), left).set_index("unit")
        good = left.pareto_k < 0.7
        found = table.loc[left.units]
        z += list(((found["mean"] - means) / found["mcse"])[good])
        elpd.append(left.elpd.sum() - exact.sum())
    assert 0.90 <= np.mean(np.abs(z) < 1.96) <= 1.0
    assert abs(np.mean(elpd)) < 0.02


def test_ranges_name_the_units_at_their_ends() -> None:
    theta, density, _, _ = normal_data(1)
    table = influence(draws(theta[..., None]), leave_out(density, [f"s{i}" for i in range(15)]))
    row = ranges(table).iloc[0]
    assert row["lowest"] == table["mean"].min()
    assert row["without_for_highest"] == table.loc[table["mean"].idxmax(), "unit"]
    assert table["shift_in_sd"].abs().is_monotonic_decreasing


def pupils() -> pd.DataFrame:
    frame = bp.simulate(small_triangle(), 3)
    return frame.assign(girl=frame["pupil"].rank(method="dense") % 2)


@pytest.fixture(scope="module")
def panel() -> bp.Panel:
    return read(pupils())


def read(frame: pd.DataFrame) -> bp.Panel:
    return bp.Panel.from_long(
        frame, pupil="pupil", wave="wave", variables=VARIABLES, school="school", classroom="class", covariates=["girl"]
    )


SPEC = bp.RICLPM(VARIABLES, levels=("pupil", "school"), covariates=["girl"])


@pytest.fixture(scope="module")
def fit(panel: bp.Panel) -> bp.Fit:
    return bp.fit(SPEC, panel, seed=1, progress=False)


def test_schools_add_up_to_the_likelihood(panel: bp.Panel) -> None:
    spec = replace(SPEC, levels=("pupil", "class", "school"))
    fit = bp.fit(spec, panel, seed=1, sampling=bp.Sampling(draws=50, tune=100), progress=False)
    some = fit.posterior.isel(draw=slice(0, 3))
    density, names = densities(spec, some, fit.data, panel, "school")
    assert names == list(panel.school_names)
    for d in range(3):
        point = some.isel(chain=2, draw=d)
        assert density[2, d].sum() == pytest.approx(bp.log_likelihood(spec, panel, dict(point)), abs=1e-6)


def test_pupils_add_up_to_the_likelihood(panel: bp.Panel) -> None:
    spec = bp.RICLPM(VARIABLES, covariates=["girl"])
    alone = bp.fit(spec, panel, seed=1, sampling=bp.Sampling(draws=50, tune=100), progress=False)
    some = alone.posterior.isel(draw=slice(0, 2))
    density, names = densities(spec, some, alone.data, panel, "pupil")
    assert len(names) == density.shape[2] == alone.data.n_pupils
    total = bp.log_likelihood(spec, panel, dict(some.isel(chain=1, draw=1)))
    assert density[1, 1].sum() == pytest.approx(total, abs=1e-6)
    one = densities(spec, some, alone.data, panel, "pupil", only=5)[0]
    np.testing.assert_allclose(one[..., 5], density[..., 5])
    assert (np.delete(one, 5, axis=2) == 0).all()


def test_weights_agree_with_five_refits(fit: bp.Fit, panel: bp.Panel) -> None:
    """Two Monte Carlo errors, of both, for the lags and the predictive density of each of five schools."""
    table = bp.influence(fit, panel)
    names = ["rejection -> depression", "depression -> rejection"]
    z = []
    for school in ("2", "5", "8", "11", "14"):
        unit = panel.school_names.index(school)
        again = bp.evidence(
            bp.fit(SPEC, without(SPEC, panel, unit, "school"), seed=unit + 1, progress=False), rope=0.03
        )
        here = table[table["unit"] == school].set_index("pathway")
        assert here["pareto_k"].iloc[0] < 1
        for name in names:
            error = np.hypot(here.loc[name, "mcse"], float(again["mcse_mean"].sel(pathway=name)))
            z.append((here.loc[name, "mean"] - float(again["mean"].sel(pathway=name))) / error)
    assert np.mean(np.abs(z) < 2) >= 0.9
    assert np.abs(z).max() < 3.5


def test_models_are_compared_and_doubtful_schools_fitted_again(fit: bp.Fit, panel: bp.Panel) -> None:
    plain = bp.fit(replace(SPEC, intercepts=False), panel, seed=1, progress=False)
    table = bp.compare({"riclpm": fit, "clpm": plain}, panel, refit=1)
    assert table.index[0] == "riclpm"
    assert table.loc["clpm", "elpd_diff"] < -3 * table.loc["clpm", "dse"]
    assert (table["not_trusted"] >= 0).all()
    with pytest.raises(bp.SpecError, match="two models or more"):
        bp.compare({"riclpm": fit}, panel)
    with pytest.raises(bp.SpecError, match="Pupils can be left out one by one"):
        bp.compare({"riclpm": fit, "clpm": plain}, panel, by="pupil")
    with pytest.raises(bp.SpecError, match="one of school, pupil"):
        bp.compare({"riclpm": fit, "clpm": plain}, panel, by="class")


def test_the_pupils_that_were_fitted_are_needed(fit: bp.Fit, panel: bp.Panel) -> None:
    with pytest.raises(bp.DataError, match="Give the Panel that was fitted"):
        bp.influence(fit)
    with pytest.raises(bp.DataError, match="their sums differ"):
        bp.influence(fit, panel.of_pupils(np.arange(panel.n_pupils) > 3))


def test_the_pupils_that_were_fitted_may_be_read_in_another_order(fit: bp.Fit, panel: bp.Panel) -> None:
    other = read(pupils().sample(frac=1, random_state=1))
    assert other.moments().fingerprint() != panel.moments().fingerprint()
    one, same = (bp.influence(fit, each).sort_values(["pathway", "unit"]) for each in (panel, other))
    assert one["unit"].tolist() == same["unit"].tolist()
    np.testing.assert_allclose(one["mean"], same["mean"], rtol=1e-6)


def test_a_trial_knows_its_schools() -> None:
    from bayespanel.families.trial.simulate import involvement

    frame = bp.simulate(involvement("pupils"), 1)
    outcome = "well_being"
    trial = bp.Trial.from_frame(
        frame, arm="arm", control="control", outcomes=[outcome], school="school", randomised="school"
    )
    spec = bp.ClusterTrial(outcomes=[outcome], levels=("pupil", "school"))
    found = bp.fit(spec, trial, seed=1, progress=False)
    table = bp.influence(found)
    assert set(table["unit"]) == set(found.data.school_names)
    point = found.posterior.isel(chain=0, draw=[0])
    from bayespanel.families.trial.leave_out import densities as of_trial

    density, _ = of_trial(spec, point.expand_dims("chain"), found.data, None, "school")
    total = bp.log_likelihood(spec, trial, dict(found.posterior.isel(chain=0, draw=0)))
    assert density.sum() == pytest.approx(total, abs=1e-5)


def test_the_density_of_a_cluster_is_what_it_adds_to_the_others() -> None:
    """Slowly: the likelihood of all clusters, less that of all others."""
    from bayespanel.families.trial.leave_out import densities as of_trial
    from tests.data.trial_tables import build, gappy, table

    frame, rng = table(240, 8, 3), np.random.default_rng(3)
    frame["arm"] = np.where(frame["school"] == 2, 1, rng.integers(0, 2, len(frame)))  # one school has one arm only
    frame.loc[rng.random(len(frame)) < 0.2, "read"] = np.nan
    within = {"randomised": "pupil", "outcomes": ["read", "math"], "baseline": {}}
    few = bp.Sampling(chains=2, draws=4, tune=50)
    levels = ("pupil", "class", "school")
    for trial, options in (
        (build(frame, classroom=None, **within), {"varying_effects": "uncorrelated"}),
        (build(frame, **within), {}),
        (gappy(), {"adjustment": "constrained"}),
    ):
        spec = bp.ClusterTrial(
            outcomes=["read"], levels=[x for x in levels if x == "pupil" or x in trial.moments().levels], **options
        )
        found = bp.fit(spec, trial, seed=1, sampling=few, progress=False)
        density, _ = of_trial(spec, found.posterior, found.data, None, "school")
        for chain, draw in ((0, 0), (1, 2)):
            point = dict(found.posterior.isel(chain=chain, draw=draw))
            total = bp.log_likelihood(spec, found.data, point)
            for c in range(len(found.data.school_names)):
                others = bp.log_likelihood(spec, found.data.without(c), point)
                assert density[chain, draw, c] == pytest.approx(total - others, abs=1e-6)
