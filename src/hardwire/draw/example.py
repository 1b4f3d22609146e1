"""The running example: the input on which sops show themselves where none is given."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from ..lang.sop import SOp
from ..run.batch import read_input

DEFAULT = "hello"
_example: ContextVar[str | list[Any]] = ContextVar("example", default=DEFAULT)


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
    """The running example; for what a library program built the program's own, as long as no other one was set.

    >>> from hardwire import example, programs
    >>> example(), example(programs.add())
    ('hello', '683+345')
    """
    chosen = _example.get()
    if chosen == DEFAULT and isinstance(of, SOp) and of.origin is not None:
        return of.origin.example
    return chosen
