"""The origin of a sop: the library program that built it, with its vocabulary, length and example.

The handle of the sop stores it, not the expression. So equal expressions stay one node, and a sop made from another
one has no origin.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from random import Random
from typing import Any, overload

from ..errors import BuildError
from .drawn import Drawn
from .handle import Handle
from .selector import Selector
from .sop import SOp
from .text import constant
from .values import Value


class Origin:
    """Base class of programs that build a sop and have a default vocabulary, length, example and valid inputs.

    `causal` says whether they are meant for the causal mask; then they write text, and `stop` is the token that ends
    it. `edges` are inputs to try first, and `forms` all prompts they are for, if these have few forms.
    """

    name: str
    vocab: tuple[Value, ...]
    max_len: int
    example: str | list[Any]
    sample: Callable[[Random, int], Any]
    causal: bool = False
    stop: Value = None
    edges: tuple[Any, ...] = ()
    forms: tuple[tuple[Any, ...], ...] = ()

    def sop(self) -> SOp:
        """Build the sop, with this origin."""
        raise NotImplementedError

    def transcript(self, rng: Random, n: int) -> Any:
        """Draw an input of at most n tokens; of a program that writes text, a prompt with what follows it."""
        return self.sample(rng, n)


def mistaken(x: object) -> str:
    """A value that was given in place of a sop, for messages, and what makes a sop of it."""
    if isinstance(x, Selector):
        return f"the {x.word} {x.formula}. Aggregate it: selector.value(x), or .width() for how many it selects."
    if isinstance(x, Handle):
        return f"the {x.word} {x.formula}."
    if type(x).__module__.startswith("hardwire.tracr."):
        return f"{constant(x)}. hardwire.tracr.to_hardwire(x, vocab, max_len) is the sop of an expression of Tracr's."
    return f"{constant(x)}." + (" Call it first: f(), not f." if callable(x) and not isinstance(x, Drawn) else "")


def check_callable(build: Callable[..., Any]) -> None:
    """Raises BuildError for a function that builds a program, but needs arguments."""
    try:
        inspect.signature(build).bind()
    except TypeError as error:
        name = getattr(build, "__name__", "the function")
        raise BuildError(
            f"{name} cannot be called without arguments: {error}\n"
            "  Give what it returns, or a default to each argument, as in def program(seq=tokens).",
            value=build,
        ) from None
    except ValueError:  # it has no signature
        return


@overload
def as_sop(x: SOp | Origin) -> SOp: ...
@overload
def as_sop(x: SOp | Origin | None) -> SOp | None: ...
@overload
def as_sop(x: Any) -> Any: ...
def as_sop(x: Any) -> Any:
    """Return the sop of a program that was not called; any other object as it is."""
    return x.sop() if isinstance(x, Origin) else x


def completed(call: str, sop: Any, vocab: Any, max_len: Any) -> tuple[Any, Any]:
    """Return (vocab, max_len), taken from the origin of the sop where they are None. Raises BuildError."""
    if not isinstance(sop, SOp):
        return vocab, max_len
    if sop.origin is not None:
        return sop.origin.vocab if vocab is None else vocab, sop.origin.max_len if max_len is None else max_len
    examples = {"vocab": (vocab, 'vocab="abc"'), "max_len": (max_len, "max_len=20")}
    missing = [what for what, (x, _) in examples.items() if x is None]
    if missing:
        raise BuildError(
            f"{call} needs {' and '.join(missing)}: {sop.formula} has no default\n"
            f"  Say for which inputs: {call}(x, {', '.join(examples[what][1] for what in missing)}).",
            expression=sop,
        )
    return vocab, max_len


def stop_of(program: Any, stop: Any) -> Any:
    """The stop tokens that were given, or for `...` those of the program, None if it has none."""
    origin = causal_origin(program)
    return stop if stop is not ... else None if origin is None else origin.stop


def causal_origin(x: Any) -> Origin | None:
    """The program that a sop comes from, if it is meant for the causal mask."""
    return x.origin if isinstance(x, SOp) and x.origin is not None and x.origin.causal else None
