"""Figures of evidence. They are built without pyplot, so that drawing one changes no global state."""

from bayespanel.figures.calibration_bands import plot_calibration
from bayespanel.figures.chains import plot_chains
from bayespanel.figures.delta_curves import plot_delta_adjustment
from bayespanel.figures.effects import plot_effects
from bayespanel.figures.family_tree import plot_family_tree
from bayespanel.figures.flow import plot_flow
from bayespanel.figures.forest import plot_forest
from bayespanel.figures.lag_matrix import plot_lag_matrix
from bayespanel.figures.path_diagram import plot_path_diagram
from bayespanel.figures.power_curve import plot_power
from bayespanel.figures.prior_posterior import plot_prior_posterior
from bayespanel.figures.responses import plot_responses
from bayespanel.figures.sensitivity import plot_sensitivity
from bayespanel.figures.specification_curve import plot_specification_curve
from bayespanel.figures.synthesis import plot_synthesis
from bayespanel.figures.trajectories import plot_number_of_classes, plot_trajectories
from bayespanel.figures.triangle import plot_triangle
from bayespanel.figures.zip_plot import plot_intervals

__all__ = [
    "plot_calibration",
    "plot_chains",
    "plot_delta_adjustment",
    "plot_effects",
    "plot_family_tree",
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
]
