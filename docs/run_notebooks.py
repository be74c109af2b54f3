"""Run the notebooks at full size and keep their results for the site: `python docs/run_notebooks.py [NAME ...]`.

The notebooks themselves keep no output, and CI runs them with few draws. What the site shows is run by hand, one
notebook at a time, and kept in docs/notebooks/: text, tables, and figures as small pictures, with the date and the
versions.
"""

from __future__ import annotations

import base64
import io
import sys
import tempfile
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from PIL import Image

ROOT = Path(__file__).parent.parent
KEPT = ROOT / "docs" / "notebooks"
LIBRARIES = ("bayespanel", "pymc", "nutpie", "numba")

COLOURS = 48
"""Figures are lines on white: so many colours show them as they are, in a quarter of the bytes."""

WIDEST = 1100
"""Pixels of a figure; the text of a page is 800 wide."""

WITHOUT_END = 1800
"""Seconds after which a cell is given up."""


def main(names: list[str]) -> None:
    """Run the notebooks that are named, or all; one that fails stops the run."""
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        if not names or path.stem in names:
            KEPT.mkdir(exist_ok=True)
            began = time.perf_counter()
            notebook = executed(path)
            seconds = time.perf_counter() - began
            notebook.cells.append(nbformat.v4.new_markdown_cell(_record(seconds), id="record"))
            target = KEPT / path.name
            nbformat.write(notebook, target)
            print(f"{path.stem}: {seconds:.0f} s, {target.stat().st_size / 1e3:.0f} kB", flush=True)


def executed(path: Path) -> nbformat.NotebookNode:
    """Run a notebook in an empty folder, and return it with small outputs."""
    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(notebook, timeout=WITHOUT_END, resources={"metadata": {"path": folder}})
        client.execute()
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.execution_count = None
            cell.outputs = [_small(output) for output in cell.outputs if output.get("name") != "stderr"]
    return notebook


def _small(output: nbformat.NotebookNode) -> nbformat.NotebookNode:
    output.pop("execution_count", None)
    if output.output_type == "execute_result":
        output.execution_count = None
    data = output.get("data", {})
    if "image/png" in data:
        picture = Image.open(io.BytesIO(base64.b64decode(data["image/png"]))).convert("RGB")
        if picture.width > WIDEST:
            picture = picture.resize((WIDEST, round(picture.height * WIDEST / picture.width)), Image.Resampling.LANCZOS)
        buffer = io.BytesIO()
        picture.quantize(COLOURS, dither=Image.Dither.NONE).save(buffer, "png", optimize=True)
        output.data = nbformat.from_dict({"image/png": base64.b64encode(buffer.getvalue()).decode()})
        output.metadata = nbformat.from_dict({})
    return output


def _record(seconds: float) -> str:
    versions = ", ".join(f"{library} {version(library)}" for library in LIBRARIES)
    return (
        f"---\nRun in full on {datetime.now(UTC):%Y-%m-%d}, with {versions}, in {seconds:.0f} seconds on two shared "
        "cores. Seeds stand in the code. The notebook without results lies in `notebooks/`."
    )


if __name__ == "__main__":
    main(sys.argv[1:])
