"""Panel models by the names that people look for; each is an `RICLPM` with some options chosen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bayespanel.families.panel.spec import RICLPM
from bayespanel.language.errors import SpecError
from bayespanel.language.values import said


def CLPM(variables: Sequence[str] = (), **options: Any) -> RICLPM:
    """Return the cross-lagged panel model: an `RICLPM` without random intercepts.

    Parameters
    ----------
    variables, options
        As of `RICLPM`, but for `intercepts`, which is False.

    Returns
    -------
    RICLPM
        The specification.

    Raises
    ------
    SpecError
        An option that makes it another model, or as `RICLPM`.

    References
    ----------
    Hamaker, Kuiper & Grasman (2015), doi:10.1037/a0038889, on what it mistakes for effects within pupils.
    """
    return _named("CLPM", variables, {"intercepts": False}, options)


def STARTS(variables: Sequence[str] = (), **options: Any) -> RICLPM:
    """Return the STARTS model: an `RICLPM` with occasion errors, whose variances are equal over waves.

    With several variables it has cross-lags between their states, which the model of one variable lacks.

    Parameters
    ----------
    variables, options
        As of `RICLPM`, but for `error`, which is "equal"; innovations are "equal" unless another value is given.

    Returns
    -------
    RICLPM
        The specification.

    Raises
    ------
    SpecError
        An option that makes it another model, or as `RICLPM`.

    References
    ----------
    Kenny & Zautra (1995), doi:10.1037/0022-006X.63.1.52; Lüdtke, Robitzsch & Wagner (2018), doi:10.1037/met0000155.
    """
    return _named("STARTS", variables, {"error": "equal"}, {"innovations": "equal", **options})


def LCMSR(variables: Sequence[str] = (), **options: Any) -> RICLPM:
    """Return the latent curve model with structured residuals: an `RICLPM` with random slopes.

    Parameters
    ----------
    variables, options
        As of `RICLPM`, but for `slopes`, which is True; means are "linear", those of the growth factors, unless
        another value is given.

    Returns
    -------
    RICLPM
        The specification.

    Raises
    ------
    SpecError
        An option that makes it another model, or as `RICLPM`.

    References
    ----------
    Curran, Howard, Bainter, Lane & McGinley (2014), doi:10.1037/a0035297.
    """
    return _named("LCMSR", variables, {"slopes": True}, {"means": "linear", **options})


def DPM(variables: Sequence[str] = (), **options: Any) -> RICLPM:
    """Return the dynamic panel model: lags of the scores themselves, and unit effects that enter every wave.

    Parameters
    ----------
    variables, options
        As of `RICLPM`, but for `accumulating`, which is True.

    Returns
    -------
    RICLPM
        The specification.

    Raises
    ------
    SpecError
        An option that makes it another model, or as `RICLPM`.

    References
    ----------
    Allison, Williams & Moral-Benito (2017), doi:10.1177/2378023117710578; Usami, Murayama & Hamaker (2019),
    doi:10.1037/met0000210.
    """
    return _named("DPM", variables, {"accumulating": True}, options)


def ALT(variables: Sequence[str] = (), **options: Any) -> RICLPM:
    """Return the autoregressive latent trajectory model: lags of the scores, and a line of each pupil that enters them.

    Parameters
    ----------
    variables, options
        As of `RICLPM`, but for `accumulating` and `slopes`, which are True; means are "linear", those of the growth
        factors and of the first wave, unless another value is given.

    Returns
    -------
    RICLPM
        The specification.

    Raises
    ------
    SpecError
        An option that makes it another model, or as `RICLPM`.

    References
    ----------
    Bollen & Curran (2004), doi:10.1177/0049124103260222.
    """
    return _named("ALT", variables, {"accumulating": True, "slopes": True}, {"means": "linear", **options})


def GCLM(variables: Sequence[str] = (), **options: Any) -> RICLPM:
    """Return the general cross-lagged panel model: lags of the scores, moving averages, and unit effects.

    Parameters
    ----------
    variables, options
        As of `RICLPM`, but for `accumulating`, which is True; moving averages are "cross" and loadings of the unit
        effects "free", unless other values are given.

    Returns
    -------
    RICLPM
        The specification.

    Raises
    ------
    SpecError
        An option that makes it another model, or as `RICLPM`.

    References
    ----------
    Zyphur, Allison, Tay, Voelkle, Preacher, Zhang, Hamaker, Shamsollahi, Pierides, Koval & Diener (2020),
    doi:10.1177/1094428119847278.
    """
    return _named("GCLM", variables, {"accumulating": True}, {"moving_average": "cross", "loadings": "free", **options})


def _named(name: str, variables: Sequence[str], fixed: dict[str, Any], options: dict[str, Any]) -> RICLPM:
    for option, value in fixed.items():
        if option in options and options[option] != value:
            raise SpecError(
                f"{name} is an RICLPM with {option}={value!r}.",
                f"You gave {option}={said(options[option])}.",
                f"Leave {option} out, or write RICLPM({option}=...).",
            )
    try:
        return RICLPM(variables, **(options | fixed))  # type: ignore[arg-type]  # it settles any list of names
    except TypeError as error:
        raise SpecError(
            f"{name} has the options of RICLPM.", f"{error}.", "Correct the name of the option, or leave it out."
        ) from None
