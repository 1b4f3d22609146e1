"""Selectors as scores, and the four ways a head uses them.

A score is a sum of products query_form * key_form. Every part below is 0 for a selected pair and at most -T
for another; conjunctions add up. BOS has its own score, since only `bos` is not 0 there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from .form import ZERO, Form

Pair = tuple[Form, Form]
"""(query form, key form): one of the d_qk dimensions of a head."""

UNIT = 32.0
"""T: how far below the selected keys the others are. A power of two keeps integer scores exact."""

SINK = 27.001968
"""The score of BOS in a sum: exp of it is 33 * 2^-44 in float32, inverted, so that sums of integers stay exact."""

SELF = 120.0
"""How strongly BOS, as a query, attends to itself: its weight is then exactly 1."""


@dataclass(frozen=True)
class Score:
    """Part of a head's score.

    `pairs` give `level` for selected keys and at least a unit less for the others, where `level` is a function
    of the query alone that softmax does not see; but BOS competes with it.
    """

    pairs: tuple[Pair, ...] = ()
    level: Form = ZERO

    def __add__(self, other: Score) -> Score:
        return Score(self.pairs + other.pairs, self.level + other.level)


def equality(key: Form, key_square: Form, query: Form, query_square: Form, real: Form, unit: float = UNIT) -> Score:
    """key == query for whole numbers: -T (a - b)^2, the query's square left to the level.

    Source: quadratic look-up (Transformer Cookbook, attention). d_qk: 2.
    """
    return Score(((2 * unit * query, key), (-unit * real, key_square)), unit * query_square)


def key_bit(bit: Form, real: Form, unit: float = UNIT) -> Score:
    """Keys at which a 0/1 form is 1. d_qk: 1."""
    return Score(((unit * real, bit - real),))


def query_bit(bit: Form, real: Form, unit: float = UNIT) -> Score:
    """Every key, for queries at which a 0/1 form is 1; no key for others. d_qk: 1."""
    return Score(((unit * (bit - real), real),))


def table(rows: list[tuple[Form, Form]], unit: float = UNIT) -> Score:
    """Any relation of two finite codes: pairs of (query's penalty form in 0/-1, indicator form of a key class), or
    (indicator of a query class, key's penalty form). d_qk: one a pair.
    """
    return Score(tuple((unit * query, key) for query, key in rows))


def exponent_of_sink() -> float:
    """B: what a sum is scaled by, as float32 has it."""
    import numpy as np

    return float(np.exp(np.float32(SINK)))


def leak(unit: float, keys: int) -> float:
    """The greatest share of the weight that unselected keys can have."""
    return keys * math.exp(-unit)
