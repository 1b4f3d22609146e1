"""Compiling: a sop, a vocabulary and a greatest length come in, a `Transformer` comes out.

`pipeline.py` shows the stages in order.
"""

from __future__ import annotations

from typing import Any

from ..errors import BuildError, CompileError
from ..lang.handle import Handle
from ..lang.sop import SOp
from ..lang.text import constant
from ..model.transformer import Transformer
from .analyse import read_vocab
from .emit import emit
from .explain import STAGES, explain
from .pipeline import Compiled, run_stages

__all__ = ["STAGES", "Compiled", "compile", "explain", "stages"]


def compile(sop: SOp, vocab: Any, max_len: int, *, causal: bool = False, dtype: str = "float32") -> Transformer:
    """A transformer whose weights compute the program.

    At every position at which the program has a value, for every input over `vocab` of at most `max_len`
    tokens, the model's output is that value. `causal=True` compiles for the causal mask.

    `vocab` is a string (its characters) or a sequence or set of values no two of which are equal. Raises
    CompileError where that cannot be done, naming the expression and what would help.

    >>> import hardwire as hw
    >>> model = hw.compile(hw.programs.flip(), vocab="ehlo", max_len=100)
    >>> model("hello")
    ['o', 'l', 'l', 'e', 'h']
    >>> model.depth, model.parameters < 1_000
    (2, True)
    """
    return emit(stages(sop, vocab, max_len, causal=causal), dtype)


def stages(sop: SOp, vocab: Any, max_len: int, *, causal: bool = False) -> Compiled:
    """What each stage of the compiler finds, before it becomes a model. Raises CompileError."""
    if not isinstance(sop, SOp):
        shown = f"the {sop.word} {sop.formula}" if isinstance(sop, Handle) else constant(sop)
        hint = " Call it first: compile(f(), ...)." if callable(sop) and not isinstance(sop, Handle) else ""
        raise BuildError(f"compile takes a sop, not {shown}.{hint}", value=sop)
    if isinstance(max_len, bool) or not isinstance(max_len, int) or max_len < 1:
        raise CompileError(f"max_len is a whole number of at least 1, not {constant(max_len)}", value=max_len)
    return run_stages(sop.expr, read_vocab(vocab), max_len, causal)
