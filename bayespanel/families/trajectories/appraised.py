"""What is found out about classes once, when they are fitted, and kept with the draws."""

from __future__ import annotations

from dataclasses import asdict

from bayespanel.data import PanelRows
from bayespanel.families.trajectories.against_continuum import beside
from bayespanel.families.trajectories.shape import shapes
from bayespanel.families.trajectories.spec import Trajectories
from bayespanel.families.trajectories.within import within
from bayespanel.inference.checks import FAILURES


def appraised(spec: Trajectories, rows: PanelRows) -> dict[str, float | str]:
    """Return attributes of a posterior of two classes or more.

    Returns
    -------
    dict
        `continuum_difference` and `continuum_random`: BIC of the classes less that of one continuum of courses, and
        what varies in it; `within_z`, `within_sd` and `within_what`: the score test for courses that differ within a
        class; `course_p`, `course_square`, `course_df`, `course_where`, `course_size` and the same of `spread`: the
        score tests of `shape`. What the model has no question about is missing; `shape_failed` says why these are.
    """
    out: dict[str, float | str] = {}
    if not spec.divides:
        return out
    compared, differing = beside(spec, rows), within(spec, rows)
    if compared is not None:
        out |= {"continuum_difference": compared[0], "continuum_random": compared[1]}
    if differing is not None:
        out |= {"within_z": differing.z, "within_sd": differing.sd, "within_what": differing.what}
    try:
        for name, found in shapes(spec, rows).items():
            out |= {f"{name}_{key}": value for key, value in asdict(found).items()}
    except FAILURES as error:
        out["shape_failed"] = f"{type(error).__name__}: {error}"
    return out
