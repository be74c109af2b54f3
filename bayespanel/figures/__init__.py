"""Figures of evidence; the only place that draws."""
