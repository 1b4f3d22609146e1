"""The sums and means that several numbers can have, each number any number of times.

Numbers with a common denominator are integers, scaled: ratios, and floats too, which are dyadic. A sum with a float in
it is the float nearest to the exact sum, so it follows from the scaled integers; a mean divides it once more.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from ..lang.values import EXACT, Value
from .domain import TOO_LARGE

FEW_STEPS = 50_000
"""Up to so many additions, the sums that can be reached are listed, rather than all numbers between their bounds."""
MOST_STEPS = 1_000_000
"""The same where there are too many numbers between the bounds."""

Bounds = tuple[Value, Value]
"""(least, greatest)"""


def sums(numbers: Sequence[Value], most: int, bounds: Bounds | None = None) -> list[Value] | None:
    """The sums of one to `most` of the numbers, within `bounds`; None where they are too many to list."""
    return _of_each_type(numbers, lambda scaled: scaled.sums(most, bounds))


def means(numbers: Sequence[Value], most: int) -> list[Value] | None:
    """The means of two to `most` of the numbers; None where they are too many to list."""
    return _of_each_type(numbers, lambda scaled: scaled.means(most))


def _of_each_type(numbers: Sequence[Value], listed: Callable[[_Scaled], Iterable[Value] | None]) -> list[Value] | None:
    """The results for the ints alone, for the exact numbers and for all numbers, whose types differ; None where one of
    them is None, and for numbers of a type of the user's own."""
    found: dict[tuple[type, Value], None] = {}
    seen = 0
    for types in ((bool, int), EXACT, (*EXACT, float)):
        some = [v for v in numbers if type(v) in types]
        if len(some) == seen:
            continue
        seen = len(some)
        try:
            values = listed(_Scaled.of(some))
        except (OverflowError, ValueError):  # an infinity, or a result beyond all floats
            return None
        if values is None:
            return None
        found.update(((type(v), v), None) for v in values)
    if seen < len(numbers) or len(found) > TOO_LARGE:
        return None
    negative = any(type(v) is float and v == 0 and math.copysign(1, v) < 0 for v in numbers)
    return [*(v for _, v in found), *([-0.0] if negative else [])]


@dataclass(frozen=True)
class _Scaled:
    """Numbers as integers over one denominator, rising, and the types of the numbers."""

    integers: tuple[int, ...]
    denominator: int
    types: frozenset[type]

    @classmethod
    def of(cls, numbers: Sequence[Value]) -> _Scaled:
        """Raises OverflowError where one is infinite."""
        ratios = [v.as_integer_ratio() for v in map(_int_of_bool, numbers)]
        denominator = math.lcm(*(q for _, q in ratios))
        integers = sorted({p * (denominator // q) for p, q in ratios})
        return cls(tuple(integers), denominator, frozenset(map(type, numbers)))

    def sums(self, most: int, bounds: Bounds | None) -> Iterable[Value] | None:
        """The sums of one to `most`; None where they are too many. Raises OverflowError."""
        found = self._totals(most, bounds)
        return None if found is None else [self._sum(total) for total in found]

    def means(self, most: int) -> Iterable[Value] | None:
        """The means of two to `most`; None where they are too many. Raises OverflowError."""
        low, high = self.integers[0], self.integers[-1]
        step = math.gcd(*(x - low for x in self.integers)) or 1
        many = ((high - low) // step + 1) * most * most
        if many <= 2 * TOO_LARGE:
            totals = {k: range(low * k, high * k + 1, step) for k in range(2, most + 1)}
            return self._quotients(totals)
        listed = self._reached(most, MOST_STEPS)
        if listed is None or len(listed) * most > 2 * TOO_LARGE:
            return None
        return self._quotients({k: [t for t in listed if low * k <= t <= high * k] for k in range(2, most + 1)})

    def _quotients(self, totals: Mapping[int, Iterable[int]]) -> list[Value]:
        """Totals over how many numbers they are the total of."""
        if float in self.types:
            return [t / self.denominator / k for k, some in totals.items() for t in some]
        return [Fraction(t, self.denominator * k) for k, some in totals.items() for t in some]

    def _totals(self, most: int, bounds: Bounds | None) -> Iterable[int] | None:
        """The sums, scaled; None where they are too many."""
        step = math.gcd(*self.integers) or 1
        low, high = min(self.integers[0], self.integers[0] * most), max(self.integers[-1], self.integers[-1] * most)
        if bounds is not None:
            least, greatest = (Fraction(b) * self.denominator for b in bounds)
            low, high = max(low, math.ceil(least)), min(high, math.floor(greatest))
        span = range(-(-low // step) * step, high + 1, step)
        listed = self._reached(most, FEW_STEPS if len(span) <= TOO_LARGE else MOST_STEPS)
        if listed is not None:
            return [t for t in listed if low <= t <= high]
        return span if len(span) <= TOO_LARGE else None

    def _reached(self, most: int, steps: int) -> set[int] | None:
        """The sums of one to `most` as sums of one less, scaled; None where that takes more additions than `steps`."""
        found = set(self.integers)
        last = found
        for _ in range(most - 1):
            steps -= len(last) * len(self.integers)
            if steps < 0:
                return None
            last = {t + x for t in last for x in self.integers} - found
            if not last:
                break
            found |= last
        return found

    def _sum(self, total: int) -> Value:
        if float in self.types:
            return total / self.denominator
        return Fraction(total, self.denominator) if Fraction in self.types else total


def _int_of_bool(v: Value) -> Value:
    return int(v) if type(v) is bool else v
