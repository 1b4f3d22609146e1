"""The variants in which one program is compiled, until one of them has a proof."""

from __future__ import annotations

from typing import Any

from .certification import certify_compiled
from .compiler import Prepared, build, prepare
from .errors import CertificateError, CompileError
from .lang.sop import SOp
from .lang.text import constant
from .model.transformer import Transformer
from .rewrite import Keep

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
    causal: bool = False,
    given: SOp | None = None,
    keep: Keep = (),
) -> Transformer:
    """Return the model, in the first dtype in which it compiles and, if `certify`, has a proof.

    The other options are those of `compiler.compile`. No other length is tried. Raises CompileError and
    CertificateError.
    """
    error: CertificateError | None = None
    tried = kinds(dtype)
    program = prepare(sop, vocab, max_len, causal=causal, given=given, keep=keep)
    for kind in tried:
        try:
            return proved(program, kind, reuse=reuse) if certify else build(program, dtype=kind, reuse=reuse)
        except CompileError:
            if kind == tried[-1]:
                raise
        except CertificateError as found:
            error = found
    assert error is not None
    raise error


def proved(program: Prepared, dtype: str, *, reuse: bool = False) -> Transformer:
    """Return the smallest model that has a proof, with its certificate.

    Where the smallest model has no proof, one that compares counts by tables may have one, and so may one that does not
    reuse directions. Raises CompileError; and CertificateError for the plain model where no variant has a proof.
    """
    if reuse:
        try:
            return _certified(program, build(program, dtype=dtype, reuse=True))
        except CertificateError:
            pass
    model = build(program, dtype=dtype)
    try:
        return _certified(program, model)
    except CertificateError as error:
        first = error
    try:
        other = build(program, dtype=dtype, steady=True)
        if other.parameters == model.parameters:
            raise first  # it is the same model
        other = _certified(program, other)
    except (CompileError, CertificateError):
        raise first from None
    if reuse:
        try:
            return _certified(program, build(program, dtype=dtype, reuse=True, steady=True))
        except (CompileError, CertificateError):
            pass
    return other


def _certified(program: Prepared, model: Transformer) -> Transformer:
    return model.certified(certify_compiled(model, program.analysed))
