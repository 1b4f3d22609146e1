"""The running example: the input on which sops show themselves where none is given."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from ..run.batch import read_input

_example: ContextVar[str | list[Any]] = ContextVar("example", default="hello")


def set_example(input: Any) -> None:
    """Makes `input` the running example, "hello" until changed. Raises InputError.

    >>> from hardwire import example, set_example
    >>> set_example("abc")
    >>> example()
    'abc'
    >>> set_example("hello")
    """
    _example.set(read_input(input))


def example() -> str | list[Any]:
    """The running example."""
    return _example.get()
