"""The options of public functions, checked where they arrive."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import numpy as np

from ..errors import BuildError
from .text import constant

P = ParamSpec("P")
R = TypeVar("R")

FLAGS = ("bool", "bool | None")
"""The annotations of options that are True or False."""


def checked_options(f: Callable[P, R]) -> Callable[P, R]:
    """Decorate a public function: NumPy's scalars arrive as Python's, and a flag is True or False, or None if allowed.

    Flags are the keyword arguments annotated as in `FLAGS`. Raises BuildError for another value.
    """
    flags = {p.name: p.annotation for p in inspect.signature(f).parameters.values() if p.annotation in FLAGS}

    @functools.wraps(f)
    def call(*args: P.args, **options: P.kwargs) -> R:
        for name, x in options.items():
            if isinstance(x, np.generic):
                options[name] = x = _plain(x)
            if name in flags and type(x) is not bool and (x is not None or flags[name] == "bool"):
                raise BuildError(f"{name} is True or False, not {constant(x)}", value=x)
        return f(*map(_plain, args), **options)

    return call


def _plain(x: Any) -> Any:
    """A scalar of NumPy as Python's; anything else as it is."""
    return x.item() if isinstance(x, np.generic) else x
