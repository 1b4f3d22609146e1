"""Verification: run a model and its program side by side, on every input if there are few, otherwise on many.

It is independent of the compiler and of the proof. Any function from a batch of inputs to answers can take the place of
the model: exported models are checked in this way, in the tool that they were exported to.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from . import sampling
from .analysis import read_vocab
from .analysis.conditions import check_condition
from .compiler import compile
from .effort import limited
from .errors import BuildError, CompileError
from .lang.arguments import checked_options
from .lang.origin import Origin, as_sop, causal_origin, completed, mistaken
from .lang.sop import SOp
from .lang.text import constant
from .model.transformer import Transformer
from .progress import bar
from .run import Failure, purity
from .sampling import Tokens

AnswersOfInputs = Callable[[Sequence[Tokens]], Sequence[Sequence[Any]]]
"""A function from inputs to one value per token of each."""

TOGETHER = 512
"""How many inputs are compared at a time."""


@dataclass(frozen=True)
class Counterexample:
    """An input on which model and program differ, shrunk as far as possible."""

    input: Any
    position: int
    expected: Any
    got: Any

    def __repr__(self) -> str:
        shown = constant(self.input, 60)
        return f"on {shown} at position {self.position}: the program gives {self.expected!r}, the model {self.got!r}"


@dataclass(frozen=True)
class Verification:
    """The counts and the result of a comparison: true if model and program agree wherever the program has a value."""

    inputs: int
    exhaustive: bool
    positions: int
    undefined: int
    skipped: int
    max_len: int
    seed: int
    counterexample: Counterexample | None

    def __bool__(self) -> bool:
        return self.counterexample is None

    def __repr__(self) -> str:
        how = "every input" if self.exhaustive else f"{self.inputs:,} inputs, seed {self.seed},"
        what = f"{how} up to length {self.max_len}"
        if self.counterexample is not None:
            return f"differs: {self.counterexample!r} (after {what})"
        notes = [f"{self.positions:,} positions"]
        if self.undefined:
            notes.append(f"{self.undefined:,} without a value")
        if self.skipped:
            notes.append(f"{self.skipped:,} inputs not valid")
        return f"agrees on {what} ({', '.join(notes)})"


@checked_options
def verify(
    model: Transformer | SOp | Origin,
    program: SOp | Origin | None = None,
    *,
    vocab: Any = None,
    max_len: int | None = None,
    causal: bool = False,
    answers: AnswersOfInputs | None = None,
    given: SOp | None = None,
    sample: Callable[[random.Random, int], Any] | None = None,
    exhaustive: int = 50_000,
    samples: int = 10_000,
    seed: int = 0,
    progress: bool | None = None,
    timeout: float | None = None,
) -> Verification:
    """Run a model and its program on the same inputs and compare them wherever the program has a value.

    Every input over the vocabulary is tried if there are at most `exhaustive`; otherwise the shortest inputs, boundary
    inputs, `samples` random ones, and as many from `sample(rng, n)` if it is given. `given`, a Boolean sop, restricts
    the inputs to those on which it is true at every position. A sop in place of the model is compiled first, for
    `vocab`, `max_len`, `causal` and `given`; a program of the library, called or not, has its own vocabulary, length
    and generator; that of a program which writes text gives prompts with the text that follows. A counterexample is
    shrunk. `progress` shows a bar (by default on a terminal and in a notebook).
    After `timeout` seconds the comparison ends, and the result says how far it came.

    `answers` replaces `model.batch`: the same model in another tool. Without a program (the model was loaded from a
    file) the answers are compared with the model itself.

    >>> import hardwire as hw
    >>> hw.verify(hw.programs.flip(), vocab="ab", max_len=6)
    agrees on every input up to length 6 (642 positions)
    """
    with limited("verify", timeout=timeout):  # checks it
        end = time.monotonic() + (math.inf if timeout is None else timeout)
    model, program, given = as_sop(model), as_sop(program), as_sop(given)
    _check(model, program, given)
    if isinstance(model, Transformer) and (vocab is not None or causal):
        raise BuildError("vocab and causal are for a sop that is compiled first; a model has its own", value=vocab)
    for name, f in (("answers", answers), ("sample", sample)):
        if f is not None and not callable(f):
            raise BuildError(f"{name} is a function, not {constant(f)}", value=f)
    _check_numbers(max_len=max_len, exhaustive=exhaustive, samples=samples)
    if not isinstance(seed, int):
        raise BuildError(f"seed is a whole number, not {constant(seed)}", value=seed)
    if isinstance(model, SOp):
        vocab, max_len = completed("verify", model, vocab, max_len)
        vocab = read_vocab(vocab)
        if sample is None and model.origin is not None and set(model.origin.vocab) <= set(vocab):
            sample = model.origin.transcript
        causal = causal or causal_origin(model) is not None
        with limited("verify", timeout=timeout, progress=progress):
            program, model = model, compile(model, vocab, max_len, causal=causal, given=given)
    if program is None:
        program = model.source
    if given is None:
        given = model.given
    writes = causal_origin(program)
    if sample is None and writes is not None and set(writes.vocab) <= set(model.vocab):
        sample = writes.transcript
    if not isinstance(program, SOp) and (answers is None or program is not None):
        raise BuildError("a model loaded from a file is compared with a program: verify(model, program)")
    longest = model.max_len if max_len is None else max_len
    if longest is None or (model.max_len is not None and longest > model.max_len):
        raise CompileError(f"the model takes at most {model.max_len} tokens; verify up to that, not {longest}")
    if given is not None:
        check_condition(given, model.vocab, longest)
    run = _Comparison(model, program, answers or model.batch, given)
    total = sampling.count(len(model.vocab), longest, exhaustive)
    if total is not None:
        inputs: Iterable[Tokens] = sampling.every(model.vocab, longest)
        size = total
    else:
        inputs = sampling.chosen(model.vocab, longest, random.Random(seed), samples, sample, exhaustive // 10)
        size = samples * (2 if sample else 1)
    with bar("verifying", size, wanted=progress) as advance:
        for some in sampling.chunks(inputs, TOGETHER):
            run.compare(some)
            advance(len(some), "")
            if run.wrong is not None or time.monotonic() > end:
                break
    found = None if run.wrong is None else run.shrunk(run.wrong)
    every = total is not None and (run.wrong is not None or run.inputs + run.skipped == total)
    return Verification(
        run.inputs,
        exhaustive=every,
        positions=run.positions,
        undefined=run.undefined,
        skipped=run.skipped,
        max_len=longest,
        seed=seed,
        counterexample=found,
    )


def _check(model: object, program: object, given: object) -> None:
    """Raises BuildError."""
    if not isinstance(model, (SOp, Transformer)):
        raise BuildError(f"verify takes a model or a sop, not {mistaken(model)}", value=model)
    for what, x in (("the program", program), ("given", given)):
        if x is not None and not isinstance(x, SOp):
            raise BuildError(f"{what} is a sop, not {constant(x)}", value=x)


def _check_numbers(**numbers: object) -> None:
    """Raises BuildError."""
    for name, x in numbers.items():
        if x is not None and (isinstance(x, bool) or not isinstance(x, int) or x < 0):
            raise BuildError(f"{name} is a whole number, 0 or more, not {constant(x)}", value=x)


class _Comparison:
    """The model, the program, and the counts of a comparison so far."""

    def __init__(self, model: Transformer, program: SOp | None, answers: AnswersOfInputs, given: SOp | None) -> None:
        self.model, self.program, self.answers, self.given = model, program, answers, given
        self.inputs = self.positions = self.undefined = self.skipped = 0
        self.wrong: Counterexample | None = None

    def compare(self, inputs: Sequence[Tokens]) -> None:
        # The user's functions are called twice on the first inputs, so that an impure one is reported, not the model.
        with purity.every_call_twice() if self.inputs == 0 else nullcontext():
            self._compare(inputs)

    def _compare(self, inputs: Sequence[Tokens]) -> None:
        valid = self._valid(inputs)
        self.skipped += len(inputs) - len(valid)
        self.inputs += len(valid)
        for x, want, got in zip(valid, self._wanted(valid), self.answers(valid), strict=True):
            defined = sum(not isinstance(v, Failure) for v in want)
            self.positions += defined
            self.undefined += len(want) - defined
            at = self._difference(want, got) if self.wrong is None else None
            if at is not None:
                self.wrong = Counterexample(x, at, want[at], got[at])

    def _wanted(self, inputs: Sequence[Tokens]) -> Sequence[Sequence[Any]]:
        if self.program is None:
            return self.model.batch(inputs)
        return self.program.batch(inputs, causal=self.model.causal, errors="keep")

    def _valid(self, inputs: Sequence[Tokens]) -> list[Tokens]:
        if self.given is None:
            return list(inputs)
        truth = self.given.batch(inputs, errors="keep")
        return [x for x, row in zip(inputs, truth, strict=True) if all(v is True or v == 1 for v in row)]

    def _difference(self, want: Sequence[Any], got: Sequence[Any]) -> int | None:
        """Return the first position at which the model is wrong, or None."""
        for i, (a, b) in enumerate(zip(want, got, strict=True)):
            if not isinstance(a, Failure) and not self.model.same(a, b):
                return i
        return None

    def _fails(self, x: Tokens) -> tuple[int, Any, Any] | None:
        if not self._valid([x]):
            return None
        [want], [got] = self._wanted([x]), self.answers([x])
        at = self._difference(want, got)
        return None if at is None else (at, want[at], got[at])

    def shrunk(self, found: Counterexample) -> Counterexample:
        """Return the counterexample with tokens left out, then made simpler, as long as it still differs."""
        x = sampling.shrunk(found.input, self.model.vocab, lambda y: self._fails(y) is not None)
        # An input may be answered wrongly in one batch and correctly alone; then it stays as it was found.
        at, want, got = self._fails(x) or (found.position, found.expected, found.got)
        return Counterexample(sampling.as_text(x), at, want, got)
