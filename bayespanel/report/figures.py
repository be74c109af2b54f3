"""Figures of evidence. They are built without pyplot, so that drawing one changes no global state."""

from bayespanel.report.calibration_bands import plot_calibration
from bayespanel.report.chains import plot_chains
from bayespanel.report.effects import plot_effects
from bayespanel.report.flow import plot_flow
from bayespanel.report.forest import plot_forest
from bayespanel.report.lag_matrix import plot_lag_matrix
from bayespanel.report.path_diagram import plot_path_diagram
from bayespanel.report.power_curve import plot_power
from bayespanel.report.prior_posterior import plot_prior_posterior
from bayespanel.report.responses import plot_responses
from bayespanel.report.sensitivity import plot_sensitivity
from bayespanel.report.specification_curve import plot_specification_curve
from bayespanel.report.synthesis import plot_synthesis
from bayespanel.report.trajectories import plot_number_of_classes, plot_trajectories
from bayespanel.report.triangle import plot_triangle
from bayespanel.report.zip_plot import plot_intervals

__all__ = [
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
]
