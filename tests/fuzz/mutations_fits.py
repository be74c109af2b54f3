"""B1: saved fits that were edited, flipped, cut, or are of another kind or version."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from tests.command.lines import fake_fit
from tests.fuzz import scratch
from tests.fuzz.judge import Answer, Case
from tests.fuzz.mutations_moments import content as data_content, file_of, good

Edit = Callable[[dict[str, xr.Dataset], dict[str, Any]], object]
"""Changes groups (by name, "/" is the top) and provenance in place."""

FAMILIES = ("panel", "trial", "counted trial", "courses")
PROVENANCE = {"rope": 0.03, "seed": 1, "chains": 4, "tune": 100, "draws": 50, "target_accept": 0.8, "notes": [],
              "versions": {"nutpie": "0.16.11"}, "card": "mine"}  # fmt: skip


@cache
def fit_of(family: str) -> Path:
    """Return a whole file of a fit; it lives as long as the process."""
    import bayespanel as bp
    from bayespanel.catalogue.spec_records import spec_to_dict
    from bayespanel.families.door import family_of
    from bayespanel.inference.fit import Fit

    path = scratch.folder() / "fit.nc"
    if family == "panel":
        spec: Any = bp.RICLPM(variables=("x", "y"), levels=("pupil", "school"), lags="equal")
        made = fake_fit(50)(spec, good("Moments"), seed=1)
        Fit(made.groups, made.spec, made.data, {**PROVENANCE, **made.provenance, "rope": 0.03}).save(path)
        return path
    levels = ("pupil", "class", "school")
    spec, kind = {
        "trial": (bp.ClusterTrial(outcomes=("post",), levels=levels, adjustment="covariate"), "TrialMoments"),
        "counted trial": (
            bp.ClusterTrial(outcomes=("post",), levels=levels, link="logit", adjustment="covariate"),
            "TrialCounts",
        ),
        "courses": (bp.Trajectories(outcome="bullied", classes=2, predictors=("warmth",)), "PanelRows"),
    }[family]  # fmt: skip
    draws = xr.DataArray(np.random.default_rng(3).normal(size=(2, 50, 1)), dims=("chain", "draw", "outcome"),
                         coords={"outcome": ["post"]})  # fmt: skip
    groups = {"posterior": xr.Dataset({"effect": draws}), "sample_stats": xr.Dataset({"diverging": draws[..., 0] > 99})}
    data = family_of(spec).statistics.data_for(spec, good(kind))
    Fit(groups, spec, data, {**PROVENANCE, "spec": spec_to_dict(spec)}).save(path)
    return path


def content(path: Path) -> Any:
    """Return everything that a saved fit says."""
    import bayespanel as bp
    from bayespanel.catalogue.spec_records import spec_to_dict

    fit = bp.load(path)
    arrays = {
        f"{group}/{name}": (value.dims, value.values.tobytes(), [str(c.values.tolist()) for c in value.coords.values()])
        for group, dataset in sorted(fit.groups.items())
        for name, value in sorted(dataset.items())
    }
    words = json.dumps(fit.provenance, sort_keys=True, default=str)
    return json.dumps(spec_to_dict(fit.spec), default=str), data_content(fit.data), arrays, words


@cache
def whole(family: str) -> Any:
    """Return what a whole fit of a family says."""
    return content(fit_of(family))


def changed(family: str, change: Callable[[Path], object]) -> Any:
    """Return the door of a fit that was changed after it was saved."""

    def give(folder: Path) -> Answer:
        path = folder / "fit.nc"
        shutil.copy(fit_of(family), path)
        change(path)
        return Answer(content(path))

    return give


def edited(edit: Edit) -> Callable[[Path], object]:
    """Return what edits groups and provenance of a fit's file."""

    def change(path: Path) -> None:
        with xr.open_datatree(path, engine="h5netcdf", decode_cf=False) as opened:
            tree = opened.load()
        groups = {name: node.to_dataset() for name, node in tree.children.items()}
        groups["/"] = tree.to_dataset()
        provenance = json.loads(tree.attrs["provenance"])
        groups["/"].attrs = dict(tree.attrs)
        edit(groups, provenance)
        if groups["/"].attrs.get("provenance") == tree.attrs["provenance"]:
            groups["/"].attrs["provenance"] = json.dumps(provenance)
        path.unlink()
        xr.DataTree.from_dict(groups).to_netcdf(path, engine="h5netcdf")

    return change


def cases(rng: np.random.Generator) -> Iterator[Case]:
    """Every case of this kind."""
    for family in FAMILIES:

        def truth(family: str = family) -> Any:
            return whole(family)

        yield Case("fit", f"{family}: whole", changed(family, lambda _: None), truth, ordinary=True)
        # What the families share is tried on one of them in full, and on each of the others in part.
        for i, (name, edit) in enumerate(EDITS.items()):
            if family == "panel" or (i % 3 == FAMILIES.index(family) - 1 and not name.startswith("lag")):
                yield Case("fit", f"{family}: {name}", changed(family, edited(edit)), truth)
        for name, edit in SPECS[family].items():
            yield Case("fit", f"{family}: spec with {name}", changed(family, edited(edit)), truth)
        for k in range(4):
            at, bit = float(rng.random()), int(rng.integers(8))

            def flip(path: Path, at: float = at, bit: int = bit) -> None:
                data = bytearray(path.read_bytes())
                data[int(at * (len(data) - 1))] ^= 1 << bit
                path.write_bytes(bytes(data))

            yield Case("fit", f"{family}: flipped bit {k} at {at:.3f}", changed(family, flip), truth, risky=True)
        for share in (0.0, 0.3, 0.97):
            cut = changed(
                family, lambda path, s=share: path.write_bytes(path.read_bytes()[: int(s * path.stat().st_size)])
            )
            yield Case("fit", f"{family}: cut at {share:.0%}", cut, truth, risky=True)
    yield from other_files()


def _set(group: str, name: str, value: Any) -> Edit:
    return lambda groups, _: groups[group].attrs.update({name: value})


def _values(group: str, change: Callable[[np.ndarray], Any]) -> Edit:
    def edit(groups: dict[str, xr.Dataset], _: dict[str, Any]) -> None:
        name = sorted(groups[group].data_vars)[0]
        change(groups[group][name].values)

    return edit


def _first(value: Any) -> Callable[[np.ndarray], Any]:
    return lambda array: array.reshape(-1).__setitem__(0, value)


EDITS: dict[str, Edit] = {
    "version 99": _set("/", "version", 99),
    "version 0": _set("/", "version", 0),
    "a version in words": _set("/", "version", "new"),
    "a version that is nan": _set("/", "version", np.nan),
    "no version": lambda groups, _: groups["/"].attrs.pop("version"),
    "another format": _set("/", "format", "bayespanel moments"),
    "no format": lambda groups, _: groups["/"].attrs.pop("format"),
    "provenance cut": _set("/", "provenance", '{"spec": {'),
    "provenance that is a list": _set("/", "provenance", "[]"),
    "provenance 2,000 deep": _set("/", "provenance", "[" * 2000 + "]" * 2000),
    "no provenance": lambda groups, _: groups["/"].attrs.pop("provenance"),
    "no spec": lambda _, provenance: provenance.pop("spec"),
    "a spec that is a text": lambda _, provenance: provenance.update(spec="RICLPM"),
    "a spec that is null": lambda _, provenance: provenance.update(spec=None),
    "an empty spec": lambda _, provenance: provenance.update(spec={}),
    "another family": lambda _, provenance: provenance["spec"].update(family="statistix"),
    "a field too many": lambda _, provenance: provenance["spec"].update(magic=1),
    "another seed": lambda _, provenance: provenance.update(seed=2),
    "a rope of text": lambda _, provenance: provenance.update(rope="wide"),
    "other notes": lambda _, provenance: provenance.update(notes=["None of the scores was missing."]),
    "no posterior": lambda groups, _: groups.pop("posterior"),
    "an empty posterior": lambda groups, _: groups.update(posterior=xr.Dataset()),
    "no sample_stats": lambda groups, _: groups.pop("sample_stats"),
    "no data": lambda groups, _: groups.pop("moments"),
    "data without a format": lambda groups, _: groups["moments"].attrs.pop("format"),
    "data of version 99": lambda groups, _: groups["moments"].attrs.update(version=99),
    "data with a NaN": _values("moments", _first(-9)),
    "a draw that is NaN": _values("posterior", _first(np.nan)),
    "a draw that is infinite": _values("posterior", _first(np.inf)),
    "a draw that moved": _values("posterior", _first(1.25)),
    "all draws doubled": _values("posterior", lambda array: array.__setitem__(Ellipsis, 2 * array)),
    "one chain less": lambda groups, _: groups.update(posterior=groups["posterior"].isel(chain=slice(1, None))),
    "one draw less": lambda groups, _: groups.update(posterior=groups["posterior"].isel(draw=slice(1, None))),
    "no draws": lambda groups, _: groups.update(posterior=groups["posterior"].isel(draw=slice(0, 0))),
    "draws of another name": lambda groups, _: groups.update(posterior=groups["posterior"].rename(draw="iteration")),
    "divergences taken out": lambda groups, _: groups["sample_stats"].update(
        {"diverging": groups["sample_stats"]["diverging"] * 0 + 1}
    ),
    "another group": lambda groups, _: groups.update(extra=xr.Dataset({"a": ("b", [1.0])})),
    "lag taken out": lambda groups, _: groups.update(posterior=groups["posterior"].drop_vars("lag")),
    "lag turned over": lambda groups, _: groups["posterior"].update(
        {"lag": groups["posterior"]["lag"].transpose("draw", "chain", "source", "target")}
    ),
    "lag of other variables": lambda groups, _: groups.update(
        posterior=groups["posterior"].assign_coords(target=["y", "x"])
    ),
    "lag of unknown variables": lambda groups, _: groups.update(
        posterior=groups["posterior"].assign_coords(source=["u", "v"])
    ),
}
"""What changes -> how."""


def _spec(**changes: Any) -> Edit:
    return lambda _, provenance: provenance["spec"].update(changes)


SPECS: dict[str, dict[str, Edit]] = {
    "panel": {
        "other variables": _spec(variables=["x", "z"]), "variables turned round": _spec(variables=["y", "x"]),
        "a level less": _spec(levels=["pupil"]),
        "a level too many": _spec(levels=["pupil", "class", "school"]), "free lags": _spec(lags="free"),
        "lags misspelt": _spec(lags="fre"),
        "priors of text": _spec(priors="none"),
        "priors without arguments": _spec(priors=[{"parameter": "lag", "distribution": "Normal"}]),
        "null for variables": _spec(variables=None), "no random intercepts": _spec(intercepts=False),
    },
    "trial": {
        "other outcomes": _spec(outcomes=["mood"]), "no outcomes": _spec(outcomes=[]),
        "another adjustment": _spec(adjustment="constrained"),
        "a level less": _spec(levels=["pupil", "school"]), "another link": _spec(link="logit"),
        "an adjustment misspelt": _spec(adjustment="cov"),
    },
    "counted trial": {"the identity": _spec(link="identity"), "an unknown moderator": _spec(moderators=["sex"])},
    "courses": {
        "another number of classes": _spec(classes=3), "no classes": _spec(classes=0),
        "classes of text": _spec(classes="two"),
        "other predictors": _spec(predictors=["cold"]), "another outcome": _spec(outcome="bullying"),
        "an unknown growth": _spec(growth="cubicc"),
    },
}  # fmt: skip


def other_files() -> Iterator[Case]:
    """Files that are no fit, in the place of one; fits in the place of moments; folders and names."""
    import bayespanel as bp

    for name, data in (("empty", b""), ("text", b"x,y\n1,2\n"), ("zeros", bytes(5000)), ("a pickle", b"\x80\x04\x95")):
        give = changed("panel", lambda path, d=data: path.write_bytes(d))
        yield Case("fit", f"a file that is {name}", give, lambda: whole("panel"), risky=True)
    for kind in ("Moments", "TrialMoments", "TrialCounts", "PanelRows"):
        yield Case("fit", f"{kind} in place of a fit", lambda _, k=kind: Answer(content(file_of(k))))
    yield Case("fit", "a fit in place of moments", lambda _: Answer(data_content(bp.Moments.load(fit_of("panel")))))
    yield Case("fit", "a folder in place of a fit", lambda folder: Answer(content(folder)))
    for odd in (None, 3, "", "nowhere.nc", "\0", ["fit.nc"]):
        yield Case("fit", f"called {odd!r}", lambda _, o=odd: Answer(repr(bp.load(o))))
