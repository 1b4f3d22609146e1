"""Compiling: a sop, a vocabulary and a greatest length come in, a `Transformer` comes out.

`pipeline.py` shows the stages in order, `emit.py` makes a model of the last one, and `explain.py` prints what each has
found.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ..analysis import read_vocab
from ..analysis.conditions import check_condition
from ..analysis.guard import guarded
from ..constructions.hardness import LOSSES, SHARP, Sharpness
from ..errors import BuildError, CompileError
from ..lang.expr import Expr
from ..lang.handle import Handle
from ..lang.origin import mistaken
from ..lang.selector import Selector
from ..lang.sop import SOp
from ..lang.text import constant, formula
from ..model.transformer import Transformer
from ..plan import DEFAULT, BuildSettings, OutputKind, Shared
from ..rewrite import Analysed, Keep, analysed, kept_names
from ..run.words import warn_of_words
from .emit import emit
from .explain import STAGES, explain
from .pipeline import Compiled, replan, run_stages, shared_by

__all__ = [
    "LOSSES",
    "SHARP",
    "STAGES",
    "BuildSettings",
    "Compiled",
    "OutputKind",
    "Prepared",
    "Sharpness",
    "build",
    "compile",
    "emit",
    "explain",
    "prepare",
    "replan",
    "run_stages",
    "stages",
]


MOST_TOKENS = 1_000_000
"""The largest max_len: a model has a row of weights for each position."""


def compile(
    sop: SOp,
    vocab: Any,
    max_len: int,
    *,
    causal: bool = False,
    dtype: str = "float32",
    given: SOp | None = None,
    keep: Keep = (),
    reuse: bool = False,
    steady: bool = False,
    output: OutputKind = "auto",
) -> Transformer:
    """A transformer whose weights compute the program, without a proof that they do.

    The arguments are those of `hardwire.compile`, which proves what comes of this one. `steady` compares numbers with
    errors, counts say, by tables in place of squares: larger, and closer to exact. Raises CompileError where it cannot
    be done, naming the expression and what would help.

    >>> from hardwire import compiler, programs
    >>> compiler.compile(programs.flip(), vocab="ehlo", max_len=100)
    Transformer(2 layers, 2 heads, d_model 6, d_ff 0, 720 parameters, max_len 100, not certified)
    """
    program = prepare(sop, vocab, max_len, causal=causal, given=given, keep=keep)
    return build(program, BuildSettings(dtype, reuse=reuse, steady=steady, output=output))


def stages(
    sop: SOp,
    vocab: Any,
    max_len: int,
    *,
    causal: bool = False,
    dtype: str = "float32",
) -> Compiled:
    """What each stage of the compiler finds, before it becomes a model. Raises CompileError."""
    program = prepare(sop, vocab, max_len, causal=causal)
    with guarded(sop):
        return run_stages(program.analysed, BuildSettings(dtype))


@dataclass(frozen=True, eq=False)
class Prepared:
    """A program that is analysed and rewritten, to be compiled in one or several ways and then proved."""

    source: SOp
    analysed: Analysed

    @cached_property
    def shared(self) -> Shared:
        """What all its plans share."""
        return shared_by(self.analysed)


def prepare(
    sop: SOp,
    vocab: Any,
    max_len: int,
    *,
    causal: bool = False,
    given: SOp | None = None,
    keep: Keep = (),
    without: Collection[str] = (),
    like: Analysed | None = None,
) -> Prepared:
    """The program, checked, analysed, and rewritten by all passes but those that it goes `without`. `like`: the same
    program with other parts kept, whose facts are used. Raises BuildError and CompileError."""
    _check_sop(sop, "compile takes a sop")
    if given is not None:
        _check_sop(given, "given takes a sop that is true or false")
    if isinstance(max_len, bool) or not isinstance(max_len, int) or not 1 <= max_len <= MOST_TOKENS:
        raise CompileError(f"max_len is an int from 1 to {MOST_TOKENS:,}, not {constant(max_len)}", value=max_len)
    condition = None if given is None else given.expr
    with guarded(sop):
        values = read_vocab(vocab)
        warn_of_words(sop.expr, values)
        if given is not None:
            check_condition(given, values, max_len)
        names = kept_names(sop.expr, keep)
        options: dict[str, Any] = {"causal": causal, "given": condition, "keep": names, "without": without}
        found = analysed(sop.expr, values, max_len, like=like, **options)
        return Prepared(sop, found)


def build(program: Prepared, how: BuildSettings = DEFAULT) -> Transformer:
    """The model of a program. Raises CompileError."""
    with guarded(program.source), as_written(program.analysed):
        return emit(run_stages(program.analysed, how, program.shared), program.source)


@contextmanager
def as_written(program: Analysed) -> Iterator[None]:
    """Name a part of the rewritten program in an error as the part that the user wrote."""
    try:
        yield
    except CompileError as error:
        part = error.expression.expr if isinstance(error.expression, Handle) else None
        written = None if part is None else _written(part, program)
        if part is None or written is None or written is part:
            raise
        message = error.message.replace(formula(part), formula(written))
        where = {"position": error.position, "value": error.value, "remedies": error.remedies}
        handle = Selector(written) if written.selector else SOp(written)
        raise CompileError(message, expression=handle, **where) from None


def _written(part: Expr, program: Analysed) -> Expr | None:
    """What the user wrote for a part of the rewritten program: what became of it, or else of the least that contains
    it."""
    known = program.rewritten
    for e, new in known.items():
        if new is part:
            return e
    return min((e for e, new in known.items() if part in set(new.walk())), key=lambda e: len([*e.walk()]), default=None)


def _check_sop(sop: object, wanted: str) -> None:
    """Raises BuildError."""
    if isinstance(sop, SOp):
        return
    raise BuildError(f"{wanted}, not {mistaken(sop)}", value=sop)
