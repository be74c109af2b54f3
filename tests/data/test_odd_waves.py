"""Waves at which a score is coded otherwise are said; ordinary panels are not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from bayespanel.data import Panel
from bayespanel.data.odd_waves import guess_of_odd_waves
from bayespanel.language.errors import DataWarning
from tests.families.panel.steady import pupils

WAVES = ("a", "b", "c", "d")


def scores(seed: int, *, number: int = 300, waves: int = 4, stable: float = 0.3, carry: float = 0.3) -> np.ndarray:
    """Return scores [pupil, wave, variable] of two variables."""
    frame = pupils(seed, number=number, waves=waves, stable=(stable, stable), lag=((carry, 0.1), (0.1, carry)))
    return frame[["x", "y"]].to_numpy().reshape(waves, number, 2).swapaxes(0, 1).copy()


def items(seed: int, waves: int = 4) -> np.ndarray:
    """Return the same in five steps from 0 to 4."""
    return np.clip(np.round(scores(seed, waves=waves) + 2), 0, 4)


@pytest.mark.parametrize("wave", range(4))
@pytest.mark.parametrize("of", [scores, items])
def test_a_wave_in_the_other_direction_is_said(wave: int, of: object) -> None:
    values = of(1)  # type: ignore[operator]
    values[:, wave, 1] = 4 - values[:, wave, 1]
    (found,) = guess_of_odd_waves(values, ("x", "y"), WAVES)
    assert f"'y' at wave '{WAVES[wave]}'" in found.seen
    assert found.doubtful


def test_two_waves_in_two_directions_are_said() -> None:
    values = scores(1, waves=2)
    values[:, 1, 0] *= -1
    (found,) = guess_of_odd_waves(values, ("x", "y"), WAVES[:2])
    assert "'x' at the waves" in found.seen


def test_ordinary_panels_are_not_spoken_of() -> None:
    rng = np.random.default_rng(1)
    for seed in range(60):
        waves = int(rng.integers(2, 5))
        values = scores(seed, number=int(rng.integers(20, 400)), waves=waves, stable=rng.uniform(0, 0.6), carry=0.2)
        values[rng.random(values.shape) < 0.2] = np.nan
        assert guess_of_odd_waves(values, ("x", "y"), WAVES[:waves]) == ()
        assert guess_of_odd_waves(rng.normal(size=values.shape), ("x", "y"), WAVES[:waves]) == ()
        assert guess_of_odd_waves(items(seed, waves), ("x", "y"), WAVES[:waves]) == ()


@pytest.mark.parametrize("wave", range(4))
def test_a_wave_that_counts_from_another_number_is_said(wave: int) -> None:
    values = items(2)
    values[:, wave, 0] += 1
    (found,) = guess_of_odd_waves(values, ("x", "y"), WAVES)
    assert f"from 1 to 5 at wave '{WAVES[wave]}', and from 0 to 4 at all others" in found.seen


def test_a_reader_warns() -> None:
    values = items(3)
    values[:, 2, 0] = 4 - values[:, 2, 0]
    frame = pd.DataFrame({f"x{t}": values[:, t, 0] for t in range(4)})
    with pytest.warns(DataWarning, match="coded in the other direction"):
        panel = Panel.from_wide(frame, columns={"x": [f"x{t}" for t in range(4)]})
    assert panel.guesses[-1].about == "direction"


@pytest.mark.parametrize("odd", [(0, 1), (1, 2), (2, 3), (0, 3)])
def test_waves_that_changed_together_are_said(odd: tuple[int, ...]) -> None:
    turned, moved, larger = scores(4, stable=0.5), items(4), scores(4) + 5
    turned[:, odd, 1] *= -1
    moved[:, odd, 0] += 1
    larger[:, odd, 1] *= 100
    names = ", ".join(repr(WAVES[t]) for t in odd)
    (found,) = guess_of_odd_waves(turned, ("x", "y"), WAVES)
    assert "'y' at the waves" in found.seen
    (found,) = guess_of_odd_waves(moved, ("x", "y"), WAVES)
    assert f"from 1 to 5 at the waves {names}" in found.seen
    (found,) = guess_of_odd_waves(larger, ("x", "y"), WAVES)
    assert f"as much at the waves {names} as at" in found.seen


def test_two_waves_on_other_numbers_and_scores_of_other_units_are_said() -> None:
    moved = items(5, waves=2)
    moved[:, 1, 1] += 1
    (found,) = guess_of_odd_waves(moved, ("x", "y"), WAVES[:2])
    assert "from 0 to 4 at wave 'a', and from 1 to 5 at wave 'b'" in found.seen
    standardised = scores(5)
    standardised[:, 2, 0] = 50 + 10 * standardised[:, 2, 0]
    (found,) = guess_of_odd_waves(standardised, ("x", "y"), WAVES)
    assert "as much at wave 'c' as at the waves 'a', 'b', 'd', and are larger at wave 'c'" in found.seen


def test_growth_and_rare_events_are_not_spoken_of() -> None:
    rng = np.random.default_rng(6)
    events = rng.poisson([0.05, 0.2, 1, 3], size=(400, 4)).astype(float)[:, :, None]
    growth = (rng.normal([100, 130, 150, 170], [10, 14, 17, 20], size=(400, 4)))[:, :, None]
    rare = np.round(np.clip(rng.normal(5, 1.6, size=(300, 2)), 0, 10))[:, :, None]
    for values in (events, growth, rare):
        assert guess_of_odd_waves(values, ("x",), WAVES[: values.shape[1]]) == ()
