"""A stored specification keeps the default priors under which it was used."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import bayespanel as bp
from bayespanel.catalogue.spec_records import OF_THEN, spec_from_dict, spec_of_fit, spec_to_dict
from bayespanel.families.door import FAMILIES
from tests.families.panel.data import panel

SPECS: tuple[Any, ...] = (
    bp.RICLPM(("x", "y"), covariates=("age",)),
    bp.RICLPM(("x", "y"), priors=(bp.Prior("lag", "Normal", (0, 0.3)),)),
    bp.RICLPM(("x", "y"), priors=(bp.Prior("lag", "Normal", (0, 0.3), scale="raw"),)),
    bp.ClusterTrial(("score",), covariates=("age",), moderators=("age",)),
    bp.Trajectories("score", classes=2),
)


def of_old(spec: Any) -> dict[str, Any]:
    """The record of a specification as it was written before records named their defaults."""
    record: dict[str, Any] = json.loads(json.dumps(spec_to_dict(spec)))
    del record["defaults"]
    return record


@pytest.mark.parametrize("spec", SPECS)
def test_a_record_gives_the_specification_back(spec: Any) -> None:
    assert spec_from_dict(json.loads(json.dumps(spec_to_dict(spec)))) == spec


@pytest.mark.parametrize("spec", SPECS)
def test_a_default_that_has_changed_since_is_kept(spec: Any) -> None:
    record = json.loads(json.dumps(spec_to_dict(spec)))
    for row in record["defaults"]:
        row["arguments"] = [2 * value for value in row["arguments"]]
    found = spec_from_dict(record)
    own = {row.parameter for row in spec.priors}
    for row in spec.default_priors():
        read = found.prior(row.parameter)
        if row.parameter in own:
            assert read == spec.prior(row.parameter)
        else:
            assert read.arguments == tuple(2 * value for value in row.arguments)
            assert read.source == OF_THEN


def test_older_records_name_no_defaults_and_counted_lags_and_covariates_in_other_units() -> None:
    found = spec_from_dict(of_old(SPECS[0]))
    assert (found.prior("lag").scale, found.prior("lag").arguments) == ("total", (0.0, 0.5))
    assert found.prior("covariate_effect").scale == "total"
    assert found.prior("initial_sd") == SPECS[0].prior("initial_sd")
    assert spec_from_dict(of_old(SPECS[1])).prior("lag") == bp.Prior("lag", "Normal", (0, 0.3), scale="total")
    assert spec_from_dict(of_old(SPECS[2])) == SPECS[2]
    moderation = spec_from_dict(of_old(SPECS[3])).prior("moderation")
    assert (moderation.scale, moderation.arguments) == ("total", (0.0, 0.5))


def test_what_is_written_of_before_differs_from_today() -> None:
    for spec in SPECS:
        family = spec_to_dict(spec)["family"]
        today = {row.parameter: row for row in spec.default_priors()}
        for row in FAMILIES[family].defaults_before:
            if row.parameter in today:
                now = today[row.parameter]
                assert (row.distribution, row.arguments, row.scale) != (now.distribution, now.arguments, now.scale)


def test_an_older_fit_is_read_with_the_rows_that_it_noted(tmp_path: Path) -> None:
    fit = bp.fit(
        bp.RICLPM(("v0", "v1")),
        panel().moments(),
        seed=1,
        sampling=bp.Sampling(draws=20, tune=50, chains=2),
        progress=False,
    )
    rows = [row | ({"arguments": [0.0, 0.4]} if row["parameter"] == "lag" else {}) for row in fit.provenance["priors"]]
    older = fit.provenance | {"spec": of_old(fit.spec), "priors": rows}
    assert spec_of_fit(older).prior("lag").arguments == (0.0, 0.4)

    replace(fit, provenance=older).save(tmp_path / "fit.nc")
    read = bp.load(tmp_path / "fit.nc").spec
    assert (read.prior("lag").scale, read.prior("lag").arguments) == ("total", (0.0, 0.4))
    assert read.prior("mean") == fit.spec.prior("mean")
