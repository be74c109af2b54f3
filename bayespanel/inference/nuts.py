"""NUTS by nutpie, on a native log-density in whitened coordinates."""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Callable
from functools import cache
from types import ModuleType, SimpleNamespace
from typing import Any

import numba
import numpy as np
import xarray as xr
from numba import types

from bayespanel.inference.checks import MAX_DEPTH
from bayespanel.inference.posterior import Array
from bayespanel.inference.record import cores_of
from bayespanel.inference.settings import Settings
from bayespanel.inference.whiten import Whitened
from bayespanel.language.errors import FitError

# Functions that numba compiles carry no type hints (it takes their types from the call), hence the silenced checks.

_D = types.CPointer(types.float64)
_EXPAND = types.int64(types.uint64, types.uint64, _D, _D, types.CPointer(types.uint64))


def import_nutpie() -> ModuleType:
    """Import nutpie without all of ArviZ.

    nutpie needs one function of `arviz`, which lives in `arviz_base`. Importing the whole loads the plots and the
    statistics too: 4 of the 8 seconds of a warm start.
    """
    if "arviz" in sys.modules or "nutpie" in sys.modules:
        return importlib.import_module("nutpie")
    sys.modules["arviz"] = importlib.import_module("arviz_base")
    try:
        return importlib.import_module("nutpie")
    finally:
        del sys.modules["arviz"]


# numba compiles it, and its arguments have numba's types.
def _copy(dimension, _expanded, point, out, _user):  # type: ignore[no-untyped-def]
    for i in range(dimension):
        out[i] = point[i]
    return 0


@cache
def _copy_function() -> Any:
    return numba.cfunc(_EXPAND, cache=True)(_copy)


def sample(
    density: Whitened,
    dimension: int,
    settings: Settings,
    *,
    every: int = 1,
    progress: Callable[[list[Any]], None] | None = None,
    origins: Array | None = None,
) -> xr.DataTree:
    """Draw from a whitened density.

    Parameters
    ----------
    density, dimension
        The density, and the number of its coordinates.
    settings
        How to sample.
    every
        Chains are so many times as long.
    progress
        Called now and then with the progress of each chain.
    origins : [origin, coordinate]
        Each chain begins at a standard normal distance from one of these points; None for 0.

    Returns
    -------
    xr.DataTree
        Groups posterior, with the one variable `z` [chain, draw, coordinate], and sample_stats.

    Raises
    ------
    FitError
        The density is zero where a chain begins.
    """
    nutpie = import_nutpie()
    how = settings.sampling
    running = nutpie.sample(
        _model(density, dimension, origins),
        chains=how.chains,
        tune=how.tune,
        draws=how.draws * every,
        seed=settings.seed,
        cores=cores_of(settings.cores, how.chains),
        target_accept=settings.target_accept,
        maxdepth=MAX_DEPTH,
        progress_bar=False,
        progress_callback=progress,
        save_warmup=False,
        blocking=False,
    )
    try:
        # A wait inside the library can swallow Ctrl-C; sleeping cannot.
        while not _finished(running):
            time.sleep(0.02)
        # The library does not say what it returns.
        return running.wait()  # type: ignore[no-any-return]
    except RuntimeError as error:
        running.cancel()
        raise FitError(
            "The sampler finds points of positive density.",
            f"It found none: {str(error).splitlines()[0]}",
            "Look for variables that are nearly copies of each other, and for priors that contradict the data.",
        ) from error
    except BaseException:
        # The chains read memory that is freed once this function is left.
        running.cancel()
        raise


def _model(density: Whitened, dimension: int, origins: Array | None) -> Any:
    """Return a density as the library takes it."""
    from nutpie.compile_pymc import CompiledPyMCModel

    def initial_point(chain_seed: int) -> Array:
        rng = np.random.default_rng(chain_seed)
        near = np.asarray(rng.normal(size=dimension))
        return near if origins is None else near + origins[rng.integers(len(origins))]

    return CompiledPyMCModel(
        dims={"z": ("coordinate",)},
        compiled_logp_func=SimpleNamespace(address=density.address),
        compiled_expand_func=_copy_function(),
        initial_point_func=initial_point,
        shared_data={},
        shared_var_keys={},
        user_data=density.user,
        n_expanded=dimension,
        shape_info=(["z"], [slice(0, dimension)], [(dimension,)]),
        logp_func=None,
        expand_func=None,
        _n_dim=dimension,
        _shapes={"z": (dimension,)},
        _coords={"coordinate": np.arange(dimension)},
        reparameterized_names=[],
    )


def _finished(running: Any) -> bool:
    """Whether all chains have ended; the library raises TimeoutError while it is too busy to say."""
    try:
        return bool(running.is_finished)
    except TimeoutError:
        return False
