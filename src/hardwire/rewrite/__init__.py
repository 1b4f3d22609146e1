"""Rewriting: a program becomes one with the same values that heads and neurons can compute.

passes        `PASSES`, in order
simplify      names off, constants folded
identities    functions that leave every value as it is, off
unions        widths of alternatives, split
counts        means that are counts, as sums
closed_form   what position and length decide, looked up
absent        values that stand for nothing, as conditions
residues      sums of which only the remainder is read, as sums of remainders
rotations     positions moved around the input, by gates
factored      opaque selectors that are simple ones
lexicographic orders by a number that holds a value and the position, as orders of both
ranks         look-ups of the first or last by rank, as the least or greatest
neighbours    the nearest match by counts, as the first or last
addresses     equality over many addresses, as that of their bits
lower         aggregates that take several heads, as several; `certain` and `digits` are its tools
integers      ratios that are compared with integers, as integers
differences   comparisons as functions of one number
verify        what holds of every expression, checked after every pass
keep          parts whose values may be set, which no pass looks into
program       the facts about a program, and the program after all passes

The proof trusts these passes; `tests/rewrite` compares the program before and after each of them by the interpreter.
"""

from .keep import Keep, kept_names
from .passes import OPTIONAL, PASSES, Pass
from .program import Analysed, analysed, claimable, from_zero, normal_form

__all__ = [
    "OPTIONAL",
    "PASSES",
    "Analysed",
    "Keep",
    "Pass",
    "analysed",
    "claimable",
    "from_zero",
    "kept_names",
    "normal_form",
]
