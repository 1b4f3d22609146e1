"""Four methods of circuit discovery: each gives every edge a score, the effect of patching it.

A `Comparison` of a clean and a corrupted run says how far logits have moved from the one to the other.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .patching import EdgePatching

if TYPE_CHECKING:
    from torch import Tensor

TOGETHER = 48
"""How many patchings are run together."""
POINTS = 5
"""The points of the line along which gradients are integrated."""
THRESHOLD = 0.01
"""An edge with a smaller effect is removed, or not counted as found: a hundredth of the way to the corrupted run."""


@dataclass(frozen=True, eq=False)
class Contrast:
    """Clean inputs of one length, and what every part wrote in the corrupted run: on other inputs, of at least as many
    tokens, whose positions are permuted."""

    patching: EdgePatching
    ids: Tensor
    corrupted: dict[str, Tensor]
    clean_logits: Tensor
    corrupted_logits: Tensor

    @property
    def edges(self) -> int:
        return len(self.patching.graph.edges)

    def logits(self, weights: Tensor) -> Tensor:
        """The logits with edges patched (`EdgePatching.run`)."""
        return self.patching.run(self.ids, other=self.corrupted, weights=weights)[0]

    def distance(self, logits: Tensor) -> Tensor:
        """How far logits are from the clean ones, in units of the distance of the corrupted run, for each patching:
        the mean over positions at which the two runs differ."""
        gap = (self.corrupted_logits - self.clean_logits).norm(dim=-1)
        moved = (logits - self.clean_logits).norm(dim=-1)
        some = gap > 1e-6
        share = (moved / gap.clamp(min=1e-6)).clamp(max=1.0) * some
        return share.flatten(1).sum(dim=1) / some.sum().clamp(min=1)

    def progress(self, logits: Tensor) -> Tensor:
        """How far logits are along the line from the clean to the corrupted ones, (patchings, inputs): linear in
        them."""
        line = self.corrupted_logits - self.clean_logits
        square = line.square().sum(dim=-1)
        along = ((logits - self.clean_logits) * line).sum(dim=-1) / square.clamp(min=1e-12) * (square > 1e-12)
        return along.sum(dim=-1) / (square > 1e-12).sum(dim=-1).clamp(min=1)


def contrast(
    patching: EdgePatching, clean: Sequence[Sequence[Any]], other: Sequence[Sequence[Any]], seed: int
) -> Contrast:
    """Run both. clean: inputs of one length; other: as many of one length that is not smaller."""
    torch = patching.torch
    with torch.no_grad():
        ids, far = patching.ids(clean), patching.ids(other)
        order = list(range(1, far.shape[1]))
        random.Random(seed).shuffle(order)
        _, wrote = patching.run(far, places=torch.tensor([0, *order]))
        logits, _ = patching.run(ids)
        every = torch.ones(1, 1, len(patching.graph.edges), dtype=torch.float64)
        corrupted, _ = patching.run(ids, other=wrote, weights=every)
    return Contrast(patching, ids, wrote, logits, corrupted)


def activation_patching(c: Contrast) -> list[float]:
    """The distance of the answer after patching each edge alone (Wang et al., 2023, path patching of single edges)."""
    torch = c.patching.torch
    found: list[float] = []
    with torch.no_grad():
        for some in torch.arange(c.edges).split(TOGETHER):
            weights = torch.zeros(len(some), 1, c.edges, dtype=torch.float64)
            weights[torch.arange(len(some)), 0, some] = 1.0
            found += c.distance(c.logits(weights)).tolist()
    return found


def attribution_patching(c: Contrast) -> list[float]:
    """The same to first order: the gradient at the clean run (Syed et al., 2023, edge attribution patching)."""
    return _gradients(c, (0.0,))


def integrated_gradients(c: Contrast) -> list[float]:
    """The gradient integrated while all edges are patched together (Hanna et al., 2024; Sundararajan et al., 2017)."""
    return _gradients(c, [(i + 0.5) / POINTS for i in range(POINTS)])


def _gradients(c: Contrast, points: Iterable[float]) -> list[float]:
    """The mean over inputs of the size of the mean gradient at some points of the line."""
    torch = c.patching.torch
    total, count = torch.zeros(len(c.ids), c.edges, dtype=torch.float64), 0
    for x in points:
        weights = torch.full((1, len(c.ids), c.edges), x, dtype=torch.float64, requires_grad=True)
        [gradient] = torch.autograd.grad(c.progress(c.logits(weights)).sum(), [weights])
        total, count = total + gradient[0], count + 1
    found: list[float] = (total / count).abs().mean(dim=0).tolist()
    return found


def edge_search(c: Contrast) -> list[float]:
    """Remove edges as long as the answer moves by less than THRESHOLD (Conmy et al., 2023, ACDC): from the output back,
    the edges into one input at a time. The score is how far the answer moves when an edge is tried.

    Those into one input are tried in one batch, and removed together if that moves the answer by less than THRESHOLD
    too, otherwise one by one.
    """
    torch = c.patching.torch
    removed, scores = torch.zeros(c.edges, dtype=torch.float64), [0.0] * c.edges
    now = 0.0

    def tried(sets: Sequence[Sequence[int]]) -> list[float]:
        found: list[float] = []
        for i in range(0, len(sets), TOGETHER):
            some = sets[i : i + TOGETHER]
            weights = removed.repeat(len(some), 1, 1)
            for row, edges in enumerate(some):
                weights[row, 0, list(edges)] = 1.0
            found += c.distance(c.logits(weights)).tolist()
        return found

    with torch.no_grad():
        for places in reversed(list(c.patching.into.values())):
            edges = [i for i, _ in places]
            for i, distance in zip(edges, tried([[i] for i in edges]), strict=True):
                scores[i] = max(0.0, distance - now)
            small = sorted((i for i in edges if scores[i] < THRESHOLD), key=lambda i: scores[i])
            together = tried([small])[0] if small else now
            if together - now < THRESHOLD:
                removed[small] = 1.0
                now = max(now, together)
                continue
            for i in small:
                distance = tried([[i]])[0]
                scores[i] = max(0.0, distance - now)
                if scores[i] < THRESHOLD:
                    removed[i], now = 1.0, max(now, distance)
    return scores


METHODS: dict[str, Callable[[Contrast], list[float]]] = {
    "activation patching": activation_patching,
    "attribution patching": attribution_patching,
    "integrated gradients": integrated_gradients,
    "edge search": edge_search,
}
"""The methods by name."""
