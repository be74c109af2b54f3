"""Bridges to the programs that our users come from: lavaan, Mplus, and R's posterior package."""
