"""Reading a model's answers off the last residual stream, with bounds of all errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...errors import CertificateError
from ...lang.text import constant
from ...lang.values import Value, is_number, leave
from ...model.certificate import Margin
from ...model.transformer import Transformer
from ...numeric.bounded import SLACK, Arithmetic, Bounded, Weights, arithmetic
from ...numeric.floats import FLOAT64, Floats, float_format
from ...run.failure import Bools, Ints


@dataclass(frozen=True)
class AnswerMargin:
    """The narrowest margin of some answers, and how far a number may be off that is answered as it is."""

    margin: Margin
    bound: float = 0.0

    @classmethod
    def none(cls, model: Transformer) -> AnswerMargin:
        """That of no answers."""
        kind = "greatest logit" if model.outputs is not None else "nearest int" if model.whole else "number"
        return cls(Margin(model.depth, model.program or "the answer", kind, 0.0, float("inf")))

    def narrower(self, other: AnswerMargin) -> AnswerMargin:
        """That of the answers of both."""
        return AnswerMargin(self.margin.narrower(other.margin), max(self.bound, other.bound))


@dataclass(frozen=True, eq=False)
class Places:
    """Which positions of some inputs of one length answers belong to."""

    inputs: Sequence[Any]
    at: Ints

    def refusal(self, i: int, what: str) -> CertificateError:
        """The error for an answer that is not proved."""
        n = len(self.inputs[0])
        x, position = self.inputs[self.at[i] // n], int(self.at[i] % n)
        return CertificateError(f"on {constant(x, 60)} at position {position}: {what}", position=position, value=x)


@dataclass(frozen=True, eq=False)
class Answers:
    """How a model answers. Outputs that are equal values count as one: `members`, (values, outputs), says which are
    which of `values`."""

    model: Transformer
    unembed: Weights
    do: Arithmetic
    values: dict[Value, int]
    members: Bools

    @classmethod
    def of(cls, model: Transformer, moved: float = 0.0) -> Answers:
        values: dict[Value, int] = {}
        places = [values.setdefault(v, len(values)) for v in model.outputs or ()]
        members = np.array([[p == i for p in places] for i in range(len(values))])
        return cls(model, Weights(model.unembed), arithmetic(float_format(model.dtype), moved), values, members)

    def read(self, x: Bounded, expected: Sequence[Any], places: Places) -> AnswerMargin:
        """Compare the answers at positions of the stream, (positions, d_model), with those expected. Raises
        CertificateError."""
        if not expected:
            return AnswerMargin.none(self.model)
        if self.model.outputs is None:
            return self._number(x, expected, places)
        members = self.members[np.array([self._value(v, places, i) for i, v in enumerate(expected)], np.int64)]
        logits = self.do.times(x, self.unembed)
        best = np.where(members, logits.value, -np.inf).argmax(axis=1)
        lead = np.where(members, np.inf, logits.value[np.arange(len(best)), best][:, None] - logits.value)
        error = np.where(members, 0.0, self._error_of_lead(x, best))
        if not (lead > error).all():
            i, rival = map(int, np.unravel_index(int((lead - error).argmin()), lead.shape))
            raise places.refusal(
                i,
                f"the answer is {constant(leave(expected[i]))}, and the model may give "
                f"{constant(self.model.outputs[rival])}: its logit is {lead[i, rival]:.3g} lower, with an error of up "
                f"to {error[i, rival]:.3g}",
            )
        return self._narrowest(error, lead)

    def _error_of_lead(self, x: Bounded, best: Ints) -> Floats:
        """(positions, outputs) the error of the difference between the best logit and each."""
        w, do = self.unembed, self.do
        out = np.empty((len(best), w.value.shape[1]))
        for b in np.unique(best):
            rows = best == b
            brought = x.error[rows] @ np.abs(w.value[:, [b]] - w.value)
            brought = brought + 2 * do.moved * x.size[rows].sum(axis=1)[:, None]  # both columns may have moved
            size = x.size[rows] @ (w.size + w.size[:, [b]])
            count = float(w.terms.max(initial=0.0)) + 2
            underflow = count + x.size[rows].sum(axis=1)[:, None] + w.size.sum()
            out[rows] = brought + do.gamma(count) * size + 4 * do.underflow * underflow
        return out * SLACK

    def _value(self, v: Any, places: Places, i: int) -> int:
        """Which of the values an expected answer is. Raises CertificateError."""
        try:
            found = self.values.get(leave(v))
        except TypeError:
            found = None
        outputs = self.model.outputs or ()
        if found is None or not all(outputs[j] == leave(v) for j in np.flatnonzero(self.members[found])):
            raise places.refusal(i, f"the answer is {constant(v)}, which is not among the model's outputs")
        return found

    def _number(self, x: Bounded, expected: Sequence[Any], places: Places) -> AnswerMargin:
        """Read numbers, as they are or rounded to ints."""
        whole, kind = self.model.whole, "ints" if self.model.whole else "numbers"
        for i, v in enumerate(expected):
            if not is_number(v) or not abs(v) < FLOAT64.exact_integers or (whole and v != round(v)):
                raise places.refusal(i, f"the answer is {constant(v)}, and the model gives {kind}")
        number = self.do.times(x, self.unembed)
        error = np.abs(number.value[:, 0] - np.array([float(v) for v in expected])) * SLACK + number.error[:, 0]
        limit = 0.5 if whole else self.model.tolerance
        i = int(error.argmax())
        if not error[i] < limit:
            raise places.refusal(
                i,
                f"the answer is {constant(leave(expected[i]))}, and the model's number is {number.value[i, 0]:.6g} "
                f"with an error of up to {number.error[i, 0]:.3g}: it may be off by {error[i]:.3g}, which must be "
                f"below {limit:.3g}",
            )
        found = self._narrowest(error, np.full(len(error), limit))
        return found if whole else replace(found, bound=float(error[i]))

    def _narrowest(self, error: Floats, limit: Floats) -> AnswerMargin:
        """The narrowest margin."""
        i = int((error / limit).argmax())
        margin = replace(AnswerMargin.none(self.model).margin, error=float(error.flat[i]), limit=float(limit.flat[i]))
        return AnswerMargin(margin)
