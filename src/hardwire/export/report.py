"""The report of an export."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..model.transformer import Transformer
from ..verification import Verification


@dataclass(frozen=True)
class Exported:
    """The report of an export: the file, the tool, and how it was checked.

    `verification` is the result of running it, or None if it was not run, for the reason `unchecked`. `notes` are
    instructions for its use.
    """

    target: str
    path: Path | None
    size: int
    verification: Verification | None
    unchecked: str = ""
    notes: tuple[str, ...] = ()

    @property
    def check(self) -> str:
        """The check in one sentence."""
        if self.verification is None:
            return f"not run in {self.target}: {self.unchecked}"
        return f"run in {self.target}: {self.verification!r}"

    def __repr__(self) -> str:
        where = f"{self.path}, {self.size:,} bytes" if self.path else "in memory"
        return "\n".join([f"{self.target}: {where}", f"  {self.check}", *(f"  {note}" for note in self.notes)])


def program(model: Transformer) -> str:
    """Return the program of the model, with the named parts that can be decoded; "" if it is unknown."""
    named = {r.name: r.expression for r in model.circuit.readings if r.name.isidentifier()}
    own = named.pop(model.program, model.program)
    first = f"{model.program} = {own}" if own != model.program else own
    parts = [f"{name} = {expression}" for name, expression in named.items() if expression != name]
    return "\n".join([*parts, first]) if first else ""


def certificate(model: Transformer) -> str:
    """Return the certified statement and its model, with the note that it does not cover changes to the export."""
    found = model.certificate
    if found is None:
        return "The model is not certified."
    computed = f" to compute {found.program}" if found.program else ""
    parts = [
        f"This is a copy of a model that is certified {found.status}{computed}, for every input over its "
        f"vocabulary{found.where}, in {found.arithmetic} arithmetic.",
        f"The certificate is bound to that model, whose SHA-256 is {model.digest}, and covers no change to this copy.",
    ]
    if found.stored:
        parts.append("It was stored with the model, and was not proved again for this export.")
    worst = found.tightest
    if worst is not None:
        parts.append(
            f"The tightest margin: {worst.kind} of {worst.what}, error {worst.error:.2g} of {worst.limit:.2g}."
        )
    return " ".join(parts)


def length(model: Transformer) -> str:
    """Return the limit on the length of inputs."""
    return "Inputs may have any length." if model.max_len is None else f"Inputs have at most {model.max_len:,} tokens."


def precision(model: Transformer) -> str:
    return f"Load and run it in {model.dtype}: answers are wrong in lower precision (float16, bfloat16, TF32)."


SCALED = (
    "Scores are divided by sqrt(d_head) here; queries are multiplied by it. d_head is a power of 4, so both are exact."
)
NORMED = (
    "Layer norms are the identity up to rounding: eps is so large that the variance is negligible, and a few "
    "dimensions cancel the mean. Each norm adds an error of about 1e-7 of the largest number in the stream."
)
KERNEL = (
    "The order of summation and the exponential are the tool's own. A sum over k positions is off by at most about "
    "k * 1e-6 of a unit if the exponential differs from the certified one."
)
