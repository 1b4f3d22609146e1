"""The passes in order."""

from __future__ import annotations

from dataclasses import dataclass

from .absent import absent
from .addresses import addresses
from .closed_form import closed_form
from .counts import counted
from .differences import differences
from .factored import factored
from .folded import folded
from .identities import without_identities
from .integers import integers
from .lexicographic import lexicographic
from .lower import lower
from .neighbours import without_counts
from .place_values import place_values
from .ranks import without_ranks
from .recognised import recognised
from .residues import residues
from .rotations import rotations
from .rule import Change
from .simplify import simplify
from .unions import split_unions
from .wide_orders import wide_orders


@dataclass(frozen=True)
class Pass:
    """One rewriting of a whole program.

    Each part becomes one with the same value and type wherever the part has a value; a failure may become a value.
    `types` says whether the result of the program keeps its types, too: it is promised to be equal only.
    """

    name: str
    change: Change
    types: bool = True


OPTIONAL = (
    "identities",
    "ranks",
    "neighbours",
    "unions",
    "counts",
    "closed form",
    "rotations",
    "absent",
    "residues",
    "differences",
    "addresses",
    "wide orders",
    "place values",
)
"""The passes that a program may be compiled without: they make models smaller, most of them."""
PASSES = (
    Pass("simplify", lambda program, _: simplify(program)),
    Pass("identities", without_identities),
    Pass("factored", factored),
    Pass("lexicographic", lexicographic),
    Pass("ranks", without_ranks),
    Pass("neighbours", without_counts),
    Pass("unions", split_unions),
    Pass("absent", absent),
    Pass("folded", folded),
    Pass("recognised", recognised),
    Pass("counts", counted, types=False),
    Pass("closed form", closed_form),
    Pass("rotations", rotations),
    Pass("residues", residues),
    Pass("place values", place_values),
    Pass("wide orders", wide_orders),
    Pass("lower", lower),
    Pass("integers", integers),
    Pass("differences", differences),
    Pass("addresses", addresses),
)
