"""What a report must cite: BibTeX entries of the methods and the software, and each as a line in the style of APA."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bayespanel.language.errors import SpecError, nearest

REFERENCES = {
    "hamaker2015": r"""@article{hamaker2015,
  author  = {Hamaker, Ellen L. and Kuiper, Rebecca M. and Grasman, Raoul P. P. P.},
  title   = {A critique of the cross-lagged panel model},
  journal = {Psychological Methods},
  year    = {2015},
  volume  = {20},
  number  = {1},
  pages   = {102--116},
  doi     = {10.1037/a0038889}
}""",
    "mulder2021": r"""@article{mulder2021,
  author  = {Mulder, Jeroen D. and Hamaker, Ellen L.},
  title   = {Three extensions of the random intercept cross-lagged panel model},
  journal = {Structural Equation Modeling: A Multidisciplinary Journal},
  year    = {2021},
  volume  = {28},
  number  = {4},
  pages   = {638--648},
  doi     = {10.1080/10705511.2020.1784738}
}""",
    "curran2014": r"""@article{curran2014,
  author  = {Curran, Patrick J. and Howard, Andrea L. and Bainter, Sierra A. and Lane, Stephanie T. and McGinley,
             James S.},
  title   = {The separation of between-person and within-person components of individual change over time: {A} latent
             curve model with structured residuals},
  journal = {Journal of Consulting and Clinical Psychology},
  year    = {2014},
  volume  = {82},
  number  = {5},
  pages   = {879--894},
  doi     = {10.1037/a0035297}
}""",
    "allison2017": r"""@article{allison2017,
  author  = {Allison, Paul D. and Williams, Richard and Moral-Benito, Enrique},
  title   = {Maximum likelihood for cross-lagged panel models with fixed effects},
  journal = {Socius},
  year    = {2017},
  volume  = {3},
  pages   = {1--17},
  doi     = {10.1177/2378023117710578}
}""",
    "usami2019": r"""@article{usami2019,
  author  = {Usami, Satoshi and Murayama, Kou and Hamaker, Ellen L.},
  title   = {A unified framework of longitudinal models to examine reciprocal relations},
  journal = {Psychological Methods},
  year    = {2019},
  volume  = {24},
  number  = {5},
  pages   = {637--657},
  doi     = {10.1037/met0000210}
}""",
    "kenny1995": r"""@article{kenny1995,
  author  = {Kenny, David A. and Zautra, Alex},
  title   = {The trait-state-error model for multiwave data},
  journal = {Journal of Consulting and Clinical Psychology},
  year    = {1995},
  volume  = {63},
  number  = {1},
  pages   = {52--59},
  doi     = {10.1037/0022-006X.63.1.52}
}""",
    "luedtke2018": r"""@article{luedtke2018,
  author  = {Lüdtke, Oliver and Robitzsch, Alexander and Wagner, Jenny},
  title   = {More stable estimation of the {STARTS} model: {A} {Bayesian} approach using {Markov} chain {Monte} {Carlo}
             techniques},
  journal = {Psychological Methods},
  year    = {2018},
  volume  = {23},
  number  = {3},
  pages   = {570--593},
  doi     = {10.1037/met0000155}
}""",
    "orth2024": r"""@article{orth2024,
  author  = {Orth, Ulrich and Meier, Laurenz L. and Bühler, Janina Larissa and Dapp, L. C. and Krauss, S. and
             Messerli, D. and Robins, Richard W.},
  title   = {Effect size guidelines for cross-lagged effects},
  journal = {Psychological Methods},
  year    = {2024},
  volume  = {29},
  number  = {2},
  pages   = {421--433},
  doi     = {10.1037/met0000499}
}""",
    "hedges2007": r"""@article{hedges2007,
  author  = {Hedges, Larry V.},
  title   = {Effect sizes in cluster-randomized designs},
  journal = {Journal of Educational and Behavioral Statistics},
  year    = {2007},
  volume  = {32},
  number  = {4},
  pages   = {341--370},
  doi     = {10.3102/1076998606298043}
}""",
    "wwc2022": r"""@techreport{wwc2022,
  author      = {{What Works Clearinghouse}},
  title       = {{What Works Clearinghouse} procedures and standards handbook, version 5.0},
  institution = {U.S. Department of Education, Institute of Education Sciences},
  year        = {2022},
  url         = {https://ies.ed.gov/ncee/wwc/Handbooks}
}""",
    "nagin1999": r"""@article{nagin1999,
  author  = {Nagin, Daniel S.},
  title   = {Analyzing developmental trajectories: {A} semiparametric, group-based approach},
  journal = {Psychological Methods},
  year    = {1999},
  volume  = {4},
  number  = {2},
  pages   = {139--157},
  doi     = {10.1037/1082-989X.4.2.139}
}""",
    "vermunt2010": r"""@article{vermunt2010,
  author  = {Vermunt, Jeroen K.},
  title   = {Latent class modeling with covariates: {Two} improved three-step approaches},
  journal = {Political Analysis},
  year    = {2010},
  volume  = {18},
  number  = {4},
  pages   = {450--469},
  doi     = {10.1093/pan/mpq025}
}""",
    "stephens2000": r"""@article{stephens2000,
  author  = {Stephens, Matthew},
  title   = {Dealing with label switching in mixture models},
  journal = {Journal of the Royal Statistical Society: Series B (Statistical Methodology)},
  year    = {2000},
  volume  = {62},
  number  = {4},
  pages   = {795--809},
  doi     = {10.1111/1467-9868.00265}
}""",
    "lewandowski2009": r"""@article{lewandowski2009,
  author  = {Lewandowski, Daniel and Kurowicka, Dorota and Joe, Harry},
  title   = {Generating random correlation matrices based on vines and extended onion method},
  journal = {Journal of Multivariate Analysis},
  year    = {2009},
  volume  = {100},
  number  = {9},
  pages   = {1989--2001},
  doi     = {10.1016/j.jmva.2009.04.008}
}""",
    "hoffman2014": r"""@article{hoffman2014,
  author  = {Hoffman, Matthew D. and Gelman, Andrew},
  title   = {The {No-U-Turn} sampler: {Adaptively} setting path lengths in {Hamiltonian} {Monte} {Carlo}},
  journal = {Journal of Machine Learning Research},
  year    = {2014},
  volume  = {15},
  number  = {47},
  pages   = {1593--1623},
  url     = {https://jmlr.org/papers/v15/hoffman14a.html}
}""",
    "seyboldt2026": r"""@misc{seyboldt2026,
  author        = {Seyboldt, Adrian and Carlson, Eliot L. and Carpenter, Bob},
  title         = {Preconditioning {Hamiltonian} {Monte} {Carlo} by minimizing {Fisher} divergence},
  howpublished  = {arXiv},
  year          = {2026},
  eprint        = {2603.18845},
  archiveprefix = {arXiv},
  doi           = {10.48550/arXiv.2603.18845},
  note          = {The paper that nutpie asks to cite}
}""",
    "abrilpla2023": r"""@article{abrilpla2023,
  author  = {Abril-Pla, Oriol and Andreani, Virgile and Carroll, Colin and Dong, Larry and
             Fonnesbeck, Christopher J. and Kochurov, Maxim and Kumar, Ravin and Lao, Junpeng and
             Luhmann, Christian C. and Martin, Osvaldo A. and Osthege, Michael and Vieira, Ricardo and
             Wiecki, Thomas and Zinkov, Robert},
  title   = {{PyMC}: {A} modern, and comprehensive probabilistic programming framework in {Python}},
  journal = {PeerJ Computer Science},
  year    = {2023},
  volume  = {9},
  pages   = {e1516},
  doi     = {10.7717/peerj-cs.1516}
}""",
    "martin2026": r"""@article{martin2026,
  author  = {Martin, Osvaldo A. and Abril-Pla, Oriol and Deklerk, Jordan and Axen, Seth D. and Carroll, Colin and
             Hartikainen, Ari and Vehtari, Aki},
  title   = {{ArviZ}: {A} modular and flexible library for exploratory analysis of {Bayesian} models},
  journal = {Journal of Open Source Software},
  year    = {2026},
  volume  = {11},
  number  = {119},
  pages   = {9889},
  doi     = {10.21105/joss.09889}
}""",
    "lam2015": r"""@inproceedings{lam2015,
  author    = {Lam, Siu Kwan and Pitrou, Antoine and Seibert, Stanley},
  title     = {Numba: {A} {LLVM}-based {Python} {JIT} compiler},
  booktitle = {Proceedings of the Second Workshop on the LLVM Compiler Infrastructure in HPC},
  year      = {2015},
  pages     = {1--6},
  publisher = {Association for Computing Machinery},
  doi       = {10.1145/2833157.2833162}
}""",
    "hoyer2017": r"""@article{hoyer2017,
  author  = {Hoyer, Stephan and Hamman, Joe},
  title   = {xarray: {N-D} labeled arrays and datasets in {Python}},
  journal = {Journal of Open Research Software},
  year    = {2017},
  volume  = {5},
  number  = {1},
  pages   = {10},
  doi     = {10.5334/jors.148}
}""",
    "vehtari2021": r"""@article{vehtari2021,
  author  = {Vehtari, Aki and Gelman, Andrew and Simpson, Daniel and Carpenter, Bob and Bürkner, Paul-Christian},
  title   = {Rank-normalization, folding, and localization: {An} improved {$\widehat{R}$} for assessing convergence of
             {MCMC} (with discussion)},
  journal = {Bayesian Analysis},
  year    = {2021},
  volume  = {16},
  number  = {2},
  pages   = {667--718},
  doi     = {10.1214/20-BA1221}
}""",
    "vehtari2017": r"""@article{vehtari2017,
  author  = {Vehtari, Aki and Gelman, Andrew and Gabry, Jonah},
  title   = {Practical {Bayesian} model evaluation using leave-one-out cross-validation and {WAIC}},
  journal = {Statistics and Computing},
  year    = {2017},
  volume  = {27},
  number  = {5},
  pages   = {1413--1432},
  doi     = {10.1007/s11222-016-9696-4}
}""",
    "vehtari2024": r"""@article{vehtari2024,
  author  = {Vehtari, Aki and Simpson, Daniel and Gelman, Andrew and Yao, Yuling and Gabry, Jonah},
  title   = {Pareto smoothed importance sampling},
  journal = {Journal of Machine Learning Research},
  year    = {2024},
  volume  = {25},
  number  = {72},
  pages   = {1--58},
  url     = {https://jmlr.org/papers/v25/19-556.html}
}""",
    "kallioinen2024": r"""@article{kallioinen2024,
  author  = {Kallioinen, Noa and Paananen, Topi and Bürkner, Paul-Christian and Vehtari, Aki},
  title   = {Detecting and diagnosing prior and likelihood sensitivity with power-scaling},
  journal = {Statistics and Computing},
  year    = {2024},
  volume  = {34},
  pages   = {57},
  doi     = {10.1007/s11222-023-10366-5}
}""",
    "kruschke2018": r"""@article{kruschke2018,
  author  = {Kruschke, John K.},
  title   = {Rejecting or accepting parameter values in {Bayesian} estimation},
  journal = {Advances in Methods and Practices in Psychological Science},
  year    = {2018},
  volume  = {1},
  number  = {2},
  pages   = {270--280},
  doi     = {10.1177/2515245918771304}
}""",
    "makowski2019": r"""@article{makowski2019,
  author  = {Makowski, Dominique and Ben-Shachar, Mattan S. and Chen, S. H. A. and Lüdecke, Daniel},
  title   = {Indices of effect existence and significance in the {Bayesian} framework},
  journal = {Frontiers in Psychology},
  year    = {2019},
  volume  = {10},
  pages   = {2767},
  doi     = {10.3389/fpsyg.2019.02767}
}""",
    "dickey1971": r"""@article{dickey1971,
  author  = {Dickey, James M.},
  title   = {The weighted likelihood ratio, linear hypotheses on normal location parameters},
  journal = {The Annals of Mathematical Statistics},
  year    = {1971},
  volume  = {42},
  number  = {1},
  pages   = {204--223},
  doi     = {10.1214/aoms/1177693507}
}""",
    "wagenmakers2010": r"""@article{wagenmakers2010,
  author  = {Wagenmakers, Eric-Jan and Lodewyckx, Tom and Kuriyal, H. and Grasman, Raoul},
  title   = {Bayesian hypothesis testing for psychologists: {A} tutorial on the {Savage--Dickey} method},
  journal = {Cognitive Psychology},
  year    = {2010},
  volume  = {60},
  number  = {3},
  pages   = {158--189},
  doi     = {10.1016/j.cogpsych.2009.12.001}
}""",
    "kruschke2021": r"""@article{kruschke2021,
  author  = {Kruschke, John K.},
  title   = {Bayesian analysis reporting guidelines},
  journal = {Nature Human Behaviour},
  year    = {2021},
  volume  = {5},
  number  = {10},
  pages   = {1282--1291},
  doi     = {10.1038/s41562-021-01177-7}
}""",
    "depaoli2017": r"""@article{depaoli2017,
  author  = {Depaoli, Sarah and {van de Schoot}, Rens},
  title   = {Improving transparency and replication in {Bayesian} statistics: {The} {WAMBS-Checklist}},
  journal = {Psychological Methods},
  year    = {2017},
  volume  = {22},
  number  = {2},
  pages   = {240--261},
  doi     = {10.1037/met0000065}
}""",
}
"""Entries by key: models (RI-CLPM, effects, trials, trajectories), computation, what evidence rests on, guidelines."""

FIELD = re.compile(r"^ {2}(\w+)\s*= \{(.*?)\},?$", re.MULTILINE | re.DOTALL)

PLAIN = {r"$\widehat{R}$": "R-hat", "--": "–"}
"""What stands in an entry for what a reader reads."""


def bibtex(keys: Iterable[str] | None = None) -> str:
    """Return entries as the text of a .bib file, in UTF-8, in the order of the keys and each once.

    Parameters
    ----------
    keys
        Of `REFERENCES`; all by default.

    Raises
    ------
    SpecError
        When there is no such key.
    """
    return "\n\n".join(_entry(key) for key in dict.fromkeys(REFERENCES if keys is None else keys)) + "\n"


def citation(key: str) -> str:
    """Return an entry as a line of a list of references, in the style of APA (7th edition), without italics.

    Parameters
    ----------
    key
        Of `REFERENCES`.

    Raises
    ------
    SpecError
        When there is no such key.
    """
    found = {name: _plain(value) for name, value in FIELD.findall(_entry(key)) if name != "author"}
    names = dict(FIELD.findall(_entry(key)))["author"]
    people = [_person(name) for name in re.split(r"\s+and\s+", names)]
    authors = ", ".join([*people[:-2], ", & ".join(people[-2:])])
    parts = [f"{authors if authors.endswith('.') else authors + '.'} ({found['year']}). {found['title']}."]
    if "journal" in found:
        issue = f"({found['number']})" if "number" in found else ""
        pages = found["pages"]
        shown = pages if "–" in pages else f"Article {pages}"
        parts.append(f"{found['journal']}, {found['volume']}{issue}, {shown}.")
    elif "booktitle" in found:
        parts.append(f"In {found['booktitle']} (pp. {found['pages']}). {found['publisher']}.")
    else:
        parts.append(f"{found.get('institution') or found['howpublished']}.")
    parts.append(f"https://doi.org/{found['doi']}" if "doi" in found else found["url"])
    return " ".join(parts)


def _entry(key: str) -> str:
    if key not in REFERENCES:
        raise SpecError(
            "A citation is one of bayespanel.page.references.REFERENCES.",
            f"{key!r} is not. {nearest(key, list(REFERENCES))}",
            "Choose among these, or cite what else you used yourself.",
        )
    return REFERENCES[key]


def _plain(value: str) -> str:
    for written, read in PLAIN.items():
        value = value.replace(written, read)
    return re.sub(r"\s+", " ", value.replace("{", "").replace("}", ""))


def _person(name: str) -> str:
    """Return "Hamaker, E. L." of "Hamaker, Ellen L."; an organisation stands in braces and stays as it is."""
    if name.startswith("{") and name.endswith("}"):
        return _plain(name)
    last, first = _plain(name).split(", ")
    initials = ["-".join(f"{part[0]}." for part in word.split("-") if part[0].isupper()) for word in first.split()]
    return f"{last}, {' '.join(initials)}"
