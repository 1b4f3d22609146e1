"""Compiling as people use it: a model comes with the proof that it computes its program, or not at all."""

from __future__ import annotations

from typing import Any

from .attempts import proved
from .compiler import compile as compile_model
from .errors import CertificateError, CompileError
from .lang.sop import SOp
from .limits import longest
from .model.transformer import Transformer

SEARCH = 5.0
"""For how many seconds the largest max_len with a proof is looked for."""
AUTO = ("float32", "float64")
"""What dtype="auto" tries, in order."""


def compile(
    sop: SOp,
    vocab: Any,
    max_len: int,
    *,
    causal: bool = False,
    dtype: str = "float32",
    given: SOp | None = None,
    reuse: bool = False,
    certify: bool = True,
) -> Transformer:
    """A transformer whose weights compute the program, with a certificate that they do.

    At every position at which the program has a value, for every input over `vocab` of at most `max_len`
    tokens, the model's output is that value: `model.certificate` is the proof (docs/exactness.md).

    - `causal=True` compiles for the causal mask.
    - `dtype` is "float32", "float64", or "auto": the first of these with which there is a proof.
    - `given`, a Boolean sop, promises that only inputs come on which it is true everywhere (and is run without the
      mask), which may make the model smaller.
    - `reuse=True` puts new values into directions of the residual stream whose value is no longer needed, where that
      makes the model smaller and has a proof; without it every value has a direction of its own.
    - `certify=False` gives the model without a proof, and marks it so.

    `vocab` is a string (its characters) or a sequence or set of values no two of which are equal. Raises
    CompileError where the program cannot be compiled, naming the expression and what would help; and
    CertificateError where it cannot be proved to be exact, naming the expression and the largest max_len with a proof.

    >>> import hardwire as hw
    >>> model = hw.compile(hw.programs.flip(), vocab="ehlo", max_len=100)
    >>> model("hello")
    ['o', 'l', 'l', 'e', 'h']
    >>> model
    Transformer(2 layers, 2 heads, d_model 7, d_ff 0, 854 parameters, max_len 100, exact up to length 100)
    """
    options: dict[str, Any] = {"causal": causal, "given": given}
    error: CertificateError | None = None
    kinds = AUTO if dtype == "auto" else (dtype,)
    make = proved if certify else compile_model
    for kind, again in [(kind, again) for kind in kinds for again in ((True, False) if reuse else (False,))]:
        try:
            return make(sop, vocab, max_len, dtype=kind, reuse=again, **options)
        except CompileError:
            if dtype == "auto" and kind != AUTO[-1]:
                continue
            raise
        except CertificateError as found:
            error = found
    assert error is not None
    raise _explained(error, sop, vocab, max_len, dtype, options) from None


def _explained(
    error: CertificateError, sop: SOp, vocab: Any, max_len: int, dtype: str, options: dict[str, Any]
) -> CertificateError:
    """The error with what would help: looked for, and not only hoped for."""
    found = None
    if dtype == "float32" and longest(sop, vocab, max_len, low=max_len, dtype="float64", **options) == max_len:
        hint = 'With dtype="float64" (or "auto") there is a proof.'
    else:
        kind = AUTO[-1] if dtype == "auto" else dtype
        found = longest(sop, vocab, max_len - 1, dtype=kind, seconds=SEARCH, **options)
        hint = f"The largest max_len found with a proof is {found:,}." if found else "None was found for a smaller one."
    explained = CertificateError(
        f"there is no proof that the model is exact up to length {max_len:,}: {error}\n"
        f"  {hint} certify=False compiles without a proof.",
        expression=error.expression,
        position=error.position,
        value=error.value,
    )
    explained.max_len = found
    return explained
