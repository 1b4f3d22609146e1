"""What a page shows of a program and its model, as JSON and as the bytes of the model's file."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..lang.origin import causal_origin
from ..lang.sop import SOp
from ..lang.text import formula
from ..model.circuit import Reading
from ..model.storage import packed
from ..model.transformer import Transformer
from ..model.weights import Floats
from ..run.trace import step_names
from .listing import Listing
from .selection import selections
from .shapes import Json


@dataclass(frozen=True)
class Subject:
    """What is explored: a model, a program, or a program with its model. `why` says why there is no model."""

    title: str
    about: str
    sop: SOp | None
    model: Transformer | None
    listing: Listing | None
    why: str = ""

    @property
    def causal(self) -> bool:
        return self.model is not None and self.model.causal


def weights(model: Transformer | None) -> bytes:
    """Return the file of a model, compressed; empty if there is none. Raises ModelFileError, MissingExtraError."""
    return b"" if model is None else gzip.compress(packed(model), 9, mtime=0)


def page(of: Subject) -> Json:
    """Return the texts of a page, and the line of the source that each part of the model serves."""
    model, listing = of.model, of.listing
    certificate = None if model is None else model.certificate
    return {
        "title": of.title,
        "about": of.about,
        "code": None if listing is None else {"name": listing.name, "lines": [list(line) for line in listing.lines]},
        "lines": {"heads": [], "neurons": [], "readings": []} if model is None else lines(model, listing, of.sop),
        "named": [] if model is None else named(model, of.sop),
        "selections": [] if model is None else selections(model, of.sop),
        "stop": _stop(of),
        "facts": _facts(model) if model is not None else _layers(of.sop),
        "status": "" if certificate is None else certificate.status,
        "proof": "" if certificate is None else repr(certificate).splitlines()[0],
        "why": of.why,
    }


def _stop(of: Subject) -> int | None:
    """Return the place in the vocabulary of the token that ends a text, if the program writes text."""
    origin = causal_origin(of.sop)
    if of.model is None or origin is None or origin.stop not in of.model.vocab:
        return None
    return of.model.vocab.index(origin.stop)


def _facts(model: Transformer) -> str:
    parts = [
        (model.depth, "layer"),
        (model.heads, "head"),
        (model.d_ff, "neuron"),
        (model.d_model, "direction"),
        (model.parameters, "weight"),
    ]
    return ", ".join(f"{count:,} {word}{'' if count == 1 else 's'}" for count, word in parts)


def _layers(sop: SOp | None) -> str:
    count = 0 if sop is None else sop.layers
    return f"{count} layer{'' if count == 1 else 's'} of attention"


def lines(model: Transformer, listing: Listing | None, sop: SOp | None) -> dict[str, Any]:
    """Return the line that each head (by layer), each group of neurons and each reading serves, or None.

    A part is found by its expression; if the compiler rewrote that, by what the part writes: the readings of its layer
    are parts of the program as written.
    """
    circuit = model.circuit
    texts = {} if listing is None or sop is None else listing.texts(sop.expr)
    readings = [texts.get(r.expression, texts.get(r.name)) for r in circuit.readings]
    read = [(r, line) for r, line in zip(circuit.readings, readings, strict=True) if line is not None]

    def line(layer: int, names: Iterable[str], written: Floats) -> int | None:
        known = next((texts[name] for name in names if name in texts), None)
        return known if known is not None else _by_reading(layer, written, read)

    heads: list[list[int | None]] = [[None] * len(layer.heads) for layer in model.layers]
    for h in circuit.heads:
        out = model.layers[h.layer - 1].heads[h.head].w_o
        heads[h.layer - 1][h.head] = line(h.layer, (h.expression, *h.writes), np.abs(out).max(axis=0, initial=0))
    neurons = []
    for n in circuit.neurons:
        out = model.layers[n.layer - 1].w_out[n.start : n.stop]
        neurons.append(line(n.layer, (n.expression,), np.abs(out).max(axis=0, initial=0)))
    return {"heads": heads, "neurons": neurons, "readings": readings}


def named(model: Transformer, sop: SOp | None) -> list[bool]:
    """Return for each reading whether the program names it, rather than computes it on the way."""
    readings = model.circuit.readings
    if sop is None:
        return [r.name != r.expression and "…" not in r.name for r in readings]
    names = set(step_names(sop.expr).values())
    return [r.name in names for r in readings]


def _by_reading(layer: int, written: Floats, read: Sequence[tuple[Reading, int]]) -> int | None:
    """Return the line of the first value that is complete after a layer and decoded from what a part of it writes."""
    for reading, line in read:
        if reading.layer == layer and (reading.vector[written > 0] != 0).any():
            return line
    return None


def described(sop: SOp) -> str:
    """The formula of a program, as its title."""
    return formula(sop.expr, 60)
