"""`docs/r/bayespanel.R` in R itself: a fit, its tables and draws, and errors that are R's."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import bayespanel as bp

ROOT = Path(__file__).parents[2]
R = shutil.which("Rscript")

pytestmark = pytest.mark.skipif(R is None, reason="no Rscript here: apt install r-base-core")

CARD = """\
title = "Two scores"
question = "Which comes first?"
family = "riclpm"
rope = 0.03

[triangle]
child = ["rejection", "depression"]

[model]
levels = ["pupil"]
"""

OPTIONS = """
said <- bp_options(list(target_accept = 0.95, force = TRUE, quiet = FALSE, seed = 100000, variables = c("a", "b"),
                        wide = list(x = c("x1", "x2"), y = c("y1", "y2")), nothing = NULL))
cat(said, sep = "|")
"""

FIT = """
pupils <- read.csv("pupils.csv")
fit <- bp_fit(pupils, "mine.toml", pupil = "pupil", wave = "wave", sampler = "auto", draws = 300, seed = 1,
              folder = "out")
stopifnot(inherits(fit, "bp_fit"), nrow(fit$checks) > 5, "rejection -> depression" %in% fit$evidence$pathway)
print(fit)
draws <- bp_draws(fit)
stopifnot(nrow(draws) == 1200, names(draws)[1] == ".chain", "lag[depression,rejection]" %in% names(draws))
page <- bp_report(fit, "page")
stopifnot(file.exists(page), !file.info(page)$isdir, basename(page) == "index.html")
write.csv(draws[["lag[depression,rejection]"]], "lag.csv")
words <- tryCatch({ bp_fit(pupils, "mine.toml", pupil = "nobody"); "no error" }, error = conditionMessage)
stopifnot(grepl("Rule:", words), grepl("Do:", words))
options(bayespanel.program = "")
stopifnot(grepl("not on the PATH", tryCatch(bayespanel("models"), error = conditionMessage)))
cat("done\\n")
"""


def in_r(folder: Path, code: str) -> str:
    program = Path(sys.executable).parent / "bayespanel"
    head = f"options(bayespanel.program = {str(program)!r})\nsource({str(ROOT / 'docs' / 'r' / 'bayespanel.R')!r})\n"
    (folder / "script.R").write_text(head + code, encoding="utf-8")
    assert R is not None
    done = subprocess.run([R, "--vanilla", "script.R"], cwd=folder, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_named_arguments_become_options(tmp_path: Path) -> None:
    said = in_r(tmp_path, OPTIONS)
    asked = "--target-accept 0.95 --force --seed 100000 --variables a,b --wide x=x1,x2 --wide y=y1,y2"
    assert said.strip() == asked.replace(" ", "|")


def test_a_data_frame_becomes_a_fit_tables_and_draws(tmp_path: Path) -> None:
    bp.simulate(bp.world("small-triangle"), seed=1).to_csv(tmp_path / "pupils.csv", index=False)
    (tmp_path / "mine.toml").write_text(CARD, encoding="utf-8")
    said = in_r(tmp_path, FIT)
    assert said.rstrip().endswith("done")
    assert "SD more" in said  # the answer in words
    kept = bp.load(tmp_path / "out" / "fit.nc").posterior["lag"].sel(target="depression", source="rejection")
    seen = pd.read_csv(tmp_path / "lag.csv")["x"]
    assert seen.to_numpy() == pytest.approx(kept.values.ravel(), rel=1e-12)  # R reads 15 digits
