"""Solutions of all puzzles. Stop here if you still want to find one yourself.

Each function is named after its puzzle; where the fewest layers and the fewest parameters take two programs, the
second has something after two underscores. To see what one is worth:

    hardwire puzzles check sort examples/puzzle_solutions.py:sort
"""

from __future__ import annotations

from string import ascii_lowercase

from hardwire import SOp, after, before, full, indices, key, query, tokens, where

length_ = (key(1) == query(1)).width()
up_to_here = key(indices) <= query(indices)


# First steps.


def caesar() -> SOp:
    moved = dict(zip(ascii_lowercase, ascii_lowercase[3:] + ascii_lowercase[:3], strict=True))
    return tokens.map({**moved, " ": " "})


def index() -> SOp:
    return (key(indices) == query(1)).value(tokens)


def shift() -> SOp:
    return (key(indices) == query(indices - 1)).value(tokens, "_")


def length() -> SOp:
    return (key(1) == query(1)).value(1)


def histogram() -> SOp:
    return (key(tokens) == query(tokens)).width()


def cumsum() -> SOp:
    return up_to_here.value(tokens)


# Looking around.


def window_sum() -> SOp:
    return ((key(indices) > query(indices - 3)) & up_to_here).value(tokens)


def is_first() -> SOp:
    return (key(tokens) == query(tokens)).first(indices) == indices


def previous_occurrence() -> SOp:
    return (before & (key(tokens) == query(tokens))).last(indices, -1)


def majority() -> SOp:
    return full.value(2 * tokens - 1) > 0


def flip() -> SOp:
    return (key(length_ - 1 - indices) == query(indices)).value(tokens)


def minimum() -> SOp:
    return full.min(tokens)


def first() -> SOp:
    return (key(tokens) == query("l")).first(indices, 99)


# Moving things.


def ralign() -> SOp:
    padding = (key(tokens) == query("_")).width()
    return (key(indices) == query(indices - padding)).value(tokens, "-")


def split() -> SOp:
    """The part stands as far from the right end as the plus from the end of the input."""
    plus = (key(tokens) == query("+")).one(indices)
    return (key(indices) == query(indices - (length_ - plus))).one(tokens, "0")


def slide() -> SOp:
    """A token that is no arrow is the first from its own place on."""
    return ((key(indices) >= query(indices)) & (key(tokens) != query("<"))).first(tokens)


def run_lengths() -> SOp:
    other = key(tokens) != query(tokens)
    return (after & other).first(indices, length_) - (before & other).last(indices, -1) - 1


def reverse_letters() -> SOp:
    space = key(tokens) == query(" ")
    start = (before & space).last(indices, -1)
    end = (after & space).first(indices, length_)
    return (key(indices) == query(where(tokens == " ", indices, start + end - indices))).value(tokens)


# Counting and sorting.


def unique_count() -> SOp:
    """Ask for each token of the vocabulary whether it is there: many heads, but all in one layer."""
    there = [full.any(tokens == token) for token in "abcde"]
    return sum((x.int() for x in there[1:]), there[0].int())


def unique_count__parameters() -> SOp:
    """A kind that occurs n times is counted n times, as 1/n each."""
    return full.value(1 / histogram())


def most_frequent() -> SOp:
    return full.max(histogram(), of=tokens)


def double_histogram() -> SOp:
    return ((key(histogram()) == query(histogram())) & (key(is_first()) == query(True))).width()


def ranked(x: SOp) -> SOp:
    """How many positions go before each one, if x rises and equals keep their order."""
    return ((key(x) < query(x)) | (before & (key(x) == query(x)))).width()


def sort() -> SOp:
    return (key(ranked(tokens)) == query(indices)).value(tokens)


def sort_by_frequency() -> SOp:
    return (key(ranked(-histogram())) == query(indices)).value(tokens)


# Patterns.


def induction() -> SOp:
    return ((key(shift()) == query(tokens)) & up_to_here).last(tokens, "_")


def palindrome() -> SOp:
    return full.all(flip() == tokens)


def dyck1() -> SOp:
    step = where(tokens == "(", 1, -1)
    return (full.min(up_to_here.value(step)) >= 0) & (full.value(step) == 0)


def dyck() -> SOp:
    opening = tokens.has("([")
    step = where(opening, 1, -1)
    depth = up_to_here.value(step) + where(opening, 0, 1)
    partner = (up_to_here & (key(opening) == query(True)) & (key(depth) == query(depth))).last(tokens.has("()"), "none")
    return ~full.any((partner != tokens.has("()")) | (depth > 3) | (full.value(step) != 0))


# Numbers.


def aligned(sign: str) -> tuple[SOp, SOp]:
    """The digits of both numbers at the right end, 0 in front."""
    at = (key(tokens) == query(sign)).one(indices)
    digit = where(tokens == sign, "0", tokens).int()
    return (key(indices) == query(indices - (length_ - at))).one(digit), where(indices > at, digit, 0)


def compare() -> SOp:
    a, b = aligned("?")
    column = a - b
    return (key(column) != query(0)).first(where(column < 0, "<", ">"), "=")


def carried(column: SOp) -> SOp:
    """The digits of columns up to 18: the nearest to the right that is not 9 decides about the carry."""
    return (column + (after & (key(column) != query(9))).first(column > 9, False)) % 10


def add() -> SOp:
    a, b = aligned("+")
    return carried(a + b)


def subtract() -> SOp:
    a, b = aligned("-")
    column = a - b
    return (column - (after & (key(column) != query(0))).first(column < 0, False)) % 10


def multiply_by_digit() -> SOp:
    digit = where(indices > 1, tokens, "0").int()
    following = (key(indices) == query(indices + 1)).value(digit)
    factor = (key(indices) == query(0)).value(tokens.int())
    return carried(factor * digit % 10 + factor * following // 10)
