"""The passes in order."""

from __future__ import annotations

from dataclasses import dataclass

from .absent import absent
from .addresses import addresses
from .cancelled import cancelled
from .closed_form import closed_form
from .counts import counts
from .differences import differences
from .factored import factored
from .folded import folded
from .identities import identities
from .integers import integers
from .lexicographic import lexicographic
from .lower import lower
from .neighbours import neighbours
from .place_values import place_values
from .ranks import ranks
from .recognised import recognised
from .residues import residues
from .rotations import rotations
from .rule import Change
from .simplify import simplify
from .unions import unions
from .wide_orders import wide_orders


@dataclass(frozen=True)
class Pass:
    """One rewriting of a whole program.

    Each part becomes one with the same value and type wherever the part has a value; a failure may become a value.
    `types` says whether the result of the program keeps its types, too: it is promised to be equal only. A program may
    be compiled without an `optional` pass: most of them make models smaller, and not every model.
    """

    name: str
    change: Change
    types: bool = True
    optional: bool = True


PASSES = (
    Pass("simplify", lambda program, _: simplify(program), optional=False),
    Pass("identities", identities),
    Pass("factored", factored, optional=False),
    Pass("lexicographic", lexicographic, optional=False),
    Pass("ranks", ranks),
    Pass("neighbours", neighbours),
    Pass("unions", unions),
    Pass("absent", absent),
    Pass("folded", folded, optional=False),
    Pass("recognised", recognised, optional=False),
    Pass("counts", counts, types=False),
    Pass("closed form", closed_form),
    Pass("cancelled", cancelled),
    Pass("rotations", rotations),
    Pass("residues", residues),
    Pass("place values", place_values),
    Pass("wide orders", wide_orders),
    Pass("lower", lower, optional=False),
    Pass("integers", integers, optional=False),
    Pass("differences", differences),
    Pass("addresses", addresses),
)
OPTIONAL = tuple(p.name for p in PASSES if p.optional)
