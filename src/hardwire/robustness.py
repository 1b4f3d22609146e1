"""How far the weights of a model may move, and whether a model that was moved is still proved."""

from __future__ import annotations

from typing import Any

from .certification import certify
from .errors import BuildError, CertificateError
from .lang.arguments import checked_options
from .lang.origin import as_sop
from .model.transformer import Transformer
from .proof.exhaustive import feasible, holds_within

LARGEST, SMALLEST = 4, -64
"""The powers of two between which a radius is looked for."""
STEPS = 6
"""How often the interval of the exponent is halved."""


@checked_options
def radius(model: Transformer, program: Any = None, *, given: Any = None, max_len: int | None = None) -> float:
    """How far every weight may move, zeros included, with all answers provably unchanged; 0 if that is not proved.

    The proof is by every input of at most `max_len` tokens (the model's own where it is left out), once for each of a
    few distances; the result is a power of two, and a bound from below. Raises CertificateError where there are too
    many inputs, or the program is not known.

    >>> import hardwire as hw
    >>> hw.radius(hw.compile(hw.programs.histogram(), "ab", 4)) > 0
    True
    """
    program, given = as_sop(program), as_sop(given)
    if not isinstance(model, Transformer):
        raise BuildError("radius takes a model; hardwire.compile makes one", value=model)
    program = model.source if program is None else program
    given = model.given if given is None else given
    if program is None:
        raise CertificateError("the program of the model is not known: radius(model, program)")

    def holds(exponent: int) -> bool:
        return holds_within(model, program, given, max_len, moved=2.0**exponent)

    low, high = SMALLEST, LARGEST
    if not holds(low):
        return 0.0
    for _ in range(STEPS + 1):
        if high - low <= 1:
            break
        middle = (low + high) // 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return 2.0**low


def certified_again(model: Transformer) -> Transformer:
    """The model with a proof: by its structure, else by every input where these are few; or with the reason why not."""
    why = ""
    longest = model.max_len
    options: list[int | None] = [None]
    if longest and model.source is not None and longest <= feasible(len(model.vocab)):
        options.append(longest)
    for max_len in options:
        try:
            return model.certified(certify(model, max_len=max_len))
        except CertificateError as error:
            why = error.message.splitlines()[0]  # every input, if it was tried, says more
    return model.uncertified(why)


__all__ = ["certified_again", "radius"]
