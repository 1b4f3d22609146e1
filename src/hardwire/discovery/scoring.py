"""The scores of a model's edges by one method, and how well they find the edges that are known."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import InputError, UnknownNameError
from ..model.circuit_json import described
from ..model.transformer import Transformer
from .graph import EdgeGraph, edge_graph
from .methods import METHODS, THRESHOLD, Contrast, contrast
from .patching import EdgePatching

PAIRS = 16
"""How many clean inputs there are, each with a corrupted one."""


@dataclass(frozen=True)
class EdgeScores:
    """The score of each edge of `graph` by a method, which took so many seconds."""

    method: str
    graph: EdgeGraph
    scores: Sequence[float]
    seconds: float

    @property
    def roc_auc(self) -> float:
        """The probability that a known edge has a greater score than another pair of parts; ties count half."""
        pairs = sorted(zip(self.scores, self.graph.known, strict=True))
        total, i = 0.0, 0
        while i < len(pairs):
            j = i
            while j < len(pairs) and pairs[j][0] == pairs[i][0]:
                j += 1
            total += sum(known for _, known in pairs[i:j]) * (i + j + 1) / 2
            i = j
        yes = sum(self.graph.known)
        no = len(pairs) - yes
        rank = total - yes * (yes + 1) / 2
        return rank / (yes * no) if yes and no else 1.0

    def counts(self, threshold: float = THRESHOLD) -> tuple[int, int, int]:
        """(known edges with a score of at least this, all edges with one, known edges)."""
        found = [known for x, known in zip(self.scores, self.graph.known, strict=True) if x >= threshold]
        return sum(found), len(found), sum(self.graph.known)

    def precision_recall(self, threshold: float = THRESHOLD) -> tuple[float, float]:
        """(the share of the edges found that are known, the share of the known edges that are found)."""
        right, found, known = self.counts(threshold)
        return (right / found if found else 1.0), (right / known if known else 1.0)

    def f1(self, threshold: float = THRESHOLD) -> float:
        """The harmonic mean of precision and recall."""
        precision, recall = self.precision_recall(threshold)
        return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def edge_scores(
    model: Transformer,
    method: str,
    *,
    circuit: Any = None,
    inputs: Sequence[Sequence[Any]] | None = None,
    pairs: int = PAIRS,
    seed: int = 0,
) -> EdgeScores:
    """Score all edges of a model by a method of `METHODS`.

    `circuit` are the parts of the model, by default its own; `inputs` are those to draw from, by default random ones of
    at most max_len tokens. Raises UnknownNameError, InputError for too few inputs, and MissingExtraError without
    PyTorch.

    >>> import hardwire as hw
    >>> model = hw.compile(hw.programs.flip(), "abc", 6)
    >>> hw.discovery.edge_scores(model, "activation patching").f1()    # doctest: +SKIP
    1.0
    """
    if method not in METHODS:
        raise UnknownNameError("method", method, METHODS)
    runs = prepared(model, circuit=circuit, inputs=inputs, pairs=pairs, seed=seed)
    return scored(runs, method)


def scored(runs: Contrast, method: str) -> EdgeScores:
    """The same for runs that were prepared."""
    start = time.perf_counter()
    found = METHODS[method](runs)
    return EdgeScores(method, runs.patching.graph, found, time.perf_counter() - start)


def prepared(
    model: Transformer,
    *,
    circuit: Any = None,
    inputs: Sequence[Sequence[Any]] | None = None,
    pairs: int = PAIRS,
    seed: int = 0,
) -> Contrast:
    """The clean and the corrupted runs of a model. Raises InputError."""
    graph = edge_graph(described(model) if circuit is None else circuit)
    clean, other = _drawn(model, inputs, pairs, random.Random(seed))
    return contrast(EdgePatching(model, graph), clean, other, seed)


def _drawn(
    model: Transformer, inputs: Sequence[Sequence[Any]] | None, pairs: int, rng: random.Random
) -> tuple[list[list[Any]], list[list[Any]]]:
    """(clean inputs of one length, corrupted ones of the greatest length), which is greater where it can be."""
    if inputs is None:
        long = model.max_len or 8
        short = max(1, long - 2)
        return tuple([rng.choices(model.vocab, k=n) for _ in range(pairs)] for n in (short, long))  # type: ignore[return-value]
    by_length: dict[int, list[list[Any]]] = {}
    for x in inputs:
        by_length.setdefault(len(x), []).append(list(x))
    if not by_length:
        raise InputError("edges are scored on at least one input", value=inputs)
    long = max(by_length)
    short = max((n for n in by_length if n < long), key=lambda n: (len(by_length[n]) > 2, n), default=long)
    return [rng.choice(by_length[short]) for _ in range(pairs)], [rng.choice(by_length[long]) for _ in range(pairs)]
