"""Figures of evidence. They are built without pyplot, so that drawing one changes no global state."""

from bayespanel.report.effects import plot_effects
from bayespanel.report.forest import plot_forest
from bayespanel.report.trajectories import plot_number_of_classes, plot_trajectories
from bayespanel.report.triangle import plot_triangle

__all__ = ["plot_effects", "plot_forest", "plot_number_of_classes", "plot_trajectories", "plot_triangle"]
