"""A study: what is simulated, what is fitted, how often; all that decides its numbers, in one frozen record."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import version
from typing import Any

import numpy as np

from bayespanel.catalogue.spec_records import spec_from_dict, spec_to_dict
from bayespanel.catalogue.worlds import World, plain, world_from_dict, world_to_dict
from bayespanel.data import Moments, PanelRows, TrialCounts, TrialMoments
from bayespanel.design.decisions import Decision
from bayespanel.design.kept_numbers import STATISTICS
from bayespanel.families.door import Spec
from bayespanel.inference.settings import Sampling, Settings
from bayespanel.language.errors import SpecError
from bayespanel.language.values import probability, whole
from bayespanel.verbs.fitting import sampling_of

Reduced = Moments | PanelRows | TrialMoments | TrialCounts
"""Data as a model reads them, which have a fingerprint and can be saved."""

KINDS = ("power", "calibration", "multiverse")

FEWER = Sampling(tune=300)
"""How the fits of a study are sampled unless it says otherwise: with less warm-up than one fit, for there are many."""


@dataclass(frozen=True)
class Condition:
    """A cell of a study: one model on one kind of data.

    Attributes
    ----------
    labels
        What tells it from the other conditions, name -> value.
    spec
        The model.
    values
        Values of the fields of the world's grid.
    data
        Name of the data of a multiverse; empty elsewhere.
    """

    labels: Mapping[str, Any]
    spec: Spec
    values: Mapping[str, Any] = field(default_factory=dict)
    data: str = ""

    @property
    def name(self) -> str:
        """Its labels in one line, as "schools=40, lags=free"; "all" where there is one condition."""
        return ", ".join(f"{key}={shown(value)}" for key, value in self.labels.items()) or "all"


@dataclass(frozen=True, eq=False)
class Study:
    """What decides the numbers of a study.

    Attributes
    ----------
    kind
        "power": worlds with a truth of their own; "calibration": truth drawn from the model's priors; "multiverse":
        one model after the other on given data.
    conditions
        Its cells.
    replicates
        Number of simulated data sets in each.
    seed
        From which the seeds of every replicate follow.
    world
        Where data come from; None in a multiverse.
    data
        Name -> data of a multiverse.
    card
        Name of the card, for titles.
    rope
        Region of practical equivalence; None where nothing that is asked needs one.
    prob
        Probability of intervals.
    drawn_from
        Model from whose priors a calibration draws its truth, if not from the one that it fits.
    sampling
        How each fit is sampled.
    factors
        Bayes factors that decisions compare with. Where the draws of a fit leave open on which side of one of them a
        pathway stands, the density of the model is computed, which takes many times as long as the fit; elsewhere the
        estimate or the bound that draws give is kept. None: the density is computed wherever it is the better estimate.
        It is no part of the fingerprint: with another decision a study goes on in the same store.
    functions
        Decisions that are functions of the draws, which are asked while these are there. A study that was read from a
        store knows their names and digests alone.
    """

    kind: str
    conditions: tuple[Condition, ...]
    replicates: int
    seed: int
    world: World | None = None
    data: Mapping[str, Reduced] = field(default_factory=dict)
    card: str = ""
    rope: tuple[float, float] | None = (-0.03, 0.03)
    prob: float = 0.95
    drawn_from: Spec | None = None
    sampling: Sampling = FEWER
    factors: tuple[float, ...] | None = None
    functions: tuple[Decision, ...] = ()

    @property
    def statistics(self) -> tuple[str, ...]:
        """Names of all that is kept of a pathway: `STATISTICS`, then what functions decide."""
        return (*STATISTICS, *(rule.text for rule in self.functions))

    def __post_init__(self) -> None:
        """Check what no other record checks."""
        object.__setattr__(self, "seed", Settings(self.sampling, self.seed).seed)
        object.__setattr__(self, "replicates", whole("replicates", self.replicates, 1, action="Give 1 or more."))
        object.__setattr__(self, "prob", probability("prob", self.prob))
        names = [condition.name for condition in self.conditions]
        if not names or len(set(names)) < len(names):
            raise SpecError(
                "The conditions of a study have different names.",
                f"They are {', '.join(names) or 'none'}.",
                "Name each once.",
            )

    def seeds(self, condition: int, replicate: int) -> tuple[int, int, int]:
        """Return the seeds of a replicate: of its truth, its data and its chains.

        They follow from the study's seed, the condition's labels and the replicate's number alone, so that a replicate
        is the same wherever, whenever and in whatever order it is run, and with whatever other conditions.
        """
        words = np.frombuffer(hashlib.sha256(self.conditions[condition].name.encode()).digest(), np.uint32)
        sequence = np.random.SeedSequence([self.seed, replicate, *words.tolist()])
        truth, data, chains = (int(word) >> 2 for word in sequence.generate_state(3, np.uint64))
        return truth, data, chains

    def fingerprint(self) -> str:
        """Return a SHA-256 of everything that its numbers depend on, but the number of replicates."""
        content = to_dict(self)
        del content["replicates"]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def to_dict(study: Study) -> dict[str, Any]:
    """Return a study as texts, numbers, lists and dictionaries; data by their fingerprints."""
    return {
        "kind": study.kind,
        "card": study.card,
        "conditions": [
            {
                "labels": plain(condition.labels),
                "spec": plain(spec_to_dict(condition.spec)),
                "values": plain(condition.values),
                "data": condition.data,
            }
            for condition in study.conditions
        ],
        "world": None if study.world is None else world_to_dict(study.world),
        "data": {name: data.fingerprint() for name, data in study.data.items()},
        "drawn_from": None if study.drawn_from is None else plain(spec_to_dict(study.drawn_from)),
        **({"functions": {rule.text: rule.digest for rule in study.functions}} if study.functions else {}),
        **{name: plain(getattr(study, name)) for name in SCALARS},
        **asdict(study.sampling),
        "bayespanel": version("bayespanel"),
    }


SCALARS = ("replicates", "seed", "rope", "prob")
"""Fields that are what they are in JSON."""


def from_dict(content: Mapping[str, Any], data: Mapping[str, Reduced]) -> Study:
    """Return the study that `to_dict` wrote; its data are given."""
    conditions = tuple(
        Condition(
            row["labels"], spec_from_dict(row["spec"]), {k: _tuples(v) for k, v in row["values"].items()}, row["data"]
        )
        for row in content["conditions"]
    )
    world = None if content["world"] is None else world_from_dict(content["world"])
    origin = None if content["drawn_from"] is None else spec_from_dict(content["drawn_from"])
    scalars = {name: content[name] for name in SCALARS}
    scalars["rope"] = None if content["rope"] is None else tuple(content["rope"])
    scalars["functions"] = tuple(
        Decision(name, "function", digest=digest) for name, digest in content.get("functions", {}).items()
    )
    return Study(
        content["kind"], conditions, world=world, data=data, card=content["card"], drawn_from=origin,
        sampling=sampling_of(content), **scalars,
    )  # fmt: skip


def with_replicates(study: Study, replicates: int) -> Study:
    """Return the same study with more or fewer replicates."""
    return replace(study, replicates=replicates)


def shown(value: Any) -> str:
    """Return a label's value as text."""
    if isinstance(value, float):
        return f"{value:g}"
    return "-".join(map(shown, value)) if isinstance(value, list | tuple) else str(value)


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
