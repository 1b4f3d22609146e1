"""`hw.compile`: the compiler followed by the proof, so that a model comes with a certificate."""

from __future__ import annotations

from typing import Any

from .attempts import Output, attempt
from .errors import Call, CertificateError, Option, Remedy
from .lang.origin import as_sop, completed
from .lang.sop import SOp
from .model.transformer import Transformer


def compile(
    sop: SOp,
    vocab: Any = None,
    max_len: int | None = None,
    *,
    causal: bool = False,
    dtype: str = "float32",
    given: SOp | None = None,
    reuse: bool = False,
    certify: bool = True,
    output: Output = "auto",
) -> Transformer:
    """Compile a program to a transformer, with a certificate that its weights compute the program.

    For every input over `vocab` of at most `max_len` tokens, the model's output equals the program's value at every
    position where the program has one: `model.certificate` is the proof (docs/exactness.md).

    - `causal=True` compiles for the causal mask.
    - `dtype` is "float32", "float64", or "auto": the first of these for which there is a proof.
    - `given`, a Boolean sop, restricts the inputs to those on which it is true at every position (it is run without
      the mask); this may make the model smaller.
    - `reuse=True` stores new values in residual directions whose value is no longer needed, where that makes the model
      smaller and has a proof; without it every value has a direction of its own.
    - `output` is how the output is read: "values" answers one of the values that the program can have, exactly;
      "number" answers a number, an int exactly and any other within the bound of the certificate; "auto" chooses, and
      tries the other one where the first has no proof (docs/limits.md).
    - `certify=False` skips the proof; the model then says that it is not certified.

    `vocab` is a string (its characters) or a sequence or set of values no two of which are equal. It and `max_len` may
    be left out for a program of the library, called or not, which has its own.

    Raises BuildError if `sop` is not a sop or has no vocabulary; CompileError, with the expression and a remedy, if the
    program cannot be compiled; and CertificateError, with the expression, if the proof fails. A failure takes at most
    about three times as long as a success: `longest` searches for the largest max_len with a proof.

    >>> import hardwire as hw
    >>> model = hw.compile(hw.programs.flip(), vocab="ehlo", max_len=100)
    >>> model("hello")
    ['o', 'l', 'l', 'e', 'h']
    >>> model
    Transformer(2 layers, 2 heads, d_model 7, d_ff 0, 854 parameters, max_len 100, exact up to length 100)
    >>> hw.compile(hw.programs.flip).max_len
    100
    """
    sop, given = as_sop(sop), as_sop(given)
    vocab, max_len = completed("compile", sop, vocab, max_len)
    try:
        return attempt(
            sop, vocab, max_len, causal=causal, given=given, dtype=dtype, reuse=reuse, certify=certify, output=output
        )
    except CertificateError as error:
        raise _explained(error, max_len, dtype) from None


def _explained(error: CertificateError, max_len: int, dtype: str) -> CertificateError:
    """Return the error of a failed proof, with remedies."""
    remedies = [Remedy("{} finds the largest max_len with a proof.", (Call("longest", "program, vocab"),))]
    if dtype == "float32":
        remedies.append(Remedy("{} tries float64 too.", (Option("dtype", "auto"),)))
    remedies.append(Remedy("{} compiles without a proof.", (Option("certify", False),)))
    explained = CertificateError(
        f"there is no proof that the model is exact up to length {max_len:,}: {error.message}",
        expression=error.expression,
        position=error.position,
        value=error.value,
        remedies=remedies,
    )
    explained.unknown = "no smaller max_len was tried, since that would take longer than to compile: `longest` does"
    return explained
