"""The section of a report on what lags do over waves."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pandas as pd
import xarray as xr

from bayespanel.figures import gallery
from bayespanel.inference.fit import Fit
from bayespanel.page.document import Part, Section, TablePart, Text
from bayespanel.page.undrawn import picture
from bayespanel.verbs import appraisal

SOURCES = 4
"""Variables up to which responses to all stand in one figure."""


def dynamics(fit: Fit) -> Section:
    """What follows over waves, in every group of pupils where the model has several."""
    labels = list(map(str, fit.posterior["group"].values)) if "group" in fit.posterior.dims else [None]
    parts = [part for i, group in enumerate(labels) for part in _of_group(fit, group, f"-{i + 1}" if group else "")]
    return Section("dynamics", "What follows over waves", tuple(parts))


def _of_group(fit: Fit, group: str | None, mark: str) -> list[Part]:
    found = appraisal.dynamics(fit, group=group)
    spec, of = fit.spec, f" in the group {group}" if group else ""
    last = int(found["step"][-1])
    parts: list[Part] = [
        Text(
            (
                f"What follows{of} in every variable if one rises by a within-person SD, over {last} waves. "
                f"{found.attrs['unit']} With "
                f"probability {found.attrs['prob_settles']:.3f} deviations die out.",
            )
        )
    ]
    sources = [None] if len(spec.variables) <= SOURCES else list(spec.variables)
    for source in sources:
        name = "responses" if source is None else f"responses-{list(spec.variables).index(source) + 1}"
        words = "every variable" if source is None else source
        parts.append(
            picture(
                partial(gallery.plot_responses, found, source=source),
                f"Responses over waves to an impulse in {words}{of}; the tables have the numbers.",
                f"Responses{of} to a rise of one within-person SD in {words}, with 95 % bands.",
                f"{name}{mark}",
            )
        )
    tables = (_decomposition(found, min(2, last)), _loops(found))
    return [*parts, *(replace(one, name=f"{one.name}{mark}", caption=f"{one.caption[:-1]}{of}.") for one in tables)]


def _decomposition(found: xr.Dataset, step: int) -> TablePart:
    """Return responses after some waves, and their parts; total effects, among the evidence, have other units."""
    rows = []
    here = found.sel(step=step)
    for x in found["source"].values:
        for y in found["target"].values:
            if x == y:
                continue
            at = {"source": x, "target": y}
            total = here["response"].sel(at)
            row = {
                "pathway": f"{x} -> {y}",
                **{name: float(total.sel(statistic=name)) for name in ("mean", "lower", "upper")},
            }
            row["direct"] = float(here["direct"].sel(at).sel(statistic="mean"))
            for m in found["mediator"].values:
                if m not in (x, y):
                    row[f"via {m}"] = float(here["via"].sel(at).sel(mediator=m, statistic="mean"))
            rows.append(row)
    return TablePart(
        pd.DataFrame(rows),
        f"Responses after {step} wave(s), and the parts that they are the sum of.",
        name="response-parts",
        note="direct: what never left the two variables, carried over. via m: what left them first to m. Means "
        f"of the parts add up to the mean of the response. {found.attrs['unit']} Total effects, among the evidence, "
        "count in the standard deviations of the waves where they start and end, and differ where these change.",
    )


def _loops(found: xr.Dataset) -> TablePart:
    rows = []
    for name in found["variable"].values:
        row: dict[str, object] = {"variable": name}
        for quantity in ("returned", "returned_share"):
            values = found[quantity].sel(variable=name)
            row |= {f"{quantity}_{s}": float(values.sel(statistic=s)) for s in ("median", "lower", "upper")}
        rows.append(row)
    whole = {s: float(found["spectral_radius"].sel(statistic=s)) for s in ("median", "lower", "upper")}
    last = ""
    if "half_life" in found:
        half = {s: float(found["half_life"].sel(statistic=s)) for s in ("median", "lower", "upper")}
        last = f"; half-life {half['median']:.2f} [{half['lower']:.2f}, {half['upper']:.2f}] waves"
    return TablePart(
        pd.DataFrame(rows),
        "Loops: of an impulse of one SD, what returns to the variable through others.",
        name="loops",
        columns={
            "variable": "Variable",
            "returned_median": "Returned, SDs",
            "returned_lower": "lower",
            "returned_upper": "upper",
            "returned_share_median": "Share of all it does to itself",
            "returned_share_lower": "Share, lower",
            "returned_share_upper": "Share, upper",
        },
        note=f"Spectral radius {whole['median']:.3f} [{whole['lower']:.3f}, {whole['upper']:.3f}]{last}.",
    )
