"""What a call of a library program means: to build a sop with these parameters, or to run it on an input."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import BuildError
from ..lang.expr import Op
from ..lang.handle import Handle
from ..lang.sop import SOp
from ..lang.text import constant
from ..lang.values import Value


class Bare(str):
    """Text that a signature shows without quotes."""

    def __repr__(self) -> str:
        return str(self)


@dataclass(frozen=True)
class ParsedCall:
    """A call that was understood: the parameters to build with, and the input to run on, in a 1-tuple, if any.

    `own` says whether the vocabulary and the example of the program suit the sop that the parameters build.
    """

    arguments: inspect.BoundArguments
    input: tuple[Any, ...] = ()
    own: bool = True


@dataclass(frozen=True)
class Parameters:
    """What a program of the library can be called with; `vocab` is its default vocabulary.

    The sequence is the parameter that is `tokens` by default. A parameter is a token where its default is one.
    """

    name: str
    build: Callable[..., SOp]
    vocab: tuple[Value, ...]
    signature: inspect.Signature = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "signature", inspect.signature(self.build))

    def read(self, args: tuple[Any, ...], options: Mapping[str, Any]) -> ParsedCall:
        """What a call means. Raises BuildError where it fits no parameter, or may mean either.

        An input (a string, list, tuple, range or array) that is the only argument is run on, in place of the sequence
        or where the first parameter cannot be one. Beside other parameters a constant sequence is built with, as in
        the original listings: `shift(-1, "0", "ab")`.
        """
        given = list(self.signature.parameters.values())
        if len(args) == 1 and not options and _is_input(args[0]) and self._means_input(args[0], given[:1]):
            return ParsedCall(self.signature.bind(), (args[0],))
        try:
            bound = self.signature.bind(*args, **options)
        except TypeError as error:
            hint = f"{self.name}{self.shown} builds a sop, and {self.name}()(input) runs it"
            raise BuildError(f"{self.name}: {error}\n  {hint}.", value=args) from None
        for name, x in bound.arguments.items():
            if self.signature.parameters[name].annotation == "int" and _is_input(x):
                raise BuildError(f"{self.name}: {name} is a whole number, not {constant(x, 40)}", value=x)
        sequence = next((p.name for p in given if _is_sequence(p)), None)
        if len(bound.arguments) == 1 and sequence in bound.arguments and _is_input(bound.arguments[sequence]):
            return ParsedCall(bound, (bound.arguments.pop(sequence),))
        own = all(self._suits(self.signature.parameters[name], x) for name, x in bound.arguments.items())
        return ParsedCall(bound, own=own)

    @property
    def shown(self) -> inspect.Signature:
        """The signature for people: sops as their formulas, types by their names."""
        parameters = [
            p.replace(
                default=Bare(p.default.formula) if isinstance(p.default, SOp) else p.default,
                annotation=Bare(p.annotation),
            )
            for p in self.signature.parameters.values()
        ]
        return inspect.Signature(parameters, return_annotation=Bare("SOp"))

    def _means_input(self, x: Any, first: list[inspect.Parameter]) -> bool:
        """Whether the only argument of a call is an input, not the first parameter. Raises BuildError for either."""
        if not first or _is_sequence(first[0]):
            return True
        kind = first[0].default
        over_vocab = len(x) > 0 and all(any(_same(t, v) for v in self.vocab) for t in x)
        if isinstance(kind, tuple):  # pairs of brackets
            return isinstance(x, (str, np.ndarray)) or over_vocab
        if not isinstance(kind, str) and not self._is_token(first[0]):
            return True
        if isinstance(x, str) and len(x) == 1:
            return False
        if over_vocab or not isinstance(x, (str, tuple)):
            return True
        shown, own = constant(x, 40), f"{first[0].name}={constant(x, 40)}"
        raise BuildError(
            f"{self.name}({shown}) may mean the input {shown} or the parameter {own}\n"
            f"  Write {self.name}()({shown}) to run it on the input, or {self.name}({own}) to build it.",
            value=x,
        )

    def _is_token(self, p: inspect.Parameter) -> bool:
        """Whether a parameter stands for a token: its default is one, and it is not declared to be a number."""
        return p.annotation != "int" and not isinstance(p.default, Handle) and p.default in self.vocab

    def _suits(self, p: inspect.Parameter, x: Any) -> bool:
        """Whether the vocabulary of the program is one for it with this argument too."""
        if _is_sequence(p) or isinstance(x, Handle):
            return isinstance(x, SOp) and x.expr.op is Op.TOKENS and _is_sequence(p)
        if isinstance(p.default, tuple):
            return isinstance(x, (tuple, list)) and all(t in self.vocab for pair in x for t in pair)
        return not self._is_token(p) or any(_same(x, v) for v in self.vocab)


def _is_sequence(p: inspect.Parameter) -> bool:
    return isinstance(p.default, SOp) and p.default.expr.op is Op.TOKENS


def _is_input(x: object) -> bool:
    return isinstance(x, (str, list, tuple, range)) or (isinstance(x, np.ndarray) and x.ndim == 1)


def _same(x: Any, v: Value) -> bool:
    """Whether x is the token v; sops and the like are none."""
    return not isinstance(x, Handle) and type(x) is type(v) and bool(x == v)
