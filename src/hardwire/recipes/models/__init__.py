"""Complete transformers made by hand of recipes, each with its reference in plain Python.

>>> from hardwire.recipes import models
>>> models.dyck1()("(())")
[False, False, False, True]
"""

from __future__ import annotations

from .adding import addition
from .brackets import dyck1, dyck_1_2, dyck_average_hard, dyck_unique_hard, shuffle_dyck
from .copying import induction, induction_or_same, ngram, table_lookup
from .counting import majority, majority_by_norm, mod, parity
from .registry import MODELS, Model, get

__all__ = [
    "MODELS",
    "Model",
    "addition",
    "dyck1",
    "dyck_1_2",
    "dyck_average_hard",
    "dyck_unique_hard",
    "get",
    "induction",
    "induction_or_same",
    "majority",
    "majority_by_norm",
    "mod",
    "ngram",
    "parity",
    "shuffle_dyck",
    "table_lookup",
]
