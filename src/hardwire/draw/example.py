"""The running example: the input on which sops are shown if none is given."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from ..lang.sop import SOp
from ..run.batch import read_input

DEFAULT = "hello"
_example: ContextVar[str | list[Any]] = ContextVar("example", default=DEFAULT)


def set_example(input: Any) -> None:
    """Set the running example, which is "hello" by default. Raises InputError.

    >>> from hardwire import example, set_example
    >>> set_example("abc")
    >>> example()
    'abc'
    >>> set_example("hello")
    """
    _example.set(read_input(input))


def example(of: Any = None) -> str | list[Any]:
    """Return the running example; for the sop of a library program its own example, unless another one was set.

    >>> from hardwire import example, programs
    >>> example(), example(programs.add())
    ('hello', '683+345')
    """
    chosen = _example.get()
    if chosen == DEFAULT and isinstance(of, SOp) and of.origin is not None:
        return of.origin.example
    return chosen
