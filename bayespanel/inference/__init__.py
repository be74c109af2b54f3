"""From a model to a fit: mode, sampling, checks, and maximum likelihood."""
