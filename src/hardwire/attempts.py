"""The ways to compile one program, until one of them has a proof."""

from __future__ import annotations

from typing import Any

from .compiler import compile
from .errors import CertificateError, CompileError
from .lang.sop import SOp
from .model.transformer import Transformer
from .proof import certify


def proved(sop: SOp, vocab: Any, max_len: int, **options: Any) -> Transformer:
    """The model with its certificate. `options` are those of `compiler.compile`.

    Where the smallest model has no proof, one that compares counts by tables may. Raises CompileError, and
    CertificateError for the smallest model where none has a proof.
    """
    model = compile(sop, vocab, max_len, **options)
    try:
        return model.certified(certify(model))
    except CertificateError as error:
        first = error
    try:
        other = compile(sop, vocab, max_len, steady=True, **options)
        if other.parameters != model.parameters:  # else it is the same model
            return other.certified(certify(other))
    except (CompileError, CertificateError):
        pass
    raise first
