"""The report: one page that holds everything, and tables for a paper."""
