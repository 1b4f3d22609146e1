"""What a page shows of a program and its model, as JSON and as the bytes of the model's file."""

from __future__ import annotations

import gzip
from dataclasses import dataclass

from ..lang.origin import causal_origin
from ..lang.sop import SOp
from ..lang.text import formula
from ..model.storage import packed
from ..model.transformer import Transformer
from ..run.trace import step_names
from .lines import lines
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


def named(model: Transformer, sop: SOp | None) -> list[bool]:
    """Return for each reading whether the program names it, rather than computes it on the way."""
    readings = model.circuit.readings
    if sop is None:
        return [r.name != r.expression and "…" not in r.name for r in readings]
    names = set(step_names(sop.expr).values())
    return [r.name in names for r in readings]


def described(sop: SOp) -> str:
    """The formula of a program, as its title."""
    return formula(sop.expr, 60)
