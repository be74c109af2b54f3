"""Data: tables of pupils come in, are checked at the door, and leave as Panel, Trial, Moments or counts."""

from bayespanel.data.estimates import TrialEstimates
from bayespanel.data.moments import Moments
from bayespanel.data.panel import Panel
from bayespanel.data.panel_rows import PanelRows
from bayespanel.data.readers import read_table
from bayespanel.data.trial import Trial
from bayespanel.data.trial_counts import TrialCounts
from bayespanel.data.trial_moments import TrialMoments

__all__ = ["Moments", "Panel", "PanelRows", "Trial", "TrialCounts", "TrialEstimates", "TrialMoments", "read_table"]
