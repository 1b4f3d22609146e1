"""Putting parts together: blocks in series and side by side, models side by side, layers for heads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from ..constructions.form import Form, total
from ..constructions.registry import recipe
from ..constructions.rounding import exact
from ..errors import ModelError
from ..model.circuit import Circuit
from ..model.moved import weights_in_basis
from ..model.transformer import Transformer
from ..model.weights import Floats, Layer
from .net import Net

Block = Callable[..., Sequence[Form]]
"""A function of a net and some forms that wires heads and neurons into the net and gives forms."""


@recipe("assembly", exact)
def route(weights: npt.ArrayLike, forms: Sequence[Form]) -> list[Form]:
    """Forms mixed by a matrix: duplicated, dropped, reordered, added.

    Formula: y = W x. Whatever reads y takes W into its own weights.
    Shapes: (outputs, inputs) and inputs to outputs.
    Ranges: any matrix.
    Bound: 0: nothing is computed.
    Source: Cookbook Lemma 8.1.
    Cost: nothing.

    >>> x, y = wires("x y")
    >>> [str(f) for f in route([[0, 1], [1, 1]], [x, y])]
    ['y', 'x + y']
    """
    return [total(float(w) * f for w, f in zip(row, forms, strict=True)) for row in np.asarray(weights, np.float64)]


@recipe("assembly", exact)
def serial(*blocks: Block) -> Block:
    """Blocks one after another: each reads the output of the one before.

    Formula: (g o f)(x) = g(f(x)).
    Shapes: those of the first block's inputs and the last one's outputs.
    Ranges: what each block asks of its inputs, the one before must promise.
    Bound: the later blocks' bounds, with the earlier ones' as noise.
    Source: Cookbook Lemma 8.2.
    Cost: the layers add up, less those in which the next block finds room.

    >>> from hardwire.recipes import Net, predecessor_hard
    >>> back = lambda net, x: [net.head(predecessor_hard(net.one), x, "before")]
    >>> net = Net("123", 9)
    >>> (two,) = serial(back, back)(net, net.token(int))
    >>> model = net.model(two, whole=True)
    >>> model("1231"), model.depth
    ([0, 0, 1, 2], 2)
    """

    def block(net: Net, *forms: Form) -> Sequence[Form]:
        found: Sequence[Form] = forms
        for b in blocks:
            found = b(net, *found)
        return found

    return block


@recipe("assembly", exact)
def parallel(*blocks: Block) -> Block:
    """Blocks side by side: all read the same forms, and give theirs one after another.

    Formula: (f, g)(x) = (f(x), g(x)).
    Shapes: the inputs of one, the outputs of all.
    Ranges: those of each.
    Bound: each block's own: neither touches a direction of the other.
    Source: Cookbook Lemma 8.3, by Lemma 8.1.
    Cost: the depth of the deepest; heads, neurons and directions add up, and equal heads are shared.

    >>> from hardwire.recipes import Net, predecessor_hard, uniform
    >>> back = lambda net, x: [net.head(predecessor_hard(net.one), x, "before")]
    >>> mean = lambda net, x: [net.head(uniform(net.one), x, "mean")]
    >>> net = Net("123", 9)
    >>> a, b = parallel(back, mean)(net, net.token(int))
    >>> model = net.model(a + b)
    >>> [round(x, 3) for x in model("123")], model.depth
    ([2.0, 3.0, 4.0], 1)
    """

    def block(net: Net, *forms: Form) -> Sequence[Form]:
        return [f for b in blocks for f in b(net, *forms)]

    return block


@recipe("assembly", exact)
def beside(a: Transformer, b: Transformer) -> Transformer:
    """Two models as one, whose answers are pairs.

    Formula: the direct sum of both streams; the logit of (x, y) is that of x plus that of y.
    Shapes: d_model, heads and neurons add up, answers multiply.
    Ranges: plain models over one vocabulary, with the same mask, dtype and max_len, each with a list of answers.
    Bound: 0: each sum has zeros for the products of the other model, which add exactly.
    Source: Cookbook Lemma 8.3.
    Cost: the deeper one's layers; the sum of the rest.

    >>> from hardwire.recipes import models
    >>> both = beside(models.parity(max_len=6), models.mod(3, max_len=6))
    >>> both("110")
    [(1, 1), (0, 2), (0, 2)]
    """
    for what in ("vocab", "causal", "max_len", "dtype"):
        if getattr(a, what) != getattr(b, what):
            raise ModelError(f"two models side by side have one {what}, not {getattr(a, what)} and {getattr(b, what)}")
    if a.outputs is None or b.outputs is None or not (a.plain and b.plain):
        raise ModelError("models side by side are plain, and each has a list of outputs")
    left, right = _widened(a, 0, b.d_model), _widened(b, a.d_model, 0)
    layers = []
    for k in range(max(a.depth, b.depth)):
        parts = [m.layers[k] for m in (left, right) if k < m.depth]
        layers.append(
            Layer(
                tuple(h for part in parts for h in part.heads),
                np.hstack([part.w_in for part in parts]),
                np.concatenate([part.b_in for part in parts]),
                np.vstack([part.w_out for part in parts]),
            )
        )
    pairs = tuple((x, y) for x in a.outputs for y in b.outputs)
    unembed = np.repeat(left.unembed, len(b.outputs), axis=1) + np.tile(right.unembed, (1, len(a.outputs)))
    tables = [m.positions for m in (left, right) if m.positions is not None]
    positions = sum(tables[1:], start=tables[0]) if tables else None
    embed = left.embed + right.embed
    return Transformer(
        a.vocab,
        a.max_len,
        causal=a.causal,
        embed=embed,
        positions=positions,
        layers=tuple(layers),
        unembed=unembed,
        outputs=pairs,
        dtype=a.dtype,
        circuit=Circuit(),
    )


def _widened(model: Transformer, before: int, after: int) -> Transformer:
    """The weights of a model between other coordinates, which they neither read nor write."""

    def read(w: Floats) -> Floats:
        return np.vstack([np.zeros((before, w.shape[1])), w, np.zeros((after, w.shape[1]))])

    return weights_in_basis(model, read, lambda w: read(w.T).T)


@recipe("assembly", exact)
def layers_for_heads(model: Transformer) -> Transformer:
    """The same model with at most one head in each layer.

    Formula: a layer of H heads becomes H layers of one head; the last of them has the neurons. Where a later head
    reads what an earlier one of its layer writes, the writing goes to directions of their own, which everything
    after the layer reads as part of the old ones.
    Shapes: d_model grows by itself for each layer in which heads read each other's directions; by 0 where every
    direction is written once, as in all that is compiled or made by `Net`.
    Ranges: a model without norms.
    Bound: 0 where d_model does not grow; else the rounding of one more term in each sum.
    Source: Cookbook 5.5.
    Cost: as many layers as there are heads (and layers without any).

    >>> import hardwire as hw
    >>> model = hw.compile(hw.programs.sort(), vocab=range(4), max_len=4)
    >>> split = layers_for_heads(model)
    >>> split([3, 1, 2, 0]) == [0, 1, 2, 3], max(len(layer.heads) for layer in split.layers)
    (True, 1)
    """
    if model.final_norm is not None or any(layer.norms for layer in model.layers):
        raise ModelError("heads are spread over layers in a model without norms")
    mixed = [k for k, layer in enumerate(model.layers) if _read_each_other(layer)]
    copies = 1 + len(mixed)
    d, width = model.d_model, model.d_model * copies

    def read(w: Floats, upto: int) -> Floats:
        """Weights that read the old directions as the sum of themselves and their first `upto` copies."""
        return np.vstack([w] * (1 + upto) + [np.zeros_like(w)] * (copies - 1 - upto))

    def write(w: Floats, into: int = 0) -> Floats:
        out = np.zeros((len(w), width))
        out[:, into * d : (into + 1) * d] = w
        return out

    layers = []
    done = 0
    for k, layer in enumerate(model.layers):
        into = 1 + mixed.index(k) if k in mixed else 0
        heads = [
            replace(h, w_q=read(h.w_q, done), w_k=read(h.w_k, done), w_v=read(h.w_v, done), w_o=write(h.w_o, into))
            for h in layer.heads
        ]
        done = max(done, into)
        none = Layer((), np.zeros((width, 0)), np.zeros(0), np.zeros((0, width)))
        layers += [replace(none, heads=(h,)) for h in heads[:-1]]
        gate = None if layer.w_gate is None else read(layer.w_gate, done)
        neurons = replace(layer, heads=(), w_in=read(layer.w_in, done), w_out=write(layer.w_out), w_gate=gate)
        layers.append(replace(neurons, heads=tuple(heads[-1:])))
    return replace(
        model,
        embed=write(model.embed),
        positions=None if model.positions is None else write(model.positions),
        layers=tuple(layers),
        unembed=read(model.unembed, done),
        circuit=Circuit(),
        certificate=None,
    )


def _read_each_other(layer: Layer) -> bool:
    """Whether a head reads a direction that an earlier head of its layer writes."""
    written = np.zeros(len(layer.w_in), bool)
    for h in layer.heads:
        seen = np.abs(np.hstack([h.w_q, h.w_k, h.w_v])).sum(axis=1) > 0
        if (seen & written).any():
            return True
        written |= np.abs(h.w_o).sum(axis=0) > 0
    return False
