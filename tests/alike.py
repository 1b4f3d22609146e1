"""Texts and pictures that were stored, against those of today, on whatever machine.

In a number that a model computed, the last digit that is shown depends on the order in which the machine adds, where
the number lies halfway between two that can be shown. Everything else is the same everywhere.
"""

from __future__ import annotations

import re

FRACTION = re.compile(r"(?<![\w#.])-?\d*\.\d+(?:e[-+]\d+)?")
SHOWN = 0.011
"""One unit of the last digit of fractions in pictures, which have two."""


def alike(now: str, stored: str) -> bool:
    """Whether two texts are the same but for the last digit of decimal fractions.

    >>> alike("x .28, y 3", "x .27, y 3"), alike("x .28, y 3", "x .28, y 4"), alike("x .28", "x .30")
    (True, False, False)
    >>> alike("-5.53e-05", "-5.34e-05"), alike("-5.53e-05", "-5.34")
    (True, False)
    """
    pairs = zip(FRACTION.findall(now), FRACTION.findall(stored), strict=False)
    same = FRACTION.sub("#", now) == FRACTION.sub("#", stored)
    return same and all(abs(float(a) - float(b)) <= SHOWN for a, b in pairs)
