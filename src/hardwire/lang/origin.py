"""The origin of a sop: a program that knows the vocabulary, the length and an example it is meant for.

A sop that a library program built carries it on its handle. The expression does not know it, so equal expressions
stay one node, and a sop made out of another one has no origin.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from ..errors import BuildError
from .sop import SOp
from .values import Value


class Origin:
    """A base of what builds a sop and knows its default vocabulary, greatest length, example and valid inputs."""

    name: str
    vocab: tuple[Value, ...]
    max_len: int
    example: str | list[Any]
    sample: Callable[[Random, int], Any]

    def sop(self) -> SOp:
        """The sop, with this origin."""
        raise NotImplementedError


def as_sop(x: Any) -> Any:
    """The sop of a program that was not called; anything else as it is."""
    return x.sop() if isinstance(x, Origin) else x


def completed(call: str, sop: Any, vocab: Any, max_len: Any) -> tuple[Any, Any]:
    """(vocab, max_len) with what is None taken from the origin of the sop. Raises BuildError where it has none."""
    if not isinstance(sop, SOp):
        return vocab, max_len
    if sop.origin is not None:
        return sop.origin.vocab if vocab is None else vocab, sop.origin.max_len if max_len is None else max_len
    examples = {"vocab": (vocab, 'vocab="abc"'), "max_len": (max_len, "max_len=20")}
    missing = [what for what, (x, _) in examples.items() if x is None]
    if missing:
        raise BuildError(
            f"{call} needs {' and '.join(missing)}: {sop.formula} brings none of its own\n"
            f"  Say for which inputs: {call}(x, {', '.join(examples[what][1] for what in missing)}).",
            expression=sop,
        )
    return vocab, max_len
