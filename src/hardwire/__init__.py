"""hardwire: write a sequence program in Python, run it, see it, compile it to a transformer's weights.

>>> from hardwire import tokens, indices, key, query
>>> length = (key(1) == query(1)).value(1)
>>> (key(length - indices - 1) == query(indices)).value(tokens)("hello")
['o', 'l', 'l', 'e', 'h']
"""

from . import draw as _draw_package
from . import errors, programs
from . import run as _run_package
from .draw import Drawing, example, set_example
from .draw.text import draw
from .lang import ports as _ports
from .lang.selector import Key, Query, Selector
from .lang.sop import SOp
from .lang.surface import (
    after,
    aggregate,
    before,
    full,
    identity,
    indices,
    key,
    length,
    query,
    raw,
    same_token,
    select,
    switch,
    tokens,
    where,
)
from .run import Failure, Result, Trace

__version__ = "0.1.0"

__all__ = [
    "Drawing",
    "Failure",
    "Key",
    "Query",
    "Result",
    "SOp",
    "Selector",
    "Trace",
    "after",
    "aggregate",
    "before",
    "draw",
    "errors",
    "example",
    "full",
    "identity",
    "indices",
    "key",
    "length",
    "programs",
    "query",
    "raw",
    "same_token",
    "select",
    "set_example",
    "switch",
    "tokens",
    "where",
]

# What a handle can do that the language itself does not know how to (lang/ports.py).
_ports.run = _run_package.run
_ports.run_batch = _run_package.run_batch
_ports.trace = _run_package.trace
_ports.show = _draw_package.show
