"""What was proved of a model, with the margins of the proof."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Margin:
    """One place where errors must stay apart from a threshold.

    `what` is the expression computed there, `kind` what could go wrong ("softmax leakage", "rounding of a sum",
    "neuron threshold", "read-out", ...). The proof bounds the error by `error`; up to `limit` it does no harm.
    """

    layer: int
    what: str
    kind: str
    error: float
    limit: float


@dataclass(frozen=True)
class Certificate:
    """A proof that a model is its program, for every input over the vocabulary of length at most `max_len`.

    `bound` is how far a float in the output may be from the program's; 0 where every output is exact.
    """

    max_len: int
    bound: float
    margins: tuple[Margin, ...] = ()

    @property
    def status(self) -> str:
        """What is certified, in a few words."""
        if self.bound:
            return f"within {self.bound:.2g} up to length {self.max_len:,}"
        return f"exact up to length {self.max_len:,}"

    @property
    def tightest(self) -> Margin | None:
        """The margin that is used up most."""
        return max(self.margins, key=lambda m: m.error / m.limit if m.limit else float("inf"), default=None)
