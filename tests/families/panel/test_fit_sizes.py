"""What stable school effects do to lags where schools change from wave to wave, and many cells to chi-square (slow)."""

from __future__ import annotations

import numpy as np
import pytest

from bayespanel import RICLPM, Panel
from bayespanel.data import Moments
from bayespanel.families.panel.fit_rows import likelihood_ratios
from bayespanel.families.panel.lifting import Own
from bayespanel.families.panel.simulate import simulate
from bayespanel.families.panel.statistics import data_for, statistics
from bayespanel.families.panel.structure import structure
from bayespanel.families.panel.world import PanelWorld
from bayespanel.inference.maximum_likelihood import maximise

pytestmark = pytest.mark.slow


def world(k: int, waves: int, schools: int, pupils: int, share: float | None) -> PanelWorld:
    """Within-person and stable SDs of about .7; school effects, if any, with shocks of a share of the variance."""
    by_wave = {}
    if share is not None:
        stable = 0.06 * np.kron(np.ones((waves, waves)), np.eye(k))
        whole = stable + (1.1 * share + 1e-6) * np.eye(k * waves)
        sd = np.sqrt(np.diag(whole))
        by_wave = {"school_sd": sd.reshape(waves, k), "school_corr": whole / np.outer(sd, sd)}
    return PanelWorld(
        variables=tuple("xyz"[:k]),
        months=tuple(range(waves)),
        lag=0.3 * np.eye(k) + 0.05,
        initial_sd=np.full(k, 0.7),
        innovation_sd=np.full(k, 0.65),
        intercept_sd=np.full(k, 0.7),
        schools=schools,
        classes_per_school=(1, 1),
        pupils_per_class=(pupils // schools, pupils // schools),
        missing_wave=0.05,
        **by_wave,
    )


def drawn(reality: PanelWorld, seed: int, spec: RICLPM) -> Moments:
    school = "school" if spec.cluster_levels else None
    names = list(reality.variables)
    panel = Panel.from_long(simulate(reality, seed), pupil="pupil", wave="wave", variables=names, school=school)
    return data_for(spec, panel)


@pytest.mark.parametrize(("schools", "pupils"), [(20, 400), (40, 2000)])
def test_shocks_of_schools_bias_lags_and_narrow_intervals(schools: int, pupils: int) -> None:
    cover = {}
    for share in (0.0, 0.02, 0.05, 0.10):
        reality, held, errors = world(2, 4, schools, pupils, share), [], []
        spec = RICLPM(variables=reality.variables, levels=("pupil", "school"))
        for seed in range(40):
            moments = drawn(reality, seed, spec)
            model = structure(spec, moments)
            found = maximise(model, statistics(spec, moments))
            error = model.arrays(found.vector)["lag"][0] - reality.lag
            held.append(np.abs(error) < 1.96 * model.arrays(found.errors())["lag"][0])
            errors.append(error)
        cover[share] = float(np.mean(held))
        print(f"{pupils} pupils, {schools} schools, {share:.0%}: {cover[share]:.3f} {np.mean(errors, axis=0).round(3)}")
    assert cover[0.0] > 0.9
    assert cover[0.10] < 0.85


def test_chi_square_speaks_too_often_where_cells_are_many_and_pupils_few() -> None:
    reality = world(3, 5, 1, 100, None)
    spec, p = RICLPM(variables=reality.variables), []
    for seed in range(200):
        moments = drawn(reality, seed, spec)
        model = structure(spec, moments)
        start = model.start()
        own = Own(model, statistics(spec, moments), start, 0.01 * np.eye(len(start)), start[None])
        p.append(dict(likelihood_ratios(spec, moments, own))["pupil"].test.p)
    print(f"100 pupils, 15 cells: {np.mean(np.array(p) < 0.01):.3f} below .01")
    assert np.mean(np.array(p) < 0.01) < 0.08
