"""The running example: the input on which sops show themselves where none is given."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from ..lang.sop import SOp
from ..run.batch import read_input

DEFAULT = "hello"
_example: ContextVar[str | list[Any] | None] = ContextVar("example", default=None)


def set_example(input: Any) -> None:
    """Makes `input` the running example, "hello" until changed. Raises InputError.

    >>> from hardwire import example, set_example
    >>> set_example("abc")
    >>> example()
    'abc'
    >>> set_example("hello")
    """
    _example.set(read_input(input))


def example(of: Any = None) -> str | list[Any]:
    """The running example; for what a library program built the program's own, unless one was set that suits it.

    >>> from hardwire import example, programs
    >>> example(programs.add())
    '683+345'
    """
    chosen = _example.get()
    origin = of.origin if isinstance(of, SOp) else None
    if origin is not None and (chosen is None or not all(t in origin.vocab for t in chosen)):
        return origin.example
    return DEFAULT if chosen is None else chosen
