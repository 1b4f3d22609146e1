"""Whether a sop is a condition that an input can meet."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from ..errors import BuildError, CompileError
from ..lang.sop import SOp
from ..lang.text import constant
from ..lang.values import Value
from ..run import run_batch
from ..run.failure import Failure
from .facts import Facts

TRIED, LONGEST = 200, 3
"""A condition is run on so many inputs of a length, of at most so many tokens."""


def check_condition(given: SOp, vocab: Sequence[Value], max_len: int | None) -> None:
    """Run a condition on a few inputs. Raises BuildError where its value is neither true nor false, and CompileError
    for a condition that no input can meet."""
    sizes = range(1, 1 + (LONGEST if max_len is None else min(max_len, LONGEST)))
    inputs = [x for n in sizes for x in itertools.islice(itertools.product(vocab, repeat=n), TRIED)]
    for x, values in zip(inputs, run_batch(given, inputs, errors="keep"), strict=True):
        wrong = next((v for v in values if not isinstance(v, Failure) and v not in (0, 1)), None)
        if wrong is not None:
            raise BuildError(
                f"given is a condition, true or false at each position; {given.formula} is {constant(wrong)} on "
                f"{constant(list(x))}\n  Compare it: {given.formula} == ..., for example.",
                expression=given,
                value=wrong,
            )
    domain = None if max_len is None else Facts(tuple(vocab), max_len).listed(given.expr)
    if domain is not None and not any(v == 1 for v in domain.values):
        raise CompileError(f"no input is valid: {given.formula} is never true", expression=given)
