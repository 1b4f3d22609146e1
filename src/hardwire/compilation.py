"""`hw.compile`: the compiler followed by the proof, so that a model comes with a certificate."""

from __future__ import annotations

import time
from typing import Any

from .analysis import read_vocab
from .attempts import OutputKind, WeightsKind, attempt
from .effort import limited
from .errors import BuildError, Call, CertificateError, CompileError, HardwireError, Option, Remedy
from .generation.overruns import overrun
from .lang.arguments import checked_options
from .lang.handle import Handle
from .lang.origin import Origin, as_sop, causal_origin, completed
from .lang.sop import SOp
from .model.transformer import Transformer
from .optimization import TIMEOUT
from .optimization import optimize as search
from .remedies import found
from .rewrite import Keep
from .run.foreign import warn_of_foreign_tokens


@checked_options
def compile(
    sop: SOp | Origin,
    vocab: Any = None,
    max_len: int | None = None,
    *,
    causal: bool = False,
    dtype: str = "float32",
    given: SOp | Origin | None = None,
    keep: Keep = (),
    reuse: bool = False,
    certify: bool = True,
    output: OutputKind = "auto",
    weights: WeightsKind = "sharp",
    temperature: float | None = None,
    optimize: bool = False,
    timeout: float | None = None,
    memory: float | None = None,
    progress: bool | None = None,
    remedies: bool = True,
) -> Transformer:
    """Compile a program to a transformer, with a certificate that its weights compute the program.

    For every input over `vocab` of at most `max_len` tokens, the model's output equals the program's value at every
    position where the program has one: `model.certificate` is the proof (docs/exactness.md).

    - `causal=True` compiles for the causal mask; programs of `hw.writers` are always compiled for it. If the text after
      their example or an edge case is longer than `max_len`, the model says so (`model.overrun` is the prompt).
    - `dtype` is "float32", "float64", or "auto": the first of these for which there is a proof.
    - `given`, a Boolean sop, restricts the inputs to those on which it is true at every position (it is run without
      the mask); this may make the model smaller.
    - `keep` stores named parts of the program in directions of their own: a list of names, or "named" for every sop
      with a name. The model is then right for each value of a kept part at every position, even in combination with
      other values that the program never reaches, so the part can be set (`model.run(x, set=...)`,
      docs/interventions.md). The model may be larger and deeper.
    - `reuse=True` stores new values in residual directions whose value is no longer needed, if that makes the model
      smaller and has a proof; by default every value has a direction of its own.
    - `output` is how the output is read: "values" answers one of the program's possible values, exactly; "number"
      answers a number, an int exactly and any other within the bound of the certificate; "auto" chooses, and tries the
      other one if the first has no proof (docs/costs.md).
    - `weights="soft"` makes weights like those of a trained model, which can be trained further: none is above 100, and
      attention is no sharper than necessary (docs/soft.md). The scores of sharp attention are divided by `temperature`,
      by default the highest whose proof leaves a quarter of each margin, or about as much as the proof of the lowest.
      The model may have more heads, neurons and directions; its repr shows how soft it is.
    - `optimize=True` searches for a model with fewer layers, then fewer parameters, for `timeout` seconds or a minute:
      the model of `hw.optimize`, which also returns the steps of the search.
    - `timeout` limits the seconds, and `memory` (by default 1) the gigabytes that are used in addition. `progress`
      says whether to show the progress after two seconds (by default on a terminal and in a notebook).
    - `certify=False` skips the proof; the model then says that it is not certified.

    `vocab` is a string (its characters) or a sequence or set of values no two of which are equal. It and `max_len` may
    be left out for a program of the library, called or not, which has its own.

    Raises BuildError if `sop` is not a sop or has no vocabulary; CompileError, with the expression and a remedy, if the
    program cannot be compiled, and SoftWeightsError if it cannot be with soft weights; CertificateError, with the
    expression, if the proof fails; and TimeLimitError and MemoryLimitError at the limits. Before it raises an error,
    other ways to compile the program are tried for at most five seconds, and the error recommends those that succeeded
    (docs/costs.md), unless there is a `timeout` or `remedies=False`. `hw.longest` searches for the largest max_len with
    a proof.

    >>> import hardwire as hw
    >>> model = hw.compile(hw.programs.flip(), vocab="ehlo", max_len=100)
    >>> model("hello")
    ['o', 'l', 'l', 'e', 'h']
    >>> model
    Transformer(2 layers, 2 heads, d_model 6, d_ff 0, 720 parameters, max_len 100, exact up to length 100)
    >>> hw.compile(hw.programs.flip).max_len
    100
    """
    sop, given = as_sop(sop), as_sop(given)
    vocab, max_len = completed("compile", sop, vocab, max_len)
    causal = causal or causal_origin(sop) is not None
    if optimize and (reuse or keep or weights != "sharp" or temperature is not None or not certify):
        raise BuildError("optimize=True goes with causal, dtype, given and output, and no other option")
    options: dict[str, Any] = {
        "causal": causal, "given": given, "dtype": dtype, "reuse": reuse, "certify": certify, "output": output,
        "keep": keep, "weights": weights, "temperature": temperature,
    }  # fmt: skip
    start = time.monotonic()
    with limited("compile", timeout=None if optimize else timeout, memory=memory, progress=progress):
        try:
            if optimize:  # which ends by itself, with the best model so far
                seconds = TIMEOUT if timeout is None else timeout
                how: dict[str, Any] = {"causal": causal, "given": given, "dtype": dtype, "output": output}
                model = search(sop, vocab, max_len, timeout=seconds, **how).model
            else:
                model = attempt(sop, vocab, max_len, **options)
            warn_of_foreign_tokens(sop, model.vocab, max_len, causal=causal)
            object.__setattr__(model, "overrun", overrun(sop, max_len))
            return model
        except (CompileError, CertificateError) as error:
            helps = () if timeout is not None or not remedies else _remedies(error, sop, vocab, max_len, options, start)
            raise _explained(error, max_len, helps) from None


def _remedies(
    error: HardwireError, sop: SOp, vocab: Any, max_len: int, options: dict[str, Any], start: float
) -> tuple[Remedy, ...]:
    """Return what was seen to help against an error, except against invalid arguments."""
    if error.expression is None and isinstance(error, CompileError):
        return ()
    at = error.expression.expr if isinstance(error.expression, Handle) else None
    return found(sop, read_vocab(vocab), max_len, options, spent=time.monotonic() - start, at=at)


def _explained(
    error: CompileError | CertificateError, max_len: int, helps: tuple[Remedy, ...]
) -> CompileError | CertificateError:
    """Return the error with remedies that were seen to help; those of the error itself stay where there are none."""
    where = {"expression": error.expression, "position": error.position, "value": error.value}
    if isinstance(error, CompileError):
        return type(error)(error.message, remedies=helps or error.remedies, **where)
    general = (
        Remedy("{} finds the largest max_len with a proof.", (Call("longest", "program, vocab"),)),
        Remedy("{} compiles without a proof.", (Option("certify", False),)),
    )
    explained = CertificateError(
        f"there is no proof that the model is exact up to length {max_len:,}: {error.message}",
        remedies=(*helps, *general),
        **where,
    )
    explained.unknown = "the largest max_len with a proof was not searched for: `longest` does"
    return explained
