"""Encodings of Booleans, categories and whole numbers in directions: tables to embed, and forms that read them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from ..numeric.floats import FLOAT32, FloatFormat
from .form import Floats, Form, combine
from .registry import recipe
from .rounding import exact


@recipe("representation", exact)
def bits(values: Sequence[bool]) -> Floats:
    """Booleans as 0 and 1.

    Formula: false 0, true 1.
    Shapes: (values,), one direction.
    Ranges: read by a step, with noise below 1/4.
    Bound: 0.
    Source: Cookbook 3.1.
    Cost: 1 direction.

    >>> bits([False, True]).tolist()
    [0.0, 1.0]
    """
    return np.asarray(values, np.float64)


@recipe("representation", exact)
def signs(values: Sequence[bool]) -> Floats:
    """Booleans as -1 and 1.

    Formula: false -1, true 1.
    Shapes: (values,), one direction.
    Ranges: its size is the same for both, so norms leave it in place; a mean of signs is the difference of counts.
    Bound: 0.
    Source: Cookbook 3.1.
    Cost: 1 direction.

    >>> signs([False, True]).tolist()
    [-1.0, 1.0]
    """
    return 2 * np.asarray(values, np.float64) - 1


@recipe("representation", exact)
def mirrored_signs(values: Sequence[bool]) -> Floats:
    """Booleans as (1, -1) and (-1, 1): mean 0 and norm sqrt(2), so that layer norm changes nothing.

    Formula: false (1, -1), true (-1, 1).
    Shapes: (2, values).
    Ranges: with eps 0 and d_model 2, layer norm is the identity on it.
    Bound: 0.
    Source: Cookbook 3.1, 6.3.
    Cost: 2 directions.

    >>> mirrored_signs([False, True]).tolist()
    [[1.0, -1.0], [-1.0, 1.0]]
    """
    s = signs(values)
    return np.stack([-s, s])


@recipe("representation", exact)
def one_hot(count: int) -> Floats:
    """Categories, or positions, each a direction of its own, as a learned table can always express.

    Formula: e_k.
    Shapes: (count, count): row k is direction k.
    Ranges: any function of the category is then a form, so free.
    Bound: 0.
    Source: Cookbook 3.2, 5.3.1.
    Cost: `count` directions.

    >>> one_hot(3).tolist()
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    return np.eye(count)


@recipe("representation", exact)
def thermometer(count: int) -> Floats:
    """Whole numbers 0 .. count - 1, or positions, by the thresholds they reach, whose sums are order and distance.

    Formula: [v >= k] for k = 1 .. count - 1.
    Shapes: (count - 1, count).
    Ranges: one-hot codes, the number and its square are forms of it.
    Bound: 0.
    Source: ours.
    Cost: count - 1 directions.

    >>> thermometer(3).tolist()
    [[0.0, 1.0, 1.0], [0.0, 0.0, 1.0]]
    """
    return (np.arange(count) >= np.arange(1, count)[:, None]).astype(float)


@recipe("representation", exact)
def digits(count: int, base: int) -> Floats:
    """Whole numbers 0 .. count - 1 by their digits, the lowest first.

    Formula: floor(v / base^k) mod base.
    Shapes: (levels, count).
    Ranges: exact; each digit is small, so that sums and products of it stay exact where those of v do not.
    Bound: 0.
    Source: ours.
    Cost: log(count) directions.

    >>> digits(6, 2).tolist()
    [[0.0, 1.0, 0.0, 1.0, 0.0, 1.0], [0.0, 0.0, 1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0, 1.0, 1.0]]
    """
    rows: list[Floats] = []
    v = np.arange(count)
    while not rows or v.any():
        rows.append((v % base).astype(float))
        v = v // base
    return np.stack(rows)


def readout_bound(largest: float, noise: float, terms: int = 3, fmt: FloatFormat = FLOAT32) -> float:
    """The noise with which `nearest_value` is still right, less what rounding takes of it; negative: out of range."""
    return 0.5 - noise - 2 * fmt.gamma(terms + 1) * (largest * largest + largest)


@recipe("representation", readout_bound, name="nearest_value")
def nearest_value(number: Form, values: Sequence[float], one: Form) -> list[Form]:
    """Logits by which the nearest of some numbers wins: a whole number is read without neurons.

    Formula: 2 v s - v^2, which is s^2 - (s - v)^2 less what all have in common; here less that of the middle value too.
    Shapes: a number to one logit a value.
    Ranges: values at least 1 apart, s within 1/2 of one of them.
    Bound: right while noise + 2 gamma(4) (v^2 + |v|) is below 1/2: v to 2,000 in float32, farther if centred.
    Source: ours; the logit is affine in s, so that the unembedding computes it.
    Cost: one column of the unembedding a value.

    >>> s, one = wires("s one")
    >>> logits = nearest_value(s, [0, 1, 2], one)
    >>> int(np.argmax([f(s=1.4) for f in logits]))
    1
    """
    return nearest_run(number, [(v, v) for v in values], one)


def nearest_run(number: Form, runs: Sequence[tuple[float, float]], one: Form) -> list[Form]:
    """Logits of which that of the run (first, last) that a number is in, or nearest to, is the greatest.

    Each is a line, steeper by twice the distance where the next run begins, so that lines cross in the middle of the
    gaps between runs. They are centred, number and lines, so that logits stay small.
    """
    centre = (runs[0][0] + runs[-1][1]) / 2
    lines, slope, level = [(0.0, 0.0)], 0.0, 0.0
    for (_, end), (begin, _) in itertools.pairwise(runs):
        rise = 2.0 * (begin - end)
        slope += rise
        level -= rise * ((end + begin) / 2 - centre)
        lines.append((slope, level))
    middle, centred = lines[len(lines) // 2], number - centre * one
    return [combine((m - middle[0], centred), (c - middle[1], one)) for m, c in lines]
