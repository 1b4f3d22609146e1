"""hardwire: write a sequence program in Python, run it, see it, compile it to a transformer's weights.

>>> from hardwire import tokens, indices, key, query
>>> length = (key(1) == query(1)).value(1)
>>> (key(length - indices - 1) == query(indices)).value(tokens)("hello")
['o', 'l', 'l', 'e', 'h']
"""

from . import errors, programs
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
from .run import run as _run
from .run import run_batch as _run_batch
from .run import trace as _trace

__version__ = "0.1.0"

_ports.run = _run
_ports.run_batch = _run_batch
_ports.trace = _trace
