"""Rewriting: a program becomes one with the same values that heads and neurons can compute.

The passes, in the order in which they are applied (`passes.py` lists them; most are one rule, applied by `rule.py`):

simplify      names off (later passes and the plan meet none), constants folded
identities    functions that leave every value as it is, off
factored      opaque selectors that are simple ones
lexicographic orders by a number that holds a value and the position, as orders of both
ranks         look-ups of the first or last by rank, as the least or greatest
neighbours    the nearest match by counts, as the first or last
unions        widths of alternatives, split
absent        values that stand for nothing, as conditions
folded        functions of three or more numbers, as functions of two
recognised    functions of two numbers that are functions of their sum, difference or product
counts        means that are counts, as sums
closed_form   what position and length decide, looked up
cancelled     sums over the same numbers, added and subtracted, as fewer sums
rotations     positions moved around the input, by gates
residues      sums of which only the remainder is read, as sums of remainders
place_values  numbers that are written in digits, digit by digit
wide_orders   orders of many values, digit by digit
lower         aggregates that take several heads, as several; `certain` and `digits` are its tools
integers      ratios that are compared with integers, as integers
differences   comparisons as functions of one number
addresses     equality over many addresses, as that of their bits

Shared by all of them:

program       the facts about a program, the parts of it that are kept, and the program after all passes
tables        functions as tables of numbers
verify        what holds of every expression, checked after every pass

The proof trusts these passes; `tests/rewrite` compares the program before and after each of them by the interpreter.
"""

from .passes import OPTIONAL, PASSES, Pass
from .program import Analysed, Keep, analysed, claimable, from_zero, kept_names, normal_form, without_stored

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
    "without_stored",
]
