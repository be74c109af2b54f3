"""Hierarchical random-intercept cross-lagged panel models, and cross-lagged models for comparison."""
