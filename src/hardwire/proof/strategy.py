"""How a proof proceeds: the ways to prove one claim, and how much work a proof may take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..model.certificate import Margin

VariableChoice = Literal["proved", "leaves"]
"""Which parts of a program are variables of a state space: with "proved" every part that has been proved, with "leaves"
aggregates alone, of which (and of tokens, positions and lists) every other part is a function."""


@dataclass(frozen=True)
class Strategy:
    """One way to prove a claim."""

    variables: VariableChoice = "proved"
    refine: bool = False
    """Whether every coordinate that neurons write is bounded by itself first, which takes longer."""
    together: bool = False
    """Whether a key and a query at one position are required to agree in every variable that both have."""


@dataclass(frozen=True)
class Limits:
    """How much work a proof may take, and in which portions it works."""

    numbers: int = 30_000_000
    """Numbers of one affine form in memory: values, their errors, and the sources of these, approximately."""
    cells: int = 4_000_000
    """Numbers computed at a time."""
    states: int = 850_000
    """States of one state space."""
    combinations: int = 2_500_000
    """Combinations of values from which the states that can occur are selected."""
    refined: int = 20_000
    """States in which one coordinate is evaluated to bound it by itself."""
    products: float = 1.5e11
    """Products of neurons, over all states: about twenty seconds."""
    pairs: int = 400_000_000
    """Pairs of a key state and a query state."""
    pair_cells: int = 30_000
    """Pairs examined at a time."""
    whole: int = 20_000
    """A head with at most so many pairs is not split into blocks."""
    distances: int = 20_000
    """Up to so many pairs, distances between keys and references are computed pair by pair."""
    logits: int = 25_000
    """Logits examined at a time."""
    places: int = 1_000_000
    """Pairs of a value and a position that are distinguished for one variable."""
    classes: int = 100_000
    """Combinations of classes of pairs, one class from each block of a sum."""
    fallbacks: int = 300
    """Fallbacks of one part; if there are more, an interval covers them."""
    value_pairs: int = 1_000_000
    """Pairs of values of two parts that one coordinate stores."""


DEFAULT_LIMITS = Limits()
"""Those of every certificate."""


@dataclass
class Meter:
    """Measured in the course of a proof: the products of neurons spent, and the margin of the neuron whose argument
    is closest to its threshold of 0, relative to the error of the argument."""

    products: float = 0.0
    nearest: Margin | None = None
