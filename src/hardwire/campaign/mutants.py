"""Mutants of a model: weights, vocabularies, layers and claims that are changed, so that some of its answers are wrong.

No mutant that answers otherwise than the program may get a certificate, whatever it claims.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..model.slots import Slot
from ..model.transformer import Transformer
from ..model.weights import Layer

Rng = np.random.Generator


@dataclass(frozen=True)
class WeightPlace:
    """An array of weights, and how to put another in its place."""

    array: Any
    put: Callable[[Any], Transformer]


def places(model: Transformer) -> list[WeightPlace]:
    """Every array of weights of a model."""

    def of(f: str) -> WeightPlace:
        return WeightPlace(getattr(model, f), lambda w: replace(model, **{f: w}))

    def of_layer(k: int, f: str) -> WeightPlace:
        return WeightPlace(getattr(model.layers[k], f), lambda w: _with(model, k, replace(model.layers[k], **{f: w})))

    def of_head(k: int, i: int, f: str) -> WeightPlace:
        heads = model.layers[k].heads

        def put(w: Any) -> Transformer:
            new = (*heads[:i], replace(heads[i], **{f: w}), *heads[i + 1 :])
            return _with(model, k, replace(model.layers[k], heads=new))

        return WeightPlace(getattr(heads[i], f), put)

    found = [of("embed"), of("unembed")]
    if model.positions is not None:
        found.append(of("positions"))
    for k, layer in enumerate(model.layers):
        found += [of_layer(k, f) for f in ("w_in", "b_in", "w_out")]
        found += [of_head(k, i, f) for i in range(len(layer.heads)) for f in ("w_q", "w_k", "w_v", "w_o")]
    return [p for p in found if p.array.size]


def _with(model: Transformer, k: int, layer: Layer) -> Transformer:
    """The model with another layer k."""
    return replace(model, layers=(*model.layers[:k], layer, *model.layers[k + 1 :]))


def permuted(x: tuple[Any, ...], rng: Rng) -> tuple[Any, ...]:
    return tuple(x[i] for i in rng.permutation(len(x)))


def one_weight(model: Transformer, rng: Rng) -> Transformer:
    p = places(model)[rng.integers(len(places(model)))]
    w = p.array.copy()
    at = tuple(rng.integers(n) for n in w.shape)
    w[at] = w[at] * rng.choice([-1, 0, 0.5, 2, 0.9, 1.01]) if w[at] else rng.choice([-1, 1, 0.1, 30])
    return p.put(w)


def outputs_in_another_order(model: Transformer, rng: Rng) -> Transformer:
    return replace(model, outputs=None if model.outputs is None else permuted(model.outputs, rng))


def vocabulary_in_another_order(model: Transformer, rng: Rng) -> Transformer:
    return replace(model, vocab=permuted(model.vocab, rng))


def rounded(model: Transformer, rng: Rng) -> Transformer:
    """Numbers rounded that were not, or the other way round."""
    return replace(model, whole=not model.whole, tolerance=float(rng.choice([0.0, 10.0])))


def narrower(model: Transformer, rng: Rng) -> Transformer:
    """In float32 what was made for float64, with all but six bits of one array gone."""
    p = places(model)[rng.integers(len(places(model)))]
    step = 2.0 ** np.floor(np.log2(np.abs(p.array) + (p.array == 0)) - 5)
    return replace(p.put(np.round(p.array / step) * step), dtype="float32")


def longer(model: Transformer, rng: Rng) -> Transformer:
    """With more positions: the last again, or as the last two go on."""
    assert model.max_len is not None
    table = model.positions
    if table is not None:
        more = table[-1:] if rng.random() < 0.5 else 2 * table[-1:] - table[-2:-1]
        table = np.concatenate([table, more])
    return replace(model, max_len=model.max_len + 1, positions=table)


def other_positions(model: Transformer, rng: Rng) -> Transformer:
    if model.positions is None:
        return model
    return replace(model, positions=np.concatenate([model.positions[:1], rng.permutation(model.positions[1:])]))


def heads_exchanged(model: Transformer, rng: Rng) -> Transformer:
    """Two heads of a layer read each other's queries, keys or values."""
    layers = []
    for layer in model.layers:
        heads = list(layer.heads)
        for i in range(len(heads) - 1):
            a, b = heads[i], heads[i + 1]
            for fields in (("w_q", "w_k"), ("w_v", "w_o")):
                x, y = ({f: getattr(h, f) for f in fields} for h in (a, b))
                if all(x[f].shape == y[f].shape for f in fields) and rng.random() < 0.7:
                    heads[i], heads[i + 1] = replace(heads[i], **y), replace(heads[i + 1], **x)
                    break
        layers.append(replace(layer, heads=tuple(heads)))
    return replace(model, layers=tuple(layers))


def layers_exchanged(model: Transformer, rng: Rng) -> Transformer:
    """Heads or neurons of one layer moved to another; what the circuit says of them moves too."""
    if model.depth < 2:
        return model
    i, j = rng.choice(model.depth, 2, replace=False)
    a, b = model.layers[i], model.layers[j]
    new = list(model.layers)
    if rng.random() < 0.5:
        new[i], new[j] = replace(a, heads=b.heads), replace(b, heads=a.heads)
    else:
        new[i], new[j] = b, a
    bare = replace(model, circuit=replace(model.circuit, heads=(), neurons=()))
    return replace(bare, layers=tuple(new))


def the_other_mask(model: Transformer, rng: Rng) -> Transformer:
    return replace(model, causal=not model.causal)


def thresholds_moved(model: Transformer, rng: Rng) -> Transformer:
    layers = [replace(x, b_in=x.b_in + rng.normal(size=x.b_in.shape) * rng.choice([0.1, 1])) for x in model.layers]
    return replace(model, layers=tuple(layers))


def directions_exchanged(model: Transformer, rng: Rng) -> Transformer:
    """Two directions of the stream exchanged in one array that reads or writes them."""
    some = [p for p in places(model) if model.d_model in p.array.shape and p.array.ndim == 2]
    p = some[rng.integers(len(some))]
    axis = 0 if p.array.shape[0] == model.d_model else 1
    i, j = rng.choice(model.d_model, 2, replace=False)
    order = np.arange(model.d_model)
    order[[i, j]] = j, i
    return p.put(np.take(p.array, order, axis))


def constant_of(model: Transformer) -> int | None:
    return next((d.index for d in model.circuit.directions if d.code == "constant"), None)


def scores_raised(model: Transformer, rng: Rng) -> Transformer:
    """A head adds the same large number to all its scores, or to those of tokens: what is lost is rounding alone."""
    one = constant_of(model)
    if one is None or not model.heads:
        return model
    k = int(rng.choice([i for i, layer in enumerate(model.layers) if layer.heads]))
    heads = list(model.layers[k].heads)
    i = int(rng.integers(len(heads)))
    q, key_of = np.zeros((model.d_model, 1)), np.zeros((model.d_model, 1))
    bos = [d.index for d in model.circuit.directions if d.code == "bos"]
    q[one] = 2.0 ** rng.integers(16, 30)
    key_of[[one, *(bos if rng.random() < 0.7 else [])]] = 1
    heads[i] = replace(heads[i], w_q=np.hstack([heads[i].w_q, q]), w_k=np.hstack([heads[i].w_k, key_of]))
    new = replace(model.layers[k], heads=tuple(heads))
    return replace(model, layers=(*model.layers[:k], new, *model.layers[k + 1 :]))


def pairs_that_cancel(model: Transformer, rng: Rng) -> Transformer:
    """Two neurons that write a large number and take it away again: what is lost is rounding alone."""
    one = constant_of(model)
    if one is None:
        return model
    k = int(rng.integers(model.depth))
    w_in, w_out = np.zeros((model.d_model, 2)), np.zeros((2, model.d_model))
    w_in[one] = 1
    w_out[:, rng.integers(model.d_model)] = np.array([1, -1]) * 2.0 ** rng.integers(20, 28)
    at = model.layers[k]
    new = replace(
        at, w_in=np.hstack([at.w_in, w_in]), b_in=np.append(at.b_in, [0, 0]), w_out=np.vstack([at.w_out, w_out])
    )
    return replace(model, layers=(*model.layers[:k], new, *model.layers[k + 1 :]))


MUTATIONS = (
    one_weight, outputs_in_another_order, vocabulary_in_another_order, rounded, narrower, longer, other_positions,
    heads_exchanged, layers_exchanged, the_other_mask, thresholds_moved, directions_exchanged, scores_raised,
    pairs_that_cancel,
)  # fmt: skip


def claiming(model: Transformer, rng: Rng) -> Transformer:
    """The model with claims that are changed, left out, doubled, or moved to another time or direction."""
    claims = list(model.circuit.claims)
    if not claims:
        return model
    i = int(rng.integers(len(claims)))
    c = claims[i]
    j = int(rng.integers(len(claims)))
    changes: list[Any] = [
        lambda: [*claims[:i], *claims[i + 1 :]],
        lambda: [*claims[:i], replace(c, slot=Slot.of(int(rng.integers(1, 2 * model.depth + 1)))), *claims[i + 1 :]],
        lambda: [*claims[:i], replace(c, vector=c.vector * rng.choice([-1, 0.5, 2])), *claims[i + 1 :]],
        lambda: [*claims[:i], replace(c, vector=c.vector[rng.permutation(len(c.vector))]), *claims[i + 1 :]],
        lambda: [*claims[:i], replace(c, vector=claims[j].vector, slot=claims[j].slot), *claims[i + 1 :]],
        lambda: [*claims[:i], replace(c, labels=c.labels[rng.permutation(len(c.labels))]), *claims[i + 1 :]],
        lambda: [*claims[:i], replace(c, labels=np.array([1.0, 0.0, 5.0]), values=(0, 1, 2)), *claims[i + 1 :]],
        lambda: [*claims[:i], replace(c, labels=c.labels[:1], values=c.values[:1]), *claims[i + 1 :]],
        lambda: [*claims[:i], c, *claims[i:]],
        lambda: claims[::-1],
        list,
    ]
    found = changes[rng.integers(len(changes))]()
    return replace(model, circuit=replace(model.circuit, claims=tuple(found)))
