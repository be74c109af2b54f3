"""200 ordinary tables: none is refused, and each is read right; how many warnings there were is counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tests.fuzz import doors, tables
from tests.fuzz.judge import Case
from tests.fuzz.tables import Table

SHAPES: dict[str, Callable[[np.ndarray, np.random.Generator], np.ndarray]] = {
    "z-scores": lambda z, _: np.round(z, 4),
    "counts with a long tail": lambda z, _: np.floor(np.exp(1.0 + 0.9 * z)),
    "counts with many zeros": lambda z, rng: np.where(rng.random(z.shape) < 0.5, 0.0, np.floor(np.exp(0.6 + 1.2 * z))),
    "0 to 100": lambda z, _: np.clip(np.round(55 + 22 * z), 0, 100),
    "0 to 100 with heaps at tens": lambda z, _: np.clip(10 * np.round(5.5 + 2.2 * z), 0, 100),
    "per cent with decimals": lambda z, _: np.round(100 / (1 + np.exp(-z)), 1),
    "reaction times in ms": lambda z, _: np.round(420 + 110 * np.exp(0.6 * z)),
    "reaction times in s": lambda z, _: np.round(0.42 + 0.11 * np.exp(0.7 * z), 3),
    "items 1 to 5": lambda z, _: np.clip(np.round(3 + 1.1 * z), 1, 5),
    "items 0 to 4, mostly 0": lambda z, _: np.clip(np.round(0.2 + 0.9 * z), 0, 4),
    "items 1 to 7": lambda z, _: np.clip(np.round(4 + 1.5 * z), 1, 7),
    "grades 1 to 10, halves": lambda z, _: np.clip(np.round(2 * (6.8 + 1.2 * z)) / 2, 1, 10),
    "mean of four items": lambda z, rng: np.clip(
        np.round(3 + z[..., None] + 0.7 * rng.normal(size=(*z.shape, 4))), 1, 5
    ).mean(axis=-1),
    "sum of nine items": lambda z, rng: np.clip(
        np.round(1 + 0.7 * z[..., None] + 0.7 * rng.normal(size=(*z.shape, 9))), 0, 3
    ).sum(axis=-1),
    "yes or no": lambda z, _: (z > 0.4).astype(float),
    "balances, some negative": lambda z, _: np.round(900 * z + 350, 2),
    "differences around 0": lambda z, _: np.round(6 * z),
    "temperatures": lambda z, _: np.round(9 + 8 * z, 1),
    "scale scores": lambda z, _: np.round(500 + 100 * z),
    "IQ": lambda z, _: np.round(100 + 15 * z),
    "log odds": lambda z, _: np.round(1.7 * z - 2, 3),
    "incomes": lambda z, _: np.round(np.exp(10 + 0.7 * z), -2),
    "ages in months": lambda z, _: np.round(120 + 5 * z),
    "heavy tails": lambda z, rng: np.round(z * np.sqrt(3 / rng.chisquare(3, z.shape)), 3),
    "minutes with a ceiling": lambda z, _: np.minimum(np.round(30 + 20 * z).clip(0), 60),
}
"""Name -> scores of latent ones."""

NUMBER = 200

IDS: tuple[Callable[[int], Any], ...] = (
    lambda i: f"P{i}",
    lambda i: i,
    lambda i: f"{i:06d}",
    lambda i: 100000 + 7 * i,
    lambda i: f"{i % 9}-{i:04d}",
    lambda i: f"{i:03x}-{'ab'[i % 2]}",
    lambda i: 10**9 + i,
    lambda i: f"kind{i}",
)
SCHOOLS: tuple[Callable[[int], Any], ...] = (
    lambda s: f"S{s}",
    lambda s: s,
    lambda s: f"{s:03d}",
    lambda s: ("Noord", "Zuid", "Oost", "West", "St. Jan", "De Ark")[s - 1],
    lambda s: 1001 + 13 * s,
    lambda s: f"{'ABCDEF'[s - 1]}",
)
WAVES: tuple[Callable[[int], Any], ...] = (
    lambda t: t,
    lambda t: t - 1,
    lambda t: 2016 + t,
    lambda t: f"{2016 + t}-10-01",
    lambda t: f"w{t}",
    lambda t: f"T{t}",
    lambda t: 6 * t - 6,
    lambda t: f"wave {t}",
)


def cases(rng: np.random.Generator) -> Iterator[Case]:
    """Every case of this kind."""
    shapes = list(SHAPES.items())
    for k in range(NUMBER):
        name, shape = shapes[k % len(shapes)]
        kind = ("long", "wide", "trial")[(k // len(shapes) + k) % 3]
        table = drawn(kind, shape, rng)
        door = {"long": doors.long_frame, "wide": doors.wide_frame, "trial": doors.trial_frame}[kind]
        give = door(table.frame, table.how) if k % 2 else doors.from_file(table.text, table.how, kind=kind)
        yield Case("ordinary", f"{k} {kind}: {name}", give, table.truth, ordinary=True)


def drawn(kind: str, shape: Callable[[np.ndarray, np.random.Generator], np.ndarray], rng: np.random.Generator) -> Table:
    """Draw a table of a kind, of usual sizes, with usual names, with some scores, waves and pupils missing."""
    pupils, waves, schools = int(rng.integers(90, 400)), int(rng.integers(3, 7)), int(rng.integers(4, 7))
    lost = float(rng.choice([0.0, 0.03, 0.15]))
    scale = f"ordinary {id(shape)}"
    tables.SCALES[scale] = lambda z: shape(z, rng)
    try:
        if kind == "trial":
            table = tables.trial(
                rng,
                scale=scale,
                pupils=pupils,
                schools=2 * schools,
                randomised=str(rng.choice(["school", "pupil", "class"])),
            )
        else:
            make = tables.long if kind == "long" else tables.wide
            table = make(rng, scale=scale, pupils=pupils, waves=waves, schools=schools, lost=lost)
    finally:
        del tables.SCALES[scale]
    frame = table.frame.copy()
    write_id, write_school = IDS[int(rng.integers(len(IDS)))], SCHOOLS[int(rng.integers(len(SCHOOLS)))]
    if kind == "trial" and write_school in (SCHOOLS[3], SCHOOLS[5]):
        write_school = SCHOOLS[2]
    frame["id"] = [write_id(int(i[1:])) for i in frame["id"]]
    frame["school"] = [write_school(int(s[1:])) for s in frame["school"]]
    if kind == "long":
        write_wave = WAVES[int(rng.integers(len(WAVES)))]
        frame["wave"] = [write_wave(int(t)) for t in frame["wave"]]
    if rng.random() < 0.3 and kind == "long":
        frame = frame[frame[["x", "y"]].notna().any(axis=1)]
    return Table(frame.reset_index(drop=True), table.how, table.truth)
