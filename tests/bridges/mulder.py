"""The RI-CLPM of two variables as it is written in the literature, with places where it varies."""

from __future__ import annotations

WAVES = range(1, 6)


def riclpm(
    *,
    lags: str = "free",
    innovations: str = "free",
    means: str = "none",
    between: str = "RI",
    within: str = "w",
    extra: str = "",
) -> str:
    """Return a model of x1-x5 and y1-y5 in the patterns of Mulder & Hamaker (2021)."""
    x, y = [f"x{t}" for t in WAVES], [f"y{t}" for t in WAVES]
    lines = ["# Create between components (random intercepts)"]
    for name, group in (("x", x), ("y", y)):
        terms = [f"1*{c}" for c in group]
        lines.append(f"{between}{name} =~ {' + '.join(terms[:3])} +\n      {' + '.join(terms[3:])}")
    lines += ["", "# Create within-person centred variables"]
    lines += [f"{within}{c} =~ 1*{c}" for c in (*x, *y)]
    for t in WAVES[1:]:
        if lags == "free":
            lines.append(f"{within}x{t} + {within}y{t} ~ {within}x{t - 1} + {within}y{t - 1}")
        else:
            lines.append(f"{within}x{t} ~ a*{within}x{t - 1} + b*{within}y{t - 1}")
            lines.append(f"{within}y{t} ~ c*{within}x{t - 1} + d*{within}y{t - 1}")
    lines += [f"{within}x1 ~~ {within}y1 # covariance at the first wave"]
    label = {"free": ("", "", ""), "equal": ("cov*", "vx*", "vy*")}[innovations]
    lines += [f"{within}x{t} ~~ {label[0]}{within}y{t}" for t in WAVES[1:]]
    lines += [f"{between}x ~~ {between}x", f"{between}y ~~ {between}y; {between}x ~~ {between}y"]
    lines += [f"{within}x1 ~~ {within}x1", f"{within}y1 ~~ {within}y1"]
    lines += [f"{within}x{t} ~~ {label[1]}{within}x{t}\n{within}y{t} ~~ {label[2]}{within}y{t}" for t in WAVES[1:]]
    if means == "equal":
        lines += [" + ".join(x) + " ~ mx*1", " + ".join(y) + " ~ my*1"]
    elif means == "free":
        lines += [" + ".join((*x, *y)) + " ~ 1"]
    return "\n".join([*lines, extra])
