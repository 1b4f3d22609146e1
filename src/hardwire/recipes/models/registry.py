"""The register of complete models, each with its reference in plain Python."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ...errors import UnknownNameError
from ...lang.sop import SOp
from ...model.reference import Reference
from ...model.transformer import Transformer


@dataclass(frozen=True)
class Model:
    """A complete model: `build()` makes it, `reference(input)` is what it answers, and so does `program()`, if any.

    `length`: up to which every input over the vocabulary is tested (`valid` says which inputs count), and proved for
    models without a program, which would prove more.
    """

    name: str
    build: Callable[..., Transformer]
    reference: Callable[[Any], Sequence[Any]]
    example: Any
    length: int
    valid: Callable[[Any], bool] | None = None
    program: Callable[..., SOp] | None = None

    @property
    def text(self) -> str:
        return inspect.getdoc(self.build) or ""

    @property
    def summary(self) -> str:
        return self.text.partition("\n\n")[0].replace("\n", " ")


MODELS: dict[str, Model] = {}


def model(
    reference: Callable[..., Sequence[Any]],
    example: Any,
    length: int,
    valid: Callable[[Any], bool] | None = None,
    program: Callable[..., SOp] | None = None,
) -> Callable[[Callable[..., Transformer]], Callable[..., Transformer]]:
    """Enters a model into the register. What is built knows its reference and its program, to be certified by them."""

    def enter(build: Callable[..., Transformer]) -> Callable[..., Transformer]:
        @functools.wraps(build)
        def built(*args: Any, **more: Any) -> Transformer:
            made = build(*args, **more)
            given = inspect.signature(build).bind(*args, **more).arguments
            longest = length if made.max_len is None else min(length, made.max_len)
            answers = functools.partial(reference, **_meant_for(reference, given))
            source = None if program is None else program(**_meant_for(program, given))
            return replace(made, reference=Reference(answers, longest, valid), source=source)

        MODELS[build.__name__] = Model(build.__name__, built, reference, example, length, valid, program=program)
        return built

    return enter


def _meant_for(f: Callable[..., Any], given: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a model on which its answers depend too: f takes them by the same names."""
    known = inspect.signature(f).parameters
    return {name: value for name, value in given.items() if name in known}


def get(name: str) -> Model:
    """The model of that name. Raises UnknownNameError, which suggests the nearest."""
    if name not in MODELS:
        raise UnknownNameError("model", name, MODELS, "`hardwire recipes` lists all.")
    return MODELS[name]
