"""The proof by every input of up to a length.

Each input goes through the weights once, with a bound of the error of every number (`forward.py`). The model is
right if the logit of the expected answer exceeds all others by more than the error, at every position of every input.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...effort import doing
from ...errors import CertificateError, Option, Remedy
from ...lang.expr import Op
from ...lang.sop import SOp
from ...lang.text import constant, formula
from ...model.certificate import Certificate
from ...model.forward import MOST_CELLS
from ...model.transformer import Transformer
from ...numeric.floats import model_arithmetic
from ...run.failure import BROKEN, Failure, Ints
from ...sampling import as_text
from ..sealing import sealed
from .answers import AnswerMargin, Answers, Places
from .forward import BoundedForward

MOST_INPUTS = 200_000
"""The most inputs of one length that are tried."""
Specification = SOp | Callable[[Any], Sequence[Any]]
Validity = SOp | Callable[[Any], bool] | None


def certify_every(
    model: Transformer, program: Specification, given: Validity = None, max_len: int | None = None
) -> Certificate:
    """Prove, by every input of at most `max_len` tokens, that a model answers as a program does.

    The program is a sop, or a function from an input (a string where all tokens are characters, else a list) to the
    list of its answers; `given`, a sop or a function, says which inputs are valid. Raises CertificateError, which
    names the input, the position and the numbers where the proof fails, or the longest length that is feasible.
    """
    longest = _longest(model, max_len)
    trial = _Trial(model, program, given, BoundedForward(model), Answers.of(model))
    found, inputs = trial.all(longest)
    margins = (*sorted(trial.forward.margins.values(), key=lambda m: (m.layer, m.what)), found.margin)
    certificate = Certificate(longest, found.bound, margins, model.dtype, _condition(given), inputs)
    return sealed(certificate, model, program, given)


def holds_within(
    model: Transformer, program: Specification, given: Validity, max_len: int | None, *, moved: float
) -> bool:
    """Whether it is proved, by every input of at most `max_len` tokens, that all models whose weights are each within
    `moved` of this one's answer as the program does. Raises CertificateError where there are too many inputs."""
    longest = _longest(model, max_len)
    if not model.plain:
        raise CertificateError("how far weights may move is known of models without norms and of ReLU neurons alone")
    trial = _Trial(model, program, given, BoundedForward(model, moved=moved), Answers.of(model, moved))
    try:
        with np.errstate(all="ignore"):  # a bound that is infinite or no number refuses
            trial.all(longest)
    except CertificateError:
        return False
    return True


def _has_list(program: SOp) -> bool:
    return any(e.op is Op.RAW for e in program.expr.walk())


def _condition(given: Validity) -> str:
    """The condition on inputs, for people: for a function, the first line of its docstring."""
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
    longest, most = model.max_len if max_len is None else max_len, feasible(len(model.vocab))
    remedy = Remedy("{} tries all inputs of at most so many tokens.", (Option("max_len", most),))
    if longest is None:
        raise CertificateError("a model for inputs of any length is proved up to one", remedies=[remedy])
    if model.max_len is not None and longest > model.max_len:
        raise CertificateError(f"the model takes at most {model.max_len} tokens; max_len is {longest}", value=longest)
    if longest < 1:
        raise CertificateError(f"max_len is at least 1, not {longest}", value=longest)
    if longest > most:
        error = CertificateError(
            f"there are too many inputs of {longest:,} tokens over a vocabulary of {len(model.vocab)} to try them all; "
            f"those of {most} can be tried",
            remedies=[remedy],
        )
        error.unknown = "no input was tried"
        raise error
    return longest


@dataclass(frozen=True, eq=False)
class _Trial:
    """A model, its specification, and how its answers are computed and read."""

    model: Transformer
    program: Specification
    given: Validity
    forward: BoundedForward
    answers: Answers

    def all(self, longest: int) -> tuple[AnswerMargin, int]:
        """(the narrowest margin of all valid inputs of up to so many tokens, how many there are). Raises
        CertificateError."""
        model, given, program = self.model, self.given, self.program
        found, inputs = AnswerMargin.none(model), 0
        # Under the mask of a causal model no position sees a later one, and the interpreter puts the same mask on a
        # sop: what holds for the longest inputs holds for all their beginnings. A function may look ahead, and a list
        # has values at one length alone, so for these every length is tried.
        only_longest = model.causal and given is None and isinstance(program, SOp) and not _has_list(program)
        for n in range(longest if only_longest else 1, longest + 1):
            try:
                for tokens in self.batches(n):
                    some, count = self.read(tokens)
                    found, inputs = found.narrower(some), inputs + count
            except CertificateError as error:
                if n > 1 and not only_longest:  # all shorter inputs are proved
                    error.max_len = n - 1
                else:
                    error.unknown = "no shorter input was tried"
                raise
        if not inputs:
            raise CertificateError(f"no input of up to {longest} tokens is valid")
        return found, inputs

    def batches(self, n: int) -> Iterator[Ints]:
        """All inputs of n tokens, as numbers of tokens, (inputs, n), so many at a time as fit in memory."""
        size, layers = len(self.model.vocab), self.model.layers
        widths = [self.model.d_model, self.model.unembed.shape[1], *(layer.d_ff for layer in layers)]
        width = max([*widths, *(x for layer in layers for h in layer.heads for x in (h.d_v, h.d_qk))])
        together = max(1, MOST_CELLS // ((n + 1) * max(n + 1, width)))
        digits = size ** np.arange(n - 1, -1, -1)
        for start in range(0, size**n, together):
            doing(f"trying inputs of {n} tokens: {start:,} of {size**n:,}")
            number = np.arange(start, min(size**n, start + together))
            yield number[:, None] // digits % size

    def read(self, tokens: Ints) -> tuple[AnswerMargin, int]:
        """(the margins of some inputs of one length, how many of them are valid). Raises CertificateError."""
        vocab = self.model.vocab
        inputs = [as_text([vocab[t] for t in row]) for row in tokens.tolist()]
        valid = self._valid(inputs)
        inputs = [inputs[i] for i in valid]
        if not inputs:
            return AnswerMargin.none(self.model), 0
        rows = np.hstack([np.zeros((len(valid), 1), np.int64), 1 + tokens[valid]])
        expected = [v for values in self._expected(inputs) for v in values]
        last = self.forward.stream(rows)[-1][:, 1:].rows
        some = np.flatnonzero([not isinstance(v, Failure) for v in expected])
        with model_arithmetic():
            found = self.answers.read(last[some], [expected[i] for i in some], Places(inputs, some))
        return found, len(inputs)

    def _valid(self, inputs: Sequence[Any]) -> list[int]:
        """Which inputs are valid."""
        if self.given is None:
            return list(range(len(inputs)))
        if isinstance(self.given, SOp):
            truth = self.given.batch(inputs, errors="keep")
            return [i for i, row in enumerate(truth) if all(v is True or v == 1 for v in row)]
        return [i for i, x in enumerate(inputs) if _called(self.given, x, "the condition")]

    def _expected(self, inputs: Sequence[Any]) -> Iterator[Sequence[Any]]:
        """The expected answers to each input; a failure where the program is undefined. Raises CertificateError."""
        if isinstance(self.program, SOp):
            yield from self.program.batch(inputs, causal=self.model.causal, errors="keep")
            return
        for x in inputs:
            values = _called(self.program, x, "the function")
            if not isinstance(values, (list, tuple, str, np.ndarray)):
                raise CertificateError(
                    f"the function must give a list, and gives {constant(values)} for {constant(x)}", value=x
                )
            if len(values) != len(x):
                raise CertificateError(
                    f"the function gives {len(values)} answers for {constant(x)}, which has {len(x)} tokens", value=x
                )
            yield [v.item() if isinstance(v, np.generic) else v for v in values]


def _called(f: Callable[[Any], Any], x: Any, what: str) -> Any:
    """What a function of the author's says of an input. Raises CertificateError where it raises."""
    try:
        return f(x)
    except BROKEN:
        raise
    except Exception as error:
        text = f"{what} raised {type(error).__name__} on {constant(x, 60)}: {error}"
        raise CertificateError(text, value=x) from error
