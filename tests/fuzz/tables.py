"""Clean tables of every family, simulated without the package's simulators, and what was in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

Scale = Callable[[np.ndarray], np.ndarray]

SCALES: dict[str, Scale] = {
    "1-5": lambda z: np.clip(np.round(3 + 1.1 * z), 1, 5),
    "1-10": lambda z: np.clip(np.round(5.5 + 2 * z), 1, 10),
    "0-4": lambda z: np.clip(np.round(2 + 1.1 * z), 0, 4),
    "0-40": lambda z: np.clip(np.round(18 + 7 * z), 0, 40),
    "0-100": lambda z: np.clip(np.round(52 + 17 * z), 0, 100),
    "tenths": lambda z: np.round(25 + 4 * z, 1),
    "z": lambda z: np.round(z, 3),
    "raw": lambda z: 10 + 3 * z,
}
"""Name -> what a pupil's latent score looks like in a file."""


@dataclass(frozen=True)
class Table:
    """A clean table, how it is read, and what it holds.

    Attributes
    ----------
    frame
        One row per pupil and wave (long), per pupil (wide), or per pupil of a trial.
    how
        Arguments of the reader.
    truth
        What a right reading holds; see `content`.
    """

    frame: pd.DataFrame
    how: dict[str, Any] = field(default_factory=dict)
    truth: Any = None

    @property
    def text(self) -> str:
        """The table as CSV."""
        return self.frame.to_csv(index=False, lineterminator="\n")


def scores(rng: np.random.Generator, pupils: int, waves: int, variables: int, school: np.ndarray) -> np.ndarray:
    """Draw standard scores [pupil, wave, variable]: stable parts of pupil and school, and a course."""
    lag = np.full((variables, variables), 0.1) + 0.25 * np.eye(variables)
    stable = 0.6 * rng.normal(size=(pupils, variables)) + 0.3 * rng.normal(size=(school.max() + 1, variables))[school]
    state = 0.7 * rng.normal(size=(pupils, variables))
    out = np.empty((pupils, waves, variables))
    for t in range(waves):
        out[:, t] = stable + state + 0.15 * t
        state = state @ lag.T + 0.6 * rng.normal(size=(pupils, variables))
    return out


def long(rng: np.random.Generator, *, scale: str = "raw", pupils: int = 120, waves: int = 4, schools: int = 6,
         variables: tuple[str, ...] = ("x", "y"), lost: float = 0.03) -> Table:  # fmt: skip
    """Draw a long table: pupils in classes in schools, some cells missing."""
    school = np.arange(pupils) % schools
    room = school * 3 + (np.arange(pupils) // schools) % 3
    values = SCALES[scale](scores(rng, pupils, waves, len(variables), school)).astype(float)
    values[rng.random(values.shape) < lost] = np.nan
    sex = rng.integers(0, 2, pupils)
    index = np.repeat(np.arange(pupils), waves)
    frame = pd.DataFrame(
        {
            "id": [f"P{i + 1}" for i in index],
            "school": [f"S{school[i] + 1}" for i in index],
            "class": [f"C{room[i] + 1}" for i in index],
            "wave": np.tile(np.arange(1, waves + 1), pupils),
            "sex": sex[index],
            **{name: values[:, :, k].ravel() for k, name in enumerate(variables)},
        }
    )
    how = {"pupil": "id", "wave": "wave", "variables": list(variables), "school": "school"}
    return Table(frame, how, content(values, school))


def wide(rng: np.random.Generator, *, scale: str = "raw", pupils: int = 120, waves: int = 4, schools: int = 6,
         variables: tuple[str, ...] = ("x", "y"), lost: float = 0.03) -> Table:  # fmt: skip
    """Draw a wide table of the same kind: columns x1 ... x4, y1 ... y4."""
    school = np.arange(pupils) % schools
    values = SCALES[scale](scores(rng, pupils, waves, len(variables), school)).astype(float)
    values[rng.random(values.shape) < lost] = np.nan
    cells = {f"{name}{t + 1}": values[:, t, k] for k, name in enumerate(variables) for t in range(waves)}
    frame = pd.DataFrame({"id": [f"P{i + 1}" for i in range(pupils)], "school": [f"S{s + 1}" for s in school], **cells})
    columns = {name: [f"{name}{t + 1}" for t in range(waves)] for name in variables}
    return Table(frame, {"columns": columns, "pupil": "id", "school": "school"}, content(values, school))


def trial(rng: np.random.Generator, *, scale: str = "raw", pupils: int = 240, schools: int = 12,
          randomised: str = "school") -> Table:  # fmt: skip
    """Draw a trial: schools (or classes, pupils) in two arms, a baseline and an outcome."""
    school = np.arange(pupils) % schools
    room = school * 2 + (np.arange(pupils) // schools) % 2
    unit = {"school": school, "class": room, "pupil": np.arange(pupils)}[randomised]
    arm = (unit + unit // 2) % 2 if randomised == "class" else unit % 2
    if randomised == "pupil":
        arm = rng.permutation(arm)
    latent = scores(rng, pupils, 2, 1, school)[:, :, 0] + np.column_stack([np.zeros(pupils), 0.4 * arm])
    values = SCALES[scale](latent).astype(float)
    values[rng.random(values.shape) < 0.03] = np.nan
    frame = pd.DataFrame(
        {
            "id": [f"P{i + 1}" for i in range(pupils)],
            "school": [f"S{s + 1}" for s in school],
            "class": [f"C{c + 1}" for c in room],
            "arm": np.where(arm == 1, "programme", "control"),
            "pre": values[:, 0],
            "post": values[:, 1],
        }
    )
    how = {"arm": "arm", "outcomes": ["post"], "baseline": {"post": "pre"}, "school": "school", "pupil": "id",
           "control": "control", "randomised": randomised}  # fmt: skip
    if randomised == "class":
        how["classroom"] = "class"
    return Table(frame, how, trial_content(arm, values[:, 1], values[:, 0], school))


def course(rng: np.random.Generator, *, pupils: int = 150, waves: int = 5, scale: str = "0-4") -> Table:
    """Draw a long table of one outcome over many waves, with a predictor and an arm of each pupil."""
    base = long(rng, scale=scale, pupils=pupils, waves=waves, variables=("bullied",))
    of = {name: rng.normal(size=pupils).round(2) for name in ("warmth",)}
    arm = (np.arange(pupils) % 6) % 2
    index = np.repeat(np.arange(pupils), waves)
    frame = base.frame.assign(warmth=of["warmth"][index], programme=arm[index])
    how = {**base.how, "covariates": ["warmth", "programme"]}
    values = frame["bullied"].to_numpy().reshape(pupils, waves, 1)
    fixed = np.column_stack([of["warmth"], arm])
    return Table(frame, how, content(values, np.arange(pupils) % 6, fixed))


def content(values: np.ndarray, school: np.ndarray | None, fixed: np.ndarray | None = None) -> Any:
    """Return what a reading must hold whatever the labels and the order of pupils: rows by school.

    Parameters
    ----------
    values : [pupil, wave, variable]
    school : [pupil] or None
    fixed : [pupil, covariate] or None
    """
    flat = values.reshape(len(values), -1)
    if fixed is not None:
        flat = np.column_stack([flat, fixed])
    seen = ~np.isnan(values.reshape(len(values), -1)).all(axis=1)
    rows = [tuple(None if np.isnan(v) else float(f"{v:.10g}") for v in row) for row in flat]
    groups: dict[Any, list[Any]] = {}
    for i, row in enumerate(rows):
        if seen[i]:
            groups.setdefault(None if school is None else int(school[i]), []).append(row)
    return values.shape[1:], _sorted(_sorted(rows) for rows in groups.values())


def _sorted(items: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(sorted((tuple(item) for item in items), key=repr))


def of_panel(panel: Any) -> Any:
    """Return the content of a panel."""
    fixed = panel.covariates if panel.covariate_names else None
    return content(panel.values, panel.school, fixed)


def trial_content(arm: np.ndarray, post: np.ndarray, pre: np.ndarray, school: np.ndarray | None) -> Any:
    """Return what a reading of a trial must hold: outcome, baseline and arm of whoever has a score."""
    return content(np.column_stack([post, pre])[:, None, :], school, np.asarray(arm, float)[:, None])


def of_trial(trial_: Any) -> Any:
    """Return the content of a trial of one outcome and its baseline."""
    return trial_content(trial_.arm, trial_.values[:, 0], trial_.values[:, 1], trial_.school)


def of_moments(sums: Any) -> Any:
    """Return what moments hold whatever the labels: numbers, means, spreads, sizes of clusters."""
    numbers = [*sums.centre, *sums.scale, *np.einsum("kcc->c", sums.syy)]
    sizes = np.bincount(sums.block_cluster, weights=sums.block_n).astype(int) if len(sums.block_n) else []
    return int(sums.n.sum()), tuple(float(f"{v:.8g}") for v in numbers), tuple(sorted(map(int, sizes)))
