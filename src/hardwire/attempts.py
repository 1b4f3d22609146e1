"""The variants in which one program is compiled, until one of them has a proof."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .certification import certify_compiled
from .compiler import Output, Prepared, build, prepare
from .errors import CertificateError, CompileError
from .lang.sop import SOp
from .lang.text import constant
from .model.transformer import Transformer
from .rewrite import Keep

__all__ = ["KINDS", "OUTPUTS", "Output", "attempt", "checked_output", "kinds", "proved"]

KINDS = ("float32", "float64")
"""The dtypes that dtype="auto" tries, in order."""
OUTPUTS: tuple[Output, ...] = ("auto", "values", "number")
"""How an output may be asked to be read."""


def kinds(dtype: object) -> tuple[str, ...]:
    """Return the dtypes to try. Raises CompileError for an unknown dtype."""
    if dtype == "auto":
        return KINDS
    if not isinstance(dtype, str) or dtype not in KINDS:
        known = ", ".join(f'"{kind}"' for kind in KINDS)
        raise CompileError(f'dtype is {known} or "auto", not {constant(dtype)}', value=dtype)
    return (dtype,)


def checked_output(output: object) -> Output:
    """Return how an output is to be read. Raises CompileError where that is unknown."""
    for known in OUTPUTS:
        if isinstance(output, str) and output == known:
            return known
    known_ones = ", ".join(f'"{known}"' for known in OUTPUTS)
    raise CompileError(f"output is one of {known_ones}, not {constant(output)}", value=output)


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
    output: Output = "auto",
    keep: Keep = (),
) -> Transformer:
    """Return the model, in the first dtype in which it compiles and, if `certify`, has a proof.

    The other options are those of `compiler.compile`. No other length is tried. Raises CompileError and
    CertificateError.
    """
    error: CertificateError | None = None
    tried, output = kinds(dtype), checked_output(output)
    program = prepare(sop, vocab, max_len, causal=causal, given=given, keep=keep)
    for kind in tried:
        try:
            if certify:
                return proved(program, kind, reuse=reuse, output=output)
            return build(program, dtype=kind, reuse=reuse, output=output)
        except CompileError:
            if kind == tried[-1]:
                raise
        except CertificateError as found:
            error = found
    assert error is not None
    raise error


def proved(program: Prepared, dtype: str, *, reuse: bool = False, output: Output = "auto") -> Transformer:
    """Return the smallest model that has a proof, with its certificate.

    Where the smallest model has no proof, one that compares counts by tables may have one, one that is read in another
    way, or one that does not reuse directions. Raises CompileError; and CertificateError for the plain model where no
    variant has a proof.
    """
    if reuse:
        try:
            return _certified(program, build(program, dtype=dtype, reuse=True, output=output))
        except CertificateError:
            pass
    model = build(program, dtype=dtype, output=output)
    try:
        return _certified(program, model)
    except CertificateError as error:
        first = error
    for steady, read in _others(model, output, first):
        try:
            other = build(program, dtype=dtype, steady=steady, output=read)
            if other.parameters == model.parameters:
                continue  # it is the same model
            other = _certified(program, other)
        except (CompileError, CertificateError):
            continue
        if reuse:
            try:
                return _certified(program, build(program, dtype=dtype, reuse=True, steady=steady, output=read))
            except (CompileError, CertificateError):
                pass
        return other
    raise first


def _others(model: Transformer, output: Output, error: CertificateError) -> Iterator[tuple[bool, Output]]:
    """What else to try for a model without a proof: (whether counts are compared by tables, how it is read)."""
    yield True, output
    if output == "auto" and error.of_output:
        yield False, "number" if model.outputs is not None else "values"


def _certified(program: Prepared, model: Transformer) -> Transformer:
    return model.certified(certify_compiled(model, program.analysed))
