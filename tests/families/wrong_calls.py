"""Calls through the door to the families that the type checker has to refuse; each line says with which error.

Nobody runs this file: `test_family.py` gives it to mypy.
"""

from __future__ import annotations

from dataclasses import replace

import pymc as pm
import xarray as xr

from bayespanel.data import Moments
from bayespanel.families.door import Spec, family_of
from bayespanel.families.family import StatisticsRoom
from bayespanel.families.panel.spec import RICLPM
from bayespanel.language.prior import Prior


def right(spec: Spec, data: Moments, draws: xr.Dataset) -> pm.Model:
    family = family_of(spec)
    family.nulls.nulls(spec, data, draws)
    RICLPM(("x", "y"), priors=(Prior("lag", "Normal", 0, 0.3), Prior("mean", "Normal", mu=0, sigma=5, scale="raw")))
    replace(Prior("lag", "Normal", [0, 0.3], reason="small"), arguments=(0, 0.1))
    family.pathways.collect(spec, {"posterior": draws}, by_interval=False)
    if family.settled is not None:
        spec = family.settled(spec, data)
    return family.build.build(spec, data)


def wrong(spec: Spec, data: Moments, draws: xr.Dataset) -> None:
    family = family_of(spec)
    family.statistix.data_for(spec, data)  # attr-defined
    family.statistics.data_four(spec, data)  # attr-defined
    family.build.build(spec)  # call-arg
    family.draws.posterior(spec, data, draws)  # arg-type
    family.pathways.collect(spec, draws, by_interval=False)  # arg-type
    family.pathways.collect(spec, {"posterior": draws})  # call-arg
    family.checks.checks(spec, "posterior", data)  # arg-type
    family.truth.truth(spec, data, draws)  # call-arg
    family.simulate.simulate(data, "seed")  # arg-type
    family.settled(spec, data)  # misc
    family.in_order(spec, draws)  # misc
    family_of("star")  # arg-type
    Prior("lag", "Normal", mu="0", sigma=0.3)  # arg-type
    Prior("lag", "Normal", 0, None)  # arg-type
    "".join(family.estimate.log_likelihood(spec, data, {}))  # arg-type


def a_room_without_what_it_needs() -> StatisticsRoom[RICLPM, Moments, Moments]:
    from bayespanel.families.panel import pathways

    return pathways  # return-value
