"""Names of parameters and dimensions, from `language/names.py`."""

from __future__ import annotations

from marks import NOTE, table

from bayespanel.language.names import DIMENSIONS, PARAMETERS


def names() -> str:
    """Return the page."""
    return "\n".join(
        [
            NOTE,
            "# Names in results\n\nEvery name in a posterior and in the evidence, once, with its meaning.\n",
            "## Parameters\n\n" + table(("name", "meaning"), [(f"`{k}`", v) for k, v in PARAMETERS.items()]),
            "## Dimensions\n\n" + table(("name", "meaning"), [(f"`{k}`", v) for k, v in DIMENSIONS.items()]),
        ]
    )
