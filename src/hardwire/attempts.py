"""The variants in which one program is compiled, until one of them has a proof."""

from __future__ import annotations

from typing import Any

from .compiler import compile
from .compiler.analyse import read_vocab
from .errors import CertificateError, CompileError
from .lang.sop import SOp
from .lang.text import constant
from .model.transformer import Transformer
from .proof import certify

KINDS = ("float32", "float64")
"""The dtypes that dtype="auto" tries, in order."""


def kinds(dtype: object) -> tuple[str, ...]:
    """Return the dtypes to try. Raises CompileError for an unknown dtype."""
    if dtype == "auto":
        return KINDS
    if not isinstance(dtype, str) or dtype not in KINDS:
        known = ", ".join(f'"{kind}"' for kind in KINDS)
        raise CompileError(f'dtype is {known} or "auto", not {constant(dtype)}', value=dtype)
    return (dtype,)


def attempt(
    sop: SOp,
    vocab: Any,
    max_len: int,
    *,
    dtype: str = "float32",
    reuse: bool = False,
    certify: bool = True,
    **options: Any,
) -> Transformer:
    """Return the model, in the first dtype in which it compiles and, if `certify`, has a proof.

    `options` are those of `compiler.compile`. No other length is tried. Raises CompileError and
    CertificateError.
    """
    error: CertificateError | None = None
    tried = kinds(dtype)
    if isinstance(sop, SOp):  # otherwise `compile` refuses it, before the vocabulary is read
        vocab = read_vocab(vocab)
    for kind in tried:
        try:
            if not certify:
                return compile(sop, vocab, max_len, dtype=kind, reuse=reuse, **options)
            return proved(sop, vocab, max_len, dtype=kind, reuse=reuse, **options)
        except CompileError:
            if kind == tried[-1]:
                raise
        except CertificateError as found:
            error = found
    assert error is not None
    raise error


def proved(sop: SOp, vocab: Any, max_len: int, *, reuse: bool = False, **options: Any) -> Transformer:
    """Return the smallest model that has a proof, with its certificate.

    Where the smallest model has no proof, one that compares counts by tables may have one, and so may one that does not
    reuse directions. Raises CompileError; and CertificateError for the plain model where no variant has a proof.
    """
    if reuse:
        try:
            return _certified(sop, vocab, max_len, reuse=True, **options)
        except CertificateError:
            pass
    model = compile(sop, vocab, max_len, **options)
    try:
        return model.certified(certify(model))
    except CertificateError as error:
        first = error
    try:
        other = compile(sop, vocab, max_len, steady=True, **options)
        if other.parameters == model.parameters:
            raise first  # it is the same model
        other = other.certified(certify(other))
    except (CompileError, CertificateError):
        raise first from None
    if reuse:
        try:
            return _certified(sop, vocab, max_len, reuse=True, steady=True, **options)
        except (CompileError, CertificateError):
            pass
    return other


def _certified(sop: SOp, vocab: Any, max_len: int, **options: Any) -> Transformer:
    model = compile(sop, vocab, max_len, **options)
    return model.certified(certify(model))
