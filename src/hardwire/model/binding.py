"""The binding of certificates: a digest of everything that determines a model's answers and its valid inputs."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from ..lang.expr import Expr
from ..lang.values import Value
from .certificate import Certificate
from .codec import Json, NotStorable, pack_value
from .expressions import is_stored_of
from .tensors import little_endian, tensors
from .weights import PLACES, Layer, Norm

if TYPE_CHECKING:
    from .transformer import Transformer

_FORMAT = "hardwire model 1"
"""The format of the digested data. Raise it with `storage.VERSION`: digests of other formats are not recognised."""


def digest(model: Transformer) -> str:
    """Return the SHA-256 of a model, in hexadecimal: the same on every machine and for every layout of its arrays.

    It covers the weights, the vocabulary and the outputs with their types, mask, max_len, dtype, the kinds of heads,
    neurons and norms, the read-out of numbers, and the text of the program. It leaves out the circuit and the names of
    heads, which describe the model and do not change its answers.
    """
    facts = {
        "format": _FORMAT,
        "program": model.program,
        "vocab": [_value(v) for v in model.vocab],
        "outputs": None if model.outputs is None else [_value(v) for v in model.outputs],
        "max_len": model.max_len,
        "causal": bool(model.causal),
        "dtype": model.dtype,
        "whole": bool(model.whole),
        "tolerance": float(model.tolerance).hex(),
        "layers": [_layer(layer) for layer in model.layers],
        "final_norm": _norm(model.final_norm),
    }
    found = hashlib.sha256(json.dumps(facts).encode())
    for name, array in sorted(tensors(model).items()):
        found.update(f"\n{name} {array.dtype.name} {array.shape}\n".encode())
        found.update(little_endian(array))
    return found.hexdigest()


def _value(v: Value) -> Json:
    """Return a value with its type. A value that cannot be stored is identified by its object, in this process only,
    and a tuple by its items."""
    try:
        return pack_value(v)
    except NotStorable:
        if type(v) is tuple:
            return {"tuple": [_value(item) for item in v]}
        return {"object": [type(v).__module__, type(v).__qualname__, id(v)]}


def _layer(layer: Layer) -> Json:
    heads = [[h.kind, h.sees, float(h.slope).hex()] for h in layer.heads]
    return [layer.activation, [_norm(getattr(layer, place)) for place in PLACES], heads]


def _norm(norm: Norm | None) -> Json:
    return None if norm is None else [norm.kind, float(norm.eps).hex()]


def mismatch(model: Transformer, certificate: Certificate) -> str:
    """Return why a certificate does not belong to this model, to follow "its certificate"; "" if it does."""
    if not certificate.seal:
        return "does not come from a proof"
    if model.max_len is not None and certificate.max_len > model.max_len:
        return f"is for {certificate.max_len:,} tokens, and the model takes at most {model.max_len:,}"
    if certificate.arithmetic != model.dtype:
        return f"is for {certificate.arithmetic} arithmetic, and the model's is {model.dtype}"
    if not certificate.seals(model.digest):
        return "is for another model, or was changed after its proof"
    subjects = _subjects(model)
    if not subjects or any(_same(certificate.subject, s) for s in subjects):
        return ""
    if certificate.subject is None:
        return "was stored without its program, so it may be for another one"
    return f"is for another program or condition: {certificate.program or 'unnamed'}{certificate.where}"


def _subjects(model: Transformer) -> list[tuple[Any, Any]]:
    """Return the program and condition of a model: its source, or the reference of a hand-made one."""
    known = [(model.source, model.given)] if model.source is not None else []
    if model.reference is not None:
        known.append((model.reference.answers, model.reference.given))
    return known


def _same(a: Any, b: tuple[Any, Any]) -> bool:
    """Whether the program and the condition of a certificate, a, are those of a model, b. Equal expressions are one
    object; a model from a file may have the expressions that were stored from those of a."""
    return isinstance(a, tuple) and all(
        x is y or (isinstance(x, Expr) and isinstance(y, Expr) and is_stored_of(y, x))
        for x, y in ((getattr(x, "expr", x), getattr(y, "expr", y)) for x, y in zip(a, b, strict=True))
    )
