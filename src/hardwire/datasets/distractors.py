"""Heads and neurons that are part of no circuit: they read the stream, and no answer depends on what they write."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np

from ..model.circuit import DirectionNote, HeadNote, NeuronNote
from ..model.moved import in_basis
from ..model.transformer import Transformer
from ..model.weights import Floats, Head, Layer

RECIPE = "distractor"
"""The recipe of their heads and neurons in the circuit."""
READ = 4
"""How many coordinates each of their inputs reads."""
AWAY = 16.0
"""Where BOS is the query, its own score is 0 and that of a token is minus the square of this: its weight is 0."""
WIDTH = 4
"""The neurons of a group."""


def with_distractors(model: Transformer, heads: int, groups: int, seed: str) -> Transformer:
    """Return the model, without a certificate, with so many further heads and groups of neurons, each in a random
    layer and with an output direction of its own, which later ones may read. Answers, names and claims are the same.

    BOS attends to itself in these heads, as in all others, and their values and neurons are 0 there, which the proof
    needs. Other weights are multiples of 1/8 up to 1.
    """
    rng, old = random.Random(seed), model.d_model
    width = old + heads + groups
    wide = _widened(model, width)
    places = sorted([(rng.randint(1, model.depth), part) for part in (*["head"] * heads, *["neurons"] * groups)])
    layers = list(wide.layers)
    c = wide.circuit
    bos = model.embed[0] + (0.0 if model.positions is None else model.positions[0])
    used = np.flatnonzero(bos)
    free = [i for i in range(old) if i not in used]
    one = next(d.index for d in c.directions if d.code == "constant")
    notes, neurons, directions = list(c.heads), list(c.neurons), list(c.directions)
    # A part reads what exists before it: the model's coordinates, and those of distractors in earlier layers.
    for at, (k, part) in enumerate(places):
        name, out = f"distractor {at + 1}", old + at
        earlier = [*free, *(old + i for i, (layer, _) in enumerate(places[:at]) if layer < k)]
        layer = layers[k - 1]
        if part == "head":
            q, key, v = (_read(rng, width, earlier, columns) for columns in (3, 3, 1))
            q[:, 2] = key[:, 2] = 0.0
            q[used, 2], key[one, 2] = AWAY / bos[used], -AWAY / wide.embed[1, one]
            o = np.zeros((1, width))
            o[0, out] = 1.0
            notes.append(HeadNote(k, len(layer.heads), name, RECIPE, (), (name,)))
            layers[k - 1] = replace(layer, heads=(*layer.heads, Head(name, q, key, v, o)))
        else:
            w_in, w_out = _read(rng, width, earlier, WIDTH), np.zeros((WIDTH, width))
            w_out[:, out] = [rng.randint(1, 8) / 8 for _ in range(WIDTH)]
            bias = np.array([-rng.randint(0, 8) / 8 for _ in range(WIDTH)])
            neurons.append(NeuronNote(k, layer.d_ff, layer.d_ff + WIDTH, name, RECIPE))
            layers[k - 1] = _more_neurons(layer, w_in, bias, w_out)
        directions.append(DirectionNote(out, name, name, RECIPE, None, k, until=model.depth + 1))
    circuit = replace(c, heads=tuple(notes), neurons=tuple(neurons), directions=tuple(directions))
    return replace(wide, layers=tuple(layers), circuit=circuit)


def _read(rng: random.Random, width: int, earlier: list[int], columns: int) -> Floats:
    """A matrix (width, columns) that reads a few of some coordinates."""
    out = np.zeros((width, columns))
    for j in range(columns):
        for i in rng.sample(earlier, min(READ, len(earlier))):
            out[i, j] = rng.choice((-1, 1)) * rng.randint(1, 8) / 8
    return out


def _more_neurons(layer: Layer, w_in: Floats, b_in: Floats, w_out: Floats) -> Layer:
    return replace(
        layer,
        w_in=np.hstack([layer.w_in, w_in]),
        b_in=np.concatenate([layer.b_in, b_in]),
        w_out=np.vstack([layer.w_out, w_out]),
    )


def _widened(model: Transformer, width: int) -> Transformer:
    """The model in a wider stream, whose last coordinates are 0 throughout."""
    more = width - model.d_model

    def read(w: Floats) -> Floats:
        return np.concatenate([w, np.zeros((more, *w.shape[1:]))])

    return in_basis(model, read, lambda w: read(w.T).T)
