"""The specification curve: a pathway's estimate under every combination of choices, and which choices those were."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from bayespanel.design.kept_numbers import FAILED, UNCONVERGED
from bayespanel.figures.canvas import BAD, BAND, GOOD, INK, PALE, WIDE, key, name_rows, open_frame, plain, region
from bayespanel.figures.places import Canvas, Size, laid_out
from bayespanel.figures.plain_text import plain_text
from bayespanel.figures.study_notes import ended, note, require, spread
from bayespanel.figures.wishes import Labels, wording
from bayespanel.language.errors import SpecError

NEEDED = ("mean", "lower", "upper", "prob_direction", "status")

TOP, ROW, FRAME = 3.1, 0.18, 0.7
"""Inches of the panel of estimates, of a row of the matrix, and of the legend."""

LABEL = 40
"""Characters of an option in a line; a longer one is cut, as a row has one line."""


@plain_text
def plot_specification_curve(
    curve: xr.Dataset,
    *,
    pathway: str | None = None,
    labels: Labels | None = None,
    figsize: Size | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Draw the estimates of one pathway over all specifications, sorted by size, and the choices behind each.

    Parameters
    ----------
    curve
        From `specification_curve`; or, together with `pathway`, from `multiverse`. Fits that failed are then drawn too.
    pathway
        Name of the pathway, if there are several.
    labels, figsize, ax
        Words in place of names, such as ``{"pesten": "Victimisation"}``; width and height in inches; or axes of a
        figure of your own, whose place it takes. See `bayespanel.figures.wishes`.

    Returns
    -------
    matplotlib.figure.Figure
        Above, the estimates with their intervals over the shaded region of practical equivalence. Colour and sign show
        whether the interval is above 0, below 0, or around it. A hollow sign is a fit that did not converge; a cross at
        the bottom is a fit that failed. Below, one row for each option of each choice, with a mark for the
        specifications that have it.

    Raises
    ------
    SpecError
        Variables or attributes are missing, no pathway or an unknown one was named, or there is no estimate.
    """
    _require_whole(curve)
    one, lacking = _chosen(curve, pathway)
    name = str(one.attrs.get("pathway", ""))
    one = one.assign_attrs(pathway=wording(labels, [name])(name))
    choices = [str(name) for name in one.attrs["choices"]]
    rows = _rows(one, choices)
    figure = laid_out((WIDE, TOP + ROW * len(rows) + FRAME), ax)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=[TOP, ROW * len(rows)])
    size = float(np.clip(260 / one.sizes["specification"], 1.6, 5))
    _estimates(above, one, size)
    _matrix(below, one, rows, size)
    above.set_ylabel(_axis(one), fontsize=9)
    below.set_xlabel(f"Specifications in order of their estimates ({one.sizes['specification']})", fontsize=9)
    _legend(figure, one)
    return note(figure, _words(one, lacking), figsize=figsize)


def _require_whole(curve: xr.Dataset) -> None:
    missing = [name for name in NEEDED if name not in curve]
    missing += [name for name in ("choices", "rope", "prob") if name not in curve.attrs]
    missing += [str(name) for name in curve.attrs.get("choices", []) if name not in curve.coords]
    if missing or "specification" not in curve.dims:
        raise SpecError(
            "A specification curve has mean, lower, upper, prob_direction and status over specification, a coordinate "
            "per choice, and the attributes choices, rope and prob.",
            f"It lacks {', '.join(map(repr, missing or ['specification']))}.",
            "Give what bp.specification_curve returns; some steps drop attributes.",
        )


def _chosen(curve: xr.Dataset, pathway: str | None) -> tuple[xr.Dataset, int]:
    """Return one pathway in order of size, failed fits last, and how many models lack it."""
    if "pathway" in curve.dims:
        known = [str(name) for name in curve["pathway"].values]
        if pathway is None and len(known) > 1:
            raise SpecError(
                "A specification curve shows one pathway.",
                f"There are {len(known)}.",
                f"Say for example pathway={known[0]!r}.",
            )
        (name,) = require([pathway or known[0]], known, "A specification curve shows a pathway of the models.")
        curve = curve.sel(pathway=name).assign_attrs(pathway=name)
    elif pathway is not None:
        require([pathway], [str(curve.attrs.get("pathway", ""))], "This curve is of one pathway already.")
    mean, status = curve["mean"].values, curve["status"].values
    kept = np.isfinite(mean) | (status == FAILED)
    if not np.isfinite(mean).any():
        raise SpecError(
            "A specification curve shows estimates.",
            f"No specification has one of {curve.attrs.get('pathway', 'the pathway')!r}.",
            "Look at the status of the fits.",
        )
    order = [int(i) for i in np.argsort(mean, kind="stable") if kept[i]]  # NaN comes last
    return curve.isel(specification=order), int((~kept).sum()) + len(curve.attrs.get("lacking", ()))


def _rows(curve: xr.Dataset, choices: list[str]) -> list[tuple[str, str | None]]:
    """Return (choice, option), option None for a choice's heading."""
    out: list[tuple[str, str | None]] = []
    for choice in choices:
        out.append((choice, None))
        out += [(choice, str(option)) for option in dict.fromkeys(curve[choice].values.astype(str))]
    # Options in the order of the alphabet, not of the estimates, so that two curves can be compared.
    return sorted(out, key=lambda row: (choices.index(row[0]), row[1] is not None, row[1] or ""))


def _looks(curve: xr.Dataset) -> list[tuple[str, str]]:
    """Return the colour and sign of each specification."""
    out = []
    for low, high, status in zip(curve["lower"].values, curve["upper"].values, curve["status"].values, strict=True):
        if status == FAILED:
            out.append((INK, "x"))
        else:
            out.append((GOOD, "^") if low > 0 else (BAD, "v") if high < 0 else (PALE, "o"))
    return out


def _estimates(axes: Axes, curve: xr.Dataset, size: float) -> None:
    region(axes, curve.attrs["rope"], across=True)
    values = [curve[name].values for name in ("mean", "lower", "upper", "status")]
    for x, ((colour, sign), mean, lower, upper, status) in enumerate(zip(_looks(curve), *values, strict=True)):
        if status == FAILED:
            axes.plot(x, 0.03, sign, color=colour, markersize=4.5, transform=axes.get_xaxis_transform(), gid="failed")
            continue
        axes.plot([x, x], [lower, upper], color=colour, linewidth=size / 4, solid_capstyle="butt", gid="interval")
        doubtful = status == UNCONVERGED
        axes.plot(
            x, mean, sign, color=colour, markersize=size + doubtful, markeredgewidth=0.9, zorder=3,
            markerfacecolor="white" if doubtful else colour, gid="unconverged" if doubtful else "estimate",
        )  # fmt: skip
    axes.tick_params(axis="x", length=0, labelbottom=False)
    axes.tick_params(axis="y", labelsize=8)
    open_frame(axes, "top", "right", "bottom")


def _matrix(axes: Axes, curve: xr.Dataset, rows: list[tuple[str, str | None]], size: float) -> None:
    looks = _looks(curve)
    for y, (choice, option) in enumerate(rows):
        if option is None:
            continue
        axes.axhline(y, color=BAND, linewidth=0.6, zorder=0)
        for x in np.flatnonzero(curve[choice].values.astype(str) == option):
            colour, sign = looks[int(x)]
            sign = "x" if sign == "x" else "s"
            axes.plot(int(x), y, sign, color=colour, markersize=size, markeredgewidth=0.6, gid="used")
    labels = [plain(choice) if option is None else _cut(plain(option) or "none") for choice, option in rows]
    name_rows(axes, range(len(rows)), labels, size=8, bold=[option is None for _, option in rows])
    axes.set_ylim(len(rows) - 0.4, -0.6)
    margin = 0.5 + 0.01 * curve.sizes["specification"]
    axes.set_xlim(-margin, curve.sizes["specification"] - 1 + margin)
    axes.set_xticks([])
    open_frame(axes, "bottom")


def _cut(text: str) -> str:
    return text if len(text) <= LABEL else f"{text[: LABEL - 3]}..."


def _axis(curve: xr.Dataset) -> str:
    name = plain(str(curve.attrs.get("pathway", "")), 44)
    measure = f"standardised, mean and {100 * curve.attrs['prob']:g} % interval"
    return f"{name}\n{measure}" if name else measure.capitalize()


def _legend(figure: Canvas, curve: xr.Dataset) -> None:
    looks = _looks(curve)
    low, high = curve.attrs["rope"]
    signs = (
        ("interval above 0", GOOD, "^"), ("interval below 0", BAD, "v"), ("interval around 0", PALE, "o"),
        ("failed", INK, "x"),
    )  # fmt: skip
    handles: list[Artist] = [
        Line2D([], [], color=colour, marker=sign, markersize=5, linewidth=0 if sign == "x" else 1.2,
               label=f"{label} ({looks.count((colour, sign))})")
        for label, colour, sign in signs
        if (colour, sign) in looks
    ]  # fmt: skip
    if (curve["status"] == UNCONVERGED).any():
        hollow = Line2D([], [], color=INK, marker="o", markersize=5, linewidth=0, markerfacecolor="white")
        hollow.set_label("hollow: not converged")
        handles.append(hollow)
    handles.append(Patch(color=BAND, linewidth=0, label=f"ROPE, {low:g} to {high:g}"))
    key(figure, handles, columns=3, place="outside upper left")


def _sure(value: float) -> str:
    return ">.999" if value > 0.999 else f"{value:.3f}".removeprefix("0")


def _words(curve: xr.Dataset, lacking: int) -> str:
    mean = curve["mean"].values
    fine = np.isfinite(mean)
    sure = curve["prob_direction"].values[fine]
    status = curve["status"].values
    parts = [
        f"Estimates {spread(float(mean[fine].min()), float(mean[fine].max()))}, median {np.median(mean[fine]):.2f}; "
        f"{int((mean[fine] > 0).sum())} of {int(fine.sum())} positive; probability of direction "
        f"{_sure(float(sure.min()))} to {_sure(float(sure.max()))}.",
        ended(
            len(status), int((status == FAILED).sum()), int((status == UNCONVERGED).sum()),
            failing="crosses", doubtful="hollow",
        ),
    ]  # fmt: skip
    if lacking:
        parts.append(f"{lacking} further models lack the pathway." if lacking > 1 else "One further model lacks it.")
    impossible = len(curve.attrs.get("impossible", []))
    if impossible:
        parts.append(f"{impossible} combination{'s' * (impossible > 1)} of choices cannot be fitted.")
    named = [f"{word} {curve.attrs[word]}" for word in ("card", "data") if curve.attrs.get(word)]
    if named:
        parts.append(", ".join(named).capitalize() + ".")
    parts.append("Specifications share data: they are no independent results.")
    return " ".join(parts)
