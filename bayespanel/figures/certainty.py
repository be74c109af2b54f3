"""How sure an effect of one wave on the next is, how large, and how arrows, cells and keys show both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.lines import Line2D

from bayespanel.figures.canvas import INK
from bayespanel.language.errors import SpecError
from bayespanel.summaries.kinds import kinds_with
from bayespanel.summaries.sayings import level_of, surely
from bayespanel.summaries.table import number, table


@dataclass(frozen=True)
class Certainty:
    """How sure an effect is, and how that is drawn."""

    label: str
    colour: str
    style: tuple[float, tuple[float, ...]] | None
    order: int


BEYOND = Certainty("beyond the ROPE", INK, None, 4)
DIRECTED = Certainty("direction clear, size not", "#6e6e6e", None, 3)
OPEN = Certainty("open", "#9a9a9a", (0, (4.0, 2.0)), 2)
NEGLIGIBLE = Certainty("inside the ROPE", "#c4c4c4", (0, (1.0, 1.5)), 1)
CERTAINTIES = (BEYOND, DIRECTED, OPEN, NEGLIGIBLE)


def certainty(row: Mapping[str, float] | pd.Series, prob: float) -> Certainty:
    """Classify an effect by its probabilities and the probability `prob` of the evidence's own intervals, as words do.

    It lies beyond the region of practical equivalence, or inside it, with at least this probability. Otherwise it has a
    direction if the probability of direction is at least (1 + prob) / 2, so that the equal-tailed interval excludes 0.
    In all other cases it is open; so it is where the Monte Carlo error of a probability leaves this open.
    """
    prob = level_of({"prob": prob})
    if surely(row, "prob_above_rope", prob) or surely(row, "prob_below_rope", prob):
        return BEYOND
    if surely(row, "prob_rope", prob):
        return NEGLIGIBLE
    return DIRECTED if surely(row, "prob_direction", (1 + prob) / 2) else OPEN


def width(mean: float) -> float:
    """Return an arrow's width in points; a fixed scale, so that figures can be compared."""
    return 0.7 + 16 * min(abs(mean), 0.4)


def head(mean: float) -> str:
    """Return the end of an arrow: a head that grows with its width, or a bar for a negative effect."""
    wide = width(mean)
    if mean < 0:
        return f"-[,widthB={0.35 + 0.06 * wide},lengthB=0"
    return f"-|>,head_length={0.35 + 0.06 * wide},head_width={0.2 + 0.05 * wide}"


def arrow_key() -> list[Line2D]:
    """Return what explains arrows: how sure, and how large."""
    sure = [Line2D([], [], color=c.colour, linestyle=c.style, linewidth=2.2, label=c.label) for c in CERTAINTIES]
    return sure + [Line2D([], [], color=INK, linewidth=width(size), label=f"size {size:g}") for size in (0.05, 0.2)]


def rope_words(evidence: xr.Dataset) -> str:
    """Say where the region lies, and from which probability an effect lies inside or beyond it."""
    low, high = evidence.attrs["rope"]
    return f"ROPE {low:g} to {high:g}; inside or beyond it with probability {level_of(evidence.attrs):g}."


def short(row: Mapping[str, float] | pd.Series) -> str:
    """Return a mean with two decimals at most, which fit into a node or on an arrow."""
    return number(row["mean"], float(np.fmax(row["mcse_mean"], 0.0011))).strip()


def lags_of(evidence: xr.Dataset, what: str) -> pd.DataFrame:
    """Return the carry-over and direct pathways of evidence, which a figure, named by `what`, draws.

    Raises
    ------
    SpecError
        There are none.
    """
    frame = table(evidence)
    found = frame[frame["kind"].isin(kinds_with(lambda kind: kind.lag))]
    if found.empty:
        raise SpecError(
            f"{what} draws carry-over and direct pathways.",
            f"The evidence holds {', '.join(map(str, pd.unique(evidence['kind'].values))) or 'nothing'}.",
            "Compute evidence of these kinds first; it is that of a panel.",
        )
    return found
