"""The register of complete models: each with what it is to answer, in plain Python."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ...errors import UnknownNameError
from ...model.reference import Reference
from ...model.transformer import Transformer


@dataclass(frozen=True)
class Model:
    """A complete model: `build()` makes it, `reference(input)` is what it answers.

    `length`: up to which every input over the vocabulary is tested, and proved (`valid` says which inputs count).
    """

    name: str
    build: Callable[..., Transformer]
    reference: Callable[[Any], Sequence[Any]]
    example: Any
    length: int
    valid: Callable[[Any], bool] | None = None

    @property
    def text(self) -> str:
        return inspect.getdoc(self.build) or ""

    @property
    def summary(self) -> str:
        return self.text.partition("\n\n")[0].replace("\n", " ")


MODELS: dict[str, Model] = {}


def model(
    reference: Callable[[Any], Sequence[Any]],
    example: Any,
    length: int,
    valid: Callable[[Any], bool] | None = None,
) -> Callable[[Callable[..., Transformer]], Callable[..., Transformer]]:
    """Enters a model into the register. The model carries its reference, so that it can be certified."""

    def enter(build: Callable[..., Transformer]) -> Callable[..., Transformer]:
        name = build.__name__
        known = inspect.signature(reference).parameters

        @functools.wraps(build)
        def built(*args: Any, **more: Any) -> Transformer:
            given = inspect.signature(build).bind(*args, **more).arguments
            # What a model is made of, its answers depend on: the reference takes what it has a name for.
            told = {k: v for k, v in given.items() if k in known}
            answers = functools.partial(reference, **told) if told else reference
            model = build(*args, **more)
            longest = length if model.max_len is None else min(length, model.max_len)
            return replace(model, reference=Reference(answers, longest, valid))

        MODELS[name] = Model(name, built, reference, example, length, valid)
        return built

    return enter


def get(name: str) -> Model:
    """The model of that name. Raises UnknownNameError, which suggests the nearest."""
    if name not in MODELS:
        raise UnknownNameError("model", name, MODELS, "`hardwire recipes` lists all.")
    return MODELS[name]
