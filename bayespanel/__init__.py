"""Bayesian models for the triangle child - parents - school, on an exact likelihood.

In reading order: data (`Panel`, `Moments`, `read_table`), a specification (`RICLPM`, `Triangle`, `Prior`, or a `card`),
`build`, `fit`, `checks`, `evidence`; `maximum_likelihood` and `log_likelihood` as a bridge to other software.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from bayespanel.files.caches import provide

if TYPE_CHECKING:
    from bayespanel.bridges.draws_csv import draws_csv
    from bayespanel.bridges.estimates import estimates_table
    from bayespanel.bridges.lavaan import to_lavaan
    from bayespanel.bridges.lavaan_reader import FromLavaan, from_lavaan
    from bayespanel.bridges.mplus import mplus_data, to_mplus
    from bayespanel.bridges.wide_tables import lavaan_data
    from bayespanel.catalogue.cards import Card, card, cards
    from bayespanel.catalogue.worlds import World, settled, world, worlds
    from bayespanel.data import Moments, Panel, PanelRows, Trial, TrialCounts, TrialEstimates, TrialMoments, read_table
    from bayespanel.design.calibration import calibrate
    from bayespanel.design.multiverse import multiverse, specification_curve
    from bayespanel.design.power import assurance
    from bayespanel.design.sample_size import SampleSize, sample_size
    from bayespanel.design.store import open_study
    from bayespanel.families.panel.spec import RICLPM
    from bayespanel.families.panel.world import PanelWorld
    from bayespanel.families.trajectories.spec import Trajectories
    from bayespanel.families.trajectories.world import TrajectoryWorld
    from bayespanel.families.trial.spec import ClusterTrial
    from bayespanel.families.trial.world import TrialWorld
    from bayespanel.figures.gallery import (
        plot_calibration,
        plot_chains,
        plot_effects,
        plot_flow,
        plot_forest,
        plot_intervals,
        plot_lag_matrix,
        plot_number_of_classes,
        plot_path_diagram,
        plot_power,
        plot_prior_posterior,
        plot_responses,
        plot_sensitivity,
        plot_specification_curve,
        plot_synthesis,
        plot_trajectories,
        plot_triangle,
    )
    from bayespanel.inference.fit import Fit
    from bayespanel.language.errors import BayespanelError, DataError, DataWarning, FitError, SpecError
    from bayespanel.language.prior import Prior
    from bayespanel.language.triangle import Triangle
    from bayespanel.page.apa import apa_table
    from bayespanel.page.report import report
    from bayespanel.summaries.credibility import reanalyse, reanalysis_text
    from bayespanel.summaries.effects import effects_table, effects_text
    from bayespanel.summaries.odds import odds_ratios
    from bayespanel.summaries.table import table, text
    from bayespanel.verbs.analysis import (
        build,
        checks,
        evidence,
        fit,
        load_fit,
        log_likelihood,
        maximum_likelihood,
        priors,
        simulate,
    )
    from bayespanel.verbs.appraisal import (
        compare,
        dynamics,
        hypothesis,
        influence,
        pathway_draws,
        predictive_check,
        synthesise,
    )
    from bayespanel.verbs.latent_classes import class_table, continuum, mean_trajectories, membership, number_of_classes
    from bayespanel.verbs.prior_appraisal import (
        prior_changes,
        prior_check,
        prior_draws,
        prior_pathways,
        refits,
        sensitivity,
    )
    from bayespanel.verbs.reproduction import Rerun, rerun

_HOMES = {
    "bayespanel.data": (
        "Panel",
        "Moments",
        "PanelRows",
        "Trial",
        "TrialMoments",
        "TrialCounts",
        "TrialEstimates",
        "read_table",
    ),
    "bayespanel.language.triangle": ("Triangle",),
    "bayespanel.language.prior": ("Prior",),
    "bayespanel.families.panel.spec": ("RICLPM",),
    "bayespanel.families.panel.world": ("PanelWorld",),
    "bayespanel.catalogue.worlds": ("World", "settled", "world", "worlds"),
    "bayespanel.families.trajectories.spec": ("Trajectories",),
    "bayespanel.families.trajectories.world": ("TrajectoryWorld",),
    "bayespanel.families.trial.spec": ("ClusterTrial",),
    "bayespanel.families.trial.world": ("TrialWorld",),
    "bayespanel.catalogue.cards": ("Card", "card", "cards"),
    "bayespanel.verbs.analysis": (
        "priors",
        "build",
        "fit",
        "load_fit",
        "checks",
        "evidence",
        "log_likelihood",
        "maximum_likelihood",
        "simulate",
    ),
    "bayespanel.verbs.appraisal": (
        "compare",
        "dynamics",
        "hypothesis",
        "influence",
        "pathway_draws",
        "predictive_check",
        "synthesise",
    ),
    "bayespanel.verbs.prior_appraisal": (
        "prior_changes",
        "prior_check",
        "prior_draws",
        "prior_pathways",
        "refits",
        "sensitivity",
    ),
    "bayespanel.verbs.latent_classes": (
        "class_table",
        "continuum",
        "mean_trajectories",
        "membership",
        "number_of_classes",
    ),
    "bayespanel.design.power": ("assurance",),
    "bayespanel.design.sample_size": ("SampleSize", "sample_size"),
    "bayespanel.design.store": ("open_study",),
    "bayespanel.design.calibration": ("calibrate",),
    "bayespanel.design.multiverse": ("multiverse", "specification_curve"),
    "bayespanel.bridges.lavaan": ("to_lavaan",),
    "bayespanel.bridges.lavaan_reader": ("FromLavaan", "from_lavaan"),
    "bayespanel.bridges.mplus": ("mplus_data", "to_mplus"),
    "bayespanel.bridges.wide_tables": ("lavaan_data",),
    "bayespanel.bridges.draws_csv": ("draws_csv",),
    "bayespanel.bridges.estimates": ("estimates_table",),
    "bayespanel.inference.fit": ("Fit",),
    "bayespanel.summaries.credibility": ("reanalyse", "reanalysis_text"),
    "bayespanel.summaries.effects": ("effects_table", "effects_text"),
    "bayespanel.summaries.odds": ("odds_ratios",),
    "bayespanel.summaries.table": ("table", "text"),
    "bayespanel.page.apa": ("apa_table",),
    "bayespanel.figures.gallery": (
        "plot_calibration",
        "plot_chains",
        "plot_effects",
        "plot_flow",
        "plot_forest",
        "plot_intervals",
        "plot_lag_matrix",
        "plot_number_of_classes",
        "plot_path_diagram",
        "plot_power",
        "plot_prior_posterior",
        "plot_responses",
        "plot_sensitivity",
        "plot_specification_curve",
        "plot_synthesis",
        "plot_trajectories",
        "plot_triangle",
    ),
    "bayespanel.page.report": ("report",),
    "bayespanel.verbs.reproduction": ("Rerun", "rerun"),
    "bayespanel.language.errors": ("BayespanelError", "DataError", "SpecError", "FitError", "DataWarning"),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "RICLPM",
    "BayespanelError",
    "Card",
    "ClusterTrial",
    "DataError",
    "DataWarning",
    "Fit",
    "FitError",
    "FromLavaan",
    "Moments",
    "Panel",
    "PanelRows",
    "PanelWorld",
    "Prior",
    "Rerun",
    "SampleSize",
    "SpecError",
    "Trajectories",
    "TrajectoryWorld",
    "Trial",
    "TrialCounts",
    "TrialEstimates",
    "TrialMoments",
    "TrialWorld",
    "Triangle",
    "World",
    "apa_table",
    "assurance",
    "build",
    "calibrate",
    "card",
    "cards",
    "checks",
    "class_table",
    "compare",
    "continuum",
    "draws_csv",
    "dynamics",
    "effects_table",
    "effects_text",
    "estimates_table",
    "evidence",
    "fit",
    "from_lavaan",
    "hypothesis",
    "influence",
    "lavaan_data",
    "load_fit",
    "log_likelihood",
    "maximum_likelihood",
    "mean_trajectories",
    "membership",
    "mplus_data",
    "multiverse",
    "number_of_classes",
    "odds_ratios",
    "open_study",
    "pathway_draws",
    "plot_calibration",
    "plot_chains",
    "plot_effects",
    "plot_flow",
    "plot_forest",
    "plot_intervals",
    "plot_lag_matrix",
    "plot_number_of_classes",
    "plot_path_diagram",
    "plot_power",
    "plot_prior_posterior",
    "plot_responses",
    "plot_sensitivity",
    "plot_specification_curve",
    "plot_synthesis",
    "plot_trajectories",
    "plot_triangle",
    "predictive_check",
    "prior_changes",
    "prior_check",
    "prior_draws",
    "prior_pathways",
    "priors",
    "read_table",
    "reanalyse",
    "reanalysis_text",
    "refits",
    "report",
    "rerun",
    "sample_size",
    "sensitivity",
    "settled",
    "simulate",
    "specification_curve",
    "synthesise",
    "table",
    "text",
    "to_lavaan",
    "to_mplus",
    "world",
    "worlds",
]

__version__: str

provide()  # before any library that keeps compiled code is imported


if not TYPE_CHECKING:  # else a type checker would take every misspelt name for one of ours

    def __getattr__(name: str) -> Any:
        """Import a public name when it is first used: the command line must not wait for what it does not need."""
        if name == "__version__":
            from importlib.metadata import version  # reads mail headers, and imports what that takes

            globals()[name] = found = version("bayespanel")
            return found
        if name not in _HOME:
            raise AttributeError(f"module 'bayespanel' has no attribute {name!r}")
        value = getattr(import_module(_HOME[name]), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return __all__
