"""Evidence as figures and pages; the only place that draws."""
