"""A saved fit is read as it was written, or refused by name."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import bayespanel as bp
from bayespanel.data.container import CHECKSUM
from bayespanel.inference.fit import Fit
from bayespanel.language.errors import BayespanelError, DataWarning, FitError
from tests.command.lines import fake_fit
from tests.data.spoiled import flipped
from tests.data.tables import build, long_table


def saved(folder: Path) -> tuple[Fit, Path]:
    spec = bp.RICLPM(triangle=bp.Triangle(child=["math", "read"]))
    fit = fake_fit(5)(spec, build(long_table()), seed=1)
    fit.provenance["data"] = fit.data.fingerprint()
    fit.save(folder / "fit.nc")
    return fit, folder / "fit.nc"


def refusal(path: Path) -> BayespanelError | None:
    """Return the error that refuses a fit, in three parts; None where it is read."""
    try:
        bp.load(path)
    except BayespanelError as error:
        return error
    return None


def provenance(change: Callable[[dict[str, Any]], object]) -> Callable[[h5py.File], None]:
    def edit(file: h5py.File) -> None:
        content = json.loads(file.attrs["provenance"])
        change(content)
        file.attrs["provenance"] = json.dumps(content)

    return edit


def entry(name: str, value: float) -> Callable[[h5py.File], None]:
    def edit(file: h5py.File) -> None:
        array = file[name][()]
        array.flat[0] = value
        file[name][...] = array

    return edit


def attribute(name: str, value: Any) -> Callable[[h5py.File], None]:
    def edit(file: h5py.File) -> None:
        file.attrs[name] = value

    return edit


def without(name: str) -> Callable[[h5py.File], None]:
    def edit(file: h5py.File) -> None:
        del file[name]

    return edit


EDITS: dict[str, Callable[[h5py.File], None]] = {
    "draw NaN": entry("posterior/lag", np.nan),
    "draw infinite": entry("posterior/lag", np.inf),
    "count negative": entry("moments/n", -3),
    "group out of range": entry("moments/group", 10**6),
    "sum NaN": entry("moments/syy", np.nan),
    "data of another fit": entry("moments/centre", 3.0),
    "no draws": without("posterior"),
    "no statistics": without("sample_stats"),
    "no data": without("moments"),
    "no sums": without("moments/syy"),
    "version newer": attribute("version", 99),
    "version in words": attribute("version", "two"),
    "version zero": attribute("version", 0),
    "format of others": attribute("format", "something"),
    "provenance cut": attribute("provenance", '{"spec": '),
    "provenance a number": attribute("provenance", 3),
    "provenance deep": attribute("provenance", "[" * 10_000),
    "provenance without specification": provenance(lambda p: p.pop("spec")),
    "specification a number": provenance(lambda p: p.update(spec=3)),
    "specification of no family": provenance(lambda p: p["spec"].update(family="none")),
    "specification with a number for a list": provenance(lambda p: p["spec"].update(priors=3)),
    "specification of other variables": provenance(
        lambda p: p["spec"]["triangle"].update(child=["reading", "math"])
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return saved(tmp_path_factory.mktemp("fit"))[1].read_bytes()


@pytest.mark.parametrize("sealed", [True, False])
@pytest.mark.parametrize("what", EDITS)
def test_an_edited_fit_is_refused(what: str, sealed: bool, whole: bytes, tmp_path: Path) -> None:
    path = tmp_path / "fit.nc"
    path.write_bytes(whole)
    with h5py.File(path, "r+") as file:
        if not sealed:
            del file.attrs[CHECKSUM]
        EDITS[what](file)
    error = refusal(path)
    assert error is not None
    assert all(part.endswith(".") for part in (error.rule, error.given, error.action)), error


def test_a_fit_comes_back_and_an_older_one_without_a_checksum_too(tmp_path: Path) -> None:
    fit, path = saved(tmp_path)
    assert bp.load(path).posterior.identical(fit.posterior)
    with h5py.File(path, "r+") as file:
        del file.attrs[CHECKSUM]
    with pytest.warns(DataWarning, match="has no checksum"):
        assert bp.load(path).posterior.identical(fit.posterior)


def test_a_changed_draw_is_named(whole: bytes, tmp_path: Path) -> None:
    path = tmp_path / "fit.nc"
    path.write_bytes(whole)
    with h5py.File(path, "r+") as file:
        entry("posterior/lag", 0.5)(file)
    with pytest.raises(FitError, match="The file was changed after it was written"):
        bp.load(path)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_a_cut_fit_is_refused(share: float, whole: bytes, tmp_path: Path) -> None:
    (tmp_path / "fit.nc").write_bytes(whole[: int(share * len(whole))])
    assert refusal(tmp_path / "fit.nc") is not None


@pytest.mark.parametrize("number", [15, pytest.param(200, marks=pytest.mark.slow)])
def test_a_flipped_byte_changes_nothing_in_silence(number: int, whole: bytes, tmp_path: Path) -> None:
    path = tmp_path / "fit.nc"
    path.write_bytes(whole)
    before = bp.load(path)
    for at in np.random.default_rng(4).choice(len(whole), number, replace=False):
        path.write_bytes(flipped(whole, int(at)))
        if refusal(path) is None:
            found = bp.load(path)
            assert found.posterior.identical(before.posterior)
            assert found.data.fingerprint() == before.data.fingerprint()
            assert found.provenance == before.provenance
