"""Certificates: what was proved about a model, with the margins of the proof."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np

from ..errors import ModelError
from .codec import TRANSIENT
from .weights import DTYPES

SHOWN = 6
"""The number of margins that a certificate shows, the narrowest first."""
STORED = "certificate as stored; `hw.certify` proves it again"
"""The note on a certificate that was not proved in this process."""

_FORMAT = "hardwire certificate 1"
"""The format of the sealed data. Raise it with `storage.VERSION`: seals of other formats are not recognised."""


@dataclass(frozen=True)
class Margin:
    """A bound on an error, and the limit up to which it is harmless.

    `what` is the expression, `kind` the source of the error ("softmax leakage", "rounding of a sum", "neuron
    threshold", "read-out", ...). The proof bounds the error by `error`, which must stay below `limit`.
    """

    layer: int
    what: str
    kind: str
    error: float
    limit: float

    def narrower(self, other: Margin) -> Margin:
        """The margin, or another one of which the error takes a larger share of its limit."""
        if math.isinf(other.limit):
            return self
        return other if math.isinf(self.limit) or other.error * self.limit > self.error * other.limit else self


@dataclass(frozen=True, repr=False)
class Certificate:
    """A proof that a model computes its program, for every input over the vocabulary of length at most `max_len`.

    `bound` limits the error of a float in the output; it is 0 if every output is exact. `inputs` is the number of
    inputs in a proof by exhaustion, and 0 in a proof by the structure of the program.

    `program` is the proved program as text. `seal` is a SHA-256 of the fields above it and of the digest of the model
    (`Transformer.digest`): a model accepts only a certificate that was sealed for it, and a changed certificate matches
    no model. `stored` says that the certificate comes from a file or a pickle and was not proved in this process;
    `subject` is the program and its condition as objects, if they are known.
    """

    max_len: int
    bound: float
    margins: tuple[Margin, ...] = ()
    arithmetic: str = "float32"
    given: str = ""  # the condition on inputs, or ""
    inputs: int = 0
    program: str = ""
    seal: str = ""
    stored: bool = field(default=False, compare=False, metadata=TRANSIENT)
    subject: Any = field(default=None, compare=False, metadata=TRANSIENT)

    def __post_init__(self) -> None:
        """Raises ModelError for fields that no proof produces."""
        for name in ("max_len", "inputs"):
            count = getattr(self, name)
            if isinstance(count, bool) or not isinstance(count, int | np.integer) or count < 0:
                raise ModelError(f"a certificate's {name} is an int from 0, not {count!r}", value=count)
        if not 0 <= self.bound < math.inf:
            raise ModelError(f"a certificate's bound is finite and not negative, not {self.bound}", value=self.bound)
        if self.arithmetic not in DTYPES:
            raise ModelError(
                f"a certificate is for {' or '.join(DTYPES)} arithmetic, not {self.arithmetic!r}", value=self.arithmetic
            )
        for m in self.margins:
            if not (0 <= m.error < math.inf and m.limit >= 0):
                raise ModelError(f"a certificate has no margin of {m.error} of {m.limit} ({m.kind})", value=m)

    def sealed(self, digest: str, subject: Any) -> Certificate:
        """Return the certificate bound to the model of this digest. Only a proof of that model may call this."""
        return replace(self, seal=self._seal(digest), subject=subject)

    def seals(self, digest: str) -> bool:
        """Return whether the certificate was sealed, unchanged, for the model of this digest."""
        return self.seal == self._seal(digest)

    def _seal(self, digest: str) -> str:
        margins = [[int(m.layer), m.what, m.kind, float(m.error), float(m.limit)] for m in self.margins]
        facts = [int(self.max_len), float(self.bound), margins, self.arithmetic, self.given, int(self.inputs)]
        return hashlib.sha256(json.dumps([_FORMAT, digest, self.program, *facts]).encode()).hexdigest()

    def __copy__(self) -> Certificate:
        return self

    def __deepcopy__(self, memo: object) -> Certificate:
        return self

    def __reduce__(self) -> Any:
        # A pickle may be read later by another version, so its certificate counts as stored, as in a file.
        return _unpickled, ({f.name: getattr(self, f.name) for f in fields(self) if f.metadata != TRANSIENT},)

    def __repr__(self) -> str:
        """The proved statement, and the narrowest margins, as text."""
        how = f", by every input ({self.inputs:,})" if self.inputs else ""
        lines = [
            f"{self.status}{self.where}{how}, in {self.arithmetic} arithmetic and any order of summation",
            *([f"  {STORED}"] if self.stored else []),
        ]
        closest = sorted(self.margins, key=lambda m: -(m.error / m.limit if m.limit else float("inf")))
        lines += [
            f"  layer {m.layer}  {m.kind:16}  {m.error:9.2g} of {m.limit:<9.2g}  {m.what}" for m in closest[:SHOWN]
        ]
        if len(closest) > SHOWN:
            lines.append(f"  and {len(closest) - SHOWN} wider margins")
        return "\n".join(lines)

    @property
    def status(self) -> str:
        """The certified statement in a few words."""
        if self.bound:
            return f"within {self.bound:.2g} up to length {self.max_len:,}"
        return f"exact up to length {self.max_len:,}"

    @property
    def where(self) -> str:
        """The condition on inputs, to follow the status; "" if all inputs are valid."""
        return f" where {self.given}" if self.given else ""

    @property
    def tightest(self) -> Margin | None:
        """The narrowest margin."""
        return max(self.margins, key=lambda m: m.error / m.limit if m.limit else float("inf"), default=None)


def _unpickled(facts: dict[str, Any]) -> Certificate:
    return Certificate(**facts, stored=True)
