"""The type checker takes the toy for a family; `test_toy.py` gives this file to mypy."""

from __future__ import annotations

from bayespanel.data import Moments, Panel
from bayespanel.families.family import Family
from tests.families.toy.family import TOYS
from tests.families.toy.spec import Toy
from tests.families.toy.world import ToyWorld

accepted: Family[Toy, Panel | Moments, Moments, ToyWorld] = TOYS
