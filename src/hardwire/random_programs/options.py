"""What a generated program may be made of."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..lang.sop import SOp
from ..lang.values import Value

if TYPE_CHECKING:
    from .parts import Parts

VOCAB = ("a", "b", "c")
VOCABULARIES: dict[str, tuple[Value, ...]] = {
    "letters": VOCAB,
    "digits": tuple("0123456789"),
    "ints": (0, 1, 2, 3),
    "signed": (-2, -1, 0, 5),
    "bools": (False, True),
    "floats": (0.5, 1.0, 2.25),
    "words": ("yes", "no", "", "maybe"),
    "mixed": ("a", 1, None, (1, 2), 2.5, "1"),
    "single": ("x",),
}
"""Vocabularies of every kind of token, to draw programs for."""

KINDS = ("int", "real", "bool", "any")
"""Kinds of parts: integers, numbers that need not be integers, truth values, any values."""


@dataclass(frozen=True)
class Signature:
    """A function, or a table of one argument, with the kinds of its arguments and of its result."""

    arguments: tuple[str, ...]
    result: str
    function: Any


FUNCTIONS = (
    Signature(("int",), "int", lambda x: (x * x + 1) % 4),
    Signature(("int",), "int", {0: 1, 1: 4, 2: 1, 3: 0}),
    Signature(("any",), "int", lambda v: len(v) if isinstance(v, (str, tuple)) else 1),
    Signature(("any",), "int", lambda v: int(v) if isinstance(v, str) and v.isdigit() else 5),
    Signature(("real",), "int", lambda x: int(x * 2)),
    Signature(("int", "bool"), "int", lambda x, y: (2 * x + y) % 5),
    Signature(("int", "bool"), "bool", operator.gt),
    Signature(("any", "bool"), "any", lambda a, b: (a, b)),
    Signature(("int", "bool", "int"), "int", lambda x, y, z: x * y - z),
)
PREDICATES = (
    Signature(("int", "int"), "", lambda k, q: (k + q) % 2 == 0),
    Signature(("int", "int"), "", lambda k, q: k % 3 == q),
    Signature(("int", "int"), "", lambda k, q: 6 // q > k),
    Signature(("any", "int"), "", lambda k, q: (str(k) in "a0yes") == (q > 1)),
)
CONSTANTS: Mapping[str, tuple[Any, ...]] = {
    "int": (0, 1, 2, 3, -1), "real": (0.5, 1, 2, 1.5), "bool": (True, False), "any": (),
}  # fmt: skip


@dataclass(frozen=True)
class Options:
    """What a generated program may be made of; the defaults make programs most of which compile.

    vocab: the tokens it is for; constants: those to draw from by kind, where "any" stands for the vocabulary if it is
    empty; functions and predicates of a user; members: what `has` looks in, beside parts of the vocabulary; steps: the
    operations, each as often as it is named, or all of them; mixed: how often a part is of another kind than its place
    asks for; lists: whether lists stand among operands; bounded: whether integers are made small before anything that
    would make large ones of them.
    """

    vocab: tuple[Value, ...] = VOCAB
    constants: Mapping[str, tuple[Any, ...]] = field(default_factory=lambda: CONSTANTS)
    functions: tuple[Signature, ...] = FUNCTIONS
    predicates: tuple[Signature, ...] = PREDICATES
    members: tuple[Any, ...] = ((0, 2),)
    steps: tuple[Callable[[Parts], tuple[str, SOp]], ...] = ()
    mixed: float = 0.0
    lists: bool = False
    bounded: bool = True
