"""Whatever was saved, from its file: fits, the sums of data, and stores of design studies."""

from __future__ import annotations

import os
from typing import Any

from bayespanel.data.container import format_of
from bayespanel.data.layouts import LAYOUTS
from bayespanel.data.storage import read_any
from bayespanel.files.paths import path_of
from bayespanel.inference.fit import FORMAT
from bayespanel.language.errors import FitError
from bayespanel.verbs.analysis import load_fit


def load(path: str | os.PathLike[str]) -> Any:
    """Read what was saved: a fit, moments or counts, or the store of a design study.

    Parameters
    ----------
    path
        The file that `save` wrote, such as "fit.nc"; or the store of a study, such as "study.zarr".

    Returns
    -------
    Fit, Moments, PanelRows, TrialMoments, TrialCounts, TrialEstimates or xarray.Dataset
        What was saved. Of a study, which may still be running: `statistics` [condition, replicate, pathway, statistic]
        and `run` [condition, replicate, measure], with the status (1 converged, 2 not converged, 3 failed), seconds,
        R-hat and others. Both are NaN for replicates that are not finished. They are in memory; load the store again to
        see replicates that were finished since.

    Raises
    ------
    FitError, DataError
        Nothing is there, it is another kind of file, it was changed or damaged, or a newer bayespanel saved it.
    """
    place = path_of(path, "What was saved", error=FitError)
    if place.is_dir():
        from bayespanel.design.store import opened  # zarr takes its time, and a fit needs none

        return opened(place)
    found = format_of(place) if place.is_file() else ""
    if found == FORMAT:
        return load_fit(place)
    if found in {layout.format for layout in LAYOUTS.values()}:
        return read_any(place)
    raise FitError(
        "Only files that bayespanel saved can be loaded: a fit, moments or counts, or the store of a study.",
        f"{str(place)!r} {'is no such file, or is damaged' if place.exists() else 'does not exist'}.",
        "Check the path; a table of pupils is read with bp.read_table.",
    )
