"""Strains: weights that leave a model the same in real numbers, and cost it digits, by an amount. A proof must refuse
a model before any machine answers wrongly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from hardwire.model import Circuit, Head, Layer, Transformer
from hardwire.model.slots import Slot

Floats = Any
Strain = Callable[[Transformer, float, np.random.Generator], Transformer]
"""A model, an amount above 0, and what is drawn, to the strained model. The same draws with another amount strain the
same weights."""


def of_kind(model: Transformer, code: str) -> int:
    """The coordinate of this encoding."""
    return next(d.index for d in model.circuit.directions if d.code == code)


def a_head(model: Transformer, rng: np.random.Generator) -> tuple[int, int]:
    """A layer and a head in it."""
    places = [(k, i) for k, layer in enumerate(model.layers) for i in range(len(layer.heads))]
    return places[rng.integers(len(places))]


def with_layer(model: Transformer, k: int, layer: Layer) -> Transformer:
    return replace(model, layers=(*model.layers[:k], layer, *model.layers[k + 1 :]))


def with_head(model: Transformer, at: tuple[int, int], **weights: Floats) -> Transformer:
    k, i = at
    layer = model.layers[k]
    heads = (*layer.heads[:i], replace(layer.heads[i], **weights), *layer.heads[i + 1 :])
    return with_layer(model, k, replace(layer, heads=heads))


def wide(w: Floats, columns: int = 0, rows: int = 0) -> Floats:
    return np.pad(np.array(w, np.float64), [(0, rows), (0, columns)])


def written(model: Transformer, rng: np.random.Generator, head: Head) -> int:
    """A coordinate that a head writes."""
    return int(rng.choice(np.flatnonzero(np.any(head.w_o != 0, axis=0))))


def equal_outputs(model: Transformer, amount: float, rng: np.random.Generator) -> Transformer:
    """Two more outputs of a head, equal at every key, of which one is added and the other subtracted."""
    at = a_head(model, rng)
    head = model.layers[at[0]].heads[at[1]]
    c, scale = written(model, rng, head), float(np.abs(head.w_o).max())
    w_v, w_o = wide(head.w_v, 2), wide(head.w_o, rows=2)
    some = rng.choice(np.flatnonzero(model.embed[1:].any(axis=0)))
    w_v[some, -2:], w_o[-2, c], w_o[-1, c] = amount * 1.37, scale, -scale
    return with_head(model, at, w_v=w_v, w_o=w_o)


def lower_scores(model: Transformer, amount: float, rng: np.random.Generator) -> Transformer:
    """All scores of tokens nearer to each other: keys that had next to no weight have some."""
    at = a_head(model, rng)
    head = model.layers[at[0]].heads[at[1]]
    w_q = np.array(head.w_q, np.float64)
    w_q[np.arange(len(w_q)) != of_kind(model, "bos")] *= 1 / (1 + amount)
    return with_head(model, at, w_q=w_q)


def lower_scores_and_equal_outputs(model: Transformer, amount: float, rng: np.random.Generator) -> Transformer:
    """Both, for one head."""
    at = a_head(model, rng)
    factor = float(rng.choice([0.3, 0.45, 0.6]))
    head = model.layers[at[0]].heads[at[1]]
    w_q = np.array(head.w_q, np.float64)
    w_q[np.arange(len(w_q)) != of_kind(model, "bos")] *= factor
    c, scale = written(model, rng, head), float(np.abs(head.w_o).max())
    w_v, w_o = wide(head.w_v, 2), wide(head.w_o, rows=2)
    w_v[of_kind(model, "constant"), -2:], w_o[-2, c], w_o[-1, c] = amount * 1.37, scale, -scale
    return with_head(model, at, w_q=w_q, w_v=w_v, w_o=w_o)


def raised_scores(model: Transformer, amount: float, rng: np.random.Generator) -> Transformer:
    """One large number in the scores of all keys, BOS too."""
    at = a_head(model, rng)
    head = model.layers[at[0]].heads[at[1]]
    w_q, w_k = wide(head.w_q, 1), wide(head.w_k, 1)
    w_q[of_kind(model, "constant"), -1] = amount * 1.37
    w_k[[of_kind(model, "constant"), of_kind(model, "bos")], -1] = 1
    return with_head(model, at, w_q=w_q, w_k=w_k)


def scores_that_cancel(model: Transformer, amount: float, rng: np.random.Generator) -> Transformer:
    """Two more dimensions whose products cancel for every key."""
    at = a_head(model, rng)
    head = model.layers[at[0]].heads[at[1]]
    w_q, w_k = wide(head.w_q, 2), wide(head.w_k, 2)
    some = rng.choice(np.flatnonzero(model.embed[1:].any(axis=0)))
    w_q[of_kind(model, "constant"), -2:] = amount * 1.37, -amount * 1.37
    w_k[some, -2:] = 1
    return with_head(model, at, w_q=w_q, w_k=w_k)


def queries_that_cancel(model: Transformer, amount: float, rng: np.random.Generator) -> Transformer:
    """A query that is what is left of large numbers, at keys of one kind."""
    coordinates = model.d_model
    model = more_coordinates(model, 3)
    at = a_head(model, rng)
    head = model.layers[at[0]].heads[at[1]]
    w_q, w_k, embed = wide(head.w_q, 1), wide(head.w_k, 1), np.array(model.embed, np.float64)
    embed[1:, coordinates:] = 1
    w_q[coordinates:, -1] = amount, -amount, 1.0
    w_q[of_kind(model, "constant"), -1] -= 1
    w_k[rng.choice(np.flatnonzero(model.embed[1:].any(axis=0))), -1] = 1
    return with_head(replace(model, embed=embed), at, w_q=w_q, w_k=w_k)


def keys_that_cancel(model: Transformer, amount: float, rng: np.random.Generator) -> Transformer:
    """A key that is what is left of large numbers."""
    coordinates = model.d_model
    model = more_coordinates(model, 3)
    at = a_head(model, rng)
    head = model.layers[at[0]].heads[at[1]]
    w_q, w_k, embed = wide(head.w_q, 1), wide(head.w_k, 1), np.array(model.embed, np.float64)
    embed[1:, coordinates:] = 1
    w_k[coordinates:, -1] = amount, -amount, 1.0
    w_k[of_kind(model, "constant"), -1] -= 1
    w_q[of_kind(model, "constant"), -1] = float(rng.choice([0.25, 1, 4]))
    return with_head(replace(model, embed=embed), at, w_q=w_q, w_k=w_k)


def hidden(model: Transformer, amount: float, rng: np.random.Generator) -> Transformer:
    """A number in a coordinate of every token, subtracted wherever it is read."""
    c, one = int(rng.integers(model.d_model)), of_kind(model, "constant")
    size = amount * 1.37

    def read(w: Floats) -> Floats:
        w = np.array(w, np.float64)
        w[one] -= size * w[c]
        return w

    embed = np.array(model.embed, np.float64)
    embed[1:, c] += size
    layers = tuple(
        replace(
            layer,
            heads=tuple(replace(h, w_q=read(h.w_q), w_k=read(h.w_k), w_v=read(h.w_v)) for h in layer.heads),
            w_in=read(layer.w_in),
        )
        for layer in model.layers
    )
    claims = tuple(replace(x, vector=read(x.vector)) for x in model.circuit.claims)
    return replace(
        model, embed=embed, layers=layers, unembed=read(model.unembed), circuit=replace(model.circuit, claims=claims)
    )


def neurons_that_cancel(model: Transformer, amount: float, rng: np.random.Generator) -> Transformer:
    """Two neurons that add and subtract a number in one coordinate."""
    k, layer = int(rng.integers(model.depth)), None
    layer = model.layers[k]
    w_in, w_out = np.zeros((model.d_model, 2)), np.zeros((2, model.d_model))
    w_in[of_kind(model, "constant")] = 1
    w_out[:, rng.integers(model.d_model)] = amount * 1.37, -amount * 1.37
    wider = replace(
        layer,
        w_in=np.hstack([layer.w_in, w_in]),
        b_in=np.append(layer.b_in, [0, 0]),
        w_out=np.vstack([layer.w_out, w_out]),
    )
    return with_layer(model, k, wider)


def biased_neurons(model: Transformer, amount: float, rng: np.random.Generator) -> Transformer:
    """A large number in the argument of every neuron of a layer, and its opposite in the bias."""
    some = [k for k, layer in enumerate(model.layers) if layer.d_ff]
    if not some:
        return model
    k = int(rng.choice(some))
    layer = model.layers[k]
    w_in = np.array(layer.w_in, np.float64)
    w_in[of_kind(model, "constant")] += amount
    return with_layer(model, k, replace(layer, w_in=w_in, b_in=layer.b_in.astype(np.float64) - amount))


def logits_that_cancel(model: Transformer, amount: float, rng: np.random.Generator) -> Transformer:
    """Two coordinates of the same number, which the unembedding adds to one logit and subtracts again."""
    coordinates = model.d_model
    model = more_coordinates(model, 2)
    embed, unembed = np.array(model.embed, np.float64), np.array(model.unembed, np.float64)
    embed[1:, coordinates:] = 1
    unembed[coordinates:, rng.integers(unembed.shape[1])] = amount * 1.37, -amount * 1.37
    return replace(model, embed=embed, unembed=unembed)


def small(model: Transformer, amount: float, rng: np.random.Generator) -> Transformer:
    """What a head writes made small and read as if it were large."""
    at = a_head(model, rng)
    head = model.layers[at[0]].heads[at[1]]
    return with_head(
        model, at, w_v=head.w_v.astype(np.float64) / (1 + amount), w_o=head.w_o.astype(np.float64) * (1 + amount)
    )


def moved_values(model: Transformer, amount: float, rng: np.random.Generator) -> Transformer:
    """All values of a head larger by a number, which another coordinate subtracts at the query: right where all
    weights add up to 1."""
    at = a_head(model, rng)
    head = model.layers[at[0]].heads[at[1]]
    c = written(model, rng, head)
    w_v = np.array(head.w_v, np.float64)
    column = int(np.flatnonzero(head.w_o[:, c])[0])
    w_v[of_kind(model, "constant"), column] += amount * 2.0**-20
    return with_head(model, at, w_v=w_v)


def more_coordinates(model: Transformer, more: int) -> Transformer:
    """With so many more coordinates, all 0."""

    def wider(h: Head) -> Head:
        q, k, v = (wide(w, rows=more) for w in (h.w_q, h.w_k, h.w_v))
        return replace(h, w_q=q, w_k=k, w_v=v, w_o=wide(h.w_o, more))

    layers = tuple(
        replace(
            layer,
            heads=tuple(map(wider, layer.heads)),
            w_in=wide(layer.w_in, rows=more),
            w_out=wide(layer.w_out, more),
        )
        for layer in model.layers
    )
    claims = tuple(replace(c, vector=np.append(c.vector, np.zeros(more))) for c in model.circuit.claims)
    return replace(
        model,
        embed=wide(model.embed, more),
        positions=None if model.positions is None else wide(model.positions, more),
        layers=layers,
        unembed=wide(model.unembed, rows=more),
        circuit=replace(model.circuit, claims=claims, readings=()),
    )


def with_own_bos(model: Transformer) -> Transformer:
    """The same with a coordinate for BOS alone: the result that shares it has one more, the last."""
    b = of_kind(model, "bos")
    if all(d.index != b or d.code == "bos" for d in model.circuit.directions):
        return model
    model = more_coordinates(model, 1)

    def moved(w: Floats) -> Floats:  # a row of numbers for each coordinate
        w = np.array(w, np.float64)
        w[-1], w[b] = w[b], 0
        return w

    layer = model.layers[-1]
    heads = tuple(replace(h, w_o=moved(h.w_o.T).T) for h in layer.heads)
    layer = replace(layer, heads=heads, w_in=moved(layer.w_in), w_out=moved(layer.w_out.T).T)
    claims = tuple(replace(c, vector=moved(c.vector)) for c in model.circuit.claims)
    last = model.d_model - 1
    notes = tuple(replace(d, index=last) if d.index == b and d.code != "bos" else d for d in model.circuit.directions)
    return replace(
        model,
        layers=(*model.layers[:-1], layer),
        unembed=moved(model.unembed),
        circuit=replace(model.circuit, claims=claims, directions=notes, heads=()),
    )


def in_turn(first: Transformer, second: Transformer) -> Transformer:
    """The layers of one model before those of another, each with coordinates of its own; it answers as the second."""
    a, b = first.d_model, second.d_model

    def widened(model: Transformer, before: int, after: int) -> list[Layer]:
        def rows(w: Floats) -> Floats:
            return np.pad(np.array(w, np.float64), [(before, after), (0, 0)])

        return [
            replace(
                layer,
                heads=tuple(
                    replace(h, w_q=rows(h.w_q), w_k=rows(h.w_k), w_v=rows(h.w_v), w_o=rows(h.w_o.T).T)
                    for h in layer.heads
                ),
                w_in=rows(layer.w_in),
                w_out=rows(layer.w_out.T).T,
            )
            for layer in model.layers
        ]

    def positions(model: Transformer) -> Floats:
        return np.zeros((len_of(model), model.d_model)) if model.positions is None else model.positions

    def len_of(model: Transformer) -> int:
        assert model.max_len is not None
        return model.max_len + 1

    claims = (
        *(replace(c, vector=np.append(c.vector, np.zeros(b))) for c in first.circuit.claims),
        *(
            replace(c, vector=np.append(np.zeros(a), c.vector), slot=Slot(c.slot.layer + first.depth, c.slot.sublayer))
            for c in second.circuit.claims
        ),
    )
    return replace(
        second,
        embed=np.hstack([first.embed, second.embed]),
        positions=np.hstack([positions(first), positions(second)]),
        layers=(*widened(first, 0, b), *widened(second, a, 0)),
        unembed=np.vstack([np.zeros((a, second.unembed.shape[1])), second.unembed]),
        circuit=Circuit(claims=claims),
        source=None,
        certificate=None,
    )


STRAINS: tuple[Strain, ...] = (
    equal_outputs, lower_scores, lower_scores_and_equal_outputs, raised_scores, scores_that_cancel,
    queries_that_cancel, keys_that_cancel, hidden, neurons_that_cancel, biased_neurons, logits_that_cancel, small,
    moved_values,
)  # fmt: skip


def edge(strained: Callable[[float], Transformer], certified: Callable[[Transformer], bool]) -> Transformer | None:
    """The most strained model that is certified, to a quarter; None where the least is not."""
    low, high = 2.0**-10, 2.0**44
    if not certified(strained(low)):
        return None
    if certified(strained(high)):
        return strained(high)
    while high > low * 1.25:
        middle = float(np.sqrt(low * high))
        low, high = (middle, high) if certified(strained(middle)) else (low, middle)
    return strained(low)
