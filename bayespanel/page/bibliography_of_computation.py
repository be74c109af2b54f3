"""BibTeX entries of samplers, of libraries and of what draws are judged by."""

from __future__ import annotations

COMPUTATION = {
    "albert1993": r"""@article{albert1993,
  author  = {Albert, James H. and Chib, Siddhartha},
  title   = {Bayesian analysis of binary and polychotomous response data},
  journal = {Journal of the American Statistical Association},
  year    = {1993},
  volume  = {88},
  pages   = {669--679},
  doi     = {10.1080/01621459.1993.10476321}
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
    "neal2011": r"""@incollection{neal2011,
  author  = {Neal, Radford M.},
  title   = {{MCMC} using {Hamiltonian} dynamics},
  booktitle = {Handbook of {Markov} chain {Monte} {Carlo}},
  publisher = {Chapman \& Hall/CRC},
  year    = {2011},
  pages   = {113--162},
  doi     = {10.1201/b10905-6}
}""",
    "tierney1994": r"""@article{tierney1994,
  author  = {Tierney, Luke},
  title   = {{Markov} chains for exploring posterior distributions},
  journal = {The Annals of Statistics},
  year    = {1994},
  volume  = {22},
  number  = {4},
  pages   = {1701--1728},
  doi     = {10.1214/aos/1176325750}
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
}
"""Entries by key."""
