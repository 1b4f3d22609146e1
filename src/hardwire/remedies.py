"""What helps where a program does not compile or has no proof: remedies that were seen to succeed.

After a refusal `found` compiles the program in other ways, within a few seconds, and recommends those that succeeded:
another dtype, another way to read the output, `.one` where no selector of the program selects several positions, a cut
(a part that is computed by itself, and kept), and a smaller max_len, in this order.
"""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Iterator, Sequence
from typing import Any

from . import sampling
from .attempts import attempt
from .effort import limited
from .errors import CertificateError, CompileError, HardwireError, MemoryLimitError, Option, Remedy, TimeLimitError
from .lang.expr import Expr, Op, node, substitute, unnamed
from .lang.sop import SOp
from .lang.text import formula
from .lang.values import Value
from .run import Failure

MOST_SECONDS = 5.0
"""The most seconds that remedies are looked for."""
LEAST_SECONDS = 1.0
"""The seconds for refusals that took next to no time; otherwise twice the time of the refusal."""
MOST_CUTS = 4
"""The most parts of a program that are tried as cuts."""
SAMPLES = 60
"""Inputs on which `.one` has to give what the program gives."""


def found(
    sop: SOp,
    vocab: Sequence[Value],
    max_len: int,
    options: dict[str, Any],
    *,
    spent: float,
    at: Expr | None = None,
) -> tuple[Remedy, ...]:
    """Return the remedies that were seen to succeed for a program that was refused after `spent` seconds.

    `options` are those of `attempt` with which it was refused, `at` is the part that was refused.
    """
    end = time.monotonic() + min(MOST_SECONDS, LEAST_SECONDS + 2 * spent)
    return tuple(_search(sop, vocab, max_len, options, end, at))


def _search(
    sop: SOp, vocab: Sequence[Value], max_len: int, options: dict[str, Any], end: float, at: Expr | None
) -> Iterator[Remedy]:
    success = "has a proof" if options.get("certify", True) else "compiles"

    def succeeds(program: SOp, length: int, **changed: Any) -> bool:
        left = end - time.monotonic()
        if left <= 0:
            return False
        try:
            with limited("looking for a remedy", timeout=left):
                attempt(program, vocab, length, **{**options, **changed})
        except (CompileError, CertificateError, TimeLimitError, MemoryLimitError):
            return False
        return True

    if options["dtype"] == "float32" and succeeds(sop, max_len, dtype="float64"):
        yield Remedy(f"{{}} {success}.", (Option("dtype", "float64"),))
    if options["output"] != "auto" and succeeds(sop, max_len, output="auto"):
        yield Remedy(f"{{}} {success}.", (Option("output", "auto"),))
    single = _with_one(sop, vocab, max_len, causal=options["causal"], end=end)
    if single is not None and succeeds(single[0], max_len):
        of = ", ".join(formula(e, 60) for e in single[1])
        yield Remedy(f"With `.one` in place of `.value` or `.mean` it {success}, if one position is selected: {of}.")
    names = {e.arg for e in sop.expr.walk() if e.op is Op.NAME}
    name = next(n for i in itertools.count(1) if (n := "part" if i == 1 else f"part {i}") not in names)
    kept = [options["keep"]] if isinstance(options["keep"], str) else list(options["keep"])
    for e in [] if kept == ["named"] else _cuts(sop.expr, at):
        cut = SOp(substitute(sop.expr, e, node(Op.NAME, e, arg=name)))
        if succeeds(cut, max_len, keep=[*kept, name]):
            yield Remedy(f'With `.name("{name}")` on {formula(e, 60)}, and keep={[*kept, name]}, it {success}.')
            break
    shorter = _shorter(max_len, lambda length: succeeds(sop, length))
    if shorter:
        yield Remedy(f"{{}} {success}.", (Option("max_len", shorter),))


def _cuts(program: Expr, at: Expr | None) -> list[Expr]:
    """The parts that may be computed by themselves: the largest elementwise parts, those of the refused part first."""
    parts = {e for e in program.walk() if e.src and not (e.selector or e.op.aggregate or e.op.transparent)}
    near = [e for e in at.walk() if e in parts] if at is not None else []
    order = dict.fromkeys([*reversed(near), *reversed([e for e in program.walk() if e in parts])])
    return [e for e in order if e is not program][:MOST_CUTS]


def _shorter(max_len: int, succeeds: Any) -> int:
    """Return a smaller max_len that succeeds, or 0: the first of the halves, then larger ones while there is time."""
    good, bad = max_len // 2, max_len
    while good and not succeeds(good):
        good, bad = good // 2, good
    while good and bad - good > max(1, max_len // 20):
        middle = (good + bad) // 2
        if not succeeds(middle):
            break
        good = middle
    return good


def _with_one(
    sop: SOp, vocab: Sequence[Value], max_len: int, *, causal: bool, end: float
) -> tuple[SOp, list[Expr]] | None:
    """Return the program with `.one` for every sum and mean whose selector selects at most one position in samples, and
    these; None where there is none, or where that changes a value."""
    summed = [e for e in sop.expr.walk() if e.op.adds]
    if not summed or not vocab:
        return None
    rng = random.Random(0)
    inputs = [*sampling.chosen(vocab, min(max_len, 30), rng, SAMPLES, None, SAMPLES)][: 2 * SAMPLES]
    program, changed = sop.expr, []
    try:
        for e in summed:
            if time.monotonic() > end:
                return None
            widths = SOp(node(Op.WIDTH, e.source("selector"))).batch(inputs, causal=causal, errors="keep")
            if all(isinstance(w, Failure) or w <= 1 for row in widths for w in row):
                changed.append(e)
                program = substitute(program, e, node(Op.ONE, *e.src))
        if not changed or unnamed(program) is unnamed(sop.expr):
            return None
        single = SOp(program)
        wanted, got = (x.batch(inputs, causal=causal, errors="keep") for x in (sop, single))
    except HardwireError:
        return None
    same = all(
        isinstance(v, Failure) or (not isinstance(w, Failure) and v == w)
        for x, y in zip(wanted, got, strict=True)
        for v, w in zip(x, y, strict=True)
    )
    return (single, changed) if same else None
