"""The public names and the module of each: one list, which type checkers and `__init__.py` read."""

from bayespanel.bridges.draws_csv import draws_csv as draws_csv
from bayespanel.bridges.lavaan import to_lavaan as to_lavaan
from bayespanel.bridges.lavaan_reader import FromLavaan as FromLavaan, from_lavaan as from_lavaan
from bayespanel.bridges.mplus import mplus_data as mplus_data, to_mplus as to_mplus
from bayespanel.bridges.wide_tables import lavaan_data as lavaan_data
from bayespanel.catalogue.cards import Card as Card, card as card, cards as cards
from bayespanel.catalogue.worlds import World as World, settled as settled, world as world, worlds as worlds
from bayespanel.data import (
    Moments as Moments,
    Panel as Panel,
    PanelRows as PanelRows,
    Trial as Trial,
    TrialCounts as TrialCounts,
    TrialEstimates as TrialEstimates,
    TrialMoments as TrialMoments,
    read_table as read_table,
)
from bayespanel.data.imputed_tables import read_imputed as read_imputed
from bayespanel.design.calibration import calibrate as calibrate
from bayespanel.design.loading import load as load
from bayespanel.design.multiverse import multiverse as multiverse, specification_curve as specification_curve
from bayespanel.design.power import assurance as assurance
from bayespanel.design.sample_size import SampleSize as SampleSize, Search as Search, sample_size as sample_size
from bayespanel.families.panel.named_models import (
    ALT as ALT,
    CLPM as CLPM,
    DPM as DPM,
    GCLM as GCLM,
    LCMSR as LCMSR,
    STARTS as STARTS,
)
from bayespanel.families.panel.spec import RICLPM as RICLPM
from bayespanel.families.panel.world import PanelWorld as PanelWorld
from bayespanel.families.shared.missing_scores import MissingScores as MissingScores
from bayespanel.families.trajectories.spec import Trajectories as Trajectories
from bayespanel.families.trajectories.world import TrajectoryWorld as TrajectoryWorld
from bayespanel.families.trial.spec import ClusterTrial as ClusterTrial
from bayespanel.families.trial.world import TrialWorld as TrialWorld
from bayespanel.figures.gallery import (
    plot_calibration as plot_calibration,
    plot_chains as plot_chains,
    plot_delta_adjustment as plot_delta_adjustment,
    plot_effects as plot_effects,
    plot_family_tree as plot_family_tree,
    plot_flow as plot_flow,
    plot_forest as plot_forest,
    plot_intervals as plot_intervals,
    plot_lag_matrix as plot_lag_matrix,
    plot_number_of_classes as plot_number_of_classes,
    plot_path_diagram as plot_path_diagram,
    plot_power as plot_power,
    plot_prior_posterior as plot_prior_posterior,
    plot_responses as plot_responses,
    plot_sensitivity as plot_sensitivity,
    plot_specification_curve as plot_specification_curve,
    plot_synthesis as plot_synthesis,
    plot_trajectories as plot_trajectories,
    plot_triangle as plot_triangle,
)
from bayespanel.figures.journal import journal_size as journal_size
from bayespanel.inference.fit import Fit as Fit
from bayespanel.inference.imputed import imputation as imputation
from bayespanel.inference.settings import Running as Running, Sampling as Sampling
from bayespanel.language.errors import (
    BayespanelError as BayespanelError,
    DataError as DataError,
    DataWarning as DataWarning,
    FitError as FitError,
    SpecError as SpecError,
)
from bayespanel.language.prior import Prior as Prior
from bayespanel.language.triangle import Triangle as Triangle
from bayespanel.page.apa import apa_table as apa_table
from bayespanel.page.report import report as report
from bayespanel.page.table_files import save_table as save_table
from bayespanel.summaries.credibility import reanalyse as reanalyse
from bayespanel.summaries.effects import Effects as Effects, effects as effects
from bayespanel.summaries.odds import odds_ratios as odds_ratios, rate_ratios as rate_ratios
from bayespanel.verbs.analysis import (
    build as build,
    evidence as evidence,
    fit as fit,
    log_likelihood as log_likelihood,
    maximum_likelihood as maximum_likelihood,
    priors as priors,
    simulate as simulate,
)
from bayespanel.verbs.appraisal import (
    compare as compare,
    dynamics as dynamics,
    hypothesis as hypothesis,
    influence as influence,
    pathway_draws as pathway_draws,
    predictive_check as predictive_check,
    synthesise as synthesise,
)
from bayespanel.verbs.arviz_groups import to_arviz as to_arviz
from bayespanel.verbs.category_probabilities import category_probabilities as category_probabilities
from bayespanel.verbs.checking import checks as checks
from bayespanel.verbs.family_tree import family_tree as family_tree
from bayespanel.verbs.imputed import fit_imputed as fit_imputed
from bayespanel.verbs.imputed_evidence import missing_information as missing_information
from bayespanel.verbs.invariance import invariance as invariance
from bayespanel.verbs.latent_classes import (
    class_table as class_table,
    continuum as continuum,
    mean_trajectories as mean_trajectories,
    membership as membership,
    number_of_classes as number_of_classes,
)
from bayespanel.verbs.likelihood_ratio import likelihood_ratio as likelihood_ratio
from bayespanel.verbs.marginal_likelihood import log_marginal_likelihood as log_marginal_likelihood
from bayespanel.verbs.missing_scores import delta_adjustment as delta_adjustment, tipping_points as tipping_points
from bayespanel.verbs.parameters import (
    fit_measures as fit_measures,
    parameter_estimates as parameter_estimates,
    standardized_solution as standardized_solution,
)
from bayespanel.verbs.prior_appraisal import (
    prior_changes as prior_changes,
    prior_check as prior_check,
    prior_draws as prior_draws,
    prior_pathways as prior_pathways,
    refits as refits,
    sensitivity as sensitivity,
)
from bayespanel.verbs.reproduction import Rerun as Rerun, rerun as rerun
from bayespanel.verbs.tables import (
    summary as summary,
    table as table,
    text as text,
)
from bayespanel.verbs.varying_paths import varying_paths as varying_paths

__all__: list[str]
__version__: str
