"""What the tests of the command line share: a card, options, and a sampler that needs no time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import xarray as xr

from bayespanel.catalogue import cards
from bayespanel.catalogue.spec_records import spec_to_dict
from bayespanel.families.panel.derive import derive
from bayespanel.families.panel.statistics import data_for
from bayespanel.inference.fit import Fit
from tests.families.panel.posteriors import random_posterior

CARD = """\
title = "Two subjects"
question = "Which comes first?"
family = "riclpm"
rope = 0.03

[triangle]
child = ["reading"]
school = ["math"]

[model]
levels = ["pupil", "school"]
"""

LONG = ("--pupil", "pupil", "--wave", "wave", "--school", "school")
READ = ("--rename", "reading=read")

Run = Callable[..., tuple[int, str, str]]


def fake_fit(draws: int) -> Callable[..., Fit]:
    """Return a sampler that draws independent random values, known to pass its checks when there are many."""

    def fit(card: Any, data: Any, *, seed: int, **_: Any) -> Fit:
        spec = cards.specification(card)
        moments = data_for(spec, data)
        posterior = random_posterior(spec, len(moments.waves), seed=1, chains=4, draws=draws)
        posterior = derive(spec, posterior.assign_coords(wave=list(moments.waves)))
        some = posterior["lag"].isel(target=0, source=0).reset_coords(drop=True)
        stats = xr.Dataset({"diverging": some > 99, "depth": some * 0 + 3, "energy": some})
        provenance = {"spec": spec_to_dict(spec), "rope": None, "seed": seed}
        return Fit({"posterior": posterior, "sample_stats": stats}, spec, moments, provenance)

    return fit
