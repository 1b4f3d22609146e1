"""The proof by every input: for any model, against any specification, where the inputs can all be tried.

Each input goes through the weights once, with a bound beside every number of how far the shipped arithmetic may be
from it (`forward.py`). The model is right if the logit that is meant beats all others by more than the error, at every
position of every input. It needs no claims and trusts nothing of the compiler: what is trusted is the specification,
these bounds, and NumPy's float64.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from ..errors import CertificateError, Option, Remedy
from ..lang.expr import Op
from ..lang.sop import SOp
from ..lang.text import constant, formula
from ..lang.values import Value, is_number, leave
from ..model.certificate import Certificate, Margin
from ..model.forward import MOST_CELLS
from ..model.transformer import Transformer
from ..model.weights import Floats
from ..numeric.bounded import SLACK, Bounded, Weights
from ..numeric.floats import FLOAT64
from ..run.failure import Failure, Ints
from ..sampling import as_text
from .forward import BoundedForward
from .sealing import sealed

MOST_INPUTS = 200_000
"""How many inputs of one length are tried at most."""
Specification = SOp | Callable[[Any], Sequence[Any]]
Given = SOp | Callable[[Any], bool] | None


def certify_every(
    model: Transformer, program: Specification, given: Given = None, max_len: int | None = None
) -> Certificate:
    """A proof by every input of at most `max_len` tokens that a model answers as a program does.

    The program is a sop, or a function from an input (a string where all tokens are characters, else a list) to the
    list of its answers; `given`, a sop or a function, says which inputs count. Raises CertificateError, which names the
    input, the position and the numbers where the proof fails, or the longest length that is feasible.
    """
    longest = _longest(model, max_len)
    run = _Exhaustive(model, program, given)
    # Under the mask of a causal model no position sees a later one, and the interpreter puts the same mask on a sop:
    # what holds of the longest inputs holds of all their beginnings. A function may look ahead, and a list has values
    # at one length alone, so these are tried at every length.
    only_longest = model.causal and given is None and isinstance(program, SOp) and not _has_list(program)
    for n in range(longest if only_longest else 1, longest + 1):
        try:
            run.every(n)
        except CertificateError as error:
            if n > 1 and not only_longest:  # all shorter inputs are proved
                error.max_len = n - 1
            else:
                error.unknown = "no shorter input was tried"
            raise
    if not run.inputs:
        raise CertificateError(f"there is no input of up to {longest} tokens that counts")
    margins = (*sorted(run.forward.margins.values(), key=lambda m: (m.layer, m.what)), run.tightest)
    found = Certificate(longest, run.bound, margins, model.dtype, _condition(given), run.inputs)
    return sealed(found, model, program, given)


def _has_list(program: SOp) -> bool:
    return any(e.op is Op.RAW for e in program.expr.walk())


def _condition(given: Given) -> str:
    """What is asked of an input, for people: of a function, what its docstring says."""
    if given is None:
        return ""
    if isinstance(given, SOp):
        return formula(given.expr, 200)
    return (given.__doc__ or "the input is valid").strip().splitlines()[0].rstrip(".")


def feasible(vocab: int) -> int:
    """The longest length of which all inputs can be tried."""
    if vocab < 2:
        return 1000
    n = 1
    while vocab ** (n + 1) <= MOST_INPUTS:
        n += 1
    return n


def _longest(model: Transformer, max_len: int | None) -> int:
    """The length to prove. Raises CertificateError."""
    if max_len is not None and (isinstance(max_len, bool) or not isinstance(max_len, int)):
        raise CertificateError(f"max_len is an int, not {max_len!r}", value=max_len)
    longest = model.max_len if max_len is None else max_len
    most = feasible(len(model.vocab))
    if longest is None:
        raise CertificateError("a model for inputs of any length is proved up to one", remedies=[_up_to(most)])
    if model.max_len is not None and longest > model.max_len:
        raise CertificateError(f"the model takes at most {model.max_len} tokens; max_len is {longest}", value=longest)
    if longest < 1:
        raise CertificateError(f"max_len is at least 1, not {longest}", value=longest)
    if longest > most:
        error = CertificateError(
            f"inputs of {longest:,} tokens over {len(model.vocab)} are too many to try them all; those of {most} can "
            "be tried",
            remedies=[_up_to(most)],
        )
        error.unknown = "no input was tried"
        raise error
    return longest


def _up_to(most: int) -> Remedy:
    return Remedy("{} tries all inputs of at most so many tokens.", (Option("max_len", most),))


class _Exhaustive:
    """A model, what it is to answer, and what has been seen."""

    def __init__(self, model: Transformer, program: Specification, given: Given) -> None:
        self.model, self.program, self.given = model, program, given
        self.forward = BoundedForward(model)
        self.unembed = Weights(model.unembed)
        kind = "greatest logit" if model.outputs is not None else "nearest int" if model.whole else "number"
        self.tightest = Margin(model.depth, model.program or "the answer", kind, 0.0, float("inf"))
        self.inputs = 0
        self.bound = 0.0
        self.places: dict[Value, list[int]] = {}
        for i, v in enumerate(model.outputs or ()):
            self.places.setdefault(v, []).append(i)
        # Outputs that are equal values count as one: (values, outputs).
        self.kinds = {v: k for k, v in enumerate(self.places)}
        self.members = np.array([[i in at for i in range(len(model.outputs or ()))] for at in self.places.values()])
        heads = [h for layer in model.layers for h in layer.heads]
        self.width = max([model.d_model, model.unembed.shape[1], *(layer.d_ff for layer in model.layers)])
        self.width = max([self.width, *(h.d_v for h in heads), *(h.d_qk for h in heads)])

    def every(self, n: int) -> None:
        """All inputs of n tokens. Raises CertificateError."""
        size = len(self.model.vocab)
        together = max(1, MOST_CELLS // ((n + 1) * max(n + 1, self.width)))
        digits = size ** np.arange(n - 1, -1, -1)
        for start in range(0, size**n, together):
            number = np.arange(start, min(size**n, start + together))
            self._some(number[:, None] // digits % size)

    def _some(self, tokens: Ints) -> None:
        """Some inputs of one length, (inputs, n)."""
        vocab = self.model.vocab
        inputs = [as_text([vocab[t] for t in row]) for row in tokens.tolist()]
        valid = self._valid(inputs)
        inputs = [inputs[i] for i in valid]
        if not inputs:
            return
        self.inputs += len(inputs)
        rows = np.hstack([np.zeros((len(valid), 1), np.int64), 1 + tokens[valid]])
        wanted = [v for values in self._wanted(inputs) for v in values]
        last = self.forward.stream(rows)[-1][:, 1:].rows
        some = np.flatnonzero([not isinstance(v, Failure) for v in wanted])
        with np.errstate(under="ignore"):
            self._read(last[some], [wanted[i] for i in some], inputs, some)

    def _valid(self, inputs: Sequence[Any]) -> list[int]:
        """Which inputs count."""
        if self.given is None:
            return list(range(len(inputs)))
        if isinstance(self.given, SOp):
            truth = self.given.batch(inputs, errors="keep")
            return [i for i, row in enumerate(truth) if all(v is True or v == 1 for v in row)]
        return [i for i, x in enumerate(inputs) if self.given(x)]

    def _wanted(self, inputs: Sequence[Any]) -> Iterator[Sequence[Any]]:
        """What is to be answered to each input; failures where there is no value. Raises CertificateError."""
        if isinstance(self.program, SOp):
            yield from self.program.batch(inputs, causal=self.model.causal, errors="keep")
            return
        for x in inputs:
            values = self.program(x)
            if not isinstance(values, (list, tuple, str, np.ndarray)):
                raise CertificateError(f"the function gives {constant(values)} for {constant(x)}, and no list", value=x)
            if len(values) != len(x):
                raise CertificateError(
                    f"the function gives {len(values)} answers to {constant(x)}, of {len(x)} tokens", value=x
                )
            yield [v.item() if isinstance(v, np.generic) else v for v in values]

    # Reading the answers.

    def _read(self, x: Bounded, wanted: Sequence[Any], inputs: Sequence[Any], at: Ints) -> None:
        """Positions (positions, d_model), what is wanted there, and where they are. Raises CertificateError."""
        if not wanted:
            return
        if self.model.outputs is None:
            self._number(x, wanted, inputs, at)
            return
        kinds = np.array([self._kind(v, inputs, at[i]) for i, v in enumerate(wanted)], np.int64)
        logits = self.forward.do.times(x, self.unembed)
        members = self.members[kinds]  # (positions, outputs)
        best = np.where(members, logits.value, -np.inf).argmax(axis=1)
        lead = np.where(members, np.inf, logits.value[np.arange(len(best)), best][:, None] - logits.value)
        error = np.where(members, 0.0, self._apart(x, best))
        if not (lead > error).all():
            i, rival = map(int, np.unravel_index(int((lead - error).argmin()), lead.shape))
            outputs = self.model.outputs
            raise self._refusal(
                inputs, at[i],
                f"{constant(leave(wanted[i]))} is meant, and {constant(outputs[rival])} may win: its logit is "
                f"{'only ' if lead[i, rival] > 0 else ''}{lead[i, rival]:.3g} below, and the error may reach "
                f"{error[i, rival]:.3g}",
            )  # fmt: skip
        self._note(error, lead)

    def _apart(self, x: Bounded, best: Ints) -> Floats:
        """(positions, outputs) how far the difference of a logit from the best may be off."""
        w, do = self.unembed, self.forward.do
        out = np.empty((len(best), w.value.shape[1]))
        for b in np.unique(best):
            rows = best == b
            brought = x.error[rows] @ np.abs(w.value[:, [b]] - w.value)
            size = x.size[rows] @ (w.size + w.size[:, [b]])
            count = float(w.terms.max(initial=0.0)) + 2
            underflow = count + x.size[rows].sum(axis=1)[:, None] + w.size.sum()
            out[rows] = brought + do.gamma(count) * size + 4 * do.underflow * underflow
        return out * SLACK

    def _kind(self, v: Any, inputs: Sequence[Any], at: int) -> int:
        try:
            found = self.kinds.get(leave(v))
        except TypeError:
            found = None
        outputs = self.model.outputs or ()
        if found is None or not all(outputs[i] == leave(v) for i in np.flatnonzero(self.members[found])):
            raise self._refusal(inputs, at, f"{constant(v)} is meant, which is none of the model's outputs")
        return found

    def _number(self, x: Bounded, wanted: Sequence[Any], inputs: Sequence[Any], at: Ints) -> None:
        kind = "whole numbers" if self.model.whole else "numbers"
        for i, v in enumerate(wanted):
            if not is_number(v) or not abs(v) < FLOAT64.exact_integers or (self.model.whole and v != round(v)):
                raise self._refusal(inputs, at[i], f"{constant(v)} is meant, and the model answers {kind}")
        found = self.forward.do.times(x, self.unembed)
        error = np.abs(found.value[:, 0] - np.array([float(v) for v in wanted])) * SLACK + found.error[:, 0]
        limit = 0.5 if self.model.whole else self.model.tolerance
        i = int(error.argmax())
        if not error[i] < limit:
            raise self._refusal(
                inputs, at[i],
                f"{constant(leave(wanted[i]))} is meant, the number read is {found.value[i, 0]:.6g}, and its error may "
                f"reach {found.error[i, 0]:.3g}: it may be {error[i]:.3g} off, where less than {limit:.3g} is allowed",
            )  # fmt: skip
        if not self.model.whole:
            self.bound = max(self.bound, float(error[i]))
        self._note(error, np.full(len(error), limit))

    def _refusal(self, inputs: Sequence[Any], at: int, what: str) -> CertificateError:
        n = len(inputs[0])
        x, position = inputs[at // n], int(at % n)
        return CertificateError(f"on {constant(x, 60)} at position {position}: {what}", position=position, value=x)

    def _note(self, error: Floats, limit: Floats) -> None:
        """Keeps the narrowest margin."""
        used: Floats = error / limit
        i = int(used.argmax())
        before = self.tightest.error / self.tightest.limit
        if used.flat[i] > before or not np.isfinite(self.tightest.limit):
            layer, what, kind = self.tightest.layer, self.tightest.what, self.tightest.kind
            self.tightest = Margin(layer, what, kind, float(error.flat[i]), float(limit.flat[i]))


__all__ = ["Given", "Specification", "certify_every", "feasible"]
