"""The register of complete models: each with what it is to answer, in plain Python."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ...errors import UnknownNameError
from ...model.transformer import Transformer


@dataclass(frozen=True)
class Model:
    """A complete model: `build()` makes it, `reference(input)` is what it answers.

    `length`: up to which every input over the vocabulary is tested (`valid` says which inputs count).
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
    """Enters a model into the register."""

    def enter(build: Callable[..., Transformer]) -> Callable[..., Transformer]:
        name = build.__name__
        MODELS[name] = Model(name, build, reference, example, length, valid)
        return build

    return enter


def get(name: str) -> Model:
    """The model of that name. Raises UnknownNameError, which suggests the nearest."""
    if name not in MODELS:
        raise UnknownNameError("model", name, MODELS, "`hardwire recipes` lists all.")
    return MODELS[name]
