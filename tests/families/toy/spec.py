"""Specification of the toy: scores of one variable that are normal around a mean, which one covariate shifts."""

from __future__ import annotations

from dataclasses import dataclass

from bayespanel.families.shared.spec_fields import edges_of, require_one_role, rows_of
from bayespanel.language.prior import Prior, merge
from bayespanel.language.values import name_of, settle, table_of


@dataclass(frozen=True)
class Toy:
    """The specification of the toy.

    Parameters
    ----------
    variable
        Name of the variable.
    covariate
        Name of the covariate.
    edges
        Edge of the triangle on which the effect of the covariate lies: {"covariate": "parent->child"}.
    priors
        Rows that replace the default priors. All priors count in raw units.

    Raises
    ------
    SpecError
        An argument is not one of these values.
    """

    variable: str
    covariate: str
    edges: dict[str, str] | None = None
    priors: tuple[Prior, ...] = ()

    def __post_init__(self) -> None:
        """Check every field."""
        settle(
            self,
            variable=name_of("variable", self.variable, "variable"),
            covariate=name_of("covariate", self.covariate, "covariate"),
            priors=rows_of(self.priors),
        )
        given = table_of("edges", {} if self.edges is None else self.edges, '{"x": "parent->child"}')
        settle(self, edges=edges_of(given, (self.covariate,), "the covariate"))
        require_one_role(variable=(self.variable,), covariate=(self.covariate,))
        merge(self.default_priors(), self.priors)

    @property
    def variables(self) -> tuple[str, ...]:
        """The variable, as in models of several."""
        return (self.variable,)

    @property
    def columns(self) -> tuple[str, ...]:
        """The same."""
        return self.variables

    @property
    def covariates(self) -> tuple[str, ...]:
        """The covariate, as in models of several."""
        return (self.covariate,)

    levels = ("pupil",)
    cluster_levels = ()

    def default_priors(self) -> tuple[Prior, ...]:
        """Return the rows in use where no others are given."""
        return (
            Prior("mean", "Normal", 0, 10, "raw", "wide", "default"),
            Prior("effect", "Normal", 0, 1, "raw", "small effects are likelier", "default"),
            Prior("residual_sd", "HalfNormal", 5, "raw", "wide", "default"),
        )

    def prior(self, parameter: str) -> Prior:
        """Return the row of a parameter."""
        return next(row for row in merge(self.default_priors(), self.priors) if row.parameter == parameter)
