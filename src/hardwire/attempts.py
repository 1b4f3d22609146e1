"""The variants in which one program is compiled, until one of them has a proof."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any, Literal

from .certification import certify_compiled
from .compiler import LOSSES, BuildSettings, OutputKind, Prepared, Sharpness, build, prepare
from .errors import CertificateError, CompileError, Option, Remedy, SoftWeightsError
from .lang.expr import Expr, Op, again, node, rebuild, unnamed
from .lang.sop import SOp
from .lang.text import constant
from .model.transformer import Transformer
from .rewrite import Keep

__all__ = ["KINDS", "OUTPUTS", "OutputKind", "WeightsKind", "attempt", "certified", "checked_output", "kinds", "proved"]

WeightsKind = Literal["sharp", "soft"]
"""How sharp attention is, and how large weights."""
KINDS = ("float32", "float64")
"""The dtypes that dtype="auto" tries, in order."""
OUTPUTS: tuple[OutputKind, ...] = ("auto", "values", "number")
"""How an output may be asked to be read."""
TEMPERATURES = tuple(32 / unit for unit in (8, 9, 10, 11, 12, 14, 16, 20, 24))
"""The temperatures of soft weights that are tried, the softest first: softer ones may have a proof, and single steps of
training show in what they answer."""
UNPROVED = 2.0
"""The temperature of soft weights without a proof, which would find it."""
LARGEST = 100.0
"""The largest soft weight."""
ROOM, MORE = 0.75, 1.1
"""How much of its tightest margin a proof of soft weights may use, and how many times what that of the sharpest uses:
what is left is room for training."""


def kinds(dtype: object) -> tuple[str, ...]:
    """Return the dtypes to try. Raises CompileError for an unknown dtype."""
    if dtype == "auto":
        return KINDS
    if not isinstance(dtype, str) or dtype not in KINDS:
        known = ", ".join(f'"{kind}"' for kind in KINDS)
        raise CompileError(f'dtype is {known} or "auto", not {constant(dtype)}', value=dtype)
    return (dtype,)


def checked_output(output: object) -> OutputKind:
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
    output: OutputKind = "auto",
    keep: Keep = (),
    weights: WeightsKind = "sharp",
    temperature: float | None = None,
) -> Transformer:
    """Return the model, in the first dtype in which it compiles and, if `certify`, has a proof.

    The other options are those of `compiler.compile`. No other length is tried. Raises CompileError and
    CertificateError.
    """
    error: CertificateError | None = None
    tried, output = kinds(dtype), checked_output(output)
    checked_weights(weights, temperature)
    program = prepare(sop, vocab, max_len, causal=causal, given=given, keep=keep)
    for kind in tried:
        how = BuildSettings(kind, reuse=reuse, output=output)
        try:
            if weights == "soft":
                return _softened(program, how, temperature, certify=certify)
            return proved(program, how) if certify else build(program, how)
        except CompileError:
            if kind == tried[-1]:
                raise
        except CertificateError as found:
            error = found
        stored = _with_stored_sides(sop)
        if certify and weights == "sharp" and stored is not None:
            with suppress(CompileError, CertificateError):
                return proved(prepare(stored, vocab, max_len, causal=causal, given=given, keep=keep), how)
    assert error is not None
    raise error


def _with_stored_sides(sop: SOp) -> SOp | None:
    """Return the program with everything stored that its selectors compare and that is computed from aggregates: what
    compares it is then planned and proved for each of its values. None where there is no such part."""
    compared = {unnamed(side) for e in sop.expr.walk() if e.op is Op.COMPARE for side in e.src}
    stored = {e for e in compared if e.op.elementwise and any(x.op.aggregate for x in e.walk())}
    if not stored:
        return None

    def change(e: Expr, src: tuple[Expr, ...]) -> Expr:
        new = again(e, src)
        return node(Op.KEPT, new) if e in stored else new

    return SOp(rebuild(sop.expr, change), sop.origin)


def checked_weights(weights: object, temperature: object) -> None:
    """Raises CompileError for unknown weights, and a temperature that is not a number above 0."""
    if weights not in ("sharp", "soft"):
        raise CompileError(f'weights is "sharp" or "soft", not {constant(weights)}', value=weights)
    if temperature is None:
        return
    if weights != "soft":
        raise CompileError('a temperature is of soft weights: weights="soft"', value=temperature)
    number = isinstance(temperature, (int, float)) and not isinstance(temperature, bool)
    if not (number and 0.25 <= temperature <= 32):  # type: ignore[operator]
        raise CompileError(f"temperature is a number from 0.25 to 32, not {constant(temperature)}", value=temperature)


def _softened(program: Prepared, how: BuildSettings, temperature: float | None, *, certify: bool) -> Transformer:
    """Return the model with the softest weights whose proof uses little more of the margins than that of the sharpest,
    or `ROOM` of them. Raises SoftWeightsError, and with a temperature CompileError and CertificateError too."""

    def at(t: float, loss: float) -> Transformer:
        soft = replace(how, sharpness=Sharpness.at(t, loss))
        return _small(proved(program, soft) if certify else build(program, soft))

    def at_any_loss(t: float) -> tuple[Transformer, float]:
        first: CompileError | CertificateError | None = None
        for loss in LOSSES:
            try:
                return at(t, loss), loss
            except (CompileError, CertificateError) as error:
                first = first or error
        assert first is not None
        raise first

    if temperature is not None or not certify:
        return at_any_loss(UNPROVED if temperature is None else temperature)[0]
    try:
        best, loss = at_any_loss(TEMPERATURES[-1])
    except (CompileError, CertificateError) as error:
        raise _too_soft(error) from None
    most = max(ROOM, MORE * _used(best))
    low, high = 0, len(TEMPERATURES) - 1
    while low < high:
        middle = (low + high) // 2
        try:
            found = at(TEMPERATURES[middle], loss)
        except (CompileError, CertificateError):
            low = middle + 1
            continue
        if _used(found) <= most:
            best, high = found, middle
        else:
            low = middle + 1
    return best


def _too_soft(error: CompileError | CertificateError) -> SoftWeightsError:
    return SoftWeightsError(
        f"there is no proof with soft weights, even at temperature {TEMPERATURES[-1]:.3g}: {error.message}",
        expression=error.expression,
        value=error.value,
        remedies=[*error.remedies, Remedy("{} may have a proof.", (Option("weights", "sharp"),))],
    )


def _small(model: Transformer) -> Transformer:
    """Return the model. Raises SoftWeightsError where a weight is too large."""
    if model.largest <= LARGEST:
        return model
    raise SoftWeightsError(f"a weight would be {model.largest:,.0f}, and a soft one is at most {LARGEST:g}")


def _used(model: Transformer) -> float:
    """Return how much of its tightest margin a proof uses."""
    assert model.certificate is not None
    return max((m.error / m.limit for m in model.certificate.margins if m.limit), default=0.0)


def proved(program: Prepared, how: BuildSettings) -> Transformer:
    """Return the smallest model that has a proof, with its certificate.

    Where the smallest model has no proof, one that compares counts by tables may have one, one that is read in another
    way, one with fewer heads, or one that does not reuse directions. Raises CompileError; and CertificateError for the
    plain model where no variant has a proof.
    """
    how = replace(how, provable=True)
    if how.reuse:
        try:
            return certified(program, build(program, how))
        except CertificateError:
            pass
    plain = replace(how, reuse=False)
    model = build(program, plain)
    try:
        return certified(program, model)
    except CertificateError as error:
        first = error
    for variant in _others(model, plain, first):
        try:
            other = build(program, variant)
            if other.digest == model.digest:
                continue  # it is the same model
            other = certified(program, other)
        except (CompileError, CertificateError):
            continue
        if how.reuse:
            try:
                return certified(program, build(program, replace(variant, reuse=True)))
            except (CompileError, CertificateError):
                pass
        return other
    raise first


def _others(model: Transformer, how: BuildSettings, error: CertificateError) -> Iterator[BuildSettings]:
    """What else to try for a model without a proof."""
    yield replace(how, steady=True)
    if how.output == "auto" and error.of_output:
        yield replace(how, output="number" if model.outputs is not None else "values")
    yield replace(how, digits=2)


def certified(program: Prepared, model: Transformer) -> Transformer:
    """Return a model of a program with its certificate. Raises CertificateError."""
    return model.certified(certify_compiled(model, program.analysed))
