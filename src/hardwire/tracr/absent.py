"""The names of Tracr's own construction of weights, which hardwire does not have."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from ..errors import NoInternalsError


def absent(module: str, *names: str) -> Callable[[str], NoReturn]:
    """The `__getattr__` of a module that lacks these names of Tracr's."""

    def missing(name: str) -> NoReturn:
        if name not in names:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        raise NoInternalsError(
            f"{module} has no `{name}`: that is part of Tracr's own construction of a model\n"
            "  On a compiled model, `model.transformer.circuit` says what each head, neuron and direction computes, "
            "`model.residual_labels` and `model.output_encoder` which values directions stand for; `hardwire.export` "
            "takes `model.transformer` to other tools.",
            value=name,
        )

    return missing
