"""What a panel model holds equal over time, or at zero, and the option of the specification that frees it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bayespanel.families.panel.blocks import BLOCKS, freed_of, parameters_of
from bayespanel.families.panel.identification import unidentified
from bayespanel.families.panel.indicators import FEWEST_APART, loosened
from bayespanel.families.panel.spec import RICLPM
from bayespanel.language.errors import SpecError


@dataclass(frozen=True)
class Restriction:
    """What a model can hold equal over time, or at zero.

    Attributes
    ----------
    check
        Name of the check that it is right to hold it.
    option, value
        The option of the specification that frees it, and its value then.
    """

    check: str
    option: str
    value: str | bool | int | tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.option}={self.value!r}"

    def freed(self, spec: RICLPM) -> RICLPM:
        """Return the model in which it is free."""
        if self.option == "invariance":
            return loosened(spec, str(self.value))  # type: ignore[no-any-return]  # it returns what it is given
        option: dict[str, Any] = {self.option: self.value}
        return replace(spec, **option)


RESTRICTIONS = {
    "lags": Restriction("lags equal over intervals, p", "lags", "free"),
    "initial": Restriction("deviations have settled at the first wave, p", "initial", "free"),
    "innovations": Restriction("innovations equal over intervals, p", "innovations", "free"),
    "means": Restriction("means equal over waves, p", "means", "free"),
    "intercepts": Restriction("no stable differences between pupils, p", "intercepts", True),
    "effects of covariates": Restriction(
        "effects of covariates through what lasts alone, p", "covariate_effects", "by_wave"
    ),
    "error": Restriction("no occasion errors, p", "error", "equal"),
    "error_correlated": Restriction("occasion errors of a wave are independent, p", "error_correlated", True),
    "loadings of items": Restriction("loadings of items equal over waves, p", "invariance", "configural"),
    "intercepts of items": Restriction("intercepts of items equal over waves, p", "invariance", "metric"),
    "slopes": Restriction("growth equal for all pupils, p", "slopes", True),
    "loadings": Restriction("stable differences weigh alike at all waves, p", "loadings", "free"),
    "order": Restriction("no lags over two waves, p", "order", 2),
    "class": Restriction("class effects stable over waves, p", "cluster_effects", "by_wave"),
    "school": Restriction("school effects stable over waves, p", "cluster_effects", "by_wave"),
}
"""What is held -> its restriction."""


def saturating(spec: RICLPM) -> RICLPM:
    """Return the model with free means of every wave, and with free effects of covariates on them.

    Of items these are their intercepts.
    """
    own = loosened(spec, "metric") if spec.indicators and spec.invariance == "scalar" else spec
    return replace(own, means="free", covariate_effects="by_wave")


def of_pupils(spec: RICLPM, times: NDArray[np.float64]) -> Iterator[tuple[str, Restriction]]:
    """Return what a model holds of pupils, and data of such waves can tell from what is free."""
    waves = len(times)
    for name in ("lags", "innovations", "means"):
        one_drift = (name == "lags" and spec.time == "continuous") or (name != "means" and spec.initial != "free")
        if getattr(spec, name) == "equal" and waves > (1 if name == "means" else 2) and not one_drift:
            yield name, RESTRICTIONS[name]
    if spec.initial == "stationary":
        yield "initial", RESTRICTIONS["initial"]
    if spec.covariate_effects == "stable" and not spec.distal:
        yield "effects of covariates", RESTRICTIONS["effects of covariates"]
    if not spec.intercepts and waves > 2:
        yield "intercepts", RESTRICTIONS["intercepts"]
    if spec.intercepts and waves > 2 and not spec.reliability:
        several = len(spec.variables) > 1
        apart = several and spec.error == "equal" and not spec.error_correlated
        name = "error" if spec.error == "none" else "error_correlated" if apart else ""
        if name and not unidentified(RESTRICTIONS[name].freed(spec), times):
            yield name, RESTRICTIONS[name]
    if spec.indicators and spec.invariance == "scalar":
        yield "intercepts of items", RESTRICTIONS["intercepts of items"]
    if spec.indicators and spec.invariance == "metric" and min(map(len, spec.indicators.values())) >= FEWEST_APART:
        yield "loadings of items", RESTRICTIONS["loadings of items"]
    yield from _of_course(spec, times)
    yield from of_groups(spec)


def _of_course(spec: RICLPM, times: NDArray[np.float64]) -> Iterator[tuple[str, Restriction]]:
    """Return what a model holds of how what lasts acts over waves, and of how far back lags reach."""
    names = ["slopes", "loadings"] if spec.intercepts and not (spec.slopes or spec.accumulating) else []
    if spec.loadings == "free":
        names = []
    if spec.order == 1 and not spec.accumulating and spec.time == "discrete":
        names.append("order")
    for name in names:
        try:
            freed = RESTRICTIONS[name].freed(spec)
        except SpecError:  # it does not go together with what else the model has
            continue
        if not unidentified(freed, times):
            yield name, RESTRICTIONS[name]


def of_groups(spec: RICLPM) -> Iterator[tuple[str, Restriction]]:
    """Return the blocks of parameters that a model holds equal in all groups."""
    if not spec.groups:
        return
    parameters = parameters_of(spec.default_priors())
    free = freed_of(spec.free, parameters)
    known = [block for block, own in BLOCKS.items() if set(own) & free]
    for block, own in BLOCKS.items():
        shared = block == "measurement" and bool(spec.cluster_levels)  # classes and schools act through loadings
        if set(own) & parameters and block not in known and not shared:
            value = tuple(name for name in BLOCKS if name in (*known, block))
            yield f"{block} in groups", Restriction(f"{block} equal in all groups, p", "free", value)


def restriction(spec: RICLPM, name: str) -> Restriction:
    """Return the restriction of a name, of `RESTRICTIONS` or of groups."""
    return RESTRICTIONS[name] if name in RESTRICTIONS else dict(of_groups(spec))[name]
