"""What was proved of a model, with the margins of the proof."""

from __future__ import annotations

from dataclasses import dataclass

SHOWN = 6
"""How many margins a certificate shows, the narrowest first."""


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


@dataclass(frozen=True, repr=False)
class Certificate:
    """A proof that a model is its program, for every input over the vocabulary of length at most `max_len`.

    `bound` is how far a float in the output may be from the program's; 0 where every output is exact. `inputs` is how
    many inputs were tried where the proof is by every input, and 0 where it is by the structure of the program.
    """

    max_len: int
    bound: float
    margins: tuple[Margin, ...] = ()
    arithmetic: str = "float32"
    given: str = ""  # the condition on inputs, where there is one
    inputs: int = 0

    def __repr__(self) -> str:
        """A page for people: what is proved, and the places where errors come nearest to doing harm."""
        where = f" where {self.given}" if self.given else ""
        how = f", by every input ({self.inputs:,})" if self.inputs else ""
        lines = [f"{self.status}{where}{how}, in {self.arithmetic} arithmetic and any order of summation"]
        closest = sorted(self.margins, key=lambda m: -(m.error / m.limit if m.limit else float("inf")))
        lines += [
            f"  layer {m.layer}  {m.kind:16}  {m.error:9.2g} of {m.limit:<9.2g}  {m.what}" for m in closest[:SHOWN]
        ]
        if len(closest) > SHOWN:
            lines.append(f"  and {len(closest) - SHOWN} wider margins")
        return "\n".join(lines)

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
