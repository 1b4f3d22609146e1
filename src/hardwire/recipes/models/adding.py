"""Addition of two numbers of any lengths."""

from __future__ import annotations

from ...constructions.attention import Pattern, Score, Variant, key_bit, pick
from ...constructions.feedforward import function, gate, threshold
from ...constructions.hardness import leftmost
from ...constructions.heads import sink_sum
from ...constructions.lookups import lookup_quadratic
from ...model.transformer import Transformer
from ..net import Net
from .registry import model


def digits_of_sum(x: str) -> list[int]:
    """The sum, right-aligned, with leading zeros."""
    a, b = x.split("+")
    return [int(c) for c in str(int(a or 0) + int(b or 0)).rjust(len(x), "0")]


def two_numbers(x: str) -> bool:
    """the input has one "+"."""
    return x.count("+") == 1


@model(digits_of_sum, "683+345", 4, two_numbers)
def addition(max_len: int = 41) -> Transformer:
    """The digits of the sum of two numbers, at the right end; zeros before them.

    Exact: for every two numbers of up to `max_len` characters with the "+" between them, to 500 in any float32
    arithmetic.
    Proved: by every input of up to 4 characters, and with `max_len=5` of 5.
    Source: ours, in three layers: align; the sum of each column; the carry from the nearest column that is not 9.
    Cost: 3 layers, 4 heads, 8 neurons, 2 position directions.

    >>> addition()("683+345")
    [0, 0, 0, 1, 0, 2, 8]
    """
    net = Net("0123456789+", max_len)
    one, (i, square) = net.one, net.indices()
    digit = net.token({str(d): d for d in range(10)}, "digit")
    length = net.head(sink_sum(Score(), one), one, "length")
    split = net.head(pick(key_bit(net.bit("+"), one), one), i, "split")
    second = net.neurons(gate(i - split, 0, 1, digit, one, least=0, greatest=9), "digit of the second")
    first = net.head(lookup_quadratic(i - length + split, i, square, one), digit, "digit of the first")
    column = first + second
    nine = net.neurons(function(column, [(k, k == 9) for k in range(19)], one), "nine")
    full = net.neurons(threshold(column, 9, 10, one), "ten or more")
    # The leftmost column after this that is not nine; BOS, no carry, below all of them and above the nines.
    score = key_bit(one - nine, one, 48.0 * (max_len + 2)) + leftmost(i, one)
    source = Pattern(score.pairs, -24.0 * (max_len + 1) * one, variant=Variant(sees="after"), recipe="nearest")
    carry = net.head(source, full, "carry")
    over = net.neurons(threshold(column + carry, 9, 10, one), "over")
    return net.model(column + carry - 10 * over, whole=True, program="addition")
