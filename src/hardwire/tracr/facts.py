"""KnownValues about the values of a sop before it runs: the possible values, or at least their types.

They decide where an operator of Tracr has the meaning of hardwire's operator of the same name (`*` of two numbers has,
`*` of a string and a number has not), and where a value may be None.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from ..lang.values import exact

MOST_VALUES = 4096
"""More combinations of values than these are not enumerated: only types are known then."""

NUMBERS = frozenset({bool, int, float})
"""Types whose arithmetic and order are the same in Tracr and in hardwire."""

_BROKEN = (NameError, ImportError, RecursionError, MemoryError)


@dataclass(frozen=True)
class KnownValues:
    """`values`, if not None, has every value that the sop may take; `types`, if not None, every type of a value."""

    values: tuple[Any, ...] | None = None
    types: frozenset[type] | None = None

    @classmethod
    def of(cls, values: Iterable[Any]) -> KnownValues:
        """The facts of a sop that has one of these values."""
        distinct = tuple({exact(v): v for v in values}.values())
        return cls(distinct, frozenset(map(type, distinct)))

    @property
    def may_be_none(self) -> bool:
        return self.types is None or type(None) in self.types

    @property
    def without_none(self) -> KnownValues:
        """The facts where the sop is not None."""
        values = None if self.values is None else tuple(v for v in self.values if v is not None)
        return KnownValues(values, None if self.types is None else self.types - {type(None)})

    @property
    def numeric(self) -> bool:
        return self.types is not None and self.types <= NUMBERS

    @property
    def boolean(self) -> bool:
        return self.types is not None and self.types <= {bool}

    @property
    def strings(self) -> bool:
        return self.types is not None and self.types <= {str}

    def either(self, other: KnownValues) -> KnownValues:
        """The facts of a sop that has a value of one or of the other."""
        if self.values is not None and other.values is not None:
            return KnownValues.of((*self.values, *other.values))
        return KnownValues(None, None if self.types is None or other.types is None else self.types | other.types)


UNKNOWN = KnownValues()


def image(f: Callable[..., Any], *of: KnownValues) -> KnownValues:
    """The facts of f of these values; where f raises there is none.

    A function whose code does not work, since a name is missing say, raises here.
    """
    values = [facts.values for facts in of]
    if None in values or math.prod(len(v) for v in values if v is not None) > MOST_VALUES:
        return UNKNOWN
    results = []
    for args in itertools.product(*(v for v in values if v is not None)):
        try:
            results.append(f(*args))
        except _BROKEN:
            raise
        except Exception:  # no value there
            continue
    return KnownValues.of(results)


def typed(known: KnownValues, types: frozenset[type] | None) -> KnownValues:
    """`known`, or, where it says nothing, that the values are of these types."""
    return known if known.types is not None else KnownValues(None, types)
