"""Piecewise linear functions of several numbers, by layers of minima and maxima."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..constructions.form import Form, combine
from ..constructions.registry import recipe
from ..constructions.rounding import exact
from ..errors import BuildError
from ..numeric.floats import FLOAT32, FloatFormat
from .arithmetic import maximum, minimum

if TYPE_CHECKING:
    from .net import Net

Affine = Sequence[float]
"""The coefficients of an affine function, the constant last."""


def levels(pieces: int) -> int:
    """The number of layers in which the least or greatest of so many numbers is found."""
    return max(pieces - 1, 0).bit_length()


def several_bound(
    largest: float, terms: int, layers: int, noise: float = 0.0, slope: float = 1.0, fmt: FloatFormat = FLOAT32
) -> float:
    """The error of a piecewise linear function of `terms` numbers: each piece is at most `largest` in size, as the sum
    of the sizes of its terms; the slope of a piece is the sum of the sizes of its coefficients.

    Minima and maxima do not magnify errors. Each layer adds a number up to twice the largest to a sum, and every later
    layer sums all of these again, twice.
    """
    size = largest * (1 + 2 * layers)
    return slope * noise + (layers + 1) * 4 * fmt.gamma(2 * (terms + layers) + 4) * size


@recipe("feedforward", several_bound)
def piecewise_linear_several(
    net: Net, inputs: Sequence[Form], groups: Sequence[Sequence[Affine]], name: str = "piecewise"
) -> Form:
    """Any continuous piecewise linear function of several numbers, as the greatest of least affine functions.

    Formula: max over groups of min over the group of a . x + c; `lattice` finds the groups of a function that is given
        by its pieces. Pairs are compared in a tree, each pair by one neuron: min(a, b) = a - relu(a - b).
    Shapes: d numbers to a number; groups of rows of d + 1 coefficients, the constant last.
    Ranges: any numbers.
    Bound: s e for inputs known to e and coefficients of sizes that sum to at most s in each row; and rounding, which
        several_bound gives.
    Source: Cookbook 4.1, after Arora et al. 2018 (arXiv:1611.01491, Theorem 2.1); the lattice is that of Tarela and
        Martinez 1999.
    Cost: ceil(log2 of the largest group) + ceil(log2 of the number of groups) layers, and a neuron less than there are
        rows.

    >>> from hardwire.recipes import Net
    >>> net = Net("abc", 4)
    >>> x, y = net.token({"a": 1, "b": -2, "c": 3}, "x"), net.token({"a": 4, "b": 5, "c": 2}, "y")
    >>> least = piecewise_linear_several(net, [x, y], [[(1, 0, 0), (0, 1, 0)], [(0, 0, 0)]])  # max(min(x, y), 0)
    >>> model = net.model(least, whole=True)
    >>> model("abc"), model.depth
    ([1, 0, 2], 2)
    """
    if not groups or not all(groups) or any(len(row) != len(inputs) + 1 for group in groups for row in group):
        raise BuildError(f"each group has one or more rows of {len(inputs)} coefficients and a constant")
    forms = [[combine(*zip(map(float, row), (*inputs, net.one), strict=True)) for row in group] for group in groups]
    least = [_tree(net, some, f"{name} min {i}", greatest=False) for i, some in enumerate(forms)]
    return _tree(net, least, f"{name} max", greatest=True)


def _tree(net: Net, forms: Sequence[Form], name: str, *, greatest: bool) -> Form:
    """The least or greatest of forms, by a layer for each halving."""
    level = 0
    while len(forms) > 1:
        level += 1
        pairs = zip(forms[::2], forms[1::2], strict=False)
        found = []
        for i, (a, b) in enumerate(pairs):
            piece = maximum(a, b) if greatest else minimum(a, b)
            found.append(net.neurons(piece, f"{name} {level}.{i}"))
        forms = [*found, *forms[len(forms) - len(forms) % 2 :]]
    return forms[0]


@recipe("feedforward", exact)
def lattice(pieces: Sequence[Affine], regions: Sequence[Sequence[Sequence[float]]]) -> list[list[Affine]]:
    """The groups of `piecewise_linear_several` for a function that is given by its pieces.

    Formula: for each region i the pieces j that are nowhere below piece i in it.
    Shapes: k rows of d + 1 coefficients, and for each the corners of its region, (corners, d); to k groups of rows.
    Ranges: a continuous function on a convex set, which the regions divide, each the convex hull of its corners and
        bounded; beyond the set some continuation.
    Bound: 0: the function is the greatest over i of the least of group i, at every point of the set.
    Source: ours for Cookbook 4.1; Tarela and Martinez 1999, Ovchinnikov 2002 (arXiv:math/0009026).
    Cost: as many groups as pieces.

    >>> lattice([(-1, 0), (1, 0)], [[[-5], [0]], [[0], [5]]])  # |x| from -5 to 5
    [[(-1, 0)], [(1, 0)]]
    """
    table = np.array([tuple(p) for p in pieces], np.float64)
    groups = []
    for i, corners in enumerate(regions):
        points = np.hstack([np.asarray(corners, np.float64), np.ones((len(corners), 1))])
        values = table @ points.T  # (pieces, corners)
        tolerance = 1e-9 * (1 + np.abs(values).max())
        above = (values >= values[i] - tolerance).all(axis=1)
        groups.append([p for p, fits in zip(pieces, above, strict=True) if fits])
    return groups
