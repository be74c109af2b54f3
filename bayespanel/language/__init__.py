"""The words of the field: names, errors, the triangle, priors as rows."""
